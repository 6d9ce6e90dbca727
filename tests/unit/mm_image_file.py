"""PE files made by hand, right and wrong, and a file in memory behind a section."""

from __future__ import annotations

import struct
from collections.abc import Hashable
from dataclasses import dataclass, field

CODE, DATA, SHARED_DATA, BSS = 0x60000020, 0xC0000040, 0xD0000040, 0xC0000080


@dataclass
class PeSection:
    name: bytes
    address: int
    size: int
    data: bytes
    flags: int
    raw: int | None = None  # offset in the file, when it shall lie
    raw_size: int | None = None


@dataclass
class PeImage:
    """Fields of the headers; ``build`` writes what they say, true or not."""

    base: int = 0x400000
    entry: int = 0x1000
    size: int | None = None
    alignment: int = 0x1000
    file_alignment: int = 0x200
    headers: int = 0x400
    machine: int = 0x14C
    magic: int = 0x10B
    characteristics: int = 0x102
    lfanew: int = 0x80
    count: int | None = None
    optional_size: int = 224
    sections: list[PeSection] = field(
        default_factory=lambda: [
            PeSection(b".text", 0x1000, 0x1234, b"\x90" * 0x1234, CODE),
            PeSection(b".data", 0x3000, 0x800, b"data" * 0x200, DATA),
            PeSection(b".shared", 0x4000, 0x100, b"both" * 0x40, SHARED_DATA),
            PeSection(b".bss", 0x5000, 0x2000, b"", BSS),
        ]
    )

    def build(self) -> bytes:
        body, table, raw = b"", b"", self.headers
        end = 0x1000
        for one in self.sections:
            length = -(-len(one.data) // self.file_alignment) * self.file_alignment
            at = raw if one.data else 0
            table += struct.pack(
                "<8sIIIIIIHHI",
                one.name,
                one.size,
                one.address,
                length if one.raw_size is None else one.raw_size,
                at if one.raw is None else one.raw,
                0,
                0,
                0,
                0,
                one.flags,
            )
            body += one.data.ljust(length, b"\0")
            raw += length
            end = max(end, -(-(one.address + one.size) // (self.alignment or 1)) * self.alignment)
        count = len(self.sections) if self.count is None else self.count
        optional = struct.pack(
            "<HBBIIIIIIIII",
            self.magic,
            2,
            30,
            0x1400,
            0,
            0,
            self.entry,
            0,
            0,
            self.base,
            self.alignment,
            self.file_alignment,
        )
        optional += struct.pack(
            "<HHHHHHIIIIHH",
            5,
            1,
            0,
            0,
            4,
            0,
            0,
            end if self.size is None else self.size,
            self.headers,
            0x1234,
            3,
            0,
        )
        optional += struct.pack("<IIIIII", 0x100000, 0x2000, 0x100000, 0x1000, 0, 16)
        file = struct.pack("<HHIIIHH", self.machine, count, 0, 0, 0, self.optional_size, self.characteristics)
        dos = b"MZ".ljust(60, b"\0") + struct.pack("<I", self.lfanew)
        head = (
            dos.ljust(self.lfanew, b"\0")
            + b"PE\0\0"
            + file
            + optional.ljust(self.optional_size, b"\0")
            + table
        )
        return head.ljust(self.headers, b"\0") + body


class MemoryFile:
    """``mm.backing.FileBacking`` over bytes."""

    def __init__(self, data: bytes, name: str = "\\C:\\test.exe", identity: Hashable = None) -> None:
        self.data = bytearray(data)
        self.name = name
        self.identity = identity if identity is not None else id(self.data)
        self.closed = 0
        self.host = -1
        self.writable = True

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        return bytes(self.data[offset : offset + length])

    def write(self, offset: int, data: bytes) -> None:
        self.data[offset : offset + len(data)] = data

    def resize(self, size: int) -> None:
        self.data = self.data[:size].ljust(size, b"\0")

    def close(self) -> None:
        self.closed += 1

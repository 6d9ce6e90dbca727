"""Guest memory as the declarations see it: the reading and writing part of an address space."""

from __future__ import annotations

from ring3k.typed import Protocol


class Memory(Protocol):
    """Checked access to guest memory; every method raises GuestFault on a bad address."""

    def read(self, address: int, length: int) -> bytes: ...
    def write(self, address: int, data: bytes) -> None: ...
    def read_u8(self, address: int) -> int: ...
    def read_u16(self, address: int) -> int: ...
    def read_u32(self, address: int) -> int: ...
    def read_u64(self, address: int) -> int: ...
    def read_text(self, address: int, size: int) -> str:
        """UTF-16 of an even number of bytes below 64 K; lone surrogates survive."""

    def read_counted(self, address: int) -> str:
        """The text of a UNICODE_STRING, captured whole; a half character at its end does not count."""

    def write_u8(self, address: int, value: int) -> None: ...
    def write_u16(self, address: int, value: int) -> None: ...
    def write_u32(self, address: int, value: int) -> None: ...
    def write_u64(self, address: int, value: int) -> None: ...
    def probe_write(self, address: int, length: int) -> None: ...


class Numbers:
    """Numbers and texts for a memory that can read bytes, and perhaps write them."""

    __slots__ = ()

    def read(self, address: int, length: int) -> bytes:
        raise NotImplementedError

    def write(self, address: int, data: bytes) -> None:
        raise NotImplementedError

    def read_u8(self, address: int) -> int:
        return self.read(address, 1)[0]

    def read_u16(self, address: int) -> int:
        return int.from_bytes(self.read(address, 2), "little")

    def read_u32(self, address: int) -> int:
        return int.from_bytes(self.read(address, 4), "little")

    def read_u64(self, address: int) -> int:
        return int.from_bytes(self.read(address, 8), "little")

    def read_text(self, address: int, size: int) -> str:
        return self.read(address, size).decode("utf-16-le", "surrogatepass")

    def read_counted(self, address: int) -> str:
        head = self.read(address, 8)
        size = int.from_bytes(head[:2], "little") & ~1
        return self.read_text(int.from_bytes(head[4:], "little"), size) if size else ""

    def write_u8(self, address: int, value: int) -> None:
        self.write(address, value.to_bytes(1, "little"))

    def write_u16(self, address: int, value: int) -> None:
        self.write(address, value.to_bytes(2, "little"))

    def write_u32(self, address: int, value: int) -> None:
        self.write(address, value.to_bytes(4, "little"))

    def write_u64(self, address: int, value: int) -> None:
        self.write(address, value.to_bytes(8, "little"))

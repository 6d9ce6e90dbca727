"""CreateSymbolicLink: make a link of a file or a folder that was made a moment ago."""

from __future__ import annotations

from contextlib import suppress
from struct import Struct

from ring3k.abi.access import DELETE
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_INVALID_DEVICE_REQUEST,
    STATUS_IO_REPARSE_DATA_INVALID,
    STATUS_IO_REPARSE_TAG_NOT_HANDLED,
    STATUS_MEDIA_WRITE_PROTECTED,
    STATUS_OBJECT_NAME_INVALID,
    NtError,
)
from ring3k.abi.strings import UNICODE_STRING
from ring3k.abi.structs.fileinfo import FILE_INFORMATION_CLASS
from ring3k.abi.structs.ps import PEB_NT40, RTL_USER_PROCESS_PARAMETERS
from ring3k.io.disk.file import DiskFile
from ring3k.io.disk.reparse import HEAD, MOST, set_data
from ring3k.io.disk.symlink import SYMLINK, symbolic_link
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread

FRAME = Struct("<I12x3I")  # handle, (saved registers, address to return to,) link, target, flags
DIRECTORY, UNPRIVILEGED = 1, 2  # flags
ERROR_INVALID_PARAMETER, ERROR_GEN_FAILURE = 87, 31
_ERRORS = {
    STATUS_INVALID_DEVICE_REQUEST: 1,
    STATUS_ACCESS_DENIED: 5,
    STATUS_MEDIA_WRITE_PROTECTED: 19,
    STATUS_OBJECT_NAME_INVALID: 123,
    STATUS_IO_REPARSE_DATA_INVALID: 4392,
    STATUS_IO_REPARSE_TAG_NOT_HANDLED: 4394,
}
PREFIXES = ("\\\\?\\", "\\\\.\\", "\\??\\")


def make_link(t: KThread, arguments: int) -> int:
    """A Win32 error; then there is nothing."""
    file: DiskFile | None = None
    try:
        handle, _, target, flags = FRAME.unpack(t.memory.read(arguments, FRAME.size))
        file = t.handles.get(handle, DiskFile, DELETE)
        found = _data(_text(t, target), _folder(t)) if not flags & ~(DIRECTORY | UNPRIVILEGED) else None
        if found is not None:
            set_data(file, HEAD.pack(SYMLINK, len(found), 0) + found)
            return 0
        error = ERROR_INVALID_PARAMETER
    except NtError as problem:
        error = _ERRORS.get(problem.status, ERROR_GEN_FAILURE)
    if file is not None:
        with suppress(NtError):
            file.set_information(t, FILE_INFORMATION_CLASS.FileDispositionInformation, b"\1")
    return error


def _text(t: KThread, address: int) -> str:
    """Up to the zero; STATUS_IO_REPARSE_DATA_INVALID where there is too much."""
    raw = bytearray()
    while len(raw) < MOST:
        part = t.memory.read(address + len(raw), 2)
        if part == b"\0\0":
            return raw.decode("utf-16-le", "surrogatepass")
        raw += part
    raise NtError(STATUS_IO_REPARSE_DATA_INVALID)


def _folder(t: KThread) -> str:
    """The folder that the program works in, as it says itself."""
    block = t.memory.read_u32(t.process.peb + PEB_NT40.offset("ProcessParameters"))
    place = block + RTL_USER_PROCESS_PARAMETERS.offset("CurrentDirectory") & 0xFFFFFFFF
    length, _, buffer = UNICODE_STRING.values(t.memory, place)
    return t.memory.read(buffer, length & ~1).decode("utf-16-le", "surrogatepass") if length else ""


def _data(name: str, folder: str) -> bytes | None:
    """What a link to this name keeps; None: a name on another drive than ``folder``, from that one's own."""
    if name[:4] in PREFIXES:
        return symbolic_link("\\??\\" + name[4:], name, False)
    plain = name.replace("/", "\\")
    if plain.startswith("\\\\"):
        return symbolic_link("\\??\\UNC\\" + _plain(plain[2:]), name, False)
    if plain[1:2] == ":":
        if plain[2:3] != "\\":
            if folder[:2].upper() != plain[:2].upper():
                return None
            plain = folder.rstrip("\\") + "\\" + plain[2:]
        return symbolic_link(f"\\??\\{plain[:2]}\\{_plain(plain[3:])}", name, False)
    return symbolic_link(name, name, True)


def _plain(path: str) -> str:
    """Without ``.`` and ``..``, and without what Win32 takes off the ends of names."""
    names: list[str] = []
    parts = path.split("\\")
    for place, part in enumerate(parts):
        if part == "..":
            del names[-1:]
        elif one := part.rstrip(". ") if place == len(parts) - 1 else part.removesuffix("."):
            names.append(one)
    return "\\".join(names) + ("\\" if path.endswith("\\") and names else "")

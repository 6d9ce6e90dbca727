"""System calls as Wine's DLLs make them, turned into what NT understands.

Where the DLLs lean on something that their own host allows and NT does not, the
argument words are changed before the kernel sees them:

* status blocks that nobody looks at may be missing: one behind the TEB is taken;
* pipes are to be made or opened by a disposition that overwrites, with no default time-out;
* whether two files are one is found out by object ids, which each has: without, CopyFile of
  a file to itself would empty it, and a DLL could be loaded twice by two names;
* ``*.*`` is left to the kernel, which is to take it as ``*``;
* where there is no section, its handle is 0: CreateFileMapping returns what is there;
* who watches a folder without a buffer wants to wait for the handle, although it
  was opened for synchronous use.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from ring3k.abi.status import NtError
from ring3k.abi.structs.fsctl import FSCTL
from ring3k.abi.structs.io import CREATE_DISPOSITION
from ring3k.io.device import IS_FIRST, OPENS_POINT
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread

Adapter = Callable[["KThread", list[int]], None]
_UNUSED = 0x1F00  # of the two pages of a TEB
DEFAULT_TIMEOUT = -500_000  # 50 ms
_EVERYTHING = "*.*".encode("utf-16-le")


def _with_status_block(place: int) -> Adapter:
    def adapt(t: KThread, words: list[int]) -> None:
        if not words[place]:
            words[place] = t.teb + _UNUSED

    return adapt


def _everything(t: KThread, words: list[int]) -> None:
    mask = words[9]
    try:
        if mask and t.memory.read(mask, 2) == b"\6\0":
            buffer = int.from_bytes(t.memory.read(mask + 4, 4), "little")
            if t.memory.read(buffer, 6) == _EVERYTHING:
                words[9] = 0
    except NtError:
        pass  # the kernel will find that out again


def _pipe(t: KThread, words: list[int]) -> None:
    if words[5] == CREATE_DISPOSITION.FILE_OVERWRITE_IF:
        words[5] = CREATE_DISPOSITION.FILE_OPEN_IF
    try:
        if t.memory.read_u32(t.teb + OPENS_POINT) == IS_FIRST:
            words[5] = CREATE_DISPOSITION.FILE_CREATE
        if words[13] and t.memory.read(words[13], 8) == bytes(8):
            words[13] = t.teb + _UNUSED
            t.memory.write(words[13], DEFAULT_TIMEOUT.to_bytes(8, "little", signed=True))
    except NtError:
        pass  # the kernel will find that out again


def _control(t: KThread, words: list[int]) -> None:
    if words[5] == FSCTL.FSCTL_GET_OBJECT_ID:
        words[5] = FSCTL.IDENTIFY


def _section(t: KThread, words: list[int]) -> None:
    with suppress(NtError):  # the kernel will find that out again
        t.memory.write(words[0], bytes(4))


def _watch(t: KThread, words: list[int]) -> None:
    from ring3k.io.file import FileObject

    if not words[5]:
        try:
            file = t.handles.get(words[0], FileObject, 0)
        except NtError:
            return
        if file.busy is None:
            file.synchronous = False


ADAPTERS: dict[str, Adapter] = {
    "NtCreateNamedPipeFile": _pipe,
    "NtCreateSection": _section,
    "NtFlushVirtualMemory": _with_status_block(3),
    "NtFsControlFile": _control,
    "NtLockFile": _with_status_block(4),
    "NtNotifyChangeDirectoryFile": _watch,
    "NtQueryDirectoryFile": _everything,
    "NtUnlockFile": _with_status_block(1),
}

"""The clipboard's data, as Wine's user32 takes it: with handles that each process keeps for itself.

A handle of a process is good for as long as the data that it was made of has not changed.
"""

from __future__ import annotations

from struct import pack, unpack

from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.status import STATUS_UNSUCCESSFUL
from ring3k.abi.types import Pointer, Ulong
from ring3k.ke.thread import KThread as Thread
from ring3k.userland.wine_user import RENDER_FORMAT
from ring3k.win32k.error import ERROR_FILE_NOT_FOUND, ERROR_NOT_ENOUGH_MEMORY, UserError, refuse
from ring3k.win32k.user.clipboard import MOST_DATA, clipboard_of
from ring3k.win32k.user.messages import send
from ring3k.win32k.user.session import UserProcess, thread_of

WM_RENDERFORMAT = 0x305
MADE = 0xFFFFFFFF  # data_size: the data is to be made a handle


def _cache(process: UserProcess) -> dict[int, list[int]]:
    """Format -> handle, number of the change."""
    return process.clipboard


@syscall(PARTIAL, "bitmaps and palettes do not outlive the process")
def NtUserSetClipboardData(t: Thread, format_: Ulong, handle: Pointer, parameters: Pointer) -> int:
    """Put data of a format into the clipboard, or promise it."""
    address, size, cache_only, number = unpack("<4I", t.memory.read(parameters, 16))
    thread = thread_of(t)
    cache = _cache(thread.process)
    if cache_only:
        if format_ not in cache or cache[format_][1] != number:
            return STATUS_UNSUCCESSFUL
        cache[format_][0] = handle
        return 0
    if size > MOST_DATA:
        raise UserError(ERROR_NOT_ENOUGH_MEMORY)
    data = t.memory.read(address, size) if address else None
    number = clipboard_of(thread.session).put(thread, format_, data)
    if handle and address:
        cache[format_] = [handle, number]
    else:
        cache.pop(format_, None)
    return 0


@syscall(PARTIAL, "what user32 makes of it", refuses=refuse)
async def NtUserGetClipboardData(t: Thread, format_: Ulong, parameters: Pointer) -> int:
    """Data of a format: a handle that the process has already, or the data to make one of."""
    thread = thread_of(t)
    clipboard = clipboard_of(thread.session)
    cache = _cache(thread.process)
    address: int
    address, size, _, _, data_only = unpack("<5I", t.memory.read(parameters, 20))
    clipboard.check_open(thread)
    content = clipboard.formats.get(format_)
    if content is not None and content.data is None:
        owner = clipboard.owner
        if content.source:
            await t.call_user(RENDER_FORMAT, pack("<2I", format_, content.source))
        elif owner is not None:
            await send(t, owner, WM_RENDERFORMAT, format_, 0)
        content = clipboard.formats.get(format_)
    if content is None or content.data is None:
        raise UserError(ERROR_FILE_NOT_FOUND)
    known = cache.get(format_)
    if known is not None and known[0] and known[1] == content.number and not data_only:
        return known[0]
    t.memory.write_u32(parameters + 4, len(content.data))
    if len(content.data) > size:
        t.memory.write_u32(parameters + 8, len(content.data))
        return 0
    t.memory.write(address, content.data)
    if data_only:
        return address
    cache[format_] = [0, content.number]
    t.memory.write(parameters + 8, pack("<2I", MADE, content.number))
    return 0

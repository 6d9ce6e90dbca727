"""The clipboard."""

from __future__ import annotations

from struct import unpack

from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.types import Long, Opt, Out, Pointer, Ulong
from ring3k.ke.thread import KThread as Thread
from ring3k.win32k.error import ERROR_INVALID_PARAMETER, UserError, refuse
from ring3k.win32k.user.clipboard import Clipboard, clipboard_of
from ring3k.win32k.user.messages import send
from ring3k.win32k.user.session import thread_of
from ring3k.win32k.user.window import Window, find_window

WM_DESTROYCLIPBOARD, WM_CLIPBOARDUPDATE = 0x307, 0x31D
MOST_LISTED = 4096


def _clipboard(t: Thread) -> Clipboard:
    return clipboard_of(thread_of(t).session)


@syscall(refuses=refuse)
def NtUserOpenClipboard(t: Thread, window: Ulong, unknown: Ulong) -> int:
    """Open the clipboard for a window, unless somebody else has."""
    thread = thread_of(t)
    handle = find_window(thread.session, window).handle if window else 0
    _clipboard(t).open(thread, handle)
    return 1


@syscall(PARTIAL, "nobody looks on", refuses=refuse)
def NtUserCloseClipboard(t: Thread) -> int:
    """Close the clipboard."""
    _clipboard(t).close(thread_of(t))
    return 1


@syscall(refuses=refuse)
async def NtUserEmptyClipboard(t: Thread) -> int:
    """Empty the clipboard and own it."""
    clipboard, thread = _clipboard(t), thread_of(t)
    clipboard.check_open(thread)
    owner = clipboard.owner
    if owner is not None and owner.thread is not None:
        await send(t, owner, WM_DESTROYCLIPBOARD, 0, 0)
    clipboard.empty(thread)
    return 1


@syscall(refuses=refuse)
def NtUserCountClipboardFormats(t: Thread) -> int:
    """How many formats are there."""
    return len(_clipboard(t).formats)


@syscall(refuses=refuse)
def NtUserIsClipboardFormatAvailable(t: Thread, format_: Ulong) -> int:
    """Whether a format is there."""
    return int(format_ in _clipboard(t).formats)


def next_format(t: Thread, format_: int) -> int:
    """EnumClipboardFormats."""
    clipboard = _clipboard(t)
    clipboard.check_open(thread_of(t))
    return clipboard.next_format(format_)


@syscall(refuses=refuse)
def NtUserGetPriorityClipboardFormat(t: Thread, formats: Pointer, count: Long) -> int:
    """The first format of a list that is there; 0 for an empty clipboard, -1 for none."""
    if not 0 <= count <= MOST_LISTED:
        raise UserError(ERROR_INVALID_PARAMETER)
    known = _clipboard(t).formats
    if not known:
        return 0
    listed = unpack(f"<{count}I", t.memory.read(formats, 4 * count)) if count else ()
    return next((one for one in listed if one in known), 0xFFFFFFFF)


@syscall(refuses=refuse)
def NtUserGetClipboardOwner(t: Thread) -> int:
    """The window that has emptied the clipboard last."""
    owner: Window | None = _clipboard(t).owner
    return owner.handle if owner is not None else 0


@syscall(refuses=refuse)
def NtUserGetOpenClipboardWindow(t: Thread) -> int:
    """The window that the clipboard is open for."""
    return _clipboard(t).window


@syscall(refuses=refuse)
def NtUserGetClipboardSequenceNumber(t: Thread) -> int:
    """How often the clipboard has changed."""
    return _clipboard(t).number


@syscall(PARTIAL, "there is none", refuses=refuse)
def NtUserGetClipboardViewer(t: Thread) -> int:
    """The first window that looks on."""
    return 0


@syscall(PARTIAL, "nothing is told", refuses=refuse)
def NtUserAddClipboardFormatListener(t: Thread, window: Ulong) -> int:
    """Let a window be told of changes."""
    find_window(thread_of(t).session, window)
    return 1


@syscall(PARTIAL, "nothing is told", refuses=refuse)
def NtUserRemoveClipboardFormatListener(t: Thread, window: Ulong) -> int:
    """Let a window be told no more."""
    find_window(thread_of(t).session, window)
    return 1


@syscall(PARTIAL, "there is no owner's queue to look into", refuses=refuse)
def NtUserGetUpdatedClipboardFormats(
    t: Thread, formats: Pointer, count: Ulong, found: Opt[Out[Ulong]]
) -> int:
    """All formats that are there."""
    known = list(_clipboard(t).formats)
    if found is not None:
        found.set(len(known))
    if count < len(known):
        raise UserError(122)
    t.memory.write(formats, b"".join(one.to_bytes(4, "little") for one in known))
    return 1

"""What becomes of messages that a window leaves to the system (DefWindowProc).

Only what needs no picture of the window: its text and icons, closing, being shown.
"""

from __future__ import annotations

from ring3k.typed import TYPE_CHECKING
from ring3k.win32k.error import UserError
from ring3k.win32k.user.create import WM_MOVE, WM_NCCREATE, WM_NCDESTROY, WM_SIZE, destroy_window
from ring3k.win32k.user.messages import send
from ring3k.win32k.user.text import ansi_text, read_text, wide_text
from ring3k.win32k.user.window import MOST_TEXT, WS_CHILD, WS_POPUP, WS_VISIBLE, Window

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread

WM_SETREDRAW, WM_SETTEXT, WM_GETTEXT, WM_GETTEXTLENGTH, WM_CLOSE = 0x0B, 0x0C, 0x0D, 0x0E, 0x10
WM_QUERYOPEN, WM_QUERYENDSESSION, WM_ENDSESSION, WM_ERASEBKGND = 0x13, 0x11, 0x16, 0x14
WM_NOTIFYFORMAT, WM_GETICON, WM_SETICON, WM_WINDOWPOSCHANGED = 0x55, 0x7F, 0x80, 0x47
WM_NCACTIVATE, WM_DEVICECHANGE, WM_QUERYDROPOBJECT, WM_QUERYUISTATE = 0x86, 0x219, 0x22B, 0x129
NF_QUERY, NFR_ANSI, NFR_UNICODE = 3, 1, 2
CREATESTRUCT_NAME = 36  # where its lpszName is


async def default_procedure(
    t: KThread, window: Window, number: int, wparam: int, lparam: int, ansi: bool
) -> int:
    """The answer to a message."""
    if number == WM_NCCREATE:
        if lparam:
            name = t.memory.read_u32(lparam + CREATESTRUCT_NAME)
            window.set_text(read_text(t, name, ansi, MOST_TEXT) if name >> 16 else "")
        return int(bool(lparam))
    if number == WM_NCDESTROY:
        window.set_text("")
    elif number == WM_CLOSE:
        try:
            await destroy_window(t, window.handle)
        except UserError:
            return 0
    elif number in (WM_QUERYOPEN, WM_QUERYENDSESSION, WM_NCACTIVATE, WM_DEVICECHANGE):
        return 1
    elif number == WM_SETREDRAW:
        window.style = window.style | WS_VISIBLE if wparam else window.style & ~WS_VISIBLE
    elif number == WM_WINDOWPOSCHANGED:
        await _position_changed(t, window, t.memory.read_u32(lparam + 24))
    elif number == WM_NOTIFYFORMAT:
        return (NFR_UNICODE if window.wide else NFR_ANSI) if lparam == NF_QUERY else 0
    elif number in (WM_GETICON, WM_SETICON):
        return _icon(window, number, wparam, lparam)
    else:
        return _text(t, window, number, wparam, lparam, ansi)
    return 0


async def _position_changed(t: KThread, window: Window, flags: int) -> None:
    left, upper, right, lower = window.client
    if not flags & 2:
        await send(t, window, WM_MOVE, 0, left & 0xFFFF | upper << 16 & 0xFFFF0000)
    if not flags & 1 and window.handle:
        await send(t, window, WM_SIZE, 0, (right - left) & 0xFFFF | (lower - upper) << 16 & 0xFFFF0000)


def _icon(window: Window, number: int, wparam: int, lparam: int) -> int:
    if wparam > 2:
        return 0
    before = window.icons[wparam]
    if number == WM_SETICON:
        window.icons[wparam] = lparam
    return before


def _text(t: KThread, window: Window, number: int, wparam: int, lparam: int, ansi: bool) -> int:
    """A window's text is kept as Unicode."""
    if number == WM_SETTEXT:
        window.set_text(read_text(t, lparam, ansi, MOST_TEXT) if lparam else "")
        return 1
    if number == WM_GETTEXTLENGTH:
        return len(ansi_text(window.text)) if ansi else len(wide_text(window.text)) // 2
    if number == WM_GETTEXT and wparam:
        if ansi:
            data = ansi_text(window.text)[: wparam - 1]
            t.memory.write(lparam, data + b"\0")
            return len(data)
        data = wide_text(window.text)[: (wparam - 1) * 2]
        t.memory.write(lparam, data + b"\0\0")
        return len(data) // 2
    return 0


def is_top_level(window: Window) -> bool:
    return not window.style & WS_CHILD or bool(window.style & WS_POPUP)

"""System calls of Wine's win32u whose numbers or structures are its own.

Windows has calls of these names, too, that take other codes.
"""

from __future__ import annotations

from struct import pack, unpack

from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.types import Pointer, Ulong
from ring3k.hooks.statistics import MissingCalls
from ring3k.ke.thread import KThread as Thread
from ring3k.typed import TYPE_CHECKING
from ring3k.userland.wine_user import DUAL, WineClient, client_procedures
from ring3k.win32k.error import ERROR_INVALID_WINDOW_HANDLE, UserError, refuse, set_last_error
from ring3k.win32k.gdi.table import gdi_of
from ring3k.win32k.syscalls_class import get_class_long
from ring3k.win32k.syscalls_clipboard import next_format
from ring3k.win32k.syscalls_hook import unhook
from ring3k.win32k.syscalls_icon import create_icon, icon_parameter, set_icon_parameter
from ring3k.win32k.syscalls_message import input_state, kill_timer, reply_message
from ring3k.win32k.syscalls_settings import monitor_info
from ring3k.win32k.syscalls_window import enable_window, get_window_long
from ring3k.win32k.user.client import Client
from ring3k.win32k.user.create import desktop_ready
from ring3k.win32k.user.session import session_of, thread_of
from ring3k.win32k.user.settings import DOTS_PER_INCH, MONITOR, SCREEN, color, metric
from ring3k.win32k.user.window import GW_HWNDFIRST, WS_DISABLED, Window, find_window

if TYPE_CHECKING:
    from collections.abc import Callable

    from ring3k.abi.call import Answer

POINTS = 0x10000  # of one MapWindowPoints


def wine_client(t: Thread) -> WineClient:
    found = t.kernel.late_part(Client)
    if not isinstance(found, WineClient):
        found = WineClient()
        t.kernel.add_part(found, Client)
    return found


def missing(t: Thread, call: str, code: int) -> int:
    """A code that nobody has written yet is listed as a call would be."""
    t.kernel.part(MissingCalls).note(t, f"{call}({code})")
    return 0


@syscall(PARTIAL, "the workers are not called")
def NtUserInitializeClientPfnArrays(
    t: Thread, client_procs_a: Pointer, client_procs_w: Pointer, client_workers: Pointer, user_module: Pointer
) -> int:
    """user32 tells where its window procedures are."""
    wine_client(t)
    process = thread_of(t).process
    process.set_client_procedures(client_procedures(t, client_procs_a, client_procs_w), DUAL)
    process.user_module = user_module
    process.ready = True
    gdi_of(t)
    return 0


# -- no parameter, one, two -----------------------------------------------------------------
NO_PARAM = (
    *("DestroyCaret", "GetDesktopWindow", "GetDialogBaseUnits", "GetInputState", "GetProcessDefaultLayout"),
    *("GetProgmanWindow", "GetShellWindow", "GetTaskmanWindow", "ReleaseCapture", "Exiting", "Detach"),
)


@syscall(PARTIAL, "no caret; the shell has no windows", refuses=refuse)
async def NtUserCallNoParam(t: Thread, code: Ulong) -> int:
    """Small things without a parameter."""
    if code >= len(NO_PARAM):
        return missing(t, "NtUserCallNoParam", code)
    name = NO_PARAM[code]
    if name == "GetDesktopWindow":
        return (await desktop_ready(t))[0].handle
    if name == "GetDialogBaseUnits":
        return 8 | 16 << 16
    if name == "GetInputState":
        return input_state(t)
    if name == "GetProcessDefaultLayout":
        return thread_of(t).process.layout
    if name == "ReleaseCapture":
        thread_of(t).capture = 0
        return 1
    if name == "Detach":
        thread = session_of(t).threads.get(t)
        for window in tuple(thread.windows) if thread is not None else ():
            window.vanish()
    return 0


def _set_layout(t: Thread, value: int) -> int:
    thread_of(t).process.layout = value
    return 1


def _write_rect(t: Thread, address: int) -> int:
    t.memory.write(address, pack("<4i", 0, 0, *SCREEN))
    return 1


def _write_point(t: Thread, address: int) -> int:
    t.memory.write(address, bytes(8))
    return 1


def _blink(t: Thread, value: int) -> int:
    thread_of(t).caret_blink = value
    return 1


_ONE_PARAM: dict[int, Callable[[Thread, int], int]] = {
    1: create_icon,
    4: lambda t, value: 0,  # EnableThunkLock, for 16-bit programs
    5: next_format,
    6: _write_rect,  # GetClipCursor
    7: _write_point,  # GetCursorPos
    8: icon_parameter,
    10: _write_rect,  # GetPrimaryMonitorRect
    11: lambda t, value: color(value),
    12: lambda t, value: gdi_of(t).color_brush(value, color(value)),
    13: lambda t, value: gdi_of(t).color_pen(value, color(value)),
    14: lambda t, value: metric(value),
    15: _write_rect,  # GetVirtualScreenRect
    17: lambda t, value: 1,  # MessageBeep: nobody hears it
    19: reply_message,
    20: _blink,
    21: _set_layout,
}


@syscall(PARTIAL, "no menus, no deferred positions", refuses=refuse)
def NtUserCallOneParam(t: Thread, parameter: Pointer, code: Ulong) -> int:
    """Small things with one parameter."""
    found = _ONE_PARAM.get(code)
    return found(t, parameter) if found is not None else missing(t, "NtUserCallOneParam", code)


@syscall(PARTIAL, "no menus, no caret", refuses=refuse)
def NtUserCallTwoParam(t: Thread, first: Pointer, second: Pointer, code: Ulong) -> int:
    """Small things with two parameters."""
    if code == 0:  # GetDialogProc
        pair = thread_of(t).process.pair(first)
        return first if pair is None else pair[0 if second else 1]
    if code == 2:
        return monitor_info(t, first, second)
    if code == 3:
        return metric(first, second or DOTS_PER_INCH)
    if code == 4:  # MonitorFromRect
        return MONITOR if second or _on_screen(unpack("<4i", t.memory.read(first, 16))) else 0
    if code == 6:
        return set_icon_parameter(t, first, second)
    if code == 7:
        return unhook(t, first - (1 << 32) if first >> 31 else first, second)
    if code == 8:  # AllocWinProc
        return thread_of(t).process.procedure(first, bool(second))
    return missing(t, "NtUserCallTwoParam", code)


def _on_screen(rect: tuple[int, int, int, int]) -> bool:
    return rect[0] < SCREEN[0] and rect[1] < SCREEN[1] and rect[2] > 0 and rect[3] > 0


# -- of a window ---------------------------------------------------------------------------------
def _parent(t: Thread, window: Window) -> int:
    found = window.shown_parent
    return found.handle if found is not None else 0


def _to_front(t: Thread, window: Window) -> int:
    window.session.foreground = window.handle
    return 1


_OF_WINDOW: dict[int, Callable[[Thread, Window], int]] = {
    2: lambda t, window: 1,  # DrawMenuBar
    3: lambda t, window: 0,  # GetDefaultImeWindow: there is none
    4: lambda t, window: window.dialog,
    5: lambda t, window: DOTS_PER_INCH,
    7: _parent,
    8: lambda t, window: window.help,
    9: lambda t, window: 0x6010,
    10: lambda t, window: 0,  # GetWindowInputContext
    12: lambda t, window: len(window.text),
    14: lambda t, window: int(not window.style & WS_DISABLED),
    15: lambda t, window: int(window.wide),
    16: lambda t, window: int(window.is_visible()),
    17: _to_front,
}
_IS_WINDOW, _FULL_HANDLE, _OWN_PROCESS, _OWN_THREAD = 13, 20, 21, 22


@syscall(PARTIAL, "no menus, no windows of multiple documents, no shell", refuses=refuse)
def NtUserCallHwnd(t: Thread, window: Ulong, code: Ulong) -> int:
    """Small things about a window."""
    session = session_of(t)
    found = session.handles.find(window, Window)
    if code == _IS_WINDOW:
        if found is None:
            set_last_error(t, ERROR_INVALID_WINDOW_HANDLE)
        return int(found is not None)
    if code == _FULL_HANDLE:
        return found.handle if found is not None else window
    if code in (_OWN_PROCESS, _OWN_THREAD):
        if found is None or found.thread is None:
            return 0
        own = found.thread.process.process is t.process if code == _OWN_PROCESS else found.thread.thread is t
        return found.handle if own else 0
    answer = _OF_WINDOW.get(code)
    if answer is None:
        return missing(t, "NtUserCallHwnd", code)
    return answer(t, find_window(session, window))


def _move_points(t: Thread, source: Window | None, target: Window | None, points: int, count: int) -> int:
    x, y = source.offset() if source is not None else (0, 0)
    to_x, to_y = target.offset() if target is not None else (0, 0)
    if count > POINTS:
        raise UserError(87)
    values = unpack(f"<{2 * count}i", t.memory.read(points, 8 * count))
    moved = [value + (y - to_y if place & 1 else x - to_x) for place, value in enumerate(values)]
    t.memory.write(points, pack(f"<{2 * count}I", *(value & 0xFFFFFFFF for value in moved)))
    return (x - to_x) & 0xFFFF | (y - to_y) << 16 & 0xFFFF0000


def _rect(t: Thread, window: Window, address: int, code: int) -> int:
    """GetChildRect, GetClientRect, GetWindowRect."""
    left, upper, right, lower = window.client if code == 8 else window.rect
    if code == 8:
        left, upper, right, lower = 0, 0, right - left, lower - upper
    elif code == 15 and window.parent is not None:
        x, y = window.parent.offset()
        left, upper, right, lower = left + x, upper + y, right + x, lower + y
    t.memory.write(address, pack("<4i", left, upper, right, lower))
    return 1


def _thread(t: Thread, window: Window, address: int) -> int:
    thread = window.thread
    if address:
        t.memory.write_u32(address, thread.process.process.pid if thread is not None else 0)
    return thread.thread.tid if thread is not None else 0


def _information(t: Thread, window: Window, address: int) -> int:
    """GetWindowInfo."""
    x, y = window.offset()
    left, upper, right, lower = window.client
    around = window.parent.offset() if window.parent is not None else (0, 0)
    box = window.rect
    place = (box[0] + around[0], box[1] + around[1], box[2] + around[0], box[3] + around[1])
    atom = window.class_.atom if window.class_ is not None else 0
    data = pack("<8i", *place, x, y, x + right - left, y + lower - upper)
    data += pack("<5I2H", window.style, window.ex_style, 0, 0, 0, atom, 0x0400)
    t.memory.write(address + 4, data)
    return 1


def _relative(t: Thread, window: Window, which: int) -> int:
    found = window.relative(which) if which >= GW_HWNDFIRST else None
    return found.handle if found is not None else 0


def _set_dialog(t: Thread, window: Window, value: int) -> int:
    window.dialog = value
    return 1


def _set_help(t: Thread, window: Window, value: int) -> int:
    window.help = value
    return 1


def _set_style(t: Thread, window: Window, address: int) -> int:
    clear, add = unpack("<2I", t.memory.read(address, 8))
    before = window.style
    window.style = before & ~clear | add
    return before


_WITH_PARAM: dict[int, Callable[[Thread, Window, int], int]] = {
    0: lambda t, window, value: int(_move_points(t, window, None, value, 1) >= 0),
    2: lambda t, window, value: _rect(t, window, value, 2),
    8: lambda t, window, value: _rect(t, window, value, 8),
    10: _information,
    15: lambda t, window, value: _rect(t, window, value, 15),
    16: _relative,
    17: _thread,
    19: lambda t, window, value: int(
        window.session.is_child(window.handle, value) and window.handle != value
    ),
    20: lambda t, window, value: kill_timer(t, window.handle, value, 0x118),
    23: lambda t, window, value: MONITOR,
    24: lambda t, window, value: int(_move_points(t, None, window, value, 1) >= 0),
    25: _set_dialog,
    27: _set_help,
    30: _set_style,
}


@syscall(PARTIAL, "no scroll bars, no windows of multiple documents, no regions", refuses=refuse)
def NtUserCallHwndParam(t: Thread, window: Ulong, parameter: Pointer, code: Ulong) -> Answer:
    """Small things about a window, with a parameter."""
    offset = parameter - (1 << 32) if parameter >> 31 else parameter
    if code == 1:
        return enable_window(t, window, bool(parameter))
    if 3 <= code <= 6:
        return get_class_long(t, window, offset, 4, code in (3, 5))
    if code == 7:
        return get_class_long(t, window, offset, 2, True) & 0xFFFF
    if 11 <= code <= 14:
        return get_window_long(t, window, offset, 4, code in (11, 13))
    if code == 18:
        return get_window_long(t, window, offset, 2, True)
    session = session_of(t)
    if code == 21:  # MapWindowPoints
        other, points, count = unpack("<3I", t.memory.read(parameter, 12))
        source = find_window(session, window) if window else None
        return _move_points(t, source, find_window(session, other) if other else None, points, count)
    answer = _WITH_PARAM.get(code)
    if answer is None:
        return missing(t, "NtUserCallHwndParam", code)
    return answer(t, find_window(session, window), parameter)

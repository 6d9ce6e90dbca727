"""How a window is made and goes: which messages it gets, in which order."""

from __future__ import annotations

from struct import pack, unpack_from

from ring3k.abi.status import NtError
from ring3k.typed import TYPE_CHECKING, NamedTuple
from ring3k.win32k.error import (
    ERROR_ACCESS_DENIED,
    ERROR_CANNOT_FIND_WND_CLASS,
    ERROR_INVALID_WINDOW_HANDLE,
    ERROR_TLW_WITH_WSCHILD,
    UserError,
)
from ring3k.win32k.user.classes import WindowClass, find_class, register_built_in
from ring3k.win32k.user.client import Attached, Client
from ring3k.win32k.user.hooks import HCBT_CREATEWND, HCBT_DESTROYWND, WH_CBT, HookCall, call_hooks
from ring3k.win32k.user.messages import send
from ring3k.win32k.user.session import UserThread, thread_of
from ring3k.win32k.user.settings import SCREEN
from ring3k.win32k.user.station import Desktop
from ring3k.win32k.user.window import (
    HWND_MESSAGE,
    WS_CAPTION,
    WS_CHILD,
    WS_CLIPSIBLINGS,
    WS_DLGFRAME,
    WS_EX_DLGMODALFRAME,
    WS_EX_LAYERED,
    WS_EX_WINDOWEDGE,
    WS_POPUP,
    WS_THICKFRAME,
    WS_VISIBLE,
    Rect,
    Window,
    desktop_windows,
    find_window,
)

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread

WM_CREATE, WM_DESTROY, WM_MOVE, WM_SIZE, WM_SHOWWINDOW = 1, 2, 3, 5, 0x18
WM_GETMINMAXINFO, WM_NCCREATE, WM_NCDESTROY, WM_NCCALCSIZE, WM_PARENTNOTIFY = 0x24, 0x81, 0x82, 0x83, 0x210
WM_WINDOWPOSCHANGING, WM_WINDOWPOSCHANGED = 0x46, 0x47
SWP_SHOWWINDOW, SWP_HIDEWINDOW = 0x40, 0x80
USE_DEFAULT = -0x80000000
MINUS_ONE = 0xFFFFFFFF


class Creation(NamedTuple):
    """What CreateWindowEx is told."""

    ex_style: int
    class_name: str | int
    class_address: int
    name_address: int
    style: int
    place: Rect  # x, y, width, height
    parent: int
    menu: int
    instance: int
    parameter: int
    client_instance: int
    ansi: bool


def desktop_of(t: KThread, thread: UserThread) -> Desktop:
    return t.handles.get(thread.desktop, Desktop, 0)  # type: ignore[no-any-return]  # Any-typed table


async def desktop_ready(t: KThread) -> tuple[Window, Window]:
    """The thread's desktop windows.  user32's classes are there from the first time on."""
    thread = thread_of(t)
    top, messages = desktop_windows(thread.session, desktop_of(t, thread), SCREEN)
    client = t.kernel.late_part(Client)
    client.show_desktop(t, top.handle, messages.handle)
    process = thread.process
    if process.ready and not process.built_in:
        process.built_in = True
        register_built_in(process, client.built_in)
        await client.classes_are_there(t)
    return top, messages


def atom_of(thread: UserThread, name: str | int) -> int:
    """The atom of a class's name; 0 for a name that is none."""
    if isinstance(name, int):
        return name
    try:
        return thread.session.atoms.find(name)
    except NtError:
        return 0


def _fitting(ex_style: int, style: int) -> int:
    """WS_EX_WINDOWEDGE follows from other styles."""
    edge = ex_style & WS_EX_DLGMODALFRAME or (
        style & (WS_DLGFRAME | WS_THICKFRAME) and not style & (WS_CHILD | WS_POPUP)
    )
    return ex_style | WS_EX_WINDOWEDGE if edge else ex_style & ~WS_EX_WINDOWEDGE


def _placed(told: Creation) -> Rect:
    """Defaults in place of CW_USEDEFAULT."""
    x, y, width, height = told.place
    if told.style & (WS_CHILD | WS_POPUP):
        if x == USE_DEFAULT:
            x = y = 0
        if width == USE_DEFAULT:
            width = height = 0
    else:
        if x == USE_DEFAULT:
            x = y = 0
        if width == USE_DEFAULT:
            width, height = SCREEN[0] * 3 // 4 - x, SCREEN[1] * 3 // 4 - y
        elif height == USE_DEFAULT:
            height = SCREEN[1] * 3 // 4 - y
    return x, y, width, height


async def create_window(t: KThread, told: Creation) -> int:
    """CreateWindowEx: the handle."""
    thread = thread_of(t)
    top, messages = await desktop_ready(t)
    parent, owner = _family(thread, told, top, messages)
    class_ = find_class(thread.process, atom_of(thread, told.class_name), told.instance)
    if class_ is None:
        raise UserError(ERROR_CANNOT_FIND_WND_CLASS)
    window = _make(thread, told, class_, parent, owner)
    x, y, width, height = _placed(told)
    handle = window.handle
    given = _structure(told, parent, (x, y, width, height))
    if await call_hooks(t, thread, HookCall(WH_CBT, HCBT_CREATEWND, handle, Attached(given))):
        window.vanish()
        return 0
    if not window.handle:
        return 0
    if (window.style & (WS_CHILD | WS_POPUP)) != WS_CHILD:
        window.style |= WS_CLIPSIBLINGS
        if not window.style & WS_POPUP:
            window.style |= WS_CAPTION
    window.ex_style = _fitting(told.ex_style, window.style)
    window.menu = told.menu
    if told.style & WS_THICKFRAME or not told.style & (WS_POPUP | WS_CHILD):
        await _limits(t, window)
    window.rect = window.client = (x, y, x + max(width, 0), y + max(height, 0))
    if not await _greet(t, window, given) or not window.handle:
        if window.handle:
            await _end(t, window)
        return 0
    if told.style & (WS_CHILD | WS_POPUP):
        left, upper, right, lower = window.client
        await send(t, window, WM_SIZE, 0, (right - left) & 0xFFFF | (lower - upper) << 16 & 0xFFFF0000)
        await send(t, window, WM_MOVE, 0, left & 0xFFFF | upper << 16 & 0xFFFF0000)
    if told.style & WS_CHILD and window.parent is not None and not window.ex_style & 4:
        await send(t, window.parent, WM_PARENTNOTIFY, WM_CREATE | window.menu << 16 & 0xFFFF0000, handle)
    if told.style & WS_VISIBLE and window.handle:
        await show_window(t, window, True)
    return window.handle


def _family(
    thread: UserThread, told: Creation, top: Window, messages: Window
) -> tuple[Window, Window | None]:
    """Parent and owner."""
    if told.parent == HWND_MESSAGE:
        return messages, None
    if told.parent:
        given = find_window(thread.session, told.parent)
        if (told.style & (WS_CHILD | WS_POPUP)) == WS_CHILD or given is messages:
            return given, None
        owner = given.ancestor(2)
        return top, None if owner is None or owner.is_desktop else owner
    if (told.style & (WS_CHILD | WS_POPUP)) == WS_CHILD:
        raise UserError(ERROR_TLW_WITH_WSCHILD)
    return top, None


def _make(
    thread: UserThread, told: Creation, class_: WindowClass, parent: Window, owner: Window | None
) -> Window:
    window = Window(thread.session, thread, class_, parent.desktop, parent, class_.window_extra)
    try:
        window.check_parent(parent)
        window.set_owner(owner)
    except UserError:
        window.vanish()
        raise
    window.style = told.style & ~WS_VISIBLE
    window.ex_style = told.ex_style & ~WS_EX_LAYERED
    window.instance = told.client_instance or told.instance
    window.wide = thread.process.wide(class_.procedure, not told.ansi)
    return window


def _structure(told: Creation, parent: Window, place: Rect) -> bytes:
    """CREATESTRUCT."""
    x, y, width, height = place
    return pack(
        "<4I4i4I",
        told.parameter,
        told.client_instance or told.instance,
        told.menu,
        parent.handle if told.parent == HWND_MESSAGE else told.parent,
        height,
        width,
        y,
        x,
        told.style,
        told.name_address,
        told.class_address,
        told.ex_style,
    )


async def _limits(t: KThread, window: Window) -> None:
    width, height = SCREEN
    limits = pack("<10i", 0, 0, width + 8, height + 8, -4, -4, 112, 27, width + 12, height + 12)
    await send(t, window, WM_GETMINMAXINFO, 0, Attached(limits))


async def _greet(t: KThread, window: Window, given: bytes) -> bool:
    """The messages of the beginning; whether the window may be."""
    if not await send(t, window, WM_NCCREATE, 0, Attached(given)) or not window.handle:
        return False
    area = Attached(pack("<4i", *window.rect))
    await send(t, window, WM_NCCALCSIZE, 0, area)
    window.client = unpack_from("<4i", area.data)
    return await send(t, window, WM_CREATE, 0, Attached(given)) != MINUS_ONE and bool(window.handle)


async def show_window(t: KThread, window: Window, show: bool) -> bool:
    """ShowWindow, of which only being shown or not matters here; whether it was shown."""
    before = bool(window.style & WS_VISIBLE)
    if before == show:
        return before
    await send(t, window, WM_SHOWWINDOW, int(show), 0)
    if window.handle:
        window.set_visible(show)
        await _tell_position(t, window, 0x43 | (0x40 if show else 0x80) | 0x14)
    return before


async def _tell_position(t: KThread, window: Window, flags: int) -> None:
    """WM_WINDOWPOSCHANGING has been left out: who changes it finds nothing to change here."""
    left, upper, right, lower = window.rect
    told = pack("<2I4iI", window.handle, 0, left, upper, right - left, lower - upper, flags)
    await send(t, window, WM_WINDOWPOSCHANGED, 0, Attached(told))


async def move_window(t: KThread, window: Window, place: Rect, flags: int) -> None:
    """SetWindowPos: x, y, width, height, as far as the flags say so."""
    left, upper, right, lower = window.rect
    x, y, width, height = place
    told = Attached(pack("<2I4iI", window.handle, 0, x, y, width, height, flags))
    if not flags & 0x400:  # SWP_NOSENDCHANGING
        await send(t, window, WM_WINDOWPOSCHANGING, 0, told)
        _, _, x, y, width, height, flags = unpack_from("<2I4iI", told.data)
    if not window.handle:
        return
    if flags & 2:  # SWP_NOMOVE
        x, y = left, upper
    if flags & 1:  # SWP_NOSIZE
        width, height = right - left, lower - upper
    window.rect = (x, y, x + max(width, 0), y + max(height, 0))
    area = Attached(pack("<4i", *window.rect))
    await send(t, window, WM_NCCALCSIZE, 0, area)
    window.client = unpack_from("<4i", area.data)
    if flags & (SWP_SHOWWINDOW | SWP_HIDEWINDOW):
        window.set_visible(bool(flags & SWP_SHOWWINDOW))
    if window.handle:
        await _tell_position(t, window, flags)


async def destroy_window(t: KThread, handle: int) -> bool:
    """DestroyWindow.  ERROR_INVALID_WINDOW_HANDLE, ERROR_ACCESS_DENIED for another thread's."""
    thread = thread_of(t)
    window = find_window(thread.session, handle)
    if window.thread is not thread:
        raise UserError(ERROR_ACCESS_DENIED)
    if thread.hooks or thread.session.hooks:
        if await call_hooks(t, thread, HookCall(WH_CBT, HCBT_DESTROYWND, window.handle, 0)):
            return False
        if not window.handle:
            raise UserError(ERROR_INVALID_WINDOW_HANDLE)
    if window.dying:
        return True
    if window.style & WS_CHILD and window.parent is not None and not window.ex_style & 4:
        await send(
            t, window.parent, WM_PARENTNOTIFY, WM_DESTROY | window.menu << 16 & 0xFFFF0000, window.handle
        )
    if window.handle and window.style & WS_VISIBLE:
        await show_window(t, window, False)
    if not window.handle:
        return True
    window.dying = True
    owned = [one for one in window._owned() if one.thread is thread]
    for one in owned:
        if one.handle:
            await destroy_window(t, one.handle)
    await _farewell(t, window)
    await _end(t, window)
    return True


async def _farewell(t: KThread, window: Window) -> None:
    """WM_DESTROY, from the window down."""
    if window.handle:
        await send(t, window, WM_DESTROY, 0, 0)
    for child in tuple(window.children):
        if child.handle:
            await _farewell(t, child)


async def _end(t: KThread, window: Window) -> None:
    """WM_NCDESTROY, to the inner windows first, and no more window."""
    window.dying = True
    for child in tuple(window.children):
        if child.handle:
            await _end(t, child)
    if window.handle:
        await send(t, window, WM_NCDESTROY, 0, 0)
    if window.handle:
        window.vanish()

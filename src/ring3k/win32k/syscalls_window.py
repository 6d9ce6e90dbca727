"""Windows: made, destroyed, found, asked and changed."""

from __future__ import annotations

from struct import pack, unpack

from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.status import STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_HANDLE, NtError
from ring3k.abi.types import Handle, Long, Out, OutBuffer, Pointer, Sized, Ulong, Ushort
from ring3k.abi.upcase import upcase
from ring3k.ke.thread import KThread as Thread
from ring3k.typed import Annotated
from ring3k.win32k.error import (
    ERROR_ACCESS_DENIED,
    ERROR_FILE_NOT_FOUND,
    ERROR_INVALID_INDEX,
    ERROR_INVALID_PARAMETER,
    ERROR_INVALID_WINDOW_HANDLE,
    UserError,
    refuse,
)
from ring3k.win32k.user.client import Attached
from ring3k.win32k.user.create import (
    Creation,
    atom_of,
    create_window,
    desktop_of,
    desktop_ready,
    destroy_window,
    move_window,
    show_window,
)
from ring3k.win32k.user.messages import send
from ring3k.win32k.user.session import thread_of
from ring3k.win32k.user.station import Desktop
from ring3k.win32k.user.text import buffer_of, counted, name_or_atom, read_text, write_wide
from ring3k.win32k.user.window import WS_CLIPSIBLINGS, WS_DISABLED, WS_MINIMIZE, Window, find_window

GWL_PROCEDURE, GWL_INSTANCE, GWL_PARENT, GWL_ID, GWL_STYLE, GWL_EX_STYLE, GWL_USER = (
    -4,
    -6,
    -8,
    -12,
    -16,
    -20,
    -21,
)
WM_STYLECHANGING, WM_STYLECHANGED, WM_ENABLE = 0x7C, 0x7D, 0x0A
MOST_NAME = 255


@syscall(PARTIAL, "nothing is drawn; menus are not looked at", refuses=refuse)
async def NtUserCreateWindowEx(
    t: Thread,
    ex_style: Ulong,
    class_name: Pointer,
    version: Pointer,
    window_name: Pointer,
    style: Ulong,
    x: Long,
    y: Long,
    width: Long,
    height: Long,
    parent: Ulong,
    menu: Ulong,
    instance: Pointer,
    parameter: Pointer,
    flags: Ulong,
    client_instance: Pointer,
    unknown: Ulong,
    ansi: Ulong,
) -> int:
    """Create a window: its handle."""
    told = Creation(
        ex_style=ex_style,
        class_name=name_or_atom(t, class_name),
        class_address=buffer_of(t, class_name),
        name_address=buffer_of(t, window_name),
        style=style,
        place=(x, y, width, height),
        parent=parent,
        menu=menu,
        instance=instance,
        parameter=parameter,
        client_instance=client_instance,
        ansi=bool(ansi),
    )
    return await create_window(t, told)


@syscall(refuses=refuse)
async def NtUserDestroyWindow(t: Thread, window: Ulong) -> int:
    """Destroy a window of the thread's own."""
    return int(await destroy_window(t, window))


@syscall(refuses=refuse)
async def NtUserGetAncestor(t: Thread, window: Ulong, which: Ulong) -> int:
    """The parent of a window, or the outermost one it is in."""
    found = find_window(thread_of(t).session, window)
    if not 1 <= which <= 3 or found.is_desktop:
        return 0
    above = found.ancestor(which)
    return above.handle if above is not None else 0


def _called(window: Window, title: str | None) -> bool:
    return title is None or upcase(window.text) == upcase(title)


@syscall(refuses=refuse)
async def NtUserFindWindowEx(
    t: Thread, parent: Ulong, child: Ulong, class_name: Pointer, title: Pointer, unknown: Ulong
) -> int:
    """The next window within another of a class and a title: its handle."""
    top, messages = await desktop_ready(t)
    thread = thread_of(t)
    session = thread.session
    if parent == 0xFFFFFFFD:
        rows = [messages.children]
    elif parent:
        rows = [find_window(session, parent).children]
    else:
        rows = [top.children, messages.children]
    name = name_or_atom(t, class_name) if class_name else None
    atom = atom_of(thread, name) if name is not None else 0
    wanted = counted(t, title) if title and buffer_of(t, title) else None
    row = [window for one in rows for window in one]
    if child:
        after = find_window(session, child)
        if after not in row:
            raise UserError(ERROR_INVALID_PARAMETER)
        row = row[row.index(after) + 1 :]
    for window in row:
        same = name is None or (
            window.class_ is not None and atom in (window.class_.atom, window.class_.base)
        )
        if same and _called(window, wanted):
            return window.handle
    raise UserError(ERROR_FILE_NOT_FOUND)


def children_of(t: Thread, desktop: int, parent: int, thread_id: int, atom: int) -> list[int]:
    """The windows directly within one, or on a desktop: their handles."""
    session = thread_of(t).session
    if parent:
        row = find_window(session, parent).children
    else:
        place = t.handles.get(desktop, Desktop, 0) if desktop else desktop_of(t, thread_of(t))
        row = place.top.children if place.top is not None else []
    return [
        one.handle
        for one in row
        if (not thread_id or (one.thread is not None and one.thread.thread.tid == thread_id))
        and (not atom or (one.class_ is not None and one.class_.atom == atom))
    ]


@syscall(PARTIAL, "a desktop's windows, not those within them")
def NtUserBuildHwndList(
    t: Thread,
    desktop: Handle,
    unknown2: Ulong,
    unknown3: Ulong,
    unknown4: Ulong,
    thread_id: Ulong,
    count: Ulong,
    buffer: Annotated[OutBuffer, Sized("count", unit=4)],
    size: Out[Ulong],
) -> int:
    """List windows; a 1 ends the list."""
    if thread_id and thread_id not in thread_of(t).session.by_tid:
        raise NtError(STATUS_INVALID_HANDLE)
    found = [*children_of(t, desktop, 0, thread_id, 0), 1]
    size.set(len(found))
    if count < len(found):
        return STATUS_BUFFER_TOO_SMALL
    buffer.write(pack(f"<{len(found)}I", *found))
    return 0


# -- what a window has -------------------------------------------------------------------
def _property(t: Thread, name: int) -> int | str:
    return name if not name >> 16 else upcase(read_text(t, name, False, MOST_NAME))


def _named(t: Thread, name: int) -> int | str:
    """A string and its atom are the same name."""
    key = _property(t, name)
    if isinstance(key, int) and key >= 0xC000:
        try:
            return upcase(thread_of(t).session.atoms.query(key).name)
        except NtError:
            return key
    return key


@syscall(refuses=refuse)
def NtUserGetProp(t: Thread, window: Ulong, name: Pointer) -> int:
    """A window's property; 0 for none."""
    return find_window(thread_of(t).session, window).properties.get(_named(t, name), 0)


@syscall(refuses=refuse)
def NtUserSetProp(t: Thread, window: Ulong, name: Pointer, data: Pointer) -> int:
    """Give a window a property."""
    find_window(thread_of(t).session, window).set_property(_named(t, name), data)
    return 1


@syscall(refuses=refuse)
def NtUserRemoveProp(t: Thread, window: Ulong, name: Pointer) -> int:
    """Take a property away: what it was."""
    return find_window(thread_of(t).session, window).take_property(_named(t, name))


@syscall(refuses=refuse)
def NtUserInternalGetWindowText(t: Thread, window: Ulong, text: Pointer, count: Long) -> int:
    """The text of a window, without a message to it: how many characters."""
    if count <= 0:
        return 0
    return write_wide(t, text, find_window(thread_of(t).session, window).text, count)


def get_window_long(t: Thread, window: int, offset: int, size: int, ansi: bool) -> int:
    """GetWindowLong, GetWindowWord."""
    found = find_window(thread_of(t).session, window)
    if offset == GWL_PARENT:
        above = found.window_owner if found.parent is found.desktop.top else found.parent
        return above.handle if above is not None else 0
    if offset >= 0:
        if offset > len(found.extra) - size:
            raise UserError(ERROR_INVALID_INDEX)
        return int.from_bytes(found.extra[offset : offset + size], "little")
    if offset == GWL_PROCEDURE:
        if found.thread is None or found.thread.process is not thread_of(t).process:
            raise UserError(ERROR_ACCESS_DENIED)
        return found.thread.process.address(found.procedure, ansi)
    name = _FIELDS.get(offset)
    if name is None:
        raise UserError(ERROR_INVALID_INDEX)
    value: int = getattr(found, name)
    return value & (1 << 8 * size) - 1


_FIELDS = {
    GWL_INSTANCE: "instance",
    GWL_ID: "menu",
    GWL_STYLE: "style",
    GWL_EX_STYLE: "ex_style",
    GWL_USER: "user_data",
}


async def set_window_long(t: Thread, window: int, offset: int, value: int, size: int, ansi: bool) -> int:
    """SetWindowLong, SetWindowWord: what was there."""
    thread = thread_of(t)
    found = find_window(thread.session, window)
    if found.is_desktop or (
        offset == GWL_PROCEDURE and found.thread is not None and found.thread.process is not thread.process
    ):
        raise UserError(ERROR_ACCESS_DENIED)
    before = get_window_long(t, window, offset, size, ansi)
    if offset >= 0:
        found.extra[offset : offset + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")
    elif offset == GWL_PROCEDURE:
        found.procedure = thread.process.procedure(value, ansi)
        found.wide = thread.process.wide(found.procedure, not ansi)
    elif offset == GWL_PARENT:
        _set_parent(found, thread.session.handles.find(value, Window))
    elif offset in (GWL_STYLE, GWL_EX_STYLE):
        change = Attached(pack("<2I", before, value))
        await send(t, found, WM_STYLECHANGING, offset & 0xFFFFFFFF, change)
        _, value = unpack("<2I", change.data)
        if offset == GWL_STYLE and found.parent is found.desktop.top:
            value |= WS_CLIPSIBLINGS  # it stays
        if found.handle:
            setattr(found, _FIELDS[offset], value)
            await send(t, found, WM_STYLECHANGED, offset & 0xFFFFFFFF, Attached(change.data))
    else:
        if size == 2:
            value = value & 0xFFFF | getattr(found, _FIELDS[offset]) & 0xFFFF0000
        setattr(found, _FIELDS[offset], value)
    return before


def _set_parent(window: Window, other: Window | None) -> None:
    """The owner of a window on the desktop, else the parent."""
    top = window.desktop.top
    if window.parent is top:
        window.set_owner(other)
    else:
        window.move_into(other if other is not None else top)


@syscall(refuses=refuse)
async def NtUserSetWindowLong(t: Thread, window: Ulong, offset: Long, value: Ulong, ansi: Ulong) -> int:
    """Change something of a window: what was there."""
    return await set_window_long(t, window, offset, value, 4, bool(ansi))


@syscall(refuses=refuse)
async def NtUserSetWindowLongPtr(t: Thread, window: Ulong, offset: Long, value: Pointer, ansi: Ulong) -> int:
    """Change something of a window, of a pointer's width: what was there."""
    return await set_window_long(t, window, offset, value, 4, bool(ansi))


@syscall(refuses=refuse)
async def NtUserSetWindowWord(t: Thread, window: Ulong, offset: Long, value: Ushort) -> int:
    """Change two of a window's extra bytes: what was there."""
    if offset < 0 and offset != GWL_USER:
        raise UserError(ERROR_INVALID_INDEX)
    return await set_window_long(t, window, offset, value, 2, True)


@syscall(PARTIAL, "a window keeps its place among others", refuses=refuse)
def NtUserSetParent(t: Thread, window: Ulong, parent: Ulong) -> int:
    """Put a window into another: where it was."""
    session = thread_of(t).session
    found = find_window(session, window)
    if found.is_desktop:
        raise UserError(ERROR_ACCESS_DENIED)
    other = find_window(session, parent) if parent and parent != 0xFFFFFFFD else None
    if parent == 0xFFFFFFFD:
        other = found.desktop.messages
    before = found.parent
    found.move_into(other if other is not None else found.desktop.top)
    return before.handle if before is not None else 0


@syscall(PARTIAL, "a window keeps its place among others", refuses=refuse)
async def NtUserSetWindowPos(
    t: Thread, window: Ulong, after: Ulong, x: Long, y: Long, width: Long, height: Long, flags: Ulong
) -> int:
    """Move, resize, show or hide a window."""
    found = find_window(thread_of(t).session, window)
    if found.is_desktop:
        raise UserError(ERROR_INVALID_WINDOW_HANDLE)
    await move_window(t, found, (x, y, width, height), flags)
    return 1


@syscall(PARTIAL, "nothing is drawn anew", refuses=refuse)
async def NtUserMoveWindow(
    t: Thread, window: Ulong, x: Long, y: Long, width: Long, height: Long, repaint: Ulong
) -> int:
    """Move and resize a window."""
    found = find_window(thread_of(t).session, window)
    if found.is_desktop:
        raise UserError(ERROR_INVALID_WINDOW_HANDLE)
    await move_window(t, found, (x, y, width, height), 0x14)
    return 1


@syscall(PARTIAL, "shown or not: nobody sees it", refuses=refuse)
async def NtUserShowWindow(t: Thread, window: Ulong, command: Long) -> int:
    """Show or hide a window: whether it was shown."""
    found = find_window(thread_of(t).session, window)
    if found.is_desktop:
        return 0
    return int(await show_window(t, found, command != 0))


@syscall(PARTIAL, "done at once", refuses=refuse)
async def NtUserShowWindowAsync(t: Thread, window: Ulong, command: Long) -> int:
    """Show or hide a window, without waiting for its thread."""
    found = find_window(thread_of(t).session, window)
    return int(await show_window(t, found, command != 0))


async def enable_window(t: Thread, window: int, enable: bool) -> int:
    """EnableWindow: whether it was disabled."""
    found = find_window(thread_of(t).session, window)
    before = bool(found.style & WS_DISABLED)
    found.style = found.style & ~WS_DISABLED if enable else found.style | WS_DISABLED
    if before == enable:
        await send(t, found, WM_ENABLE, int(enable), 0)
    return int(before)


# -- who has the attention ------------------------------------------------------------------
@syscall(PARTIAL, "nobody is told", refuses=refuse)
def NtUserSetFocus(t: Thread, window: Ulong) -> int:
    """Say which window of the thread takes keys: which one did."""
    thread = thread_of(t)
    found = find_window(thread.session, window) if window else None
    if found is not None and found.style & (WS_DISABLED | WS_MINIMIZE):
        return 0
    before, thread.focus = thread.focus, found.handle if found is not None else 0
    return before


@syscall(PARTIAL, "nobody is told", refuses=refuse)
def NtUserSetActiveWindow(t: Thread, window: Ulong) -> int:
    """Say which window of the thread is active: which one was."""
    thread = thread_of(t)
    found = find_window(thread.session, window) if window else None
    before, thread.active = thread.active, found.handle if found is not None else 0
    return before


@syscall(PARTIAL, "there is no mouse", refuses=refuse)
def NtUserSetCapture(t: Thread, window: Ulong) -> int:
    """Let a window have all of the mouse: which one had it."""
    thread = thread_of(t)
    found = find_window(thread.session, window) if window else None
    before, thread.capture = thread.capture, found.handle if found is not None else 0
    return before


@syscall(PARTIAL, "the last one that SetForegroundWindow has named", refuses=refuse)
def NtUserGetForegroundWindow(t: Thread) -> int:
    """The window that a person works with."""
    session = thread_of(t).session
    found = session.handles.find(session.foreground, Window)
    return found.handle if found is not None else 0


@syscall(PARTIAL, "no caret, no menu", refuses=refuse)
def NtUserGetGUIThreadInfo(t: Thread, thread_id: Ulong, information: Pointer) -> int:
    """Which windows of a thread are active, take keys, and have the mouse."""
    if t.memory.read_u32(information) != 48:
        raise UserError(ERROR_INVALID_PARAMETER)
    found = thread_of(t).session.by_tid.get(thread_id or t.tid)
    told = (found.active, found.focus, found.capture) if found is not None else (0, 0, 0)
    t.memory.write(information + 4, pack("<10I", 0, *told, *bytes(6)))
    return 1


@syscall(PARTIAL, "threads keep their own input", refuses=refuse)
def NtUserAttachThreadInput(t: Thread, thread: Ulong, other: Ulong, attach: Ulong) -> int:
    """Share input between two threads."""
    known = thread_of(t).session.by_tid
    if thread == other or thread not in known or other not in known:
        raise UserError(ERROR_INVALID_PARAMETER)
    return 1

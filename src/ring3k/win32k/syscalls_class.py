"""Window classes."""

from __future__ import annotations

from struct import pack, unpack

from ring3k.abi.call import PARTIAL, Answer, syscall
from ring3k.abi.types import Long, Pointer, Ulong, Ushort
from ring3k.ke.thread import KThread as Thread
from ring3k.win32k.error import (
    ERROR_ACCESS_DENIED,
    ERROR_CLASS_DOES_NOT_EXIST,
    ERROR_INSUFFICIENT_BUFFER,
    ERROR_INVALID_INDEX,
    ERROR_INVALID_PARAMETER,
    ERROR_INVALID_WINDOW_HANDLE,
    UserError,
    refuse,
)
from ring3k.win32k.user.classes import ClassStyle, WindowClass, find_class, register_class, unregister_class
from ring3k.win32k.user.create import atom_of, desktop_ready
from ring3k.win32k.user.session import thread_of
from ring3k.win32k.user.text import counted, fill, name_or_atom
from ring3k.win32k.user.window import find_window

CLASS_SIZE = 48  # of WNDCLASSEXW
GCL_MENUNAME, GCL_BACKGROUND, GCL_CURSOR, GCL_ICON, GCL_MODULE = -8, -10, -12, -14, -16
GCL_WINDOW_EXTRA, GCL_CLASS_EXTRA, GCL_PROCEDURE, GCL_STYLE, GCL_ATOM, GCL_SMALL_ICON = (
    -18,
    -20,
    -24,
    -26,
    -32,
    -34,
)
FIELDS = {
    GCL_BACKGROUND: "background",
    GCL_CURSOR: "cursor",
    GCL_ICON: "icon",
    GCL_SMALL_ICON: "small_icon",
    GCL_MODULE: "instance",
    GCL_WINDOW_EXTRA: "window_extra",
    GCL_STYLE: "style",
    GCL_ATOM: "atom",
}


@syscall(PARTIAL, "no small icon is made from a large one", refuses=refuse)
async def NtUserRegisterClassExWOW(
    t: Thread,
    class_: Pointer,
    class_name: Pointer,
    class_version: Pointer,
    menu_name: Pointer,
    function_id: Ulong,
    flags: Ulong,
    wow: Pointer,
) -> int:
    """Register a window class: its atom."""
    if not function_id:
        await desktop_ready(t)
    thread = thread_of(t)
    size, style, procedure, class_extra, window_extra, *rest = unpack(
        "<3I2i7I", t.memory.read(class_, CLASS_SIZE)
    )
    instance, icon, cursor, background, _, _, small = rest
    if size != CLASS_SIZE or class_extra < 0 or window_extra < 0:
        raise UserError(ERROR_INVALID_PARAMETER)
    if not function_id and instance and instance == thread.process.user_module:
        raise UserError(ERROR_INVALID_PARAMETER)
    name = name_or_atom(t, class_name)
    if not name:
        raise UserError(ERROR_INVALID_PARAMETER)
    menu = unpack("<3I", t.memory.read(menu_name, 12)) if menu_name else (0, 0, 0)
    told = ClassStyle(
        style=style,
        procedure=thread.process.procedure(procedure, bool(flags)),
        class_extra=class_extra,
        window_extra=window_extra,
        instance=instance or t.process.image_base,
        icon=icon,
        small_icon=small,
        cursor=cursor,
        background=background,
        menu=menu,
    )
    version = len(counted(t, class_version))
    return register_class(thread.process, name, version, told, bool(function_id)).atom


@syscall(refuses=refuse)
async def NtUserUnregisterClass(t: Thread, class_name: Pointer, instance: Pointer, menu_name: Pointer) -> int:
    """Take a class back that has no windows; its menu's name is given back to be freed."""
    await desktop_ready(t)
    thread = thread_of(t)
    atom = atom_of(thread, name_or_atom(t, class_name))
    known = unregister_class(thread.process, atom, instance)
    t.memory.write(menu_name, pack("<3I", *known.menu))
    return 1


@syscall(refuses=refuse)
async def NtUserGetClassInfoEx(
    t: Thread, instance: Pointer, class_name: Pointer, class_: Pointer, menu_name: Pointer, ansi: Ulong
) -> int:
    """Describe a class: its atom."""
    await desktop_ready(t)
    thread = thread_of(t)
    known = find_class(thread.process, atom_of(thread, name_or_atom(t, class_name)), instance)
    if known is None:
        raise UserError(ERROR_CLASS_DOES_NOT_EXIST)
    if class_:
        shown = 0 if instance == thread.process.user_module else instance
        told = (
            *(known.style, thread.process.address(known.procedure, bool(ansi)), len(known.extra)),
            *(known.window_extra, shown, known.icon, known.cursor, known.background),
            *(known.menu[0 if ansi else 1], t.memory.read_u32(class_name + 4), known.small_icon),
        )
        t.memory.write(class_ + 4, pack("<11I", *told))
    if menu_name:
        t.memory.write(menu_name, pack("<3I", *known.menu))
    return known.atom


@syscall(refuses=refuse)
def NtUserGetClassName(t: Thread, window: Ulong, real: Ulong, name: Pointer) -> int:
    """The name of a window's class: how many characters."""
    if t.memory.read_u16(name + 2) <= 2:
        raise UserError(ERROR_INSUFFICIENT_BUFFER)
    thread = thread_of(t)
    found = find_window(thread.session, window)
    if found.class_ is None:
        is_top = found is found.desktop.top
        return fill(t, name, "#32769" if is_top else "Message")
    return fill(t, name, found.class_.name)


@syscall(refuses=refuse)
def NtUserGetAtomName(t: Thread, atom: Ushort, name: Pointer) -> int:
    """The name of an atom: how many characters."""
    state = thread_of(t).session.atoms.query(atom)
    if t.memory.read_u16(name + 2) < 2:
        raise UserError(ERROR_INSUFFICIENT_BUFFER)
    return fill(t, name, state.name)


def class_of(t: Thread, window: int, write: bool) -> WindowClass:
    """The class of a window of the caller's process."""
    thread = thread_of(t)
    found = find_window(thread.session, window).class_
    if found is None:
        raise UserError(ERROR_ACCESS_DENIED if write else ERROR_INVALID_WINDOW_HANDLE)
    if write and found.owner is not thread.process:
        raise UserError(ERROR_ACCESS_DENIED)
    return found


def get_class_long(t: Thread, window: int, offset: int, size: int, ansi: bool) -> int:
    """GetClassLong, GetClassWord."""
    known = class_of(t, window, False)
    if offset >= 0:
        if offset > len(known.extra) - size:
            raise UserError(ERROR_INVALID_INDEX)
        return int.from_bytes(known.extra[offset : offset + size], "little")
    if offset == GCL_PROCEDURE:
        return known.owner.address(known.procedure, ansi)
    if offset == GCL_MENUNAME:
        return known.menu[0 if ansi else 1]
    if offset == GCL_CLASS_EXTRA:
        return len(known.extra)
    if offset not in FIELDS:
        raise UserError(ERROR_INVALID_INDEX)
    value: int = getattr(known, FIELDS[offset])
    return value


def set_class_long(t: Thread, window: int, offset: int, value: int, size: int, ansi: bool) -> int:
    """SetClassLong: what was there."""
    known = class_of(t, window, True)
    if offset == GCL_CLASS_EXTRA:
        raise UserError(ERROR_INVALID_PARAMETER)
    if offset == GCL_MENUNAME:
        known.menu = unpack("<3I", t.memory.read(value, 12))
        return 0
    before = get_class_long(t, window, offset, size, ansi)
    if offset >= 0:
        known.extra[offset : offset + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")
    elif offset == GCL_PROCEDURE:
        known.procedure = known.owner.procedure(value, ansi)
    elif offset != GCL_ATOM:
        setattr(known, FIELDS[offset], value)
    return before


@syscall(PARTIAL, "a class's atom stays", refuses=refuse)
def NtUserSetClassLong(t: Thread, window: Ulong, offset: Long, value: Ulong, ansi: Ulong) -> int:
    """Change something of the class of a window: what was there."""
    return set_class_long(t, window, offset, value, 4, bool(ansi))


@syscall(PARTIAL, "a class's atom stays", refuses=refuse)
def NtUserSetClassLongPtr(t: Thread, window: Ulong, offset: Long, value: Pointer, ansi: Ulong) -> Answer:
    """Change something of the class of a window, of a pointer's width: what was there."""
    return set_class_long(t, window, offset, value, 4, bool(ansi))


@syscall(PARTIAL, "a class's atom stays", refuses=refuse)
def NtUserSetClassWord(t: Thread, window: Ulong, offset: Long, value: Ushort) -> int:
    """Change two of a class's extra bytes: what was there."""
    return set_class_long(t, window, offset, value, 2, True)

"""Icons and cursors."""

from __future__ import annotations

from struct import pack, unpack

from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.types import Long, Opt, Out, Pointer, Ulong
from ring3k.ke.thread import KThread as Thread
from ring3k.win32k.error import (
    ERROR_INVALID_CURSOR_HANDLE,
    ERROR_INVALID_PARAMETER,
    UserError,
    refuse,
)
from ring3k.win32k.gdi.table import gdi_of
from ring3k.win32k.user.icon import MOST_FRAMES, Frame, Icon, find_icon, shared_icon
from ring3k.win32k.user.session import thread_of
from ring3k.win32k.user.settings import SCREEN
from ring3k.win32k.user.text import counted, fill, name_or_atom

LR_SHARED = 0x8000
FRAME_SIZE, DESCRIPTION_SIZE = 28, 32


def create_icon(t: Thread, is_icon: int) -> int:
    """An icon without a picture yet."""
    thread = thread_of(t)
    return Icon(thread.session, thread.process, bool(is_icon)).handle


def _icon(t: Thread, handle: int) -> Icon:
    thread = thread_of(t)
    return find_icon(thread.session, thread.process, handle)


def icon_parameter(t: Thread, handle: int) -> int:
    return _icon(t, handle).parameter


def set_icon_parameter(t: Thread, handle: int, value: int) -> int:
    icon = _icon(t, handle)
    before, icon.parameter = icon.parameter, value
    return before


def _numbers(t: Thread, address: int, count: int) -> tuple[int, ...]:
    return unpack(f"<{count}I", t.memory.read(address, 4 * count)) if address else ()


@syscall(refuses=refuse)
def NtUserFindExistingCursorIcon(t: Thread, module: Pointer, name: Pointer, resource: Pointer) -> int:
    """A shared icon that was loaded from a resource before; 0 for none."""
    found = shared_icon(thread_of(t).process, counted(t, module), resource)
    return found.handle if found is not None else 0


@syscall(refuses=refuse)
def NtUserSetCursorIconData(
    t: Thread, cursor: Ulong, module: Pointer, name: Pointer, description: Pointer
) -> int:
    """Give an icon its frames, once."""
    icon = _icon(t, cursor)
    if icon.frames:
        raise UserError(ERROR_INVALID_CURSOR_HANDLE)
    flags, steps, count, delay, frames, sequence, rates, resource = unpack(
        "<8I", t.memory.read(description, DESCRIPTION_SIZE)
    )
    count = count if steps else 1
    if not 0 < count <= MOST_FRAMES or steps > MOST_FRAMES:
        raise UserError(ERROR_INVALID_PARAMETER)
    data = t.memory.read(frames, FRAME_SIZE * count)
    icon.charge(steps, count)
    shown = _numbers(t, sequence, steps) or tuple(range(steps))
    icon.name = name_or_atom(t, name) if name else None
    icon.module = counted(t, module)
    icon.sequence, icon.rates, icon.delay = shown, _numbers(t, rates, steps), delay
    icon.frames = tuple(
        Frame(*unpack("<5I2i", data[at : at + FRAME_SIZE])) for at in range(0, len(data), FRAME_SIZE)
    )
    if flags & LR_SHARED:
        icon.shared = True
        icon.resource = resource if icon.module else 0
    return 1


@syscall(refuses=refuse)
def NtUserDestroyCursor(t: Thread, cursor: Ulong, unknown: Ulong) -> int:
    """Destroy an icon that is not shared."""
    icon = _icon(t, cursor)
    current = thread_of(t).cursor == icon.handle
    if not icon.shared:
        gdi = gdi_of(t)
        for frame in icon.frames:
            for bitmap in (frame.alpha, frame.color, frame.mask):
                if bitmap:
                    gdi.delete(bitmap)
        icon.destroy()
        icon.owner.session.handles.remove(icon)
    return int(not current)


@syscall(refuses=refuse)
def NtUserGetIconSize(t: Thread, icon: Ulong, step: Ulong, width: Out[Long], height: Out[Long]) -> int:
    """The size of a frame, the height doubled as that of a mask with a picture."""
    frame = _icon(t, icon).frame(step)
    width.set(frame.width)
    height.set(frame.height * 2)
    return 1


@syscall(refuses=refuse)
def NtUserGetCursorFrameInfo(
    t: Thread, cursor: Ulong, step: Ulong, rate: Out[Ulong], steps: Out[Ulong]
) -> int:
    """How long a frame is shown, and how many steps there are."""
    icon = _icon(t, cursor)
    if icon.sequence and step >= len(icon.sequence):
        return 0
    if len(icon.frames) <= 1:
        rate.set(0)
        steps.set(1)
    else:
        rate.set(icon.rates[step] if icon.rates else icon.delay)
        steps.set(len(icon.sequence) if len(icon.sequence) > 1 else 0xFFFFFFFF)
    return icon.handle


def _fill_string(t: Thread, address: int, text: str) -> None:
    t.memory.write(address, pack("<H", fill(t, address, text) * 2))


@syscall(refuses=refuse)
def NtUserGetIconInfo(
    t: Thread,
    icon: Ulong,
    information: Pointer,
    module: Pointer,
    name: Pointer,
    depth: Opt[Out[Ulong]],
    unknown: Ulong,
) -> int:
    """Describe an icon."""
    found = _icon(t, icon)
    frame = found.frame(0)
    gdi = gdi_of(t)
    mask, color = gdi.copy_bitmap(frame.mask), gdi.copy_bitmap(frame.color)
    t.memory.write(information, pack("<3I2I", found.is_icon, frame.x, frame.y, mask, color))
    if module:
        _fill_string(t, module, found.module)
    if name:
        if isinstance(found.name, int):
            t.memory.write(name, pack("<2HI", 0, 0, found.name))
        else:
            _fill_string(t, name, found.name or "")
    if depth is not None:
        depth.set(gdi.depth_of(frame.color or frame.mask))
    return 1


@syscall(PARTIAL, "nobody sees it", refuses=refuse)
def NtUserSetCursor(t: Thread, cursor: Ulong) -> int:
    """Use a cursor: which one was used."""
    thread = thread_of(t)
    if cursor:
        _icon(t, cursor)
    before, thread.cursor = thread.cursor, cursor
    return before


@syscall(refuses=refuse)
def NtUserGetCursor(t: Thread) -> int:
    """The cursor of the thread."""
    return thread_of(t).cursor


@syscall(refuses=refuse)
def NtUserShowCursor(t: Thread, show: Ulong) -> int:
    """Count how often the cursor was shown rather than hidden: the count."""
    thread = thread_of(t)
    thread.show_count += 1 if show else -1
    return thread.show_count & 0xFFFFFFFF


@syscall(PARTIAL, "there is no mouse", refuses=refuse)
def NtUserGetCursorInfo(t: Thread, information: Pointer) -> int:
    """Whether the cursor is shown, which and where."""
    if t.memory.read_u32(information) != 20:
        raise UserError(ERROR_INVALID_PARAMETER)
    thread = thread_of(t)
    t.memory.write(information + 4, pack("<4I", int(thread.show_count >= 0), thread.cursor, 0, 0))
    return 1


@syscall(PARTIAL, "there is no mouse", refuses=refuse)
def NtUserClipCursor(t: Thread, rect: Pointer) -> int:
    """Keep the mouse within a rectangle."""
    if rect:
        left, upper, right, lower = unpack("<4i", t.memory.read(rect, 16))
        if left > right or upper > lower or left > SCREEN[0]:
            return 0
    return 1

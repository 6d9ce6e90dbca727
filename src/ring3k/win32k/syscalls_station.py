"""Window stations and desktops."""

from __future__ import annotations

from ring3k.abi.access import DesktopAccess, WindowStationAccess
from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.status import (
    STATUS_INVALID_HANDLE,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_OBJECT_TYPE_MISMATCH,
    NtError,
)
from ring3k.abi.strings import OBJ_INHERIT, ObjectAttributes, ObjectAttributesArg
from ring3k.abi.types import Handle, In, Opt, Out, OutBuffer, Pointer, Sized, Ulong
from ring3k.abi.upcase import upcase
from ring3k.ke.thread import KThread as Thread
from ring3k.ob import open as ob_open
from ring3k.typed import Annotated, Any
from ring3k.win32k.error import (
    ERROR_BUFFER_OVERFLOW,
    ERROR_BUSY,
    ERROR_FILENAME_EXCED_RANGE,
    ERROR_INSUFFICIENT_BUFFER,
    ERROR_INVALID_HANDLE,
    ERROR_INVALID_PARAMETER,
    UserError,
    refuse,
)
from ring3k.win32k.user.session import session_of, thread_of
from ring3k.win32k.user.station import Desktop, WindowStation
from ring3k.win32k.user.text import wide_text

UOI_FLAGS, UOI_NAME, UOI_TYPE = 1, 2, 3
FLAGS_SIZE = 12
MOST_NAME = 259


class _Given(Out[int]):
    """Keeps the handle that would be written."""

    def __init__(self) -> None:
        self.value = 0

    def set(self, value: int) -> None:
        self.value = value


def _station(t: Thread, handle: int, access: int = 0) -> WindowStation:
    found: WindowStation = t.handles.get(handle, WindowStation, access)
    return found


@syscall(PARTIAL, "only its name, access and attributes are looked at", refuses=refuse)
def NtUserCreateWindowStation(
    t: Thread,
    object_attributes: Opt[In[ObjectAttributesArg]],
    desired_access: WindowStationAccess,
    unknown3: Ulong,
    unknown4: Ulong,
    unknown5: Ulong,
    unknown6: Ulong,
    unknown7: Ulong,
) -> int:
    """Create a window station, or open the one of that name."""
    session_of(t)
    given = _Given()
    ob_open.create(
        t, given, desired_access, object_attributes, WindowStation, lambda: WindowStation(t.kernel)
    )
    return given.value


@syscall(PARTIAL, "sessions other than the one are unknown", refuses=refuse)
def NtUserOpenWindowStation(
    t: Thread, object_attributes: In[ObjectAttributesArg], desired_access: WindowStationAccess
) -> int:
    """Open a window station by name."""
    session_of(t)
    given = _Given()
    ob_open.open_(t, given, desired_access, object_attributes, WindowStation)
    return given.value


@syscall(refuses=refuse)
def NtUserCloseWindowStation(t: Thread, handle: Handle) -> int:
    """Close a window station, unless it is the process's own."""
    if handle == thread_of(t).process.station:
        raise UserError(ERROR_BUSY)
    _station(t, handle)
    t.handles.close(handle)
    return 1


@syscall(refuses=refuse)
def NtUserGetProcessWindowStation(t: Thread) -> int:
    """The window station that the process uses."""
    return thread_of(t).process.station


@syscall(refuses=refuse)
def NtUserSetProcessWindowStation(t: Thread, handle: Handle) -> int:
    """Use another window station."""
    _station(t, handle)
    thread_of(t).process.station = handle
    return 1


def _give(t: Thread, desktop: Desktop, granted: int, inherit: bool) -> int:
    """A handle to a desktop, which goes again if there can be none."""
    desktop.reference()
    try:
        handle: int = t.handles.insert(desktop, granted, inherit)
    finally:
        desktop.dereference()
    return handle


def _desktop_name(t: Thread, attributes: ObjectAttributes) -> tuple[WindowStation, str]:
    name = attributes.name or ""
    if len(name) > MOST_NAME:
        raise UserError(ERROR_FILENAME_EXCED_RANGE)
    if not name or "\\" in name:
        raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
    station: Any = None
    if attributes.root:
        station = t.handles.entry(attributes.root).object
    if not isinstance(station, WindowStation):
        station = _station(t, thread_of(t).process.station)
    return station, name


@syscall(PARTIAL, "a desktop has no heap of its own", refuses=refuse)
def NtUserCreateDesktopEx(
    t: Thread,
    object_attributes: In[ObjectAttributesArg],
    device: Pointer,
    device_mode: Pointer,
    flags: Ulong,
    desired_access: DesktopAccess,
    heap_size: Ulong,
) -> int:
    """Create a desktop in the process's window station, or open the one of that name."""
    if device_mode:
        raise UserError(ERROR_INVALID_PARAMETER)
    station, name = _desktop_name(t, object_attributes)
    granted = ob_open.grant(Desktop, desired_access)
    desktop = station.desktop(name, flags)
    return _give(t, desktop, granted, bool(object_attributes.attributes & OBJ_INHERIT))


@syscall(refuses=refuse)
def NtUserOpenDesktop(
    t: Thread, object_attributes: In[ObjectAttributesArg], flags: Ulong, desired_access: DesktopAccess
) -> int:
    """Open a desktop of the process's window station."""
    station, name = _desktop_name(t, object_attributes)
    found = station.desktops.get(upcase(name))
    if found is None:
        raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
    granted = ob_open.grant_open(t, found, desired_access)
    return _give(t, found, granted, bool(object_attributes.attributes & OBJ_INHERIT))


@syscall(
    PARTIAL,
    "input goes to no desktop: the interactive window station's Default stands for it",
    refuses=refuse,
)
def NtUserOpenInputDesktop(t: Thread, flags: Ulong, inherit: Ulong, desired_access: DesktopAccess) -> int:
    """Open the desktop that a person looks at."""
    thread_of(t)
    found = session_of(t).stations.default().desktop("Default")
    return _give(t, found, ob_open.grant_open(t, found, desired_access), bool(inherit))


@syscall(refuses=refuse)
def NtUserCloseDesktop(t: Thread, handle: Handle) -> int:
    """Close a desktop, unless it is a thread's own."""
    if handle == thread_of(t).desktop:
        raise UserError(ERROR_BUSY)
    t.handles.get(handle, Desktop, 0)
    t.handles.close(handle)
    return 1


@syscall(refuses=refuse)
def NtUserGetThreadDesktop(t: Thread, thread_id: Ulong) -> int:
    """The desktop that a thread of the process uses."""
    own = thread_of(t)
    found = own.session.by_tid.get(thread_id)
    if found is None or found.process is not own.process:
        if any(one.tid == thread_id for one in t.process.threads):
            return own.process.desktop
        raise UserError(ERROR_INVALID_PARAMETER)
    return found.desktop


@syscall(refuses=refuse)
def NtUserSetThreadDesktop(t: Thread, handle: Handle) -> int:
    """Use another desktop; a thread with windows cannot."""
    t.handles.get(handle, Desktop, 0)
    own = thread_of(t)
    if own.windows:
        raise UserError(ERROR_BUSY)
    own.desktop = handle
    return 1


def _either(t: Thread, handle: int) -> WindowStation | Desktop:
    found = t.handles.entry(handle).object
    if not isinstance(found, WindowStation | Desktop):
        raise NtError(STATUS_INVALID_HANDLE)
    return found


@syscall(PARTIAL, "flags, name and type", refuses=refuse)
def NtUserGetObjectInformation(
    t: Thread,
    handle: Handle,
    index: Ulong,
    information: Opt[Annotated[OutBuffer, Sized("length")]],
    length: Ulong,
    needed: Opt[Out[Ulong]],
) -> int:
    """Describe a window station or a desktop."""
    if index not in (UOI_FLAGS, UOI_NAME, UOI_TYPE):
        raise UserError(ERROR_INVALID_PARAMETER)
    found = _either(t, handle)
    if index == UOI_FLAGS:
        data, short = b"".join(n.to_bytes(4, "little") for n in (0, 0, found.flags)), ERROR_BUFFER_OVERFLOW
    else:
        name = found.title if isinstance(found, Desktop) else found.name
        text = name if index == UOI_NAME else found.type_name
        data, short = wide_text(text) + b"\0\0", ERROR_INSUFFICIENT_BUFFER
    if needed is not None:
        needed.set(len(data))
    if information is None or length < len(data):
        raise UserError(short)
    information.write(data)
    return 1


@syscall(PARTIAL, "flags only", refuses=refuse)
def NtUserSetObjectInformation(
    t: Thread, handle: Handle, index: Ulong, information: Pointer, length: Ulong
) -> int:
    """Change the flags of a window station or a desktop."""
    if index != UOI_FLAGS or not information or length < FLAGS_SIZE:
        raise UserError(ERROR_INVALID_PARAMETER)
    try:
        found = _either(t, handle)
    except NtError as error:
        if error.status == STATUS_OBJECT_TYPE_MISMATCH:
            raise UserError(ERROR_INVALID_HANDLE) from None
        raise
    found.flags = t.memory.read_u32(information + 8)
    return 1

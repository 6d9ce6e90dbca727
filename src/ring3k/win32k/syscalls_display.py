"""Display adapters and their monitors: one each, whose picture nobody sees."""

from __future__ import annotations

from struct import unpack

from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.status import STATUS_UNSUCCESSFUL, NtError
from ring3k.abi.types import Handle, Pointer, Ulong
from ring3k.ke.thread import KThread as Thread
from ring3k.typed import NamedTuple
from ring3k.win32k.error import refuse
from ring3k.win32k.gdi.dc import find_dc
from ring3k.win32k.gdi.table import gdi_of
from ring3k.win32k.user.client import Client
from ring3k.win32k.user.settings import MONITOR, SCREEN
from ring3k.win32k.user.text import counted, wide_text

ADAPTER = "\\\\.\\DISPLAY1"
MONITORS = "{4D36E96E-E325-11CE-BFC1-08002BE10318}"  # the class of devices
INTERFACE = "{E6F07B5F-EE97-4A90-B076-33F57BF4EAA7}"
CONTROL = "\\Registry\\Machine\\System\\CurrentControlSet\\Control"
EDD_GET_DEVICE_INTERFACE_NAME = 1
ATTACHED, ACTIVE, PRIMARY, VGA = 1, 2, 4, 16
NAME, STRING, FLAGS, ID, KEY, END = 4, 68, 324, 328, 584, 840  # where DISPLAY_DEVICEW has them


class Device(NamedTuple):
    """What DISPLAY_DEVICEW tells."""

    name: str
    string: str
    flags: int
    id: str
    key: str
    interface: str = ""


DISPLAY = Device(
    ADAPTER,
    "ring3k display",
    ATTACHED | PRIMARY | VGA,
    "PCI\\VEN_0000&DEV_0000&SUBSYS_00000000&REV_00",
    f"{CONTROL}\\Video\\{{9B5A8AC0-0D4B-4C3B-9A1C-52494E47334B}}\\0000",
)
SEEN_BY_NOBODY = Device(
    f"{ADAPTER}\\Monitor0",
    "Generic Non-PnP Monitor",
    ATTACHED | ACTIVE,
    f"MONITOR\\Default_Monitor\\{MONITORS}\\0000",
    f"{CONTROL}\\Class\\{MONITORS}\\0000",
    f"\\\\?\\DISPLAY#Default_Monitor#0000&0000#{INTERFACE}",
)


@syscall(PARTIAL, "there is one adapter with one monitor")
def NtUserEnumDisplayDevices(t: Thread, device: Pointer, index: Ulong, found: Pointer, flags: Ulong) -> int:
    """Describe an adapter, or with one's name a monitor of it; STATUS_UNSUCCESSFUL behind the last.

    Fields that the caller has no room for are left out.
    """
    adapter = counted(t, device) if device else ""
    if index or (adapter and adapter.upper() != ADAPTER):
        raise NtError(STATUS_UNSUCCESSFUL)
    one = SEEN_BY_NOBODY if adapter else DISPLAY
    size = t.memory.read_u32(found)
    known = one.id
    if flags & EDD_GET_DEVICE_INTERFACE_NAME:
        known = one.interface
    for at, end, data in (
        (NAME, STRING, wide_text(one.name + "\0")),
        (STRING, FLAGS, wide_text(one.string + "\0")),
        (FLAGS, ID, one.flags.to_bytes(4, "little")),
        (ID, KEY, wide_text(known + "\0")),
        (KEY, END, wide_text(one.key + "\0")),
    ):
        if size >= end:
            t.memory.write(found + at, data)
    return 0


@syscall(PARTIAL, "a device context's region does not count", refuses=refuse)
async def NtUserEnumDisplayMonitors(
    t: Thread, dc: Handle, clip: Pointer, procedure: Pointer, data: Pointer
) -> int:
    """Call a function with each monitor that a rectangle touches, and the part of it that does."""
    if dc:
        find_dc(gdi_of(t), dc)
    rect = (0, 0, *SCREEN)
    if clip:
        left, upper, right, lower = unpack("<4i", t.memory.read(clip, 16))
        rect = (max(left, 0), max(upper, 0), min(right, SCREEN[0]), min(lower, SCREEN[1]))
    if rect[0] >= rect[2] or rect[1] >= rect[3]:
        return 1
    return int(await t.kernel.late_part(Client).call_monitor(t, procedure, MONITOR, dc, rect, data) != 0)

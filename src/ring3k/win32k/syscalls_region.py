"""Regions: made, moved, asked and compared."""

from __future__ import annotations

from struct import pack

from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.types import Handle, Long, Pointer
from ring3k.ke.thread import KThread as Thread
from ring3k.win32k.error import UserError, refuse
from ring3k.win32k.gdi.object import Region
from ring3k.win32k.gdi.table import gdi_of


@syscall(refuses=refuse)
def NtGdiCreateRectRgn(t: Thread, left: Long, top: Long, right: Long, bottom: Long) -> int:
    """A region of one rectangle."""
    box = (min(left, right), min(top, bottom), max(left, right), max(top, bottom))
    return gdi_of(t).add(Region([box]))


def _region(t: Thread, handle: int) -> Region:
    found = gdi_of(t).find(handle)
    if not isinstance(found, Region):
        raise UserError(6)
    return found


@syscall(refuses=refuse)
def NtGdiSetRectRgn(t: Thread, region: Handle, left: Long, top: Long, right: Long, bottom: Long) -> int:
    """Make a region one rectangle."""
    box = (min(left, right), min(top, bottom), max(left, right), max(top, bottom))
    _region(t, region).boxes = Region([box]).boxes
    return 1


@syscall(refuses=refuse)
def NtGdiGetRgnBox(t: Thread, region: Handle, box: Pointer) -> int:
    """The rectangle around a region; 1 for an empty region, 2 for a rectangle, 3 for more."""
    found = _region(t, region)
    t.memory.write(box, pack("<4i", *found.bounds))
    return found.complexity


@syscall(refuses=refuse)
def NtGdiOffsetRgn(t: Thread, region: Handle, x: Long, y: Long) -> int:
    """Move a region."""
    found = _region(t, region)
    found.boxes = [(box[0] + x, box[1] + y, box[2] + x, box[3] + y) for box in found.boxes]
    return found.complexity


@syscall(refuses=refuse)
def NtGdiPtInRegion(t: Thread, region: Handle, x: Long, y: Long) -> int:
    """Whether a point is in a region."""
    boxes = _region(t, region).boxes
    return int(any(box[0] <= x < box[2] and box[1] <= y < box[3] for box in boxes))


@syscall(PARTIAL, "rectangles are compared as they were given", refuses=refuse)
def NtGdiEqualRgn(t: Thread, first: Handle, second: Handle) -> int:
    """Whether two regions are the same."""
    return int(sorted(_region(t, first).boxes) == sorted(_region(t, second).boxes))

"""Section objects: what a handle to shared memory names.

A section is a segment (the memory) with a protection of its own.  Several
sections may stand on one segment: two of the same file see the same bytes.
"""

from __future__ import annotations

from ring3k.abi.status import NtError
from ring3k.abi.structs.mm import SEC_BASED
from ring3k.engine.protocol import PAGE
from ring3k.mm.protection import ANY_WRITE
from ring3k.mm.segment import Segment, SegmentTable
from ring3k.mm.vad import Vad, VadTree
from ring3k.ob.object import Object
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel


HIGHEST_BASED = 0x7F7F_0000  # above it each process has its own


def _settle(kernel: Kernel, size: int) -> Vad:
    """One address for all processes, from the top down; STATUS_NO_MEMORY."""
    tree = kernel.part(SegmentTable).based
    size = (size + PAGE - 1) & -PAGE
    start = tree.find_free(size, True, HIGHEST_BASED)
    place = Vad(start, start + size, 0, 0)
    tree.insert(place)
    return place


class Section(Object):
    """Memory that can be mapped by those who have a handle."""

    type_name = "Section"

    def __init__(self, kernel: Kernel, segment: Segment, size: int, protect: int, attributes: int) -> None:
        """The caller holds a reference on the segment meanwhile; STATUS_NO_MEMORY for SEC_BASED."""
        self._place = _settle(kernel, size) if attributes & SEC_BASED else None
        try:
            super().__init__(kernel)
        except NtError:
            self._leave(kernel)
            raise
        self.segment = segment
        self.size = size
        self.protect = protect
        self.attributes = attributes  # SEC_*, as NtQuerySection tells them
        self.based = self._place.start if self._place is not None else 0  # the address of every view
        segment.reference()

    def _leave(self, kernel: Kernel) -> None:
        if self._place is not None:
            kernel.part(SegmentTable).based.remove(self._place)

    @property
    def writes(self) -> bool:
        """Whether views may write to the section itself."""
        return bool(self.protect & ANY_WRITE)

    @property
    def grows(self) -> bool:
        """Whether NtExtendSection can make it longer."""
        return self.segment.backing is not None and self.segment.image is None and self.writes

    def image_base(self, tree: VadTree, size: int, offset: int, limit: int) -> int:
        """The preferred place of an image view if it is free, else 0."""
        base = self.segment.layout.base + offset
        if base < 0x10000 or base + size > limit or tree.first_in(base, base + size) is not None:
            return 0
        return base

    def on_delete(self) -> None:
        self._leave(self.kernel)
        self.segment.release()

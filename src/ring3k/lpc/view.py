"""Sections of a connection: shared memory that is mapped in both processes, for longer messages.

A side that brings a section has it mapped at its own place and at its partner's.
NT rounds the offset down to 64 KB and shows so much more.  A view goes with the
port that it was mapped for.
"""

from __future__ import annotations

from contextlib import suppress

from ring3k.abi.status import STATUS_SECTION_PROTECTION, NtError
from ring3k.abi.structs.mm import PAGE_READWRITE, SECTION_INHERIT
from ring3k.mm.protection import is_compatible
from ring3k.mm.vad import GRANULARITY
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.mm.section import Section


class PortView:
    """One section in one process."""

    __slots__ = ("base", "offset", "process", "segment", "size")

    def __init__(self, process: Any, section: Section, offset: int, size: int) -> None:
        """Map it; the statuses of NtMapViewOfSection."""
        if section.segment.image is None and not is_compatible(section.protect, PAGE_READWRITE):
            raise NtError(STATUS_SECTION_PROTECTION)
        if size:
            size += offset & (GRANULARITY - 1)
        self.process = process
        self.segment = section.segment
        _, self.base, self.offset, self.size = process.vm.map_view(
            section, 0, offset & -GRANULARITY, size, PAGE_READWRITE, inherit=SECTION_INHERIT.ViewUnmap
        )
        process.reference()

    def unmap(self) -> None:
        """Take it away, unless the process has ended or has something else there by now."""
        vm = self.process.vm
        if not vm.closed:
            vad = vm.find(self.base)
            if vad is not None and vad.start == self.base and vad.segment is self.segment:
                with suppress(NtError):
                    vm.unmap_view(self.base)
        self.process.dereference()

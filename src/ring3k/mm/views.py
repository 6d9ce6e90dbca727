"""Views of sections: mapping and unmapping.

A data view shows a range of a segment under one protection; an image view shows
every part of the image under that part's own, and its preferred place is the
image's base.  The kernel does not relocate: on 2000 and XP that is the loader's
work, which STATUS_IMAGE_NOT_AT_BASE asks for.

A view of a file made with MEM_RESERVE may be larger than the section: the rest is
reserved until the section is extended.

Invariant: each view holds one reference on its segment and stands in
``segment.views`` exactly once.
"""

from __future__ import annotations

from ring3k.abi.pe import IMAGE_FILE_MACHINE_I386
from ring3k.abi.status import (
    STATUS_CONFLICTING_ADDRESSES,
    STATUS_IMAGE_MACHINE_TYPE_MISMATCH,
    STATUS_IMAGE_NOT_AT_BASE,
    STATUS_INVALID_PAGE_PROTECTION,
    STATUS_INVALID_PARAMETER_5,
    STATUS_INVALID_VIEW_SIZE,
    STATUS_NO_MEMORY,
    STATUS_NOT_MAPPED_VIEW,
    NtError,
)
from ring3k.abi.structs.mm import (
    MEM_IMAGE,
    MEM_MAPPED,
    MEM_PRIVATE,
    MEM_RESERVE,
    MEM_TOP_DOWN,
    PAGE_EXECUTE_WRITECOPY,
    SEC_NO_CHANGE,
    SECTION_INHERIT,
)
from ring3k.engine.protocol import PAGE
from ring3k.hooks.events import ImageMapped, ImageUnmapped
from ring3k.mm.private import PrivateMemory
from ring3k.mm.protection import ACCESS, ANY_COPY, COMMITTED, COPIED, LOCKED, SHARED
from ring3k.mm.section import Section
from ring3k.mm.segment import Segment
from ring3k.mm.vad import GRANULARITY, LOWEST, MAX_RUNS, VAD_END, Vad


class MappedViews(PrivateMemory):
    """Private memory and views of sections in one address space."""

    pid = 0  # of the process, for events

    def map_view(
        self,
        section: Section,
        base: int = 0,
        offset: int = 0,
        size: int = 0,
        protect: int = PAGE_EXECUTE_WRITECOPY,
        *,
        inherit: int = SECTION_INHERIT.ViewUnmap,
        kind: int = 0,
        zero_bits: int = 0,
        commit_size: int = 0,
        alignment: int = GRANULARITY,
    ) -> tuple[int, int, int, int]:
        """Show a section; (status, base, offset, size).  ``protect`` means nothing to an image."""
        if len(self._vads) + self.runs >= MAX_RUNS:
            raise NtError(STATUS_NO_MEMORY)
        offset &= -PAGE
        image = section.segment.image
        grows = bool(kind & MEM_RESERVE) and section.grows
        if size == 0:
            if offset >= section.size:
                raise NtError(STATUS_INVALID_VIEW_SIZE)
            size = section.size - offset
        elif offset + size > section.size and not grows:
            raise NtError(STATUS_INVALID_VIEW_SIZE)
        size = (size + PAGE - 1) & -PAGE
        limit = min(VAD_END, (0xFFFFFFFF >> zero_bits) + 1)
        if image is not None:
            base = base or section.image_base(self, size, offset, limit)
        elif commit_size > size:
            raise NtError(STATUS_INVALID_PARAMETER_5)
        if section.based:
            base = section.based + offset
        base = self._place(base, size, kind, limit, alignment)
        if image is None:
            vad = self._data_view(section, base, size, offset, protect, commit_size)
        else:
            vad = self._image_view(section.segment, base, size, offset)
        vad.inherit = inherit
        vad.no_protect = bool((kind | section.attributes) & SEC_NO_CHANGE)
        self._add_view(vad)
        if image is None:
            return 0, base, offset, size
        if self.kernel.bus.hears(ImageMapped):
            self.kernel.bus.emit(ImageMapped(self.pid, section.segment.name, base, size))
        status = 0
        if base - offset != image.base:
            status = STATUS_IMAGE_NOT_AT_BASE
        if image.machine != IMAGE_FILE_MACHINE_I386:
            status = STATUS_IMAGE_MACHINE_TYPE_MISMATCH
        return status, base, offset, size

    def _place(self, base: int, size: int, kind: int, limit: int, alignment: int) -> int:
        """Where a view goes: exactly there, or wherever there is room."""
        if not base:
            return self.find_free(size, bool(kind & MEM_TOP_DOWN), limit, alignment)
        if base < LOWEST or base + size > VAD_END or self.first_in(base, base + size) is not None:
            raise NtError(STATUS_CONFLICTING_ADDRESSES)
        return base

    def _data_view(
        self, section: Section, base: int, size: int, offset: int, protect: int, commit_size: int
    ) -> Vad:
        segment = section.segment
        vad = Vad(base, base + size, MEM_MAPPED, protect, COMMITTED | protect)
        vad.segment = segment
        vad.offset = offset
        if protect & ANY_COPY:
            vad.copies = True
            self.charge(size)
            vad.charge = size
        end = base + ((section.size + PAGE - 1) & -PAGE) - offset
        if end < vad.end:  # a view that waits for the section to be extended
            vad.pages.set(max(end, base), vad.end, 0)
        if segment.pages is not None:
            if commit_size:
                segment.commit(offset, offset + ((commit_size + PAGE - 1) & -PAGE))
            for a, b, word in segment.pages.pieces(offset, offset + size):
                if not word & COMMITTED:
                    vad.pages.set(base + a - offset, base + b - offset, 0)
        if section.writes and protect & ACCESS & ~ANY_COPY:
            segment.written = True
        return vad

    def _image_view(self, segment: Segment, base: int, size: int, offset: int) -> Vad:
        vad = Vad(base, base + size, MEM_IMAGE, PAGE_EXECUTE_WRITECOPY, COMMITTED | PAGE_EXECUTE_WRITECOPY)
        vad.segment = segment
        vad.offset = offset
        vad.copies = True
        charge = 0
        for part in segment.layout.parts:
            a, b = max(part.start, offset), min(part.end, offset + size)
            if a < b:
                word = COMMITTED | part.protect | (SHARED if part.shared else 0)
                vad.pages.set(base + a - offset, base + b - offset, word)
                if part.protect & ANY_COPY:
                    charge += b - a
        self.charge(charge)
        vad.charge = charge
        return vad

    def _add_view(self, vad: Vad) -> None:
        """Enter a view and show its committed pages."""
        vad.shows.reference()
        vad.shows.views[vad] = self
        self.insert(vad)
        self.runs += len(vad.pages) - 1
        for a, b, word in vad.pages.pieces(vad.start, vad.end):
            if word & COMMITTED:
                self.show(vad, a, b, word)

    def grow_view(self, vad: Vad, end: int) -> None:
        """Show what an extended section has got more of, up to an offset in it."""
        stop = min(vad.end, vad.start - vad.offset + end)
        for a, b, word in list(vad.pages.pieces(vad.start, stop)) if stop > vad.start else ():
            if not word & COMMITTED:
                self.set_word(vad, a, b, COMMITTED | vad.protect)
                self.show(vad, a, b, COMMITTED | vad.protect)

    # -- unmapping -----------------------------------------------------------------
    def view_at(self, address: int) -> Vad:
        """The view an address lies in; STATUS_NOT_MAPPED_VIEW."""
        vad = self.find(address)
        if vad is None or vad.type == MEM_PRIVATE:
            raise NtError(STATUS_NOT_MAPPED_VIEW)
        return vad

    def unmap_view(self, address: int) -> None:
        """Unmap the view that holds an address."""
        vad = self.view_at(address)
        if vad.no_change:
            raise NtError(STATUS_INVALID_PAGE_PROTECTION)
        self.space.unmap(vad.start, vad.end - vad.start)
        for a, b, word in vad.pages.pieces(vad.start, vad.end):
            if word & COPIED:
                self.space.discard(a, b - a)
            if word & LOCKED:
                self.locked -= b - a
        self.remove(vad)
        self.runs -= len(vad.pages) - 1
        self._drop_view(vad)

    def _drop_view(self, vad: Vad) -> None:
        """Give up what a view holds."""
        segment = vad.shows
        self.uncharge(vad.charge)
        del segment.views[vad]
        if vad.type == MEM_IMAGE and self.kernel.bus.hears(ImageUnmapped):
            self.kernel.bus.emit(ImageUnmapped(self.pid, segment.name, vad.start))
        segment.release()

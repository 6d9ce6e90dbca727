"""Allocation, freeing and protection: what NtAllocate-, NtFree- and NtProtectVirtualMemory do.

Statuses are raised in NT's order; the checks of bare numbers (types, sizes,
highest addresses) are the system calls' own.  Private memory lies in the space's
private file at its own address, so the host merges neighbouring mappings.  A few
small freed blocks are kept from the host until their range is taken again.

NT oddities kept: reserving rounds the base down to 64 KB and counts from there;
committing committed pages changes their protection and nothing else; a release
may take out any part of an allocation, and then two are left; the protection of
a page that was copied on write is PAGE_READWRITE where PAGE_WRITECOPY is asked.
"""

from __future__ import annotations

from bisect import bisect_right

from ring3k.abi.status import (
    STATUS_ALREADY_COMMITTED,
    STATUS_CONFLICTING_ADDRESSES,
    STATUS_FREE_VM_NOT_AT_BASE,
    STATUS_INSUFFICIENT_RESOURCES,
    STATUS_INVALID_PAGE_PROTECTION,
    STATUS_INVALID_PARAMETER_3,
    STATUS_INVALID_PARAMETER_4,
    STATUS_MEMORY_NOT_ALLOCATED,
    STATUS_NO_MEMORY,
    STATUS_NOT_COMMITTED,
    STATUS_PAGEFILE_QUOTA,
    STATUS_SECTION_PROTECTION,
    STATUS_UNABLE_TO_DELETE_SECTION,
    STATUS_UNABLE_TO_FREE_VM,
    NtError,
)
from ring3k.abi.structs.mm import (
    MEM_COMMIT,
    MEM_IMAGE,
    MEM_PHYSICAL,
    MEM_PRIVATE,
    MEM_RELEASE,
    MEM_RESERVE,
    MEM_RESET,
    MEM_TOP_DOWN,
    MEM_WRITE_WATCH,
    PAGE_GUARD,
)
from ring3k.engine.protocol import PAGE, Prot, Space
from ring3k.mm.commit import CommitAccount
from ring3k.mm.protection import (
    ACCESS,
    AFTER_COPY,
    ANY_COPY,
    AS_COPY,
    COMMITTED,
    COPIED,
    DIRTY,
    LOCKED,
    PROTECT,
    SHARED,
    SHOWN,
    SHOWN_NX,
    is_compatible,
)
from ring3k.mm.vad import GRANULARITY, LOWEST, MAX_RUNS, VAD_END, Vad, VadTree
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ring3k.ke.kernel import Kernel
    from ring3k.mm.physical import PhysicalPages

_SMALL = (
    4 * PAGE
)  # freed blocks up to this size are zeroed when used again: that is cheaper than giving them back
_MAX_STALE = 8
_SPECIAL = MEM_TOP_DOWN | MEM_WRITE_WATCH | MEM_PHYSICAL
_KEPT = DIRTY | COPIED | LOCKED | SHARED  # bits of a word that a new protection leaves alone


UNLIMITED = 1 << 62


def _over_quota(committed: int) -> None:
    """The page file quota of a process is used up."""
    raise NtError(STATUS_PAGEFILE_QUOTA)


class PrivateMemory(VadTree):
    """The allocations of one address space, and what of them the guest sees."""

    def __init__(self, kernel: Kernel, space: Space, nx: bool = False) -> None:
        super().__init__()
        self.kernel = kernel
        self.space = space
        self.account = kernel.part(CommitAccount)
        self.committed = 0  # bytes of private commitment
        self.commit_limit = UNLIMITED  # of it; the process' quota, or a job's
        self.on_limit: Callable[[int], None] = _over_quota
        self.peak_committed = 0
        self.runs = 0  # stretches beyond one per Vad
        self.minimum_working_set = 50 * PAGE
        self.locked = 0  # bytes
        self.physical: PhysicalPages | None = None  # since the first was allocated
        self._stale: dict[int, int] = {}  # small freed ranges, by start
        space.budget = self._budget
        self._shown = SHOWN_NX if nx else SHOWN

    # -- accounts ------------------------------------------------------------------
    def charge(self, size: int) -> None:
        """Promise private memory; STATUS_COMMITMENT_LIMIT.

        Above ``commit_limit``, ``on_limit`` is asked with what would be committed: it raises
        NtError (STATUS_PAGEFILE_QUOTA unless somebody sets another), or allows it.
        """
        committed = self.committed + size
        if committed > self.commit_limit:
            self.on_limit(committed)
        self.account.charge(size)
        self.committed = committed
        if committed > self.peak_committed:
            self.peak_committed = committed

    def _budget(self) -> int:
        """What the engine lets the guest use."""
        return self.committed

    def uncharge(self, size: int) -> None:
        self.account.release(size)
        self.committed -= size

    def set_word(self, vad: Vad, start: int, end: int, word: int) -> None:
        """Change pages; a guest that would need too many host mappings is refused."""
        before = len(vad.pages.starts)
        if self.runs + 2 > MAX_RUNS and vad.pages.splits(start, end):
            raise NtError(STATUS_INSUFFICIENT_RESOURCES)
        self.answers.clear()
        vad.pages.set(start, end, word)
        self.runs += len(vad.pages.starts) - before

    # -- what the guest sees --------------------------------------------------------
    def rights(self, vad: Vad, word: int) -> int:
        """What the engine shows of a committed page."""
        if word & PAGE_GUARD:
            return 0
        prot = self._shown[word & ACCESS]
        if vad.write_watch and not word & DIRTY:
            prot &= ~Prot.WRITE
        return prot

    def show(self, vad: Vad, start: int, end: int, word: int) -> None:
        """Map pages that are committed now."""
        prot = self.rights(vad, word)
        segment = vad.segment
        if segment is None or word & COPIED:
            self.space.map_private(start, end - start, prot)
        else:
            shift = vad.start - vad.offset
            for a, b, store, offset in segment.pieces(start - shift, end - shift):
                self.space.map_store(a + shift, b - a, store, offset, prot)

    # -- NtAllocateVirtualMemory ----------------------------------------------------
    def allocate(
        self,
        base: int,
        size: int,
        kind: int,
        protect: int,
        zero_bits: int = 0,
        *,
        alignment: int = GRANULARITY,
        limit: int = VAD_END,
    ) -> tuple[int, int]:
        """Reserve, commit or both; the rounded (base, size).

        The kernel itself may ask for another ``alignment`` (TEBs stand on pages).
        """
        if base == 0 or kind & MEM_RESERVE:
            return self._reserve(base, size, kind, protect, zero_bits, alignment, limit)
        start = base & -PAGE
        end = (base + size + PAGE - 1) & -PAGE
        vad = self.first_in(start, end)
        if vad is None:
            raise NtError(STATUS_CONFLICTING_ADDRESSES)
        if start < vad.start or end > vad.end:
            raise NtError(STATUS_CONFLICTING_ADDRESSES)
        if kind & MEM_RESET:
            return start, end - start
        if vad.no_change or vad.physical:
            raise NtError(STATUS_CONFLICTING_ADDRESSES)
        if vad.type == MEM_PRIVATE:
            if protect & ANY_COPY:
                raise NtError(STATUS_INVALID_PAGE_PROTECTION)
            self._commit(vad, start, end, protect)
        else:
            self._commit_view(vad, start, end, protect)
        return start, end - start

    def _reserve(
        self, base: int, size: int, kind: int, protect: int, zero_bits: int, alignment: int, limit: int
    ) -> tuple[int, int]:
        if protect & ANY_COPY:
            raise NtError(STATUS_INVALID_PAGE_PROTECTION)
        if not base and not zero_bits and not kind & _SPECIAL and limit == VAD_END:
            return self._reserve_lowest(size, kind, protect, alignment)
        if base:
            end = (base + size + PAGE - 1) & -PAGE
            base &= -alignment
            size = end - base
            if base < LOWEST or self.first_in(base, end) is not None:
                raise NtError(STATUS_CONFLICTING_ADDRESSES)
        else:
            size = (size + PAGE - 1) & -PAGE
            if zero_bits == 1:  # asks for more than there is below 2 GB
                raise NtError(STATUS_INVALID_PARAMETER_3)
            if zero_bits:
                limit = min(limit, (0xFFFFFFFF >> zero_bits) + 1)
            base = self.find_free(size, bool(kind & MEM_TOP_DOWN), limit, alignment)
            end = base + size
        if len(self._vads) + self.runs >= MAX_RUNS:
            raise NtError(STATUS_NO_MEMORY)
        word = 0
        # Without a base, and without MEM_RESERVE, MEM_COMMIT reserves as well.
        if kind & MEM_COMMIT:
            self.charge(size)
            word = protect | COMMITTED
        vad = Vad(base, end, MEM_PRIVATE, protect, word)
        if kind & (MEM_WRITE_WATCH | MEM_PHYSICAL):
            vad.write_watch = bool(kind & MEM_WRITE_WATCH)
            vad.physical = bool(kind & MEM_PHYSICAL)
        self.insert(vad)
        if word:
            self.show(vad, base, end, word)
        return base, size

    def _reserve_lowest(self, size: int, kind: int, protect: int, alignment: int) -> tuple[int, int]:
        """The usual case: anywhere, from the bottom up."""
        size = (size + PAGE - 1) & -PAGE
        base, index = self.lowest(size, VAD_END, alignment)
        vads = self._vads
        if len(vads) + self.runs >= MAX_RUNS:
            raise NtError(STATUS_NO_MEMORY)
        word = 0
        if kind & MEM_COMMIT:
            self.charge(size)
            word = protect | COMMITTED
        vad = Vad(base, base + size, MEM_PRIVATE, protect, word)
        if self._stale:
            self._meet_stale(vad)
        self.answers.clear()
        self._starts.insert(index, base)
        vads.insert(index, vad)
        self.size += size
        if self.size > self.peak_size:
            self.peak_size = self.size
        if word:
            prot = 0 if protect & PAGE_GUARD else self._shown[protect & ACCESS]
            self.space.map_private(base, size, prot)
        return base, size

    def _commit(self, vad: Vad, start: int, end: int, protect: int) -> None:
        """Commit private pages; those committed already take the new protection."""
        pieces = list(vad.pages.pieces(start, end))
        left = sum(b - a for a, b, word in pieces if not word & COMMITTED)
        self.charge(left)
        try:
            for a, b, word in pieces:
                new = word & _KEPT | COMMITTED | protect
                if new == word:
                    continue
                self.set_word(vad, a, b, new)
                if word & COMMITTED:
                    self.space.protect(a, b - a, self.rights(vad, new))
                else:
                    left -= b - a
                    self.show(vad, a, b, new)
        finally:
            if left:
                self.uncharge(left)

    def _commit_view(self, vad: Vad, start: int, end: int, protect: int) -> None:
        """Commit pages of a SEC_RESERVE section, in every view of it."""
        segment = vad.shows
        if segment.pages is None:
            raise NtError(STATUS_ALREADY_COMMITTED)
        if not is_compatible(vad.protect, protect):
            raise NtError(STATUS_SECTION_PROTECTION)
        offset = vad.offset - vad.start
        segment.commit(start + offset, end + offset)
        for view, space in tuple(segment.views.items()):
            delta = view.start - view.offset
            a = max(view.start, start + offset + delta)
            b = min(view.end, end + offset + delta)
            wanted = protect if view is vad else view.protect
            for c, d, word in list(view.pages.pieces(a, b)) if a < b else ():
                if not word & COMMITTED:
                    space.set_word(view, c, d, COMMITTED | wanted)
                    space.show(view, c, d, COMMITTED | wanted)

    # -- NtFreeVirtualMemory ---------------------------------------------------------
    def free(self, base: int, size: int, kind: int) -> tuple[int, int]:
        """Release or decommit; the rounded (base, size)."""
        start = base & -PAGE
        end = (base + size + PAGE - 1) & -PAGE
        index = bisect_right(self._starts, start) - 1
        vad = self._vads[index] if index >= 0 else None
        if vad is None or start >= vad.end:
            raise NtError(STATUS_MEMORY_NOT_ALLOCATED)
        if (
            (not size or end == vad.end)
            and start == vad.start
            and kind == MEM_RELEASE
            and vad.type == MEM_PRIVATE
            and not vad.no_change
            and not vad.physical
        ):  # the usual case
            end = vad.end
            self._release_all(vad, index)
            return start, end - start
        if end > vad.end:
            raise NtError(STATUS_UNABLE_TO_FREE_VM)
        if vad.type != MEM_PRIVATE:
            raise NtError(STATUS_UNABLE_TO_DELETE_SECTION)
        if vad.no_change:
            raise NtError(STATUS_INVALID_PAGE_PROTECTION)
        if size == 0:
            if start != vad.start:
                raise NtError(STATUS_FREE_VM_NOT_AT_BASE)
            end = vad.end
        if vad.physical:
            self._close_window(vad, start, end, kind)
        if kind & MEM_RELEASE:
            if start == vad.start and end == vad.end:
                self._release_all(vad, index)
            else:
                self._release(vad, start, end)
        else:
            self._take_back(vad, start, end)
            self.set_word(vad, start, end, 0)
        return start, end - start

    def _close_window(self, vad: Vad, start: int, end: int, kind: int) -> None:
        """A window for physical pages can only be released, and as a whole."""
        if not kind & MEM_RELEASE:
            raise NtError(STATUS_MEMORY_NOT_ALLOCATED)
        if start != vad.start or end != vad.end:
            raise NtError(STATUS_FREE_VM_NOT_AT_BASE)
        if self.physical is not None:
            self.physical.forget_window(vad)

    def _release(self, vad: Vad, start: int, end: int) -> None:
        """Take a range out of an allocation; zero, one or two smaller ones remain."""
        if vad.start < start and end < vad.end and len(self._vads) + self.runs >= MAX_RUNS:
            raise NtError(STATUS_INSUFFICIENT_RESOURCES)
        self._take_back(vad, start, end)
        self.remove(vad)
        self.runs -= len(vad.pages.starts) - 1
        for a, b in ((vad.start, start), (end, vad.end)):
            if a < b:
                rest = Vad(a, b, vad.type, vad.protect)
                rest.pages = vad.pages.cut(a, b)
                rest.write_watch = vad.write_watch
                self.insert(rest)
                self.runs += len(rest.pages.starts) - 1

    def _release_all(self, vad: Vad, index: int) -> None:
        """Nothing remains; mostly all pages are alike."""
        start = vad.start
        size = vad.end - start
        word = vad.word if vad.is_plain else -1
        if word == -1 or word & LOCKED:
            self._take_back(vad, start, vad.end)
            self.runs -= len(vad.pages.words) - 1
        elif word:
            space = self.space
            space.unmap(start, size)
            self.account.used -= size
            self.committed -= size
            if size <= _SMALL:
                self._stale[start] = size
                if len(self._stale) > _MAX_STALE:
                    self._discard_stale()
            else:
                space.discard(start, size)
        self.answers.clear()
        del self._starts[index]
        del self._vads[index]
        self.size -= size
        if start < self._low:
            self._low = max(start & -GRANULARITY, LOWEST)
        if start >= self._full:
            self._open_top(index)

    # -- freed memory that is not given back yet ----------------------------------------
    def insert(self, vad: Vad) -> None:
        """Enter a Vad."""
        if self._stale:
            self._meet_stale(vad)
        super().insert(vad)

    def _meet_stale(self, vad: Vad) -> None:
        """What an earlier Vad left in the range of a new one is zeroed, or goes if nobody pays for it."""
        start, end = vad.start, vad.end
        paid = vad.segment is None and vad.pages.words[0] & COMMITTED
        for at, size in [one for one in self._stale.items() if one[0] < end and start < one[0] + one[1]]:
            if paid:
                self.space.poke(at, bytes(size))
            else:
                self.space.discard(at, size)
            del self._stale[at]

    def _discard_stale(self) -> None:
        for start, size in self._stale.items():
            self.space.discard(start, size)
        self._stale.clear()

    def _take_back(self, vad: Vad, start: int, end: int) -> None:
        """Give committed private pages of a range back to the host."""
        gone = 0
        for a, b, word in vad.pages.pieces(start, end):
            if word & COMMITTED:
                self.space.unmap(a, b - a)
                self.space.discard(a, b - a)
                gone += b - a
                if word & LOCKED:
                    self.locked -= b - a
        if gone:
            self.uncharge(gone)

    # -- NtProtectVirtualMemory ---------------------------------------------------------
    def protect(self, base: int, size: int, protect: int) -> tuple[int, int, int]:
        """Change protections; the rounded (base, size) and what the first page had."""
        start = base & -PAGE
        end = (base + size + PAGE - 1) & -PAGE
        vad = self.first_in(start, end)
        if vad is None or start < vad.start or end > vad.end or vad.physical:
            raise NtError(STATUS_CONFLICTING_ADDRESSES)
        if vad.no_change or vad.no_protect:
            raise NtError(STATUS_INVALID_PAGE_PROTECTION)
        if vad.type == MEM_PRIVATE:
            if protect & ANY_COPY:
                raise NtError(STATUS_INVALID_PARAMETER_4)
        elif not is_compatible(vad.protect, protect) and vad.type != MEM_IMAGE:
            raise NtError(STATUS_SECTION_PROTECTION)
        pieces = list(vad.pages.pieces(start, end))
        for _, _, word in pieces:
            if not word & COMMITTED:
                raise NtError(STATUS_NOT_COMMITTED)
        old = pieces[0][2] & PROTECT
        for a, b, word in pieces:
            self._protect_run(vad, a, b, word, protect)
        return start, end - start, old

    def _protect_run(self, vad: Vad, start: int, end: int, word: int, protect: int) -> None:
        access = protect & ACCESS
        if vad.segment is not None:
            if word & (COPIED | SHARED):
                access = AFTER_COPY.get(access, access)
            elif vad.copies:
                access = AS_COPY.get(access, access)
            if access & ANY_COPY and vad.charge < vad.end - vad.start:
                self.charge(vad.end - vad.start - vad.charge)
                vad.charge = vad.end - vad.start
        new = word & _KEPT | COMMITTED | protect & ~ACCESS | access
        if new != word:
            self.set_word(vad, start, end, new)
            self.space.protect(start, end - start, self.rights(vad, new))

"""The map of an address space: which ranges are taken, by what, and where there is room.

A Vad (virtual address descriptor) is one allocation or one view.  The tree of NT
is a sorted list here: look-ups are a bisection, and no guest can have more than
32,767 allocations, as every one but TEBs takes a 64 KB granule.

Invariants: Vads do not overlap and are sorted by start; ``_low`` is the lowest
address that may be free, so allocating many blocks does not scan them all, and
``_high`` the like from the top, by alignment; whoever changes a Vad or its pages
empties ``answers``.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from struct import Struct

from ring3k.abi.status import STATUS_CONFLICTING_ADDRESSES, STATUS_NO_MEMORY, NtError
from ring3k.abi.structs.mm import (
    MEM_COMMIT,
    MEM_FREE,
    MEM_RESERVE,
    PAGE_NOACCESS,
    SECTION_INHERIT,
)
from ring3k.engine.protocol import PAGE, USER_END
from ring3k.mm.pages import PageRuns
from ring3k.mm.protection import COMMITTED, PROTECT, VISIBLE
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.mm.segment import Segment

GRANULARITY = 0x10000
LOWEST = 0x10000
HIGHEST_USER = USER_END - 1
VAD_END = 0x7FFE_0000  # guests allocate below; the page shared by all processes starts here
MAX_RUNS = 50_000  # host mappings that one guest may need

_MOST_ANSWERS = 256
_BASIC = Struct("<7I")

# BaseAddress, AllocationBase, AllocationProtect, RegionSize, State, Protect, Type
Region = tuple[int, int, int, int, int, int, int]


class Vad:
    """One allocation or view: [start, end)."""

    segment: Segment | None = None  # what a view shows
    offset = 0  # where in the segment the view starts
    inherit = SECTION_INHERIT.ViewUnmap
    copies = False  # writing makes private copies
    charge = 0  # views: bytes of commitment held for copies
    no_change = False  # the guest can neither free it nor change its protection
    no_protect = False  # SEC_NO_CHANGE: it can be unmapped, its protection stays
    write_watch = False
    physical = False  # MEM_PHYSICAL: a window for physical pages, nothing can be committed
    frames: array[int] | None = None  # what it shows, for each page: 0 or the index of a frame + 1

    def __init__(self, start: int, end: int, type_: int, protect: int, word: int = 0) -> None:
        self.start = start
        self.end = end
        self.type = type_  # MEM_PRIVATE, MEM_MAPPED, MEM_IMAGE
        self.protect = protect  # as allocated
        self.word = word  # of all pages, as long as nobody has asked for ``pages``

    pages: PageRuns

    def __getattr__(self, name: str) -> PageRuns:
        """``pages`` come into being when they are wanted: most allocations are made and freed as one."""
        if name != "pages":
            raise AttributeError(name)
        made = self.pages = PageRuns(self.start, self.end, self.word)
        return made

    @property
    def is_plain(self) -> bool:
        """Whether all pages are as ``word`` says."""
        return "pages" not in self.__dict__

    @property
    def shows(self) -> Segment:
        """The segment of a view."""
        if self.segment is None:
            raise TypeError("private memory shows no segment")
        return self.segment


class VadTree:
    """The allocations of one address space."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._vads: list[Vad] = []
        self._low = LOWEST
        self._high: dict[int, int] = {}  # from there to VAD_END not even a page that is aligned so is free
        self._full = VAD_END  # the lowest of them
        self.answers: dict[int, bytes] = {}  # of ``describe``, by page, until anything changes
        self.size = 0  # bytes taken
        self.peak_size = 0

    def __iter__(self) -> Iterator[Vad]:
        return iter(tuple(self._vads))

    def __len__(self) -> int:
        return len(self._vads)

    # -- looking up ----------------------------------------------------------------
    def find(self, address: int) -> Vad | None:
        """What holds an address."""
        index = bisect_right(self._starts, address) - 1
        if index >= 0:
            vad = self._vads[index]
            if address < vad.end:
                return vad
        return None

    def first_in(self, start: int, end: int) -> Vad | None:
        """The first Vad that has a byte in a range."""
        index = bisect_right(self._starts, start) - 1
        if index >= 0 and self._vads[index].end > start:
            return self._vads[index]
        index += 1
        if index < len(self._vads) and self._vads[index].start < end:
            return self._vads[index]
        return None

    def holding(self, start: int, end: int) -> Vad:
        """The Vad that holds a whole range; STATUS_CONFLICTING_ADDRESSES."""
        vad = self.find(start)
        if vad is None or end > vad.end:
            raise NtError(STATUS_CONFLICTING_ADDRESSES)
        return vad

    def query(self, address: int) -> Region:
        """The stretch of equal pages from the page of ``address`` on."""
        address &= -PAGE
        index = bisect_right(self._starts, address) - 1
        if index >= 0:
            vad = self._vads[index]
            end = vad.end
            if address < end:
                if "pages" not in vad.__dict__:
                    word = vad.word
                else:
                    word, end = vad.pages.stretch(address, VISIBLE)
                if word & COMMITTED:
                    state, protect = MEM_COMMIT, word & PROTECT
                else:
                    state, protect = MEM_RESERVE, 0
                return address, vad.start, vad.protect, end - address, state, protect, vad.type
        index += 1
        end = self._starts[index] if index < len(self._starts) else USER_END
        return address, 0, 0, end - address, MEM_FREE, PAGE_NOACCESS, 0

    def describe(self, page: int) -> bytes:
        """``query`` as MEMORY_BASIC_INFORMATION has it; whoever asks twice is answered at once."""
        found = self.answers.get(page)
        if found is None:
            if len(self.answers) >= _MOST_ANSWERS:
                self.answers.clear()
            found = self.answers[page] = _BASIC.pack(*self.query(page))
        return found

    # -- placing ---------------------------------------------------------------------
    def find_free(
        self, size: int, top_down: bool = False, limit: int = VAD_END, alignment: int = GRANULARITY
    ) -> int:
        """A free range below ``limit``: the lowest, or the highest; STATUS_NO_MEMORY."""
        if not top_down:
            return self.lowest(size, limit, alignment)[0]
        found = self._find_down(size, limit, alignment)
        if found is None:
            raise NtError(STATUS_NO_MEMORY)
        return found

    def lowest(self, size: int, limit: int = VAD_END, alignment: int = GRANULARITY) -> tuple[int, int]:
        """The lowest free range, and how many Vads lie below it; STATUS_NO_MEMORY."""
        vads, mask = self._vads, alignment - 1
        at = self._low
        index = bisect_right(self._starts, at) - 1
        if index < 0:
            index = 0
        count = len(vads)
        solid = True
        while index < count:
            vad = vads[index]
            end = vad.end
            if end > at:
                start = vad.start
                if start > at:
                    if start - at >= size:
                        break
                    solid = False
                at = (end + mask) & ~mask
                if solid and alignment == GRANULARITY:
                    self._low = at
            index += 1
        if at + size > limit:
            raise NtError(STATUS_NO_MEMORY)
        return at, index

    def _find_down(self, size: int, limit: int, alignment: int) -> int | None:
        vads = self._vads
        high = self._high.get(alignment, VAD_END)
        solid = high <= limit <= VAD_END
        top = high if solid else limit
        index = bisect_left(self._starts, top) - 1
        while True:
            vad = vads[index] if index >= 0 else None
            bottom = vad.end if vad is not None else LOWEST
            at = (top - size) & -alignment
            if at >= bottom and at >= LOWEST:
                return at
            if vad is None or vad.start <= LOWEST:
                return None
            if solid:
                solid = (top - PAGE) & -alignment < bottom
                if solid:
                    self._high[alignment] = vad.start
                    self._full = min(self._full, vad.start)
            top = min(top, vad.start)
            index -= 1

    def index_of(self, vad: Vad) -> int:
        return bisect_left(self._starts, vad.start)

    def insert(self, vad: Vad) -> None:
        """Enter a Vad whose range is known to be free."""
        self.answers.clear()
        index = bisect_left(self._starts, vad.start)
        self._starts.insert(index, vad.start)
        self._vads.insert(index, vad)
        self.size += vad.end - vad.start
        if self.size > self.peak_size:
            self.peak_size = self.size

    def remove(self, vad: Vad) -> None:
        """Forget a Vad."""
        self.answers.clear()
        index = bisect_left(self._starts, vad.start)
        del self._starts[index]
        del self._vads[index]
        self.size -= vad.end - vad.start
        low = vad.start & -GRANULARITY
        if low < self._low:
            self._low = max(low, LOWEST)
        if vad.start >= self._full:
            self._open_top(index)

    def _open_top(self, index: int) -> None:
        """A Vad has gone before the one at ``index``: there may be room below that."""
        above = self._starts[index] if index < len(self._starts) else VAD_END
        self._high = {alignment: max(high, above) for alignment, high in self._high.items()}
        self._full = min(self._high.values())

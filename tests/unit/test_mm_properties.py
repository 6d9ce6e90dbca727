"""Whole address spaces against an oracle that knows nothing but pages.

The oracle keeps one record for each page of an arena of 96 pages in each of two
address spaces: who owns it, whether it is committed, its protection, and a cell
with its content.  Views share cells, copies on write get cells of their own.  The
order of NT's checks is written down here a second time, page by page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import unpack
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ring3k.abi import status as s
from ring3k.abi.status import NtError
from ring3k.abi.structs import mm as c
from ring3k.engine.protocol import PAGE
from ring3k.mm.address_space import AddressSpace
from ring3k.mm.commit import CommitAccount
from ring3k.mm.protection import COMMITTED, DIRTY
from ring3k.mm.section import Section
from ring3k.mm.segment import pagefile_segment
from tests.unit.test_mm_memory import RW, make_kernel

ORIGIN = 0x100000
PAGES = 96
GRAIN = 16
WATCH = c.MEM_WRITE_WATCH
COPY = c.PAGE_WRITECOPY
RO = c.PAGE_READONLY
NONE = c.PAGE_NOACCESS


@dataclass
class Owner:
    """One allocation or view; ``section`` and ``offset`` (pages) of a view."""

    kind: int
    protect: int
    start: int
    watched: bool = False
    section: Shared | None = None
    offset: int = 0


@dataclass
class Page:
    owner: Owner
    committed: bool
    protect: int
    cell: list[int]
    copied: bool = False
    dirty: bool = False


@dataclass
class Shared:
    """A section: its cells, and which of them are committed."""

    real: Section
    protect: int
    committed: list[bool]
    reserve: bool
    cells: list[list[int]] = field(default_factory=list)


class Oracle:
    """One address space."""

    def __init__(self) -> None:
        self.pages: list[Page | None] = [None] * PAGES

    def owners(self, first: int, count: int) -> set[int | None]:
        return {None if p is None else id(p.owner) for p in self.pages[first : first + count]}

    def one_owner(self, first: int, count: int) -> Owner | None:
        page = self.pages[first]
        return page.owner if page is not None and len(self.owners(first, count)) == 1 else None

    def of(self, owner: Owner) -> list[int]:
        return [i for i, p in enumerate(self.pages) if p is not None and p.owner is owner]

    # -- allocating ----------------------------------------------------------------------
    def reserve(self, first: int, count: int, kind: int, protect: int) -> int:
        start = first - first % GRAIN
        if any(self.pages[start : first + count]):
            return s.STATUS_CONFLICTING_ADDRESSES
        owner = Owner(c.MEM_PRIVATE, protect, start, bool(kind & WATCH))
        for index in range(start, first + count):
            commit = bool(kind & c.MEM_COMMIT)
            self.pages[index] = Page(owner, commit, protect if commit else 0, [0])
        return 0

    def commit(self, first: int, count: int, protect: int) -> int:
        owner = self.one_owner(first, count)
        if owner is None:
            return s.STATUS_CONFLICTING_ADDRESSES
        if owner.section is not None:
            if not owner.section.reserve:
                return s.STATUS_ALREADY_COMMITTED
            if not compatible(owner.protect, protect):
                return s.STATUS_SECTION_PROTECTION
            return 1  # done by who knows all views
        for page in self.pages[first : first + count]:
            assert page is not None
            if not page.committed:
                page.cell = [0]
            page.committed, page.protect = True, protect
        return 0

    def free(self, first: int, count: int, release: bool) -> int:
        page = self.pages[first]
        if page is None:
            return s.STATUS_MEMORY_NOT_ALLOCATED
        owner = page.owner
        if count and first + count > self.of(owner)[-1] + 1:
            return s.STATUS_UNABLE_TO_FREE_VM
        if owner.kind != c.MEM_PRIVATE:
            return s.STATUS_UNABLE_TO_DELETE_SECTION
        if not count:
            if first != self.of(owner)[0]:
                return s.STATUS_FREE_VM_NOT_AT_BASE
            count = len(self.of(owner))
        if release:
            mine = self.of(owner)
            self.pages[first : first + count] = [None] * count
            for part in ([i for i in mine if i < first], [i for i in mine if i >= first + count]):
                rest = Owner(owner.kind, owner.protect, part[0] if part else 0, owner.watched)
                for index in part:
                    left = self.pages[index]
                    assert left is not None
                    left.owner = rest
        else:
            for index in range(first, first + count):
                self.pages[index] = Page(owner, False, 0, [0])
        return 0

    def protect(self, first: int, count: int, protect: int) -> tuple[int, int]:
        owner = self.one_owner(first, count)
        if owner is None:
            return s.STATUS_CONFLICTING_ADDRESSES, 0
        if owner.kind == c.MEM_PRIVATE:
            if protect & COPY:
                return s.STATUS_INVALID_PARAMETER_4, 0
        elif not compatible(owner.protect, protect):
            return s.STATUS_SECTION_PROTECTION, 0
        pages = [p for p in self.pages[first : first + count] if p is not None]
        if not all(p.committed for p in pages):
            return s.STATUS_NOT_COMMITTED, 0
        old = pages[0].protect
        for page in pages:
            new = protect
            if page.copied and new & 0xFF == COPY:
                new = new & ~0xFF | RW
            page.protect = new
        return 0, old

    # -- touching -------------------------------------------------------------------------
    def touch(self, index: int, write: bool) -> int:
        """The status of an access; guards are taken, copies made."""
        page = self.pages[index]
        if page is None or not page.committed:
            return s.STATUS_ACCESS_VIOLATION
        access = page.protect & 0xFF
        if access == NONE or (write and access not in (RW, COPY)):
            return s.STATUS_ACCESS_VIOLATION
        if page.protect & c.PAGE_GUARD:
            page.protect &= ~c.PAGE_GUARD
            return s.STATUS_GUARD_PAGE_VIOLATION
        if write:
            page.dirty = True
            if access == COPY:
                page.cell, page.copied, page.protect = [page.cell[0]], True, RW
        return 0


def compatible(have: int, want: int) -> bool:
    """Of those protections that are used here."""
    allowed = {RW: (NONE, RO, COPY, RW), RO: (NONE, RO, COPY), COPY: (NONE, RO, COPY), NONE: (NONE,)}
    return want & 0xFF in allowed[have & 0xFF]


# Anywhere, or (mostly) within what is allocated.
_INDEX = st.tuples(st.sampled_from([False, True, True, True, True]), st.integers(0, PAGES - 1))
_COUNT = st.sampled_from([1, 1, 2, 2, 3, 4, 7, 20])
_WHO = st.integers(0, 1)
_PRIVATE = st.sampled_from([RW, RW, RO, NONE, RW | c.PAGE_GUARD, COPY])
_VIEW = st.sampled_from([RW, RW, RO, COPY, COPY])


class Spaces(RuleBasedStateMachine):
    """Every step is made in both worlds; results and then all pages must agree."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = make_kernel(4 << 20)
        self.real = [AddressSpace(self.kernel, self.kernel.engine.create_space()) for _ in range(2)]
        self.model = [Oracle(), Oracle()]
        self.sections: list[Shared] = []
        self.value = 0

    def compare(self, expected: int, call: Any, *arguments: Any, **named: Any) -> Any:
        try:
            result, status = call(*arguments, **named), 0
        except NtError as error:
            result, status = None, error.status
        assert s.status_name(status) == s.status_name(expected)
        return result

    def aim(self, who: int, where: tuple[bool, int], count: int = 1) -> tuple[int, int]:
        """A range anywhere, or one inside an allocation."""
        model = self.model[who]
        inside, first = where
        taken = [i for i, page in enumerate(model.pages) if page is not None]
        if inside and taken:
            first = taken[first % len(taken)]
            page = model.pages[first]
            assert page is not None
            return first, min(count, model.of(page.owner)[-1] + 1 - first)
        return first, min(count, PAGES - first)

    @initialize()
    def populate(self) -> None:
        """Something to work on: private memory, and views of a section in both spaces."""
        for who in range(2):
            self.reserve(who, (True, 0), 16, who == 0, who == 1, RW)
            self.reserve(who, (True, 16), 12, True, False, RW)
        self.section(20, False, RW)
        self.section(20, True, RW)
        self.map(0, 0, 2, 0, RW)
        self.map(1, 0, 2, 0, COPY)
        self.map(0, 1, 4, 0, RW)
        self.map(1, 1, 4, 0, RO)

    # -- private memory ----------------------------------------------------------------------
    @rule(who=_WHO, where=_INDEX, count=_COUNT, commit=st.booleans(), watch=st.booleans(), protect=_PRIVATE)
    def reserve(
        self, who: int, where: tuple[bool, int], count: int, commit: bool, watch: bool, protect: int
    ) -> None:
        first = where[1] - where[1] % (GRAIN if where[0] else 1)
        count = min(count, PAGES - first)
        kind = c.MEM_RESERVE | (c.MEM_COMMIT if commit else 0) | (WATCH if watch else 0)
        if protect & COPY:
            expected = s.STATUS_INVALID_PAGE_PROTECTION
        else:
            expected = self.model[who].reserve(first, count, kind, protect)
        at = ORIGIN + first * PAGE
        found = self.compare(expected, self.real[who].allocate, at, count * PAGE, kind, protect)
        if not expected:
            start = ORIGIN + (first - first % GRAIN) * PAGE
            assert found == (start, at + count * PAGE - start)

    @rule(who=_WHO, where=_INDEX, count=_COUNT, protect=_PRIVATE)
    def commit(self, who: int, where: tuple[bool, int], count: int, protect: int) -> None:
        first, count = self.aim(who, where, count)
        model = self.model[who]
        owner = model.one_owner(first, count)
        if protect & COPY and owner is not None and owner.kind == c.MEM_PRIVATE:
            expected = s.STATUS_INVALID_PAGE_PROTECTION
        else:
            expected = model.commit(first, count, protect)
        if expected == 1 and owner is not None:
            expected = 0
            self._commit_section(owner, first, count, protect)
        self.compare(
            expected,
            self.real[who].allocate,
            ORIGIN + first * PAGE,
            count * PAGE,
            c.MEM_COMMIT,
            protect,
        )

    def _commit_section(self, owner: Owner, first: int, count: int, protect: int) -> None:
        """Pages of a reserved section come into being in every view of it."""
        shared = owner.section
        assert shared is not None
        start = first - owner.start + owner.offset
        for number in range(start, start + count):
            shared.committed[number] = True
        for model in self.model:
            for index, page in enumerate(model.pages):
                if page is None or page.owner.section is not shared or page.committed:
                    continue
                if start <= index - page.owner.start + page.owner.offset < start + count:
                    page.committed = True
                    page.protect = protect if page.owner is owner else page.owner.protect

    @rule(who=_WHO, where=_INDEX, count=st.sampled_from([0, 1, 1, 2, 3, 20]), release=st.booleans())
    def free(self, who: int, where: tuple[bool, int], count: int, release: bool) -> None:
        first, count = self.aim(who, where, count)
        expected = self.model[who].free(first, count, release)
        kind = c.MEM_RELEASE if release else c.MEM_DECOMMIT
        self.compare(expected, self.real[who].free, ORIGIN + first * PAGE, count * PAGE, kind)

    @rule(who=_WHO, where=_INDEX, count=_COUNT, protect=_PRIVATE)
    def protect(self, who: int, where: tuple[bool, int], count: int, protect: int) -> None:
        first, count = self.aim(who, where, count)
        expected, old = self.model[who].protect(first, count, protect)
        found = self.compare(expected, self.real[who].protect, ORIGIN + first * PAGE, count * PAGE, protect)
        if not expected:
            assert found == (ORIGIN + first * PAGE, count * PAGE, old)

    # -- sections -------------------------------------------------------------------------------
    @rule(count=st.integers(1, 40), reserve=st.booleans(), protect=st.sampled_from([RW, RW, RO]))
    def section(self, count: int, reserve: bool, protect: int) -> None:
        if len(self.sections) == 3:
            return
        segment = pagefile_segment(self.kernel, count * PAGE, reserve)
        real = Section(self.kernel, segment, count * PAGE, protect, 0)
        real.reference()
        cells: list[list[int]] = [[0] for _ in range(count)]
        self.sections.append(Shared(real, protect, [not reserve] * count, reserve, cells))

    @rule(
        who=_WHO,
        which=st.integers(0, 2),
        at=st.integers(0, 5),
        skip=st.sampled_from([0, 0, 1]),
        protect=_VIEW,
    )
    def map(self, who: int, which: int, at: int, skip: int, protect: int) -> None:
        if which >= len(self.sections):
            return
        shared, first, offset = self.sections[which], at * GRAIN, skip * GRAIN
        if not compatible(shared.protect, protect):
            return  # the system call's own check
        count = min(len(shared.cells) - offset, PAGES - first)
        model = self.model[who]
        if count <= 0:
            return
        expected = s.STATUS_CONFLICTING_ADDRESSES if any(model.pages[first : first + count]) else 0
        self.compare(
            expected,
            self.real[who].map_view,
            shared.real,
            ORIGIN + first * PAGE,
            offset * PAGE,
            count * PAGE,
            protect,
        )
        if expected:
            return
        owner = Owner(c.MEM_MAPPED, protect, first, False, shared, offset)
        for number in range(count):
            there = shared.committed[offset + number]
            model.pages[first + number] = Page(
                owner, there, protect if there else 0, shared.cells[offset + number]
            )

    @rule(who=_WHO, where=_INDEX)
    def unmap(self, who: int, where: tuple[bool, int]) -> None:
        index, _ = self.aim(who, where)
        model = self.model[who]
        page = model.pages[index]
        if page is None or page.owner.section is None:
            expected = s.STATUS_NOT_MAPPED_VIEW
        else:
            expected = 0
            for number in model.of(page.owner):
                model.pages[number] = None
        self.compare(expected, self.real[who].unmap_view, ORIGIN + index * PAGE + 5)

    # -- touching -------------------------------------------------------------------------------
    @rule(who=_WHO, where=_INDEX)
    def write(self, who: int, where: tuple[bool, int]) -> None:
        self.value += 1
        index, _ = self.aim(who, where)
        expected = self.model[who].touch(index, True)
        page = self.model[who].pages[index]
        self.compare(expected, self.real[who].space.write_u32, ORIGIN + index * PAGE + 8, self.value)
        if not expected and page is not None:
            page.cell[0] = self.value

    @rule(who=_WHO, where=_INDEX)
    def read(self, who: int, where: tuple[bool, int]) -> None:
        index, _ = self.aim(who, where)
        expected = self.model[who].touch(index, False)
        page = self.model[who].pages[index]
        value = self.compare(expected, self.real[who].space.read_u32, ORIGIN + index * PAGE + 8)
        if not expected and page is not None:
            assert value == page.cell[0]

    # -- what must always hold --------------------------------------------------------------------
    @invariant()
    def queries_agree(self) -> None:
        for model, real in zip(self.model, self.real, strict=True):
            for index, page in enumerate(model.pages):
                region = real.query(ORIGIN + index * PAGE)
                assert region == unpack("<7I", real.describe(ORIGIN + index * PAGE))
                if page is None:
                    assert region[4] == c.MEM_FREE
                    continue
                own = model.of(page.owner)
                assert region[1] == ORIGIN + own[0] * PAGE
                assert region[2] == page.owner.protect
                assert region[4] == (c.MEM_COMMIT if page.committed else c.MEM_RESERVE)
                assert region[5] == page.protect
                assert region[6] == page.owner.kind
                like = index
                while like <= own[-1] and self._alike(page, model.pages[like]):
                    like += 1
                assert region[3] == (like - index) * PAGE

    @staticmethod
    def _alike(one: Page, other: Page | None) -> bool:
        return other is not None and (one.committed, one.protect) == (other.committed, other.protect)

    @invariant()
    def contents_agree(self) -> None:
        for model, real in zip(self.model, self.real, strict=True):
            for index, page in enumerate(model.pages):
                if page is None or not page.committed or page.protect & (NONE | c.PAGE_GUARD):
                    continue
                assert real.space.read_u32(ORIGIN + index * PAGE + 8) == page.cell[0]

    @invariant()
    def writes_are_watched(self) -> None:
        for model, real in zip(self.model, self.real, strict=True):
            for vad in real:
                if vad.write_watch:
                    for a, b, word in vad.pages.pieces(vad.start, vad.end):
                        for at in range(a, b, PAGE):
                            page = model.pages[(at - ORIGIN) // PAGE]
                            assert page is not None
                            if word & COMMITTED:
                                assert bool(word & DIRTY) == page.dirty

    @invariant()
    def accounts_agree(self) -> None:
        private = 0
        for model, real in zip(self.model, self.real, strict=True):
            mine = sum(1 for p in model.pages if p and p.committed and p.owner.kind == c.MEM_PRIVATE)
            charged = sum(vad.charge for vad in real)
            assert real.committed == mine * PAGE + charged
            assert real.runs == sum(len(vad.pages) - 1 for vad in real)
            private += real.committed
        shared = sum(sum(one.committed) for one in self.sections)
        assert self.kernel.part(CommitAccount).used == private + shared * PAGE

    def teardown(self) -> None:
        for real in self.real:
            real.close()
        for shared in self.sections:
            shared.real.dereference()
        assert self.kernel.part(CommitAccount).used == 0


TestSpaces = Spaces.TestCase
TestSpaces.settings = settings(max_examples=80, stateful_step_count=50)

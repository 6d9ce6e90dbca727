"""Allocation, freeing, protection, queries: against rules stated one by one, and against a page array."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.abi import status as s
from ring3k.abi.status import NtError
from ring3k.abi.structs import mm as c
from ring3k.abi.version import version_of
from ring3k.engine.fake import FakeEngine
from ring3k.engine.protocol import PAGE
from ring3k.hooks.events import Bus
from ring3k.ke.kernel import Kernel
from ring3k.mm.address_space import AddressSpace
from ring3k.mm.commit import CommitAccount
from ring3k.mm.pages import PageRuns
from ring3k.mm.segment import SegmentTable
from ring3k.ob.object import TypeTable

RW = c.PAGE_READWRITE
FRESH = c.MEM_RESERVE | c.MEM_COMMIT


def make_kernel(limit: int = 64 << 20) -> Kernel:
    kernel = Kernel(FakeEngine(), Bus())
    kernel.add_part(version_of("nt51"))
    kernel.add_part(TypeTable())
    kernel.add_part(CommitAccount(limit))
    kernel.add_part(SegmentTable())
    return kernel


@pytest.fixture
def kernel() -> Kernel:
    return make_kernel()


@pytest.fixture
def vm(kernel: Kernel) -> AddressSpace:
    return AddressSpace(kernel, kernel.engine.create_space())


def fails(status: int, call: Any, *arguments: Any, **named: Any) -> None:
    with pytest.raises(NtError) as caught:
        call(*arguments, **named)
    assert s.status_name(caught.value.status) == s.status_name(status)


# -- placement -------------------------------------------------------------------
def test_first_fit_on_64_kb(vm: AddressSpace) -> None:
    assert vm.allocate(0, 1, FRESH, RW) == (0x10000, PAGE)
    assert vm.allocate(0, 0x10001, FRESH, RW) == (0x20000, 0x11000)
    assert vm.allocate(0, 1, FRESH, RW) == (0x40000, PAGE)
    vm.free(0x20000, 0, c.MEM_RELEASE)
    assert vm.allocate(0, 0x20001, FRESH, RW) == (0x50000, 0x21000)
    assert vm.allocate(0, 1, FRESH, RW)[0] == 0x20000


def test_top_down(vm: AddressSpace) -> None:
    assert vm.allocate(0, PAGE, FRESH | c.MEM_TOP_DOWN, RW)[0] == 0x7FFD0000
    assert vm.allocate(0, 0x10001, FRESH | c.MEM_TOP_DOWN, RW)[0] == 0x7FFB0000
    assert vm.allocate(0, PAGE, FRESH | c.MEM_TOP_DOWN, RW)[0] == 0x7FFA0000


def test_zero_bits_bound_the_address(vm: AddressSpace) -> None:
    base, _ = vm.allocate(0, PAGE, FRESH | c.MEM_TOP_DOWN, RW, zero_bits=8)
    assert base == 0xFF0000
    fails(s.STATUS_NO_MEMORY, vm.allocate, 0, 0x1000000, FRESH, RW, zero_bits=8)


def test_page_alignment_for_the_kernel(vm: AddressSpace) -> None:
    top = vm.allocate(0, PAGE, FRESH | c.MEM_TOP_DOWN, RW, alignment=PAGE)[0]
    below = vm.allocate(0, PAGE, FRESH | c.MEM_TOP_DOWN, RW, alignment=PAGE)[0]
    assert (top, below) == (0x7FFDF000, 0x7FFDE000)


def test_given_base_is_rounded_down(vm: AddressSpace) -> None:
    assert vm.allocate(0x123456, 0x10, c.MEM_RESERVE, RW) == (0x120000, 0x4000)
    fails(s.STATUS_CONFLICTING_ADDRESSES, vm.allocate, 0x120000, 1, c.MEM_RESERVE, RW)
    fails(s.STATUS_CONFLICTING_ADDRESSES, vm.allocate, 0x124000, 1, c.MEM_RESERVE, RW)
    assert vm.allocate(0x130000, 1, c.MEM_RESERVE, RW)[0] == 0x130000


def test_nothing_below_64_kb(vm: AddressSpace) -> None:
    fails(s.STATUS_CONFLICTING_ADDRESSES, vm.allocate, 1, 1, c.MEM_RESERVE, RW)


# -- commit ------------------------------------------------------------------------
def test_commit_inside_a_reservation(vm: AddressSpace) -> None:
    base, _ = vm.allocate(0, 0x10000, c.MEM_RESERVE, RW)
    assert vm.allocate(base + 0x1234, 0x1000, c.MEM_COMMIT, RW) == (base + 0x1000, 0x2000)
    assert vm.committed == 0x2000
    vm.space.write(base + 0x1000, b"x" * 0x2000)
    fails(s.STATUS_ACCESS_VIOLATION, vm.space.read_u8, base)
    fails(s.STATUS_ACCESS_VIOLATION, vm.space.read_u8, base + 0x3000)
    fails(s.STATUS_CONFLICTING_ADDRESSES, vm.allocate, base + 0xF000, 0x2000, c.MEM_COMMIT, RW)
    fails(s.STATUS_CONFLICTING_ADDRESSES, vm.allocate, 0x500000, 1, c.MEM_COMMIT, RW)


def test_commit_again_keeps_contents_and_changes_protection(vm: AddressSpace) -> None:
    base, _ = vm.allocate(0, 0x3000, FRESH, RW)
    vm.space.write_u32(base, 77)
    vm.allocate(base, 0x1000, c.MEM_COMMIT, c.PAGE_READONLY)
    assert vm.space.read_u32(base) == 77
    assert vm.query(base)[3:6] == (0x1000, c.MEM_COMMIT, c.PAGE_READONLY)
    assert vm.committed == 0x3000
    fails(s.STATUS_ACCESS_VIOLATION, vm.space.write_u32, base, 1)


def test_writecopy_is_not_for_private_memory(vm: AddressSpace) -> None:
    fails(s.STATUS_INVALID_PAGE_PROTECTION, vm.allocate, 0, 1, FRESH, c.PAGE_WRITECOPY)
    base, _ = vm.allocate(0, 1, FRESH, RW)
    fails(s.STATUS_INVALID_PARAMETER_4, vm.protect, base, 1, c.PAGE_WRITECOPY)


def test_the_limit_is_kept_and_given_back() -> None:
    kernel = make_kernel(limit=0x20000)
    vm = AddressSpace(kernel, kernel.engine.create_space())
    vm.allocate(0, 0x40000, c.MEM_RESERVE, RW)
    base, _ = vm.allocate(0, 0x20000, FRESH, RW)
    fails(s.STATUS_COMMITMENT_LIMIT, vm.allocate, 0, 1, FRESH, RW)
    assert vm.query(0x70000)[4] == c.MEM_FREE
    vm.free(base, 0x1000, c.MEM_DECOMMIT)
    vm.allocate(0, 1, FRESH, RW)
    vm.close()
    assert kernel.part(CommitAccount).used == 0


# -- free ----------------------------------------------------------------------------
def test_free_statuses(vm: AddressSpace) -> None:
    base, _ = vm.allocate(0, 0x4000, FRESH, RW)
    fails(s.STATUS_MEMORY_NOT_ALLOCATED, vm.free, 0x900000, 0, c.MEM_RELEASE)
    fails(s.STATUS_FREE_VM_NOT_AT_BASE, vm.free, base + PAGE, 0, c.MEM_RELEASE)
    fails(s.STATUS_FREE_VM_NOT_AT_BASE, vm.free, base + PAGE, 0, c.MEM_DECOMMIT)
    fails(s.STATUS_UNABLE_TO_FREE_VM, vm.free, base, 0x4001, c.MEM_RELEASE)
    assert vm.free(base + 5, 0, c.MEM_RELEASE) == (base, 0x4000)
    assert vm.committed == 0


def test_release_in_the_middle_leaves_two(vm: AddressSpace) -> None:
    base, _ = vm.allocate(0, 0x5000, FRESH, RW)
    vm.space.write_u32(base + 0x4000, 5)
    vm.free(base + 0x2000, 0x1000, c.MEM_RELEASE)
    assert vm.query(base)[1:4] == (base, RW, 0x2000)
    assert vm.query(base + 0x2000)[4] == c.MEM_FREE
    assert vm.query(base + 0x3000)[1:4] == (base + 0x3000, RW, 0x2000)
    assert vm.space.read_u32(base + 0x4000) == 5


def test_decommitted_memory_comes_back_zeroed(vm: AddressSpace) -> None:
    base, _ = vm.allocate(0, 0x2000, FRESH, RW)
    vm.space.write_u32(base, 5)
    vm.free(base, 0x1000, c.MEM_DECOMMIT)
    assert vm.query(base)[3:6] == (0x1000, c.MEM_RESERVE, 0)
    vm.allocate(base, 1, c.MEM_COMMIT, RW)
    assert vm.space.read_u32(base) == 0


def test_released_memory_comes_back_zeroed(vm: AddressSpace) -> None:
    for size in (0x1000, 0x2000, 0x8000):
        base, _ = vm.allocate(0, size, FRESH, RW)
        vm.space.write(base, b"x" * size)
        vm.free(base, 0, c.MEM_RELEASE)
        assert vm.allocate(0, 0x4000, FRESH, RW)[0] == base
        assert vm.space.read(base, 0x4000) == bytes(0x4000)
        vm.free(base, 0, c.MEM_RELEASE)


def test_freed_blocks_are_given_back_before_long(vm: AddressSpace) -> None:
    blocks = [vm.allocate(0, 0x1000, FRESH, RW)[0] for _ in range(100)]
    for base in blocks:
        vm.space.write(base, b"secret")
        vm.free(base, 0, c.MEM_RELEASE)
    assert sum(vm.space.peek(base, 6) == b"secret" for base in blocks) < 10


# -- protection -------------------------------------------------------------------------
def test_protect(vm: AddressSpace) -> None:
    base, _ = vm.allocate(0, 0x4000, FRESH, RW)
    assert vm.protect(base + 0x1800, 0x1000, c.PAGE_NOACCESS) == (base + 0x1000, 0x2000, RW)
    assert vm.query(base + 0x1000)[3:6] == (0x2000, c.MEM_COMMIT, c.PAGE_NOACCESS)
    assert vm.query(base)[3] == 0x1000
    fails(s.STATUS_ACCESS_VIOLATION, vm.space.read_u8, base + 0x1000)
    assert vm.protect(base, 0x4000, RW)[2] == RW
    assert vm.query(base)[3] == 0x4000


def test_protect_wants_committed_pages_of_one_allocation(vm: AddressSpace) -> None:
    base, _ = vm.allocate(0, 0x10000, c.MEM_RESERVE, RW)
    vm.allocate(0, 0x10000, FRESH, RW)
    fails(s.STATUS_NOT_COMMITTED, vm.protect, base, 1, RW)
    vm.allocate(base, 0x10000, c.MEM_COMMIT, RW)
    fails(s.STATUS_CONFLICTING_ADDRESSES, vm.protect, base + 0xF000, 0x2000, RW)
    fails(s.STATUS_CONFLICTING_ADDRESSES, vm.protect, 0x900000, 0x2000, RW)


def test_guard_is_one_shot_for_the_kernel_too(vm: AddressSpace) -> None:
    base, _ = vm.allocate(0, 0x2000, FRESH, RW | c.PAGE_GUARD)
    assert vm.query(base)[5] == RW | c.PAGE_GUARD
    fails(s.STATUS_GUARD_PAGE_VIOLATION, vm.space.read_u8, base)
    assert vm.space.read_u8(base) == 0
    assert vm.query(base)[3:6] == (0x1000, c.MEM_COMMIT, RW)
    assert vm.query(base + 0x1000)[5] == RW | c.PAGE_GUARD


def test_secured_memory_stays(vm: AddressSpace) -> None:
    base, _ = vm.allocate(0, 0x1000, FRESH, RW)
    vm.secure(base)
    fails(s.STATUS_INVALID_PAGE_PROTECTION, vm.free, base, 0, c.MEM_RELEASE)
    fails(s.STATUS_INVALID_PAGE_PROTECTION, vm.protect, base, 1, c.PAGE_READONLY)
    vm.free_secured(base)
    assert vm.query(base)[4] == c.MEM_FREE


def test_shared_data_page(vm: AddressSpace, kernel: Kernel) -> None:
    store = kernel.engine.create_store(PAGE)
    store.write(0, b"time")
    vm.map_shared_data(store)
    assert vm.space.read(0x7FFE0000, 4) == b"time"
    assert vm.query(0x7FFE0123) == (0x7FFE0000, 0x7FFE0000, 2, PAGE, c.MEM_COMMIT, 2, c.MEM_PRIVATE)
    assert vm.query(0x7FFE1000)[3:5] == (0xF000, c.MEM_RESERVE)
    fails(s.STATUS_ACCESS_VIOLATION, vm.space.write_u8, 0x7FFE0000, 1)


def test_many_runs_are_refused_not_fatal(vm: AddressSpace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ring3k.mm.private.MAX_RUNS", 10)
    base, _ = vm.allocate(0, 0x40000, FRESH, RW)
    for page in range(base + 0x1000, base + 0xB000, 0x2000):
        vm.protect(page, 1, c.PAGE_READONLY)
    fails(s.STATUS_INSUFFICIENT_RESOURCES, vm.protect, base + 0xB000, 1, c.PAGE_READONLY)
    assert vm.protect(base, 0x40000, c.PAGE_READONLY)[2] == RW


# -- clone ---------------------------------------------------------------------------------
def test_clone_copies_private_memory(vm: AddressSpace, kernel: Kernel) -> None:
    base, _ = vm.allocate(0, 0x3000, FRESH, RW)
    vm.protect(base + 0x1000, 1, c.PAGE_READONLY)
    vm.space.write_u32(base, 5)
    other = AddressSpace(kernel, kernel.engine.create_space())
    vm.clone_into(other)
    vm.space.write_u32(base, 6)
    assert other.space.read_u32(base) == 5
    assert other.query(base + 0x1000) == vm.query(base + 0x1000)
    assert other.committed == 0x3000


def test_clone_where_the_host_is_full(
    vm: AddressSpace, kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    vm.allocate(0, 0x3000, FRESH, RW)
    monkeypatch.setattr(type(vm.space), "copy_private", full)
    other = AddressSpace(kernel, kernel.engine.create_space())
    fails(s.STATUS_NO_MEMORY, vm.clone_into, other)
    other.close()


# -- against a page array --------------------------------------------------------------------
_PAGES = 24
_SPAN = st.tuples(st.integers(0, _PAGES - 1), st.integers(1, _PAGES)).filter(lambda x: x[0] + x[1] <= _PAGES)


@given(st.lists(st.tuples(_SPAN, st.integers(0, 3)), max_size=40))
def test_runs_equal_an_array(changes: list[tuple[tuple[int, int], int]]) -> None:
    runs, array = PageRuns(0, _PAGES * PAGE, 0), [0] * _PAGES
    for (first, count), word in changes:
        runs.set(first * PAGE, (first + count) * PAGE, word)
        array[first : first + count] = [word] * count
        assert [runs.at(i * PAGE) for i in range(_PAGES)] == array
        assert all(a != b for a, b in zip(runs.words, runs.words[1:], strict=False))
        assert runs.starts == sorted(set(runs.starts))
        assert runs.count(1) == sum(PAGE for word in array if word & 1)
        end = next((i for i in range(first, _PAGES) if array[i] != array[first]), _PAGES)
        assert runs.stretch(first * PAGE, -1) == (array[first], end * PAGE)


class Model:
    """64 pages: None free, else (allocation, protection; 0 reserved)."""

    def __init__(self) -> None:
        self.pages: list[tuple[int, int] | None] = [None] * 64
        self.next = 1

    def range_of_one(self, first: int, count: int) -> int | None:
        owners = {p[0] if p else None for p in self.pages[first : first + count]}
        return owners.pop() if len(owners) == 1 else None


_OPS = st.tuples(
    st.sampled_from(["reserve", "commit", "decommit", "release", "protect"]),
    st.integers(0, 63),
    st.integers(1, 20),
    st.sampled_from([c.PAGE_READONLY, RW, c.PAGE_EXECUTE_READ, c.PAGE_NOACCESS]),
).filter(lambda x: x[1] + x[2] <= 64)


@given(st.lists(_OPS, max_size=40))
def test_address_space_equals_a_page_array(operations: list[tuple[str, int, int, int]]) -> None:
    kernel = make_kernel()
    vm = AddressSpace(kernel, kernel.engine.create_space())
    model, origin = Model(), 0x100000
    for name, first, count, protect in operations:
        base, size = origin + first * PAGE, count * PAGE
        try:
            if name == "reserve":
                vm.allocate(base, size, c.MEM_RESERVE, protect)
            elif name == "commit":
                vm.allocate(base, size, c.MEM_COMMIT, protect)
            elif name == "protect":
                vm.protect(base, size, protect)
            else:
                vm.free(base, size, c.MEM_RELEASE if name == "release" else c.MEM_DECOMMIT)
            worked = True
        except NtError:
            worked = False
        assert worked == _apply(model, name, first, count, protect)
        for index, page in enumerate(model.pages):
            region = vm.query(origin + index * PAGE)
            state = c.MEM_FREE if page is None else c.MEM_COMMIT if page[1] else c.MEM_RESERVE
            assert region[4] == state
            if page is not None:
                assert region[5] == page[1]
        committed = sum(1 for page in model.pages if page and page[1])
        assert vm.committed == committed * PAGE == kernel.part(CommitAccount).used


def _apply(model: Model, name: str, first: int, count: int, protect: int) -> bool:
    if name == "reserve":
        start = first & ~15
        if any(model.pages[start : first + count]):
            return False
        for index in range(start, first + count):
            model.pages[index] = (model.next, 0)
        model.next += 1
        return True
    owner = model.range_of_one(first, count)
    if owner is None:
        return False
    pages = model.pages[first : first + count]
    if name == "protect" and not all(page and page[1] for page in pages):
        return False
    for index in range(first, first + count):
        if name == "release":
            model.pages[index] = None
        else:
            model.pages[index] = (owner, 0 if name == "decommit" else protect)
    if name == "release":
        after = first + count
        if first and after < 64 and model.pages[first - 1] and model.pages[after]:
            tail = model.pages[after]
            if tail and tail[0] == owner:
                for index in range(after, 64):
                    page = model.pages[index]
                    if page is None or page[0] != owner:
                        break
                    model.pages[index] = (model.next, page[1])
                model.next += 1
    return True

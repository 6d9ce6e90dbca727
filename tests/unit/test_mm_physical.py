"""Physical pages and their windows, paging files and quotas, on the fake engine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.abi import status as s
from ring3k.abi.status import GuestFault, NtError
from ring3k.abi.structs import mm as c
from ring3k.engine.protocol import PAGE
from ring3k.ke.kernel import Kernel
from ring3k.mm.address_space import AddressSpace
from ring3k.mm.commit import LARGEST_FILE, CommitAccount
from ring3k.mm.physical import free_frames, map_frames, map_scattered
from tests.unit.test_mm_memory import FRESH, RW, fails, make_kernel

WINDOW = c.MEM_RESERVE | c.MEM_PHYSICAL
MB = 1 << 20


@pytest.fixture
def kernel() -> Kernel:
    return make_kernel()


@pytest.fixture
def vm(kernel: Kernel) -> AddressSpace:
    return AddressSpace(kernel, kernel.engine.create_space())


def test_pages_go_in_and_out_of_a_window(vm: AddressSpace) -> None:
    base, size = vm.allocate(0, 4 * PAGE, WINDOW, RW)
    assert vm.query(base) == (base, base, RW, size, c.MEM_RESERVE, 0, c.MEM_PRIVATE)
    one, two = vm.own_frames().allocate(2)
    with pytest.raises(GuestFault):
        vm.space.write(base, b"x")
    map_frames(vm, base, 2, [one, two])
    assert vm.query(base)[3:6] == (2 * PAGE, c.MEM_COMMIT, RW)
    vm.space.write(base, b"one")
    vm.space.write(base + PAGE, b"two")
    fails(s.STATUS_INVALID_PARAMETER_3, map_frames, vm, base + 2 * PAGE, 1, [one])
    map_frames(vm, base, 2, None)
    with pytest.raises(GuestFault):
        vm.space.read(base, 1)
    map_scattered(vm, [base + 3 * PAGE, base + 5], [one, two])
    assert vm.space.read(base + 3 * PAGE, 3) == b"one"
    assert vm.space.read(base, 3) == b"two"
    map_frames(vm, base, 1, None)
    assert free_frames(vm, [one, two, one]) == (s.STATUS_CONFLICTING_ADDRESSES, 2)
    assert vm.query(base)[3:5] == (size, c.MEM_RESERVE)
    (again,) = vm.own_frames().allocate(1)
    map_frames(vm, base, 1, [again])
    assert vm.space.read(base, 3) == bytes(3)
    vm.free(base, 0, c.MEM_RELEASE)
    assert vm.runs == 0
    assert free_frames(vm, [again]) == (0, 1)
    vm.close()
    assert vm.account.used == 0


def test_what_is_refused(kernel: Kernel, vm: AddressSpace) -> None:
    base, size = vm.allocate(0, 4 * PAGE, WINDOW, RW)
    fails(s.STATUS_INVALID_PARAMETER_1, map_frames, vm, base, 1, None)
    fails(s.STATUS_INVALID_PARAMETER_1, map_scattered, vm, [base], None)
    assert free_frames(vm, [1]) == (s.STATUS_INVALID_PARAMETER_1, 0)
    (own,) = vm.own_frames().allocate(1)
    other = AddressSpace(kernel, kernel.engine.create_space())
    (foreign,) = other.own_frames().allocate(1)
    assert foreign != own
    for number in (foreign, own + 1, own - 1, 0, 0xFFFFFFFF):
        fails(s.STATUS_INVALID_PARAMETER_3, map_frames, vm, base, 1, [number])
        assert free_frames(vm, [number]) == (s.STATUS_CONFLICTING_ADDRESSES, 0)
    fails(s.STATUS_INVALID_PARAMETER_3, map_frames, vm, base, 2, [own, own])
    fails(s.STATUS_INVALID_PARAMETER_1, map_frames, vm, base, 5, None)
    plain, _ = vm.allocate(0, PAGE, FRESH, RW)
    fails(s.STATUS_INVALID_PARAMETER_1, map_frames, vm, plain, 1, [own])
    fails(s.STATUS_INVALID_PARAMETER_1, map_scattered, vm, [base, plain], [own, own])
    fails(s.STATUS_CONFLICTING_ADDRESSES, vm.allocate, base, PAGE, c.MEM_COMMIT, RW)
    fails(s.STATUS_CONFLICTING_ADDRESSES, vm.protect, base, PAGE, c.PAGE_READONLY)
    fails(s.STATUS_MEMORY_NOT_ALLOCATED, vm.free, base, 0, c.MEM_DECOMMIT)
    fails(s.STATUS_FREE_VM_NOT_AT_BASE, vm.free, base, PAGE, c.MEM_RELEASE)
    vm.free(base, size, c.MEM_RELEASE)
    vm.close()
    other.close()
    assert kernel.part(CommitAccount).used == 0


def test_as_many_as_there_are(vm: AddressSpace) -> None:
    vm.allocate(0, 60 * MB, FRESH, RW)
    assert len(vm.own_frames().allocate(0x10000)) == 4 * MB // PAGE
    fails(s.STATUS_INSUFFICIENT_RESOURCES, vm.own_frames().allocate, 1)


_STEP = st.tuples(st.integers(0, 7), st.lists(st.integers(0, 9), min_size=1, max_size=4))


@given(st.lists(_STEP, max_size=30))
def test_windows_against_an_array(steps: list[tuple[int, list[int]]]) -> None:
    """Frame 8 and 9 stand for nothing; each frame holds its own index."""
    kernel = make_kernel()
    vm = AddressSpace(kernel, kernel.engine.create_space())
    own = vm.own_frames()
    numbers = list(own.allocate(8))
    base, _ = vm.allocate(0, 8 * PAGE, WINDOW, RW)
    for index, number in enumerate(numbers):
        map_frames(vm, base, 1, [number])
        vm.space.write_u32(base, index)
    map_frames(vm, base, 8, None)
    shown: list[int | None] = [None] * 8
    for at, asked in steps:
        wanted = asked[: 8 - at]
        frames = [index for index in wanted if index < 8]
        if len(frames) < len(wanted):
            map_frames(vm, base + at * PAGE, len(wanted), None)
            shown[at : at + len(wanted)] = [None] * len(wanted)
        elif len(set(frames)) < len(frames) or any(index in shown for index in frames):
            fails(
                s.STATUS_INVALID_PARAMETER_3,
                map_frames,
                vm,
                base + at * PAGE,
                len(frames),
                [numbers[index] for index in frames],
            )
        else:
            map_frames(vm, base + at * PAGE, len(frames), [numbers[index] for index in frames])
            shown[at : at + len(frames)] = frames
        for page, frame in enumerate(shown):
            assert vm.query(base + page * PAGE)[4] == (c.MEM_RESERVE if frame is None else c.MEM_COMMIT)
            if frame is not None:
                assert vm.space.read_u32(base + page * PAGE) == frame
    vm.free(base, 0, c.MEM_RELEASE)
    assert vm.runs == 0
    assert free_frames(vm, numbers) == (0, 8)
    vm.close()


# -- paging files -----------------------------------------------------------------------
def test_a_paging_file_raises_the_limit_and_grows(kernel: Kernel, vm: AddressSpace) -> None:
    account = kernel.part(CommitAccount)
    fails(s.STATUS_COMMITMENT_LIMIT, vm.allocate, 0, 65 * MB, FRESH, RW)
    account.add_file("\\??\\C:\\more.sys", 2 * MB, 8 * MB)
    assert account.limit == 66 * MB
    vm.allocate(0, 65 * MB, FRESH, RW)
    vm.allocate(0, 4 * MB, FRESH, RW)  # makes the file larger
    assert account.limit == 69 * MB
    assert [(file.used, file.size) for file in account.usage()] == [(32 * MB, 32 * MB), (5 * MB, 5 * MB)]
    fails(s.STATUS_COMMITMENT_LIMIT, vm.allocate, 0, 4 * MB, FRESH, RW)
    assert account.limit == 69 * MB
    account.add_file("\\??\\c:\\MORE.sys", 6 * MB, 9 * MB)
    assert account.limit == 70 * MB
    assert len(account.files) == 2
    vm.close()
    assert account.used == 0


@pytest.mark.parametrize(
    ("minimum", "maximum", "status"),
    [
        (0, MB, "STATUS_INVALID_PARAMETER_2"),
        (-MB, MB, "STATUS_INVALID_PARAMETER_2"),
        (MB - 1, MB, "STATUS_INVALID_PARAMETER_2"),
        (LARGEST_FILE + 1, LARGEST_FILE + 1, "STATUS_INVALID_PARAMETER_2"),
        (2 * MB, MB, "STATUS_INVALID_PARAMETER_3"),
        (MB, LARGEST_FILE + 1, "STATUS_INVALID_PARAMETER_3"),
    ],
)
def test_sizes_of_paging_files(minimum: int, maximum: int, status: str) -> None:
    with pytest.raises(NtError) as caught:
        CommitAccount().add_file("x", minimum, maximum)
    assert s.status_name(caught.value.status) == status


def test_how_many_paging_files_and_how_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ring3k.mm.commit._host_memory", lambda: 1 << 30)
    account = CommitAccount(64 * MB)
    fails(s.STATUS_DISK_FULL, account.add_file, "large", MB, 2 << 30)
    for number in range(15):
        account.add_file(f"file{number}", MB, MB)
    fails(s.STATUS_TOO_MANY_PAGING_FILES, account.add_file, "last", MB, MB)
    account.add_file("FILE3", 2 * MB, 2 * MB)
    fails(s.STATUS_INVALID_PARAMETER_2, account.add_file, "file3", MB, 2 * MB)
    account.add_file("file3", 2 * MB, 3 * MB)
    fails(s.STATUS_INVALID_PARAMETER_3, account.add_file, "file3", 2 * MB, 2 * MB)


# -- quotas ---------------------------------------------------------------------------------
def test_a_process_has_a_limit_of_its_own(vm: AddressSpace) -> None:
    vm.commit_limit = 2 * MB
    vm.allocate(0, 2 * MB, FRESH, RW)
    fails(s.STATUS_PAGEFILE_QUOTA, vm.allocate, 0, PAGE, FRESH, RW)
    base, _ = vm.allocate(0, PAGE, c.MEM_RESERVE, RW)
    fails(s.STATUS_PAGEFILE_QUOTA, vm.allocate, base, PAGE, c.MEM_COMMIT, RW)
    asked: list[int] = []
    vm.on_limit = asked.append
    vm.allocate(base, PAGE, c.MEM_COMMIT, RW)
    assert asked == [2 * MB + PAGE]
    vm.close()
    assert vm.account.used == 0

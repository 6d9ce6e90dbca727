"""Sections, views and page faults on the fake engine."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from ring3k.abi import status as s
from ring3k.abi.status import NtError
from ring3k.abi.structs import mm as c
from ring3k.engine.fake import FakeSpace
from ring3k.engine.protocol import PAGE
from ring3k.hooks.events import Event, ImageMapped
from ring3k.ke.kernel import Kernel
from ring3k.mm.address_space import AddressSpace
from ring3k.mm.commit import CommitAccount
from ring3k.mm.fault import EXECUTE, READ, WRITE, fault, resolve
from ring3k.mm.section import Section
from ring3k.mm.segment import SegmentTable
from ring3k.mm.syscalls_section import make_section
from ring3k.ob.object import TypeTable
from tests.unit.mm_image_file import MemoryFile, PeImage
from tests.unit.test_mm_memory import FRESH, RW, fails, make_kernel


class Computer:
    """A kernel with two address spaces; everything must be given back at the end."""

    def __init__(self) -> None:
        self.kernel: Kernel = make_kernel()
        self.spaces: list[AddressSpace] = []
        self.one = self.space()
        self.two = self.space()
        self.t: Any = SimpleNamespace(kernel=self.kernel)

    def space(self, nx: bool = False) -> AddressSpace:
        vm = AddressSpace(self.kernel, self.kernel.engine.create_space(), nx)
        self.spaces.append(vm)
        return vm

    def section(
        self, size: int = 0, protect: int = RW, kind: int = c.SEC_COMMIT, file: MemoryFile | None = None
    ) -> Section:
        section = make_section(self.t, file, size, protect, kind)
        section.reference()
        return section


@pytest.fixture
def computer() -> Iterator[Computer]:
    computer = Computer()
    yield computer
    for vm in computer.spaces:
        vm.close()
    assert computer.kernel.part(CommitAccount).used == 0


# -- pagefile -----------------------------------------------------------------------
def test_two_processes_see_one_memory(computer: Computer) -> None:
    section = computer.section(0x3000)
    one, two = computer.one, computer.two
    status, base, offset, size = one.map_view(section, protect=RW)
    assert (status, base, offset, size) == (0, 0x10000, 0, 0x3000)
    _, other, _, _ = two.map_view(section, 0x500000, 0x1000, protect=c.PAGE_READONLY)
    one.space.write(base + 0x1000, b"seen")
    assert two.space.read(other, 4) == b"seen"
    fails(s.STATUS_ACCESS_VIOLATION, two.space.write_u8, other, 1)
    assert two.query(other) == (0x500000, 0x500000, 2, 0x2000, c.MEM_COMMIT, 2, c.MEM_MAPPED)
    section.dereference()
    assert one.space.read(base + 0x1000, 4) == b"seen"
    one.unmap_view(base + 0x2345)
    assert one.query(base)[4] == c.MEM_FREE
    assert two.space.read(other, 4) == b"seen"


def test_view_statuses(computer: Computer) -> None:
    section, vm = computer.section(0x2000), computer.one
    fails(s.STATUS_INVALID_VIEW_SIZE, vm.map_view, section, 0, 0x2000, 0, RW)
    fails(s.STATUS_INVALID_VIEW_SIZE, vm.map_view, section, 0, 0, 0x2001, RW)
    fails(s.STATUS_INVALID_PARAMETER_5, vm.map_view, section, 0, 0, 0x1000, RW, commit_size=0x2000)
    _, base, _, _ = vm.map_view(section, protect=RW)
    fails(s.STATUS_CONFLICTING_ADDRESSES, vm.map_view, section, base, protect=RW)
    fails(s.STATUS_UNABLE_TO_DELETE_SECTION, vm.free, base, 0, c.MEM_RELEASE)
    fails(s.STATUS_ALREADY_COMMITTED, vm.allocate, base, 1, c.MEM_COMMIT, RW)
    fails(s.STATUS_NOT_MAPPED_VIEW, vm.unmap_view, 0x700000)
    private, _ = vm.allocate(0, 1, FRESH, RW)
    fails(s.STATUS_NOT_MAPPED_VIEW, vm.unmap_view, private)
    section.dereference()


def test_reserved_section_commits_for_all_views(computer: Computer) -> None:
    section = computer.section(0x10000, kind=c.SEC_RESERVE)
    one, two = computer.one, computer.two
    _, base, _, _ = one.map_view(section, protect=RW, commit_size=0x1000)
    _, other, _, _ = two.map_view(section, 0, 0x1000, protect=RW)
    one.space.write_u8(base, 1)
    assert two.query(other)[3:6] == (0xF000, c.MEM_RESERVE, 0)
    one.allocate(base + 0x2000, 0x1000, c.MEM_COMMIT, RW)
    one.space.write_u8(base + 0x2000, 9)
    assert two.query(other + 0x1000)[3:6] == (0x1000, c.MEM_COMMIT, RW)
    assert two.space.read_u8(other + 0x1000) == 9
    assert computer.kernel.part(CommitAccount).used == 0x2000
    section.dereference()


def test_based_section(computer: Computer) -> None:
    section = computer.section(0x2000, kind=c.SEC_COMMIT | c.SEC_BASED)
    assert computer.one.map_view(section, protect=RW)[1] == section.based != 0
    assert computer.two.map_view(section, protect=RW)[1] == section.based
    second = computer.section(0x2000, kind=c.SEC_COMMIT | c.SEC_BASED)
    assert second.based < section.based
    section.dereference()
    second.dereference()


def test_a_based_section_that_has_no_place_leaves_nothing(computer: Computer) -> None:
    kernel = computer.kernel
    sections = computer.section(PAGE, RW, c.SEC_COMMIT | c.SEC_BASED)
    before = [kind.objects for kind in kernel.part(TypeTable)], kernel.pool.used
    fails(s.STATUS_NO_MEMORY, computer.section, 0x7F7F0000, RW, c.SEC_RESERVE | c.SEC_BASED)
    kernel.pool.limit = kernel.pool.used + 0x100
    fails(s.STATUS_INSUFFICIENT_RESOURCES, computer.section, PAGE, RW, c.SEC_COMMIT | c.SEC_BASED)
    assert ([kind.objects for kind in kernel.part(TypeTable)], kernel.pool.used) == before
    sections.dereference()
    assert len(kernel.part(SegmentTable).based) == 0


def test_no_change_keeps_the_protection_not_the_view(computer: Computer) -> None:
    section = computer.section(0x2000)
    _, base, _, _ = computer.one.map_view(section, protect=RW, kind=c.SEC_NO_CHANGE)
    fails(s.STATUS_INVALID_PAGE_PROTECTION, computer.one.protect, base, 1, c.PAGE_READONLY)
    computer.one.unmap_view(base)
    section.dereference()


def test_making_sections(computer: Computer) -> None:
    fails(s.STATUS_INVALID_PARAMETER_4, computer.section, 0)
    fails(s.STATUS_INVALID_FILE_FOR_SECTION, computer.section, 1, kind=c.SEC_IMAGE)
    fails(s.STATUS_SECTION_TOO_BIG, computer.section, 1 << 45)
    fails(s.STATUS_COMMITMENT_LIMIT, computer.section, 1 << 40)
    fails(s.STATUS_INSUFFICIENT_RESOURCES, computer.section, 1 << 40, RW, c.SEC_RESERVE)
    assert computer.kernel.pool.used == 0
    fails(s.STATUS_COMMITMENT_LIMIT, computer.section, 0x7FFF0000)
    fails(s.STATUS_MAPPED_FILE_SIZE_ZERO, computer.section, 0, file=MemoryFile(b""))
    fails(s.STATUS_SECTION_TOO_BIG, computer.section, 5, c.PAGE_READONLY, file=MemoryFile(b"1234"))


# -- files ------------------------------------------------------------------------------
def test_file_views_share_and_are_written_back(computer: Computer) -> None:
    file = MemoryFile(b"hello" * 1000, identity="f")
    section = computer.section(file=file)
    again = computer.section(file=MemoryFile(bytes(file.data), identity="f"))
    assert again.segment is section.segment
    _, base, _, size = computer.one.map_view(section, protect=RW)
    _, other, _, _ = computer.two.map_view(again, protect=c.PAGE_READONLY)
    assert size == 0x2000
    computer.one.space.write(base, b"HELLO")
    assert computer.two.space.read(other, 7) == b"HELLOhe"
    assert file.data[:5] == b"hello"
    section.segment.flush()
    assert file.data[:5] == b"HELLO"
    computer.one.space.write(base + 5, b"again")
    computer.one.space.write(base + 5000, b"past the end")
    section.dereference()
    again.dereference()
    computer.one.unmap_view(base)
    computer.two.unmap_view(other)
    assert bytes(file.data[:10]) == b"HELLOagain"
    assert len(file.data) == 5000
    assert file.closed == 1


def test_writecopy_view_keeps_the_file(computer: Computer) -> None:
    file = MemoryFile(b"x" * 0x3000)
    section = computer.section(protect=c.PAGE_WRITECOPY, file=file)
    vm = computer.one
    _, base, _, _ = vm.map_view(section, protect=c.PAGE_WRITECOPY)
    assert vm.committed == 0x3000
    vm.space.write(base + 0x1000, b"mine")
    assert vm.query(base + 0x1000)[3:6] == (0x1000, c.MEM_COMMIT, RW)
    assert vm.query(base)[3:6] == (0x1000, c.MEM_COMMIT, c.PAGE_WRITECOPY)
    assert vm.space.read(base + 0x1000, 6) == b"minexx"
    fails(s.STATUS_SECTION_PROTECTION, vm.protect, base, 1, RW)
    section.dereference()
    vm.unmap_view(base)
    assert vm.committed == 0
    assert bytes(file.data) == b"x" * 0x3000


def test_a_larger_section_grows_the_file(computer: Computer) -> None:
    file = MemoryFile(b"abc")
    section = computer.section(0x2800, file=file)
    assert (len(file.data), section.size, section.segment.store.size) == (0x2800, 0x2800, 0x3000)
    section.dereference()


# -- images ---------------------------------------------------------------------------------
def test_image_view(computer: Computer) -> None:
    events: list[Event] = []
    computer.kernel.bus.subscribe(events.append)
    section = computer.section(kind=c.SEC_IMAGE, protect=c.PAGE_EXECUTE, file=MemoryFile(PeImage().build()))
    vm = computer.one
    vm.pid = 8
    assert vm.map_view(section) == (0, 0x400000, 0, 0x7000)
    mapped = [(e.process, e.name, e.base, e.size) for e in events if isinstance(e, ImageMapped)]
    assert mapped == [(8, "\\C:\\test.exe", 0x400000, 0x7000)]
    assert vm.space.read(0x400000, 2) == b"MZ"
    assert vm.space.read(0x401000, 2) == b"\x90\x90"
    assert vm.query(0x401000) == (0x401000, 0x400000, 0x80, 0x2000, c.MEM_COMMIT, 0x20, c.MEM_IMAGE)
    assert [vm.query(0x400000 + n * PAGE)[5] for n in range(7)] == [2, 0x20, 0x20, 8, 4, 8, 8]
    assert vm.locate(0x401234) == "test.exe+0x1234"
    assert vm.mapped_name(0x401234) == "\\C:\\test.exe"
    fails(s.STATUS_ACCESS_VIOLATION, vm.space.write_u8, 0x401000, 1)
    section.dereference()


def test_image_written_is_private_but_for_shared_parts(computer: Computer) -> None:
    file = MemoryFile(PeImage().build(), identity="i")
    section = computer.section(kind=c.SEC_IMAGE, protect=c.PAGE_EXECUTE, file=file)
    one, two = computer.one, computer.two
    one.map_view(section)
    two.map_view(section)
    one.space.write(0x403000, b"DATA")
    one.space.write(0x404000, b"BOTH")
    assert two.space.read(0x403000, 4) == b"data"
    assert two.space.read(0x404000, 4) == b"BOTH"
    assert one.query(0x403000)[5] == RW
    assert one.protect(0x401000, 1, c.PAGE_EXECUTE_READWRITE)[2] == c.PAGE_EXECUTE_READ
    assert one.query(0x401000)[5] == c.PAGE_EXECUTE_WRITECOPY
    one.space.write(0x401000, b"\xcc")
    assert one.query(0x401000)[5] == c.PAGE_EXECUTE_READWRITE
    assert two.space.read(0x401000, 1) == b"\x90"
    assert one.protect(0x401000, 1, c.PAGE_EXECUTE_READ)[2] == c.PAGE_EXECUTE_READWRITE
    assert one.space.read(0x401000, 2) == b"\xcc\x90"
    assert file.data == PeImage().build()
    section.dereference()


def test_image_not_at_its_base(computer: Computer) -> None:
    section = computer.section(kind=c.SEC_IMAGE, protect=c.PAGE_EXECUTE, file=MemoryFile(PeImage().build()))
    vm = computer.one
    vm.map_view(section)
    status, base, _, _ = vm.map_view(section)
    assert (status, base) == (s.STATUS_IMAGE_NOT_AT_BASE, 0x10000)
    assert vm.map_view(section, 0x900000)[:2] == (s.STATUS_IMAGE_NOT_AT_BASE, 0x900000)
    fails(s.STATUS_CONFLICTING_ADDRESSES, vm.map_view, section, 0x400000)
    section.dereference()


def test_image_of_another_machine(computer: Computer) -> None:
    file = MemoryFile(PeImage(machine=0x184).build())
    section = computer.section(kind=c.SEC_IMAGE, protect=c.PAGE_EXECUTE, file=file)
    assert computer.one.map_view(section)[0] == s.STATUS_IMAGE_MACHINE_TYPE_MISMATCH
    section.dereference()


def test_clone_shares_views_and_keeps_copies(computer: Computer) -> None:
    section = computer.section(kind=c.SEC_IMAGE, protect=c.PAGE_EXECUTE, file=MemoryFile(PeImage().build()))
    shared = computer.section(0x1000)
    one, two = computer.one, computer.two
    one.map_view(section, inherit=c.SECTION_INHERIT.ViewShare)
    _, base, _, _ = one.map_view(shared, protect=RW, inherit=c.SECTION_INHERIT.ViewShare)
    _, gone, _, _ = one.map_view(shared, protect=RW)
    one.space.write(0x403000, b"DATA")
    one.clone_into(two)
    one.space.write(0x403000, b"Data")
    one.space.write(base, b"both")
    assert two.space.read(0x403000, 5) == b"DATAd"
    assert two.space.read(base, 4) == b"both"
    assert two.query(gone)[4] == c.MEM_FREE
    section.dereference()
    shared.dereference()


# -- faults ------------------------------------------------------------------------------------
def test_fault_outcomes(computer: Computer) -> None:
    vm = computer.one
    base, _ = vm.allocate(0, 0x1000, FRESH, RW)
    assert resolve(vm, base, WRITE, None) is None
    assert resolve(vm, base + 0x1000, READ, None) == (s.STATUS_ACCESS_VIOLATION, (0, base + 0x1000))
    assert resolve(vm, 0, WRITE, None) == (s.STATUS_ACCESS_VIOLATION, (1, 0))
    assert resolve(vm, 0xFFFFFFFF, READ, None) == (s.STATUS_ACCESS_VIOLATION, (0, 0xFFFFFFFF))
    assert resolve(vm, base, EXECUTE, None) is None
    vm.protect(base, 1, c.PAGE_READONLY | c.PAGE_GUARD)
    assert resolve(vm, base, WRITE, None) == (s.STATUS_ACCESS_VIOLATION, (1, base))
    assert resolve(vm, base + 7, READ, None) == (s.STATUS_GUARD_PAGE_VIOLATION, (0, base + 7))
    assert resolve(vm, base + 7, READ, None) is None


def test_nx(computer: Computer) -> None:
    vm = computer.space(nx=True)
    base, _ = vm.allocate(0, 0x1000, FRESH, RW)
    assert resolve(vm, base, EXECUTE, None) == (s.STATUS_ACCESS_VIOLATION, (8, base))
    vm.protect(base, 1, c.PAGE_EXECUTE_READ)
    assert resolve(vm, base, EXECUTE, None) is None


STACK, TEB = 0x100000, 0x200000


def stack_of(vm: AddressSpace) -> Any:
    """A stack of 64 KB with one page committed and a guard below, and its thread."""
    vm.allocate(STACK, 0x10000, c.MEM_RESERVE, RW)
    vm.allocate(STACK + 0xF000, 0x1000, c.MEM_COMMIT, RW)
    vm.allocate(STACK + 0xE000, 0x1000, c.MEM_COMMIT, RW | c.PAGE_GUARD)
    vm.allocate(TEB, 0x1000, FRESH, RW)
    vm.space.write_u32(TEB + 4, STACK + 0x10000)
    vm.space.write_u32(TEB + 8, STACK + 0xF000)
    vm.space.write_u32(TEB + 0xE0C, STACK)
    return SimpleNamespace(process=SimpleNamespace(vm=vm, fault_watch=None), memory=vm.space, teb=TEB)


def test_stack_grows_to_its_end(computer: Computer) -> None:
    vm = computer.one
    t = stack_of(vm)
    for page in range(STACK + 0xE000, STACK + 0x2000, -PAGE):
        assert fault(t, page + 0x800, WRITE) is None
        assert vm.space.read_u32(TEB + 8) == page
        assert vm.query(page)[5] == RW
        assert vm.query(page - PAGE)[3:6] == (PAGE, c.MEM_COMMIT, RW | c.PAGE_GUARD)
    last = STACK + 0x2000
    assert fault(t, last, WRITE) == (s.STATUS_STACK_OVERFLOW, (1, last))
    assert vm.space.read_u32(TEB + 8) == STACK + 0x1000
    assert vm.query(STACK + 0x1000)[3:6] == (0xF000, c.MEM_COMMIT, RW)
    assert fault(t, STACK + 0xFFF, WRITE) == (s.STATUS_ACCESS_VIOLATION, (1, STACK + 0xFFF))
    assert vm.query(STACK)[3:5] == (0x1000, c.MEM_RESERVE)


def test_the_kernel_grows_stacks_too(computer: Computer) -> None:
    vm = computer.one
    t = stack_of(vm)
    fails(s.STATUS_GUARD_PAGE_VIOLATION, vm.space.write_u8, STACK + 0xE800, 1)
    vm.allocate(STACK + 0xE000, 0x1000, c.MEM_COMMIT, RW | c.PAGE_GUARD)
    stranger: Any = SimpleNamespace(memory=vm.space, teb=0)
    vm.threads = [stranger, t]
    vm.space.write(STACK + 0xEF00, b"x" * 0x200)
    assert vm.space.read_u32(TEB + 8) == STACK + 0xE000
    assert vm.query(STACK + 0xD000)[3:6] == (PAGE, c.MEM_COMMIT, RW | c.PAGE_GUARD)
    vm.allocate(STACK + 0x2000, 0x1000, c.MEM_COMMIT, RW | c.PAGE_GUARD)
    fails(s.STATUS_STACK_OVERFLOW, vm.space.write_u8, STACK + 0x2000, 1)


def test_guards_outside_the_stack_are_reported(computer: Computer) -> None:
    vm = computer.one
    t = stack_of(vm)
    vm.space.write_u32(TEB + 0xE0C, STACK + 0xF000)
    assert fault(t, STACK + 0xE000, WRITE) == (s.STATUS_GUARD_PAGE_VIOLATION, (1, STACK + 0xE000))
    other, _ = vm.allocate(0, 1, FRESH, RW | c.PAGE_GUARD)
    assert fault(t, other, READ) == (s.STATUS_GUARD_PAGE_VIOLATION, (0, other))
    t.teb = 0
    vm.protect(other, 1, RW | c.PAGE_GUARD)
    assert fault(t, other, READ) == (s.STATUS_GUARD_PAGE_VIOLATION, (0, other))


def test_write_watch(computer: Computer) -> None:
    vm = computer.one
    base, _ = vm.allocate(0, 0x4000, FRESH | c.MEM_WRITE_WATCH, RW)
    space = vm.space
    assert isinstance(space, FakeSpace)
    assert not space.accessible(base, True)
    assert space.read_u8(base) == 0
    space.write_u8(base + 0x1000, 1)
    assert space.accessible(base + 0x1000, True)
    assert not space.accessible(base + 0x2000, True)
    assert vm.query(base)[3:6] == (0x4000, c.MEM_COMMIT, RW)


def test_copy_refused_for_want_of_mappings(computer: Computer, monkeypatch: pytest.MonkeyPatch) -> None:
    section = computer.section(protect=c.PAGE_WRITECOPY, file=MemoryFile(b"x" * 0x3000))
    vm = computer.one
    _, base, _, _ = vm.map_view(section, protect=c.PAGE_WRITECOPY)
    section.dereference()
    monkeypatch.setattr("ring3k.mm.private.MAX_RUNS", 1)
    why = s.STATUS_INSUFFICIENT_RESOURCES
    assert resolve(vm, base, WRITE, None) == (s.STATUS_IN_PAGE_ERROR, (1, base, why))
    with pytest.raises(NtError) as caught:
        vm.space.write_u8(base, 1)
    assert caught.value.status == s.STATUS_IN_PAGE_ERROR

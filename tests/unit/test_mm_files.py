"""Sections of files of the host, on every engine: one set of bytes, whoever reads or writes them."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ring3k.abi import status as s
from ring3k.abi.status import GuestFault
from ring3k.abi.structs import mm as c
from ring3k.engine import ptrace, stub
from ring3k.engine.fake import FakeEngine
from ring3k.hooks.events import Bus
from ring3k.io.disk.backing import FileData
from ring3k.ke.kernel import Kernel
from ring3k.mm.address_space import AddressSpace
from ring3k.mm.commit import CommitAccount
from ring3k.mm.fault import WRITE, resolve
from ring3k.mm.section import Section
from ring3k.mm.segment import SegmentTable
from ring3k.mm.syscalls_section import make_section
from ring3k.ob.object import TypeTable
from tests.unit.test_mm_memory import RW, fails

SIZE = 0x2345


class Computer:
    def __init__(self, engine: Any, path: Path) -> None:
        self.kernel = kernel = Kernel(engine, Bus())
        kernel.add_part(TypeTable())
        kernel.add_part(CommitAccount())
        kernel.add_part(SegmentTable())
        self.table = kernel.part(SegmentTable)
        self.path = path
        self.spaces: list[AddressSpace] = []
        self.one, self.two = self.space(), self.space()
        self.t: Any = SimpleNamespace(kernel=kernel)

    def space(self) -> AddressSpace:
        self.spaces.append(AddressSpace(self.kernel, self.kernel.engine.create_space()))
        return self.spaces[-1]

    def section(self, size: int = 0, protect: int = RW, mode: int = os.O_RDWR) -> Section:
        section = make_section(
            self.t, FileData(os.open(self.path, mode), "\\C:\\file"), size, protect, c.SEC_COMMIT
        )
        section.reference()
        return section

    @property
    def identity(self) -> Any:
        info = self.path.stat()
        return info.st_dev, info.st_ino


@pytest.fixture(params=[FakeEngine, stub.create, ptrace.create], ids=["fake", "stub", "ptrace"])
def computer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Computer]:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789abcdef" * 1000)
    os.truncate(path, SIZE)
    engine = request.param()
    computer = Computer(engine, path)
    yield computer
    for vm in computer.spaces:
        vm.close()
    assert computer.kernel.part(CommitAccount).used == 0
    assert computer.table.can_delete(computer.identity)
    engine.close()
    gc.collect()  # tracebacks of caught exceptions
    assert not [fd for fd in range(100) if os.path.realpath(f"/proc/self/fd/{fd}") == str(path)]


def test_a_view_is_the_file(computer: Computer) -> None:
    section = computer.section()
    assert section.size == SIZE
    _, base, _, size = computer.one.map_view(section, protect=RW)
    assert size == 0x3000
    space = computer.one.space
    assert space.read(base, 20) == b"0123456789abcdef0123"
    space.write(base + 0xFFE, b"view")
    assert computer.path.read_bytes()[0xFFE:0x1002] == b"view"
    with computer.path.open("r+b") as file:
        file.seek(0x2000)
        file.write(b"written")
        file.flush()
        assert space.read(base + 0x2000, 7) == b"written"
    assert space.read(base + SIZE, 0x3000 - SIZE) == bytes(0x3000 - SIZE)
    space.write_u32(base + SIZE, 7)  # nobody's, but there
    assert space.read_u32(base + SIZE) == 7
    assert computer.path.stat().st_size == SIZE
    computer.one.unmap_view(base)
    section.dereference()


def test_two_sections_of_one_file_and_the_second_writes(computer: Computer) -> None:
    first = computer.section(0, c.PAGE_READONLY, os.O_RDONLY)
    _, base, _, _ = computer.one.map_view(first, protect=c.PAGE_READONLY)
    second = computer.section()
    assert second.segment is first.segment
    _, other, _, _ = computer.two.map_view(second, protect=RW)
    computer.two.space.write(other, b"both")
    assert computer.one.space.read(base, 4) == b"both"
    with pytest.raises(GuestFault):
        computer.one.space.write(base, b"no")
    first.dereference()
    second.dereference()
    computer.one.unmap_view(base)
    assert computer.two.space.read(other, 4) == b"both"


def test_copy_on_write_leaves_the_file_alone(computer: Computer) -> None:
    section = computer.section(0, c.PAGE_WRITECOPY, os.O_RDONLY)
    _, base, _, _ = computer.one.map_view(section, protect=c.PAGE_WRITECOPY)
    computer.one.space.write(base + 1, b"!")
    assert computer.one.space.read(base, 3) == b"0!2"
    assert computer.path.read_bytes()[:3] == b"012"
    with computer.path.open("r+b") as file:
        file.write(b"zz")
    assert computer.one.space.read(base, 3) == b"0!2"
    section.dereference()


def test_a_larger_section_makes_the_file_longer(computer: Computer) -> None:
    section = computer.section(0x5001)
    assert computer.path.stat().st_size == section.size == 0x5001
    _, base, _, size = computer.one.map_view(section, protect=RW)
    assert size == 0x6000
    computer.one.space.write(base + 0x5000, b"e")
    assert computer.path.read_bytes()[-1:] == b"e"
    os.truncate(computer.path, 0x9000)
    later = computer.section()
    assert later.size == 0x9000
    _, other, _, _ = computer.two.map_view(later, protect=RW)
    computer.two.space.write(other + 0x8FFF, b"l")
    assert computer.path.read_bytes()[-1:] == b"l"
    fails(s.STATUS_SECTION_TOO_BIG, computer.section, 0x20000, c.PAGE_READONLY, os.O_RDONLY)
    fails(s.STATUS_SECTION_TOO_BIG, computer.section, 1 << 62)
    section.dereference()
    later.dereference()


def test_a_file_cut_short_is_an_in_page_error(computer: Computer) -> None:
    section = computer.section()
    _, base, _, _ = computer.one.map_view(section, protect=RW)
    os.truncate(computer.path, 0x800)
    space = computer.one.space
    assert space.read(base, 4) == b"0123"
    for call in (
        lambda: space.read(base + 0xFFE, 4),
        lambda: space.read_u32(base + 0x1000),
        lambda: space.write(base + 0x1000, b"gone"),
        lambda: space.write_u32(base + 0x2000, 1),
    ):
        with pytest.raises(GuestFault) as fault:
            call()
        assert fault.value.status == s.STATUS_IN_PAGE_ERROR
        assert fault.value.address in (base + 0x1000, base + 0x2000)
    copies = computer.section(0, c.PAGE_WRITECOPY, os.O_RDONLY)
    assert copies.size == 0x800
    section.dereference()
    copies.dereference()


def test_the_copy_of_a_page_that_is_gone(computer: Computer) -> None:
    section = computer.section(0, c.PAGE_WRITECOPY, os.O_RDONLY)
    _, base, _, _ = computer.one.map_view(section, protect=c.PAGE_WRITECOPY)
    os.truncate(computer.path, 0)
    outcome = resolve(computer.one, base + 0x1004, WRITE, None)
    assert outcome == (s.STATUS_IN_PAGE_ERROR, (WRITE, base + 0x1004, s.STATUS_END_OF_FILE))
    section.dereference()


def test_what_a_file_system_asks(computer: Computer) -> None:
    table, identity = computer.table, computer.identity
    assert table.can_truncate(identity, 0)
    section = computer.section()
    assert not table.can_truncate(identity, 0)
    assert not table.can_truncate(identity, 0x2000)
    assert table.can_truncate(identity, 0x2001)
    assert table.can_truncate(identity, 0x20000)
    assert not table.can_delete(identity)
    assert table.can_write(identity)
    _, base, _, _ = computer.one.map_view(section, protect=RW)
    section.dereference()
    assert not table.can_delete(identity)
    computer.one.unmap_view(base)
    assert table.can_delete(identity)
    assert table.can_truncate(identity, 0)

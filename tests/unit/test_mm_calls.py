"""The memory calls as the guest makes them: argument words in, statuses and guest memory out."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from ring3k.abi.access import PROCESS_ALL_ACCESS, PROCESS_VM_READ
from ring3k.abi.call import CallSet
from ring3k.abi.status import NtError, status_name
from ring3k.abi.structs import mm as c
from ring3k.engine.protocol import PAGE
from ring3k.ke.thread import KProcess
from ring3k.mm import syscalls, syscalls_copy, syscalls_lock, syscalls_physical, syscalls_section
from ring3k.mm.address_space import AddressSpace
from ring3k.mm.commit import CommitAccount
from ring3k.ob.handles import HandleTable
from ring3k.ob.namespace import Namespace
from ring3k.ob.object import Object
from ring3k.se.audit import AuditLog
from ring3k.se.privilege import SE_LOCK_MEMORY_PRIVILEGE
from tests.unit.mm_image_file import MemoryFile, PeImage
from tests.unit.test_mm_memory import FRESH, RW, make_kernel

CALLS = CallSet([syscalls, syscalls_copy, syscalls_lock, syscalls_physical, syscalls_section])
SELF = 0xFFFFFFFF
OUT = 0x20000  # scratch words of the caller
READONLY = 0x40000
BAD = 0x50000


class Process(Object, KProcess):
    type_name = "Process"

    def __init__(self, kernel: Any) -> None:
        super().__init__(kernel)
        self.memory = kernel.engine.create_space()
        self.vm: AddressSpace = AddressSpace(kernel, self.memory)
        self.handles = HandleTable(self)
        self.token = SimpleNamespace(enabled=0)  # no privileges


class File(Object):
    type_name = "File"

    def __init__(self, kernel: Any, backing: MemoryFile) -> None:
        super().__init__(kernel)
        self.backing = backing

    def section_backing(self) -> MemoryFile:
        return self.backing


class Caller:
    """A thread of one process with a handle to another."""

    def __init__(self) -> None:
        kernel = make_kernel()
        kernel.add_part(Namespace(kernel))
        kernel.add_part(AuditLog(kernel.bus))
        self.own, self.other = Process(kernel), Process(kernel)
        self.vm, self.memory = self.own.vm, self.own.memory
        self.own.token = SimpleNamespace(enabled=0)  # no privileges
        self.vm.allocate(OUT, 0x10000, FRESH, RW)
        self.vm.allocate(READONLY, 0x10000, FRESH, c.PAGE_READONLY)
        self.handle = self.own.handles.insert(self.other, PROCESS_ALL_ACCESS)
        self.t: Any = SimpleNamespace(
            kernel=kernel,
            client=None,
            process=self.own,
            memory=self.memory,
            handles=self.own.handles,
            guest=SimpleNamespace(args=lambda count: tuple(self.words[:count])),
        )
        self.words: list[int] = []

    def __call__(self, name: str, *words: int) -> str:
        self.words = list(words)
        try:
            status = CALLS[name].decoder()(self.t)
        except NtError as error:
            status = error.status
        return status_name(status)

    def put(self, *values: int) -> None:
        self.memory.write(OUT, struct.pack(f"<{len(values)}I", *values))

    def get(self, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}I", self.memory.read(OUT, 4 * count))


@pytest.fixture
def nt() -> Iterator[Caller]:
    caller = Caller()
    yield caller
    caller.own.handles.close_all()
    caller.own.vm.close()
    caller.other.vm.close()
    assert caller.t.kernel.part(CommitAccount).used == 0


def allocate(
    nt: Caller, base: int, size: int, kind: int, protect: int, bits: int = 0, who: int = SELF
) -> str:
    nt.put(base, size)
    return nt("NtAllocateVirtualMemory", who, OUT, bits, OUT + 4, kind, protect)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ((0, 1, FRESH, RW, 22), "STATUS_INVALID_PARAMETER_3"),
        ((0, 1, FRESH, RW, 1), "STATUS_INVALID_PARAMETER_3"),
        ((0, 1, FRESH, RW, 21), "STATUS_NO_MEMORY"),
        ((0, 1, 0, RW), "STATUS_INVALID_PARAMETER_5"),
        ((0, 1, c.MEM_DECOMMIT, RW), "STATUS_INVALID_PARAMETER_5"),
        ((0, 1, c.MEM_TOP_DOWN, RW), "STATUS_INVALID_PARAMETER_5"),
        ((0, 1, c.MEM_RESET | c.MEM_COMMIT, RW), "STATUS_INVALID_PARAMETER_5"),
        ((0, 1, c.MEM_COMMIT | c.MEM_WRITE_WATCH, RW), "STATUS_INVALID_PARAMETER_5"),
        ((0, 1, c.MEM_RESERVE | c.MEM_PHYSICAL, c.PAGE_READONLY), "STATUS_INVALID_PARAMETER_6"),
        ((0, 1, FRESH, 0), "STATUS_INVALID_PAGE_PROTECTION"),
        ((0, 1, FRESH, 6), "STATUS_INVALID_PAGE_PROTECTION"),
        ((0, 1, FRESH, c.PAGE_NOACCESS | c.PAGE_GUARD), "STATUS_INVALID_PAGE_PROTECTION"),
        ((0, 1, FRESH, c.PAGE_WRITECOPY), "STATUS_INVALID_PAGE_PROTECTION"),
        ((0, 1, FRESH, 0x80000004), "STATUS_INVALID_PAGE_PROTECTION"),
        ((0x7FFE0000, 1, FRESH, RW), "STATUS_INVALID_PARAMETER_2"),
        ((0xFFFFFFFF, 1, FRESH, RW), "STATUS_INVALID_PARAMETER_2"),
        ((0x7FFD0000, 0x10001, FRESH, RW), "STATUS_INVALID_PARAMETER_4"),
        ((0, 0, FRESH, RW), "STATUS_INVALID_PARAMETER_4"),
        ((0, 0xFFFFFFFF, FRESH, RW), "STATUS_INVALID_PARAMETER_4"),
        ((0, 1, FRESH, RW, 0, 0x1234), "STATUS_INVALID_HANDLE"),
        ((0, 0x7FFB0000, c.MEM_RESERVE, RW), "STATUS_NO_MEMORY"),
        ((0, 0x7F000000, FRESH, RW), "STATUS_COMMITMENT_LIMIT"),
        ((OUT, 1, FRESH, RW), "STATUS_CONFLICTING_ADDRESSES"),
    ],
)
def test_allocate_statuses(nt: Caller, arguments: tuple[int, ...], status: str) -> None:
    assert allocate(nt, *arguments) == status


def test_allocate_and_free(nt: Caller) -> None:
    assert allocate(nt, 0, 0x1001, FRESH, RW) == "STATUS_SUCCESS"
    assert nt.get(2) == (0x10000, 0x2000)
    nt.put(0x10001, 0)
    assert nt("NtFreeVirtualMemory", SELF, OUT, OUT + 4, c.MEM_RELEASE) == "STATUS_SUCCESS"
    assert nt.get(2) == (0x10000, 0x2000)
    assert nt("NtFreeVirtualMemory", SELF, OUT, OUT + 4, c.MEM_RELEASE) == "STATUS_MEMORY_NOT_ALLOCATED"
    for kind in (0, c.MEM_COMMIT, c.MEM_RELEASE | c.MEM_DECOMMIT):
        assert nt("NtFreeVirtualMemory", SELF, OUT, OUT + 4, kind) == "STATUS_INVALID_PARAMETER_4"
    nt.put(0x80000000, 1)
    assert nt("NtFreeVirtualMemory", SELF, OUT, OUT + 4, c.MEM_RELEASE) == "STATUS_INVALID_PARAMETER_2"
    nt.put(0x7FFE0000, 0x20000)
    assert nt("NtFreeVirtualMemory", SELF, OUT, OUT + 4, c.MEM_RELEASE) == "STATUS_INVALID_PARAMETER_3"


def test_bad_pointers(nt: Caller) -> None:
    for pointer in (0, BAD, READONLY, 0x7FFFFFFF, 0xFFFFFFFE):
        assert nt("NtAllocateVirtualMemory", SELF, pointer, 0, OUT, FRESH, RW) == "STATUS_ACCESS_VIOLATION"
        assert nt("NtFreeVirtualMemory", SELF, OUT, pointer, c.MEM_RELEASE) == "STATUS_ACCESS_VIOLATION"


def test_in_another_process(nt: Caller) -> None:
    assert allocate(nt, 0x300000, 8, FRESH, RW, 0, nt.handle) == "STATUS_SUCCESS"
    assert nt.other.vm.query(0x300000)[4] == c.MEM_COMMIT
    assert nt.vm.query(0x300000)[4] == c.MEM_FREE
    weak = nt.own.handles.insert(nt.other, PROCESS_VM_READ)
    assert allocate(nt, 0x400000, 8, FRESH, RW, 0, weak) == "STATUS_ACCESS_DENIED"
    nt.other.vm.close()
    assert allocate(nt, 0x400000, 8, FRESH, RW, 0, nt.handle) == "STATUS_PROCESS_IS_TERMINATING"


def test_protect(nt: Caller) -> None:
    nt.vm.allocate(0x300000, 0x4000, FRESH, RW)
    nt.put(0x300800, 0x1000, 0)
    call = "NtProtectVirtualMemory"
    assert nt(call, SELF, OUT, OUT + 4, c.PAGE_READONLY, OUT + 8) == "STATUS_SUCCESS"
    assert nt.get(3) == (0x300000, 0x2000, RW)
    assert nt(call, SELF, OUT, OUT + 4, 0x33, OUT + 8) == "STATUS_INVALID_PAGE_PROTECTION"
    nt.put(0x300000, 0)
    assert nt(call, SELF, OUT, OUT + 4, RW, OUT + 8) == "STATUS_INVALID_PARAMETER_3"
    nt.put(0x80000000, 1)
    assert nt(call, SELF, OUT, OUT + 4, RW, OUT + 8) == "STATUS_INVALID_PARAMETER_2"


def test_query(nt: Caller) -> None:
    nt.vm.allocate(0x300000, 0x4000, FRESH, RW)
    call = "NtQueryVirtualMemory"
    assert nt(call, SELF, 0x301234, 0, OUT, 28, OUT + 28) == "STATUS_SUCCESS"
    assert nt.get(8) == (0x301000, 0x300000, RW, 0x3000, c.MEM_COMMIT, RW, c.MEM_PRIVATE, 28)
    assert nt(call, SELF, 0, 0, OUT, 28, 0) == "STATUS_SUCCESS"
    assert nt.get(7) == (0, 0, 0, 0x20000, c.MEM_FREE, c.PAGE_NOACCESS, 0)
    assert nt(call, SELF, 0, 0, OUT, 27, 0) == "STATUS_INFO_LENGTH_MISMATCH"
    assert nt(call, SELF, 0, 99, OUT, 28, 0) == "STATUS_INVALID_INFO_CLASS"
    assert nt(call, SELF, 0x7FFF0000, 0, OUT, 28, 0) == "STATUS_INVALID_PARAMETER"
    assert nt(call, SELF, 0, 0, READONLY, 28, 0) == "STATUS_ACCESS_VIOLATION"
    assert nt(call, SELF, 0x301234, 2, OUT, 280, 0) == "STATUS_INVALID_ADDRESS"


def test_working_set_list(nt: Caller) -> None:
    call = "NtQueryVirtualMemory"
    assert nt(call, SELF, 0, 1, OUT, 8, 0) == "STATUS_INFO_LENGTH_MISMATCH"
    assert nt.get(1) == (32,)
    assert nt(call, SELF, 0, 1, OUT, 4 + 32 * 4, 0) == "STATUS_SUCCESS"
    words = nt.get(33)
    assert words[0] == 32
    assert words[1] & ~0xFFF == OUT
    assert words[1] & 0x1F == 4
    assert words[17] == READONLY | 1


def test_read_and_write(nt: Caller) -> None:
    nt.other.vm.allocate(0x300000, 0x20000, FRESH, RW)
    nt.memory.write(OUT + 0x100, b"hello")
    write, read = "NtWriteVirtualMemory", "NtReadVirtualMemory"
    assert nt(write, nt.handle, 0x310FFE, OUT + 0x100, 5, OUT) == "STATUS_SUCCESS"
    assert nt.get(1) == (5,)
    assert nt(read, nt.handle, 0x310FFE, OUT + 0x200, 5, 0) == "STATUS_SUCCESS"
    assert nt.memory.read(OUT + 0x200, 5) == b"hello"
    assert nt(read, nt.handle, 0x31FFF0, OUT + 0x200, 0x20, OUT) == "STATUS_PARTIAL_COPY"
    assert nt.get(1) == (0x10,)
    assert nt(read, nt.handle, 0x900000, OUT + 0x200, 0x20, OUT) == "STATUS_PARTIAL_COPY"
    assert nt.get(1) == (0,)
    nt.other.vm.protect(0x301000, 1, c.PAGE_READONLY)
    assert nt(write, nt.handle, 0x300FFE, OUT + 0x100, 5, OUT) == "STATUS_PARTIAL_COPY"
    assert nt.get(1) == (2,)
    assert nt(read, 0x1234, 0x300000, OUT, 0, OUT) == "STATUS_SUCCESS"
    assert nt(read, 0x1234, 0x300000, OUT, 1, OUT) == "STATUS_INVALID_HANDLE"
    assert nt(read, nt.handle, 0x300000, OUT, 0xFFFFFFFF, OUT) == "STATUS_ACCESS_VIOLATION"
    assert nt(read, nt.handle, 0x300000, BAD, 0x70000000, OUT) == "STATUS_PARTIAL_COPY"


def test_lock(nt: Caller) -> None:
    nt.vm.allocate(0x300000, 0x40000, FRESH, RW)
    lock, unlock = "NtLockVirtualMemory", "NtUnlockVirtualMemory"
    nt.put(0x300001, 0x1000)
    assert nt(unlock, SELF, OUT, OUT + 4, 1) == "STATUS_NOT_LOCKED"
    assert nt(lock, SELF, OUT, OUT + 4, 1) == "STATUS_SUCCESS"
    assert nt.get(2) == (0x300000, 0x2000)
    assert nt(lock, SELF, OUT, OUT + 4, 1) == "STATUS_WAS_LOCKED"
    nt.put(0x300000, 0x3000)
    assert nt(unlock, SELF, OUT, OUT + 4, 1) == "STATUS_NOT_LOCKED"
    nt.put(0x300000, 0x2000)
    assert nt(unlock, SELF, OUT, OUT + 4, 1) == "STATUS_SUCCESS"
    assert nt.vm.locked == 0
    nt.put(0x300000, 0x40000)
    assert nt(lock, SELF, OUT, OUT + 4, 1) == "STATUS_WORKING_SET_QUOTA"
    assert nt(lock, SELF, OUT, OUT + 4, 2) == "STATUS_PRIVILEGE_NOT_HELD"
    assert nt(lock, SELF, OUT, OUT + 4, 4) == "STATUS_INVALID_PARAMETER"
    nt.own.token.enabled = 1 << SE_LOCK_MEMORY_PRIVILEGE
    nt.put(0x300000, 0x2000)
    assert nt(lock, SELF, OUT, OUT + 4, 3) == "STATUS_SUCCESS"
    assert nt(lock, SELF, OUT, OUT + 4, 2) == "STATUS_WAS_LOCKED"
    assert nt.vm.locked == 0x2000
    assert nt(unlock, SELF, OUT, OUT + 4, 1) == "STATUS_SUCCESS"
    assert nt.vm.locked == 0x2000
    assert nt(unlock, SELF, OUT, OUT + 4, 3) == "STATUS_NOT_LOCKED"
    assert nt(unlock, SELF, OUT, OUT + 4, 2) == "STATUS_SUCCESS"
    assert nt.vm.locked == 0
    nt.put(0x33F000, 0x2000)
    assert nt(lock, SELF, OUT, OUT + 4, 1) == "STATUS_ACCESS_VIOLATION"


def test_write_watch(nt: Caller) -> None:
    nt.vm.allocate(0x300000, 0x8000, FRESH | c.MEM_WRITE_WATCH, RW)
    for page in (1, 2, 5):
        nt.memory.write_u8(0x300000 + page * PAGE, 1)
    call = "NtGetWriteWatch"

    def watched(flags: int, room: int) -> tuple[str, list[int]]:
        nt.put(room, 0)
        status = nt(call, SELF, flags, 0x300000, 0x8000, OUT + 0x100, OUT, OUT + 4)
        count, granularity = nt.get(2)
        if status == "STATUS_SUCCESS":
            assert granularity == PAGE
        return status, [nt.memory.read_u32(OUT + 0x100 + 4 * i) for i in range(count)]

    assert watched(0, 8) == ("STATUS_SUCCESS", [0x301000, 0x302000, 0x305000])
    assert watched(1, 1) == ("STATUS_SUCCESS", [0x301000])
    assert watched(0, 8) == ("STATUS_SUCCESS", [0x302000, 0x305000])
    nt.memory.write_u8(0x301000, 1)
    assert nt("NtResetWriteWatch", SELF, 0x302000, 0x6000) == "STATUS_SUCCESS"
    assert watched(0, 8) == ("STATUS_SUCCESS", [0x301000])
    assert watched(0, 0)[0] == "STATUS_INVALID_PARAMETER_5"
    assert watched(2, 1)[0] == "STATUS_INVALID_PARAMETER_2"
    assert nt("NtResetWriteWatch", SELF, OUT, 1) == "STATUS_INVALID_PARAMETER_1"
    assert nt("NtResetWriteWatch", SELF, 0x300000, 0) == "STATUS_INVALID_PARAMETER_3"


# -- sections ----------------------------------------------------------------------------
def create(nt: Caller, size: int, protect: int = RW, kind: int = c.SEC_COMMIT, file: int = 0) -> str:
    nt.put(0, 0, size, 0)
    return nt("NtCreateSection", OUT, 0xF001F, 0, OUT + 8 if size else 0, protect, kind, file)


def map_view(nt: Caller, handle: int, base: int = 0, offset: int = 0, size: int = 0, **more: int) -> str:
    nt.put(base, size, offset, 0)
    return nt(
        "NtMapViewOfSection",
        handle,
        SELF,
        OUT,
        more.get("bits", 0),
        0,
        OUT + 8,
        OUT + 4,
        more.get("inherit", 1),
        more.get("kind", 0),
        more.get("protect", RW),
    )


@pytest.mark.parametrize(
    ("size", "protect", "kind", "status"),
    [
        (1, RW, 0, "STATUS_INVALID_PARAMETER_6"),
        (1, RW, c.SEC_COMMIT | c.SEC_RESERVE, "STATUS_INVALID_PARAMETER_6"),
        (1, RW, c.SEC_IMAGE | c.SEC_COMMIT, "STATUS_INVALID_PARAMETER_6"),
        (1, RW, c.SEC_COMMIT | 1, "STATUS_INVALID_PARAMETER_6"),
        (1, c.PAGE_NOACCESS, c.SEC_COMMIT, "STATUS_INVALID_PAGE_PROTECTION"),
        (1, RW | c.PAGE_GUARD, c.SEC_COMMIT, "STATUS_INVALID_PAGE_PROTECTION"),
        (1, 0, c.SEC_COMMIT, "STATUS_INVALID_PAGE_PROTECTION"),
        (0, RW, c.SEC_COMMIT, "STATUS_INVALID_PARAMETER_4"),
        (1, RW, c.SEC_IMAGE, "STATUS_INVALID_FILE_FOR_SECTION"),
        (0xFFFFFFFF, RW, c.SEC_RESERVE, "STATUS_SUCCESS"),
        (0xFFFFFFFF, RW, c.SEC_COMMIT, "STATUS_COMMITMENT_LIMIT"),
    ],
)
def test_create_section_statuses(nt: Caller, size: int, protect: int, kind: int, status: str) -> None:
    assert create(nt, size, protect, kind) == status


def test_section_life(nt: Caller) -> None:
    assert create(nt, 0x12345) == "STATUS_SUCCESS"
    (handle,) = nt.get(1)
    assert map_view(nt, handle, offset=0x10000) == "STATUS_SUCCESS"
    base, size, offset, _ = nt.get(4)
    assert (size, offset) == (0x3000, 0x10000)
    nt.memory.write_u32(base, 5)
    assert nt("NtQuerySection", handle, 0, OUT, 16, OUT + 16) == "STATUS_SUCCESS"
    assert nt.get(5) == (0, c.SEC_COMMIT, 0x13000, 0, 16)
    assert nt("NtQuerySection", handle, 1, OUT, 48, 0) == "STATUS_SECTION_NOT_IMAGE"
    assert nt("NtQuerySection", handle, 0, OUT, 15, 0) == "STATUS_INFO_LENGTH_MISMATCH"
    assert nt("NtQuerySection", handle, 7, OUT, 15, 0) == "STATUS_INVALID_INFO_CLASS"
    nt.put(0x20000, 0)
    assert nt("NtExtendSection", handle, OUT) == "STATUS_SECTION_NOT_EXTENDED"
    assert nt("NtUnmapViewOfSection", SELF, base + 0x2FFF) == "STATUS_SUCCESS"
    assert nt("NtUnmapViewOfSection", SELF, base) == "STATUS_NOT_MAPPED_VIEW"
    assert nt("NtUnmapViewOfSection", SELF, 0x80000000) == "STATUS_NOT_MAPPED_VIEW"


def test_map_statuses(nt: Caller) -> None:
    assert create(nt, 0x20000, c.PAGE_READONLY) == "STATUS_SUCCESS"
    (handle,) = nt.get(1)
    assert map_view(nt, handle) == "STATUS_SECTION_PROTECTION"
    ok = {"protect": c.PAGE_READONLY}
    assert map_view(nt, handle, bits=22, **ok) == "STATUS_INVALID_PARAMETER_4"
    assert map_view(nt, handle, inherit=0, **ok) == "STATUS_INVALID_PARAMETER_8"
    assert map_view(nt, handle, inherit=3, **ok) == "STATUS_INVALID_PARAMETER_8"
    assert map_view(nt, handle, kind=c.MEM_COMMIT, **ok) == "STATUS_INVALID_PARAMETER_9"
    assert map_view(nt, handle, protect=0) == "STATUS_INVALID_PAGE_PROTECTION"
    assert map_view(nt, handle, base=0x7FFE0000, **ok) == "STATUS_INVALID_PARAMETER_3"
    assert map_view(nt, handle, base=0x301000, **ok) == "STATUS_MAPPED_ALIGNMENT"
    assert map_view(nt, handle, offset=0x1000, **ok) == "STATUS_MAPPED_ALIGNMENT"
    assert map_view(nt, handle, offset=0x20000, **ok) == "STATUS_INVALID_VIEW_SIZE"
    assert map_view(nt, handle, size=0x20001, **ok) == "STATUS_INVALID_VIEW_SIZE"
    assert map_view(nt, 0x444, **ok) == "STATUS_INVALID_HANDLE"
    assert map_view(nt, nt.handle, **ok) == "STATUS_OBJECT_TYPE_MISMATCH"
    assert map_view(nt, handle, base=0x301000, bits=11, **ok) == "STATUS_INVALID_PARAMETER_4"
    assert map_view(nt, handle, bits=21, **ok) == "STATUS_NO_MEMORY"
    assert map_view(nt, handle, base=0x301042, kind=c.MEM_DOS_LIM, **ok) == "STATUS_SUCCESS"
    assert nt.get(1) == (0x301000,)


def test_file_sections(nt: Caller) -> None:
    file = File(nt.t.kernel, MemoryFile(b"f" * 5000))
    writing = nt.own.handles.insert(file, 0x3)
    reading = nt.own.handles.insert(file, 0x1)
    assert create(nt, 0, RW, c.SEC_COMMIT, reading) == "STATUS_ACCESS_DENIED"
    assert create(nt, 0, RW, c.SEC_COMMIT, nt.handle) == "STATUS_OBJECT_TYPE_MISMATCH"
    assert create(nt, 0, c.PAGE_READONLY, c.SEC_IMAGE, reading) == "STATUS_INVALID_IMAGE_NOT_MZ"
    assert create(nt, 0, RW, c.SEC_COMMIT, writing) == "STATUS_SUCCESS"
    (handle,) = nt.get(1)
    assert nt("NtQuerySection", handle, 0, OUT, 16, 0) == "STATUS_SUCCESS"
    assert nt.get(3) == (0, c.SEC_FILE, 5000)
    assert map_view(nt, handle) == "STATUS_SUCCESS"
    base, size = nt.get(2)
    assert size == 0x2000
    nt.memory.write(base, b"new")
    nt.put(base + 5, 0)
    assert nt("NtFlushVirtualMemory", SELF, OUT, OUT + 4, OUT + 8) == "STATUS_SUCCESS"
    assert file.backing.data[:5] == b"newff"
    nt.put(0x4000, 0)
    assert nt("NtExtendSection", handle, OUT) == "STATUS_SUCCESS"
    assert len(file.backing.data) == 0x4000
    nt.put(OUT, 0)
    assert nt("NtFlushVirtualMemory", SELF, OUT, OUT + 4, OUT + 8) == "STATUS_NOT_MAPPED_VIEW"
    nt.put(0x900000, 0)
    assert nt("NtFlushVirtualMemory", SELF, OUT, OUT + 4, OUT + 8) == "STATUS_NOT_MAPPED_VIEW"


def test_image_section(nt: Caller) -> None:
    file = File(nt.t.kernel, MemoryFile(PeImage().build(), "\\C:\\a.exe", "id"))
    handle = nt.own.handles.insert(file, 0x21)
    assert create(nt, 0, c.PAGE_EXECUTE, c.SEC_IMAGE, handle) == "STATUS_SUCCESS"
    (image,) = nt.get(1)
    assert map_view(nt, image, protect=c.PAGE_EXECUTE) == "STATUS_SUCCESS"
    assert nt.get(2) == (0x400000, 0x7000)
    assert map_view(nt, image, protect=c.PAGE_EXECUTE) == "STATUS_IMAGE_NOT_AT_BASE"
    second = nt.get(1)[0]
    assert nt("NtQuerySection", image, 1, OUT, 48, 0) == "STATUS_SUCCESS"
    assert nt.get(3) == (0x401000, 0, 0x100000)
    assert nt("NtQueryVirtualMemory", SELF, 0x401000, 2, OUT + 64, 64, OUT) == "STATUS_SUCCESS"
    assert nt.memory.read(OUT + 64, 8) == struct.pack("<HHI", 18, 20, OUT + 72)
    assert nt.memory.read(OUT + 72, 20).decode("utf-16-le") == "\\C:\\a.exe\0"
    assert nt("NtQueryVirtualMemory", SELF, 0x401000, 2, OUT + 64, 27, OUT) == "STATUS_BUFFER_OVERFLOW"
    assert nt("NtAreMappedFilesTheSame", 0x400000, second) == "STATUS_SUCCESS"
    assert nt("NtAreMappedFilesTheSame", 0x400000, OUT) == "STATUS_CONFLICTING_ADDRESSES"
    assert nt("NtAreMappedFilesTheSame", 0, second) == "STATUS_INVALID_ADDRESS"
    assert nt("NtFlushInstructionCache", SELF, 0, 0) == "STATUS_SUCCESS"

"""Guest memory: what the kernel sees, what the guest sees, and that both are the same."""

from __future__ import annotations

import os
import select
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ring3k.abi.status import STATUS_IN_PAGE_ERROR, GuestFault
from ring3k.engine.protocol import ERROR_NO_PAGE, PAGE, USER_END, Engine, EngineError, Prot, Trap
from tests.unit.engine_guest import CODE, DATA, INT_2E, RWX, STACK, Guest, engines

READ_WRITE = Prot.READ | Prot.WRITE
LOAD = b"\x8b\x03" + INT_2E  # mov eax, [ebx]
KEEP = b"\x89\x03" + INT_2E  # mov [ebx], eax
AT = 0x600000


@pytest.fixture(params=engines())
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    engine: Engine = request.param()
    yield engine
    engine.close()


@pytest.fixture
def guest(engine: Engine) -> Guest:
    return Guest(engine)


def test_private_memory_is_zero_and_shared_with_the_kernel(guest: Guest) -> None:
    assert guest.space.read(DATA, 0x10000) == bytes(0x10000)
    guest.space.write_u32(DATA + 0x20, 0x12345678)
    thread = guest.run(LOAD, ebx=DATA + 0x20)
    assert thread.eax == 0x12345678
    thread.ebx = DATA + 0x24
    thread.eax = 0x9ABCDEF0
    guest.go(thread, KEEP)
    assert guest.space.read_u32(DATA + 0x24) == 0x9ABCDEF0


@pytest.mark.parametrize(
    ("bits", "value"), [(8, 0xFE), (16, 0xFEDC), (32, 0xFEDCBA98), (64, 0xFEDCBA9876543210)]
)
def test_scalars_also_across_pages(guest: Guest, bits: int, value: int) -> None:
    read = getattr(guest.space, f"read_u{bits}")
    write = getattr(guest.space, f"write_u{bits}")
    for address in (DATA, DATA + 0xFFF, DATA + 0x1000 - bits // 16):
        write(address, value)
        assert read(address) == value
        assert guest.space.read(address, bits // 8) == value.to_bytes(bits // 8, "little")


@pytest.mark.parametrize(
    "text", ["", "name", "\u00fc\u4e2d\U0001f600", "lone \ud800 and \udc00", "long" * 500]
)
def test_texts_also_across_pages(guest: Guest, text: str) -> None:
    raw = text.encode("utf-16-le", "surrogatepass")
    head, at = DATA + PAGE - 4, DATA + PAGE + 0xFF8
    guest.space.write(at, raw)
    for odd in (0, 1):
        guest.space.write(head, struct.pack("<HHI", len(raw) + odd, 0xFFFF, at))
        assert guest.space.read_counted(head) == text
    assert guest.space.read_text(at, len(raw)) == text
    for size in (1, 0x10000, -2):
        with pytest.raises((ValueError, OverflowError)):
            guest.space.read_text(at, size)


def test_a_text_that_is_not_there(guest: Guest) -> None:
    with pytest.raises(GuestFault) as caught:
        guest.space.read_counted(DATA + 0x10000 - 4)
    assert caught.value.address == DATA + 0x10000
    guest.space.write(DATA, struct.pack("<HHI", 1, 0, 0))
    assert guest.space.read_counted(DATA) == ""
    guest.space.write(DATA, struct.pack("<HHI", 4, 4, 2))
    with pytest.raises(GuestFault) as caught:
        guest.space.read_counted(DATA)
    assert (caught.value.address, caught.value.write) == (2, False)


def test_a_bad_address_raises_guest_fault(guest: Guest) -> None:
    end = DATA + 0x10000
    for call, address, write in (
        (lambda: guest.space.read(end - 4, 8), end, False),
        (lambda: guest.space.write(end - 4, bytes(8)), end, True),
        (lambda: guest.space.read_u32(end - 2), end, False),
        (lambda: guest.space.write_u32(end - 2, 1), end, True),
        (lambda: guest.space.probe_write(end - 1, 2), end, True),
        (lambda: guest.space.read_u8(0), 0, False),
        (lambda: guest.space.read_u8(USER_END), USER_END, False),
        (lambda: guest.space.write_u64(0xFFFFFFFF, 0), 0xFFFFFFFF, True),
        (lambda: guest.space.read(0x80000000, 1 << 40), 0x80000000, False),
        (lambda: guest.space.read((1 << 64) - 1, 1), (1 << 64) - 1, False),
    ):
        with pytest.raises(GuestFault) as fault:
            call()
        assert (fault.value.address, fault.value.write) == (address, write)
    assert guest.space.read(0, 0) == b""


def test_a_straddling_write_that_fails_writes_nothing(guest: Guest) -> None:
    guest.space.write_u32(DATA + 0xFFFC, 0x11223344)
    with pytest.raises(GuestFault):
        guest.space.write_u32(DATA + 0xFFFE, 0xFFFFFFFF)
    assert guest.space.read_u32(DATA + 0xFFFC) == 0x11223344


def test_protect(guest: Guest) -> None:
    guest.space.protect(DATA, 0x1000, Prot.READ)
    with pytest.raises(GuestFault):
        guest.space.write_u8(DATA, 1)
    assert guest.space.read_u8(DATA) == 0
    thread = guest.run(KEEP, ebx=DATA, eax=7)
    assert (thread.trap, thread.address) == (Trap.FAULT, DATA)
    guest.space.protect(DATA, 0x1000, READ_WRITE)
    thread.resume()
    assert guest.next().trap == Trap.SYSCALL
    guest.space.protect(DATA, 0x1000, Prot.NONE)
    with pytest.raises(GuestFault):
        guest.space.read_u8(DATA)
    assert guest.go(thread, LOAD).trap == Trap.FAULT
    assert guest.space.peek(DATA, 4) == b"\7\0\0\0"


def test_protect_leaves_holes_alone(guest: Guest) -> None:
    guest.space.map_private(AT, 0x1000, READ_WRITE)
    guest.space.map_private(AT + 0x2000, 0x1000, READ_WRITE)
    guest.space.protect(AT - 0x2000, 0x8000, Prot.READ)
    assert guest.run(LOAD, ebx=AT + 0x1000).trap == Trap.FAULT
    assert guest.run(LOAD, ebx=AT + 0x2000).trap == Trap.SYSCALL
    assert guest.run(KEEP, ebx=AT + 0x2000).trap == Trap.FAULT


def test_unmap_keeps_private_memory_and_discard_drops_it(guest: Guest) -> None:
    guest.space.write_u32(DATA, 5)
    guest.space.unmap(DATA, 0x1000)
    with pytest.raises(GuestFault):
        guest.space.read_u32(DATA)
    assert guest.run(LOAD, ebx=DATA).trap == Trap.FAULT
    guest.space.map_private(DATA, 0x1000, READ_WRITE)
    assert guest.run(LOAD, ebx=DATA).eax == 5
    guest.space.discard(DATA, 0x1000)
    assert guest.run(LOAD, ebx=DATA).eax == 0
    assert guest.space.read_u32(DATA) == 0


def test_a_store_in_two_spaces(engine: Engine, guest: Guest) -> None:
    other = Guest(engine)
    store = engine.create_store(0x3000)
    guest.space.map_store(AT, 0x1000, store, 0x1000, READ_WRITE)
    other.space.map_store(AT + 0x10000, 0x3000, store, 0, Prot.READ)
    assert guest.run(KEEP, ebx=AT + 8, eax=0xABCD).trap == Trap.SYSCALL
    assert store.read(0x1008, 4) == struct.pack("<I", 0xABCD)
    assert other.run(LOAD, ebx=AT + 0x11008).eax == 0xABCD
    assert other.run(KEEP, ebx=AT + 0x11008).trap == Trap.FAULT
    store.close()
    assert other.run(LOAD, ebx=AT + 0x11008).eax == 0xABCD
    assert other.space.read_u32(AT + 0x11008) == 0xABCD
    guest.space.unmap(AT, 0x1000)
    assert other.space.read_u32(AT + 0x11008) == 0xABCD
    other.space.protect(AT + 0x10000, 0x3000, READ_WRITE)
    assert other.run(KEEP, ebx=AT + 0x11008, eax=3).trap == Trap.SYSCALL
    assert other.space.read_u32(AT + 0x11008) == 3


def test_a_read_only_view_can_not_be_made_writable_by_the_guest(engine: Engine, guest: Guest) -> None:
    store = engine.create_store(0x1000)
    guest.space.map_store(AT, 0x1000, store, 0, Prot.READ)
    assert guest.run(LOAD, ebx=AT).trap == Trap.SYSCALL
    view = Path(f"/proc/{guest.space.pid}/smaps").read_text().split("\n00600000-")[1]
    assert view.split()[1] == "r--s"
    flags = view.split("VmFlags:")[1].split("\n")[0]
    assert "mw" not in flags.split()  # may write


def test_a_store_that_is_a_file(engine: Engine, guest: Guest, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"data" * 0x600)
    with path.open("r+b") as file, path.open("rb") as reading:
        store = engine.open_store(reading.fileno(), 0x2000, False)
        guest.space.map_store(AT, 0x2000, store, 0, Prot.READ)
        assert guest.run(LOAD, ebx=AT).eax == int.from_bytes(b"data", "little")
        assert guest.run(KEEP, ebx=AT).trap == Trap.FAULT
        refused: Any
        for refused in (
            lambda: guest.space.protect(AT, 0x1000, READ_WRITE),
            lambda: guest.space.map_store(AT + 0x10000, 0x1000, store, 0, READ_WRITE),
            lambda: store.discard(0, 0x1000),
        ):
            with pytest.raises(ValueError, match="only"):
                refused()
        store.make_writable(file.fileno())
        guest.space.map_store(AT + 0x10000, 0x2000, store, 0, READ_WRITE)
        assert guest.run(KEEP, ebx=AT + 0x10008, eax=0x21212121).trap == Trap.SYSCALL
        assert path.read_bytes()[4:16] == b"data!!!!data"
        assert guest.run(LOAD, ebx=AT + 8).eax == 0x21212121
        os.truncate(path, 0x1000)
        for code, write in ((LOAD, 0), (KEEP, 2)):
            thread = guest.run(code, ebx=AT + 0x11FFC)
            assert (thread.trap, thread.vector, thread.address) == (Trap.FAULT, 14, AT + 0x11FFC)
            assert thread.error & ERROR_NO_PAGE
            assert thread.error & 2 == write
        thread = guest.run(INT_2E, edx=AT + 0x1000)
        assert thread.trap == Trap.SYSCALL
        with pytest.raises(GuestFault) as fault:
            thread.args(2)
        assert fault.value.status == STATUS_IN_PAGE_ERROR
        with pytest.raises(OSError, match="Input/output"):
            store.read(0xFFF, 2)
        with pytest.raises(OSError, match="Input/output"):
            store.write(0x1000, b"x")
        os.truncate(path, 0x2000)
        assert guest.run(LOAD, ebx=AT + 0x11FFC).eax == 0
        store.close()
    with select.epoll() as epoll, pytest.raises(ValueError, match="not a file"):
        engine.open_store(epoll.fileno(), 0x1000, False)


def test_discarded_pages_of_a_store(engine: Engine, guest: Guest) -> None:
    store = engine.create_store(0x3000)
    store.write(0, b"x" * 0x3000)
    guest.space.map_store(AT, 0x3000, store, 0, READ_WRITE)
    store.discard(0x1000, 0x1000)
    assert store.read(0xFFF, 0x1002) == b"x" + bytes(0x1000) + b"x"
    assert guest.run(LOAD, ebx=AT + 0x1000).eax == 0
    with pytest.raises(ValueError, match="pages"):
        store.discard(1, 0x1000)


def test_copy_on_write(engine: Engine, guest: Guest) -> None:
    store = engine.create_store(0x2000)
    store.write(0x1000, b"page")
    guest.space.map_store(AT, 0x2000, store, 0, Prot.READ)
    thread = guest.run(KEEP, ebx=AT + 0x1000, eax=0x31313131)
    assert (thread.trap, thread.address) == (Trap.FAULT, AT + 0x1000)
    guest.space.poke(AT + 0x1000, guest.space.read(AT + 0x1000, 0x1000))
    guest.space.map_private(AT + 0x1000, 0x1000, READ_WRITE)
    thread.resume()
    assert guest.next().trap == Trap.SYSCALL
    assert guest.space.read(AT + 0x1000, 6) == b"1111\0\0"
    assert store.read(0x1000, 4) == b"page"


def test_a_store_grows(engine: Engine, guest: Guest) -> None:
    store = engine.create_store(10)
    guest.space.map_store(AT, 0x1000, store, 0, READ_WRITE)
    store.write(0, b"0123456789")
    with pytest.raises(ValueError, match="outside"):
        store.write(8, b"abc")
    with pytest.raises(ValueError, match="outside"):
        guest.space.map_store(AT + 0x1000, 0x2000, store, 0, Prot.READ)
    store.resize(0x2800)
    assert store.size == 0x2800
    guest.space.map_store(AT + 0x1000, 0x2000, store, 0x1000, READ_WRITE)
    guest.space.write(AT + 0xFFE, b"abcd")
    assert store.read(0xFFE, 4) == b"abcd"
    assert guest.run(LOAD, ebx=AT + 0xFFE).eax == int.from_bytes(b"abcd", "little")
    with pytest.raises(ValueError, match="grow"):
        store.resize(5)


def test_the_fault_hook(guest: Guest) -> None:
    seen: list[tuple[int, bool]] = []

    def hook(address: int, write: bool) -> bool:
        seen.append((address, write))
        if address < AT + 0x2000:
            guest.space.map_private(address & ~0xFFF, 0x1000, READ_WRITE)
        return address < AT + 0x3000  # the last time it lies

    guest.space.fault_hook = hook
    guest.space.write(AT + 0xFF0, bytes(0x20))
    assert seen == [(AT + 0xFF0, True), (AT + 0x1000, True)]
    for address in (AT + 0x2000, AT + 0x3000):
        with pytest.raises(GuestFault):
            guest.space.read_u32(address)
    assert seen[2:] == [(AT + 0x2000, False), (AT + 0x3000, False)]
    thread = guest.run(INT_2E, edx=AT + 0xFFC)
    assert thread.args(2) == (0, 0)

    def broken(address: int, write: bool) -> bool:
        raise KeyError(address)

    guest.space.fault_hook = broken
    with pytest.raises(KeyError):
        guest.space.read_u8(AT + 0x9000)
    guest.space.fault_hook = None
    with pytest.raises(GuestFault):
        guest.space.read_u8(AT + 0x9000)


def test_ranges_are_checked(engine: Engine, guest: Guest) -> None:
    store = engine.create_store(0x1000)
    for address, length in (
        (DATA + 1, 0x1000),
        (DATA, 0x800),
        (DATA, 0),
        (0, 0x1000),
        (USER_END - 0x1000, 0x2000),
        (USER_END, 0x1000),
        (0xF0000000, 0x1000),
        (1 << 40, 0x1000),
        (DATA, (1 << 64) - 0x1000),
    ):
        with pytest.raises(ValueError, match="bad range"):
            guest.space.map_private(address, length, RWX)
        with pytest.raises(ValueError, match="bad range"):
            guest.space.map_store(address, length, store, 0, RWX)
        with pytest.raises(ValueError, match="bad range"):
            guest.space.protect(address, length, RWX)
        with pytest.raises(ValueError, match="bad range"):
            guest.space.unmap(address, length)
        with pytest.raises(ValueError, match="bad range"):
            guest.space.discard(address, length)
    with pytest.raises(ValueError, match="outside"):
        guest.space.map_store(AT, 0x1000, store, 0x1000, Prot.READ)
    with pytest.raises(ValueError, match="outside"):
        guest.space.peek(USER_END - 1, 2)


def test_the_whole_range_can_be_used(guest: Guest) -> None:
    guest.space.map_private(0x10000, 0x1000, READ_WRITE)
    guest.space.map_private(USER_END - 0x1000, 0x1000, READ_WRITE)
    assert guest.run(KEEP, ebx=0x10000, eax=1).trap == Trap.SYSCALL
    assert guest.run(KEEP, ebx=USER_END - 4, eax=2).trap == Trap.SYSCALL
    assert guest.space.read_u32(USER_END - 4) == 2


def _shared_memory() -> int:
    """Bytes of memory files that this process has mapped and touched."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("RssShmem:")[2].split()[0]) << 10


def test_copying_private_memory(engine: Engine, guest: Guest) -> None:
    """Only what was touched is copied: looking at the rest would fill it, and take seconds."""
    other, size = engine.create_space(), 0x60000000
    before = _shared_memory()
    for space in (guest.space, other):
        space.map_private(AT, size, READ_WRITE)
    places = (AT, AT + 0x1000, AT + 0x7FF000, AT + 0x7FFFFF, AT + size - 4)
    for index, place in enumerate(places):
        guest.space.write_u32(place, 0x1010101 * (index + 1))
    guest.space.copy_private(AT, size, other)
    for index, place in enumerate(places):
        assert other.read_u32(place) == 0x1010101 * (index + 1)
    assert other.read(AT + 0x2000, 0x1000) == bytes(0x1000)
    guest.space.write_u32(AT, 5)
    assert other.read_u32(AT) == 0x1010101
    assert _shared_memory() - before < 16 << 20


def test_copying_a_part_of_private_memory(engine: Engine, guest: Guest) -> None:
    other = engine.create_space()
    for space in (guest.space, other):
        space.map_private(AT, 0x4000, READ_WRITE)
    guest.space.write(AT, b"s" * 0x4000)
    other.write(AT, b"o" * 0x4000)
    guest.space.copy_private(AT + 0x1000, 0x2000, other)
    assert other.read(AT, 0x4000) == b"o" * 0x1000 + b"s" * 0x2000 + b"o" * 0x1000
    guest.space.copy_private(AT, 0, other)
    with pytest.raises(ValueError, match="outside"):
        guest.space.copy_private(USER_END - 0x1000, 0x2000, other)
    other.destroy()
    with pytest.raises(EngineError):
        guest.space.copy_private(AT, 0x4000, other)


def test_many_changes_in_the_right_order(engine: Engine, guest: Guest) -> None:
    store = engine.create_store(0x1000)
    store.write(0, b"S" * 0x1000)
    guest.space.map_private(AT, 0x400000, Prot.READ)
    for index in range(1000):
        guest.space.map_store(AT + index * 0x1000, 0x1000, store, 0, Prot.READ)
        if index % 2:
            guest.space.map_private(AT + index * 0x1000, 0x1000, READ_WRITE)
            guest.space.write_u32(AT + index * 0x1000, index)
    for index in (0, 1, 127, 128, 500, 998, 999):
        wanted = index if index % 2 else 0x53535353
        assert guest.run(LOAD, ebx=AT + index * 0x1000).eax == wanted


def test_changes_reach_a_running_thread(engine: Engine, guest: Guest) -> None:
    """A change made for another space's thread is there before that thread runs on."""
    other = Guest(engine)
    caller = other.run(INT_2E)
    spinner = guest.thread()
    guest.space.write(CODE, b"\x83\x03\x01\xeb\xfb")  # add dword [ebx], 1; jmp
    spinner.eip, spinner.ebx = CODE, DATA
    spinner.resume()
    assert engine.wait(20_000_000) is None
    guest.space.protect(DATA, 0x1000, Prot.READ)
    caller.finish(0)
    thread = guest.next()
    if thread is caller:  # whichever is first
        thread = guest.next()
    assert thread is spinner
    assert (thread.trap, thread.address) == (Trap.FAULT, DATA)


def test_running_out_of_host_mappings_is_an_error(engine: Engine, guest: Guest) -> None:
    limit = int(Path("/proc/sys/vm/max_map_count").read_text())
    if limit > 100_000:
        pytest.skip("the host allows very many mappings")
    guest.space.map_private(AT, 0x10000000, Prot.READ)

    def split_all() -> None:
        for index in range(limit):
            guest.space.protect(AT + index * 0x2000, 0x1000, READ_WRITE)

    with pytest.raises(EngineError, match="max_map_count"):
        split_all()
    assert guest.run(INT_2E, eax=9).eax == 9
    assert guest.run(b"\x0f\x0b", esp=STACK).vector == 6
    assert guest.engine.wait(0) is None

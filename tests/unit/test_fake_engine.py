"""The fake engine keeps the promises of engine/protocol.py, so that tests on it mean something."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from ring3k.abi.status import GuestFault
from ring3k.engine.fake import FakeEngine, Idle
from ring3k.engine.fake_guest import INT3, Call, FakeThread, Fault, Load, Program, Spin, StoreTo
from ring3k.engine.protocol import Engine, GuestThread, Prot, ShortCut, Space, Trap

STACK = 0x20000


def start(engine: FakeEngine, program: Program) -> FakeThread:
    space = engine.create_space()
    space.map_private(STACK - 0x1000, 0x1000, Prot.READ | Prot.WRITE)
    thread = space.create_thread(0)
    assert engine.wait(0) is thread
    assert thread.trap == Trap.STARTED
    thread.eip = space.place(program)
    thread.esp = STACK - 16
    return thread


def test_it_is_an_engine() -> None:
    engine: Engine = FakeEngine()
    space: Space = engine.create_space()
    thread: GuestThread = space.create_thread(0)
    assert thread.space is space


def test_call_carries_arguments_in_guest_memory_and_returns_eax() -> None:
    seen = []

    def program(g: Any) -> Generator[Any, Any, int | None]:
        seen.append((yield Call(7, (1, 0xFFFFFFFF))))
        seen.append((yield Call(8)))
        return None

    engine = FakeEngine()
    t = start(engine, program)
    t.resume()
    assert engine.wait(-1) is t
    assert (t.trap, t.eax, t.args(2)) == (Trap.SYSCALL, 7, (1, 0xFFFFFFFF))
    assert t.space.read_u32(t.arg_base + 4) == 0xFFFFFFFF
    inside = t.esp
    t.finish(0x103)
    assert engine.wait(-1) is t
    assert (t.trap, t.eax, seen) == (Trap.SYSCALL, 8, [0x103])
    assert t.esp == inside + 8  # two words fewer on the stack
    t.finish(5)
    assert engine.wait(-1) is t
    assert seen == [0x103, 5]
    assert (t.trap, t.vector, t.address, t.eip) == (Trap.FAULT, 14, 0, 0)  # returned to nowhere
    assert t.esp == STACK - 12


def test_arguments_elsewhere_may_be_unreadable() -> None:
    def program(g: Any) -> Generator[Any, Any, int | None]:
        yield Call(1, base=0x1000)
        return None

    engine = FakeEngine()
    t = start(engine, program)
    t.resume()
    engine.wait(-1)
    with pytest.raises(GuestFault):
        t.args(1)
    assert t.args(0) == ()


def test_a_fault_is_repeated_until_resumed_behind_it() -> None:
    def program(g: Any) -> Generator[Any, Any, int | None]:
        yield Fault(13, code=b"\xf4")
        yield INT3
        yield Call(3)
        return None

    engine = FakeEngine()
    t = start(engine, program)
    t.resume()
    for _ in range(2):
        assert engine.wait(-1) is t
        assert (t.trap, t.vector, t.space.read_u8(t.eip)) == (Trap.FAULT, 13, 0xF4)
        t.resume()
    engine.wait(-1)
    t.eip += 1
    t.resume()
    engine.wait(-1)
    assert (t.vector, t.space.read_u8(t.eip - 1)) == (3, 0xCC)
    t.resume()
    engine.wait(-1)
    assert (t.trap, t.eax) == (Trap.SYSCALL, 3)


def test_loads_and_stores_fault_by_page_rights_and_can_be_resumed() -> None:
    seen = []

    def program(g: Any) -> Generator[Any, Any, int | None]:
        seen.append((yield Load(0x5000)))
        yield StoreTo(0x5000, b"\x01")
        yield Call(0)
        return None

    engine = FakeEngine()
    t = start(engine, program)
    t.resume()
    engine.wait(-1)
    assert (t.vector, t.address, t.error) == (14, 0x5000, 4)
    t.space.map_private(0x5000, 0x1000, Prot.READ)
    t.space.poke(0x5000, b"abcd")
    t.resume()
    engine.wait(-1)
    assert seen == [int.from_bytes(b"abcd", "little")]
    assert (t.vector, t.address, t.error) == (14, 0x5000, 7)
    t.space.protect(0x5000, 0x1000, Prot.READ | Prot.WRITE)
    t.resume()
    engine.wait(-1)
    assert t.trap == Trap.SYSCALL
    assert t.space.read(0x5000, 4) == b"\x01bcd"


def test_fault_hook_may_make_a_page_accessible() -> None:
    space = FakeEngine().create_space()
    asked = []

    def hook(address: int, write: bool) -> bool:
        asked.append((address, write))
        if address == 0x9000:
            return False
        space.map_private(address & -0x1000, 0x1000, Prot.READ | Prot.WRITE)
        return True

    space.fault_hook = hook
    space.write(0x7FFE, b"1234")
    assert asked == [(0x7FFE, True), (0x8000, True)]
    assert space.read(0x7FFE, 4) == b"1234"
    with pytest.raises(GuestFault) as info:
        space.read(0x8FFF, 2)
    assert (info.value.address, info.value.write) == (0x9000, False)
    with pytest.raises(GuestFault):
        space.probe_write(0x8000, 0x1001)


def test_stores_are_shared_and_private_memory_is_kept() -> None:
    engine = FakeEngine()
    store = engine.create_store(0x2000)
    one, two = engine.create_space(), engine.create_space()
    one.map_store(0x10000, 0x1000, store, 0x1000, 3)
    two.map_store(0x20000, 0x2000, store, 0, 1)
    one.write_u32(0x10000, 42)
    assert two.read_u32(0x21000) == 42 == int.from_bytes(store.read(0x1000, 4), "little")
    with pytest.raises(GuestFault):
        two.write_u32(0x21000, 1)
    one.map_private(0x30000, 0x1000, 3)
    one.write(0x30000, b"kept")
    one.unmap(0x30000, 0x1000)
    assert one.peek(0x30000, 4) == b"kept"
    one.map_private(0x30000, 0x1000, 1)
    assert one.read(0x30000, 4) == b"kept"
    one.discard(0x30000, 0x1000)
    assert one.read(0x30000, 4) == bytes(4)


def test_single_step_traps_before_the_next_instruction() -> None:
    def program(g: Any) -> Generator[Any, Any, int | None]:
        yield Call(1)
        yield Call(2)
        return None

    engine = FakeEngine()
    t = start(engine, program)
    t.resume()
    engine.wait(-1)
    t.eflags |= 0x100
    t.finish(0)
    engine.wait(-1)
    assert (t.trap, t.vector) == (Trap.FAULT, 1)
    t.eflags &= ~0x100
    t.resume()
    engine.wait(-1)
    assert (t.trap, t.eax) == (Trap.SYSCALL, 2)


def test_time_passes_only_when_nothing_can_run() -> None:
    def program(g: Any) -> Generator[Any, Any, int | None]:
        yield Spin(400_000)
        yield Call(1)
        return None

    engine = FakeEngine()
    ticks: list[int] = []
    engine.set_tick(15_625_000, lambda: ticks.append(engine.clock.interrupt_time()))
    t = start(engine, program)
    t.resume()
    assert engine.running == 1
    assert engine.wait(100 * 100) is None
    assert engine.clock.interrupt_time() == 100
    assert engine.wait(-1) is t
    assert engine.clock.interrupt_time() == 400_000  # the wait began after no time at all
    assert ticks == [156_250, 312_500]
    assert engine.wait(1000) is None  # idle: a tick comes first afterwards
    assert len(ticks) == 3
    with pytest.raises(Idle):
        engine.wait(-1)
    engine.wake()
    assert engine.wait(-1) is None


@pytest.mark.parametrize("late", [False, True])
def test_interrupt_stops_a_spin_and_loses_to_another_trap(late: bool) -> None:
    def program(g: Any) -> Generator[Any, Any, int | None]:
        yield Spin()
        return None

    def caller(g: Any) -> Generator[Any, Any, int | None]:
        yield Call(1)
        return None

    engine = FakeEngine()
    engine.late_interrupts = late
    t = start(engine, program)
    t.resume()
    assert engine.wait(0) is None
    t.interrupt()
    assert engine.wait(-1) is t
    assert t.trap == Trap.INTERRUPT
    other = start(engine, caller)
    other.resume()
    other.interrupt()
    assert engine.wait(-1) is other
    assert other.trap == (Trap.SYSCALL if late else Trap.INTERRUPT)


def test_exit_and_destroy_report_nothing_more() -> None:
    closed = []

    def program(g: Any) -> Generator[Any, Any, int | None]:
        try:
            yield Call(1)
        finally:
            closed.append(True)
        return None

    engine = FakeEngine()
    t = start(engine, program)
    t.resume()
    engine.wait(-1)
    t.finish(0)
    t.space.destroy()
    assert closed == [True]
    assert t.tid == 0
    with pytest.raises(Idle):
        engine.wait(-1)


def test_a_vanished_host_thread_is_reported_dead() -> None:
    def program(g: Any) -> Generator[Any, Any, int | None]:
        yield Spin()
        return None

    engine = FakeEngine()
    t = start(engine, program)
    t.resume()
    engine.wait(0)
    t.kill_host()
    assert engine.wait(-1) is t
    assert t.trap == Trap.DEAD


def test_short_cuts_answer_without_a_trap() -> None:
    seen = []

    def program(g: Any) -> Generator[Any, Any, int | None]:
        seen.append((yield Call(5, (STACK - 0x800,))))
        seen.append((yield Call(6)))
        seen.append((yield Call(7, (STACK - 0x900, 0))))
        yield Call(7, (STACK - 0x900, STACK - 0x908))
        return None

    engine = FakeEngine()
    page = engine.create_store(0x1000)
    page.write(0x14, (1234567).to_bytes(8, "little"))
    engine.set_clock_page(page, None)
    engine.clock.advance(7654321)
    t = start(engine, program)
    t.space.set_short_cut(5, ShortCut.QUERY_SYSTEM_TIME)
    t.space.set_short_cut(6, ShortCut.YIELD_ALONE)
    t.space.set_short_cut(7, ShortCut.PERFORMANCE_COUNTER)
    t.resume()
    engine.wait(-1)
    assert (t.eax, seen) == (7, [0, 0x40000024, 0])  # with a frequency to answer, the kernel is asked
    assert t.space.read_u64(STACK - 0x800) == 1234567
    assert t.space.read_u64(STACK - 0x900) >= 7654321

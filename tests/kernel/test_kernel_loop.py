"""The kernel's loop and door: results, crashes, suspension, registers set from outside, death."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from ring3k.abi.status import (
    STATUS_ACCESS_VIOLATION,
    STATUS_INTERNAL_ERROR,
    STATUS_INVALID_SYSTEM_SERVICE,
    STATUS_THREAD_IS_TERMINATING,
    STATUS_TIMEOUT,
    GuestFault,
    NtError,
)
from ring3k.abi.structs.ke import CONTEXT, CONTEXT_CONTROL, CONTEXT_INTEGER
from ring3k.engine.fake_guest import Call, Load, Spin
from ring3k.ke import context
from ring3k.ke.thread import ThreadExit
from tests.kernel.conftest import TestSystem, Thread

Steps = Generator[Any, Any, int | None]


def calls(*numbers: int, into: list[Any]) -> Any:
    """A program that makes these calls and notes the statuses."""

    def program(g: Any) -> Steps:
        for number in numbers:
            status = yield Call(number)
            into.append(status)
        return None

    return program


def test_what_a_handler_may_do(system: TestSystem) -> None:
    got: list[Any] = []

    def fails(t: Any) -> int:
        raise NtError(STATUS_TIMEOUT)

    def faults(t: Any) -> int:
        raise GuestFault(0)

    async def at_once(t: Any) -> int:
        return 5

    async def later(t: Any) -> int:
        return await t.wait((), deadline=100) + 1  # type: ignore[no-any-return]

    async def fails_later(t: Any) -> int:
        await t.wait((), deadline=200)
        raise NtError(7)

    def sets_registers(t: Any) -> None:
        t.guest.eax = 0x1234

    for number, handler in enumerate((fails, faults, at_once, later, fails_later, sets_registers), 1):
        system.call(number, handler)
    system.thread(calls(1, 2, 3, 4, 5, 6, 99, into=got))
    system.run()
    assert got == [
        STATUS_TIMEOUT,
        STATUS_ACCESS_VIOLATION,
        5,
        STATUS_TIMEOUT + 1,
        7,
        0x1234,
        STATUS_INVALID_SYSTEM_SERVICE,
    ]
    assert system.clock.interrupt_time() == 200


@pytest.mark.parametrize("late", [False, True])
def test_a_crash_of_ours_is_told_and_the_guest_goes_on(system: TestSystem, late: bool) -> None:
    got: list[Any] = []

    def crashes(t: Any) -> int:
        raise ZeroDivisionError

    async def crashes_later(t: Any) -> int:
        await t.wait((), deadline=10)
        raise ZeroDivisionError

    system.call(1, crashes_later if late else crashes)
    system.thread(calls(1, into=got))
    system.run()
    assert got == [STATUS_INTERNAL_ERROR]
    assert [type(e) for e in system.crashes] == [ZeroDivisionError]
    system.crashes.clear()


def test_a_crash_while_answering_a_fault_ends_the_process(system: TestSystem) -> None:
    """Going on would repeat the fault, and the crash, for ever."""

    def page_fault(t: Any, address: int, access: int) -> None:
        raise NtError(STATUS_TIMEOUT)

    def program(g: Any) -> Steps:
        yield Load(0x5000)
        return None

    system.kernel.answer_page_fault = page_fault
    t = system.thread(program)
    system.run()
    assert t.process.exit_status == STATUS_INTERNAL_ERROR
    assert [type(e) for e in system.crashes] == [NtError]
    system.crashes.clear()


def test_a_crash_without_a_listener_is_raised(system: TestSystem) -> None:
    from ring3k.ke.kernel import Kernel

    other = TestSystem()
    other.kernel.on_crash = Kernel(other.engine, other.bus, other.clock).on_crash

    def crashes(t: Any) -> int:
        raise ZeroDivisionError

    other.call(1, crashes)
    other.thread(calls(1, into=[]))
    with pytest.raises(ZeroDivisionError):
        other.run()


@pytest.mark.parametrize("late", [False, True])
def test_thread_exit(system: TestSystem, late: bool) -> None:
    got: list[Any] = []

    def ends(t: Any) -> int:
        raise ThreadExit

    async def ends_later(t: Any) -> int:
        await t.wait((), deadline=10)
        raise ThreadExit

    system.call(1, ends_later if late else ends)
    t = system.thread(calls(1, into=got))
    system.run()
    assert got == []
    assert t.ended
    assert t.guest.tid == 0


def test_the_deadline_of_run(system: TestSystem) -> None:
    def program(g: Any) -> Steps:
        yield Spin()
        return None

    t = system.thread(program)
    system.run(1_000_000)
    assert system.clock.interrupt_time() == 1_000_000
    assert t.running
    t.die()
    assert not t.running


def test_ticks_while_guests_run(system: TestSystem) -> None:
    ticks = []
    system.kernel.on_tick(lambda: ticks.append(system.clock.interrupt_time()))

    def program(g: Any) -> Steps:
        yield Spin(400_000)
        return None

    system.thread(program)
    system.run()
    assert ticks == [156_250, 312_500]


def test_alarms_come_on_time_while_guests_run(system: TestSystem) -> None:
    ran: list[int] = []
    system.kernel.scheduler.alarm(1000, lambda: ran.append(system.clock.interrupt_time()))

    def program(g: Any) -> Steps:
        yield Spin(5000)
        return None

    system.thread(program)
    system.run()
    assert ran == [1000]


def spinner(g: Any) -> Steps:
    yield Spin()
    return None


def test_suspension_of_running_code(system: TestSystem) -> None:
    t = system.thread(spinner)
    system.run(0)
    assert t.running
    t.suspend_count += 1
    t.pending = True
    t.guest.interrupt()
    system.run(0)
    assert t.parked
    assert not t.running
    t.suspend_count -= 1
    t.unpark()
    system.run(0)
    assert t.running


def test_a_call_completes_while_its_thread_is_suspended(system: TestSystem) -> None:
    """The status waits at the door."""
    got: list[Any] = []

    async def later(t: Any) -> int:
        suspensions.append(t.kernel.scheduler.suspension())
        return await suspensions[0]  # type: ignore[no-any-return]

    suspensions: list[Any] = []
    system.call(1, later)
    t = system.thread(calls(1, into=got))
    system.run()
    t.suspend_count = 2
    t.update_pending()
    suspensions[0].complete(0x99)
    system.run()
    assert (got, t.parked) == ([], True)
    t.suspend_count = 1
    t.unpark()
    system.run()
    assert got == []
    t.suspend_count = 0
    t.unpark()
    system.run()
    assert got == [0x99]


@pytest.mark.parametrize("late", [False, True])
def test_hold_and_stopped_reach_the_registers_of_running_code(system: TestSystem, late: bool) -> None:
    """``late``: the thread gets a system call in before the interrupt."""
    system.engine.late_interrupts = late
    got: list[Any] = []
    target: list[Thread] = []

    async def look(t: Any) -> int:
        target[0].hold()
        try:
            await target[0].stopped()
            assert target[0].guest.trap != 0
            got.append(context.capture(target[0], CONTEXT_CONTROL).Eip)
        finally:
            target[0].release()
        return 0

    def busy(g: Any) -> Steps:
        for _ in range(3):
            yield Call(2)
            yield Spin(10)
        return None

    system.call(1, look)
    system.call(2, lambda t: 0)
    target.append(system.thread(busy))
    system.thread(calls(1, into=got))
    system.run()
    assert len(got) == 2
    assert got[0] >> 24 == 0x6F
    assert got[1] == 0
    assert target[0].ended
    assert target[0].holds == 0


def test_a_thread_that_enters_a_wait_has_stopped(system: TestSystem) -> None:
    """Otherwise looking at the registers of one that just began to wait would take as long as its wait."""
    system.engine.late_interrupts = True
    got: list[Any] = []
    target: list[Thread] = []

    async def look(t: Any) -> int:
        target[0].hold()
        try:
            await target[0].stopped()
            got.append(t.kernel.clock.interrupt_time())
        finally:
            target[0].release()
        return 0

    async def waits(t: Any) -> int:
        await t.wait((), deadline=1000)
        return 9

    system.call(1, look)
    system.call(2, waits)
    system.thread(calls(1, into=got))
    target.append(system.thread(calls(2, into=got)))
    system.run()
    assert got == [0, 0, 9]


def test_stopped_tells_when_the_thread_died_instead(system: TestSystem) -> None:
    got: list[Any] = []
    system.engine.late_interrupts = True
    target: list[Thread] = []

    async def look(t: Any) -> int:
        target[0].hold()
        try:
            await target[0].stopped()
        finally:
            target[0].release()
        return 0

    def ends(t: Any) -> int:
        raise ThreadExit

    system.call(1, look)
    system.call(2, ends)
    system.thread(calls(1, into=got))
    target.append(system.thread(calls(2, into=got)))
    target[0].guest.trap = 0
    system.run()
    assert got == [STATUS_THREAD_IS_TERMINATING]


def test_registers_set_during_a_wait_count_when_it_ends(system: TestSystem) -> None:
    got: list[Any] = []
    suspensions: list[Any] = []

    async def later(t: Any) -> int:
        suspensions.append(t.kernel.scheduler.suspension())
        return await suspensions[0]  # type: ignore[no-any-return]

    def elsewhere(g: Any) -> Steps:
        got.append((g.eax, g.ebx, g.esp))
        g.esp = stack
        return None
        yield

    system.call(1, later)
    t = system.thread(calls(1, into=got))
    stack = t.stack
    system.run()
    new = CONTEXT(
        ContextFlags=CONTEXT_CONTROL | CONTEXT_INTEGER,
        Eip=t.process.memory.place(elsewhere),
        Esp=stack - 0x100,
        Eax=1,
        Ebx=2,
    )
    context.apply(t, new)
    suspensions[0].complete(0x99)
    system.run()
    assert got == [(0x99, 2, stack - 0x100)]  # eax is the status, as in NT
    assert t.ended


def test_a_killed_host_thread(system: TestSystem) -> None:
    t = system.thread(spinner)
    system.run(0)
    t.guest.kill_host()
    system.run()
    assert t.ended


def test_death_of_a_thread_inside_the_kernel_by_another(system: TestSystem) -> None:
    got: list[Any] = []
    unwound = []

    async def waits(t: Any) -> int:
        try:
            return await t.wait(())  # type: ignore[no-any-return]
        finally:
            unwound.append(True)

    victim: list[Thread] = []

    def kills(t: Any) -> int:
        victim[0].die()
        victim[0].die()
        return 3

    system.call(1, waits)
    system.call(2, kills)
    victim.append(system.thread(calls(1, into=got)))
    system.thread(calls(2, into=got))
    system.run()
    assert got == [3]
    assert unwound == [True]
    assert victim[0].tasks == []


def test_an_unwinding_call_that_fails_is_told(system: TestSystem) -> None:
    async def waits(t: Any) -> int:
        try:
            await t.wait(())
        finally:
            raise ZeroDivisionError

    system.call(1, waits)
    t = system.thread(calls(1, into=[]))
    system.run()
    t.die()
    assert [type(e) for e in system.crashes] == [ZeroDivisionError]
    assert t.ended
    system.crashes.clear()

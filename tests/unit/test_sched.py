"""The scheduler: what ends a wait first counts, and nothing runs inside somebody else's call."""

from __future__ import annotations

from typing import Any

import pytest

from ring3k.sched.clock import UNIX_EPOCH, HostClock, VirtualClock
from ring3k.sched.scheduler import Scheduler, Suspension, Task


class Log:
    """A scheduler, and how its tasks ended."""

    def __init__(self) -> None:
        self.scheduler = Scheduler(VirtualClock())
        self.ended: list[Any] = []

    def done(self, task: Task, result: Any, error: BaseException | None) -> None:
        self.ended.append(error if error is not None else result)

    def start(self, coroutine: Any) -> Task:
        task = Task(coroutine, self.done)
        self.scheduler.step(task)
        return task


@pytest.fixture
def log() -> Log:
    return Log()


async def waiter(suspension: Suspension[Any]) -> Any:
    return await suspension


def test_complete_queues_and_run_ready_resumes(log: Log) -> None:
    one = log.scheduler.suspension()
    log.start(waiter(one))
    assert one.complete(5)
    assert log.ended == []
    assert log.scheduler.run_ready()
    assert log.ended == [5]
    assert not log.scheduler.run_ready()


def test_only_the_first_end_counts(log: Log) -> None:
    one, two = log.scheduler.suspension(), log.scheduler.suspension()
    log.start(waiter(one))
    log.start(waiter(two))
    assert one.complete(1)
    assert not one.abort(ValueError())
    assert two.abort(KeyError("x"))
    assert not two.complete(2)
    log.scheduler.run_ready()
    assert log.ended[0] == 1
    assert isinstance(log.ended[1], KeyError)


def test_a_suspension_may_end_before_it_is_awaited(log: Log) -> None:
    one, two = log.scheduler.suspension(), log.scheduler.suspension()
    one.complete(1)
    two.abort(ValueError())
    log.start(waiter(one))
    log.start(waiter(two))
    assert log.ended[0] == 1
    assert isinstance(log.ended[1], ValueError)


def test_tasks_resume_in_the_order_their_waits_ended(log: Log) -> None:
    suspensions = [log.scheduler.suspension() for _ in range(4)]
    for one in suspensions:
        log.start(waiter(one))
    for index in (2, 0, 3, 1):
        suspensions[index].complete(index)
    log.scheduler.run_ready()
    assert log.ended == [2, 0, 3, 1]


def test_close_unwinds_and_reports_nothing(log: Log) -> None:
    unwound = []

    async def body(suspension: Suspension[Any]) -> None:
        try:
            await suspension
        finally:
            unwound.append(True)

    one = log.scheduler.suspension()
    task = log.start(body(one))
    task.close()
    assert unwound == [True]
    one.complete(1)  # the signaller does not know
    log.scheduler.run_ready()
    assert log.ended == []


def test_close_after_complete_does_not_resume(log: Log) -> None:
    one = log.scheduler.suspension()
    task = log.start(waiter(one))
    one.complete(1)
    task.close()
    log.scheduler.run_ready()
    assert log.ended == []


@pytest.mark.parametrize("end", ["return", "raise", "wait"])
def test_a_task_may_close_itself(log: Log, end: str) -> None:
    unwound = []
    tasks: list[Task] = []

    async def body(first: Suspension[Any], second: Suspension[Any]) -> int:
        try:
            await first
            tasks[0].close()
            if end == "raise":
                raise ValueError
            if end == "wait":
                await second
        finally:
            unwound.append(True)
        return 1

    first, second = log.scheduler.suspension(), log.scheduler.suspension()
    tasks.append(log.start(body(first, second)))
    first.complete(None)
    log.scheduler.run_ready()
    assert unwound == [True]
    second.complete(None)
    log.scheduler.run_ready()
    assert log.ended == []


def test_errors_reach_done(log: Log) -> None:
    async def body() -> None:
        raise ZeroDivisionError

    log.start(body())
    assert isinstance(log.ended[0], ZeroDivisionError)


def test_alarms_run_by_time_then_by_order_made(log: Log) -> None:
    clock, scheduler = log.scheduler.clock, log.scheduler
    assert isinstance(clock, VirtualClock)
    ran: list[str] = []
    scheduler.alarm(20, lambda: ran.append("b"))
    scheduler.alarm(10, lambda: ran.append("a"))
    scheduler.alarm(20, lambda: ran.append("c"))
    cancelled = scheduler.alarm(5, lambda: ran.append("never"))
    cancelled.cancel()
    assert scheduler.next_due() == 10
    scheduler.run_alarms()
    assert ran == []
    clock.advance(20)
    scheduler.run_alarms()
    assert ran == ["a", "b", "c"]
    assert scheduler.next_due() is None


def test_cancelled_alarms_do_not_pile_up(log: Log) -> None:
    """Waits with time-outs that end early must not fill the heap until their time has come."""
    scheduler = log.scheduler
    keep = scheduler.alarm(10_000_000, lambda: None)
    for index in range(10_000):
        scheduler.alarm(20_000_000 + index, lambda: None).cancel()
    assert len(scheduler.alarms) < 200
    assert scheduler.next_due() == keep.due


def test_an_alarm_may_set_another_for_now(log: Log) -> None:
    ran = []

    def first() -> None:
        ran.append(1)
        log.scheduler.alarm(0, lambda: ran.append(2))

    log.scheduler.alarm(0, first)
    log.scheduler.run_alarms()
    assert ran == [1, 2]


def test_many_short_periods_let_others_run(log: Log) -> None:
    """Time goes on while alarms are made, each of which is due again at once."""
    clock, scheduler = log.scheduler.clock, log.scheduler
    assert isinstance(clock, VirtualClock)
    ran = 0

    def again() -> None:
        nonlocal ran
        ran += 1
        clock.advance(10)
        scheduler.alarm(clock.interrupt_time() + 1, again)

    for _ in range(1000):
        scheduler.alarm(1, again)
    clock.advance(5)
    scheduler.run_alarms()
    assert ran == 1000
    scheduler.run_alarms()
    assert ran == 1000  # as long as they took, it is others' turn
    clock.advance(10_000)
    scheduler.run_alarms()
    assert ran == 2000


def test_virtual_time_moves_only_when_told() -> None:
    clock = VirtualClock()
    assert clock.sleep_ns(50) == 5000
    assert clock.interrupt_time() == 0
    clock.advance(60)
    assert clock.sleep_ns(50) == 0
    assert clock.system_time() == UNIX_EPOCH + 60
    clock.set_system_time(1000)
    clock.advance(1)
    assert (clock.system_time(), clock.interrupt_time()) == (1001, 61)


def test_setting_the_host_clock_leaves_interrupt_time_alone() -> None:
    clock = HostClock()
    before = clock.interrupt_time()
    clock.set_system_time(5)
    assert 5 <= clock.system_time() < 5 + 10_000_000
    assert before <= clock.interrupt_time() < before + 10_000_000
    assert clock.sleep_ns(clock.interrupt_time() + 10_000_000) <= 1_000_000_000
    assert clock.sleep_ns(0) == 0

"""Waits, as guests see them: any, all, time-outs, alerts, suspension, death."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from ring3k.abi.status import (
    STATUS_ABANDONED_WAIT_0,
    STATUS_ALERTED,
    STATUS_MUTANT_LIMIT_EXCEEDED,
    STATUS_TIMEOUT,
    STATUS_USER_APC,
    NtError,
)
from ring3k.engine.fake_guest import Call, Spin
from ring3k.ke.dispatcher import Dispatcher
from ring3k.ke.thread import KThread, UserApc
from tests.kernel.conftest import TestSystem, Thread

Steps = Generator[Any, Any, int | None]
WAIT = 1


class Event(Dispatcher):
    """Synchronization (auto-reset) or notification event."""

    def __init__(self, auto: bool = True, signalled: bool = False) -> None:
        super().__init__()
        self.auto = auto
        self.state = signalled
        self.references = 0
        self.abandoned = False

    def can_take(self, thread: KThread) -> bool:
        return self.state

    def take(self, thread: KThread) -> bool:
        if self.auto:
            self.state = False
        return self.abandoned

    def set(self) -> None:
        self.state = True
        self.signalled()

    def reference(self) -> None:
        self.references += 1

    def dereference(self) -> None:
        self.references -= 1


class Waits:
    """Threads that each do one wait, and what they got, in order.

    ``alone``: the wait is all that the handler does, as in NtWaitForSingleObject; else it is awaited by
    a coroutine that goes on after it.
    """

    def __init__(self, system: TestSystem, alone: bool) -> None:
        self.system = system
        self.alone = alone
        self.results: list[tuple[str, int]] = []

    def thread(self, name: str, *objects: Event, **how: Any) -> Thread:
        def asked(t: Any) -> dict[str, Any]:
            found = dict(t.how)
            if "timeout" in found:
                found["deadline"] = t.kernel.clock.interrupt_time() + found.pop("timeout")
            return found

        def wait_alone(t: Any) -> Any:
            return t.begin_wait(t.objects, **asked(t))

        async def wait(t: Any) -> Any:
            return await t.wait(t.objects, **asked(t))

        def program(g: Any) -> Steps:
            status = yield Call(WAIT)
            self.results.append((name, status))
            return None

        self.system.call(WAIT, wait_alone if self.alone else wait)
        made: Any = self.system.thread(program)
        made.objects, made.how = objects, how
        return made  # type: ignore[no-any-return]

    def run(self, units: int = 0) -> list[tuple[str, int]]:
        """Let everything happen that can within this time."""
        self.system.run(units)
        got, self.results = self.results, []
        return got


@pytest.fixture(params=["alone", "awaited"])
def waits(system: TestSystem, request: pytest.FixtureRequest) -> Waits:
    return Waits(system, request.param == "alone")


def test_who_only_waits_goes_on_at_once(waits: Waits) -> None:
    """Not when the loop comes to it: that costs as much again."""
    event = Event()
    t = waits.thread("x", event)
    waits.run()
    event.set()
    assert t.running == waits.alone
    assert len(waits.system.kernel.scheduler.ready) == (not waits.alone)
    assert waits.run() == [("x", 0)]


def test_who_is_to_stay_out_of_guest_code_does_so_when_its_wait_ends(waits: Waits) -> None:
    event = Event()
    t = waits.thread("x", event)
    waits.run()
    t.hold()
    event.set()
    assert not t.running
    assert waits.run() == []
    assert not event.state  # it has taken it
    t.release()
    assert waits.run() == [("x", 0)]


def test_any_takes_the_first_that_is_signalled(waits: Waits) -> None:
    a, b, c = Event(), Event(signalled=True), Event(signalled=True)
    waits.thread("x", a, b, c)
    assert waits.run() == [("x", 1)]
    assert (b.state, c.state) == (False, True)
    assert (a.references, b.references, c.references) == (0, 0, 0)


def test_any_reports_the_index_of_what_was_signalled_later(waits: Waits) -> None:
    a, b = Event(), Event()
    waits.thread("x", a, b)
    assert waits.run() == []
    assert a.references == 1
    b.set()
    assert waits.run() == [("x", 1)]
    assert (len(a.waiters), len(b.waiters), a.references) == (0, 0, 0)


def test_all_takes_nothing_until_everything_is_there(waits: Waits) -> None:
    a, b = Event(), Event()
    waits.thread("all", a, b, wait_all=True)
    waits.run()
    a.set()
    assert waits.run() == []
    assert a.state
    waits.thread("one", a)
    assert waits.run() == [("one", 0)]
    b.set()
    assert waits.run() == []
    a.set()
    assert waits.run() == [("all", 0)]
    assert (a.state, b.state) == (False, False)


def test_waiters_are_served_first_come_first(waits: Waits) -> None:
    event = Event()
    for name in "abc":
        waits.thread(name, event)
    waits.run()
    event.set()
    assert waits.run() == [("a", 0)]
    event.set()
    event.set()
    assert waits.run() == [("b", 0), ("c", 0)]


def test_a_notification_event_wakes_everybody(waits: Waits) -> None:
    event = Event(auto=False)
    for name in "abc":
        waits.thread(name, event)
    waits.run()
    event.set()
    assert waits.run() == [("a", 0), ("b", 0), ("c", 0)]
    assert event.state


def test_an_abandoned_object_shows_in_the_status(waits: Waits) -> None:
    a, b = Event(), Event(signalled=True)
    b.abandoned = True
    waits.thread("any", a, b)
    assert waits.run() == [("any", STATUS_ABANDONED_WAIT_0 + 1)]
    waits.thread("later", a, b)
    waits.run()
    b.set()
    assert waits.run() == [("later", STATUS_ABANDONED_WAIT_0 + 1)]
    a.state = b.state = True
    waits.thread("all", a, b, wait_all=True)
    assert waits.run() == [("all", STATUS_ABANDONED_WAIT_0)]


def test_time_runs_out_at_the_deadline(waits: Waits) -> None:
    event = Event()
    waits.thread("b", event, timeout=200)
    waits.thread("a", event, timeout=100)
    assert waits.run(99) == []
    assert waits.run(1) == [("a", STATUS_TIMEOUT)]
    assert waits.run(100) == [("b", STATUS_TIMEOUT)]
    assert (event.waiters, event.references) == ([], 0)


def test_a_deadline_already_past_only_looks(waits: Waits) -> None:
    event = Event(signalled=True)
    waits.thread("taken", event, timeout=0)
    waits.thread("late", event, timeout=0)
    assert waits.run() == [("taken", 0), ("late", STATUS_TIMEOUT)]


def test_a_signal_beats_the_time_out_that_comes_at_the_same_moment(waits: Waits) -> None:
    event = Event()
    waits.system.kernel.scheduler.alarm(100, event.set)
    waits.thread("x", event, timeout=100)
    assert waits.run(100) == [("x", 0)]


def test_a_wait_without_objects_is_a_delay(waits: Waits) -> None:
    waits.thread("x", timeout=50)
    assert waits.run(49) == []
    assert waits.run(1) == [("x", STATUS_TIMEOUT)]


def test_alerts_end_alertable_waits_only(waits: Waits) -> None:
    event = Event()
    deaf, hearing = waits.thread("deaf", event), waits.thread("hearing", event, alertable=True)
    waits.run()
    deaf.alert()
    hearing.alert()
    assert waits.run() == [("hearing", STATUS_ALERTED)]
    assert (deaf.alerted, hearing.alerted) == (True, False)
    event.set()
    assert waits.run() == [("deaf", 0)]


def test_a_pending_alert_ends_the_next_alertable_wait_unless_an_object_is_signalled(waits: Waits) -> None:
    event = Event(signalled=True)
    t = waits.thread("signalled", event, alertable=True)
    t.alert()
    assert waits.run() == [("signalled", 0)]
    assert t.alerted
    t = waits.thread("alerted", event, alertable=True)
    t.alert()
    assert waits.run() == [("alerted", STATUS_ALERTED)]
    assert not t.alerted
    assert event.waiters == []


def test_an_apc_ends_an_alertable_wait(waits: Waits) -> None:
    event = Event()
    t = waits.thread("x", event, alertable=True)
    waits.system.kernel.deliver_apc = lambda t: t.user_apcs.clear()
    waits.run()
    t.queue_apc(UserApc(1, 2, 3, 4))
    event.set()  # too late: the APC was first, and the event stays signalled
    assert waits.run() == [("x", STATUS_USER_APC)]
    assert event.state


def test_a_suspended_thread_leaves_a_signal_to_others(waits: Waits) -> None:
    event = Event()
    t = waits.thread("suspended", event)
    waits.run()
    t.suspend_count += 1
    t.update_pending()
    event.set()
    assert waits.run() == []
    assert event.state
    waits.thread("other", event)
    assert waits.run() == [("other", 0)]
    t.suspend_count -= 1
    t.unpark()
    assert waits.run() == []
    event.set()
    assert waits.run() == [("suspended", 0)]


def test_a_suspended_thread_finds_the_signal_when_resumed(waits: Waits) -> None:
    event = Event()
    t = waits.thread("x", event, timeout=100)
    waits.run()
    t.suspend_count += 1
    t.update_pending()
    waits.run(500)
    event.set()
    t.suspend_count -= 1
    t.unpark()
    assert waits.run() == [("x", 0)]  # the object is looked at before the time


def test_time_runs_out_for_a_suspended_thread_when_resumed(waits: Waits) -> None:
    event = Event()
    t = waits.thread("x", event, timeout=100)
    waits.run()
    t.suspend_count += 1
    t.update_pending()
    assert waits.run(500) == []
    t.suspend_count -= 1
    t.unpark()
    assert waits.run() == [("x", STATUS_TIMEOUT)]


@pytest.mark.parametrize("how", ["alert", "apc"])
def test_alerts_and_apcs_wait_for_the_resumption_too(waits: Waits, how: str) -> None:
    event = Event()
    waits.system.kernel.deliver_apc = lambda t: t.user_apcs.clear()
    t = waits.thread("x", event, alertable=True)
    waits.run()
    t.suspend_count += 1
    t.update_pending()
    if how == "alert":
        t.alert()
    else:
        t.queue_apc(UserApc(1, 2, 3, 4))
    assert waits.run() == []
    t.suspend_count -= 1
    t.unpark()
    assert waits.run() == [("x", STATUS_ALERTED if how == "alert" else STATUS_USER_APC)]


def test_death_while_waiting_leaves_nothing_behind(waits: Waits) -> None:
    event = Event()
    t = waits.thread("x", event, timeout=1000)
    waits.run()
    t.die()
    assert (event.waiters, event.references, t.tasks) == ([], 0, [])
    assert waits.system.kernel.scheduler.next_due() is None
    event.set()
    assert event.state
    assert waits.run() == []


def test_death_between_signal_and_return_takes_the_signal_along(waits: Waits) -> None:
    event = Event()
    t = waits.thread("x", event)
    waits.run()
    event.set()
    t.die()
    assert waits.run() == []
    assert not event.state  # as in NT: the wait was satisfied


def test_threads_are_signalled_by_their_end(waits: Waits) -> None:
    def program(g: Any) -> Steps:
        yield Spin(1000)
        return None

    worker: Any = waits.system.thread(program)
    waits.thread("x", worker)
    assert waits.run(999) == []
    assert waits.run(1) == [("x", 0)]
    waits.thread("late", worker)
    assert waits.run() == [("late", 0)]


def test_a_signal_that_is_taken_is_offered_to_nobody_else(waits: Waits) -> None:
    """With many waiters, waking one must not cost a look at all."""
    asked = []

    class Counting(Event):
        def can_take(self, thread: KThread) -> bool:
            asked.append(thread)
            return self.state

    event = Counting()
    for _ in range(50):
        waits.thread("x", event)
    waits.run()
    asked.clear()
    event.set()
    assert len(asked) <= 4
    assert waits.run() == [("x", 0)]


def test_an_error_found_while_waking_belongs_to_the_waiter(waits: Waits) -> None:
    class Limited(Event):
        def can_take(self, thread: KThread) -> bool:
            raise NtError(STATUS_MUTANT_LIMIT_EXCEEDED)

    first, second = Event(), Limited()
    waits.thread("x", first, second, wait_all=True)
    waits.run()
    first.set()
    assert waits.run() == [("x", STATUS_MUTANT_LIMIT_EXCEEDED)]


def test_the_same_object_twice_in_a_wait_for_any(waits: Waits) -> None:
    event = Event()
    waits.thread("x", event, event)
    waits.run()
    assert len(event.waiters) == 2
    event.set()
    assert waits.run() == [("x", 0)]
    assert (event.waiters, event.references) == ([], 0)

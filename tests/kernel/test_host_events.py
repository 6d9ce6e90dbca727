"""Descriptors of the host's that the kernel waits for, and calls that other threads make."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from select import EPOLLIN
from typing import cast

import pytest

from ring3k.engine.fake import FakeEngine
from ring3k.hooks.events import Bus
from ring3k.ke.host import MOST_THREADS, HostEvents, Watch
from ring3k.ke.kernel import Kernel
from ring3k.ke.thread import KThread
from ring3k.sched.scheduler import Task


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    engine = FakeEngine()
    kernel = Kernel(engine, Bus(lambda line: None), engine.clock)
    yield kernel
    kernel.close()
    engine.close()


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_armed_descriptor_is_reported_once(kernel: Kernel, pipe: tuple[int, int]) -> None:
    host = kernel.late_part(HostEvents)
    seen: list[int] = []
    watch = host.watch(pipe[0], seen.append)
    os.write(pipe[1], b"x")
    host.look()
    assert seen == []  # not armed
    watch.arm(EPOLLIN)
    host.look()
    host.look()
    assert seen == [EPOLLIN]
    watch.arm(EPOLLIN)
    host.look()
    assert seen == [EPOLLIN, EPOLLIN]


def test_the_engine_wakes_for_it(kernel: Kernel, pipe: tuple[int, int]) -> None:
    host = kernel.late_part(HostEvents)
    watch = host.watch(pipe[0], lambda events: kernel.stop())
    watch.arm(EPOLLIN)
    os.write(pipe[1], b"x")
    kernel.run()


def test_closed_and_disarmed_watches_say_nothing(kernel: Kernel, pipe: tuple[int, int]) -> None:
    host = kernel.late_part(HostEvents)
    seen: list[int] = []
    watch = host.watch(pipe[0], seen.append)
    os.write(pipe[1], b"x")
    watch.arm(EPOLLIN)
    watch.arm(0)
    host.look()
    watch.arm(EPOLLIN)
    watch.close()
    watch.close()
    host.look()
    assert seen == []


def test_an_action_may_close_another_watch(kernel: Kernel) -> None:
    host, ends = kernel.late_part(HostEvents), [os.pipe() for _ in range(2)]
    seen: list[int] = []
    watches: list[Watch] = []

    def action(events: int) -> None:
        seen.append(events)
        for watch in watches:
            watch.close()

    for read, write in ends:
        watch = host.watch(read, action)
        watches.append(watch)
        watch.arm(EPOLLIN)
        os.write(write, b"x")
    host.look()
    assert seen == [EPOLLIN]
    for pair in ends:
        for end in pair:
            os.close(end)


def test_posts_come_from_other_threads(kernel: Kernel) -> None:
    from threading import Thread

    host = kernel.late_part(HostEvents)
    thread = Thread(target=lambda: host.post(kernel.stop))
    thread.start()
    kernel.run()
    thread.join()


def test_after_the_end_posts_do_no_harm(kernel: Kernel) -> None:
    host = kernel.late_part(HostEvents)
    kernel.close()
    kernel.close()
    host.post(kernel.stop)


class Waiter:
    """As much of a thread as a call needs."""

    queue = None


def _run(kernel: Kernel, function: Callable[[], int]) -> tuple[int | None, BaseException | None]:
    """The end of a call that is waited for."""
    ends: list[tuple[int | None, BaseException | None]] = []
    coroutine = kernel.late_part(HostEvents).call(cast(KThread, Waiter()), function)

    def done(task: Task, result: int, error: BaseException | None) -> None:
        ends.append((result, error))
        kernel.stop()

    kernel.scheduler.step(Task(coroutine, done))
    kernel.run()
    return ends[0]


def test_calls_are_made_elsewhere(kernel: Kernel) -> None:
    from threading import get_ident

    here = get_ident()
    assert _run(kernel, lambda: int(get_ident() != here)) == (1, None)


def test_errors_of_calls_come_back(kernel: Kernel) -> None:
    result, error = _run(kernel, lambda: 1 // 0)
    assert result is None
    assert isinstance(error, ZeroDivisionError)


def test_a_call_that_nobody_waits_for_is_dropped(kernel: Kernel) -> None:
    from threading import Event

    may_end, ended = Event(), Event()

    def slow() -> int:
        may_end.wait(10)
        ended.set()
        return 1

    task = Task(
        kernel.late_part(HostEvents).call(cast(KThread, Waiter()), slow), lambda task, result, error: None
    )
    kernel.scheduler.step(task)
    task.close()
    may_end.set()
    assert ended.wait(10)
    assert _run(kernel, lambda: 2) == (2, None)


def test_many_calls_share_few_threads(kernel: Kernel) -> None:
    from threading import active_count

    before = active_count()
    ends: list[int] = []
    host = kernel.late_part(HostEvents)

    def done(task: Task, result: int, error: BaseException | None) -> None:
        ends.append(result)
        if len(ends) == 50:
            kernel.stop()

    for number in range(50):
        coroutine = host.call(cast(KThread, Waiter()), partial(abs, number))
        kernel.scheduler.step(Task(coroutine, done))
        assert active_count() <= before + 2 * MOST_THREADS  # some may be about to end
    kernel.run()
    assert sorted(ends) == list(range(50))

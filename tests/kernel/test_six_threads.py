"""Calls that came after NT 5.2: threads with stacks of their own, and alerts by thread id."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_ALERTED,
    STATUS_INVALID_CID,
    STATUS_INVALID_HANDLE,
    STATUS_INVALID_PARAMETER,
    STATUS_INVALID_PARAMETER_3,
    STATUS_INVALID_PARAMETER_7,
    STATUS_PENDING,
    STATUS_TIMEOUT,
)
from ring3k.engine.fake_guest import Spin
from ring3k.ob.object import TypeTable
from tests.kernel.ps_guest import process_of, thread_of, words
from tests.kernel.six_guest import OWN_PROCESS, SixGuest

SUSPENDED = 1
THREAD_ALL = 0x1FFFFF
CLIENT_ID, TEB_ADDRESS, IMAGE_NAME = 0x10003, 0x10004, 0x20005


@pytest.fixture
def guest(hello: Path) -> SixGuest:
    return SixGuest(hello)


def milliseconds(g: Any, place: int, count: int) -> int:
    """A relative time-out in memory."""
    g.space.write(place, (-count * 10_000).to_bytes(8, "little", signed=True))
    return place


def attributes(g: Any, place: int, *entries: tuple[int, int, int, int]) -> int:
    """A PS_ATTRIBUTE_LIST in memory."""
    data = (4 + 16 * len(entries)).to_bytes(4, "little")
    data += b"".join(word.to_bytes(4, "little") for entry in entries for word in entry)
    g.space.write(place, data)
    return place


def test_an_alert_is_remembered_once(guest: SixGuest) -> None:
    results: list[int] = []

    def program(g: Any) -> Any:
        now = milliseconds(g, g.esp - 0x100, 0)
        tid = thread_of(g).tid
        results.append((yield guest.call("NtWaitForAlertByThreadId", 0x123, now)))
        results.append((yield guest.call("NtAlertThreadByThreadId", tid)))
        results.append((yield guest.call("NtAlertThreadByThreadId", tid)))
        results.append((yield guest.call("NtWaitForAlertByThreadId", 0x123, 0)))
        results.append((yield guest.call("NtWaitForAlertByThreadId", 0x321, now)))

    with guest.system:
        assert guest.run(program) == 0
    assert results == [STATUS_TIMEOUT, 0, 0, STATUS_ALERTED, STATUS_TIMEOUT]


def test_whom_an_alert_reaches(guest: SixGuest) -> None:
    results: list[int] = []

    def other(g: Any) -> Any:
        yield Spin(1000)

    def program(g: Any) -> Any:
        results.append((yield guest.call("NtAlertThreadByThreadId", 0)))
        results.append((yield guest.call("NtAlertThreadByThreadId", 0xDEADBEEF)))
        results.append((yield guest.call("NtAlertThreadByThreadId", process_of(g).pid)))
        results.append((yield guest.call("NtAlertThreadByThreadId", foreign[0])))

    with guest.system:
        spinning = guest.spawn(other)
        foreign = [spinning._process.threads[0].tid]
        assert guest.run(program) == 0
        spinning.wait(10)
    assert results == [STATUS_INVALID_CID] * 3 + [STATUS_ACCESS_DENIED]


def test_an_alert_ends_a_wait(guest: SixGuest) -> None:
    results: list[Any] = []

    def second(g: Any) -> Any:
        yield Spin(50_000)
        results.append(("woke it", (yield guest.call("NtAlertThreadByThreadId", g.ebx))))

    def program(g: Any) -> Any:
        start = guest.script(process_of(g), second)
        out = g.esp - 0x100
        tid = thread_of(g).tid
        yield guest.call("NtCreateThreadEx", out, THREAD_ALL, 0, OWN_PROCESS, start, tid, 0, 0, 0, 0, 0)
        results.append((yield guest.call("NtWaitForAlertByThreadId", 0x123, 0)))
        before = guest.clock.interrupt_time()
        soon = milliseconds(g, g.esp - 0x200, 20)
        results.append((yield guest.call("NtWaitForAlertByThreadId", 0x123, soon)))
        results.append(guest.clock.interrupt_time() - before >= 200_000)

    with guest.system:
        assert guest.run(program) == 0
    assert sorted(map(str, results)) == sorted(
        map(str, [("woke it", 0), STATUS_ALERTED, STATUS_TIMEOUT, True])
    )


def test_a_bad_time_out_is_a_fault_even_when_alerted(guest: SixGuest) -> None:
    results: list[int] = []

    def program(g: Any) -> Any:
        yield guest.call("NtAlertThreadByThreadId", thread_of(g).tid)
        results.append((yield guest.call("NtWaitForAlertByThreadId", 0, 0x10)))
        results.append((yield guest.call("NtWaitForAlertByThreadId", 0, 0)))

    with guest.system:
        assert guest.run(program) == 0
    assert results == [0xC0000005, STATUS_ALERTED]


def test_a_thread_comes_with_a_stack_that_goes_with_it(guest: SixGuest) -> None:
    seen: dict[str, Any] = {}

    def second(g: Any) -> Any:
        seen["argument"], seen["esp"] = g.ebx, g.esp
        seen["client"] = thread_of(g).tid
        yield from ()

    def program(g: Any) -> Any:
        process = process_of(g)
        out, ids = g.esp - 0x100, g.esp - 0x140
        listed = attributes(g, g.esp - 0x200, (CLIENT_ID, 8, ids, ids + 12), (TEB_ADDRESS, 4, ids + 8, 0))
        start = guest.script(process, second)
        before = process.vm.size
        seen["status"] = yield guest.call(
            "NtCreateThreadEx", out, THREAD_ALL, 0, OWN_PROCESS, start, 77, 0, 0, 0x1000, 0x300000, listed
        )
        seen["room"] = process.vm.size - before
        handle, *_ = words(g, out, 1)
        seen["told"] = words(g, ids, 4)
        seen["wait"] = yield guest.call("NtWaitForSingleObject", handle, 0, 0)
        yield guest.call("NtClose", handle)
        seen["left"] = process.vm.size - before
        seen["pid"] = process.pid

    with guest.system as system:
        assert guest.run(program) == 0
        assert system.kernel.part(TypeTable)
    assert (seen["status"], seen["argument"], seen["wait"], seen["left"]) == (0, 77, 0, 0)
    assert seen["room"] >= 0x300000
    assert seen["told"][:2] == (seen["pid"], seen["client"])
    assert seen["told"][2]
    assert seen["told"][3] == 8


def test_what_a_new_thread_must_not_ask_for(guest: SixGuest) -> None:
    results: list[int] = []

    def program(g: Any) -> Any:
        out, place = g.esp - 0x100, g.esp - 0x200

        def make(process: int = OWN_PROCESS, flags: int = 0, zero: int = 0, listed: int = 0) -> Any:
            args = (out, THREAD_ALL, 0, process, 0, 0, flags, zero, 0, 0, listed)
            return guest.call("NtCreateThreadEx", *args)

        results.append((yield make(flags=0x80)))
        results.append((yield make(zero=22)))
        results.append((yield make(process=0x7770)))
        results.append(
            (yield make(listed=attributes(g, place, (CLIENT_ID, 8, out, 0), (CLIENT_ID, 8, out, 0))))
        )
        results.append((yield make(listed=attributes(g, place, (IMAGE_NAME, 8, out, 0)))))
        g.space.write_u32(place, 7)
        results.append((yield make(listed=place)))
        results.append((yield make(listed=attributes(g, place, (CLIENT_ID, 8, 0x10, 0)))))
        results.append(len(process_of(g).threads))

    with guest.system:
        assert guest.run(program) == 0
    assert results == [
        STATUS_INVALID_PARAMETER_7,
        STATUS_INVALID_PARAMETER_3,
        STATUS_INVALID_HANDLE,
        STATUS_INVALID_PARAMETER,
        STATUS_INVALID_PARAMETER,
        STATUS_INVALID_PARAMETER,
        0xC0000005,
        1,
    ]


def test_a_suspended_thread_waits_to_be_resumed(guest: SixGuest) -> None:
    ran: list[int] = []
    states: list[int] = []

    def second(g: Any) -> Any:
        ran.append(thread_of(g).hidden_from_debugger)
        yield from ()

    def program(g: Any) -> Any:
        out = g.esp - 0x100
        start = guest.script(process_of(g), second)
        yield guest.call(
            "NtCreateThreadEx", out, THREAD_ALL, 0, OWN_PROCESS, start, 0, SUSPENDED | 6, 0, 0, 0, 0
        )
        (handle,) = words(g, out, 1)
        (thread,) = [one for one in process_of(g).threads if one is not thread_of(g)]
        states.append(g.space.read_u16(thread.teb + 0xFCA))  # SameTebFlags
        yield Spin(10_000)
        states.extend((len(ran), thread.exit_status))
        yield guest.call("NtResumeThread", handle, 0)
        yield guest.call("NtWaitForSingleObject", handle, 0, 0)
        states.append(len(ran))

    with guest.system:
        assert guest.run(program) == 0
    assert states == [0x8, 0, STATUS_PENDING, 1]
    assert ran == [True]

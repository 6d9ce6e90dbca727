"""Processes and threads from birth to end: ids, suspension, exit status, what is given back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ring3k.abi.status import (
    STATUS_CANT_TERMINATE_SELF,
    STATUS_INVALID_HANDLE,
    STATUS_NO_YIELD_PERFORMED,
    STATUS_PENDING,
    STATUS_PROCESS_IS_TERMINATING,
    STATUS_SUSPEND_COUNT_EXCEEDED,
    STATUS_TIMEOUT,
    STATUS_UNSUCCESSFUL,
    NtError,
)
from ring3k.abi.structs.ps import TEB_NT50
from ring3k.engine.fake_guest import Fault, Spin
from ring3k.engine.protocol import Trap
from ring3k.hooks.events import Event, Note, ProcessCreated, ProcessExited, ThreadCreated, ThreadExited
from ring3k.mm.commit import CommitAccount
from ring3k.ob.object import TypeTable
from ring3k.ps.table import REST, ClientIdTable
from tests.kernel.ps_guest import (
    OWN_PROCESS,
    OWN_THREAD,
    Guest,
    nothing,
    process_of,
    second_thread,
    spinning,
    thread_of,
)


@pytest.fixture
def guest(hello: Path) -> Guest:
    return Guest(hello)


def counts(guest: Guest) -> dict[str, tuple[int, int]]:
    return {one.name: (one.objects, one.handles) for one in guest.system.kernel.part(TypeTable)}


def test_everything_is_given_back(guest: Guest) -> None:
    def program(g: Any) -> Any:
        out = g.esp - 64
        for _ in range(5):
            yield guest.call("NtCreateEvent", out, 0x1F0003, 0, 0, 0)

    with guest.system as system:
        before, charged = counts(guest), system.kernel.part(CommitAccount).used
        for _ in range(3):
            assert guest.run(program) == 0
        after = counts(guest)
        assert {name: after[name] for name in before} == before
        assert after["Process"] == after["Thread"] == (0, 0)
        assert system.kernel.part(CommitAccount).used == charged


def test_exit_status_is_the_last_threads(guest: Guest) -> None:
    def first(g: Any) -> Any:
        yield guest.call("NtTerminateThread", OWN_THREAD, 7)

    def second(g: Any) -> Any:
        yield Spin(1000)
        yield guest.call("NtTerminateThread", OWN_THREAD, 8)

    with guest.system:
        started = guest.spawn(first)
        second_thread(guest, started, second)
        assert started.wait(10) == 8


def test_terminate_null_spares_the_caller(guest: Guest) -> None:
    results: list[int] = []

    def program(g: Any) -> Any:
        results.append((yield guest.call("NtTerminateProcess", 0, 5)))
        results.append(len(process_of(g).threads))
        results.append((yield guest.call("NtTerminateThread", 0, 6)))
        yield guest.call("NtTerminateProcess", OWN_PROCESS, 9)

    def idle(g: Any) -> Any:
        yield Spin()

    with guest.system:
        started = guest.spawn(program)
        other = second_thread(guest, started, idle)
        other.reference()
        assert started.wait(10) == 9
        assert results == [0, 1, STATUS_CANT_TERMINATE_SELF]
        assert other.ended
        assert other.exit_status == 5
        other.dereference()


def test_a_status_of_any_size(guest: Guest) -> None:
    def program(g: Any) -> Any:
        yield guest.call("NtTerminateProcess", OWN_PROCESS, 0xC0000005)

    with guest.system:
        started = guest.spawn(program)
        assert started.exit_status is None
        assert started.wait(10) == 0xC0000005
        assert started.exit_status == 0xC0000005


def test_killing_from_outside(guest: Guest) -> None:
    with guest.system:
        started = guest.spawn(spinning)
        with pytest.raises(TimeoutError):
            started.wait(0.1)
        started.kill(3)
        assert started.ended
        assert started.wait() == 3


def test_killing_what_waits_for_its_own_exception_port(guest: Guest) -> None:
    """Only the process holds the port, and nobody serves it: ended by a guest it waits for ever, as in NT."""

    def program(g: Any) -> Any:
        port, attributes = g.esp - 64, g.esp - 128
        g.space.write(attributes, (24).to_bytes(4, "little") + bytes(20))
        assert (yield guest.call("NtCreatePort", port, attributes, 0, 200, 0)) == 0
        assert (yield guest.call("NtSetInformationProcess", OWN_PROCESS, 8, port, 4)) == 0
        context, record = g.esp - 0x400, g.esp - 0x500
        g.space.write(context, (0x10007).to_bytes(4, "little") + bytes(0x2C8))
        g.space.write(record, (0xC0000005).to_bytes(4, "little") + bytes(76))
        yield guest.call("NtRaiseException", record, context, 0)  # the second chance

    with guest.system:
        guest.run(nothing)
        before = counts(guest)
        started = guest.spawn(program)
        with pytest.raises(TimeoutError):
            started.wait(0.1)
        started._process.terminate(2)
        assert not started.ended
        started.kill(3)
        assert started.wait() == 2
        del started
        assert counts(guest) == before


def test_no_thread_in_an_ended_process(guest: Guest) -> None:
    seen: list[int] = []

    def program(g: Any) -> Any:
        handle = process_of(g).handles.insert(target._process, 0x1F0FFF)
        out, context = g.esp - 64, g.esp - 0x400
        g.space.write(context, bytes(0x2CC))
        g.space.write(out, bytes(64))
        args = (out, 0x1F03FF, 0, handle, out + 8, context, out + 16, 0)
        seen.append((yield guest.call("NtCreateThread", *args)))

    with guest.system:
        target = guest.spawn(spinning)
        target.kill()
        guest.run(program)
    assert seen == [STATUS_PROCESS_IS_TERMINATING]


def test_suspension_counts(guest: Guest) -> None:
    ran: list[int] = []

    def other(g: Any) -> Any:
        ran.append(1)
        yield guest.call("NtTerminateThread", OWN_THREAD, 0)

    def program(g: Any) -> Any:
        delay = g.esp - 64
        g.space.write(delay, (-10_000_000).to_bytes(8, "little", signed=True))
        yield guest.call("NtDelayExecution", 0, delay)

    with guest.system:
        started = guest.spawn(program)
        thread = second_thread(guest, started, other, suspended=True)
        thread.reference()
        assert thread.resume() == 1
        assert thread.suspend() == 0
        for count in range(1, 127):
            assert thread.suspend() == count
        with pytest.raises(NtError) as caught:
            thread.suspend()
        assert caught.value.status == STATUS_SUSPEND_COUNT_EXCEEDED
        with pytest.raises(TimeoutError):
            started.wait(0.5)
        assert not ran
        for count in range(127, 0, -1):
            assert thread.resume() == count
        assert thread.resume() == 0
        started.wait(10)
        assert ran == [1]
        thread.dereference()


def test_a_dead_host_process(guest: Guest) -> None:
    events: list[Event] = []

    def program(g: Any) -> Any:
        yield Fault(trap=Trap.DEAD)

    with guest.system as system:
        system.events.subscribe(events.append)
        assert guest.run(program) == STATUS_UNSUCCESSFUL
        notes = [one.text for one in events if isinstance(one, Note)]
        assert len(notes) == 1
        assert "hello.exe" in notes[0]


def test_events_of_a_life(guest: Guest) -> None:
    events: list[Event] = []

    def program(g: Any) -> Any:
        yield guest.call("NtYieldExecution")

    with guest.system as system:
        system.events.subscribe(events.append)
        started = guest.spawn(program)
        started.wait(10)
        order = [type(one) for one in events]
        kinds = (ProcessCreated, ThreadCreated, ThreadExited, ProcessExited)
        assert [kind for kind in order if kind in kinds] == list(kinds)
        assert started.pid % 4 == 0


def test_ids_are_used_again_late(guest: Guest) -> None:
    with guest.system as system:
        table = system.kernel.part(ClientIdTable)
        process = guest.spawn(nothing)._process
        first = table.assign(process)
        assert first % 4 == 0
        assert table.find(first) is table.find(first | 3) is process
        table.release(first)
        assert table.find(first) is None
        later = [table.assign(process) for _ in range(REST + 2)]
        assert first not in later
        for number in later:
            table.release(number)
        assert first in [table.assign(process) for _ in range(REST)]


def test_servants_hear_when_they_are_alone(guest: Guest) -> None:
    """Those who are there only for others, and each time that nobody else is left."""
    with guest.system as system:
        table = system.kernel.part(ClientIdTable)
        told: list[int] = []
        table.on_idle = lambda: told.append(len(table.running))
        servant, other = guest.spawn(spinning), guest.spawn(spinning)
        table.serves(servant._process)
        assert not told
        other.kill()
        assert told == [1]
        other = guest.spawn(spinning)
        table.serves(other._process)
        assert told == [1, 2]
        servant.kill()
        assert told == [1, 2, 1]
        other.kill()
        assert told == [1, 2, 1]
        assert not table.servants


def test_handles_of_a_process_outlive_it(guest: Guest) -> None:
    """A process that ended can still be asked for its status, and waited for."""
    seen: list[Any] = []

    def program(g: Any) -> Any:
        handles = process_of(g).handles
        handle = handles.insert(target._process, 0x1F0FFF)
        buffer = g.esp - 64
        seen.append((yield guest.call("NtTerminateProcess", handle, 0x55)))
        seen.append((yield guest.call("NtWaitForSingleObject", handle, 0, 0)))
        yield guest.call("NtQueryInformationProcess", handle, 0, buffer, 24, 0)
        seen.append(g.space.read_u32(buffer))
        seen.append((yield guest.call("NtTerminateProcess", handle, 0x66)))
        seen.append((yield guest.call("NtClose", handle)))
        seen.append((yield guest.call("NtClose", handle)))

    with guest.system:
        target = guest.spawn(spinning)
        assert guest.run(program) == 0
        assert seen == [0, 0, 0x55, STATUS_PROCESS_IS_TERMINATING, 0, STATUS_INVALID_HANDLE]
        assert target._process.threads == []


def test_a_living_process_is_pending(guest: Guest) -> None:
    seen: list[int] = []

    def program(g: Any) -> Any:
        buffer = g.esp - 64
        yield guest.call("NtQueryInformationProcess", OWN_PROCESS, 0, buffer, 24, 0)
        seen.append(g.space.read_u32(buffer))
        yield guest.call("NtQueryInformationThread", OWN_THREAD, 0, buffer, 28, 0)
        seen.append(g.space.read_u32(buffer))
        g.space.write(buffer, bytes(8))
        seen.append((yield guest.call("NtWaitForSingleObject", OWN_PROCESS, 0, buffer)))

    with guest.system:
        guest.run(program)
    assert seen == [STATUS_PENDING, STATUS_PENDING, STATUS_TIMEOUT]


def test_a_stack_goes_with_its_thread_only_if_asked(guest: Guest) -> None:
    taken: dict[bool, bool] = {}

    def ends(free: bool) -> Callable[[Any], Any]:
        def program(g: Any) -> Any:
            g.space.write_u8(thread_of(g).teb + TEB_NT50.offset("FreeStackOnTermination"), free)
            yield guest.call("NtTerminateThread", OWN_THREAD, 0)

        return program

    def program(g: Any) -> Any:
        delay = g.esp - 64
        g.space.write(delay, (-10_000_000).to_bytes(8, "little", signed=True))
        yield guest.call("NtDelayExecution", 0, delay)
        for free, address in stacks.items():
            taken[free] = process_of(g).vm.find(address) is not None
        taken_tebs.extend(process_of(g).vm.find(teb) is not None for teb in tebs)

    with guest.system:
        started = guest.spawn(program)
        stacks, tebs, taken_tebs = {}, [], list[bool]()
        for free in (False, True):
            thread = second_thread(guest, started, ends(free))
            stacks[free] = started._process.memory.read_u32(thread.teb + 0xE0C)
            tebs.append(thread.teb)
        assert started.wait(10) == 0
    assert taken == {False: True, True: False}
    assert taken_tebs == [False, False]


def test_yield_alone_and_in_company(guest: Guest) -> None:
    seen: list[int] = []

    def program(g: Any) -> Any:
        seen.append((yield guest.call("NtYieldExecution")))
        second_thread(guest, started, spinning)
        delay = g.esp - 64
        g.space.write(delay, (-1000).to_bytes(8, "little", signed=True))
        yield guest.call("NtDelayExecution", 0, delay)
        seen.append((yield guest.call("NtYieldExecution")))

    with guest.system:
        started = guest.spawn(program)
        started.wait(10)
    assert seen == [STATUS_NO_YIELD_PERFORMED, 0]

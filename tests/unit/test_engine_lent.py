"""Semaphores and events lent to a process: its threads answer each other, until anybody asks the engine."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import pytest

from ring3k.engine import stub
from ring3k.engine.protocol import GuestThread, Native, SignalKind, Trap
from tests.unit.engine_guest import CODE, DATA, INT_2E, SECOND
from tests.unit.test_engine_signal import (
    BEFORE,
    HANDLE,
    KERNEL,
    LIST,
    NOT_PLAIN,
    RELEASE,
    SET,
    SHORT,
    STOP,
    WAIT,
    WAIT_MANY,
    Signals,
    forget_signal,
)

RETURN = CODE + 0x8000
PLENTY = 30  # calls after which anything is lent
SEATS = 4  # threads that can sit in the guest


class Lent(Signals):
    """Its calls go through the gate: only there does the stub look at what is lent."""

    def __init__(self, engine: Any) -> None:
        super().__init__(engine)
        code = b"\xba" + struct.pack("<I", engine.gate) + b"\xff\xd2\x89\xc3"  # call the gate; mov ebx, eax
        self.space.write(CODE, code + b"\xb8" + struct.pack("<I", STOP) + INT_2E)
        self.space.write(RETURN, b"\xc3")
        self.space.set_system_call_return(RETURN)

    def begin(self, caller: Any, number: int, *words: int) -> None:
        at = DATA + 0x100 + 0x40 * (caller.tid % 16)  # its stack
        self.space.write(at + 4, struct.pack(f"<{len(words)}I", *words))
        caller.eip, caller.eax, caller.esp = CODE, number, at
        caller.resume()

    def lend(self, kind: SignalKind = SignalKind.SEMAPHORE) -> Any:
        """A new signal that is lent, its count 0; a thread that has used it."""
        signal, caller = self.new(kind), self.caller()
        opposite = (RELEASE, HANDLE, 1, 0) if kind == SignalKind.SEMAPHORE else (SET, HANDLE, 0)
        for _ in range(PLENTY):
            assert self.status(caller, *opposite) == 0
            assert self.status(caller, WAIT, HANDLE, 0, 0) == 0
        assert signal.lent
        return caller

    def sitting(self) -> Any:
        """A thread that waits, in the guest."""
        caller = self.caller()
        self.begin(caller, WAIT, HANDLE, 0, 0)
        assert self.trapped(SHORT) is None
        assert caller.seated
        assert caller.trap == Trap.NONE
        assert self.signal.lent
        return caller

    def all_ended(self, count: int) -> list[GuestThread]:
        """The next threads whose calls have ended well, in the order of their names."""
        found: list[Any] = [self.trapped() for _ in range(count)]
        assert [self.ended(one) for one in found] == [0] * count
        return sorted(found, key=lambda one: one.tid)


@pytest.fixture
def guest() -> Iterator[Lent]:
    engine = stub.create()
    yield Lent(engine)
    engine.close()


def test_calls_that_nobody_is_asked_about(guest: Lent) -> None:
    guest.signal.count = 1
    assert guest.status(guest.caller(), WAIT_MANY, 1, LIST, 1, 0, 0) == 0  # whose number is known then
    caller, signal = guest.lend(), guest.signal
    assert guest.status(caller, RELEASE, HANDLE, 2, BEFORE) == 0
    assert guest.status(caller, WAIT, HANDLE, 0, 0) == 0
    assert guest.status(caller, RELEASE, HANDLE, 4, BEFORE + 4) == 0
    assert guest.status(caller, WAIT_MANY, 1, LIST, 1, 0, 0) == 0
    assert guest.status(caller, WAIT_MANY, 1, LIST, 0, 0, 0) == 0
    assert signal.lent
    assert (guest.space.read_u32(BEFORE), guest.space.read_u32(BEFORE + 4)) == (0, 1)
    assert signal.count == 3
    assert not signal.lent


@pytest.mark.parametrize("kind", [SignalKind.SYNCHRONIZATION, SignalKind.NOTIFICATION])
def test_events(guest: Lent, kind: SignalKind) -> None:
    caller, signal = guest.lend(kind), guest.signal
    left = kind == SignalKind.NOTIFICATION
    assert guest.status(caller, SET, HANDLE, BEFORE) == 0
    assert guest.status(caller, SET, HANDLE, BEFORE + 4) == 0
    assert (guest.space.read_u32(BEFORE), guest.space.read_u32(BEFORE + 4)) == (left, 1)
    assert guest.status(caller, WAIT, HANDLE, 0, 0) == 0
    assert signal.lent
    assert signal.count == left


def test_first_come_first(guest: Lent) -> None:
    caller = guest.lend()
    first, second, third = (guest.sitting() for _ in range(3))
    guest.begin(caller, RELEASE, HANDLE, 2, BEFORE)
    assert guest.all_ended(3) == sorted((first, second, caller), key=lambda one: one.tid)
    assert third.seated
    assert guest.signal.lent
    guest.begin(caller, RELEASE, HANDLE, 5, 0)
    guest.all_ended(2)
    assert guest.signal.lent
    assert (guest.signal.count, guest.space.read_u32(BEFORE)) == (4, 0)


def test_who_waits_for_an_event(guest: Lent) -> None:
    caller = guest.lend(SignalKind.SYNCHRONIZATION)
    first, second = guest.sitting(), guest.sitting()
    guest.begin(caller, SET, HANDLE, BEFORE)
    assert guest.all_ended(2) == sorted((first, caller), key=lambda one: one.tid)
    assert second.seated
    assert guest.signal.lent
    assert guest.signal.count == 0
    assert guest.space.read_u32(BEFORE) == 0


def test_what_the_kernel_asks_brings_all_back(guest: Lent) -> None:
    guest.lend()
    waiting = [guest.sitting() for _ in range(SEATS)]
    assert guest.signal.count == 0
    assert not guest.signal.lent
    assert all(one.seated and one.trap == Trap.SYSCALL for one in waiting)
    assert guest.signal.take_seated() == waiting
    assert [one.args(3) for one in waiting] == [(HANDLE, 0, 0)] * SEATS
    for one in waiting:
        one.finish(7)
    assert [guest.ended(guest.trapped()) for _ in waiting] == [7] * SEATS


def test_more_than_can_sit(guest: Lent) -> None:
    guest.lend()
    waiting = [guest.sitting() for _ in range(SEATS)]
    last = guest.caller()
    guest.begin(last, WAIT, HANDLE, 0, 0)
    assert guest.trapped(SHORT) is None
    assert not guest.signal.lent
    assert guest.signal.take_seated() == [*waiting, last]


def test_who_is_interrupted(guest: Lent) -> None:
    """The call is reported, as if it came now; the others wait on."""
    guest.lend()
    first, second, third = (guest.sitting() for _ in range(3))
    second.interrupt()
    second.owner.pending = True
    found: Any = guest.trapped()
    assert found is second
    assert (found.trap, found.eax, found.answer) == (Trap.SYSCALL, WAIT, KERNEL)
    assert not guest.signal.lent
    assert guest.signal.take_seated() == [first, third]


def test_who_sits_down_after_it_was_told_to_stop(guest: Lent) -> None:
    caller = guest.lend()
    guest.begin(caller, WAIT, HANDLE, 0, 0)
    caller.interrupt()
    caller.owner.pending = True
    found: Any = guest.trapped()
    assert found is caller
    assert found.trap in (Trap.SYSCALL, Trap.INTERRUPT)


def test_the_end_of_who_sits(guest: Lent) -> None:
    guest.lend()
    first, second = guest.sitting(), guest.sitting()
    second.exit()
    assert guest.signal.take_seated() == [first]


def test_the_end_of_the_process(guest: Lent) -> None:
    caller = guest.lend()
    assert guest.status(caller, RELEASE, HANDLE, 3, 0) == 0
    assert guest.signal.lent
    guest.space.destroy()
    assert not guest.signal.lent
    assert guest.signal.count == 3


def test_the_end_of_the_process_with_somebody_waiting(guest: Lent) -> None:
    guest.lend()
    sitting = guest.sitting()
    guest.space.destroy()
    assert not sitting.seated
    assert not guest.signal.seated
    assert guest.signal.count == 0


def test_a_signal_that_nobody_refers_to(guest: Lent) -> None:
    guest.lend()
    forget_signal(guest, guest.sitting())


def test_a_process_at_rest(guest: Lent) -> None:
    """Its loans come back: the engine knows that nobody runs."""
    caller = guest.lend()
    guest.engine.set_tick(SECOND // 100, lambda: None)
    guest.begin(caller, WAIT, HANDLE, 0, 0)
    for _ in range(50):
        if guest.engine.running:
            assert guest.trapped(SHORT) is None
    assert guest.engine.running == 0
    assert not guest.signal.lent
    assert guest.signal.take_seated() == [caller]


def test_what_is_not_plain_is_the_kernels(guest: Lent) -> None:
    for call in NOT_PLAIN:
        caller = guest.lend()
        assert guest.status(caller, *call) == KERNEL, call
        assert guest.signal.count == 0, call
        caller.exit()


def test_other_handles_of_the_same_signal(guest: Lent) -> None:
    caller = guest.lend()
    for native in (Native.RELEASE_SEMAPHORE, Native.WAIT_SINGLE):
        guest.space.set_signal(HANDLE + 8, guest.signal, native)
    assert guest.status(caller, RELEASE, HANDLE, 1, 0) == 0
    assert guest.status(caller, RELEASE, HANDLE + 8, 1, BEFORE) == 0
    assert guest.space.read_u32(BEFORE) == 1
    assert guest.status(caller, WAIT, HANDLE + 8, 0, 0) == 0
    assert guest.status(caller, WAIT, HANDLE, 0, 0) == 0
    assert guest.signal.count == 0


def test_a_handle_that_may_only_wait_is_not_lent(guest: Lent) -> None:
    caller = guest.caller()
    signal = guest.signal = guest.engine.signal(SignalKind.SEMAPHORE, PLENTY, PLENTY, guest.waiters)
    guest.space.set_signal(HANDLE, signal, Native.WAIT_SINGLE)
    for _ in range(PLENTY):
        assert guest.status(caller, WAIT, HANDLE, 0, 0) == 0
        assert not signal.lent


def test_what_is_taken_back(guest: Lent) -> None:
    caller = guest.lend()
    guest.signal.judge()
    assert not guest.signal.lent
    assert guest.status(caller, RELEASE, HANDLE, 1, 0) == KERNEL
    assert guest.status(caller, WAIT, HANDLE, 0, 0) == KERNEL


def test_calls_that_are_watched_from_now_on(guest: Lent) -> None:
    caller = guest.lend()
    sitting = guest.sitting()
    guest.space.call_back()
    assert not guest.signal.lent
    guest.table[RELEASE] = lambda owner: KERNEL
    assert guest.status(caller, RELEASE, HANDLE, 1, 0) == KERNEL
    assert guest.signal.take_seated() == [sitting]


def test_a_thread_whose_waits_are_to_be_seen(guest: Lent) -> None:
    guest.lend()
    caller = guest.caller()
    caller.show_waits()
    guest.begin(caller, WAIT, HANDLE, 0, 0)
    assert guest.trapped(SHORT) is None
    assert not guest.signal.lent
    assert guest.signal.take_seated() == [caller]

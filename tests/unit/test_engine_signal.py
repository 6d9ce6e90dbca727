"""Semaphores and events that an engine answers by itself: what the kernel has allowed, and only if plain."""

from __future__ import annotations

import gc
import struct
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from ring3k.engine.protocol import GuestThread, Native, Prot, Signal, SignalKind, Trap
from tests.unit.engine_guest import CODE, DATA, INT_2E, SECOND, Guest, engines

RELEASE, SET, WAIT, WAIT_MANY, STOP = 0x10, 0x11, 0x12, 0x13, 0x14  # numbers of calls
HANDLE = 0x24
KERNEL = 0x1234  # the status that tells that the kernel has answered
CALL = b"\xcd\x2e\x89\xc3" + b"\xb8" + struct.pack("<I", STOP) + INT_2E  # int 2e; mov ebx, eax; then stop
BEFORE, LIST, READ_ONLY = DATA + 0x800, DATA + 0x900, DATA + 0x4000
SHORT = SECOND // 50
NOT_PLAIN = (
    (RELEASE, HANDLE, 0, 0),
    (RELEASE, HANDLE, 0xFFFFFFFF, 0),
    (RELEASE, HANDLE, 6, 0),  # more than the maximum
    (RELEASE, HANDLE, 1, READ_ONLY),
    (RELEASE, HANDLE, 1, BEFORE + 1),
    (RELEASE, HANDLE, 1, 0xFFFFFFFC),
    (RELEASE, HANDLE + 4, 1, 0),
    (RELEASE, HANDLE + 4 * 64, 1, 0),  # of the same place, where something is lent
    (SET, HANDLE, 0x10),
    (WAIT, HANDLE, 1, 0),
    (WAIT, HANDLE, 0, BEFORE),
    (WAIT, HANDLE + 4, 0, 0),
    (WAIT, HANDLE + 4 * 64, 0, 0),
    (WAIT_MANY, 2, LIST, 1, 0, 0),
    (WAIT_MANY, 0, LIST, 1, 0, 0),
    (WAIT_MANY, 1, LIST, 2, 0, 0),
    (WAIT_MANY, 1, LIST, 1, 1, 0),
    (WAIT_MANY, 1, LIST, 1, 0, BEFORE),
    (WAIT_MANY, 1, 0xFFFFFFFC, 1, 0, 0),
)


class Handler:
    """The kernel's answer."""

    words = 0

    def __init__(self, native: int) -> None:
        self.native = native

    def __call__(self, owner: Any) -> int:
        return KERNEL


class Signals(Guest):
    """A guest, and one signal that it may use."""

    def __init__(self, engine: Any) -> None:
        super().__init__(engine)
        self.table: dict[int, Any] = {
            RELEASE: Handler(Native.RELEASE_SEMAPHORE),
            SET: Handler(Native.SET_EVENT),
            WAIT: Handler(Native.WAIT_SINGLE),
            WAIT_MANY: Handler(Native.WAIT_MULTIPLE),
        }
        self.space.protect(READ_ONLY, 0x1000, Prot.READ)
        self.space.write(CODE, CALL)
        self.space.write_u32(LIST, HANDLE)
        self.waiters: list[Any] = []
        self.signal = self.new(SignalKind.SEMAPHORE)

    def new(self, kind: int, count: int = 0) -> Signal:
        self.signal = self.engine.signal(kind, count, 5, self.waiters)
        for native in (Native.RELEASE_SEMAPHORE, Native.SET_EVENT, Native.WAIT_SINGLE):
            self.space.set_signal(HANDLE, self.signal, native)
        return self.signal

    def caller(self) -> Any:
        made = self.thread()
        made.owner = SimpleNamespace(pending=False, queue=None)
        return made

    def begin(self, caller: Any, number: int, *words: int) -> None:
        at = DATA + 0x40 * (caller.tid % 16)
        self.space.write(at, struct.pack(f"<{len(words)}I", *words))
        caller.eip, caller.eax, caller.edx = CODE, number, at
        caller.resume()

    def trapped(self, timeout: int = 5 * SECOND) -> GuestThread | None:
        """The next thread whose trap is not answered."""
        return self.engine.serve(timeout, self.table, [], []) or None

    def status(self, caller: Any, number: int, *words: int) -> int:
        """Of a call that ends at once."""
        self.begin(caller, number, *words)
        assert self.trapped() is caller
        return self.ended(caller)

    def ended(self, caller: Any) -> int:
        assert (caller.trap, caller.eax) == (Trap.SYSCALL, STOP)
        return int(caller.ebx)

    def seated(self) -> Any:
        """A thread that waits."""
        caller = self.caller()
        self.begin(caller, WAIT, HANDLE, 0, 0)
        assert self.trapped(SHORT) is None
        assert caller.seated
        assert self.signal.seated
        return caller


@pytest.fixture(params=engines())
def guest(request: pytest.FixtureRequest) -> Iterator[Signals]:
    engine = request.param()
    yield Signals(engine)
    engine.close()


def test_counting(guest: Signals) -> None:
    caller, signal = guest.caller(), guest.signal
    assert guest.status(caller, RELEASE, HANDLE, 2, BEFORE) == 0
    assert (signal.count, guest.space.read_u32(BEFORE)) == (2, 0)
    assert guest.status(caller, RELEASE, HANDLE, 3, BEFORE) == 0
    assert (signal.count, guest.space.read_u32(BEFORE)) == (5, 2)
    assert guest.status(caller, WAIT, HANDLE, 0, 0) == 0
    assert guest.status(caller, WAIT_MANY, 1, LIST, 1, 0, 0) == 0
    assert guest.status(caller, WAIT_MANY, 1, LIST, 0, 0, 0) == 0
    assert signal.count == 2


@pytest.mark.parametrize("kind", [SignalKind.SYNCHRONIZATION, SignalKind.NOTIFICATION])
def test_events(guest: Signals, kind: SignalKind) -> None:
    caller, signal = guest.caller(), guest.new(kind)
    assert guest.status(caller, SET, HANDLE, BEFORE) == 0
    assert (signal.count, guest.space.read_u32(BEFORE)) == (1, 0)
    assert guest.status(caller, SET, HANDLE, BEFORE) == 0
    assert (signal.count, guest.space.read_u32(BEFORE)) == (1, 1)
    assert guest.status(caller, WAIT, HANDLE, 0, 0) == 0
    assert signal.count == (kind == SignalKind.NOTIFICATION)


def test_who_waits_goes_on_first_come_first(guest: Signals) -> None:
    first, second, third, caller = guest.seated(), guest.seated(), guest.seated(), guest.caller()
    guest.begin(caller, RELEASE, HANDLE, 2, BEFORE)
    assert {guest.trapped(), guest.trapped(), guest.trapped()} == {first, second, caller}
    assert [guest.ended(one) for one in (first, second, caller)] == [0, 0, 0]
    assert (guest.signal.count, guest.space.read_u32(BEFORE)) == (0, 0)
    assert third.seated
    assert guest.signal.take_seated() == [third]
    assert not third.seated
    third.finish(7)
    assert guest.trapped() is third
    assert guest.ended(third) == 7


@pytest.mark.parametrize(("kind", "woken"), [(SignalKind.SYNCHRONIZATION, 1), (SignalKind.NOTIFICATION, 2)])
def test_who_waits_for_an_event(guest: Signals, kind: SignalKind, woken: int) -> None:
    signal = guest.new(kind)
    waiting, caller = [guest.seated(), guest.seated()], guest.caller()
    guest.begin(caller, SET, HANDLE, 0)
    assert {guest.trapped() for _ in range(woken + 1)} == {*waiting[:woken], caller}
    assert signal.count == (kind == SignalKind.NOTIFICATION)
    assert signal.seated == (woken == 1)


def test_what_is_not_plain_is_the_kernels(guest: Signals) -> None:
    caller, signal = guest.caller(), guest.signal
    signal.count = 3
    for call in (*NOT_PLAIN, (RELEASE, HANDLE, 3, 0)):  # which is more than the maximum here
        assert guest.status(caller, *call) == KERNEL, call
    assert signal.count == 3


def test_what_was_taken_back(guest: Signals) -> None:
    caller = guest.caller()
    guest.signal.judge()
    assert guest.status(caller, RELEASE, HANDLE, 1, 0) == KERNEL
    guest.space.set_signal(HANDLE, guest.signal, Native.RELEASE_SEMAPHORE)
    assert guest.status(caller, RELEASE, HANDLE, 1, 0) == 0
    assert guest.status(caller, WAIT, HANDLE, 0, 0) == KERNEL  # that was not allowed again


def test_waits_of_the_kernel(guest: Signals) -> None:
    """It signals then, and nobody gets before them; what is there anybody may take."""
    caller = guest.caller()
    guest.waiters.append(object())
    assert guest.status(caller, RELEASE, HANDLE, 1, 0) == KERNEL
    assert guest.status(caller, WAIT, HANDLE, 0, 0) == KERNEL
    guest.signal.count = 1
    assert guest.status(caller, WAIT, HANDLE, 0, 0) == 0


def test_something_pending(guest: Signals) -> None:
    waiting, caller = guest.seated(), guest.caller()
    waiting.owner.pending = True
    assert guest.status(caller, RELEASE, HANDLE, 1, 0) == KERNEL
    assert guest.signal.count == 0
    assert waiting.seated
    waiting.owner.pending = False
    for name, value in (("pending", True), ("queue", object())):
        other = guest.caller()
        setattr(other.owner, name, value)
        guest.begin(other, WAIT, HANDLE, 0, 0)
        found: Any = guest.trapped()
        assert found is other
        if name == "pending":
            assert other.answer == KERNEL
        else:
            assert guest.ended(other) == KERNEL


def test_the_end_of_who_waits(guest: Signals) -> None:
    first, second = guest.seated(), guest.seated()
    second.exit()
    assert not second.seated
    assert guest.signal.take_seated() == [first]
    third = guest.seated()
    guest.space.destroy()
    assert not third.seated
    assert not guest.signal.seated


def forget_signal(guest: Signals, waiting: Any) -> None:
    """Whoever waits there waits for good, and can be ended."""
    guest.new(SignalKind.SEMAPHORE)
    gc.collect()
    assert not waiting.seated
    waiting.exit()
    assert guest.trapped(SHORT) is None


def test_a_signal_that_nobody_refers_to(guest: Signals) -> None:
    forget_signal(guest, guest.seated())


def test_what_the_kernel_may_not_say(guest: Signals) -> None:
    with pytest.raises(TypeError):
        guest.engine.signal(3, 0, 1, [])
    with pytest.raises(TypeError):
        guest.engine.signal(0, 0, 1, ())  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        guest.space.set_signal(HANDLE, guest.signal, Native.READ_FILE)
    with pytest.raises(TypeError):
        guest.space.set_signal(HANDLE, object(), Native.WAIT_SINGLE)  # type: ignore[arg-type]

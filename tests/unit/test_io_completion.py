"""A completion port's packets and what they cost; its threads are in the guest tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ring3k.abi.status import STATUS_INSUFFICIENT_RESOURCES, NtError
from ring3k.engine.fake import FakeEngine
from ring3k.hooks.events import Bus
from ring3k.io.completion import PACKET_COST, IoCompletion, Packet
from ring3k.ke.kernel import Kernel
from ring3k.ob.object import TypeTable
from ring3k.sched.clock import VirtualClock


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    clock = VirtualClock()
    made = Kernel(FakeEngine(clock), Bus(), clock)
    made.add_part(TypeTable())
    yield made
    made.engine.close()


class Thread:
    """As much of one as a port looks at."""

    queue: IoCompletion | None = None

    def __init__(self) -> None:
        self.guest = self
        self.shows_waits = False

    def show_waits(self) -> None:
        """Else the port would not know that it waits for something else."""
        self.shows_waits = True


def test_packets_leave_in_order(kernel: Kernel) -> None:
    port, t = IoCompletion(kernel, 4), Thread()
    for number in range(3):
        port.post(number, 10 + number, 20, 30)
    taken = [port.take_now(t) for _ in range(4)]  # type: ignore[arg-type]
    assert taken == [Packet(0, 10, 20, 30), Packet(1, 11, 20, 30), Packet(2, 12, 20, 30), None]


def test_no_more_threads_run_than_the_port_allows(kernel: Kernel) -> None:
    port, first, second = IoCompletion(kernel, 1), Thread(), Thread()
    port.post(1, 0, 0, 0)
    port.post(2, 0, 0, 0)
    assert port.take_now(first)  # type: ignore[arg-type]
    assert port.take_now(second) is None  # type: ignore[arg-type]
    port.leave(first)  # type: ignore[arg-type]
    assert (first.queue, port.active) == (None, 1)
    assert port.take_now(second)  # type: ignore[arg-type]


def test_a_thread_belongs_to_the_port_it_removed_from_last(kernel: Kernel) -> None:
    one, two, t = IoCompletion(kernel, 1), IoCompletion(kernel, 1), Thread()
    one.take_now(t)  # type: ignore[arg-type]
    assert t.shows_waits
    two.take_now(t)  # type: ignore[arg-type]
    assert (one.active, two.active, t.queue) == (0, 1, two)
    one.leave(t)  # type: ignore[arg-type]  # it is none of this port's
    assert one.active == 0


def test_packets_are_paid_for(kernel: Kernel) -> None:
    port = IoCompletion(kernel, 1)
    before = kernel.pool.used
    kernel.pool.limit = before + 10 * PACKET_COST
    for _ in range(10):
        port.post(0, 0, 0, 0)
    with pytest.raises(NtError) as caught:
        port.post(0, 0, 0, 0)
    assert caught.value.status == STATUS_INSUFFICIENT_RESOURCES
    assert len(port.packets) == 10
    assert port.take_now(Thread())  # type: ignore[arg-type]
    kernel.pool.charge(PACKET_COST)
    port.post(0, 0, 0, 0, charged=True)
    port.reference()
    port.dereference()
    assert kernel.pool.used < before


def test_a_port_that_goes_lets_its_threads_go(kernel: Kernel) -> None:
    port, t = IoCompletion(kernel, 1), Thread()
    port.take_now(t)  # type: ignore[arg-type]
    port.reference()
    port.dereference()
    assert t.queue is None

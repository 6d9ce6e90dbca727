"""Completion ports: packets that tell of finished operations, and the threads that serve them.

Packets leave in the order they came.  Threads wait in a stack: the last to come
is the first to be woken, for its memory is still in the caches.  A thread
belongs to the port it last removed from, and counts as *active* there while it
runs; when it waits for anything else it does not count, and another may be
woken in its place.  No packet is given out while as many threads as the port
allows are active.

NT oddities kept: closing the last handle wakes nobody before Vista, and from there
on ends waits with STATUS_ABANDONED_WAIT_0;
a wait on the port itself ends when there are packets, and takes none.

Who posts (files, jobs) needs no more than
``port.post(key, context, status, information)``, and a reference to the port.
A ``KThread.queue`` is a port as the thread sees it: ``blocked``, ``unblocked``
around its waits, and ``leave`` at its end.
"""

from __future__ import annotations

from collections import deque

from ring3k.abi.status import STATUS_ABANDONED_WAIT_0
from ring3k.abi.version import Version
from ring3k.ke.dispatcher import Dispatcher
from ring3k.ob.object import Object
from ring3k.typed import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread

PACKET_COST = 128  # of pool


class Packet(NamedTuple):
    """What NtRemoveIoCompletion answers."""

    key: int  # of the file
    context: int  # of the operation
    status: int
    information: int


class IoCompletion(Object, Dispatcher):
    """One port."""

    type_name = "IoCompletion"

    def __init__(self, kernel: Kernel, maximum: int) -> None:
        super().__init__(kernel)
        self.maximum = maximum  # threads that may be active
        self.active = 0
        self.packets: deque[Packet] = deque()
        self._threads: dict[KThread, None] = {}  # that belong to it
        self._line = _Line(self)
        self._given: dict[KThread, Packet] = {}  # to threads that have not run since

    # -- as an object ------------------------------------------------------------------
    def can_take(self, thread: KThread) -> bool:
        return bool(self.packets)

    def on_close(self, process: Any) -> None:
        if self.handle_count == 0 and self.kernel.part(Version).level >= 60:
            for group in tuple(self._line.waiters):
                group.end(STATUS_ABANDONED_WAIT_0)

    def on_delete(self) -> None:
        for t in self._threads:
            t.queue = None
        self._threads.clear()
        self.kernel.pool.release(PACKET_COST * len(self.packets))
        self.packets.clear()

    # -- packets -----------------------------------------------------------------------
    def post(self, key: int, context: int, status: int, information: int, *, charged: bool = False) -> None:
        """Add a packet.  STATUS_INSUFFICIENT_RESOURCES, unless its cost has been charged before."""
        if not charged:
            self.kernel.pool.charge(PACKET_COST)
        self.packets.append(Packet(key, context, status, information))
        if self._line.waiters:
            self._wake()
        if self.waiters and self.packets:
            self.signalled()

    def _pop(self) -> Packet:
        self.kernel.pool.release(PACKET_COST)
        return self.packets.popleft()

    def _wake(self) -> None:
        """Give packets to waiting threads, the last to come first."""
        line = self._line
        for group in tuple(reversed(line.waiters)):
            if not self.packets or self.active >= self.maximum:
                return
            if not group.ended:
                group.try_satisfy(line)

    # -- removing ----------------------------------------------------------------------
    def take_now(self, t: KThread) -> Packet | None:
        """A packet, if there is one and few enough threads are active.  The thread is now the port's."""
        if t.queue is not self:
            if t.queue is not None:
                t.queue.leave(t)
            t.queue = self
            t.guest.show_waits()
            self._threads[t] = None
            self.active += 1
        return self._pop() if self.packets and self.active <= self.maximum else None

    async def take_later(self, t: KThread, deadline: int | None, alertable: bool = False) -> Packet | int:
        """Wait for a packet after ``take_now`` had none; or the status with which the wait ended."""
        self.active -= 1
        t.queue = None  # this wait is none of those that make room for others
        status = None
        try:
            status = await t.wait((self._line,), alertable=alertable, deadline=deadline)
        finally:
            packet = self._given.pop(t, None)
            if status is None or self.deleted:  # the thread has ended, or nobody can remove any more
                self._threads.pop(t, None)
                if packet is not None:
                    self.active -= 1
            else:
                t.queue = self
                if packet is None:
                    self.active += 1
        return status if packet is None else packet

    def give(self, t: KThread) -> None:
        """A waiting thread is satisfied."""
        self.active += 1
        self._given[t] = self._pop()

    # -- threads that belong to the port ---------------------------------------------------
    def blocked(self) -> None:
        """A thread of the port waits for something else."""
        self.active -= 1
        if self.packets and self._line.waiters:
            self._wake()

    def unblocked(self) -> None:
        """It waits no more."""
        self.active += 1

    def leave(self, t: KThread) -> None:
        """A running thread ends, or goes to another port."""
        t.queue = None
        if self._threads.pop(t, self) is None:
            self.blocked()


class _Line(Dispatcher):
    """Where threads wait for packets."""

    def __init__(self, port: IoCompletion) -> None:
        super().__init__()
        self._port = port

    def can_take(self, thread: KThread) -> bool:
        port = self._port
        return bool(port.packets) and port.active < port.maximum

    def take(self, thread: KThread) -> bool:
        self._port.give(thread)
        return False

    def reference(self) -> None:
        self._port.reference()

    def dereference(self) -> None:
        self._port.dereference()

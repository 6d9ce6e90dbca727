"""What the kernel waits for in the host: descriptors that become ready, calls that another thread makes.

Descriptors stand in one epoll set, which the engine watches as it does its guests, so
no thread is needed for them.  A ``Watch`` is armed for one report: its action is
called in the kernel's thread with what is ready, and arms it again or does not.  It
may be called although nothing is ready (any more); what it does must not block.

A call that blocks (looking up a name) is made by a thread of its own; what it
returned is handed over to the kernel's thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from select import EPOLLONESHOT, epoll
from threading import Lock
from threading import Thread as HostThread

from ring3k.typed import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread

T = TypeVar("T")
MOST_THREADS = 8  # that make calls; more calls wait
MOST_AT_ONCE = 256  # reports that are taken at a time


class Watch:
    """One descriptor; whoever closes it closes this first."""

    __slots__ = ("_armed", "_host", "_known", "action", "fd")

    def __init__(self, host: HostEvents, fd: int, action: Callable[[int], None]) -> None:
        self._host = host
        self._armed = 0
        self._known = False  # whether the epoll set has it: there, errors are reported unasked
        self.fd = fd
        self.action = action

    def arm(self, events: int) -> None:
        """Report, once, when any of these (EPOLLIN, ...) is so; 0: nothing."""
        if events == self._armed:
            return
        self._armed = events
        if not events:
            self.forget()
        elif self._known:
            self._host.poller.modify(self.fd, events | EPOLLONESHOT)
        else:
            self._known = True
            self._host.poller.register(self.fd, events | EPOLLONESHOT)

    def forget(self) -> None:
        """Out of the epoll set."""
        if self._known:
            self._known = False
            self._host.poller.unregister(self.fd)

    def fire(self, events: int) -> None:
        self._armed = 0
        self.action(events)

    def close(self) -> None:
        """No reports any more."""
        self._host.forget(self)


class HostEvents:
    """The kernel's part (``kernel.late_part``)."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.poller = epoll()
        self._watches: dict[int, Watch] = {}
        self._arrived: deque[Callable[[], None]] = deque()  # from other threads
        self._to_call: deque[Callable[[], None]] = deque()  # by other threads
        self._callers = 0  # how many those are
        self._lock = Lock()  # of these two
        self._closed = False

    @classmethod
    def for_kernel(cls, kernel: Kernel) -> HostEvents:
        self = cls(kernel)
        kernel.engine.watch(self.poller.fileno())
        kernel.on_tick(self.look)
        kernel.at_close(self.close)
        return self

    def watch(self, fd: int, action: Callable[[int], None]) -> Watch:
        """Watch a descriptor; not armed yet."""
        watch = self._watches[fd] = Watch(self, fd, action)
        return watch

    def forget(self, watch: Watch) -> None:
        if self._watches.get(watch.fd) is watch:
            del self._watches[watch.fd]
            watch.forget()

    def look(self) -> None:
        """At every tick, and when the engine says that something is there."""
        while self._arrived:
            self._arrived.popleft()()
        if not self._watches:
            return
        for fd, events in self.poller.poll(0, MOST_AT_ONCE):
            watch = self._watches.get(fd)
            if watch is not None:  # else an action before closed it
                watch.fire(events)

    def post(self, action: Callable[[], None]) -> None:
        """Call ``action`` in the kernel's thread, soon.  From any thread."""
        self._arrived.append(action)
        if not self._closed:
            self.kernel.engine.wake()

    async def call(self, t: KThread, function: Callable[[], T]) -> T:
        """What ``function`` returns or raises, called by another thread of the host while ``t`` waits.

        When ``t`` ends meanwhile, the result is dropped.
        """
        suspension = self.kernel.scheduler.suspension()

        def run() -> None:
            result: Any = None
            error: BaseException | None = None
            try:
                result = function()
            except Exception as caught:
                error = caught

            def hand_over() -> None:
                suspension.complete((result, error))

            self.post(hand_over)

        with self._lock:
            self._to_call.append(run)
            more = self._callers < MOST_THREADS
            self._callers += more
        if more:
            HostThread(target=self._call, name="ring3k call", daemon=True).start()
        queue = t.queue
        if queue is not None:
            queue.blocked()
        try:
            result, error = await suspension
        finally:
            if queue is not None:
                queue.unblocked()
        if error is not None:
            raise error
        found: T = result
        return found

    def _call(self) -> None:
        """The other thread: calls until there is nothing to call."""
        while True:
            with self._lock:
                if not self._to_call:
                    self._callers -= 1
                    return
                run = self._to_call.popleft()
            run()

    def close(self) -> None:
        """The system is taken apart.  May be called twice."""
        if not self._closed:
            self._closed = True
            self._watches.clear()
            self.poller.close()

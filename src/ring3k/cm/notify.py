"""Waiting for changes of keys.

The first NtNotifyChangeKey on an open key makes its ``Watch``: what is watched
for, and whether below the key, too, stays as that first call said.  A change
completes every request that waits there; a change while none waits is
remembered, and completes the next one at once.  Closing the last handle
completes requests with STATUS_NOTIFY_CLEANUP; a thread that ends takes its own
with it.

What another kernel changed in the same file is not known.  So while somebody
watches, the file is looked at several times a second, and if it has changed, all
who wait are told to look for themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from ring3k.abi.status import STATUS_NOTIFY_CLEANUP, STATUS_NOTIFY_ENUM_DIR, NtError
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.cm.node import KeyNode
    from ring3k.cm.registry import Registry
    from ring3k.ke.thread import KThread
    from ring3k.sched.scheduler import Alarm, Scheduler


LOOK_EVERY = 2_500_000  # 100 ns units


class Request:
    """One call that waits for a change; ``done`` is called once, with the status."""

    __slots__ = ("done", "of", "watches")

    def __init__(self, done: Callable[[int], object]) -> None:
        self.done: Callable[[int], object] | None = done
        self.watches: list[Watch] = []
        self.of: dict[Request, None] = {}

    def finish(self, status: int) -> None:
        """Only the first time counts."""
        done = self.withdraw()
        if done is not None:
            done(status)

    def withdraw(self) -> Callable[[int], object] | None:
        """Wait no longer."""
        done, self.done = self.done, None
        for watch in self.watches:
            watch.requests.pop(self, None)
        self.watches.clear()
        self.of.pop(self, None)
        return done


class Watch:
    """What one open key is watched for."""

    def __init__(self, watching: Watching, node: KeyNode, what: int, tree: bool) -> None:
        self.what = what
        self.tree = tree
        self.node = node
        self.missed = False  # a change came while nobody waited
        self.requests: dict[Request, None] = {}
        self._watching = watching
        node.watchers[self] = None
        watching.begin(self)

    def add(self, request: Request) -> None:
        self.requests[request] = None
        request.watches.append(self)

    def changed(self) -> None:
        if not self.requests:
            self.missed = True
        for request in tuple(self.requests):
            request.finish(STATUS_NOTIFY_ENUM_DIR)

    def flush(self) -> None:
        """There will be no changes any more."""
        for request in tuple(self.requests):
            request.finish(STATUS_NOTIFY_CLEANUP)

    def close(self) -> None:
        """The last handle goes.  May be called twice."""
        if self in self.node.watchers:
            del self.node.watchers[self]
            self._watching.end(self)
        self.flush()


class Watching:
    """The watches of a registry: changes are looked at only while there is one."""

    def __init__(self, registry: Registry, scheduler: Scheduler) -> None:
        self._registry = registry
        self._scheduler = scheduler
        self._idle = registry.on_change
        self._alarm: Alarm | None = None
        self._watches: dict[Watch, None] = {}
        registry.on_others = self._others
        self._threads: dict[KThread, dict[Request, None]] = {}  # who waits for what

    def belongs(self, request: Request, t: KThread) -> None:
        """The request goes with this thread."""
        own = self._threads.get(t)
        if own is None:
            own = self._threads[t] = {}
            t.at_end.append(lambda: self._ended(t))
        own[request] = None
        request.of = own

    def _ended(self, t: KThread) -> None:
        for request in tuple(self._threads.pop(t, ())):
            request.finish(STATUS_NOTIFY_CLEANUP)

    def begin(self, watch: Watch) -> None:
        self._watches[watch] = None
        self._registry.on_change = self.changed
        if self._alarm is None and self._registry.store.path is not None:
            self._look()

    def end(self, watch: Watch) -> None:
        self._watches.pop(watch, None)
        if not self._watches:
            self._registry.on_change = self._idle
            if self._alarm is not None:
                self._alarm.cancel()
                self._alarm = None

    def _look(self) -> None:
        """Look whether another kernel has changed the file, now and again and again."""
        with suppress(NtError):
            self._registry.look()
        scheduler = self._scheduler
        self._alarm = scheduler.alarm(scheduler.clock.interrupt_time() + LOOK_EVERY, self._look)

    def _others(self) -> None:
        for watch in tuple(self._watches):
            watch.changed()

    def changed(self, node: KeyNode, what: int) -> None:
        """Tell whoever watches this key, or the tree above it."""
        above: KeyNode | None = node
        while above is not None:
            for watch in tuple(above.watchers):
                if watch.what & what and (watch.tree or above is node):
                    watch.changed()
            above = above.parent

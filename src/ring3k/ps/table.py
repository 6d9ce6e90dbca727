"""Client ids: the one number space of processes and threads.

Ids are multiples of four, as handles are.  An id belongs to its object until
the object is deleted, not until the process ends: whoever still holds a handle
can be sure that no newcomer carries the number.  A freed id is used again only
after many others (first freed, first used), so that a stale number seldom names
a living thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from ring3k.abi.status import STATUS_NO_MEMORY, NtError
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ps.process import Process
    from ring3k.ps.thread import Thread

SYSTEM_PROCESS_ID = {"nt40": 2, "nt50": 8}  # every later version: 4
REST = 512  # how many ids lie idle before the oldest is used again
MAXIMUM = 1 << 16


class ClientIdTable:
    """Processes and threads by id, and the processes that run, in order of their birth."""

    def __init__(self, version: str) -> None:
        self.system = SYSTEM_PROCESS_ID.get(version, 4)
        self.running: dict[int, Process] = {}
        self.threads = 0  # that run
        self.on_population: Callable[[], None] | None = None
        self.on_process: Callable[[Process], None] | None = None
        self.on_empty: Callable[[], None] | None = None
        self.servants: set[int] = set()  # of those that run: who is there only for the others
        self.on_idle: Callable[[], None] | None = None  # nobody is left but them
        self._objects: dict[int, Process | Thread] = {}
        self._freed: deque[int] = deque()
        self._next = 0x14

    def assign(self, object_: Process | Thread) -> int:
        """A number for a new process or thread; STATUS_NO_MEMORY when all are in use."""
        if len(self._freed) > REST or self._next >= MAXIMUM * 4:
            if not self._freed:
                raise NtError(STATUS_NO_MEMORY)
            number = self._freed.popleft()
        else:
            number = self._next
            self._next += 4
        self._objects[number] = object_
        return number

    def start(self, process: Process) -> None:
        """A process gets its first thread."""
        self.running[process.pid] = process
        if self.on_process is not None:
            self.on_process(process)

    def end(self, process: Process) -> None:
        """A process lost its last thread."""
        del self.running[process.pid]
        self.servants.discard(process.pid)
        if not self.running:
            if self.on_empty is not None:
                self.on_empty()
        elif len(self.running) == len(self.servants):
            self._idle()

    def serves(self, process: Process) -> None:
        """A running process is there only for others: it is to go when they have gone."""
        self.servants.add(process.pid)
        if len(self.running) == len(self.servants):
            self._idle()

    def _idle(self) -> None:
        if self.on_idle is not None:
            self.on_idle()

    def count_thread(self, change: int) -> None:
        """A thread was born or died; ``on_population`` hears when one is alone, or no longer alone."""
        before = self.threads
        self.threads += change
        if (before == 1 or self.threads == 1) and self.on_population is not None:
            self.on_population()

    def release(self, number: int) -> None:
        """The object is deleted."""
        del self._objects[number]
        self._freed.append(number)

    def find(self, number: int) -> Process | Thread | None:
        """The two low bits do not count, as in a handle."""
        return self._objects.get(number & ~3)

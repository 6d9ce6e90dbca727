"""Threads of the kernel: coroutines that take part in local procedure calls as guest threads do.

They belong to the system process, which has no memory that guests could see.
"""

from __future__ import annotations

from collections.abc import Coroutine

from ring3k.ke.thread import KProcess, KThread
from ring3k.ps.table import ClientIdTable
from ring3k.sched.scheduler import Task
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel
    from ring3k.se.token import Token


class SystemProcess(KProcess):
    """The process of the kernel's own threads.  It never ends."""

    create_time = 0
    last_tid = 0

    def __init__(self, kernel: Kernel, token: Token) -> None:
        super().__init__()
        self.kernel = kernel
        self.pid = kernel.part(ClientIdTable).system
        self.token = token
        self.memory: Any = None
        self.handles = self.vm = None
        self.threads = []

    def can_take(self, thread: KThread) -> bool:
        return False


class KernelThread(KThread):
    """One of them, which runs ``body``."""

    create_time = 0
    task: Task | None = None

    def can_take(self, thread: KThread) -> bool:
        return self.ended

    def run(self, body: Coroutine[Any, Any, None]) -> None:
        """Run up to the first wait, and go on whenever that ends."""
        self.task = Task(body, self._done, self)
        self.kernel.scheduler.step(self.task)

    def _done(self, task: Task, result: Any, error: BaseException | None) -> None:
        self.ended = True
        if error is not None:
            self.kernel.on_crash(self, error)

    def stop(self) -> None:
        """The machine ends."""
        self.ended = True
        if self.task is not None:
            self.task.close()

"""The alert that a thread has by its id: what locks and WaitOnAddress are built on since Windows 8.

It is nothing but a flag, and is not the alert of NtAlertThread.  Only the thread
itself waits for it; any thread of its process may raise it, also before the wait.
"""

from __future__ import annotations

from ring3k.ke.dispatcher import Dispatcher
from ring3k.ke.thread import KThread


class IdAlert(Dispatcher):
    """Raised or not; a wait takes it back."""

    raised = False

    def can_take(self, thread: KThread) -> bool:
        return self.raised

    def take(self, thread: KThread) -> bool:
        self.raised = False
        return False

    def give(self) -> None:
        """Raise it.  A second time makes no difference."""
        self.raised = True
        if self.waiters:
            self.signalled()

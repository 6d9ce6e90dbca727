"""Who waits for a pipe's name to have an instance that listens (FSCTL_PIPE_WAIT)."""

from __future__ import annotations

from ring3k.abi.status import STATUS_IO_TIMEOUT
from ring3k.abi.upcase import upcase
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.io.request import Request
    from ring3k.sched.scheduler import Alarm


class Waiters:
    """Of one pipe device, by name."""

    def __init__(self) -> None:
        self._names: dict[str, dict[Request, Alarm | None]] = {}

    def add(self, name: str, request: Request, deadline: int | None) -> int:
        """STATUS_PENDING.  ``deadline``: interrupt time, None for ever."""
        status = request.pend(self._forget)
        request.owner = key = upcase(name)
        alarm = None
        if deadline is not None:
            alarm = request.t.kernel.scheduler.alarm(deadline, lambda: request.cancel(STATUS_IO_TIMEOUT))
        self._names.setdefault(key, {})[request] = alarm
        return status

    def _forget(self, request: Request) -> None:
        waiting = self._names[request.owner]
        alarm = waiting.pop(request)
        if alarm is not None:
            alarm.cancel()
        if not waiting:
            del self._names[request.owner]

    def tell(self, name: str, status: int = 0) -> None:
        """An instance listens; or the name is gone."""
        for request, alarm in self._names.pop(upcase(name), {}).items():
            if alarm is not None:
                alarm.cancel()
            request.complete(status)

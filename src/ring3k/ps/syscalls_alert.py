"""Alerts by thread id: NtAlertThreadByThreadId and NtWaitForAlertByThreadId (Windows 8 and later)."""

from __future__ import annotations

from ring3k.abi.call import Answer, syscall
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_ALERTED,
    STATUS_INVALID_CID,
    STATUS_TIMEOUT,
    NtError,
)
from ring3k.abi.types import Handle, In, Opt, Pointer, Timeout
from ring3k.ob.syscalls_wait import deadline_of
from ring3k.ps.alert import IdAlert
from ring3k.ps.table import ClientIdTable
from ring3k.ps.thread import Thread


@syscall()
def NtAlertThreadByThreadId(t: Thread, thread_id: Handle) -> int:
    """End a thread's wait for such an alert, or its next one.  Only threads of one's own process."""
    found = t.kernel.part(ClientIdTable).find(thread_id)
    if not isinstance(found, Thread):
        raise NtError(STATUS_INVALID_CID)
    if found.process is not t.process:
        raise NtError(STATUS_ACCESS_DENIED)
    found.id_alert.give()
    return 0


@syscall()
def NtWaitForAlertByThreadId(t: Thread, address: Pointer, timeout: Opt[In[Timeout]]) -> Answer:
    """Wait until somebody alerts the caller by its id.  The address is for debuggers to look at."""
    alert = t.id_alert
    if alert.raised:
        alert.raised = False
        return STATUS_ALERTED
    if timeout == 0:
        return STATUS_TIMEOUT
    return _wait(t, alert, timeout)


async def _wait(t: Thread, alert: IdAlert, timeout: int | None) -> int:
    status = await t.wait((alert,), deadline=deadline_of(t, timeout))
    return STATUS_ALERTED if status == 0 else status

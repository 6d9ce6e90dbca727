"""NtRemoveIoCompletionEx: many packets at once (Windows Vista and later)."""

from __future__ import annotations

from collections.abc import Coroutine

from ring3k.abi.access import IO_COMPLETION_MODIFY_STATE
from ring3k.abi.call import syscall
from ring3k.abi.status import STATUS_INVALID_PARAMETER, STATUS_TIMEOUT, GuestFault, NtError
from ring3k.abi.structs.io import FILE_IO_COMPLETION_INFORMATION, IO_STATUS_BLOCK
from ring3k.abi.types import Boolean, Handle, In, Opt, Out, OutBuffer, Sized, Timeout, Ulong
from ring3k.io.completion import IoCompletion, Packet
from ring3k.ke.thread import KThread as Thread
from ring3k.ob.syscalls_wait import deadline_of
from ring3k.typed import Annotated, Any

PACKET = FILE_IO_COMPLETION_INFORMATION
MOST = 0x7FFFFFFF // PACKET.size()


def _check_count(count: int) -> None:
    if not 0 < count <= MOST:
        raise NtError(STATUS_INVALID_PARAMETER)


@syscall(first=_check_count)
def NtRemoveIoCompletionEx(
    t: Thread,
    io_completion_handle: Handle,
    io_completion_information: Annotated[
        OutBuffer, Sized("count", unit=FILE_IO_COMPLETION_INFORMATION, align=4)
    ],
    count: Ulong,
    num_entries_removed: Out[Ulong],
    timeout: Opt[In[Timeout]],
    alertable: Boolean,
) -> int | Coroutine[Any, Any, int]:
    """Take as many packets as there are, and wait for the first; its wait may be alerted."""
    port = t.handles.get(io_completion_handle, IoCompletion, IO_COMPLETION_MODIFY_STATE)
    packet = port.take_now(t)
    if packet is not None:
        return _tell(t, port, packet, io_completion_information, count, num_entries_removed)
    if timeout == 0 and not alertable:
        num_entries_removed.set(1)  # as NT says it, too
        return STATUS_TIMEOUT
    deadline = deadline_of(t, timeout)
    return _wait(t, port, io_completion_information, count, num_entries_removed, (deadline, alertable))


async def _wait(
    t: Thread,
    port: IoCompletion,
    buffer: OutBuffer,
    count: int,
    removed: Out[Ulong],
    how: tuple[int | None, bool],
) -> int:
    packet = await port.take_later(t, *how)
    if not isinstance(packet, int):
        return _tell(t, port, packet, buffer, count, removed)
    try:
        removed.set(1)
    except GuestFault as fault:
        return fault.status
    return packet


def _tell(
    t: Thread, port: IoCompletion, first: Packet, buffer: OutBuffer, count: int, removed: Out[Ulong]
) -> int:
    """Write the first packet, and what else may be taken without waiting."""
    packets = [first]
    while len(packets) < count:
        packet = port.take_now(t)
        if packet is None:
            break
        packets.append(packet)
    data = b"".join(
        PACKET(
            KeyContext=one.key,
            ApcContext=one.context,
            IoStatusBlock=IO_STATUS_BLOCK(Status=one.status, Information=one.information),
        ).pack()
        for one in packets
    )
    try:
        buffer.write(data)
        removed.set(len(packets))
    except GuestFault as fault:
        return fault.status
    return 0

"""Completion ports."""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import suppress

from ring3k.abi.access import IO_COMPLETION_MODIFY_STATE, IO_COMPLETION_QUERY_STATE, IoCompletionAccess
from ring3k.abi.call import syscall
from ring3k.abi.enums import IoCompletionInfoClass
from ring3k.abi.status import STATUS_TIMEOUT, GuestFault
from ring3k.abi.strings import ObjectAttributesArg
from ring3k.abi.structs.io import IO_COMPLETION_BASIC_INFORMATION, IO_STATUS_BLOCK
from ring3k.abi.types import (
    Handle,
    In,
    NtStatus,
    Opt,
    Out,
    OutBuffer,
    Pointer,
    Sized,
    Timeout,
    Ulong,
    UlongPtr,
)
from ring3k.abi.version import Version
from ring3k.ex.query import answer, only_class
from ring3k.io.completion import IoCompletion, Packet
from ring3k.io.request import set_status
from ring3k.ke.thread import KThread as Thread
from ring3k.ob.open import create, open_
from ring3k.ob.syscalls_wait import deadline_of
from ring3k.typed import Annotated, Any


@syscall()
def NtCreateIoCompletion(
    t: Thread,
    io_completion_handle: Out[Handle],
    desired_access: IoCompletionAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
    count: Ulong,
) -> int:
    """Create a completion port; count is how many threads may run at a time (0: one a processor)."""
    kernel = t.kernel
    return create(
        t,
        io_completion_handle,
        desired_access,
        object_attributes,
        IoCompletion,
        lambda: IoCompletion(kernel, count or kernel.part(Version).processors),
    )


@syscall()
def NtOpenIoCompletion(
    t: Thread,
    io_completion_handle: Out[Handle],
    desired_access: IoCompletionAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
) -> int:
    """Open a named completion port."""
    return open_(t, io_completion_handle, desired_access, object_attributes, IoCompletion)


@syscall()
def NtQueryIoCompletion(
    t: Thread,
    io_completion_handle: Handle,
    io_completion_information_class: IoCompletionInfoClass,
    io_completion_information: Annotated[OutBuffer, Sized("io_completion_information_length", align=4)],
    io_completion_information_length: Ulong,
    return_length: Opt[Out[Ulong]],
) -> int:
    """How many packets a completion port holds."""
    only_class(
        io_completion_information_class, io_completion_information_length, IO_COMPLETION_BASIC_INFORMATION
    )
    port = t.handles.get(io_completion_handle, IoCompletion, IO_COMPLETION_QUERY_STATE)
    depth = IO_COMPLETION_BASIC_INFORMATION(Depth=len(port.packets))
    return answer(depth, io_completion_information, return_length)


@syscall()
def NtSetIoCompletion(
    t: Thread,
    io_completion_handle: Handle,
    key_context: Pointer,
    apc_context: Pointer,
    io_status: NtStatus,
    io_status_information: UlongPtr,
) -> int:
    """Post a packet."""
    port = t.handles.get(io_completion_handle, IoCompletion, IO_COMPLETION_MODIFY_STATE)
    port.post(key_context, apc_context, io_status, io_status_information)
    return 0


@syscall()
def NtRemoveIoCompletion(
    t: Thread,
    io_completion_handle: Handle,
    key_context: Out[Pointer],
    apc_context: Out[Pointer],
    io_status_block: Out[IO_STATUS_BLOCK],
    timeout: Opt[In[Timeout]],
) -> int | Coroutine[Any, Any, int]:
    """Wait for a packet.  The calling thread belongs to the port until it removes from another."""
    port = t.handles.get(io_completion_handle, IoCompletion, IO_COMPLETION_MODIFY_STATE)
    packet = port.take_now(t)
    if packet is None:
        if timeout == 0:
            return STATUS_TIMEOUT
        return _remove(t, port, key_context, apc_context, io_status_block, deadline_of(t, timeout))
    return _tell(packet, key_context, apc_context, io_status_block)


def _tell(packet: Packet, key: Out[Pointer], context: Out[Pointer], block: Out[IO_STATUS_BLOCK]) -> int:
    """Write a packet; pages that vanished since the probe are forgiven, as in NT."""
    with suppress(GuestFault):
        key.memory.write_u32(key.address, packet.key)
        context.memory.write_u32(context.address, packet.context)
        set_status(block, packet.status, packet.information)
    return 0


async def _remove(
    t: Thread,
    port: IoCompletion,
    key: Out[Pointer],
    context: Out[Pointer],
    block: Out[IO_STATUS_BLOCK],
    deadline: int | None,
) -> int:
    packet = await port.take_later(t, deadline)
    return packet if isinstance(packet, int) else _tell(packet, key, context, block)

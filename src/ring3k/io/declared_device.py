"""Input and output: declarations of controls, pipes, mailslots, completion ports and drivers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from ring3k.abi.access import FileAccess, IoCompletionAccess
from ring3k.abi.call import declared
from ring3k.abi.enums import (
    CreateDisposition,
    CreateOptions,
    IoCompletionInfoClass,
    PipeCompletionMode,
    PipeReadMode,
    PipeType,
    ShareAccess,
)
from ring3k.abi.strings import ObjectAttributesArg, UnicodeString
from ring3k.abi.structs.io import IO_STATUS_BLOCK
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

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread as Thread


@declared
def NtCreateNamedPipeFile(
    t: Thread,
    file_handle: Out[Handle],
    desired_access: FileAccess,
    object_attributes: In[ObjectAttributesArg],
    io_status_block: Out[IO_STATUS_BLOCK],
    share_access: ShareAccess,
    create_disposition: CreateDisposition,
    create_options: CreateOptions,
    named_pipe_type: PipeType,
    read_mode: PipeReadMode,
    completion_mode: PipeCompletionMode,
    maximum_instances: Ulong,
    inbound_quota: Ulong,
    outbound_quota: Ulong,
    default_timeout: Opt[In[Timeout]],
) -> None:
    """Create a named pipe or a further instance of it."""


@declared
def NtCreateMailslotFile(
    t: Thread,
    file_handle: Out[Handle],
    desired_access: FileAccess,
    object_attributes: In[ObjectAttributesArg],
    io_status_block: Out[IO_STATUS_BLOCK],
    create_options: CreateOptions,
    mailslot_quota: Ulong,
    maximum_message_size: Ulong,
    read_timeout: In[Timeout],
) -> None:
    """Create a mailslot."""


@declared
def NtCreateIoCompletion(
    t: Thread,
    io_completion_handle: Out[Handle],
    desired_access: IoCompletionAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
    count: Ulong,
) -> None:
    """Create a completion port; count is how many threads may run at a time (0: one a processor)."""


@declared
def NtOpenIoCompletion(
    t: Thread,
    io_completion_handle: Out[Handle],
    desired_access: IoCompletionAccess,
    object_attributes: In[ObjectAttributesArg],
) -> None:
    """Open a named completion port."""


@declared
def NtQueryIoCompletion(
    t: Thread,
    io_completion_handle: Handle,
    io_completion_information_class: IoCompletionInfoClass,
    io_completion_information: Annotated[OutBuffer, Sized("io_completion_information_length", align=4)],
    io_completion_information_length: Ulong,
    return_length: Opt[Out[Ulong]],
) -> None:
    """How many packets a completion port holds."""


@declared
def NtSetIoCompletion(
    t: Thread,
    io_completion_handle: Handle,
    key_context: Pointer,
    apc_context: Pointer,
    io_status: NtStatus,
    io_status_information: UlongPtr,
) -> None:
    """Post a packet."""


@declared
def NtRemoveIoCompletion(
    t: Thread,
    io_completion_handle: Handle,
    key_context: Out[Pointer],
    apc_context: Out[Pointer],
    io_status_block: Out[IO_STATUS_BLOCK],
    timeout: Opt[In[Timeout]],
) -> None:
    """Wait for a packet."""


@declared
def NtLoadDriver(t: Thread, driver_service_name: In[UnicodeString]) -> None:
    """Load a driver by its registry key."""


@declared
def NtUnloadDriver(t: Thread, driver_service_name: In[UnicodeString]) -> None:
    """Unload a driver by its registry key."""

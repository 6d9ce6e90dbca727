"""Making named pipes and mailslots: opens with parameters of their own."""

from __future__ import annotations

from collections.abc import Coroutine

from ring3k.abi.access import FileAccess
from ring3k.abi.call import syscall
from ring3k.abi.enums import (
    CreateDisposition,
    CreateOptions,
    PipeCompletionMode,
    PipeReadMode,
    PipeType,
    ShareAccess,
)
from ring3k.abi.status import STATUS_INVALID_PARAMETER, NtError
from ring3k.abi.strings import ObjectAttributesArg
from ring3k.abi.structs.io import (
    CREATE_DISPOSITION,
    FILE_SHARE_DELETE,
    FILE_SHARE_READ,
    FILE_SHARE_WRITE,
    FILE_WRITE_THROUGH,
    IO_STATUS_BLOCK,
    PIPE_COMPLETION_MODE,
    PIPE_READ_MODE,
    PIPE_TYPE,
)
from ring3k.abi.types import Handle, In, Opt, Out, Timeout, Ulong
from ring3k.abi.version import Version
from ring3k.io.device import Opening
from ring3k.io.file import SYNCHRONOUS
from ring3k.io.mailslot import FOREVER, MailslotParameters
from ring3k.io.pipes.pipe import PipeParameters
from ring3k.io.syscalls import check_options, open_handle
from ring3k.ke.thread import KThread as Thread
from ring3k.typed import Any

DEFAULT_TIMEOUT = -500_000  # 50 ms
VALID_OPTIONS = SYNCHRONOUS | FILE_WRITE_THROUGH


def _check_pipe(
    t: Thread,
    desired_access: int,
    share_access: int,
    create_disposition: int,
    create_options: int,
    named_pipe_type: int,
    read_mode: int,
    completion_mode: int,
) -> None:
    check_options(desired_access, share_access, create_disposition, create_options)
    if (
        share_access & FILE_SHARE_DELETE
        or (
            not CREATE_DISPOSITION.FILE_OPEN <= create_disposition <= CREATE_DISPOSITION.FILE_OPEN_IF
            and not _overwrites(t, create_disposition)
        )
        or create_options & ~VALID_OPTIONS
        or named_pipe_type > PIPE_TYPE.FILE_PIPE_MESSAGE_TYPE
        or read_mode > PIPE_READ_MODE.FILE_PIPE_MESSAGE_MODE
        or completion_mode > PIPE_COMPLETION_MODE.FILE_PIPE_COMPLETE_OPERATION
    ):
        raise NtError(STATUS_INVALID_PARAMETER)


def _overwrites(t: Thread, create_disposition: int) -> bool:
    """Wine's CreatePipe says so for any instance of a pipe, and no time-out."""
    version = t.kernel.part(Version)
    return version.level >= 100 and create_disposition == CREATE_DISPOSITION.FILE_OVERWRITE_IF


@syscall(first=_check_pipe)
def NtCreateNamedPipeFile(
    t: Thread,
    file_handle: Out[Handle],
    desired_access: FileAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
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
) -> int | Coroutine[Any, Any, int]:
    """Create a named pipe or a further instance of it.  Share modes say which way the data may go."""
    if _overwrites(t, create_disposition):
        create_disposition = CREATE_DISPOSITION.FILE_OPEN_IF
        default_timeout = default_timeout or DEFAULT_TIMEOUT
    made = PipeParameters(
        bool(named_pipe_type),
        read_mode,
        completion_mode,
        maximum_instances,
        inbound_quota,
        outbound_quota,
        default_timeout,
    )
    how = Opening(desired_access, share_access, create_disposition, create_options, extra=made)
    return open_handle(t, file_handle, object_attributes, io_status_block, how)


def _check_mailslot(desired_access: int, create_options: int) -> None:
    check_options(desired_access, 0, CREATE_DISPOSITION.FILE_CREATE, create_options)
    if create_options & ~VALID_OPTIONS:
        raise NtError(STATUS_INVALID_PARAMETER)


@syscall(first=_check_mailslot)
def NtCreateMailslotFile(
    t: Thread,
    file_handle: Out[Handle],
    desired_access: FileAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
    io_status_block: Out[IO_STATUS_BLOCK],
    create_options: CreateOptions,
    mailslot_quota: Ulong,
    maximum_message_size: Ulong,
    read_timeout: Opt[In[Timeout]],
) -> int | Coroutine[Any, Any, int]:
    """Create a mailslot.  Without a time-out its reads wait for ever."""
    timeout = FOREVER if read_timeout is None else read_timeout
    how = Opening(
        desired_access,
        FILE_SHARE_READ | FILE_SHARE_WRITE,
        CREATE_DISPOSITION.FILE_CREATE,
        create_options,
        extra=MailslotParameters(mailslot_quota, maximum_message_size, timeout),
    )
    return open_handle(t, file_handle, object_attributes, io_status_block, how)

"""NtCreateThreadEx: a thread with a stack, made by the kernel (Windows Vista and later)."""

from __future__ import annotations

from struct import pack

from ring3k.abi.access import PROCESS_CREATE_THREAD, ThreadAccess
from ring3k.abi.call import syscall
from ring3k.abi.enums import ThreadCreateFlags
from ring3k.abi.status import (
    STATUS_INVALID_PARAMETER_3,
    STATUS_INVALID_PARAMETER_7,
    STATUS_PROCESS_IS_TERMINATING,
    NtError,
)
from ring3k.abi.strings import ObjectAttributesArg
from ring3k.abi.structs.ps6 import (
    PS_ATTRIBUTE_NUM,
    THREAD_CREATE_FLAGS_BYPASS_PROCESS_FREEZE,
    THREAD_CREATE_FLAGS_CREATE_SUSPENDED,
    THREAD_CREATE_FLAGS_HIDE_FROM_DEBUGGER,
    THREAD_CREATE_FLAGS_LOADER_WORKER,
    THREAD_CREATE_FLAGS_SKIP_LOADER_INIT,
    THREAD_CREATE_FLAGS_SKIP_THREAD_ATTACH,
)
from ring3k.abi.types import Handle, In, Opt, Out, Pointer, SizeT, UlongPtr
from ring3k.ke.thread import KThread
from ring3k.ob.handles import lookup
from ring3k.ob.open import give
from ring3k.ob.security import SecurityMonitor
from ring3k.ps.attributes import capture_attributes
from ring3k.ps.create import start_thread
from ring3k.ps.process import Process
from ring3k.ps.syscalls_thread import grant_new, secure_new
from ring3k.ps.thread import Thread

A = PS_ATTRIBUTE_NUM
VALID_FLAGS = (
    THREAD_CREATE_FLAGS_CREATE_SUSPENDED
    | THREAD_CREATE_FLAGS_SKIP_THREAD_ATTACH
    | THREAD_CREATE_FLAGS_HIDE_FROM_DEBUGGER
    | THREAD_CREATE_FLAGS_LOADER_WORKER
    | THREAD_CREATE_FLAGS_SKIP_LOADER_INIT
    | THREAD_CREATE_FLAGS_BYPASS_PROCESS_FREEZE
)
MOST_ZERO_BITS = 21


def _check_thread(create_flags: int, zero_bits: int) -> None:
    if create_flags & ~VALID_FLAGS:
        raise NtError(STATUS_INVALID_PARAMETER_7)
    if zero_bits > MOST_ZERO_BITS:
        raise NtError(STATUS_INVALID_PARAMETER_3)


@syscall(first=_check_thread)
def NtCreateThreadEx(
    t: Thread,
    thread_handle: Out[Handle],
    desired_access: ThreadAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
    process_handle: Handle,
    start_routine: Pointer,
    argument: Pointer,
    create_flags: ThreadCreateFlags,
    zero_bits: UlongPtr,
    stack_size: SizeT,
    maximum_stack_size: SizeT,
    attribute_list: Pointer,
) -> int:
    """A new thread and its stack; sizes of 0 are those of the process's image.

    Attributes: the client id and the TEB's address are told.
    """
    attributes = capture_attributes(t.memory, attribute_list, thread=True)
    process = lookup(t, process_handle, Process, PROCESS_CREATE_THREAD)
    granted = grant_new(t, Thread, desired_access)
    monitor = t.kernel.part(SecurityMonitor)
    given = monitor.capture(t, object_attributes.security_descriptor) if object_attributes else None
    if process.exiting:
        raise NtError(STATUS_PROCESS_IS_TERMINATING)
    thread = start_thread(
        process, start_routine, argument, create_flags, stack_size, maximum_stack_size, zero_bits
    )
    secure_new(t, thread, given)
    give(t, thread_handle, thread, granted, object_attributes.attributes if object_attributes else 0)
    attributes.tell(A.PsAttributeClientId, client_id(thread))
    attributes.tell(A.PsAttributeTebAddress, pack("<I", thread.teb))
    return 0


def client_id(thread: KThread) -> bytes:
    """CLIENT_ID."""
    return pack("<II", thread.process.pid, thread.tid)

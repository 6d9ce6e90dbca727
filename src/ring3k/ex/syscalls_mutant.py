"""Mutants and semaphores."""

from __future__ import annotations

from ring3k.abi.access import (
    MUTANT_QUERY_STATE,
    SEMAPHORE_MODIFY_STATE,
    SEMAPHORE_QUERY_STATE,
    MutantAccess,
    SemaphoreAccess,
)
from ring3k.abi.call import syscall
from ring3k.abi.enums import MutantInfoClass, SemaphoreInfoClass
from ring3k.abi.status import STATUS_INVALID_PARAMETER, NtError
from ring3k.abi.strings import ObjectAttributesArg
from ring3k.abi.structs.ex import MUTANT_BASIC_INFORMATION, SEMAPHORE_BASIC_INFORMATION
from ring3k.abi.types import Boolean, Handle, In, Long, Opt, Out, OutBuffer, Sized, Ulong
from ring3k.engine.protocol import Native
from ring3k.ex.event import Mutant, Semaphore
from ring3k.ex.query import answer, only_class
from ring3k.ke.thread import KThread as Thread
from ring3k.ob.open import create, open_
from ring3k.typed import Annotated


@syscall()
def NtCreateMutant(
    t: Thread,
    mutant_handle: Out[Handle],
    desired_access: MutantAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
    initial_owner: Boolean,
) -> int:
    """Create a mutant, free or owned by the caller."""
    return create(
        t,
        mutant_handle,
        desired_access,
        object_attributes,
        Mutant,
        lambda: Mutant(t.kernel, t if initial_owner else None),
    )


@syscall()
def NtOpenMutant(
    t: Thread,
    mutant_handle: Out[Handle],
    desired_access: MutantAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
) -> int:
    """Open a named mutant."""
    return open_(t, mutant_handle, desired_access, object_attributes, Mutant)


@syscall()
def NtReleaseMutant(t: Thread, mutant_handle: Handle, previous_count: Opt[Out[Long]]) -> int:
    """Give one acquisition back.  No right is needed: ownership decides."""
    before = t.handles.get(mutant_handle, Mutant, 0).release(t)
    if previous_count is not None:
        previous_count.set(before)
    return 0


@syscall()
def NtQueryMutant(
    t: Thread,
    mutant_handle: Handle,
    mutant_information_class: MutantInfoClass,
    mutant_information: Annotated[OutBuffer, Sized("mutant_information_length", align=4)],
    mutant_information_length: Ulong,
    return_length: Opt[Out[Ulong]],
) -> int:
    """Count, whether the caller owns it, whether it was abandoned."""
    only_class(mutant_information_class, mutant_information_length, MUTANT_BASIC_INFORMATION)
    mutant = t.handles.get(mutant_handle, Mutant, MUTANT_QUERY_STATE)
    return answer(
        MUTANT_BASIC_INFORMATION(
            CurrentCount=mutant.count, OwnedByCaller=mutant.owner is t, AbandonedState=mutant.abandoned
        ),
        mutant_information,
        return_length,
    )


@syscall()
def NtCreateSemaphore(
    t: Thread,
    semaphore_handle: Out[Handle],
    desired_access: SemaphoreAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
    initial_count: Long,
    maximum_count: Long,
) -> int:
    """Create a semaphore."""
    if maximum_count <= 0 or not 0 <= initial_count <= maximum_count:
        raise NtError(STATUS_INVALID_PARAMETER)
    return create(
        t,
        semaphore_handle,
        desired_access,
        object_attributes,
        Semaphore,
        lambda: Semaphore(t.kernel, initial_count, maximum_count),
    )


@syscall()
def NtOpenSemaphore(
    t: Thread,
    semaphore_handle: Out[Handle],
    desired_access: SemaphoreAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
) -> int:
    """Open a named semaphore."""
    return open_(t, semaphore_handle, desired_access, object_attributes, Semaphore)


@syscall(native=Native.RELEASE_SEMAPHORE)
def NtReleaseSemaphore(
    t: Thread, semaphore_handle: Handle, release_count: Long, previous_count: Opt[Out[Long]]
) -> int:
    """Add to the count.  A count that is not positive is refused before the handle is looked at."""
    if release_count <= 0:
        raise NtError(STATUS_INVALID_PARAMETER)
    semaphore = t.handles.get(semaphore_handle, Semaphore, SEMAPHORE_MODIFY_STATE)
    before = semaphore.release(release_count)
    t.memory.set_signal(semaphore_handle, semaphore.signal, Native.RELEASE_SEMAPHORE)
    if previous_count is not None:
        previous_count.set(before)
    return 0


@syscall()
def NtQuerySemaphore(
    t: Thread,
    semaphore_handle: Handle,
    semaphore_information_class: SemaphoreInfoClass,
    semaphore_information: Annotated[OutBuffer, Sized("semaphore_information_length", align=4)],
    semaphore_information_length: Ulong,
    return_length: Opt[Out[Ulong]],
) -> int:
    """Count and maximum."""
    only_class(semaphore_information_class, semaphore_information_length, SEMAPHORE_BASIC_INFORMATION)
    semaphore = t.handles.get(semaphore_handle, Semaphore, SEMAPHORE_QUERY_STATE)
    return answer(
        SEMAPHORE_BASIC_INFORMATION(CurrentCount=semaphore.count, MaximumCount=semaphore.maximum),
        semaphore_information,
        return_length,
    )

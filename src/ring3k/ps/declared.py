"""Process structure: declarations of calls without a handler (jobs, LDT)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from ring3k.abi.access import JobAccess
from ring3k.abi.call import declared
from ring3k.abi.enums import JobInfoClass
from ring3k.abi.strings import ObjectAttributesArg
from ring3k.abi.structs.psinfo import JOB_SET_ARRAY
from ring3k.abi.types import (
    Handle,
    In,
    InBuffer,
    NtStatus,
    Opt,
    Out,
    OutBuffer,
    Sized,
    Ulong,
)

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread as Thread


@declared
def NtCreateJobObject(
    t: Thread,
    job_handle: Out[Handle],
    desired_access: JobAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
) -> None:
    """Create a job: processes with common limits."""


@declared
def NtOpenJobObject(
    t: Thread, job_handle: Out[Handle], desired_access: JobAccess, object_attributes: In[ObjectAttributesArg]
) -> None:
    """Open a named job."""


@declared
def NtAssignProcessToJobObject(t: Thread, job_handle: Handle, process_handle: Handle) -> None:
    """Put a process into a job."""


@declared
def NtTerminateJobObject(t: Thread, job_handle: Handle, exit_status: NtStatus) -> None:
    """End every process of a job."""


@declared
def NtQueryInformationJobObject(
    t: Thread,
    job_handle: Handle,
    job_object_information_class: JobInfoClass,
    job_object_information: Annotated[OutBuffer, Sized("job_object_information_length", align=4)],
    job_object_information_length: Ulong,
    return_length: Opt[Out[Ulong]],
) -> None:
    """Query a job's limits and accounts; a NULL handle means the caller's own job."""


@declared
def NtSetInformationJobObject(
    t: Thread,
    job_handle: Handle,
    job_object_information_class: JobInfoClass,
    job_object_information: Annotated[InBuffer, Sized("job_object_information_length", align=4)],
    job_object_information_length: Ulong,
) -> None:
    """Set a job's limits."""


@declared
def NtCreateJobSet(
    t: Thread,
    num_job: Ulong,
    user_job_set: Annotated[InBuffer, Sized("num_job", unit=JOB_SET_ARRAY, align=4)],
    flags: Ulong,
) -> None:
    """Group jobs in levels (XP and later)."""


@declared
def NtIsProcessInJob(t: Thread, process_handle: Handle, job_handle: Handle) -> None:
    """Tell whether a process is in a job, or in any for a NULL handle (XP and later)."""


@declared
def NtSetLdtEntries(
    t: Thread,
    selector0: Ulong,
    entry0_low: Ulong,
    entry0_hi: Ulong,
    selector1: Ulong,
    entry1_low: Ulong,
    entry1_hi: Ulong,
) -> None:
    """Set one or two descriptors of the process's LDT; selector 0 means none."""

"""Jobs: create, open, assign, end; what they tell of themselves; job sets.

Class and length are judged before any pointer is touched, except that the two
classes with lists take more than their fixed part.
"""

from __future__ import annotations

from struct import pack

from ring3k.abi.access import (
    JOB_OBJECT_ASSIGN_PROCESS,
    JOB_OBJECT_QUERY,
    JOB_OBJECT_TERMINATE,
    PROCESS_QUERY_INFORMATION,
    PROCESS_SET_QUOTA,
    PROCESS_TERMINATE,
    JobAccess,
)
from ring3k.abi.call import syscall
from ring3k.abi.enums import JobInfoClass
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_BUFFER_OVERFLOW,
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_INFO_CLASS,
    STATUS_INVALID_PARAMETER,
    STATUS_PROCESS_IN_JOB,
    STATUS_PROCESS_IS_TERMINATING,
    STATUS_PROCESS_NOT_IN_JOB,
    NtError,
)
from ring3k.abi.strings import ObjectAttributesArg
from ring3k.abi.structs.job import (
    ERROR_NOT_ENOUGH_QUOTA,
    JOB_LIMIT,
)
from ring3k.abi.structs.psinfo import (
    IO_COUNTERS,
    JOB_SET_ARRAY,
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION,
    JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION,
    JOBOBJECT_BASIC_LIMIT_INFORMATION,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION,
    JOBOBJECTINFOCLASS,
)
from ring3k.abi.types import Handle, In, InBuffer, NtStatus, Opt, Out, OutBuffer, Sized, Ulong
from ring3k.abi.version import Version
from ring3k.ob.handles import lookup
from ring3k.ob.open import create, open_
from ring3k.ps.counters import io_counters
from ring3k.ps.job import Job
from ring3k.ps.process import Process
from ring3k.ps.thread import Thread
from ring3k.se.impersonation import check_job
from ring3k.typed import Annotated, Any

C = JOBOBJECTINFOCLASS
LENGTHS = {
    C.JobObjectBasicAccountingInformation: 48,
    C.JobObjectBasicLimitInformation: 48,
    C.JobObjectBasicProcessIdList: 12,
    C.JobObjectBasicUIRestrictions: 4,
    C.JobObjectSecurityLimitInformation: 20,
    C.JobObjectEndOfJobTimeInformation: 4,
    C.JobObjectAssociateCompletionPortInformation: 8,
    C.JobObjectBasicAndIoAccountingInformation: 96,
    C.JobObjectExtendedLimitInformation: 112,
    C.JobObjectJobSetInformation: 4,
}
_LISTS = (C.JobObjectBasicProcessIdList, C.JobObjectSecurityLimitInformation)


@syscall()
def NtCreateJobObject(
    t: Thread,
    job_handle: Out[Handle],
    desired_access: JobAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
) -> int:
    """Create a job: processes with common limits."""
    session = t.process.session
    return create(t, job_handle, desired_access, object_attributes, Job, lambda: Job(t.kernel, session))


@syscall()
def NtOpenJobObject(
    t: Thread, job_handle: Out[Handle], desired_access: JobAccess, object_attributes: In[ObjectAttributesArg]
) -> int:
    """Open a named job."""
    return open_(t, job_handle, desired_access, object_attributes, Job)


@syscall()
def NtAssignProcessToJobObject(t: Thread, job_handle: Handle, process_handle: Handle) -> int:
    """Put a process into a job.  It is ended if the job has as many as it may have."""
    job = t.handles.get(job_handle, Job, JOB_OBJECT_ASSIGN_PROCESS)
    process = lookup(t, process_handle, Process, PROCESS_SET_QUOTA | PROCESS_TERMINATE)
    if not job.accepts(process):
        raise NtError(STATUS_ACCESS_DENIED)
    if process.exiting:
        raise NtError(STATUS_PROCESS_IS_TERMINATING)
    check_job(job, process.token)
    try:
        job.add(process)
    except NtError:
        own = process is t.process
        process.exiting = True
        process.terminate(ERROR_NOT_ENOUGH_QUOTA, but=t if own else None)
        if own:
            t.exit(ERROR_NOT_ENOUGH_QUOTA)
        raise
    return 0


@syscall()
def NtTerminateJobObject(t: Thread, job_handle: Handle, exit_status: NtStatus) -> int:
    """End every process of a job, the caller's own last."""
    job = t.handles.get(job_handle, Job, JOB_OBJECT_TERMINATE)
    own = t.process in job.processes
    job.terminate(exit_status, t)
    if own:
        t.exit(exit_status)
    return 0


@syscall()
def NtIsProcessInJob(t: Thread, process_handle: Handle, job_handle: Handle) -> int:
    """Tell whether a process is in a job, or in any for a NULL handle (XP and later)."""
    process = lookup(t, process_handle, Process, PROCESS_QUERY_INFORMATION)
    if not job_handle:
        return STATUS_PROCESS_IN_JOB if process.job is not None else STATUS_PROCESS_NOT_IN_JOB
    job = t.handles.get(job_handle, Job, JOB_OBJECT_QUERY)
    inside = process.job is not None and job in process.job.around
    return STATUS_PROCESS_IN_JOB if inside else STATUS_PROCESS_NOT_IN_JOB


@syscall()
def NtCreateJobSet(
    t: Thread,
    num_job: Ulong,
    user_job_set: Annotated[InBuffer, Sized("num_job", unit=JOB_SET_ARRAY, align=4)],
    flags: Ulong,
) -> int:
    """Group jobs in levels (XP and later): a process may move to a job of a higher level."""
    if flags or not 2 <= num_job <= 0x1000:
        raise NtError(STATUS_INVALID_PARAMETER)
    jobs: list[Job] = []
    size, last = JOB_SET_ARRAY.size(), 0
    raw = user_job_set.read()
    for number in range(num_job):
        entry = JOB_SET_ARRAY.unpack(raw[number * size :])
        if entry.MemberLevel <= last or entry.Flags:
            raise NtError(STATUS_INVALID_PARAMETER)
        last = entry.MemberLevel
        job = t.handles.get(entry.JobHandle, Job, JOB_OBJECT_QUERY)
        if job.set or job in jobs:
            raise NtError(STATUS_INVALID_PARAMETER)
        jobs.append(job)
    for number, job in enumerate(jobs):
        job.set, job.level = tuple(jobs), JOB_SET_ARRAY.unpack(raw[number * size :]).MemberLevel
    return 0


# -- query ------------------------------------------------------------------------------
def has_class(t: Thread, number: int) -> bool:
    newer = t.kernel.part(Version).level > 50
    return number in LENGTHS and (newer or number != C.JobObjectJobSetInformation)


def _check_query(t: Any, job_object_information_class: int, job_object_information_length: int) -> None:
    if not has_class(t, job_object_information_class):
        raise NtError(STATUS_INVALID_INFO_CLASS)
    need, length = LENGTHS[job_object_information_class], job_object_information_length
    if length < need or (length != need and job_object_information_class not in _LISTS):
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)


@syscall(first=_check_query)
def NtQueryInformationJobObject(
    t: Thread,
    job_handle: Handle,
    job_object_information_class: JobInfoClass,
    job_object_information: Annotated[OutBuffer, Sized("job_object_information_length", align=4)],
    job_object_information_length: Ulong,
    return_length: Opt[Out[Ulong]],
) -> int:
    """Query a job's limits and accounts; a NULL handle means the caller's own job."""
    if job_handle:
        job = t.handles.get(job_handle, Job, JOB_OBJECT_QUERY)
    elif t.process.job is None:
        raise NtError(STATUS_ACCESS_DENIED)
    else:
        job = t.process.job
    status = 0
    what = job_object_information_class
    if what == C.JobObjectBasicProcessIdList:
        status, data = _process_ids(job, job_object_information_length)
    else:
        answer = _QUERIES.get(what)
        if answer is None:
            raise NtError(STATUS_INVALID_INFO_CLASS)
        data = answer(job)
    job_object_information.write(data)
    if return_length is not None:
        return_length.set(len(data))
    return status


def _process_ids(job: Job, length: int) -> tuple[int, bytes]:
    """As many ids as there is room for; STATUS_BUFFER_OVERFLOW when that is not all."""
    ids = [one.pid for one in job.processes]
    shown = ids[: (length - 8) // 4]
    status = 0 if len(shown) == len(ids) else STATUS_BUFFER_OVERFLOW
    return status, pack(f"<2I{len(shown)}I", len(ids), len(shown), *shown)


def _accounting(job: Job) -> JOBOBJECT_BASIC_ACCOUNTING_INFORMATION:
    user, kernel = job.times()
    period_user, period_kernel = job.period_times()
    return JOBOBJECT_BASIC_ACCOUNTING_INFORMATION(
        TotalUserTime=user,
        TotalKernelTime=kernel,
        ThisPeriodTotalUserTime=period_user,
        ThisPeriodTotalKernelTime=period_kernel,
        TotalProcesses=job.total_processes,
        ActiveProcesses=len(job.processes),
        TotalTerminatedProcesses=job.terminated,
    )


def _io_accounting(job: Job) -> bytes:
    io = IO_COUNTERS(**io_counters(job.io_counters()))
    return JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION(BasicInfo=_accounting(job), IoInfo=io).pack()


def _basic_limits(job: Job, mask: int = JOB_LIMIT.BASIC) -> JOBOBJECT_BASIC_LIMIT_INFORMATION:
    low, high = job.working_set
    return JOBOBJECT_BASIC_LIMIT_INFORMATION(
        PerProcessUserTimeLimit=job.process_time,
        PerJobUserTimeLimit=job.job_time,
        LimitFlags=job.limits & mask,
        MinimumWorkingSetSize=low,
        MaximumWorkingSetSize=high,
        ActiveProcessLimit=job.active_limit,
        Affinity=job.affinity,
        PriorityClass=job.priority_class,
        SchedulingClass=job.scheduling_class,
    )


def _extended_limits(job: Job) -> bytes:
    return JOBOBJECT_EXTENDED_LIMIT_INFORMATION(
        BasicLimitInformation=_basic_limits(job, JOB_LIMIT.EXTENDED),
        ProcessMemoryLimit=job.process_memory,
        JobMemoryLimit=job.job_memory,
        PeakProcessMemoryUsed=job.peak_process_memory,
        PeakJobMemoryUsed=job.peak_memory,
    ).pack()


_QUERIES: dict[int, Any] = {
    C.JobObjectBasicAccountingInformation: lambda job: _accounting(job).pack(),
    C.JobObjectBasicLimitInformation: lambda job: _basic_limits(job).pack(),
    C.JobObjectBasicUIRestrictions: lambda job: pack("<I", job.ui_restrictions),
    C.JobObjectSecurityLimitInformation: lambda job: pack("<5I", job.security_flags, 0, 0, 0, 0),
    C.JobObjectEndOfJobTimeInformation: lambda job: pack("<I", job.end_action),
    C.JobObjectBasicAndIoAccountingInformation: _io_accounting,
    C.JobObjectExtendedLimitInformation: _extended_limits,
    C.JobObjectJobSetInformation: lambda job: pack("<I", job.level),
}

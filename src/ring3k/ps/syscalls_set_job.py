"""NtSetInformationJobObject: class and length first, then the job, then what is wanted of it."""

from __future__ import annotations

from ring3k.abi.access import (
    JOB_OBJECT_SET_ATTRIBUTES,
    JOB_OBJECT_SET_SECURITY_ATTRIBUTES,
    TOKEN_ASSIGN_PRIMARY,
    TOKEN_DUPLICATE,
    TOKEN_IMPERSONATE,
)
from ring3k.abi.call import syscall
from ring3k.abi.enums import JobInfoClass
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_BAD_TOKEN_TYPE,
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_INFO_CLASS,
    STATUS_INVALID_PARAMETER,
    STATUS_OBJECT_TYPE_MISMATCH,
    NtError,
)
from ring3k.abi.structs.job import (
    DEFAULT_SCHEDULING_CLASS,
    JOB_LIMIT,
    JOB_SECURITY,
    JOB_SECURITY_ALL,
    JOB_UI_ALL,
    JOBOBJECT_SECURITY_LIMIT_INFORMATION,
    SCHEDULING_CLASSES,
)
from ring3k.abi.structs.psinfo import (
    JOBOBJECT_ASSOCIATE_COMPLETION_PORT,
    JOBOBJECT_BASIC_LIMIT_INFORMATION,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION,
    JOBOBJECTINFOCLASS,
)
from ring3k.abi.types import Handle, InBuffer, Sized, Ulong
from ring3k.abi.version import Version
from ring3k.engine.protocol import PAGE
from ring3k.ob.object import Object
from ring3k.ps.job import POST_AT_END, Job
from ring3k.ps.syscalls_job import LENGTHS, has_class
from ring3k.ps.thread import Thread
from ring3k.se.capture import capture_groups, capture_privileges
from ring3k.se.filter import TokenFilter
from ring3k.se.privilege import (
    SE_ASSIGN_PRIMARY_TOKEN_PRIVILEGE,
    SE_INCREASE_BASE_PRIORITY_PRIVILEGE,
    require_privilege,
)
from ring3k.se.token import PRIMARY, Token
from ring3k.typed import Annotated, Any

C = JOBOBJECTINFOCLASS
MODEST_CLASSES = (1, 2, 5)  # idle, normal, below normal: whoever may have them
MODIFY_COMPLETION = 2
JOB_TOKEN_RIGHTS = TOKEN_ASSIGN_PRIMARY | TOKEN_DUPLICATE | TOKEN_IMPERSONATE


def _check_set(t: Any, job_object_information_class: int, job_object_information_length: int) -> None:
    if not has_class(t, job_object_information_class):
        raise NtError(STATUS_INVALID_INFO_CLASS)
    if job_object_information_length != LENGTHS[job_object_information_class]:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)


@syscall(first=_check_set)
def NtSetInformationJobObject(
    t: Thread,
    job_handle: Handle,
    job_object_information_class: JobInfoClass,
    job_object_information: Annotated[InBuffer, Sized("job_object_information_length", align=4)],
    job_object_information_length: Ulong,
) -> int:
    """Set a job's limits."""
    what = job_object_information_class
    security = what == C.JobObjectSecurityLimitInformation
    access = JOB_OBJECT_SET_SECURITY_ATTRIBUTES if security else JOB_OBJECT_SET_ATTRIBUTES
    job = t.handles.get(job_handle, Job, access)
    action = _CHANGES.get(what)
    if action is None:
        raise NtError(STATUS_INVALID_INFO_CLASS)
    action(t, job, job_object_information.read())
    return 0


def _set_basic(t: Thread, job: Job, data: bytes) -> None:
    limits = JOBOBJECT_BASIC_LIMIT_INFORMATION.unpack(data)
    if limits.LimitFlags & ~JOB_LIMIT.BASIC:
        raise NtError(STATUS_INVALID_PARAMETER)
    _check_limits(t, limits)
    job.set_limits(limits)


def _set_extended(t: Thread, job: Job, data: bytes) -> None:
    limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION.unpack(data)
    flags = limits.BasicLimitInformation.LimitFlags
    if flags & ~JOB_LIMIT.EXTENDED:
        raise NtError(STATUS_INVALID_PARAMETER)
    process = limits.ProcessMemoryLimit if flags & JOB_LIMIT.PROCESS_MEMORY else 0
    whole = limits.JobMemoryLimit if flags & JOB_LIMIT.JOB_MEMORY else 0
    if (flags & JOB_LIMIT.PROCESS_MEMORY and process < PAGE) or (
        flags & JOB_LIMIT.JOB_MEMORY and whole < PAGE
    ):
        raise NtError(STATUS_INVALID_PARAMETER)
    _check_limits(t, limits.BasicLimitInformation)
    job.set_limits(limits.BasicLimitInformation, process & -PAGE, whole & -PAGE)


def _check_limits(t: Thread, limits: JOBOBJECT_BASIC_LIMIT_INFORMATION) -> None:
    """What is wrong with them.  STATUS_INVALID_PARAMETER, STATUS_PRIVILEGE_NOT_HELD."""
    flags = limits.LimitFlags
    low, high = limits.MinimumWorkingSetSize, limits.MaximumWorkingSetSize
    every = (1 << t.kernel.part(Version).processors) - 1
    both = JOB_LIMIT.JOB_TIME | JOB_LIMIT.PRESERVE_JOB_TIME
    if (
        flags & both == both
        or (flags & JOB_LIMIT.WORKING_SET and (not 0 < low < high))
        or (flags & JOB_LIMIT.AFFINITY and (not limits.Affinity or limits.Affinity & ~every))
        or (flags & JOB_LIMIT.PRIORITY_CLASS and not 0 < limits.PriorityClass <= 6)
        or (flags & JOB_LIMIT.SCHEDULING_CLASS and limits.SchedulingClass >= SCHEDULING_CLASSES)
        or (flags & JOB_LIMIT.PROCESS_TIME and limits.PerProcessUserTimeLimit < 0)
        or (flags & JOB_LIMIT.JOB_TIME and limits.PerJobUserTimeLimit < 0)
    ):
        raise NtError(STATUS_INVALID_PARAMETER)
    eager = flags & JOB_LIMIT.SCHEDULING_CLASS and limits.SchedulingClass > DEFAULT_SCHEDULING_CLASS
    if eager or (flags & JOB_LIMIT.PRIORITY_CLASS and limits.PriorityClass not in MODEST_CLASSES):
        require_privilege(t, SE_INCREASE_BASE_PRIORITY_PRIVILEGE)


def _set_ui(t: Thread, job: Job, data: bytes) -> None:
    value = int.from_bytes(data, "little")
    if value & ~JOB_UI_ALL:
        raise NtError(STATUS_INVALID_PARAMETER)
    job.ui_restrictions = value


def _set_security(t: Thread, job: Job, data: bytes) -> None:
    """Security limits are set once and stay; of the token and the filter only one may be given."""
    wanted = JOBOBJECT_SECURITY_LIMIT_INFORMATION.unpack(data)
    flags = wanted.SecurityLimitFlags
    either = JOB_SECURITY.ONLY_TOKEN | JOB_SECURITY.FILTER_TOKENS
    if flags & ~JOB_SECURITY_ALL or flags & either == either:
        raise NtError(STATUS_INVALID_PARAMETER)
    if job.security_flags & ~flags or (flags & JOB_SECURITY.ONLY_TOKEN and job.token is not None):
        raise NtError(STATUS_ACCESS_DENIED)
    token = None
    if flags & JOB_SECURITY.ONLY_TOKEN:
        token = t.handles.get(wanted.JobToken, Token, JOB_TOKEN_RIGHTS)
        if token.kind != PRIMARY:
            raise NtError(STATUS_BAD_TOKEN_TYPE)
        if token.parent_id != t.process.token.token_id:
            require_privilege(t, SE_ASSIGN_PRIMARY_TOKEN_PRIVILEGE)
    job.set_token_limits(flags, token, _filter(t, job, wanted))


def _filter(t: Thread, job: Job, wanted: JOBOBJECT_SECURITY_LIMIT_INFORMATION) -> TokenFilter | None:
    """What clients' tokens are to lose; at least one list must say something."""
    if not wanted.SecurityLimitFlags & JOB_SECURITY.FILTER_TOKENS:
        return None
    if job.filter is not None:
        raise NtError(STATUS_ACCESS_DENIED)
    disable, delete, restrict = wanted.SidsToDisable, wanted.PrivilegesToDelete, wanted.RestrictedSids
    if not (disable or delete or restrict):
        raise NtError(STATUS_INVALID_PARAMETER)
    memory = t.memory
    return TokenFilter(
        frozenset(one.sid for one in capture_groups(memory, disable)) if disable else frozenset(),
        frozenset(luid for luid, _ in capture_privileges(memory, delete)) if delete else frozenset(),
        tuple(capture_groups(memory, restrict)) if restrict else (),
    )


def _set_end(t: Thread, job: Job, data: bytes) -> None:
    value = int.from_bytes(data, "little")
    if value > POST_AT_END:
        raise NtError(STATUS_INVALID_PARAMETER)
    job.end_action = value


def _set_port(t: Thread, job: Job, data: bytes) -> None:
    """Only once, and not without a port."""
    value = JOBOBJECT_ASSOCIATE_COMPLETION_PORT.unpack(data)
    if job.port is not None or not value.CompletionPort:
        raise NtError(STATUS_INVALID_PARAMETER)
    port: Any = t.handles.get(value.CompletionPort, Object, 0)
    if port.type.name != "IoCompletion":
        raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
    t.handles.get(value.CompletionPort, type(port), MODIFY_COMPLETION)
    job.associate(port, value.CompletionKey)


_CHANGES: dict[int, Any] = {
    C.JobObjectBasicLimitInformation: _set_basic,
    C.JobObjectExtendedLimitInformation: _set_extended,
    C.JobObjectBasicUIRestrictions: _set_ui,
    C.JobObjectSecurityLimitInformation: _set_security,
    C.JobObjectEndOfJobTimeInformation: _set_end,
    C.JobObjectAssociateCompletionPortInformation: _set_port,
}

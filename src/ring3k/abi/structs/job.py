"""Jobs: limits, messages to a completion port, and the structures of the information classes."""

from __future__ import annotations

from ring3k.abi import status as s
from ring3k.abi.struct import Structure
from ring3k.abi.types import Handle, Pointer, Ulong

ERROR_NOT_ENOUGH_QUOTA = 1816  # the exit status of what a limit has ended

JOB_UI_ALL = 0xFF
JOB_SECURITY_ALL = 0xF
SCHEDULING_CLASSES = 10
DEFAULT_SCHEDULING_CLASS = 5


class JOB_LIMIT:
    """JOB_OBJECT_LIMIT_*."""

    WORKING_SET = 0x1
    PROCESS_TIME = 0x2
    JOB_TIME = 0x4
    ACTIVE_PROCESS = 0x8
    AFFINITY = 0x10
    PRIORITY_CLASS = 0x20
    PRESERVE_JOB_TIME = 0x40
    SCHEDULING_CLASS = 0x80
    BASIC = 0xFF
    PROCESS_MEMORY = 0x100
    JOB_MEMORY = 0x200
    DIE_ON_UNHANDLED_EXCEPTION = 0x400
    BREAKAWAY_OK = 0x800
    SILENT_BREAKAWAY_OK = 0x1000
    KILL_ON_JOB_CLOSE = 0x2000
    EXTENDED = 0x3FFF


class JOB_MESSAGE:
    """JOB_OBJECT_MSG_*."""

    END_OF_JOB_TIME = 1
    END_OF_PROCESS_TIME = 2
    ACTIVE_PROCESS_LIMIT = 3
    ACTIVE_PROCESS_ZERO = 4
    NEW_PROCESS = 6
    EXIT_PROCESS = 7
    ABNORMAL_EXIT_PROCESS = 8
    PROCESS_MEMORY_LIMIT = 9
    JOB_MEMORY_LIMIT = 10


class JOB_SECURITY:
    """JOB_OBJECT_SECURITY_*."""

    NO_ADMIN = 0x1
    RESTRICTED_TOKEN = 0x2
    ONLY_TOKEN = 0x4
    FILTER_TOKENS = 0x8


# Exit statuses that JOB_OBJECT_MSG_ABNORMAL_EXIT_PROCESS tells of.
ABNORMAL_EXITS = frozenset(
    (
        s.STATUS_GUARD_PAGE_VIOLATION,
        s.STATUS_DATATYPE_MISALIGNMENT,
        s.STATUS_BREAKPOINT,
        s.STATUS_SINGLE_STEP,
        s.STATUS_ACCESS_VIOLATION,
        s.STATUS_IN_PAGE_ERROR,
        s.STATUS_ILLEGAL_INSTRUCTION,
        s.STATUS_NONCONTINUABLE_EXCEPTION,
        s.STATUS_INVALID_DISPOSITION,
        s.STATUS_ARRAY_BOUNDS_EXCEEDED,
        s.STATUS_FLOAT_DENORMAL_OPERAND,
        s.STATUS_FLOAT_DIVIDE_BY_ZERO,
        s.STATUS_FLOAT_INEXACT_RESULT,
        s.STATUS_FLOAT_INVALID_OPERATION,
        s.STATUS_FLOAT_OVERFLOW,
        s.STATUS_FLOAT_STACK_CHECK,
        s.STATUS_FLOAT_UNDERFLOW,
        s.STATUS_INTEGER_DIVIDE_BY_ZERO,
        s.STATUS_INTEGER_OVERFLOW,
        s.STATUS_PRIVILEGED_INSTRUCTION,
        s.STATUS_STACK_OVERFLOW,
        s.STATUS_CONTROL_C_EXIT,
        s.STATUS_FLOAT_MULTIPLE_FAULTS,
        s.STATUS_FLOAT_MULTIPLE_TRAPS,
    )
)


class JOBOBJECT_SECURITY_LIMIT_INFORMATION(Structure):
    SecurityLimitFlags: Ulong
    JobToken: Handle
    SidsToDisable: Pointer
    PrivilegesToDelete: Pointer
    RestrictedSids: Pointer

"""Kernel: processor context, exceptions, APC routines, kernel time.

``CONTEXT`` is the i386 one, 0x2cc bytes.  A caller that leaves out
CONTEXT_EXTENDED_REGISTERS may pass only the first 0xcc bytes, as NT 4.0
programs do: then nothing behind them may be touched.
"""

from __future__ import annotations

from ring3k.abi.struct import Array, Blob, Structure
from ring3k.abi.types import Long, NtStatus, Pointer, Ulong, UlongPtr
from ring3k.typed import Annotated

CONTEXT_i386 = 0x10000
CONTEXT_CONTROL = CONTEXT_i386 | 0x01  # ebp eip cs eflags esp ss
CONTEXT_INTEGER = CONTEXT_i386 | 0x02  # edi esi ebx edx ecx eax
CONTEXT_SEGMENTS = CONTEXT_i386 | 0x04  # gs fs es ds
CONTEXT_FLOATING_POINT = CONTEXT_i386 | 0x08  # FNSAVE image
CONTEXT_DEBUG_REGISTERS = CONTEXT_i386 | 0x10
CONTEXT_EXTENDED_REGISTERS = CONTEXT_i386 | 0x20  # FXSAVE image
CONTEXT_FULL = CONTEXT_CONTROL | CONTEXT_INTEGER | CONTEXT_SEGMENTS
CONTEXT_ALL = 0x1003F
CONTEXT_SHORT_SIZE = 0xCC  # without ExtendedRegisters

EXCEPTION_MAXIMUM_PARAMETERS = 15
EXCEPTION_NONCONTINUABLE = 0x1
EXCEPTION_UNWINDING = 0x2
EXCEPTION_EXIT_UNWIND = 0x4
EXCEPTION_STACK_INVALID = 0x8
EXCEPTION_NESTED_CALL = 0x10
EXCEPTION_TARGET_UNWIND = 0x20
EXCEPTION_COLLIDED_UNWIND = 0x40

# ExceptionInformation[0] of an access violation.
EXCEPTION_READ_FAULT = 0
EXCEPTION_WRITE_FAULT = 1
EXCEPTION_EXECUTE_FAULT = 8

# EFLAGS bits; user mode may set those of EFLAGS_USER_SANITIZE only.
EFLAGS_CF = 0x1
EFLAGS_TF = 0x100
EFLAGS_IF = 0x200
EFLAGS_DF = 0x400
EFLAGS_RF = 0x10000
DR6_SINGLE_STEP = 0x4000
DR7_ENABLED = 0x55
EFLAGS_USER_SANITIZE = 0x3F4DD7
KGDT_R3_CODE = 0x1B
KGDT_R3_DATA = 0x23
KGDT_R3_TEB = 0x3B


class WAIT_TYPE:
    WaitAll = 0
    WaitAny = 1


class EVENT_TYPE:
    NotificationEvent = 0
    SynchronizationEvent = 1


class TIMER_TYPE:
    NotificationTimer = 0
    SynchronizationTimer = 1


class KTHREAD_STATE:
    Initialized = 0
    Ready = 1
    Running = 2
    Standby = 3
    Terminated = 4
    Waiting = 5
    Transition = 6
    DeferredReady = 7


class KWAIT_REASON:
    Executive = 0
    FreePage = 1
    PageIn = 2
    PoolAllocation = 3
    DelayExecution = 4
    Suspended = 5
    UserRequest = 6
    WrExecutive = 7
    WrFreePage = 8
    WrPageIn = 9
    WrPoolAllocation = 10
    WrDelayExecution = 11
    WrSuspended = 12
    WrUserRequest = 13
    WrEventPair = 14
    WrQueue = 15
    WrLpcReceive = 16
    WrLpcReply = 17
    WrVirtualMemory = 18
    WrPageOut = 19
    WrRendezvous = 20
    WrKeyedEvent = 21
    WrTerminated = 22
    WrProcessInSwap = 23
    WrCpuRateControl = 24
    WrCalloutStack = 25


class KPROFILE_SOURCE:
    ProfileTime = 0
    ProfileAlignmentFixup = 1
    ProfileTotalIssues = 2
    ProfilePipelineDry = 3
    ProfileLoadInstructions = 4
    ProfilePipelineFrozen = 5
    ProfileBranchInstructions = 6
    ProfileTotalNonissues = 7
    ProfileDcacheMisses = 8
    ProfileIcacheMisses = 9
    ProfileCacheMisses = 10
    ProfileBranchMispredictions = 11
    ProfileStoreInstructions = 12
    ProfileFpInstructions = 13
    ProfileIntegerInstructions = 14
    Profile2Issue = 15
    Profile3Issue = 16
    Profile4Issue = 17
    ProfileSpecialInstructions = 18
    ProfileTotalCycles = 19
    ProfileIcacheIssues = 20
    ProfileDcacheAccesses = 21
    ProfileMemoryBarrierCycles = 22
    ProfileLoadLinkedIssues = 23


class LIST_ENTRY(Structure):
    Flink: Pointer
    Blink: Pointer


class KSYSTEM_TIME(Structure):
    """64 bits that a 32-bit reader takes without a lock: the writer stores High2Time, LowPart,
    High1Time; the reader takes High1Time, LowPart and tries again unless High2Time is the same."""

    LowPart: Ulong
    High1Time: Long
    High2Time: Long


class FLOATING_SAVE_AREA(Structure):
    ControlWord: Ulong
    StatusWord: Ulong
    TagWord: Ulong
    ErrorOffset: Ulong
    ErrorSelector: Ulong
    DataOffset: Ulong
    DataSelector: Ulong
    RegisterArea: Annotated[bytes, Blob(80)]
    Cr0NpxState: Ulong


class CONTEXT(Structure):
    ContextFlags: Ulong
    Dr0: Ulong
    Dr1: Ulong
    Dr2: Ulong
    Dr3: Ulong
    Dr6: Ulong
    Dr7: Ulong
    FloatSave: FLOATING_SAVE_AREA
    SegGs: Ulong
    SegFs: Ulong
    SegEs: Ulong
    SegDs: Ulong
    Edi: Ulong
    Esi: Ulong
    Ebx: Ulong
    Edx: Ulong
    Ecx: Ulong
    Eax: Ulong
    Ebp: Ulong
    Eip: Ulong
    SegCs: Ulong
    EFlags: Ulong
    Esp: Ulong
    SegSs: Ulong
    ExtendedRegisters: Annotated[bytes, Blob(512)]


class EXCEPTION_RECORD(Structure):
    ExceptionCode: NtStatus
    ExceptionFlags: Ulong
    ExceptionRecord: Pointer
    ExceptionAddress: Pointer
    NumberParameters: Ulong
    ExceptionInformation: Annotated[list[int], Array(UlongPtr, 15)]


class EXCEPTION_POINTERS(Structure):
    ExceptionRecord: Pointer
    ContextRecord: Pointer

"""Executive: events, mutants, semaphores, timers, system information, time, atoms."""

from __future__ import annotations

from ring3k.abi.strings import UNICODE_STRING
from ring3k.abi.struct import Array, Blob, Structure
from ring3k.abi.structs.lpc import PORT_MESSAGE
from ring3k.abi.types import (
    AccessMask,
    Boolean,
    Handle,
    LargeInteger,
    Long,
    NtStatus,
    Pointer,
    Time,
    Uchar,
    Ulong,
    Ulonglong,
    UlongPtr,
    Ushort,
)
from ring3k.typed import Annotated

KEYEDEVENT_KEY_MASK = 1  # a key with bit 0 set is refused


class EVENT_INFORMATION_CLASS:
    EventBasicInformation = 0


class MUTANT_INFORMATION_CLASS:
    MutantBasicInformation = 0
    MutantOwnerInformation = 1


class SEMAPHORE_INFORMATION_CLASS:
    SemaphoreBasicInformation = 0


class TIMER_INFORMATION_CLASS:
    TimerBasicInformation = 0


class ATOM_INFORMATION_CLASS:
    AtomBasicInformation = 0
    AtomTableInformation = 1


class SHUTDOWN_ACTION:
    ShutdownNoReboot = 0
    ShutdownReboot = 1
    ShutdownPowerOff = 2


class HARDERROR_RESPONSE_OPTION:
    OptionAbortRetryIgnore = 0
    OptionOk = 1
    OptionOkCancel = 2
    OptionRetryCancel = 3
    OptionYesNo = 4
    OptionYesNoCancel = 5
    OptionShutdownSystem = 6
    OptionOkNoWait = 7
    OptionCancelTryContinue = 8


class HARDERROR_RESPONSE:
    ResponseReturnToCaller = 0
    ResponseNotHandled = 1
    ResponseAbort = 2
    ResponseCancel = 3
    ResponseIgnore = 4
    ResponseNo = 5
    ResponseOk = 6
    ResponseRetry = 7
    ResponseYes = 8
    ResponseTryAgain = 9
    ResponseContinue = 10


class LUID(Structure):
    LowPart: Ulong
    HighPart: Long


class GUID(Structure):
    Data1: Ulong
    Data2: Ushort
    Data3: Ushort
    Data4: Annotated[list[int], Array(Uchar, 8)]


class UUID_SEED(Structure):
    """Node identity of version 1 UUIDs: a network card's address, or random with bit 0 set."""

    Node: Annotated[bytes, Blob(6)]


class HARDERROR_MSG(Structure):
    """What the hard error port gets; the reply has the same shape, with Response filled in."""

    Header: PORT_MESSAGE
    Status: NtStatus
    ErrorTime: Time
    ValidResponseOptions: Ulong
    Response: Ulong
    NumberOfParameters: Ulong
    UnicodeStringParameterMask: Ulong
    Parameters: Annotated[list[int], Array(UlongPtr, 5)]


class EVENT_BASIC_INFORMATION(Structure):
    EventType: Ulong
    EventState: Long


class MUTANT_BASIC_INFORMATION(Structure):
    CurrentCount: Long
    OwnedByCaller: Boolean
    AbandonedState: Boolean


class SEMAPHORE_BASIC_INFORMATION(Structure):
    CurrentCount: Long
    MaximumCount: Long


class TIMER_BASIC_INFORMATION(Structure):
    TimeRemaining: LargeInteger
    SignalState: Boolean


class ATOM_BASIC_INFORMATION(Structure):
    """The name's characters follow at offset 6 (NameLength counts bytes)."""

    UsageCount: Ushort
    Flags: Ushort
    NameLength: Ushort


class ATOM_TABLE_INFORMATION(Structure):
    NumberOfAtoms: Ulong
    Atoms: Annotated[list[int], Array(Ushort, 1)]


class SYSTEM_HANDLE_TABLE_ENTRY_INFO(Structure):
    UniqueProcessId: Ushort
    CreatorBackTraceIndex: Ushort
    ObjectTypeIndex: Uchar
    HandleAttributes: Uchar
    HandleValue: Ushort
    Object: Pointer
    GrantedAccess: AccessMask


class SYSTEM_HANDLE_INFORMATION(Structure):
    NumberOfHandles: Ulong
    Handles: Annotated[list[SYSTEM_HANDLE_TABLE_ENTRY_INFO], Array(SYSTEM_HANDLE_TABLE_ENTRY_INFO, 1)]


class TIME_FIELDS(Structure):
    Year: Ushort
    Month: Ushort
    Day: Ushort
    Hour: Ushort
    Minute: Ushort
    Second: Ushort
    Milliseconds: Ushort
    Weekday: Ushort


class RTL_TIME_ZONE_INFORMATION(Structure):
    Bias: Long
    StandardName: Annotated[bytes, Blob(64)]
    StandardStart: TIME_FIELDS
    StandardBias: Long
    DaylightName: Annotated[bytes, Blob(64)]
    DaylightStart: TIME_FIELDS
    DaylightBias: Long


class SYSTEM_TIMEOFDAY_INFORMATION(Structure):
    """NT 5.0 returns the first 0x20 bytes at most."""

    BootTime: Time
    CurrentTime: Time
    TimeZoneBias: LargeInteger
    TimeZoneId: Ulong
    Reserved: Ulong
    BootTimeBias: Ulonglong
    SleepTimeBias: Ulonglong


class SYSTEM_OBJECTTYPE_INFORMATION(Structure):
    """SystemObjectInformation (needs a global flag on Windows)."""

    NextEntryOffset: Ulong
    NumberOfObjects: Ulong
    NumberOfHandles: Ulong
    TypeIndex: Ulong
    InvalidAttributes: Ulong
    GenericRead: AccessMask
    GenericWrite: AccessMask
    GenericExecute: AccessMask
    GenericAll: AccessMask
    ValidAccessMask: AccessMask
    PoolType: Ulong
    SecurityRequired: Boolean
    WaitableObject: Boolean
    TypeName: UNICODE_STRING


class RTL_PROCESS_MODULE_INFORMATION(Structure):
    Section: Handle
    MappedBase: Pointer
    ImageBase: Pointer
    ImageSize: Ulong
    Flags: Ulong
    LoadOrderIndex: Ushort
    InitOrderIndex: Ushort
    LoadCount: Ushort
    OffsetToFileName: Ushort
    FullPathName: Annotated[bytes, Blob(256)]


class RTL_PROCESS_MODULES(Structure):
    NumberOfModules: Ulong
    Modules: Annotated[list[RTL_PROCESS_MODULE_INFORMATION], Array(RTL_PROCESS_MODULE_INFORMATION, 1)]

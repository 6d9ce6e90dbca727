"""Process structure: information classes of processes, threads and jobs."""

from __future__ import annotations

from ring3k.abi.struct import Array, Structure
from ring3k.abi.structs.ps import CLIENT_ID
from ring3k.abi.types import (
    Boolean,
    Handle,
    LargeInteger,
    Long,
    NtStatus,
    Pointer,
    SizeT,
    Time,
    Uchar,
    Ulong,
    Ulonglong,
    UlongPtr,
    Ushort,
)
from ring3k.typed import Annotated

PROCESS_CREATE_FLAGS_BREAKAWAY = 0x1
PROCESS_CREATE_FLAGS_NO_DEBUG_INHERIT = 0x2
PROCESS_CREATE_FLAGS_INHERIT_HANDLES = 0x4
PROCESS_CREATE_FLAGS_OVERRIDE_ADDRESS_SPACE = 0x8
PROCESS_CREATE_FLAGS_LARGE_PAGES = 0x10

LOW_PRIORITY = 0
LOW_REALTIME_PRIORITY = 16
HIGH_PRIORITY = 31
THREAD_BASE_PRIORITY_LOWRT = 15
THREAD_BASE_PRIORITY_IDLE = -15
THREAD_BASE_PRIORITY_MAX = 2
THREAD_BASE_PRIORITY_MIN = -2


class PROCESSINFOCLASS:
    ProcessBasicInformation = 0
    ProcessQuotaLimits = 1
    ProcessIoCounters = 2
    ProcessVmCounters = 3
    ProcessTimes = 4
    ProcessBasePriority = 5
    ProcessRaisePriority = 6
    ProcessDebugPort = 7
    ProcessExceptionPort = 8
    ProcessAccessToken = 9
    ProcessLdtInformation = 10
    ProcessLdtSize = 11
    ProcessDefaultHardErrorMode = 12
    ProcessIoPortHandlers = 13
    ProcessPooledUsageAndLimits = 14
    ProcessWorkingSetWatch = 15
    ProcessUserModeIOPL = 16
    ProcessEnableAlignmentFaultFixup = 17
    ProcessPriorityClass = 18
    ProcessWx86Information = 19
    ProcessHandleCount = 20
    ProcessAffinityMask = 21
    ProcessPriorityBoost = 22
    ProcessDeviceMap = 23
    ProcessSessionInformation = 24
    ProcessForegroundInformation = 25
    ProcessWow64Information = 26
    ProcessImageFileName = 27
    ProcessLUIDDeviceMapsEnabled = 28
    ProcessBreakOnTermination = 29
    ProcessDebugObjectHandle = 30
    ProcessDebugFlags = 31
    ProcessHandleTracing = 32
    ProcessIoPriority = 33
    ProcessExecuteFlags = 34
    ProcessTlsInformation = 35
    ProcessCookie = 36
    ProcessImageInformation = 37
    ProcessCycleTime = 38  # Windows Vista and later
    ProcessPagePriority = 39
    ProcessInstrumentationCallback = 40
    ProcessThreadStackAllocation = 41
    ProcessWorkingSetWatchEx = 42
    ProcessImageFileNameWin32 = 43
    ProcessImageFileMapping = 44
    ProcessAffinityUpdateMode = 45
    ProcessMemoryAllocationMode = 46
    ProcessGroupInformation = 47
    ProcessTokenVirtualizationEnabled = 48
    ProcessConsoleHostProcess = 49
    ProcessWindowInformation = 50
    ProcessHandleInformation = 51
    ProcessMitigationPolicy = 52
    ProcessCommandLineInformation = 60
    ProcessProtectionInformation = 61
    ProcessSubsystemInformation = 75
    ProcessPowerThrottlingState = 77


class THREADINFOCLASS:
    ThreadBasicInformation = 0
    ThreadTimes = 1
    ThreadPriority = 2
    ThreadBasePriority = 3
    ThreadAffinityMask = 4
    ThreadImpersonationToken = 5
    ThreadDescriptorTableEntry = 6
    ThreadEnableAlignmentFaultFixup = 7
    ThreadEventPair = 8
    ThreadQuerySetWin32StartAddress = 9
    ThreadZeroTlsCell = 10
    ThreadPerformanceCount = 11
    ThreadAmILastThread = 12
    ThreadIdealProcessor = 13
    ThreadPriorityBoost = 14
    ThreadSetTlsArrayAddress = 15
    ThreadIsIoPending = 16
    ThreadHideFromDebugger = 17
    ThreadBreakOnTermination = 18
    ThreadSwitchLegacyState = 19
    ThreadIsTerminated = 20
    ThreadLastSystemCall = 21
    ThreadIoPriority = 22  # Windows Vista and later
    ThreadCycleTime = 23
    ThreadPagePriority = 24
    ThreadActualBasePriority = 25
    ThreadTebInformation = 26
    ThreadGroupInformation = 30
    ThreadCounterProfiling = 32
    ThreadIdealProcessorEx = 33
    ThreadCpuAccountingInformation = 34
    ThreadSuspendCount = 35
    ThreadNameInformation = 38
    ThreadDynamicCodePolicyInfo = 42
    ThreadPowerThrottlingState = 49


class JOBOBJECTINFOCLASS:
    JobObjectBasicAccountingInformation = 1
    JobObjectBasicLimitInformation = 2
    JobObjectBasicProcessIdList = 3
    JobObjectBasicUIRestrictions = 4
    JobObjectSecurityLimitInformation = 5
    JobObjectEndOfJobTimeInformation = 6
    JobObjectAssociateCompletionPortInformation = 7
    JobObjectBasicAndIoAccountingInformation = 8
    JobObjectExtendedLimitInformation = 9
    JobObjectJobSetInformation = 10
    JobObjectGroupInformation = 11  # Windows 7 and later
    JobObjectNotificationLimitInformation = 12
    JobObjectLimitViolationInformation = 13
    JobObjectGroupInformationEx = 14
    JobObjectCpuRateControlInformation = 15


class PROCESS_BASIC_INFORMATION(Structure):
    ExitStatus: NtStatus
    PebBaseAddress: Pointer
    AffinityMask: UlongPtr
    BasePriority: Long
    UniqueProcessId: UlongPtr
    InheritedFromUniqueProcessId: UlongPtr


class THREAD_BASIC_INFORMATION(Structure):
    ExitStatus: NtStatus
    TebBaseAddress: Pointer
    ClientId: CLIENT_ID
    AffinityMask: UlongPtr
    Priority: Long
    BasePriority: Long


class KERNEL_USER_TIMES(Structure):
    CreateTime: Time
    ExitTime: Time
    KernelTime: LargeInteger
    UserTime: LargeInteger


class QUOTA_LIMITS(Structure):
    PagedPoolLimit: SizeT
    NonPagedPoolLimit: SizeT
    MinimumWorkingSetSize: SizeT
    MaximumWorkingSetSize: SizeT
    PagefileLimit: SizeT
    TimeLimit: LargeInteger


class IO_COUNTERS(Structure):
    ReadOperationCount: Ulonglong
    WriteOperationCount: Ulonglong
    OtherOperationCount: Ulonglong
    ReadTransferCount: Ulonglong
    WriteTransferCount: Ulonglong
    OtherTransferCount: Ulonglong


class VM_COUNTERS(Structure):
    """VM_COUNTERS_EX, which XP also accepts, adds PrivateUsage."""

    PeakVirtualSize: SizeT
    VirtualSize: SizeT
    PageFaultCount: Ulong
    PeakWorkingSetSize: SizeT
    WorkingSetSize: SizeT
    QuotaPeakPagedPoolUsage: SizeT
    QuotaPagedPoolUsage: SizeT
    QuotaPeakNonPagedPoolUsage: SizeT
    QuotaNonPagedPoolUsage: SizeT
    PagefileUsage: SizeT
    PeakPagefileUsage: SizeT


class VM_COUNTERS_EX(VM_COUNTERS):
    PrivateUsage: SizeT


class POOLED_USAGE_AND_LIMITS(Structure):
    PeakPagedPoolUsage: SizeT
    PagedPoolUsage: SizeT
    PagedPoolLimit: SizeT
    PeakNonPagedPoolUsage: SizeT
    NonPagedPoolUsage: SizeT
    NonPagedPoolLimit: SizeT
    PeakPagefileUsage: SizeT
    PagefileUsage: SizeT
    PagefileLimit: SizeT


class PROCESS_WS_WATCH_INFORMATION(Structure):
    FaultingPc: Pointer
    FaultingVa: Pointer


class PROCESS_PRIORITY_CLASS(Structure):
    Foreground: Boolean
    PriorityClass: Uchar


class PROCESS_SESSION_INFORMATION(Structure):
    SessionId: Ulong


class PROCESS_ACCESS_TOKEN(Structure):
    """Thread may be NULL."""

    Token: Handle
    Thread: Handle


class PROCESS_DEVICEMAP_INFORMATION(Structure):
    """Query: which drive letters exist and their kinds.  Set: only a directory handle is given."""

    DriveMap: Ulong
    DriveType: Annotated[list[int], Array(Uchar, 32)]


class DESCRIPTOR_TABLE_ENTRY(Structure):
    Selector: Ulong
    DescriptorLow: Ulong
    DescriptorHigh: Ulong


class LDT_INFORMATION(Structure):
    """ProcessLdtInformation: Start and Length in bytes, then the descriptors."""

    Start: Ulong
    Length: Ulong


class JOBOBJECT_BASIC_ACCOUNTING_INFORMATION(Structure):
    TotalUserTime: LargeInteger
    TotalKernelTime: LargeInteger
    ThisPeriodTotalUserTime: LargeInteger
    ThisPeriodTotalKernelTime: LargeInteger
    TotalPageFaultCount: Ulong
    TotalProcesses: Ulong
    ActiveProcesses: Ulong
    TotalTerminatedProcesses: Ulong


class JOBOBJECT_BASIC_LIMIT_INFORMATION(Structure):
    PerProcessUserTimeLimit: LargeInteger
    PerJobUserTimeLimit: LargeInteger
    LimitFlags: Ulong
    MinimumWorkingSetSize: SizeT
    MaximumWorkingSetSize: SizeT
    ActiveProcessLimit: Ulong
    Affinity: UlongPtr
    PriorityClass: Ulong
    SchedulingClass: Ulong


class JOBOBJECT_EXTENDED_LIMIT_INFORMATION(Structure):
    BasicLimitInformation: JOBOBJECT_BASIC_LIMIT_INFORMATION
    IoInfo: IO_COUNTERS
    ProcessMemoryLimit: SizeT
    JobMemoryLimit: SizeT
    PeakProcessMemoryUsed: SizeT
    PeakJobMemoryUsed: SizeT


class JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION(Structure):
    BasicInfo: JOBOBJECT_BASIC_ACCOUNTING_INFORMATION
    IoInfo: IO_COUNTERS


class JOBOBJECT_BASIC_PROCESS_ID_LIST(Structure):
    NumberOfAssignedProcesses: Ulong
    NumberOfProcessIdsInList: Ulong
    ProcessIdList: Annotated[list[int], Array(UlongPtr, 1)]


class JOBOBJECT_ASSOCIATE_COMPLETION_PORT(Structure):
    CompletionKey: Pointer
    CompletionPort: Handle


class JOB_SET_ARRAY(Structure):
    JobHandle: Handle
    MemberLevel: Ulong
    Flags: Ulong


class GROUP_AFFINITY(Structure):
    Mask: UlongPtr
    Group: Ushort
    Reserved: Annotated[list[int], Array(Ushort, 3)]


class PROCESSOR_NUMBER(Structure):
    Group: Ushort
    Number: Uchar
    Reserved: Uchar


class PROCESS_STACK_ALLOCATION_INFORMATION(Structure):
    """The stack's place is written back."""

    ReserveSize: SizeT
    ZeroBits: SizeT
    StackBase: Pointer


class PROCESS_STACK_ALLOCATION_INFORMATION_EX(Structure):
    PreferredNode: Ulong
    Reserved: Annotated[list[int], Array(Ulong, 4)]
    AllocInfo: PROCESS_STACK_ALLOCATION_INFORMATION


class POWER_THROTTLING_STATE(Structure):
    """Of a process or a thread."""

    Version: Ulong
    ControlMask: Ulong
    StateMask: Ulong

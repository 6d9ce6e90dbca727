"""Executive: the large classes of NtQuerySystemInformation, and the list of all classes.

``SYSTEM_PROCESS_INFORMATION`` entries are chained by NextEntryOffset (0 in the
last); thread entries follow each at once, then the image name's characters.
"""

from __future__ import annotations

from ring3k.abi.strings import UNICODE_STRING
from ring3k.abi.struct import Array, Blob, Structure
from ring3k.abi.structs.ps import CLIENT_ID
from ring3k.abi.types import (
    Handle,
    LargeInteger,
    Long,
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


class SYSTEM_INFORMATION_CLASS:
    SystemBasicInformation = 0
    SystemProcessorInformation = 1
    SystemPerformanceInformation = 2
    SystemTimeOfDayInformation = 3
    SystemPathInformation = 4
    SystemProcessInformation = 5
    SystemCallCountInformation = 6
    SystemDeviceInformation = 7
    SystemProcessorPerformanceInformation = 8
    SystemFlagsInformation = 9
    SystemCallTimeInformation = 10
    SystemModuleInformation = 11
    SystemLocksInformation = 12
    SystemStackTraceInformation = 13
    SystemPagedPoolInformation = 14
    SystemNonPagedPoolInformation = 15
    SystemHandleInformation = 16
    SystemObjectInformation = 17
    SystemPageFileInformation = 18
    SystemVdmInstemulInformation = 19
    SystemVdmBopInformation = 20
    SystemFileCacheInformation = 21
    SystemPoolTagInformation = 22
    SystemInterruptInformation = 23
    SystemDpcBehaviorInformation = 24
    SystemFullMemoryInformation = 25
    SystemLoadGdiDriverInformation = 26
    SystemUnloadGdiDriverInformation = 27
    SystemTimeAdjustmentInformation = 28
    SystemSummaryMemoryInformation = 29
    SystemMirrorMemoryInformation = 30
    SystemPerformanceTraceInformation = 31
    SystemObsolete0 = 32
    SystemExceptionInformation = 33
    SystemCrashDumpStateInformation = 34
    SystemKernelDebuggerInformation = 35
    SystemContextSwitchInformation = 36
    SystemRegistryQuotaInformation = 37
    SystemExtendServiceTableInformation = 38
    SystemPrioritySeperation = 39
    SystemVerifierAddDriverInformation = 40
    SystemVerifierRemoveDriverInformation = 41
    SystemProcessorIdleInformation = 42
    SystemLegacyDriverInformation = 43
    SystemCurrentTimeZoneInformation = 44
    SystemLookasideInformation = 45
    SystemTimeSlipNotification = 46
    SystemSessionCreate = 47
    SystemSessionDetach = 48
    SystemSessionInformation = 49
    SystemRangeStartInformation = 50
    SystemVerifierInformation = 51
    SystemVerifierThunkExtend = 52
    SystemSessionProcessInformation = 53
    SystemLoadGdiDriverInSystemSpace = 54
    SystemNumaProcessorMap = 55
    SystemPrefetcherInformation = 56
    SystemExtendedProcessInformation = 57
    SystemRecommendedSharedDataAlignment = 58
    SystemComPlusPackage = 59
    SystemNumaAvailableMemory = 60
    SystemProcessorPowerInformation = 61
    SystemEmulationBasicInformation = 62
    SystemEmulationProcessorInformation = 63
    SystemExtendedHandleInformation = 64
    SystemLostDelayedWriteInformation = 65
    SystemBigPoolInformation = 66
    SystemSessionPoolTagInformation = 67
    SystemSessionMappedViewInformation = 68
    SystemHotpatchInformation = 69
    SystemObjectSecurityMode = 70
    SystemWatchdogTimerHandler = 71
    SystemWatchdogTimerInformation = 72
    SystemLogicalProcessorInformation = 73
    SystemWow64SharedInformation = 74
    SystemRegisterFirmwareTableInformationHandler = 75
    SystemFirmwareTableInformation = 76
    SystemModuleInformationEx = 77
    SystemProcessIdInformation = 88  # Windows Vista and later
    SystemBootEnvironmentInformation = 90
    SystemDynamicTimeZoneInformation = 102
    SystemCodeIntegrityInformation = 103
    SystemProcessorBrandString = 105
    SystemLogicalProcessorAndGroupInformation = 107
    SystemNativeBasicInformation = 114
    SystemKernelDebuggerInformationEx = 149
    SystemCpuSetInformation = 175
    SystemSupportedProcessorArchitectures = 181


class SYSTEM_BASIC_INFORMATION(Structure):
    Reserved: Ulong
    TimerResolution: Ulong
    PageSize: Ulong
    NumberOfPhysicalPages: Ulong
    LowestPhysicalPageNumber: Ulong
    HighestPhysicalPageNumber: Ulong
    AllocationGranularity: Ulong
    MinimumUserModeAddress: UlongPtr
    MaximumUserModeAddress: UlongPtr
    ActiveProcessorsAffinityMask: UlongPtr
    NumberOfProcessors: Uchar


class SYSTEM_PROCESSOR_INFORMATION(Structure):
    ProcessorArchitecture: Ushort
    ProcessorLevel: Ushort
    ProcessorRevision: Ushort
    Reserved: Ushort
    ProcessorFeatureBits: Ulong


class SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION(Structure):
    IdleTime: LargeInteger
    KernelTime: LargeInteger
    UserTime: LargeInteger
    DpcTime: LargeInteger
    InterruptTime: LargeInteger
    InterruptCount: Ulong


class SYSTEM_PERFORMANCE_INFORMATION(Structure):
    IdleProcessTime: LargeInteger
    IoReadTransferCount: LargeInteger
    IoWriteTransferCount: LargeInteger
    IoOtherTransferCount: LargeInteger
    IoReadOperationCount: Ulong
    IoWriteOperationCount: Ulong
    IoOtherOperationCount: Ulong
    AvailablePages: Ulong
    CommittedPages: Ulong
    CommitLimit: Ulong
    PeakCommitment: Ulong
    PageFaultCount: Ulong
    CopyOnWriteCount: Ulong
    TransitionCount: Ulong
    CacheTransitionCount: Ulong
    DemandZeroCount: Ulong
    PageReadCount: Ulong
    PageReadIoCount: Ulong
    CacheReadCount: Ulong
    CacheIoCount: Ulong
    DirtyPagesWriteCount: Ulong
    DirtyWriteIoCount: Ulong
    MappedPagesWriteCount: Ulong
    MappedWriteIoCount: Ulong
    PagedPoolPages: Ulong
    NonPagedPoolPages: Ulong
    PagedPoolAllocs: Ulong
    PagedPoolFrees: Ulong
    NonPagedPoolAllocs: Ulong
    NonPagedPoolFrees: Ulong
    FreeSystemPtes: Ulong
    ResidentSystemCodePage: Ulong
    TotalSystemDriverPages: Ulong
    TotalSystemCodePages: Ulong
    NonPagedPoolLookasideHits: Ulong
    PagedPoolLookasideHits: Ulong
    Spare3Count: Ulong
    ResidentSystemCachePage: Ulong
    ResidentPagedPoolPage: Ulong
    ResidentSystemDriverPage: Ulong
    CcFastReadNoWait: Ulong
    CcFastReadWait: Ulong
    CcFastReadResourceMiss: Ulong
    CcFastReadNotPossible: Ulong
    CcFastMdlReadNoWait: Ulong
    CcFastMdlReadWait: Ulong
    CcFastMdlReadResourceMiss: Ulong
    CcFastMdlReadNotPossible: Ulong
    CcMapDataNoWait: Ulong
    CcMapDataWait: Ulong
    CcMapDataNoWaitMiss: Ulong
    CcMapDataWaitMiss: Ulong
    CcPinMappedDataCount: Ulong
    CcPinReadNoWait: Ulong
    CcPinReadWait: Ulong
    CcPinReadNoWaitMiss: Ulong
    CcPinReadWaitMiss: Ulong
    CcCopyReadNoWait: Ulong
    CcCopyReadWait: Ulong
    CcCopyReadNoWaitMiss: Ulong
    CcCopyReadWaitMiss: Ulong
    CcMdlReadNoWait: Ulong
    CcMdlReadWait: Ulong
    CcMdlReadNoWaitMiss: Ulong
    CcMdlReadWaitMiss: Ulong
    CcReadAheadIos: Ulong
    CcLazyWriteIos: Ulong
    CcLazyWritePages: Ulong
    CcDataFlushes: Ulong
    CcDataPages: Ulong
    ContextSwitches: Ulong
    FirstLevelTbFills: Ulong
    SecondLevelTbFills: Ulong
    SystemCalls: Ulong


class SYSTEM_THREAD_INFORMATION(Structure):
    KernelTime: LargeInteger
    UserTime: LargeInteger
    CreateTime: Time
    WaitTime: Ulong
    StartAddress: Pointer
    ClientId: CLIENT_ID
    Priority: Long
    BasePriority: Long
    ContextSwitches: Ulong
    ThreadState: Ulong
    WaitReason: Ulong


class SYSTEM_PROCESS_INFORMATION(Structure):
    """SpareLi1..3 became working set and cycle counters after NT 5.2; here they are zero."""

    NextEntryOffset: Ulong
    NumberOfThreads: Ulong
    SpareLi1: LargeInteger
    SpareLi2: LargeInteger
    SpareLi3: LargeInteger
    CreateTime: Time
    UserTime: LargeInteger
    KernelTime: LargeInteger
    ImageName: UNICODE_STRING
    BasePriority: Long
    UniqueProcessId: Handle
    InheritedFromUniqueProcessId: Handle
    HandleCount: Ulong
    SessionId: Ulong
    PageDirectoryBase: UlongPtr  # XP SP2 and later; spare before
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
    PrivatePageCount: SizeT
    ReadOperationCount: LargeInteger
    WriteOperationCount: LargeInteger
    OtherOperationCount: LargeInteger
    ReadTransferCount: LargeInteger
    WriteTransferCount: LargeInteger
    OtherTransferCount: LargeInteger


class SYSTEM_FLAGS_INFORMATION(Structure):
    Flags: Ulong


class SYSTEM_CALL_COUNT_INFORMATION(Structure):
    """Then the number of calls of each table."""

    Length: Ulong
    NumberOfTables: Ulong


class SYSTEM_DEVICE_INFORMATION(Structure):
    NumberOfDisks: Ulong
    NumberOfFloppies: Ulong
    NumberOfCdRoms: Ulong
    NumberOfTapes: Ulong
    NumberOfSerialPorts: Ulong
    NumberOfParallelPorts: Ulong


class SYSTEM_PAGEFILE_INFORMATION(Structure):
    NextEntryOffset: Ulong
    TotalSize: Ulong
    TotalInUse: Ulong
    PeakUsage: Ulong
    PageFileName: UNICODE_STRING


class SYSTEM_FILECACHE_INFORMATION(Structure):
    CurrentSize: SizeT
    PeakSize: SizeT
    PageFaultCount: Ulong
    MinimumWorkingSet: SizeT
    MaximumWorkingSet: SizeT
    CurrentSizeIncludingTransitionInPages: SizeT
    PeakSizeIncludingTransitionInPages: SizeT
    TransitionRePurposeCount: Ulong
    Flags: Ulong


class SYSTEM_INTERRUPT_INFORMATION(Structure):
    ContextSwitches: Ulong
    DpcCount: Ulong
    DpcRate: Ulong
    TimeIncrement: Ulong
    DpcBypassCount: Ulong
    ApcBypassCount: Ulong


class SYSTEM_EXCEPTION_INFORMATION(Structure):
    AlignmentFixupCount: Ulong
    ExceptionDispatchCount: Ulong
    FloatingEmulationCount: Ulong
    ByteWordEmulationCount: Ulong


class SYSTEM_KERNEL_DEBUGGER_INFORMATION(Structure):
    KernelDebuggerEnabled: Uchar
    KernelDebuggerNotPresent: Uchar


class SYSTEM_REGISTRY_QUOTA_INFORMATION(Structure):
    RegistryQuotaAllowed: Ulong
    RegistryQuotaUsed: Ulong
    PagedPoolSize: SizeT


class SYSTEM_CONTEXT_SWITCH_INFORMATION(Structure):
    ContextSwitches: Ulong
    FindAny: Ulong
    FindLast: Ulong
    FindIdeal: Ulong
    IdleAny: Ulong
    IdleCurrent: Ulong
    IdleLast: Ulong
    IdleIdeal: Ulong
    PreemptAny: Ulong
    PreemptCurrent: Ulong
    PreemptLast: Ulong
    SwitchToIdle: Ulong


class SYSTEM_QUERY_TIME_ADJUST_INFORMATION(Structure):
    TimeAdjustment: Ulong
    TimeIncrement: Ulong
    Enable: Uchar


class SYSTEM_SET_TIME_ADJUST_INFORMATION(Structure):
    TimeAdjustment: Ulong
    Enable: Uchar


class SYSTEM_LOOKASIDE_INFORMATION(Structure):
    CurrentDepth: Ushort
    MaximumDepth: Ushort
    TotalAllocates: Ulong
    AllocateMisses: Ulong
    TotalFrees: Ulong
    FreeMisses: Ulong
    Type: Ulong
    Tag: Ulong
    Size: Ulong


class SYSTEM_PROCESSOR_IDLE_INFORMATION(Structure):
    IdleTime: LargeInteger
    C1Time: LargeInteger
    C2Time: LargeInteger
    C3Time: LargeInteger
    C1Transitions: Ulong
    C2Transitions: Ulong
    C3Transitions: Ulong
    Padding: Ulong


class SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX(Structure):
    Object: Pointer
    UniqueProcessId: UlongPtr
    HandleValue: UlongPtr
    GrantedAccess: Ulong
    CreatorBackTraceIndex: Ushort
    ObjectTypeIndex: Ushort
    HandleAttributes: Ulong
    Reserved: Ulong


class SYSTEM_HANDLE_INFORMATION_EX(Structure):
    NumberOfHandles: UlongPtr
    Reserved: UlongPtr
    Handles: Annotated[list[SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX], Array(SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX, 1)]


class SYSTEM_SESSION_PROCESS_INFORMATION(Structure):
    SessionId: Ulong
    SizeOfBuf: Ulong
    Buffer: Pointer


class SYSTEM_OBJECT_INFORMATION(Structure):
    """One object in SystemObjectInformation; its name follows."""

    NextEntryOffset: Ulong
    Object: Pointer
    CreatorUniqueProcess: Handle
    CreatorBackTraceIndex: Ushort
    Flags: Ushort
    PointerCount: Long
    HandleCount: Long
    PagedPoolCharge: Ulong
    NonPagedPoolCharge: Ulong
    ExclusiveProcessId: Handle
    SecurityDescriptor: Pointer
    NameInfo: UNICODE_STRING


class SYSTEM_PROCESSOR_POWER_INFORMATION(Structure):
    CurrentFrequency: Uchar
    ThermalLimitFrequency: Uchar
    ConstantThrottleFrequency: Uchar
    DegradedThrottleFrequency: Uchar
    LastBusyFrequency: Uchar
    LastC3Frequency: Uchar
    LastAdjustedBusyFrequency: Uchar
    ProcessorMinThrottle: Uchar
    ProcessorMaxThrottle: Uchar
    NumberOfFrequencies: Ulong
    PromotionCount: Ulong
    DemotionCount: Ulong
    ErrorCount: Ulong
    RetryCount: Ulong
    CurrentFrequencyTime: Ulonglong
    CurrentProcessorTime: Ulonglong
    CurrentProcessorIdleTime: Ulonglong
    LastProcessorTime: Ulonglong
    LastProcessorIdleTime: Ulonglong


class LOGICAL_PROCESSOR_RELATIONSHIP:
    RelationProcessorCore = 0
    RelationNumaNode = 1
    RelationCache = 2
    RelationProcessorPackage = 3
    RelationGroup = 4
    RelationAll = 0xFFFF


class SYSTEM_LOGICAL_PROCESSOR_INFORMATION(Structure):
    """Then 16 bytes that depend on the relationship."""

    ProcessorMask: UlongPtr
    Relationship: Ulong
    Data: Annotated[bytes, Blob(16)]


class SYSTEM_CPU_SET_INFORMATION(Structure):
    Size: Ulong
    Type: Ulong
    Id: Ulong
    Group: Ushort
    LogicalProcessorIndex: Uchar
    CoreIndex: Uchar
    LastLevelCacheIndex: Uchar
    NumaNodeIndex: Uchar
    EfficiencyClass: Uchar
    AllFlags: Uchar
    Reserved: Ulong
    AllocationTag: Ulonglong


class SYSTEM_FIRMWARE_TABLE_INFORMATION(Structure):
    """Then the table."""

    ProviderSignature: Ulong
    Action: Ulong
    TableID: Ulong
    TableBufferLength: Ulong

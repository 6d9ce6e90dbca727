"""Hardware side of the executive: power, plug and play, boot entries, VDM, debug control."""

from __future__ import annotations

from ring3k.abi.strings import UNICODE_STRING
from ring3k.abi.struct import Array, Structure
from ring3k.abi.structs.ex import GUID
from ring3k.abi.types import Boolean, Handle, Pointer, Uchar, Ulong, Ulonglong, Ushort
from ring3k.typed import Annotated

ES_SYSTEM_REQUIRED = 0x1
ES_DISPLAY_REQUIRED = 0x2
ES_USER_PRESENT = 0x4
ES_CONTINUOUS = 0x80000000


class POWER_INFORMATION_LEVEL:
    SystemPowerPolicyAc = 0
    SystemPowerPolicyDc = 1
    VerifySystemPolicyAc = 2
    VerifySystemPolicyDc = 3
    SystemPowerCapabilities = 4
    SystemBatteryState = 5
    SystemPowerStateHandler = 6
    ProcessorStateHandler = 7
    SystemPowerPolicyCurrent = 8
    AdministratorPowerPolicy = 9
    SystemReserveHiberFile = 10
    ProcessorInformation = 11
    SystemPowerInformation = 12
    ProcessorStateHandler2 = 13
    LastWakeTime = 14
    LastSleepTime = 15
    SystemExecutionState = 16
    SystemPowerStateNotifyHandler = 17
    ProcessorPowerPolicyAc = 18
    ProcessorPowerPolicyDc = 19
    VerifyProcessorPowerPolicyAc = 20
    VerifyProcessorPowerPolicyDc = 21
    ProcessorPowerPolicyCurrent = 22
    SystemPowerStateLogging = 23
    SystemPowerLoggingEntry = 24


class POWER_ACTION:
    PowerActionNone = 0
    PowerActionReserved = 1
    PowerActionSleep = 2
    PowerActionHibernate = 3
    PowerActionShutdown = 4
    PowerActionShutdownReset = 5
    PowerActionShutdownOff = 6
    PowerActionWarmEject = 7


class SYSTEM_POWER_STATE:
    PowerSystemUnspecified = 0
    PowerSystemWorking = 1
    PowerSystemSleeping1 = 2
    PowerSystemSleeping2 = 3
    PowerSystemSleeping3 = 4
    PowerSystemHibernate = 5
    PowerSystemShutdown = 6


class DEVICE_POWER_STATE:
    PowerDeviceUnspecified = 0
    PowerDeviceD0 = 1
    PowerDeviceD1 = 2
    PowerDeviceD2 = 3
    PowerDeviceD3 = 4


class LATENCY_TIME:
    LT_DONT_CARE = 0
    LT_LOWEST_LATENCY = 1


class SYSDBG_COMMAND:
    SysDbgQueryModuleInformation = 0
    SysDbgQueryTraceInformation = 1
    SysDbgSetTracepoint = 2
    SysDbgSetSpecialCall = 3
    SysDbgClearSpecialCalls = 4
    SysDbgQuerySpecialCalls = 5
    SysDbgBreakPoint = 6
    SysDbgQueryVersion = 7
    SysDbgReadVirtual = 8
    SysDbgWriteVirtual = 9
    SysDbgReadPhysical = 10
    SysDbgWritePhysical = 11
    SysDbgReadControlSpace = 12
    SysDbgWriteControlSpace = 13
    SysDbgReadIoSpace = 14
    SysDbgWriteIoSpace = 15
    SysDbgReadMsr = 16
    SysDbgWriteMsr = 17
    SysDbgReadBusData = 18
    SysDbgWriteBusData = 19
    SysDbgCheckLowMemory = 20


class PLUGPLAY_CONTROL_CLASS:
    """As numbered by Windows XP."""

    PlugPlayControlEnumerateDevice = 0
    PlugPlayControlRegisterNewDevice = 1
    PlugPlayControlDeregisterDevice = 2
    PlugPlayControlInitializeDevice = 3
    PlugPlayControlStartDevice = 4
    PlugPlayControlUnlockDevice = 5
    PlugPlayControlQueryAndRemoveDevice = 6
    PlugPlayControlUserResponse = 7
    PlugPlayControlGenerateLegacyDevice = 8
    PlugPlayControlGetInterfaceDeviceList = 9
    PlugPlayControlProperty = 10
    PlugPlayControlDeviceClassAssociation = 11
    PlugPlayControlGetRelatedDevice = 12
    PlugPlayControlGetInterfaceDeviceAlias = 13
    PlugPlayControlDeviceStatus = 14
    PlugPlayControlGetDeviceDepth = 15
    PlugPlayControlQueryDeviceRelations = 16
    PlugPlayControlTargetDeviceRelation = 17
    PlugPlayControlQueryConflictList = 18
    PlugPlayControlRetrieveDock = 19
    PlugPlayControlResetDevice = 20
    PlugPlayControlHaltDevice = 21
    PlugPlayControlGetBlockedDriverList = 22


class VDMSERVICECLASS:
    VdmStartExecution = 0
    VdmQueueInterrupt = 1
    VdmDelayInterrupt = 2
    VdmInitialize = 3
    VdmFeatures = 4
    VdmSetInt21Handler = 5
    VdmQueryDir = 6
    VdmPrinterDirectIoOpen = 7
    VdmPrinterDirectIoClose = 8
    VdmPrinterInitialize = 9
    VdmSetLdtEntries = 10
    VdmSetProcessLdtInfo = 11
    VdmAdlibEmulation = 12
    VdmPMCliControl = 13
    VdmQueryVdmProcess = 14


class APPHELPCACHESERVICECLASS:
    ApphelpCacheServiceLookup = 0
    ApphelpCacheServiceRemove = 1
    ApphelpCacheServiceUpdate = 2
    ApphelpCacheServiceFlush = 3
    ApphelpCacheServiceDump = 4


class SYSTEM_ENVIRONMENT_INFORMATION_CLASS:
    SystemEnvironmentNameInformation = 1
    SystemEnvironmentValueInformation = 2


class FILE_PATH_TYPE:
    FILE_PATH_TYPE_ARC = 1
    FILE_PATH_TYPE_ARC_SIGNATURE = 2
    FILE_PATH_TYPE_NT = 3
    FILE_PATH_TYPE_EFI = 4


class FILE_PATH(Structure):
    """The path itself follows."""

    Version: Ulong
    Length: Ulong
    Type: Ulong


class BOOT_ENTRY(Structure):
    """OsOptions, then the name and the path, follow."""

    Version: Ulong
    Length: Ulong
    Id: Ulong
    Attributes: Ulong
    FriendlyNameOffset: Ulong
    BootFilePathOffset: Ulong
    OsOptionsLength: Ulong


class BOOT_OPTIONS(Structure):
    Version: Ulong
    Length: Ulong
    Timeout: Ulong
    CurrentBootEntryId: Ulong
    NextBootEntryId: Ulong


class EFI_DRIVER_ENTRY(Structure):
    """The name and the path follow."""

    Version: Ulong
    Length: Ulong
    Id: Ulong
    FriendlyNameOffset: Ulong
    DriverFilePathOffset: Ulong


class PLUGPLAY_EVENT_BLOCK(Structure):
    """Data for the category follows."""

    EventGuid: GUID
    EventCategory: Ulong
    Result: Pointer
    Flags: Ulong
    TotalSize: Ulong
    DeviceObject: Pointer


class EVENT_TRACE_HEADER(Structure):
    """The part of NtTraceEvent's header that all versions share."""

    Size: Uchar
    SizeHigh: Uchar
    HeaderType: Uchar
    MarkerFlags: Uchar
    Type: Uchar
    Level: Uchar
    Version: Annotated[list[int], Array(Uchar, 2)]
    ThreadId: Ulong


class SYSTEM_POWER_CAPABILITIES(Structure):
    PowerButtonPresent: Boolean
    SleepButtonPresent: Boolean
    LidPresent: Boolean
    SystemS1: Boolean
    SystemS2: Boolean
    SystemS3: Boolean
    SystemS4: Boolean
    SystemS5: Boolean
    HiberFilePresent: Boolean
    FullWake: Boolean
    VideoDimPresent: Boolean
    ApmPresent: Boolean
    UpsPresent: Boolean
    ThermalControl: Boolean
    ProcessorThrottle: Boolean
    ProcessorMinThrottle: Uchar
    ProcessorMaxThrottle: Uchar
    Spare2: Annotated[list[int], Array(Uchar, 4)]
    DiskSpinDown: Boolean
    Spare3: Annotated[list[int], Array(Uchar, 8)]
    SystemBatteriesPresent: Boolean
    BatteriesAreShortTerm: Boolean
    BatteryScale: Annotated[list[int], Array(Ulong, 6)]
    AcOnLineWake: Ulong
    SoftLidWake: Ulong
    RtcWake: Ulong
    MinDeviceWakeState: Ulong
    DefaultLowLatencyWake: Ulong


class SYSTEM_BATTERY_STATE(Structure):
    AcOnLine: Boolean
    BatteryPresent: Boolean
    Charging: Boolean
    Discharging: Boolean
    Spare1: Annotated[list[int], Array(Uchar, 4)]
    MaxCapacity: Ulong
    RemainingCapacity: Ulong
    Rate: Ulong
    EstimatedTime: Ulong
    DefaultAlert1: Ulong
    DefaultAlert2: Ulong


class PROCESSOR_POWER_INFORMATION(Structure):
    Number: Ulong
    MaxMhz: Ulong
    CurrentMhz: Ulong
    MhzLimit: Ulong
    MaxIdleState: Ulong
    CurrentIdleState: Ulong


class SYSTEM_POWER_INFORMATION(Structure):
    MaxIdlenessAllowed: Ulong
    Idleness: Ulong
    TimeRemaining: Ulong
    CoolingMode: Uchar


class SYSDBG_VIRTUAL(Structure):
    """For SysDbgReadVirtual and SysDbgWriteVirtual: so many bytes there, to or from a buffer."""

    Address: Pointer
    Buffer: Pointer
    Request: Ulong


class DBGKD_GET_VERSION(Structure):
    """What SysDbgQueryVersion tells."""

    MajorVersion: Ushort
    MinorVersion: Ushort
    ProtocolVersion: Ushort
    Flags: Ushort
    MachineType: Ushort
    MaxPacketType: Uchar
    MaxStateChange: Uchar
    MaxManipulate: Uchar
    Simulation: Uchar
    Unused: Ushort
    KernBase: Ulonglong
    PsLoadedModuleList: Ulonglong
    DebuggerDataList: Ulonglong


class APPHELP_CACHE_SERVICE_LOOKUP(Structure):
    ImageName: UNICODE_STRING
    ImageHandle: Handle

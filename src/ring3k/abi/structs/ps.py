"""Process structure: TEB, PEB, process parameters, process and thread information.

The TEB and PEB grew with every version.  ``TEB_COMMON`` and ``PEB_NT40`` hold
what all share; later versions inherit and add their tails.  The kernel fills
few of these fields: the rest belongs to ntdll, kernel32 and user32.
"""

from __future__ import annotations

from ring3k.abi.strings import UNICODE_STRING
from ring3k.abi.struct import Array, Blob, Structure
from ring3k.abi.structs.ke import LIST_ENTRY
from ring3k.abi.structs.mm import SECTION_IMAGE_INFORMATION
from ring3k.abi.types import (
    Boolean,
    Handle,
    LargeInteger,
    Long,
    NtStatus,
    Pointer,
    SizeT,
    Uchar,
    Ulong,
    Ulonglong,
    UlongPtr,
    Ushort,
)
from ring3k.typed import Annotated


class CLIENT_ID(Structure):
    UniqueProcess: Handle
    UniqueThread: Handle


class INITIAL_TEB(Structure):
    """A fixed stack is given by the first two fields, a growing one by the other three."""

    PreviousStackBase: Pointer
    PreviousStackLimit: Pointer
    StackBase: Pointer
    StackLimit: Pointer
    AllocatedStackBase: Pointer


class NT_TIB(Structure):
    ExceptionList: Pointer
    StackBase: Pointer
    StackLimit: Pointer
    SubSystemTib: Pointer
    FiberData: Pointer
    ArbitraryUserPointer: Pointer
    Self: Pointer


class GDI_TEB_BATCH(Structure):
    Offset: Ulong
    HDC: UlongPtr
    Buffer: Annotated[list[int], Array(Ulong, 310)]


class TEB_COMMON(Structure):
    """What all versions share."""

    NtTib: NT_TIB
    EnvironmentPointer: Pointer
    ClientId: CLIENT_ID
    ActiveRpcHandle: Pointer
    ThreadLocalStoragePointer: Pointer
    ProcessEnvironmentBlock: Pointer
    LastErrorValue: Ulong
    CountOfOwnedCriticalSections: Ulong
    CsrClientThread: Pointer
    Win32ThreadInfo: Pointer
    User32Reserved: Annotated[list[int], Array(Ulong, 26)]
    UserReserved: Annotated[list[int], Array(Ulong, 5)]
    WOW32Reserved: Pointer
    CurrentLocale: Ulong
    FpSoftwareStatusRegister: Ulong
    SystemReserved1: Annotated[list[int], Array(Pointer, 54)]
    ExceptionCode: Long
    ActivationContextStack: Annotated[bytes, Blob(0x14)]  # XP; spare on 2000
    SpareBytes1: Annotated[bytes, Blob(24)]
    GdiTebBatch: GDI_TEB_BATCH
    RealClientId: CLIENT_ID
    GdiCachedProcessHandle: Pointer
    GdiClientPID: Ulong
    GdiClientTID: Ulong
    GdiThreadLocalInfo: Pointer
    Win32ClientInfo: Annotated[list[int], Array(UlongPtr, 62)]
    glDispatchTable: Annotated[list[int], Array(Pointer, 233)]
    glReserved1: Annotated[list[int], Array(UlongPtr, 29)]
    glReserved2: Pointer
    glSectionInfo: Pointer
    glSection: Pointer
    glTable: Pointer
    glCurrentRC: Pointer
    glContext: Pointer
    LastStatusValue: NtStatus
    StaticUnicodeString: UNICODE_STRING
    StaticUnicodeBuffer: Annotated[list[int], Array(Ushort, 261)]
    DeallocationStack: Pointer
    TlsSlots: Annotated[list[int], Array(Pointer, 64)]
    TlsLinks: LIST_ENTRY
    Vdm: Pointer
    ReservedForNtRpc: Pointer
    DbgSsReserved: Annotated[list[int], Array(Pointer, 2)]


class TEB_NT50(TEB_COMMON):
    HardErrorsAreDisabled: Ulong
    Instrumentation: Annotated[list[int], Array(Pointer, 16)]
    WinSockData: Pointer
    GdiBatchCount: Ulong
    InDbgPrint: Boolean
    FreeStackOnTermination: Boolean
    HasFiberData: Boolean
    IdealProcessor: Uchar
    Spare3: Ulong
    ReservedForPerf: Pointer
    ReservedForOle: Pointer
    WaitingOnLoaderLock: Ulong
    Wx86Thread: Annotated[list[int], Array(Pointer, 3)]
    TlsExpansionSlots: Pointer
    ImpersonationLocale: Ulong
    IsImpersonating: Ulong
    NlsCache: Pointer


class TEB(TEB_NT50):
    """Windows XP."""

    pShimData: Pointer
    HeapVirtualAffinity: Ulong
    CurrentTransactionHandle: Handle
    ActiveFrame: Pointer
    SafeThunkCall: Boolean
    BooleanSpare: Annotated[bytes, Blob(3)]


class TEB_NT52(TEB_COMMON):
    HardErrorMode: Ulong
    Instrumentation: Annotated[list[int], Array(Pointer, 14)]
    SubProcessTag: Pointer
    EtwTraceData: Pointer
    WinSockData: Pointer
    GdiBatchCount: Ulong
    InDbgPrint: Boolean
    FreeStackOnTermination: Boolean
    HasFiberData: Boolean
    IdealProcessor: Uchar
    GuaranteedStackBytes: Ulong
    ReservedForPerf: Pointer
    ReservedForOle: Pointer
    WaitingOnLoaderLock: Ulong
    SparePointer1: UlongPtr
    SoftPatchPtr1: UlongPtr
    SoftPatchPtr2: UlongPtr
    TlsExpansionSlots: Pointer
    ImpersonationLocale: Ulong
    IsImpersonating: Ulong
    NlsCache: Pointer
    pShimData: Pointer
    HeapVirtualAffinity: Ulong
    CurrentTransactionHandle: Handle
    ActiveFrame: Pointer
    FlsData: Pointer
    SafeThunkCall: Boolean
    BooleanSpare: Annotated[bytes, Blob(3)]


class PEB_NT40(Structure):
    InheritedAddressSpace: Boolean
    ReadImageFileExecOptions: Boolean
    BeingDebugged: Boolean
    SpareBool: Boolean
    Mutant: Handle
    ImageBaseAddress: Pointer
    Ldr: Pointer
    ProcessParameters: Pointer
    SubSystemData: Pointer
    ProcessHeap: Pointer
    FastPebLock: Pointer
    FastPebLockRoutine: Pointer
    FastPebUnlockRoutine: Pointer
    EnvironmentUpdateCount: Ulong
    KernelCallbackTable: Pointer
    SystemReserved: Ulong
    SpareUlong: Ulong
    FreeList: Pointer
    TlsExpansionCounter: Ulong
    TlsBitmap: Pointer
    TlsBitmapBits: Annotated[list[int], Array(Ulong, 2)]
    ReadOnlySharedMemoryBase: Pointer
    ReadOnlySharedMemoryHeap: Pointer
    ReadOnlyStaticServerData: Pointer
    AnsiCodePageData: Pointer
    OemCodePageData: Pointer
    UnicodeCaseTableData: Pointer
    NumberOfProcessors: Ulong
    NtGlobalFlag: Ulong
    CriticalSectionTimeout: LargeInteger
    HeapSegmentReserve: UlongPtr
    HeapSegmentCommit: UlongPtr
    HeapDeCommitTotalFreeThreshold: UlongPtr
    HeapDeCommitFreeBlockThreshold: UlongPtr
    NumberOfHeaps: Ulong
    MaximumNumberOfHeaps: Ulong
    ProcessHeaps: Pointer
    GdiSharedHandleTable: Pointer
    ProcessStarterHelper: Pointer
    GdiDCAttributeList: Ulong
    LoaderLock: Pointer
    OSMajorVersion: Ulong
    OSMinorVersion: Ulong
    OSBuildNumber: Ushort
    OSCSDVersion: Ushort
    OSPlatformId: Ulong
    ImageSubsystem: Ulong
    ImageSubsystemMajorVersion: Ulong
    ImageSubsystemMinorVersion: Ulong
    ImageProcessAffinityMask: UlongPtr
    GdiHandleBuffer: Annotated[list[int], Array(Ulong, 34, 60)]


class _PEB_WITH_SESSION(PEB_NT40):
    PostProcessInitRoutine: Pointer
    TlsExpansionBitmap: Pointer
    TlsExpansionBitmapBits: Annotated[list[int], Array(Ulong, 32)]
    SessionId: Ulong


class PEB_NT50(_PEB_WITH_SESSION):
    AppCompatInfo: Pointer
    CSDVersion: UNICODE_STRING


class PEB(_PEB_WITH_SESSION):
    """Windows XP."""

    AppCompatFlags: Ulonglong
    AppCompatFlagsUser: Ulonglong
    pShimData: Pointer
    AppCompatInfo: Pointer
    CSDVersion: UNICODE_STRING
    ActivationContextData: Pointer
    ProcessAssemblyStorageMap: Pointer
    SystemDefaultActivationContextData: Pointer
    SystemAssemblyStorageMap: Pointer
    MinimumStackCommit: UlongPtr


class PEB_NT52(PEB):
    """FastPebLockRoutine and its pair are AltThunkSListPtr and SparePtr2 here."""

    FlsCallback: Pointer
    FlsListHead: LIST_ENTRY
    FlsBitmap: Pointer
    FlsBitmapBits: Annotated[list[int], Array(Ulong, 4)]
    FlsHighIndex: Ulong


class PEB_NT60(PEB_NT52):
    """Windows Vista and later: other names, and a longer tail.

    SpareBool is BitField, EnvironmentUpdateCount CrossProcessFlags, SpareUlong AtlThunkSListPtr32, FreeList
    ApiSetMap.
    """

    WerRegistrationData: Pointer
    WerShipAssertPtr: Pointer
    pUnused: Pointer
    pImageHeaderHash: Pointer
    TracingFlags: Ulong
    CsrServerReadOnlySharedMemoryBase: Ulonglong
    TppWorkerpListLock: Ulong
    TppWorkerpList: LIST_ENTRY
    WaitOnAddressHashTable: Annotated[list[int], Array(Pointer, 128)]


def teb_of(version: str) -> type[TEB_COMMON]:
    """The TEB of an ABI version."""
    found: dict[str, type[TEB_COMMON]] = {"nt51": TEB, "nt52": TEB_NT52, "nt100": TEB_NT52}
    return found.get(version, TEB_NT50)


def peb_of(version: str) -> type[PEB_NT40]:
    """The PEB of an ABI version."""
    return {"nt50": PEB_NT50, "nt51": PEB, "nt52": PEB_NT52, "nt100": PEB_NT60}.get(version, PEB_NT40)


RTL_USER_PROC_PARAMS_NORMALIZED = 0x1
RTL_USER_PROC_PROFILE_USER = 0x2
RTL_USER_PROC_PROFILE_KERNEL = 0x4
RTL_USER_PROC_PROFILE_SERVER = 0x8
RTL_USER_PROC_RESERVE_1MB = 0x20
RTL_USER_PROC_RESERVE_16MB = 0x40
RTL_USER_PROC_CASE_SENSITIVE = 0x80
RTL_USER_PROC_DISABLE_HEAP_DECOMMIT = 0x100


class CURDIR(Structure):
    DosPath: UNICODE_STRING
    Handle: Handle


class RTL_DRIVE_LETTER_CURDIR(Structure):
    Flags: Ushort
    Length: Ushort
    TimeStamp: Ulong
    DosPath: UNICODE_STRING  # a STRING in NT's own headers: same layout


class RTL_USER_PROCESS_PARAMETERS(Structure):
    """String buffers are offsets from the block until Flags says normalized."""

    MaximumLength: Ulong
    Length: Ulong
    Flags: Ulong
    DebugFlags: Ulong
    ConsoleHandle: Handle
    ConsoleFlags: Ulong
    StandardInput: Handle
    StandardOutput: Handle
    StandardError: Handle
    CurrentDirectory: CURDIR
    DllPath: UNICODE_STRING
    ImagePathName: UNICODE_STRING
    CommandLine: UNICODE_STRING
    Environment: Pointer
    StartingX: Ulong
    StartingY: Ulong
    CountX: Ulong
    CountY: Ulong
    CountCharsX: Ulong
    CountCharsY: Ulong
    FillAttribute: Ulong
    WindowFlags: Ulong
    ShowWindowFlags: Ulong
    WindowTitle: UNICODE_STRING
    DesktopInfo: UNICODE_STRING
    ShellInfo: UNICODE_STRING
    RuntimeData: UNICODE_STRING
    CurrentDirectories: Annotated[list[RTL_DRIVE_LETTER_CURDIR], Array(RTL_DRIVE_LETTER_CURDIR, 32)]


class RTL_USER_PROCESS_PARAMETERS_NT60(RTL_USER_PROCESS_PARAMETERS):
    """Windows Vista and later."""

    EnvironmentSize: SizeT
    EnvironmentVersion: SizeT
    PackageDependencyData: Pointer
    ProcessGroupId: Ulong
    LoaderThreads: Ulong


class RTL_USER_PROCESS_INFORMATION(Structure):
    Size: Ulong
    ProcessHandle: Handle
    ThreadHandle: Handle
    ClientId: CLIENT_ID
    ImageInformation: SECTION_IMAGE_INFORMATION


class PEB_LDR_DATA(Structure):
    Length: Ulong
    Initialized: Boolean
    SsHandle: Pointer
    InLoadOrderModuleList: LIST_ENTRY
    InMemoryOrderModuleList: LIST_ENTRY
    InInitializationOrderModuleList: LIST_ENTRY
    EntryInProgress: Pointer  # XP and later


class LDR_DATA_TABLE_ENTRY(Structure):
    InLoadOrderLinks: LIST_ENTRY
    InMemoryOrderLinks: LIST_ENTRY
    InInitializationOrderLinks: LIST_ENTRY
    DllBase: Pointer
    EntryPoint: Pointer
    SizeOfImage: Ulong
    FullDllName: UNICODE_STRING
    BaseDllName: UNICODE_STRING
    Flags: Ulong
    LoadCount: Ushort
    TlsIndex: Ushort
    HashLinks: LIST_ENTRY
    TimeDateStamp: Ulong
    EntryPointActivationContext: Pointer  # XP and later
    PatchInformation: Pointer

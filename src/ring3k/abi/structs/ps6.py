"""Process structure since Windows Vista: attributes of new processes and threads, flags of the TEB."""

from __future__ import annotations

from ring3k.abi.struct import Structure
from ring3k.abi.types import AccessMask, Handle, Pointer, SizeT, Ulong, Ulonglong, UlongPtr

THREAD_CREATE_FLAGS_CREATE_SUSPENDED = 0x1
THREAD_CREATE_FLAGS_SKIP_THREAD_ATTACH = 0x2
THREAD_CREATE_FLAGS_HIDE_FROM_DEBUGGER = 0x4
THREAD_CREATE_FLAGS_LOADER_WORKER = 0x10
THREAD_CREATE_FLAGS_SKIP_LOADER_INIT = 0x20
THREAD_CREATE_FLAGS_BYPASS_PROCESS_FREEZE = 0x40

# TEB.SameTebFlags
TEB_SKIP_THREAD_ATTACH = 0x8
TEB_INITIAL_THREAD = 0x400
TEB_LOADER_WORKER = 0x2000
TEB_SKIP_LOADER_INIT = 0x4000
SAME_TEB_FLAGS = 0xFCA  # its place on 32-bit x86


class PS_ATTRIBUTE_NUM:
    """The low word of PS_ATTRIBUTE.Attribute."""

    PsAttributeParentProcess = 0
    PsAttributeDebugPort = 1
    PsAttributeToken = 2
    PsAttributeClientId = 3
    PsAttributeTebAddress = 4
    PsAttributeImageName = 5
    PsAttributeImageInfo = 6
    PsAttributeMemoryReserve = 7
    PsAttributePriorityClass = 8
    PsAttributeErrorMode = 9
    PsAttributeStdHandleInfo = 10
    PsAttributeHandleList = 11
    PsAttributeGroupAffinity = 12
    PsAttributePreferredNode = 13
    PsAttributeIdealProcessor = 14
    PsAttributeUmsThread = 15
    PsAttributeMitigationOptions = 16
    PsAttributeProtectionLevel = 17
    PsAttributeSecureProcess = 18
    PsAttributeJobList = 19
    PsAttributeChildProcessPolicy = 20
    PsAttributeAllApplicationPackagesPolicy = 21
    PsAttributeWin32kFilter = 22
    PsAttributeSafeOpenPromptOriginClaim = 23
    PsAttributeBnoIsolation = 24
    PsAttributeDesktopAppPolicy = 25


PS_ATTRIBUTE_NUMBER_MASK = 0xFFFF
PS_ATTRIBUTE_THREAD = 0x10000  # may be used with threads
PS_ATTRIBUTE_INPUT = 0x20000
PS_ATTRIBUTE_ADDITIVE = 0x40000


class PS_ATTRIBUTE(Structure):
    """Value is the attribute, or points to it; Size tells how long it is."""

    Attribute: UlongPtr
    Size: SizeT
    Value: UlongPtr
    ReturnLength: Pointer


class PS_STD_HANDLE_STATE:
    """The two low bits of PS_STD_HANDLE_INFO.Flags."""

    PsNeverDuplicate = 0
    PsRequestDuplicate = 1
    PsAlwaysDuplicate = 2


class PS_STD_HANDLE_INFO(Structure):
    """Flags: a state, and above it which of the standard handles are meant (input, output, error)."""

    Flags: Ulong
    StdHandleSubsystemType: Ulong


class PS_CREATE_STATE:
    PsCreateInitialState = 0
    PsCreateFailOnFileOpen = 1
    PsCreateFailOnSectionCreate = 2
    PsCreateFailExeFormat = 3
    PsCreateFailMachineMismatch = 4
    PsCreateFailExeName = 5
    PsCreateSuccess = 6


PS_CREATE_WRITE_OUTPUT_ON_EXIT = 0x1


class PS_CREATE_INFO(Structure):
    """Before the call: InitFlags in the place of OutputFlags, AdditionalFileAccess in FileHandle's."""

    Size: SizeT
    State: Ulong
    OutputFlags: Ulong
    FileHandle: Handle
    SectionHandle: Handle
    UserProcessParametersNative: Ulonglong
    UserProcessParametersWow64: Ulong
    CurrentParameterFlags: Ulong
    PebAddressNative: Ulonglong
    PebAddressWow64: Ulong
    ManifestAddress: Ulonglong
    ManifestSize: Ulong


class PS_CREATE_INITIAL(Structure):
    """The same structure before the call."""

    Size: SizeT
    State: Ulong
    InitFlags: Ulong
    AdditionalFileAccess: AccessMask

"""KUSER_SHARED_DATA: the page every process reads at 0x7ffe0000 and only the kernel writes.

``SystemCall`` and ``SystemCallReturn`` are pointers that XP's stubs call
through; NT 5.0 has unused space there.  ``TickCount`` is NT 5.2's, which drops
the low word at offset 0.
"""

from __future__ import annotations

from ring3k.abi.struct import Array, Blob, Structure
from ring3k.abi.structs.ke import KSYSTEM_TIME
from ring3k.abi.types import Boolean, LargeInteger, Uchar, Ulong, Ulonglong, Ushort
from ring3k.typed import Annotated

KUSER_ADDRESS = 0x7FFE0000
KUSER_SPAN = 0x10000  # reserved
TICK_COUNT_MULTIPLIER = 0x0FA00000  # 15.625 ms in units of 2**-24 ms

PF_FLOATING_POINT_PRECISION_ERRATA = 0
PF_FLOATING_POINT_EMULATED = 1
PF_COMPARE_EXCHANGE_DOUBLE = 2
PF_MMX_INSTRUCTIONS_AVAILABLE = 3
PF_XMMI_INSTRUCTIONS_AVAILABLE = 6
PF_3DNOW_INSTRUCTIONS_AVAILABLE = 7
PF_RDTSC_INSTRUCTION_AVAILABLE = 8
PF_PAE_ENABLED = 9
PF_XMMI64_INSTRUCTIONS_AVAILABLE = 10
PF_NX_ENABLED = 12
PF_SSE3_INSTRUCTIONS_AVAILABLE = 13
PF_COMPARE_EXCHANGE128 = 14

NX_SUPPORT_POLICY_OPTIN = 2  # programs that say they can have what is no code not executed


class NT_PRODUCT_TYPE:
    NtProductWinNt = 1
    NtProductLanManNt = 2
    NtProductServer = 3


class KUSER_SHARED_DATA(Structure):
    TickCountLow: Ulong
    TickCountMultiplier: Ulong
    InterruptTime: KSYSTEM_TIME
    SystemTime: KSYSTEM_TIME
    TimeZoneBias: KSYSTEM_TIME
    ImageNumberLow: Ushort
    ImageNumberHigh: Ushort
    NtSystemRoot: Annotated[bytes, Blob(520)]  # UTF-16, ended by a NUL
    MaxStackTraceDepth: Ulong
    CryptoExponent: Ulong
    TimeZoneId: Ulong
    LargePageMinimum: Ulong
    Reserved2: Annotated[list[int], Array(Ulong, 7)]  # the last: NtBuildNumber, in Windows 10 and later
    NtProductType: Ulong
    ProductTypeIsValid: Boolean
    NtMajorVersion: Ulong
    NtMinorVersion: Ulong
    ProcessorFeatures: Annotated[list[int], Array(Uchar, 64)]
    Reserved1: Ulong
    Reserved3: Ulong
    TimeSlip: Ulong
    AlternativeArchitecture: Ulong
    SystemExpirationDate: LargeInteger
    SuiteMask: Ulong
    KdDebuggerEnabled: Boolean
    NXSupportPolicy: Uchar  # XP SP2 and later
    ActiveConsoleId: Ulong
    DismountCount: Ulong
    ComPlusPackage: Ulong
    LastSystemRITEventTickCount: Ulong
    NumberOfPhysicalPages: Ulong
    SafeBootMode: Boolean
    TraceLogging: Ulong
    Fill0: Ulong
    TestRetInstruction: Ulonglong
    SystemCall: Ulong
    SystemCallReturn: Ulong
    SystemCallPad: Annotated[list[int], Array(Ulonglong, 3)]
    TickCount: KSYSTEM_TIME
    TickCountPad: Ulong
    Cookie: Ulong
    CookiePad: Ulong
    ConsoleSessionForegroundProcessId: LargeInteger
    Wow64SharedInformation: Annotated[list[int], Array(Ulong, 16)]


class KUSER_SHARED_DATA_NT60(KUSER_SHARED_DATA):
    """Windows Vista and later."""

    UserModeGlobalLogger: Annotated[list[int], Array(Ushort, 16)]
    ImageFileExecutionOptions: Ulong
    LangGenerationCount: Ulong
    Reserved4: Ulonglong
    InterruptTimeBias: Ulonglong
    TscQpcBias: Ulonglong
    ActiveProcessorCount: Ulong  # Windows 7 and later
    ActiveGroupCount: Uchar

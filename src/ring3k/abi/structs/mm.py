"""Memory manager: allocation, protection, sections and what queries of them return.

``MEMORY_BASIC_INFORMATION`` describes a run of equal pages, not an allocation;
``AllocationBase`` and ``AllocationProtect`` are zero for free memory.  NT 5.x
reports the protection of reserved pages as 0.
"""

from __future__ import annotations

from ring3k.abi.struct import Array, Structure
from ring3k.abi.types import Boolean, LargeInteger, Pointer, SizeT, Ulong, Ulonglong, UlongPtr, Ushort
from ring3k.typed import Annotated

PAGE_NOACCESS = 0x01
PAGE_READONLY = 0x02
PAGE_READWRITE = 0x04
PAGE_WRITECOPY = 0x08
PAGE_EXECUTE = 0x10
PAGE_EXECUTE_READ = 0x20
PAGE_EXECUTE_READWRITE = 0x40
PAGE_EXECUTE_WRITECOPY = 0x80
PAGE_GUARD = 0x100
PAGE_NOCACHE = 0x200
PAGE_WRITECOMBINE = 0x400
PAGE_TARGETS_INVALID = 0x40000000  # from 6.3 on; in a change of protection: leave the targets as they are

MEM_COMMIT = 0x1000
MEM_RESERVE = 0x2000
MEM_DECOMMIT = 0x4000
MEM_RELEASE = 0x8000
MEM_FREE = 0x10000
MEM_PRIVATE = 0x20000
MEM_MAPPED = 0x40000
MEM_RESET = 0x80000
MEM_TOP_DOWN = 0x100000
MEM_WRITE_WATCH = 0x200000
MEM_PHYSICAL = 0x400000
MEM_IMAGE = 0x1000000
MEM_LARGE_PAGES = 0x20000000  # XP and later
MEM_DOS_LIM = 0x40000000
MEM_4MB_PAGES = 0x80000000

SEC_BASED = 0x200000
SEC_NO_CHANGE = 0x400000
SEC_FILE = 0x800000
SEC_IMAGE = 0x1000000
SEC_VLM = 0x2000000
SEC_RESERVE = 0x4000000
SEC_COMMIT = 0x8000000
SEC_NOCACHE = 0x10000000
SEC_GLOBAL = 0x20000000
SEC_LARGE_PAGES = 0x80000000

MAP_PROCESS = 1  # NtLockVirtualMemory: in the working set
MAP_SYSTEM = 2  # in physical memory
WRITE_WATCH_FLAG_RESET = 1


class SECTION_INHERIT:
    ViewShare = 1
    ViewUnmap = 2


class MEMORY_INFORMATION_CLASS:
    MemoryBasicInformation = 0
    MemoryWorkingSetInformation = 1
    MemoryMappedFilenameInformation = 2
    MemoryRegionInformation = 3
    MemoryWorkingSetExInformation = 4
    MemorySharedCommitInformation = 5  # Windows 8 and later
    MemoryImageInformation = 6


class VIRTUAL_MEMORY_INFORMATION_CLASS:
    VmPrefetchInformation = 0
    VmPagePriorityInformation = 1
    VmCfgCallTargetInformation = 2


class SECTION_INFORMATION_CLASS:
    SectionBasicInformation = 0
    SectionImageInformation = 1


class MEMORY_BASIC_INFORMATION(Structure):
    BaseAddress: Pointer
    AllocationBase: Pointer
    AllocationProtect: Ulong
    RegionSize: SizeT
    State: Ulong
    Protect: Ulong
    Type: Ulong


class MEMORY_WORKING_SET_INFORMATION(Structure):
    """A count, then that many words: page address with status bits in the low 12."""

    NumberOfEntries: UlongPtr
    WorkingSetInfo: Annotated[list[int], Array(UlongPtr, 1)]


class SECTION_BASIC_INFORMATION(Structure):
    BaseAddress: Pointer
    Attributes: Ulong
    Size: LargeInteger


class SECTION_IMAGE_INFORMATION(Structure):
    """What an image section knows of its file's headers (2000: the last three words are Reserved)."""

    TransferAddress: Pointer
    ZeroBits: Ulong
    MaximumStackSize: SizeT
    CommittedStackSize: SizeT
    SubSystemType: Ulong
    SubSystemMinorVersion: Ushort
    SubSystemMajorVersion: Ushort
    GpValue: Ulong
    ImageCharacteristics: Ushort
    DllCharacteristics: Ushort
    Machine: Ushort
    ImageContainsCode: Boolean
    Spare1: Boolean
    LoaderFlags: Ulong
    ImageFileSize: Ulong
    Reserved: Ulong


class MEM_EXTENDED_PARAMETER(Structure):
    """The low byte of Type tells what Value is: a number, a handle or a pointer."""

    Type: Ulonglong
    Value: Ulonglong


class MEM_ADDRESS_REQUIREMENTS(Structure):
    """Zero: no requirement."""

    LowestStartingAddress: Pointer
    HighestEndingAddress: Pointer
    Alignment: SizeT


MEMORY_REGION_PRIVATE = 0x1
MEMORY_REGION_MAPPED_DATA_FILE = 0x2
MEMORY_REGION_MAPPED_IMAGE = 0x4
MEMORY_REGION_MAPPED_PAGE_FILE = 0x8
MEMORY_REGION_MAPPED_PHYSICAL = 0x10


class MEMORY_REGION_INFORMATION(Structure):
    """Callers may ask for the first 16 or 20 bytes only."""

    AllocationBase: Pointer
    AllocationProtect: Ulong
    RegionType: Ulong
    RegionSize: SizeT
    CommitSize: SizeT
    PartitionId: UlongPtr
    NodePreference: UlongPtr


class MEMORY_IMAGE_INFORMATION(Structure):
    ImageBase: Pointer
    SizeOfImage: SizeT
    ImageFlags: Ulong

"""Object manager: what NtQueryObject and NtQueryDirectoryObject return."""

from __future__ import annotations

from ring3k.abi.strings import UNICODE_STRING
from ring3k.abi.struct import Array, Structure
from ring3k.abi.types import AccessMask, Boolean, Time, Ulong
from ring3k.typed import Annotated

DUPLICATE_CLOSE_SOURCE = 1
DUPLICATE_SAME_ACCESS = 2
DUPLICATE_SAME_ATTRIBUTES = 4

MAXIMUM_WAIT_OBJECTS = 64
NtCurrentProcess = 0xFFFFFFFF
NtCurrentThread = 0xFFFFFFFE


class OBJECT_INFORMATION_CLASS:
    ObjectBasicInformation = 0
    ObjectNameInformation = 1
    ObjectTypeInformation = 2
    ObjectTypesInformation = 3
    ObjectHandleFlagInformation = 4


class POOL_TYPE:
    NonPagedPool = 0
    PagedPool = 1


class GENERIC_MAPPING(Structure):
    GenericRead: AccessMask
    GenericWrite: AccessMask
    GenericExecute: AccessMask
    GenericAll: AccessMask


class OBJECT_BASIC_INFORMATION(Structure):
    """CreateTime is filled for symbolic links only."""

    Attributes: Ulong
    GrantedAccess: AccessMask
    HandleCount: Ulong
    PointerCount: Ulong
    PagedPoolUsage: Ulong
    NonPagedPoolUsage: Ulong
    Reserved: Annotated[list[int], Array(Ulong, 3)]
    NameInformationLength: Ulong
    TypeInformationLength: Ulong
    SecurityDescriptorLength: Ulong
    CreateTime: Time


class OBJECT_NAME_INFORMATION(Structure):
    """The characters follow the structure."""

    Name: UNICODE_STRING


class OBJECT_TYPE_INFORMATION(Structure):
    """The characters of TypeName follow, padded to a multiple of 4."""

    TypeName: UNICODE_STRING
    TotalNumberOfObjects: Ulong
    TotalNumberOfHandles: Ulong
    TotalPagedPoolUsage: Ulong
    TotalNonPagedPoolUsage: Ulong
    TotalNamePoolUsage: Ulong
    TotalHandleTableUsage: Ulong
    HighWaterNumberOfObjects: Ulong
    HighWaterNumberOfHandles: Ulong
    HighWaterPagedPoolUsage: Ulong
    HighWaterNonPagedPoolUsage: Ulong
    HighWaterNamePoolUsage: Ulong
    HighWaterHandleTableUsage: Ulong
    InvalidAttributes: Ulong
    GenericMapping: GENERIC_MAPPING
    ValidAccessMask: AccessMask
    SecurityRequired: Boolean
    MaintainHandleCount: Boolean
    PoolType: Ulong
    DefaultPagedPoolCharge: Ulong
    DefaultNonPagedPoolCharge: Ulong


class OBJECT_TYPES_INFORMATION(Structure):
    """A count, then that many OBJECT_TYPE_INFORMATION, each with its name."""

    NumberOfTypes: Ulong


class OBJECT_HANDLE_FLAG_INFORMATION(Structure):
    Inherit: Boolean
    ProtectFromClose: Boolean


class OBJECT_DIRECTORY_INFORMATION(Structure):
    """An array of these, ended by one of zeroes, then the characters."""

    Name: UNICODE_STRING
    TypeName: UNICODE_STRING

"""Input and output: create parameters, file attributes, controls, and the small structures."""

from __future__ import annotations

from ring3k.abi.struct import Structure
from ring3k.abi.types import POINTER, Boolean, LargeInteger, Pointer, Scalar, Ulong, UlongPtr
from ring3k.typed import Annotated

NtStatusWord = Annotated[int, Scalar("NTSTATUS", POINTER, style="status")]
OneWideChar = Annotated[int, Scalar("WCHAR", 2)]  # the first of a name's characters

FILE_ATTRIBUTE_READONLY = 0x1
FILE_ATTRIBUTE_HIDDEN = 0x2
FILE_ATTRIBUTE_SYSTEM = 0x4
FILE_ATTRIBUTE_DIRECTORY = 0x10
FILE_ATTRIBUTE_ARCHIVE = 0x20
FILE_ATTRIBUTE_DEVICE = 0x40
FILE_ATTRIBUTE_NORMAL = 0x80
FILE_ATTRIBUTE_TEMPORARY = 0x100
FILE_ATTRIBUTE_SPARSE_FILE = 0x200
FILE_ATTRIBUTE_REPARSE_POINT = 0x400
FILE_ATTRIBUTE_COMPRESSED = 0x800
FILE_ATTRIBUTE_OFFLINE = 0x1000
FILE_ATTRIBUTE_NOT_CONTENT_INDEXED = 0x2000
FILE_ATTRIBUTE_ENCRYPTED = 0x4000
FILE_ATTRIBUTE_VALID_FLAGS = 0x7FB7
FILE_ATTRIBUTE_VALID_SET_FLAGS = 0x31A7

FILE_SHARE_READ = 0x1
FILE_SHARE_WRITE = 0x2
FILE_SHARE_DELETE = 0x4

FILE_DIRECTORY_FILE = 0x1
FILE_WRITE_THROUGH = 0x2
FILE_SEQUENTIAL_ONLY = 0x4
FILE_NO_INTERMEDIATE_BUFFERING = 0x8
FILE_SYNCHRONOUS_IO_ALERT = 0x10
FILE_SYNCHRONOUS_IO_NONALERT = 0x20
FILE_NON_DIRECTORY_FILE = 0x40
FILE_CREATE_TREE_CONNECTION = 0x80
FILE_COMPLETE_IF_OPLOCKED = 0x100
FILE_NO_EA_KNOWLEDGE = 0x200
FILE_OPEN_FOR_RECOVERY = 0x400
FILE_RANDOM_ACCESS = 0x800
FILE_DELETE_ON_CLOSE = 0x1000
FILE_OPEN_BY_FILE_ID = 0x2000
FILE_OPEN_FOR_BACKUP_INTENT = 0x4000
FILE_NO_COMPRESSION = 0x8000
FILE_RESERVE_OPFILTER = 0x100000
FILE_OPEN_REPARSE_POINT = 0x200000
FILE_OPEN_NO_RECALL = 0x400000
FILE_OPEN_FOR_FREE_SPACE_QUERY = 0x800000
FILE_VALID_OPTION_FLAGS = 0xFFFFFF

FILE_NOTIFY_CHANGE_FILE_NAME = 0x1
FILE_NOTIFY_CHANGE_DIR_NAME = 0x2
FILE_NOTIFY_CHANGE_ATTRIBUTES = 0x4
FILE_NOTIFY_CHANGE_SIZE = 0x8
FILE_NOTIFY_CHANGE_LAST_WRITE = 0x10
FILE_NOTIFY_CHANGE_LAST_ACCESS = 0x20
FILE_NOTIFY_CHANGE_CREATION = 0x40
FILE_NOTIFY_CHANGE_EA = 0x80
FILE_NOTIFY_CHANGE_SECURITY = 0x100
FILE_NOTIFY_CHANGE_STREAM_NAME = 0x200
FILE_NOTIFY_CHANGE_STREAM_SIZE = 0x400
FILE_NOTIFY_CHANGE_STREAM_WRITE = 0x800
FILE_NOTIFY_VALID_MASK = 0xFFF

# ByteOffset values that are not offsets (HighPart -1).
FILE_WRITE_TO_END_OF_FILE = -1
FILE_USE_FILE_POINTER_POSITION = -2

FILE_DEVICE_CD_ROM = 0x2
FILE_DEVICE_CD_ROM_FILE_SYSTEM = 0x3
FILE_DEVICE_DISK = 0x7
FILE_DEVICE_DISK_FILE_SYSTEM = 0x8
FILE_DEVICE_MAILSLOT = 0xC
FILE_DEVICE_NAMED_PIPE = 0x11
FILE_DEVICE_NULL = 0x15
FILE_DEVICE_UNKNOWN = 0x22
FILE_DEVICE_KS = 0x2F
FILE_DEVICE_KSEC = 0x39
FILE_DEVICE_CONSOLE = 0x50
FILE_REMOVABLE_MEDIA = 0x1
FILE_READ_ONLY_DEVICE = 0x2
FILE_REMOTE_DEVICE = 0x10
FILE_DEVICE_IS_MOUNTED = 0x20

FILE_CASE_SENSITIVE_SEARCH = 0x1
FILE_CASE_PRESERVED_NAMES = 0x2
FILE_UNICODE_ON_DISK = 0x4
FILE_PERSISTENT_ACLS = 0x8
FILE_FILE_COMPRESSION = 0x10
FILE_VOLUME_QUOTAS = 0x20
FILE_SUPPORTS_SPARSE_FILES = 0x40
FILE_SUPPORTS_REPARSE_POINTS = 0x80
FILE_SUPPORTS_OBJECT_IDS = 0x10000
FILE_SUPPORTS_ENCRYPTION = 0x20000
FILE_NAMED_STREAMS = 0x40000


class CREATE_DISPOSITION:
    FILE_SUPERSEDE = 0
    FILE_OPEN = 1
    FILE_CREATE = 2
    FILE_OPEN_IF = 3
    FILE_OVERWRITE = 4
    FILE_OVERWRITE_IF = 5


class CREATE_RESULT:
    """IO_STATUS_BLOCK.Information of a successful open."""

    FILE_SUPERSEDED = 0
    FILE_OPENED = 1
    FILE_CREATED = 2
    FILE_OVERWRITTEN = 3
    FILE_EXISTS = 4
    FILE_DOES_NOT_EXIST = 5


class PIPE_TYPE:
    FILE_PIPE_BYTE_STREAM_TYPE = 0
    FILE_PIPE_MESSAGE_TYPE = 1


class PIPE_READ_MODE:
    FILE_PIPE_BYTE_STREAM_MODE = 0
    FILE_PIPE_MESSAGE_MODE = 1


class PIPE_COMPLETION_MODE:
    FILE_PIPE_QUEUE_OPERATION = 0
    FILE_PIPE_COMPLETE_OPERATION = 1


class PIPE_CONFIGURATION:
    FILE_PIPE_INBOUND = 0
    FILE_PIPE_OUTBOUND = 1
    FILE_PIPE_FULL_DUPLEX = 2


class PIPE_STATE:
    FILE_PIPE_DISCONNECTED_STATE = 1
    FILE_PIPE_LISTENING_STATE = 2
    FILE_PIPE_CONNECTED_STATE = 3
    FILE_PIPE_CLOSING_STATE = 4


class PIPE_END:
    FILE_PIPE_CLIENT_END = 0
    FILE_PIPE_SERVER_END = 1


FSCTL_PIPE_ASSIGN_EVENT = 0x110000
FSCTL_PIPE_DISCONNECT = 0x110004
FSCTL_PIPE_LISTEN = 0x110008
FSCTL_PIPE_PEEK = 0x11400C
FSCTL_PIPE_QUERY_EVENT = 0x110010
FSCTL_PIPE_TRANSCEIVE = 0x11C017
FSCTL_PIPE_WAIT = 0x110018
FSCTL_PIPE_IMPERSONATE = 0x11001C
FSCTL_PIPE_SET_CLIENT_PROCESS = 0x110020
FSCTL_PIPE_QUERY_CLIENT_PROCESS = 0x110024
FSCTL_PIPE_GET_PIPE_ATTRIBUTE = 0x110028  # Windows Vista and later
FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE = 0x110030
FSCTL_PIPE_INTERNAL_READ = 0x115FF4
FSCTL_PIPE_INTERNAL_WRITE = 0x119FF8
FSCTL_PIPE_INTERNAL_TRANSCEIVE = 0x11DFFF
FSCTL_PIPE_INTERNAL_READ_OVFLOW = 0x116000
FSCTL_MAILSLOT_PEEK = 0xC4003


class IO_COMPLETION_INFORMATION_CLASS:
    IoCompletionBasicInformation = 0


class FS_INFORMATION_CLASS:
    FileFsVolumeInformation = 1
    FileFsLabelInformation = 2
    FileFsSizeInformation = 3
    FileFsDeviceInformation = 4
    FileFsAttributeInformation = 5
    FileFsControlInformation = 6
    FileFsFullSizeInformation = 7
    FileFsObjectIdInformation = 8
    FileFsDriverPathInformation = 9
    FileFsVolumeFlagsInformation = 10  # Windows Vista and later
    FileFsSectorSizeInformation = 11


class IO_STATUS_BLOCK(Structure):
    """Status shares its place with a pointer in 64-bit layouts, so it is as wide as one."""

    Status: NtStatusWord
    Information: UlongPtr


class FILE_IO_COMPLETION_INFORMATION(Structure):
    KeyContext: Pointer
    ApcContext: Pointer
    IoStatusBlock: IO_STATUS_BLOCK


class IO_COMPLETION_BASIC_INFORMATION(Structure):
    Depth: Ulong


class FILE_PIPE_PEEK_BUFFER(Structure):
    """Data follow."""

    NamedPipeState: Ulong
    ReadDataAvailable: Ulong
    NumberOfMessages: Ulong
    MessageLength: Ulong


class FILE_PIPE_ASSIGN_EVENT_BUFFER(Structure):
    EventHandle: Pointer
    KeyValue: Ulong


class FILE_PIPE_EVENT_BUFFER(Structure):
    NamedPipeState: Ulong
    EntryType: Ulong
    ByteCount: Ulong
    KeyValue: Ulong
    NumberRequests: Ulong


class FILE_PIPE_CLIENT_PROCESS_BUFFER(Structure):
    ClientSession: Pointer
    ClientProcess: Pointer


class FILE_SEGMENT_ELEMENT(Structure):
    """A page's address, always 8 bytes wide."""

    Buffer: LargeInteger


class FILE_FS_VOLUME_INFORMATION(Structure):
    """VolumeLabel's characters start at the offset after SupportsObjects."""

    VolumeCreationTime: LargeInteger
    VolumeSerialNumber: Ulong
    VolumeLabelLength: Ulong
    SupportsObjects: Boolean
    VolumeLabel: OneWideChar


class FILE_FS_LABEL_INFORMATION(Structure):
    VolumeLabelLength: Ulong
    VolumeLabel: OneWideChar


class FILE_FS_SIZE_INFORMATION(Structure):
    TotalAllocationUnits: LargeInteger
    AvailableAllocationUnits: LargeInteger
    SectorsPerAllocationUnit: Ulong
    BytesPerSector: Ulong


class FILE_FS_FULL_SIZE_INFORMATION(Structure):
    TotalAllocationUnits: LargeInteger
    CallerAvailableAllocationUnits: LargeInteger
    ActualAvailableAllocationUnits: LargeInteger
    SectorsPerAllocationUnit: Ulong
    BytesPerSector: Ulong


SSINFO_FLAGS_ALIGNED_DEVICE = 0x1
SSINFO_FLAGS_PARTITION_ALIGNED_ON_DEVICE = 0x2


class FILE_FS_SECTOR_SIZE_INFORMATION(Structure):
    LogicalBytesPerSector: Ulong
    PhysicalBytesPerSectorForAtomicity: Ulong
    PhysicalBytesPerSectorForPerformance: Ulong
    FileSystemEffectivePhysicalBytesPerSectorForAtomicity: Ulong
    Flags: Ulong
    ByteOffsetForSectorAlignment: Ulong
    ByteOffsetForPartitionAlignment: Ulong


class FILE_FS_DEVICE_INFORMATION(Structure):
    DeviceType: Ulong
    Characteristics: Ulong


class FILE_FS_ATTRIBUTE_INFORMATION(Structure):
    FileSystemAttributes: Ulong
    MaximumComponentNameLength: Ulong
    FileSystemNameLength: Ulong
    FileSystemName: OneWideChar


class FILE_FS_CONTROL_INFORMATION(Structure):
    FreeSpaceStartFiltering: LargeInteger
    FreeSpaceThreshold: LargeInteger
    FreeSpaceStopFiltering: LargeInteger
    DefaultQuotaThreshold: LargeInteger
    DefaultQuotaLimit: LargeInteger
    FileSystemControlFlags: Ulong

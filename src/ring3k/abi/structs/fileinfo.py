"""Input and output: file information classes.

Names at the end of a structure are declared as their first character; the
rest follows it, counted in bytes by the length field and not NUL-ended.
"""

from __future__ import annotations

from ring3k.abi.struct import Array, Structure
from ring3k.abi.structs.io import OneWideChar
from ring3k.abi.types import (
    AccessMask,
    Boolean,
    Handle,
    LargeInteger,
    Pointer,
    Time,
    Uchar,
    Ulong,
    Ulonglong,
    Ushort,
)
from ring3k.typed import Annotated


class FILE_INFORMATION_CLASS:
    FileDirectoryInformation = 1
    FileFullDirectoryInformation = 2
    FileBothDirectoryInformation = 3
    FileBasicInformation = 4
    FileStandardInformation = 5
    FileInternalInformation = 6
    FileEaInformation = 7
    FileAccessInformation = 8
    FileNameInformation = 9
    FileRenameInformation = 10
    FileLinkInformation = 11
    FileNamesInformation = 12
    FileDispositionInformation = 13
    FilePositionInformation = 14
    FileFullEaInformation = 15
    FileModeInformation = 16
    FileAlignmentInformation = 17
    FileAllInformation = 18
    FileAllocationInformation = 19
    FileEndOfFileInformation = 20
    FileAlternateNameInformation = 21
    FileStreamInformation = 22
    FilePipeInformation = 23
    FilePipeLocalInformation = 24
    FilePipeRemoteInformation = 25
    FileMailslotQueryInformation = 26
    FileMailslotSetInformation = 27
    FileCompressionInformation = 28
    FileObjectIdInformation = 29
    FileCompletionInformation = 30
    FileMoveClusterInformation = 31
    FileQuotaInformation = 32
    FileReparsePointInformation = 33
    FileNetworkOpenInformation = 34
    FileAttributeTagInformation = 35
    FileTrackingInformation = 36
    FileIdBothDirectoryInformation = 37
    FileIdFullDirectoryInformation = 38
    FileValidDataLengthInformation = 39
    FileShortNameInformation = 40
    FileIoCompletionNotificationInformation = 41  # Windows Vista and later
    FileIoStatusBlockRangeInformation = 42
    FileIoPriorityHintInformation = 43
    FileHardLinkInformation = 46
    FileProcessIdsUsingFileInformation = 47
    FileNormalizedNameInformation = 48
    FileNetworkPhysicalNameInformation = 49
    FileIsRemoteDeviceInformation = 51
    FileStandardLinkInformation = 54
    FileRemoteProtocolInformation = 55
    FileVolumeNameInformation = 58
    FileIdInformation = 59
    FileIdExtdDirectoryInformation = 60
    FileReplaceCompletionInformation = 61
    FileHardLinkFullIdInformation = 62
    FileIdExtdBothDirectoryInformation = 63
    FileDispositionInformationEx = 64
    FileRenameInformationEx = 65
    FileStatInformation = 68
    FileCaseSensitiveInformation = 71
    FileLinkInformationEx = 72


# FILE_IO_COMPLETION_NOTIFICATION_INFORMATION
FILE_SKIP_COMPLETION_PORT_ON_SUCCESS = 0x1
FILE_SKIP_SET_EVENT_ON_HANDLE = 0x2
FILE_SKIP_SET_USER_EVENT_ON_FAST_IO = 0x4

FILE_DISPOSITION_DELETE = 0x1
FILE_DISPOSITION_POSIX_SEMANTICS = 0x2
FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE = 0x10
FILE_DISPOSITION_VALID = 0x1F
FILE_RENAME_REPLACE_IF_EXISTS = 0x1
FILE_RENAME_POSIX_SEMANTICS = 0x2
FILE_RENAME_VALID = 0x7F


class FILE_DIRECTORY_INFORMATION(Structure):
    NextEntryOffset: Ulong
    FileIndex: Ulong
    CreationTime: Time
    LastAccessTime: Time
    LastWriteTime: Time
    ChangeTime: Time
    EndOfFile: LargeInteger
    AllocationSize: LargeInteger
    FileAttributes: Ulong
    FileNameLength: Ulong
    FileName: OneWideChar


class FILE_FULL_DIR_INFORMATION(Structure):
    NextEntryOffset: Ulong
    FileIndex: Ulong
    CreationTime: Time
    LastAccessTime: Time
    LastWriteTime: Time
    ChangeTime: Time
    EndOfFile: LargeInteger
    AllocationSize: LargeInteger
    FileAttributes: Ulong
    FileNameLength: Ulong
    EaSize: Ulong
    FileName: OneWideChar


class FILE_BOTH_DIR_INFORMATION(Structure):
    NextEntryOffset: Ulong
    FileIndex: Ulong
    CreationTime: Time
    LastAccessTime: Time
    LastWriteTime: Time
    ChangeTime: Time
    EndOfFile: LargeInteger
    AllocationSize: LargeInteger
    FileAttributes: Ulong
    FileNameLength: Ulong
    EaSize: Ulong
    ShortNameLength: Uchar
    ShortName: Annotated[list[int], Array(Ushort, 12)]
    FileName: OneWideChar


class FILE_ID_FULL_DIR_INFORMATION(Structure):
    NextEntryOffset: Ulong
    FileIndex: Ulong
    CreationTime: Time
    LastAccessTime: Time
    LastWriteTime: Time
    ChangeTime: Time
    EndOfFile: LargeInteger
    AllocationSize: LargeInteger
    FileAttributes: Ulong
    FileNameLength: Ulong
    EaSize: Ulong
    FileId: LargeInteger
    FileName: OneWideChar


class FILE_ID_BOTH_DIR_INFORMATION(Structure):
    NextEntryOffset: Ulong
    FileIndex: Ulong
    CreationTime: Time
    LastAccessTime: Time
    LastWriteTime: Time
    ChangeTime: Time
    EndOfFile: LargeInteger
    AllocationSize: LargeInteger
    FileAttributes: Ulong
    FileNameLength: Ulong
    EaSize: Ulong
    ShortNameLength: Uchar
    ShortName: Annotated[list[int], Array(Ushort, 12)]
    FileId: LargeInteger
    FileName: OneWideChar


class FILE_NAMES_INFORMATION(Structure):
    NextEntryOffset: Ulong
    FileIndex: Ulong
    FileNameLength: Ulong
    FileName: OneWideChar


class FILE_BASIC_INFORMATION(Structure):
    CreationTime: Time
    LastAccessTime: Time
    LastWriteTime: Time
    ChangeTime: Time
    FileAttributes: Ulong


class FILE_STANDARD_INFORMATION(Structure):
    AllocationSize: LargeInteger
    EndOfFile: LargeInteger
    NumberOfLinks: Ulong
    DeletePending: Boolean
    Directory: Boolean


class FILE_INTERNAL_INFORMATION(Structure):
    IndexNumber: LargeInteger


class FILE_EA_INFORMATION(Structure):
    EaSize: Ulong


class FILE_ACCESS_INFORMATION(Structure):
    AccessFlags: AccessMask


class FILE_NAME_INFORMATION(Structure):
    FileNameLength: Ulong
    FileName: OneWideChar


class FILE_RENAME_INFORMATION(Structure):
    ReplaceIfExists: Boolean
    RootDirectory: Handle
    FileNameLength: Ulong
    FileName: OneWideChar


class FILE_LINK_INFORMATION(FILE_RENAME_INFORMATION):
    pass


class FILE_DISPOSITION_INFORMATION(Structure):
    DeleteFile: Boolean


class FILE_POSITION_INFORMATION(Structure):
    CurrentByteOffset: LargeInteger


class FILE_MODE_INFORMATION(Structure):
    Mode: Ulong


class FILE_ALIGNMENT_INFORMATION(Structure):
    AlignmentRequirement: Ulong


class FILE_ALL_INFORMATION(Structure):
    BasicInformation: FILE_BASIC_INFORMATION
    StandardInformation: FILE_STANDARD_INFORMATION
    InternalInformation: FILE_INTERNAL_INFORMATION
    EaInformation: FILE_EA_INFORMATION
    AccessInformation: FILE_ACCESS_INFORMATION
    PositionInformation: FILE_POSITION_INFORMATION
    ModeInformation: FILE_MODE_INFORMATION
    AlignmentInformation: FILE_ALIGNMENT_INFORMATION
    NameInformation: FILE_NAME_INFORMATION


class FILE_ALLOCATION_INFORMATION(Structure):
    AllocationSize: LargeInteger


class FILE_END_OF_FILE_INFORMATION(Structure):
    EndOfFile: LargeInteger


class FILE_VALID_DATA_LENGTH_INFORMATION(Structure):
    ValidDataLength: LargeInteger


class FILE_STREAM_INFORMATION(Structure):
    NextEntryOffset: Ulong
    StreamNameLength: Ulong
    StreamSize: LargeInteger
    StreamAllocationSize: LargeInteger
    StreamName: OneWideChar


class FILE_PIPE_INFORMATION(Structure):
    ReadMode: Ulong
    CompletionMode: Ulong


class FILE_PIPE_LOCAL_INFORMATION(Structure):
    NamedPipeType: Ulong
    NamedPipeConfiguration: Ulong
    MaximumInstances: Ulong
    CurrentInstances: Ulong
    InboundQuota: Ulong
    ReadDataAvailable: Ulong
    OutboundQuota: Ulong
    WriteQuotaAvailable: Ulong
    NamedPipeState: Ulong
    NamedPipeEnd: Ulong


class FILE_MAILSLOT_QUERY_INFORMATION(Structure):
    MaximumMessageSize: Ulong
    MailslotQuota: Ulong
    NextMessageSize: Ulong
    MessagesAvailable: Ulong
    ReadTimeout: LargeInteger


class FILE_MAILSLOT_SET_INFORMATION(Structure):
    ReadTimeout: Pointer


class FILE_COMPRESSION_INFORMATION(Structure):
    CompressedFileSize: LargeInteger
    CompressionFormat: Ushort
    CompressionUnitShift: Uchar
    ChunkShift: Uchar
    ClusterShift: Uchar
    Reserved: Annotated[list[int], Array(Uchar, 3)]


class FILE_COMPLETION_INFORMATION(Structure):
    Port: Handle
    Key: Pointer


class FILE_NETWORK_OPEN_INFORMATION(Structure):
    CreationTime: Time
    LastAccessTime: Time
    LastWriteTime: Time
    ChangeTime: Time
    AllocationSize: LargeInteger
    EndOfFile: LargeInteger
    FileAttributes: Ulong


class FILE_ATTRIBUTE_TAG_INFORMATION(Structure):
    FileAttributes: Ulong
    ReparseTag: Ulong


class FILE_FULL_EA_INFORMATION(Structure):
    NextEntryOffset: Ulong
    Flags: Uchar
    EaNameLength: Uchar
    EaValueLength: Ushort
    EaName: Uchar


class FILE_GET_EA_INFORMATION(Structure):
    NextEntryOffset: Ulong
    EaNameLength: Uchar
    EaName: Uchar


class FILE_QUOTA_INFORMATION(Structure):
    """The SID follows."""

    NextEntryOffset: Ulong
    SidLength: Ulong
    ChangeTime: Time
    QuotaUsed: LargeInteger
    QuotaThreshold: LargeInteger
    QuotaLimit: LargeInteger


class FILE_NOTIFY_INFORMATION(Structure):
    NextEntryOffset: Ulong
    Action: Ulong
    FileNameLength: Ulong
    FileName: OneWideChar


class FILE_OBJECTID_INFORMATION(Structure):
    FileReference: LargeInteger
    ObjectId: Annotated[list[int], Array(Uchar, 16)]
    BirthVolumeId: Annotated[list[int], Array(Uchar, 16)]
    BirthObjectId: Annotated[list[int], Array(Uchar, 16)]
    DomainId: Annotated[list[int], Array(Uchar, 16)]


class FILE_REPARSE_POINT_INFORMATION(Structure):
    FileReference: Ulonglong
    Tag: Ulong


class FILE_STANDARD_LINK_INFORMATION(Structure):
    NumberOfAccessibleLinks: Ulong
    TotalNumberOfLinks: Ulong
    DeletePending: Boolean
    Directory: Boolean


class FILE_ID_INFORMATION(Structure):
    VolumeSerialNumber: Ulonglong
    FileId: Annotated[list[int], Array(Ulonglong, 2)]


class FILE_STAT_INFORMATION(Structure):
    FileId: LargeInteger
    CreationTime: Time
    LastAccessTime: Time
    LastWriteTime: Time
    ChangeTime: Time
    AllocationSize: LargeInteger
    EndOfFile: LargeInteger
    FileAttributes: Ulong
    ReparseTag: Ulong
    NumberOfLinks: Ulong
    EffectiveAccess: AccessMask

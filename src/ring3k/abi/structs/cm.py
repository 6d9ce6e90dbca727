"""Configuration manager: keys, values and their information classes."""

from __future__ import annotations

from ring3k.abi.struct import Structure
from ring3k.abi.structs.io import OneWideChar
from ring3k.abi.types import Pointer, Time, Uchar, Ulong

REG_NONE = 0
REG_SZ = 1
REG_EXPAND_SZ = 2
REG_BINARY = 3
REG_DWORD = 4
REG_DWORD_BIG_ENDIAN = 5
REG_LINK = 6
REG_MULTI_SZ = 7
REG_RESOURCE_LIST = 8
REG_FULL_RESOURCE_DESCRIPTOR = 9
REG_RESOURCE_REQUIREMENTS_LIST = 10
REG_QWORD = 11

REG_OPTION_VOLATILE = 0x1
REG_OPTION_CREATE_LINK = 0x2
REG_OPTION_BACKUP_RESTORE = 0x4
REG_OPTION_OPEN_LINK = 0x8
REG_OPTION_DONT_VIRTUALIZE = 0x10  # Windows 7 and later

REG_WHOLE_HIVE_VOLATILE = 0x1
REG_REFRESH_HIVE = 0x2
REG_NO_LAZY_FLUSH = 0x4
REG_FORCE_RESTORE = 0x8

REG_NOTIFY_CHANGE_NAME = 0x1
REG_NOTIFY_CHANGE_ATTRIBUTES = 0x2
REG_NOTIFY_CHANGE_LAST_SET = 0x4
REG_NOTIFY_CHANGE_SECURITY = 0x8
REG_NOTIFY_THREAD_AGNOSTIC = 0x10000000  # Windows 8 and later

REG_STANDARD_FORMAT = 1
REG_LATEST_FORMAT = 2
REG_NO_COMPRESSION = 4


class REG_DISPOSITION:
    REG_CREATED_NEW_KEY = 1
    REG_OPENED_EXISTING_KEY = 2


class KEY_INFORMATION_CLASS:
    KeyBasicInformation = 0
    KeyNodeInformation = 1
    KeyFullInformation = 2
    KeyNameInformation = 3
    KeyCachedInformation = 4
    KeyFlagsInformation = 5


class KEY_VALUE_INFORMATION_CLASS:
    KeyValueBasicInformation = 0
    KeyValueFullInformation = 1
    KeyValuePartialInformation = 2
    KeyValueFullInformationAlign64 = 3
    KeyValuePartialInformationAlign64 = 4


class KEY_SET_INFORMATION_CLASS:
    KeyWriteTimeInformation = 0
    KeyUserFlagsInformation = 1


class KEY_BASIC_INFORMATION(Structure):
    LastWriteTime: Time
    TitleIndex: Ulong
    NameLength: Ulong
    Name: OneWideChar


class KEY_NODE_INFORMATION(Structure):
    LastWriteTime: Time
    TitleIndex: Ulong
    ClassOffset: Ulong
    ClassLength: Ulong
    NameLength: Ulong
    Name: OneWideChar


class KEY_FULL_INFORMATION(Structure):
    LastWriteTime: Time
    TitleIndex: Ulong
    ClassOffset: Ulong
    ClassLength: Ulong
    SubKeys: Ulong
    MaxNameLen: Ulong
    MaxClassLen: Ulong
    Values: Ulong
    MaxValueNameLen: Ulong
    MaxValueDataLen: Ulong
    Class: OneWideChar


class KEY_NAME_INFORMATION(Structure):
    NameLength: Ulong
    Name: OneWideChar


class KEY_CACHED_INFORMATION(Structure):
    LastWriteTime: Time
    TitleIndex: Ulong
    SubKeys: Ulong
    MaxNameLen: Ulong
    Values: Ulong
    MaxValueNameLen: Ulong
    MaxValueDataLen: Ulong
    NameLength: Ulong
    Name: OneWideChar


class KEY_WRITE_TIME_INFORMATION(Structure):
    LastWriteTime: Time


class KEY_USER_FLAGS_INFORMATION(Structure):
    UserFlags: Ulong


class KEY_VALUE_BASIC_INFORMATION(Structure):
    TitleIndex: Ulong
    Type: Ulong
    NameLength: Ulong
    Name: OneWideChar


class KEY_VALUE_FULL_INFORMATION(Structure):
    TitleIndex: Ulong
    Type: Ulong
    DataOffset: Ulong
    DataLength: Ulong
    NameLength: Ulong
    Name: OneWideChar


class KEY_VALUE_PARTIAL_INFORMATION(Structure):
    TitleIndex: Ulong
    Type: Ulong
    DataLength: Ulong
    Data: Uchar


class KEY_VALUE_PARTIAL_INFORMATION_ALIGN64(Structure):
    Type: Ulong
    DataLength: Ulong
    Data: Uchar


class KEY_VALUE_ENTRY(Structure):
    ValueName: Pointer
    DataLength: Ulong
    DataOffset: Ulong
    Type: Ulong

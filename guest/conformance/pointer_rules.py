"""What the declarations do not say about pointers, for gen_pointers.py: the only place where it is said.

* ``CAPTURED``: addresses that the handler captures itself, because the order is not left to right or the size
  is known late;
* ``UNREAD``: addresses that are values to the call;
* ``ARGUMENTS``: words without which NT would refuse the call for something else first;
* ``BEFORE``: what NT refuses before it touches a pointer, so that all pointers may be bad.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_HANDLE,
    STATUS_INVALID_INFO_CLASS,
    STATUS_INVALID_PAGE_PROTECTION,
    STATUS_INVALID_PARAMETER,
    STATUS_INVALID_PARAMETER_1,
    STATUS_INVALID_PARAMETER_2,
    STATUS_INVALID_PARAMETER_3,
    STATUS_INVALID_PARAMETER_4,
    STATUS_INVALID_PARAMETER_5,
    STATUS_INVALID_PARAMETER_6,
    STATUS_INVALID_PARAMETER_8,
    STATUS_INVALID_PARAMETER_9,
    STATUS_NO_CALLBACK_ACTIVE,
    STATUS_NOT_IMPLEMENTED,
    STATUS_PARTIAL_COPY,
)
from ring3k.abi.structs import mm
from ring3k.abi.structs.fileinfo import FILE_INFORMATION_CLASS
from ring3k.abi.structs.io import FS_INFORMATION_CLASS
from ring3k.abi.structs.ke import CONTEXT_SHORT_SIZE
from ring3k.abi.structs.psinfo import PROCESSINFOCLASS, THREADINFOCLASS
from ring3k.abi.types import POINTER, Sized

KINDS = 9  # of bad pointers, in the order of pointers.h
NULL, UNMAPPED, KERNEL, TOP, READ_ONLY, STRADDLING, MISALIGNED, BORDER, GUARDED = range(KINDS)
# Arguments that only the running program can give; in the order of made[] in derived/pointers.c.
FILE = "a file opened for reading"
NULL_DEVICE = "the null device, opened for reading and writing"
TOKEN = "an impersonation token"
JOB = "a job"
WRITABLE = "a temporary file opened for reading and writing"
UNBUFFERED = "the same, opened without buffering for asynchronous use"
HANDLES = (FILE, NULL_DEVICE, TOKEN, JOB, WRITABLE, UNBUFFERED)

# Flag words that pass the first look, by what their bits are called; 0 otherwise.
BY_GROUP = {"PAGE_*": mm.PAGE_READWRITE, "MAP_*": mm.MAP_PROCESS, "SEC_*": mm.SEC_COMMIT}


@dataclass(frozen=True)
class Captured:
    """What the handler reads or writes at an address: how much, and the statuses that are not as derived."""

    out: bool
    size: int | Sized
    align: int = 1
    statuses: dict[int, int] = field(default_factory=dict)
    optional: bool = False  # NULL means that there is none


_CONTEXT = Captured(False, CONTEXT_SHORT_SIZE, align=4)
# What stops a copy at its first byte is a partial copy; only ranges outside user space are refused.
_PARTIAL = dict.fromkeys((NULL, UNMAPPED, STRADDLING, GUARDED), STATUS_PARTIAL_COPY)
_PARTIAL_OUT = {**_PARTIAL, READ_ONLY: STATUS_PARTIAL_COPY}
_MESSAGE = Captured(False, 24, align=4)
_OPTIONAL_MESSAGE = replace(_MESSAGE, optional=True)
_ROOM = Captured(True, 24, align=4)
_MESSAGES = (
    ("NtAcceptConnectPort", "connection_request"),
    ("NtImpersonateClientOfPort", "message"),
    ("NtReadRequestData", "message"),
    ("NtReplyPort", "reply_message"),
    ("NtReplyWaitReplyPort", "reply_message"),
    ("NtRequestPort", "request_message"),
    ("NtRequestWaitReplyPort", "request_message"),
    ("NtWriteRequestData", "message"),
)
_ROOMS = (
    ("NtListenPort", "connection_request"),
    ("NtReplyWaitReceivePort", "receive_message"),
    ("NtReplyWaitReceivePortEx", "receive_message"),
    ("NtRequestWaitReplyPort", "reply_message"),
)

CAPTURED: dict[tuple[str, str], Captured] = {
    # The count is judged first; the array itself is NT's to read only then.
    ("NtWaitForMultipleObjects", "handles"): Captured(False, Sized("count", POINTER)),
    # The number of entries is judged before the array is probed.
    ("NtGetWriteWatch", "user_address_array"): Captured(
        True, Sized("entries_in_user_address_array", POINTER, indirect=True)
    ),
    # Physical pages: how many there are is judged before the array is probed.
    ("NtAllocateUserPhysicalPages", "user_pfn_array"): Captured(
        True, Sized("number_of_pages", POINTER, indirect=True), align=4
    ),
    ("NtFreeUserPhysicalPages", "user_pfn_array"): Captured(
        False, Sized("number_of_pages", POINTER, indirect=True), align=4
    ),
    # The DDK: "Length" bytes from one process to the other; vm_copy.c states what stops a copy.
    ("NtReadVirtualMemory", "base_address"): Captured(
        False, Sized("number_of_bytes_to_read"), statuses=_PARTIAL
    ),
    ("NtReadVirtualMemory", "buffer"): Captured(
        True, Sized("number_of_bytes_to_read"), statuses=_PARTIAL_OUT
    ),
    ("NtWriteVirtualMemory", "base_address"): Captured(
        True, Sized("number_of_bytes_to_write"), statuses=_PARTIAL_OUT
    ),
    ("NtWriteVirtualMemory", "buffer"): Captured(False, Sized("number_of_bytes_to_write"), statuses=_PARTIAL),
    # The thread is looked up first, and ContextFlags tell how much there is.
    ("NtGetContextThread", "context"): Captured(True, CONTEXT_SHORT_SIZE),
    ("NtSetContextThread", "context"): _CONTEXT,
    ("NtContinue", "context"): _CONTEXT,
    ("NtRaiseException", "context"): _CONTEXT,
    ("NtRaiseException", "exception_record"): Captured(False, 20, align=4),
    # A thread without registers to start with is an invalid parameter (G. Nebbett, ch. 6).
    ("NtCreateThread", "thread_context"): replace(_CONTEXT, statuses={NULL: STATUS_INVALID_PARAMETER}),
    # Only the range is judged before the message is.
    ("NtWriteRequestData", "buffer"): Captured(
        False,
        Sized("buffer_size"),
        statuses=dict.fromkeys((NULL, UNMAPPED, STRADDLING), STATUS_INVALID_PARAMETER) | {GUARDED: 0},
    ),
    # A SID's length stands in its second byte.
    ("NtSecureConnectPort", "required_server_sid"): Captured(False, 2, optional=True),
    # Messages: the header is captured; its address, and that of room for one, must be that of words.
    **dict.fromkeys(_MESSAGES, _MESSAGE),
    **dict.fromkeys(_ROOMS, _ROOM),
    ("NtReplyWaitReceivePort", "reply_message"): _OPTIONAL_MESSAGE,
    ("NtReplyWaitReceivePortEx", "reply_message"): _OPTIONAL_MESSAGE,
    # Object attributes, which hold their size; read only if there is a second key.
    ("NtNotifyChangeMultipleKeys", "slave_objects"): Captured(False, 24, align=4),
    # Nobody called back: that comes before anything is read.
    ("NtCallbackReturn", "result"): Captured(
        False,
        Sized("result_length"),
        statuses=dict.fromkeys((NULL, UNMAPPED, KERNEL, TOP, STRADDLING, BORDER), STATUS_NO_CALLBACK_ACTIVE)
        | {GUARDED: 0},
    ),
}

_ADDRESS = "an address to work on, judged as a number"
_ROUTINE = "kept, and handed to user mode later"
KEPT = ("apc_routine", "apc_context")  # parameters that are so in every call that has them
UNREAD: dict[str, tuple[str, tuple[str, ...]]] = {
    "NtAreMappedFilesTheSame": (_ADDRESS, ("file1_mapped_as_an_image", "file2_mapped_as_file")),
    "NtFlushInstructionCache": (_ADDRESS, ("base_address",)),
    "NtGetWriteWatch": (_ADDRESS, ("base_address",)),
    "NtMapUserPhysicalPages": (_ADDRESS, ("virtual_address",)),
    "NtQueryVirtualMemory": (_ADDRESS, ("address",)),
    "NtResetWriteWatch": (_ADDRESS, ("base_address",)),
    "NtUnmapViewOfSection": (_ADDRESS, ("base_address",)),
    "NtReleaseKeyedEvent": ("a key is compared, never read", ("key",)),
    "NtWaitForKeyedEvent": ("a key is compared, never read", ("key",)),
    "NtQueueApcThread": (
        _ROUTINE,
        ("normal_context", "system_argument1", "system_argument2"),
    ),
    "NtSetTimer": (_ROUTINE, ("timer_apc_routine", "timer_context")),
    "NtSetIoCompletion": ("words of a packet", ("key_context",)),
}

_CHANNEL = "channels look at nothing"
UNREAD |= {
    "NtAcceptConnectPort": ("kept, and given back with messages", ("port_context",)),
    "NtCreateChannel": (_CHANNEL, ("channel_handle", "object_attributes")),
    "NtListenChannel": (_CHANNEL, ("message",)),
    "NtOpenChannel": (_CHANNEL, ("channel_handle", "object_attributes")),
    "NtReplyWaitSendChannel": (_CHANNEL, ("text", "message")),
    "NtSendWaitReplyChannel": (_CHANNEL, ("text", "message")),
    "NtSetContextChannel": (_CHANNEL, ("context",)),
}

_THREAD, _PROCESS = 0xFFFFFFFE, 0xFFFFFFFF
_FILE = "the file is looked up first"
_CLASS = "the information class is judged, with its length, before anything is probed"
ARGUMENTS: dict[str, tuple[str, dict[str, int | str]]] = {
    "NtNotifyChangeKey": ("a filter of 0 is an invalid parameter", {"completion_filter": 1}),
    "NtNotifyChangeMultipleKeys": (
        "a filter of 0 is an invalid parameter, and a count of 0 needs no second key",
        {"completion_filter": 1, "count": 1},
    ),
    "NtSetInformationKey": (_CLASS, {"key_set_information_length": 8}),
    "NtCreateSemaphore": ("a maximum of 0 is an invalid parameter", {"maximum_count": 1}),
    "NtReleaseSemaphore": ("a release of 0 is an invalid parameter", {"release_count": 1}),
    "NtWaitForMultipleObjects": ("a count of 0 is an invalid parameter", {"count": 1}),
    "NtAllocateVirtualMemory": ("a type of 0 is an invalid parameter", {"allocation_type": mm.MEM_COMMIT}),
    "NtFreeVirtualMemory": ("a type of 0 is an invalid parameter", {"free_type": mm.MEM_RELEASE}),
    "NtMapUserPhysicalPages": ("a count of 0 is an invalid parameter", {"number_of_pages": 1}),
    "NtGetContextThread": ("the thread is looked up first", {"thread_handle": _THREAD}),
    "NtSetContextThread": ("the thread is looked up first", {"thread_handle": _THREAD}),
    "NtReadVirtualMemory": ("the process is looked up before its memory is", {"process_handle": _PROCESS}),
    "NtWriteVirtualMemory": ("the process is looked up before its memory is", {"process_handle": _PROCESS}),
    "NtGetWriteWatch": ("a size of 0 is an invalid parameter", {"region_size": 0x1000}),
    "NtReadFile": (_FILE, {"file_handle": FILE}),
    "NtWriteFile": (_FILE, {"file_handle": WRITABLE}),
    "NtFlushBuffersFile": (_FILE, {"file_handle": WRITABLE}),
    "NtDeviceIoControlFile": (_FILE, {"file_handle": NULL_DEVICE}),
    "NtFsControlFile": (_FILE, {"file_handle": NULL_DEVICE}),
    "NtQueryInformationFile": (
        _CLASS,
        {"file_information_class": FILE_INFORMATION_CLASS.FileBasicInformation},
    ),
    "NtSetInformationFile": (
        _CLASS,
        {"file_information_class": FILE_INFORMATION_CLASS.FilePositionInformation, "length": 8},
    ),
    "NtQueryVolumeInformationFile": (
        _CLASS,
        {"fs_information_class": FS_INFORMATION_CLASS.FileFsSizeInformation},
    ),
    "NtSetInformationObject": (_CLASS, {"object_information_class": 4, "length": 2}),
    "NtSetInformationProcess": (
        _CLASS,
        {
            "process_information_class": PROCESSINFOCLASS.ProcessBasePriority,
            "process_information_length": 4,
        },
    ),
    "NtSetInformationThread": (
        _CLASS,
        {"thread_information_class": THREADINFOCLASS.ThreadPriority, "thread_information_length": 4},
    ),
    "NtQueryInformationJobObject": (_CLASS, {"job_object_information_class": 3}),
    "NtSetInformationJobObject": (
        "class, length and the job are judged before anything is read",
        {"job_object_information_class": 4, "job_object_information_length": 4, "job_handle": JOB},
    ),
    "NtCreateJobSet": ("a set has at least two jobs", {"num_job": 2}),
    "NtSetInformationDebugObject": (
        _CLASS,
        {"debug_object_information_class": 1, "debug_object_information_length": 4},
    ),
}

# A wrong word, and its status though every pointer is bad.
# Known from: ReactOS' services of the same names (ntoskrnl: mm/ARM3/virtual.c, section.c, io/iomgr/iofunc.c,
# file.c, ob/obwait.c, ex/timer.c, ex/harderr.c), which compare these before they probe.
BEFORE: dict[str, tuple[tuple[dict[str, int], int], ...]] = {
    "NtAllocateVirtualMemory": (
        ({"zero_bits": 22}, STATUS_INVALID_PARAMETER_3),
        ({"allocation_type": 0}, STATUS_INVALID_PARAMETER_5),
        ({"protect": 3}, STATUS_INVALID_PAGE_PROTECTION),
    ),
    "NtFreeVirtualMemory": (({"free_type": 0}, STATUS_INVALID_PARAMETER_4),),
    "NtProtectVirtualMemory": (({"new_access_protection": 3}, STATUS_INVALID_PAGE_PROTECTION),),
    "NtLockVirtualMemory": (({"map_type": 0}, STATUS_INVALID_PARAMETER),),
    "NtUnlockVirtualMemory": (({"map_type": 4}, STATUS_INVALID_PARAMETER),),
    "NtGetWriteWatch": (
        ({"base_address": 0x80000000}, STATUS_INVALID_PARAMETER_2),
        ({"region_size": 0x80000000}, STATUS_INVALID_PARAMETER_3),
    ),
    "NtCreateSection": (
        ({"allocation_attributes": 0}, STATUS_INVALID_PARAMETER_6),
        ({"section_page_protection": 3}, STATUS_INVALID_PAGE_PROTECTION),
    ),
    "NtMapViewOfSection": (
        ({"zero_bits": 22}, STATUS_INVALID_PARAMETER_4),
        ({"inherit_disposition": 3}, STATUS_INVALID_PARAMETER_8),
        ({"allocation_type": 1}, STATUS_INVALID_PARAMETER_9),
        ({"access_protection": 3}, STATUS_INVALID_PAGE_PROTECTION),
    ),
    "NtWaitForMultipleObjects": (
        ({"count": 0}, STATUS_INVALID_PARAMETER_1),
        ({"count": 65}, STATUS_INVALID_PARAMETER_1),
        ({"wait_type": 2}, STATUS_INVALID_PARAMETER_3),
    ),
    "NtSetTimer": (({"period": -1}, STATUS_INVALID_PARAMETER_6),),
    "NtRaiseHardError": (({"number_of_parameters": 6}, STATUS_INVALID_PARAMETER_2),),
    "NtOpenFile": (({"share_access": 8}, STATUS_INVALID_PARAMETER),),
    "NtCreateFile": (({"create_disposition": 6}, STATUS_INVALID_PARAMETER),),
    # The file is looked up before anything is probed.
    "NtReadFile": (({"file_handle": 0x7FF0}, STATUS_INVALID_HANDLE),),
    "NtWriteFile": (({"file_handle": 0x7FF0}, STATUS_INVALID_HANDLE),),
    "NtFlushBuffersFile": (({"file_handle": 0x7FF0}, STATUS_INVALID_HANDLE),),
    "NtDeviceIoControlFile": (({"file_handle": 0x7FF0}, STATUS_INVALID_HANDLE),),
    "NtFsControlFile": (({"file_handle": 0x7FF0}, STATUS_INVALID_HANDLE),),
    "NtQueryInformationFile": (
        ({"file_information_class": 0}, STATUS_INVALID_INFO_CLASS),
        ({"length": 1}, STATUS_INFO_LENGTH_MISMATCH),
    ),
    "NtSetInformationFile": (
        ({"file_information_class": 0}, STATUS_INVALID_INFO_CLASS),
        ({"length": 1}, STATUS_INFO_LENGTH_MISMATCH),
    ),
    "NtQueryVolumeInformationFile": (
        ({"fs_information_class": 0}, STATUS_INVALID_INFO_CLASS),
        ({"length": 1}, STATUS_INFO_LENGTH_MISMATCH),
    ),
}

# -- ex ----------------------------------------------------------------------------
CAPTURED.update(
    {
        ("NtRaiseHardError", "parameters"): Captured(False, 4),  # at most five
        ("NtVdmControl", "service_data"): Captured(True, 4),
        ("NtTraceEvent", "fields"): Captured(False, 12, statuses={NULL: STATUS_INVALID_PARAMETER}),
    }
)
UNREAD.update(
    {
        "NtCreateProfile": (_ADDRESS, ("range_base",)),
        "NtGetPlugPlayEvent": ("kept for the caller", ("context",)),
    }
)
ARGUMENTS.update(
    {
        "NtCreateProfile": (
            "the sizes are judged first",
            {"process": _PROCESS, "range_base": 0x10000, "range_size": 64, "bucket_size": 4},
        ),
        "NtQueryInformationAtom": ("0 is no atom", {"atom": 1}),
        "NtSetSystemInformation": ("the length is judged after the class", {"system_information_class": 9}),
        "NtVdmControl": ("the features are what can be asked for", {"service": 4}),
    }
)
BEFORE.update(
    {
        "NtAddAtom": (({"length": 512}, STATUS_INVALID_PARAMETER),),
        "NtFindAtom": (({"length": 512}, STATUS_INVALID_PARAMETER),),
        "NtCreateProfile": (({"bucket_size": 1}, STATUS_INVALID_PARAMETER),),
        "NtSetThreadExecutionState": (({"execution_state": 8}, STATUS_INVALID_PARAMETER),),
    }
)
# Without EFI these are refused, whatever is given (ReactOS' apitests of NtQuerySystemEnvironmentValueEx).
REFUSED: dict[str, int] = dict.fromkeys(
    (
        "NtAddBootEntry",
        "NtEnumerateBootEntries",
        "NtEnumerateSystemEnvironmentValuesEx",
        "NtModifyBootEntry",
        "NtQueryBootEntryOrder",
        "NtQueryBootOptions",
        "NtQuerySystemEnvironmentValueEx",
        "NtSetBootEntryOrder",
        "NtSetBootOptions",
        "NtSetSystemEnvironmentValueEx",
        "NtTranslateFilePath",
    ),
    STATUS_NOT_IMPLEMENTED,
)

# -- se ----------------------------------------------------------------------------
_COUNTED = Captured(False, 4, align=4)  # a count tells how much there is
_NEW_STATE = replace(_COUNTED, statuses={NULL: STATUS_INVALID_PARAMETER})
_DESCRIPTOR = Captured(False, 4)  # the revision is judged first, and the form tells how to go on
_SID = Captured(False, 2)
_HANDLE_ID = "a number that the record would show"
_CLIENT = "the client's token is looked up first"
_AUDITED_BY_TYPE = (
    "NtAccessCheckByTypeAndAuditAlarm",
    "NtAccessCheckByTypeResultListAndAuditAlarm",
    "NtAccessCheckByTypeResultListAndAuditAlarmByHandle",
)
_BY_TYPE = ("NtAccessCheckByType", "NtAccessCheckByTypeResultList", *_AUDITED_BY_TYPE)
CAPTURED.update(
    {
        ("NtCreateToken", "groups"): _COUNTED,
        ("NtCreateToken", "privileges"): _COUNTED,
        ("NtFilterToken", "sids_to_disable"): _COUNTED,
        ("NtFilterToken", "privileges_to_delete"): _COUNTED,
        ("NtFilterToken", "restricted_sids"): _COUNTED,
        ("NtAdjustPrivilegesToken", "new_state"): replace(
            _COUNTED, statuses={NULL: STATUS_INVALID_PARAMETER}
        ),
        ("NtAdjustGroupsToken", "new_state"): replace(_COUNTED, statuses={NULL: STATUS_INVALID_PARAMETER}),
        ("NtPrivilegeCheck", "required_privileges"): Captured(True, 8, align=4),
        ("NtPrivilegeObjectAuditAlarm", "privileges"): replace(_COUNTED, align=1),
        ("NtPrivilegedServiceAuditAlarm", "privileges"): replace(_COUNTED, align=1),
        ("NtOpenObjectAuditAlarm", "privileges"): replace(_COUNTED, align=1),
        ("NtSetSecurityObject", "security_descriptor"): _DESCRIPTOR,
        ("NtOpenObjectAuditAlarm", "security_descriptor"): _DESCRIPTOR,
    }
)
CAPTURED.update(
    {
        (name, "security_descriptor"): replace(_DESCRIPTOR, statuses={NULL: STATUS_ACCESS_DENIED})
        for name in ("NtAccessCheck", "NtAccessCheckAndAuditAlarm", *_BY_TYPE)
    }
)
CAPTURED.update({(name, "principal_self_sid"): _SID for name in _BY_TYPE})
_KEEP_HANDLE_ID = ("NtCloseObjectAuditAlarm", "NtDeleteObjectAuditAlarm", "NtPrivilegeObjectAuditAlarm")
_WITH_HANDLE_ID = ("NtAccessCheckAndAuditAlarm", *_AUDITED_BY_TYPE, *_KEEP_HANDLE_ID)
UNREAD.update(dict.fromkeys(_WITH_HANDLE_ID, (_HANDLE_ID, ("handle_id",))))
ARGUMENTS.update(
    {
        name: (_CLIENT, {"client_token": TOKEN})
        for name in (
            "NtAccessCheck",
            "NtAccessCheckByType",
            "NtAccessCheckByTypeResultList",
            "NtAccessCheckByTypeResultListAndAuditAlarmByHandle",
            "NtOpenObjectAuditAlarm",
            "NtPrivilegeCheck",
            "NtPrivilegeObjectAuditAlarm",
            "NtPrivilegedServiceAuditAlarm",
        )
    }
)
ARGUMENTS["NtSetSecurityObject"] = ("the object is looked up first", {"handle": TOKEN})
ARGUMENTS["NtSetInformationToken"] = (
    "class and handle are judged first",
    {"token_handle": TOKEN, "token_information_class": 4, "token_information_length": 4},
)
# Pipes and mailslots: options are judged before anything is probed (Wine's dlls/ntdll/tests/pipe.c, MSDN).
ARGUMENTS["NtCreateNamedPipeFile"] = ("FILE_SUPERSEDE is an invalid parameter", {"create_disposition": 2})
BEFORE["NtCreateNamedPipeFile"] = (({"create_disposition": 4}, STATUS_INVALID_PARAMETER),)
BEFORE["NtCreateMailslotFile"] = (({"create_options": 1}, STATUS_INVALID_PARAMETER),)

# -- io: disks -------------------------------------------------------------------------
CAPTURED.update(
    {
        ("NtReadFileScatter", "segment_array"): Captured(False, 8),
        ("NtWriteFileGather", "segment_array"): Captured(False, 8),
    }
)
UNREAD.update({"NtQueryQuotaInformationFile": ("no volume keeps quotas", ("start_sid",))})
_LIST = {"file_information_class": FILE_INFORMATION_CLASS.FileNamesInformation, "length": 64}
ARGUMENTS.update(
    {
        "NtLockFile": (_FILE, {"file_handle": WRITABLE}),
        "NtNotifyChangeDirectoryFile": ("a filter of 0 is an invalid parameter", {"completion_filter": 1}),
        "NtQueryDirectoryFile": (_CLASS, _LIST),
        "NtReadFileScatter": (_FILE, {"file_handle": UNBUFFERED, "length": 512}),
        "NtSetVolumeInformationFile": (
            _CLASS,
            {"fs_information_class": FS_INFORMATION_CLASS.FileFsLabelInformation, "length": 8},
        ),
        "NtUnlockFile": (_FILE, {"file_handle": WRITABLE}),
        "NtWriteFileGather": (_FILE, {"file_handle": UNBUFFERED, "length": 512}),
    }
)
BEFORE.update(
    {
        "NtLockFile": (({"file_handle": 0x7FF0}, STATUS_INVALID_HANDLE),),
        "NtNotifyChangeDirectoryFile": (({"completion_filter": 0x1000}, STATUS_INVALID_PARAMETER),),
        "NtQueryDirectoryFile": (
            ({"file_information_class": 0}, STATUS_INVALID_INFO_CLASS),
            ({"length": 8}, STATUS_INFO_LENGTH_MISMATCH),
        ),
        "NtReadFileScatter": (({"file_handle": 0x7FF0}, STATUS_INVALID_HANDLE),),
        "NtSetVolumeInformationFile": (
            ({"fs_information_class": 0}, STATUS_INVALID_INFO_CLASS),
            ({"length": 1}, STATUS_INFO_LENGTH_MISMATCH),
        ),
        "NtUnlockFile": (({"file_handle": 0x7FF0}, STATUS_INVALID_HANDLE),),
        "NtWriteFileGather": (({"file_handle": 0x7FF0}, STATUS_INVALID_HANDLE),),
    }
)

"""How USER and GDI fail: a value that means so, and an error code with the thread.

The codes are those that GetLastError tells; kernel32's translation of statuses is in
ntdll, so the few that a handler here may meet are translated here.
"""

from __future__ import annotations

from contextlib import suppress

from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_ACCESS_VIOLATION,
    STATUS_INSUFFICIENT_RESOURCES,
    STATUS_INVALID_HANDLE,
    STATUS_NO_MEMORY,
    STATUS_OBJECT_NAME_COLLISION,
    STATUS_OBJECT_NAME_INVALID,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_OBJECT_PATH_NOT_FOUND,
    STATUS_OBJECT_TYPE_MISMATCH,
    STATUS_UNSUCCESSFUL,
    GuestFault,
    NtError,
)
from ring3k.abi.structs.ps import TEB
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread

ERROR_FILE_NOT_FOUND = 2
ERROR_PATH_NOT_FOUND = 3
ERROR_ACCESS_DENIED = 5
ERROR_INVALID_HANDLE = 6
ERROR_NOT_ENOUGH_MEMORY = 8
ERROR_INVALID_PARAMETER = 87
ERROR_BUFFER_OVERFLOW = 111
ERROR_CALL_NOT_IMPLEMENTED = 120
ERROR_INSUFFICIENT_BUFFER = 122
ERROR_INVALID_NAME = 123
ERROR_BUSY = 170
ERROR_ALREADY_EXISTS = 183
ERROR_FILENAME_EXCED_RANGE = 206
ERROR_NOACCESS = 998
ERROR_MESSAGE_SYNC_ONLY = 1159
ERROR_INVALID_WINDOW_HANDLE = 1400
ERROR_INVALID_MENU_HANDLE = 1401
ERROR_INVALID_CURSOR_HANDLE = 1402
ERROR_INVALID_HOOK_HANDLE = 1404
ERROR_TLW_WITH_WSCHILD = 1406
ERROR_CANNOT_FIND_WND_CLASS = 1407
ERROR_WINDOW_OF_OTHER_THREAD = 1408
ERROR_CLASS_ALREADY_EXISTS = 1410
ERROR_CLASS_DOES_NOT_EXIST = 1411
ERROR_CLASS_HAS_WINDOWS = 1412
ERROR_INVALID_INDEX = 1413
ERROR_CLIPBOARD_NOT_OPEN = 1418
ERROR_INVALID_FILTER_PROC = 1427
ERROR_HOOK_NEEDS_HMOD = 1428
ERROR_INVALID_THREAD_ID = 1444
ERROR_TIMEOUT = 1460
ERROR_INVALID_SPI_VALUE = 1439

LAST_ERROR = TEB.offset("LastErrorValue")
_CODES = {
    STATUS_ACCESS_DENIED: ERROR_ACCESS_DENIED,
    STATUS_ACCESS_VIOLATION: ERROR_NOACCESS,
    STATUS_INSUFFICIENT_RESOURCES: 1450,  # ERROR_NO_SYSTEM_RESOURCES
    STATUS_INVALID_HANDLE: ERROR_INVALID_HANDLE,
    STATUS_NO_MEMORY: ERROR_NOT_ENOUGH_MEMORY,
    STATUS_OBJECT_NAME_COLLISION: ERROR_ALREADY_EXISTS,
    STATUS_OBJECT_NAME_INVALID: ERROR_INVALID_NAME,
    STATUS_OBJECT_NAME_NOT_FOUND: ERROR_FILE_NOT_FOUND,
    STATUS_OBJECT_PATH_NOT_FOUND: ERROR_PATH_NOT_FOUND,
    STATUS_OBJECT_TYPE_MISMATCH: ERROR_INVALID_HANDLE,
}


class UserError(NtError):
    """A call fails with this code for GetLastError."""

    __slots__ = ("code",)

    def __init__(self, code: int) -> None:
        super().__init__(STATUS_UNSUCCESSFUL)
        self.code = code

    def __str__(self) -> str:
        return f"error {self.code}"


def error_code(error: NtError) -> int:
    """What GetLastError is to tell of a failure."""
    if isinstance(error, UserError):
        return error.code
    return _CODES.get(error.status, ERROR_INVALID_PARAMETER)


def set_last_error(t: KThread, code: int) -> None:
    """Leave a code with the thread; a program may have taken its own TEB away."""
    with suppress(GuestFault):
        t.memory.write_u32(t.teb + LAST_ERROR, code)


def refuse(t: KThread, error: NtError) -> int:
    """Fail with zero."""
    set_last_error(t, error_code(error))
    return 0


def refuse_all_ones(t: KThread, error: NtError) -> int:
    """Fail with -1."""
    set_last_error(t, error_code(error))
    return 0xFFFFFFFF

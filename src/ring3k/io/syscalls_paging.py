"""Paging files.

The memory manager counts what a paging file lets a system commit (``mm.commit``);
here is the file itself.  Nothing is written to it, but it is as long as NT would
have it, and nobody can open or delete it: it stays open until the system ends.
"""

from __future__ import annotations

from ring3k.abi.access import FILE_READ_DATA, FILE_WRITE_DATA, SYNCHRONIZE
from ring3k.abi.call import syscall
from ring3k.abi.status import STATUS_OBJECT_NAME_INVALID, STATUS_UNRECOGNIZED_VOLUME, NtError
from ring3k.abi.strings import OBJ_CASE_INSENSITIVE, ObjectAttributes, UnicodeString
from ring3k.abi.structs.io import (
    CREATE_DISPOSITION,
    FILE_ATTRIBUTE_HIDDEN,
    FILE_ATTRIBUTE_SYSTEM,
    FILE_NON_DIRECTORY_FILE,
    FILE_SYNCHRONOUS_IO_NONALERT,
)
from ring3k.abi.types import In, LargeInteger, Ulong
from ring3k.io.device import Opening
from ring3k.io.disk.file import DiskFile
from ring3k.io.syscalls import open_file
from ring3k.ke.thread import KThread as Thread
from ring3k.mm.commit import CommitAccount
from ring3k.se.privilege import SE_CREATE_PAGEFILE_PRIVILEGE, require_privilege

_LONGEST_NAME = 128  # characters


def _check_privilege(t: Thread) -> None:
    require_privilege(t, SE_CREATE_PAGEFILE_PRIVILEGE)


def _open(t: Thread, name: str) -> DiskFile:
    """The file, made or emptied, which nobody else has open; the caller gets a reference."""
    how = Opening(
        FILE_READ_DATA | FILE_WRITE_DATA | SYNCHRONIZE,
        0,
        CREATE_DISPOSITION.FILE_OVERWRITE_IF,
        FILE_NON_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT,
        attributes=FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM,
    )
    file = open_file(t, ObjectAttributes(name=name, attributes=OBJ_CASE_INSENSITIVE), how)
    file.reference()
    if isinstance(file, DiskFile):
        return file
    file.dereference()
    raise NtError(STATUS_UNRECOGNIZED_VOLUME)


@syscall(first=_check_privilege)
def NtCreatePagingFile(
    t: Thread,
    page_file_name: In[UnicodeString],
    minimum_size: In[LargeInteger],
    maximum_size: In[LargeInteger],
    priority: Ulong,
) -> int:
    """Add a paging file, or let one that there is get larger; the commit limit rises by its size."""
    name = page_file_name
    if not name or len(name) > _LONGEST_NAME:
        raise NtError(STATUS_OBJECT_NAME_INVALID)
    account = t.kernel.part(CommitAccount)
    known = account.check_file(name, minimum_size, maximum_size)
    file = known.file if known is not None else _open(t, name)
    if file is not None:
        try:
            file.truncate(max(minimum_size, file.size))
        except NtError:
            if known is None:
                file.dereference()
            raise
    account.add_file(name, minimum_size, maximum_size).file = file
    return 0

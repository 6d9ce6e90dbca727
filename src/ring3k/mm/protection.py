"""Page protections: which are valid, what they let the processor do, which may replace which.

A page's *word* is its NT protection (low 11 bits) with the state bits below.  0
is a reserved page.  The engine only knows read, write and execute, so pages that
the kernel must hear about (guard, copy-on-write, write-watched and still clean)
are shown with fewer rights than they have.

NT oddities kept: PAGE_GUARD and PAGE_NOCACHE do not go together and neither goes
with PAGE_NOACCESS; on x86 without NX whatever is readable is executable, and
PAGE_EXECUTE is readable.
"""

from __future__ import annotations

from ring3k.abi.access import FILE_EXECUTE, FILE_READ_DATA, FILE_WRITE_DATA
from ring3k.abi.access import SECTION_MAP_EXECUTE as MAP_X
from ring3k.abi.access import SECTION_MAP_READ as MAP_R
from ring3k.abi.access import SECTION_MAP_WRITE as MAP_W
from ring3k.abi.status import STATUS_INVALID_PAGE_PROTECTION, NtError
from ring3k.abi.structs.mm import (
    PAGE_EXECUTE,
    PAGE_EXECUTE_READ,
    PAGE_EXECUTE_READWRITE,
    PAGE_EXECUTE_WRITECOPY,
    PAGE_GUARD,
    PAGE_NOACCESS,
    PAGE_NOCACHE,
    PAGE_READONLY,
    PAGE_READWRITE,
    PAGE_WRITECOMBINE,
    PAGE_WRITECOPY,
)
from ring3k.engine.protocol import Prot

PROTECT = 0x7FF  # the protection in a page's word
ACCESS = 0xFF  # the same without modifiers
COMMITTED = 0x1000
DIRTY = 0x10000  # write-watched and written
COPIED = 0x20000  # a page of a view that has become private
IN_WORKING_SET = 0x40000  # locked there by NtLockVirtualMemory
SHARED = 0x80000  # of an image: not copied when written
IN_MEMORY = 0x100000  # locked there
LOCKED = IN_WORKING_SET | IN_MEMORY
VISIBLE = PROTECT | COMMITTED  # what queries tell apart

ANY_WRITE = PAGE_READWRITE | PAGE_EXECUTE_READWRITE
ANY_COPY = PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY
ANY_EXECUTE = PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY

_RX = int(Prot.READ | Prot.EXEC)
_RWX = int(Prot.READ | Prot.WRITE | Prot.EXEC)
_R = int(Prot.READ)
_RW = int(Prot.READ | Prot.WRITE)

# What the guest may do with a page that the kernel need not hear about.
SHOWN = {
    PAGE_NOACCESS: 0,
    PAGE_READONLY: _RX,
    PAGE_READWRITE: _RWX,
    PAGE_WRITECOPY: _RX,
    PAGE_EXECUTE: _RX,
    PAGE_EXECUTE_READ: _RX,
    PAGE_EXECUTE_READWRITE: _RWX,
    PAGE_EXECUTE_WRITECOPY: _RX,
}
SHOWN_NX = SHOWN | {PAGE_READONLY: _R, PAGE_READWRITE: _RW, PAGE_WRITECOPY: _R}

# Once its page has been copied, a copy-on-write protection becomes this.
AFTER_COPY = {PAGE_WRITECOPY: PAGE_READWRITE, PAGE_EXECUTE_WRITECOPY: PAGE_EXECUTE_READWRITE}
# And a view that copies offers this where writing is asked for.
AS_COPY = {PAGE_READWRITE: PAGE_WRITECOPY, PAGE_EXECUTE_READWRITE: PAGE_EXECUTE_WRITECOPY}

# NT's own numbers for protections, as working set lists show them.
RESIDENT = {
    PAGE_READONLY: 1,
    PAGE_EXECUTE: 2,
    PAGE_EXECUTE_READ: 3,
    PAGE_READWRITE: 4,
    PAGE_WRITECOPY: 5,
    PAGE_EXECUTE_READWRITE: 6,
    PAGE_EXECUTE_WRITECOPY: 7,
}

SECTION_ACCESS = {
    PAGE_NOACCESS: MAP_R,
    PAGE_READONLY: MAP_R,
    PAGE_WRITECOPY: MAP_R,
    PAGE_READWRITE: MAP_R | MAP_W,
    PAGE_EXECUTE: MAP_X,
    PAGE_EXECUTE_READ: MAP_R | MAP_X,
    PAGE_EXECUTE_WRITECOPY: MAP_R | MAP_X,
    PAGE_EXECUTE_READWRITE: MAP_R | MAP_W | MAP_X,
}
FILE_ACCESS = {
    PAGE_READONLY: FILE_READ_DATA,
    PAGE_WRITECOPY: FILE_READ_DATA,
    PAGE_READWRITE: FILE_READ_DATA | FILE_WRITE_DATA,
    PAGE_EXECUTE: FILE_EXECUTE,
    PAGE_EXECUTE_READ: FILE_READ_DATA | FILE_EXECUTE,
    PAGE_EXECUTE_WRITECOPY: FILE_READ_DATA | FILE_EXECUTE,
    PAGE_EXECUTE_READWRITE: FILE_READ_DATA | FILE_WRITE_DATA | FILE_EXECUTE,
}

_READ_ONLY = PAGE_NOACCESS | PAGE_READONLY | PAGE_WRITECOPY
_EXECUTE_READ = _READ_ONLY | PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_WRITECOPY
# What a section or view of this protection can be mapped or changed to.
_COMPATIBLE = {
    PAGE_NOACCESS: PAGE_NOACCESS,
    PAGE_READONLY: _READ_ONLY,
    PAGE_WRITECOPY: _READ_ONLY,
    PAGE_READWRITE: _READ_ONLY | PAGE_READWRITE,
    PAGE_EXECUTE: PAGE_NOACCESS | PAGE_EXECUTE,
    PAGE_EXECUTE_READ: _EXECUTE_READ,
    PAGE_EXECUTE_WRITECOPY: _EXECUTE_READ,
    PAGE_EXECUTE_READWRITE: ACCESS,
}


def check_protection(protect: int) -> None:
    """STATUS_INVALID_PAGE_PROTECTION unless exactly one protection with modifiers that fit it."""
    if (
        protect & ACCESS not in SHOWN
        or protect & ~PROTECT
        or (protect & PAGE_NOACCESS and protect != PAGE_NOACCESS)
        or (protect & PAGE_GUARD and protect & PAGE_NOCACHE)
        or (protect & PAGE_WRITECOMBINE and protect & (PAGE_GUARD | PAGE_NOCACHE))
    ):
        raise NtError(STATUS_INVALID_PAGE_PROTECTION)


def is_compatible(have: int, want: int) -> bool:
    """Whether something of protection ``have`` may be shown as ``want``."""
    return bool(_COMPATIBLE[have & ACCESS] & want & ACCESS)

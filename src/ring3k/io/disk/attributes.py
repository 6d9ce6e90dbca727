"""Attributes and times of host files.

READONLY of a file is the owner's right to write, which every host keeps.  What a
host has no place for goes into the extended attribute ``user.DOSATTRIB``, as Samba and
Wine write it (``0x22``); if somebody has set the time of creation, that follows (a
space, and NT's number), otherwise the host's birth time counts.  Where a host keeps
no extended attributes these are lost, silently, as on a FAT disk.

A file of a host's that has no attribute is to be archived, as a new one of NT's is.
The time of the last change of anything is the host's and cannot be set.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress

from ring3k.abi.structs.io import (
    FILE_ATTRIBUTE_ARCHIVE,
    FILE_ATTRIBUTE_DIRECTORY,
    FILE_ATTRIBUTE_HIDDEN,
    FILE_ATTRIBUTE_NORMAL,
    FILE_ATTRIBUTE_NOT_CONTENT_INDEXED,
    FILE_ATTRIBUTE_OFFLINE,
    FILE_ATTRIBUTE_READONLY,
    FILE_ATTRIBUTE_REPARSE_POINT,
    FILE_ATTRIBUTE_SPARSE_FILE,
    FILE_ATTRIBUTE_SYSTEM,
    FILE_ATTRIBUTE_TEMPORARY,
)
from ring3k.engine.hostfile import ACCESSED, ATTRIBUTES, BORN, CHANGED, MODE, WRITTEN, Look
from ring3k.io.disk.host import nt_error
from ring3k.sched.clock import UNIX_EPOCH

NAME = "user.DOSATTRIB"
# Ours: there is more of the file in other attributes of the host's, so that nobody looks in vain.
HAS_EA = 0x4000_0000
HAS_SECURITY = 0x2000_0000
HAS_STREAMS = 0x1000_0000
REPARSE = FILE_ATTRIBUTE_REPARSE_POINT  # set and taken away by its own controls only (``reparse``)
MARKS = HAS_EA | HAS_SECURITY | HAS_STREAMS | REPARSE
KEPT = (
    FILE_ATTRIBUTE_HIDDEN
    | FILE_ATTRIBUTE_SYSTEM
    | FILE_ATTRIBUTE_ARCHIVE
    | FILE_ATTRIBUTE_TEMPORARY
    | FILE_ATTRIBUTE_OFFLINE
    | FILE_ATTRIBUTE_NOT_CONTENT_INDEXED
    | FILE_ATTRIBUTE_SPARSE_FILE
)
FORMAT, IS_FOLDER, MAY_WRITE = 0o170000, stat.S_IFDIR, stat.S_IWUSR  # of a mode
UNSUPPORTED = (errno.ENOTSUP, errno.EPERM, errno.ENOSYS)


def host_time(time: int) -> int:
    """NT's time in nanoseconds, as the host is told it."""
    return (time - UNIX_EPOCH) * 100


def dos_attributes(info: Look | None) -> int:
    """FILE_ATTRIBUTE_*; a folder of the volume's own making is just a folder."""
    if info is None:
        return FILE_ATTRIBUTE_DIRECTORY
    mode, kept = info[MODE], info[ATTRIBUTES]
    if mode & FORMAT == IS_FOLDER:
        found = kept & (KEPT | REPARSE | FILE_ATTRIBUTE_READONLY) if kept >= 0 else 0
        return found | FILE_ATTRIBUTE_DIRECTORY
    found = kept & (KEPT | REPARSE) if kept >= 0 else FILE_ATTRIBUTE_ARCHIVE
    if not mode & MAY_WRITE:
        found |= FILE_ATTRIBUTE_READONLY
    return found or FILE_ATTRIBUTE_NORMAL


def times(info: Look | None) -> tuple[int, int, int, int]:
    """NT's: creation, last access, last write, last change."""
    if info is None:
        return UNIX_EPOCH, UNIX_EPOCH, UNIX_EPOCH, UNIX_EPOCH
    written, changed = info[WRITTEN], info[CHANGED]
    born = info[BORN] or min(written, changed)
    return born, info[ACCESSED], written, changed


def default_attributes(info: Look) -> int:
    return 0 if info[MODE] & FORMAT == stat.S_IFDIR else FILE_ATTRIBUTE_ARCHIVE


def write_attributes(fd: int, info: Look, attributes: int, created: int | None = None) -> None:
    """Set them, and the time of creation if given (NT's).  ``attributes`` without NORMAL and DIRECTORY."""
    mode = info[MODE]
    kept = attributes & KEPT | (info[ATTRIBUTES] & MARKS if info[ATTRIBUTES] > 0 else 0)
    read_only = bool(attributes & FILE_ATTRIBUTE_READONLY)
    if stat.S_ISDIR(mode):
        kept |= attributes & FILE_ATTRIBUTE_READONLY
        read_only = False
    if created is None:
        created = _created(fd, info)
    text = f"{kept:#x}" if created is None else f"{kept:#x} {created}"
    before = info[ATTRIBUTES]
    if created is not None or kept != (before if before >= 0 else default_attributes(info)):
        write_attribute(fd, mode, NAME, text.encode())
    if not stat.S_ISDIR(mode) and read_only == bool(mode & stat.S_IWUSR):
        wanted = mode & ~0o222 if read_only else mode | stat.S_IWUSR
        try:
            os.fchmod(fd, stat.S_IMODE(wanted))
        except OSError as error:
            raise nt_error(error) from None


def mark(fd: int, info: Look, bit: int, on: bool) -> None:
    """Note that there is (or is no longer) more of a file."""
    before = info[ATTRIBUTES] if info[ATTRIBUTES] >= 0 else default_attributes(info)
    after = before | bit if on else before & ~bit
    if after != before:
        created = _created(fd, info)
        text = f"{after:#x}" if created is None else f"{after:#x} {created}"
        write_attribute(fd, info[MODE], NAME, text.encode())


def _created(fd: int, info: Look) -> int | None:
    """The time of creation that somebody has set."""
    if info[ATTRIBUTES] < 0:
        return None
    with suppress(OSError, ValueError):
        words = os.getxattr(fd, NAME).split()
        return int(words[1]) if len(words) > 1 else None
    return None


def write_attribute(fd: int, mode: int, name: str | bytes, value: bytes | None) -> bool:
    """Set or remove an extended attribute of the host's; False where it keeps none."""
    try:
        _write(fd, name, value)
    except OSError as error:
        if error.errno == errno.ENODATA and value is None:
            return True
        if error.errno == errno.EACCES and not mode & stat.S_IWUSR:  # a file that only its owner may change
            return _write_read_only(fd, mode, name, value)
        if error.errno in UNSUPPORTED:
            return False
        raise nt_error(error) from None
    return True


def _write(fd: int, name: str | bytes, value: bytes | None) -> None:
    if value is None:
        os.removexattr(fd, name)
    else:
        os.setxattr(fd, name, value)


def _write_read_only(fd: int, mode: int, name: str | bytes, value: bytes | None) -> bool:
    try:
        os.fchmod(fd, stat.S_IMODE(mode) | stat.S_IWUSR)
        try:
            _write(fd, name, value)
        finally:
            os.fchmod(fd, stat.S_IMODE(mode))
    except OSError as error:
        raise nt_error(error) from None
    return True


def read_attribute(fd: int, name: str | bytes) -> bytes | None:
    """An extended attribute of the host's; None without."""
    try:
        return os.getxattr(fd, name)
    except OSError:
        return None

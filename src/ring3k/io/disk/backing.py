"""A file as sections see it: its own descriptor, so a view outlives the file's handles."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Hashable

from ring3k.abi.status import (
    STATUS_DISK_FULL,
    STATUS_MEDIA_WRITE_PROTECTED,
    STATUS_UNEXPECTED_IO_ERROR,
    NtError,
)

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class FileData:
    """``mm.backing.FileBacking`` over a host descriptor open for reading, which it owns from then on.

    One that is open for writing, too, makes a section that can be written.
    """

    def __init__(self, host: int, name: str) -> None:
        self.name = name  # NT path
        self.host = host
        self.writable = fcntl.fcntl(host, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDWR
        info = os.fstat(host)
        self.identity: Hashable = (info.st_dev, info.st_ino)

    @property
    def size(self) -> int:
        return os.fstat(self.host).st_size

    def read(self, offset: int, length: int) -> bytes:
        try:
            return os.pread(self.host, length, offset)
        except OSError:
            raise NtError(STATUS_UNEXPECTED_IO_ERROR) from None

    def write(self, offset: int, data: bytes) -> None:
        self._change(lambda: os.pwrite(self.host, data, offset))

    def resize(self, size: int) -> None:
        self._change(lambda: os.ftruncate(self.host, size))

    def _change(self, change: Callable[[], object]) -> None:
        if not self.writable:
            raise NtError(STATUS_MEDIA_WRITE_PROTECTED)
        try:
            change()
        except OSError as error:
            raise NtError(STATUS_DISK_FULL if error.errno in _FULL else STATUS_UNEXPECTED_IO_ERROR) from None

    def close(self) -> None:
        """May be called twice."""
        if self.host >= 0:
            os.close(self.host)
            self.host = -1

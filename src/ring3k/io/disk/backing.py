"""A file as sections see it: its own descriptor, so a view outlives the file's handles."""

from __future__ import annotations

import os
from collections.abc import Hashable

from ring3k.abi.status import STATUS_MEDIA_WRITE_PROTECTED, STATUS_UNEXPECTED_IO_ERROR, NtError


class FileData:
    """``mm.backing.FileBacking`` over a host descriptor open for reading, which it owns from then on."""

    def __init__(self, host: int, name: str) -> None:
        self.name = name  # NT path
        self._host = host
        info = os.fstat(self._host)
        self.identity: Hashable = (info.st_dev, info.st_ino)

    @property
    def size(self) -> int:
        return os.fstat(self._host).st_size

    def read(self, offset: int, length: int) -> bytes:
        try:
            return os.pread(self._host, length, offset)
        except OSError:
            raise NtError(STATUS_UNEXPECTED_IO_ERROR) from None

    def write(self, offset: int, data: bytes) -> None:
        raise NtError(STATUS_MEDIA_WRITE_PROTECTED)

    def resize(self, size: int) -> None:
        raise NtError(STATUS_MEDIA_WRITE_PROTECTED)

    def close(self) -> None:
        """May be called twice."""
        if self._host >= 0:
            os.close(self._host)
            self._host = -1

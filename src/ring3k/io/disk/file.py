"""An opened file, folder or volume on a disk."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ring3k.abi.status import (
    STATUS_END_OF_FILE,
    STATUS_INVALID_DEVICE_REQUEST,
    STATUS_INVALID_FILE_FOR_SECTION,
    NtError,
)
from ring3k.io.device import Opening
from ring3k.io.disk.backing import FileData
from ring3k.io.disk.volume import Entry, open_host
from ring3k.io.file import FileObject

if TYPE_CHECKING:
    from ring3k.io.disk.device import DiskDevice
    from ring3k.io.request import Request

CHUNK = 1 << 20


class DiskFile(FileObject):
    """One opening of a file, a folder or a volume."""

    seekable = True
    device: DiskDevice

    def __init__(self, device: DiskDevice, entry: Entry, how: Opening) -> None:
        device.check_share(entry, how)
        self._host = -1 if entry.is_directory else open_host(entry)
        super().__init__(device, how)
        self.entry = entry
        device.shares.setdefault(entry.identity, []).append(self)

    @property
    def path(self) -> str:
        return self.entry.path

    def cleanup(self) -> None:
        same = self.device.shares.get(self.entry.identity, [])
        if self in same:
            same.remove(self)
        if not same:
            self.device.shares.pop(self.entry.identity, None)

    def close(self) -> None:
        if self._host >= 0:
            os.close(self._host)
            self._host = -1

    # -- data ----------------------------------------------------------------------------
    @property
    def size(self) -> int:
        """Bytes now."""
        return os.fstat(self._host).st_size if self._host >= 0 else 0

    def read_at(self, offset: int, length: int) -> bytes:
        """Up to ``length`` bytes."""
        return os.pread(self._host, length, offset) if self._host >= 0 else b""

    def read(self, request: Request) -> int:
        if self.entry.is_directory:
            raise NtError(STATUS_INVALID_DEVICE_REQUEST)
        done, length, offset = 0, request.length, request.offset
        while done < length:
            data = self.read_at(offset + done, min(CHUNK, length - done))
            if not data:
                break
            request.buffer.write(data, done)
            done += len(data)
        request.information = done
        if self.synchronous:
            self.position = offset + done
        return STATUS_END_OF_FILE if length and not done else 0

    @property
    def identity(self) -> Any:
        return self.entry.identity

    def section_backing(self) -> FileData:
        """What a section of this file is made from; STATUS_INVALID_FILE_FOR_SECTION for a folder."""
        if self._host < 0:
            raise NtError(STATUS_INVALID_FILE_FOR_SECTION)
        return FileData(os.dup(self._host), self.full_name())

    # -- information -------------------------------------------------------------------------
    def query_information(self, kind: int, length: int) -> bytes:
        from ring3k.io.disk.information import file_information

        return file_information(self, kind)

    def query_volume(self, kind: int, length: int) -> bytes:
        from ring3k.io.disk.information import volume_information

        return volume_information(self, kind)

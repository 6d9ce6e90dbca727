"""Files of the host as stores of the fake engine: every access goes to the file itself.

A page knows what is behind the end of the file (zero, and what guests wrote there,
which no file ever sees); a page that lies behind it whole is gone, and touching it
is an error, as on the engines that map.
"""

from __future__ import annotations

import os

from ring3k.engine.fake_memory import FakeStore
from ring3k.engine.protocol import PAGE
from ring3k.typed import Any


class Descriptor:
    """Open as long as the store or a page of it is."""

    def __init__(self, fd: int) -> None:
        self.fd = os.dup(fd)

    def __del__(self) -> None:
        os.close(self.fd)


class FilePage(bytearray):
    """A page of a file; only slices and single bytes within it are asked for."""

    def __init__(self, file: Descriptor, offset: int) -> None:
        super().__init__(PAGE)
        self._file = file
        self._offset = offset

    @property
    def gone(self) -> bool:
        """Whether the file ends before this page."""
        return self._offset >= os.fstat(self._file.fd).st_size

    def __getitem__(self, which: Any) -> Any:
        data = os.pread(self._file.fd, PAGE, self._offset)
        if not data:
            raise OSError("the file has become shorter than that")
        super().__setitem__(slice(0, len(data)), data)
        return super().__getitem__(which)

    def __setitem__(self, which: Any, value: Any) -> None:
        left = os.fstat(self._file.fd).st_size - self._offset
        if left <= 0:
            raise OSError("the file has become shorter than that")
        super().__setitem__(which, value)
        start, stop, _ = which.indices(PAGE)
        stop = min(stop, left)
        if start < stop:
            os.pwrite(self._file.fd, super().__getitem__(slice(start, stop)), self._offset + start)


class FakeFileStore(FakeStore):
    """A store over a descriptor, which it duplicates."""

    def __init__(self, fd: int, size: int, writable: bool) -> None:
        super().__init__(size)
        self._file = Descriptor(fd)
        self.writable = writable

    def page(self, index: int) -> bytearray:
        found = self._pages.get(index)
        if found is None:
            found = self._pages[index] = FilePage(self._file, index * PAGE)
        return found

    def make_writable(self, fd: int) -> None:
        if self.writable:
            raise ValueError("not a file mapped for reading only")
        os.dup2(fd, self._file.fd)
        self.writable = True

    def discard(self, offset: int, length: int) -> None:
        raise ValueError("only whole pages of a store's own memory can be discarded")

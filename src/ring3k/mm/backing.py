"""What a file must offer so that sections can be made of it."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Protocol


class FileBacking(Protocol):
    """A file as sections need it.  Errors of the host are raised as NtError."""

    @property
    def identity(self) -> Hashable:
        """Equal for equal files: what the segment of a file is shared by."""

    @property
    def name(self) -> str:
        """NT path, for MemorySectionName and for ``module+offset``."""

    @property
    def size(self) -> int: ...
    def read(self, offset: int, length: int) -> bytes:
        """Shorter at the end of the file."""

    def write(self, offset: int, data: bytes) -> None: ...
    def resize(self, size: int) -> None: ...
    def close(self) -> None:
        """The segment does not need the file any more."""

"""What a file must offer so that sections can be made of it."""

from __future__ import annotations

from collections.abc import Hashable

from ring3k.typed import Protocol


class FileBacking(Protocol):
    """A file as sections need it.  Errors of the host are raised as NtError."""

    @property
    def identity(self) -> Hashable:
        """Equal for equal files: what the segment of a file is shared by."""

    @property
    def name(self) -> str:
        """NT path, for MemorySectionName and for ``module+offset``."""

    @property
    def host(self) -> int:
        """A descriptor of the host that the engine may map; -1: there are only ``read`` and ``write``."""

    @property
    def writable(self) -> bool:
        """Whether ``host``, ``write`` and ``resize`` can change it."""

    @property
    def size(self) -> int:
        """Bytes now."""

    def read(self, offset: int, length: int) -> bytes:
        """Shorter at the end of the file."""

    def write(self, offset: int, data: bytes) -> None: ...
    def resize(self, size: int) -> None:
        """Make it longer."""

    def close(self) -> None:
        """The segment does not need the file any more."""

"""A userland: the DLLs that a system's programs run on, and what its kernel must know of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ring3k.abi.tables import NumberTable
    from ring3k.abi.version import Version
    from ring3k.ke.kernel import Kernel
    from ring3k.mm.section import Section
    from ring3k.ps.system_dll import SystemDll


class Userland(Protocol):
    """Where ntdll comes from, and how the two sides find each other.  EngineError when it cannot be used."""

    @property
    def name(self) -> str:
        """``builtin``, ``wine``, or where it was found."""

    @property
    def version(self) -> Version: ...
    @property
    def ntdll(self) -> str:
        """Host path."""

    @property
    def files(self) -> dict[str, str]:
        """What it shows on drive C:, files and folders: path below ``C:`` -> host path."""

    @property
    def numbers(self) -> NumberTable:
        """Its system calls."""

    @property
    def tables(self) -> str | None:
        """The host folder of the locale tables, None without."""

    def connect(self, kernel: Kernel, section: Section, gate: int) -> SystemDll:
        """Make ntdll ready to be mapped; ``gate``: where system calls go, 0 where only ``int 2e`` works."""

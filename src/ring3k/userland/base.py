"""A userland: the DLLs that a system's programs run on, and what its kernel must know of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ring3k.typed import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ring3k.abi.tables import NumberTable
    from ring3k.abi.version import Version
    from ring3k.cm.registry import Registry
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread
    from ring3k.mm.section import Section
    from ring3k.ps.system_dll import SystemDll
    from ring3k.se.accounts import User
    from ring3k.userland.folder import MachineFolder


class Userland(Protocol):
    """Where ntdll comes from, and how the two sides find each other.  EngineError when it cannot be used."""

    @property
    def name(self) -> str:
        """``builtin``, ``wine``, or where it was found."""

    version: Version

    @property
    def user(self) -> User | None:
        """Who uses it, and runs what is started when nobody else is named; None: LocalSystem."""

    @property
    def ntdll(self) -> str:
        """Host path."""

    @property
    def files(self) -> dict[str, str]:
        """What it shows on drive C:, files and folders: path below ``C:`` -> host path."""

    @property
    def layers(self) -> dict[str, tuple[str, ...]]:
        """Folders of drive C: that are laid over folders of the host: path below ``C:`` -> those."""

    @property
    def numbers(self) -> NumberTable:
        """Its system calls."""

    @property
    def adapters(self) -> Mapping[str, Callable[[KThread, list[int]], None]]:
        """System calls that it makes in ways of its own -> what changes the argument words into NT's."""

    @property
    def tables(self) -> str | None:
        """The host folder of the locale tables, None without."""

    def prepare(self, folder: MachineFolder, drive: str | None) -> None:
        """Give a machine what it must have to start; ``drive``: what is to be drive C:, if not its own.

        Quick when there is nothing to do.  OSError, EngineError.
        """

    def environment(self, registry: Callable[[], Registry]) -> dict[str, str]:
        """The variables of a program that a user starts."""

    def connect(self, kernel: Kernel, section: Section, gate: int) -> SystemDll:
        """Make ntdll ready to be mapped; ``gate``: where system calls go, 0 where only ``int 2e`` works."""

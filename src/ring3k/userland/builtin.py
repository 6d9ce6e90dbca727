"""Our own ntdll, or another one of Windows' own kind, given as a file."""

from __future__ import annotations

import os
from collections.abc import Callable

from ring3k.abi.tables import NumberTable, table
from ring3k.ps.kuser import SharedUserData
from ring3k.ps.system_dll import SystemDll
from ring3k.typed import TYPE_CHECKING
from ring3k.userland.ntdll import INT_SYSTEM_CALL, entry_points, packaged

if TYPE_CHECKING:
    from ring3k.abi.version import Version
    from ring3k.cm.registry import Registry
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread
    from ring3k.mm.section import Section
    from ring3k.userland.folder import MachineFolder


class Builtin:
    """An ntdll that is entered as NT's is."""

    name = "builtin"
    tables = None
    user = None

    @property
    def adapters(self) -> dict[str, Callable[[KThread, list[int]], None]]:
        return {}

    def __init__(self, version: Version, ntdll: str | None = None) -> None:
        self.version = version
        self.ntdll = ntdll or packaged(version.name)

    @property
    def files(self) -> dict[str, str]:
        folder = self.version.system_root.partition(":")[2]
        return {f"{folder}\\System32\\ntdll.dll": self.ntdll}

    @property
    def numbers(self) -> NumberTable:
        return table(self.version.name)

    @property
    def layers(self) -> dict[str, tuple[str, ...]]:
        return {}

    def prepare(self, folder: MachineFolder, drive: str | None) -> None:
        """The kernel makes what is missing when somebody asks for it."""

    def environment(self, registry: Callable[[], Registry]) -> dict[str, str]:
        return default_environment(self.version.system_root)

    def connect(self, kernel: Kernel, section: Section, gate: int) -> SystemDll:
        base, places = entry_points(self.ntdll)
        if self.version.level > 50:
            entry = gate or base + places.get(INT_SYSTEM_CALL, 0)
            back = base + places.get("KiFastSystemCallRet", 0)
            kernel.part(SharedUserData).set_system_call(entry, back)
        return SystemDll(section, places)


def default_environment(windows: str) -> dict[str, str]:
    """What a service finds: the system's variables and nobody's own."""
    return {
        "ComSpec": f"{windows}\\System32\\cmd.exe",
        "NUMBER_OF_PROCESSORS": str(len(os.sched_getaffinity(0))),
        "OS": "Windows_NT",
        "Path": f"{windows}\\System32;{windows}",
        "PATHEXT": ".COM;.EXE;.BAT;.CMD",
        "PROCESSOR_ARCHITECTURE": "x86",
        "SystemDrive": "C:",
        "SystemRoot": windows,
        "TEMP": "C:\\Temp",
        "TMP": "C:\\Temp",
        "windir": windows,
    }

"""Wine's DLLs, as Windows' side of a system: where they are, and how they reach a kernel.

These are ordinary PE files that were made for another host.  Their ntdll makes a
system call through a pointer it exports; behind that the stack is as XP's stubs
have it, so the engine's gate fits.  A second pointer leads to functions of the
host, named by a handle and an index (``unix_calls``); a few instructions that
are put behind ntdll's code turn such a call into a system call of its own number.

Nothing here is numbered: everything is read out of the files in use.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property, lru_cache
from struct import pack

from ring3k.abi.pe import NotAnImage, PeFile
from ring3k.abi.tables import NumberTable
from ring3k.abi.version import Version, version_of
from ring3k.cm.store import StoreError
from ring3k.engine.protocol import PAGE, EngineError
from ring3k.mm.segment import SegmentTable
from ring3k.ps.kuser import SharedUserData
from ring3k.ps.system_dll import ENTRY_POINTS, SystemDll
from ring3k.se.accounts import User
from ring3k.se.sid import FIRST_USER_TEXT
from ring3k.typed import TYPE_CHECKING, NamedTuple
from ring3k.userland.folder import MachineFolder, cache_path
from ring3k.userland.unix_calls import UNIX_CALL, UnixCalls
from ring3k.userland.wine_drive import Progress, Sources, is_ready, layers, mounts
from ring3k.userland.wine_edits import WineEdits

if TYPE_CHECKING:
    from ring3k.cm.registry import Registry
    from ring3k.ke.kernel import Kernel
    from ring3k.mm.section import Section
    from ring3k.userland.wine_adapters import Adapter

FOLDERS = (
    "/usr/lib/i386-linux-gnu/wine/i386-windows",
    "/usr/lib/wine/i386-windows",
    "/usr/lib32/wine/i386-windows",
    "/opt/wine-stable/lib/wine/i386-windows",
)
FETCHED = ("usr", "lib", "i386-linux-gnu", "wine", "i386-windows")
TABLES = ("/usr/share/wine/nls", "/opt/wine-stable/share/wine/nls")
GRAPHICS = "win32u.dll"
SYSTEM_CALL, HOST_CALL = "__wine_syscall_dispatcher", "__wine_unix_call_dispatcher"
CONTROL_ROUTINE = "__wine_ctrl_routine"  # where a thread handles a console's control event
FACTS = "wine"  # what is kept of them in a machine folder
# An ordinary user who administers the machine, as a program finds him that was started "as administrator".
USER = User(
    FIRST_USER_TEXT,
    groups=("S-1-5-32-544", "S-1-2-0"),  # administrators, local
    privileges=(
        "SeIncreaseQuotaPrivilege",
        "SeSecurityPrivilege",
        "SeTakeOwnershipPrivilege",
        "SeLoadDriverPrivilege",
        "SeSystemProfilePrivilege",
        "SeSystemtimePrivilege",
        "SeProfileSingleProcessPrivilege",
        "SeIncreaseBasePriorityPrivilege",
        "SeCreatePagefilePrivilege",
        "SeBackupPrivilege",
        "SeRestorePrivilege",
        "SeShutdownPrivilege",
        "SeDebugPrivilege",
        "SeSystemEnvironmentPrivilege",
        "SeChangeNotifyPrivilege+",
        "SeRemoteShutdownPrivilege",
        "SeUndockPrivilege",
        "SeManageVolumePrivilege",
        "SeImpersonatePrivilege+",
        "SeCreateGlobalPrivilege+",
    ),
)
_FIRST_FREE = 0xF00  # no table is that long: the number of UNIX_CALL


def find(given: str | None = None) -> tuple[str, str] | None:
    """The folders of the DLLs and of the locale tables: those given, this host's, or those fetched."""
    for folder in (given,) if given else (*FOLDERS, os.path.join(fetched_path(), *FETCHED)):
        if os.path.isfile(os.path.join(folder, "ntdll.dll")):
            tables = tables_for(folder)
            if tables is not None:
                return folder, tables
    return None


def fetched_path() -> str:
    """Where ``ring3k setup`` unpacks what it has fetched."""
    return os.path.join(cache_path(), "wine")


def tables_for(dlls: str) -> str | None:
    """The locale tables that go with a folder of DLLs: there, in the same installation, or this host's."""
    places, above = [dlls], dlls
    for _ in range(5):
        above = os.path.dirname(above)
        places += [os.path.join(above, "nls"), os.path.join(above, "share", "wine", "nls")]
    return next((one for one in (*places, *TABLES) if _has_tables(one)), None)


def _has_tables(folder: str) -> bool:
    return os.path.isfile(os.path.join(folder, "locale.nls"))


class Wine:
    """The folder of Wine's 32-bit DLLs, and the one of its tables."""

    name = "wine"
    user = USER

    def __init__(self, version: Version, folder: str, tables: str) -> None:
        self.version = version
        self.folder = folder
        self.tables = tables
        self.ntdll = os.path.join(folder, "ntdll.dll")
        self.progress: Progress = _quiet
        self._machine = MachineFolder()  # until there is one

    @property
    def adapters(self) -> dict[str, Adapter]:
        from ring3k.userland.wine_adapters import ADAPTERS

        return ADAPTERS

    @property
    def files(self) -> dict[str, str]:
        return mounts(self._sources)

    @property
    def layers(self) -> dict[str, tuple[str, ...]]:
        return layers(self._sources)

    @property
    def _sources(self) -> Sources:
        return Sources(self.folder, self.tables)

    def prepare(self, folder: MachineFolder, drive: str | None) -> None:
        self._machine = folder
        if not is_ready(folder, drive):
            if not folder.makes:
                raise EngineError(f"{folder.path}: not set up")
            from ring3k.userland.wine_setup import prepare

            plain = version_of(self.version.name, self.version.processors)
            try:
                prepare(folder, plain, self._sources, self.progress, drive)
            except StoreError as error:
                raise EngineError(str(error)) from None

    def environment(self, registry: Callable[[], Registry]) -> dict[str, str]:
        from ring3k.userland.wine_drive import environment

        return environment(registry(), self.version)

    @cached_property
    def _facts(self) -> Facts:
        """What is read out of the files, or was on an earlier start."""
        graphics = os.path.join(self.folder, GRAPHICS)
        files = (self.ntdll, graphics) if os.path.isfile(graphics) else (self.ntdll,)
        try:
            stamps = tuple((path, *_stamp(path)) for path in files)
            kept = self._machine.kept(FACTS)
            if type(kept) is tuple and len(kept) == 1 + len(Facts._fields) and kept[0] == stamps:
                return Facts(*kept[1:])
            found = _facts(stamps)
        except (OSError, NotAnImage) as error:
            raise EngineError(f"{self.folder}: its system calls cannot be read: {error}") from None
        self._machine.keep(FACTS, (stamps, *found))
        return found

    @cached_property
    def numbers(self) -> NumberTable:
        facts = self._facts
        numbers, words = {**facts.numbers, UNIX_CALL: _FIRST_FREE}, {**facts.words, UNIX_CALL: 4}
        return NumberTable(self.version.name, numbers, words)

    def connect(self, kernel: Kernel, section: Section, gate: int) -> SystemDll:
        from ring3k.userland.wine_contract import WineContract

        places = dict(self._facts.places)
        missing = {SYSTEM_CALL, HOST_CALL, "LdrInitializeThunk", "RtlUserThreadStart"} - places.keys()
        if missing:
            raise EngineError(f"{self.ntdll}: no ntdll of Wine 8: it does not export {min(missing)}")
        segment, base = section.segment, self._facts.base
        code = _host_call(gate)
        start = self._room(len(code) + 1)
        segment.patch(start, code + b"\xc3")
        segment.patch(places[SYSTEM_CALL], pack("<I", gate))
        segment.patch(places[HOST_CALL], pack("<I", base + start))
        places["KiFastSystemCallRet"] = start + len(code)
        calls = UnixCalls(gate)
        kernel.add_part(calls)
        kernel.part(SegmentTable).edit = WineEdits(self.folder, calls, _host_call(gate))
        kernel.part(SharedUserData).count_milliseconds()
        kernel.add_part(self)
        return SystemDll(section, places, WineContract(self, kernel))

    def _room(self, size: int) -> int:
        """Where in ntdll there is room for code: behind the code it has, in the same page."""
        start = self._facts.code_end
        if -start % PAGE < size + 16:
            raise EngineError(f"{self.ntdll}: no room behind its code for our way in")
        return start + -start % 16


def _quiet(done: float, what: str) -> None:
    """Nobody watches."""


def _stamp(path: str) -> tuple[int, int]:
    """What changes when a file does."""
    info = os.stat(path)
    return info.st_mtime_ns, info.st_size


class Facts(NamedTuple):
    """Of ntdll and win32u."""

    numbers: dict[str, int]  # of system calls
    words: dict[str, int]  # of their arguments
    places: dict[str, int]  # of ntdll's exports, from its base
    base: int
    code_end: int


@lru_cache(maxsize=4)
def _facts(files: tuple[tuple[str, int, int], ...]) -> Facts:
    """``files``: paths, each with what changes when the file does; the first is ntdll."""
    from ring3k.abi.ntdll_numbers import numbers_of

    numbers: dict[str, int] = {}
    words: dict[str, int] = {}
    for path, *_ in files:
        found = numbers_of(path)
        numbers.update(found.numbers)
        words.update(found.words)
    with open(files[0][0], "rb") as file:
        image = PeFile(file.read())
    places = image.exports((*ENTRY_POINTS, SYSTEM_CALL, HOST_CALL, CONTROL_ROUTINE))
    return Facts(numbers, words, places, image.base, image.code_end)


def _host_call(gate: int) -> bytes:
    """Four argument words, as a system call: mov eax, number; mov edx, gate; call edx; ret 16."""
    return b"\xb8" + pack("<I", _FIRST_FREE) + b"\xba" + pack("<I", gate) + b"\xff\xd2\xc2\x10\0"

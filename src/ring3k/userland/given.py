"""DLLs that somebody has: of Windows 2000, XP or 2003, of ReactOS, or Wine's in another place.

A folder is given, or a drive C: with such a folder on it.  What it is, its ntdll
tells: the numbers in its stubs, compared with the tables; its version resource for
build and service pack; Wine's exports.  The numbers that count are those of the
stubs, whatever a table says.

Stubs differ in how they get into the kernel.  Windows 2000's make an interrupt.
XP's call through a pointer in the shared user data; before service pack 2 they
call what lies there, so there must be code.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property

from ring3k.abi.ntdll_numbers import NtdllNumbers, numbers_of
from ring3k.abi.pe import IMAGE_FILE_MACHINE_I386, NotAnImage
from ring3k.abi.structs.mm import PAGE_READONLY
from ring3k.abi.structs.ps import PEB_NT40
from ring3k.abi.tables import VERSIONS, NumberTable, table
from ring3k.abi.version import Version, version_of
from ring3k.engine.protocol import EngineError
from ring3k.ps.contract import ProcessContract
from ring3k.ps.kuser import SharedUserData
from ring3k.ps.system_dll import SystemDll
from ring3k.typed import TYPE_CHECKING, NamedTuple
from ring3k.userland.builtin import default_environment
from ring3k.userland.ntdll import INT_SYSTEM_CALL, entry_points
from ring3k.userland.resources import RT_VERSION, file_version, resources

if TYPE_CHECKING:
    from ring3k.cm.registry import Registry
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread
    from ring3k.mm.section import Section
    from ring3k.ps.process import Process
    from ring3k.userland.base import Userland
    from ring3k.userland.folder import MachineFolder

ROOTS = ("winnt", "windows", "reactos")  # on a drive C:
SAME = 0.98  # of a table's calls have the same number: that version
ALIKE = 0.5  # of its calls and a table's are in both: an NT of some kind
WINE = b"__wine_syscall_dispatcher\0"
REACTOS = "ReactOS".encode("utf-16-le")
INTERRUPT, WOW64 = b"\x8d\x54\x24\x04\xcd\x2e", b"\x64\xff\x15\xc0\0\0\0"
CODE_CALL, POINTER_CALL = b"\xba\0\x03\xfe\x7f\xff\xd2", b"\xba\0\x03\xfe\x7f\xff\x12"
NAMES = {"nt40": "Windows NT 4.0", "nt50": "Windows 2000", "nt51": "Windows XP", "nt52": "Windows 2003"}
PACKS = {  # build -> the first revisions of its service packs
    2195: (1620, 2778, 5265, 6601),
    2600: (1106, 2180, 5512),
    3790: (1830, 3959),
}
# In every process: PEB field -> the file shown there.
TABLES = {
    "AnsiCodePageData": "c_1252.nls",
    "OemCodePageData": "c_437.nls",
    "UnicodeCaseTableData": "l_intl.nls",
}


class Kind(NamedTuple):
    """What an ntdll was found to be."""

    version: str
    product: str  # for people
    numbers: NtdllNumbers


def system_folder(path: str) -> str:
    """The folder of the DLLs: this one, or the system folder of a Windows below it.  EngineError."""
    if not os.path.isdir(path):
        raise EngineError(f"{path}: no such folder with DLLs")
    roots = [below(path, root, "system32") for root in ROOTS]
    for folder in (path, below(path, "system32"), *roots, *(below(path, "c", *one) for one in _PARTS)):
        if folder is not None and below(folder, "ntdll.dll") is not None:
            return folder
    raise EngineError(f"{path}: no ntdll.dll there, nor in a system32 of a Windows below it")


_PARTS = tuple((root, "system32") for root in ROOTS)


def below(folder: str, *names: str) -> str | None:
    """A path below a folder of the host, however its names are spelt; theirs are in lower case here."""
    for name in names:
        exact = os.path.join(folder, name)
        if not os.path.exists(exact):
            try:
                found = next((one for one in os.listdir(folder) if one.lower() == name), None)
            except OSError:
                return None
            if found is None:
                return None
            exact = os.path.join(folder, found)
        folder = exact
    return folder


def recognise(ntdll: str) -> Kind:
    """What it is; EngineError when it is none that programs could run on here."""
    try:
        with open(ntdll, "rb") as file:
            data = file.read()
        found = numbers_of(data)
    except (OSError, NotAnImage) as error:
        raise EngineError(f"{ntdll}: no ntdll: {error}") from None
    if found.machine != IMAGE_FILE_MACHINE_I386:
        raise EngineError(f"{ntdll}: a 64-bit ntdll; only 32-bit ones work here")
    if WINE in data:
        return Kind("nt100", "Wine", found)
    if WOW64 in data and CODE_CALL not in data and POINTER_CALL not in data:
        raise EngineError(f"{ntdll}: the 32-bit ntdll of a 64-bit Windows, which needs that around it")
    known = {version: table(version).numbers for version in VERSIONS}
    same = {
        version: sum(found.numbers.get(name) == number for name, number in numbers.items()) / len(numbers)
        for version, numbers in known.items()
    }
    best = max(VERSIONS, key=lambda version: same[version])
    if same[best] >= SAME:
        return Kind(best, NAMES[best], found)
    numbers = file_version(ntdll)
    if any(REACTOS in one.data for one in resources(ntdll, RT_VERSION)):
        return Kind("nt52", "ReactOS", found)
    shown = f"nt{numbers[0]}{numbers[1]}" if numbers is not None else ""
    if shown in VERSIONS:
        return Kind(shown, NAMES[shown], found)
    if numbers is not None and numbers[0] > 5:
        raise EngineError(f"{ntdll}: of Windows {numbers[0]}.{numbers[1]}; there are 2000, XP and 2003")
    there = {
        version: len(found.numbers.keys() & numbers.keys()) / len(found.numbers.keys() | numbers.keys())
        for version, numbers in known.items()
    }
    best = max(VERSIONS, key=lambda version: there[version])
    if there[best] < ALIKE:
        raise EngineError(f"{ntdll}: no ntdll of Windows, ReactOS or Wine: it has few of their system calls")
    return Kind(best, f"something like {NAMES[best]}", found)


def open_userland(path: str, processors: int) -> Userland:
    """The userland in a folder.  EngineError says why it is none."""
    folder = os.path.realpath(system_folder(path))
    ntdll = below(folder, "ntdll.dll") or ""
    kind = recognise(ntdll)
    version = version_of(kind.version, processors)
    if kind.product == "Wine":
        from ring3k.userland import wine

        tables = wine.tables_for(folder)
        if tables is None:
            raise EngineError(
                f"{folder}: Wine's DLLs without its locale tables: no locale.nls is to be found"
            )
        return wine.Wine(version, folder, tables)
    return Given(_exactly(version, ntdll, folder, kind), folder, ntdll, kind)


def _exactly(version: Version, ntdll: str, folder: str, kind: Kind) -> Version:
    """The version with build and service pack of this very ntdll, and with its Windows folder."""
    root = os.path.basename(os.path.dirname(folder))
    if os.path.basename(folder).lower() == "system32" and root.lower() in ROOTS:
        version = version._replace(system_root=f"C:\\{root}")
    elif kind.product == "ReactOS":
        version = version._replace(system_root="C:\\ReactOS")
    numbers = file_version(ntdll)
    if numbers is not None and numbers[:2] == (version.major, version.minor):
        packs = PACKS.get(numbers[2], ())
        pack = sum(numbers[3] >= first for first in packs)
        version = version._replace(build=numbers[2], service_pack=pack << 8)
    return version


class Given:
    """An ntdll of Windows' kind, and the DLLs beside it."""

    user = None

    @property
    def adapters(self) -> dict[str, Callable[[KThread, list[int]], None]]:
        return {}

    def __init__(self, version: Version, folder: str, ntdll: str, kind: Kind) -> None:
        self.version = version
        self.folder = folder
        self.ntdll = ntdll
        self.product = kind.product
        self.tables = folder
        self._numbers = kind.numbers

    @property
    def name(self) -> str:
        return self.folder

    @property
    def files(self) -> dict[str, str]:
        return {}

    @property
    def layers(self) -> dict[str, tuple[str, ...]]:
        return {f"{self.version.system_root.partition(':')[2]}\\System32": (self.folder,)}

    @cached_property
    def numbers(self) -> NumberTable:
        return self._numbers.table(self.version.name)

    def prepare(self, folder: MachineFolder, drive: str | None) -> None:
        """The kernel makes what is missing when somebody asks for it."""

    def environment(self, registry: Callable[[], Registry]) -> dict[str, str]:
        return default_environment(self.version.system_root)

    def connect(self, kernel: Kernel, section: Section, gate: int) -> SystemDll:
        base, places = entry_points(self.ntdll)
        missing = {"LdrInitializeThunk", "KiUserApcDispatcher", "KiUserExceptionDispatcher"} - places.keys()
        if missing:
            raise EngineError(f"{self.ntdll}: no ntdll of Windows: it does not export {min(missing)}")
        with open(self.ntdll, "rb") as file:
            data = file.read()
        shared = kernel.part(SharedUserData)
        if POINTER_CALL in data or CODE_CALL in data:
            entry = gate or (base + places[INT_SYSTEM_CALL] if INT_SYSTEM_CALL in places else 0)
            shared.set_system_call(
                entry, base + places.get("KiFastSystemCallRet", 0), as_code=CODE_CALL in data
            )
        elif INTERRUPT not in data:
            raise EngineError(f"{self.ntdll}: its system calls are made in a way nobody here knows")
        return SystemDll(section, places, GivenContract(self.table))

    def table(self, name: str) -> str | None:
        """The host path of a locale table."""
        return below(self.folder, name)


class GivenContract(ProcessContract):
    """Windows' ntdll wants to be shown the tables of its code pages."""

    def __init__(self, table: Callable[[str], str | None]) -> None:
        self._table = table
        self._sections: dict[str, Section | None] = {}

    def prepare(self, process: Process) -> None:
        for field, name in TABLES.items():
            section = self._section(process.kernel, name)
            if section is not None:
                _, base, _, _ = process.vm.map_view(section, protect=PAGE_READONLY)
                process.memory.poke(process.peb + PEB_NT40.offset(field), base.to_bytes(4, "little"))

    def _section(self, kernel: Kernel, name: str) -> Section | None:
        if name not in self._sections:
            from ring3k.abi.structs.mm import SEC_COMMIT
            from ring3k.io.disk.backing import FileData
            from ring3k.mm.section import Section
            from ring3k.mm.segment import data_segment

            section, path = None, self._table(name)
            with suppress(OSError):
                if path is not None:
                    backing = FileData(os.open(path, os.O_RDONLY | os.O_CLOEXEC), name)
                    segment = data_segment(kernel, backing)
                    section = Section(kernel, segment, segment.size, PAGE_READONLY, SEC_COMMIT)
                    section.reference()
            self._sections[name] = section
        return self._sections[name]

    def close(self) -> None:
        while self._sections:
            section = self._sections.popitem()[1]
            if section is not None:
                section.dereference()

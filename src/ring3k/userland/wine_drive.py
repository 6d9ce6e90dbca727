"""A machine's drive C: with Wine's DLLs, and its environment.

system32 is the machine's own folder, laid over the folder of the DLLs, over the one
of the locale tables, and over a few DLLs of our own that are seen where Wine has
none.  So nothing is copied, what a program puts into system32 is the machine's own,
and another version of Wine is another folder.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from ring3k.abi.version import Version
from ring3k.typed import TYPE_CHECKING, NamedTuple
from ring3k.userland.folder import USER, MachineFolder

if TYPE_CHECKING:
    from ring3k.cm.registry import Registry

Progress = Callable[[float, str], None]  # how far set-up is, of 1; and with what

COMPUTER = "RING3K"
PROFILE = f"C:\\users\\{USER}"
PROCESSOR = {  # as NtQuerySystemInformation has it
    "PROCESSOR_ARCHITECTURE": "x86",
    "PROCESSOR_IDENTIFIER": "x86 Family 6 Model 8 Stepping 1, GenuineIntel",
    "PROCESSOR_LEVEL": "6",
    "PROCESSOR_REVISION": "0801",
}
LAST_MADE = ("windows", "system32", "drivers", "etc", "services")  # on the drive
MADE = "made"  # a setting: that set-up has been to its end
SYSTEM_FOLDER = "\\windows\\system32"
OWN = os.path.join(os.path.dirname(__file__), "guest")
OWN_DLLS = os.path.join(OWN, "dlls")
OWN_PROGRAMS = os.path.join(OWN, "programs")  # in place of Wine's, which do nothing, or beside them
ELSEWHERE = ("explorer.exe", "hh.exe", "notepad.exe", "regedit.exe", "winhlp32.exe")  # in \windows, too


class Sources(NamedTuple):
    """Where Wine's parts lie on the host."""

    dlls: str
    tables: str  # *.nls

    @property
    def inf(self) -> str:
        return os.path.join(os.path.dirname(self.tables), "wine.inf")


def layers(sources: Sources) -> dict[str, tuple[str, ...]]:
    """Folders of drive C: that are laid over folders of the host."""
    return {SYSTEM_FOLDER: (OWN_PROGRAMS, sources.dlls, sources.tables, OWN_DLLS)}


def mounts(sources: Sources) -> dict[str, str]:
    """Files that are in other places, too: path below ``C:`` -> host path."""
    found = {f"\\windows\\{name}": os.path.join(sources.dlls, name) for name in ELSEWHERE}
    found["\\windows\\globalization\\sorting\\sortdefault.nls"] = os.path.join(
        sources.tables, "sortdefault.nls"
    )
    return found


def is_ready(folder: MachineFolder, drive: str | None = None) -> bool:
    """Whether ``wine_setup.prepare`` has nothing to do; ``drive``: what is to be drive C:, if not its own."""
    if drive is not None and not os.path.exists(os.path.join(drive, *LAST_MADE)):
        return False
    return MADE in folder.settings


# -- the environment -----------------------------------------------------------------------------
def environment(registry: Registry, version: Version) -> dict[str, str]:
    """What a program finds that a user starts: variables of the machine and of the user, names and places.

    The registry tells most, so that what a program has set there lasts.
    """
    windows = version.system_root
    found = {
        "ALLUSERSPROFILE": "C:\\ProgramData",
        "APPDATA": f"{PROFILE}\\AppData\\Roaming",
        "CommonProgramFiles": "C:\\Program Files\\Common Files",
        "COMPUTERNAME": COMPUTER,
        "ComSpec": f"{windows}\\system32\\cmd.exe",
        "HOMEDRIVE": "C:",
        "HOMEPATH": PROFILE[2:],
        "LOCALAPPDATA": f"{PROFILE}\\AppData\\Local",
        "LOGONSERVER": f"\\\\{COMPUTER}",
        "NUMBER_OF_PROCESSORS": str(version.processors),
        "OS": "Windows_NT",
        "Path": f"{windows}\\system32;{windows}",
        "PATHEXT": ".COM;.EXE;.BAT;.CMD",
        **PROCESSOR,
        "ProgramData": "C:\\ProgramData",
        "ProgramFiles": "C:\\Program Files",
        "PUBLIC": "C:\\users\\Public",
        "SESSIONNAME": "Console",
        "SystemDrive": "C:",
        "SystemRoot": windows,
        "USERDOMAIN": COMPUTER,
        "USERNAME": USER,
        "USERPROFILE": PROFILE,
        "windir": windows,
        "WINEUSERNAME": USER,  # where Wine's GetUserName looks
    }
    fixed = {"NUMBER_OF_PROCESSORS", *PROCESSOR}
    for key, own in (
        ("MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment", False),
        ("USER\\.DEFAULT\\Environment", True),
    ):
        node = registry.find(registry.root, key)
        if node is None:
            continue
        for value in registry.values(node).values():
            if value.name in fixed:
                continue
            text = value.data.decode("utf-16-le", "replace").partition("\0")[0]
            text = _expanded(text, found)
            if own and value.name.upper() == "PATH":
                text = f"{_of(found, value.name)};{text}"
            set_variable(found, value.name, text)
    return found


def set_variable(variables: dict[str, str], name: str, value: str) -> None:
    """Names differ not by case: one that is there already keeps its spelling."""
    upper = name.upper()
    variables[next((one for one in variables if one.upper() == upper), name)] = value


def _of(variables: dict[str, str], name: str) -> str:
    upper = name.upper()
    return next((value for one, value in variables.items() if one.upper() == upper), "")


def _expanded(text: str, variables: dict[str, str]) -> str:
    if "%" not in text:
        return text
    upper = {name.upper(): value for name, value in variables.items()}
    first, *parts = text.split("%")
    found = [first]
    while len(parts) > 1:
        if parts[0]:
            found += upper.get(parts[0].upper(), f"%{parts[0]}%"), parts[1]
        else:
            found.append("%")
        del parts[: 2 if parts[0] else 1]
    return "%".join(["".join(found), *parts])

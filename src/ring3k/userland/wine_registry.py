"""What the registry of a machine with Wine's DLLs holds.

Three sources, in this order: the ``wine.inf`` that comes with the DLLs, what the
DLLs say of themselves (scripts among their resources: classes, time zones), and
``wine.reg`` beside this file for what other programs of Wine's make at set-up.
Making it takes about a second, so a finished one is kept in the user's cache and
copied for each new machine.
"""

from __future__ import annotations

import os
import shutil
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress

from ring3k.abi.version import Version
from ring3k.cm.release import current_version
from ring3k.se.sid import FIRST_USER_TEXT
from ring3k.typed import TYPE_CHECKING
from ring3k.userland.folder import USER, cache_path
from ring3k.userland.wine_drive import COMPUTER, PROCESSOR, PROFILE, Progress, Sources

if TYPE_CHECKING:
    from ring3k.cm.regfile import Change

_HERE = os.path.dirname(__file__)
MARK = "SOFTWARE\\Wine", "ring3k"  # the key and the value, in wine.reg, that tell that all is there
CM = ("defaults.py", "defaults.reg", "inf.py", "release.py", "rgs.py")  # what else its content comes from
SCRIPTS = "WINE_REGISTRY"


def words(version: Version) -> dict[str, str]:
    """What is filled into ``wine.reg``."""
    return {
        "build": str(version.build),
        "computer": COMPUTER,
        "home": PROFILE[2:].replace("\\", "\\\\"),
        "level": PROCESSOR["PROCESSOR_LEVEL"],
        "major": f"{version.major:08x}",
        "minor": f"{version.minor:08x}",
        "pack": version.service_pack_name,
        "processor": PROCESSOR["PROCESSOR_IDENTIFIER"],
        "processors": str(version.processors),
        "product": version.product,
        "profile": PROFILE.replace("\\", "\\\\"),
        "revision": PROCESSOR["PROCESSOR_REVISION"],
        "sid": FIRST_USER_TEXT,
        "user": USER,
        "version": current_version(version),
        "windows": version.system_root.replace("\\", "\\\\"),
    }


def directories(version: Version) -> dict[int, str]:
    """The numbers that INF files have for folders."""
    windows = version.system_root
    return {
        10: windows,
        11: f"{windows}\\system32",
        12: f"{windows}\\system32\\drivers",
        17: f"{windows}\\inf",
        18: f"{windows}\\help",
        20: f"{windows}\\fonts",
        23: f"{windows}\\system32\\spool\\drivers\\color",
        24: "C:",
        25: windows,
        30: "C:",
        53: PROFILE,
        16410: "C:\\users\\Public\\AppData",
        16422: "C:\\Program Files",
        16426: "C:\\Program Files",
        16427: "C:\\Program Files\\Common Files",
        16428: "C:\\Program Files\\Common Files",
    }


def build(path: str, sources: Sources, version: Version, progress: Progress) -> None:
    """Make the registry of a new machine, or put into one what it lacks.  OSError, StoreError."""
    from ring3k.cm.apply import apply
    from ring3k.cm.inf import parse_inf
    from ring3k.cm.names import fold
    from ring3k.cm.open import open_registry
    from ring3k.cm.regfile import decode, parse

    registry = open_registry(path, version, hardware=False)
    try:
        with registry.together():
            known = registry.find(registry.root, f"MACHINE\\{MARK[0]}")
            if known is not None and fold(MARK[1]) in registry.values(known):
                return  # somebody has, meanwhile
            if os.path.isfile(sources.inf):
                with open(sources.inf, "rb") as file:
                    text = decode(file.read())
                apply(registry, parse_inf(text, "DefaultInstall.NT", directories(version)))
            for done, name, changes in _scripts(sources.dlls, version):
                apply(registry, changes)
                progress(done, name)
            with open(os.path.join(_HERE, "wine.reg"), encoding="utf-8") as mine:
                text = mine.read()
            for word, value in words(version).items():
                text = text.replace("{" + word + "}", value)
            apply(registry, parse(text))
            apply(registry, _code_pages(sources.tables))
    finally:
        registry.close()


def _scripts(folder: str, version: Version) -> Iterator[tuple[float, str, list[Change]]]:
    """The scripts of each DLL, as changes; and how far that is."""
    from ring3k.cm.regfile import SyntaxFault
    from ring3k.cm.rgs import parse_rgs
    from ring3k.userland.resources import resources

    names = sorted(os.listdir(folder))
    for number, name in enumerate(names, 1):
        changes: list[Change] = []
        place = {"MODULE": f"{version.system_root}\\system32\\{name}"}
        with suppress(OSError):
            for one in resources(os.path.join(folder, name), SCRIPTS):
                with suppress(SyntaxFault):  # what a DLL says wrongly is not there
                    changes += list(parse_rgs(one.data.decode("utf-8", "replace"), place))
        yield number / len(names), name, changes


def _code_pages(tables: str) -> Iterator[Change]:
    """Every code page that has a table."""
    from ring3k.abi.structs.cm import REG_SZ
    from ring3k.cm.regfile import Change, nt_path

    key = nt_path("HKLM\\System\\CurrentControlSet\\Control\\Nls\\CodePage")
    for name in sorted(os.listdir(tables)):
        number = name.removeprefix("c_").removesuffix(".nls")
        if number.isdecimal() and name == f"c_{number}.nls":
            yield Change(key, number.lstrip("0"), REG_SZ, f"{name}\0".encode("utf-16-le"))


# -- kept for the next machine ------------------------------------------------------------------
def _fingerprint(sources: Sources, version: Version) -> str:
    """Changes with whatever the content comes from."""
    seen = [repr(version), sources.dlls, sources.tables]
    own = [os.path.join(_HERE, name) for name in ("wine.reg", "wine_registry.py")]
    own += [os.path.join(_HERE, "..", "cm", name) for name in CM]
    for path in (sources.inf, os.path.join(sources.dlls, "kernelbase.dll"), *own):
        with suppress(OSError):
            info = os.stat(path)
            seen.append(f"{info.st_mtime_ns} {info.st_size}")
    seen += time.tzname
    return f"{zlib.crc32(chr(0).join(seen).encode()):08x}"


def provide(path: str, sources: Sources, version: Version, progress: Progress) -> None:
    """Put the registry of a new machine at ``path``, unless somebody has meanwhile."""
    kept = os.path.join(cache_path(), f"registry-{version.name}-{_fingerprint(sources, version)}.db")
    own = f"{path}.{os.getpid()}.new"
    try:
        try:
            shutil.copyfile(kept, own)
        except OSError:
            build(own, sources, version, progress)
            _keep(own, kept)
        with suppress(FileExistsError):
            os.link(own, path)
    finally:
        for end in ("", "-lock", "-log", "-shm", "-wal"):
            with suppress(OSError):
                os.unlink(own + end)


def _keep(made: str, kept: str) -> None:
    """Into the cache, and older ones out of it; a host without room for one has none."""
    with suppress(OSError):
        folder = os.path.dirname(kept)
        os.makedirs(folder, 0o700, exist_ok=True)
        shutil.copyfile(made, f"{kept}.{os.getpid()}")
        os.replace(f"{kept}.{os.getpid()}", kept)
        mine = os.path.basename(kept).rpartition("-")[0]
        for name in os.listdir(folder):
            if name.startswith(mine) and os.path.join(folder, name) != kept:
                os.unlink(os.path.join(folder, name))

"""Setting up a machine with Wine's DLLs: what its folder lacks is made, once."""

from __future__ import annotations

import os
import re
from contextlib import suppress

from ring3k.abi.version import Version
from ring3k.userland.folder import MachineFolder, make_skeleton
from ring3k.userland.resources import resources
from ring3k.userland.wine_drive import MADE, Progress, Sources
from ring3k.userland.wine_registry import build, provide

ETC = ("hosts", "networks", "protocol", "services")  # resources 1 to 4 of ws2_32.dll
WIN_INI = "[fonts]\r\n[extensions]\r\n[mci extensions]\r\n[files]\r\n[Mail]\r\nMAPI=1\r\n"
SYSTEM_INI = {"386Enh": (), "drivers": ("wave=mmdrv.dll", "timer=timer.drv"), "mci": ()}
INI_LINE = re.compile(r'system\.ini, *([^,]+),,"([^";]*)"', re.IGNORECASE)  # of an INF file: section, line


def prepare(
    folder: MachineFolder, version: Version, sources: Sources, progress: Progress, drive: str | None = None
) -> None:
    """Make what a machine lacks; ``drive``: the folder that is to be drive C:.  OSError, StoreError."""
    drive = drive or os.path.join(folder.path, "c")
    make_skeleton(drive, version)
    _make_files(drive, version, sources)
    if not os.path.exists(folder.registry):
        provide(folder.registry, sources, version, progress)
    else:  # of a machine that somebody used before it was set up
        build(folder.registry, sources, version, progress)
    if not folder.temporary:
        folder.set(**{MADE: "yes"})


def _make_files(drive: str, version: Version, sources: Sources) -> None:
    """Small files that programs read; those that are there stay as they are."""
    windows = os.path.join(drive, version.system_root.partition("\\")[2])
    _make(os.path.join(windows, "win.ini"), WIN_INI.encode())
    _make(os.path.join(windows, "system.ini"), _system_ini(sources.inf).encode())
    texts: dict[int, bytes] = {}
    with suppress(OSError):
        for one in resources(os.path.join(sources.dlls, "ws2_32.dll"), "WINE_DATA_FILE"):
            if isinstance(one.name, int):
                texts[one.name] = one.data
    for number, name in enumerate(ETC, 1):
        text = texts.get(number, b"127.0.0.1 localhost\n" if name == "hosts" else b"")
        path = os.path.join(windows, "system32", "drivers", "etc", name)
        _make(path, re.sub(rb"(?<!\r)\n", b"\r\n", text))


def _system_ini(inf: str) -> str:
    """Where drivers of sound and pictures are looked up: what the INF file lists, too."""
    sections = {name: list(lines) for name, lines in SYSTEM_INI.items()}
    with suppress(OSError), open(inf, encoding="utf-8", errors="replace") as file:
        for section, line in INI_LINE.findall(file.read()):
            sections.setdefault(section, []).append(line)
    text = ["; for 16-bit app support"]
    for section, lines in sections.items():
        text += [f"[{section}]", *lines]
    return "".join(f"{line}\r\n" for line in text)


def _make(path: str, data: bytes) -> None:
    with suppress(FileExistsError), open(path, "xb") as file:
        file.write(data)

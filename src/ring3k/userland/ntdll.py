"""The ntdll that a system runs on: the packaged one of its version, or a file given.

Names of the places where the kernel enters it are looked up once per file.
"""

from __future__ import annotations

import os
from functools import lru_cache

from ring3k.abi.pe import PeFile
from ring3k.engine.protocol import EngineError
from ring3k.ps.system_dll import ENTRY_POINTS

INT_SYSTEM_CALL = "KiIntSystemCall"  # our ntdll's way into the kernel where the engine has no gate of its own


def packaged(abi: str) -> str:
    """The path of our own ntdll of a version."""
    path = os.path.join(os.path.dirname(__file__), "guest", abi, "ntdll.dll")
    if not os.path.isfile(path):
        raise EngineError(f"{path} is missing: build the package (pip install ., with mingw)")
    return path


def entry_points(path: str) -> tuple[int, dict[str, int]]:
    """The image's preferred base, and where in it the kernel enters and is entered."""
    info = os.stat(path)
    return _entry_points(path, info.st_mtime_ns, info.st_size)


@lru_cache(maxsize=8)
def _entry_points(path: str, changed: int, size: int) -> tuple[int, dict[str, int]]:
    with open(path, "rb") as file:
        image = PeFile(file.read())
    return image.base, image.exports((*ENTRY_POINTS, INT_SYSTEM_CALL))

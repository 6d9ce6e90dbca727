"""Drivers: what is known of them where none can run.

Code for ring 0 does not run here.  The drivers that NT cannot do without are
part of this kernel and have their objects below \\Driver and \\FileSystem; others
can be named in the registry, but not loaded.
"""

from __future__ import annotations

from collections.abc import Callable

from ring3k.ob.object import Object
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread

BUILT_IN = (
    "\\Driver\\Beep",
    "\\Driver\\Disk",
    "\\Driver\\KSecDD",
    "\\Driver\\Null",
    "\\FileSystem\\Msfs",
    "\\FileSystem\\Npfs",
)


class Driver(Object):
    """A driver that is loaded, and cannot be unloaded."""

    type_name = "Driver"


class DriverTable:
    """The loaded drivers, and where the others would be found."""

    def __init__(self, image_path: Callable[[KThread, str], str | None]) -> None:
        """``image_path``: what the registry says of a service's key; NtError where there is none."""
        self.image_path = image_path
        self._loaded = {path.rpartition("\\")[2].upper() for path in BUILT_IN}

    def is_loaded(self, key: str) -> bool:
        """Whether the service of this registry key is part of the kernel."""
        return key.rpartition("\\")[2].upper() in self._loaded

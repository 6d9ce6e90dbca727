"""A disk volume whose files are host files: what C: is made of.

A volume is a host folder (its root) plus mounts: other host folders or single
files that appear at a path of their own, such as our ntdll in system32.  Names
match without regard to case; an exact match wins.  The walk opens one component
at a time and never follows a host symbolic link, so no path leads out of what
was given.  The volume is read-only for now.
"""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_OBJECT_NAME_INVALID,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_OBJECT_PATH_NOT_FOUND,
    NtError,
)

_FORBIDDEN = frozenset('<>"|?*:/\0') | {chr(c) for c in range(1, 32)}
MAX_COMPONENT = 255


class _Mount:
    """A folder of the volume's own making: host path shown here, and mounts below it."""

    __slots__ = ("children", "host", "name")

    def __init__(self, name: str = "", host: str | None = None) -> None:
        self.name = name
        self.host = host
        self.children: dict[str, _Mount] = {}


class Entry(NamedTuple):
    """A file or folder of the volume."""

    path: str  # \\Windows\\x.txt with the names as they are stored; "\\" for the root
    host: str | None  # None: a folder that exists only because something is mounted below
    info: os.stat_result | None
    mount: _Mount | None = None

    @property
    def is_directory(self) -> bool:
        return self.info is None or stat.S_ISDIR(self.info.st_mode)

    @property
    def identity(self) -> tuple[int, int] | str:
        """The same for every way to the same file."""
        return self.path.upper() if self.info is None else (self.info.st_dev, self.info.st_ino)


def components(path: str) -> list[str]:
    """Split ``\\a\\b``; STATUS_OBJECT_NAME_INVALID for a bad name.  A last backslash is dropped."""
    path = path.removeprefix("\\")
    path = path.removesuffix("\\")
    if not path:
        return []
    names = path.split("\\")
    for name in names:
        if not name or name in (".", "..") or len(name) > MAX_COMPONENT or not _FORBIDDEN.isdisjoint(name):
            raise NtError(STATUS_OBJECT_NAME_INVALID)
    return names


class Volume:
    """One tree of files."""

    def __init__(self, root: str | None = None, label: str = "RING3K", *, read_only: bool = False) -> None:
        self.label = label
        self.read_only = read_only
        self.serial = zlib.crc32((root or "").encode()) or 1
        self._root = _Mount("", os.path.realpath(root) if root else None)

    def mount(self, path: str, host: str) -> None:
        """Show a host file or folder at ``path``; folders on the way appear as needed."""
        here = self._root
        for name in components(path):
            here = here.children.setdefault(name.upper(), _Mount(name))
        here.host = os.path.realpath(host)

    def nt_path(self, host: str) -> str | None:
        """Where a host path is to be seen on this volume, if it is."""
        host = os.path.realpath(host)
        best: tuple[int, str] | None = None
        for prefix, mount in self._mounts(self._root, ""):
            if mount.host is None:
                continue
            if host == mount.host:
                found = prefix or "\\"
            elif host.startswith(mount.host.rstrip("/") + "/"):
                found = prefix + "\\" + host[len(mount.host.rstrip("/")) + 1 :].replace("/", "\\")
            else:
                continue
            if best is None or len(mount.host) > best[0]:
                best = (len(mount.host), found)
        return best[1] if best else None

    def _mounts(self, mount: _Mount, prefix: str) -> Iterator[tuple[str, _Mount]]:
        yield prefix, mount
        for child in mount.children.values():
            yield from self._mounts(child, f"{prefix}\\{child.name}")

    def space(self) -> tuple[int, int]:
        """Clusters of 4 KB: (all, free) of the host's file system, of ``/`` when the drive has no folder."""
        info = os.statvfs(self._root.host or os.sep)
        return info.f_blocks * info.f_frsize // 4096, info.f_bavail * info.f_frsize // 4096

    def find(self, names: list[str]) -> Entry:
        """Walk; STATUS_OBJECT_NAME_NOT_FOUND for the last component, _PATH_NOT_FOUND for an earlier one."""
        here = self._entry("", self._root.host, self._root)
        for position, name in enumerate(names):
            step = self._step(here, name) if here.is_directory else None
            if step is None:
                last = position == len(names) - 1 and here.is_directory
                raise NtError(STATUS_OBJECT_NAME_NOT_FOUND if last else STATUS_OBJECT_PATH_NOT_FOUND)
            here = step
        return here

    def list(self, entry: Entry) -> list[Entry]:
        """What is in a folder, mounts first."""
        names = [child.name for child in entry.mount.children.values()] if entry.mount is not None else []
        if entry.host is not None:
            names += sorted(os.listdir(entry.host))
        steps = {name.upper(): self._step(entry, name) for name in reversed(names)}
        return [step for step in reversed(steps.values()) if step is not None]

    def _entry(self, path: str, host: str | None, mount: _Mount | None) -> Entry:
        info = None
        if host is not None:
            try:
                info = os.stat(host, follow_symlinks=False)
            except OSError:
                host = None
        return Entry(path or "\\", host, info, mount)

    def _step(self, here: Entry, name: str) -> Entry | None:
        """One component further, or None."""
        base = "" if here.path == "\\" else here.path
        mount = here.mount.children.get(name.upper()) if here.mount is not None else None
        host = self._host_child(here.host, name) if here.host is not None else None
        if mount is not None:
            return self._entry(f"{base}\\{mount.name}", mount.host or host, mount)
        if host is None:
            return None
        found = self._entry(f"{base}\\{os.path.basename(host)}", host, None)
        kind = found.info.st_mode if found.info is not None else 0
        return found if stat.S_ISDIR(kind) or stat.S_ISREG(kind) else None

    @staticmethod
    def _host_child(folder: str, name: str) -> str | None:
        """The host path of a name in a folder: exact, then whatever differs only in case."""
        exact = os.path.join(folder, name)
        if os.path.lexists(exact):
            return exact
        wanted = name.upper()
        try:
            names = sorted(os.listdir(folder))
        except OSError:
            return None
        return next((os.path.join(folder, one) for one in names if one.upper() == wanted), None)


def open_host(entry: Entry) -> int:
    """A host descriptor for reading a file; never through a symbolic link."""
    if entry.host is None:
        raise NtError(STATUS_ACCESS_DENIED)
    try:
        return os.open(entry.host, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        raise NtError(STATUS_ACCESS_DENIED) from None

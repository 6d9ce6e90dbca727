"""The machine folder: what one virtual computer keeps from run to run.

    DIR/c/            drive C:, unless another folder was given for it
    DIR/registry.db   the registry
    DIR/settings      what was said at set-up: a line "name=value" each
    DIR/*.kept        what can be found out again

A folder is made on first use; one without a path is temporary, made when
something asks for it and removed at the end.  Several kernels may use a folder at
the same time: making it is safe against that, and nothing here is ever replaced.
"""

from __future__ import annotations

import marshal
import os
import stat
from contextlib import suppress

from ring3k.abi.version import Version
from ring3k.typed import Any

MADE = 0o700  # what a guest writes is its owner's
SKELETON = (
    "{windows}\\System32\\config",
    "{windows}\\System32\\drivers",
    "{windows}\\System",
    "{windows}\\Temp",
    "Documents and Settings\\All Users",
    "Program Files\\Common Files",
    "Temp",
)
LEVEL_OF_VISTA = 60
USER = "user"  # who uses a machine, since Windows has such: not to be told what he is called on the host
SKELETON_6 = (
    "{windows}\\fonts",
    "{windows}\\globalization\\sorting",
    "{windows}\\help",
    "{windows}\\inf",
    "{windows}\\logs",
    "{windows}\\system",
    "{windows}\\system32\\catroot",
    "{windows}\\system32\\config",
    "{windows}\\system32\\drivers\\etc",
    "{windows}\\system32\\mui",
    "{windows}\\system32\\spool\\drivers\\color",
    "{windows}\\system32\\spool\\printers",
    "{windows}\\system32\\tasks",
    "{windows}\\system32\\wbem",
    "{windows}\\tasks",
    "{windows}\\temp",
    "Program Files\\Common Files\\System",
    "ProgramData\\Microsoft\\Windows\\Start Menu\\Programs\\Startup",
    "ProgramData\\Microsoft\\Windows\\Templates",
    "users\\Public\\Desktop",
    "users\\Public\\Documents",
    "users\\Public\\Downloads",
    "users\\Public\\Music",
    "users\\Public\\Pictures",
    "users\\Public\\Videos",
    "users\\SYSTEM",  # LocalSystem's, as GetUserProfileDirectory tells it
    "{profile}\\AppData\\Local\\Microsoft\\Windows",
    "{profile}\\AppData\\Local\\Temp",
    "{profile}\\AppData\\LocalLow",
    "{profile}\\AppData\\Roaming\\Microsoft\\Windows\\Recent",
    "{profile}\\AppData\\Roaming\\Microsoft\\Windows\\SendTo",
    "{profile}\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\Startup",
    "{profile}\\AppData\\Roaming\\Microsoft\\Windows\\Templates",
    "{profile}\\Desktop",
    "{profile}\\Documents",
    "{profile}\\Downloads",
    "{profile}\\Favorites",
    "{profile}\\Music",
    "{profile}\\Pictures",
    "{profile}\\Videos",
)


def default_path(abi: str) -> str:
    """Where the command line keeps its machine of a version of Windows: below XDG_DATA_HOME."""
    data = os.environ.get("XDG_DATA_HOME", "")
    if not os.path.isabs(data):
        data = os.path.join(os.path.expanduser("~"), ".local", "share")
    return os.path.join(data, "ring3k", abi)


def cache_path() -> str:
    """Where the user's programs keep what can be made or fetched again: below XDG_CACHE_HOME."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(cache):
        cache = os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(cache, "ring3k")


class MachineFolder:
    """One such folder.  OSError when the host does not let us make it, or lets us not write there."""

    def __init__(self, path: str | None = None, *, makes: bool = True) -> None:
        """``makes``: whether what is missing may be made now; OSError for what is missing otherwise."""
        self._given = os.path.abspath(path) if path is not None else None
        self.makes = makes
        self._path: str | None = None

    @property
    def temporary(self) -> bool:
        return self._given is None

    @property
    def path(self) -> str:
        """The folder, which exists from now on."""
        if self._path is None:
            if self._given is not None:
                if self.makes:
                    os.makedirs(self._given, MADE, exist_ok=True)
                self._path = self._given
            else:
                self._path = new_temporary()
        return self._path

    @property
    def registry(self) -> str:
        """Where the registry is kept; the file need not exist."""
        return os.path.join(self.path, "registry.db")

    @property
    def keeps_registry(self) -> bool:
        """Whether there is a file for it: a temporary machine has one only if it was set up with one."""
        return not self.temporary or (self._path is not None and os.path.exists(self.registry))

    @property
    def settings(self) -> dict[str, str]:
        """What was said at set-up; nothing without."""
        if self.temporary:
            return {}
        try:
            with open(
                os.path.join(self.path, "settings"), encoding="utf-8", errors="surrogateescape"
            ) as file:
                pairs = [line.rstrip("\n").partition("=") for line in file]
        except OSError:
            return {}
        return {name: value for name, equals, value in pairs if equals}

    def set(self, **values: str | None) -> None:
        """Change settings; None takes one away."""
        kept = {**self.settings, **values}
        own = os.path.join(self.path, f"settings.{os.getpid()}")
        with open(own, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.writelines(f"{name}={value}\n" for name, value in kept.items() if value is not None)
        os.replace(own, os.path.join(self.path, "settings"))

    def kept(self, name: str) -> Any:
        """What was once found out and kept; None if it was not, or is damaged.  It is for a kernel's own."""
        if self.temporary:
            return None
        try:
            with open(os.path.join(self.path, f"{name}.kept"), "rb") as file:
                return marshal.loads(file.read())  # noqa: S302  # who can write here owns the machine
        except (OSError, EOFError, TypeError, ValueError):
            return None

    def keep(self, name: str, value: Any) -> None:
        """Keep what would take a while to find out again (numbers, text, tuples and so on), if we can."""
        if self.temporary or not self.makes:
            return
        place = os.path.join(self.path, f"{name}.kept")
        own = f"{place}.{os.getpid()}"
        with suppress(OSError):
            with open(own, "xb") as file:
                marshal.dump(value, file)
            os.replace(own, place)

    def drive_c(self, version: Version) -> str:
        """The folder that is drive C:, with what every Windows of this version has."""
        drive = os.path.join(self.path, "c")
        if self.makes:
            make_skeleton(drive, version)
        elif not os.path.isdir(drive):
            raise FileNotFoundError(drive)
        return drive

    def close(self) -> None:
        """Remove a temporary folder.  May be called twice."""
        if self._given is None and self._path is not None:
            remove_tree(self._path)
            self._path = None


def make_skeleton(drive: str, version: Version) -> None:
    """The folders that programs expect on drive C:."""
    windows = version.system_root.partition("\\")[2]
    for path in SKELETON if version.level < LEVEL_OF_VISTA else SKELETON_6:  # whatever it says it is
        host = os.path.join(drive, *path.format(windows=windows, profile=f"users\\{USER}").split("\\"))
        if not os.path.isdir(host):
            os.makedirs(host, MADE, exist_ok=True)


def new_temporary() -> str:
    """A new folder of our own below the host's temporary folder (``tempfile`` costs a start too much)."""
    base = os.environ.get("TMPDIR") or "/tmp"  # noqa: S108
    while True:
        path = os.path.join(base, f"ring3k-{os.urandom(8).hex()}")
        with suppress(FileExistsError):
            os.mkdir(path, MADE)
            return path


def remove_tree(path: str) -> None:
    """Remove a folder and what is in it; links are removed, not followed.  What cannot go stays.

    A guest may nest folders deeper than recursion or descriptors reach: what lies in a
    folder is moved up before the folder goes.
    """
    with suppress(OSError):
        root = _open_folder(path, None)
        moved = 0
        try:
            while names := os.listdir(root):
                before = moved, len(names)
                for name in names:
                    moved = _remove(name, root, moved)
                if (moved, len(os.listdir(root))) == before:
                    break
        finally:
            os.close(root)
        os.rmdir(path)


def _remove(name: str, root: int, moved: int) -> int:
    """Remove one entry; a folder's own folders come to lie in ``root``, numbered from ``moved``."""
    with suppress(OSError):
        if not _is_folder(name, root):
            os.unlink(name, dir_fd=root)
            return moved
        folder = _open_folder(name, root)
        try:
            for below in os.listdir(folder):
                if _is_folder(below, folder):
                    moved += 1
                    os.rename(below, f".removed-{moved}", src_dir_fd=folder, dst_dir_fd=root)
                else:
                    os.unlink(below, dir_fd=folder)
        finally:
            os.close(folder)
        os.rmdir(name, dir_fd=root)
    return moved


def _is_folder(name: str, folder: int) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)


def _open_folder(name: str, folder: int | None) -> int:
    found = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    os.fchmod(found, stat.S_IRWXU)
    return found

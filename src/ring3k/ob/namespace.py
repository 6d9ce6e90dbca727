"""The object namespace: directories, symbolic links, and how a path is walked.

A name with a device (or anything else with ``parse``) in its middle hands the
rest of the path to that object.  Errors follow NT: an empty component is a bad
name, a missing last component a missing name, a missing earlier one a missing
path, and a component that is neither directory nor parser a type mismatch.
"""

from __future__ import annotations

from collections.abc import Iterator

from ring3k.abi.access import DIRECTORY_TRAVERSE
from ring3k.abi.status import (
    STATUS_NAME_TOO_LONG,
    STATUS_OBJECT_NAME_COLLISION,
    STATUS_OBJECT_NAME_INVALID,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_OBJECT_PATH_NOT_FOUND,
    STATUS_OBJECT_PATH_SYNTAX_BAD,
    STATUS_OBJECT_TYPE_MISMATCH,
    NtError,
)
from ring3k.abi.strings import OBJ_CASE_INSENSITIVE, OBJ_OPENLINK
from ring3k.abi.upcase import upcase
from ring3k.ke.pool import NAME_COST
from ring3k.ob.object import Object
from ring3k.ob.security import SecurityMonitor
from ring3k.typed import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread

MAX_REPARSE = 32
MAX_DEPTH = 256
MOST_DRIVES = 64  # letters that are remembered


class Directory(Object):
    """Names of objects; each name holds a reference."""

    type_name = "Directory"
    is_container = True
    case_blind = True

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self._names: dict[str, list[Object]] = {}
        self.version = 0  # how often that has changed
        self._listing: list[Object] | None = None  # until the next change

    def find(self, name: str, ignore_case: bool) -> Object | None:
        for one in self._names.get(upcase(name), ()):
            if ignore_case or one.name == name:
                return one
        return None

    def add(self, name: str, object_: Object) -> None:
        self.kernel.pool.charge(len(name) * NAME_COST)
        object_.name = name
        object_.directory = self
        self._names.setdefault(upcase(name), []).append(object_)
        self.version += 1
        self._listing = None
        object_.reference()
        self.reference()

    def remove(self, object_: Object) -> None:
        """Take a name out; the object keeps its name text, as NtQueryObject still shows none."""
        same = self._names[upcase(object_.name)]
        same.remove(object_)
        if not same:
            del self._names[upcase(object_.name)]
        self.version += 1
        self._listing = None
        self.kernel.pool.release(len(object_.name) * NAME_COST)
        object_.directory = None
        object_.name = ""
        object_.dereference()
        self.dereference()

    def __iter__(self) -> Iterator[Object]:
        return iter(self.listing)

    @property
    def listing(self) -> list[Object]:
        """Everything in it, in the order of its first names; made once for many calls that list."""
        if self._listing is None:
            self._listing = [one for same in self._names.values() for one in same]
        return self._listing

    def full_name(self) -> str:
        return "\\" if self.directory is None and self.permanent and not self.name else super().full_name()


class SymbolicLink(Object):
    """A name that stands for a path."""

    type_name = "SymbolicLink"
    case_blind = True

    def __init__(self, kernel: Kernel, target: str, maximum: int = 0) -> None:
        kernel.pool.charge(len(target) * NAME_COST)
        try:
            super().__init__(kernel)
        except NtError:
            kernel.pool.release(len(target) * NAME_COST)
            raise
        self.target = target
        self.maximum = maximum or len(target) * 2

    def on_delete(self) -> None:
        self.kernel.pool.release(len(self.target) * NAME_COST)


class Found(NamedTuple):
    """Where a walk ended: an object, or the directory and name where one could be put."""

    object: Any
    directory: Directory | None = None
    name: str = ""


class Drive(NamedTuple):
    """What a drive letter stands for, as long as the directories on the way there are those versions."""

    device: Any
    way: tuple[tuple[Directory, int], ...]


class Namespace:
    """The tree below one root directory."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.root = Directory(kernel)
        self.unasked = 0  # OBJ_CASE_INSENSITIVE where XP's ObCaseInsensitive adds it, for some types
        self.unasked_of_others = 0  # the same, where only those of some types have exact names
        self._drives: dict[tuple[Object | None, str, bool], Drive] = {}
        self.root.make_permanent()
        self.root.reference()

    def walk(
        self,
        t: KThread | None,
        path: str,
        root: Object | None,
        attributes: int,
        context: Any = None,
    ) -> Found:
        """Follow a path; ``context`` is passed to the ``parse`` of an object in its way."""
        current: Object
        if root is not None:
            if not isinstance(root, Directory):
                parse = getattr(root, "parse", None)
                if parse is None:
                    raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
                return Found(parse(t, path, attributes, context))
            if path.startswith("\\"):
                raise NtError(STATUS_OBJECT_PATH_SYNTAX_BAD)
            current, rest = root, path
        else:
            if not path.startswith("\\"):
                raise NtError(STATUS_OBJECT_PATH_SYNTAX_BAD)
            if path[5:7] == ":\\" and path.startswith("\\??\\"):
                device = self._drive(t, path[:6], bool(attributes & OBJ_CASE_INSENSITIVE))
                if device is not None:
                    return Found(device.parse(t, path[6:], attributes, context))
            current, rest = self._top(t, path[1:])
            if not rest:
                return Found(self.root)
        ignore_case = bool(attributes & OBJ_CASE_INSENSITIVE)
        monitor = t.kernel.part(SecurityMonitor) if t is not None else None
        free: bool | None = None  # whether the caller may pass through all directories
        links = 0
        for _ in range(MAX_DEPTH):
            if not isinstance(current, Directory):
                return Found(current.parse(t, rest, attributes, context))  # type: ignore[attr-defined]
            if current.security is not None and monitor is not None and t is not None:
                if free is None:
                    free = monitor.bypasses_traverse(t)
                if not free:
                    monitor.check(t, current, DIRECTORY_TRAVERSE)
            name, slash, after = rest.partition("\\")
            if not name:
                raise NtError(STATUS_OBJECT_NAME_INVALID)
            found = current.find(name, ignore_case)
            if found is None:
                if slash:
                    raise NtError(STATUS_OBJECT_PATH_NOT_FOUND)
                return Found(None, current, name)
            if isinstance(found, SymbolicLink) and (slash or not attributes & OBJ_OPENLINK):
                links += 1
                if links > MAX_REPARSE:
                    raise NtError(STATUS_OBJECT_NAME_INVALID)
                rest = found.target + slash + after
                if len(rest) > 0x7FFF:
                    raise NtError(STATUS_NAME_TOO_LONG)
                if not rest.startswith("\\"):
                    raise NtError(STATUS_OBJECT_PATH_SYNTAX_BAD)
                current, rest = self._top(t, rest[1:])
                if not rest:
                    return Found(self.root)
                continue
            if not isinstance(found, Directory):
                if hasattr(found, "parse"):
                    return Found(found.parse(t, slash + after, attributes, context))
                if slash:
                    raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
                return Found(found)
            if not slash:
                return Found(found)
            current, rest = found, after
        raise NtError(STATUS_OBJECT_NAME_INVALID)

    def _drive(self, t: KThread | None, path: str, ignore_case: bool) -> Any:
        """The device that ``\\??\\X:`` means, as ``walk`` finds it; None where a walk has more to judge."""
        if t is not None and not t.kernel.part(SecurityMonitor).bypasses_traverse(t):
            return None
        key = (t.process.device_map if t is not None else None, path, ignore_case)
        drive = self._drives.get(key)
        if drive is not None:
            for directory, version in drive.way:
                if directory.version != version:
                    break
            else:
                return drive.device
        drive = self._look_for_drive(t, path, ignore_case)
        if drive is None:
            return None
        if len(self._drives) >= MOST_DRIVES:
            self._drives.clear()
        self._drives[key] = drive
        return drive.device

    def _look_for_drive(self, t: KThread | None, path: str, ignore_case: bool) -> Drive | None:
        way: list[tuple[Directory, int]] = []
        current: Object | None
        current, rest = self._top(t, path[1:])
        while isinstance(current, Directory) and len(way) < MAX_REPARSE:
            way.append((current, current.version))
            name, _, rest = rest.partition("\\")
            current = current.find(name, ignore_case)
            if isinstance(current, SymbolicLink):
                if not current.target.startswith("\\"):
                    return None
                current, rest = self._top(t, f"{current.target}\\{rest}".rstrip("\\")[1:])
            elif not rest:
                is_device = not isinstance(current, Directory) and hasattr(current, "parse")
                return Drive(current, tuple(way)) if is_device else None
        return None

    def _top(self, t: KThread | None, rest: str) -> tuple[Object, str]:
        """Where an absolute path begins: at the root, or in a device map of the process's own."""
        if t is not None and t.process.device_map is not None and rest[:3] == "??\\" and len(rest) > 3:
            return t.process.device_map, rest[3:]
        return self.root, rest

    # -- for the kernel itself ---------------------------------------------------------
    def insert(self, path: str, object_: Object) -> None:
        """Give a kernel-made object its permanent name; missing directories are an error of ours."""
        found = self.walk(None, path, None, OBJ_CASE_INSENSITIVE | OBJ_OPENLINK)
        if found.object is not None or found.directory is None:
            raise NtError(STATUS_OBJECT_NAME_COLLISION)
        object_.make_permanent()
        found.directory.add(found.name, object_)

    def resolve(self, path: str) -> Any:
        """The object at a path; STATUS_OBJECT_NAME_NOT_FOUND."""
        found = self.walk(None, path, None, OBJ_CASE_INSENSITIVE)
        if found.object is None:
            raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
        return found.object

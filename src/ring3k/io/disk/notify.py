"""Change notification: who watches a folder is told what happens in it, or below it.

The first call for an opening says what is watched, and how much may be kept between
calls; later ones only wait.  What does not fit is told as STATUS_NOTIFY_ENUM_DIR: look
for yourself.  The old name of something renamed waits for the new one, so that both come
together.  Changes that this kernel makes are told; other programs of the host make
theirs in silence.
"""

from __future__ import annotations

from collections import deque

from ring3k.abi.status import (
    STATUS_DELETE_PENDING,
    STATUS_NOTIFY_CLEANUP,
    STATUS_NOTIFY_ENUM_DIR,
    GuestFault,
    NtError,
)
from ring3k.abi.structs.io import FILE_NOTIFY_CHANGE_DIR_NAME, FILE_NOTIFY_CHANGE_FILE_NAME
from ring3k.abi.upcase import upcase
from ring3k.io.disk.names import SEPARATOR
from ring3k.io.request import leave
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.io.disk.directory import DiskFolder
    from ring3k.io.request import Request
    from ring3k.ke.kernel import Kernel

ADDED, REMOVED, MODIFIED, RENAMED_OLD, RENAMED_NEW, ADDED_STREAM, REMOVED_STREAM, MODIFIED_STREAM = range(
    1, 9
)
WATCH_COST = 512


class Watch:
    """What one opening of a folder watches."""

    def __init__(self, notifier: Notifier, file: DiskFolder, what: int, tree: bool, room: int) -> None:
        notifier.kernel.pool.charge(WATCH_COST + room)
        self.notifier = notifier
        self.file = file
        self.what = what
        self.tree = tree
        self.room = room
        self.path = upcase(file.path)
        self._records: list[tuple[int, bytes]] = []
        self._size = 0
        self._lost = False
        self._requests: deque[Request] = deque()

    def wait(self, request: Request) -> int:
        """Until something has happened, or at once if it has."""
        if self._records or self._lost:
            status, data = self._take(request.length)
            request.buffer.write(data)
            request.information = len(data)
            return status
        status = request.pend(self._cancelled)
        self._requests.append(request)
        return status

    def _cancelled(self, request: Request) -> None:
        leave(self._requests, request)

    def note(self, action: int, name: str) -> None:
        """Something has happened."""
        raw = name.encode("utf-16-le", "surrogatepass")
        size = (12 + len(raw) + 3) & ~3
        if self._lost or self._size + size > self.room:
            self._lost, self._size = True, 0
            self._records.clear()
        else:
            self._records.append((action, raw))
            self._size += size
        if action != RENAMED_OLD and self._requests:
            request = self._requests.popleft()
            status, data = self._take(request.length)
            try:
                request.buffer.write(data)
            except GuestFault as fault:
                status, data = fault.status, b""
            request.complete(status, len(data))

    def _take(self, length: int) -> tuple[int, bytes]:
        """What is known, for a buffer of so many bytes."""
        records, self._records = self._records, []
        lost, self._lost, self._size = self._lost, False, 0
        out = bytearray()
        last = 0
        for action, raw in records:
            start = (len(out) + 3) & ~3
            if out:
                out += bytes(start - len(out))
                out[last : last + 4] = (start - last).to_bytes(4, "little")
            last = start
            out += bytes(4) + action.to_bytes(4, "little") + len(raw).to_bytes(4, "little") + raw
        if lost or not out or len(out) > length:
            return STATUS_NOTIFY_ENUM_DIR, b""
        return 0, bytes(out)

    def end(self, status: int) -> None:
        """Nobody will hear any more; who waits gets this status."""
        while self._requests:
            self._requests.popleft().complete(status)

    def close(self) -> None:
        self.end(STATUS_NOTIFY_CLEANUP)
        self.notifier.remove(self)
        self.notifier.kernel.pool.release(WATCH_COST + self.room)


class Notifier:
    """Who watches what on a volume."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self._watches: dict[str, dict[Watch, None]] = {}  # by path, in upper case
        self._trees = 0

    def watch(self, file: DiskFolder, what: int, tree: bool, room: int) -> Watch:
        """STATUS_INSUFFICIENT_RESOURCES."""
        made = Watch(self, file, what, tree, room)
        self._watches.setdefault(made.path, {})[made] = None
        self._trees += tree
        return made

    def remove(self, watch: Watch) -> None:
        same = self._watches[watch.path]
        del same[watch]
        if not same:
            del self._watches[watch.path]
        self._trees -= watch.tree

    def renamed(self, watch: Watch) -> None:
        """Its folder is called otherwise now."""
        self.remove(watch)
        watch.path = upcase(watch.file.path)
        self._watches.setdefault(watch.path, {})[watch] = None
        self._trees += watch.tree

    def report(self, folder: str, name: str, action: int, directory: bool, what: int = 0) -> None:
        """Tell; ``what``: bits of a filter, by default those of names."""
        if not self._watches:
            return
        bits = what or (FILE_NOTIFY_CHANGE_DIR_NAME if directory else FILE_NOTIFY_CHANGE_FILE_NAME)
        here = upcase(folder)
        for watch in tuple(self._watches.get(here, ())):
            if watch.what & bits:
                watch.note(action, name)
        if not self._trees:
            return
        below = name
        while here != SEPARATOR:
            here, _, last = here.rpartition(SEPARATOR)
            here = here or SEPARATOR
            below = f"{folder[len(folder) - len(last) :]}{SEPARATOR}{below}"
            folder = folder[: len(folder) - len(last) - 1]
            for watch in tuple(self._watches.get(here, ())):
                if watch.tree and watch.what & bits:
                    watch.note(action, below)

    def gone(self, path: str) -> None:
        """A folder is about to be deleted: who watches it waits in vain."""
        for watch in tuple(self._watches.get(upcase(path), ())):
            watch.end(STATUS_DELETE_PENDING)


def start_watch(file: DiskFolder, request: Request) -> int:
    """NtNotifyChangeDirectoryFile; ``request.code``: the filter, ``request.input``: whether the tree."""
    if file.doomed:
        raise NtError(STATUS_DELETE_PENDING)
    if file.watch is None:
        (tree,) = request.input
        file.watch = file.device.notifier.watch(file, request.code, bool(tree), request.length)
    return file.watch.wait(request)

"""Byte-range locks.

An owner is a file object, a process and a key.  An exclusive lock lets nobody else
read or write its range; a shared one lets nobody write it, its owner included.
Exclusive locks overlap nothing, except that an owner may lay shared ones over
his own; shared locks overlap shared ones.  A lock of no bytes is in nobody's way,
unless it lies inside an exclusive one.

Who may wait does so in turn: whenever a lock goes, the queue is looked through from
its front.  Locks go with the handle that took them.

A file may have a hundred thousand of them, so they lie in lists by start, one for all
that are about as long: what can reach a range is then next to it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from ring3k.abi.status import (
    STATUS_FILE_LOCK_CONFLICT,
    STATUS_INVALID_LOCK_RANGE,
    STATUS_LOCK_NOT_GRANTED,
    STATUS_RANGE_NOT_LOCKED,
    NtError,
)
from ring3k.typed import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ring3k.io.request import Request
    from ring3k.ke.pool import Pool

LOCK_COST = 256  # of pool
LAST = (1 << 64) - 1


class Lock(NamedTuple):
    start: int
    end: int  # the first byte behind it
    exclusive: bool
    file: Any
    process: Any
    key: int

    def is_owned(self, file: Any, process: Any, key: int) -> bool:
        return self.file is file and self.process is process and self.key == key


class _Shelf:
    """Locks of about one length, by start; what starts at the same byte, in the order of taking."""

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.locks: list[Lock] = []

    def add(self, lock: Lock) -> None:
        place = bisect_right(self.starts, lock.start)
        self.starts.insert(place, lock.start)
        self.locks.insert(place, lock)

    def remove(self, lock: Lock) -> None:
        place = bisect_left(self.starts, lock.start)
        while self.locks[place] is not lock:
            place += 1
        del self.starts[place], self.locks[place]

    def keep_others(self, file: Any) -> None:
        self.locks = [lock for lock in self.locks if lock.file is not file]
        self.starts = [lock.start for lock in self.locks]


class Locks:
    """The locks on one file."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._shelves: dict[int, _Shelf] = {}  # by the bits of a length
        self._of: dict[Any, dict[int, Lock]] = {}  # those of each file object
        self._waiting: dict[Request, Lock] = {}

    def __bool__(self) -> bool:
        return bool(self._of or self._waiting)

    def _over(self, start: int, end: int) -> Iterator[Lock]:
        """What overlaps a range; an empty one overlaps what it lies inside of."""
        for bits, shelf in self._shelves.items():
            starts, locks = shelf.starts, shelf.locks
            for place in range(bisect_right(starts, start - (1 << bits)), bisect_left(starts, end)):
                lock = locks[place]
                if start < lock.end:
                    yield lock

    # -- taking and giving ---------------------------------------------------------------
    def take(self, lock: Lock) -> bool:
        """Take it if nothing is in its way.  STATUS_INVALID_LOCK_RANGE past the end of all files."""
        if lock.end > LAST + 1 or lock.start < 0:
            raise NtError(STATUS_INVALID_LOCK_RANGE)
        for other in self._over(lock.start, lock.end):
            if lock.exclusive or (other.exclusive and not other.is_owned(lock.file, lock.process, lock.key)):
                return False
        self._pool.charge(LOCK_COST)
        bits = (lock.end - lock.start).bit_length()
        shelf = self._shelves.get(bits)
        if shelf is None:
            shelf = self._shelves[bits] = _Shelf()
        shelf.add(lock)
        self._of.setdefault(lock.file, {})[id(lock)] = lock
        return True

    def wait(self, lock: Lock, request: Request) -> int:
        """Take it when that is possible: STATUS_PENDING."""
        status = request.pend(self._leave_queue)
        self._waiting[request] = lock
        return status

    def _leave_queue(self, request: Request) -> None:
        self._waiting.pop(request, None)

    def give(self, start: int, end: int, file: Any, process: Any, key: int) -> None:
        """STATUS_RANGE_NOT_LOCKED unless exactly that was taken."""
        shelf = self._shelves.get((end - start).bit_length())
        if shelf is not None and file in self._of:
            for place in range(bisect_left(shelf.starts, start), bisect_right(shelf.starts, start)):
                lock = shelf.locks[place]
                if lock.end == end and lock.is_owned(file, process, key):
                    self._drop(lock)
                    self._look_through()
                    return
        raise NtError(STATUS_RANGE_NOT_LOCKED)

    def _drop(self, lock: Lock) -> None:
        self._shelves[(lock.end - lock.start).bit_length()].remove(lock)
        left = self._of[lock.file]
        del left[id(lock)]
        if not left:
            del self._of[lock.file]
        self._pool.release(LOCK_COST)

    def give_all(self, file: Any, process: Any = None) -> int:
        """Give those of a file object back, or those that one process took; how many they were."""
        held = self._of.get(file, {})
        gone = [lock for lock in held.values() if process is None or lock.process is process]
        if len(gone) == len(held) > 64:  # one by one would move the others too often
            for shelf in self._shelves.values():
                shelf.keep_others(file)
            del self._of[file]
            self._pool.release(LOCK_COST * len(gone))
        else:
            for lock in gone:
                self._drop(lock)
        self._look_through()
        return len(gone)

    def _look_through(self) -> None:
        """Who waits and can go on, goes on."""
        for request, lock in tuple(self._waiting.items()):
            try:
                taken = self.take(lock)
                status = 0 if taken else STATUS_LOCK_NOT_GRANTED
            except NtError as error:
                taken, status = True, error.status
            if taken:
                self._leave_queue(request)
                request.complete(status)

    # -- who may read and write -----------------------------------------------------------
    def check_read(self, start: int, length: int, file: Any, process: Any, key: int) -> None:
        """STATUS_FILE_LOCK_CONFLICT."""
        for lock in self._over(start, start + length) if length else ():
            if lock.exclusive and not lock.is_owned(file, process, key):
                raise NtError(STATUS_FILE_LOCK_CONFLICT)

    def check_write(self, start: int, length: int, file: Any, process: Any, key: int) -> None:
        """STATUS_FILE_LOCK_CONFLICT."""
        for lock in self._over(start, start + length) if length else ():
            if not (lock.exclusive and lock.is_owned(file, process, key)):
                raise NtError(STATUS_FILE_LOCK_CONFLICT)

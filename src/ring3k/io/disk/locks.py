"""Byte-range locks.

An owner is a file object, a process and a key.  An exclusive lock lets nobody else
read or write its range; a shared one lets nobody write it, its owner included.
Exclusive locks overlap nothing, except that an owner may lay shared ones over
his own; shared locks overlap shared ones.  A lock of no bytes is in nobody's way,
unless it lies inside an exclusive one.

Who may wait does so in turn: whenever a lock goes, the queue is looked through from
its front.  Locks go with the handle that took them.
"""

from __future__ import annotations

from collections.abc import Callable

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

    def overlaps(self, start: int, end: int) -> bool:
        """An empty range overlaps what it lies inside of."""
        return self.start < end and start < self.end

    def is_owned(self, file: Any, process: Any, key: int) -> bool:
        return self.file is file and self.process is process and self.key == key


class Locks:
    """The locks on one file."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._locks: list[Lock] = []
        self._waiting: list[tuple[Lock, Request]] = []

    def __bool__(self) -> bool:
        return bool(self._locks or self._waiting)

    # -- taking and giving ---------------------------------------------------------------
    def take(self, lock: Lock) -> bool:
        """Take it if nothing is in its way.  STATUS_INVALID_LOCK_RANGE past the end of all files."""
        if lock.end > LAST + 1 or lock.start < 0:
            raise NtError(STATUS_INVALID_LOCK_RANGE)
        for other in self._locks:
            if not other.overlaps(lock.start, lock.end):
                continue
            if lock.exclusive:
                return False
            if other.exclusive and not other.is_owned(lock.file, lock.process, lock.key):
                return False
        self._pool.charge(LOCK_COST)
        self._locks.append(lock)
        return True

    def wait(self, lock: Lock, request: Request) -> int:
        """Take it when that is possible: STATUS_PENDING."""
        status = request.pend(self._leave_queue)
        self._waiting.append((lock, request))
        return status

    def _leave_queue(self, request: Request) -> None:
        self._waiting = [one for one in self._waiting if one[1] is not request]

    def give(self, start: int, end: int, file: Any, process: Any, key: int) -> None:
        """STATUS_RANGE_NOT_LOCKED unless exactly that was taken."""
        for place, lock in enumerate(self._locks):
            if lock.start == start and lock.end == end and lock.is_owned(file, process, key):
                del self._locks[place]
                self._pool.release(LOCK_COST)
                self._look_through()
                return
        raise NtError(STATUS_RANGE_NOT_LOCKED)

    def give_all(self, match: Callable[[Lock], bool]) -> int:
        """Give those back that match; how many they were."""
        kept = [lock for lock in self._locks if not match(lock)]
        gone = len(self._locks) - len(kept)
        if gone:
            self._locks = kept
            self._pool.release(LOCK_COST * gone)
        self._look_through()
        return gone

    def _look_through(self) -> None:
        """Who waits and can go on, goes on."""
        for lock, request in tuple(self._waiting):
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
        end = start + length
        for lock in self._locks:
            if (
                lock.exclusive
                and length
                and lock.overlaps(start, end)
                and not lock.is_owned(file, process, key)
            ):
                raise NtError(STATUS_FILE_LOCK_CONFLICT)

    def check_write(self, start: int, length: int, file: Any, process: Any, key: int) -> None:
        """STATUS_FILE_LOCK_CONFLICT."""
        end = start + length
        for lock in self._locks:
            if (
                length
                and lock.overlaps(start, end)
                and not (lock.exclusive and lock.is_owned(file, process, key))
            ):
                raise NtError(STATUS_FILE_LOCK_CONFLICT)

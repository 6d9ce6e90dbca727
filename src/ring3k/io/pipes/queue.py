"""The data of a pipe in one direction: what was written and not read, or who waits to read.

There are never both.  A write first serves the reads that wait; what is left is
queued.  It counts against the quota: a write that does not fit stays pending
until enough was read before it.  A message is what one write wrote; in byte
mode its borders do not matter.  A flush waits among the writes until it is first.

NT oddities kept: an empty write to a pipe of messages is a message of its own, and ends a read
with nothing, one to a pipe of bytes does nothing; reads that wait use the quota up, too
(FilePipeLocalInformation tells).
"""

from __future__ import annotations

from collections import deque

from ring3k.abi.status import STATUS_BUFFER_OVERFLOW, STATUS_INSUFFICIENT_RESOURCES, GuestFault, NtError
from ring3k.io.request import leave
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.abi.types import OutBuffer
    from ring3k.io.request import Request
    from ring3k.ke.pool import Pool

WRITE_COST = 128  # of pool, beside the data


class Write:
    """A message, or what is left of it; a flush has no data and a request."""

    __slots__ = ("at", "charged", "data", "flush", "request", "writer")

    def __init__(self, data: bytes, at: int, request: Request | None = None, flush: bool = False) -> None:
        self.writer: Any = None  # the token of who wrote it, where that matters
        self.data = data
        self.at = at  # what has been read
        self.charged = 0  # of the quota, for the rest
        self.request = request  # pending: to be completed when all that is left is within the quota
        self.flush = flush

    @property
    def left(self) -> int:
        return len(self.data) - self.at


class DataQueue:
    """One direction of one pipe instance."""

    def __init__(self, pool: Pool, quota: int) -> None:
        self._pool = pool
        self.quota = quota
        self.used = 0  # of the quota
        self.bytes = 0  # written and not read
        self.writes: deque[Write] = deque()
        self.stalled: deque[Write] = deque()  # of those, what has not all its quota
        self.reads: deque[Request] = deque()
        self.writer: Any = None  # of what was read last

    # -- what there is ---------------------------------------------------------------
    @property
    def messages(self) -> int:
        return sum(not one.flush for one in self.writes)

    @property
    def wanted(self) -> int:
        """Bytes that waiting reads could take."""
        return sum(one.length for one in self.reads)

    @property
    def room(self) -> int:
        """What is left of the quota."""
        return max(self.quota - (self.wanted if self.reads else self.used), 0)

    # -- reading ---------------------------------------------------------------------
    def read(self, request: Request, by_message: bool) -> int:
        """Read what is there (there is something); the status.  Afterwards stalled writes may go on."""
        status, request.information = self.take(request.buffer, request.length, by_message)
        return status

    def take(self, buffer: OutBuffer, length: int, by_message: bool) -> tuple[int, int]:
        """The same without a request: the status, and how much came."""
        data, overflow = self.look(length, by_message)
        if data:
            buffer.write(data)
        self._consume(len(data), by_message, length)
        return STATUS_BUFFER_OVERFLOW if overflow else 0, len(data)

    def look(self, length: int, by_message: bool) -> tuple[bytes, bool]:
        """Up to ``length`` bytes from the front, and whether that is only part of the message."""
        first = self.writes[0]
        if by_message or first.left >= length or len(self.writes) == 1:
            end = first.at + min(first.left, length)
            data = first.data if end == len(first.data) and not first.at else first.data[first.at : end]
            return data, by_message and first.left > length
        parts: list[bytes] = []
        for one in self.writes:
            part = one.data[one.at : one.at + length]
            parts.append(part)
            length -= len(part)
            if not length:
                break
        return b"".join(parts), False

    def _consume(self, count: int, by_message: bool, asked: int) -> None:
        """So much was read: messages go, and whoever waited for the room."""
        writes = self.writes
        self.bytes -= count
        while writes:
            first = writes[0]
            if not first.flush:
                self.writer = first.writer
            step = min(first.left, count)
            first.at += step
            count -= step
            if first.left:
                self.used -= max(first.charged - first.left, 0)
                first.charged = min(first.charged, first.left)
                break
            self._remove(writes.popleft())
            if by_message or (not count and step == asked):
                break
            asked -= step
        self._go_on()

    def _remove(self, write: Write) -> None:
        """It has been read, or nobody will read it."""
        self.used -= write.charged
        self._pool.release(len(write.data) + WRITE_COST)
        request, write.request = write.request, None
        if request is not None:
            if not write.flush:
                self.stalled.remove(write)  # the first
            request.complete(0, len(write.data))

    def _go_on(self) -> None:
        """Room was made: charge it to writes that wait, in their order; flushes that are first are done."""
        writes = self.writes
        while writes and writes[0].flush:
            self._remove(writes.popleft())
        while self.stalled:
            one = self.stalled[0]
            grant = max(min(self.quota - self.used, one.left - one.charged), 0)
            one.charged += grant
            self.used += grant
            if one.charged < one.left:
                return
            self.stalled.popleft()
            request, one.request = one.request, None
            if request is not None:
                request.complete(0, len(one.data))

    def wait_to_read(self, request: Request) -> int:
        """Nothing is there: STATUS_PENDING."""
        status = request.pend(self._forget_read)
        self.reads.append(request)
        return status

    def _forget_read(self, request: Request) -> None:
        leave(self.reads, request)

    # -- writing ---------------------------------------------------------------------
    def check(self, length: int) -> None:
        """Whether so much could be kept; before it is copied."""
        if length > self._pool.limit - self._pool.used:
            raise NtError(STATUS_INSUFFICIENT_RESOURCES)

    def is_free(self, length: int) -> bool:
        """Whether a write of so much would surely not have to wait."""
        if self.reads:
            return length <= self.quota or length <= self.reads[0].length
        return self.used + length <= self.quota and not self.stalled

    def serve(self, data: bytes, by_message: bool) -> int:
        """Give what is written to reads that wait; how much they took of it, -1 if an empty message."""
        at, size, reads = 0, len(data), self.reads
        while reads:
            request = reads.popleft()
            part = data[at : at + request.length] if at or request.length < size else data
            status = STATUS_BUFFER_OVERFLOW if by_message and at + len(part) < size else 0
            try:
                if part:
                    request.buffer.write(part)
                at += len(part)
                request.complete(status, len(part))
            except GuestFault as fault:  # the reader took its buffer away
                at += len(part)
                request.complete(fault.status)
            if at == size:
                return at or -1
        return at

    def fits(self, length: int) -> int:
        """How much of a write would not have to wait."""
        if self.reads:
            return min(length, self.wanted + self.quota)
        return min(length, max(self.quota - self.used, 0))

    def keep(self, data: bytes, at: int, request: Request | None, writer: Any = None) -> int:
        """Queue what waiting reads did not take: success if it is within the quota, or STATUS_PENDING.

        Without a request it is queued whatever the quota.
        """
        self._pool.charge(len(data) + WRITE_COST)
        write = Write(data, at)
        write.writer = writer
        left = write.left
        write.charged = left if request is None else min(left, max(self.quota - self.used, 0))
        status = 0
        if request is not None and write.charged < left:
            try:
                status = request.pend(self._forget_write)
            except NtError:
                self._pool.release(len(data) + WRITE_COST)
                raise
            request.owner = write
            write.request = request
            self.stalled.append(write)
        self.used += write.charged
        self.bytes += left
        self.writes.append(write)
        return status

    def _forget_write(self, request: Request) -> None:
        write: Write = request.owner
        write.request = None
        if not write.flush:
            leave(self.stalled, write)
        leave(self.writes, write)
        self.bytes -= write.left
        self._remove(write)
        self._go_on()

    def flush(self, request: Request) -> int:
        """Wait until everything was read."""
        if not self.writes:
            return 0
        self._pool.charge(WRITE_COST)
        write = Write(b"", 0, request, flush=True)
        try:
            status = request.pend(self._forget_write)
        except NtError:
            self._pool.release(WRITE_COST)
            raise
        request.owner = write
        self.writes.append(write)
        return status

    # -- the end ---------------------------------------------------------------------
    def end_reads(self, status: int) -> None:
        """Nobody will write any more."""
        while self.reads:
            self.reads.popleft().complete(status)

    def clear(self, status: int) -> None:
        """Nobody will read any more: the data is gone, and whatever waits ends with ``status``."""
        self.end_reads(status)
        self.stalled.clear()
        while self.writes:
            write = self.writes.popleft()
            request, write.request = write.request, None
            self._remove(write)
            if request is not None:
                request.complete(status)
        self.used = self.bytes = 0
        self.writer = None

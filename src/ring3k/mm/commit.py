"""Commitment: how much memory a system has promised, and its limit.

Every committed private page, every page of a pagefile-backed section and every
page that may become private by copy-on-write is charged when it is promised,
so a page fault never fails for want of memory and a guest cannot fill the host.
Kept in bytes.

The limit is physical memory plus the paging files.  A paging file starts at its
minimum and is made larger when the limit is reached, up to its maximum.  Nothing
is ever written to one, as the host pages: what they hold is what they would hold
if physical memory were used first.
"""

from __future__ import annotations

import os

from ring3k.abi.status import (
    STATUS_COMMITMENT_LIMIT,
    STATUS_DISK_FULL,
    STATUS_INSUFFICIENT_RESOURCES,
    STATUS_INVALID_PARAMETER_2,
    STATUS_INVALID_PARAMETER_3,
    STATUS_TOO_MANY_PAGING_FILES,
    NtError,
)
from ring3k.typed import Any

DEFAULT_LIMIT = 2 << 30
DEFAULT_FILE = "\\??\\C:\\pagefile.sys"
MAX_FILES = 16
SMALLEST_FILE = 1 << 20  # bytes, as for 256 pages
FRAMES = 0x80000  # numbers of physical pages that a process may have: 2 GB
MAX_RANGES = 0x1FFE  # processes that have such
LARGEST_FILE = 0xFFFFF << 12  # bytes: page numbers in a paging file have 20 bits
_PAGE = 0x1000


class PagingFile:
    """Bytes of it: ``size`` now, between ``minimum`` and ``maximum``; ``peak`` were used."""

    def __init__(self, name: str, minimum: int, maximum: int) -> None:
        self.name = name  # NT path
        self.minimum = minimum
        self.maximum = maximum
        self.size = minimum
        self.used = 0
        self.peak = 0
        self.file: Any = None  # who keeps it open, if it was added by a program


def _host_memory() -> int:
    """What the host has, in bytes; swap space is its own reserve."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


class CommitAccount:
    """The commitment of one system: half of ``limit`` is physical memory, half the first paging file."""

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        half = limit // 2 & -_PAGE
        self.limit = limit
        self.physical = limit - half
        self.files = [PagingFile(DEFAULT_FILE, half, half)]
        self.used = 0
        self.peak = 0
        self._next_range = 1
        self._ranges: list[int] = []

    @property
    def room(self) -> int:
        """How much could be charged now."""
        return self.limit - self.used + sum(file.maximum - file.size for file in self.files)

    def charge(self, size: int) -> None:
        """Promise memory; STATUS_COMMITMENT_LIMIT."""
        used = self.used + size
        if used > self.limit:
            self._extend(used)
        self.used = used
        if used > self.peak:
            self.peak = used

    def release(self, size: int) -> None:
        self.used -= size

    # -- numbers of physical pages --------------------------------------------------------
    def take_frames(self) -> int:
        """The first of FRAMES numbers for one process; STATUS_INSUFFICIENT_RESOURCES."""
        if self._ranges:
            return self._ranges.pop()
        if self._next_range > MAX_RANGES:
            raise NtError(STATUS_INSUFFICIENT_RESOURCES)
        self._next_range += 1
        return (self._next_range - 1) * FRAMES

    def give_frames(self, first: int) -> None:
        self._ranges.append(first)

    # -- paging files ------------------------------------------------------------------
    def _extend(self, wanted: int) -> None:
        """Make paging files larger until so much can be committed."""
        missing = wanted - self.limit
        if missing > sum(file.maximum - file.size for file in self.files):
            raise NtError(STATUS_COMMITMENT_LIMIT)
        for file in self.files:
            more = min(missing, file.maximum - file.size)
            file.size += more
            self.limit += more
            missing -= more

    def usage(self) -> list[PagingFile]:
        """The paging files with what they hold: what does not fit in physical memory, first file first."""
        left, peak = max(self.used - self.physical, 0), max(self.peak - self.physical, 0)
        for file in self.files:
            file.used, file.peak = min(left, file.size), min(peak, file.size)
            left, peak = left - file.used, peak - file.peak
        return self.files

    def check_file(self, name: str, minimum: int, maximum: int) -> PagingFile | None:
        """The file of that name if it is one already; raises what NtCreatePagingFile says of sizes."""
        if not SMALLEST_FILE <= minimum <= LARGEST_FILE:
            raise NtError(STATUS_INVALID_PARAMETER_2)
        if not minimum <= maximum <= LARGEST_FILE:
            raise NtError(STATUS_INVALID_PARAMETER_3)
        found = next((file for file in self.files if file.name.lower() == name.lower()), None)
        before = found.maximum if found is not None else 0
        if found is not None and minimum < found.minimum:
            raise NtError(STATUS_INVALID_PARAMETER_2)
        if found is not None and maximum < before:
            raise NtError(STATUS_INVALID_PARAMETER_3)
        if found is None and len(self.files) == MAX_FILES:
            raise NtError(STATUS_TOO_MANY_PAGING_FILES)
        promised = self.physical + sum(file.maximum for file in self.files) + maximum - before
        if promised > max(_host_memory(), DEFAULT_LIMIT):  # the host keeps what guests commit
            raise NtError(STATUS_DISK_FULL)
        return found

    def add_file(self, name: str, minimum: int, maximum: int) -> PagingFile:
        """A new paging file, or one that is made larger; ``check_file`` has allowed it."""
        found = self.check_file(name, minimum, maximum)
        if found is None:
            found = PagingFile(name, 0, maximum)
            self.files.append(found)
        found.minimum, found.maximum = minimum, maximum
        if minimum > found.size:
            self.limit += minimum - found.size
            found.size = minimum
        return found

"""Segments: the memory that sections share and views show.

One segment stands behind every section made from the same file in the same way,
and lives while a section or a view refers to it.  Kinds:

* pagefile: zero at first; with SEC_RESERVE its pages are committed through a
  view, for all views at once;
* data: the file itself, mapped by the host, so that views, reads and writes of
  the file see the same bytes.  A file that the host cannot map is copied instead,
  and written back on flush and with the last reference;
* image: an executable laid out as in memory (``mm.image``), never written back.  What lies in the
  file as it lies in memory is the file itself (``direct``); the rest is a copy.

Invariant: ``store`` is open, and its size charged as commitment unless it is the
file, exactly while ``references`` is above zero.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from contextlib import suppress

from ring3k.abi.status import STATUS_INSUFFICIENT_RESOURCES, STATUS_SECTION_TOO_BIG, NtError
from ring3k.engine.protocol import PAGE, EngineError, Store
from ring3k.mm.commit import CommitAccount
from ring3k.mm.pages import PageRuns
from ring3k.mm.protection import COMMITTED
from ring3k.mm.vad import Vad, VadTree
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel
    from ring3k.mm.backing import FileBacking
    from ring3k.mm.image import Image

MAX_FILE = 1 << 40  # bytes of a file that sections are made of
_COPY = 1 << 20  # bytes moved at once between a file and its segment


class Segment:
    """Shared memory with its store."""

    def __init__(self, kernel: Kernel, store: Store, size: int, charge: int) -> None:
        self.kernel = kernel
        self._entries = _entries(store.size)  # bytes of pool, charged by whoever made the store
        self.store = store
        self.size = size  # exact
        self.charge = charge
        self.account = kernel.part(CommitAccount)
        self.references = 0
        self.backing: FileBacking | None = None
        self.key: tuple[bool, Hashable] | None = None  # under which SegmentTable knows it
        self.image: Image | None = None
        self.pages: PageRuns | None = None  # pagefile, SEC_RESERVE: what is committed
        self.views: dict[Vad, Any] = {}  # in which address space each view is
        self.written = False  # data: somebody could write
        self.mapped = False  # data: the store is the file
        self.file: Store | None = None  # image: the file, where pages are shown from it
        self.direct: list[tuple[int, int, int]] = []  # image: [start, end), and where that is in the file

    @property
    def name(self) -> str:
        return self.backing.name if self.backing is not None else ""

    @property
    def layout(self) -> Image:
        """What the headers of an image segment say."""
        if self.image is None:
            raise TypeError("not the segment of an image")
        return self.image

    def reference(self) -> None:
        self.references += 1

    # -- where the bytes are -----------------------------------------------------------
    def pieces(self, start: int, end: int) -> list[tuple[int, int, Store, int]]:
        """What stands behind [start, end): (start, end, store, offset in the store), one after the other."""
        found: list[tuple[int, int, Store, int]] = []
        if self.file is not None:
            for first, last, offset in self.direct:
                if first >= end:
                    break
                if last <= start:
                    continue
                if first > start:
                    found.append((start, first, self.store, start))
                    start = first
                stop = min(last, end)
                found.append((start, stop, self.file, offset + start - first))
                start = stop
        if start < end:
            found.append((start, end, self.store, start))
        return found

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of it; OSError where a file has become shorter."""
        if self.file is None:
            return self.store.read(offset, length)
        return b"".join(store.read(at, b - a) for a, b, store, at in self.pieces(offset, offset + length))

    def patch(self, offset: int, data: bytes) -> None:
        """Change an image that nobody has mapped yet; the file stays as it is."""
        for page in range(offset & -PAGE, offset + len(data), PAGE):
            self.store.write(page, self.read(page, PAGE))
            self.direct = [
                part
                for first, last, place in self.direct
                for part in (
                    (first, min(last, page), place),
                    (max(first, page + PAGE), last, place + max(page + PAGE - first, 0)),
                )
                if part[0] < part[1]
            ]
        self.store.write(offset, data)

    def release(self) -> None:
        """One section or view less."""
        self.references -= 1
        if self.references:
            return
        with suppress(NtError):  # a delayed write that fails: there is nobody left to tell
            self.flush()
        if self.backing is not None:
            self.kernel.part(SegmentTable).forget(self)
            self.backing.close()
        self.account.release(self.charge)
        self.charge = 0
        self.kernel.pool.release(self._entries)
        self.store.close()
        if self.file is not None:
            self.file.close()

    def flush(self, offset: int = 0, length: int | None = None) -> None:
        """Write a data segment's bytes back to the file."""
        if self.backing is None or self.image is not None or self.mapped or not self.written:
            return
        end = self.size if length is None else min(self.size, offset + length)
        while offset < end:
            part = min(_COPY, end - offset)
            new = self.store.read(offset, part)
            if self.backing.read(offset, part) != new:
                self.backing.write(offset, new)
            offset += part

    def extend(self, size: int) -> None:
        """Make a data segment and its file longer, if they are not that long; STATUS_DISK_FULL."""
        if self.backing is None:
            raise TypeError("only the segment of a file can grow")
        if size > MAX_FILE:
            raise NtError(STATUS_SECTION_TOO_BIG)
        if size > self.backing.size:
            self.backing.resize(size)
        rounded = (size + PAGE - 1) & -PAGE
        grow = max(rounded - self.store.size, 0)
        if not self.mapped:
            self.account.charge(grow)
            self.charge += grow
        if grow:
            entries = _entries(grow)
            self.kernel.pool.charge(entries)
            self._entries += entries
            try:
                self.store.resize(rounded)
            except OSError:
                raise NtError(STATUS_INSUFFICIENT_RESOURCES) from None
        self.size = max(self.size, size)

    def use(self, backing: FileBacking) -> None:
        """One more opening of the file, which is taken over: it may be longer now, and the first to write."""
        mine, before = self.backing, self.size
        try:
            if backing.size > before:
                self.extend(backing.size)
                self.fill(before)
            if mine is not None and self.mapped and backing.writable and not mine.writable:
                self.store.make_writable(backing.host)
                self.backing, backing = backing, mine
        except OSError:
            raise NtError(STATUS_INSUFFICIENT_RESOURCES) from None
        finally:
            backing.close()

    def fill(self, offset: int = 0) -> None:
        """Copy a data segment's bytes from the file, from an offset on."""
        if self.mapped or self.backing is None:
            return
        while offset < self.size:
            data = self.backing.read(offset, min(_COPY, self.size - offset))
            if not data:
                break
            self.store.write(offset, data)
            offset += len(data)

    # -- SEC_RESERVE --------------------------------------------------------------
    def commit(self, start: int, end: int) -> None:
        """Commit a range of a reserved pagefile segment (offsets); STATUS_COMMITMENT_LIMIT."""
        pages = self.pages
        if pages is None:
            return
        new = end - start - pages.count(COMMITTED, start, end)
        self.account.charge(new)
        self.charge += new
        self.store.budget = self.charge
        pages.set(start, end, COMMITTED)


MOST_IMAGES = 64  # that are told of


class SegmentTable:
    """The segments of files that are in use, by kind and identity."""

    def __init__(self) -> None:
        self._found: dict[tuple[bool, Hashable], Segment] = {}
        self.based = VadTree()  # the places of SEC_BASED sections
        self.images: list[tuple[str, str]] = []  # what was laid out: host path, NT path
        self.edit: Callable[[Segment, FileBacking], None] | None = None  # a userland's, of its own images

    # -- what a file system asks before it changes a file ------------------------------
    def can_truncate(self, identity: Hashable, size: int) -> bool:
        """MmCanFileBeTruncated; if not, STATUS_USER_MAPPED_FILE.  Mapped data may lose no page."""
        if (True, identity) in self._found:
            return False
        data = self._found.get((False, identity))
        return data is None or size > (data.size - 1) & -PAGE

    def can_write(self, identity: Hashable) -> bool:
        """MmFlushImageSection, MmFlushForWrite; if not, STATUS_SHARING_VIOLATION for who opens to write."""
        return (True, identity) not in self._found

    def can_delete(self, identity: Hashable) -> bool:
        """MmFlushImageSection, MmFlushForDelete; if not, STATUS_CANNOT_DELETE."""
        return (True, identity) not in self._found and (False, identity) not in self._found

    def find(self, backing: FileBacking, image: bool) -> Segment | None:
        return self._found.get((image, backing.identity))

    def has(self, identity: Hashable, image: bool) -> bool:
        """Whether there is a section of a file (of its bytes, or as a program)."""
        return (image, identity) in self._found

    def remember(self, segment: Segment, backing: FileBacking) -> None:
        segment.backing = backing
        segment.key = (segment.image is not None, backing.identity)
        self._found[segment.key] = segment
        if segment.image is not None and backing.host >= 0 and len(self.images) < MOST_IMAGES:
            with suppress(OSError):
                self.images.append((os.readlink(f"/proc/self/fd/{backing.host}"), backing.name))

    def forget(self, segment: Segment) -> None:
        if segment.key is not None and self._found.get(segment.key) is segment:
            del self._found[segment.key]


def _entries(size: int) -> int:
    """What NT keeps of a section in paged pool: an entry for each page."""
    return (size + PAGE - 1) // PAGE * 4


def new_segment(kernel: Kernel, store_size: int, size: int, charge: int) -> Segment:
    """A segment with its store; STATUS_COMMITMENT_LIMIT, STATUS_INSUFFICIENT_RESOURCES."""
    account = kernel.part(CommitAccount)
    account.charge(charge)
    try:
        store = _charged_store(kernel, store_size, lambda: kernel.engine.create_store(store_size))
    except (EngineError, OSError):
        account.release(charge)
        raise NtError(STATUS_INSUFFICIENT_RESOURCES) from None
    except NtError:
        account.release(charge)
        raise
    return Segment(kernel, store, size, charge)


def _charged_store(kernel: Kernel, size: int, make: Callable[[], Store]) -> Store:
    """A store, and its pages' entries charged to the pool; STATUS_INSUFFICIENT_RESOURCES."""
    entries = _entries(size)
    kernel.pool.charge(entries)
    try:
        return make()
    except BaseException:
        kernel.pool.release(entries)
        raise


def pagefile_segment(kernel: Kernel, size: int, reserve: bool) -> Segment:
    """Zeroed memory; ``size`` is a multiple of a page."""
    segment = new_segment(kernel, size, size, 0 if reserve else size)
    if reserve:
        segment.pages = PageRuns(0, size, 0)
        segment.store.budget = 0
    return segment


def data_segment(kernel: Kernel, backing: FileBacking) -> Segment:
    """The bytes of a file, shared by all its sections; takes ``backing`` over."""
    table = kernel.part(SegmentTable)
    found = table.find(backing, False)
    if found is not None:
        found.use(backing)
        return found
    size = backing.size
    rounded = (size + PAGE - 1) & -PAGE
    if backing.host >= 0:
        with suppress(OSError, ValueError):  # not a file that can be mapped: copied
            store = _charged_store(
                kernel, rounded, lambda: kernel.engine.open_store(backing.host, rounded, backing.writable)
            )
            segment = Segment(kernel, store, size, 0)
            segment.mapped = True
            table.remember(segment, backing)
            return segment
    segment = new_segment(kernel, rounded, size, rounded)
    table.remember(segment, backing)
    segment.fill()
    return segment

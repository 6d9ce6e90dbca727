"""Reads and writes that an engine answers by itself: what the kernel has allowed, and only if plain."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ring3k.abi.status import STATUS_END_OF_FILE
from ring3k.engine.protocol import Native, PlainFile, Prot, Trap
from tests.unit.engine_guest import CODE, DATA, INT_2E, SECOND, Guest, engines

READ, WRITE, STOP = 0x10, 0x11, 0x12  # numbers of calls
ARGUMENTS, BLOCK, OFFSET, BUFFER = DATA, DATA + 0x100, DATA + 0x200, DATA + 0x1000
READ_ONLY, END = DATA + 0x4000, DATA + 0x10000
HANDLE = 0x24
CONTENT = bytes(range(256)) * 16
KERNEL = 0x1234  # the status that tells that the kernel has answered
CALL = b"\xcd\x2e\x89\xc3" + b"\xb8" + struct.pack("<I", STOP) + INT_2E  # int 2e; mov ebx, eax; then stop


class Handler:
    """The kernel's answer."""

    def __init__(self, native: int, words: int = 9) -> None:
        self.native = native
        self.words = words
        self.calls: list[tuple[int, ...]] = []

    def __call__(self, owner: Any, words: tuple[int, ...] = ()) -> int:
        self.calls.append(words)
        return KERNEL


class Files(Guest):
    """A guest, and one file that it may read and write."""

    def __init__(self, engine: Any, path: Path) -> None:
        super().__init__(engine)
        path.write_bytes(CONTENT)
        self.path = path
        self.fd = os.open(path, os.O_RDWR)
        self.file: PlainFile = engine.plain_file()
        self.counters = [0] * 6
        self.handlers = {READ: Handler(Native.READ_FILE), WRITE: Handler(Native.WRITE_FILE)}
        self.table: dict[int, Any] = dict(self.handlers)
        self.caller = self.thread()
        self.caller.owner = SimpleNamespace(pending=False)
        self.space.protect(READ_ONLY, 0x1000, Prot.READ)
        self.allow()

    def allow(
        self, handle: int = HANDLE, kinds: tuple[int, ...] = (Native.READ_FILE, Native.WRITE_FILE)
    ) -> None:
        for kind in kinds:
            self.space.set_plain_file(handle, self.file, self.fd, kind, self.counters)

    def call(self, number: int, length: int = 16, offset: int | None = 0, **changes: int) -> int:
        """The status of NtReadFile or NtWriteFile."""
        names = ("handle", "event", "routine", "context", "block", "buffer", "length", "where", "key")
        words = dict.fromkeys(names, 0)
        words |= {"handle": HANDLE, "block": BLOCK, "buffer": BUFFER, "length": length}
        if offset is not None:
            words["where"] = OFFSET
            self.space.write_u64(OFFSET, offset)
        words |= changes
        self.space.write(ARGUMENTS, struct.pack("<9I", *words.values()))
        return self.call_at(number, ARGUMENTS)

    def call_at(self, number: int, arguments: int) -> int:
        caller = self.caller
        self.space.write(CODE, CALL)
        caller.eip, caller.eax, caller.edx = CODE, number, arguments
        caller.resume()
        assert self.engine.serve(5 * SECOND, self.table, [], []) is caller
        assert (caller.trap, caller.eax) == (Trap.SYSCALL, STOP)
        return caller.ebx

    @property
    def block(self) -> tuple[int, int]:
        return struct.unpack("<II", self.space.read(BLOCK, 8))


@pytest.fixture(params=engines())
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Files]:
    engine = request.param()
    guest = Files(engine, tmp_path / "file")
    yield guest
    engine.close()
    os.close(guest.fd)


def test_a_read(files: Files) -> None:
    assert files.call(READ, 16, 3) == 0
    assert files.block == (0, 16)
    assert files.space.read(BUFFER, 17) == CONTENT[3:19] + b"\0"
    assert files.file.position == 19
    assert files.call(READ, 5, None) == 0
    assert files.space.read(BUFFER, 5) == CONTENT[19:24]
    assert files.call(READ, 5, (1 << 64) - 2) == 0  # FILE_USE_FILE_POINTER_POSITION
    assert files.file.position == 29
    assert files.counters == [3, 0, 0, 26, 0, 0]
    assert not files.handlers[READ].calls


def test_a_write(files: Files) -> None:
    files.space.write(BUFFER, b"hello, world")
    assert files.call(WRITE, 12, 4090) == 0
    assert files.block == (0, 12)
    assert files.path.read_bytes() == CONTENT[:4090] + b"hello, world"
    files.file.position = 1
    assert files.call(WRITE, 5, None) == 0
    assert files.path.read_bytes()[:8] == b"\0hello\6\7"
    assert files.file.position == 6
    assert files.counters == [0, 2, 0, 0, 17, 0]
    assert files.call(WRITE, 8, 0, buffer=READ_ONLY) == 0  # it is only read
    assert not files.handlers[WRITE].calls


def test_what_is_left_of_the_file(files: Files) -> None:
    assert files.call(READ, 100, 4090) == 0
    assert files.block == (0, 6)
    assert files.counters == [1, 0, 0, 6, 0, 0]


def test_many_bytes(files: Files) -> None:
    assert files.call(READ, 4096, 0, buffer=BUFFER + 0x7FF) == 0
    assert files.space.read(BUFFER + 0x7FF, 4096) == CONTENT
    assert files.call(WRITE, 4096, 4096, buffer=BUFFER + 0x7FF) == 0
    assert files.path.read_bytes() == CONTENT * 2


def test_the_low_bits_of_a_handle(files: Files) -> None:
    assert files.call(READ, handle=HANDLE | 3) == 0


UNUSUAL: dict[str, dict[str, int]] = {
    "another handle": {"handle": HANDLE + 4},
    "a handle in the same place": {"handle": HANDLE + 4 * 64},
    "no handle": {"handle": 0xFFFFFFFF},
    "an event": {"event": 8},
    "an APC": {"routine": CODE},
    "a key": {"key": OFFSET},
    "nothing": {"length": 0},
    "too much": {"length": 0x7FFFFFFF},
    "all of memory": {"length": 0xFFFFFFFF},
    "no status block": {"block": 0},
    "a status block that is read": {"block": READ_ONLY},
    "a status block half out": {"block": END - 4},
    "a status block into what is read": {"block": READ_ONLY - 4},
    "a status block of the kernel": {"block": 0xFFFFFFF8},
    "no buffer": {"buffer": 0},
    "a buffer half out": {"buffer": END - 8},
    "a buffer at the end of everything": {"buffer": 0x7FFEFFF8},
    "a buffer around the end": {"buffer": 0xFFFFFFF8},
    "an offset nowhere": {"where": 4},
    "an offset half out": {"where": END - 4},
}


@pytest.mark.parametrize("number", [READ, WRITE])
@pytest.mark.parametrize("what", UNUSUAL)
def test_what_the_kernel_answers(files: Files, what: str, number: int) -> None:
    before = files.space.read(DATA + 0x100, 0xFF00)
    files.space.write_u64(OFFSET, 0)
    assert files.call(number, **UNUSUAL[what]) == KERNEL
    assert len(files.handlers[number].calls) == 1
    assert files.file.position == 0
    assert files.counters == [0] * 6
    assert files.path.read_bytes() == CONTENT
    assert files.space.read(DATA + 0x100, 0xFF00) == before


@pytest.mark.parametrize("offset", [-1, -3, -(1 << 63), 1 << 62, (1 << 63) - 1])
@pytest.mark.parametrize("number", [READ, WRITE])
def test_offsets_that_the_kernel_judges(files: Files, number: int, offset: int) -> None:
    assert files.call(number, 16, offset & (1 << 64) - 1) == KERNEL
    files.file.position = offset
    assert files.call(number, 16, None) == KERNEL
    assert files.file.position == offset


def test_a_read_into_what_is_read(files: Files) -> None:
    assert files.call(READ, buffer=READ_ONLY) == KERNEL
    assert files.call(READ, buffer=READ_ONLY - 8) == KERNEL


def test_the_end_of_the_file(files: Files) -> None:
    assert files.call(READ, 16, 4096) == STATUS_END_OF_FILE
    assert files.block == (STATUS_END_OF_FILE, 0)
    assert files.file.position == 4096


def test_arguments_out_of_memory(files: Files) -> None:
    """The kernel finds the fault, by itself."""
    files.table[READ] = Handler(Native.READ_FILE, words=0)
    for arguments in (0, END - 16, 0xFFFFFFF0, 0x7FFEFFFC):
        assert files.call_at(READ, arguments) == KERNEL


def test_rights_are_by_kind(files: Files) -> None:
    files.file.judge()
    files.allow(kinds=(Native.READ_FILE,))
    assert files.call(READ) == 0
    assert files.call(WRITE) == KERNEL


def test_what_was_allowed_is_taken_back(files: Files) -> None:
    files.allow(HANDLE + 4)
    assert files.call(READ) == files.call(READ, handle=HANDLE + 4) == 0
    files.file.judge()
    assert files.call(READ) == files.call(READ, handle=HANDLE + 4) == files.call(WRITE) == KERNEL
    files.allow(kinds=(Native.READ_FILE,))
    assert files.call(READ) == 0
    assert files.call(WRITE) == KERNEL  # the rights from before are gone, too
    assert files.call(READ, handle=HANDLE + 4) == KERNEL


def test_another_file_under_the_handle(files: Files, tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"other" * 10)
    fd = os.open(tmp_path / "other", os.O_RDONLY)
    other: PlainFile = files.engine.plain_file()
    files.space.set_plain_file(HANDLE, other, fd, Native.READ_FILE, files.counters)
    assert files.call(READ, 5) == 0
    assert files.space.read(BUFFER, 5) == b"other"
    assert (files.file.position, other.position) == (0, 5)
    assert files.call(WRITE) == KERNEL
    os.close(fd)


def test_what_the_host_refuses(files: Files) -> None:
    """It is the kernel's to tell."""
    fd = os.open(files.path, os.O_RDONLY)
    files.file.judge()
    files.space.set_plain_file(HANDLE, files.file, fd, Native.WRITE_FILE, files.counters)
    assert files.call(WRITE) == KERNEL
    assert files.counters == [0] * 6
    os.close(fd)
    assert files.call(WRITE) == KERNEL


def test_only_handlers_that_say_so(files: Files) -> None:
    def plain(owner: Any) -> int:
        return KERNEL

    files.table[READ] = plain  # as when somebody watches the call
    assert files.call(READ) == KERNEL
    files.table[READ] = files.handlers[READ]
    assert files.call(READ) == 0


def test_somebody_wants_the_thread(files: Files) -> None:
    """The transfer is done; the kernel ends the call."""
    caller = files.caller
    caller.owner.pending = True
    files.space.write(ARGUMENTS, struct.pack("<9I", HANDLE, 0, 0, 0, BLOCK, BUFFER, 16, 0, 0))
    files.space.write(CODE, CALL)
    caller.eip, caller.eax, caller.edx = CODE, READ, ARGUMENTS
    caller.resume()
    assert files.engine.serve(5 * SECOND, files.table, [], []) is caller
    assert (caller.trap, caller.eax, caller.answer) == (Trap.SYSCALL, READ, 0)
    assert files.file.position == 16


def test_overlaps(files: Files) -> None:
    """The status block comes last, and the offset was read before."""
    assert files.call(READ, 16, 0, block=BUFFER + 4) == 0
    assert files.space.read(BUFFER, 16) == CONTENT[:4] + struct.pack("<II", 0, 16) + CONTENT[12:16]
    assert files.call(READ, 16, 7, buffer=OFFSET) == 0
    assert files.file.position == 23
    assert files.call(READ, 36, 0, buffer=ARGUMENTS) == 0
    assert files.block == (0, 36)


def test_memory_that_lies_apart(files: Files, tmp_path: Path) -> None:
    engine, space = files.engine, files.space
    both = Prot.READ | Prot.WRITE
    stores = [engine.create_store(0x1000) for _ in range(2)]
    for number, store in enumerate(stores):
        space.map_store(0x600000 + number * 0x1000, 0x1000, store, 0, both)
    assert files.call(READ, buffer=0x600100) == 0
    assert stores[0].read(0x100, 16) == CONTENT[:16]
    assert files.call(READ, buffer=0x600FF8) == KERNEL
    (tmp_path / "mapped").write_bytes(bytes(0x1000))
    with (tmp_path / "mapped").open("r+b") as mapped:
        store = engine.open_store(mapped.fileno(), 0x1000, True)
        space.map_store(0x610000, 0x1000, store, 0, both)
        os.truncate(mapped.fileno(), 0)
        for change in ("buffer", "block", "where"):
            assert files.call(READ, **{change: 0x610000}) == KERNEL
        assert files.call_at(READ, 0x610000 - 8) in (KERNEL, 0xC0000005)


def test_protection_changes(files: Files) -> None:
    assert files.call(READ) == 0
    files.space.protect(BUFFER, 0x1000, Prot.READ)
    assert files.call(READ) == KERNEL
    assert files.call(WRITE) == 0
    files.space.unmap(BUFFER, 0x1000)
    assert files.call(READ) == files.call(WRITE) == KERNEL


def test_counters(files: Files) -> None:
    assert files.call(READ) == 0
    files.counters[3] = 1 << 70
    assert files.call(READ) == 0
    assert files.counters == [2, 0, 0, (1 << 70) + 16, 0, 0]
    del files.counters[5]
    assert files.call(READ) == 0  # they are somebody's who does not count any more
    assert files.counters == [2, 0, 0, (1 << 70) + 16, 0]


BAD: dict[str, Callable[[Files], tuple[Any, ...]]] = {
    "no file": lambda f: (HANDLE, object(), f.fd, 1, f.counters),
    "another kind": lambda f: (HANDLE, f.file, f.fd, 3, f.counters),
    "no kind": lambda f: (HANDLE, f.file, f.fd, 0, f.counters),
    "few counters": lambda f: (HANDLE, f.file, f.fd, 1, [0] * 5),
    "odd counters": lambda f: (HANDLE, f.file, f.fd, 1, [0.5] * 6),
    "no list": lambda f: (HANDLE, f.file, f.fd, 1, (0,) * 6),
    "no handle": lambda f: ("x", f.file, f.fd, 1, f.counters),
}


@pytest.mark.parametrize("what", BAD)
def test_mistakes(files: Files, what: str) -> None:
    with pytest.raises(TypeError):
        files.space.set_plain_file(*BAD[what](files))


def test_many_handles(files: Files) -> None:
    """What there is no room for is the kernel's again."""
    for handle in range(4, 4 * 1000, 4):
        files.allow(handle)
    assert files.call(READ, handle=4 * 999) == 0
    assert files.call(READ, handle=4) == KERNEL


# -- what is known of memory ------------------------------------------------------------------
QUERY = 0x13
ANSWER = bytes(range(28))


def query(files: Files, *, length: int = 28, **changes: int) -> int:
    files.table.setdefault(QUERY, Handler(Native.QUERY_MEMORY, words=6))
    words = {"process": 0xFFFFFFFF, "address": 0x400123, "class": 0, "buffer": BUFFER, "length": length}
    words |= {"result": 0} | changes
    files.space.write(ARGUMENTS, struct.pack("<6I", *words.values()))
    return files.call_at(QUERY, ARGUMENTS)


def test_what_the_kernel_knows_of_memory(files: Files) -> None:
    assert query(files) == KERNEL
    files.space.answers = answers = {0x400000: ANSWER}
    assert query(files) == 0
    assert files.space.read(BUFFER, 29) == ANSWER + b"\0"
    assert query(files, address=0x400FFF, length=0x1000, result=BLOCK) == 0
    assert files.space.read_u32(BLOCK) == 28
    assert query(files, address=0x401000) == KERNEL
    answers.clear()
    assert query(files) == KERNEL
    answers[0x400000] = ANSWER
    assert query(files) == 0
    files.space.answers = None
    assert query(files) == KERNEL


UNUSUAL_QUERIES: dict[str, dict[str, int]] = {
    "another process": {"process": 0x24},
    "the thread": {"process": 0xFFFFFFFE},
    "another class": {"class": 2},
    "too short": {"length": 27},
    "very long": {"length": 0x1001},
    "not aligned": {"buffer": BUFFER + 2},
    "no buffer": {"buffer": 0},
    "a buffer that is read": {"buffer": READ_ONLY},
    "a buffer half out": {"buffer": END - 24},
    "long, half out": {"buffer": END - 32, "length": 64},
    "nowhere for the length": {"result": 4},
    "a length that is read": {"result": READ_ONLY},
    "a kernel address": {"address": 0x80000000},
    "the last page": {"address": 0x7FFF0000},
}


@pytest.mark.parametrize("what", UNUSUAL_QUERIES)
def test_queries_that_the_kernel_answers(files: Files, what: str) -> None:
    pages = range(0, 0x1_0000_0000, 0x1000)
    asked = UNUSUAL_QUERIES[what].get("address", 0x400000)
    files.space.answers = {page: ANSWER for page in (0x400000, asked & -0x1000) if page in pages}
    before = files.space.read(DATA + 0x100, 0xFF00)
    assert query(files, **UNUSUAL_QUERIES[what]) == KERNEL
    assert files.space.read(DATA + 0x100, 0xFF00) == before


@pytest.mark.parametrize("answers", [{0x400000: b"short"}, {0x400000: "text"}, {}, [], 5])
def test_answers_that_are_none(files: Files, answers: Any) -> None:
    files.space.answers = answers
    assert query(files) == KERNEL

"""NtCreateUserProcess: what a program's file becomes, and what it is handed."""

from __future__ import annotations

from pathlib import Path
from struct import pack
from typing import Any

import pytest

from ring3k.abi.status import (
    STATUS_INVALID_HANDLE,
    STATUS_INVALID_IMAGE_FORMAT,
    STATUS_INVALID_IMAGE_NOT_MZ,
    STATUS_INVALID_PARAMETER,
    STATUS_OBJECT_NAME_NOT_FOUND,
)
from ring3k.abi.structs.ps import RTL_USER_PROCESS_PARAMETERS_NT60 as BLOCK
from ring3k.ob.object import TypeTable
from ring3k.ps.table import ClientIdTable
from tests.kernel.ps_guest import nothing, process_of, words
from tests.kernel.six_guest import OWN_PROCESS, OWN_THREAD, SixGuest

IMAGE_NAME, CLIENT_ID, IMAGE_INFO = 0x20005, 0x10003, 0x6
PARENT, HANDLE_LIST, JOB_LIST, STD_HANDLES = 0x60000, 0x2000B, 0x20013, 0x2000A
SUSPENDED, INHERIT = 1, 4
OBJ_INHERIT = 2
ALL, JOB_ALL = 0x1FFFFF, 0x1F001F
ENVIRONMENT = "=C:=C:\\x\0A=1\0Path=C:\\p\0\0"


@pytest.fixture
def guest(hello: Path) -> SixGuest:
    return SixGuest(hello)


class Maker:
    """Lays out what NtCreateUserProcess takes, in pages of the caller's."""

    def __init__(self, guest: SixGuest, g: Any) -> None:
        self.guest, self.g = guest, g
        self.base = 0
        self.image = guest.system._machine.clients.running[process_of(g).pid].image_name
        self.standard = (0, 0, 0)
        self.console = 0
        self.window_flags = 0
        self.environment = ENVIRONMENT
        self.path: str | None = None
        self.info = 0  # address of PS_CREATE_INFO

    def prepare(self) -> Any:
        out = self.g.esp - 0x100
        self.g.space.write(out, pack("<II", 0, 0x10000))
        yield self.guest.call("NtAllocateVirtualMemory", OWN_PROCESS, out, 0, out + 4, 0x3000, 4)
        self.base = self.g.space.read_u32(out)

    def put(self, offset: int, data: bytes) -> int:
        self.g.space.write(self.base + offset, data)
        return self.base + offset

    def parameters(self) -> int:
        command = '"a b" c'.encode("utf-16-le")
        folder = "C:\\x\\".encode("utf-16-le")
        block = BLOCK(
            MaximumLength=BLOCK.size(),
            Length=BLOCK.size(),
            Flags=1,
            ConsoleHandle=self.console,
            StandardInput=self.standard[0],
            StandardOutput=self.standard[1],
            StandardError=self.standard[2],
            Environment=self.put(0x8000, self.environment.encode("utf-16-le")),
            WindowFlags=self.window_flags,
            ProcessGroupId=0,
        )
        raw = bytearray(block.pack())
        for name, text, place in (("CommandLine", command, 0x7000), ("CurrentDirectory", folder, 0x7800)):
            at = BLOCK.offset(name)
            raw[at : at + 8] = pack("<HHI", len(text), len(text), self.put(place, text))
        return self.put(0, bytes(raw))

    def create(
        self, *entries: tuple[int, int, int], process_flags: int = 0, thread_flags: int = SUSPENDED
    ) -> Any:
        """(status, child or None, process handle, thread handle, client id, image information)"""
        name = (self.path or self.image).encode("utf-16-le")
        rows = [(IMAGE_NAME, len(name), self.put(0x6000, name)), (CLIENT_ID, 8, self.base + 0x5000)]
        rows += [(IMAGE_INFO, 48, self.base + 0x5100), *entries]
        listed = pack("<I", 4 + 16 * len(rows)) + b"".join(pack("<4I", *row, 0) for row in rows)
        out = self.base + 0x4000
        args = (out, out + 4, ALL, ALL, 0, 0, process_flags, thread_flags, self.parameters(), self.info)
        status = yield self.guest.call("NtCreateUserProcess", *args, self.put(0x4100, listed))
        if status:
            return status, None, 0, 0
        handles = words(self.g, out, 2)
        (pid, _) = words(self.g, self.base + 0x5000, 2)
        child: Any = self.guest.system.kernel.part(ClientIdTable).find(pid)
        return status, child, *handles


def block_of(child: Any) -> Any:
    """The parameters that a process finds."""
    memory = child.memory
    return BLOCK.load(memory, memory.read_u32(child.peb + 0x10))


def text_of(child: Any, string: Any) -> str:
    return str(child.memory.read(string.Buffer, string.Length).decode("utf-16-le"))


def run(guest: SixGuest, script: Any) -> None:
    def program(g: Any) -> Any:
        maker = Maker(guest, g)
        yield from maker.prepare()
        yield from script(g, maker)

    with guest.system as system:
        guest.run(nothing)  # what is made once is there then
        before = {one.name: one.objects for one in system.kernel.part(TypeTable)}
        assert guest.run(program) == 0
        assert guest.reports == []
        after = {one.name: one.objects for one in system.kernel.part(TypeTable)}
        assert {name: after[name] for name in before} == before


def finish(guest: SixGuest, child: Any, process: int, thread: int, program: Any) -> Any:
    """Let a child run a program to its end; its exit status."""
    guest.equip(child, program)
    yield guest.call("NtResumeThread", thread, 0)
    yield guest.call("NtWaitForSingleObject", process, 0, 0)
    for handle in (process, thread):
        yield guest.call("NtClose", handle)
    return child.exit_status


def test_a_child_finds_its_parameters(guest: SixGuest) -> None:
    seen: dict[str, Any] = {}

    def child_program(g: Any) -> Any:
        yield guest.call("NtTerminateProcess", OWN_PROCESS, 42)

    def script(g: Any, maker: Maker) -> Any:
        status, child, process, thread = yield from maker.create()
        assert status == 0, guest.reports
        block = block_of(child)
        seen["text"] = [text_of(child, getattr(block, one)) for one in ("CommandLine", "ImagePathName")]
        seen["folder"] = text_of(child, block.CurrentDirectory.DosPath)
        seen["room"] = block.CurrentDirectory.DosPath.MaximumLength
        raw = child.memory.read(block.Environment, block.EnvironmentSize)
        seen["environment"] = raw.decode("utf-16-le")
        seen["group"] = block.ProcessGroupId == child.pid
        seen["flags"] = block.Flags & 1
        seen["image"] = words(g, maker.base + 0x5100, 1)[0] == child.image_base + child.image.entry
        seen["parent"] = child.parent_pid == process_of(g).pid
        seen["status"] = yield from finish(guest, child, process, thread, child_program)

    run(guest, script)
    image = seen["text"].pop()
    assert image.endswith("hello.exe")
    assert not image.startswith("\\??\\")
    assert seen == {
        "text": ['"a b" c'],
        "folder": "C:\\x\\",
        "room": 0x208,
        "environment": ENVIRONMENT,
        "group": True,
        "flags": 1,
        "image": True,
        "parent": True,
        "status": 42,
    }


def test_which_handles_a_child_gets(guest: SixGuest, tmp_path: Path) -> None:
    seen: list[Any] = []
    (tmp_path / "console.exe").write_bytes(_patched(guest.hello.read_bytes(), 0x5C, 3))
    guest.system.mount("T", tmp_path)

    def events(g: Any, count: int) -> Any:
        """Inheritable events."""
        made: list[int] = []
        for number in range(count):
            place = g.esp - 0x300
            g.space.write(place, pack("<6I", 24, 0, 0, OBJ_INHERIT, 0, 0))
            yield guest.call("NtCreateEvent", place + 32, 0x1F0003, place, number & 1, 0)
            made += words(g, place + 32, 1)
        return made

    def end(guest: SixGuest, process: int, thread: int) -> Any:
        yield guest.call("NtTerminateProcess", process, 0)
        yield guest.call("NtWaitForSingleObject", process, 0, 0)
        for handle in (process, thread):
            yield guest.call("NtClose", handle)

    def script(g: Any, maker: Maker) -> Any:
        made = yield from events(g, 4)
        maker.standard = (made[0], made[1], made[1])
        maker.path = "\\??\\T:\\console.exe"
        for flags, use, entries in (
            (INHERIT, 0, ()),
            (INHERIT, 0, ((HANDLE_LIST, 4, maker.put(0x5800, pack("<I", made[2]))),)),
            (0, 0, ()),
            (0, 0x100, ()),  # STARTF_USESTDHANDLES
        ):
            maker.window_flags = use
            maker.console = 0xFFFFFFFC
            status, child, process, thread = yield from maker.create(*entries, process_flags=flags)
            assert status == 0
            block = block_of(child)
            standard = [block.StandardInput, block.StandardOutput, block.StandardError]
            known = [handle for handle, _ in child.handles.items()]
            seen.append(
                ([one in known for one in standard], [one in known for one in made], block.ConsoleHandle)
            )
            yield from end(guest, process, thread)
        for one in made:
            yield guest.call("NtClose", one)

    run(guest, script)
    every = [True] * 3
    assert [one[0] for one in seen] == [every, every, every, [False] * 3]
    assert seen[0][1] == [True] * 4
    assert seen[1][1] == [True, True, True, False]
    console = 0xFFFFFFFC
    assert [one[2] for one in seen] == [console] * 4


def test_what_is_no_program(guest: SixGuest, tmp_path: Path) -> None:
    results: list[int] = []
    (tmp_path / "text.txt").write_text("no program at all, but long enough to be looked at" * 4)
    (tmp_path / "library.dll").write_bytes(_patched(guest.hello.read_bytes(), 0x17, 0x21))
    guest.system.mount("T", tmp_path)

    def script(g: Any, maker: Maker) -> Any:
        for path in ("\\??\\T:\\none.exe", "\\??\\T:\\text.txt", "\\??\\T:\\library.dll"):
            maker.path = path
            results.append((yield from maker.create())[0])
        maker.path = None
        results.append((yield from maker.create((PARENT, 4, 0x7770)))[0])
        results.append((yield from maker.create((JOB_LIST, 4, maker.put(0x5800, pack("<I", 0x7770)))))[0])
        results.append((yield from maker.create((HANDLE_LIST, 3, maker.base)))[0])
        results.append((yield from maker.create(process_flags=0x80000000))[0])
        results.append(len(guest.system.kernel.part(ClientIdTable).running))

    run(guest, script)
    assert results == [
        STATUS_OBJECT_NAME_NOT_FOUND,
        STATUS_INVALID_IMAGE_NOT_MZ,
        STATUS_INVALID_IMAGE_FORMAT,
        STATUS_INVALID_HANDLE,
        STATUS_INVALID_HANDLE,
        STATUS_INVALID_PARAMETER,
        STATUS_INVALID_PARAMETER,
        1,
    ]


def _patched(image: bytes, offset: int, value: int) -> bytes:
    """The same file with another byte somewhere in its PE header."""
    at = int.from_bytes(image[0x3C:0x40], "little") + offset
    return image[:at] + bytes((value,)) + image[at + 1 :]


def test_create_info_tells_how_far_it_came(guest: SixGuest) -> None:
    seen: list[Any] = []

    def script(g: Any, maker: Maker) -> Any:
        place = maker.base + 0x5400
        maker.info = place
        g.space.write(place, pack("<4I", 0x48, 0, 1, 0).ljust(0x48, b"\0"))
        maker.path = "\\??\\C:\\none.exe"
        yield from maker.create()
        seen.append(words(g, place, 2))
        maker.path = None
        g.space.write(place, pack("<4I", 0x48, 0, 1, 0).ljust(0x48, b"\0"))
        _, child, process, thread = yield from maker.create()
        state = words(g, place, 12)
        seen.append((state[:2], state[10] == child.peb))
        for handle in (state[3], state[4], thread):
            assert (yield guest.call("NtClose", handle)) == 0
        yield guest.call("NtTerminateProcess", process, 0)
        yield guest.call("NtClose", process)
        g.space.write(place, b"\xee" * 0x48)  # nobody has set it: it is left alone
        _, _, process, thread = yield from maker.create(thread_flags=SUSPENDED)
        seen.append(g.space.read(place, 0x48) == b"\xee" * 0x48)
        yield guest.call("NtTerminateProcess", process, 0)
        for handle in (process, thread):
            yield guest.call("NtClose", handle)

    run(guest, script)
    assert seen == [(0x48, 1), ((0x48, 6), True), True]


def test_a_child_may_be_in_a_job_from_the_start(guest: SixGuest) -> None:
    seen: list[bool] = []

    def script(g: Any, maker: Maker) -> Any:
        out = g.esp - 0x300
        assert (yield guest.call("NtCreateJobObject", out, JOB_ALL, 0)) == 0
        (job,) = words(g, out, 1)
        listed = JOB_LIST, 4, maker.put(0x5800, pack("<I", job))
        status, child, process, thread = yield from maker.create(listed)
        assert status == 0
        seen.append(child.job is not None and child in child.job.processes)
        yield guest.call("NtTerminateProcess", process, 0)
        for handle in (process, thread, job):
            yield guest.call("NtClose", handle)

    run(guest, script)
    assert seen == [True]


def test_own_thread_is_no_parent(guest: SixGuest) -> None:
    results: list[int] = []

    def script(g: Any, maker: Maker) -> Any:
        results.append((yield from maker.create((PARENT, 4, OWN_THREAD)))[0])
        results.append((yield from maker.create((PARENT, 4, OWN_PROCESS)))[0])
        (process, thread) = words(g, maker.base + 0x4000, 2)
        yield guest.call("NtTerminateProcess", process, 0)
        for handle in (process, thread):
            yield guest.call("NtClose", handle)

    run(guest, script)
    assert results == [0xC0000024, 0]

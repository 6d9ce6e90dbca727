"""Who is told of control events, and how."""

from __future__ import annotations

from typing import Any

import pytest

from ring3k.engine.fake import FakeEngine
from ring3k.hooks.events import Bus
from ring3k.io.condrv import protocol as p
from ring3k.ke.kernel import Kernel
from ring3k.ob.object import TypeTable
from ring3k.sched.clock import VirtualClock
from ring3k.userland import console
from ring3k.userland.console import ConsoleHost
from tests.unit.condrv import Terminal
from tests.unit.io_request import Request

ROUTINE, PEB, PARAMETERS = 0x7BC2E450, 0x7FFDE000, 0x110000
FLAGS, GROUP = PARAMETERS + 0x14, PARAMETERS + 0x29C


class Memory(dict[int, int]):
    def read_u32(self, address: int) -> int:
        return self.get(address, 0)

    def write_u32(self, address: int, value: int) -> None:
        self[address] = value


class Process:
    peb = PEB
    exiting = ended = False

    def __init__(self, kernel: Kernel, pid: int, name: str, parent: int = 4, routine: int = ROUTINE) -> None:
        self.kernel, self.pid, self.file_name, self.parent_pid = kernel, pid, name, parent
        self.threads = [1]
        self.memory = Memory({PEB + 0x10: PARAMETERS})
        self.status: int | None = None
        self._routine = routine

    def user_address(self, name: str) -> int:
        return self._routine

    def terminate(self, status: int) -> None:
        self.status = status


class World:
    """A host, and what threads it has started."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = VirtualClock()
        self.kernel = Kernel(FakeEngine(self.clock), Bus(), self.clock)
        self.kernel.add_part(TypeTable())
        self.terminal = Terminal()
        self.host = ConsoleHost(self.kernel, self.terminal)
        self.told: list[tuple[int, int, int]] = []
        monkeypatch.setattr(console, "start_thread", self._start)

    def _start(self, process: Any, routine: int, event: int) -> Any:
        assert routine == ROUTINE
        self.told.append((process.pid, event, process.memory.read_u32(FLAGS)))
        return type("Thread", (), {})()

    def attach(self, pid: int, name: str, **more: int) -> Any:
        made: Any = Process(self.kernel, pid, name, **more)
        self.host.device.attach(made, self.host.console)
        return made

    def type(self, keys: bytes) -> list[int]:
        """Who is told."""
        self.told.clear()
        self.host.console.listen()
        self.terminal.type(keys)
        return [pid for pid, _, _ in self.told]

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(int(seconds * 10_000_000))
        self.kernel.scheduler.run_alarms()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def test_everybody_is_told(world: World) -> None:
    world.attach(8, "one.exe")
    world.attach(12, "two.exe")
    assert world.type(b"\x03") == [8, 12]
    assert world.type(b"\x1c") == [8, 12]
    assert [event for _, event, _ in world.told] == [p.CTRL_BREAK_EVENT] * 2


def test_who_has_no_place_for_it_ends(world: World) -> None:
    process = world.attach(8, "native.exe", routine=0)
    assert world.type(b"\x03") == []
    assert process.status == 0xC000013A


def test_a_command_interpreter_is_spared(world: World) -> None:
    world.attach(8, "cmd.exe")
    assert world.type(b"\x03") == [8]  # it is busy by itself
    inner = world.attach(12, "CMD.EXE", parent=8)
    program = world.attach(16, "program.exe", parent=12)
    assert world.type(b"\x03") == [16]
    world.host.device.detach(program)
    world.pass_time(5)
    request: Any = Request(100, p.READ_CONSOLE, process=inner)
    world.host.console.input.read(request)
    assert world.type(b"\x03") == []


def test_who_insists_is_heard(world: World) -> None:
    world.attach(8, "cmd.exe")
    program = world.attach(12, "program.exe", parent=8)
    assert world.type(b"\x03") == [12]
    assert world.type(b"\x03") == [12]  # it wants to be told twice
    world.host.device.detach(program)
    program = world.attach(16, "program.exe", parent=8)
    world.pass_time(1)
    assert world.type(b"\x03") == [8, 16]  # a loop of programs
    world.host.device.detach(program)
    world.pass_time(5)
    program = world.attach(20, "program.exe", parent=8)
    assert world.type(b"\x03") == [20]
    world.host.device.detach(program)
    world.attach(24, "program.exe", parent=8)
    world.host.console.input.lines_read += 1  # there has been a prompt: it is about something else
    assert world.type(b"\x03") == [24]


def test_groups(world: World) -> None:
    first = world.attach(8, "one.exe")
    assert first.memory[GROUP] == 8  # its children are told so
    second: Any = Process(world.kernel, 12, "two.exe")
    second.memory[GROUP] = 8
    world.host.device.attach(second, world.host.console)
    assert list(world.host.console.processes.values()) == [8, 8]


def test_the_first_of_a_group_hears_of_control_break_only(world: World) -> None:
    process = world.attach(8, "one.exe")
    process.memory[FLAGS] = 1
    assert world.type(b"\x03") == []
    assert world.type(b"\x1c") == [8]
    assert world.told[0][2] == 0
    world.pass_time(1)
    assert process.memory[FLAGS] == 1

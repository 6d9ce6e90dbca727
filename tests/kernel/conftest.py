"""A minimal kernel on the fake engine: the lower rooms alone, without memory manager, handles or images."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from ring3k.abi.version import version_of
from ring3k.engine.fake import FakeEngine, FakeSpace, Idle
from ring3k.engine.fake_guest import Call, FakeThread, Program
from ring3k.engine.protocol import PAGE, Prot
from ring3k.hooks.crash.surroundings import Surroundings
from ring3k.hooks.events import Bus, Event
from ring3k.ke.kernel import Kernel
from ring3k.ke.thread import KProcess, KThread, ThreadExit
from ring3k.sched.clock import VirtualClock

STACK_SIZE = 0x8000
EXIT_CALL = 0xE00  # number of the test kernel's "end this thread" call


class Nothing:
    """No module, no code."""

    def module_at(self, address: int) -> None:
        return None

    def file_at(self, address: int) -> None:
        return None

    def is_code(self, address: int) -> bool:
        return False

    def what_is(self, address: int) -> str:
        return "nothing"


class Process(KProcess):
    """Memory, threads, and Ki* addresses given by the test."""

    def __init__(self, kernel: Kernel, memory: FakeSpace, pid: int) -> None:
        super().__init__()
        self.kernel = kernel
        self.memory: Any = memory
        self.pid = pid
        self.handles = None
        self.vm = None
        self.threads = []
        self.exports: dict[str, int] = {}
        self.exit_status: int | None = None

    def can_take(self, thread: KThread) -> bool:
        return self.exit_status is not None

    def locate(self, address: int) -> str | None:
        return None

    def surroundings(self) -> Surroundings:
        return Nothing()

    @property
    def file_name(self) -> str:
        return "test.exe"

    def user_address(self, name: str) -> int:
        return self.exports.get(name, 0)

    def terminate(self, status: int) -> None:
        if self.exit_status is None:
            self.exit_status = status
            for t in tuple(self.threads):
                t.die()
            self.signalled()


class Thread(KThread):
    """Starts at a program, with a stack of its own."""

    guest: FakeThread

    def __init__(self, kernel: Kernel, process: Process, tid: int, start: int, stack: int) -> None:
        super().__init__(kernel, process, tid)
        self.start = start
        self.stack = stack
        self.bottom = 0  # where the program returns to: code that ends the thread

    def started(self) -> None:
        self.guest.eip = self.start
        self.guest.esp = self.stack
        self.guest.eflags = 0x202

    def host_died(self) -> None:
        self.die()


class TestSystem:
    """A kernel, and short ways to fill it."""

    __test__ = False

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.engine = FakeEngine(self.clock)
        self.bus = Bus()
        self.events: list[Event] = []
        self.bus.subscribe(self.events.append)
        self.kernel = Kernel(self.engine, self.bus, self.clock)
        self.kernel.add_part(version_of("nt51"))
        self.crashes: list[BaseException] = []
        self.kernel.on_crash = lambda t, error: self.crashes.append(error)
        self.processes: list[Process] = []
        self._next_id = 4
        self._next_stack = 0x10_0000

    def process(self) -> Process:
        self._next_id += 4
        made = Process(self.kernel, self.engine.create_space(), self._next_id)
        self.processes.append(made)
        return made

    def thread(self, program: Program, process: Process | None = None) -> Thread:
        """A thread that runs a program, in a new process if none is given; ends when the program returns."""
        p = process or self.process()
        space = p.memory
        self._next_stack += 2 * STACK_SIZE
        space.map_private(self._next_stack, STACK_SIZE, Prot.READ | Prot.WRITE)
        self._next_id += 4
        top = self._next_stack + STACK_SIZE - 64
        t = Thread(self.kernel, p, self._next_id, space.place(program), top)
        p.threads.append(t)
        t.guest = space.create_thread(0)
        t.guest.owner = t
        t.bottom = space.place(_ended)
        space.write_u32(top, t.bottom)
        return t

    def call(self, number: int, answer: Callable[..., Any]) -> None:
        """Install a system call: ``answer(t)`` or ``async answer(t)``."""
        self.kernel.table[number] = answer

    def run(self, units: int | None = None) -> None:
        """Until nothing can happen any more, or for this much time."""
        with suppress(Idle):
            self.kernel.run(None if units is None else self.clock.interrupt_time() + units)
            while self.engine.queue:  # what became possible at the very end
                self.kernel.run(self.clock.interrupt_time())

    def pages(self, process: Process, address: int, length: int = PAGE, prot: int = 3) -> int:
        process.memory.map_private(address, length, prot)
        return address


def _ended(g: FakeThread) -> Any:
    yield Call(EXIT_CALL)


@pytest.fixture
def system() -> Iterator[TestSystem]:
    made = TestSystem()

    def end(t: Any) -> int:
        raise ThreadExit

    made.call(EXIT_CALL, end)
    yield made
    made.engine.close()
    assert not made.crashes

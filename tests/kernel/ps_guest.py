"""A whole system on the fake engine, whose programs stand where ntdll and the image have their entries."""

from __future__ import annotations

import io
from pathlib import Path
from struct import unpack_from
from typing import Any

from ring3k.abi.tables import table
from ring3k.engine.fake import FakeEngine
from ring3k.engine.fake_guest import Call, Program, Spin
from ring3k.ps.create import create_stack, create_thread
from ring3k.ps.process import Process
from ring3k.ps.thread import Thread
from ring3k.sched.clock import VirtualClock
from ring3k.system import GuestProcess, System

OWN_PROCESS, OWN_THREAD = 0xFFFFFFFF, 0xFFFFFFFE


class Guest:
    """One system; its processes are made from hello.exe, but run Python generators."""

    def __init__(self, hello: Path, abi: str = "nt51") -> None:
        self.hello = hello
        self.clock = VirtualClock()
        self.engine = FakeEngine(self.clock)
        self.screen = io.StringIO()
        self.reports: list[str] = []
        self.system = System(
            self.engine,
            abi,
            clock=self.clock,
            stdout=self.screen,
            stderr=self.screen,
            report=self.reports.append,
        )
        self.numbers = table(abi).numbers

    def call(self, name: str, *args: int) -> Call:
        return Call(self.numbers[name], tuple(arg & 0xFFFFFFFF for arg in args))

    def spawn(self, program: Program, dispatcher: Program | None = None) -> GuestProcess:
        """A process whose image's entry point is ``program``; it ends when the program does."""
        started = self.system.spawn([self.hello])
        process = started._process
        space: Any = process.memory

        def whole(g: Any) -> Any:
            yield from program(g)
            yield self.call("NtTerminateProcess", OWN_PROCESS, 0)

        def go_on(g: Any) -> Any:
            yield self.call("NtContinue", g.esp + 16, 1)

        space.place(whole, process.image_base + process.image.entry)
        space.place(dispatcher or go_on, process.user_address("KiUserApcDispatcher"))
        return started

    def run(self, program: Program) -> int:
        """Run one process to its end; its exit status."""
        return self.spawn(program).wait(10)

    def script(self, process: GuestProcess, program: Program) -> int:
        """Put a program at a free address of a process."""
        space: Any = process._process.memory
        return int(space.place(program))


def second_thread(guest: Guest, started: GuestProcess, program: Program, suspended: bool = False) -> Thread:
    """Another thread of a process, running a program of its own."""
    process = started._process
    stack = create_stack(process)
    start = guest.script(started, program)
    context = process.contract.thread_context(process, start, 0, stack.StackBase - 56)
    return create_thread(process, context, stack, suspended)


def nothing(g: Any) -> Any:
    yield from ()


def spinning(g: Any) -> Any:
    yield Spin()


def process_of(g: Any) -> Process:
    found: Process = g.owner.process
    return found


def thread_of(g: Any) -> Thread:
    found: Thread = g.owner
    return found


def words(g: Any, address: int, count: int) -> tuple[int, ...]:
    return unpack_from(f"<{count}I", g.space.read(address, count * 4))

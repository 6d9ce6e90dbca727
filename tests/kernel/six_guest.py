"""A system of Wine's userland on the fake engine: programs stand where its ntdll and the image are entered.

Only the numbers and entry points of that ntdll are used; none of its code runs.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from ring3k.engine.fake import FakeEngine
from ring3k.engine.fake_guest import Call, Program
from ring3k.sched.clock import VirtualClock
from ring3k.system import GuestProcess, System
from ring3k.userland import wine

OWN_PROCESS, OWN_THREAD = 0xFFFFFFFF, 0xFFFFFFFE


class SixGuest:
    """One system; its processes are made from an image, but run Python generators."""

    def __init__(self, hello: Path) -> None:
        if wine.find() is None:
            pytest.skip("Wine's DLLs are not here")
        self.hello = hello
        self.clock = VirtualClock()
        self.engine = FakeEngine(self.clock)
        self.screen = io.StringIO()
        self.reports: list[str] = []
        self.system = System(
            self.engine,
            userland="wine",
            clock=self.clock,
            stdout=self.screen,
            stderr=self.screen,
            report=self.reports.append,
            debug=True,
        )
        self.numbers = self.system._machine.numbers.numbers

    def call(self, name: str, *args: int) -> Call:
        return Call(self.numbers[name], tuple(arg & 0xFFFFFFFF for arg in args))

    def spawn(self, program: Program) -> GuestProcess:
        """A process that runs ``program`` as its first thread, and ends when that does."""
        started = self.system.spawn([self.hello])
        self.equip(started._process, program)
        return started

    def equip(self, process: Any, program: Program) -> None:
        """Put stand-ins for ntdll and the image into a process: its first thread runs ``program``."""
        space = process.memory

        def enter(g: Any) -> Any:
            yield self.call("NtContinue", g.space.read_u32(g.esp + 4), 1)

        def start(g: Any) -> Any:
            begin = g.space.code[g.eax]
            status = yield from begin(g)
            yield self.call("NtTerminateThread", OWN_THREAD, status or 0)

        def whole(g: Any) -> Any:
            yield from program(g)
            yield self.call("NtTerminateProcess", OWN_PROCESS, 0)

        space.place(enter, process.user_address("LdrInitializeThunk"))
        space.place(start, process.user_address("RtlUserThreadStart"))
        space.place(whole, process.image_base + process.image.entry)

    def script(self, process: Any, program: Program) -> int:
        """Put a program at a free address of a process."""
        return int(process.memory.place(program))

    def run(self, program: Program) -> int:
        """Run one process to its end; its exit status."""
        return self.spawn(program).wait(10)

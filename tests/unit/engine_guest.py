"""A guest of a few instructions, for the tests of the engines: machine code goes in, traps come out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ring3k.engine import ptrace, stub
from ring3k.engine.protocol import Engine, GuestThread, Prot, Space, Trap

CODE = 0x400000
DATA = 0x500000
STACK = 0x110000
TEB = 0x7FFD0000
RWX = Prot.READ | Prot.WRITE | Prot.EXEC
SECOND = 1_000_000_000

INT_2E = b"\xcd\x2e"
LOOP = b"\xeb\xfe"


def engines() -> Iterator[Any]:
    yield pytest.param(stub.create, id="stub")
    yield pytest.param(ptrace.create, id="ptrace")


class Guest:
    """An address space with some code, data and a stack."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.space: Space = engine.create_space()
        self.space.map_private(CODE, 0x10000, RWX)
        self.space.map_private(DATA, 0x10000, Prot.READ | Prot.WRITE)
        self.space.map_private(STACK - 0x10000, 0x10000, Prot.READ | Prot.WRITE)
        self.space.map_private(TEB, 0x1000, Prot.READ | Prot.WRITE)

    def thread(self, teb: int = TEB) -> GuestThread:
        """A thread that waits for its registers."""
        thread = self.space.create_thread(teb)
        assert self.next() is thread
        assert thread.trap == Trap.STARTED
        thread.esp = STACK - 0x100
        return thread

    def next(self, timeout: int = 5 * SECOND) -> GuestThread:
        thread = self.engine.wait(timeout)
        assert thread is not None
        return thread

    def go(self, thread: GuestThread, code: bytes, at: int = CODE) -> GuestThread:
        """Run code in a trapped thread up to the next trap."""
        self.space.write(at, code)
        thread.eip = at
        thread.resume()
        assert self.next() is thread
        return thread

    def run(self, code: bytes, **registers: int) -> GuestThread:
        """A new thread that has run code up to its first trap."""
        thread = self.thread()
        for name, value in registers.items():
            setattr(thread, name, value)
        return self.go(thread, code)

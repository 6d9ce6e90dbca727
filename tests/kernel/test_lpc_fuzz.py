"""Guests make port calls by chance, with messages by chance: the kernel stays whole and keeps nothing."""

from __future__ import annotations

import gc
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ring3k.abi.status import STATUS_INSUFFICIENT_RESOURCES, STATUS_NO_MEMORY
from ring3k.engine.fake import Idle
from ring3k.lpc.message import HEADER, MESSAGE_COST
from ring3k.lpc.wait import WaiterTable
from ring3k.ob.object import TypeTable
from ring3k.se.logon import LogonTable
from tests.kernel.ps_guest import OWN_PROCESS, Guest

NAME = "\\BaseNamedObjects\\fuzz"
# Places in a page of each guest: outputs, a string and what needs it, messages.
OUT, STRING, ATTRIBUTES, QUALITY, SENT, RECEIVED, TEXT, INFO = 0, 0x40, 0x60, 0x90, 0x100, 0x300, 0x500, 0x600
SHORT_WAIT = 0x20

Step = tuple[int, int, int]
Action = Callable[["Player", Any, int, int], Any]


class Player:
    """One guest: what it knows, and the calls that it can make of it."""

    def __init__(self, guest: Guest, steps: list[Step]) -> None:
        self.guest = guest
        self.steps = steps
        self.page = 0
        self.handles = [0]

    def program(self, g: Any) -> Any:
        base, size = g.esp - 64, g.esp - 60
        g.space.write_u32(base, 0)
        g.space.write_u32(size, 0x1000)
        yield self.call("NtAllocateVirtualMemory", OWN_PROCESS, base, 0, size, 0x3000, 4)
        self.page = page = g.space.read_u32(base)
        text = NAME.encode("utf-16-le")
        g.space.write(page + TEXT, text)
        g.space.write(page + STRING, struct.pack("<HHI", len(text), len(text), page + TEXT))
        g.space.write(page + ATTRIBUTES, struct.pack("<6I", 24, 0, page + STRING, 0x40, 0, 0))
        g.space.write(page + QUALITY, struct.pack("<IIBB", 12, 2, 0, 1))
        g.space.write(page + SHORT_WAIT, struct.pack("<q", -100))
        for which, a, b in self.steps:
            yield from ACTIONS[which % len(ACTIONS)](self, g, a, b)

    def call(self, name: str, *args: int) -> Any:
        return self.guest.call(name, *args)

    def handle(self, a: int) -> int:
        if a % 16 == 0 or len(self.handles) == 1:
            return self.handles[0]
        return self.handles[1 + a % (len(self.handles) - 1)]

    def compose(self, g: Any, a: int, b: int) -> int:
        """A message: mostly a plausible one, sometimes what was received, sometimes rubbish."""
        received = HEADER.unpack(g.space.read(self.page + RECEIVED, 24))
        length = b % 80
        header = [length, 24 + length, 0, 0, *received[4:7], 0]
        if a % 5 == 0:
            header[2] = a >> 1 & 0xF
        if a % 7 == 0:
            header[3] = 24
        if a % 11 == 0:
            header[a >> 7 & 7] = (b * 0x9E37 & 0x7FFF) - (0x4000 if a >> 7 & 7 < 2 else 0)
        g.space.write(self.page + SENT, HEADER.pack(*header) + struct.pack("<4I", a & 3, self.page, b, 1))
        return self.page + SENT

    def keep(self, g: Any, status: int) -> None:
        if status == 0:
            self.handles.append(g.space.read_u32(self.page + OUT))


def create(p: Player, g: Any, a: int, b: int) -> Any:
    name = ("NtCreatePort", "NtCreateWaitablePort")[a & 1]
    p.keep(g, (yield p.call(name, p.page + OUT, p.page + ATTRIBUTES, b % 270, 100 + a % 240, 0)))


def connect(p: Player, g: Any, a: int, b: int) -> Any:
    page = p.page
    g.space.write_u32(page + OUT + 4, b % 400)
    info = page + INFO if a & 1 else 0
    status = yield p.call(
        "NtConnectPort", page + OUT, page + STRING, page + QUALITY, 0, 0, 0, info, page + OUT + 4
    )
    p.keep(g, status)


def receive(p: Player, g: Any, a: int, b: int) -> Any:
    reply = p.compose(g, a, b) if a & 2 else 0
    page = p.page
    yield p.call(
        "NtReplyWaitReceivePortEx", p.handle(a), page + OUT + 8, reply, page + RECEIVED, page + SHORT_WAIT
    )


def accept(p: Player, g: Any, a: int, b: int) -> Any:
    message = p.page + RECEIVED if a % 8 else p.compose(g, a, b)
    p.keep(g, (yield p.call("NtAcceptConnectPort", p.page + OUT, b & 1, message, int(a & 3 != 0), 0, 0)))


def serve(p: Player, g: Any, a: int, b: int) -> Any:
    """Receive, and do what the message asks for."""
    yield from receive(p, g, a & ~2, b)
    kind = HEADER.unpack(g.space.read(p.page + RECEIVED, 24))[2]
    if kind == 10:
        yield from accept(p, g, 1, b)
        yield p.call("NtCompleteConnectPort", p.handles[-1])
    elif kind == 1:
        yield p.call("NtReplyPort", p.handle(a), p.page + RECEIVED)


def complete(p: Player, g: Any, a: int, b: int) -> Any:
    yield p.call("NtCompleteConnectPort", p.handle(a))


def ask(p: Player, g: Any, a: int, b: int) -> Any:
    yield p.call("NtRequestWaitReplyPort", p.handle(a), p.compose(g, a, b), p.page + RECEIVED)


def tell(p: Player, g: Any, a: int, b: int) -> Any:
    yield p.call("NtRequestPort", p.handle(a), p.compose(g, a, b))


def answer(p: Player, g: Any, a: int, b: int) -> Any:
    name = ("NtReplyPort", "NtReplyPort", "NtReplyPort", "NtReplyWaitReplyPort")[b & 3]
    yield p.call(name, p.handle(a), p.compose(g, a, b))


def look(p: Player, g: Any, a: int, b: int) -> Any:
    name = ("NtReadRequestData", "NtWriteRequestData")[a & 1]
    yield p.call(name, p.handle(b), p.page + RECEIVED, b & 1, p.page + INFO, b % 70, 0)


def impersonate(p: Player, g: Any, a: int, b: int) -> Any:
    yield p.call("NtImpersonateClientOfPort", p.handle(a), p.page + RECEIVED)


def register(p: Player, g: Any, a: int, b: int) -> Any:
    yield p.call("NtRegisterThreadTerminatePort", p.handle(a))


def close(p: Player, g: Any, a: int, b: int) -> Any:
    yield p.call("NtClose", p.handle(a))


def leave(p: Player, g: Any, a: int, b: int) -> Any:
    if a % 8 == 0:
        yield p.call("NtTerminateProcess", OWN_PROCESS, 1)


ACTIONS: tuple[Action, ...] = (
    *(create, create, connect, connect, serve, serve, serve, receive, accept, complete, ask, ask, tell),
    *(answer, answer, look, impersonate, register, close, leave),
)


@pytest.fixture(scope="module", params=["nt50", "nt51"])
def guest(request: pytest.FixtureRequest, hello: Path) -> Any:
    made = Guest(hello, request.param)
    with made.system:
        yield made
        assert made.system.crashes == 0, made.reports


def state(guest: Guest) -> tuple[Any, ...]:
    kernel = guest.system.kernel
    counts = {one.name: (one.objects, one.handles) for one in kernel.part(TypeTable) if one.objects}
    logons = dict(kernel.part(LogonTable)._tokens)
    return counts, kernel.pool.used, len(kernel.late_part(WaiterTable).waiting), logons


STEP = st.tuples(st.integers(0, 255), st.integers(0, 1023), st.integers(0, 1023))


def play(guest: Guest, plays: list[list[Step]]) -> None:
    started = [guest.spawn(Player(guest, steps).program) for steps in plays]
    for process in started:
        with suppress(Idle, TimeoutError):
            process.wait(1)
    for process in started:
        if not process.ended:
            process.kill()
            process.wait(1)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(STEP, max_size=30), min_size=2, max_size=4))
def test_calls_by_chance(guest: Guest, plays: list[list[Step]]) -> None:
    before = state(guest)
    play(guest, plays)
    gc.collect()  # what is left of the processes' own objects
    assert guest.system.crashes == 0, guest.reports
    assert state(guest) == before


def test_a_guest_cannot_fill_the_kernel(guest: Guest) -> None:
    """Datagrams that nobody receives, and death notices, end with a status and are given back."""
    seen: list[int] = []
    before = state(guest)
    pool = guest.system.kernel.pool
    limit = pool.limit

    def program(g: Any) -> Any:
        player = Player(guest, [])
        yield from player.program(g)
        yield from create(player, g, 100, 0)
        port = player.handles[-1]
        message = player.compose(g, 1, 8)
        pool.limit = pool.used + 20 * MESSAGE_COST
        calls = ("NtRequestPort", (port, message)), ("NtRegisterThreadTerminatePort", (port,))
        for name, arguments in calls:
            status = 0
            while not status:
                status = yield player.call(name, *arguments)
            seen.append(status)
        pool.limit = limit

    assert guest.run(program) == 0
    assert seen == [STATUS_NO_MEMORY, STATUS_INSUFFICIENT_RESOURCES]
    assert state(guest) == before

"""The kernel's door on the real engines: the traps that the fake one reports, by real instructions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ring3k.abi.status import (
    STATUS_ACCESS_VIOLATION,
    STATUS_BREAKPOINT,
    STATUS_ILLEGAL_INSTRUCTION,
    STATUS_INTEGER_DIVIDE_BY_ZERO,
    STATUS_INTEGER_OVERFLOW,
    STATUS_PRIVILEGED_INSTRUCTION,
    STATUS_SINGLE_STEP,
)
from ring3k.abi.structs.ke import CONTEXT, EXCEPTION_RECORD
from ring3k.abi.version import version_of
from ring3k.engine.protocol import EngineError
from ring3k.hooks.events import Bus, DebugPrint
from ring3k.ke import context, exception
from ring3k.ke.kernel import Kernel
from ring3k.ke.thread import ThreadExit, UserApc
from tests.kernel.conftest import Process, Thread

CODE, DATA, STACK, TEB = 0x400000, 0x500000, 0x600000, 0x7FFD0000
CONTINUE, EXIT = 0x20, 8
SECOND = 10_000_000


class Machine:
    """One process with code, data, a stack and Ki entry points of its own."""

    def __init__(self, name: str) -> None:
        from ring3k.engine import ptrace, stub

        try:
            self.engine = (stub if name == "stub" else ptrace).create()
        except EngineError as error:
            pytest.skip(str(error))
        bus = Bus()
        self.events: list[Any] = []
        bus.subscribe(self.events.append)
        self.kernel = Kernel(self.engine, bus)
        self.kernel.add_part(version_of("nt51"))
        self.crashes: list[BaseException] = []
        self.kernel.on_crash = lambda t, error: self.crashes.append(error)
        self.space: Any = self.engine.create_space()
        for address, length, prot in (
            (CODE, 0x1000, 7),
            (DATA, 0x1000, 3),
            (STACK, 0x10000, 3),
            (TEB, 0x1000, 3),
        ):
            self.space.map_private(address, length, prot)
        self.process = Process(self.kernel, self.space, 8)
        self.seen: list[tuple[EXCEPTION_RECORD, CONTEXT]] = []
        self._place()

    def _place(self) -> None:
        table = self.kernel.table
        # mov esi,[esp+4]; mov edi,[esp]; mov eax,0x21; int 2e (look); push 0; push esi; mov edx,esp;
        # mov eax,0x20; int 2e; hlt
        self.entry(
            "KiUserExceptionDispatcher",
            0x800,
            "8b742404 8b3c24 b821000000 cd2e 6a00 56 89e2 b820000000 cd2e f4",
        )
        # lea edi,[esp+16]; push 1; push edi; mov edx,esp; mov eax,0x20; int 2e; hlt
        self.entry("KiUserApcDispatcher", 0x880, "8d7c2410 6a01 57 89e2 b820000000 cd2e f4")
        self.entry("KiFastSystemCallRet", 0x8C0, "c3")
        # mov ecx,[esp+8]; mov edx,[esp+12]; mov eax,0x33; int 2b
        self.entry("KiUserCallbackDispatcher", 0x8E0, "8b4c2408 8b54240c b833000000 cd2b f4")

        def nt_continue(t: Any) -> None:
            at, alert = t.guest.args(2)
            exception.continue_(t, at, bool(alert))

        def look(t: Any) -> None:
            registers = CONTEXT.load(t.memory, t.guest.esi)
            raw = t.memory.read(t.guest.edi, 20)
            words = raw[16] * 4
            record = EXCEPTION_RECORD.unpack(raw + t.memory.read(t.guest.edi + 20, words).ljust(60, b"\0"))
            self.seen.append((record, CONTEXT.load(t.memory, t.guest.esi)))
            registers.Eip += 1
            t.memory.write(t.guest.esi, registers.pack())

        def end(t: Any) -> None:
            self.kernel.stop()
            raise ThreadExit

        table.update({CONTINUE: nt_continue, 0x21: look, EXIT: end})

    def entry(self, name: str, offset: int, code: str) -> None:
        self.space.poke(CODE + offset, bytes.fromhex(code))
        self.process.exports[name] = CODE + offset

    def thread(self, code: str, offset: int = 0) -> Thread:
        """A thread that runs this code, and ends behind it by itself."""
        self.space.poke(CODE + offset, bytes.fromhex(code + "b808000000 cd2e f4"))
        t = Thread(self.kernel, self.process, 12, CODE + offset, STACK + 0x10000 - 64)
        self.process.threads.append(t)
        t.teb = TEB
        guest: Any = self.space.create_thread(TEB)
        t.guest = guest
        guest.owner = t
        return t

    def run(self) -> None:
        """Until every thread has ended."""
        clock = self.kernel.clock
        limit = clock.interrupt_time() + 20 * SECOND
        while not all(t.ended for t in self.process.threads):
            assert clock.interrupt_time() < limit
            self.kernel.run(clock.interrupt_time() + SECOND // 10)
        assert not self.crashes


@pytest.fixture(params=["stub", "ptrace"])
def machine(request: pytest.FixtureRequest) -> Iterator[Machine]:
    made = Machine(request.param)
    yield made
    made.engine.close()


@pytest.mark.parametrize(
    ("code", "status", "address", "parameters"),
    [
        ("f4", STATUS_PRIVILEGED_INSTRUCTION, 0, ()),
        ("cc90", STATUS_BREAKPOINT, 0, (0, 0, 0)),
        ("ce90", None, 0, ()),  # into without overflow: nothing happens
        ("31c9 f7f1", STATUS_INTEGER_DIVIDE_BY_ZERO, 2, ()),
        ("ba00000080 b901000000 f7f1", STATUS_INTEGER_OVERFLOW, 10, ()),
        ("cd29", STATUS_ACCESS_VIOLATION, 0, (0, 0xFFFFFFFF)),
        ("cd80", STATUS_ACCESS_VIOLATION, 0, (0, 0xFFFFFFFF)),
        ("31c0 8b08", STATUS_ACCESS_VIOLATION, 2, (0, 0)),
        ("31c0 8908", STATUS_ACCESS_VIOLATION, 2, (1, 0)),
        ("9c 810c2400010000 9d 90 90", STATUS_SINGLE_STEP, 10, ()),
    ],
)
def test_exceptions(
    machine: Machine, code: str, status: int | None, address: int, parameters: tuple[int, ...]
) -> None:
    t = machine.thread(code)
    if status is not None:
        behind = CODE + len(bytes.fromhex(code))  # where the dispatcher goes on

        def look(t: Any) -> None:
            raw = t.memory.read(t.guest.edi, 80)
            registers = CONTEXT.load(t.memory, t.guest.esi)
            machine.seen.append((EXCEPTION_RECORD.unpack(raw), CONTEXT.load(t.memory, t.guest.esi)))
            registers.Eip = behind
            registers.EFlags &= ~0x100
            t.memory.write(t.guest.esi, registers.pack())

        machine.kernel.table[0x21] = look
    machine.run()
    assert t.ended
    assert machine.process.exit_status is None
    if status is None:
        assert machine.seen == []
        return
    ((record, registers),) = machine.seen
    assert (record.ExceptionCode, record.ExceptionAddress) == (status, CODE + address)
    assert registers.Eip == CODE + address
    assert tuple(record.ExceptionInformation[: record.NumberParameters]) == parameters
    assert registers.SegCs == 0x1B


def test_floating_point_state_survives_an_exception(machine: Machine) -> None:
    # fldpi; movd xmm3,esp; hlt; fstp tbyte [0x500000]; movd [0x500010],xmm3
    t = machine.thread("d9eb 660f6edc f4 db3d00005000 660f7e1d10005000")
    machine.run()
    ((_, registers),) = machine.seen
    assert registers.FloatSave.TagWord == 0x3FFF  # one register, valid
    assert registers.FloatSave.RegisterArea[:10] == bytes.fromhex("35c26821a2da0fc90040")
    assert machine.space.read(DATA, 10) == bytes.fromhex("35c26821a2da0fc90040")
    assert machine.space.read_u32(DATA + 16) == t.stack


def test_debug_print(machine: Machine) -> None:
    machine.space.poke(DATA, b"\x05\0\x05\0\x10\x00\x50\x00" + bytes(8) + b"hello")
    t = machine.thread("b801000000 b900005000 31d2 cd2d cc 89c3")
    machine.run()
    assert [e.text for e in machine.events if isinstance(e, DebugPrint)] == ["hello"]
    assert t.ended


@pytest.mark.parametrize(
    ("ebp", "end"), [(0, STATUS_ACCESS_VIOLATION), (STACK + 0x800, STATUS_ILLEGAL_INSTRUCTION)]
)
def test_sysenter_and_what_follows(machine: Machine, ebp: int, end: int) -> None:
    """push argument, return addresses; the call gets its argument and comes back with its status.

    A processor that enters the host instead loses the way back: then the program ends.  The host looks for an
    argument where ebp points; without one it goes on at an address that is none, else its call is refused.
    """
    got = []

    def call(t: Any) -> int:
        got.append(t.guest.args(1))
        return 0x4321

    machine.kernel.table[9] = call
    # mov ebp; push 0x77; push 0; push back; mov edx,esp; mov eax,9; sysenter; back: mov [0x500000],eax
    start = "bd" + ebp.to_bytes(4, "little").hex()
    machine.thread(start + "6a77 6a00 6819004000 89e2 b809000000 0f34 0f0b a300005000")
    started = machine.kernel.clock.interrupt_time()
    machine.run()
    assert machine.kernel.clock.interrupt_time() - started < 2 * SECOND
    if machine.process.exit_status is not None:
        assert (machine.process.exit_status, got, machine.seen) == (end, [], [])
        return
    assert got == [(0x77,)]
    assert machine.space.read_u32(DATA) == 0x4321


def test_a_callback_and_its_return(machine: Machine) -> None:
    got = []

    async def call_out(t: Any) -> int:
        got.append(await t.call_user(3, b"data"))
        return 0x1122

    machine.kernel.table[9] = call_out
    machine.space.poke(TEB, (0xABCD).to_bytes(4, "little"))
    machine.thread("bb11111111 b809000000 cd2e a300005000 891d04005000")
    machine.run()
    assert got == [(0x33, b"data")]
    assert machine.space.read_u32(DATA) == 0x1122
    assert machine.space.read_u32(DATA + 4) == 0x11111111
    assert machine.space.read_u32(TEB) == 0xABCD


def test_an_apc_during_a_wait(machine: Machine) -> None:
    async def wait(t: Any) -> Any:
        t.kernel.scheduler.alarm(0, lambda: t.queue_apc(UserApc(1, 2, 3, 4)))
        return await t.wait((), alertable=True)

    machine.kernel.table[9] = wait
    machine.thread("b809000000 cd2e a300005000")
    machine.run()
    assert machine.space.read_u32(DATA) == 0xC0


def test_registers_of_an_endless_loop(machine: Machine) -> None:
    """Hold, look, set, release: the loop ends because another thread moved it."""
    loop = machine.thread("be78563412 ebfe", 0x100)

    async def move(t: Any) -> int:
        loop.hold()
        try:
            await loop.stopped()
            assert not loop.running
            now = context.capture(loop, 0x10007)
            while now.Eip != CODE + 0x105:  # it may have been caught before it began
                loop.release()
                await t.wait((), deadline=t.kernel.clock.interrupt_time() + 10_000)
                loop.hold()
                await loop.stopped()
                now = context.capture(loop, 0x10007)
            assert now.Esi == 0x12345678
            now.Eip = CODE + 0x107
            context.apply(loop, now)
        finally:
            loop.release()
        return await t.wait((loop,))  # type: ignore[no-any-return]

    machine.kernel.table[9] = move
    machine.thread("b809000000 cd2e a300005000")
    machine.space.poke(DATA, b"\xff" * 4)
    machine.run()
    assert machine.space.read_u32(DATA) == 0

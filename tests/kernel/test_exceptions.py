"""Exceptions on the way to user mode: layout, continuation, second chance."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from ring3k.abi.status import (
    STATUS_ACCESS_VIOLATION,
    STATUS_ARRAY_BOUNDS_EXCEEDED,
    STATUS_BREAKPOINT,
    STATUS_DATATYPE_MISALIGNMENT,
    STATUS_FLOAT_DIVIDE_BY_ZERO,
    STATUS_FLOAT_MULTIPLE_FAULTS,
    STATUS_FLOAT_MULTIPLE_TRAPS,
    STATUS_FLOAT_STACK_CHECK,
    STATUS_GUARD_PAGE_VIOLATION,
    STATUS_ILLEGAL_INSTRUCTION,
    STATUS_INTEGER_DIVIDE_BY_ZERO,
    STATUS_INTEGER_OVERFLOW,
    STATUS_INVALID_LOCK_SEQUENCE,
    STATUS_INVALID_PARAMETER,
    STATUS_NO_EVENT_PAIR,
    STATUS_PRIVILEGED_INSTRUCTION,
    STATUS_SINGLE_STEP,
    STATUS_STACK_BUFFER_OVERRUN,
    STATUS_STACK_OVERFLOW,
    NtError,
)
from ring3k.abi.structs.ke import CONTEXT, CONTEXT_ALL, EXCEPTION_RECORD
from ring3k.abi.version import version_of
from ring3k.engine.fake_guest import INT3, Call, Fault, Load, Program
from ring3k.engine.protocol import Trap
from ring3k.hooks.events import DebugPrint, ExceptionRaised, ProcessCrashed
from ring3k.ke import exception
from tests.kernel.conftest import EXIT_CALL, Process, TestSystem, Thread

CONTINUE, RAISE = 0x20, 0xB5
Steps = Generator[Any, Any, int | None]


def gp(code: bytes, error: int = 0) -> Fault:
    return Fault(13, error=error, code=code)


class Seen:
    """What a KiUserExceptionDispatcher found on its stack."""

    def __init__(self, g: Any) -> None:
        memory = g.space
        self.esp = g.esp
        self.eflags = g.eflags
        self.record_at, self.context_at = memory.read_u32(g.esp), memory.read_u32(g.esp + 4)
        raw = memory.read(self.record_at, 20)
        count = int.from_bytes(raw[16:20], "little")
        self.record = EXCEPTION_RECORD.unpack(memory.read(self.record_at, 20 + 4 * count).ljust(80, b"\0"))
        self.context = CONTEXT.load(memory, self.context_at)

    @property
    def code(self) -> int:
        return self.record.ExceptionCode

    @property
    def parameters(self) -> tuple[int, ...]:
        return tuple(self.record.ExceptionInformation[: self.record.NumberParameters])


@pytest.fixture
def machine(system: TestSystem) -> TestSystem:
    def nt_continue(t: Any) -> Any:
        context, alert = t.guest.args(2)
        return exception.continue_(t, context, bool(alert & 0xFF))

    def nt_raise(t: Any) -> Any:
        record, context, first_chance = t.guest.args(3)
        return exception.raise_exception(t, record, context, bool(first_chance & 0xFF))

    system.call(CONTINUE, nt_continue)
    system.call(RAISE, nt_raise)
    system.call(1, lambda t: 0x123)
    return system


def run(system: TestSystem, program: Program, handle: bool = True) -> tuple[list[Seen], Thread]:
    """Run a program whose exceptions are all handled by skipping a byte; or whose first one ends it."""
    seen: list[Seen] = []

    def dispatcher(g: Any) -> Steps:
        found = Seen(g)
        seen.append(found)
        if not handle:
            yield Call(EXIT_CALL)
        found.context.Eip += 1
        g.space.write(found.context_at, found.context.pack())
        status = yield Call(CONTINUE, (found.context_at, 0))
        raise AssertionError(f"NtContinue returned {status:#x}")

    t = system.thread(program)
    t.process.exports["KiUserExceptionDispatcher"] = t.process.memory.place(dispatcher)
    system.run()
    return seen, t


def test_layout_on_the_stack(machine: TestSystem) -> None:
    at: dict[str, int] = {}

    def program(g: Any) -> Steps:
        g.esp -= 2  # the kernel aligns
        g.edi, g.ebx = 0x11111111, 0x22222222
        at["esp"], at["eip"] = g.esp, g.eip
        yield gp(b"\xf4")
        assert (g.edi, g.ebx) == (0x11111111, 0x22222222)
        g.esp += 2
        return None

    (seen,), t = run(machine, program)
    assert seen.code == STATUS_PRIVILEGED_INSTRUCTION
    assert (seen.record.ExceptionAddress, seen.context.Eip - 1) == (
        seen.context.Eip - 1,
        seen.record.ExceptionAddress,
    )
    assert (seen.record_at, seen.context_at) == (seen.esp + 8, seen.esp + 8 + 20)
    assert seen.context_at + CONTEXT.size() == at["esp"] & ~3
    assert seen.context.ContextFlags == CONTEXT_ALL
    assert (seen.context.Esp, seen.context.Edi, seen.context.SegCs) == (at["esp"], 0x11111111, 0x1B)
    assert t.ended
    assert t.process.exit_status is None


@pytest.mark.parametrize(
    ("fault", "code", "parameters"),
    [
        (Fault(5), STATUS_ARRAY_BOUNDS_EXCEEDED, ()),
        (Fault(6, code=b"\x0f\x0b"), STATUS_ILLEGAL_INSTRUCTION, ()),
        (Fault(6, code=b"\xf0\x90"), STATUS_INVALID_LOCK_SEQUENCE, ()),
        (Fault(17), STATUS_DATATYPE_MISALIGNMENT, ()),
        (Fault(12), STATUS_ACCESS_VIOLATION, (0, 0xFFFFFFFF)),
        (gp(b"\xfa"), STATUS_PRIVILEGED_INSTRUCTION, ()),
        (gp(b"\x66\xf3\x6f"), STATUS_PRIVILEGED_INSTRUCTION, ()),
        (gp(b"\x0f\x01\x10"), STATUS_PRIVILEGED_INSTRUCTION, ()),  # lgdt
        (gp(b"\x0f\x01\x00"), STATUS_ACCESS_VIOLATION, (0, 0xFFFFFFFF)),  # sgdt
        (gp(b"\x0f\x20\xc0"), STATUS_PRIVILEGED_INSTRUCTION, ()),
        (gp(b"\x66" * 15), STATUS_ILLEGAL_INSTRUCTION, ()),
        (gp(b"\x8e\xd8", error=0x18), STATUS_ACCESS_VIOLATION, (0, 0xFFFFFFFF)),
        (gp(b"\xcd\x29", error=0x14A), STATUS_ACCESS_VIOLATION, (0, 0xFFFFFFFF)),
        (gp(b"\x0f\x34"), STATUS_ILLEGAL_INSTRUCTION, ()),  # sysenter before XP
        (Fault(0, code=b"\xf7\xf1"), STATUS_INTEGER_DIVIDE_BY_ZERO, ()),  # ecx is 0
        (Fault(0, code=b"\xf7\xf3"), STATUS_INTEGER_OVERFLOW, ()),  # ebx is not
        (Fault(0, code=b"\xf6\xf7"), STATUS_INTEGER_OVERFLOW, ()),  # bh is not
        (Fault(0, code=b"\xf6\xf3"), STATUS_INTEGER_DIVIDE_BY_ZERO, ()),  # bl is
        (Fault(0, code=b"\xf7\x7c\x8c\x04"), STATUS_INTEGER_OVERFLOW, ()),  # [esp+ecx*4+4]: not zero
        (Fault(0, code=b"\xf7\x34\x24"), STATUS_INTEGER_OVERFLOW, ()),  # [esp]: the return address
        (Fault(0, code=b"\xf7\x35\0\0\0\0"), STATUS_INTEGER_DIVIDE_BY_ZERO, ()),  # not readable
        (Fault(0, code=b"\xd4\x00"), STATUS_INTEGER_DIVIDE_BY_ZERO, ()),
        (Fault(trap=Trap.HOST_CALL, code=b"\xcd\x80", after=2), STATUS_ACCESS_VIOLATION, (0, 0xFFFFFFFF)),
        (Fault(trap=Trap.HOST_CALL, code=b"\x0f\x05", after=2), STATUS_ILLEGAL_INSTRUCTION, ()),
    ],
)
def test_faults_become_exceptions_at_the_instruction(
    machine: TestSystem, fault: Fault, code: int, parameters: tuple[int, ...]
) -> None:
    def program(g: Any) -> Steps:
        g.ebx, g.ecx = 0x500, 0
        g.space.write_u32(g.esp + 4, 7)
        yield fault
        return None

    (seen,), t = run(machine, program)
    assert seen.code == code
    assert seen.parameters == parameters
    assert seen.record.ExceptionAddress == seen.context.Eip - 1  # the test's dispatcher has added one
    assert t.ended


def test_traps_report_the_instruction_before(machine: TestSystem) -> None:
    """int3 and into have executed: the address points at them, the context of a break point too."""

    def program(g: Any) -> Steps:
        g.ecx, g.edx = 5, 6
        yield INT3
        yield Fault(4, code=b"\xce", after=1)
        return None

    seen, t = run(machine, program)
    assert [s.code for s in seen] == [STATUS_BREAKPOINT, STATUS_INTEGER_OVERFLOW]
    assert seen[0].parameters == (0, 5, 6)
    assert seen[0].context.Eip - 1 == seen[0].record.ExceptionAddress
    assert seen[1].context.Eip - 2 == seen[1].record.ExceptionAddress
    assert t.ended


def test_single_step_clears_the_trap_flag(machine: TestSystem) -> None:
    def program(g: Any) -> Steps:
        g.eflags |= 0x100
        yield Fault(1, after=3)
        assert not g.eflags & 0x100
        return None

    (seen,), _ = run(machine, program)
    assert seen.code == STATUS_SINGLE_STEP
    assert not seen.context.EFlags & 0x100


def test_the_dispatcher_does_not_run_step_by_step(machine: TestSystem) -> None:
    def program(g: Any) -> Steps:
        g.eflags |= 0x100
        yield gp(b"\xf4")
        return None

    seen, _ = run(machine, program, handle=False)
    assert not seen[0].eflags & 0x100
    assert seen[0].context.EFlags & 0x100


def test_page_faults_are_resolved_or_raised(machine: TestSystem) -> None:
    asked = []

    def page_fault(t: Any, address: int, access: int) -> tuple[int, tuple[int, ...]] | None:
        asked.append((address, access))
        if address == 0x5000:
            t.memory.map_private(0x5000, 0x1000, 3)
            return None
        return STATUS_GUARD_PAGE_VIOLATION, (access, address)

    def program(g: Any) -> Steps:
        assert (yield Load(0x5000)) == 0
        yield Fault(14, error=6, address=0x6000)
        yield Fault(14, error=0x14, address=0x7000)
        return None

    machine.kernel.answer_page_fault = page_fault
    seen, t = run(machine, program)
    assert asked == [(0x5000, 0), (0x6000, 1), (0x7000, 8)]
    assert [s.parameters for s in seen] == [(1, 0x6000), (8, 0x7000)]
    assert {s.code for s in seen} == {STATUS_GUARD_PAGE_VIOLATION}
    assert t.ended


def image(control: int = 0x37F, status: int = 0, mxcsr: int = 0x1F80) -> bytes:
    out = bytearray(512)
    out[0:4] = control.to_bytes(2, "little") + status.to_bytes(2, "little")
    out[8:12] = (0x401234).to_bytes(4, "little")
    out[16:20] = (0x402000).to_bytes(4, "little")
    out[24:28] = mxcsr.to_bytes(4, "little")
    return bytes(out)


@pytest.mark.parametrize(
    ("vector", "state", "code", "parameters"),
    [
        (16, image(0x37B, 0x04), STATUS_FLOAT_DIVIDE_BY_ZERO, (0,)),
        (16, image(0x37A, 0x45), STATUS_FLOAT_STACK_CHECK, (0, 0x402000)),
        (19, image(mxcsr=0x1D84), STATUS_FLOAT_MULTIPLE_FAULTS, (0, 0x1D84)),
        (19, image(mxcsr=0x1BA8), STATUS_FLOAT_MULTIPLE_TRAPS, (0, 0x1BA8)),
    ],
)
def test_floating_point_errors(
    machine: TestSystem, vector: int, state: bytes, code: int, parameters: tuple[int, ...]
) -> None:
    def program(g: Any) -> Steps:
        g.set_fpu(state)
        yield Fault(vector)
        return None

    (seen,), _ = run(machine, program)
    assert (seen.code, seen.parameters) == (code, parameters)
    if vector == 16:
        assert seen.record.ExceptionAddress == 0x401234
    assert seen.context.FloatSave.ControlWord == int.from_bytes(state[:2], "little")


def test_no_handler_is_the_end_of_the_process(machine: TestSystem) -> None:
    def program(g: Any) -> Steps:
        yield gp(b"\xf4")
        raise AssertionError("it came back")

    t = machine.thread(program)  # no KiUserExceptionDispatcher
    other = machine.thread(call_forever, t.process)
    machine.run()
    assert t.process.exit_status == STATUS_PRIVILEGED_INSTRUCTION
    assert t.ended
    assert other.ended
    told = [(e.code, e.first_chance) for e in machine.events if isinstance(e, ExceptionRaised)]
    assert told == [(STATUS_PRIVILEGED_INSTRUCTION, True), (STATUS_PRIVILEGED_INSTRUCTION, False)]


def call_forever(g: Any) -> Steps:
    while True:
        yield Call(1)


@pytest.mark.parametrize("esp", [0x40, 0x60000, 0x60100])
def test_a_stack_that_cannot_be_written_is_the_end(machine: TestSystem, esp: int) -> None:
    def program(g: Any) -> Steps:
        g.esp = esp
        yield gp(b"\xf4")
        return None

    seen, t = run(machine, program)
    assert seen == []
    assert t.process.exit_status == STATUS_PRIVILEGED_INSTRUCTION


def test_stack_overflow_while_delivering_is_delivered_instead(machine: TestSystem) -> None:
    """The memory manager says STATUS_STACK_OVERFLOW once, having made room."""

    def program(g: Any) -> Steps:
        g.esp = 0x61100

        def grow(address: int, write: bool) -> bool:
            g.space.fault_hook = None
            g.space.map_private(0x60000, 0x1000, 3)
            raise NtError(STATUS_STACK_OVERFLOW)

        g.space.map_private(0x61000, 0x1000, 3)
        g.space.fault_hook = grow
        yield gp(b"\xf4")
        g.esp = 0
        return None

    seen, _ = run(machine, program)
    assert seen[0].code == STATUS_STACK_OVERFLOW
    assert len(seen) > 0


def test_nt_raise_exception(machine: TestSystem) -> None:
    statuses: list[int] = []

    def program(g: Any) -> Steps:
        context, record = 0x50000, 0x51000
        g.space.map_private(0x50000, 0x2000, 3)
        good = EXCEPTION_RECORD(ExceptionCode=0xF0001234, ExceptionAddress=0x401000, NumberParameters=2)
        good.ExceptionInformation[:2] = [7, 8]
        g.space.write(context, CONTEXT(ContextFlags=0x10007, Eip=0, Esp=g.esp).pack())
        g.space.write(record, good.pack())
        statuses.append((yield Call(RAISE, (record + 1, context, 1))))
        statuses.append((yield Call(RAISE, (record, context + 2, 1))))
        statuses.append((yield Call(RAISE, (0x40, context, 1))))
        statuses.append((yield Call(RAISE, (record, 0x40, 1))))
        good.NumberParameters = 16
        g.space.write(record, good.pack())
        statuses.append((yield Call(RAISE, (record, context, 1))))
        good.NumberParameters = 2
        g.space.write(record, good.pack())
        g.space.write_u32(context + CONTEXT.offset("Eip"), (g.eip & ~15) + 1)  # behind the call
        g.space.write_u32(context + CONTEXT.offset("Esp"), g.esp)
        yield Call(RAISE, (record, context, 1))
        statuses.append(-1)
        g.esp += 0  # the context's stack is the caller's
        yield Call(RAISE, (record, context, 0))
        return None

    seen, t = run(machine, program)
    assert statuses == [
        STATUS_DATATYPE_MISALIGNMENT,
        STATUS_DATATYPE_MISALIGNMENT,
        STATUS_ACCESS_VIOLATION,
        STATUS_ACCESS_VIOLATION,
        STATUS_INVALID_PARAMETER,
        -1,
    ]
    assert len(seen) == 1
    assert seen[0].code == 0xE0001234  # the kernel's own bit is taken out
    assert (seen[0].parameters, seen[0].record.ExceptionAddress) == ((7, 8), 0x401000)
    assert t.process.exit_status == 0xE0001234  # second chance


def test_a_raised_break_point_points_one_byte_back(machine: TestSystem) -> None:
    def program(g: Any) -> Steps:
        g.space.map_private(0x50000, 0x2000, 3)
        g.space.write(0x50000, CONTEXT(ContextFlags=0x10007, Eip=0x401001, Esp=g.esp).pack())
        g.space.write(0x51000, EXCEPTION_RECORD(ExceptionCode=STATUS_BREAKPOINT).pack())
        yield Call(RAISE, (0x51000, 0x50000, 1))
        return None

    seen, _ = run(machine, program, handle=False)
    assert seen[0].context.Eip == 0x401000


def test_nt_continue_returns_only_to_say_why_not(machine: TestSystem) -> None:
    statuses = []

    def program(g: Any) -> Steps:
        statuses.append((yield Call(CONTINUE, (0x40, 0))))
        statuses.append((yield Call(CONTINUE, (0x51001, 0))))
        return None

    run(machine, program)
    assert statuses == [STATUS_ACCESS_VIOLATION, STATUS_DATATYPE_MISALIGNMENT]


def test_interrupt_services_of_the_kernel(machine: TestSystem) -> None:
    got = []
    machine.clock.advance(64 * 156_250)  # a second

    def program(g: Any) -> Steps:
        for number, error in ((0x2A, 0x152), (0x2B, 0x15A), (0x2C, 0x162)):
            got.append((yield gp(bytes((0xCD, number)), error)))
        return None

    run(machine, program)
    assert got == [1000, 0xC0000258, STATUS_NO_EVENT_PAIR]


def test_newer_interrupt_services(machine: TestSystem) -> None:
    machine.kernel.add_part(version_of("nt100"))

    def program(g: Any) -> Steps:
        g.ecx = 7
        yield gp(b"\xcd\x29", 0x14A)
        raise AssertionError("it came back")

    t = machine.thread(program)
    t.process.exports["KiUserExceptionDispatcher"] = 0x1234
    machine.run()
    assert t.process.exit_status == STATUS_STACK_BUFFER_OVERRUN
    told = [(e.code, e.first_chance, e.parameters) for e in machine.events if isinstance(e, ExceptionRaised)]
    assert told == [(STATUS_STACK_BUFFER_OVERRUN, False, (7,))]
    (crash,) = [e for e in machine.events if isinstance(e, ProcessCrashed)]
    assert crash.report.deed == "fast fail 7: the program gave up (abort)"


def test_debug_print_in_both_dialects(machine: TestSystem) -> None:
    def program(g: Any) -> Steps:
        g.space.map_private(0x50000, 0x1000, 3)
        g.space.write(0x50000, b"\x05\0\x06\0\x10\0\x05\0")
        g.space.write(0x50010, b"hello world")
        g.eax, g.ecx, g.edx = 1, 0x50000, 0
        assert (yield gp(b"\xcd\x2d\xcc", 0x16A)) == 0
        g.eax, g.ecx, g.edx = 1, 0x50010, 11
        assert (yield gp(b"\xcd\x2d\x90", 0x16A)) == 0
        g.eax, g.ecx, g.edx = 2, 0x50000, 0x50000
        assert (yield gp(b"\xcd\x2d\xcc", 0x16A)) == 0
        g.eax, g.ecx, g.edx = 1, 0x40, 0
        assert (yield gp(b"\xcd\x2d\xcc", 0x16A)) == STATUS_ACCESS_VIOLATION
        g.eax = 3
        yield gp(b"\xcd\x2d\xcc", 0x16A)
        return None

    seen, t = run(machine, program)
    assert seen == []
    assert [e.text for e in machine.events if isinstance(e, DebugPrint)] == ["hello", "hello world", "hello"]
    assert t.ended


def test_an_unknown_debug_service_is_a_break_point(machine: TestSystem) -> None:
    def program(g: Any) -> Steps:
        g.eax, g.ecx, g.edx = 0x77, 1, 2
        yield gp(b"\xcd\x2d\x90", 0x16A)
        return None

    (seen,), _ = run(machine, program)
    assert (seen.code, seen.parameters) == (STATUS_BREAKPOINT, (0x77, 1, 2))
    assert seen.record.ExceptionAddress == seen.context.Eip - 1  # the byte behind int 2d
    assert seen.record.ExceptionAddress & 15 == 2


def test_sysenter_is_a_system_call_on_xp(machine: TestSystem) -> None:
    got = []

    def back(g: Any) -> Steps:
        got.append((g.eax, g.esp))
        return None
        yield

    def program(g: Any) -> Steps:
        g.space.write(g.esp - 16, b"".join(x.to_bytes(4, "little") for x in (g.owner.bottom, 0, 0xABC, 0)))
        g.eax, g.edx = 2, g.esp - 16
        yield Fault(6, code=b"\x0f\x34")
        return None

    machine.call(2, lambda t: t.guest.args(1)[0])
    t = machine.thread(program)
    t.process.exports["KiFastSystemCallRet"] = t.process.memory.place(back)
    machine.run()
    assert got == [(0xABC, t.stack - 16)]


@pytest.mark.parametrize("trap", [Trap.ALIEN, Trap.HOST_CALL])
def test_code_that_left_our_world_ends_its_process_alone(machine: TestSystem, trap: Trap) -> None:
    def program(g: Any) -> Steps:
        yield Fault(trap=trap)
        return None

    def other(g: Any) -> Steps:
        yield Call(1)
        return None

    survivor = machine.thread(other)
    seen, t = run(machine, program)
    assert seen == []
    assert t.process.exit_status in (STATUS_ACCESS_VIOLATION, STATUS_ILLEGAL_INSTRUCTION)
    assert survivor.process.exit_status is None
    assert survivor.ended


@pytest.mark.parametrize(
    ("first", "second", "ends"), [(True, False, False), (False, False, True), (False, True, False)]
)
def test_a_debugger_is_asked_before_and_after(
    machine: TestSystem, first: bool, second: bool, ends: bool
) -> None:
    asked = []

    async def forward(t: Any, e: Any, first_chance: bool) -> bool:
        asked.append((e.code, first_chance))
        await machine_wait(t)
        answer = first if first_chance else second
        if answer:
            t.guest.eip += 1
        return answer

    async def machine_wait(t: Any) -> None:
        await t.wait((), deadline=t.kernel.clock.interrupt_time() + 10)

    def program(g: Any) -> Steps:
        yield gp(b"\xf4")
        return None

    machine.kernel.forward_exception = forward
    t = machine.thread(program)
    t.process.debug_port = object()
    machine.run()
    expected = [(STATUS_PRIVILEGED_INSTRUCTION, True)]
    assert asked == expected if first else [*expected, (STATUS_PRIVILEGED_INSTRUCTION, False)]
    assert (t.process.exit_status is not None) == ends
    assert t.ended


def test_exceptions_nest_until_the_stack_is_full(machine: TestSystem) -> None:
    """A dispatcher that faults itself runs out of stack and takes its process along, nothing else."""
    depth = []

    def dispatcher(g: Any) -> Steps:
        depth.append(g.esp)
        yield gp(b"\xf4")
        return None

    def program(g: Any) -> Steps:
        yield gp(b"\xf4")
        return None

    t = machine.thread(program)
    process: Process = t.process
    process.exports["KiUserExceptionDispatcher"] = process.memory.place(dispatcher)
    machine.run()
    assert process.exit_status == STATUS_PRIVILEGED_INSTRUCTION
    assert len(depth) > 20

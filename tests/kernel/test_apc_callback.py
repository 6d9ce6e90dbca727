"""The two ways in which the kernel calls the program: APCs and user callbacks."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from ring3k.abi.status import (
    STATUS_ACCESS_VIOLATION,
    STATUS_INSUFFICIENT_RESOURCES,
    STATUS_NO_CALLBACK_ACTIVE,
    STATUS_STACK_OVERFLOW,
    STATUS_USER_APC,
)
from ring3k.abi.structs.ke import CONTEXT, CONTEXT_FULL
from ring3k.engine.fake_guest import Call, Fault, Program
from ring3k.ke import exception
from ring3k.ke.apc import initial_apc
from ring3k.ke.callback import MAXIMUM_DEPTH, callback_return
from ring3k.ke.thread import ThreadExit, UserApc
from tests.kernel.conftest import EXIT_CALL, TestSystem, Thread

Steps = Generator[Any, Any, int | None]
CONTINUE, WAIT, CALL_OUT, RETURN, PLAIN = 0x20, 1, 2, 3, 4


def int2b() -> Fault:
    return Fault(13, error=0x15A, code=b"\xcd\x2b")


@pytest.fixture
def machine(system: TestSystem) -> TestSystem:
    def nt_continue(t: Any) -> None:
        context, alert = t.guest.args(2)
        exception.continue_(t, context, bool(alert & 0xFF))

    async def wait(t: Any) -> Any:
        return await t.wait((), alertable=True)

    system.call(CONTINUE, nt_continue)
    system.call(WAIT, wait)
    system.call(PLAIN, lambda t: 0x77)
    system.call(RETURN, lambda t: callback_return(t, *t.guest.args(3)))
    return system


# -- APCs ---------------------------------------------------------------------------
def with_apcs(machine: TestSystem, program: Program, log: list[Any]) -> Thread:
    """A thread whose KiUserApcDispatcher notes what it finds and goes back."""

    def dispatcher(g: Any) -> Steps:
        words = [g.space.read_u32(g.esp + 4 * i) for i in range(4)]
        context = g.esp + 16
        log.append((words, CONTEXT.load(g.space, context)))
        status = yield Call(CONTINUE, (context, 1))
        raise AssertionError(f"NtContinue returned {status:#x}")

    t = machine.thread(program)
    t.process.exports["KiUserApcDispatcher"] = t.process.memory.place(dispatcher)
    return t


def test_apcs_are_delivered_one_after_another_in_the_context_of_the_wait(machine: TestSystem) -> None:
    log: list[Any] = []
    statuses = []
    at = {}

    def program(g: Any) -> Steps:
        g.ebx = 0xB0B
        at["esp"] = g.esp
        statuses.append((yield Call(WAIT)))
        assert (g.ebx, g.esp) == (0xB0B, at["esp"])
        statuses.append((yield Call(PLAIN)))
        return None

    t = with_apcs(machine, program, log)
    machine.run()
    assert log == []
    t.queue_apc(UserApc(0x401000, 1, 2, 3))
    t.queue_apc(UserApc(0x402000, 4, 5, 6))
    machine.run()
    assert statuses == [STATUS_USER_APC, 0x77]
    assert [words for words, _ in log] == [[0x401000, 1, 2, 3], [0x402000, 4, 5, 6]]
    for _, context in log:
        assert context.ContextFlags == 0x10017
        assert (context.Eax, context.Ebx) == (STATUS_USER_APC, 0xB0B)
        assert context.SegCs == 0x1B
    assert log[0][1] == log[1][1]
    assert not t.user_apc_pending
    assert t.ended


def test_apcs_wait_for_an_alertable_wait(machine: TestSystem) -> None:
    log: list[Any] = []

    def program(g: Any) -> Steps:
        g.owner.queue_apc(UserApc(0x401000, 1, 2, 3))
        yield Call(PLAIN)
        assert log == []
        assert (yield Call(WAIT)) == STATUS_USER_APC
        assert len(log) == 1
        return None

    t = with_apcs(machine, program, log)
    machine.run()
    assert t.ended


def test_stack_layout_of_an_apc(machine: TestSystem) -> None:
    seen = {}

    def dispatcher(g: Any) -> Steps:
        seen["esp"] = g.esp
        seen["context"] = CONTEXT.load(g.space, g.esp + 16)
        yield Call(EXIT_CALL)
        return None

    def program(g: Any) -> Steps:
        g.esp -= 3
        g.owner.queue_apc(UserApc(1, 2, 3, 4))
        yield Call(WAIT)
        return None

    t = machine.thread(program)
    t.process.exports["KiUserApcDispatcher"] = t.process.memory.place(dispatcher)
    machine.run()
    assert seen["esp"] == (seen["context"].Esp & ~3) - 0x2CC - 16


def test_an_apc_that_has_no_room_is_an_exception(machine: TestSystem) -> None:
    def program(g: Any) -> Steps:
        g.owner.queue_apc(UserApc(1, 2, 3, 4))
        g.esp = 0x600000  # nothing there
        yield Call(WAIT, base=0)
        return None

    def unreachable(g: Any) -> Steps:
        raise AssertionError
        yield

    t = machine.thread(program)
    t.process.exports["KiUserApcDispatcher"] = t.process.memory.place(unreachable)
    machine.run()
    assert t.process.exit_status == STATUS_ACCESS_VIOLATION


def test_a_thread_begins_with_an_apc(machine: TestSystem) -> None:
    log: list[Any] = []
    began = []

    def start(g: Any) -> Steps:
        began.append((g.eax, g.ebx))
        yield Call(EXIT_CALL)
        return None

    t = with_apcs(machine, start, log)  # the program given is not where it starts
    at = t.process.memory.place(start)
    context = CONTEXT(ContextFlags=CONTEXT_FULL, Eip=at, Esp=t.stack, Eax=1, Ebx=2, EFlags=0x202)
    t.started = lambda: initial_apc(t, context, 0x7FFF1000, (0, 0x77F50000, 0))  # type: ignore[method-assign]
    t.suspend_count = 1
    t.pending = True
    machine.run()
    assert (log, t.parked) == ([], True)
    t.suspend_count = 0
    t.unpark()
    machine.run()
    assert log[0][0] == [0x7FFF1000, 0, 0x77F50000, 0]
    assert (log[0][1].Eip, log[0][1].Esp) == (at, t.stack)
    assert began == [(1, 2)]


# -- callbacks ------------------------------------------------------------------------
class Caller:
    """A thread that makes one system call, which calls out; ``routine`` is KiUserCallbackDispatcher."""

    def __init__(self, machine: TestSystem, routine: Program, data: bytes = b"input") -> None:
        self.machine = machine
        self.results: list[Any] = []
        self.returned: list[int] = []

        async def call_out(t: Any) -> int:
            self.results.append(await t.call_user(7, data))
            return 0x55

        def program(g: Any) -> Steps:
            g.ebx, g.esi = 0xBBB, 0x515
            esp = g.esp
            self.returned.append((yield Call(CALL_OUT, (1, 2, 3))))
            assert (g.ebx, g.esi, g.esp) == (0xBBB, 0x515, esp)
            self.returned.append((yield Call(PLAIN)))
            return None

        machine.call(CALL_OUT, call_out)
        self.thread = machine.thread(program)
        self.thread.process.exports["KiUserCallbackDispatcher"] = self.thread.process.memory.place(routine)

    def run(self) -> None:
        self.machine.run()


@pytest.mark.parametrize("how", ["interrupt", "call"])
def test_a_callback_finds_its_data_and_returns_a_result(machine: TestSystem, how: str) -> None:
    found = {}

    def routine(g: Any) -> Steps:
        zero, index, buffer, length = (g.space.read_u32(g.esp + 4 * i) for i in range(4))
        found["head"] = (zero, index, buffer - g.esp, length)
        found["data"] = g.space.read(buffer, length)
        g.space.write(g.esp - 64, b"result")
        g.ebx = g.esi = 0
        if how == "call":
            yield Call(RETURN, (g.esp - 64, 6, 0x12))
        else:
            g.eax, g.ecx, g.edx = 0x12, g.esp - 64, 6
            yield int2b()
        raise AssertionError("a callback returned twice")

    caller = Caller(machine, routine)
    caller.run()
    assert found == {"head": (0, 7, 16, 5), "data": b"input"}
    assert caller.results == [(0x12, b"result")]
    assert caller.returned == [0x55, 0x77]
    assert caller.thread.ended
    assert (caller.thread.tasks, caller.thread.callbacks) == ([], [])


def test_without_a_callback_there_is_nothing_to_return_from(machine: TestSystem) -> None:
    got = []

    def program(g: Any) -> Steps:
        got.append((yield int2b()))
        got.append((yield Call(RETURN, (0, 0, 0))))
        return None

    machine.thread(program)
    machine.run()
    assert got == [STATUS_NO_CALLBACK_ACTIVE] * 2


@pytest.mark.parametrize(
    ("length", "status"), [(0x2000, STATUS_ACCESS_VIOLATION), (0x7FFFFFFF, STATUS_INSUFFICIENT_RESOURCES)]
)
def test_a_bad_result_is_the_caller_s_status(machine: TestSystem, length: int, status: int) -> None:
    def routine(g: Any) -> Steps:
        g.eax, g.ecx, g.edx = 0, g.owner.stack, length
        yield int2b()
        return None

    caller = Caller(machine, routine)
    caller.run()
    assert caller.results == [(status, b"")]


def test_callbacks_nest(machine: TestSystem) -> None:
    """A callback makes a system call that calls out; returns belong to the innermost."""
    order: list[str] = []

    def routine(g: Any) -> Steps:
        depth = len(g.owner.callbacks)
        order.append(f"in {depth}")
        if depth < 3:
            assert (yield Call(CALL_OUT)) == 0x55
        order.append(f"out {depth}")
        g.eax, g.ecx, g.edx = depth, 0, 0
        yield int2b()
        return None

    caller = Caller(machine, routine)
    caller.run()
    assert order == ["in 1", "in 2", "in 3", "out 3", "out 2", "out 1"]
    assert [status for status, _ in caller.results] == [3, 2, 1]
    assert caller.returned == [0x55, 0x77]


def test_callbacks_nest_only_so_deep(machine: TestSystem) -> None:
    deepest = []
    statuses = []

    def routine(g: Any) -> Steps:
        deepest.append(len(g.owner.callbacks))
        statuses.append((yield Call(CALL_OUT)))
        g.eax, g.ecx, g.edx = 0, 0, 0
        yield int2b()
        return None

    caller = Caller(machine, routine)
    caller.run()
    assert max(deepest) == MAXIMUM_DEPTH
    assert statuses[0] == STATUS_STACK_OVERFLOW
    assert caller.thread.ended


def test_a_callback_may_wait_and_receive_an_apc(machine: TestSystem) -> None:
    log = []

    def apc(g: Any) -> Steps:
        log.append("apc")
        yield Call(CONTINUE, (g.esp + 16, 1))
        return None

    def routine(g: Any) -> Steps:
        g.owner.queue_apc(UserApc(1, 2, 3, 4))
        log.append((yield Call(WAIT)))
        g.eax, g.ecx, g.edx = 0, 0, 0
        yield int2b()
        return None

    caller = Caller(machine, routine)
    caller.thread.process.exports["KiUserApcDispatcher"] = caller.thread.process.memory.place(apc)
    caller.run()
    assert log == ["apc", STATUS_USER_APC]
    assert caller.returned == [0x55, 0x77]


def test_data_that_does_not_fit_the_stack_fails_the_call(machine: TestSystem) -> None:
    def routine(g: Any) -> Steps:
        raise AssertionError
        yield

    caller = Caller(machine, routine, bytes(0x10000))
    caller.run()
    assert (caller.results, caller.returned) == ([], [STATUS_ACCESS_VIOLATION, 0x77])


@pytest.mark.parametrize("outside", [False, True])
def test_death_inside_a_callback_unwinds_every_call(machine: TestSystem, outside: bool) -> None:
    unwound = []

    async def call_out(t: Any) -> int:
        depth = len(t.callbacks)
        try:
            await t.call_user(7, b"")
        finally:
            unwound.append(depth)
        return 0

    def end(t: Any) -> int:
        if outside:
            t.process.terminate(5)  # kills the caller, too
            return 0
        raise ThreadExit

    def routine(g: Any) -> Steps:
        if len(g.owner.callbacks) < 3:
            yield Call(CALL_OUT)
        yield Call(PLAIN)
        raise AssertionError("alive")

    caller = Caller(machine, routine)
    machine.call(CALL_OUT, call_out)
    machine.call(PLAIN, end)
    caller.run()
    assert unwound == [2, 1, 0]
    assert caller.thread.ended
    assert (caller.thread.tasks, caller.thread.callbacks) == ([], [])


def test_the_exception_list_is_restored(machine: TestSystem) -> None:
    def routine(g: Any) -> Steps:
        g.space.write_u32(0x70000, 0xBAD)
        g.eax, g.ecx, g.edx = 0, 0, 0
        yield int2b()
        return None

    caller = Caller(machine, routine)
    t = caller.thread
    machine.pages(t.process, 0x70000)
    t.memory.write_u32(0x70000, 0x1234)
    t.teb = 0x70000
    caller.run()
    assert t.memory.read_u32(0x70000) == 0x1234

"""Hooks on calls: order, answers, changed arguments, failures, removal, calls that wait."""

from __future__ import annotations

import types
from collections.abc import Generator
from typing import Any

import pytest

from ring3k.abi.call import Declaration, declared, syscall
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_ACCESS_VIOLATION,
    STATUS_INVALID_HANDLE,
    STATUS_NOT_IMPLEMENTED,
    STATUS_SUCCESS,
    NtError,
)
from ring3k.abi.strings import UnicodeString
from ring3k.abi.types import Boolean, Handle, In, LargeInteger, Long, Opt, Out, Ulong
from ring3k.hooks.arguments import BadPointer
from ring3k.hooks.calls import Call, HookTable
from tests.unit.hook_guest import STACK, STRINGS, Thread

OUT = STACK + 0x80


class ThreadGone(Exception):
    pass


@types.coroutine
def _pause() -> Generator[str, Any, Any]:
    return (yield "paused")


class Calls:
    """A few system calls that note what they were given."""

    def __init__(self) -> None:
        self.seen: list[tuple[Any, ...]] = []
        seen = self.seen

        @syscall()
        def NtSetEvent(t: Any, event_handle: Handle, previous_state: Opt[Out[Long]]) -> int:
            seen.append((event_handle, previous_state))
            if event_handle == 0xBAD:
                raise NtError(STATUS_INVALID_HANDLE)
            if previous_state is not None:
                previous_state.set(-1)
            return STATUS_SUCCESS

        @syscall()
        def NtScalars(t: Any, flag: Boolean, size: LargeInteger, level: Long, name: In[UnicodeString]) -> int:
            seen.append((flag, size, level, name))
            return STATUS_SUCCESS

        @syscall()
        async def NtDelayExecution(t: Any, alertable: Boolean, turns: Ulong) -> int:
            for _ in range(turns):
                if await _pause() == "die":
                    raise ThreadGone
            return 0x102

        @declared
        def NtUnwritten(t: Any, what: Ulong) -> int:
            raise AssertionError("a declared call has no handler")

        self.set_event: Declaration = NtSetEvent.__nt_call__  # type: ignore[attr-defined]
        self.scalars: Declaration = NtScalars.__nt_call__  # type: ignore[attr-defined]
        self.delay: Declaration = NtDelayExecution.__nt_call__  # type: ignore[attr-defined]
        self.unwritten: Declaration = NtUnwritten.__nt_call__  # type: ignore[attr-defined]


class Recorder:
    """An observer that writes down what it is told."""

    def __init__(self) -> None:
        self.log: list[tuple[str, str, int | None]] = []

    def entered(self, call: Call) -> None:
        self.log.append(("entered", call.name, call.status))

    def blocked(self, call: Call) -> None:
        self.log.append(("blocked", call.name, call.status))

    def left(self, call: Call) -> None:
        self.log.append(("left", call.name, call.status))


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def reports() -> list[str]:
    return []


@pytest.fixture
def table(reports: list[str]) -> HookTable:
    return HookTable(reports.append)


def test_unwatched_calls_keep_their_own_decoder(calls: Calls, table: HookTable) -> None:
    assert table.wrap(calls.set_event, 1) is calls.set_event.decoder()
    table.on_enter("NtCreate*", lambda call: None)
    assert table.wrap(calls.set_event, 1) is calls.set_event.decoder()
    assert not table.watches("NtSetEvent")
    assert table.watches("NtCreateEvent")


def test_hooks_run_in_the_order_they_were_made(calls: Calls, table: HookTable) -> None:
    order: list[str] = []
    table.on_enter("*", lambda call: order.append("first"))
    table.on_exit("NtSet*", lambda call: order.append("exit one"))
    table.on_enter("NtSetEvent", lambda call: order.append("second"))
    table.on_exit("*Event", lambda call: order.append("exit two"))
    assert table.wrap(calls.set_event, 1)(Thread().calls_with(0x18, 0)) == STATUS_SUCCESS
    assert order == ["first", "second", "exit one", "exit two"]


def test_decorator_form_returns_the_handle(calls: Calls, table: HookTable) -> None:
    count = 0

    @table.on_enter("NtSetEvent")
    def seen(call: Call) -> None:
        nonlocal count
        count += 1

    thread = Thread().calls_with(0x18, 0)
    table.wrap(calls.set_event, 1)(thread)
    changes: list[str] = []
    table.on_change = lambda: changes.append("changed")
    seen.remove()
    seen.remove()
    assert changes == ["changed"]
    table.wrap(calls.set_event, 1)(thread)
    assert count == 1


def test_a_hook_sees_who_what_and_from_where(calls: Calls, table: HookTable) -> None:
    found: list[Any] = []

    @table.on_exit("NtSetEvent")
    def note(call: Call) -> None:
        found.append((call.process.pid, call.thread.tid, call.number, call.status, call.caller))
        found.append((call.args.event_handle, call.args.previous_state, call.results.previous_state))
        assert call.duration_ns > 0

    table.wrap(calls.set_event, 0xDB)(Thread().calls_with(0x18, OUT))
    assert found == [(4, 8, 0xDB, 0, "hello.exe+0x1234"), (0x18, OUT, -1)]


def test_arguments_are_decoded_as_the_handler_gets_them(calls: Calls, table: HookTable) -> None:
    thread = Thread()
    thread.memory.write(
        STRINGS, b"\x04\x00\x04\x00" + (STRINGS + 8).to_bytes(4, "little") + "hi".encode("utf-16-le")
    )
    got: list[Any] = []

    @table.on_enter("NtScalars")
    def note(call: Call) -> None:
        got.append((call.args.flag, call.args.size, call.args.level, call.args.name))
        assert dir(call.args) == ["flag", "level", "name", "size"]
        with pytest.raises(AttributeError, match="it has: flag"):
            _ = call.args.nonsense

    thread.calls_with(0x101, 0xFFFFFFFE, 0xFFFFFFFF, 0x80000000, STRINGS)
    assert table.wrap(calls.scalars, 1)(thread) == STATUS_SUCCESS
    assert got == [(True, -2, -0x80000000, "hi")]
    assert got == calls.seen


def test_a_bad_pointer_does_not_disturb_the_hook(calls: Calls, table: HookTable) -> None:
    names: list[Any] = []
    table.on_enter("NtScalars", lambda call: names.append(call.args.name))
    assert table.wrap(calls.scalars, 1)(Thread().calls_with(0, 0, 0, 0, 0x30)) == STATUS_ACCESS_VIOLATION
    assert names == [0x30]
    assert isinstance(names[0], BadPointer)


def test_an_unreadable_stack_fails_as_without_hooks(
    calls: Calls, table: HookTable, reports: list[str]
) -> None:
    thread = Thread()
    thread.guest.arg_base = 0x66660000
    statuses: list[int | None] = []
    table.on_enter("*", lambda call: call.args.event_handle)
    table.on_exit("*", lambda call: statuses.append(call.status))
    assert table.wrap(calls.set_event, 1)(thread) == STATUS_ACCESS_VIOLATION
    assert statuses == [STATUS_ACCESS_VIOLATION]
    assert "cannot be read" in reports[0]


def test_setting_the_status_on_entry_skips_the_call(calls: Calls, table: HookTable) -> None:
    later: list[str] = []

    @table.on_enter("NtSetEvent")
    def refuse(call: Call) -> None:
        call.status = STATUS_ACCESS_DENIED

    table.on_enter("NtSetEvent", lambda call: later.append("enter"))
    table.on_exit("NtSetEvent", lambda call: later.append(f"exit {call.skipped}"))
    assert table.wrap(calls.set_event, 1)(Thread().calls_with(0x18, 0)) == STATUS_ACCESS_DENIED
    assert calls.seen == []
    assert later == ["exit True"]


def test_skip_alone_succeeds(calls: Calls, table: HookTable) -> None:
    table.on_enter("NtSetEvent", Call.skip)
    assert table.wrap(calls.set_event, 1)(Thread().calls_with(0xBAD, 0)) == STATUS_SUCCESS
    assert calls.seen == []


def test_setting_the_status_on_exit_changes_the_answer(calls: Calls, table: HookTable) -> None:
    @table.on_exit("NtSetEvent")
    def lie(call: Call) -> None:
        assert call.status == STATUS_INVALID_HANDLE
        call.status = -1073741790  # STATUS_ACCESS_DENIED as C prints it
        assert not call.skipped

    assert table.wrap(calls.set_event, 1)(Thread().calls_with(0xBAD, 0)) == STATUS_ACCESS_DENIED
    assert calls.seen == [(0xBAD, None)]


def test_changed_arguments_reach_the_handler_and_leave_the_stack_alone(
    calls: Calls, table: HookTable
) -> None:
    @table.on_enter("NtScalars")
    def change(call: Call) -> None:
        call.args.flag = True
        call.args.size = -5
        call.args.level = 7
        call.args.name = STRINGS
        assert call.args.size == -5

    thread = Thread().calls_with(0, 0, 0, 0, 0)
    assert table.wrap(calls.scalars, 1)(thread) == STATUS_SUCCESS
    assert calls.seen == [(True, -5, 7, "")]
    assert thread.guest.args(5) == (0, 0, 0, 0, 0)


def test_a_failing_hook_is_named_and_the_call_goes_on(
    calls: Calls, table: HookTable, reports: list[str]
) -> None:
    def broken(call: Call) -> None:
        raise ValueError("no such luck")

    table.on_enter("NtSetEvent", broken)
    table.on_exit("NtSetEvent", broken)
    assert table.wrap(calls.set_event, 1)(Thread().calls_with(0x18, 0)) == STATUS_SUCCESS
    assert len(reports) == 2
    for text in reports:
        assert "broken" in text
        assert __file__ in text
        assert "NtSetEvent" in text
        assert "ValueError: no such luck" in text
        assert "\n" not in text


def test_ctrl_c_in_a_hook_passes(calls: Calls, table: HookTable) -> None:
    def interrupt(call: Call) -> None:
        raise KeyboardInterrupt

    table.on_enter("NtSetEvent", interrupt)
    with pytest.raises(KeyboardInterrupt):
        table.wrap(calls.set_event, 1)(Thread().calls_with(0x18, 0))


def test_exit_hooks_of_a_waiting_call_run_when_it_returns(calls: Calls, table: HookTable) -> None:
    recorder = Recorder()
    table.observe(recorder)
    exits: list[int | None] = []
    table.on_exit("NtDelay*", lambda call: exits.append(call.status))
    waiting = table.wrap(calls.delay, 1)(Thread().calls_with(0, 2))
    assert waiting.send(None) == "paused"
    assert waiting.send(None) == "paused"
    assert exits == []
    with pytest.raises(StopIteration) as stop:
        waiting.send(None)
    assert stop.value.value == 0x102
    assert exits == [0x102]
    assert [what for what, _, _ in recorder.log] == ["entered", "blocked", "left"]


def test_a_call_that_could_wait_but_need_not_never_blocks(calls: Calls, table: HookTable) -> None:
    recorder = Recorder()
    table.observe(recorder)
    waiting = table.wrap(calls.delay, 1)(Thread().calls_with(0, 0))
    with pytest.raises(StopIteration):
        waiting.send(None)
    assert [what for what, _, _ in recorder.log] == ["entered", "left"]


@pytest.mark.parametrize("end", ["close", "throw", "die"])
def test_a_thread_that_ends_in_a_wait_leaves_without_status(calls: Calls, table: HookTable, end: str) -> None:
    recorder = Recorder()
    table.observe(recorder)
    waiting = table.wrap(calls.delay, 1)(Thread().calls_with(0, 3))
    waiting.send(None)
    if end == "close":
        waiting.close()
    else:
        with pytest.raises(ThreadGone):
            waiting.throw(ThreadGone()) if end == "throw" else waiting.send("die")
    assert recorder.log[-1] == ("left", "NtDelayExecution", None)


def test_observers_see_what_the_kernel_did(calls: Calls, table: HookTable) -> None:
    recorder = Recorder()
    table.observe(recorder)
    table.on_exit("*", lambda call: setattr(call, "status", STATUS_ACCESS_DENIED))
    table.wrap(calls.set_event, 1)(Thread().calls_with(0x18, 0))
    assert recorder.log == [("entered", "NtSetEvent", None), ("left", "NtSetEvent", STATUS_ACCESS_DENIED)]


def test_a_declared_call_answers_not_implemented_and_is_noted(calls: Calls, table: HookTable) -> None:
    noted: list[tuple[int, str]] = []
    table.on_declared = lambda t, name: noted.append((t.tid, name))
    thread = Thread().calls_with(1)
    assert table.wrap(calls.unwritten, 1)(thread) == STATUS_NOT_IMPLEMENTED
    table.observe(Recorder())
    assert table.wrap(calls.unwritten, 1)(thread) == STATUS_NOT_IMPLEMENTED
    assert noted == [(8, "NtUnwritten"), (8, "NtUnwritten")]

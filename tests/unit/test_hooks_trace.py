"""Traces of calls made against a guest of Python values: the text, and the JSON lines."""

from __future__ import annotations

import gc
import json
import re
import types
from collections.abc import Generator
from typing import Any

import pytest

from ring3k.abi.call import Declaration, syscall
from ring3k.abi.status import STATUS_ACCESS_DENIED, STATUS_ACCESS_VIOLATION, STATUS_INVALID_HANDLE, NtError
from ring3k.abi.strings import UnicodeString
from ring3k.abi.types import Boolean, Handle, In, InOut, Long, Opt, Out, Ulong
from ring3k.hooks.calls import Call, HookTable
from ring3k.hooks.events import Bus, DebugPrint, ExceptionRaised, ImageMapped, ProcessExited
from ring3k.hooks.statistics import MissingCalls, Statistics
from ring3k.hooks.trace import TextTrace
from ring3k.hooks.trace_json import JsonTrace
from tests.unit.hook_guest import STACK, STRINGS, Thread

OUT = STACK + 0x80


@types.coroutine
def _pause() -> Generator[None, Any, None]:
    yield


@syscall()
def NtOpenThing(t: Any, handle: Out[Handle], name: In[UnicodeString], previous: Opt[Out[Long]]) -> int:
    if t.tid == 0xBAD:
        raise NtError(STATUS_INVALID_HANDLE)
    handle.set(0x18)
    return 0


@syscall()
def NtGrow(t: Any, size: InOut[Ulong], really: Boolean) -> int:
    if really:
        size.set(size.value + 0x1000)
    return 0


@syscall()
async def NtSleep(t: Any, alertable: Boolean, left: Out[Ulong]) -> int:
    await _pause()
    left.set(7)
    return 0x102


OPEN: Declaration = NtOpenThing.__nt_call__  # type: ignore[attr-defined]
GROW: Declaration = NtGrow.__nt_call__  # type: ignore[attr-defined]
SLEEP: Declaration = NtSleep.__nt_call__  # type: ignore[attr-defined]


class Traced:
    """A hook table and a bus with both writers attached."""

    def __init__(self) -> None:
        self.table = HookTable()
        self.bus = Bus()
        self.text: list[str] = []
        self._json: list[str] = []
        TextTrace(self.text.append).attach(self.table, self.bus)
        JsonTrace(self._json.append).attach(self.table, self.bus)

    def call(self, declaration: Declaration, *words: int, tid: int = 8) -> Any:
        thread = Thread(tid)
        thread.memory.write(
            STRINGS, b"\x04\x00\x04\x00" + (STRINGS + 8).to_bytes(4, "little") + "hi".encode("utf-16-le")
        )
        return self.table.wrap(declaration, 0x64)(thread.calls_with(*words))

    @property
    def lines(self) -> list[str]:
        """Text without the durations, which are real."""
        return [re.sub(r" <[0-9.]+>$", "", line.rstrip("\n")) for line in self.text]

    @property
    def objects(self) -> list[dict[str, Any]]:
        assert all(line.count("\n") == 1 for line in self._json)
        return [json.loads(line) for line in self._json]


@pytest.fixture
def traced() -> Traced:
    return Traced()


def test_inputs_and_outputs_of_a_call(traced: Traced) -> None:
    traced.call(OPEN, OUT, STRINGS, 0)
    assert traced.lines == ['[4.8] NtOpenThing(out 0x18, "hi", NULL) = STATUS_SUCCESS']
    assert traced.text[0].endswith(">\n")


def test_outputs_of_a_failed_call_are_addresses(traced: Traced) -> None:
    traced.call(OPEN, OUT, STRINGS, 0, tid=0xBAD)
    assert traced.lines == [f'[4.2989] NtOpenThing({OUT:#x}, "hi", NULL) = STATUS_INVALID_HANDLE']


def test_a_bad_pointer_is_shown_as_one(traced: Traced) -> None:
    assert traced.call(OPEN, OUT, 0x44, 0) == STATUS_ACCESS_VIOLATION
    assert traced.lines == [f"[4.8] NtOpenThing({OUT:#x}, 0x44 <bad>, NULL) = STATUS_ACCESS_VIOLATION"]


def test_a_value_that_changes_is_shown_twice(traced: Traced) -> None:
    traced.call(GROW, OUT, 0)
    traced.call(GROW, OUT, 1)
    assert traced.lines == [
        "[4.8] NtGrow(0, FALSE) = STATUS_SUCCESS",
        "[4.8] NtGrow(0 -> 0x1000, TRUE) = STATUS_SUCCESS",
    ]


def test_a_waiting_call_has_two_parts(traced: Traced) -> None:
    waiting = traced.call(SLEEP, 1, OUT)
    waiting.send(None)
    traced.call(GROW, OUT, 0)
    with pytest.raises(StopIteration):
        waiting.send(None)
    assert traced.lines == [
        "[4.8] NtSleep(TRUE, ... <unfinished ...>",
        "[4.8] NtGrow(0, FALSE) = STATUS_SUCCESS",
        "[4.8] <... NtSleep resumed>out 7) = STATUS_TIMEOUT",
    ]
    assert [o["call"] for o in traced.objects] == ["NtGrow", "NtSleep"]


def test_a_call_that_never_returns(traced: Traced) -> None:
    waiting = traced.call(SLEEP, 0, OUT)
    waiting.send(None)
    waiting.close()
    assert traced.text[-1].startswith(f"[4.8] <... NtSleep resumed>{OUT:#x}) = ? <")
    assert traced.objects[-1]["status"] is None


def test_the_answer_of_a_hook_is_marked(traced: Traced) -> None:
    traced.table.on_enter("NtGrow", lambda call: setattr(call, "status", STATUS_ACCESS_DENIED))
    traced.call(GROW, OUT, 1)
    assert traced.lines == ["[4.8] NtGrow(0, TRUE) = STATUS_ACCESS_DENIED (hook)"]
    assert traced.objects[0]["skipped"] is True


def test_a_call_as_json(traced: Traced) -> None:
    traced.call(OPEN, OUT, STRINGS, 0)
    (line,) = traced.objects
    assert line.pop("time") > 1.6e9
    assert line.pop("duration") > 0
    assert line == {
        "v": 1,
        "event": "call",
        "process": 4,
        "thread": 8,
        "call": "NtOpenThing",
        "number": 0x64,
        "arguments": {
            "handle": {"direction": "out", "raw": OUT, "decoded": 0x18},
            "name": {"direction": "in", "raw": STRINGS, "decoded": "hi"},
            "previous": {"direction": "out", "raw": 0, "decoded": None},
        },
        "status": 0,
        "status_name": "STATUS_SUCCESS",
        "skipped": False,
        "caller": "hello.exe+0x1234",
    }


def test_a_call_with_an_unreadable_stack(traced: Traced) -> None:
    thread = Thread()
    thread.guest.arg_base = 0x10
    traced.table.wrap(OPEN, 0x64)(thread)
    assert traced.lines == ["[4.8] NtOpenThing(?, ?, ?) = STATUS_ACCESS_VIOLATION"]
    assert traced.objects[0]["arguments"]["handle"] == {"direction": "out", "raw": None, "decoded": None}
    assert traced.objects[0]["caller"] is None


def test_events_are_part_of_the_stream(traced: Traced) -> None:
    traced.bus.emit(ImageMapped(4, "ntdll.dll", 0x7C900000, 0x9000))
    traced.bus.emit(DebugPrint(4, 8, "two\nlines\x1b[1m"))
    traced.bus.emit(ExceptionRaised(4, 8, 0xC0000005, 0x401000, True, (0, 0x10), "hello.exe+0x1000"))
    traced.bus.emit(ProcessExited(4, 0xC0000005))
    assert traced.text == [
        "[4] --- image mapped: ntdll.dll at 0x7c900000, 0x9000 bytes ---\n",
        "[4.8] --- debug print: 'two\\nlines\\x1b[1m' ---\n",
        "[4.8] --- exception STATUS_ACCESS_VIOLATION at hello.exe+0x1000 (0x0, 0x10), first chance ---\n",
        "[4] --- process exited: STATUS_ACCESS_VIOLATION ---\n",
    ]
    assert [o["event"] for o in traced.objects] == [
        "image_mapped",
        "debug_print",
        "exception",
        "process_exited",
    ]
    assert traced.objects[0]["base"] == 0x7C900000
    assert traced.objects[2]["parameters"] == [0, 0x10]
    assert traced.objects[3]["status_name"] == "STATUS_ACCESS_VIOLATION"


def test_a_trace_that_cannot_be_written_ends_alone() -> None:
    reports: list[str] = []
    table = HookTable(reports.append)

    def full(text: str) -> None:
        raise OSError(28, "No space left on device")

    TextTrace(full).attach(table, Bus())
    decoder = table.wrap(GROW, 1)
    thread = Thread().calls_with(OUT, 1)
    assert decoder(thread) == 0
    assert decoder(thread) == 0
    assert len(reports) == 1
    assert "TextTrace" in reports[0]
    assert "No space left" in reports[0]
    assert not table.watches("NtGrow")


def test_statistics_count_calls_and_failures() -> None:
    table = HookTable()
    statistics = Statistics(table)
    for tid in (8, 8, 0xBAD):
        table.wrap(OPEN, 1)(Thread(tid).calls_with(OUT, 0x44 if tid == 8 else STRINGS, 0))
    count = statistics.counts["NtOpenThing"]
    assert (count.calls, count.failures) == (3, 3)
    head, row = statistics.table().splitlines()
    assert head.split() == ["seconds", "us/call", "calls", "failures", "system", "call"]
    assert row.split()[2:] == ["3", "3", "NtOpenThing"]


def test_unimplemented_calls_end_as_a_table() -> None:
    missing = MissingCalls()
    assert missing.table() == ""
    for caller in (0x401000, 0x401000, 0x402000):
        missing.note(Thread().calls_with(0, caller=caller), "NtLoadKey")
    missing.note(Thread().calls_with(0), "NtAccessCheck")
    assert missing.table().splitlines() == [
        "calls  unimplemented  most often called by",
        "    3  NtLoadKey      hello.exe+0x1000 and 1 more",
        "    1  NtAccessCheck  hello.exe+0x1234",
    ]


def test_observers_hold_nothing_of_calls_that_ended(traced: Traced) -> None:
    seen: list[Call] = []
    traced.table.on_enter("*", seen.append)
    traced.call(GROW, OUT, 0)
    holders = [o for o in gc.get_referrers(seen[0]) if isinstance(o, dict)]
    assert holders == []

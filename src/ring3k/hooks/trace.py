"""Traces for people: a line a call, in the manner of strace.

    [4.8] NtSetTimerResolution(100000, TRUE, out 156250) = STATUS_SUCCESS <0.000004>

Inputs are shown as they were at entry, outputs as they are at exit.  A call that
waits is shown in two parts, since others come between.  Events are lines of the
same stream, set off by dashes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ring3k.abi.format import format_parameter
from ring3k.abi.status import status_name
from ring3k.hooks import events
from ring3k.hooks.calls import Call, HookTable

Write = Callable[[str], object]


@dataclass(slots=True)
class Open:
    """What was said of a call that has not ended."""

    inputs: list[str | None]  # None where the value is known only at exit
    split: bool = False  # its first part has been written


class Entries:
    """Inputs of calls in progress, formatted when they were made."""

    def __init__(self) -> None:
        self._open: dict[Call, Open] = {}

    def enter(self, call: Call) -> Open:
        one = self._open[call] = Open([] if call.words is None else _inputs(call))
        return one

    def get(self, call: Call) -> Open:
        return self._open[call]

    def leave(self, call: Call) -> Open:
        return self._open.pop(call)


def _inputs(call: Call) -> list[str | None]:
    memory, words = call.thread.memory, tuple(call.words or ())
    return [
        None if p.kind in ("out", "outbuffer") else format_parameter(p, words, memory, "enter")
        for p in call.declaration.parameters
    ]


def outputs(call: Call, inputs: list[str | None]) -> list[str]:
    """All parameters of a call that has ended, as text."""
    memory, words = call.thread.memory, tuple(call.words or ())
    return [
        format_parameter(p, words, memory, "exit") if text is None else text
        for p, text in zip(call.declaration.parameters, inputs, strict=False)
    ]


class TextTrace:
    """Writes lines through ``write``."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._entries = Entries()

    def attach(self, table: HookTable, bus: events.Bus) -> None:
        """Trace everything from now on."""
        table.observe(self)
        bus.subscribe(self.event)

    # -- calls --------------------------------------------------------------------
    def entered(self, call: Call) -> None:
        self._entries.enter(call)

    def blocked(self, call: Call) -> None:
        entry = self._entries.get(call)
        entry.split = True
        inputs = ", ".join("..." if text is None else text for text in entry.inputs)
        self._write(f"{_who(call)} {call.name}({inputs} <unfinished ...>\n")

    def left(self, call: Call) -> None:
        entry = self._entries.leave(call)
        texts = outputs(call, entry.inputs)
        if entry.split:
            results = ", ".join(t for t, known in zip(texts, entry.inputs, strict=True) if known is None)
            what = f"<... {call.name} resumed>{results})"
        else:
            what = f"{call.name}({', '.join(texts) if call.words is not None else '?'})"
        status = "?" if call.status is None else status_name(call.status)
        skipped = " (hook)" if call.skipped else ""
        self._write(f"{_who(call)} {what} = {status}{skipped} <{call.duration_ns / 1e9:.6f}>\n")

    # -- events -------------------------------------------------------------------
    def event(self, event: events.Event) -> None:
        who = (
            f"{event.process}.{event.thread}" if isinstance(event, events.ThreadEvent) else f"{event.process}"
        )
        self._write(f"[{who}] --- {describe(event)} ---\n")


def _who(call: Call) -> str:
    return f"[{call.process.pid}.{call.thread.tid}]"


def describe(event: events.Event) -> str:
    """An event in words."""
    text: str
    match event:
        case events.ProcessCreated(name=name, parent=parent):
            text = f"process created: {name}" + (f" by {parent}" if parent else "")
        case events.ProcessExited(status=status):
            text = f"process exited: {_code(status)}"
        case events.ThreadCreated(start=start):
            text = f"thread created: starts at {start:#x}"
        case events.ThreadExited(status=status):
            text = f"thread exited: {_code(status)}"
        case events.ImageMapped(name=name, base=base, size=size):
            text = f"image mapped: {name} at {base:#x}, {size:#x} bytes"
        case events.ImageUnmapped(name=name, base=base):
            text = f"image unmapped: {name} at {base:#x}"
        case events.ExceptionRaised():
            text = _exception(event)
        case events.DebugPrint(text=said):
            text = f"debug print: {said.rstrip()!r}"
        case events.Note(text=said):
            text = said
        case events.Unimplemented(name=name, caller=caller):
            text = f"{name} is not implemented" + (f", called from {caller}" if caller else "")
        case _:
            text = f"{event.kind}: {event}"
    return text


def _exception(event: events.ExceptionRaised) -> str:
    chance = "first" if event.first_chance else "second"
    where = event.caller or f"{event.address:#x}"
    parameters = ", ".join(f"{p:#x}" for p in event.parameters)
    return (
        f"exception {_code(event.code)} at {where}{f' ({parameters})' if parameters else ''}, {chance} chance"
    )


def _code(status: int) -> str:
    name: Any = status_name(status)
    return name if status else "0"

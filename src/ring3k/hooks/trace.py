"""Traces for people: a line a call, in the manner of strace.

    [4.8] NtSetTimerResolution(100000, TRUE, out 156250) = STATUS_SUCCESS <0.000004>

Inputs are shown as they were at entry, outputs as they are at exit.  A call that
waits is shown in two parts, since others come between.  Events are lines of the
same stream, set off by dashes.
"""

from __future__ import annotations

from collections.abc import Callable

from ring3k.abi.format import format_parameter, quoted
from ring3k.abi.status import is_error, status_name
from ring3k.abi.types import Parameter
from ring3k.hooks import events
from ring3k.hooks.calls import Call, HookTable
from ring3k.typed import Any

Write = Callable[[str], object]
Show = Callable[..., Any]  # abi.format's format_parameter or decode_parameter


class Values:
    """The parameters of one call as text or plain values: inputs when it is made, outputs when it ends."""

    __slots__ = ("_call", "_show", "entry", "split")

    def __init__(self, call: Call, show: Show) -> None:
        self._call = call
        self._show = show
        self.split = False  # a first part has been written
        self.entry = [self._value(p, "enter") for p in call.declaration.parameters]

    def _value(self, parameter: Parameter, moment: str) -> Any:
        return self._show(parameter, self._call.words or (), self._call.memory, moment)

    def at_exit(self) -> list[Any]:
        """Inputs as they were at entry, outputs as they are now."""
        status, refuses = self._call.status, self._call.declaration.refuses
        done = status is not None and (status != 0 if refuses is not None else not is_error(status))
        changed, moment = (("out", "inout", "outbuffer"), "exit") if done else (("out",), "failed")
        return [
            self._value(p, moment) if p.kind in changed else before
            for p, before in zip(self._call.declaration.parameters, self.entry, strict=True)
        ]


class TextTrace:
    """Writes lines through ``write``."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._open: dict[Call, Values] = {}

    def attach(self, table: HookTable, bus: events.Bus) -> None:
        """Trace everything from now on."""
        table.observe(self)
        bus.subscribe(self.event)

    # -- calls --------------------------------------------------------------------
    def entered(self, call: Call) -> None:
        self._open[call] = Values(call, format_parameter)

    def blocked(self, call: Call) -> None:
        values = self._open[call]
        values.split = True
        inputs = zip(call.declaration.parameters, values.entry, strict=True)
        text = ", ".join("..." if p.kind == "out" else text for p, text in inputs)
        self._write(f"{_who(call)} {call.name}({text} <unfinished ...>\n")

    def left(self, call: Call) -> None:
        values = self._open.pop(call)
        parameters = call.declaration.parameters
        after = list(map(_change, parameters, values.entry, values.at_exit()))
        if values.split:
            outputs = [text for p, text in zip(parameters, after, strict=True) if p.kind in ("out", "inout")]
            what = f"<... {call.name} resumed>{', '.join(outputs)})"
        else:
            what = f"{call.name}({', '.join(after)})"
        status = result_name(call) or "?"
        skipped = " (hook)" if call.skipped else ""
        self._write(f"{_who(call)} {what} = {status}{skipped} <{call.duration_ns / 1e9:.6f}>\n")

    # -- events -------------------------------------------------------------------
    def event(self, event: events.Event) -> None:
        who = (
            f"{event.process}.{event.thread}" if isinstance(event, events.ThreadEvent) else f"{event.process}"
        )
        self._write(f"[{who}] --- {describe(event)} ---\n")


def result_name(call: Call) -> str | None:
    """What a call has returned: a status by its name, what is none as a number."""
    if call.status is None:
        return None
    return status_name(call.status) if call.declaration.refuses is None else f"{call.status:#x}"


def _change(parameter: Parameter, before: str, after: str) -> str:
    """A value that went in and came out: both, where they differ."""
    if parameter.kind == "inout" and after.startswith("out "):
        return before if after == f"out {before}" else f"{before} -> {after[4:]}"
    return after


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
        case events.ProcessCrashed(report=report):
            text = f"crash: {report.headline}"
        case events.DebugPrint(text=said):
            text = f"debug print: {said.rstrip()!r}"
        case events.Note(text=said):
            text = said
        case events.AuditRecord():
            text = _audit(event)
        case events.Unimplemented(name=name, caller=caller):
            text = f"{name} is not implemented" + (f", called from {caller}" if caller else "")
        case _:
            text = f"{event.kind}: {event}"
    return text


def _audit(event: events.AuditRecord) -> str:
    """Names are the guest's."""
    what = " ".join(quoted(one) for one in (event.type, event.name) if one)
    words = (
        what,
        f"handle {event.handle:#x}" if event.handle else "",
        event.access,
        "|".join(event.privileges),
        f"for {event.user}",
        f"says {quoted(event.subsystem)}",
    )
    told = ", ".join(one for one in words if one)
    return f"audit {event.number}: {event.operation}, {'granted' if event.granted else 'refused'}: {told}"


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

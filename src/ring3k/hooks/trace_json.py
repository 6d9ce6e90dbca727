"""Traces for programs: one JSON object a line; docs/hooks.md describes the fields.

``VERSION`` changes when a field changes its meaning or goes; new fields may come.
"""

from __future__ import annotations

import json
import time

from ring3k.abi.format import decode_parameter
from ring3k.abi.status import status_name
from ring3k.hooks import events
from ring3k.hooks.arguments import raw
from ring3k.hooks.calls import Call, HookTable
from ring3k.hooks.trace import Values, Write, result_name
from ring3k.typed import Any

VERSION = 1


class JsonTrace:
    """Writes lines through ``write``; a call is one object, written when it ends."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._open: dict[Call, Values] = {}
        self._started: dict[Call, tuple[float, str | None]] = {}  # time, caller

    def attach(self, table: HookTable, bus: events.Bus) -> None:
        """Trace everything from now on."""
        table.observe(self)
        bus.subscribe(self.event)

    def entered(self, call: Call) -> None:
        self._open[call] = Values(call, decode_parameter)
        self._started[call] = (time.time(), call.caller)

    def blocked(self, call: Call) -> None:
        pass

    def left(self, call: Call) -> None:
        values = self._open.pop(call).at_exit()
        started, caller = self._started.pop(call)
        status, words = call.status, call.words
        self._line(
            "call",
            started,
            {
                "process": call.process.pid,
                "thread": call.thread.tid,
                "call": call.name,
                "number": call.number,
                "arguments": {
                    p.name: {"direction": p.kind, "raw": raw(p, words) if words else None, "decoded": value}
                    for p, value in zip(call.declaration.parameters, values, strict=True)
                },
                "status": status,
                "status_name": result_name(call),
                "skipped": call.skipped,
                "duration": call.duration_ns / 1e9,
                "caller": caller,
            },
        )

    def event(self, event: events.Event) -> None:
        fields = event.values()
        for name in ("status", "code"):
            if name in fields:
                fields["status_name"] = status_name(fields[name])
        if isinstance(event, events.ProcessCrashed):
            fields["report"] = event.report.as_dict()
        self._line(event.kind, time.time(), fields)

    def _line(self, kind: str, when: float, fields: dict[str, Any]) -> None:
        line = {"v": VERSION, "event": kind, "time": round(when, 6), **fields}
        self._write(json.dumps(line, ensure_ascii=True, separators=(",", ":")) + "\n")

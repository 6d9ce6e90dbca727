"""Traces of a program that really runs: a golden text, and every field of the JSON lines."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import ring3k
from ring3k.abi.tables import table
from ring3k.hooks.trace import TextTrace
from ring3k.hooks.trace_json import JsonTrace
from tests.hooks.conftest import ROUNDS

# What the first thread does of its own accord, times and addresses left open.
GOLDEN = r"""
NtCreateEvent\(out 0xH, EVENT_ALL_ACCESS, \{"\\\\BaseNamedObjects\\\\ring3k-watched", OBJ_CASE_INSENSITIVE\}, NotificationEvent, FALSE\) = STATUS_SUCCESS
NtDisplayString\("second: steady 100, alone 100\\n"\) = STATUS_SUCCESS
NtQueryEvent\(0xH, EventBasicInformation, 0xH\[8\], 8, NULL\) = STATUS_SUCCESS
NtDisplayString\("event: type 0, state 0\\n"\) = STATUS_SUCCESS
NtOpenEvent\(out 0xH, EVENT_ALL_ACCESS, \{"\\\\BaseNamedObjects\\\\ring3k-watched", OBJ_CASE_INSENSITIVE\}\) = STATUS_SUCCESS
NtQueryEvent\(0xH, EventBasicInformation, 0xH\[8\], 8, NULL\) = STATUS_SUCCESS
NtDisplayString\("event: type 0, state 0\\n"\) = STATUS_SUCCESS
NtClose\(0xH\) = STATUS_SUCCESS
NtDelayExecution\(FALSE, -10 ms <unfinished \.\.\.>
<\.\.\. NtDelayExecution resumed>\) = STATUS_SUCCESS
NtDisplayString\("delay: 0x00000000\\n"\) = STATUS_SUCCESS
NtResetEvent\(0xH, NULL\) = STATUS_SUCCESS
"""  # noqa: E501  # a line is a line
EVENTS = {
    "process_created": {"name", "parent"},
    "process_exited": {"status", "status_name"},
    "thread_created": {"thread", "start"},
    "thread_exited": {"thread", "status", "status_name"},
    "image_mapped": {"name", "base", "size"},
    "image_unmapped": {"name", "base"},
    "exception": {
        "thread",
        "code",
        "status_name",
        "address",
        "first_chance",
        "parameters",
        "caller",
    },
    "crash": {"thread", "code", "status_name", "address", "report"},
    "debug_print": {"thread", "text"},
    "unimplemented": {"thread", "name", "caller"},
    "note": {"thread", "text"},
}


def text_trace(system: ring3k.System, program: Path) -> list[str]:
    """The lines of one run."""
    lines: list[str] = []
    TextTrace(lines.append).attach(system.hooks, system.events)
    assert system.spawn([program]).wait(timeout=30) == 0
    return [line.rstrip("\n") for line in lines]


def json_trace(system: ring3k.System, program: Path) -> list[dict[str, Any]]:
    lines: list[str] = []
    JsonTrace(lines.append).attach(system.hooks, system.events)
    system.spawn([program]).wait(timeout=30)
    assert [line for line in lines if line.count("\n") != 1 or not line.endswith("\n")] == []
    return [json.loads(line) for line in lines]


def test_the_text_of_a_run(system: ring3k.System, watched: Path) -> None:
    lines = text_trace(system, watched)
    process, thread = re.findall(r"^\[(\d+)\.(\d+)\] NtDisplayString", "\n".join(lines), re.MULTILINE)[0]
    own = [line for line in lines if line.startswith(f"[{process}.{thread}] ")]
    start = next(i for i, line in enumerate(own) if "NtCreateEvent(" in line)
    expected = GOLDEN.strip().replace("0xH", "0x[0-9a-f]+").splitlines()
    calls = [line for line in own[start:] if "NtYieldExecution" not in line and "SystemTime" not in line]
    for line, pattern in zip(calls, expected, strict=False):
        duration = "" if pattern.endswith(r"<unfinished \.\.\.>") else r" <\d+\.\d{6}>"
        assert re.fullmatch(rf"\[{process}\.{thread}\] {pattern}{duration}", line), line
    times = [line for line in own if re.search(r"NtQuerySystemTime\(out .+\) = STATUS_SUCCESS <", line)]
    yields = [line for line in own if " NtYieldExecution() = STATUS_NO_YIELD_PERFORMED <" in line]
    assert (len(times), len(yields)) == (2 * ROUNDS, 2 * ROUNDS)
    assert f"[{process}.{thread}] --- debug print: 'watched: done' ---" in own


def test_a_waiting_call_of_one_thread_is_shown_around_those_of_another(
    system: ring3k.System, watched: Path
) -> None:
    lines = text_trace(system, watched)
    begin = next(i for i, line in enumerate(lines) if "NtWaitForSingleObject(" in line)
    end = next(i for i, line in enumerate(lines) if "<... NtWaitForSingleObject resumed>" in line)
    assert lines[begin].endswith("<unfinished ...>")
    between = [line for line in lines[begin + 1 : end] if " NtDelayExecution(FALSE, -50 ms" in line]
    assert len(between) == 1
    assert between[0].partition("]")[0] != lines[begin].partition("]")[0]


def test_every_call_has_every_field(system: ring3k.System, watched: Path) -> None:
    objects = json_trace(system, watched)
    calls = [one for one in objects if one["event"] == "call"]
    assert len(calls) > 4 * ROUNDS
    fields = {"v", "event", "time", "process", "thread", "call", "number", "arguments", "status"}
    fields |= {"status_name", "skipped", "duration", "caller"}
    assert {frozenset(one) for one in calls} == {frozenset(fields)}
    assert {one["v"] for one in objects} == {1}
    assert all(re.fullmatch(r"(watched\.exe|ntdll\.dll)\+0x[0-9a-f]+", one["caller"]) for one in calls)
    assert all(0 < one["duration"] < 10 for one in calls)
    assert max(one["time"] for one in objects) - min(one["time"] for one in objects) < 30
    for one in calls:
        declared = system.calls[one["call"]]
        assert one["number"] == table(system.abi).numbers[one["call"]]
        assert list(one["arguments"]) == [parameter.name for parameter in declared.parameters]
        assert all(set(a) == {"direction", "raw", "decoded"} for a in one["arguments"].values())
        assert (one["status"] is None) is (one["status_name"] is None)


def test_arguments_are_told_raw_and_decoded(system: ring3k.System, watched: Path) -> None:
    calls = [one for one in json_trace(system, watched) if one["event"] == "call"]
    created = next(one["arguments"] for one in calls if one["call"] == "NtCreateEvent")
    assert created["desired_access"] == {
        "direction": "value",
        "raw": 0x1F0003,
        "decoded": ["EVENT_ALL_ACCESS"],
    }
    assert created["event_type"] == {"direction": "value", "raw": 0, "decoded": "NotificationEvent"}
    assert created["initial_state"] == {"direction": "value", "raw": 0, "decoded": False}
    assert created["event_handle"]["direction"] == "out"
    assert created["event_handle"]["raw"] > 0x10000  # an address
    attributes = created["object_attributes"]
    assert attributes["raw"] > 0x10000
    assert "\\BaseNamedObjects\\ring3k-watched" in json.dumps(attributes["decoded"]).replace("\\\\", "\\")
    handle = created["event_handle"]["decoded"]
    assert any(one["arguments"]["handle"]["raw"] == handle for one in calls if one["call"] == "NtClose")
    failed = [one for one in calls if one["status"]]
    assert ("NtClose", "STATUS_INVALID_HANDLE") in [(one["call"], one["status_name"]) for one in failed]


def test_calls_are_written_when_they_end_and_timed_from_their_beginning(
    system: ring3k.System, watched: Path
) -> None:
    calls = [one for one in json_trace(system, watched) if one["event"] == "call"]
    waits = [one for one in calls if one["call"] == "NtDelayExecution"]
    assert [one["duration"] >= least for one, least in zip(waits, (0.01, 0.05), strict=True)] == [True, True]
    wait = next(one for one in calls if one["call"] == "NtWaitForSingleObject")
    assert wait["time"] < waits[1]["time"]
    assert calls.index(wait) > calls.index(waits[1])


@pytest.mark.parametrize(
    ("program", "kinds"),
    [
        ("crash.exe", {"exception", "crash", "process_exited"}),
        ("missing.exe", {"unimplemented", "note"}),
        ("spawn.exe", {"process_created", "process_exited", "image_mapped", "image_unmapped"}),
    ],
)
def test_events_have_their_fields(
    system: ring3k.System, guest_files: Path, program: str, kinds: set[str], unwritten: str
) -> None:
    events = [one for one in json_trace(system, guest_files / "apps" / program) if one["event"] != "call"]
    assert kinds <= {one["event"] for one in events}
    for one in events:
        assert EVENTS[one["event"]] | {"v", "event", "time", "process"} == set(one)


def test_what_is_born_dies(system: ring3k.System, watched: Path) -> None:
    """Each process, thread and image has its beginning and its end, in this order."""
    objects = json_trace(system, watched)
    kinds = [one["event"] for one in objects]
    for born, dead, count in (
        ("process_created", "process_exited", 1),
        ("thread_created", "thread_exited", 2),
        ("image_mapped", "image_unmapped", 2),
    ):
        assert (kinds.count(born), kinds.count(dead)) == (count, count)
        assert kinds.index(born) < kinds.index(dead)
    threads = [one["thread"] for one in objects if one["event"] == "thread_created"]
    assert {one["thread"] for one in objects if "thread" in one} == set(threads)
    assert kinds[-1] == "process_exited"

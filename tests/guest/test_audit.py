"""The security log as an analyst sees it: records of a program that sets the policy itself, and of others."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import ring3k
from ring3k.hooks.events import AuditRecord
from ring3k.hooks.trace import TextTrace
from ring3k.hooks.trace_json import JsonTrace

SYSTEM, ALICE = "S-1-5-18", "S-1-5-21-1-2-3-1001"
EVENT = "\\BaseNamedObjects\\conf-audited"


@pytest.fixture(params=["nt50", "nt51"])
def system(request: pytest.FixtureRequest) -> Iterator[ring3k.System]:
    silent = io.StringIO()
    with ring3k.System(abi=request.param, stdout=silent, stderr=silent) as made:
        yield made
        assert made.crashes == 0


def records_of(system: ring3k.System, program: Path) -> list[AuditRecord]:
    found: list[AuditRecord] = []
    system.events.subscribe(found.append, AuditRecord)
    process = system.spawn([program])
    assert process.wait(timeout=30) == 0
    assert all(one.process == process.pid for one in found)
    return found


def test_the_records_of_servers(system: ring3k.System, conformance_programs: Path) -> None:
    found = records_of(system, conformance_programs / "native" / "audit_records.exe")
    servers = [one for one in found if one.subsystem == "conformance"]
    assert {one.user for one in servers} == {SYSTEM}
    assert all(one.thread for one in servers)
    opened = next(one for one in servers if one.number == 560)
    assert (opened.type, opened.name, opened.handle, opened.access) == ("thing", "one", 0x1234, "0x1")
    assert opened.granted
    refused = [one for one in servers if one.number == 560 and not one.granted]
    assert {one.access for one in refused} == {"0x1", "0x2"}
    assert any(one.privileges == ("SeDebugPrivilege",) for one in refused)  # what the server says of it
    (closed,) = (one for one in servers if one.number == 562)  # not the one with GenerateOnClose FALSE
    assert closed.handle == 0x1234
    (deleted,) = (one for one in servers if one.number == 564)
    assert deleted.operation == "object deleted"
    assert any(one.number == 565 and one.granted for one in servers)
    assert any(one.number == 565 and not one.granted for one in servers)
    (used,) = (one for one in servers if one.number == 578)
    assert used.privileges == ("SeDebugPrivilege",)
    (service,) = (one for one in servers if one.number == 577)
    assert (service.name, service.granted) == ("one", False)


def test_the_records_of_the_kernel(system: ring3k.System, conformance_programs: Path) -> None:
    found = records_of(system, conformance_programs / "native" / "audit_records.exe")
    kernel = [one for one in found if one.subsystem == "Security" and one.name == EVENT]
    assert [(one.number, one.granted, one.user, one.access) for one in kernel] == [
        (560, True, SYSTEM, "EVENT_MODIFY_STATE|SYNCHRONIZE"),
        (562, True, SYSTEM, ""),
        (560, False, ALICE, "EVENT_MODIFY_STATE"),
    ]
    assert kernel[1].handle
    assert kernel[1].type == "Event"


def test_the_records_of_files(system: ring3k.System, conformance_programs: Path) -> None:
    found = records_of(system, conformance_programs / "native" / "audit_records.exe")
    files = [one for one in found if one.name.endswith("\\audited")]
    assert [(one.number, one.type, one.access) for one in files] == [
        (560, "File", "FILE_WRITE_DATA|DELETE|SYNCHRONIZE"),
        (562, "File", ""),
    ]
    assert files[0].name.startswith("\\Device\\HarddiskVolume1\\")
    assert files[1].name == files[0].name


def test_nothing_is_recorded_unless_somebody_asks(system: ring3k.System, conformance_programs: Path) -> None:
    assert records_of(system, conformance_programs / "native" / "access_audit.exe") == []


def test_privileges_that_the_kernel_asks_for(system: ring3k.System, conformance_programs: Path) -> None:
    system.set_audit_policy("privilege")
    found = records_of(system, conformance_programs / "native" / "privilege_calls.exe")
    asked = {(one.privileges, one.granted) for one in found if one.number == 577}
    assert {one.subsystem for one in found} == {"Security"}
    assert (("SeLockMemoryPrivilege",), False) in asked
    assert not any(names == ("SeDebugPrivilege",) for names, _ in asked)  # asked for, and never told of
    system.set_audit_policy("privilege:success")
    again = records_of(system, conformance_programs / "native" / "privilege_calls.exe")
    assert again
    assert all(one.granted for one in again)


def test_the_lines_of_traces(system: ring3k.System, conformance_programs: Path) -> None:
    lines: list[str] = []
    objects: list[str] = []
    TextTrace(lines.append).attach(system.hooks, system.events)
    JsonTrace(objects.append).attach(system.hooks, system.events)
    process = system.spawn([conformance_programs / "native" / "audit_records.exe"])
    process.wait(timeout=30)
    notes = [one for one in lines if "--- audit" in one]
    assert any(
        f'audit 560: object open, refused: "Event" "{EVENT}", EVENT_MODIFY_STATE, for {ALICE}'.replace(
            "\\", "\\\\"
        )
        in one
        for one in notes
    )
    assert any("audit 562: handle closed, granted" in one and 'says "Security" ---' in one for one in notes)
    records = [one for one in map(json.loads, objects) if one["event"] == "audit"]
    assert len(records) == len(notes)
    refused = next(one for one in records if one["name"] == EVENT and not one["granted"])
    assert (refused["number"], refused["user"], refused["privileges"]) == (560, ALICE, [])


@pytest.mark.parametrize("text", ["everything", "object:sometimes", "object,,fun"])
def test_bad_policies_say_why(system: ring3k.System, text: str) -> None:
    with pytest.raises(ValueError, match="no audit category"):
        system.set_audit_policy(text)

"""Crash reports of real guests: on stderr, from Python, in the JSON trace; docs/crashes.md promises them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import ring3k
from ring3k.abi.status import (
    STATUS_ACCESS_VIOLATION,
    STATUS_BREAKPOINT,
    STATUS_INTEGER_DIVIDE_BY_ZERO,
    STATUS_PRIVILEGED_INSTRUCTION,
    STATUS_STACK_OVERFLOW,
)
from ring3k.hooks.crash.report import CrashReport
from ring3k.hooks.events import ProcessCrashed
from tests.cli.command import ring3k as run

ENGINES = ("stub", "ptrace")


@pytest.fixture
def crasher(guest_files: Path) -> Path:
    return guest_files / "apps/crash.exe"


def reports(crasher: Path, how: str, engine: str = "stub") -> list[CrashReport]:
    found: list[CrashReport] = []
    with ring3k.System(engine) as system:
        system.on_crash(lambda event: found.append(event.report))
        process = system.spawn([crasher, *how])
        status = process.wait()
        assert system.crashes == 0
        assert all(one.code == status and one.process == process.pid for one in found)
    return found


def report(crasher: Path, how: str, engine: str = "stub") -> CrashReport:
    (one,) = reports(crasher, how, engine)
    return one


def test_stderr_tells_what_happened(crasher: Path) -> None:
    done = run("run", crasher)
    lines = done.stderr.splitlines()
    assert lines[0].endswith("crashed: STATUS_ACCESS_VIOLATION (0xc0000005)")
    assert lines[1].startswith("  at crash.exe+0x")
    assert lines[2] == "  write to 0x00000000: a null pointer"
    (here,) = [line for line in lines if line.startswith("=>")]
    assert here.endswith("mov dword ptr [eax], 0x2a")
    assert "  eax=00000000" in done.stderr
    assert sum(line.startswith("  #") for line in lines) == 3  # inner, outer, NtProcessStartup
    assert done.stdout == ""


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("how", "code", "text"),
    [
        ("", STATUS_ACCESS_VIOLATION, "mov dword ptr [eax], 0x2a"),
        ("b", STATUS_BREAKPOINT, "int3"),
        ("d", STATUS_INTEGER_DIVIDE_BY_ZERO, "div ecx"),
        ("p", STATUS_PRIVILEGED_INSTRUCTION, "cli"),
        ("u", STATUS_ACCESS_VIOLATION, "mov dword ptr [eax], 0x2a"),
    ],
)
def test_the_instruction_and_its_callers(crasher: Path, how: str, code: int, text: str, engine: str) -> None:
    one = report(crasher, how, engine)
    assert one.code == code
    (here,) = [line for line in one.code_around if line.address == one.registers["eip"]]
    assert here.text == text
    assert len(one.code_around) == 9
    assert one.place.module == "crash.exe"
    assert [(frame.place.module, frame.guess) for frame in one.backtrace] == [("crash.exe", False)] * 3


def test_a_call_through_a_null_pointer(crasher: Path) -> None:
    one = report(crasher, "j")
    assert one.deed == "execution of 0x00000000: a null pointer"
    assert one.code_around == []
    assert [frame.place.module for frame in one.backtrace] == [None, *["crash.exe"] * 3]
    assert not any(frame.guess for frame in one.backtrace)


def test_a_recursion_is_folded(crasher: Path) -> None:
    one = report(crasher, "r")
    assert one.code == STATUS_STACK_OVERFLOW
    folded = [frame for frame in one.backtrace if frame.round]
    assert [frame.round for frame in folded] == [2]
    assert folded[0].times > 1000
    assert len(one.backtrace) <= 7
    assert "... these 2 frames, " in one.text


def test_a_cxx_exception_has_its_types(crasher: Path) -> None:
    one = report(crasher, "c")
    assert (one.types, one.what) == (["ring::fault", "std::exception"], "the ring is broken")
    assert "thrown: ring::fault, what(): the ring is broken" in one.text
    assert one.headline.endswith("ring::fault: the ring is broken")


def test_a_code_of_the_programs_own(crasher: Path) -> None:
    one = report(crasher, "s")
    assert (one.code, one.parameters, one.deed) == (0xE0001234, (1, 2), "with 0x1, 0x2")


def test_a_wrecked_stack(crasher: Path) -> None:
    one = report(crasher, "z")
    assert len(one.backtrace) == 1
    assert one.stack == ()


def test_a_status_alone_is_no_crash(crasher: Path) -> None:
    assert reports(crasher, "x") == []


def test_in_the_json_trace(crasher: Path, tmp_path: Path) -> None:
    file = tmp_path / "trace.json"
    run("run", f"--trace={file}", "--trace-format", "json", crasher, "c")
    (line,) = [one for one in map(json.loads, file.read_text().splitlines()) if one["event"] == "crash"]
    assert line["code"] == 0xE06D7363
    assert line["report"]["types"] == ["ring::fault", "std::exception"]
    assert line["report"]["backtrace"][0]["module"] == "crash.exe"
    assert line["report"]["registers"]["eip"] == line["report"]["backtrace"][0]["address"]


def test_in_the_text_trace(crasher: Path) -> None:
    done = run("run", "--trace", crasher)
    assert "--- crash: crash.exe (process " in done.stderr


def test_nobody_listening(crasher: Path) -> None:
    with ring3k.System() as system:
        assert not system.events.hears(ProcessCrashed)
        assert system.spawn([crasher]).wait() == STATUS_ACCESS_VIOLATION

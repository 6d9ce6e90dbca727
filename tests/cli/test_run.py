"""``ring3k run``: output, exit status, traces, and that nothing is left when it ends."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ring3k.cli.run import exit_status
from tests.cli.command import ROOT, children, complaint, gone, ring3k, wait_until

ENGINES = ("stub", "ptrace")
LINE = re.compile(
    r"\[\d+\.\d+\] (Nt\w+\(.*\) = [\w ()?]+ <\d+\.\d{6}>"
    r"|Nt\w+\(.* <unfinished \.\.\.>|<\.\.\. Nt\w+ resumed>.*>)"
    r"|\[\d+(\.\d+)?\] --- .+ ---"
)


@pytest.fixture
def apps(guest_files: Path) -> Path:
    return guest_files / "apps"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("abi", ["nt40", "nt50", "nt51", "nt52"])
def test_hello(apps: Path, engine: str, abi: str) -> None:
    done = ring3k("run", "--engine", engine, "--abi", abi, apps / "hello.exe", "two words", "--trace")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "Hello from user mode"
    assert '"two words" --trace' in lines[1]
    version = {"nt40": "4.0, build 1381", "nt50": "5.0, build 2195", "nt51": "5.1, build 2600"}.get(
        abi, "5.2"
    )
    assert version in lines[2]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_exit_status_is_the_programs(apps: Path, engine: str) -> None:
    done = ring3k("run", "--engine", engine, apps / "exit42.exe")
    assert (done.returncode, done.stdout, done.stderr) == (42, "", "")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_crash_is_named(apps: Path, engine: str) -> None:
    done = ring3k("run", "--engine", engine, apps / "crash.exe")
    assert done.returncode == 5
    assert "crash.exe ended with STATUS_ACCESS_VIOLATION (0xc0000005)" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("status", "exits", "named"),
    [
        (0, 0, False),
        (42, 42, False),
        (0x100, 1, False),
        (0x103, 3, False),
        (0xC0000100, 1, True),
        (0xC0000022, 0x22, True),
    ],
)
def test_a_failure_stays_one(
    status: int, exits: int, named: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_status("x.exe", status) == exits
    assert bool(capsys.readouterr().err) is named


@pytest.mark.parametrize("engine", ENGINES)
def test_a_trace_goes_to_stderr_and_output_to_stdout(apps: Path, engine: str) -> None:
    done = ring3k("run", "--trace", "--engine", engine, apps / "hello.exe")
    assert done.returncode == 0
    assert done.stdout.startswith("Hello from user mode\n")
    lines = done.stderr.splitlines()
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    assert any("NtCreateEvent(out 0x" in line and "EVENT_ALL_ACCESS" in line for line in lines)
    assert any('NtDisplayString("Hello from user mode\\n")' in line for line in lines)
    assert "--- process exited: 0 ---" in lines[-1]


def _objects(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_json_trace_in_a_file(apps: Path, tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    done = ring3k("run", f"--trace={file}", "--trace-format", "json", apps / "hello.exe")
    assert (done.returncode, done.stderr) == (0, "")
    objects = _objects(file)
    assert {o["v"] for o in objects} == {1}
    assert all({"event", "time", "process"} <= set(o) for o in objects)
    kinds = [o["event"] for o in objects]
    assert {"call", "process_created", "thread_created", "image_mapped", "thread_exited"} <= set(kinds)
    assert kinds[-1] == "process_exited"
    (created,) = [o for o in objects if o.get("call") == "NtCreateEvent"]
    assert created["status_name"] == "STATUS_SUCCESS"
    assert created["arguments"]["event_handle"]["decoded"] > 0
    assert created["arguments"]["event_type"]["decoded"] == "NotificationEvent"
    assert created["arguments"]["object_attributes"] == {"direction": "in", "raw": 0, "decoded": None}
    assert created["caller"].startswith("hello.exe+0x")
    assert 0 < created["duration"] < 10


def test_an_exception_is_an_event(apps: Path, tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    ring3k("run", f"--trace={file}", "--trace-format", "json", apps / "crash.exe")
    chances = [
        (o["status_name"], o["first_chance"], o["parameters"])
        for o in _objects(file)
        if o["event"] == "exception"
    ]
    assert chances == [("STATUS_ACCESS_VIOLATION", True, [1, 0]), ("STATUS_ACCESS_VIOLATION", False, [1, 0])]


def test_a_process_that_starts_another(apps: Path, tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    done = ring3k("run", f"--trace={file}", "--trace-format", "json", apps / "spawn.exe")
    assert done.returncode == 42
    created = [o for o in _objects(file) if o["event"] == "process_created"]
    assert [o["name"].rpartition("\\")[2] for o in created] == ["spawn.exe", "exit42.exe"]
    assert created[1]["parent"] == created[0]["process"]


UNWRITTEN = """\
from ring3k.abi.call import declared
from ring3k.abi.types import Pointer
from ring3k.calls import LateCalls

def NtLoadDriver(t, driver_service_name: Pointer) -> None:
    'As if nobody had written it.'

one, known = declared(NtLoadDriver).__nt_call__, LateCalls.get
LateCalls.get = lambda calls, name: one if name == one.name else known(calls, name)
from ring3k.cli import command
command()
"""


@pytest.mark.parametrize("abi", ["nt50", "nt51"])
def test_calls_that_are_not_there_end_as_a_table(apps: Path, abi: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", UNWRITTEN, "run", "--abi", abi, apps / "missing.exe"],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
    )
    assert (done.returncode, done.stdout) == (0, "")
    head, *rows = done.stderr.splitlines()
    assert head == "ring3k: system calls that are not implemented yet:"
    assert [re.sub("0x1[0-9a-f]{3}$", "0x1...", " ".join(row.split())) for row in rows] == [
        "calls unimplemented most often called by",
        "3 NtLoadDriver missing.exe+0x1...",
        "1 0xfff missing.exe+0x1...",
    ]


def test_strict_ends_at_the_first_call_that_is_not_there(apps: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", UNWRITTEN, "run", "--strict", apps / "missing.exe"],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
    )
    told, *table, ended = done.stderr.splitlines()
    assert re.fullmatch(
        r"ring3k: --strict: not implemented yet: NtLoadDriver\(NULL\) of \d+\.\d+ missing\.exe, "
        r"called at missing\.exe\+0x1[0-9a-f]{3}",
        told,
    )
    assert table[-1].split()[:2] == ["1", "NtLoadDriver"]
    assert ended.endswith("missing.exe ended with STATUS_NOT_IMPLEMENTED (0xc0000002)")
    assert (done.returncode, done.stdout) == (2, "")


def test_an_audit_policy(apps: Path, tmp_path: Path) -> None:
    where = ("--machine", tmp_path / "machine")
    done = ring3k("run", *where, "--audit", "all", apps / "hello.exe")
    assert done.returncode == 0, done.stderr
    told = complaint("run", *where, "--audit", "objects", apps / "hello.exe", status=125)
    assert told.startswith("ring3k: --audit: no audit category 'objects': they are all, system, ")


def test_a_user_runs_it(apps: Path, tmp_path: Path) -> None:
    where = ("--machine", tmp_path / "machine")
    done = ring3k("run", *where, "--user", "S-1-5-21-1-2-3-1001", apps / "hello.exe")
    assert (done.returncode, done.stderr) == (0, "")
    told = complaint("run", *where, "--user", "Bob", apps / "hello.exe", status=125)
    assert told == "ring3k: --user: not a SID: 'Bob' (they look like S-1-5-18)"


def test_a_trace_that_cannot_be_written(apps: Path, tmp_path: Path) -> None:
    line = complaint("run", f"--trace={tmp_path}/no/such/file", apps / "hello.exe", status=125)
    assert "cannot write the trace" in line


def test_a_missing_dll_is_named(apps: Path, tmp_path: Path) -> None:
    alone = tmp_path / "needsdll.exe"
    alone.write_bytes((apps / "needsdll.exe").read_bytes())
    done = ring3k("run", alone)
    assert done.returncode != 0
    assert "sample.dll" in done.stderr
    assert "STATUS_DLL_NOT_FOUND" in done.stderr
    assert "Traceback" not in done.stderr
    assert ring3k("run", apps / "needsdll.exe").returncode == 0


@contextmanager
def _running(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """A run that does not end by itself; its guest is there when this begins."""
    with subprocess.Popen(
        # Jobs in the background ignore Ctrl-C, and so do what they start.
        ["env", "--default-signal=INT", sys.executable, "-m", "ring3k", "run", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        try:
            wait_until(lambda: bool(children(process.pid)), "the guest is started")
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_nothing_is_left_after_a_signal(apps: Path, engine: str, number: signal.Signals, status: int) -> None:
    with _running("--engine", engine, apps / "spin.exe") as process:
        guests = children(process.pid)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == status
    assert (out, err) == ("", "")
    wait_until(lambda: gone(guests), f"the guests {guests} are gone")


def test_a_program_that_nobody_listens_to_ends(apps: Path) -> None:
    done = subprocess.run(
        [
            "/bin/bash",
            "-c",
            f"{sys.executable} -m ring3k run {apps}/hello.exe | true; exit ${{PIPESTATUS[0]}}",
        ],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    assert done.stderr == ""
    assert done.returncode == 141

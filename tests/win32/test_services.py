"""The service manager: it is started by who asks for it, serves, and goes with the last program."""

from __future__ import annotations

import io
from pathlib import Path

import ring3k
from ring3k.hooks.events import ProcessCreated, ProcessExited
from tests.win32.conftest import system_program
from tests.win32.running import NOTHING_YET, Ours, Outcome


def asked(ours: Ours, where: Path, *words: str, status: int = 0) -> Outcome:
    """What a system program said; nothing that it asked for is missing."""
    outcome = ours(system_program(f"{words[0]}.exe"), *words[1:], cwd=where)
    assert outcome.status == status, str(outcome)
    assert NOTHING_YET not in outcome.stderr.decode(), str(outcome)
    return outcome


def test_services_that_run(ours: Ours, tmp_path: Path) -> None:
    lines = asked(ours, tmp_path, "net", "start").lines
    assert lines[0] == "The following services are running:"
    assert {"Event Log", "Plug and Play Service"} <= {line.strip() for line in lines[1:]}


def test_a_service_is_started_on_demand(ours: Ours, tmp_path: Path) -> None:
    """Its process, a second one with a service in it, and all end with the program that asked."""
    (tmp_path / "a.bat").write_text("@net start msiserver\r\n@sc query msiserver\r\n")
    lines = asked(ours, tmp_path, "cmd", "/c", "a.bat").lines
    assert "The MSIServer service was started successfully." in lines
    assert [line.split() for line in lines if "STATE" in line] == [["STATE", ":", "4", "RUNNING"]]


def test_the_life_of_a_service(ours: Ours, win32_programs: Path, tmp_path: Path) -> None:
    """Made, started with an argument, paused, told codes of its own, stopped, deleted: as Wine has it."""
    outcome = ours(win32_programs / "service_control.exe", cwd=tmp_path)
    assert outcome.status == 0, str(outcome)
    running = "type 10, state {}, accepts 3, exit 0 0, checkpoint 0, hint 777, process yes"
    stopped = "type 10, state 1, accepts 0, exit 1066 42, checkpoint 1, hint 777, process no"
    assert [line for line in outcome.lines if " == NULL: yes" not in line] == [
        "made: yes",
        "none: 1060",
        "twice: 1073",
        "bad name: 123",
        'configuration: type 10, start 3, "A test\'s", account "LocalSystem"',
        "before: type 10, state 1, accepts 0, exit 1077 0, checkpoint 0, hint 0, process no",
        "start: yes 0",
        f"running: {running.format(4)}",
        "StartServiceW(one, 0, NULL): no, error 1056",
        "started twice: 1056",
        "pause: yes 0",
        f"pause: {running.format(7)}",
        "continue: yes 0",
        f"continue: {running.format(4)}",
        "its own: yes 0",
        f"its own: {running.format(4)}",
        "another's: yes 0",
        f"another's: {running.format(4)}",
        "bad: no 87",
        f"bad: {running.format(4)}",
        "stop: yes 0",
        f"stop: {stopped}",
        "again: no 1062",
        f"again: {stopped}",
        "listed: 11",
        "DeleteService(one): yes",
        "gone: 1",
    ]


def test_an_object_in_a_process_of_its_own(ours: Ours, win32_programs: Path, tmp_path: Path) -> None:
    """COM asks the manager for rpcss, which starts the object's server."""
    outcome = ours(win32_programs / "com_server.exe", cwd=tmp_path)
    assert NOTHING_YET not in outcome.stderr.decode(), str(outcome)
    used = [
        "made: 0",
        "called: 1",
        "its class: 1, elsewhere: 1",
        "no such interface: 80004002",
        "runs: 1",
        "released: 0",
        "ended: 0",
    ]
    assert outcome.lines == ["begun: 0", "unknown: 80040154", "written: 0", *used, *used], str(outcome)


def test_what_the_manager_does_not_know(ours: Ours, tmp_path: Path) -> None:
    assert asked(ours, tmp_path, "net", "start", "nothing", status=1).lines == [
        "Could not get handle to service."
    ]


def test_services_are_for_administrators(ours: Ours, tmp_path: Path) -> None:
    """Wine's manager would do for anybody what he asks, as LocalSystem."""
    user = ["--user", "S-1-5-21-7-7-7-1001"]
    for words in (["query", "eventlog"], ["create", "mine", "binPath=", "C:\\mine.exe"]):
        outcome = ours(system_program("sc.exe"), *words, cwd=tmp_path, options=user)
        assert outcome.status == 1, str(outcome)
    key = "HKLM\\System\\CurrentControlSet\\Services\\mine"
    assert ours(system_program("reg.exe"), "query", key, cwd=tmp_path).status == 1


def test_who_asks_for_no_service_has_none(ours: Ours, tmp_path: Path) -> None:
    """No process is started, neither by a program nor for a pipe that is somebody else's."""
    for words, started in ((("whoami",), False), (("sc", "query", "eventlog"), True)):
        trace = tmp_path / "trace"
        ours(system_program(f"{words[0]}.exe"), *words[1:], cwd=tmp_path, options=[f"--trace={trace}"])
        assert ("services.exe by 4" in trace.read_text()) is started


def test_services_go_with_the_last_program(ours: Ours) -> None:
    """By themselves: what runs until nobody is left comes to an end."""
    names: dict[int, str] = {}
    ended: list[tuple[str, int]] = []

    def started(event: ProcessCreated) -> None:
        names[event.process] = event.name.rpartition("\\")[2]

    def finished(event: ProcessExited) -> None:
        ended.append((names[event.process], event.status))

    with ring3k.System(userland="wine", machine=ours.machine, stdout=io.StringIO()) as system:
        system.events.subscribe(started, ProcessCreated)
        system.events.subscribe(
            lambda event: ended.append((names[event.process], event.status)), ProcessExited
        )
        system.spawn([system_program("sc.exe"), "query", "eventlog"], console=True)
        assert system.run(timeout=30)
        assert system.crashes == 0
    assert ended[0] == ("sc.exe", 0)
    assert dict(ended) == {"sc.exe": 0, "services.exe": 0, "svchost.exe": 0, "plugplay.exe": 0}

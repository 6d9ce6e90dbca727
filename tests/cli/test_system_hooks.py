"""Hooks on a real guest, through ``ring3k.System``: what README and docs/hooks.md promise."""

from __future__ import annotations

from pathlib import Path

import pytest

import ring3k
from ring3k.abi.status import STATUS_ACCESS_DENIED, STATUS_INSUFFICIENT_RESOURCES
from ring3k.hooks.calls import Call
from ring3k.hooks.events import ImageMapped, ProcessExited

ENGINES = ("stub", "ptrace")


@pytest.mark.parametrize("engine", ENGINES)
def test_the_example_of_the_readme(hello: Path, engine: str, capsys: pytest.CaptureFixture[str]) -> None:
    with ring3k.System(engine) as system:
        seen: list[str] = []

        @system.on_enter("NtCreate*")
        def note(call: Call) -> None:
            seen.append(f"{call.process.pid} {call.name} {call.args.object_attributes}")

        process = system.spawn([hello, "a b"])
        process.wait()
        assert seen == [f"{process.pid} NtCreateEvent None"]
        assert process.exit_status == 0
        assert '"a b"' in process.output
    assert capsys.readouterr().out == process.output


@pytest.mark.parametrize("engine", ENGINES)
def test_a_hook_answers_for_the_kernel(hello: Path, engine: str) -> None:
    with ring3k.System(engine) as system:

        @system.on_enter("NtCreateEvent")
        def refuse(call: Call) -> None:
            call.status = STATUS_ACCESS_DENIED

        assert system.spawn([hello]).wait() == STATUS_ACCESS_DENIED
        refuse.remove()
        assert system.spawn([hello]).wait() == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_a_hook_changes_an_argument(hello: Path, engine: str) -> None:
    with ring3k.System(engine) as system:

        @system.on_enter("NtCreateEvent")
        def synchronization_event(call: Call) -> None:
            call.args.event_type = 1

        process = system.spawn([hello])
        assert process.wait() == 0
        # Made auto-reset and taken by hello's own wait, so it is not signalled any more.
        assert "event: type 1, state 0" in process.output


@pytest.mark.parametrize("engine", ENGINES)
def test_a_hook_changes_the_answer_of_a_call(hello: Path, engine: str) -> None:
    with ring3k.System(engine) as system:

        @system.on_exit("NtSetEvent")
        def fail(call: Call) -> None:
            assert call.status == 0
            assert call.caller is not None
            assert call.caller.startswith("hello.exe+0x")
            call.status = STATUS_INSUFFICIENT_RESOURCES

        assert system.spawn([hello]).wait() == STATUS_INSUFFICIENT_RESOURCES


def test_a_failing_hook_is_reported_and_the_program_ends_well(hello: Path) -> None:
    reports: list[str] = []
    with ring3k.System(report=reports.append) as system:

        @system.on_enter("NtSetEvent")
        def broken(call: Call) -> None:
            raise LookupError("nothing here")

        assert system.spawn([hello]).wait() == 0
        assert system.crashes == 0
    (line,) = reports
    assert "broken" in line
    assert f"{__file__}:" in line
    assert "NtSetEvent: LookupError: nothing here" in line


def test_outputs_are_there_when_the_call_has_ended(hello: Path) -> None:
    with ring3k.System() as system:
        made: list[int] = []
        closed: list[int] = []
        system.on_exit("NtCreateEvent", lambda call: made.append(call.results.event_handle))
        system.on_enter("NtClose", lambda call: closed.append(call.args.handle))
        assert system.spawn([hello]).wait() == 0
        assert made[0] in closed


def test_events_of_a_run(hello: Path) -> None:
    with ring3k.System() as system:
        names: list[str] = []
        exits: list[ProcessExited] = []
        system.events.subscribe(lambda event: names.append(event.name.rpartition("\\")[2]), ImageMapped)
        system.events.subscribe(exits.append, ProcessExited)
        process = system.spawn([hello])
        process.wait()
        assert sorted(names) == ["hello.exe", "ntdll.dll"]
        assert [(e.process, e.status) for e in exits] == [(process.pid, 0)]


def test_hooks_of_one_system_are_not_those_of_another(hello: Path) -> None:
    with ring3k.System() as one, ring3k.System(abi="nt50") as other:
        calls: list[str] = []
        one.on_enter("NtSetEvent", lambda call: calls.append("one"))
        assert other.spawn([hello]).wait() == 0
        assert calls == []
        assert one.spawn([hello]).wait() == 0
        assert calls == ["one"]


def test_ctrl_c_in_a_hook_ends_the_wait_and_nothing_is_left(hello: Path) -> None:
    with ring3k.System() as system:

        @system.on_enter("NtSetEvent")
        def interrupt(call: Call) -> None:
            raise KeyboardInterrupt

        process = system.spawn([hello])
        with pytest.raises(KeyboardInterrupt):
            process.wait()


def test_a_hook_that_would_never_run_is_refused(tmp_path: Path) -> None:
    with ring3k.System(machine=tmp_path / "machine") as system:
        with pytest.raises(
            ValueError, match=r"no version of Windows has .* NtCreateFil; did you mean NtCreateFile"
        ):
            system.on_enter("NtCreateFil", print)
        with pytest.raises(ValueError, match=r"NtNoSuch\*$"):

            @system.on_exit("NtNoSuch*")
            def never(call: Call) -> None: ...

        with pytest.raises(TypeError, match="a hook is a function, not 5"):
            system.on_enter("NtClose", 5)  # type: ignore[call-overload]
        for known in ("NtUserCreateWindowEx", "NtGdi*", "NtAlertThreadByThreadId", "*"):
            system.on_enter(known, print).remove()

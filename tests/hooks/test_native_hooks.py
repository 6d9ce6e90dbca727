"""Hooks on a program that really runs: what they see, what they change, and that seeing changes nothing."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

import ring3k
from ring3k.abi.status import STATUS_ALERTED, STATUS_SUCCESS
from ring3k.abi.strings import OBJ_CASE_INSENSITIVE
from ring3k.hooks.calls import Call, Hook
from ring3k.hooks.statistics import Statistics
from ring3k.hooks.trace import TextTrace
from ring3k.hooks.trace_json import JsonTrace
from tests.hooks.conftest import OUTPUT, ROUNDS, MakeSystem

SHORT_CUTS = ("NtQuerySystemTime", "NtYieldExecution")


def run(system: ring3k.System, program: Path) -> str:
    """What the program displayed; it must have been content with what its calls answered."""
    process = system.spawn([program])
    assert process.wait(timeout=30) == 0
    return process.output


def watch_all(system: ring3k.System) -> None:
    system.on_enter("*", lambda call: None)
    system.on_exit("*", lambda call: None)


def read_all(system: ring3k.System) -> None:
    """Hooks that look at everything there is to see."""
    system.on_enter("*", lambda call: repr((call.args, call.caller, call.process.pid)))
    system.on_exit("*", lambda call: repr((call.args, call.status, call.duration_ns)))


def trace_text(system: ring3k.System) -> None:
    TextTrace(lambda line: None).attach(system.hooks, system.events)


def trace_json(system: ring3k.System) -> None:
    JsonTrace(lambda line: None).attach(system.hooks, system.events)


def count_all(system: ring3k.System) -> None:
    Statistics(system.hooks)


# -- seeing ---------------------------------------------------------------------------
@pytest.mark.parametrize("look", [watch_all, read_all, trace_text, trace_json, count_all])
def test_a_program_that_is_watched_does_the_same(
    make_system: MakeSystem, watched: Path, look: Callable[[ring3k.System], None], reports: list[str]
) -> None:
    assert run(make_system(), watched) == OUTPUT
    system = make_system()
    look(system)
    assert run(system, watched) == OUTPUT
    assert reports == []


def test_globs_choose_the_calls(system: ring3k.System, watched: Path) -> None:
    seen: dict[str, Counter[str]] = {}
    for pattern in ("Nt*Event", "NtCreate*", "NtQuery[SE]*", "NtClose", "NtC?ose"):
        counter = seen[pattern] = Counter()
        system.on_enter(pattern, lambda call, counter=counter: counter.update([call.name]))
    run(system, watched)
    assert set(seen["Nt*Event"]) == {
        "NtCreateEvent",
        "NtOpenEvent",
        "NtQueryEvent",
        "NtResetEvent",
        "NtSetEvent",
    }
    assert set(seen["NtCreate*"]) == {"NtCreateEvent", "NtCreateThread"}
    assert seen["NtQuery[SE]*"]["NtQuerySystemTime"] == 2 * ROUNDS
    assert seen["NtQuery[SE]*"]["NtQueryEvent"] == 2
    assert seen["NtClose"] == seen["NtC?ose"] == Counter(NtClose=4)
    for pattern in ("ntclose", "Zw*"):  # names have a case
        with pytest.raises(ValueError, match="no version of Windows"):
            system.on_enter(pattern, Call.skip)


def test_hooks_run_in_the_order_in_which_they_were_made(system: ring3k.System, watched: Path) -> None:
    order: list[str] = []
    system.on_exit("NtOpenEvent", lambda call: order.append("first exit"))
    system.on_enter("NtOpen*", lambda call: order.append("first enter"))
    system.on_exit("*Event", lambda call: order.append(call.name) if call.name == "NtOpenEvent" else None)
    system.on_enter("NtOpenEvent", lambda call: order.append("second enter"))
    run(system, watched)
    assert order == ["first enter", "second enter", "first exit", "NtOpenEvent"]


def test_object_attributes_are_read_for_the_hook(system: ring3k.System, watched: Path) -> None:
    seen = []
    system.on_enter("NtCreateEvent", lambda call: seen.append(call.args.object_attributes))
    run(system, watched)
    named = [one for one in seen if one is not None]
    assert [(one.name, one.attributes, one.root) for one in named] == [
        ("\\BaseNamedObjects\\ring3k-watched", OBJ_CASE_INSENSITIVE, 0)
    ]


# -- removing -------------------------------------------------------------------------
def test_a_hook_may_remove_itself_while_the_program_runs(system: ring3k.System, watched: Path) -> None:
    seen: list[str] = []

    @system.on_enter("NtQuerySystemTime")
    def three(call: Call) -> None:
        seen.append(call.name)
        if len(seen) == 3:
            three.remove()

    assert run(system, watched) == OUTPUT
    assert len(seen) == 3
    three.remove()  # once more harms nobody
    assert run(system, watched) == OUTPUT
    assert len(seen) == 3


@pytest.mark.parametrize("name", SHORT_CUTS)
def test_a_short_cut_is_off_for_as_long_as_it_is_watched(
    system: ring3k.System, watched: Path, name: str
) -> None:
    """NtCreateEvent stands between the two loops: watched in the first, in the second, in both."""
    seen: list[str] = []
    hooks: list[Hook] = []

    def watch() -> None:
        hooks.append(system.on_enter(name, lambda call: seen.append(call.name)))

    def unwatch() -> None:
        hooks.pop().remove()

    def leave() -> None:
        """Watch on, or go on not watching."""

    for at_first, between, expected in (
        (watch, unwatch, ROUNDS),
        (leave, watch, ROUNDS),
        (leave, leave, 2 * ROUNDS),
    ):
        seen.clear()
        at_first()

        def halfway(call: Call, act: Callable[[], None] = between) -> None:
            if call.args.object_attributes is not None:
                act()

        once = system.on_enter("NtCreateEvent", halfway)
        assert run(system, watched) == OUTPUT
        once.remove()
        assert len(seen) == expected
    unwatch()
    seen.clear()
    assert run(system, watched) == OUTPUT
    assert seen == []


# -- changing -------------------------------------------------------------------------
def test_changed_arguments_take_effect(system: ring3k.System, watched: Path) -> None:
    @system.on_enter("NtCreateEvent")
    def signalled(call: Call) -> None:
        if call.args.object_attributes is not None:
            call.args.initial_state = True
            assert call.args.initial_state is True

    assert run(system, watched) == OUTPUT.replace("state 0", "state 1")
    signalled.remove()
    assert run(system, watched) == OUTPUT


def test_a_status_on_entry_skips_the_call(system: ring3k.System, watched: Path) -> None:
    later: list[str] = []
    exits: list[tuple[bool, int | None, bool]] = []

    @system.on_enter("NtDelayExecution")
    def alerted(call: Call) -> None:
        call.status = STATUS_ALERTED

    system.on_enter("NtDelayExecution", lambda call: later.append(call.name))
    system.on_exit(
        "NtDelayExecution",
        lambda call: exits.append((call.skipped, call.status, call.duration_ns < 10_000_000)),
    )
    assert run(system, watched) == OUTPUT.replace("delay: 0x00000000", f"delay: 0x{STATUS_ALERTED:08x}")
    assert later == []
    assert exits == [(True, STATUS_ALERTED, True)] * 2


def test_a_status_on_exit_is_what_the_program_gets(system: ring3k.System, watched: Path) -> None:
    @system.on_exit("NtClose")
    def all_is_well(call: Call) -> None:
        call.status = STATUS_SUCCESS

    assert run(system, watched) == OUTPUT.replace("close: 0xc0000008", "close: 0x00000000")


# -- waiting calls --------------------------------------------------------------------
def test_a_call_that_waits_is_entered_once_and_left_when_it_returns(
    system: ring3k.System, watched: Path
) -> None:
    log: list[tuple[str, str, int]] = []
    durations: list[int] = []
    for name in ("NtWaitForSingleObject", "NtSetEvent"):
        system.on_enter(name, lambda call: log.append(("enter", call.name, call.thread.tid)))
        system.on_exit(name, lambda call: log.append(("exit", call.name, call.thread.tid)))
    system.on_exit("NtDelayExecution", lambda call: durations.append(call.duration_ns))
    assert run(system, watched) == OUTPUT
    main = log[0][2]
    (other,) = {thread for _, name, thread in log if name == "NtSetEvent"}
    assert other != main
    assert log[0] == ("enter", "NtWaitForSingleObject", main)
    assert log[1] == ("enter", "NtSetEvent", other)
    assert sorted(log[2:4]) == [("exit", "NtSetEvent", other), ("exit", "NtWaitForSingleObject", main)]
    assert log[4:] == [("enter", "NtWaitForSingleObject", main), ("exit", "NtWaitForSingleObject", main)]
    assert [duration >= least for duration, least in zip(durations, (10_000_000, 50_000_000), strict=True)]


def test_a_hook_removed_while_a_call_waits_still_sees_it_end(system: ring3k.System, watched: Path) -> None:
    """A call belongs to the hooks that saw it begin."""
    ends: list[int | None] = []
    at_exit = system.on_exit("NtWaitForSingleObject", lambda call: ends.append(call.status))
    system.on_enter("NtSetEvent", lambda call: at_exit.remove())
    assert run(system, watched) == OUTPUT
    assert ends == [0]


# -- failing --------------------------------------------------------------------------
def test_failing_hooks_are_named_and_harm_nobody(
    system: ring3k.System, watched: Path, reports: list[str]
) -> None:
    seen: list[str] = []

    def clumsy(call: Call) -> None:
        raise ZeroDivisionError("no reason")

    def asks_for_too_much(call: Call) -> None:
        print(call.args.no_such_thing)

    system.on_enter("NtOpenEvent", clumsy)
    system.on_enter("NtOpenEvent", asks_for_too_much)
    system.on_enter("NtOpenEvent", lambda call: seen.append("enter"))
    system.on_exit("NtSetEvent", clumsy)
    system.on_exit("NtSetEvent", lambda call: seen.append("exit"))
    assert run(system, watched) == OUTPUT
    assert seen == ["enter", "exit"]
    assert [("clumsy" in line, "NtOpenEvent" in line) for line in reports] == [
        (True, True),
        (False, True),
        (True, False),
    ]
    assert "ZeroDivisionError: no reason" in reports[0]
    assert "asks_for_too_much" in reports[1]
    assert "NtOpenEvent has no parameter 'no_such_thing'; it has: event_handle, desired_access" in reports[1]
    assert "NtSetEvent" in reports[2]


# -- unimplemented calls --------------------------------------------------------------
def test_calls_that_are_not_there_are_counted_with_their_callers(
    system: ring3k.System, guest_files: Path, unwritten: str
) -> None:
    enters: list[str] = []
    system.on_enter(unwritten, lambda call: enters.append(call.name))
    run(system, guest_files / "apps/missing.exe")
    assert enters == [unwritten] * 3
    counts = {name: missing.count for name, missing in system.unimplemented.calls.items()}
    assert counts == {unwritten: 3, "0xfff": 1}
    callers = [caller for one in system.unimplemented.calls.values() for caller in one.callers]
    assert [caller.startswith("missing.exe+0x") for caller in callers] == [True, True]


def test_a_hook_implements_what_is_not_there(
    system: ring3k.System, guest_files: Path, unwritten: str
) -> None:
    """missing.exe ends with a failure because its call succeeds, and nothing is missing any more."""
    system.on_enter(unwritten, Call.skip)
    process = system.spawn([guest_files / "apps/missing.exe"])
    assert process.wait(timeout=30) != 0
    assert set(system.unimplemented.calls) == {"0xfff"}


# -- interrupted ----------------------------------------------------------------------
def test_ctrl_c_ends_the_wait_for_a_program_that_computes(
    system: ring3k.System, watched: Path, guest_files: Path
) -> None:
    spin = system.spawn([guest_files / "apps/spin.exe"])
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # jobs in the background ignore it
    try:
        timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            spin.wait(timeout=30)
        timer.join()
    finally:
        signal.signal(signal.SIGINT, before)
    assert not spin.ended
    assert run(system, watched) == OUTPUT.replace("alone 100", "alone 0")  # it is not alone now
    spin.kill()
    assert spin.wait(timeout=30) == 0xC000013A

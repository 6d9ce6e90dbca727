"""``System`` from outside: what cannot be started, what is left behind, hooks and short cuts."""

from __future__ import annotations

import gc
import io
import os
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ring3k
from ring3k.abi.call import declared
from ring3k.abi.status import STATUS_INVALID_SYSTEM_SERVICE, STATUS_NOT_IMPLEMENTED
from ring3k.abi.types import Ulong
from ring3k.calls import LateCalls
from ring3k.engine.fake_guest import Call
from ring3k.engine.protocol import EngineError
from ring3k.hooks.events import Note, Unimplemented
from ring3k.mm.commit import CommitAccount
from ring3k.ob.object import TypeTable
from ring3k.ps.create import create_stack, create_thread
from ring3k.system import ProgramError, System
from tests.kernel.ps_guest import Guest

ENGINES = ("stub", "ptrace")


def children() -> list[str]:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


def descriptors() -> set[str]:
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            found.add(f"{name} {os.readlink(f'/proc/self/fd/{name}')}")
        except OSError:
            continue
    return found


def native(engine: str = "stub", **options: Any) -> System:
    try:
        return System(engine, stdout=io.StringIO(), stderr=io.StringIO(), **options)
    except EngineError as error:
        pytest.skip(str(error))


# -- bad input -----------------------------------------------------------------------
def pe(hello: Path, change: Callable[[bytearray, int], None]) -> bytes:
    data = bytearray(hello.read_bytes())
    change(data, struct.unpack_from("<I", data, 0x3C)[0])
    return bytes(data)


def another_machine(data: bytearray, at: int) -> None:
    data[at + 4 : at + 6] = b"\x64\x86"


def pe64(data: bytearray, at: int) -> None:
    data[at + 24 : at + 26] = b"\x0b\x02"


def lying_size(data: bytearray, at: int) -> None:
    data[at + 24 + 56 : at + 24 + 60] = b"\xff\xff\xff\x7f"


def sixteen_bits(data: bytearray, at: int) -> None:
    data[at : at + 2] = b"NE"


@pytest.mark.parametrize("change", [another_machine, pe64, lying_size, sixteen_bits])
def test_damaged_programs(hello: Path, tmp_path: Path, change: Callable[[bytearray, int], None]) -> None:
    program = tmp_path / "bad.exe"
    program.write_bytes(pe(hello, change))
    guest = Guest(hello)
    with guest.system as system:
        before = (
            system.kernel.part(CommitAccount).used,
            [one.objects for one in system.kernel.part(TypeTable)],
        )
        with pytest.raises(ProgramError) as caught:
            system.spawn([program])
        assert str(caught.value).startswith(f"{program}: ")
        assert "\n" not in str(caught.value)
        after = system.kernel.part(CommitAccount).used, [one.objects for one in system.kernel.part(TypeTable)]
        assert after[0] == before[0]
        assert after[1][: len(before[1])] == before[1]
        assert not system.processes


@pytest.mark.parametrize("length", [0, 1, 63, 64, 200, 700, 1023])
def test_cut_programs(hello: Path, tmp_path: Path, length: int) -> None:
    program = tmp_path / "cut.exe"
    program.write_bytes(hello.read_bytes()[:length])
    with Guest(hello).system as system, pytest.raises(ProgramError):
        system.spawn([program])


def test_no_program(hello: Path, tmp_path: Path) -> None:
    with Guest(hello).system as system:
        for arguments, what in (
            ([tmp_path / "none.exe"], "no such file"),
            ([tmp_path], "is a folder"),
            ([], "no program"),
        ):
            with pytest.raises(ProgramError, match=what):
                system.spawn(arguments)
        with pytest.raises(ProgramError, match="no such folder"):
            system.spawn([hello], cwd=tmp_path / "nowhere")
        assert not system.processes


def test_bad_options() -> None:
    with pytest.raises(ValueError, match="no ABI"):
        System(abi="nt60")
    with pytest.raises(EngineError, match="no engine"):
        System("qemu")


# -- calls ------------------------------------------------------------------------------
def test_unknown_and_unwritten_calls(hello: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guest = Guest(hello)
    seen: list[int] = []
    events: list[Any] = []

    def NtLoadDriver(t: Any, nothing: Ulong) -> None:  # its number, with a declaration of our own
        """Nobody has written it."""

    unwritten = declared(NtLoadDriver).__nt_call__  # type: ignore[attr-defined]
    known = LateCalls.get
    monkeypatch.setattr(
        LateCalls, "get", lambda calls, name: unwritten if name == unwritten.name else known(calls, name)
    )

    def program(g: Any) -> Any:
        seen.append((yield Call(0xFFF)))
        seen.append((yield Call(0xFFF)))
        seen.append((yield guest.call("NtLoadDriver", 0)))

    with guest.system as system:
        system.events.subscribe(events.append, Note, Unimplemented)
        guest.run(program)
        assert seen == [STATUS_INVALID_SYSTEM_SERVICE] * 2 + [STATUS_NOT_IMPLEMENTED]
        assert set(system.unimplemented.calls) == {"0xfff", "NtLoadDriver"}
        notes = [one.text for one in events if isinstance(one, Note)]
        assert len(notes) == 1
        assert "0xfff" in notes[0]
        assert [one.name for one in events if isinstance(one, Unimplemented)] == ["NtLoadDriver"]


def test_a_fault_of_ours_is_a_failed_call(hello: Path) -> None:
    guest = Guest(hello)
    seen: list[int] = []

    def program(g: Any) -> Any:
        seen.append((yield guest.call("NtTestAlert")))

    with guest.system as system:

        def broken(t: Any) -> int:
            raise ZeroDivisionError("oops")

        system.kernel.table[guest.numbers["NtTestAlert"]] = broken
        guest.run(program)
        assert seen[0] >= 0xC0000000
        assert system.crashes == 1
        assert len(guest.reports) == 1
        assert "NtTestAlert" in guest.reports[0]
        assert "oops" in guest.reports[0]


def test_a_call_may_end_its_own_process_on_the_way(hello: Path) -> None:
    """As NtResumeThread does when the thread that goes on breaks the process: its memory is gone."""

    def plain(t: Any) -> int:
        t.process.terminate(5)
        raise EngineError("the space was destroyed")  # as reading and writing say

    async def waiting(t: Any) -> int:
        return plain(t)

    for handler in (plain, waiting):
        guest = Guest(hello)

        def program(g: Any, guest: Guest = guest) -> Any:
            yield guest.call("NtTestAlert")

        with guest.system as system:
            system.kernel.table[guest.numbers["NtTestAlert"]] = handler
            assert guest.run(program) == 5
            assert system.crashes == 0
        assert not guest.reports


def test_hooks_see_calls_the_engine_answers(hello: Path) -> None:
    guest = Guest(hello)
    names: list[str] = []

    def program(g: Any) -> Any:
        out = g.esp - 64
        yield guest.call("NtQuerySystemTime", out)
        hook = guest.system.on_enter("NtQuerySystem*", lambda call: names.append(call.name))
        for _ in range(2):
            yield guest.call("NtQuerySystemTime", out)
        yield guest.call("NtTestAlert")
        hook.remove()
        yield guest.call("NtQuerySystemTime", out)
        assert g.space.read_u64(out) > 0

    with guest.system:
        assert guest.run(program) == 0
    assert names == ["NtQuerySystemTime"] * 2
    assert not guest.reports


def test_a_hook_answers(hello: Path) -> None:
    guest = Guest(hello)
    seen: list[int] = []

    def program(g: Any) -> Any:
        seen.append((yield guest.call("NtTestAlert")))

    with guest.system as system:

        @system.on_enter("NtTestAlert")
        def answer(call: Any) -> None:
            call.status = 0x1234

        guest.run(program)
    assert seen == [0x1234]


def test_garbage_is_collected_seldom_while_programs_run(hello: Path) -> None:
    guest = Guest(hello)
    before = gc.get_threshold()
    seen: list[int] = []

    def program(g: Any) -> Any:
        yield guest.call("NtTestAlert")

    with guest.system as system:
        system.on_enter("NtTestAlert", lambda call: seen.append(gc.get_threshold()[0]))
        guest.run(program)
    assert seen[0] > 10 * before[0]
    assert gc.get_threshold() == before


# -- what is left -------------------------------------------------------------------------
@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_is_left(hello: Path, engine: str) -> None:
    gc.collect()
    before = descriptors()
    for _ in range(2):
        with native(engine) as system:
            started = system.spawn([hello])
            assert started.wait(30) == 0
            assert started.output.startswith("Hello")
            system.spawn([hello.parent / "spin.exe"])
            assert children()
        assert not children()
        assert descriptors() == before
        assert started.exit_status == 0


def test_two_systems_at_once(hello: Path) -> None:
    with native() as first, native(abi="nt50") as second:
        one, two = first.spawn([hello]), second.spawn([hello])
        assert two.wait(30) == one.wait(30) == 0
        assert "NT 5.1" in one.output
        assert "NT 5.0" in two.output


def test_a_lost_system_ends(hello: Path) -> None:
    gc.collect()
    before = descriptors()
    system = native()
    system.spawn([hello.parent / "spin.exe"])
    assert children()
    del system
    gc.collect()
    assert not children()
    assert descriptors() == before


def test_an_exception_ends_it(hello: Path) -> None:
    system = native()
    system.spawn([hello.parent / "spin.exe"])

    def fail() -> None:
        with system:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not children()
    system.close()


def test_killed_from_outside(hello: Path) -> None:
    """kill -9 of the host process of a guest ends that guest and nobody else."""
    notes: list[Note] = []
    with native() as system:
        system.events.subscribe(notes.append, Note)
        victim = system.spawn([hello.parent / "spin.exe"])
        with pytest.raises(TimeoutError):
            victim.wait(0.05)
        os.kill(int(children()[0]), 9)
        assert victim.wait(30) >= 0xC0000000
        assert len(notes) == 1
        assert system.spawn([hello]).wait(30) == 0


def test_two_hundred_processes(hello: Path) -> None:
    gc.collect()
    before = descriptors()
    with native() as system:
        started = [system.spawn([hello]) for _ in range(200)]
        assert len({one.pid for one in started}) == 200
        assert all(one.wait(60) == 0 for one in started)
        assert all(one.output.startswith("Hello") for one in started)
        assert system.run(10)
        del started
        types = {one.name: one.objects for one in system.kernel.part(TypeTable)}
        assert types["Process"] == types["Thread"] == 0
        assert not children()
    assert descriptors() == before


@pytest.mark.parametrize("processes", [2, 20])
def test_two_thousand_threads(hello: Path, processes: int) -> None:
    with native() as system:
        started = [system.spawn([hello]) for _ in range(processes)]
        threads = []
        for one in started:
            process = one._process
            for _ in range(2000 // processes):
                stack = create_stack(process)
                start = process.image_base + process.image.entry
                context = process.contract.thread_context(process, start, 0, stack.StackBase)
                threads.append(create_thread(process, context, stack, suspended=True))
        assert len({one.tid for one in threads}) == 2000
        begin = time.process_time()
        assert all(one.wait(60) == 0 for one in started)
        assert time.process_time() - begin < 30
        assert all(one.ended for one in threads)
        assert {one.name: one.objects for one in system.kernel.part(TypeTable)}["Thread"] == 0
    assert not children()


def test_names_are_resolved_late() -> None:
    assert ring3k.System is System
    assert "ring3k.system" in sys.modules

"""What cannot be tried from inside: the end of the system, object lists, hardware that never comes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ring3k.abi.status import STATUS_NO_SUCH_DEVICE, STATUS_NOT_IMPLEMENTED
from ring3k.abi.structs import sysinfo as si
from ring3k.abi.structs.ex import SYSTEM_OBJECTTYPE_INFORMATION
from ring3k.cm.root import ConfigurationManager
from ring3k.engine.fake import FakeEngine
from ring3k.ex.harderror import HardErrorPort
from ring3k.ex.locale import Locale
from ring3k.ex.settings import FLG_MAINTAIN_OBJECT_TYPELIST, SystemSettings
from ring3k.sched.clock import VirtualClock
from ring3k.se.privilege import SE_SHUTDOWN_PRIVILEGE
from ring3k.system import System
from tests.kernel.ps_guest import OWN_PROCESS, OWN_THREAD, Guest, process_of

STATUS_SYSTEM_SHUTDOWN = 0xC00002FE
SHUTDOWN, RESET, OFF = 4, 5, 6
WORKING, OPTION_SHUTDOWN = 1, 6


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("NtShutdownSystem", (0,)),
        ("NtShutdownSystem", (2,)),
        ("NtSetSystemPowerState", (OFF, WORKING, 0)),
        ("NtInitiatePowerAction", (SHUTDOWN, WORKING, 0, 0)),
        ("NtInitiatePowerAction", (RESET, WORKING, 4, 1)),
    ],
)
def test_the_end_of_the_system(hello: Path, name: str, arguments: tuple[int, ...]) -> None:
    guest = Guest(hello)

    def program(g: Any) -> Any:
        process_of(g).token.enabled |= 1 << SE_SHUTDOWN_PRIVILEGE
        yield guest.call(name, *arguments)
        raise AssertionError("it came back")

    def waiting(g: Any) -> Any:
        yield guest.call("NtDelayExecution", 0, 0)

    with guest.system:
        assert guest.run(program) == STATUS_SYSTEM_SHUTDOWN
    assert not guest.reports


def test_a_hard_error_may_end_the_system(hello: Path) -> None:
    guest = Guest(hello)

    def program(g: Any) -> Any:
        process_of(g).token.enabled |= 1 << SE_SHUTDOWN_PRIVILEGE
        yield guest.call("NtRaiseHardError", 0xC0000001, 0, 0, 0, OPTION_SHUTDOWN, g.esp - 64)

    with guest.system:
        assert guest.run(program) == STATUS_SYSTEM_SHUTDOWN


def test_object_types_are_listed_for_who_started_the_system_so(hello: Path) -> None:
    guest = Guest(hello)
    seen: dict[str, Any] = {}

    def program(g: Any) -> Any:
        base, length, needed, size = g.esp - 40, g.esp - 44, g.esp - 64, 0x4000
        g.space.write_u32(base, 0)
        g.space.write_u32(length, size)
        yield guest.call("NtAllocateVirtualMemory", OWN_PROCESS, base, 0, length, 0x3000, 4)
        at = g.space.read_u32(base)
        yield guest.call("NtCreateEvent", g.esp - 32, 0x1F0003, 0, 0, 0)
        seen["status"] = yield guest.call("NtQuerySystemInformation", 17, at, size, needed)
        data = g.space.read(at, g.space.read_u32(needed))
        place = 0
        while True:
            one = SYSTEM_OBJECTTYPE_INFORMATION.unpack(data[place:])
            name = g.space.read(one.TypeName.Buffer, one.TypeName.Length).decode("utf-16-le")
            after = place + SYSTEM_OBJECTTYPE_INFORMATION.size() + (one.TypeName.MaximumLength + 3 & ~3)
            held = si.SYSTEM_OBJECT_INFORMATION.unpack(data[after:]).HandleCount if name == "Event" else 0
            seen[name] = (one.NumberOfObjects, one.NumberOfHandles, held)
            if not one.NextEntryOffset:
                break
            place = one.NextEntryOffset

    with guest.system as system:
        system.kernel.late_part(SystemSettings).global_flag |= FLG_MAINTAIN_OBJECT_TYPELIST
        assert guest.run(program) == 0
    assert seen["status"] == 0
    assert seen["Event"][1:] == (1, 1)
    assert seen["Process"][0] == 1
    assert "Directory" in seen


@pytest.mark.parametrize("version", ["nt50", "nt51"])
def test_devices_never_come_or_go(hello: Path, version: str) -> None:
    guest = Guest(hello, version)
    seen: list[int] = []

    def program(g: Any) -> Any:
        at = g.esp - 0x100
        seen.append((yield guest.call("NtPlugPlayControl", 14, at, 64)))
        seen.append((yield guest.call("NtPlugPlayControl", 99, at, 64)))
        yield guest.call("NtGetPlugPlayEvent", 0, 0, at, 64)

    with guest.system as system:
        started = guest.spawn(program)
        system.run(timeout=1)
        assert not started.ended  # it waits for an event
        started.kill(5)
        assert started.wait(1) == 5
    assert seen == [STATUS_NO_SUCH_DEVICE, STATUS_NOT_IMPLEMENTED]


def test_a_hard_error_port_that_answers_nonsense(hello: Path) -> None:
    """The reply is a guest's: its length and its answer are looked at."""
    guest = Guest(hello)
    seen: list[tuple[int, int]] = []
    replies = [b"", b"\0" * 40, b"\xff" * 80, b"\0" * 44 + b"\6\0\0\0" + b"\0" * 32]

    class Port:
        async def kernel_request(self, t: Any, message: bytes) -> bytes:
            assert len(message) == int.from_bytes(message[2:4], "little")
            return replies.pop(0)

    def program(g: Any) -> Any:
        for _ in range(4):
            g.space.write_u32(g.esp - 64, 77)
            status = yield guest.call("NtRaiseHardError", 0xC0000001, 0, 0, 0, 1, g.esp - 64)
            seen.append((status, g.space.read_u32(g.esp - 64)))

    with guest.system as system:
        system.kernel.late_part(HardErrorPort).port = Port()
        assert guest.run(program) == 0
    assert seen == [(0, 0), (0, 0), (0, 0), (0, 6)]
    assert not guest.reports


def test_the_end_of_a_critical_thread_is_the_end_of_the_system(hello: Path) -> None:
    """It ends every thread, itself among them, while it is ending."""
    guest = Guest(hello)

    def critical(g: Any) -> Any:
        g.space.write_u32(g.esp - 64, 1)
        assert (yield guest.call("NtSetInformationThread", OWN_THREAD, 18, g.esp - 64, 4)) == 0
        yield guest.call("NtTerminateProcess", OWN_PROCESS, 3)

    def other(g: Any) -> Any:
        yield guest.call("NtSuspendThread", OWN_THREAD, 0)

    with guest.system as system:
        waiting = guest.spawn(other)
        assert guest.run(critical) == 3
        assert waiting.exit_status == STATUS_SYSTEM_SHUTDOWN
        assert system.crashes == 0
    assert not guest.reports


def test_a_locale_is_kept_with_the_machine(tmp_path: Path) -> None:
    def system() -> System:
        return System(FakeEngine(VirtualClock()), machine=tmp_path / "machine")

    with system() as first:
        locale = first.kernel.part(Locale)
        assert (locale.get(False), locale.get(True)) == (0x409, 0x409)
        locale.set(True, 0x407)
        locale.set(False, 0x40C)
    with system() as second:
        locale = second.kernel.part(Locale)
        assert (locale.get(False), locale.get(True)) == (0x40C, 0x407)
        registry = second.kernel.part(ConfigurationManager).registry
        node = registry.find(registry.root, "USER\\.DEFAULT\\Control Panel\\International")
        assert node is not None
        registry.set_value(node, "Locale", 1, "no number\0".encode("utf-16-le"))
    with system() as third:
        assert third.kernel.part(Locale).get(True) == 0x409

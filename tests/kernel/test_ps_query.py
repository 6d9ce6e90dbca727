"""Information classes of processes and threads: lengths, order of checks, values."""

# ruff: noqa: PERF401  # a comprehension cannot yield

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ring3k.abi.access import PROCESS_QUERY_INFORMATION, PROCESS_TERMINATE
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_ACCESS_VIOLATION,
    STATUS_DATATYPE_MISALIGNMENT,
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_HANDLE,
    STATUS_INVALID_INFO_CLASS,
    STATUS_INVALID_PARAMETER,
    STATUS_OBJECT_TYPE_MISMATCH,
)
from ring3k.abi.structs.psinfo import PROCESSINFOCLASS as P
from ring3k.abi.structs.psinfo import THREADINFOCLASS as T
from ring3k.ps.priority import base_priority, valid_increment
from ring3k.ps.syscalls_query_process import CLASSES
from tests.kernel.ps_guest import OWN_PROCESS, OWN_THREAD, Guest, process_of, thread_of

GARBAGE = 0xEEEEEEEE


class Asker:
    """Makes information calls from inside a guest."""

    def __init__(self, guest: Guest, g: Any) -> None:
        self.guest, self.g = guest, g
        self.buffer, self.length = g.esp - 0x800, g.esp - 0x810

    def query(self, kind: str, handle: int, number: int, size: int, shift: int = 0) -> Any:
        """(status, data, return length)"""
        memory = self.g.space
        memory.write(self.buffer, b"\xee" * 0x400)
        memory.write_u32(self.length, GARBAGE)
        status = yield self.guest.call(
            f"NtQueryInformation{kind}", handle, number, self.buffer + shift, size, self.length
        )
        return status, memory.read(self.buffer + shift, size), memory.read_u32(self.length)

    def change(self, kind: str, handle: int, number: int, data: bytes) -> Any:
        self.g.space.write(self.buffer, data)
        return (yield self.guest.call(f"NtSetInformation{kind}", handle, number, self.buffer, len(data)))


def word(value: int) -> bytes:
    return (value & 0xFFFFFFFF).to_bytes(4, "little")


@pytest.mark.parametrize("number", sorted(CLASSES))
def test_every_class_has_its_length(hello: Path, number: int) -> None:
    guest = Guest(hello)
    rule = CLASSES[number]
    size = rule.layout if isinstance(rule.layout, int) else rule.layout.size()
    seen: list[Any] = []

    def program(g: Any) -> Any:
        ask = Asker(guest, g)
        seen.append((yield from ask.query("Process", OWN_PROCESS, number, size)))
        for wrong in (size - 1, size + 1, 0):
            seen.append((yield from ask.query("Process", OWN_PROCESS, number, wrong)))
        seen.append((yield from ask.query("Process", 0x4444, number, size)))

    with guest.system:
        guest.run(program)
    good, *wrong, nobody = seen
    if good[0] == 0:
        assert good[2] == size
    assert [one[0] for one in wrong] == [STATUS_INFO_LENGTH_MISMATCH] * 3
    assert nobody[0] == STATUS_INVALID_HANDLE
    assert nobody[1] == b"\xee" * size


def test_order_of_checks(hello: Path) -> None:
    guest = Guest(hello)
    seen: dict[str, int] = {}

    def program(g: Any) -> Any:
        ask = Asker(guest, g)
        handles, own = process_of(g).handles, process_of(g)
        weak = handles.insert(own, PROCESS_TERMINATE)
        thread = handles.insert(thread_of(g), 0x1F03FF)
        strong = handles.insert(own, PROCESS_QUERY_INFORMATION)
        basic = P.ProcessBasicInformation
        for name, handle, number, size, shift in (
            ("misaligned", 0x4444, 999, 24, 2),
            ("unknown class", 0x4444, 999, 24, 0),
            ("length before handle", 0x4444, basic, 20, 0),
            ("bad handle", 0x4444, basic, 24, 0),
            ("a thread", thread, basic, 24, 0),
            ("without the right", weak, basic, 24, 0),
            ("with it", strong, basic, 24, 0),
        ):
            seen[name] = (yield from ask.query("Process", handle, number, size, shift))[0]
        seen["bad buffer"] = yield guest.call("NtQueryInformationProcess", 0x4444, 999, 0x10, 24, 0)
        seen["bad length"] = yield guest.call("NtQueryInformationProcess", 0x4444, 999, ask.buffer, 24, 0x10)

    with guest.system:
        guest.run(program)
    assert seen == {
        "misaligned": STATUS_DATATYPE_MISALIGNMENT,
        "unknown class": STATUS_INVALID_INFO_CLASS,
        "length before handle": STATUS_INFO_LENGTH_MISMATCH,
        "bad handle": STATUS_INVALID_HANDLE,
        "a thread": STATUS_OBJECT_TYPE_MISMATCH,
        "without the right": STATUS_ACCESS_DENIED,
        "with it": 0,
        "bad buffer": STATUS_ACCESS_VIOLATION,
        "bad length": STATUS_ACCESS_VIOLATION,
    }


@pytest.mark.parametrize(("abi", "known"), [("nt40", False), ("nt50", False), ("nt51", True)])
def test_classes_by_version(hello: Path, abi: str, known: bool) -> None:
    guest = Guest(hello, abi)
    seen: list[int] = []

    def program(g: Any) -> Any:
        ask = Asker(guest, g)
        seen.append((yield from ask.query("Process", OWN_PROCESS, P.ProcessBreakOnTermination, 4))[0])
        seen.append((yield from ask.query("Process", OWN_PROCESS, P.ProcessImageFileName, 200))[0])

    with guest.system:
        guest.run(program)
    assert seen == [0 if known else STATUS_INVALID_INFO_CLASS] * 2


def test_image_file_name(hello: Path) -> None:
    guest = Guest(hello)
    name = "\\Device\\HarddiskVolume1\\app\\hello.exe"
    need = 8 + len(name) * 2 + 2
    seen: list[Any] = []

    def program(g: Any) -> Any:
        ask = Asker(guest, g)
        seen.append((yield from ask.query("Process", OWN_PROCESS, P.ProcessImageFileName, need - 1)))
        seen.append((yield from ask.query("Process", OWN_PROCESS, P.ProcessImageFileName, need)))
        seen.append(ask.buffer)

    with guest.system:
        guest.run(program)
    short, good, buffer = seen
    assert (short[0], short[2]) == (STATUS_INFO_LENGTH_MISMATCH, need)
    assert (good[0], good[2]) == (0, need)
    length, maximum, place = good[1][:2], good[1][2:4], good[1][4:8]
    assert int.from_bytes(length, "little") == len(name) * 2
    assert int.from_bytes(maximum, "little") == len(name) * 2 + 2
    assert int.from_bytes(place, "little") == buffer + 8
    assert good[1][8:].decode("utf-16-le") == name + "\0"


def test_priorities(hello: Path) -> None:
    guest = Guest(hello)
    seen: list[Any] = []

    def program(g: Any) -> Any:
        ask = Asker(guest, g)
        thread = thread_of(g)
        for number, value in (
            (T.ThreadBasePriority, 2),
            (T.ThreadBasePriority, -15),
            (T.ThreadBasePriority, 3),
        ):
            seen.append((yield from ask.change("Thread", OWN_THREAD, number, word(value))))
            seen.append(thread.priority)
        seen.append((yield from ask.change("Thread", OWN_THREAD, T.ThreadBasePriority, word(0))))
        seen.append((yield from ask.change("Process", OWN_PROCESS, P.ProcessPriorityClass, b"\0\3")))
        seen.append(thread.priority)
        seen.append((yield from ask.change("Process", OWN_PROCESS, P.ProcessPriorityClass, b"\0\x07")))
        for value in (0, 32, 31):
            seen.append((yield from ask.change("Thread", OWN_THREAD, T.ThreadPriority, word(value))))
        seen.append(thread.priority)

    with guest.system:
        guest.run(program)
    bad = STATUS_INVALID_PARAMETER
    assert seen == [0, 10, 0, 1, bad, 1, 0, 0, 13, bad, bad, bad, 0, 31]


def test_affinity(hello: Path) -> None:
    guest = Guest(hello)
    seen: list[Any] = []

    def program(g: Any) -> Any:
        ask = Asker(guest, g)
        mask = process_of(g).affinity
        for value in (0, mask << 1, mask, 1):
            seen.append((yield from ask.change("Process", OWN_PROCESS, P.ProcessAffinityMask, word(value))))
        seen.append((yield from ask.change("Thread", OWN_THREAD, T.ThreadAffinityMask, word(2))))
        seen.append(thread_of(g).affinity)
        seen.append((yield guest.call("NtYieldExecution")) >= 0)

    with guest.system:
        guest.run(program)
    bad = STATUS_INVALID_PARAMETER
    assert seen == [bad, bad, 0, 0, bad, 1, True]


def test_zero_tls_cell(hello: Path) -> None:
    guest = Guest(hello)
    seen: list[Any] = []

    def program(g: Any) -> Any:
        ask = Asker(guest, g)
        slot = thread_of(g).teb + 0xE10 + 5 * 4
        g.space.write_u32(slot, 1)
        g.space.write_u32(slot + 4, 2)
        for number in (5, 64 + 1024):
            seen.append((yield from ask.change("Thread", OWN_THREAD, T.ThreadZeroTlsCell, word(number))))
        seen.extend((g.space.read_u32(slot), g.space.read_u32(slot + 4)))

    with guest.system:
        guest.run(program)
    assert seen == [0, STATUS_INVALID_PARAMETER, 0, 2]


def test_descriptors(hello: Path) -> None:
    guest = Guest(hello)
    seen: dict[int, Any] = {}

    def program(g: Any) -> Any:
        ask = Asker(guest, g)
        for selector in (0x3B, 0x1B, 0x0F, 0x53):
            g.space.write(ask.buffer, word(selector) + bytes(8))
            status = yield guest.call(
                "NtQueryInformationThread", OWN_THREAD, T.ThreadDescriptorTableEntry, ask.buffer, 12, 0
            )
            seen[selector] = status, g.space.read(ask.buffer + 4, 8)
        seen[0] = thread_of(g).teb

    with guest.system:
        guest.run(program)
    status, entry = seen[0x3B]
    assert status == 0
    assert int.from_bytes(entry[2:5] + entry[7:8], "little") == seen[0]
    assert seen[0x1B][1][5] & 0x98 == 0x98
    assert seen[0x0F][0] >= 0xC0000000
    assert seen[0x53][0] == STATUS_ACCESS_DENIED


@pytest.mark.parametrize(
    ("process", "increment", "result"),
    [
        (8, 0, 8),
        (8, 2, 10),
        (8, -2, 6),
        (8, 15, 15),
        (8, -15, 1),
        (24, 15, 31),
        (24, -15, 16),
        (15, 2, 15),
        (1, -2, 1),
    ],
)
def test_base_priority(process: int, increment: int, result: int) -> None:
    assert base_priority(process, increment) == result


def test_valid_increments() -> None:
    assert [value for value in range(-20, 20) if valid_increment(value)] == [-15, -2, -1, 0, 1, 2, 15]

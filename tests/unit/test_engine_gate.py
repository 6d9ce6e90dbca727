"""Calls through the gate, and the short cuts that only the stub engine takes."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator

import pytest

from ring3k.engine.protocol import Engine, GuestThread, Prot, Trap
from tests.unit.engine_guest import CODE, DATA, INT_2E, STACK, Guest, engines

TF = 0x100
DF = 0x400
NT = 0x4000
AC = 0x40000
ARITHMETIC = 0x8D5
GENERAL = {"ebx": 0x11111111, "ecx": 0x22222222, "esi": 0x33333333, "edi": 0x44444444, "ebp": 0x55555555}
RETURN = CODE + 0x8000


@pytest.fixture(params=engines())
def gate_guest(request: pytest.FixtureRequest) -> Iterator[Guest]:
    engine: Engine = request.param()
    guest = Guest(engine)
    guest.space.write(RETURN, b"\xc3")
    guest.space.set_system_call_return(RETURN)
    yield guest
    engine.close()


def call_gate(engine: Engine, number: int = 0x42) -> bytes:
    """mov eax, number; mov edx, gate; call edx; int 2e"""
    return (
        b"\xb8" + struct.pack("<I", number) + b"\xba" + struct.pack("<I", engine.gate) + b"\xff\xd2" + INT_2E
    )


def through_gate(guest: Guest, before: bytes = b"", **registers: int) -> GuestThread:
    thread = guest.run(before + call_gate(guest.engine), **registers)
    assert (thread.trap, thread.eax) == (Trap.SYSCALL, 0x42)
    return thread


def test_a_call_through_the_gate(gate_guest: Guest) -> None:
    thread = through_gate(gate_guest, b"", **GENERAL)
    assert (thread.eip, thread.esp, thread.arg_base) == (RETURN, STACK - 0x104, STACK - 0x104 + 8)
    assert {name: getattr(thread, name) for name in GENERAL} == GENERAL
    thread.finish(0xC0000008)
    assert gate_guest.next() is thread
    assert (thread.eax, thread.esp, thread.eip) == (0xC0000008, STACK - 0x100, CODE + 14)
    assert {name: getattr(thread, name) for name in GENERAL} == GENERAL


def test_full_resume_out_of_the_gate(gate_guest: Guest) -> None:
    thread = through_gate(gate_guest)
    for name, value in GENERAL.items():
        setattr(thread, name, value)
    thread.edx = 0x66666666
    thread.eflags = ARITHMETIC | DF
    gate_guest.go(thread, INT_2E, at=CODE + 0x100)
    assert {name: getattr(thread, name) for name in GENERAL} == GENERAL
    assert thread.edx == 0x66666666
    assert thread.eflags & (ARITHMETIC | DF) == ARITHMETIC | DF


@pytest.mark.parametrize("flag", [DF, NT, AC, DF | NT | AC])
def test_odd_flags_survive_the_gate(gate_guest: Guest, flag: int) -> None:
    before = b"\x68" + struct.pack("<I", flag | 2) + b"\x9d"
    thread = through_gate(gate_guest, before)
    assert thread.eflags & flag == flag
    thread.finish(0)
    assert gate_guest.next().eflags & flag == flag


def test_stepping_through_the_gate(gate_guest: Guest) -> None:
    thread = gate_guest.run(call_gate(gate_guest.engine), eflags=TF)
    places = []
    while thread.trap != Trap.SYSCALL:
        assert (thread.trap, thread.vector) == (Trap.FAULT, 1)
        places.append(thread.eip)
        thread.resume()
        gate_guest.next()
    assert places[:3] == [CODE + 5, CODE + 10, gate_guest.engine.gate]
    assert thread.eflags & TF
    thread.finish(0)
    assert gate_guest.next() is thread
    assert (thread.trap, thread.vector, thread.eip) == (Trap.FAULT, 1, CODE + 12)


def test_the_gate_repairs_gs(gate_guest: Guest) -> None:
    # mov ax, fs; mov gs, ax: the base is now the TEB's
    thread = through_gate(gate_guest, b"\x66\x8c\xe0\x8e\xe8")
    thread.finish(7)
    assert gate_guest.next().eax == 7


def test_fpu_state_in_the_gate(gate_guest: Guest) -> None:
    thread = through_gate(gate_guest, b"\x66\x0f\x6e\xc8", eax=0xCAFE)
    image = bytearray(thread.get_fpu())
    assert image[176:180] == struct.pack("<I", 0xCAFE)
    image[176:180] = struct.pack("<I", 0xF00D)
    thread.set_fpu(bytes(image))
    gate_guest.space.write(CODE + 0x200, b"\x66\x0f\x7e\xc8" + INT_2E)
    thread.eip = CODE + 0x200
    thread.resume()
    assert gate_guest.next().eax == 0xF00D


def clock(engine: Engine, guest: Guest, started_ns: int | None = None) -> None:
    page = engine.create_store(0x1000)
    page.write(0, struct.pack("<II", 1000, 0xFA00000))
    page.write(0x14, struct.pack("<Iii", 0x89ABCDEF, 0x01234567, 0x01234567))
    engine.set_clock_page(page, started_ns)
    guest.space.map_store(0x7FFE0000, 0x1000, page, 0, Prot.READ)
    for number, what in ((0x42, 1), (0x43, 2), (0x44, 3), (0x45, 4)):
        guest.space.set_short_cut(number, what)


def short_cut_call(guest: Guest, number: int, argument: int, gate: bool, second: int = 0) -> GuestThread:
    push = b"\x68" + struct.pack("<I", second) + b"\x68" + struct.pack("<I", argument)
    if gate:  # two return addresses lie below the arguments
        return guest.run(push + b"\x50" + call_gate(guest.engine, number), eax=number)
    return guest.run(push + b"\x89\xe2" + INT_2E + INT_2E, eax=number)


@pytest.mark.parametrize("gate", [False, True])
def test_short_cuts(gate_guest: Guest, gate: bool) -> None:
    guest = gate_guest
    clock(guest.engine, guest)
    if guest.engine.name == "ptrace":  # answers every call in the kernel
        assert short_cut_call(guest, 0x42, DATA, gate).eax == 0x42
        return
    start: Callable[[int, int], GuestThread] = lambda n, a: short_cut_call(guest, n, a, gate)  # noqa: E731
    assert start(0x42, DATA + 0xFF4).eax == 0
    assert guest.space.read_u64(DATA + 0xFF4) == 0x0123456789ABCDEF
    assert start(0x43, 0).eax == 0x40000024
    assert start(0x44, 0).eax == 1000 * 0xFA00000 >> 24
    for bad in (0, DATA + 1, DATA + 0xFFC, DATA + 0xFFFC, CODE - 4, 0x7FFE0000, 0xF0000000, 0xFFFFFFFC):
        thread = start(0x42, bad)  # the kernel says what is wrong with it
        assert (thread.trap, thread.eax) == (Trap.SYSCALL, 0x42)
        assert guest.space.read_u32(thread.arg_base) == bad
    guest.space.set_short_cut(0x43, 0)
    assert start(0x43, 0).eax == 0x43


@pytest.mark.parametrize("gate", [False, True])
def test_the_performance_counter(gate_guest: Guest, gate: bool) -> None:
    guest = gate_guest
    start = time.monotonic_ns()
    clock(guest.engine, guest, start)
    if guest.engine.name == "ptrace":
        assert short_cut_call(guest, 0x45, DATA, gate).eax == 0x45
        return
    before = (time.monotonic_ns() - start) // 100
    assert short_cut_call(guest, 0x45, DATA + 0xFF4, gate).eax == 0
    assert before <= guest.space.read_u64(DATA + 0xFF4) <= (time.monotonic_ns() - start) // 100
    pointers = ((DATA, DATA + 8), (DATA, 1), (DATA + 2, 0), (DATA + 0xFFC, 0), (CODE - 4, 0), (0, 0))
    for bad, frequency in pointers:
        thread = short_cut_call(guest, 0x45, bad, gate, frequency)  # the kernel says what is wrong with it
        assert (thread.trap, thread.eax) == (Trap.SYSCALL, 0x45)
        assert thread.args(2) == (bad, frequency)
    clock(guest.engine, guest)  # interrupt time is not the host's
    assert short_cut_call(guest, 0x45, DATA, gate).eax == 0x45

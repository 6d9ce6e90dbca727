"""What guest code does, and how it comes out of wait(): the same on both engines."""

from __future__ import annotations

import ctypes
import signal
import struct
import threading
import time
from collections.abc import Iterator

import pytest

from ring3k.engine import stub
from ring3k.engine.protocol import Engine, EngineError, Prot, Trap
from tests.unit.engine_guest import CODE, DATA, INT_2E, LOOP, STACK, TEB, Guest, engines

TGKILL = 234  # the host's call
TF = 0x100
DF = 0x400
NT = 0x4000
AC = 0x40000
ARITHMETIC = 0x8D5
GENERAL = {"ebx": 0x11111111, "ecx": 0x22222222, "esi": 0x33333333, "edi": 0x44444444, "ebp": 0x55555555}


@pytest.fixture(params=engines())
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    engine: Engine = request.param()
    yield engine
    engine.close()


@pytest.fixture
def guest(engine: Engine) -> Guest:
    return Guest(engine)


def test_a_system_call_by_int_2e_and_back(guest: Guest) -> None:
    thread = guest.run(INT_2E + INT_2E, eax=0x1234, edx=DATA, **GENERAL)
    assert thread.trap == Trap.SYSCALL
    assert (thread.eax, thread.arg_base, thread.eip, thread.esp) == (0x1234, DATA, CODE + 2, STACK - 0x100)
    thread.finish(0xC0000005)
    assert guest.next() is thread
    assert (thread.eax, thread.edx, thread.eip, thread.esp) == (0xC0000005, DATA, CODE + 4, STACK - 0x100)
    assert {name: getattr(thread, name) for name in GENERAL} == GENERAL


def test_resume_sets_every_register(guest: Guest) -> None:
    thread = guest.run(INT_2E)
    wanted = GENERAL | {"eax": 0xAAAAAAAA, "edx": DATA + 4, "esp": STACK - 0x200}
    for name, value in wanted.items():
        setattr(thread, name, value)
    thread.eflags = ARITHMETIC
    guest.go(thread, INT_2E)
    assert {name: getattr(thread, name) for name in wanted} == wanted
    assert thread.eflags & ARITHMETIC == ARITHMETIC


def test_arguments(guest: Guest) -> None:
    words = (1, 0xFFFFFFFF, 0x80000000, 4)
    guest.space.write(DATA, struct.pack("<4I", *words))
    thread = guest.run(INT_2E, edx=DATA)
    assert thread.args(4) == words
    assert thread.args(0) == ()


FAULTS = [
    # code, vector, error, how far eip is from the start
    pytest.param(b"\xf7\xf1", 0, 0, 0, id="divide"),
    pytest.param(b"\xf1", 1, 0, 1, id="icebp"),
    pytest.param(b"\xcc", 3, 0, 1, id="int3"),
    pytest.param(b"\xcd\x03", 3, 0, 2, id="cd03"),
    pytest.param(b"\xb0\x7f\x04\x01\xce", 4, 0, 5, id="into"),
    pytest.param(b"\x0f\x0b", 6, 0, 0, id="ud2"),
    pytest.param(b"\xf4", 13, 0, 0, id="hlt"),
    pytest.param(b"\xfa", 13, 0, 0, id="cli"),
    pytest.param(b"\xe4\x60", 13, 0, 0, id="in"),
    pytest.param(b"\xcd\x29", 13, 0x14A, 0, id="int29"),
    pytest.param(b"\xcd\x2a", 13, 0x152, 0, id="int2a"),
    pytest.param(b"\xcd\x2b", 13, 0x15A, 0, id="int2b"),
    pytest.param(b"\xcd\x2c", 13, 0x162, 0, id="int2c"),
    pytest.param(b"\xcd\x2d", 13, 0x16A, 0, id="int2d"),
    pytest.param(b"\x66\xb8\x3b\x00\x8e\xe0", 13, 0x38, 4, id="fs-of-windows"),
    pytest.param(
        b"\xb8\x00\x00\x50\x00\xc7\x00\xff\xff\xff\xff\xba\x00\x00\x50\x00\x62\x02", 5, 0, 16, id="bound"
    ),
]


@pytest.mark.parametrize(("code", "vector", "error", "offset"), FAULTS)
def test_processor_faults(guest: Guest, code: bytes, vector: int, error: int, offset: int) -> None:
    thread = guest.run(code, eax=5)
    assert (thread.trap, thread.vector, thread.error) == (Trap.FAULT, vector, error)
    assert thread.eip == CODE + offset


@pytest.mark.parametrize(
    ("code", "write", "fetch"),
    [
        pytest.param(b"\x8b\x00", False, False, id="read"),
        pytest.param(b"\x89\x00", True, False, id="write"),
        pytest.param(b"\xff\xe0", False, True, id="fetch"),
    ],
)
def test_page_faults(guest: Guest, code: bytes, write: bool, fetch: bool) -> None:
    thread = guest.run(code, eax=0x12345678)
    assert (thread.trap, thread.vector, thread.address) == (Trap.FAULT, 14, 0x12345678)
    assert bool(thread.error & 2) is write
    assert thread.eip == (0x12345678 if fetch else CODE)
    if not fetch:
        assert thread.eax == 0x12345678


def test_a_page_without_the_right_to_execute(guest: Guest) -> None:
    thread = guest.run(b"\xff\xe0", eax=DATA)
    assert (thread.trap, thread.vector, thread.address) == (Trap.FAULT, 14, DATA)
    assert thread.error & 0x10


def test_a_fault_can_be_repaired(guest: Guest) -> None:
    thread = guest.run(b"\x8b\x18" + INT_2E, eax=0x600000)
    assert thread.trap == Trap.FAULT
    guest.space.map_private(0x600000, 0x1000, Prot.READ)
    guest.space.poke(0x600000, b"abcd")
    thread.resume()
    assert guest.next().trap == Trap.SYSCALL
    assert thread.ebx == int.from_bytes(b"abcd", "little")


def test_x87_and_sse_exceptions(guest: Guest) -> None:
    # fninit; unmask division by zero; fld1; fldz; fdivp; fwait
    guest.space.write(DATA, b"\x7b\x03")
    thread = guest.run(b"\xdb\xe3\xd9\x2d\x00\x00\x50\x00\xd9\xe8\xd9\xee\xde\xf9\x9b")
    assert (thread.trap, thread.vector) == (Trap.FAULT, 16)
    # ldmxcsr with division by zero unmasked; xorps; divss
    guest.space.write(DATA, struct.pack("<I", 0x1F80 & ~0x200) + struct.pack("<f", 1.0))
    other = guest.run(
        b"\x0f\xae\x15\x00\x00\x50\x00\x0f\x57\xc9\xf3\x0f\x10\x05\x04\x00\x50\x00\xf3\x0f\x5e\xc1"
    )
    assert (other.trap, other.vector) == (Trap.FAULT, 19)


def test_alignment_check(guest: Guest) -> None:
    thread = guest.run(b"\x8b\x18", eax=DATA + 1, eflags=AC)
    assert (thread.trap, thread.vector) == (Trap.FAULT, 17)
    assert thread.eflags & AC


def test_single_step(guest: Guest) -> None:
    thread = guest.run(b"\x90\x90" + INT_2E, eflags=TF)
    for offset in (1, 2):
        assert (thread.trap, thread.vector, thread.eip) == (Trap.FAULT, 1, CODE + offset)
        assert thread.eflags & TF
        thread.resume()
        assert guest.next() is thread
    assert thread.trap == Trap.SYSCALL
    thread.eflags &= ~TF
    guest.go(thread, b"\x90" + INT_2E)
    assert (thread.trap, thread.eip) == (Trap.SYSCALL, CODE + 3)


@pytest.mark.parametrize("flag", [DF, NT, AC, DF | NT | AC])
def test_odd_flags_survive_int_2e(guest: Guest, flag: int) -> None:
    thread = guest.run(INT_2E + INT_2E, eflags=flag)
    assert (thread.trap, thread.eflags & flag) == (Trap.SYSCALL, flag)
    thread.finish(0)
    assert guest.next().eflags & flag == flag


def test_fs_is_the_teb(guest: Guest) -> None:
    guest.space.write_u32(TEB + 0x18, 0xFEEDBEEF)
    thread = guest.run(b"\x64\xa1\x18\x00\x00\x00" + INT_2E)
    assert (thread.trap, thread.eax) == (Trap.SYSCALL, 0xFEEDBEEF)


def test_resume_resets_segments(guest: Guest) -> None:
    # The guest ruins all of them; after resume() FS works again.
    thread = guest.run(b"\x31\xc0\x8e\xe0\x8e\xe8\x8e\xc0\x66\xb8\x2b\x00\x8e\xe8" + INT_2E)
    assert thread.trap == Trap.SYSCALL
    guest.space.write_u32(TEB, 77)
    guest.go(thread, b"\x64\xa1\x00\x00\x00\x00\x26\x8b\x1d\x00\x00\x50\x00" + INT_2E)
    assert (thread.trap, thread.eax) == (Trap.SYSCALL, 77)


def test_interrupt_of_an_endless_loop(guest: Guest) -> None:
    thread = guest.thread()
    guest.space.write(CODE, LOOP)
    thread.eip = CODE
    thread.resume()
    assert guest.engine.running == 1
    assert guest.engine.wait(50_000_000) is None
    with pytest.raises(EngineError):
        _ = thread.eax
    thread.interrupt()
    assert guest.next() is thread
    assert (thread.trap, thread.eip) == (Trap.INTERRUPT, CODE)
    assert guest.engine.running == 0
    guest.go(thread, INT_2E)
    assert thread.trap == Trap.SYSCALL


def test_interrupts_that_come_too_late_lose_no_trap() -> None:
    """They are sent again as long as they have not hit, and so may hit when that has been answered."""
    engine = stub.create()
    guest = Guest(engine)
    thread = guest.thread()
    guest.space.write(CODE, INT_2E + b"\xeb\xfc")
    thread.eip = CODE
    over = threading.Event()

    def send() -> None:
        libc = ctypes.CDLL(None)
        while not over.wait(0.00002):
            libc.syscall(TGKILL, guest.space.pid, thread.tid, signal.SIGUSR1)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        until = time.monotonic() + 3
        while time.monotonic() < until:
            for _ in range(20):
                thread.resume()
                assert guest.next().trap == Trap.SYSCALL
            time.sleep(0.0003)  # it falls asleep, and the kernel does before it is awake again
    finally:
        over.set()
        sender.join()
        engine.close()


def test_interrupts_never_get_lost_nor_appear_twice(guest: Guest) -> None:
    # A loop of system calls, so that many interrupts hit the stub.
    thread = guest.run(INT_2E + b"\xeb\xfc")
    for _ in range(300):
        thread.finish(0)
        thread.interrupt()
        traps = []
        while Trap.INTERRUPT not in traps:
            assert guest.next() is thread
            traps.append(Trap(thread.trap))
            if thread.trap == Trap.SYSCALL:
                break
            assert thread.trap == Trap.INTERRUPT
            assert CODE <= thread.eip <= CODE + 2
            thread.resume()
            assert guest.next().trap == Trap.SYSCALL


def test_fpu_state(guest: Guest) -> None:
    # fninit; fldpi; movd xmm1, eax
    thread = guest.run(b"\xdb\xe3\xd9\xeb\x66\x0f\x6e\xc8" + INT_2E, eax=0xCAFE)
    image = thread.get_fpu()
    assert len(image) == 512
    assert image[32:42] == bytes.fromhex("35c26821a2da0fc90040")
    assert image[176:180] == struct.pack("<I", 0xCAFE)
    changed = bytearray(image)
    changed[176:180] = struct.pack("<I", 0xBEEF)
    struct.pack_into("<H", changed, 0, 0x27F)
    thread.set_fpu(bytes(changed))
    assert thread.get_fpu()[176:180] == struct.pack("<I", 0xBEEF)
    guest.go(thread, b"\x66\x0f\x7e\xc8\xd9\x3d\x00\x00\x50\x00" + INT_2E)
    assert thread.eax == 0xBEEF
    assert guest.space.read_u16(DATA) == 0x27F


def test_fpu_state_of_a_new_thread(guest: Guest) -> None:
    thread = guest.thread()
    image = bytearray(thread.get_fpu())
    image[0:2] = b"\x7f\x02"
    thread.set_fpu(bytes(image))
    guest.go(thread, b"\xd9\x3d\x00\x00\x50\x00" + INT_2E)
    assert guest.space.read_u16(DATA) == 0x27F


def test_host_calls_are_caught(guest: Guest) -> None:
    thread = guest.run(b"\xcd\x80", eax=20)
    assert (thread.trap, thread.error) == (Trap.HOST_CALL, 20)
    # ljmp 0x33:next; syscall
    code = b"\xea" + struct.pack("<IH", CODE + 7, 0x33) + b"\x0f\x05"
    other = guest.run(code, eax=39)
    assert (other.trap, other.error) == (Trap.HOST_CALL, 39)


def test_64_bit_code_is_alien(guest: Guest) -> None:
    code = b"\xea" + struct.pack("<IH", CODE + 7, 0x33) + b"\x0f\x0b"
    assert guest.run(code).trap == Trap.ALIEN
    thread = guest.thread()
    guest.space.write(CODE, b"\xea" + struct.pack("<IH", CODE + 7, 0x33) + LOOP)
    thread.eip = CODE
    thread.resume()
    assert guest.engine.wait(20_000_000) is None
    thread.interrupt()
    assert guest.next().trap == Trap.ALIEN


def test_finish_is_for_system_calls(guest: Guest) -> None:
    thread = guest.run(b"\xcc")
    with pytest.raises(EngineError):
        thread.finish(0)


def test_cpu_time(guest: Guest) -> None:
    thread = guest.thread()
    guest.space.write(CODE, LOOP)
    thread.eip = CODE
    thread.resume()
    guest.engine.wait(100_000_000)
    thread.interrupt()
    guest.next()
    user, system = thread.cpu_time()
    assert user + system > 0  # how much depends on who else is on the machine


def test_cpu_time_of_a_process(guest: Guest) -> None:
    thread = guest.run(INT_2E)
    before = guest.space.cpu_time()
    assert before is not None
    guest.go(thread, b"\xb9\x00\x00\x00\x04\xe2\xfe" + INT_2E)  # count down from 2**26
    after = guest.space.cpu_time()
    assert after is not None
    assert sum(after) - sum(before) > 1_000_000
    thread.exit()
    ended = guest.space.cpu_time()
    assert ended is not None
    assert sum(ended) >= sum(after)  # what threads used that are gone counts as well
    guest.space.destroy()
    assert guest.space.cpu_time() is None


def test_ticks_come_while_guests_run(guest: Guest) -> None:
    ticks: list[float] = []
    guest.engine.set_tick(10_000_000, lambda: ticks.append(time.monotonic()))
    thread = guest.thread()
    guest.space.write(CODE, LOOP)
    thread.eip = CODE
    thread.resume()
    ticks.clear()
    until = time.monotonic() + 10
    while len(ticks) < 8 and time.monotonic() < until:
        assert guest.engine.wait(50_000_000) is None
    assert len(ticks) >= 8
    assert ticks[-1] - ticks[0] >= 0.06  # no more often than asked, but for one that was late
    thread.interrupt()
    guest.next()
    ticks.clear()
    assert guest.engine.wait(300_000_000) is None
    assert len(ticks) < 10  # nothing runs: at the start, the end, and when woken in vain

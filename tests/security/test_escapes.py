"""Every way out that we could think of ends in an exception or in the death of that guest alone.

Each attempt is made by a native program (guest/escapes) on each engine; after
each, another guest of the same system must run as always (see ``attempt``).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import ring3k

from .conftest import HELLO, PROGRAM, Attempt, children

ERROR = 0x80000000
KILLED = 0xC000013A  # what GuestProcess.kill leaves
CONTROL = 0x7E1000000000
GATE = 0xF0000000
STUB = 0x7E0000000000


def refused(outcome: tuple[int, str]) -> bool:
    """Whether the attempt ended its program with an error, and never came back."""
    status, output = outcome
    return status >= ERROR and "came back" not in output


# Numbers of host calls that would be worth having.
HOST_CALLS = {
    "getpid": 39,
    "open": 2,
    "openat": 257,
    "socket": 41,
    "fork": 57,
    "vfork": 58,
    "clone": 56,
    "clone3": 435,
    "execve": 59,
    "kill": 62,
    "ptrace": 101,
    "process_vm_readv": 310,
    "process_vm_writev": 311,
    "prctl": 157,
    "arch_prctl": 158,
    "seccomp": 317,
    "io_uring_setup": 425,
    "mmap": 9,
    "mprotect": 10,
    "rt_sigprocmask": 14,
    "rt_sigaction": 13,
    "sigaltstack": 131,
    "memfd_create": 319,
    "pidfd_open": 434,
    "unshare": 272,
    "exit_group": 231,
    "x32 getpid": 0x40000000 | 39,
    "x32 execve": 0x40000000 | 520,
    "negative": 0xFFFFFFFFFFFFFFFF,
}


@pytest.mark.parametrize("name", HOST_CALLS)
def test_host_call_from_64_bit_code(attempt: Attempt, name: str) -> None:
    assert refused(attempt("host-call", HOST_CALLS[name]))


@pytest.mark.parametrize("number", [1, 2, 5, 11, 20, 37, 120, 243])
def test_int_80(attempt: Attempt, number: int) -> None:
    assert refused(attempt("int80", number))


@pytest.mark.parametrize("ebp", [0, 0x12FF00, 0x7FFE0000, 0xF0000000, 0xFFFFFFF0])
@pytest.mark.parametrize("way", ["sysenter", "syscall"])
def test_fast_host_calls_from_32_bit_code(attempt: Attempt, way: str, ebp: int) -> None:
    # On a processor where sysenter enters the host, the return address is lost: only the end is left.
    status, output = attempt(way, 20, ebp)
    assert status >= ERROR or (way == "sysenter" and "came back" in output)


@pytest.mark.parametrize("offset", [0, 0x400, 0x800])
def test_vsyscall_page(attempt: Attempt, offset: int) -> None:
    assert refused(attempt("call-stub", 0xFFFFFFFFFF600000 + offset))


# (function of the stub, arguments): all must be refused by the filter, whatever they say.
STUB_CALLS = [
    ("sys_mmap", (STUB, 0x1000, 7, 0x11, 1, 0)),
    ("sys_mmap", (CONTROL, 0x1000, 7, 0x11, 1, 0)),
    ("sys_mmap", (GATE, 0x1000, 7, 0x11, 1, 0)),
    ("sys_mmap", (0x7FFF0000, 0x1000, 7, 0x11, 1, 0)),
    ("sys_mmap", (0x7FFE0000, 0x20000, 7, 0x11, 1, 0)),
    ("sys_mmap", (0x10000, 0xFFFFFFFFFFFFF000, 7, 0x11, 1, 0)),
    ("sys_mmap", (0x10000, 0x1000, 7, 0x32, 0xFFFFFFFF, 0)),
    ("sys_mmap", (0x10000, 0x1000, 7, 0x11, 3, 0)),
    ("sys_mprotect", (STUB, 0x1000, 7)),
    ("sys_mprotect", (GATE, 0x1000, 7)),
    ("sys_mprotect", (CONTROL, 0x1000, 5)),
    ("sys_munmap", (STUB, 0x2000)),
    ("sys_munmap", (GATE, 0x1000)),
    ("sys_write", (1, 0x400000, 8)),
    ("sys_write", (2, 0x400000, 8)),
    ("sys_write", (3, 0x400000, 4096)),
    ("sys_recvmsg", (3, 0x400000, 0)),
    ("sys_close", (1,)),
    ("sys_close", (3,)),
    ("sys_clone", (17, 0, 0, 0)),
    ("sys_clone", (0x4111, 0, 0, 0)),
    ("sys_clone", (0x10000 | 0x50F00, 0, 0, 0)),
    ("sys_modify_ldt", (0, 0x400000, 4096)),
    ("sys_sigaltstack", (0x400000, 0x400000)),
    ("sys_clock_gettime", (0, 0x400000)),
    ("sys_clock_gettime", (0xFFFFFFFE, 0x400000)),
    ("sys_futex", (0x400000, 6, 0, 0)),
    ("sys_futex", (0x400000, 3, 1, 1)),
    ("sys_futex", (0x400000, 0, 0x905A4D, 0x400000)),
]


@pytest.mark.parametrize(("function", "arguments"), STUB_CALLS)
def test_the_stubs_calls_with_other_arguments(
    attempt: Attempt, stub_symbols: dict[str, int], function: str, arguments: tuple[int, ...]
) -> None:
    assert refused(attempt("call-stub", stub_symbols[function], *arguments))


def test_the_sites_take_no_other_number(attempt: Attempt, stub_symbols: dict[str, int]) -> None:
    """Jump behind the `mov eax` of each site, with getpid's number in eax."""
    for name, address in stub_symbols.items():
        if name.startswith("site_"):
            status, output = attempt("jump", address - 2, 0, 0, 0, 0, 0, 0, timeout=1)
            assert status >= ERROR, name
            assert "came back" not in output, name


@pytest.mark.parametrize("function", ["sys_exit", "sys_exit_group"])
def test_ending_behind_the_kernels_back(
    attempt: Attempt, stub_symbols: dict[str, int], function: str
) -> None:
    status, output = attempt("call-stub", stub_symbols[function], 0)
    assert status >= ERROR
    assert "came back" not in output


def test_waking_and_waiting_on_foreign_words(attempt: Attempt, stub_symbols: dict[str, int]) -> None:
    for word in (CONTROL + 0x4C0, CONTROL + 0x8008, 0x7FFE0000, 0x400000):
        status, output = attempt("call-stub", stub_symbols["sys_futex"], word, 1, 0x7FFFFFFF)
        assert (status == 0 and "came back" in output) or status >= ERROR
    assert refused(attempt("call-stub", stub_symbols["sys_futex"], 0x400000, 0, 0x905A4D, timeout=0.5))


def test_ringing_the_kernels_bell_without_end(attempt: Attempt, stub_symbols: dict[str, int]) -> None:
    """A pipe that is full keeps nobody, and the kernel still hears whoever rings for a reason."""
    status, output = attempt("flood-stub", stub_symbols["sys_write"], 3, 0x400000, 8)
    assert (status, "came back" in output) == (0, True)


HOSTILE = (0, 0xFFFFFFFFFFFFFFFF, CONTROL + 0x8000, 0x8000000000000000)


def test_jumps_into_the_stub(system: ring3k.System, stub_symbols: dict[str, int]) -> None:
    """To byte offsets all over the stub's text, with hostile registers and stacks, sixteen at a time."""
    start, end = stub_symbols["stub_start"], stub_symbols["stub_end"]
    offsets = list(range(start, end, 11)) + list(range(start, start + 0x340, 3))
    for first in range(0, len(offsets), 16):
        batch = []
        for number, address in enumerate(offsets[first : first + 16], first):
            value = HOSTILE[number % len(HOSTILE)]
            stack = (0, CONTROL + 0xC000, 0x22F000, 0x8000000000000000)[number // 4 % 4]
            words = [f"{word:x}" for word in (address, value, value, value, value, value, stack)]
            batch.append(system.spawn([str(PROGRAM), "jump", *words]))
        until = time.monotonic() + 0.15
        while time.monotonic() < until and not all(p.ended for p in batch):
            system.run(timeout=0.02)
        for process in batch:
            if not process.ended:
                process.kill()
            assert process.wait(timeout=5) != 0 or "came back" in process.output
    hello = system.spawn([str(HELLO)])
    assert hello.wait(timeout=5) == 0


@pytest.mark.parametrize("kind", range(7))
def test_forged_signal_frames(attempt: Attempt, stub_symbols: dict[str, int], kind: int) -> None:
    """Kind 0 blocks every signal and spins: only the kernel's last resort ends it."""
    status, output = attempt("sigreturn", stub_symbols["signal_restorer"], kind, timeout=0.5)
    assert status >= ERROR
    assert "came back" not in output


def test_control_memory_rewritten_while_it_is_used(attempt: Attempt) -> None:
    for start, end in ((0, 0x1000), (0x1000, 0x3000), (0x8000, 0x10000), (0, 0x40000)):
        status, _ = attempt("scribble-beside", 0, CONTROL + start, CONTROL + end, 0, timeout=2)
        assert status == 0 or status >= ERROR


@pytest.mark.parametrize(
    "word",
    [
        0,
        0xFFFFFFFFFFFFFFFF,
        0x1FFF,  # a count that is more than the maximum
        0x0000000200001001,  # the waiting thread, which sits
        0x0202020200001001,  # again and again
        0x0201030400001001,  # one that runs, and some that are not there
        0x0000000200001003,  # with a count above 0
        0xFF00000000001001,
    ],
)
def test_what_is_lent_comes_back_wrong(attempt: Attempt, word: int) -> None:
    status, output = attempt("lent-word", word, timeout=2)
    assert (status, "came back 0x0000000000000000" in output) == (0, True) or status >= ERROR


def test_what_is_lent_rewritten_while_it_is_used(attempt: Attempt) -> None:
    status, output = attempt("lent-beside", 0, CONTROL + 0x800, CONTROL + 0x1000, 0, timeout=2)
    assert (status, "came back 0x0000000000000000" in output) == (0, True) or status >= ERROR


def test_one_word_of_control_memory(attempt: Attempt) -> None:
    """Each word of the process' and the first thread's block, set to a wrong value."""
    for offset in (*range(0, 0x40, 8), *range(0x440, 0x500, 8), *range(0x8000, 0x8100, 8)):
        status, _ = attempt("store64", 0, CONTROL + offset, 0xFFFFFFFFFFFFFFFF, timeout=0.3)
        assert status == 0 or status >= ERROR  # a made-up trap may have taken the answer of its next call


@pytest.mark.parametrize("way", ["bad-stack", "bad-address"])
def test_addresses_that_are_none(attempt: Attempt, way: str) -> None:
    assert refused(attempt(way))


@pytest.mark.parametrize("flag", [0x100, 0x400, 0x4000, 0x40000, 0x200000, 0x3000])
def test_flags_before_each_way_in(attempt: Attempt, flag: int) -> None:
    status, output = attempt("flags", flag)
    if flag == 0x100:
        assert status == 0x80000004  # single step, as it must be
    else:
        assert (status, output) == (0, "came back 0x0000000000000000\n")


@pytest.mark.parametrize("register", range(5))
@pytest.mark.parametrize("selector", [0, 3, 0x1B, 0x23, 0x2B, 0x33, 0x3B, 0x0F, 0x7F, 0xFFFF])
def test_selectors(attempt: Attempt, register: int, selector: int) -> None:
    """Around a call (NtYieldExecution of nt51) and a breakpoint; nothing handles the breakpoint."""
    assert refused(attempt("selectors", selector, register, 0x116))


@pytest.mark.parametrize(
    "base", [0, 0x400000, CONTROL, CONTROL + 0x10000, 0xFFFF800000000000, 0x8000000000000000]
)
def test_segment_bases(attempt: Attempt, base: int) -> None:
    status, output = attempt("bases", 0, base, base)
    assert status >= ERROR or "came back" in output


@pytest.mark.parametrize("esp", [0, 4, 0x10, 0x7FFE0010, 0x7FFF0000, 0xF0000010, 0xFFFFFFFC])
@pytest.mark.parametrize("way", ["bad-esp", "bad-esp-int2e", "corrupt-stack"])
@pytest.mark.parametrize("number", [0x116, 0xAE, 0x23])
def test_stacks_that_are_none(attempt: Attempt, way: str, esp: int, number: int) -> None:
    """NtYieldExecution, NtQuerySystemTime and NtCreateEvent of nt51 with such a stack."""
    status, output = attempt(way, esp, number)
    assert status >= ERROR or (way == "bad-esp-int2e" and "came back" in output)


def test_exceptions_without_end(attempt: Attempt) -> None:
    assert refused(attempt("nested"))


def test_memory_that_is_not_the_programs(attempt: Attempt) -> None:
    assert attempt("foreign-memory") == (0, "came back 0x0000000000000000\n")


@pytest.mark.parametrize("way", ["spin", "spin64"])
def test_endless_loops_end_when_told(attempt: Attempt, way: str) -> None:
    status, output = attempt(way, timeout=0.3)
    assert (status, output) == (KILLED, "")


@pytest.mark.parametrize(
    "what", ["many-handles", "many-names", "many-apcs", "many-threads", "much-memory", "much-section"]
)
def test_exhaustion(attempt: Attempt, system: ring3k.System, what: str) -> None:
    """The guest is told no; the system goes on."""
    pool = system._machine.kernel.pool
    limit = pool.limit
    if what == "many-apcs":
        pool.limit = pool.used + (16 << 20)  # a million would take a traced guest a minute
    try:
        status, output = attempt(what, timeout=40)
    finally:
        pool.limit = limit
    assert status == 0, output
    assert "until 0xc0" in output.lower()


# -- host signals ------------------------------------------------------------------------------
def host_pids(before: set[int]) -> set[int]:
    return children() - before


def test_a_killed_host_process_is_a_dead_guest(system: ring3k.System) -> None:
    before = children()
    process = system.spawn([str(PROGRAM), "spin"])
    system.run(timeout=0.1)
    (pid,) = host_pids(before)
    os.kill(pid, signal.SIGKILL)
    assert process.wait(timeout=5) >= ERROR
    assert system.spawn([str(HELLO)]).wait(timeout=5) == 0


def test_a_stopped_host_process_can_be_killed(system: ring3k.System) -> None:
    before = children()
    process = system.spawn([str(PROGRAM), "spin"])
    system.run(timeout=0.1)
    (pid,) = host_pids(before)
    os.kill(pid, signal.SIGSTOP)
    assert system.spawn([str(HELLO)]).wait(timeout=5) == 0
    os.kill(pid, signal.SIGCONT)
    process.kill()
    assert process.wait(timeout=5) == KILLED


@pytest.mark.parametrize("engine", ["stub", "ptrace"])
def test_no_guest_survives_the_kernel(engine: str, tmp_path: Path) -> None:
    script = (
        "import ring3k, sys\n"
        f"s = ring3k.System(engine={engine!r})\n"
        f"p = [s.spawn([{str(PROGRAM)!r}, 'spin']) for _ in range(4)]\n"
        "s.run(timeout=0.1)\n"
        "import os\n"
        "print(open(f'/proc/self/task/{os.getpid()}/children').read(), flush=True)\n"
        "s.run()\n"
    )
    kernel = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert kernel.stdout is not None
    guests = [int(pid) for pid in kernel.stdout.readline().split()]
    assert len(guests) == 4
    kernel.kill()
    kernel.wait()
    kernel.stdout.close()
    until = time.monotonic() + 5
    while time.monotonic() < until and any(alive(pid) for pid in guests):
        time.sleep(0.02)
    assert not any(alive(pid) for pid in guests)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"

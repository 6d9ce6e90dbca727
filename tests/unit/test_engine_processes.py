"""Guest processes and threads: many of them, their sudden ends, and that nothing is left over."""

from __future__ import annotations

import gc
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ring3k.engine import _native, probe, ptrace, stub
from ring3k.engine.protocol import Engine, EngineError, Trap
from tests.unit.engine_guest import CODE, INT_2E, LOOP, SECOND, STACK, TEB, Guest, engines


@pytest.fixture(params=engines())
def create(request: pytest.FixtureRequest) -> Callable[[], Engine]:
    factory: Callable[[], Engine] = request.param
    return factory


@pytest.fixture
def engine(create: Callable[[], Engine]) -> Iterator[Engine]:
    engine = create()
    yield engine
    engine.close()


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_nothing_is_left(create: Callable[[], Engine]) -> None:
    create().close()
    gc.collect()
    before = descriptors()
    maps = len(Path("/proc/self/maps").read_text().splitlines())
    engine = create()
    guests = [Guest(engine) for _ in range(5)]
    pids = [guest.space.pid for guest in guests]
    store = engine.create_store(0x1000)
    for guest in guests:
        guest.space.map_store(0x600000, 0x1000, store, 0, 3)
        guest.run(INT_2E)
    spinner = guests[0].thread()
    guests[0].space.write(CODE, LOOP)
    spinner.eip = CODE
    spinner.resume()
    store.close()
    guests[1].space.destroy()
    guests[1].space.destroy()
    engine.close()
    engine.close()
    del guests, guest, spinner, store, engine
    gc.collect()
    assert descriptors() == before
    assert not any(map(alive, pids))
    assert len(Path("/proc/self/maps").read_text().splitlines()) <= maps + 4


def test_a_forgotten_engine_cleans_up(create: Callable[[], Engine]) -> None:
    engine = create()
    guest = Guest(engine)
    pid = guest.space.pid
    thread = guest.thread()
    thread.owner = guest  # a cycle
    del engine, guest, thread
    gc.collect()
    assert not alive(pid)


def test_what_is_destroyed_says_so(engine: Engine) -> None:
    guest = Guest(engine)
    thread = guest.run(INT_2E)
    guest.space.destroy()
    assert guest.space.pid == 0
    assert thread.tid == 0
    for call in (
        lambda: guest.space.read_u32(CODE),
        lambda: guest.space.create_thread(0),
        lambda: guest.space.map_private(CODE, 0x1000, 7),
        lambda: thread.finish(0),
        lambda: thread.eax,
    ):
        with pytest.raises(EngineError):
            call()
    thread.exit()
    assert engine.wait(0) is None
    engine.close()
    with pytest.raises(EngineError):
        engine.wait(0)
    with pytest.raises(EngineError):
        engine.create_space()


def test_killed_from_outside(engine: Engine) -> None:
    guest = Guest(engine)
    waiting = guest.run(INT_2E)
    spinner = guest.thread()
    guest.space.write(CODE, LOOP)
    spinner.eip = CODE
    spinner.resume()
    os.kill(guest.space.pid, signal.SIGKILL)
    dead = [guest.next(), guest.next()]
    assert {id(t) for t in dead} == {id(waiting), id(spinner)}
    assert all(t.trap == Trap.DEAD for t in dead)
    assert engine.wait(0) is None
    assert engine.running == 0
    assert guest.space.pid == 0
    waiting.finish(0)
    spinner.resume()
    assert engine.wait(10_000_000) is None
    with pytest.raises(EngineError):
        guest.space.create_thread(0)
    other = Guest(engine)
    assert other.run(INT_2E).trap == Trap.SYSCALL


def test_a_guest_that_rang_before_it_died(engine: Engine) -> None:
    guest = Guest(engine)
    guest.run(INT_2E)
    with Path(f"/proc/{guest.space.pid}/fd/3").open("wb", buffering=0) as bell:
        bell.write(bytes(8))
        os.kill(guest.space.pid, signal.SIGKILL)
        assert guest.next().trap == Trap.DEAD
        bell.write(bytes(8))
        before = time.process_time()
        assert engine.wait(300_000_000) is None
        assert time.process_time() - before < 0.15  # it slept


def test_the_kernel_dies(create: Callable[[], Engine]) -> None:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        guest = Guest(create())
        thread = guest.thread()
        guest.space.write(CODE, LOOP)
        thread.eip = CODE
        thread.resume()
        os.write(writer, str(guest.space.pid).encode())
        time.sleep(60)
        os._exit(0)
    pid = int(os.read(reader, 20))
    os.close(reader)
    os.close(writer)
    assert alive(pid)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    deadline = time.monotonic() + 5
    while alive(pid) and Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z":
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_many_spaces(engine: Engine) -> None:
    guests = [Guest(engine) for _ in range(200)]
    threads = [guest.thread() for guest in guests]
    for number, (guest, thread) in enumerate(zip(guests, threads, strict=True)):
        guest.space.write(CODE, INT_2E)
        thread.eip, thread.eax = CODE, number
        thread.resume()
    seen = {guests[0].next().eax for _ in guests}
    assert seen == set(range(200))


def test_many_threads_and_used_slots(engine: Engine) -> None:
    guest = Guest(engine)
    guest.space.write(CODE, b"\x64\xa1\x18\x00\x00\x00" + INT_2E)
    guest.space.map_private(0x1000000, 0x200000, 3)
    for _ in range(2):
        threads = {}
        for number in range(500):
            teb = 0x1000000 + number * 0x1000
            guest.space.write_u32(teb + 0x18, teb)
            threads[teb] = guest.space.create_thread(teb)
        seen: set[int] = set()
        started = 0
        while len(seen) < 500:
            thread = guest.next()
            if thread.trap == Trap.STARTED:
                started += 1
                thread.eip, thread.esp = CODE, STACK - 16
                thread.resume()
            else:
                assert (thread.trap, threads[thread.eax]) == (Trap.SYSCALL, thread)
                seen.add(thread.eax)
        assert started == 500
        assert seen == set(threads)
        for thread in threads.values():
            thread.exit()
            assert thread.tid == 0
    deadline = time.monotonic() + 5
    while len(os.listdir(f"/proc/{guest.space.pid}/task")) > 1:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_exit_of_a_running_thread(engine: Engine) -> None:
    guest = Guest(engine)
    thread = guest.thread()
    guest.space.write(CODE, LOOP)
    thread.eip = CODE
    thread.resume()
    thread.exit()
    assert engine.wait(100_000_000) is None
    assert engine.running == 0
    assert len(os.listdir(f"/proc/{guest.space.pid}/task")) == 1
    assert guest.run(INT_2E).trap == Trap.SYSCALL


def test_threads_run_in_parallel(engine: Engine) -> None:
    """Two threads that wait for each other in memory can only end together."""
    guest = Guest(engine)
    # lock inc dword [ebx]; cmp dword [ebx], 2; jne -5; int 2e
    guest.space.write(CODE, b"\xf0\xff\x03\x83\x3b\x02\x75\xfb" + INT_2E)
    threads = [guest.thread(), guest.thread()]
    for thread in threads:
        thread.eip, thread.ebx = CODE, TEB + 0x100
        thread.resume()
    assert {id(guest.next()), id(guest.next())} == {id(thread) for thread in threads}


def test_an_idle_engine_uses_no_processor_time(engine: Engine) -> None:
    guest = Guest(engine)
    guest.run(INT_2E)
    before = resource.getrusage(resource.RUSAGE_SELF)
    assert engine.wait(500_000_000) is None
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.01
    stat = Path(f"/proc/{guest.space.pid}/stat").read_text().rsplit(")", 1)[1].split()
    assert int(stat[11]) + int(stat[12]) <= 3


def test_wake(engine: Engine) -> None:
    timer = threading.Timer(0.05, engine.wake)
    timer.start()
    start = time.monotonic()
    assert engine.wait(-1) is None
    assert time.monotonic() - start < 5
    timer.join()
    engine.wake()
    assert engine.wait(-1) is None
    assert engine.wait(10_000_000) is None


def test_host_signals_are_raised(engine: Engine) -> None:
    Guest(engine).thread()

    def handler(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    old = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(KeyboardInterrupt):
            engine.wait(5 * SECOND)
    finally:
        signal.signal(signal.SIGALRM, old)


def test_a_stopped_guest_goes_on(engine: Engine) -> None:
    guest = Guest(engine)
    thread = guest.run(INT_2E + INT_2E)
    os.kill(guest.space.pid, signal.SIGSTOP)
    thread.finish(0)
    assert engine.wait(50_000_000) is None
    os.kill(guest.space.pid, signal.SIGCONT)
    assert guest.next() is thread


def test_a_thread_that_can_not_be_stopped_is_killed() -> None:
    engine = stub.create()
    guest = Guest(engine)
    thread = guest.thread()
    guest.space.write(CODE, LOOP)
    thread.eip = CODE
    thread.resume()
    os.kill(guest.space.pid, signal.SIGSTOP)
    thread.interrupt()
    assert guest.next(10 * SECOND) is thread
    assert thread.trap == Trap.DEAD
    engine.close()


@pytest.fixture
def public_program() -> Iterator[str]:
    """A copy of the guest program where everybody may look: a checkout may be root's own."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        yield shutil.copy(probe.program(), folder)


def test_unprivileged(
    create: Callable[[], Engine], public_program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same without any privilege: as nobody, in a child."""
    if os.getuid() != 0:
        pytest.skip("the other tests ran without privilege already")
    for module in (stub, ptrace):
        monkeypatch.setattr(module, "program", lambda: public_program)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups([])
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
            engine = create()
            if Guest(engine).run(INT_2E).trap == Trap.SYSCALL:
                status = 0
            engine.close()
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_busy_guest_hides_nothing(engine: Engine) -> None:
    """While one guest traps all the time, wake(), a death and slow guests' calls still come through."""
    busy = Guest(engine).run(INT_2E + b"\xeb\xfc")
    victim = Guest(engine)
    dying = victim.run(INT_2E)
    others = [Guest(engine) for _ in range(20)]
    slow = [guest.thread() for guest in others]
    for guest, thread in zip(others, slow, strict=True):
        guest.space.write(CODE, b"\xb9\x00\x00\x10\x00\xe2\xfe" + INT_2E)  # mov ecx, 1 M; loop; int 2e
        thread.eip = CODE
        thread.resume()
    os.kill(victim.space.pid, signal.SIGKILL)
    engine.wake()
    missing = {id(thread) for thread in [*slow, dying]}
    woken = False
    deadline = time.monotonic() + 20
    busy.finish(0)
    while missing or not woken:
        assert time.monotonic() < deadline
        thread_or_none = engine.wait(-1)
        if thread_or_none is None:
            woken = True
        elif thread_or_none is busy:
            busy.finish(0)
        else:
            missing.remove(id(thread_or_none))
    assert dying.trap == Trap.DEAD


def test_a_forked_copy_leaves_the_guests_alone(engine: Engine) -> None:
    guest = Guest(engine)
    thread = guest.run(INT_2E + INT_2E)
    child = os.fork()
    if child == 0:
        engine.close()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    thread.finish(0)
    assert guest.next() is thread
    assert thread.trap == Trap.SYSCALL


def test_children_of_the_program_stay_its_own(engine: Engine) -> None:
    guest = Guest(engine)
    process = subprocess.Popen(["/bin/sh", "-c", "exit 7"])
    thread = guest.run(INT_2E + b"\xeb\xfc")
    for _ in range(200):
        thread.finish(0)
        guest.next()
    assert process.wait() == 7
    seen: list[int] = []
    old = signal.signal(signal.SIGCHLD, lambda number, frame: seen.append(number))
    try:
        process = subprocess.Popen(["/bin/true"])
        deadline = time.monotonic() + 5
        while not seen and time.monotonic() < deadline:
            engine.wait(10_000_000)
        assert seen
        assert process.wait() == 0
    finally:
        signal.signal(signal.SIGCHLD, old)


def test_what_the_host_lacks_is_said() -> None:
    host = probe.Host("riscv64", 4, False, False, False, False, 100_000)
    lines = host.missing()
    assert len(lines) == 6
    for line, word in zip(
        lines, ("riscv64", "modify_ldt", "seccomp", "rdgsbase", "pidfd_open", "100000"), strict=True
    ):
        assert word in line
    assert probe.check().missing() == []


def test_a_missing_program_is_an_error(tmp_path: Path) -> None:
    engine = _native.Engine("stub", str(tmp_path / "nothing"))
    with pytest.raises(EngineError, match="guest process"):
        engine.create_space()
    with pytest.raises(EngineError, match="guest process"):
        engine.create_space()
    assert engine.wait(0) is None
    engine.close()

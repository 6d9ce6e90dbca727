"""The fake engine: scripted guests without any process, for tests of the kernel.

Programs stand at guest addresses (``FakeSpace.place``), so the kernel reaches
them by setting eip: KiUserExceptionDispatcher in a test is a generator like any
other.  ``fake_guest`` tells what a program may do.

Time is the system's VirtualClock and moves only when nothing can run: to the
end of the time-out, or tick by tick while guests spin.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sized
from select import select
from struct import unpack

from ring3k.abi.status import GuestFault, NtError
from ring3k.engine.fake_guest import SLOT, FakeThread, Program
from ring3k.engine.fake_memory import FakeMemory, FakeStore
from ring3k.engine.protocol import (
    PAGE,
    Answer,
    EngineError,
    GuestThread,
    PlainFile,
    Prot,
    ShortCut,
    Signal,
    Store,
    Trap,
)
from ring3k.sched.clock import VirtualClock
from ring3k.typed import Any, Literal

CODE = 0x6F00_0000  # where programs and their slots stand
HOST_LIMIT = 2000  # times 5 ms that the host may let a test wait
_STATUS_NO_YIELD_PERFORMED = 0x40000024


class Idle(EngineError):
    """Every guest waits, and nothing will ever wake one: a real engine would sleep for good."""


class FakePlainFile:
    """See ``protocol.PlainFile``: nothing is ever answered here."""

    position = 0

    def judge(self) -> None:
        pass


class FakeSignal:
    """See ``protocol.Signal``: nobody is ever seated here, and nothing lent."""

    seated = False
    lent = False

    def __init__(self, count: int) -> None:
        self.count = count

    def take_seated(self) -> list[GuestThread]:
        return []

    def judge(self) -> None:
        pass


class FakeSpace(FakeMemory):
    """An address space and the programs in it; see ``protocol.Space``."""

    def __init__(self, engine: FakeEngine, pid: int) -> None:
        super().__init__()
        self.engine = engine
        self._pid = pid
        self.code: dict[int, Program] = {}
        self.threads: list[FakeThread] = []
        self.steps_gone = 0  # of threads that have ended
        self.system_call_return = 0
        self.answers: dict[int, bytes] | None = None
        self._short_cuts: dict[int, int] = {}
        self._next_code = CODE

    @property
    def pid(self) -> int:
        return self._pid

    def cpu_time(self) -> tuple[int, int] | None:
        return (self.steps_gone + sum(one.steps for one in self.threads)) * 1000, 0

    def place(self, program: Program, address: int | None = None) -> int:
        """Put a program at an address, or at a free one; returns the address."""
        if address is None:
            address = self.allot()
        self.code[address] = program
        return address

    def allot(self) -> int:
        """A free slot of code addresses."""
        address = self._next_code
        self._next_code += SLOT
        return address

    def poke_code(self, address: int, code: bytes) -> None:
        """Show an instruction's bytes where the kernel will look for them."""
        page = address & -PAGE
        if self.prot_of(page) is None:
            self.map_private(page, PAGE, Prot.READ | Prot.EXEC)
        self.poke(address, code)

    def create_thread(self, teb: int) -> FakeThread:
        thread = FakeThread(self, self.engine.next_tid(), teb)
        self.threads.append(thread)
        self.engine.queue.append(thread)
        return thread

    def set_short_cut(self, number: int, what: int) -> None:
        self._short_cuts[number] = what

    def set_plain_file(self, handle: int, file: PlainFile, fd: int, kind: int, counters: list[int]) -> None:
        pass

    def set_signal(self, handle: int, signal: Signal, kind: int) -> None:
        pass

    def call_back(self) -> None:
        pass

    def short_cut(self, number: int, arg_base: int) -> int | None:
        """The answer to a call that never reaches the kernel."""
        what = self._short_cuts.get(number, ShortCut.OFF)
        if what == ShortCut.OFF:
            return None
        page = self.engine.clock_page
        if what == ShortCut.YIELD_ALONE:
            return _STATUS_NO_YIELD_PERFORMED if self.engine.running == 0 else None
        if page is None:
            return None
        if what == ShortCut.TICK_COUNT:
            ticks, factor = unpack("<II", page.read(0, 8))
            return int(ticks * factor >> 24) & 0xFFFFFFFF
        try:
            if what == ShortCut.QUERY_SYSTEM_TIME:
                data = page.read(0x14, 8)
            elif self.read_u32(arg_base + 4):
                return None
            else:
                data = self.engine.clock.interrupt_time().to_bytes(8, "little")
            self.write(self.read_u32(arg_base), data)
        except GuestFault:
            return None
        return 0

    def set_system_call_return(self, address: int) -> None:
        self.system_call_return = address

    def destroy(self) -> None:
        for thread in tuple(self.threads):
            thread.exit()
        self._pid = 0
        self._private.clear()
        self._shown.clear()
        self._prot.clear()


class FakeEngine:
    """See ``protocol.Engine``.  ``late_interrupts``: a thread gets one more trap in before an interrupt."""

    name = "fake"

    def __init__(self, clock: VirtualClock | None = None, gate: int = 0) -> None:
        self.clock = clock or VirtualClock()
        self._gate = gate
        self.spaces: list[FakeSpace] = []
        self.queue: deque[FakeThread] = deque()
        self.spinning: list[FakeThread] = []
        self.clock_page: Store | None = None
        self.late_interrupts = False
        self._tick: Callable[[], None] | None = None
        self._interval = 0
        self._woken = False
        self._watched: list[int] = []
        self._last_id = 1000
        self.current: FakeThread | None = None

    @property
    def gate(self) -> int:
        return self._gate

    @property
    def running(self) -> int:
        return len(self.queue) + len(self.spinning)

    def next_tid(self) -> int:
        self._last_id += 1
        return self._last_id

    def create_space(self) -> FakeSpace:
        space = FakeSpace(self, self.next_tid())
        self.spaces.append(space)
        return space

    def create_store(self, size: int) -> FakeStore:
        return FakeStore(size)

    def open_store(self, fd: int, size: int, writable: bool) -> FakeStore:
        from ring3k.engine.fake_file import FakeFileStore

        return FakeFileStore(fd, size, writable)

    def plain_file(self) -> FakePlainFile:
        return FakePlainFile()

    def signal(self, kind: int, count: int, maximum: int, waiters: list[Any]) -> FakeSignal:
        return FakeSignal(count)

    def set_clock_page(self, store: Store, started_ns: int | None) -> None:
        self.clock_page = store

    def set_tick(self, interval_ns: int, tick: Callable[[], None]) -> None:
        self._interval = interval_ns // 100
        self._tick = tick

    def wait(self, timeout_ns: int) -> FakeThread | None:
        end = None if timeout_ns < 0 else self.clock.interrupt_time() + -(-timeout_ns // 100)
        while not self._woken:
            while self.queue:
                thread = self.queue.popleft()
                if thread.execute():
                    return thread
            idle = not self.spinning and end is None
            if self._watched and self._host_is_ready(HOST_LIMIT if idle else 0):
                break
            now = self.clock.interrupt_time()
            if end is not None and now >= end:
                return None
            if idle:
                raise Idle("every guest waits for ever")
            self._pass_time(now, end)
        self._woken = False
        return None

    def serve(
        self, timeout_ns: int, table: dict[int, Answer], ready: Sized, alarms: list[Any]
    ) -> FakeThread | Literal[False] | None:
        count = len(alarms)
        while True:
            self.current = None
            thread = self.wait(timeout_ns)
            if thread is None:
                return None
            self.current = thread
            thread.answer = NotImplemented
            if thread.trap != Trap.SYSCALL or thread.eax not in table:
                return thread
            try:
                handler = table[thread.eax]
                words = getattr(handler, "words", 0)
                result = handler(thread.owner, thread.args(words)) if words else handler(thread.owner)
            except NtError as error:
                result = error.status
            if type(result) is not int or thread.owner.pending or thread.trap != Trap.SYSCALL:
                thread.answer = result
                return thread
            thread.finish(result)
            if ready or len(alarms) != count:
                return False

    def _pass_time(self, now: int, end: int | None) -> None:
        """Nothing can trap now: go to the next tick, end of a spin, or the end of the time-out."""
        stops = [] if end is None else [end]
        if self.spinning:
            if self._interval:
                stops.append(now - now % self._interval + self._interval)
            stops += [s for s in (t.spin_end() for t in self.spinning) if s is not None]
            if not stops:
                raise Idle("a guest spins for ever, and there is no tick")
        then = min(stops)
        self.clock.advance(then - now)
        if self._tick is not None and (not self.spinning or then % self._interval == 0):
            self._tick()
        for thread in tuple(self.spinning):
            spin_end = thread.spin_end()
            if spin_end is not None and spin_end <= then:
                self.stop_spinning(thread)

    def stop_spinning(self, thread: FakeThread) -> None:
        """Back to the queue: the spin is over or interrupted."""
        self.spinning.remove(thread)
        thread.stop_spin()
        self.queue.append(thread)

    def forget(self, thread: FakeThread) -> None:
        """The thread shall not run any more."""
        if thread in self.spinning:
            self.spinning.remove(thread)
        if thread in self.queue:
            self.queue.remove(thread)

    def _host_is_ready(self, looks: int) -> bool:
        """Whether a watched descriptor can be read or another thread woke us, within so many looks."""
        for _ in range(looks):
            if self._woken or select(self._watched, (), (), 0.005)[0]:
                return True
        return self._woken or bool(select(self._watched, (), (), 0)[0])

    def wake(self) -> None:
        self._woken = True

    def watch(self, fd: int, /) -> None:
        self._watched.append(fd)

    def close(self) -> None:
        for space in self.spaces:
            space.destroy()
        self.spaces.clear()

"""The seam between the NT kernel and whatever runs guest code.

An engine owns host processes (one per address space) and host threads (one
per guest thread).  The kernel above sees only the four protocols below; it
cannot tell whether a trap arrived by a signal, a far jump or ptrace.

Invariants every engine keeps:

* A guest thread is either *running* or *trapped*.  Registers may be read or
  written only while it is trapped; it is trapped from the moment ``wait``
  returns it until ``finish``, ``resume`` or ``exit``.
* Everything a guest can write is copied once.  No value read from memory the
  guest shares with the engine is used as an index, pointer or length before it
  has been checked.
* Mapping calls take effect in the guest at the latest when the next thread of
  that space is resumed; the kernel's own view changes at once.
* Addresses are byte addresses in the guest, lengths are bytes; both are
  multiples of ``PAGE`` in mapping calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sized

from ring3k.typed import Any, IntEnum, IntFlag, Literal, Protocol

PAGE = 0x1000
USER_END = 0x7FFF_0000  # first address no guest mapping may reach
ERROR_NO_PAGE = 0x8000_0000  # in a page fault's error: it is mapped, but the host could not read it in


class EngineError(Exception):
    """The host cannot do what was asked; the text says what and what to do."""


class Trap(IntEnum):
    """Why a guest thread stopped (``GuestThread.trap``)."""

    NONE = 0
    SYSCALL = 1  # eax = number, arg_base -> argument words in guest memory
    FAULT = 2  # processor exception: vector, error, address
    INTERRUPT = 3  # answer to GuestThread.interrupt()
    HOST_CALL = 4  # the guest tried a host system call; it was not executed
    DEAD = 5  # the host thread or process is gone; nothing can be resumed
    STARTED = 6  # a new thread is ready; set its registers, then resume()
    ALIEN = 7  # trapped outside 32-bit user code (64-bit code, foreign CS)


class Prot(IntFlag):
    """What the guest may do with a page.  Guard and copy-on-write are the kernel's own doing."""

    NONE = 0
    READ = 1
    WRITE = 2
    EXEC = 4


class ShortCut(IntEnum):
    """System calls an engine may answer without leaving the guest process."""

    OFF = 0
    QUERY_SYSTEM_TIME = 1  # copy KUSER_SHARED_DATA.SystemTime to *arg0, STATUS_SUCCESS
    YIELD_ALONE = 2  # return STATUS_NO_YIELD_PERFORMED
    TICK_COUNT = 3  # return the tick count in eax
    PERFORMANCE_COUNTER = 4  # copy interrupt time to *arg0, STATUS_SUCCESS, if arg1 is 0


class Native(IntEnum):
    """System calls that ``Engine.serve`` may answer in the handler's place (its attribute ``native``)."""

    NONE = 0
    READ_FILE = 1  # NtReadFile
    WRITE_FILE = 2  # NtWriteFile
    QUERY_MEMORY = 3  # NtQueryVirtualMemory
    RELEASE_SEMAPHORE = 4  # NtReleaseSemaphore
    SET_EVENT = 5  # NtSetEvent
    WAIT_SINGLE = 6  # NtWaitForSingleObject
    WAIT_MULTIPLE = 7  # NtWaitForMultipleObjects, of one


# A system call's answer: called with GuestThread.owner, and perhaps its argument words.
Answer = Callable[..., Any]

# (guest address, is a write) -> True when the page was made accessible: try again.
FaultHook = Callable[[int, bool], bool]
# How many bytes of private memory the guest may be using now.
Budget = Callable[[], int]


class Store(Protocol):
    """Memory of a section: shared between any number of address spaces.

    ``budget``: how many bytes of it guests may be using (all, unless set).
    """

    budget: int

    @property
    def size(self) -> int: ...
    def read(self, offset: int, length: int) -> bytes: ...
    def write(self, offset: int, data: bytes) -> None: ...
    def resize(self, size: int) -> None:
        """Make it longer; for a store over a file, once that is as long."""

    def make_writable(self, fd: int) -> None:
        """A store over a file opened for reading: write it through this descriptor of the same file."""

    def discard(self, offset: int, length: int) -> None:
        """Give whole pages of the store's own memory back to the host; they read as zero afterwards."""

    def close(self) -> None:
        """Give the kernel's reference up.  Guest mappings that exist stay valid."""


class PlainFile(Protocol):
    """One opening of a host file that the engine may read and write for guests by itself."""

    position: int  # of the opening

    def judge(self) -> None:
        """From now on the kernel answers again, whatever ``Space.set_plain_file`` has allowed."""


class SignalKind(IntEnum):
    """What a signal is the count of."""

    SEMAPHORE = 0
    SYNCHRONIZATION = 1  # event: who waits takes it
    NOTIFICATION = 2  # event


class Signal(Protocol):
    """The count of a semaphore or event, which the engine may change for guests by itself.

    A thread whose call is a wait for nothing but this, without end and without alerts, may be
    *seated*: the count is 0 then, and the kernel has no part in its wait.
    """

    count: int

    @property
    def seated(self) -> bool:
        """Whether any thread is."""

    @property
    def lent(self) -> bool:
        """Whether a process has it to itself now (``Space.set_signal``)."""

    def take_seated(self) -> list[GuestThread]:
        """Those who are, first come first; their waits are the kernel's from now on."""

    def judge(self) -> None:
        """From now on the kernel answers again, whatever ``Space.set_signal`` has allowed."""


class GuestThread(Protocol):
    """One guest thread.  ``owner`` is the kernel's; of it the engine reads ``pending`` and ``queue``."""

    owner: Any
    answer: Any
    trap: int
    vector: int  # FAULT: processor vector (0 #DE, 1 #DB, 3 #BP, 6 #UD, 13 #GP, 14 #PF, ...)
    error: int  # FAULT: error code; HOST_CALL: the host's call number; vector 1: debug register + 1, or 0
    address: int  # FAULT: CR2 for vector 14
    arg_base: int  # SYSCALL: guest address of the first argument word
    eax: int
    ebx: int
    ecx: int
    edx: int
    esi: int
    edi: int
    ebp: int
    esp: int
    eip: int
    eflags: int

    @property
    def space(self) -> Space: ...
    @property
    def tid(self) -> int:
        """Host thread id, 0 when gone."""

    def args(self, count: int) -> tuple[int, ...]:
        """The first ``count`` argument words of a system call.  Raises GuestFault."""

    def finish(self, status: int) -> None:
        """End a system call: eax = status, every other register as the call found it; run."""

    def resume(self) -> None:
        """Run with exactly the registers set (flags included: TF is honoured)."""

    @property
    def seated(self) -> bool:
        """Whether it waits for a signal, and the kernel has no part in that."""

    def rest(self) -> None:
        """The answer to this trap will take long: the thread need not be quick to go on."""

    def show_waits(self) -> None:
        """From now on no wait of this thread's is answered inside its process, where the kernel sees none."""

    def get_fpu(self) -> bytes:
        """The 512-byte FXSAVE image."""

    def set_fpu(self, image: bytes) -> None: ...

    def set_debug(self, dr0: int, dr1: int, dr2: int, dr3: int, dr7: int, /) -> bool:
        """Break and watch points of a trapped thread; a hit is FAULT, vector 1, ``error`` its number + 1.

        False where the host does not grant them all: those have no effect.
        """

    def interrupt(self) -> None:
        """Ask a running thread to trap with INTERRUPT (or whatever else it traps with first)."""

    def exit(self) -> None:
        """End the host thread.  Allowed in any state; no further trap is reported."""

    def cpu_time(self) -> tuple[int, int]:
        """Host processor time used so far: (user, system) in nanoseconds."""


class Space(Protocol):
    """An address space and the host process that holds it.

    ``budget`` is asked from time to time (None: no limit); a guest that uses
    far more memory, or makes host threads by itself, is killed, and ``crime``
    tells why ("" for all others).  ``answers``: MEMORY_BASIC_INFORMATION by the
    address of a page, where ``serve`` may look it up for the guest; the kernel
    takes out at once what is no longer true.
    """

    fault_hook: FaultHook | None
    budget: Budget | None
    answers: dict[int, bytes] | None

    @property
    def crime(self) -> str: ...

    @property
    def pid(self) -> int:
        """Host process id, 0 when gone."""

    def cpu_time(self) -> tuple[int, int] | None:
        """Host processor time of all threads there were: (user, system) in nanoseconds; None when gone."""

    # mapping -----------------------------------------------------------
    def map_private(self, address: int, length: int, prot: int) -> None:
        """Show private memory (zero when never written) at its own address."""

    def map_store(self, address: int, length: int, store: Store, offset: int, prot: int) -> None: ...
    def protect(self, address: int, length: int, prot: int) -> None:
        """Change what is mapped in the range; pages not mapped are left alone."""

    def unmap(self, address: int, length: int) -> None: ...
    def discard(self, address: int, length: int) -> None:
        """Give private memory of the range back to the host; it reads as zero afterwards."""

    # the kernel's access to guest memory, page rights respected ---------
    # A page without the right needed calls fault_hook; False or no hook raises GuestFault.
    def read(self, address: int, length: int) -> bytes: ...
    def write(self, address: int, data: bytes) -> None: ...
    def read_u8(self, address: int) -> int: ...
    def read_u16(self, address: int) -> int: ...
    def read_u32(self, address: int) -> int: ...
    def read_u64(self, address: int) -> int: ...
    def read_text(self, address: int, size: int) -> str: ...
    def read_counted(self, address: int) -> str: ...
    def write_u8(self, address: int, value: int) -> None: ...
    def write_u16(self, address: int, value: int) -> None: ...
    def write_u32(self, address: int, value: int) -> None: ...
    def write_u64(self, address: int, value: int) -> None: ...
    def probe_write(self, address: int, length: int) -> None:
        """Raise GuestFault unless all of the range can be written."""

    def read_file(self, fd: int, offset: int, address: int, length: int) -> int:
        """Read a host file into guest memory; how many bytes came.  OSError if none did."""

    def write_file(self, fd: int, offset: int, address: int, length: int) -> int:
        """Write guest memory to a host file, likewise."""

    def set_plain_file(self, handle: int, file: PlainFile, fd: int, kind: int, counters: list[int]) -> None:
        """Allow ``serve`` to answer such calls (``Native``) about this handle, until ``file.judge()``.

        It does so where there is no event, APC or key, where all pointers are good, and where
        bytes move; it moves ``file.position`` and adds to the process' IO_COUNTERS.  The caller
        keeps ``fd`` open until then.  The engine may forget what it was allowed.
        """

    def set_signal(self, handle: int, signal: Signal, kind: int) -> None:
        """Allow ``serve`` to answer such calls (``Native``) about this handle, until ``signal.judge()``.

        It does so where all pointers are good, no wait of the kernel's for the signal is under way
        (a wait: unless the count is positive), and no thread that it would seat or let go on has
        anything ``pending`` or, for a seat, a ``queue``.  The engine may forget what it was allowed.
        WAIT_SINGLE stands for both ways to wait.

        What is used a lot, by this handle for waits and their opposite, the engine may lend to the
        process: its threads then answer each other.  It calls it back as soon as anything is asked of
        the signal, or one of those threads is interrupted.
        """

    def call_back(self) -> None:
        """Take back all that is lent: some calls are watched from now on that were not."""

    # the kernel's access to private memory, page rights ignored ---------
    def peek(self, address: int, length: int) -> bytes: ...
    def poke(self, address: int, data: bytes) -> None: ...
    def copy_private(self, address: int, length: int, other: Any) -> None:
        """Copy what was touched of the range to the same place of another space of this engine.

        The time it takes grows with what was touched, not with the range.  OSError: the host has no
        room for it.
        """

    # the rest ------------------------------------------------------------
    def create_thread(self, teb: int) -> GuestThread:
        """A new host thread whose FS base is ``teb``; reported by wait() as STARTED."""

    def set_short_cut(self, number: int, what: int) -> None: ...
    def set_system_call_return(self, address: int) -> None:
        """Where a call through the gate resumes (KiFastSystemCallRet: a single ``ret``)."""

    def destroy(self) -> None:
        """Kill the host process and free everything; its threads report nothing more."""


class Engine(Protocol):
    """A way to run guest code."""

    name: str

    @property
    def gate(self) -> int:
        """Guest address for KUSER_SHARED_DATA.SystemCall, 0 where only ``int 2e`` works."""

    @property
    def running(self) -> int:
        """How many guest threads are running now."""

    def create_space(self) -> Space: ...
    def create_store(self, size: int) -> Store: ...
    def open_store(self, fd: int, size: int, writable: bool) -> Store:
        """A store that is a file of the host (the descriptor is duplicated); OSError, ValueError.

        What guests write is in the file at once, and what others write there is seen.  Where others
        shorten the file, guests fault with ERROR_NO_PAGE, and reads of the kernel raise GuestFault
        with STATUS_IN_PAGE_ERROR (OSError from the store itself).
        """

    def plain_file(self) -> PlainFile:
        """For a file that was just opened."""

    def signal(self, kind: int, count: int, maximum: int, waiters: list[Any]) -> Signal:
        """For an object that was just made; ``waiters``: where the kernel keeps its waits for it."""

    def set_clock_page(self, store: Store, started_ns: int | None) -> None:
        """The store that is mapped as KUSER_SHARED_DATA everywhere (short cuts read it).

        ``started_ns``: what the host's monotonic clock said at interrupt time 0; None where that has
        another clock.
        """

    def set_tick(self, interval_ns: int, tick: Callable[[], None]) -> None:
        """Call ``tick`` from wait() every interval while guests run, and first thing after an idle time."""

    def wait(self, timeout_ns: int) -> GuestThread | None:
        """The next trapped thread; None after ``timeout_ns`` (-1: no limit, 0: only look).

        Uses no processor time while every guest waits.  Host signals (Ctrl-C) raise as usual.
        """

    @property
    def current(self) -> GuestThread | None:
        """The thread whose system call ``serve`` answered last; None while it waits."""

    def serve(
        self, timeout_ns: int, table: dict[int, Answer], ready: Sized, alarms: list[Any]
    ) -> GuestThread | Literal[False] | None:
        """Wait, and answer plain system calls, until there is something for the kernel to do.

        A handler, ``table[eax]``, with an attribute ``words`` above 0 is called with
        the owner and a tuple of so many argument words, any other with the owner
        alone.  A call is plain when its handler returns an int, or raises NtError,
        and ``owner.pending`` is False afterwards: then it is finished here.  A handler
        with an attribute ``native`` may be passed over.  Returns
        the thread whose trap is not plain, with ``thread.answer`` the handler's
        result (NotImplemented when no handler was called); False once ``ready`` is
        not empty or ``alarms`` has another length; None as ``wait`` does.  Other
        exceptions of a handler are passed on; ``current`` tells whose call it was.
        """

    def wake(self) -> None:
        """Make a wait() in progress return None (callable from any thread)."""

    def watch(self, fd: int, /) -> None:
        """Make wait() return None as long as a descriptor of the host's can be read, until it is closed."""

    def close(self) -> None:
        """Kill every guest and give everything back.  May be called twice."""

"""The kernel's part of processes and threads: what dispatching, waits and APCs need.

``ps`` builds the real objects on these bases.  A thread is always in one of
three places: running guest code, inside the kernel (a system call or exception
being answered, perhaps waiting), or parked at the kernel's door because it is
suspended or held.  ``Kernel.leave`` is the only door.

User callbacks nest: a system call may run guest code and wait for its return,
so a thread has a stack of kernel tasks, of which only the last can be active.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Sequence

from ring3k.abi.status import (
    STATUS_ALERTED,
    STATUS_THREAD_IS_TERMINATING,
    STATUS_TIMEOUT,
    STATUS_USER_APC,
    NtError,
)
from ring3k.engine.protocol import GuestThread, Space, Trap
from ring3k.ke.contract import NT, Contract
from ring3k.ke.dispatcher import Dispatcher, ObjectWait, WaitGroup, satisfy
from ring3k.ke.floating import FloatSeen
from ring3k.ke.pool import APC_COST
from ring3k.typed import TYPE_CHECKING, Any, Protocol

# An exception and the CONTEXT that user mode got with it.
Raised = tuple[Any, bytes]
# What a thread does on its way out of the kernel; a coroutine if it has to wait.
Leaving = Callable[[], Coroutine[Any, Any, None] | None]

if TYPE_CHECKING:
    from ring3k.hooks.crash.surroundings import Surroundings
    from ring3k.ke.kernel import Kernel
    from ring3k.sched.scheduler import Suspension, Task


class StopWaiter(Protocol):
    """Who is told, once, that a thread came out of guest code."""

    def complete(self, value: None) -> object: ...


class ThreadExit(Exception):
    """The calling thread ends here; raised by a handler instead of returning."""


class UserApc:
    """A call to be made in user mode; the routine and its three arguments are guest values."""

    __slots__ = ("argument1", "argument2", "context", "owner", "routine")

    def __init__(self, routine: int, context: int, argument1: int, argument2: int, owner: Any = None) -> None:
        self.routine = routine
        self.context = context
        self.argument1 = argument1
        self.argument2 = argument2
        self.owner = owner  # what queued it (a timer), so that it can be taken back


class KProcess(Dispatcher):
    """What the lower rooms know of a process.  Signalled once the last thread is gone."""

    kernel: Kernel
    pid: int
    memory: Space
    handles: Any  # ob.handles.HandleTable
    vm: Any  # mm.address_space.AddressSpace
    threads: list[Any]
    job: Any = None  # ps.job.Job
    token: Any = None  # se.token.Token: whose process it is
    wakeup_latency = 0  # what NtRequestWakeupLatency asked for
    timer_resolution: int = 0  # what NtSetTimerResolution asked for, 100 ns units; 0: nothing
    debug_port: Any = None
    exception_port: Any = None
    device_map: Any = None  # the directory that \\?? stands for
    wound_down = False  # it has ended its other threads in good order
    fault_watch: list[tuple[int, int]] | None = None  # where page faults are noted
    io_counters: list[int]  # as in IO_COUNTERS

    def locate(self, address: int) -> str | None:
        """``module+0x12`` for an address inside a mapped image."""
        raise NotImplementedError

    def surroundings(self) -> Surroundings:
        """What is where, for whoever tells of a crash."""
        raise NotImplementedError

    @property
    def file_name(self) -> str:
        """The image's last name, as process lists show it."""
        raise NotImplementedError

    def user_address(self, name: str) -> int:
        """Where ntdll exports this Ki name; 0 where it does not."""
        raise NotImplementedError

    @property
    def contract(self) -> Contract:
        """How its ntdll is entered; NT's way, unless ``ps`` knows another."""
        return NT

    def terminate(self, status: int) -> None:
        """End every thread with this exit status."""
        raise NotImplementedError


class KThread(Dispatcher):
    """A thread as the dispatcher sees it.  Signalled once it has ended."""

    event_pair: Any = None  # of NT 4.0 and 2000 (ThreadEventPair)
    execution_state = 0  # ES_* that it wants to last (NtSetThreadExecutionState)

    def __init__(self, kernel: Kernel, process: Any, tid: int) -> None:
        super().__init__()
        self.kernel = kernel
        self.process = process
        self.tid = tid
        self.guest: GuestThread = None  # type: ignore[assignment]  # set before the thread runs
        self.memory: Space = process.memory
        self.handles: Any = process.handles
        self.teb = 0
        self.client: Any = None  # se.impersonation.Client: as whom it acts instead of its process
        # Waits and APCs
        self.wait_group: WaitGroup | None = None
        self.user_apcs: deque[UserApc] = deque()
        self.user_apc_pending = False
        self.alerted = False
        self.mutants: list[Any] = []
        self.timers: dict[Any, None] = {}  # whose APC it set; they are cancelled when it ends
        self.at_end: list[Callable[[], None]] = []  # who wants to know when it ends
        self.requests: dict[Any, None] = {}  # input and output it has pending, in order; likewise
        self.queue: Any = None  # the completion port it serves: blocked(), unblocked(), leave(thread)
        # Registers that the engine does not keep
        self.debug_registers = (0, 0, 0, 0, 0, 0)  # dr0-3 dr6 dr7
        self.float_seen: FloatSeen | None = None  # the floating-point state last shown
        self.interrupting = False  # it handles a console's control event
        self.raised: tuple[
            Raised, ...
        ] = ()  # the last exceptions that user mode was told of, the newest last
        # The door
        self.tasks: list[Task] = []
        self.callbacks: list[Suspension[tuple[int, bytes]]] = []  # user callbacks under way
        self.suspend_count = 0
        self.holds = 0
        self.parked = False
        self.ended = False
        self.staying = False  # the answer to this trap is that an outer kernel task goes on
        self.new_registers = False  # somebody set them while a system call is under way
        self.leaving: Leaving | None = None  # to be done before the thread next enters guest code
        self.pending = False  # leave() has to look closer
        self.stop_waiters: list[StopWaiter] = []

    # -- state ------------------------------------------------------------------
    def can_take(self, thread: KThread) -> bool:
        return self.ended

    @property
    def running(self) -> bool:
        """Whether guest code may be executing right now."""
        return self.guest is not None and self.guest.trap == Trap.NONE and not self.ended

    def update_pending(self) -> None:
        """Recompute the one flag that the fast return path looks at."""
        self.pending = bool(
            self.suspend_count
            or self.holds
            or self.ended
            or self.staying
            or self.new_registers
            or self.leaving is not None
            or (self.user_apc_pending and self.user_apcs)
        )

    def started(self) -> Any:
        """The host thread is there: set the first registers (ps).  Answers as a fault handler does."""
        raise NotImplementedError

    def host_died(self) -> None:
        """The host process or thread vanished under the guest (ps)."""
        raise NotImplementedError

    # -- waiting ----------------------------------------------------------------
    def begin_wait(
        self,
        objects: Sequence[Dispatcher],
        wait_all: bool = False,
        alertable: bool = False,
        deadline: int | None = None,
    ) -> int | ObjectWait:
        """Wait for objects; the status says which, or why not: at once, or by what has to be awaited.

        ``deadline``: interrupt time, None for ever; a time already past means
        *look only*.  An alertable wait is also ended by an alert or a user APC.
        """
        status = satisfy(self, objects, wait_all) if objects else None
        if status is not None:
            return status
        if alertable:
            status = self.test_alert()
            if status is not None:
                return status
        if deadline is not None and deadline <= self.kernel.clock.interrupt_time():
            return STATUS_TIMEOUT
        return ObjectWait(self, objects, wait_all, alertable, deadline)

    async def wait(
        self,
        objects: Sequence[Dispatcher],
        *,
        wait_all: bool = False,
        alertable: bool = False,
        deadline: int | None = None,
    ) -> int:
        """``begin_wait``, and await the end."""
        found = self.begin_wait(objects, wait_all, alertable, deadline)
        return found if isinstance(found, int) else await found

    def test_alert(self) -> int | None:
        """Consume an alert or make queued user APCs deliverable; the status an alertable wait ends with."""
        if self.alerted:
            self.alerted = False
            return STATUS_ALERTED
        if self.user_apcs:
            self.user_apc_pending = True
            self.pending = True
            return STATUS_USER_APC
        return None

    def alert(self) -> None:
        """KeAlertThread: end an alertable wait, or remember the alert."""
        group = self.wait_group
        if group is None or not group.alertable or self.suspend_count or not group.end(STATUS_ALERTED):
            self.alerted = True

    def queue_apc(self, apc: UserApc) -> None:
        """Queue a user APC; it ends an alertable wait.  STATUS_INSUFFICIENT_RESOURCES."""
        self.kernel.pool.charge(APC_COST)
        self.user_apcs.append(apc)
        group = self.wait_group
        if group is not None and group.alertable and not group.ended and not self.suspend_count:
            self.user_apc_pending = True
            self.pending = True
            group.end(STATUS_USER_APC)

    def take_apc(self) -> UserApc:
        """The next user APC, to be delivered."""
        self.kernel.pool.release(APC_COST)
        return self.user_apcs.popleft()

    def drop_apc(self, apc: UserApc) -> None:
        """Take an APC back, if it is still queued."""
        if apc in self.user_apcs:
            self.user_apcs.remove(apc)
            self.kernel.pool.release(APC_COST)

    # -- stopping from outside ------------------------------------------------------
    def hold(self) -> None:
        """Keep the thread out of guest code until ``release``; takes effect soon if it runs now."""
        self.holds += 1
        self.pending = True
        if self.running:
            self.guest.interrupt()

    def release(self) -> None:
        self.holds -= 1
        self.unpark()

    def unpark(self) -> None:
        """Let a thread go on if nothing keeps it any more: from the door, or with its wait."""
        if not self.suspend_count and self.wait_group is not None:
            self.wait_group.again()
        self.update_pending()
        if self.parked and not self.suspend_count and not self.holds:
            self.parked = False
            if self.queue is not None:
                self.queue.unblocked()
            self.kernel.leave(self, None)

    async def stopped(self) -> None:
        """Return once the thread is out of guest code.  The caller holds it.

        Raises STATUS_THREAD_IS_TERMINATING if it ends meanwhile.
        """
        if self.running:
            suspension = self.kernel.scheduler.suspension()
            self.stop_waiters.append(suspension)
            self.guest.interrupt()
            await suspension
        if self.ended:
            raise NtError(STATUS_THREAD_IS_TERMINATING)

    def note_stopped(self) -> None:
        """The thread trapped (or ended): tell whoever waited for that."""
        if self.stop_waiters:
            waiters, self.stop_waiters = self.stop_waiters, []
            for one in waiters:
                one.complete(None)

    async def call_user(self, index: int, data: bytes) -> tuple[int, bytes]:
        """Call a function of the program (PEB.KernelCallbackTable); its status and result."""
        from ring3k.ke.callback import call_user

        return await call_user(self, index, data)

    def die(self) -> None:
        """End the thread: host thread, kernel tasks, waits.  ``ps`` adds its own part."""
        if self.ended:
            return
        self.ended = True
        self.pending = True
        self.unwind()
        if self.guest is not None:
            self.guest.exit()
        for mutant in tuple(self.mutants):
            mutant.abandon(self)
        for timer in tuple(self.timers):
            timer.cancel()
        for request in reversed(tuple(self.requests)):  # the newest first, as NT keeps them
            request.cancel()
        for action in self.at_end:
            action()
        self.at_end.clear()
        if self.queue is not None:
            if self.parked:
                self.queue.unblocked()
            self.queue.leave(self)
        self.kernel.pool.release(APC_COST * len(self.user_apcs))
        self.user_apcs.clear()
        self.note_stopped()
        self.signalled()

    def unwind(self) -> None:
        """Give up whatever the thread was doing in the kernel."""
        tasks, self.tasks = self.tasks, []
        for task in reversed(tasks):
            try:
                task.close()
            except Exception as error:
                self.kernel.on_crash(self, error)
        self.callbacks.clear()

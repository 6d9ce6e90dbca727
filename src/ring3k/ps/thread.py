"""Threads: birth, end, suspension.

A thread is alive from the moment NtCreateThread inserts it; its host thread
reports ``Trap.STARTED`` a little later and only then gets its first registers.
Its first user instruction is KiUserApcDispatcher, with LdrInitializeThunk as the
routine and the CONTEXT given at creation below it: a thread starts by receiving
an APC, and a suspended new thread receives it only when resumed.

NT oddities kept: the TEB goes with the thread, its stack only if the kernel made
it (NtCreateThreadEx) or the thread asked for it (TEB.FreeStackOnTermination);
the 128th suspension fails; a thread that is still held open can be queried after
its end.
"""

from __future__ import annotations

from collections.abc import Coroutine

from ring3k.abi.status import (
    STATUS_PENDING,
    STATUS_SUSPEND_COUNT_EXCEEDED,
    STATUS_THREAD_IS_TERMINATING,
    STATUS_UNSUCCESSFUL,
    NtError,
)
from ring3k.abi.structs.ke import CONTEXT
from ring3k.hooks.events import Note, ThreadExited
from ring3k.ke.context import load_context
from ring3k.ke.thread import KThread, ThreadExit
from ring3k.ob.object import Object
from ring3k.ps.alert import IdAlert
from ring3k.ps.kuser import SharedUserData
from ring3k.ps.table import ClientIdTable
from ring3k.ps.teb import stack_to_free
from ring3k.sched.scheduler import Task
from ring3k.se.impersonation import set_client
from ring3k.typed import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from ring3k.ps.process import Process

MAXIMUM_SUSPEND_COUNT = 127
# FXSAVE image: x87 control word 0x27f (53-bit precision, nothing unmasked), MXCSR 0x1f80
INITIAL_FPU = b"\x7f\x02".ljust(24, b"\0") + b"\x80\x1f".ljust(488, b"\0")


class Thread(Object, KThread):
    """One NT thread on one host thread."""

    type_name = "Thread"
    security_required = True
    process: Process

    def __init__(self, process: Process, teb: int, context: CONTEXT) -> None:
        kernel = process.kernel
        super().__init__(kernel, kernel, process, 0)
        self.tid = kernel.part(ClientIdTable).assign(self)
        self.teb = teb
        self.start_address = context.Eip
        self.win32_start_address = context.Eax or context.Eip
        self.exit_status = STATUS_PENDING
        self.settled = False  # whether that is the last word
        self.create_time = kernel.part(SharedUserData).system_time
        self.exit_time = 0
        self.cpu_time = (0, 0)  # (user, kernel) in 100 ns, once ended
        self.base_increment = 0
        self.priority = process.base_priority
        self.left = False  # it ends itself
        self.affinity = process.affinity
        self.ideal_processor = 0
        self.priority_boost_disabled = process.priority_boost_disabled
        self.tls_array = 0
        self.hidden_from_debugger = False
        self.reported = False  # the debugger knows of the thread
        self.reporting = False  # it tells the debugger something
        self.terminating = False  # it is to end when the debugger has answered
        self.dying = False  # it has ended, but for telling the debugger
        self.break_on_termination = False
        self.id_alert = IdAlert()
        self.io_priority, self.page_priority = 2, 5
        self.description = ""  # what debuggers show; charged to the pool
        self.own_stack = 0  # made with the thread, and goes with it
        self._context: CONTEXT | None = context

    # -- birth ------------------------------------------------------------------
    def start(self, suspended: bool = False) -> None:
        """Make the host thread; the thread is alive from here on."""
        process = self.process
        self.guest = self.memory.create_thread(self.teb)
        self.guest.owner = self
        self.reference()  # while it runs
        process.reference()
        process.threads.append(self)
        clients = self.kernel.part(ClientIdTable)
        if process.pid not in clients.running:
            process.reference()  # while it runs
            clients.start(process)
            if process.job is not None:
                process.job.process_started(process)
        clients.count_thread(1)
        if suspended:
            self.suspend_count = 1
        if process.debug_port is not None:
            self.leaving = self._born
        self.update_pending()

    def _born(self) -> Coroutine[Any, Any, None]:
        """Before the first user instruction, once it may run: tell the debugger."""
        from ring3k.ps.dbgk import report_birth

        return report_birth(self)

    def started(self) -> None:
        """The host thread is there: first registers, and the APC that every thread starts with.

        A debugger hears of the thread on its way to guest code (``leaving``).
        """
        context, self._context = self._context, None
        if context is None:
            return
        process = self.process
        self.guest.set_fpu(INITIAL_FPU)
        thunk = process.user_address("LdrInitializeThunk")
        if thunk:
            process.contract.begin(self, context, thunk)
        else:
            load_context(self.guest, context)
            self.update_pending()

    async def stopped(self) -> None:
        await super().stopped()
        try:
            self.started()  # the host thread may be there, and its first trap not yet answered
        except ThreadExit:
            self.die()
            raise NtError(STATUS_THREAD_IS_TERMINATING) from None

    # -- end --------------------------------------------------------------------
    def exit(self, status: int) -> NoReturn:
        """End the calling thread (from one of its own system calls)."""
        self._settle(status)
        self.left = True
        raise ThreadExit

    def terminate(self, status: int) -> None:
        """End a thread from outside; one that waits for its debugger ends when that has answered."""
        if self.ended or self.dying:
            return
        self._settle(status)
        if self.reporting:
            self.terminating = True
        else:
            self.die()

    def _settle(self, status: int) -> None:
        if not self.settled:  # a status may well be STATUS_PENDING: 259 is a number like any other
            self.settled = True
            self.exit_status = status

    def die(self) -> None:
        if self.ended or self.dying:
            return
        self._settle(STATUS_UNSUCCESSFUL)
        if self.process.debug_port is not None and self.reported and not self.hidden_from_debugger:
            self._tell_end()
        else:
            self._end()

    def _tell_end(self) -> None:
        """No more guest code; the rest comes when the debugger has let it go."""
        from ring3k.ps.dbgk import report_end

        last = self.process.active_threads() == 1
        self.dying = True
        self.suspend_count = 0
        self.hold()
        self.unwind()
        task = Task(report_end(self, last), self._told, self)
        self.tasks.append(task)
        self.kernel.scheduler.ready.append(task)

    def _told(self, task: Task, result: Any, error: BaseException | None) -> None:
        self.tasks.remove(task)
        if error is not None and not isinstance(error, ThreadExit):
            self.kernel.on_crash(self, error)
        self._end()

    def _end(self) -> None:
        """Give back what the thread had."""
        self.exit_time = self.kernel.part(SharedUserData).system_time
        self.cpu_time = self.times()
        process = self.process
        last = len(process.threads) == 1
        if not last and not process.exiting and (self.left or not process.contract.KEEPS_TEB):
            stack = self.own_stack or stack_to_free(self)
            vad = process.vm.find(stack)
            if vad is not None and vad.start == stack and not vad.no_change:
                process.vm.free_secured(stack)
            process.vm.free_secured(self.teb)
        super().die()
        set_client(self, None)
        bus = self.kernel.bus
        if bus.hears(ThreadExited):
            bus.emit(ThreadExited(process.pid, self.tid, self.exit_status))
        process.thread_ended(self)
        self.kernel.part(ClientIdTable).count_thread(-1)
        if self.break_on_termination:  # last: it ends every thread there is
            process.fail_system("a critical thread")
        self.dereference()

    def host_died(self) -> None:
        """The host thread is gone: the guest broke its process, or somebody killed it."""
        process = self.process
        reason = process.memory.crime or "its host process was killed"
        text = f"process {process.pid} ({process.file_name}) ended: {reason}"
        self.kernel.bus.emit(Note(process.pid, self.tid, text))
        process.terminate(STATUS_UNSUCCESSFUL)

    def describe(self, text: str) -> None:
        """Give it a name; STATUS_INSUFFICIENT_RESOURCES."""
        self.kernel.pool.charge(2 * len(text))
        self.kernel.pool.release(2 * len(self.description))
        self.description = text

    def on_delete(self) -> None:
        self.kernel.part(ClientIdTable).release(self.tid)
        self.kernel.pool.release(2 * len(self.description))
        set_client(self, None)  # whoever holds an ended thread open may have given it one
        if self.event_pair is not None:
            self.event_pair.dereference()
        if self.guest is not None:
            self.process.dereference()

    # -- suspension ---------------------------------------------------------------
    def suspend(self) -> int:
        """The count before; STATUS_SUSPEND_COUNT_EXCEEDED, STATUS_THREAD_IS_TERMINATING."""
        if self.ended or self.dying:
            raise NtError(STATUS_THREAD_IS_TERMINATING)
        before = self.suspend_count
        if before >= MAXIMUM_SUSPEND_COUNT:
            raise NtError(STATUS_SUSPEND_COUNT_EXCEEDED)
        self.suspend_count = before + 1
        self.pending = True
        if self.running:
            self.guest.interrupt()
        return before

    def resume(self) -> int:
        """The count before; 0 changes nothing."""
        before = self.suspend_count
        if before and not self.ended:
            self.suspend_count = before - 1
            if before == 1:
                self.unpark()
        return before

    # -- figures --------------------------------------------------------------------
    def times(self) -> tuple[int, int]:
        """(user, kernel) processor time in 100 ns units."""
        if self.ended or self.guest is None:
            return self.cpu_time
        user, system = self.guest.cpu_time()
        return user // 100, system // 100

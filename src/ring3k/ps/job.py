"""Jobs: processes with common limits and accounts.

A process belongs to at most one job, and its children are born into that job
unless they may break away.  Since Windows 8 jobs nest: a process that is put into
another, empty job stays in the first, which is from then on the ``outer`` job of
the second; whoever is in a job is in all jobs around it.  ``processes`` are those
that run; a process that has ended still knows its job.  The job's figures are what
ended processes left behind plus what the running ones have used so far.

A job becomes signalled when its time limit has ended it.  Times are looked at
ten times a second, and only in jobs with a limit of time (NT: once a second).
With its last handle a job loses its completion port, takes no more processes,
and may end those it has.
"""

from __future__ import annotations

from contextlib import suppress

from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_COMMITMENT_LIMIT,
    STATUS_INVALID_PARAMETER,
    STATUS_PAGEFILE_QUOTA,
    STATUS_QUOTA_EXCEEDED,
    NtError,
)
from ring3k.abi.structs.job import (
    ABNORMAL_EXITS,
    ERROR_NOT_ENOUGH_QUOTA,
    JOB_LIMIT,
    JOB_MESSAGE,
)
from ring3k.ke.dispatcher import Dispatcher
from ring3k.ob.object import Object, TypeTable
from ring3k.ps.priority import CLASS_PRIORITY, rebase
from ring3k.se.token import PRIMARY
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.abi.structs.psinfo import JOBOBJECT_BASIC_LIMIT_INFORMATION
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread
    from ring3k.ps.process import Process
    from ring3k.sched.scheduler import Alarm
    from ring3k.se.filter import TokenFilter
    from ring3k.se.token import Token

LOOK = 1_000_000  # 100 ns units between two looks at the times
TERMINATE_AT_END, POST_AT_END = 0, 1
_TIMES = JOB_LIMIT.PROCESS_TIME | JOB_LIMIT.JOB_TIME
_MEMORY = JOB_LIMIT.PROCESS_MEMORY | JOB_LIMIT.JOB_MEMORY
MOST_NESTED = 32
FILTER_COST = 200  # for each SID and privilege of a filter


class Job(Object, Dispatcher):
    """One job."""

    type_name = "Job"
    case_exact = True
    security_required = True

    def __init__(self, kernel: Kernel, session: int) -> None:
        super().__init__(kernel)
        self.session = session
        self.processes: dict[Process, int] = {}  # that run -> committed memory as last seen
        self.ended = False  # by its time limit
        self.unreachable = False  # no handle any more
        self.ui_restrictions = 0
        self.security_flags = 0  # JOB_SECURITY bits
        self.filter: TokenFilter | None = None  # JOB_SECURITY.FILTER_TOKENS: of clients' tokens
        self._filter_cost = 0
        self.token: Token | None = None  # JOB_SECURITY.ONLY_TOKEN: whose copy every member gets
        self.end_action = TERMINATE_AT_END
        self.port: Any = None  # post(key, context, status, information)
        self.key = 0
        self.set: tuple[Job, ...] = ()  # jobs of its job set, by level
        self.level = 0
        self.outer: Job | None = None  # the job around this one
        self._alarm: Alarm | None = None
        self._set_limits()
        self._set_accounts()

    def _set_limits(self) -> None:
        self.limits = 0  # JOB_LIMIT bits
        self.process_time = self.job_time = 0
        self.working_set = (0, 0)
        self.active_limit = 0
        self.affinity = 0
        self.priority_class = 0
        self.scheduling_class = 5
        self.process_memory = self.job_memory = 0  # bytes
        self.peak_process_memory = self.peak_memory = 0

    def _set_accounts(self) -> None:
        self.total_processes = 0
        self.terminated = 0  # because of a limit
        self._times = (0, 0)  # (user, kernel) of ended processes
        self._period = (0, 0)  # total when this period began
        self._io = [0] * 6
        self._memory = 0  # at most that much: what was freed since is not taken off

    def can_take(self, thread: KThread) -> bool:
        return self.ended

    # -- figures ------------------------------------------------------------------------
    def times(self) -> tuple[int, int]:
        """(user, kernel) time of all its processes, 100 ns."""
        user, kernel = self._times
        for process in self.processes:
            more = process.times()
            user, kernel = user + more[0], kernel + more[1]
        return user, kernel

    def period_times(self) -> tuple[int, int]:
        """The same since a job time limit was last set."""
        user, kernel = self.times()
        return user - self._period[0], kernel - self._period[1]

    def io_counters(self) -> list[int]:
        sums = list(self._io)
        for process in self.processes:
            sums = [a + b for a, b in zip(sums, process.io_counters, strict=True)]
        return sums

    # -- members ------------------------------------------------------------------------
    def child_job(self, breakaway: bool, level: int) -> Job | None:
        """The job that a process made by a member is born into.  STATUS_ACCESS_DENIED."""
        leave = JOB_LIMIT.SILENT_BREAKAWAY_OK
        if breakaway and not self.limits & leave:
            if not self.limits & JOB_LIMIT.BREAKAWAY_OK:
                raise NtError(STATUS_ACCESS_DENIED)
            leave |= JOB_LIMIT.BREAKAWAY_OK
        if self.limits & leave:
            return next((job for job in self.around if not job.limits & leave), None)
        if not level:
            return self
        for job in self.set:
            if job.level == level and level >= self.level:
                return job
        raise NtError(STATUS_INVALID_PARAMETER if not self.set else STATUS_ACCESS_DENIED)

    def accepts(self, process: Process) -> bool:
        """Whether a process may be put into it: it is in none, or moves up in a job set."""
        old = process.job
        if self.unreachable or process.session != self.session:
            return False
        if old is None or (old is not self and old in self.set and old.level < self.level):
            return True
        return self._can_nest_in(old)

    def _can_nest_in(self, other: Job) -> bool:
        """Whether members of another job may be put into this one besides."""
        if not self.kernel.part(TypeTable).later or len(other.around) >= MOST_NESTED:
            return False
        if self.outer is not None:
            return self.outer is other
        return not self.processes and not self.set and not other.set and self not in other.around

    @property
    def around(self) -> list[Job]:
        """This job and those around it, from the inside."""
        found, job = [self], self.outer
        while job is not None:
            found.append(job)
            job = job.outer
        return found

    def set_token_limits(self, flags: int, token: Token | None, filter_: TokenFilter | None) -> None:
        """Limits that stay: a token that every member gets, or what clients' tokens lose."""
        if filter_ is not None:
            cost = FILTER_COST * sum(map(len, filter_))
            self.kernel.pool.charge(cost)
            self._filter_cost = cost
            self.filter = filter_
        self.security_flags = flags
        if token is not None:
            token.reference()
            self.token = token

    def add(self, process: Process) -> None:
        """Take a process in and hold it to the limits.  STATUS_QUOTA_EXCEEDED when there are too many."""
        old = process.job
        process.job = self
        self.reference()
        if old is not None and old not in self.set:  # around this one from now on
            if self.outer is None:
                self.outer = old
                old.reference()
            self._take(process)
            old.dereference()
            return
        if old is not None:
            old._forget(process)
            old.dereference()
        for job in reversed(self.around):
            job._take(process)

    def _take(self, process: Process) -> None:
        self.total_processes += 1
        if self.limits & JOB_LIMIT.ACTIVE_PROCESS and len(self.processes) >= self.active_limit:
            self.terminated += 1
            self.post(JOB_MESSAGE.ACTIVE_PROCESS_LIMIT, 0)
            raise NtError(STATUS_QUOTA_EXCEEDED)
        self.processes[process] = 0
        if self.token is not None:
            process.set_token(self.token.duplicate(PRIMARY))
        self._apply(process)
        if process.threads:
            self.announce(process)
        self._watch_times()

    def announce(self, process: Process) -> None:
        """A process got its first thread, or came with threads."""
        self.post(JOB_MESSAGE.NEW_PROCESS, process.pid)

    def process_started(self, process: Process) -> None:
        """A member got its first thread."""
        for job in self.around:
            job.announce(process)

    def process_ended(self, process: Process) -> None:
        """The last thread of a member is gone."""
        for job in self.around:
            job._lost(process)

    def _lost(self, process: Process) -> None:
        if process not in self.processes:
            return
        user, kernel = process.times()
        self._times = self._times[0] + user, self._times[1] + kernel
        self._io = [a + b for a, b in zip(self._io, process.io_counters, strict=True)]
        self._forget(process)
        abnormal = process.exit_status in ABNORMAL_EXITS
        message = JOB_MESSAGE.ABNORMAL_EXIT_PROCESS if abnormal else JOB_MESSAGE.EXIT_PROCESS
        self.post(message, process.pid)
        if not self.processes:
            self.post(JOB_MESSAGE.ACTIVE_PROCESS_ZERO, 0)

    def _forget(self, process: Process) -> None:
        self._memory -= self.processes.pop(process, 0)

    def process_deleted(self, process: Process) -> None:
        """A member's object goes."""
        for job in self.around:
            job._forget(process)
        self.dereference()

    def terminate(self, status: int, but: Any = None) -> None:
        """End every process; of the caller's, every thread but the caller (``but``)."""
        for process in tuple(self.processes):
            process.exiting = True
            process.terminate(status, but if but is not None and process is but.process else None)

    # -- the completion port -----------------------------------------------------------
    def associate(self, port: Any, key: int) -> None:
        """Have messages sent; for the members that are there at once."""
        port.reference()
        self.port, self.key = port, key
        for process in self.processes:
            if process.threads:
                self.announce(process)

    def post(self, message: int, context: int) -> None:
        """A packet: the message in the place of a byte count, a process id in that of the APC context."""
        if self.port is not None:
            with suppress(NtError):  # no memory for it: NT loses the message, too
                self.port.post(self.key, context, 0, message)

    # -- limits ------------------------------------------------------------------------
    def set_limits(
        self, basic: JOBOBJECT_BASIC_LIMIT_INFORMATION, process_memory: int = 0, job_memory: int = 0
    ) -> None:
        """Take limits that have been checked; members are held to them at once."""
        flags = basic.LimitFlags
        self.process_time = basic.PerProcessUserTimeLimit if flags & JOB_LIMIT.PROCESS_TIME else 0
        if flags & JOB_LIMIT.JOB_TIME:
            self.job_time = basic.PerJobUserTimeLimit
            self._period = self.times()
            self.ended = False
        elif flags & JOB_LIMIT.PRESERVE_JOB_TIME:
            flags |= self.limits & JOB_LIMIT.JOB_TIME
        else:
            self.job_time = 0
        self.limits = flags & ~JOB_LIMIT.PRESERVE_JOB_TIME
        if flags & JOB_LIMIT.WORKING_SET:
            self.working_set = basic.MinimumWorkingSetSize, basic.MaximumWorkingSetSize
        self.active_limit = basic.ActiveProcessLimit if flags & JOB_LIMIT.ACTIVE_PROCESS else 0
        self.affinity = basic.Affinity if flags & JOB_LIMIT.AFFINITY else 0
        self.priority_class = basic.PriorityClass if flags & JOB_LIMIT.PRIORITY_CLASS else 0
        if flags & JOB_LIMIT.SCHEDULING_CLASS:
            self.scheduling_class = basic.SchedulingClass
        self.process_memory, self.job_memory = process_memory, job_memory
        for process in self.processes:
            self._apply(process)
        self._watch_times()

    def _apply(self, process: Process) -> None:
        """Hold one process to the limits."""
        limits = self.limits
        if limits & JOB_LIMIT.AFFINITY:
            process.set_affinity(self.affinity)
        if limits & JOB_LIMIT.WORKING_SET:
            process.working_set = self.working_set
        if limits & JOB_LIMIT.PRIORITY_CLASS:
            process.priority_class = self.priority_class
            rebase(process, CLASS_PRIORITY[self.priority_class])
        vm = getattr(process, "vm", None)
        if vm is not None:
            self._count(process, vm.committed)
            vm.commit_limit = -1  # always ask
            vm.on_limit = lambda committed: _commit(process, committed)

    def _count(self, process: Process, committed: int) -> None:
        self._memory += committed - self.processes[process]
        self.processes[process] = committed
        if self._memory > self.peak_memory:
            seen = self.processes
            for one in seen:
                if one is not process:
                    seen[one] = one.vm.committed
            self._memory = sum(seen.values())
            self.peak_memory = max(self.peak_memory, self._memory)
        self.peak_process_memory = max(self.peak_process_memory, committed)

    def _commit(self, process: Process, committed: int) -> None:
        """A member wants to have so much committed.  STATUS_COMMITMENT_LIMIT."""
        if process not in self.processes:
            return
        if self.limits & JOB_LIMIT.PROCESS_MEMORY and committed > self.process_memory:
            self.post(JOB_MESSAGE.PROCESS_MEMORY_LIMIT, process.pid)
            raise NtError(STATUS_COMMITMENT_LIMIT)
        if self.limits & JOB_LIMIT.JOB_MEMORY:
            others = sum(one.vm.committed for one in self.processes if one is not process)
            if committed + others > self.job_memory:
                self.post(JOB_MESSAGE.JOB_MEMORY_LIMIT, process.pid)
                raise NtError(STATUS_COMMITMENT_LIMIT)
        if process.quotas is not None and committed > process.quotas[2]:
            raise NtError(STATUS_PAGEFILE_QUOTA)
        self._count(process, committed)

    # -- time ----------------------------------------------------------------------------
    def _watch_times(self) -> None:
        if self._alarm is None and self.limits & _TIMES and self.processes:
            now = self.kernel.clock.interrupt_time()
            self._alarm = self.kernel.scheduler.alarm(now + LOOK, self._look)

    def _look(self) -> None:
        """Have the limits of time been reached?"""
        self._alarm = None
        if self.limits & JOB_LIMIT.PROCESS_TIME:
            for process in tuple(self.processes):
                if process.times()[0] > self.process_time and not process.exiting:
                    self.terminated += 1
                    self.post(JOB_MESSAGE.END_OF_PROCESS_TIME, process.pid)
                    process.terminate(ERROR_NOT_ENOUGH_QUOTA)
        if self.limits & JOB_LIMIT.JOB_TIME and self.period_times()[0] > self.job_time:
            self._end_of_time()
        self._watch_times()

    def _end_of_time(self) -> None:
        if self.end_action == POST_AT_END and self.port is not None:
            self.limits &= ~JOB_LIMIT.JOB_TIME
            self.post(JOB_MESSAGE.END_OF_JOB_TIME, 0)
            return
        self.limits &= ~JOB_LIMIT.JOB_TIME
        self.terminated += len(self.processes)
        self.ended = True
        self.terminate(ERROR_NOT_ENOUGH_QUOTA)
        self.post(JOB_MESSAGE.END_OF_JOB_TIME, 0)
        self.signalled()

    # -- the end -------------------------------------------------------------------------
    def on_close(self, process: Any) -> None:
        if self.handle_count:
            return
        self.unreachable = True
        if self.port is not None:
            port, self.port = self.port, None
            port.dereference()
        if self.limits & JOB_LIMIT.KILL_ON_JOB_CLOSE:
            self.terminate(0)

    def on_delete(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self.kernel.pool.release(self._filter_cost)
        if self.token is not None:
            self.token.dereference()
        if self.port is not None:
            self.port.dereference()
        if self.outer is not None:
            self.outer.dereference()
        for job in self.set:
            if job is not self:
                job.set = tuple(one for one in job.set if one is not self)


def _commit(process: Process, committed: int) -> None:
    """A member wants to have so much committed: every job that it is in is asked."""
    job: Job = process.job
    for one in job.around:
        one._commit(process, committed)

"""Processes: what a set of threads shares, and its end.

A process runs from its first thread to its last.  When the last thread is gone
its handles are closed, its address space is given back and the object becomes
signalled; the object itself stays while handles to it are open, and with it its
id and exit status.  A process that never had a thread never becomes signalled:
it disappears with its last handle.

``exiting`` is set by NtTerminateProcess and keeps new threads out.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from ring3k.abi.status import STATUS_PENDING
from ring3k.abi.structs.ps import PEB_NT40
from ring3k.abi.version import Version
from ring3k.hooks.events import Note, ProcessExited
from ring3k.ke.thread import KProcess
from ring3k.ob.handles import HandleTable
from ring3k.ob.object import Object
from ring3k.ps.kuser import SharedUserData
from ring3k.ps.ldt import DescriptorTable
from ring3k.ps.resolution import update_clock
from ring3k.ps.system_dll import SystemDll
from ring3k.ps.table import ClientIdTable
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.engine.protocol import Space
    from ring3k.hooks.crash.surroundings import Surroundings
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread
    from ring3k.mm.address_space import AddressSpace
    from ring3k.mm.image import Image
    from ring3k.mm.section import Section
    from ring3k.ps.contract import ProcessContract
    from ring3k.ps.handle_trace import HandleTrace
    from ring3k.ps.thread import Thread
    from ring3k.se.token import Token

NORMAL_PRIORITY_CLASS = 2
NORMAL_BASE_PRIORITY = 8


class Process(Object, KProcess):
    """One NT process in one host process."""

    type_name = "Process"
    security_required = True
    threads: list[Thread]
    vm: AddressSpace

    def __init__(self, kernel: Kernel, parent: Process | None, image_name: str, image: Image) -> None:
        super().__init__(kernel)
        table = kernel.part(ClientIdTable)
        self.image_name = image_name  # NT path of the image file
        self.image = image  # its headers
        self.threads = []
        self.handles = HandleTable(self)
        self.peb = 0
        self.image_base = 0
        self.section: Section | None = None
        self.dll_base = 0  # of ntdll
        self.at_end: Callable[[], None] | None = None  # for whoever started it from outside
        self.screen: Any = parent.screen if parent else None  # where its NtDisplayString text goes
        self.exit_status = STATUS_PENDING
        self.exiting = False
        self.ended = False
        self.last_tid = 0  # of the thread that ended last: in its name handles are closed
        self.create_time = kernel.part(SharedUserData).system_time
        self.exit_time = 0
        self._cpu_time = (0, 0)  # what times() last said
        self._clean = False
        self._made = False
        self._set_figures(kernel, parent)
        self.parent_pid = parent.pid if parent is not None else table.system
        self.pid = table.assign(self)

    def _set_figures(self, kernel: Kernel, parent: Process | None) -> None:
        """What a child takes over, and what it starts with."""
        processors = kernel.part(Version).processors
        self.affinity: int = parent.affinity if parent else (1 << processors) - 1
        self.session: int = parent.session if parent else 0
        self.hard_error_mode: int = parent.hard_error_mode if parent else 1
        self.priority_class = NORMAL_PRIORITY_CLASS
        self.base_priority = NORMAL_BASE_PRIORITY
        self.foreground = False
        self.priority_boost_disabled = False
        self.break_on_termination = False
        self.alignment_fixup = False
        self.io_priority, self.page_priority = 2, 5
        self.execute_flags = 0
        self.user_mode_iopl = False
        self.handle_trace: HandleTrace | None = None
        self.ldt = DescriptorTable(kernel.pool)
        self.quotas: tuple[int, ...] | None = None  # paged pool, nonpaged pool, page file
        self.fault_watch: list[tuple[int, int]] | None = None  # (eip, address) of page faults
        self.device_map: Any = None  # the directory that \\?? stands for, None for the system's
        if parent is not None and parent.device_map is not None:
            self.set_device_map(parent.device_map)
        self.working_set = (50 * 0x1000, 345 * 0x1000)
        self.io_counters = [0] * 6  # as in IO_COUNTERS
        self._cookie = 0
        self.job: Any = None
        self.debug_port: Any = None  # a debug object, or on 2000 an LPC port (ps.dbgk)
        self.exception_port: Any = None
        self.freezer: Any = None  # dbgk.Freezer, once debugged
        self.reported = False  # the debugger knows of the process
        self.no_debug_inherit = False  # children are not debugged

    @property
    def file_name(self) -> str:
        """The image's last name, as process lists show it."""
        return self.image_name.rpartition("\\")[2]

    def set_memory(self, space: Space, vm: AddressSpace) -> None:
        """The host process that holds it, and the kernel's account of its memory."""
        self.memory, self.vm, self._made = space, vm, True
        vm.pid, vm.threads = self.pid, self.threads

    def set_token(self, token: Token) -> None:
        """Take on a primary token, which then is no other process's."""
        token.reference()
        token.in_use = True
        old, self.token = self.token, token
        if old is not None:
            old.in_use = False
            old.dereference()

    def set_device_map(self, directory: Object | None) -> None:
        old = self.device_map
        if directory is not None:
            directory.reference()
        self.device_map = directory
        if old is not None:
            old.dereference()

    def trace_handles(self, trace: HandleTrace | None) -> None:
        """Have what happens to its handles noted, or (None) no longer."""
        old, self.handle_trace = self.handle_trace, trace
        self.handles.trace = trace
        if old is not None:
            old.close()

    def set_affinity(self, mask: int) -> None:
        """The processors for all its threads."""
        self.affinity = mask
        for thread in self.threads:
            thread.affinity = mask

    # -- debugging ---------------------------------------------------------------
    def mark_debugged(self, debugged: bool) -> None:
        """PEB.BeingDebugged."""
        if self.peb and not self._clean:
            self.memory.poke(self.peb + PEB_NT40.offset("BeingDebugged"), bytes((debugged,)))

    def let_go(self) -> None:
        """Ended from outside the system, it waits for no debugger or exception port, and is not critical."""
        self.break_on_termination = False
        if self.debug_port is not None:
            self.debug_port.detach(self)
        for one in self.threads:
            one.break_on_termination = one.reporting = one.dying = False

    def fail_system(self, what: str) -> None:
        """Something the system cannot be without has ended: NT stops with a bug check, and so do we."""
        text = f"{what} of process {self.pid} ({self.file_name}) ended: the system stops"
        self.kernel.bus.emit(Note(self.pid, 0, text))
        self.kernel.shut_down()

    def active_threads(self) -> int:
        """Threads that have not begun to end."""
        return sum(not one.dying for one in self.threads)

    def set_parameters(self, address: int) -> None:
        """PEB.ProcessParameters."""
        place = self.peb + PEB_NT40.offset("ProcessParameters")
        self.memory.poke(place, address.to_bytes(4, "little"))

    @property
    def cookie(self) -> int:
        """ProcessCookie: what RtlEncodePointer mixes in; made at first use, never zero."""
        while not self._cookie:
            self._cookie = int.from_bytes(os.urandom(4), "little")
        return self._cookie

    @property
    def contract(self) -> ProcessContract:
        """How its ntdll is entered, and what it finds."""
        return self.kernel.part(SystemDll).contract

    def user_address(self, name: str) -> int:
        """Where ntdll wants to be entered for a purpose; 0 when it does not say."""
        place = self.kernel.part(SystemDll).places.get(name, 0)
        return self.dll_base + place if place else 0

    # -- waiting ----------------------------------------------------------------
    def can_take(self, thread: KThread) -> bool:
        return self.ended

    # -- figures ------------------------------------------------------------------
    def locate(self, address: int) -> str | None:
        """``module+0x12`` for an address inside a mapped image."""
        return None if self._clean else self.vm.locate(address)

    def surroundings(self) -> Surroundings:
        """What is where, for whoever tells of a crash."""
        return self.vm

    def times(self) -> tuple[int, int]:
        """(user, kernel) processor time of all threads, ended ones too, in 100 ns units."""
        used = self.memory.cpu_time()
        if used is not None:
            self._cpu_time = used[0] // 100, used[1] // 100
        return self._cpu_time

    # -- the end -------------------------------------------------------------------
    def terminate(self, status: int, but: Thread | None = None) -> None:
        """End every thread, or every thread but the calling one."""
        if but is None:
            self.exiting = True
        for one in tuple(self.threads):
            if one is not but:
                one.terminate(status)

    def thread_ended(self, thread: Thread) -> None:
        """One thread less; the last one takes the process with it."""
        self.threads.remove(thread)
        self.last_tid = thread.tid
        if self.threads:
            return
        if self.exit_status == STATUS_PENDING:
            self.exit_status = thread.exit_status
        self.exiting = self.ended = True
        self.times()  # while there is something to ask
        self.exit_time = self.kernel.part(SharedUserData).system_time
        if self.debug_port is not None:
            self.debug_port.ended(self)
        self._clean_up()
        bus = self.kernel.bus
        if bus.hears(ProcessExited):
            bus.emit(ProcessExited(self.pid, self.exit_status))
        self.kernel.part(ClientIdTable).end(self)
        if self.job is not None:
            self.job.process_ended(self)
        if self.break_on_termination:
            self.fail_system("all")
        if self.timer_resolution:
            update_clock(self.kernel)
        self.signalled()
        if self.at_end is not None:
            self.at_end()
        self.dereference()

    def _clean_up(self) -> None:
        """Give handles, memory and the host process back."""
        if self._clean:
            return
        self._clean = True
        self.handles.close_all()
        port, self.exception_port = self.exception_port, None
        if port is not None:  # it may be a port of this process: neither would ever go
            port.dereference()
        if self._made:
            self.vm.close()
            self.memory.destroy()

    def on_delete(self) -> None:
        self._clean_up()
        self.kernel.part(ClientIdTable).release(self.pid)
        self.ldt.cut()
        self.trace_handles(None)
        if self.job is not None:
            self.job.process_deleted(self)
        if self.token is not None:
            self.token.in_use = False
        for one in (self.section, self.token, self.device_map, self.debug_port):
            if one is not None:
                one.dereference()

"""One virtual computer: every room's state, put together and taken apart again.

The kernel's table of system calls fills itself: a call is decoded by what
``hooks`` wants at the moment it is first made, and the table is emptied whenever
a hook comes or goes.  Calls that the engine answers itself (``ShortCut``) are
switched off in every process for as long as somebody watches them.

Nothing here refers to the public ``System``, so that one can be collected while
its machine is still shutting down.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable
from contextlib import suppress

from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_INVALID_SYSTEM_SERVICE,
    STATUS_NOT_IMPLEMENTED,
    NtError,
)
from ring3k.abi.structs.mm import PAGE_EXECUTE, SEC_IMAGE
from ring3k.abi.tables import WIN32K
from ring3k.calls import LateCalls
from ring3k.cm.locale import KeptLocale
from ring3k.cm.root import ConfigurationManager
from ring3k.engine.protocol import Engine, ShortCut
from ring3k.ex.display import Display
from ring3k.ex.locale import Locale
from ring3k.hooks.calls import HookTable, caller_of
from ring3k.hooks.events import Bus, DebugPrint, Note, Unimplemented
from ring3k.hooks.statistics import MissingCalls
from ring3k.io.console import ConsoleDevice
from ring3k.io.disk.backing import FileData
from ring3k.io.disk.volume import Volume
from ring3k.io.network import Network
from ring3k.ke.kernel import Kernel
from ring3k.ke.luid import LuidSource
from ring3k.ke.thread import KThread
from ring3k.lpc.late import LatePort
from ring3k.mm.commit import CommitAccount
from ring3k.mm.fault import fault
from ring3k.mm.image import image_segment
from ring3k.mm.section import Section
from ring3k.mm.segment import SegmentTable
from ring3k.ob.namespace import Namespace
from ring3k.ob.object import TypeTable
from ring3k.ob.security import SecurityMonitor
from ring3k.ps.kuser import SharedUserData
from ring3k.ps.process import Process
from ring3k.ps.table import ClientIdTable
from ring3k.sched.clock import Clock
from ring3k.se.defaults import secure_namespace
from ring3k.se.monitor import ReferenceMonitor
from ring3k.typed import Any
from ring3k.userland.base import Userland
from ring3k.userland.drives import SYSTEM_DRIVE, Drives
from ring3k.userland.folder import MachineFolder
from ring3k.userland.objects import (
    SYSTEM_VOLUME,
    create_objects,
    driver_table,
    hive_files,
    image_files,
    language_tables,
)
from ring3k.userland.streams import HostStreams

STATUS_SYSTEM_SHUTDOWN = 0xC00002FE
SECOND = 10_000_000
MOST_TOLD = 50  # different faults of ours that are reported; all are counted
# Hardly anything of the kernel's goes in circles; with 100,000 handles or files, looking for those is slow.
COLLECT = (50_000, 20, 20)
SHORT_CUTS = {
    "NtQuerySystemTime": ShortCut.QUERY_SYSTEM_TIME,
    "NtGetTickCount": ShortCut.TICK_COUNT,
    "NtQueryPerformanceCounter": ShortCut.PERFORMANCE_COUNTER,
    "NtYieldExecution": ShortCut.YIELD_ALONE,
}


class Machine:
    """What a ``System`` runs on."""

    def __init__(
        self,
        engine: Engine,
        userland: Userland,
        folder: MachineFolder,
        clock: Clock | None,
        report: Callable[[str], None],
        root: str | None = None,
        *,
        network: bool = False,
    ) -> None:
        """``root``: the host folder that is drive C: instead of the machine folder's.  ``network``: whether
        programs may use the host's."""
        self.engine = engine
        self.userland = userland
        version = self.version = userland.version
        self.folder = folder
        self.report = report
        self.debug = False  # tracebacks of our own faults
        self.streams = HostStreams()
        self.crashes = 0
        self._told: set[tuple[str, str]] = set()  # of those, what has been reported
        self._kept: set[Process] = set()
        self._images: list[tuple[Section, tuple[int, int]]] = []  # laid out ahead, each with its file's stamp
        self.closed = False
        self.unimplemented = MissingCalls()
        self.on_missing: Callable[[str], None] | None = None  # the first missing call ends everything
        self.bus = Bus(report)
        self.hooks = HookTable(report)
        self.kernel = Kernel(engine, self.bus, clock)
        self.kernel.add_part(self.unimplemented)
        self.kernel.add_part(Network(network))
        self.calls = LateCalls()
        self.numbers = userland.numbers
        self.clients = ClientIdTable(version.name)
        self._connect()
        self._add_parts(Volume(root or folder.drive_c(version)))

    def _connect(self) -> None:
        """What the kernel and the hooks ask of the composition."""
        kernel = self.kernel
        kernel.answer_unknown = self._first_use
        kernel.answer_page_fault = fault
        kernel.shut_down = self.shut_down
        kernel.on_crash = self._crashed
        self.hooks.adapters = self.userland.adapters
        self.hooks.on_change = self._hooks_changed
        self.hooks.on_declared = self._not_implemented
        self.clients.on_population = self._set_short_cuts
        self.clients.on_process = self.set_short_cuts
        self.clients.on_empty = kernel.stop
        self.bus.subscribe(self.streams.debug_print, DebugPrint)

    def _add_parts(self, system_drive: Volume) -> None:
        """Every room's own state, lower rooms first."""
        kernel, version = self.kernel, self.version
        for part in (version, self.clients, TypeTable(version.level >= 60), CommitAccount(), SegmentTable()):
            kernel.add_part(part)
        kernel.add_part(LuidSource())
        self.monitor = ReferenceMonitor(kernel, version.name)
        kernel.add_part(self.monitor)
        kernel.add_part(self.monitor, SecurityMonitor)
        kernel.add_part(Locale())
        kernel.add_part(Display(self.streams.display))
        self.configuration = ConfigurationManager(
            kernel, self.folder.registry if self.folder.keeps_registry else None
        )
        kernel.add_part(self.configuration)
        kernel.part(Locale).store = KeptLocale(self.configuration)
        self.shared = SharedUserData(kernel, version)
        kernel.add_part(self.shared)
        for path, host in self.userland.files.items():
            system_drive.mount(path, host)
        for path, hosts in self.userland.layers.items():
            system_drive.lay_over(path, *hosts)
        create_objects(kernel, version)
        kernel.add_part(image_files(kernel))
        kernel.add_part(hive_files(kernel))
        kernel.add_part(driver_table(kernel))
        self.tables = language_tables(kernel, self.userland.tables)
        kernel.add_part(self.tables)
        self.console = ConsoleDevice(kernel, self.streams.write, self.streams.descriptor)
        kernel.part(Namespace).insert("\\Device\\Console", self.console)
        self.drives = Drives(kernel)
        kernel.add_part(self.drives)
        self.drives.add(SYSTEM_DRIVE, system_drive)
        self.command_port = LatePort(kernel)
        secure_namespace(kernel.part(Namespace))
        ntdll = f"{SYSTEM_VOLUME}{version.system_root.partition(':')[2]}\\System32\\ntdll.dll"
        section = self.image_section(self.userland.ntdll, ntdll)
        self.dll = self.userland.connect(kernel, section, self.engine.gate)
        kernel.add_part(self.dll)

    def image_section(self, host: str, name: str) -> Section:
        """An image section of a host file.  NtError when it is no program this system can load."""
        try:
            backing = FileData(os.open(host, os.O_RDONLY | os.O_CLOEXEC), name)
        except OSError:
            raise NtError(STATUS_ACCESS_DENIED) from None
        try:
            segment = image_segment(self.kernel, backing)
        except BaseException:
            backing.close()
            raise
        return Section(self.kernel, segment, segment.size, PAGE_EXECUTE, SEC_IMAGE)

    def keep(self, process: Process) -> Callable[[], None]:
        """Keep a process for somebody outside, until what is returned is called or the machine ends."""
        kept = self._kept
        process.reference()
        kept.add(process)

        def release() -> None:
            if process in kept:
                kept.remove(process)
                process.dereference()

        return release

    def run(self, done: Callable[[], bool], timeout: float | None = None) -> None:
        """Run the kernel until something is so (whoever makes it so stops the kernel), or time is up."""
        clock = self.kernel.clock
        deadline = None if timeout is None else clock.interrupt_time() + int(timeout * SECOND)
        before = gc.get_threshold()
        gc.set_threshold(*COLLECT)
        try:
            while not done() and (deadline is None or clock.interrupt_time() < deadline):
                self.kernel.run(deadline)
        finally:
            gc.set_threshold(*before)
        if self.streams.terminal is not None:
            self.streams.terminal.flush()

    # -- system calls ------------------------------------------------------------------
    def _first_use(self, t: KThread) -> Any:
        """A number that is not in the kernel's table (yet)."""
        number = t.guest.eax
        name = self.numbers.names.get(number)
        declaration = self.calls.get(name) if name is not None else None
        if declaration is None:
            self._unknown(t, number, name)
            return 0 if number & WIN32K else STATUS_INVALID_SYSTEM_SERVICE  # USER and GDI fail with zero
        answer = self.kernel.table[number] = self.hooks.wrap(declaration, number)
        return answer(t)

    def expect(self, numbers: Iterable[int]) -> None:
        """Be ready for these calls."""
        for number in numbers:
            declaration = self.calls.get(self.numbers.names.get(number, ""))
            if declaration is not None:
                self.kernel.table[number] = self.hooks.wrap(declaration, number)

    def lay_out(self, images: Iterable[tuple[str, str]]) -> None:
        """Have these images ready: (host path, NT path), of which only those of the userland count, as no
        program could tell: they are in use from now on."""
        folders = {os.path.realpath(one) for hosts in self.userland.layers.values() for one in hosts}
        for host, name in images:
            if os.path.dirname(host) in folders:
                with suppress(NtError):
                    section = self.image_section(host, name)
                    section.reference()
                    self._images.append((section, _stamp(section)))

    @property
    def is_fresh(self) -> bool:
        """Whether the files of those images are as they were."""
        return all(_stamp(section) == stamp for section, stamp in self._images)

    def _hooks_changed(self) -> None:
        self.kernel.table.clear()
        self._set_short_cuts()
        for process in self.clients.running.values():
            process.memory.call_back()

    def _set_short_cuts(self) -> None:
        for process in self.clients.running.values():
            self.set_short_cuts(process)

    def set_short_cuts(self, process: Process) -> None:
        """What the engine may answer in this process, as things stand."""
        for name, what in SHORT_CUTS.items():
            number = self.numbers.numbers.get(name)
            if number is None:
                continue
            alone = what != ShortCut.YIELD_ALONE or self.clients.threads == 1
            wanted = alone and not self.hooks.watches(name)
            process.memory.set_short_cut(number, what if wanted else ShortCut.OFF)

    def _not_implemented(self, t: KThread, name: str) -> None:
        self.unimplemented.note(t, name)
        if self.bus.hears(Unimplemented):
            self.bus.emit(Unimplemented(t.process.pid, t.tid, name, caller_of(t)))
        if self.on_missing is not None:
            self._end_at(t, name)

    def _unknown(self, t: KThread, number: int, name: str | None) -> None:
        text = name or f"{number:#x}"
        if text not in self.unimplemented.calls:
            where = caller_of(t)
            self.bus.emit(
                Note(t.process.pid, t.tid, f"no system call {text} ({self.version.name}), at {where}")
            )
        self.unimplemented.note(t, text)
        if self.on_missing is not None:
            self._end_at(t, text)

    def _end_at(self, t: KThread, name: str) -> None:
        """Tell of a call that nobody has written yet, and end every process."""
        from ring3k.hooks.missing import describe_call

        told, self.on_missing = self.on_missing, None
        if told is not None:
            told(describe_call(t, name, self.calls.get(name), self.numbers.words.get(name, 0)))
        for process in tuple(self.clients.running.values()):
            process.terminate(STATUS_NOT_IMPLEMENTED)

    def _crashed(self, t: KThread, error: BaseException) -> None:
        """A fault of ours in a system call."""
        self.crashes += 1
        name = "a thread of the kernel's own"
        if t.ended:
            name = "a thread that has ended"
        elif t.guest is not None:
            name = self.numbers.names.get(t.guest.eax, f"system call {t.guest.eax:#x}")
        known = (name, f"{type(error).__name__}: {error}")
        if known in self._told or len(self._told) >= MOST_TOLD:  # a guest may do it again and again
            return
        self._told.add(known)
        self.report(f"internal error in {name} of {t.process.pid}.{t.tid}: {type(error).__name__}: {error}")
        if self.debug:
            import traceback

            self.report("".join(traceback.format_exception(error)))

    # -- the end ----------------------------------------------------------------------------
    def shut_down(self) -> None:
        """End every process."""
        for process in tuple(self.clients.running.values()):
            process.let_go()
        for process in tuple(self.clients.running.values()):
            process.terminate(STATUS_SYSTEM_SHUTDOWN)
        self.kernel.stop()

    def close(self) -> None:
        """Give everything back, whatever state the kernel is in.  May be called twice."""
        if self.closed:
            return
        self.closed = True
        try:
            self.shut_down()
            while self._kept:
                self._kept.pop().dereference()
            while self._images:
                self._images.pop()[0].dereference()
            self.command_port.close()
            if self.streams.terminal is not None:
                self.streams.terminal.close()
            self.console.input.close()
            self.tables.close()
            self.kernel.close()
            self.dll.close()
            self.shared.close()
            self.configuration.close()
        finally:
            self.engine.close()
            self.drives.close()
            self.folder.close()


def _stamp(section: Section) -> tuple[int, int]:
    """What changes when the file of an image does."""
    backing = section.segment.backing
    info = os.fstat(backing.host) if backing is not None and backing.host >= 0 else None
    return (info.st_size, info.st_mtime_ns) if info is not None else (0, 0)

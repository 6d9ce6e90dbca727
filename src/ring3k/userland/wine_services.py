"""The service manager: Wine's services.exe, an ordinary program, started when somebody first asks for it.

What asks is an opening of a pipe that it or one of its services keeps (``WineContract.pipe_server``).
Whoever opens one waits until services.exe says that all services have started that
start by themselves.  Programs that ask for no service never see it, and pay nothing.

It and what it starts tell us that they are there only for others (an information
class of Wine's): they get an event that is set when all other programs have ended,
and end themselves then; those that do not are ended.  A program that comes later
starts new ones.
"""

from __future__ import annotations

from ring3k.abi.access import SYNCHRONIZE
from ring3k.abi.status import (
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_OBJECT_TYPE_MISMATCH,
    STATUS_SUCCESS,
    NtError,
)
from ring3k.abi.structs.mm import PAGE_EXECUTE, SEC_IMAGE
from ring3k.abi.version import Version
from ring3k.cm.root import ConfigurationManager
from ring3k.ex.event import Event
from ring3k.mm.image import image_segment
from ring3k.mm.section import Section
from ring3k.ob.namespace import Namespace
from ring3k.ps.create import create_process, start_first_thread, write_parameters
from ring3k.ps.image_files import ImageFiles
from ring3k.ps.peb import Parameters
from ring3k.ps.process import Process
from ring3k.ps.table import ClientIdTable
from ring3k.se.defaults import system_descriptor
from ring3k.typed import TYPE_CHECKING
from ring3k.userland.wine import Wine

if TYPE_CHECKING:
    from ring3k.abi.types import InBuffer
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread

PROGRAM = "services.exe"
STARTED = "\\BaseNamedObjects\\__wine_SvcctlStarted"  # an event that services.exe sets
SECOND = 10_000_000
PATIENCE = 60 * SECOND  # for services to start
GRACE = 5 * SECOND  # for them to end


class Services:
    """Of one system."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._manager: Process | None = None
        self._all_gone: Event | None = None  # that the servants wait for
        kernel.part(ClientIdTable).on_idle = self._idle
        kernel.at_close(self._close)

    @classmethod
    def for_kernel(cls, kernel: Kernel) -> Services:
        return cls(kernel)

    # -- the manager ------------------------------------------------------------------
    async def ready(self, t: KThread) -> None:
        """Wait until the services run, or cannot be started.  The caller looks which it is."""
        if t.process is self._manager:
            return
        started = self._event()
        manager = self._manager
        if manager is None or manager.ended:
            started.reset()
            manager = self._manager = self._start()
        deadline = self._kernel.clock.interrupt_time() + PATIENCE
        manager.reference()
        try:
            await t.wait((started, manager), deadline=deadline)
        finally:
            manager.dereference()

    def _event(self) -> Event:
        """What services.exe sets; only the system may set it.  STATUS_OBJECT_TYPE_MISMATCH."""
        space = self._kernel.part(Namespace)
        try:
            found = space.resolve(STARTED)
        except NtError:
            found = Event(self._kernel, False, False)
            space.insert(STARTED, found)
            found.set_security(system_descriptor(Event.rights.mapping))
        if not isinstance(found, Event):  # somebody took the name
            raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
        return found

    def _start(self) -> Process:
        """Run services.exe, as LocalSystem in session 0."""
        kernel = self._kernel
        self._forget()
        folder = kernel.part(Version).system_root + "\\system32"
        section = self._section(f"{folder}\\{PROGRAM}")
        section.reference()
        try:
            process = create_process(kernel, None, section)
        finally:
            section.dereference()
        process.reference()
        try:
            registry = kernel.part(ConfigurationManager)
            environment = kernel.part(Wine).environment(lambda: registry.registry)
            image = f"{folder}\\{PROGRAM}"
            write_parameters(process, Parameters(image, image, folder + "\\", folder, environment))
            start_first_thread(process)
        except BaseException:
            process.dereference()
            raise
        return process

    def _section(self, path: str) -> Section:
        kernel = self._kernel
        file = kernel.part(ImageFiles).open_program(None, f"\\??\\{path}")
        try:
            backing = file.section_backing()
            try:
                segment = image_segment(kernel, backing)
            except BaseException:
                backing.close()
                raise
            return Section(kernel, segment, segment.size, PAGE_EXECUTE, SEC_IMAGE)
        finally:
            file.dereference()

    # -- who serves -------------------------------------------------------------------
    def join(self, t: KThread) -> int:
        """The caller's process serves others; a handle of the event that tells it when they are gone."""
        if self._all_gone is None:
            self._all_gone = Event(self._kernel, False, False)
            self._all_gone.reference()
        handle: int = t.handles.insert(self._all_gone, SYNCHRONIZE)
        self._kernel.part(ClientIdTable).serves(t.process)
        return handle

    def _idle(self) -> None:
        """Nobody is left to serve."""
        event, self._all_gone = self._all_gone, None
        if event is not None:
            event.set()
            event.dereference()
        table = self._kernel.part(ClientIdTable)
        left = [process for pid, process in table.running.items() if pid in table.servants]

        def insist() -> None:
            for process in left:
                if not process.ended:
                    process.terminate(STATUS_SUCCESS)

        self._kernel.scheduler.alarm(self._kernel.clock.interrupt_time() + GRACE, insist)

    def _forget(self) -> None:
        manager, self._manager = self._manager, None
        if manager is not None:
            manager.dereference()

    def _close(self) -> None:
        self._forget()
        event, self._all_gone = self._all_gone, None
        if event is not None:
            event.dereference()


def make_system(t: KThread, handle: int, buffer: InBuffer) -> int:
    """ProcessWineMakeProcessSystem: what is set is where the handle goes."""
    if buffer.size != 4:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    made = t.kernel.late_part(Services).join(t)
    t.memory.write(buffer.address, made.to_bytes(4, "little"))
    return STATUS_SUCCESS

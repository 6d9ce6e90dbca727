"""\\Device\\ConDrv: its names, and the files that they open.

* ``Server``: where a console is made; here all of them are the one that the host's
  terminal shows, or one that nobody sees if there is none.
* ``Reference``, relative to a server or a connection: the console as a file, which a
  process passes on to its children.
* ``Connection``, relative to that: opening it attaches the process to the console, closing
  it detaches; by itself it is open to be bound to another process' console.
* ``Input``, ``Output``: the console of whoever uses the file, at that time, and of it the
  screen that was active when the file was opened; ``CurrentIn``, ``CurrentOut``: those of
  the opener.  ``Console`` or nothing: one of the latter, by what is asked for.
* ``ScreenBuffer``: a new screen.

NT oddities kept: operations on one file do not wait for each other, although their
callers wait; a file is signalled while there is input.
"""

from __future__ import annotations

from collections.abc import Callable

from ring3k.abi.access import FILE_READ_DATA, FILE_WRITE_DATA
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_CONTROL_C_EXIT,
    STATUS_INVALID_DEVICE_REQUEST,
    STATUS_INVALID_HANDLE,
    STATUS_INVALID_PARAMETER,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_OBJECT_PATH_NOT_FOUND,
    NtError,
)
from ring3k.abi.structs.io import FILE_DEVICE_CONSOLE
from ring3k.io.condrv import protocol as p
from ring3k.io.condrv.codepage import from_utf16
from ring3k.io.condrv.console import Console
from ring3k.io.condrv.controls import INPUT_CONTROLS, OUTPUT_CONTROLS
from ring3k.io.condrv.screen import Screen
from ring3k.io.device import Device, Opening
from ring3k.io.file import FileObject
from ring3k.ob.namespace import Namespace
from ring3k.ps.table import ClientIdTable
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.abi.types import InBuffer, OutBuffer
    from ring3k.io.condrv.terminal import Terminal
    from ring3k.io.request import Request
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread
    from ring3k.ps.process import Process

MOST_WRITTEN = 1 << 20  # bytes of one write; of more, only part is written
PIECE = 1 << 16
PLAIN_NAMES = {
    "": "\\Device\\Console",
    "CONSOLE": "\\Device\\Console",
    "CURRENTIN": "\\Device\\Console\\Input",
    "CURRENTOUT": "\\Device\\Console\\Output",
}


class ConDrvDevice(Device):
    """The device."""

    device_type = FILE_DEVICE_CONSOLE

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self.console: Console | None = None  # the one that consoles of this system are
        self.deliver: Callable[[Process, int], None] = _end
        self.group_of: Callable[[Process], int] = _own_group
        self._attached: dict[Process, Console] = {}
        self._files: dict[ConsoleFile, None] = {}

    @classmethod
    def for_kernel(cls, kernel: Kernel) -> ConDrvDevice:
        made = cls(kernel)
        made.reference()
        return made

    def open_console(self, terminal: Terminal | None) -> Console:
        """The system's console, made at the first time."""
        if self.console is None:
            self.console = Console(self.kernel, terminal, self._deliver)
            self.console.on_records = self._have_records
        return self.console

    def close(self) -> None:
        """The system ends.  May be called twice."""
        if self.console is not None:
            self.console.close()

    def _deliver(self, process: Process, event: int) -> None:
        self.deliver(process, event)

    def _have_records(self) -> None:
        for file in tuple(self._files):
            if file.waiters:
                file.signalled()

    # -- who is attached ----------------------------------------------------------------------
    def console_of(self, process: Process | None) -> Console:
        """STATUS_INVALID_HANDLE: it has none."""
        console = None if process is None else self._attached.get(process)
        if console is None:
            raise NtError(STATUS_INVALID_HANDLE)
        return console

    def attach(self, process: Process, console: Console) -> None:
        self._attached[process] = console
        console.processes[process] = self.group_of(process)

    def detach(self, process: Process) -> None:
        console = self._attached.pop(process, None)
        if console is not None:
            console.processes.pop(process, None)

    def is_attached(self, process: Process) -> bool:
        return process in self._attached

    # -- names ----------------------------------------------------------------------------------
    def open(self, t: KThread | None, rest: str, attributes: int, how: Opening) -> FileObject:
        name = rest.lstrip("\\").upper()
        process = t.process if t is not None else None
        if name in PLAIN_NAMES and (process is None or process not in self._attached):
            return self._plain(t, PLAIN_NAMES[name], attributes, how)
        if name == "SERVER":
            return ServerFile(self, how)
        if name == "CONNECTION":
            return ConnectionFile(self, how)
        if name == "INPUT":
            self.console_of(process)
            return InputFile(self, how, None)
        if name == "OUTPUT":
            console = self.console_of(process)
            return OutputFile(self, how, console, console.active, bound=False)
        if name == "CURRENTIN":
            return InputFile(self, how, self.console_of(process))
        if name == "CURRENTOUT":
            console = self.console_of(process)
            return OutputFile(self, how, console, console.active)
        if name == "SCREENBUFFER":
            console = self.console_of(process)
            return OutputFile(self, how, console, console.new_screen())
        if name in ("", "CONSOLE"):
            return self._by_access(self.console_of(process), how)
        raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)

    def _plain(self, t: KThread | None, name: str, attributes: int, how: Opening) -> FileObject:
        """Who has no console may have the host's streams by these names; STATUS_INVALID_HANDLE."""
        try:
            found = self.kernel.part(Namespace).walk(t, name, None, attributes, how).object
        except NtError as error:
            if error.status in (STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND):
                raise NtError(STATUS_INVALID_HANDLE) from None
            raise
        if not isinstance(found, FileObject):
            raise NtError(STATUS_INVALID_HANDLE)
        return found

    def _by_access(self, console: Console, how: Opening) -> FileObject:
        reads, writes = how.granted & FILE_READ_DATA, how.granted & FILE_WRITE_DATA
        if reads and writes:
            raise NtError(STATUS_INVALID_PARAMETER)
        if writes:
            return OutputFile(self, how, console, console.active)
        return InputFile(self, how, console)

    def open_relative(
        self, t: KThread | None, root: FileObject, rest: str, attributes: int, how: Opening
    ) -> FileObject:
        name = rest.upper()
        process = t.process if t is not None else None
        if name == "REFERENCE":
            if isinstance(root, ServerFile):
                return InputFile(self, how, self.open_console(None))
            if isinstance(root, ConnectionFile):
                return InputFile(self, how, self.console_of(process))
        elif name == "CONNECTION" and isinstance(root, InputFile) and process is not None:
            if self.is_attached(process):
                raise NtError(STATUS_ACCESS_DENIED)
            return ConnectionFile(self, how, process, root.console(process))
        raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)

    # Files for a process that is not attached yet
    def console_file(self, how: Opening, console: Console) -> FileObject:
        """What its ConsoleHandle is."""
        return InputFile(self, how, console)

    def input_file(self, how: Opening) -> FileObject:
        return InputFile(self, how, None)

    def output_file(self, how: Opening, console: Console) -> FileObject:
        return OutputFile(self, how, console, console.active, bound=False)

    def add_file(self, file: ConsoleFile) -> None:
        self._files[file] = None

    def remove_file(self, file: ConsoleFile) -> None:
        self._files.pop(file, None)


class ConsoleFile(FileObject):
    """What all files of the device have in common."""

    device: ConDrvDevice
    immediate = True

    def __init__(self, device: ConDrvDevice, how: Opening) -> None:
        super().__init__(device, how)
        self.synchronous = True
        device.add_file(self)

    @property
    def busy(self) -> Any:
        """Operations do not wait for each other."""
        return None

    @busy.setter
    def busy(self, request: Any) -> None: ...

    def close(self) -> None:
        self.device.remove_file(self)

    def query_information(self, kind: int, length: int) -> bytes:
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

    def console_here(self, process: Process) -> Console | None:
        """The console whose input a wait on this file is for."""
        return None

    def can_take(self, thread: KThread) -> bool:
        console = self.console_here(thread.process)
        if console is None:
            return True
        if console.input.records or console.input.ended:
            return True
        console.waits()
        return False


class ServerFile(ConsoleFile):
    """Where a console is made."""

    def device_control(self, request: Request) -> int:
        return STATUS_INVALID_HANDLE


class ConnectionFile(ConsoleFile):
    """That a process is attached to a console."""

    def __init__(
        self,
        device: ConDrvDevice,
        how: Opening,
        process: Process | None = None,
        console: Console | None = None,
    ) -> None:
        super().__init__(device, how)
        self._attached: set[Process] = set()
        if process is not None and console is not None:
            self._attach(process, console)

    def _attach(self, process: Process, console: Console) -> None:
        self.device.attach(process, console)
        self._attached.add(process)

    def on_close(self, process: Any) -> None:
        if process in self._attached:
            self._attached.remove(process)
            self.device.detach(process)
        super().on_close(process)

    def close(self) -> None:
        for process in self._attached:  # one that never got a handle, or gave it away
            self.device.detach(process)
        super().close()

    def device_control(self, request: Request) -> int:
        """BIND_PID: attach to the console of another process."""
        device, process, clients = self.device, request.t.process, self.kernel.part(ClientIdTable)
        if request.code != p.BIND_PID:
            return STATUS_INVALID_DEVICE_REQUEST
        if len(request.input) != 4:
            return STATUS_INVALID_PARAMETER
        if device.is_attached(process):
            return STATUS_INVALID_HANDLE
        pid = int.from_bytes(request.input, "little")
        if pid == p.ATTACH_PARENT_PROCESS:
            pid = process.parent_pid
            if pid == clients.system and device.console is not None:  # we are who started it
                self._attach(process, device.console)
                return 0
        other = clients.running.get(pid)
        if other is None:
            return STATUS_INVALID_PARAMETER
        if not device.is_attached(other):
            return STATUS_ACCESS_DENIED
        self._attach(process, device.console_of(other))
        return 0


class InputFile(ConsoleFile):
    """A console, or (``console`` None) that of whoever uses the file."""

    def __init__(self, device: ConDrvDevice, how: Opening, console: Console | None) -> None:
        super().__init__(device, how)
        self._console = console

    def console(self, process: Process) -> Console:
        return self._console or self.device.console_of(process)

    def console_here(self, process: Process) -> Console | None:
        try:
            return self.console(process)
        except NtError:
            return None

    def read(self, request: Request) -> int:
        request.code = p.READ_FILE
        return INPUT_CONTROLS[p.READ_FILE](self.console(request.t.process), request)

    def flush(self, request: Request) -> int:
        self.console(request.t.process).input.flush()
        return 0

    def device_control(self, request: Request) -> int:
        control = INPUT_CONTROLS.get(request.code)
        if control is None:
            return STATUS_INVALID_HANDLE
        return control(self.console(request.t.process), request)


class OutputFile(ConsoleFile):
    """A screen; unless ``bound``, that of another console if whoever uses the file has another."""

    immediate_control = True

    def __init__(
        self, device: ConDrvDevice, how: Opening, console: Console, screen: Screen, *, bound: bool = True
    ) -> None:
        self._console, self._screen, self._bound = console, screen, bound
        console.screens[screen] += 1
        try:
            super().__init__(device, how)
        except NtError:
            console.release(screen)
            raise

    def close(self) -> None:
        super().close()
        self._console.release(self._screen)

    def _both(self, process: Process) -> tuple[Console, Screen]:
        if not self._bound:
            console = self.device.console_of(process)
            if console is not self._console:
                return console, console.active
        return self._console, self._screen

    def console_here(self, process: Process) -> Console | None:
        try:
            return self._both(process)[0]
        except NtError:
            return None

    def control_now(
        self, t: KThread, code: int, given: InBuffer | None, size: int, buffer: OutBuffer | None, length: int
    ) -> tuple[int, int] | None:
        """The two controls that Microsoft's C library needs for every character."""
        if code == p.WRITE_CONSOLE:
            if size & 1 or size > PIECE or given is None or length:
                return None
            self._both(t.process)[1].write(from_utf16(given.read(size)))
            return 0, 0
        if code == p.GET_MODE and not size and length == 4 and buffer is not None:
            buffer.memory.write_u32(buffer.address, self._both(t.process)[1].mode)
            return 0, 4
        return None

    def write_now(self, t: KThread, buffer: InBuffer, length: int) -> tuple[int, int]:
        console, screen = self._both(t.process)
        length = min(length, MOST_WRITTEN)
        decode = console.output_code_page.decode
        for at in range(0, length, PIECE):
            screen.write(decode(buffer.read(min(PIECE, length - at), at)))
        return 0, length

    def write(self, request: Request) -> int:
        status, request.information = self.write_now(request.t, request.buffer, request.length)
        return status

    def flush(self, request: Request) -> int:
        return 0

    def device_control(self, request: Request) -> int:
        control = OUTPUT_CONTROLS.get(request.code)
        if control is None:
            return STATUS_INVALID_HANDLE
        console, screen = self._both(request.t.process)
        return control(console, screen, request)


def _end(process: Process, event: int) -> None:
    """What becomes of a process that cannot handle control events."""
    process.terminate(STATUS_CONTROL_C_EXIT)


def _own_group(process: Process) -> int:
    return process.pid


def device(kernel: Kernel) -> ConDrvDevice:
    """A system's one."""
    return kernel.late_part(ConDrvDevice)

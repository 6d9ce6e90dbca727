"""The host's terminal as a console of Windows: for the first process, and for control events.

A control event makes a new thread in the process, which enters the DLLs where they
want to be entered for it.  Where they have no such place nobody can handle one, and the
process ends.
"""

from __future__ import annotations

import os
from contextlib import suppress

from ring3k.abi.access import FILE_GENERIC_READ, FILE_GENERIC_WRITE
from ring3k.abi.status import STATUS_CONTROL_C_EXIT, NtError
from ring3k.abi.structs.io import FILE_SYNCHRONOUS_IO_NONALERT
from ring3k.abi.structs.ps import PEB_NT40, RTL_USER_PROCESS_PARAMETERS_NT60
from ring3k.io.condrv.device import ConDrvDevice
from ring3k.io.condrv.protocol import CTRL_BREAK_EVENT, CTRL_C_EVENT
from ring3k.io.condrv.terminal import HostTerminal
from ring3k.io.device import Opening
from ring3k.ps.create import start_thread
from ring3k.typed import TYPE_CHECKING
from ring3k.userland.wine import CONTROL_ROUTINE

if TYPE_CHECKING:
    from ring3k.io.condrv.terminal import Terminal
    from ring3k.ke.kernel import Kernel
    from ring3k.ps.process import Process

INTERPRETER = "cmd.exe"
SPARING = 20_000_000  # two seconds, in 100 ns units
ACCESS = FILE_GENERIC_READ | FILE_GENERIC_WRITE
FORGETTING = 2_000_000
IGNORES_CTRL_C = 1  # in ConsoleFlags
_FLAGS = RTL_USER_PROCESS_PARAMETERS_NT60.offset("ConsoleFlags")
_GROUP = RTL_USER_PROCESS_PARAMETERS_NT60.offset("ProcessGroupId")
_PARAMETERS = PEB_NT40.offset("ProcessParameters")


class ConsoleHost:
    """The console that the programs of a system share."""

    def __init__(self, kernel: Kernel, terminal: Terminal) -> None:
        self.device = kernel.late_part(ConDrvDevice)
        self.device.deliver = self.deliver
        # Interpreters: when, after how many lines were read, and while what programs ran
        self._spared: dict[int, tuple[int, int, set[int]]] = {}
        self.device.group_of = group_of
        self.console = self.device.open_console(terminal)
        # Which of input, output and error are the console's; the others are files of the host
        self.streams: tuple[bool, bool, bool] = (True, True, True)

    def handles(self, process: Process, files: tuple[int, int, int]) -> tuple[int, tuple[int, int, int]]:
        """Inheritable handles: of the console, and of the standard streams."""
        device = self.device
        how = Opening(ACCESS, options=FILE_SYNCHRONOUS_IO_NONALERT)
        made = [
            device.console_file(how, self.console),
            device.input_file(how),
            device.output_file(how, self.console),
        ]
        made.append(device.output_file(how, self.console))
        console, *own = [process.handles.insert(file, ACCESS, inherit=True) for file in made]
        picked = list(files)
        for number, is_console in enumerate(self.streams):
            handle = own[number] if is_console else files[number]
            spare = files[number] if is_console else own[number]
            if spare:
                process.handles.close(spare)
            picked[number] = handle
        return console, (picked[0], picked[1], picked[2])

    def deliver(self, process: Process, event: int) -> None:
        """Have a process handle a control event."""
        routine = process.user_address(CONTROL_ROUTINE)
        if not routine:
            process.terminate(STATUS_CONTROL_C_EXIT)
        elif process.threads and not process.exiting and not self._spare(process, event):
            with suppress(NtError):
                self._start(process, routine, event)

    def _start(self, process: Process, routine: int, event: int) -> None:
        """The thread; NtError.

        A process that ignores Ctrl-C, as the first of a new group does at first, is to hear of Ctrl-Break
        all the same.  The DLLs do not know the difference: they are made to forget it for the time.
        """
        memory, place = process.memory, parameters_of(process) + _FLAGS
        flags = memory.read_u32(place)
        if flags & IGNORES_CTRL_C:
            if event == CTRL_C_EVENT:
                return
            memory.write_u32(place, flags & ~IGNORES_CTRL_C)

            def ignore_again() -> None:
                if not process.ended:
                    with suppress(NtError):
                        memory.write_u32(place, memory.read_u32(place) | IGNORES_CTRL_C)

            kernel = process.kernel
            kernel.scheduler.alarm(kernel.clock.interrupt_time() + FORGETTING, ignore_again)
        start_thread(process, routine, event).interrupting = True

    def _spare(self, process: Process, event: int) -> bool:
        """Windows' command interpreter does not end by these events.  Wine 8's would: it handles none.

        So it is not told while it reads a line or another program of its runs; but it is when
        it has gone on with the next program, and somebody insists.
        """
        if event not in (CTRL_C_EVENT, CTRL_BREAK_EVENT) or process.file_name.lower() != INTERPRETER:
            return False
        if self.console.input.is_read_by(process):
            return True
        now, lines = process.kernel.clock.interrupt_time(), self.console.input.lines_read
        children = {one.pid for one in self.console.processes if one.parent_pid == process.pid}
        if not children:
            return False
        before, then, others = self._spared.get(process.pid, (now - SPARING, lines, set()))
        self._spared[process.pid] = (now, lines, children)
        return now - before >= SPARING or lines != then or bool(children & others)

    def flush(self) -> None:
        self.console.flush()

    def aside(self) -> None:
        """Somebody else is about to write to the terminal."""
        self.console.aside()

    def close(self) -> None:
        self.device.close()


def open_terminal(kernel: Kernel) -> ConsoleHost | None:
    """The terminal of this process, if one of its standard streams is one."""
    streams = tuple(map(_is_terminal, (0, 1, 2)))
    if not any(streams):
        return None
    source = 0 if streams[0] else _controlling(os.O_RDONLY)
    target = next((number for number in (1, 2) if streams[number]), None)
    if target is None:
        target = _controlling(os.O_WRONLY)
    if source is None or target is None:
        return None
    host = ConsoleHost(kernel, HostTerminal(kernel, source, target))
    host.streams = (streams[0], streams[1], streams[2])
    return host


def _is_terminal(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def _controlling(flags: int) -> int | None:
    """The terminal that we run in, whatever our streams are."""
    try:
        return os.open("/dev/tty", flags | os.O_CLOEXEC)
    except OSError:
        return None


def parameters_of(process: Process) -> int:
    """Where its RTL_USER_PROCESS_PARAMETERS are.  GuestFault."""
    return process.memory.read_u32(process.peb + _PARAMETERS)


def group_of(process: Process) -> int:
    """The process group, which its parameters tell; the first of a session begins one."""
    if not process.user_address(CONTROL_ROUTINE):
        return process.pid
    memory = process.memory
    try:
        place = parameters_of(process) + _GROUP
        group: int = memory.read_u32(place)
        if not group:
            group = process.pid
            memory.write_u32(place, group)
    except NtError:
        return process.pid
    return group

"""The host's standard streams and its terminal, as the programs of one system have them.

What guests say goes to the streams that were given, or to whatever the host's are at that moment.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from ring3k.abi.access import FILE_GENERIC_READ, FILE_GENERIC_WRITE
from ring3k.abi.status import STATUS_PIPE_CLOSING, NtError
from ring3k.abi.strings import OBJ_CASE_INSENSITIVE
from ring3k.abi.structs.io import FILE_SYNCHRONOUS_IO_NONALERT
from ring3k.io.console import OUTPUT
from ring3k.io.device import Opening
from ring3k.ob.namespace import Namespace
from ring3k.typed import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from ring3k.hooks.events import DebugPrint
    from ring3k.ke.kernel import Kernel
    from ring3k.ps.process import Process
    from ring3k.userland.console import ConsoleHost


class HostStreams:
    """Where output goes, and the console."""

    def __init__(self) -> None:
        self.stdout: TextIO | None = None  # None: whatever the host's is
        self.stderr: TextIO | None = None
        self.terminal: ConsoleHost | None = None  # a terminal that is the programs' console

    def display(self, process: Process, text: str) -> None:
        """NtDisplayString."""
        if process.screen is not None:
            process.screen.add(text)
        if self.terminal is not None:
            self.terminal.aside()
        _write(self.stdout or sys.stdout, text)

    def write(self, process: Process, stream: int, data: bytes) -> None:
        """What is written to \\Device\\Console: bytes, as they are."""
        if process.screen is not None:
            process.screen.add(data.decode("utf-8", "replace"))
        _write_bytes(self._file(stream), data)

    def descriptor(self, stream: int) -> int | None:
        """Where output goes, if it is a descriptor of the host."""
        try:
            return self._file(stream).fileno()
        except (AttributeError, OSError, ValueError):
            return None

    def _file(self, stream: int) -> TextIO:
        return (self.stdout or sys.stdout) if stream == OUTPUT else (self.stderr or sys.stderr)

    def open_terminal(self, kernel: Kernel) -> None:
        """Make the host's terminal, if there is one, the console of programs that are started from now on."""
        if self.terminal is None and any(map(_is_terminal, (0, 1, 2))):
            from ring3k.userland.console import open_terminal

            self.terminal = open_terminal(kernel)

    def handles(self, process: Process) -> tuple[int, tuple[int, int, int]]:
        """Inheritable handles of a process: of its console, if it has one, and the standard ones."""
        standard = self._standard(process)
        if self.terminal is None:
            return process.contract.NO_CONSOLE, standard
        return self.terminal.handles(process, standard)

    def _standard(self, process: Process) -> tuple[int, int, int]:
        """Inheritable handles of a process to the host's input, output and error."""
        walk = process.kernel.part(Namespace).walk
        given = []
        for name, access in (
            ("Input", FILE_GENERIC_READ),
            ("Output", FILE_GENERIC_WRITE),
            ("Error", FILE_GENERIC_WRITE),
        ):
            how = Opening(access, options=FILE_SYNCHRONOUS_IO_NONALERT)
            file = walk(None, f"\\Device\\Console\\{name}", None, OBJ_CASE_INSENSITIVE, how).object
            given.append(process.handles.insert(file, access, inherit=True))
        return given[0], given[1], given[2]

    def debug_print(self, event: DebugPrint) -> None:
        """DbgPrint."""
        if self.terminal is not None:
            self.terminal.aside()
        _write(self.stderr or sys.stderr, event.text)


def _is_terminal(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def _write(file: TextIO, text: str) -> None:
    """Text of a guest may hold anything; the terminal gets what it can show."""
    try:
        file.write(text)
    except UnicodeEncodeError:
        file.write(text.encode(file.encoding or "utf-8", "replace").decode(file.encoding or "utf-8"))
    file.flush()


def _write_bytes(file: TextIO, data: bytes) -> None:
    """Bytes of a guest, behind the text that was written before."""
    below = getattr(file, "buffer", None)
    if below is None:
        _write(file, data.decode("utf-8", "replace"))
        return
    file.flush()
    try:
        below.write(data)
        below.flush()
    except BrokenPipeError:
        nobody_reads: Callable[[], object] | None = getattr(file, "nobody_reads", None)
        if nobody_reads is not None:
            nobody_reads()
        raise NtError(STATUS_PIPE_CLOSING) from None

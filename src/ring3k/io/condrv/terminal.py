"""The host's terminal: raw input, size, output.

Nothing is read, and nothing about the terminal changed, before a guest asks for input:
what is typed to a program that does not read stays for the shell.  From then on a thread
of the host reads, all the time; it hands over and wakes the engine, and the kernel picks
up.  The terminal's modes are restored at the end, and while we are stopped.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from ring3k.io.condrv.protocol import CTRL_BREAK_EVENT, CTRL_C_EVENT
from ring3k.typed import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from threading import Event as HostEvent

    from ring3k.ke.kernel import Kernel

PIECE = 4096
MOST_INTERRUPTS = 3
MOST_WAITING = 64  # pieces that were read and not picked up
DEFAULT_SIZE = (80, 25)


class Terminal(Protocol):
    """What a console needs of one."""

    def size(self) -> tuple[int, int]:
        """Columns and rows."""

    def write(self, data: bytes) -> None: ...

    def has_input(self) -> bool:
        """Whether something could be read.  Nothing is."""

    def listen(self) -> None:
        """Input is wanted from now on.  May be called twice."""

    def connect(
        self,
        on_input: Callable[[bytes], None],
        on_size: Callable[[], None],
        on_interrupt: Callable[[int], None],
    ) -> None:
        """Whom to tell.  Empty input: there will be no more.  Interrupts are control events."""

    def close(self) -> None:
        """Give it back.  May be called twice."""


class HostTerminal:
    """Two descriptors of this process."""

    def __init__(self, kernel: Kernel, source: int, target: int) -> None:
        self._kernel = kernel
        self._source, self._target = source, target
        self._on_input: Callable[[bytes], None] = _ignore
        self._on_size: Callable[[], None] = _nothing
        self._on_interrupt: Callable[[int], None] = _ignore_event
        self._modes: list[Any] | None = None  # as they were
        self._raw: list[Any] | None = None
        self._typed_ahead = (
            False  # what is read first was typed while the terminal turned returns into newlines
        )
        self._arrived: deque[bytes] = deque()
        self._room: HostEvent | None = None
        self._signal = -1  # closing it ends the thread
        self._handlers: dict[int, Any] = {}
        self._resized = False
        self._interrupted: list[int] = []
        self._closed = False

    # -- as a terminal -----------------------------------------------------------------------
    def size(self) -> tuple[int, int]:
        for descriptor in (self._target, self._source):
            try:
                columns, lines = os.get_terminal_size(descriptor)
            except OSError:
                continue
            if columns > 0 and lines > 0:
                return min(columns, 2000), min(lines, 1000)
        return DEFAULT_SIZE

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self._target, view) :]
            except BlockingIOError:
                import select

                select.select((), (self._target,), (), 1.0)
            except OSError:
                return  # it is gone

    def connect(
        self,
        on_input: Callable[[bytes], None],
        on_size: Callable[[], None],
        on_interrupt: Callable[[int], None],
    ) -> None:
        self._on_input, self._on_size, self._on_interrupt = on_input, on_size, on_interrupt
        self._kernel.on_tick(self.look)
        self._handle(signal.SIGWINCH, self._window_changed)
        self._handle(signal.SIGINT, self._interrupt)
        self._handle(signal.SIGQUIT, self._interrupt)
        self._handle(signal.SIGTSTP, self._stop)
        self._handle(signal.SIGCONT, self._go_on)

    def has_input(self) -> bool:
        import select

        try:
            return bool(select.select((self._source,), (), (), 0)[0])
        except (OSError, ValueError):
            return False

    def listen(self) -> None:
        if self._modes is not None or self._closed:
            return
        import termios
        from threading import Event, Thread

        try:
            self._modes = termios.tcgetattr(self._source)
        except termios.error:
            self._modes = []
        else:
            raw: list[Any] = [list(part) if isinstance(part, list) else part for part in self._modes]
            raw[0] &= ~(
                termios.BRKINT
                | termios.ICRNL
                | termios.INLCR
                | termios.IGNCR
                | termios.INPCK
                | termios.ISTRIP
                | termios.IXON
            )
            raw[2] = raw[2] & ~(termios.CSIZE | termios.PARENB) | termios.CS8
            raw[3] &= ~(termios.ECHO | termios.ECHONL | termios.ICANON | termios.IEXTEN | termios.ISIG)
            raw[6][termios.VMIN], raw[6][termios.VTIME] = 1, 0
            self._raw = raw
            self._set(raw)
            self._typed_ahead = self.has_input()
        self._room = Event()
        self._room.set()
        end, self._signal = os.pipe()
        Thread(target=self._run, args=(end, self._room), name="ring3k console", daemon=True).start()

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        for number, handler in self._handlers.items():
            with suppress(ValueError):
                signal.signal(number, handler if handler is not None else signal.SIG_DFL)
        if self._modes:
            self._set(self._modes)
        if self._signal >= 0:
            os.close(self._signal)
            self._signal = -1
            if self._room is not None:
                self._room.set()

    def _set(self, modes: list[Any]) -> None:
        import termios

        if os.getpgrp() != _foreground(self._source):
            return  # a process in the background would be stopped for it
        with suppress(termios.error):  # the terminal is gone
            termios.tcsetattr(self._source, termios.TCSADRAIN, modes)

    # -- what the kernel does ------------------------------------------------------------------
    def look(self) -> None:
        """At every tick, and when the engine was woken."""
        if self._resized:
            self._resized = False
            self._on_size()
        if self._interrupted:
            for number in self._interrupted:
                self._on_interrupt(CTRL_BREAK_EVENT if number == signal.SIGQUIT else CTRL_C_EVENT)
            self._interrupted.clear()
        if self._arrived:
            while self._arrived:
                self._on_input(self._arrived.popleft())
            if self._room is not None:
                self._room.set()

    # -- signals -------------------------------------------------------------------------------
    def _handle(self, number: int, handler: Callable[[int, object], None]) -> None:
        with suppress(ValueError):  # only the main thread may; then nobody is told
            self._handlers[number] = signal.signal(number, handler)

    def _window_changed(self, number: int, frame: object) -> None:
        self._resized = True
        self._kernel.engine.wake()

    def _interrupt(self, number: int, frame: object) -> None:
        """Ctrl-C, while the terminal still makes a signal of it.  When we do not get to it, that ends us."""
        if len(self._interrupted) >= MOST_INTERRUPTS:
            raise KeyboardInterrupt
        self._interrupted.append(number)
        self._kernel.engine.wake()

    def _stop(self, number: int, frame: object) -> None:
        if self._modes:
            self._set(self._modes)
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)

    def _go_on(self, number: int, frame: object) -> None:
        signal.signal(signal.SIGTSTP, self._stop)
        if self._raw is not None:
            self._set(self._raw)
        self._window_changed(number, frame)

    # -- the thread ----------------------------------------------------------------------------
    def _run(self, end: int, room: HostEvent) -> None:
        import select

        poll = select.poll()
        poll.register(self._source, select.POLLIN)
        poll.register(end, select.POLLIN)
        try:
            while not self._closed:
                room.wait()
                if any(one == end for one, _ in poll.poll()):
                    return
                try:
                    data = os.read(self._source, PIECE)
                except BlockingIOError:
                    continue
                except OSError:
                    data = b""
                if self._typed_ahead:
                    self._typed_ahead = False
                    data = data.replace(b"\n", b"\r")
                self._arrived.append(data)
                if len(self._arrived) >= MOST_WAITING:
                    room.clear()
                    if not self._arrived:  # picked up just now
                        room.set()
                if self._closed:
                    return
                self._kernel.engine.wake()
                if not data:
                    return
        finally:
            os.close(end)


def _foreground(descriptor: int) -> int:
    """The process group that the terminal belongs to at the moment; ours when there is no telling."""
    try:
        return os.tcgetpgrp(descriptor)
    except OSError:
        return os.getpgrp()


def _ignore(data: bytes) -> None: ...
def _ignore_event(event: int) -> None: ...
def _nothing() -> None: ...

"""A console on a terminal that is none: what it writes is shown by pyte, what it reads the test types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyte

from ring3k.abi.status import STATUS_PENDING
from ring3k.engine.fake import FakeEngine
from ring3k.hooks.events import Bus
from ring3k.io.condrv import controls
from ring3k.io.condrv.console import Console
from ring3k.ke.kernel import Kernel
from ring3k.sched.clock import VirtualClock
from tests.two_screens import TwoScreens
from tests.unit.io_request import Request


class Terminal:
    """``above``: rows that are there already when the console comes."""

    def __init__(self, columns: int = 20, lines: int = 6, above: int = 0) -> None:
        self.columns, self.lines = columns, lines
        self.writes: list[bytes] = []
        self.listening = self.closed = self.typed_ahead = False
        self.screen = TwoScreens(columns, lines, history=1000, ratio=0.5)
        self.stream = pyte.ByteStream(self.screen)
        self.stream.feed(b"shell\r\n" * above)

    def size(self) -> tuple[int, int]:
        return self.columns, self.lines

    def write(self, data: bytes) -> None:
        self.writes.append(data)
        self.stream.feed(data)

    def has_input(self) -> bool:
        return self.typed_ahead

    def listen(self) -> None:
        self.listening = True

    def connect(
        self,
        on_input: Callable[[bytes], None],
        on_size: Callable[[], None],
        on_interrupt: Callable[[int], None],
    ) -> None:
        self.type, self._on_size, self.interrupt = on_input, on_size, on_interrupt

    def resize(self, columns: int, lines: int) -> None:
        self.columns, self.lines = columns, lines
        self.screen.resize(lines, columns)
        self._on_size()

    def close(self) -> None:
        self.closed = True

    @property
    def rows(self) -> list[str]:
        """What is shown, without blanks at the ends."""
        rows = [row.rstrip() for row in self.screen.display]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    @property
    def everything(self) -> list[str]:
        """The same with what has been scrolled off."""
        gone = ["".join(row[x].data for x in range(self.columns)).rstrip() for row in self.screen.history.top]
        return gone + self.rows

    @property
    def cursor(self) -> tuple[int, int]:
        return self.screen.cursor.x, self.screen.cursor.y


class Setup:
    """A console, its terminal, and the controls of both."""

    def __init__(self, columns: int = 20, lines: int = 6, above: int = 0) -> None:
        self.clock = VirtualClock()
        self.kernel = Kernel(FakeEngine(self.clock), Bus(), self.clock)
        self.terminal = Terminal(columns, lines, above)
        self.events: list[tuple[Any, int]] = []
        self.console = Console(
            self.kernel, self.terminal, lambda process, event: self.events.append((process, event))
        )

    @property
    def screen(self) -> Any:
        return self.console.active

    def write(self, text: str) -> None:
        self.screen.write(text)

    @property
    def rows(self) -> list[str]:
        self.console.flush()
        return self.terminal.rows

    @property
    def cursor(self) -> tuple[int, int]:
        self.console.flush()
        return self.terminal.cursor

    def agree(self) -> None:
        """The terminal shows what the screen holds, wherever it begins."""
        self.console.flush()
        screen, shown = self.console.active, self.terminal.screen
        rows = [
            row[screen.left : screen.left + screen.columns]
            for row in screen.rows[screen.top : screen.top + screen.lines]
        ]
        first = shown.cursor.y - (screen.y - screen.top)
        for number, row in enumerate(rows):
            if 0 <= first + number < shown.lines:
                assert shown.display[first + number].rstrip() == row.rstrip(), number

    def ask(self, code: int, given: bytes = b"", length: int = 0) -> tuple[int, bytes]:
        """A control of the input: status and answer."""
        request: Any = Request(length, code, given)
        status = controls.INPUT_CONTROLS[code](self.console, request)
        return status, request.buffer.data

    def tell(self, code: int, given: bytes = b"", length: int = 0) -> tuple[int, bytes]:
        """A control of the active screen."""
        request: Any = Request(length, code, given)
        status = controls.OUTPUT_CONTROLS[code](self.console, self.screen, request)
        return status, request.buffer.data

    def read(self, code: int, length: int, given: bytes = b"") -> Any:
        """A read, perhaps pending: the request."""
        request: Any = Request(length, code, given)
        status = controls.INPUT_CONTROLS[code](self.console, request)
        if status != STATUS_PENDING:
            request.complete(status, request.information)
        return request

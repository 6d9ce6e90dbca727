"""A terminal with somebody before it: a program in a pseudo-terminal, pyte to look at, keys to type."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Sequence

import pyte

from tests.two_screens import TwoScreens

PATIENCE = 60.0  # seconds for what takes a fraction of one on an idle machine


class Terminal:
    """One program."""

    def __init__(
        self, command: Sequence[str], cwd: str, env: dict[str, str], columns: int = 80, lines: int = 24
    ) -> None:
        self.screen = TwoScreens(columns, lines, history=5000, ratio=0.5)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.reads = 0
        self.ended = False
        self.pid, self.descriptor = pty.fork()
        if not self.pid:
            try:
                os.chdir(cwd)
                os.execvpe(command[0], list(command), env)
            finally:
                os._exit(127)
        self.resize(columns, lines)
        self._before = termios.tcgetattr(self.descriptor)

    def resize(self, columns: int, lines: int) -> None:
        self.screen.resize(lines, columns)
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, keys: str | bytes) -> None:
        os.write(self.descriptor, keys.encode() if isinstance(keys, str) else keys)

    @property
    def rows(self) -> list[str]:
        rows = [row.rstrip() for row in self.screen.display]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    @property
    def text(self) -> str:
        return "\n".join(self.rows)

    @property
    def is_raw(self) -> bool:
        return not termios.tcgetattr(self.descriptor)[3] & termios.ICANON

    def _receive(self, timeout: float) -> bool:
        if not select.select([self.descriptor], [], [], timeout)[0]:
            return False
        try:
            data = os.read(self.descriptor, 1 << 16)
        except OSError:
            data = b""
        if not data:
            self.ended = True
            return False
        self.raw += data
        self.reads += 1
        self.stream.feed(data)
        return True

    def until(self, done: Callable[[], bool], what: str) -> None:
        """Look until something is so."""
        end = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < end, f"{what} does not come; there is:\n{self.text}"
            assert not self.ended, f"it has ended without {what}; there is:\n{self.text}"
            self._receive(0.2)

    def see(self, text: str) -> None:
        """Wait for a text to be on the screen."""
        self.until(lambda: text in self.text, repr(text))

    def wait(self) -> int:
        """Look until the program has ended; its exit status."""
        end = time.monotonic() + PATIENCE
        while not self.ended:
            assert time.monotonic() < end, f"it does not end; there is:\n{self.text}"
            self._receive(0.2)
        _, status = os.waitpid(self.pid, 0)
        self.pid = 0
        return os.waitstatus_to_exitcode(status)

    def close(self) -> None:
        """End it, if it has not ended."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.descriptor)

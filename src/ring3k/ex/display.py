"""Where the guest's words go: the boot screen of NtDisplayString.

A ``Screen`` keeps what a program and its children displayed, up to a limit: a
guest that never stops talking does not fill the kernel.
"""

from __future__ import annotations

from collections.abc import Callable

from ring3k.typed import Any


class Display:
    """The text screen; ``write(process, text)`` is what the system's owner wants done with it."""

    def __init__(self, write: Callable[[Any, str], None]) -> None:
        self.write = write


SCREEN_ROOM = 16 << 20  # characters


class Screen:
    """Text that was displayed, in order; what comes after the limit is counted only."""

    def __init__(self, room: int = SCREEN_ROOM) -> None:
        self._parts: list[str] = []
        self._room = room
        self.lost = 0  # characters

    def add(self, text: str) -> None:
        if len(text) + 64 > self._room:  # an entry costs something, however short
            self._room = 0
            self.lost += len(text)
            return
        self._room -= len(text) + 64
        self._parts.append(text)

    @property
    def text(self) -> str:
        return "".join(self._parts)

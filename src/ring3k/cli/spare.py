"""A system that is made ahead: while a copy of the warm kernel waits, for a run like the one before."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress

from ring3k.abi.status import NtError
from ring3k.engine.protocol import EngineError
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.system import System


class Spare:
    """At most one system; nothing has run on it."""

    def __init__(self) -> None:
        self._like: tuple[object, ...] = ()
        self._paths: tuple[str, ...] = ()
        self._make: Callable[[bool], System] | None = None
        self._stamps: list[tuple[int, ...]] = []
        self._system: System | None = None
        self._last: System | None = None  # taken

    def take(
        self, like: tuple[object, ...], paths: tuple[str, ...], make: Callable[[bool], System]
    ) -> System:
        """The one that is there, if nothing is different; else another.

        ``like``: all that it depends on; ``paths``: files and folders that it depends on, too.
        ``make``: makes one; True: ahead, and nothing besides.
        """
        found, self._system = self._system, None
        if found is not None and not (
            like == self._like and self._stamps == list(map(_stamp, paths)) and found.is_fresh
        ):
            found.close()
            found = None
        self._like, self._paths, self._make = like, paths, make
        self._last = make(False) if found is None else found
        return self._last

    def drop(self) -> None:
        """There is none any more: its registry is to be opened beside it."""
        found, self._system = self._system, None
        if found is not None:
            found.close()

    def prepare(self) -> None:
        """Make one as it was wanted last."""
        last = self._last
        if last is None or self._make is None or not all(map(os.path.isabs, self._paths)):
            return
        self._stamps = list(map(_stamp, self._paths))
        with suppress(EngineError, NtError, OSError):  # the next run will say what is wrong
            self._system = self._make(True)
            self._system.get_ready(last)

    def look_ahead(self) -> None:
        """What makes files in the machine folder: not at once, as somebody may be about to remove that."""
        last, self._last = self._last, None
        if last is not None and self._system is not None:
            self._system.look_ahead(last)


def _stamp(path: str) -> tuple[int, ...]:
    """What is different when another file or folder is there, or a file has changed."""
    try:
        info = os.stat(path)
    except OSError:
        return ()
    if os.path.isdir(path):
        return info.st_dev, info.st_ino
    return info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns

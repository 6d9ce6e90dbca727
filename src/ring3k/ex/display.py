"""Where the guest's words go: the boot screen of NtDisplayString."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Display:
    """The text screen; ``write(process, text)`` is what the system's owner wants done with it."""

    def __init__(self, write: Callable[[Any, str], None]) -> None:
        self.write = write

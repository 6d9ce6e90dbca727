"""How far something is that takes its time."""

from __future__ import annotations

import sys
import time

SHOWN_AFTER = 0.4  # seconds, on a terminal
TOLD_AFTER = 3.0  # elsewhere
WIDTH = 30


class Progress:
    """Tells a person how far something is that takes its time: on a terminal a bar, elsewhere two lines."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = time.monotonic()
        self._terminal = sys.stderr.isatty()
        self._shown = False
        self._next = 0.0

    def __call__(self, done: float, part: str) -> None:
        now = time.monotonic() - self._began
        if self._terminal:
            if now >= max(SHOWN_AFTER, self._next) or (self._shown and done >= 1):
                self._shown, self._next = True, now + 0.1
                bar = "#" * round(done * WIDTH)
                line = f"ring3k: {self._what} [{bar:<{WIDTH}}] {done:4.0%} {part}"
                end = "\n" if done >= 1 else ""
                print(f"\r{line[:100]:<100}", end=end, file=sys.stderr, flush=True)
        elif now >= TOLD_AFTER and not self._shown:
            self._shown = True
            print(f"ring3k: {self._what}, {done:.0%} done", file=sys.stderr, flush=True)
        elif self._shown and done >= 1:
            self._shown = False
            print(f"ring3k: {self._what}: done in {now:.0f} s", file=sys.stderr, flush=True)

"""pyte's screen, with the second one that terminals have for programs which own all of it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pyte

SECOND = 1049


class TwoScreens(pyte.HistoryScreen):
    """The first is as it was when the second is left."""

    kept: tuple[Any, int, int] | None = None

    def set_mode(self, *modes: int, **options: Any) -> None:
        if options.get("private") and SECOND in modes:
            self.kept = (deepcopy(dict(self.buffer)), self.cursor.x, self.cursor.y)
            self.erase_in_display(2)
        else:
            super().set_mode(*modes, **options)

    def reset_mode(self, *modes: int, **options: Any) -> None:
        if options.get("private") and SECOND in modes:
            if self.kept is not None:
                rows, self.cursor.x, self.cursor.y = self.kept
                self.buffer.clear()
                self.buffer.update(rows)
                self.kept = None
        else:
            super().reset_mode(*modes, **options)

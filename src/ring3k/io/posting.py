"""Where drivers put messages for windows, which are in a room above: it says how once it is there."""

from __future__ import annotations

from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Posting:
    """The kernel's part.  As long as nobody has a window there is nobody to post to."""

    def __init__(self) -> None:
        self.post: Callable[[int, int, int, int], None] | None = None  # window, message, both parameters
        self.exists: Callable[[int], bool] | None = None

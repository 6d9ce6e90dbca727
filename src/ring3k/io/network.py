"""Whether this system's programs may use the host's network."""

from __future__ import annotations


class Network:
    """The kernel's part: without permission nothing of a guest reaches the host's network."""

    def __init__(self, allowed: bool) -> None:
        self.allowed = allowed

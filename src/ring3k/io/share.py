"""Share access: who has a file open, for what, and what each lets the others do."""

from __future__ import annotations

from ring3k.abi.status import STATUS_SHARING_VIOLATION, NtError
from ring3k.io.device import Opening


class ShareAccess:
    """Of one file: each opener wants only what all others share, and shares what they want."""

    def __init__(self) -> None:
        self._openers = 0  # those who read, write or delete; nobody else matters
        self._wanted = [0, 0, 0]  # how many read, write, delete
        self._shared = [0, 0, 0]  # how many let others do so

    def add(self, how: Opening) -> None:
        """STATUS_SHARING_VIOLATION."""
        wants = how.wants
        if not any(wants):
            return
        for number, want in enumerate(wants):
            if (want and self._shared[number] < self._openers) or (
                self._wanted[number] and not how.share >> number & 1
            ):
                raise NtError(STATUS_SHARING_VIOLATION)
        self._count(how, 1)

    def remove(self, how: Opening) -> None:
        """Closed again."""
        if any(how.wants):
            self._count(how, -1)

    def _count(self, how: Opening, step: int) -> None:
        self._openers += step
        for number, want in enumerate(how.wants):
            self._wanted[number] += step * want
            self._shared[number] += step * (how.share >> number & 1)

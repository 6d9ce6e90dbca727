"""A request without the I/O manager: as much of one as pipes and consoles see."""

from __future__ import annotations

from typing import Any

from ring3k.abi.status import STATUS_CANCELLED, STATUS_PENDING, GuestFault


class Buffer:
    """The caller's, which may be gone when something is written."""

    def __init__(self) -> None:
        self.data = b""
        self.gone = False

    def write(self, data: bytes, offset: int = 0) -> None:
        if self.gone:
            raise GuestFault(0)
        self.data = self.data[:offset] + data


class Request:
    def __init__(self, length: int = 0, code: int = 0, given: bytes = b"", process: Any = None) -> None:
        self.length, self.code, self.input = length, code, given
        self.buffer = Buffer()
        self.owner: Any = None
        self.information = 0
        self.status: int | None = None
        self.t: Any = type("Thread", (), {"process": process})()
        self._on_cancel: Any = None

    def pend(self, on_cancel: Any) -> int:
        self._on_cancel = on_cancel
        return STATUS_PENDING

    def complete(self, status: int, information: int = 0) -> None:
        assert self.status is None
        self.status, self.information = status, information

    def cancel(self) -> None:
        if self.status is None:
            self._on_cancel(self)
            self.complete(STATUS_CANCELLED)

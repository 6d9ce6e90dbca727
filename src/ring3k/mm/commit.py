"""Commitment: how much memory a system has promised, and its limit.

Every committed private page, every page of a pagefile-backed section and every
page that may become private by copy-on-write is charged when it is promised,
so a page fault never fails for want of memory and a guest cannot fill the host.
Kept in bytes.
"""

from __future__ import annotations

from ring3k.abi.status import STATUS_COMMITMENT_LIMIT, NtError

DEFAULT_LIMIT = 2 << 30


class CommitAccount:
    """The commitment of one system."""

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self.limit = limit
        self.used = 0
        self.peak = 0

    def charge(self, size: int) -> None:
        """Promise memory; STATUS_COMMITMENT_LIMIT."""
        used = self.used + size
        if used > self.limit:
            raise NtError(STATUS_COMMITMENT_LIMIT)
        self.used = used
        if used > self.peak:
            self.peak = used

    def release(self, size: int) -> None:
        self.used -= size

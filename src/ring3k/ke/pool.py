"""Pool: the kernel memory that guests can make it use.

NT's paged and nonpaged pools, in one: objects, handles, names, link targets and
queued APCs are charged here, at about what they cost the host.  When the pool is
used up, calls fail with STATUS_INSUFFICIENT_RESOURCES: a guest cannot fill the
kernel.
"""

from __future__ import annotations

from ring3k.abi.status import STATUS_INSUFFICIENT_RESOURCES, NtError

DEFAULT_LIMIT = 256 << 20  # bytes
OBJECT_COST = 2048
HANDLE_COST = 112
NAME_COST = 4  # for each character
APC_COST = 256


class Pool:
    """The pool of one system."""

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self.limit = limit
        self.used = 0

    def charge(self, size: int) -> None:
        """STATUS_INSUFFICIENT_RESOURCES, and nothing is charged."""
        if self.used + size > self.limit:
            raise NtError(STATUS_INSUFFICIENT_RESOURCES)
        self.used += size

    def release(self, size: int) -> None:
        self.used -= size

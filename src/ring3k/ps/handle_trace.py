"""Handle tracing (XP and later): who opened, closed and misused the handles of a process.

The last entries are kept, each with the calling thread and the return addresses
on its user stack, which are found by following ebp: the guest's word for it.
"""

from __future__ import annotations

from collections import deque
from struct import pack, unpack

from ring3k.engine.protocol import USER_END
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread

MOST = 4096  # entries
FRAMES = 16
ENTRY_SIZE = 16 + 4 * FRAMES
_COST = MOST * 256


def return_addresses(t: KThread) -> tuple[int, ...]:
    """The addresses that the calling thread will return to, innermost first; zeros behind them."""
    found = [t.guest.eip]
    frame = t.guest.ebp
    while len(found) < FRAMES and 0 < frame < USER_END - 8 and not frame & 3:
        above, back = unpack("<2I", t.memory.peek(frame, 8))  # which takes no guard away
        found.append(back)
        if above <= frame:
            break
        frame = above
    return (*found, *[0] * (FRAMES - len(found)))


class HandleTrace:
    """The entries of one process; called by its handle table."""

    def __init__(self, kernel: Kernel) -> None:
        kernel.pool.charge(_COST)
        self._kernel = kernel
        self._entries: deque[tuple[int, bytes]] = deque(maxlen=MOST)

    def close(self) -> None:
        self._kernel.pool.release(_COST)

    def __call__(self, handle: int, what: int) -> None:
        guest = self._kernel.engine.current
        if guest is None or guest.owner is None:
            return  # of the kernel's own accord
        t: KThread = guest.owner
        if t.ended:
            return  # the end of its process, whose handles go
        stack = return_addresses(t)
        entry = pack(f"<4I{FRAMES}I", handle, t.process.pid, t.tid, what, *stack)
        self._entries.append((handle, entry))

    def entries(self, handle: int) -> list[bytes]:
        """Those of one handle, or (0) all; the newest first."""
        return [entry for of, entry in reversed(self._entries) if handle in (0, of)]

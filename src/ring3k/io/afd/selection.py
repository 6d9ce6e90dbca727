"""Which events of a socket a program has selected, and which it has been told of.

Events are Windows': each is told once, until the call that it is about (a receive
for READ, an accept for ACCEPT, a send that would have waited for WRITE) arms it again.
"""

from __future__ import annotations

from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ex.event import Event
    from ring3k.io.afd.messages import Messages


class Selection:
    """The bits are those of POLL."""

    __slots__ = ("event", "mask", "messages", "pending", "reported")

    def __init__(self) -> None:
        self.event: Event | None = None
        self.messages: Messages | None = None  # in place of an event object
        self.mask = 0
        self.pending = 0  # happened, and not fetched
        self.reported = 0  # happened, and not armed again

    @property
    def untaken(self) -> int:
        """Of what was selected, what has happened and was not fetched."""
        return self.mask & self.pending

    @property
    def unreported(self) -> int:
        """Of what was selected, what would be told."""
        return self.mask & ~self.reported

    def note(self, bit: int) -> None:
        """It has happened."""
        if not self.reported & bit:
            self.pending |= bit
            self.reported |= bit
            if self.mask & bit and self.event is not None:
                self.event.set()

    def again(self, bits: int) -> None:
        """They are to be told anew."""
        self.pending &= ~bits
        self.reported &= ~bits

    def forget(self) -> None:
        """Nothing has happened yet."""
        self.pending = self.reported = 0

    def choose(self, event: Event | None, mask: int, messages: Messages | None = None) -> None:
        """Which are told, and by which event object or messages."""
        if event is not None:
            event.reference()
        if self.event is not None:
            self.event.dereference()
        self.event, self.mask, self.messages = event, mask, messages

    def called(self, handle: int) -> None:
        """The socket has been accepted, and this is the handle by which messages tell of it."""
        if self.messages is not None:
            self.choose(None, self.mask, self.messages.of(handle))

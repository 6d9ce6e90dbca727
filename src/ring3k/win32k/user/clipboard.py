"""The clipboard: data by format, of whoever emptied it last.

One thread has it open at a time.  A format may be promised without data: its owner is asked
for it (WM_RENDERFORMAT) when somebody wants it.  Text in one of its three formats is there
in the others, too; user32 makes them.
"""

from __future__ import annotations

from ring3k.typed import TYPE_CHECKING, NamedTuple
from ring3k.win32k.error import (
    ERROR_ACCESS_DENIED,
    ERROR_CLIPBOARD_NOT_OPEN,
    ERROR_NOT_ENOUGH_MEMORY,
    UserError,
)
from ring3k.win32k.user.window import Window

if TYPE_CHECKING:
    from ring3k.win32k.user.session import Session, UserThread

CF_TEXT, CF_OEMTEXT, CF_UNICODETEXT, CF_LOCALE = 1, 7, 13, 16
TEXTS = (CF_UNICODETEXT, CF_TEXT, CF_OEMTEXT)
MOST_DATA, MOST_FORMATS = 64 << 20, 1024


class Content(NamedTuple):
    """Of one format.  ``data`` None: it is promised; ``source``: the format that it can be made from."""

    data: bytes | None
    number: int
    source: int = 0


class Clipboard:
    """Of a session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.formats: dict[int, Content] = {}
        self.thread: UserThread | None = None  # who has it open
        self.window = 0  # for which window
        self._owner = 0
        self.number = 0  # how often it has changed

    def open(self, thread: UserThread, window: int) -> None:
        """ERROR_ACCESS_DENIED: somebody else has it open."""
        holder = self.thread
        if holder is not None and holder.thread.ended:
            holder = None
        if holder is not None and (holder is not thread or self.window != window):
            raise UserError(ERROR_ACCESS_DENIED)
        self.thread, self.window = thread, window

    def check_open(self, thread: UserThread) -> None:
        """ERROR_CLIPBOARD_NOT_OPEN."""
        if self.thread is not thread:
            raise UserError(ERROR_CLIPBOARD_NOT_OPEN)

    def close(self, thread: UserThread) -> None:
        """Text is made available in all its formats."""
        self.check_open(thread)
        self.thread, self.window = None, 0
        source = next((one for one in TEXTS if one in self.formats and not self.formats[one].source), 0)
        if source:
            for one in TEXTS:
                self.formats.setdefault(one, Content(None, self.number, source))

    @property
    def owner(self) -> Window | None:
        return self._session.handles.find(self._owner, Window) if self._owner else None

    def empty(self, thread: UserThread) -> None:
        self.check_open(thread)
        for content in self.formats.values():
            self._session.kernel.pool.release(len(content.data or b""))
        self.formats.clear()
        self._owner = self.window
        self.number += 1

    def put(self, thread: UserThread, format_: int, data: bytes | None) -> int:
        """Data of a format, or the promise of it: the number of the change.

        An owner that is asked for what it has promised need not open the clipboard.
        """
        known = self.formats.get(format_)
        owner = self.owner
        rendering = known is not None and known.data is None and owner is not None and owner.thread is thread
        if not rendering:
            self.check_open(thread)
        if len(data or b"") > MOST_DATA or len(self.formats) >= MOST_FORMATS:
            raise UserError(ERROR_NOT_ENOUGH_MEMORY)
        self._session.kernel.pool.charge(len(data or b""))
        if known is not None:
            self._session.kernel.pool.release(len(known.data or b""))
        self.number += 1
        self.formats[format_] = Content(data, self.number)
        return self.number

    def next_format(self, format_: int) -> int:
        """The one behind a format, 0 behind the last."""
        order = list(self.formats)
        if not format_:
            return order[0] if order else 0
        place = order.index(format_) + 1 if format_ in order else len(order)
        return order[place] if place < len(order) else 0


def clipboard_of(session: Session) -> Clipboard:
    if session.clipboard is None:
        session.clipboard = Clipboard(session)
    found: Clipboard = session.clipboard
    return found

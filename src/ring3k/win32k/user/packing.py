"""Messages with a pointer, sent to another process: what it points to goes along.

The receiver finds a copy on its stack, or in memory of its own if there is much of it; what
a message is to fill in (WM_GETTEXT) is copied back.  Only a few messages are known.
"""

from __future__ import annotations

from struct import pack, unpack

from ring3k.abi.structs.mm import MEM_RELEASE, PAGE_READWRITE
from ring3k.ps.contract import FRESH
from ring3k.typed import TYPE_CHECKING
from ring3k.win32k.error import ERROR_MESSAGE_SYNC_ONLY, ERROR_NOT_ENOUGH_MEMORY, UserError
from ring3k.win32k.user.client import Attached
from ring3k.win32k.user.text import ansi_text, read_text, wide_text
from ring3k.win32k.user.window import MOST_TEXT

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread
    from ring3k.win32k.user.queue import Message

WM_SETTEXT, WM_GETTEXT, WM_COPYDATA = 0x0C, 0x0D, 0x4A
HEAD = 12  # of COPYDATASTRUCT
ON_STACK, MOST_BYTES = 0x2000, 16 << 20


def packed(t: KThread, message: Message, wide: bool) -> Attached:
    """What a message's parameter points to.  ERROR_MESSAGE_SYNC_ONLY for one that is not known."""
    address = message.lparam
    if message.number == WM_COPYDATA:
        kind, size, place = unpack("<3I", t.memory.read(address, HEAD))
        size = size if place else 0
        if size > MOST_BYTES:
            raise UserError(ERROR_NOT_ENOUGH_MEMORY)
        data = t.memory.read(place, size) if size else b""
        head = pack("<3I", kind, size, 0)
        return Attached(head + data, ((8, HEAD),) if size else ())
    if message.number == WM_SETTEXT:
        text = read_text(t, address, not wide, MOST_TEXT) if address else ""
        return Attached(wide_text(text) + b"\0\0" if wide else ansi_text(text) + b"\0")
    if message.number == WM_GETTEXT:
        return Attached(bytes(min(message.wparam, MOST_TEXT) * (2 if wide else 1)))
    raise UserError(ERROR_MESSAGE_SYNC_ONLY)


def take_back(t: KThread, message: Message, attached: Attached, result: int, wide: bool) -> None:
    """Give the sender what the receiver has filled in."""
    if message.number == WM_GETTEXT and message.wparam:
        room = min(message.wparam, MOST_TEXT) * (2 if wide else 1)
        size = min(result + 1, message.wparam) * (2 if wide else 1)
        t.memory.write(message.lparam, attached.data[: min(room, size)])


class Placed:
    """Where what goes along with a message lies in the receiver, during its call."""

    def __init__(self, t: KThread, attached: Attached) -> None:
        self._thread = t
        self._attached = attached
        self._place = 0

    def lparam(self) -> int | Attached:
        """On the stack, if it is not much."""
        if len(self._attached.data) <= ON_STACK:
            return self._attached
        size = len(self._attached.data)
        self._place, _ = self._thread.process.vm.allocate(0, size, FRESH, PAGE_READWRITE)
        self._thread.memory.write(self._place, self._attached.at(self._place))
        return self._place

    def end(self) -> None:
        """What the program has made of it is kept."""
        if self._place and not self._thread.ended:
            self._attached.data = self._thread.memory.read(self._place, len(self._attached.data))
            self._thread.process.vm.free(self._place, 0, MEM_RELEASE)

"""A console's input: records in a queue, and who waits for them.

Ctrl-C and Ctrl-Break become control events when they arrive and never get into the queue.
Reads are served in order.  A read of text takes keys out of the queue: in line mode
until a line is complete, otherwise what there is.  Text that did not fit a reader's buffer
is there for the next.
"""

from __future__ import annotations

from collections import deque
from functools import partial

from ring3k.abi.status import GuestFault
from ring3k.io.condrv import protocol as p
from ring3k.io.condrv.codepage import CodePage, from_utf16, to_utf16
from ring3k.io.condrv.line import History, LineEditor
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ring3k.io.condrv.screen import Screen
    from ring3k.io.request import Request
    from ring3k.ke.thread import KProcess

MOST_RECORDS = 8192  # more are lost, as on a keyboard
END_OF_FILE = "\x1a"


class InputQueue:
    """The input of one console."""

    def __init__(
        self,
        screen: Callable[[], Screen],
        control: Callable[[int], None],
        changed: Callable[[], None],
        later: Callable[[Callable[[], None]], None],
    ) -> None:
        """``screen``: where lines are shown; ``control``: a control event was typed; ``changed``: there
        are records now, and were none before; ``later``: do something when that event was handled."""
        self._screen = screen
        self._control = control
        self._changed = changed
        self._later = later
        self.mode = p.DEFAULT_INPUT_MODE
        self.code_page = CodePage()
        self.history = History()
        self.records: deque[bytes] = deque()
        self.lines_read = 0
        self.ended = False  # the terminal is gone
        self.editor: LineEditor | None = None
        self._waiting: deque[Request] = deque()
        self._ready = ""  # text that is to be read next
        self._wake_state = 0

    def is_read_by(self, process: KProcess) -> bool:
        """Whether a process waits for input."""
        return any(request.t.process is process for request in self._waiting)

    # -- what comes in -------------------------------------------------------------------------
    def put(self, records: list[bytes]) -> None:
        """Records, in order."""
        empty = not self.records
        for one in records:
            event = self._control_event(one)
            if event is None:
                if len(self.records) < MOST_RECORDS:
                    self.records.append(one)
            elif one[4]:  # the key is down
                self._interrupt(event)
        self.serve()
        if empty and self.records:
            self._changed()

    def _control_event(self, record: bytes) -> int | None:
        if record[0] != p.KEY_EVENT:
            return None
        _, _, _, key, _, character, state = p.KEY_RECORD.unpack(record)
        if character == 3 and self.mode & p.ENABLE_PROCESSED_INPUT and not state & p.ENHANCED_KEY:
            return p.CTRL_C_EVENT
        if character == 0 and key == p.VK_CANCEL and state & p.CTRL_PRESSED:
            return p.CTRL_BREAK_EVENT
        return None

    def _interrupt(self, event: int) -> None:
        """A line that is being typed is given up.  Its reader, if it lives on, gets an empty one soon.

        With Windows' DLLs it would get nothing, and be told why; the DLLs that ask here
        cannot tell that from the end of a file.
        """
        self.serve()
        if self.editor is not None and self._waiting:
            self.editor.abandon("^C" if event == p.CTRL_C_EVENT else "")
            self.editor = None
            self._later(partial(self._give_up, self._waiting[0]))
        self._control(event)

    def _give_up(self, request: Request) -> None:
        fresh = self.editor is None or not self.editor.text
        if fresh and self._waiting and self._waiting[0] is request:
            self.editor = None
            self._ready = "\r\n"
            self.serve()

    def flush(self) -> None:
        self.records.clear()

    def end(self) -> None:
        """Nothing more will come."""
        self.ended = True
        self.serve()
        self._changed()

    # -- reading -------------------------------------------------------------------------------
    def read(self, request: Request) -> int:
        """READ_INPUT, READ_CONSOLE, READ_CONSOLE_CONTROL or READ_FILE, by the request's code."""
        if not request.length:
            return 0
        if not self._waiting:
            self._waiting.append(request)
            data = self._answer(request)
            if data is not None:
                self._waiting.popleft()
                request.buffer.write(data)
                request.information = len(data)
                return 0
            self._waiting.popleft()
        status = request.pend(self._forget)
        self._waiting.append(request)
        return status

    def _forget(self, request: Request) -> None:
        if self._waiting[0] is request:
            self.editor = None
        self._waiting.remove(request)

    def serve(self) -> None:
        """Give what there is to those who wait."""
        while self._waiting:
            request = self._waiting[0]
            data = self._answer(request)
            if data is None:
                return
            self._waiting.popleft()
            try:
                request.buffer.write(data)
            except GuestFault as fault:  # the reader took its buffer away
                request.complete(fault.status)
            else:
                request.complete(0, len(data))

    def _answer(self, request: Request) -> bytes | None:
        """What a read gets; None: nothing yet."""
        records = self.records
        if request.code == p.READ_INPUT:
            if not records:
                return b"" if self.ended else None
            count = min(len(records), request.length // p.RECORD_SIZE)
            return b"".join(records.popleft() for _ in range(count))
        if not self._ready:
            text = self._line(request) if self.mode & p.ENABLE_LINE_INPUT else self._keys()
            if text is None:
                if self.ended:
                    self.editor = None
                return b"" if self.ended else None
            self._ready = text
            if request.code == p.READ_FILE and text.startswith(END_OF_FILE) and self._processed_line:
                self._ready = ""
                return b""
        return self._take(request)

    @property
    def _processed_line(self) -> bool:
        both = p.ENABLE_LINE_INPUT | p.ENABLE_PROCESSED_INPUT
        return self.mode & both == both

    def _take(self, request: Request) -> bytes:
        """As much of the text as the reader has room for."""
        text, room = self._ready, request.length
        if request.code == p.READ_CONSOLE:
            self._ready = text[room // 2 :]
            return to_utf16(text[: room // 2])
        if request.code == p.READ_CONSOLE_CONTROL:
            count = (room - 4) // 2
            self._ready = text[count:]
            return self._wake_state.to_bytes(4, "little") + to_utf16(text[:count])
        data = self.code_page.encode(text)
        if len(data) <= room:
            self._ready = ""
            return data
        count = size = 0
        while size < room:
            size += len(self.code_page.encode(text[count]))
            count += 1
        if size > room and count > 1:
            count -= 1
        self._ready = text[count:]
        return self.code_page.encode(text[:count])[:room]

    def _keys(self) -> str | None:
        """The characters in the queue."""
        out = []
        while self.records:
            record = self.records.popleft()
            if record[0] == p.KEY_EVENT and record[4]:
                _, _, repeat, _, _, character, _ = p.KEY_RECORD.unpack(record)
                if character:
                    out.append(chr(character) * min(max(repeat, 1), 256))
        return "".join(out) or None

    def _line(self, request: Request) -> str | None:
        """Go on with the line."""
        editor = self.editor
        if editor is None:
            initial, wake = "", 0
            if request.code == p.READ_CONSOLE_CONTROL:
                wake = int.from_bytes(request.input[:4], "little")
                initial = from_utf16(request.input[4:])
            insert = self.mode & (p.ENABLE_INSERT_MODE | p.ENABLE_EXTENDED_FLAGS)
            editor = self.editor = LineEditor(
                self._screen(),
                self.history,
                bool(self.mode & p.ENABLE_ECHO_INPUT),
                insert == p.ENABLE_INSERT_MODE | p.ENABLE_EXTENDED_FLAGS,
                initial,
                wake,
            )
        while self.records:
            record = self.records.popleft()
            if record[0] != p.KEY_EVENT or not record[4]:
                continue
            _, _, repeat, key, _, character, state = p.KEY_RECORD.unpack(record)
            for _ in range(min(max(repeat, 1), 256)):
                line = editor.key(key, chr(character) if character else "", state)
                if line is not None:
                    self.editor = None
                    self.lines_read += 1
                    self._wake_state = editor.wake_state or 0
                    return line
        return None

"""The line that somebody types (ENABLE_LINE_INPUT): editing, history, and how it is shown.

A line is shown from where the cursor was when reading began, over as many rows as it
needs; control characters take two cells.  The keys are those of Windows' console.
"""

from __future__ import annotations

from ring3k.io.condrv import protocol as p
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.io.condrv.screen import Screen

LONGEST = 1 << 15  # characters of a line
_STATES = p.SHIFT_PRESSED | p.CTRL_PRESSED | p.ALT_PRESSED


class History:
    """Lines that were read, the last at the end."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.size = 50
        self.no_duplicates = False

    def add(self, line: str) -> None:
        if not line or not self.size:
            return
        if self.lines and (self.lines[-1] == line or (self.no_duplicates and line in self.lines)):
            if self.lines[-1] == line:
                return
            self.lines.remove(line)
        self.lines.append(line)
        del self.lines[: -self.size]


class LineEditor:
    """One line on its way."""

    def __init__(
        self, screen: Screen, history: History, echo: bool, insert: bool, initial: str = "", wake: int = 0
    ) -> None:
        """``wake``: a bit for each control character that ends the line.  ``initial`` is shown already."""
        self._screen = screen
        self._history = history
        self._echo = echo
        self._insert = insert
        self._wake = wake
        self.text = initial
        self.cursor = len(initial)
        self.wake_state: int | None = None  # the control keys, when one of those characters came
        self._index = len(history.lines)  # in the history
        self._own = ""  # what was typed before looking into it
        self._shown = initial
        self._home = self._place() - len(_cells(initial))
        self._left_at = self._place()  # where the cursor was left

    # -- keys --------------------------------------------------------------------------------
    def key(self, key: int, character: str, state: int) -> str | None:
        """A key is down: the line when that was the end of it."""
        if self._wake and character and character < " " and self._wake >> ord(character) & 1:
            self.wake_state = state
            self.show()
            return self.text[: self.cursor] + character + self.text[self.cursor :]
        state &= _STATES
        if key == p.VK_RETURN and not state & p.CTRL_PRESSED:
            return self._end()
        control = bool(state & p.CTRL_PRESSED) and not state & p.ALT_PRESSED
        if key == p.VK_BACK:
            self._delete(self._before() if not control else self._word_left(), self.cursor)
        elif control and key in (p.VK_LEFT, p.VK_RIGHT, p.VK_HOME, p.VK_END):
            self._control_key(key)
        elif not (key and self._plain_key(key)):
            if character:
                self.insert(character)
            return None
        self.show()
        return None

    def _control_key(self, key: int) -> None:
        if key == p.VK_LEFT:
            self.cursor = self._word_left()
        elif key == p.VK_RIGHT:
            self.cursor = self._word_right()
        elif key == p.VK_HOME:
            self._delete(0, self.cursor)
        else:
            self._delete(self.cursor, len(self.text))

    def _plain_key(self, key: int) -> bool:
        """Whether it is one of those that edit."""
        text = self.text
        if key == p.VK_LEFT:
            self.cursor = self._before()
        elif key == p.VK_RIGHT:
            if self.cursor < len(text):
                self.cursor = self._after()
            else:
                self._copy(1)
        elif key == p.VK_HOME:
            self.cursor = 0
        elif key == p.VK_END:
            self.cursor = len(text)
        elif key == p.VK_DELETE:
            self._delete(self.cursor, self._after())
        elif key == p.VK_INSERT:
            self._insert = not self._insert
            self._screen.cursor_size = 25 if self._insert else 100
        elif key == p.VK_ESCAPE:
            self.replace("")
        elif key == p.VK_UP:
            self._recall(self._index - 1)
        elif key == p.VK_DOWN:
            self._recall(self._index + 1)
        elif key == p.VK_PRIOR:
            self._recall(0)
        elif key == p.VK_NEXT:
            self._recall(len(self._history.lines) - 1)
        elif key == p.VK_F1:
            self._copy(1)
        elif key == p.VK_F1 + 2:
            self._copy(LONGEST)
        elif key == p.VK_F1 + 7:
            self._find()
        else:
            return False
        return True

    def _before(self) -> int:
        at = self.cursor
        if at >= 2 and "\udc00" <= self.text[at - 1] <= "\udfff":
            at -= 1
        return max(at - 1, 0)

    def _after(self) -> int:
        at = self.cursor
        if at < len(self.text) and "\ud800" <= self.text[at] <= "\udbff":
            at += 1
        return min(at + 1, len(self.text))

    def _word_left(self) -> int:
        at, text = self.cursor, self.text
        while at > 0 and text[at - 1] == " ":
            at -= 1
        while at > 0 and text[at - 1] != " ":
            at -= 1
        return at

    def _word_right(self) -> int:
        at, text = self.cursor, self.text
        while at < len(text) and text[at] != " ":
            at += 1
        while at < len(text) and text[at] == " ":
            at += 1
        return at

    def _delete(self, begin: int, end: int) -> None:
        self.text = self.text[:begin] + self.text[end:]
        self.cursor = begin

    def insert(self, text: str) -> None:
        """Characters at the cursor."""
        at = self.cursor
        rest = at if self._insert else at + len(text)
        if len(self.text) + len(text) > LONGEST:
            return
        self.text = self.text[:at] + text + self.text[rest:]
        self.cursor = at + len(text)
        self.show()

    def replace(self, text: str) -> None:
        """Another line in its place."""
        self.text, self.cursor = text, len(text)

    # -- history -----------------------------------------------------------------------------
    def _recall(self, index: int) -> None:
        lines = self._history.lines
        if not 0 <= index <= len(lines) or index == self._index:
            return
        if self._index == len(lines):
            self._own = self.text
        self._index = index
        self.replace(lines[index] if index < len(lines) else self._own)

    def _copy(self, count: int) -> None:
        """Take over characters of the line before, from the same column on."""
        before = self._history.lines[-1] if self._history.lines else ""
        more = before[self.cursor : self.cursor + count]
        self.text = self.text[: self.cursor] + more + self.text[self.cursor + len(more) :]
        self.cursor += len(more)

    def _find(self) -> None:
        """The line before in the history that begins as this one does up to the cursor."""
        lines, begin = self._history.lines, self.text[: self.cursor]
        count = len(lines)
        for step in range(1, count + 1):
            index = (self._index - step) % count
            if lines[index].startswith(begin):
                self._index, self.text = index, lines[index]
                return

    # -- the end -----------------------------------------------------------------------------
    def _end(self) -> str:
        self.cursor = len(self.text)
        self.show()
        self._history.add(self.text)
        if self._echo:
            self._screen.write("\r\n")
        return self.text + "\r\n"

    def abandon(self, mark: str) -> None:
        """Nobody wants it any more: leave it as it is, with a mark behind it, and begin a new row."""
        self.cursor = len(self.text)
        self.show()
        if self._echo:
            self._screen.write(mark + "\r\n")

    # -- what is seen --------------------------------------------------------------------------
    def _place(self) -> int:
        screen = self._screen
        return screen.y * screen.width + screen.x

    def _go(self, place: int) -> None:
        screen = self._screen
        y, x = divmod(max(place, 0), screen.width)
        if y >= screen.height:
            screen.x, screen.y = screen.width - 1, screen.height - 1
        else:
            screen.x, screen.y = x, y
        screen.view.touched()

    def show(self) -> None:
        """Bring the screen up to date."""
        if not self._echo:
            return
        if self._place() != self._left_at:  # somebody has written: go on behind that
            self._home, self._shown = self._place(), ""
        old, new, screen = self._shown, self.text, self._screen
        if new != old:
            same = 0
            for one, other in zip(old, new, strict=False):
                if one != other:
                    break
                same += 1
            begin = len(_cells(new[:same]))
            tail = _cells(new[same:])
            gone = max(len(_cells(old)) - begin - len(tail), 0)
            hidden = max(-(self._home + begin), 0)  # cells that have left the screen at its top
            self._go(self._home + begin)
            screen.put((tail + " " * gone)[hidden:])
            self._home = self._place() - begin - len(tail) - gone
            self._shown = new
        self._go(self._home + len(_cells(new[: self.cursor])))
        screen.show_cursor()
        self._left_at = self._place()

    def resized(self) -> None:
        """The screen has another width: begin a new row, and show all of it again."""
        self._left_at = -1
        self.show()


def _cells(text: str) -> str:
    """What is seen of a text."""
    if text.isascii() and text.isprintable():
        return text
    shown = "".join("^" + chr(ord(one) + 64) if one < " " else one for one in text)
    if shown.isascii() or max(shown) < "\u1100":
        return shown
    from ring3k.io.condrv.width import is_wide

    return "".join(one + one if is_wide(one) else one for one in shown)

"""Escape sequences that a program writes (ENABLE_VIRTUAL_TERMINAL_PROCESSING).

They are carried out on the screen, as everything else; the terminal gets what comes
of it.  What Windows documents is known here; other sequences are read and have no
effect.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ring3k.io.condrv import protocol as p
from ring3k.io.condrv import style as st
from ring3k.io.condrv.style import Look
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.io.condrv.screen import Row, Screen

MOST_PENDING = 4096  # characters of an unfinished sequence
_CSI = re.compile(r"\x1b\[([<-?]*)([0-9;:]*)([ -/]*)([@-~])")
_CSI_BEGUN = re.compile(r"\x1b\[[<-?]*[0-9;:]*[ -/]*\Z")
_STRING = re.compile(r"\x1b([\]PX^_])(.*?)(?:\x07|\x1b\\)", re.DOTALL)
_SHORT = re.compile(r"\x1b([ -/]*)([0-~])")
_FLAGS_ON = {
    1: st.BOLD,
    2: st.FAINT,
    3: st.ITALIC,
    4: st.UNDERLINE,
    5: st.BLINK,
    7: st.REVERSE,
    8: st.HIDDEN,
    9: st.STRUCK,
}
_FLAGS_OFF = {
    21: st.UNDERLINE,
    22: st.BOLD | st.FAINT,
    23: st.ITALIC,
    24: st.UNDERLINE,
    25: st.BLINK,
    27: st.REVERSE,
    28: st.HIDDEN,
    29: st.STRUCK,
}
_LINES = str.maketrans("`afgjklmnopqrstuvwxyz{|}~", "◆▒°±┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·")


class Interpreter:
    """The sequences for one screen."""

    def __init__(self, screen: Screen, write: Callable[[str], None]) -> None:
        """``write``: text without sequences."""
        self._screen = screen
        self._write = write
        self._pending = ""
        self._saved = (0, 0, p.DEFAULT_ATTRIBUTE)
        self._margins: tuple[int, int] | None = None  # rows of the window, the second not among them
        self._other: tuple[list[str], list[Row], int, int] | None = (
            None  # the main screen, while another is shown
        )
        self._drawing = False  # letters are line drawings

    def feed(self, text: str) -> None:
        """Text as it comes; a sequence may come in parts."""
        text = self._pending + text
        self._pending = ""
        at = 0
        while at < len(text):
            escape = text.find("\x1b", at)
            if escape != at:
                self._text(text[at:] if escape < 0 else text[at:escape])
                if escape < 0:
                    return
                at = escape
            end = self._sequence(text, at)
            if end == 0:
                if len(text) - at < MOST_PENDING:
                    self._pending = text[at:]
                return
            at = end

    def _text(self, text: str) -> None:
        if self._drawing:
            text = text.translate(_LINES)
        if self._margins is None:
            self._write(text)
            return
        for line in text.splitlines(keepends=True):
            body = line.rstrip("\n")
            if body:
                self._write(body)
            if line.endswith("\n"):
                self._line_feed()

    def _line_feed(self) -> None:
        """Down by one row within the margins."""
        screen = self._screen
        _, bottom = self._rows()
        if screen.y + 1 == bottom:
            self._shift(self._rows()[0], bottom, 1)
            if not screen.mode & p.DISABLE_NEWLINE_AUTO_RETURN:
                screen.x = 0
        else:
            self._write("\n")

    def _rows(self) -> tuple[int, int]:
        """The rows of the buffer between the margins."""
        screen = self._screen
        first, last = self._margins or (0, screen.lines)
        return screen.top + first, screen.top + min(last, screen.lines)

    def _sequence(self, text: str, at: int) -> int:
        """Carry one out; where it ends, 0 when there must be more of it."""
        kind = text[at + 1 : at + 2]
        if not kind:
            return 0
        if kind == "[":
            found = _CSI.match(text, at)
            if found is None:
                return 0 if _CSI_BEGUN.match(text, at) else at + 2
            private, parameters, between, final = found.groups()
            numbers = [int(one[:9] or 0) for one in parameters.replace(":", ";").split(";")]
            self._control(private, numbers, between, final)
            return found.end()
        if kind in "]PX^_":
            found = _STRING.match(text, at)
            if found is None:
                return 0
            if kind == "]":
                self._command(found.group(2))
            return found.end()
        found = _SHORT.match(text, at)
        if found is None:
            return 0 if all(" " <= one <= "/" for one in text[at + 1 :]) else at + 1
        self._short(*found.groups())
        return found.end()

    def _command(self, text: str) -> None:
        """OSC."""
        number, _, rest = text.partition(";")
        if number in ("0", "2"):
            self._screen.set_title(rest)

    def _short(self, between: str, final: str) -> None:
        screen = self._screen
        if between:
            if between == "(":
                self._drawing = final == "0"
        elif final == "7":
            self._saved = (screen.x, screen.y - screen.top, screen.attribute)
        elif final == "8":
            self._restore()
        elif final == "D":
            self._line_feed()
        elif final == "E":
            screen.x = 0
            self._line_feed()
        elif final == "M":
            first, last = self._rows()
            if screen.y == first:
                self._shift(first, last, -1)
            else:
                self._move(screen.x, screen.y - 1)
        elif final == "c":
            self._margins, self._drawing = None, False
            screen.attribute = p.DEFAULT_ATTRIBUTE
            screen.fill(0, screen.top, screen.width * screen.lines, " ", p.DEFAULT_ATTRIBUTE)
            self._move(0, screen.top)

    def _restore(self) -> None:
        x, y, self._screen.attribute = self._saved
        self._move(x, self._screen.top + y)

    def _move(self, x: int, y: int) -> None:
        """Put the cursor somewhere in the window."""
        screen = self._screen
        bottom = screen.top + screen.lines - 1
        screen.move_to(max(0, min(x, screen.width - 1)), max(screen.top, min(y, bottom)))

    def _control(self, private: str, numbers: list[int], between: str, final: str) -> None:
        """CSI."""
        if private == "?":
            if final in "hl":
                for one in numbers:
                    self._private_mode(one, final == "h")
            return
        if private or between:
            if between == "!" and final == "p":
                self._screen.attribute = p.DEFAULT_ATTRIBUTE
                self._margins = None
            return
        if final == "m":
            self._select(numbers)
            return
        n = max(numbers[0], 1)
        if final in "ABCDEFGHdf`ae":
            self._cursor(final, n, numbers)
        elif final in "JKLMPX@STbXr":
            self._edit(final, n, numbers)
        elif final == "s":
            self._saved = (self._screen.x, self._screen.y - self._screen.top, self._screen.attribute)
        elif final == "u":
            self._restore()
        elif final == "n" and numbers[0] == 6:
            screen = self._screen
            screen.report(f"\x1b[{screen.y - screen.top + 1};{min(screen.x, screen.width - 1) + 1}R")
        elif final == "n" and numbers[0] == 5:
            self._screen.report("\x1b[0n")
        elif final == "c":
            self._screen.report("\x1b[?1;0c")

    def _cursor(self, final: str, n: int, numbers: list[int]) -> None:
        screen = self._screen
        x, y = min(screen.x, screen.width - 1), screen.y
        if final == "A":
            self._move(x, y - n)
        elif final in "Be":
            self._move(x, y + n)
        elif final in "Ca":
            self._move(x + n, y)
        elif final == "D":
            self._move(x - n, y)
        elif final == "E":
            self._move(0, y + n)
        elif final == "F":
            self._move(0, y - n)
        elif final in "G`":
            self._move(n - 1, y)
        elif final == "d":
            self._move(x, screen.top + n - 1)
        else:
            column = max(numbers[1], 1) if len(numbers) > 1 else 1
            self._move(column - 1, screen.top + n - 1)

    def _edit(self, final: str, n: int, numbers: list[int]) -> None:
        screen = self._screen
        x, y, style = min(screen.x, screen.width - 1), screen.y, screen.attribute
        first, last = self._rows()
        if final == "J":
            self._erase_display(numbers[0])
        elif final == "K":
            left = 0 if numbers[0] in (1, 2) else x
            right = x + 1 if numbers[0] == 1 else screen.width
            screen.fill(left, y, right - left, " ", style)
        elif final == "X":
            screen.fill(x, y, min(n, screen.width - x), " ", style)
        elif final in "@P":
            n = min(n, screen.width - x)
            row, styles = screen.rows[y], screen.style_list(y)
            if final == "@":
                screen.set_text(x, y, (" " * n + row[x:])[: screen.width - x])
                screen.set_styles(x, y, [style] * n + styles[x:])
            else:
                screen.set_text(x, y, row[x + n :] + " " * n)
                screen.set_styles(x, y, styles[x + n :] + [style] * n)
        elif final in "LM" and first <= y < last:
            screen.x = 0
            self._shift(y, last, n if final == "M" else -n)
        elif final in "ST":
            self._shift(first, last, n if final == "S" else -n)
        elif final == "r":
            top, end = n - 1, (numbers[1] if len(numbers) > 1 and numbers[1] else screen.lines)
            whole = top == 0 and end >= screen.lines
            if top + 1 < end or whole:
                self._margins = None if whole else (top, end)
                self._move(0, screen.top)

    def _erase_display(self, what: int) -> None:
        screen = self._screen
        style, x, y = screen.attribute, min(screen.x, screen.width - 1), screen.y
        start, end = screen.top * screen.width, (screen.top + screen.lines) * screen.width
        here = y * screen.width + x
        if what == 0:
            start = here
        elif what == 1:
            end = here + 1
        elif what != 2:
            return
        screen.fill(start % screen.width, start // screen.width, end - start, " ", style)

    def _shift(self, first: int, last: int, n: int) -> None:
        """Move rows up by ``n``, or down; blank ones come in."""
        screen = self._screen
        n = max(first - last, min(n, last - first))
        rows = [(screen.rows[y], screen.style_list(y)) for y in range(first, last)]
        blank = (" " * screen.width, [screen.attribute] * screen.width)
        moved = rows[n:] + [blank] * n if n >= 0 else [blank] * -n + rows[:n]
        for y, (text, styles) in enumerate(moved, first):
            screen.set_text(0, y, text)
            screen.set_styles(0, y, list(styles))
        screen.view.touched()

    def _private_mode(self, number: int, on: bool) -> None:
        screen = self._screen
        if number == 25:
            screen.cursor_visible = on
            screen.view.touched()
        elif number in (47, 1047, 1049):
            self._alternate(on)

    def _alternate(self, on: bool) -> None:
        """Show an empty screen of its own, or what was there before."""
        screen = self._screen
        if on == (self._other is not None):
            return
        if on:
            self._other = (list(screen.rows), list(screen.styles), screen.x, screen.y)
            screen.view.aside(True)
            screen.fill(0, 0, screen.width * screen.height, " ", p.DEFAULT_ATTRIBUTE)
            return
        other, self._other = self._other, None
        if other is None:
            return
        rows, styles, x, y = other
        if len(rows) == screen.height and len(rows[0]) == screen.width:
            screen.rows, screen.styles = rows, styles
        else:
            screen.take(rows, styles)
        if not screen.view.aside(False):
            screen.view.moved()
        screen.move_to(min(x, screen.width - 1), min(y, screen.height - 1))

    # -- colours ----------------------------------------------------------------------------
    def _select(self, numbers: list[int]) -> None:
        """SGR."""
        screen = self._screen
        now = screen.palette.look(screen.attribute)
        flags, foreground, background = now.flags, now.foreground, now.background
        rest = iter(numbers)
        for one in rest:
            if one == 0:
                flags, foreground, background = 0, None, None
            elif one in _FLAGS_ON:
                flags |= _FLAGS_ON[one]
            elif one in _FLAGS_OFF:
                flags &= ~_FLAGS_OFF[one]
            elif one in (38, 48):
                colour = _long_colour(rest)
                if one == 38:
                    foreground = colour
                else:
                    background = colour
            elif 30 <= one <= 37 or 90 <= one <= 97:
                foreground = one - 30 if one < 90 else one - 82
            elif 40 <= one <= 47 or 100 <= one <= 107:
                background = one - 40 if one < 100 else one - 92
            elif one == 39:
                foreground = None
            elif one == 49:
                background = None
        screen.attribute = screen.palette.style(Look(flags, foreground, background))


def _long_colour(rest: Iterator[int]) -> int | None:
    """What follows 38 or 48."""
    kind = next(rest, 0)
    numbers = [min(next(rest, 0), 255) for _ in range({5: 1, 2: 3}.get(kind, 0))]
    if len(numbers) == 1:
        return numbers[0]
    if len(numbers) == 3:
        return st.RGB | numbers[0] << 16 | numbers[1] << 8 | numbers[2]
    return None

"""A screen buffer: cells, cursor, attributes, and the window on it.

A cell is one UTF-16 code unit and a style.  Styles below 0x10000 are the
attributes of Windows; others stand for what escape sequences can say and attributes
cannot (``style.Palette``).  A row of one style keeps it as a number.

Whatever changes tells the ``view``: text that was written at the cursor as such,
so that it can be passed on as it is; everything else as cells that have changed.

The cursor's column may be the width: the next character goes to the next row.
Without escape sequences NT moves to the next row at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ring3k.io.condrv import protocol as p
from ring3k.typed import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ring3k.io.condrv.style import Palette
    from ring3k.io.condrv.vt import Interpreter

MOST_CELLS = 1 << 22
BLANK = " "
_PIECES = re.compile("[^\a\b\t\n\r]+|\r\n|[\a\b\t\n\r]")
_NARROW = "\u0300"  # characters below this take one column
DEFAULT_COLOURS = (
    0x0C0C0C, 0xDA3700, 0x0EA113, 0xDD963A, 0x1F0FC5, 0x981788, 0x009CC1, 0xCCCCCC,
    0x767676, 0xFF783B, 0x0CC616, 0xD6D661, 0x5648E7, 0x9E00B4, 0xA5F1F9, 0xF2F2F2,
)  # fmt: skip


class View(Protocol):
    """Who shows the active screen."""

    def put(self, x: int, y: int, text: str, style: int) -> None:
        """Text was written here, within a row."""

    def scrolling(self) -> None:
        """All that is shown is about to move up by one row; the last becomes blank."""

    def changed(self, y: int, left: int, right: int) -> None:
        """Cells of a row, ``right`` not among them, are others than before."""

    def cleared(self) -> None:
        """Every cell has become a blank."""

    def aside(self, on: bool) -> bool:
        """What is shown is about to be put away for something else, or (off) to come back.

        True if it came back as it was put away, False if it has to be shown anew.
        """

    def moved(self) -> None:
        """The window shows another part of the buffer, or has another size."""

    def beep(self) -> None: ...

    def touched(self) -> None:
        """The cursor or how it looks has changed."""


class NoView:
    """Nobody: the screen is not the active one, or the console has no terminal."""

    def put(self, x: int, y: int, text: str, style: int) -> None: ...
    def scrolling(self) -> None: ...
    def changed(self, y: int, left: int, right: int) -> None: ...
    def cleared(self) -> None: ...
    def aside(self, on: bool) -> bool:
        return True

    def moved(self) -> None: ...
    def beep(self) -> None: ...
    def touched(self) -> None: ...


NO_VIEW = NoView()
Row = int | list[int]


class Screen:
    """One screen buffer."""

    def __init__(
        self, width: int, height: int, palette: Palette, attribute: int = p.DEFAULT_ATTRIBUTE
    ) -> None:
        self.view: View = NO_VIEW
        self.palette = palette
        self.report: Callable[[str], None] = _ignore  # what escape sequences ask for goes to the input
        self.set_title: Callable[[str], None] = _ignore
        self._parser: Interpreter | None = None
        self.mode = p.DEFAULT_OUTPUT_MODE
        self.width, self.height = width, height
        self.x = self.y = 0
        self.attribute = attribute  # of what is written; perhaps a style
        self.popup_attribute = p.DEFAULT_POPUP
        self.cursor_size, self.cursor_visible = 25, True
        self.left = self.top = 0  # of the window
        self.columns, self.lines = width, height
        self.most_columns, self.most_lines = width, height  # the largest window
        self.colours = DEFAULT_COLOURS
        self.font = (8, 16, 400, 0x36)  # width, height, weight, pitch and family
        self.rows = [BLANK * width] * height
        self.styles: list[Row] = [p.DEFAULT_ATTRIBUTE] * height

    # -- text ----------------------------------------------------------------------------
    def write(self, text: str) -> None:
        """Write at the cursor; control characters do what the mode says."""
        if not self.top <= self.y < self.top + self.lines:
            self.show_cursor()
        if self.delays_wrap and (self._parser is not None or "\x1b" in text):
            self._interpret(text)
        else:
            self._write(text)
        self.view.touched()

    def _write(self, text: str) -> None:
        if self.mode & p.ENABLE_PROCESSED_OUTPUT:
            for piece in _PIECES.findall(text):
                if piece >= BLANK:
                    self.put(piece)
                elif piece == "\r\n":
                    self.x = 0
                    self.line_feed()
                else:
                    self._control(piece)
        else:
            self.put(text)

    def _interpret(self, text: str) -> None:
        """Text with escape sequences."""
        if self._parser is None:
            from ring3k.io.condrv.vt import Interpreter

            self._parser = Interpreter(self, self._write)
        self._parser.feed(text)

    def _control(self, one: str) -> None:
        if one == "\n":
            if not self.mode & p.DISABLE_NEWLINE_AUTO_RETURN:
                self.x = 0
            self.line_feed()
        elif one == "\r":
            self.x = 0
        elif one == "\b":
            self.x = max(min(self.x, self.width - 1) - 1, 0)
        elif one == "\t":
            self.put(BLANK * (min(self.width, (self.x | 7) + 1) - self.x or 8))
        elif one == "\a":
            self.view.beep()
        else:  # a piece of text that begins below the carriage return
            self.put(one)

    def put(self, text: str) -> None:
        """Characters, whatever they are."""
        x = self.x
        count = len(text)
        if x + count < self.width and (text.isascii() or max(text) < _NARROW):  # the ordinary case
            y, style = self.y, self.attribute
            row, styles = self.rows[y], self.styles[y]
            self.rows[y] = row[:x] + text + row[x + count :]
            if styles != style:
                self._restyle(y, x, x + count, style)
            self.x = x + count
            self.view.put(x, y, text, style)
        elif text.isascii() or max(text) < _NARROW:
            self._put_long(text)
        else:
            self._put_wide(text)

    def _put_long(self, text: str) -> None:
        """Text that reaches the end of the row."""
        at, end = 0, len(text)
        while at < end:
            if self.x >= self.width:
                self._wrap()
            room = self.width - self.x
            self._put_in_row(text[at : at + room], self.attribute)
            at += room
        if self.x >= self.width and not self.delays_wrap:
            self._wrap()

    def _put_in_row(self, text: str, style: int) -> None:
        x, y, end = self.x, self.y, self.x + len(text)
        row = self.rows[y]
        self.rows[y] = row[:x] + text + row[end:]
        self._restyle(y, x, end, style)
        self.x = end
        self.view.put(x, y, text, style)

    def _put_wide(self, text: str) -> None:
        """Text with characters that may take two columns, each in two cells."""
        from ring3k.io.condrv.width import cells

        for piece, wide in cells(text):
            if not wide or self.width < 2:
                self._put_long(piece)
                continue
            for one in piece:
                if self.x + 2 > self.width:
                    if self.x < self.width:
                        self._put_in_row(BLANK * (self.width - self.x), self.attribute)
                    self._wrap()
                x, y, style = self.x, self.y, self.attribute
                row = self.rows[y]
                self.rows[y] = row[:x] + one + one + row[x + 2 :]
                flags = style < 0x10000
                self._restyle(y, x, x + 1, style | p.COMMON_LVB_LEADING_BYTE * flags)
                self._restyle(y, x + 1, x + 2, style | p.COMMON_LVB_TRAILING_BYTE * flags)
                self.x = x + 2
                self.view.put(x, y, one + one, style)
        if self.x >= self.width and not self.delays_wrap:
            self._wrap()

    @property
    def delays_wrap(self) -> bool:
        """Whether the cursor stays behind the last column until something follows."""
        wanted = p.ENABLE_VIRTUAL_TERMINAL_PROCESSING | p.ENABLE_PROCESSED_OUTPUT
        return self.mode & wanted == wanted

    def _wrap(self) -> None:
        self.x = 0
        if self.mode & p.ENABLE_WRAP_AT_EOL_OUTPUT:
            self.line_feed()

    def line_feed(self) -> None:
        """One row down; the rows move up at the end of the buffer, the window at its own."""
        end = self.top + self.lines
        if self.y + 1 < self.height:
            if self.y + 1 == end:
                self.view.scrolling()
                self.top += 1
                if self.styles[end] != p.DEFAULT_ATTRIBUTE or not self.rows[end].isspace():
                    self.view.changed(end, 0, self.width)
            self.y += 1
            return
        if end < self.height:
            self.show_cursor()
        self.view.scrolling()
        del self.rows[0], self.styles[0]
        self.rows.append(BLANK * self.width)
        self.styles.append(self.attribute)
        if self.attribute != p.DEFAULT_ATTRIBUTE:
            self.view.changed(self.height - 1, 0, self.width)

    # -- cells ----------------------------------------------------------------------------
    def _restyle(self, y: int, left: int, right: int, style: int) -> None:
        styles = self.styles[y]
        if styles == style:
            return
        if left == 0 and right >= self.width:
            self.styles[y] = style
            return
        if isinstance(styles, int):
            styles = self.styles[y] = [styles] * self.width
        styles[left:right] = [style] * (right - left)

    def style_list(self, y: int) -> list[int]:
        """A row's styles, one by one.  Not to be changed."""
        styles = self.styles[y]
        return [styles] * self.width if isinstance(styles, int) else styles

    def set_text(self, x: int, y: int, text: str) -> None:
        """Characters of a row, from a column on; what does not fit is left out."""
        text = text[: self.width - x]
        row = self.rows[y]
        new = row[:x] + text + row[x + len(text) :]
        if new == row:
            return
        self.rows[y] = new
        left, right = _difference(row, new)
        self.view.changed(y, left, right)

    def set_styles(self, x: int, y: int, styles: list[int]) -> None:
        """Styles of a row, likewise."""
        styles = styles[: self.width - x]
        if not styles:
            return
        old, first = self.style_list(y), styles[0]
        if len(styles) == self.width and styles.count(first) == self.width:
            self.styles[y], new = first, styles
        else:
            new = old[:x] + styles + old[x + len(styles) :]
            self.styles[y] = new
        if new == old:
            return
        left, right = _difference(old, new)
        self.view.changed(y, left, right)

    def fill(self, x: int, y: int, count: int, text: str | None, style: int | None) -> int:
        """Fill so many cells, row after row, with a character, a style or both; how many there were."""
        start = y * self.width + x
        end = min(start + count, self.width * self.height)
        if end <= start:
            return 0
        whole = start == 0 and end == self.width * self.height
        if whole and text == BLANK:
            self.rows = [BLANK * self.width] * self.height
            if style is not None:
                self.styles = [style] * self.height
            self.view.cleared()
            return end
        at = start
        while at < end:
            row, left = divmod(at, self.width)
            part = min(self.width - left, end - at)
            if text is not None:
                self.set_text(left, row, text * part)
            if style is not None:
                self.set_styles(left, row, [style] * part)
            at += part
        self.view.touched()
        return end - start

    def scroll(
        self,
        source: tuple[int, int, int, int],
        origin: tuple[int, int],
        clip: tuple[int, int, int, int],
        text: str,
        style: int,
    ) -> bool:
        """Move a rectangle; what it leaves is filled.  Rectangles: left, top, right, bottom, inclusive."""
        left, top, right, bottom = source
        clip_left, clip_top = max(clip[0], 0), max(clip[1], 0)
        clip_right, clip_bottom = min(clip[2], self.width - 1), min(clip[3], self.height - 1)
        if not (0 <= left <= right < self.width and 0 <= top <= bottom < self.height):
            return False
        if clip_left > clip_right or clip_top > clip_bottom:
            return False
        kept = [
            (self.rows[y][left : right + 1], self.style_list(y)[left : right + 1])
            for y in range(top, bottom + 1)
        ]
        for y in range(max(top, clip_top), min(bottom, clip_bottom) + 1):
            first, last = max(left, clip_left), min(right, clip_right)
            if first <= last:
                self.set_text(first, y, text * (last - first + 1))
                self.set_styles(first, y, [style] * (last - first + 1))
        x, down = origin
        first, last = max(x, clip_left), min(x + right - left, clip_right)
        if first <= last:
            for number, (cells, styles) in enumerate(kept):
                y = down + number
                if clip_top <= y <= clip_bottom:
                    self.set_text(first, y, cells[first - x : last - x + 1])
                    self.set_styles(first, y, styles[first - x : last - x + 1])
        self.view.touched()
        return True

    # -- cursor, window, size --------------------------------------------------------------
    def move_to(self, x: int, y: int) -> None:
        """Put the cursor somewhere; the window follows."""
        self.x, self.y = x, y
        self.show_cursor()
        self.view.touched()

    def show_cursor(self) -> None:
        """Move the window so that it shows the cursor."""
        x, left, top = min(self.x, self.width - 1), self.left, self.top
        if x < left:
            left = x
        elif x >= left + self.columns:
            left = x - self.columns + 1
        if self.y < top:
            top = self.y
        elif self.y >= top + self.lines:
            top = self.y - self.lines + 1
        if (left, top) != (self.left, self.top):
            self.left, self.top = left, top
            self.view.moved()

    def set_window(self, left: int, top: int, right: int, bottom: int) -> bool:
        """What part is shown; False if there is no such part."""
        if not (0 <= left <= right < self.width and 0 <= top <= bottom < self.height):
            return False
        before = (self.left, self.top, self.columns, self.lines)
        self.left, self.top, self.columns, self.lines = left, top, right - left + 1, bottom - top + 1
        if before != (self.left, self.top, self.columns, self.lines):
            self.view.moved()
        return True

    def resize(self, width: int, height: int) -> bool:
        """Make the buffer larger or smaller, but not smaller than the window."""
        if width < self.columns or height < self.lines or width * height > MOST_CELLS:
            return False
        if (width, height) == (self.width, self.height):
            return True
        self._cut(width, height)
        self.left = min(self.left, width - self.columns)
        self.top = min(self.top, height - self.lines)
        self.x, self.y = min(self.x, width - 1), min(self.y, height - 1)
        self.show_cursor()
        self.view.moved()
        return True

    def _cut(self, width: int, height: int) -> None:
        more = width - self.width
        if more:
            self.rows = [row[:width] + BLANK * more for row in self.rows]
            self.styles = [
                one if isinstance(one, int) else (one + [p.DEFAULT_ATTRIBUTE] * more)[:width]
                for one in self.styles
            ]
        del self.rows[height:], self.styles[height:]
        self.rows += [BLANK * width] * (height - len(self.rows))
        self.styles += [p.DEFAULT_ATTRIBUTE] * (height - len(self.styles))
        self.width, self.height = width, height

    def take(self, rows: list[str], styles: list[Row]) -> None:
        """Contents that have another size."""
        self.rows = [row.ljust(self.width)[: self.width] for row in rows[: self.height]]
        self.rows += [BLANK * self.width] * (self.height - len(self.rows))
        wide = [one if isinstance(one, int) else one[: self.width] for one in styles[: self.height]]
        self.styles = [
            one if isinstance(one, int) else one + [p.DEFAULT_ATTRIBUTE] * (self.width - len(one))
            for one in wide
        ]
        self.styles += [p.DEFAULT_ATTRIBUTE] * (self.height - len(self.styles))

    def fit(self, columns: int, lines: int) -> None:
        """The terminal has another size now: the window takes it, and a buffer that was no larger, too.

        The rows above go if the cursor would otherwise be below the end.
        """
        whole = self.height == self.lines
        width = columns if self.width == self.columns else max(self.width, columns)
        height = lines if whole else max(self.height, lines)
        if whole and self.y >= height:
            gone = self.y - height + 1
            del self.rows[:gone], self.styles[:gone]
            self.y -= gone
        self._cut(width, height)
        self.columns, self.lines = columns, lines
        self.most_columns, self.most_lines = columns, lines
        self.left = min(self.left, width - columns)
        self.top = min(self.top, height - lines)
        self.x, self.y = min(self.x, width - 1), min(self.y, height - 1)
        self.show_cursor()


def _difference(old: str | list[int], new: str | list[int]) -> tuple[int, int]:
    """Where two rows of one length, not the same, begin and cease to differ."""
    left, right = 0, len(old)
    while old[left] == new[left]:
        left += 1
    while old[right - 1] == new[right - 1]:
        right -= 1
    return left, right


def _ignore(text: str) -> None:
    """Nobody wants to know."""

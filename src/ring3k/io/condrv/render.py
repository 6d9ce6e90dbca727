"""A screen, as bytes for a terminal.

Text that is written at the cursor goes to the terminal as text.  Other changes are
kept as spans of cells and drawn before the next text, or at the next flush.  All of it is
collected: the terminal is written to when somebody flushes, or much has come.

At first nobody knows in which row of the terminal the console begins.  So the terminal's
own contents stay, and the cursor is moved relative to where it is; rows come into being
by line feeds, and what scrolls off remains in the terminal's scroll-back.  Once the
cursor has been in the window's last row, or the screen has been cleared, rows of the
window are rows of the terminal, and positions are absolute (``anchored``).

A terminal that got a character in its last column wraps when the next one comes.  NT
has wrapped by then.  So when text goes on in the next row, nothing is said of it
to the terminal, and a long line stays one line there; ``owed`` is set where that
makes the terminal scroll later than the screen.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ring3k.io.condrv.protocol import DEFAULT_ATTRIBUTE
from ring3k.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ring3k.io.condrv.screen import Row, Screen

FULL = 1 << 15  # characters that are kept at most
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f]")
_GLYPHS = str.maketrans(
    dict(enumerate(" ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼")) | {0x7F: "⌂"} | dict.fromkeys(range(128, 160), "?")
)
_NARROW = "\u0300"
UNKNOWN = -1  # the terminal's column, after characters of unknown width


class _Kept(NamedTuple):
    """What is known of the terminal's first screen."""

    rows: list[str]
    styles: list[Row]
    top: int
    columns: int
    lines: int
    x: int
    y: int
    deepest: int
    anchored: bool


class Renderer:
    """The view of a console's active screen."""

    def __init__(
        self,
        screen: Screen,
        columns: int,
        lines: int,
        send: Callable[[bytes], None],
        wanted: Callable[[], None],
    ) -> None:
        """``wanted``: there is something to flush, and was not before."""
        self.screen = screen
        self.columns, self.lines = columns, lines  # of the terminal
        self._margin = lines  # the rows that scroll
        self._send = send
        self._wanted = wanted
        self._out: list[str] = []
        self._size = 0
        self._asked = False
        self._dirty: dict[int, tuple[int, int]] = {}  # rows of the buffer: columns that are to be drawn
        self._x = self._y = 0  # the terminal's cursor, in the window
        self._style = DEFAULT_ATTRIBUTE
        self._visible = True
        self._owed = False  # the terminal still has to scroll by a row
        self._deepest = 0  # the last row of the window that the terminal has got to
        self.anchored = False
        self._first = screen
        self._kept: _Kept | None = None  # the terminal's first screen, while the second is shown

    # -- what the screen tells -------------------------------------------------------------
    def put(self, x: int, y: int, text: str, style: int) -> None:
        if self._dirty:
            self._draw()
        screen = self.screen
        if screen.width != screen.columns:
            if not screen.left <= x <= screen.left + screen.columns - len(text):
                self.changed(y, x, x + len(text))
                return
            x -= screen.left
        y -= screen.top
        if x != self._x or y != self._y:
            if x == 0 and self._x == self.columns and y == self._y + 1:
                self._x, self._y, self._owed = 0, y, False  # it wraps by itself
                self._reached(y)
            else:
                self._move(x, y)
        if style != self._style:
            self._select(style)
        self._emit(text)
        if not self._asked:
            self._ask()

    def scrolling(self) -> None:
        self._draw()
        last = self.screen.lines - 1
        if self._x == self.columns and self._y == last and not self._owed:
            self._owed = True
            self._y = last - 1
            self.touched()
            return
        if self._y != last or self._owed:
            self._move(0, last)
        if self._style != DEFAULT_ATTRIBUTE:
            self._select(DEFAULT_ATTRIBUTE)
        self._add("\r\n")
        self._x = 0
        self.touched()

    def changed(self, y: int, left: int, right: int) -> None:
        before = self._dirty.get(y)
        if before is not None:
            left, right = min(left, before[0]), max(right, before[1])
        self._dirty[y] = (left, right)
        self.touched()

    def cleared(self) -> None:
        self._dirty.clear()
        self._select(DEFAULT_ATTRIBUTE)
        if self._margin != self.screen.lines:
            self._margin = self.screen.lines
            self._add("\x1b[r" if self._margin >= self.lines else f"\x1b[1;{self._margin}r")
        self._add("\x1b[H\x1b[2J")
        self._x = self._y = 0
        self._owed, self.anchored = False, True
        for y, styles in enumerate(self.screen.styles):
            if styles != DEFAULT_ATTRIBUTE:
                self._dirty[y] = (0, self.screen.width)
        self.touched()

    def aside(self, on: bool) -> bool:
        """The terminal has a second screen, without scroll-back: the first is there when it is left."""
        if on:
            self._draw()
            if self._owed or self._x == UNKNOWN:
                self._move(0, self._y + self._owed)
            screen = self.screen
            self._kept = _Kept(
                list(screen.rows), list(screen.styles), screen.top, self.columns, self.lines,
                self._x, self._y, self._deepest, self.anchored,
            )  # fmt: skip
            self._add("\x1b[?1049h")
            return True
        kept, self._kept = self._kept, None
        self._dirty.clear()
        self._owed = False
        self._add("\x1b[?1049l\x1b[0m")
        self._style = DEFAULT_ATTRIBUTE
        if kept is None or (kept.columns, kept.lines, kept.top) != (
            self.columns,
            self.lines,
            self.screen.top,
        ):
            return False
        self._x, self._y, self._deepest, self.anchored = kept.x, kept.y, kept.deepest, kept.anchored
        self._compare(kept)
        self.touched()
        return True

    def _compare(self, kept: _Kept) -> None:
        """What has changed while it was not shown."""
        screen = self.screen
        for y, (row, styles) in enumerate(zip(screen.rows, screen.styles, strict=True)):
            if y >= len(kept.rows) or row != kept.rows[y] or styles != kept.styles[y]:
                self._dirty[y] = (0, screen.width)

    def moved(self) -> None:
        """Draw all of it."""
        self.cleared()
        screen = self.screen
        for y in range(screen.top, screen.top + screen.lines):
            if screen.styles[y] != DEFAULT_ATTRIBUTE or not screen.rows[y].isspace():
                self._dirty[y] = (0, screen.width)

    def touched(self) -> None:
        if not self._asked:
            self._ask()

    def beep(self) -> None:
        self._add("\a")
        self.touched()

    def title(self, text: str) -> None:
        """What the terminal's window is called."""
        self._add(f"\x1b]0;{_UNPRINTABLE.sub('', text)}\x07")
        self.touched()

    # -- the terminal ------------------------------------------------------------------------
    def resized(self, columns: int, lines: int) -> None:
        """The terminal has changed; what it did with its contents is its own affair."""
        self.columns, self.lines = columns, lines
        screen = self.screen
        if self.anchored:
            self.moved()
        else:
            self._dirty.clear()
            self._x, self._y, self._owed = UNKNOWN, screen.y - screen.top, False
            self._deepest = max(self._deepest, self._y)
        self.touched()

    def show(self, screen: Screen) -> None:
        """Another screen is the active one.  What the first one was is put away."""
        first = self._first
        if screen is not first and self.screen is first:
            self.aside(True)
        self.screen = screen
        if screen is not first or not self.aside(False):
            self.moved()
        self.touched()

    def flush(self) -> None:
        """Let the terminal show what the screen shows."""
        self._asked = False
        self._draw()
        screen = self.screen
        x, y = screen.x - screen.left, screen.y - screen.top
        if 0 <= y < screen.lines and not (x >= screen.columns and self._x == self.columns and self._y == y):
            x = max(0, min(x, screen.columns - 1, self.columns - 1))
            if (x, y) != (self._x, self._y):
                self._move(x, y)
        if screen.cursor_visible != self._visible:
            self._visible = screen.cursor_visible
            self._add("\x1b[?25h" if self._visible else "\x1b[?25l")
        self._write()

    def disturbed(self) -> None:
        """Somebody else writes to the terminal: whole lines, it is hoped."""
        self._x = UNKNOWN

    def leave(self) -> None:
        """The terminal is somebody else's again."""
        self.screen.cursor_visible = True
        self.flush()
        if self._kept is not None:
            self._kept = None
            self._add("\x1b[?1049l")
        if self._margin < self.lines:
            self._margin = self.lines
            self._add("\x1b7\x1b[r\x1b8")
        if self._style != DEFAULT_ATTRIBUTE:
            self._select(DEFAULT_ATTRIBUTE)
        self._write()

    # -- drawing -----------------------------------------------------------------------------
    def _draw(self) -> None:
        """The cells that have changed."""
        if not self._dirty:
            return
        screen = self.screen
        dirty, self._dirty = self._dirty, {}
        end = screen.left + min(screen.columns, self.columns)
        for y in sorted(dirty):
            left, right = max(dirty[y][0], screen.left), min(dirty[y][1], end)
            if left < right and screen.top <= y < screen.top + screen.lines:
                self._draw_row(y, left, right, end)

    def _draw_row(self, y: int, left: int, right: int, end: int) -> None:
        screen = self.screen
        text, styles = screen.rows[y], screen.style_list(y)
        row = y - screen.top
        kept = len(text[:end].rstrip())  # behind this there are blanks ...
        while kept < end and styles[kept] == DEFAULT_ATTRIBUTE:
            kept += 1
        blank = len(text[:end].rstrip()) if kept == end else end  # ... and they look like nothing at all
        if blank <= left and not self.anchored and row > self._deepest:
            return
        erased = blank < right
        right = min(right, max(blank, left))
        at = left
        while at < right:
            style = styles[at]
            stop = at + 1
            while stop < right and styles[stop] == style:
                stop += 1
            self._move(at - screen.left, row)
            if style != self._style:
                self._select(style)
            self._emit(text[at:stop])
            at = stop
        if erased:
            self._move(right - screen.left, row)
            if self._style != DEFAULT_ATTRIBUTE:
                self._select(DEFAULT_ATTRIBUTE)
            self._add("\x1b[K")

    def _select(self, style: int) -> None:
        if style != self._style:
            self._style = style
            self._add(f"\x1b[{self.screen.palette.sgr(style)}m")

    def _emit(self, text: str) -> None:
        """Cells of the present style, at the present place."""
        count = len(text)
        if text.isascii() and text.isprintable():
            self._x += count
        elif max(text) < _NARROW:
            text = text.translate(_GLYPHS)
            self._x += count
        else:
            from ring3k.io.condrv.width import columns, halved

            text = halved(text.translate(_GLYPHS))
            self._x = self._x + count if columns(text) == count and self._x != UNKNOWN else UNKNOWN
        self._out.append(text)
        self._size += count
        if self._size > FULL:
            self._write()

    def _reached(self, y: int) -> None:
        if y > self._deepest:
            self._deepest = y
        if y >= self.screen.lines - 1:
            self.anchored = True

    def _move(self, x: int, y: int) -> None:
        """The terminal's cursor to a column and row of the window."""
        if self._owed:
            self._owed = False
            if self._style != DEFAULT_ATTRIBUTE:
                self._select(DEFAULT_ATTRIBUTE)
            self._add("\r\n")
            self._x, self._y = 0, self._y + 1
        if (x, y) == (self._x, self._y):
            return
        if y == self._y:
            self._move_in_row(x)
        elif y > self._y and (not self.anchored or (x == 0 and y == self._y + 1)):
            if self._style != DEFAULT_ATTRIBUTE:
                self._select(DEFAULT_ATTRIBUTE)  # a terminal may colour rows that come in
            self._add("\r\n" * (y - self._y))
            self._x = 0
            self._move_in_row(x)
        elif self.anchored:
            self._add(f"\x1b[{y + 1};{x + 1}H")
        else:
            self._add(f"\x1b[{self._y - y}A")
            self._move_in_row(x)
        self._x, self._y = x, y
        self._reached(y)

    def _move_in_row(self, x: int) -> None:
        if x == self._x:
            return
        if x == 0:
            self._add("\r")
        elif x == self._x - 1 and self._x < self.columns:
            self._add("\b")
        else:
            self._add(f"\x1b[{x + 1}G")

    # -- bytes -------------------------------------------------------------------------------
    def _ask(self) -> None:
        self._asked = True
        self._wanted()

    def _add(self, text: str) -> None:
        self._out.append(text)
        self._size += len(text)

    def _write(self) -> None:
        if not self._out:
            return
        text = "".join(self._out)
        self._out.clear()
        self._size = 0
        try:
            data = text.encode()
        except UnicodeEncodeError:  # halves of UTF-16 pairs
            data = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()
        self._send(data)

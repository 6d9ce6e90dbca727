"""Styles of cells: the attributes of Windows, and what a terminal can do besides."""

from __future__ import annotations

from ring3k.io.condrv import protocol as p

EXTENDED = 0x10000  # the first style that is no attribute
MOST_STYLES = 4096
BOLD, FAINT, ITALIC, UNDERLINE, BLINK, REVERSE, HIDDEN, STRUCK = (1 << n for n in range(8))
_FLAG_CODES = (
    (BOLD, 1),
    (FAINT, 2),
    (ITALIC, 3),
    (UNDERLINE, 4),
    (BLINK, 5),
    (REVERSE, 7),
    (HIDDEN, 8),
    (STRUCK, 9),
)
RGB = 0x1000000  # added to a colour of red, green and blue

# Windows' blue is 1 and its red 4, with everybody else it is the other way round
_SWAP = (0, 4, 2, 6, 1, 5, 3, 7)


def swapped(colour: int) -> int:
    """One of sixteen colours, from Windows' number to everybody's or back."""
    return _SWAP[colour & 7] | colour & 8


class Look:
    """What a style stands for.  Colours: None the default, below 256 a terminal's, else RGB."""

    __slots__ = ("background", "flags", "foreground")

    def __init__(self, flags: int, foreground: int | None, background: int | None) -> None:
        self.flags, self.foreground, self.background = flags, foreground, background

    def sgr(self) -> str:
        """As parameters of the escape sequence that selects it."""
        codes = ["0"]
        codes += [str(code) for flag, code in _FLAG_CODES if self.flags & flag]
        for colour, base in ((self.foreground, 30), (self.background, 40)):
            if colour is None:
                continue
            if colour < 8:
                codes.append(str(base + colour))
            elif colour < 16:
                codes.append(str(base + 52 + colour))
            elif colour < 256:
                codes.append(f"{base + 8};5;{colour}")
            else:
                codes.append(f"{base + 8};2;{colour >> 16 & 255};{colour >> 8 & 255};{colour & 255}")
        return ";".join(codes)

    def attribute(self) -> int:
        """The nearest attribute."""
        foreground = 7 if self.foreground is None else swapped(_nearest(self.foreground))
        background = 0 if self.background is None else swapped(_nearest(self.background))
        if self.flags & BOLD:
            foreground |= 8
        reverse = p.COMMON_LVB_REVERSE_VIDEO if self.flags & REVERSE else 0
        underline = p.COMMON_LVB_UNDERSCORE if self.flags & UNDERLINE else 0
        return foreground | background << 4 | reverse | underline


def look_of(attribute: int) -> Look:
    """How an attribute looks: grey on black is whatever the terminal has."""
    flags = REVERSE if attribute & p.COMMON_LVB_REVERSE_VIDEO else 0
    if attribute & p.COMMON_LVB_UNDERSCORE:
        flags |= UNDERLINE
    foreground, background = attribute & 15, attribute >> 4 & 15
    return Look(
        flags,
        swapped(foreground) if foreground != 7 or background else None,
        swapped(background) if background else None,
    )


def _nearest(colour: int) -> int:
    """Of the sixteen, in the terminal's numbering."""
    if colour < 16:
        return colour
    if colour < 232:
        colour -= 16
        red, green, blue = (part * 51 for part in (colour // 36, colour // 6 % 6, colour % 6))
    elif colour < 256:
        red = green = blue = (colour - 232) * 10 + 8
    else:
        red, green, blue = colour >> 16 & 255, colour >> 8 & 255, colour & 255
    most = max(red, green, blue)
    found = sum(1 << n for n, part in enumerate((red, green, blue)) if part * 2 > most and part >= 64)
    return found | (8 if most > 170 and found else 0)


class Palette:
    """The styles of one console, by number."""

    def __init__(self) -> None:
        self._looks: list[Look] = []
        self._numbers: dict[tuple[int, int | None, int | None], int] = {}
        self._sgr: dict[int, str] = {p.DEFAULT_ATTRIBUTE: "0"}

    def style(self, look: Look) -> int:
        """The number of a style; of the nearest attribute when there are too many."""
        attribute = look.attribute()
        same = look_of(attribute)
        if (same.flags, same.foreground, same.background) == (look.flags, look.foreground, look.background):
            return attribute
        key = (look.flags, look.foreground, look.background)
        found = self._numbers.get(key)
        if found is None:
            if len(self._looks) >= MOST_STYLES:
                return attribute
            found = self._numbers[key] = EXTENDED + len(self._looks)
            self._looks.append(look)
        return found

    def look(self, style: int) -> Look:
        return self._looks[style - EXTENDED] if style >= EXTENDED else look_of(style)

    def attribute(self, style: int) -> int:
        """What Windows' programs are told."""
        return self._looks[style - EXTENDED].attribute() if style >= EXTENDED else style

    def sgr(self, style: int) -> str:
        """The parameters of the escape sequence that selects a style, whatever was before."""
        found = self._sgr.get(style)
        if found is None:
            found = self._sgr[style] = self.look(style).sgr()
        return found

"""What the screen and the desktop are like: metrics, colours, parameters.

There is one screen that nobody sees, of a fixed size, with 96 dots an inch.  Numbers are
those of Windows' classic look.
"""

from __future__ import annotations

from struct import pack

from ring3k.typed import NamedTuple

SCREEN = (1024, 768)
DOTS_PER_INCH = 96
MONITOR = 0x10001  # the handle of the one there is
METRICS_COUNT = 97

# GetSystemMetrics, by index.  What is not here is 0.
METRICS: dict[int, int] = {
    0: SCREEN[0],
    1: SCREEN[1],
    2: 16,  # SM_CXVSCROLL
    3: 16,
    4: 19,  # SM_CYCAPTION
    5: 1,
    6: 1,
    7: 3,  # SM_CXDLGFRAME
    8: 3,
    9: 16,
    10: 16,
    11: 32,  # SM_CXICON
    12: 32,
    13: 32,  # SM_CXCURSOR
    14: 32,
    15: 19,  # SM_CYMENU
    16: SCREEN[0],
    17: SCREEN[1] - 19,
    19: 1,  # SM_MOUSEPRESENT
    20: 16,
    21: 16,
    28: 112,  # SM_CXMIN
    29: 27,
    30: 18,
    31: 18,
    32: 4,  # SM_CXFRAME
    33: 4,
    34: 112,
    35: 27,
    36: 4,  # SM_CXDOUBLECLK
    37: 4,
    38: 75,  # SM_CXICONSPACING
    39: 75,
    43: 3,  # SM_CMOUSEBUTTONS
    45: 2,  # SM_CXEDGE
    46: 2,
    47: 160,
    48: 24,
    49: 16,  # SM_CXSMICON
    50: 16,
    51: 16,
    52: 12,
    53: 15,
    54: 18,
    55: 18,
    56: 8,  # SM_ARRANGE
    57: 160,
    58: 24,
    59: SCREEN[0] + 12,
    60: SCREEN[1] + 12,
    61: SCREEN[0] + 8,
    62: SCREEN[1] + 8,
    63: 3,  # SM_NETWORK
    68: 4,
    69: 4,
    71: 13,
    72: 13,
    75: 1,  # SM_MOUSEWHEELPRESENT
    78: SCREEN[0],
    79: SCREEN[1],
    80: 1,  # SM_CMONITORS
    81: 1,
    83: 1,
    84: 1,
    METRICS_COUNT: METRICS_COUNT,
}
SCALED = frozenset((2, 3, 4, 9, 10, 11, 12, 13, 14, 15, 20, 21, 30, 31, 38, 39, 49, 50, 51, 52, 53, 54, 55))

# GetSysColor, by index, as 0x00bbggrr.
COLORS = (
    *(0xD4D0C8, 0x3A6EA5, 0x0A246A, 0x808080, 0xD4D0C8, 0xFFFFFF, 0x000000, 0x000000, 0x000000, 0xFFFFFF),
    *(0xD4D0C8, 0xD4D0C8, 0x808080, 0x0A246A, 0xFFFFFF, 0xD4D0C8, 0x808080, 0x808080, 0x000000, 0xD4D0C8),
    *(0xFFFFFF, 0x404040, 0xD4D0C8, 0x000000, 0xFFFFE1, 0xB5B5B5, 0x0000C8, 0xA6CAF0, 0xC0C0C0, 0x0A246A),
    0xD4D0C8,
)


def color(index: int) -> int:
    """A COLORREF."""
    if not 0 <= index < len(COLORS):
        return 0
    value = COLORS[index]
    return value >> 16 | value & 0xFF00 | (value & 0xFF) << 16


def metric(index: int, dots: int = DOTS_PER_INCH) -> int:
    """GetSystemMetrics, or for a number of dots an inch."""
    value = METRICS.get(index, 0)
    return value * dots // DOTS_PER_INCH if index in SCALED else value


class Parameter(NamedTuple):
    """One that SystemParametersInfo gets and sets as a number."""

    get: int
    set: int  # 0: it cannot be
    default: int
    in_word: bool = False  # whether the new value is the call's second parameter, not behind its pointer


PARAMETERS = (
    Parameter(0x01, 0x02, 1, True),  # SPI_GETBEEP
    Parameter(0x05, 0x06, 1, True),  # SPI_GETBORDER
    Parameter(0x0A, 0x0B, 31, True),  # SPI_GETKEYBOARDSPEED
    Parameter(0x0E, 0x0F, 300, True),  # SPI_GETSCREENSAVETIMEOUT
    Parameter(0x10, 0x11, 0, True),  # SPI_GETSCREENSAVEACTIVE
    Parameter(0x16, 0x17, 1, True),  # SPI_GETKEYBOARDDELAY
    Parameter(0x19, 0x1A, 1, True),  # SPI_GETICONTITLEWRAP
    Parameter(0x1B, 0x1C, 0, True),  # SPI_GETMENUDROPALIGNMENT
    Parameter(0x26, 0x25, 0, True),  # SPI_GETDRAGFULLWINDOWS
    Parameter(0x38, 0x39, 0, True),  # SPI_GETSHOWSOUNDS
    Parameter(0x44, 0x45, 0, True),  # SPI_GETKEYBOARDPREF
    Parameter(0x46, 0x47, 0, True),  # SPI_GETSCREENREADER
    Parameter(0x4A, 0x4B, 0, True),  # SPI_GETFONTSMOOTHING
    Parameter(0x5E, 0x5D, 0, True),  # SPI_GETMOUSETRAILS
    Parameter(0x5F, 0x60, 0, True),  # SPI_GETSNAPTODEFBUTTON
    Parameter(0x62, 0x63, 4, True),  # SPI_GETMOUSEHOVERWIDTH
    Parameter(0x64, 0x65, 4, True),
    Parameter(0x66, 0x67, 400, True),
    Parameter(0x68, 0x69, 3, True),  # SPI_GETWHEELSCROLLLINES
    Parameter(0x6A, 0x6B, 400, True),  # SPI_GETMENUSHOWDELAY
    Parameter(0x6C, 0x6D, 3, True),
    Parameter(0x70, 0x71, 10),  # SPI_GETMOUSESPEED
    Parameter(0x72, 0, 0),  # SPI_GETSCREENSAVERRUNNING
    *(Parameter(code, code + 1, 0) for code in range(0x1000, 0x1040, 2)),  # effects, all off
    Parameter(0x2000, 0x2001, 200000),  # SPI_GETFOREGROUNDLOCKTIMEOUT
    Parameter(0x2004, 0x2005, 3),
    Parameter(0x2006, 0x2007, 1),  # SPI_GETCARETWIDTH
    Parameter(0x200A, 0x200B, 1),  # SPI_GETFONTSMOOTHINGTYPE
    Parameter(0x200C, 0x200D, 1400),
    Parameter(0x200E, 0x200F, 1),
    Parameter(0x2010, 0x2011, 1),
)
BY_GET = {one.get: one for one in PARAMETERS}
BY_SET = {one.set: one for one in PARAMETERS if one.set}
FONT = "Tahoma"


def log_font(dots: int = DOTS_PER_INCH, bold: bool = False) -> bytes:
    """LOGFONTW of captions, menus and icons' titles."""
    height = -(11 * dots // DOTS_PER_INCH)
    face = FONT.encode("utf-16-le")
    return pack("<5i8B", height, 0, 0, 0, 700 if bold else 400, *bytes(8)) + face + bytes(64 - len(face))


def non_client_metrics(size: int, dots: int = DOTS_PER_INCH) -> bytes:
    """NONCLIENTMETRICSW; before Windows Vista it ends four bytes earlier."""
    one = DOTS_PER_INCH
    widths = [value * dots // one for value in (1, 16, 16, 18, 18)]
    data = pack("<6i", size, *widths) + log_font(dots, True)
    data += pack("<2i", 12 * dots // one, 15 * dots // one) + log_font(dots, True)
    data += pack("<2i", 18 * dots // one, 18 * dots // one) + 3 * log_font(dots) + pack("<i", 0)
    return data[:size]


def icon_metrics(size: int, dots: int = DOTS_PER_INCH) -> bytes:
    """ICONMETRICSW."""
    spacing = 75 * dots // DOTS_PER_INCH
    return (pack("<4i", size, spacing, spacing, 1) + log_font(dots))[:size]

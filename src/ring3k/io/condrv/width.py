"""How many columns a terminal gives a character."""

from __future__ import annotations

from collections.abc import Iterator
from unicodedata import category, east_asian_width


def is_wide(one: str) -> bool:
    """Whether it takes two columns."""
    return one >= "\u1100" and east_asian_width(one) in "WF"


def cells(text: str) -> Iterator[tuple[str, bool]]:
    """Text in pieces of wide characters, and of others."""
    start, before = 0, False
    for at, one in enumerate(text):
        wide = is_wide(one)
        if wide != before:
            if at > start:
                yield text[start:at], before
            start, before = at, wide
    yield text[start:], before


def columns(text: str) -> int:
    """The columns of whole characters (no halves of UTF-16 pairs)."""
    return sum(2 if is_wide(one) else category(one) not in ("Mn", "Me", "Cf") for one in text)


def halved(cells: str) -> str:
    """The characters of cells: one that is wide stands in two of them."""
    out, at = [], 0
    while at < len(cells):
        one = cells[at]
        out.append(one)
        at += 2 if is_wide(one) and cells[at + 1 : at + 2] == one else 1
    return "".join(out)

"""Upper case as NT 5 has it, wherever names are compared without regard to case.

Every UTF-16 unit has one counterpart, or itself, in a table of that time: nothing
gets longer, no letter becomes an ASCII one that was not, surrogates stay, and so do
letters that Unicode took in later.  What the table leaves alone although Unicode does
not: the micro sign, letters in title case, the final sigma, variants of Greek letters.
"""

from __future__ import annotations

from functools import lru_cache

_AS_THEY_ARE = frozenset(
    "\u00b5\u01c5\u01c8\u01cb\u01f2\u0345\u03c2\u03d0\u03d1\u03d5\u03d6\u03f0\u03f1\u03f5\u1e9b\u1fbe"
)


def upcase(name: str) -> str:
    """A name as it is compared."""
    return name.upper() if name.isascii() else "".join(map(_upcase, name))


@lru_cache(maxsize=1 << 14)
def _upcase(c: str) -> str:
    code = ord(c)
    if code < 0x80:
        return c.upper()
    known = code < 0x590 or 0x1E00 <= code < 0x2190 or 0x24D0 <= code < 0x24EA or 0xFF41 <= code < 0xFF5B
    if not known or c in _AS_THEY_ARE:
        return c
    up = c.upper()
    if len(up) > 1 and code >= 0x1F80:  # Greek with a iota below has its capital as title case
        up = c.title()
    return up if len(up) == 1 and ord(up) >= 0x80 else c

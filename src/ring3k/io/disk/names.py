"""Names of files: legal ones, their form on the host, case, 8.3 names, wildcards.

A name is a string of UTF-16 units, in Python a ``str`` in which lone surrogates
stand for themselves.  On the host it is UTF-8, a lone surrogate encoded like any
other character; a host name that is not of this form, or that NT does not allow,
is not to be seen by a guest.  Letters are compared in upper case, one by one, by
what Unicode knew in NT's days; a letter beyond ASCII never equals one of ASCII.

A path's last component may name a stream: ``file:stream:$DATA``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache

from ring3k.abi.status import STATUS_OBJECT_NAME_INVALID, NtError
from ring3k.abi.upcase import upcase
from ring3k.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import re

SEPARATOR = "\\"
CONTROL = frozenset(map(chr, range(32)))
_FORBIDDEN_LETTERS = '<>"|?*:\\'
FORBIDDEN = CONTROL | frozenset(_FORBIDDEN_LETTERS) | {"/"}
WILD = frozenset('*?<>"')
DOS_STAR, DOS_QM, DOS_DOT = '<>"'
MAX_COMPONENT = 255
MAX_PATTERN = 512
MOST_OF_A_KIND = 10_000  # 8.3 names that differ in their number
SHORT_PATH = 200  # longer ones are not remembered
DATA = "$DATA"
HostName = str | bytes


class Path(NamedTuple):
    """A path as it was given, in pieces."""

    names: list[str]
    stream: str = ""
    folder_only: bool = False  # it ends in a backslash
    own_stream: bool = False  # it names a folder's own stream, ::$INDEX_ALLOCATION


def split_path(text: str) -> Path:
    """Take ``\\a\\b:c`` apart; STATUS_OBJECT_NAME_INVALID for a name that no file can have."""
    folder, _, name = text.rpartition(SEPARATOR)
    if ":" in text or not name or folder.endswith(SEPARATOR):
        return _split(text)
    if not valid(name):
        raise NtError(STATUS_OBJECT_NAME_INVALID)
    if not folder:
        return Path([name])
    above = _split_often(folder) if len(folder) < SHORT_PATH else _split(folder)
    return Path([*above.names, name])


def _split(text: str) -> Path:
    rest = text[1:] if text.startswith(SEPARATOR) else text
    ends = rest.endswith(SEPARATOR)
    if ends:
        rest = rest[:-1]
    if not rest:
        if text.startswith("\\\\"):
            raise NtError(STATUS_OBJECT_NAME_INVALID)
        return Path([], "", bool(text))
    names = rest.split(SEPARATOR)
    stream, index = "", False
    if ":" in names[-1]:
        if ends:
            raise NtError(STATUS_OBJECT_NAME_INVALID)
        names[-1], stream, index = _split_stream(names[-1])
        if not names[-1] and len(names) == 1:
            names = []  # of the root
    for name in names:
        if not valid(name):
            raise NtError(STATUS_OBJECT_NAME_INVALID)
    return Path(names, stream, ends, index)


_split_often = lru_cache(maxsize=1024)(_split)


def _split_stream(text: str) -> tuple[str, str, bool]:
    """``file:stream:$TYPE``: the stream's name is empty for the file's own data."""
    name, _, rest = text.partition(":")
    stream, colon, kind = rest.partition(":")
    kind = kind.upper()
    if kind == "$INDEX_ALLOCATION" and stream.upper() in ("", "$I30"):
        return name, "", True
    if (colon and kind != DATA) or (not stream and not colon):
        raise NtError(STATUS_OBJECT_NAME_INVALID)
    if utf16_length(stream) > MAX_COMPONENT or not frozenset(stream).isdisjoint(":\\/\0"):
        raise NtError(STATUS_OBJECT_NAME_INVALID)
    return name, stream, False


def valid(name: str) -> bool:
    """Whether a file may be called so."""
    return (
        bool(name)
        and name not in (".", "..")
        and FORBIDDEN.isdisjoint(name)
        and (len(name) <= MAX_COMPONENT // 2 or utf16_length(name) <= MAX_COMPONENT)
    )


def utf16_length(name: str) -> int:
    """UTF-16 units."""
    return len(name) if name.isascii() else len(name.encode("utf-16-le", "surrogatepass")) // 2


# -- the host's form ---------------------------------------------------------------------
def to_host(name: str) -> HostName:
    """For calls of ``os``, whatever the host's locale says."""
    return name if name.isascii() else name.encode("utf-8", "surrogatepass")


def from_host(host: str) -> str | None:
    """A name out of ``os.listdir``; None for one that a guest cannot be told."""
    if host.isascii():
        name = host
    else:
        try:
            name = os.fsencode(host).decode("utf-8", "surrogatepass")
            if name.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass") != name:
                return None  # halves that together are one character
        except UnicodeError:
            return None
    return name if valid(name) else None


def all_ordinary(hosts: list[str]) -> bool:
    """Whether every one of a host's names is one that a guest may be told, and is ASCII; False: who knows."""
    text = "/".join(hosts)
    return text.isascii() and text.isprintable() and not any(c in text for c in _FORBIDDEN_LETTERS)


# -- 8.3 names -----------------------------------------------------------------------------
_SHORT = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'()-@^_`{}~")


Kind = tuple[str, str, int]  # of 8.3 names: their letters, the extension with its dot, how many there may be


def is_short(name: str) -> bool:
    """Whether a name is its own 8.3 name (in whatever case)."""
    return _short_pattern().fullmatch(name) is not None


@lru_cache(maxsize=1)
def _short_pattern() -> re.Pattern[str]:
    import re  # not on the way to a program's first line

    return re.compile(r"[\w!#$%&'()@^`{}~-]{1,8}(\.[\w!#$%&'()@^`{}~-]{1,3})?", re.ASCII)


def short_kinds(name: str) -> Iterator[Kind]:
    """What NT makes up for a long name: with its own letters and, after four of these, with a checksum."""
    base, _, extension = name.strip(". ").upper().rpartition(".")
    if not base:
        base, extension = extension, ""
    base, extension = _letters(base), _letters(extension)[:3]
    extension = f".{extension}" if extension else ""
    if base:
        yield base[:6], extension, 4
    yield f"{base[:2]}{_checksum(name):04X}", extension, MOST_OF_A_KIND


def short_name(kind: Kind, number: int) -> str:
    """One of them; the first is 1."""
    letters, extension, _ = kind
    tail = f"~{number}"
    return f"{letters[: 8 - len(tail)]}{tail}{extension}"


def _letters(text: str) -> str:
    if _SHORT.issuperset(text):
        return text
    return "".join(c if c in _SHORT else "_" for c in text if c not in " ." and c.isascii())


def _checksum(name: str) -> int:
    value = 0
    for code in map(ord, upcase(name)):
        value = value * 37 + code
    return value & 0xFFFF


# -- wildcards ------------------------------------------------------------------------------
class Pattern:
    """A name with wildcards, to be matched against names in upper case.

    ``*`` is any characters and ``?`` is one.  The DOS ones: ``<`` is any characters but the
    last dot; ``>`` one character but the last dot, or none before a dot and at the
    end; ``"`` a dot, or nothing at the end.

    All ways to match are followed at once, a bit for each place in the pattern, so
    that no pattern takes longer than its length times the name's.
    """

    __slots__ = ("_any", "_around", "_dot", "_dot_star", "_end", "_exact", "_one", "_quiet", "_star", "exact")

    def __init__(self, text: str) -> None:
        text = upcase(text)
        self.exact = None if not WILD.isdisjoint(text) else text
        self._any = text == "*"
        wild = [c for c in text if c in WILD]
        # What is before and behind the only wildcard, if that is a star: most are of this kind.
        self._around = text.partition(wild[0]) if len(wild) == 1 and wild[0] in "*<" else None
        masks = dict.fromkeys('*?<>"', 0)
        exact: dict[str, int] = {}
        for place, c in enumerate(text):
            if c in masks:
                masks[c] |= 1 << place
            else:
                exact[c] = exact.get(c, 0) | 1 << place
        self._star, self._one = masks["*"], masks["?"]
        self._dot_star, self._quiet, self._dot = masks[DOS_STAR], masks[DOS_QM], masks[DOS_DOT]
        self._exact = exact
        self._end = 1 << len(text)

    @property
    def matches_all(self) -> bool:
        return self._any

    def _skip(self, places: int, skippable: int) -> int:
        """Where one also is without taking a character."""
        while True:
            more = places | (places & skippable) << 1
            if more == places:
                return places
            places = more

    def matches(self, name: str) -> bool:
        if self.exact is not None:
            return name == self.exact
        if self._any:
            return True
        if self._around is not None:
            before, star, after = self._around
            end = len(name) - len(after)
            if end < len(before) or not name.startswith(before) or not name.endswith(after):
                return False
            return star == "*" or not len(before) <= name.rfind(".") < end
        stars = self._star | self._dot_star
        last_dot = name.rfind(".")
        here = self._skip(1, stars)
        for position, c in enumerate(name):
            if c == ".":
                here = self._skip(here, stars | self._quiet)
            step = here & (self._exact.get(c, 0) | self._one)
            stay = here & self._star
            if c == ".":
                step |= here & self._dot
            if position != last_dot:
                step |= here & self._quiet
                stay |= here & self._dot_star
            here = self._skip(step << 1 | stay, stars)
            if not here:
                return False
        return bool(self._skip(here, stars | self._quiet | self._dot) & self._end)


def pattern_of(text: str) -> Pattern:
    """STATUS_OBJECT_NAME_INVALID for what no file's name could match."""
    if not text or len(text) > MAX_PATTERN or not (FORBIDDEN - WILD).isdisjoint(text):
        raise NtError(STATUS_OBJECT_NAME_INVALID)
    return Pattern(text)

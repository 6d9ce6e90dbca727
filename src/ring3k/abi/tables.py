"""Tables that are data: NTSTATUS names and system call numbers per version.

``tables/nt-syscalls.tsv`` and ``tables/win32k-syscalls.tsv`` have one row a
call: name, argument words, then the number in nt40, nt50, nt51, nt52 (empty:
not in that version).  Argument words are ``A/B`` where NT 5.0 differs from
later versions and ``?`` where it is not established.  Files are read at first
use with nothing but ``open``: start-up time counts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache

from ring3k.typed import NamedTuple

VERSIONS = ("nt40", "nt50", "nt51", "nt52")
WIN32K = 0x1000  # bit 12 of a number selects the second table


def read_table(name: str) -> str:
    """The text of a data file of this package."""
    with open(os.path.join(os.path.dirname(__file__), "tables", name), encoding="ascii") as file:
        return file.read()


class Row(NamedTuple):
    """One call in all versions."""

    name: str
    arguments: str
    numbers: tuple[str, ...]

    def number(self, version: str) -> int | None:
        text = self.numbers[VERSIONS.index(version)]
        return int(text, 16) if text else None

    def words(self, version: str) -> int | None:
        """Argument words on the stack, or None where not established."""
        old, _, new = self.arguments.partition("/")
        text = old if version in ("nt40", "nt50") or not new else new
        return None if text == "?" else int(text)


class NumberTable:
    """The system calls of one ABI: number -> name and name -> number."""

    __slots__ = ("names", "numbers", "version", "words")

    def __init__(self, version: str, numbers: dict[str, int], words: dict[str, int]) -> None:
        self.version = version
        self.numbers = numbers
        self.names = {number: name for name, number in numbers.items()}
        self.words = words  # names whose number of argument words is established

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[str]:
        return iter(self.numbers)

    def __contains__(self, name: object) -> bool:
        return name in self.numbers


@cache
def rows(file: str = "nt-syscalls.tsv") -> tuple[Row, ...]:
    """Every row of a number table."""
    found = []
    for line in read_table(file).splitlines():
        if line and not line.startswith("#"):
            name, arguments, *numbers = line.split("\t")
            found.append(Row(name, arguments, tuple(numbers)))
    return tuple(found)


@cache
def table(version: str, file: str = "nt-syscalls.tsv") -> NumberTable:
    """The table of an ABI version; ``win32k-syscalls.tsv`` has numbers with bit 12 set."""
    if version not in VERSIONS:
        raise ValueError(f"no ABI {version!r}: there are {', '.join(VERSIONS)}")
    column = VERSIONS.index(version)
    numbers: dict[str, int] = {}
    words: dict[str, int] = {}
    for row in rows(file):
        text = row.numbers[column]
        if text:
            numbers[row.name] = int(text, 16)
            if row.arguments != "?":
                words[row.name] = row.words(version) or 0
    return NumberTable(version, numbers, words)

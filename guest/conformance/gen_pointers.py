"""Writes the table of the pointer-fault tests out of the declarations of the system calls.

    gen_pointers.py OUT.c

Every pointer parameter of every implemented call becomes a case: the call with good arguments everywhere
else, and the kinds of bad pointer that this one must refuse (``derived/pointers.c`` makes the calls).  What a
declaration says is derived from it: direction, whether NULL is allowed, size, alignment, the strings behind
strings and object attributes.  What it cannot say stands in ``pointer_rules.py``; a parameter that is in
neither, and a rule that fits no parameter, are errors.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from pointer_rules import (
    ARGUMENTS,
    BEFORE,
    BORDER,
    BY_GROUP,
    CAPTURED,
    GUARDED,
    HANDLES,
    KEPT,
    KERNEL,
    KINDS,
    MISALIGNED,
    NULL,
    READ_ONLY,
    REFUSED,
    STRADDLING,
    TOP,
    UNMAPPED,
    UNREAD,
)

from ring3k.abi import strings
from ring3k.abi.access import READ_CONTROL
from ring3k.abi.call import DECLARED, Declaration
from ring3k.abi.status import (
    STATUS_ACCESS_VIOLATION,
    STATUS_DATATYPE_MISALIGNMENT,
    STATUS_GUARD_PAGE_VIOLATION,
)
from ring3k.abi.tables import table
from ring3k.abi.types import POINTER, Parameter, Sized
from ring3k.calls import all_calls

VERSIONS = ("nt50", "nt51")  # bit 0, bit 1 of a case's versions
BUFFER = 64  # bytes of a buffer whose size the caller chooses
CHARACTERS = 8  # bytes of a string
ARENA = 0xFF0  # bytes of good memory that the program has for a case
ARGUMENT = 0x8000  # as in pointers.h
KERNEL_ADDRESS = 0x80001000


class Poke(NamedTuple):
    """A word to store before a call."""

    at: int  # an offset in the arena, or ARGUMENT | number of an argument word
    value: int
    relative: bool = False  # the value is an offset in the arena


@dataclass
class Pointee:
    """What lies behind a pointer: where a good copy of it is kept, and how a bad pointer is judged."""

    name: str  # the parameter, or the way from it: "ObjectAttributes->ObjectName"
    size: int
    out: bool = False
    optional: bool = False
    align: int = 1
    statuses: dict[int, int] = field(default_factory=dict)
    word: int = -1  # the argument word that points here, or
    place: int = -1  # the arena offset of the pointer that does
    offset: int = 0  # of the good copy in the arena
    pokes: list[Poke] = field(default_factory=list)  # contents, and the way to it
    before: int = 0  # not a pointer, but the status of a wrong word when all pointers are bad
    refused: int = 0  # the status of the call, whatever its pointers

    def expected(self) -> list[int]:
        """The status for each kind of bad pointer; 0 where the kind is none."""
        if self.before:
            return [self.before if kind == KERNEL else 0 for kind in range(KINDS)]
        if self.refused:
            return [self.refused if kind != GUARDED else 0 for kind in range(KINDS)]
        kinds = [UNMAPPED, KERNEL, TOP, BORDER]
        kinds += [] if self.optional else [NULL]
        kinds += [READ_ONLY] if self.out else []
        kinds += [STRADDLING] if self.size > self.head else []
        found = dict.fromkeys(kinds, STATUS_ACCESS_VIOLATION)
        if self.align > 1:
            found[MISALIGNED] = STATUS_DATATYPE_MISALIGNMENT
        found[GUARDED] = STATUS_GUARD_PAGE_VIOLATION
        found.update(self.statuses)
        return [found.get(kind, 0) for kind in range(KINDS)]

    @property
    def head(self) -> int:
        """How many bytes lie before the end of the page when it straddles."""
        return max(self.size // 2 // self.align * self.align, self.align)

    @property
    def way(self) -> Poke:
        """What makes the pointer a good one."""
        return Poke(ARGUMENT | self.word if self.word >= 0 else self.place, self.offset, True)


class Case:
    """One call with good arguments, and everything in it that is a pointer."""

    def __init__(self, declaration: Declaration) -> None:
        self.name = declaration.name
        self.parameters = declaration.parameters
        self.words = [0] * declaration.words
        self.relative = 0  # words that are arena offsets
        self.handles = [0] * declaration.words  # which handle that the program makes, from 1 on
        self.pokes: list[Poke] = []
        self.pointees: list[Pointee] = []
        self._end = 0  # of the arena
        self._choose()
        for parameter in self.parameters:
            self._point(parameter)
        for one in self.pointees:
            one.refused = REFUSED.get(self.name, 0)
        self._judge()

    @property
    def versions(self) -> int:
        return sum(1 << bit for bit, version in enumerate(VERSIONS) if self.name in table(version))

    # -- values ------------------------------------------------------------------
    def _choose(self) -> None:
        """Fill in the words that are no pointers."""
        chosen = ARGUMENTS.get(self.name, ("", {}))[1]
        for parameter in self.parameters:
            value = chosen.get(parameter.name)
            if isinstance(value, str):
                self.handles[parameter.index] = 1 + HANDLES.index(value)
            elif isinstance(value, int):
                self.words[parameter.index] = value
            elif parameter.kind == "value":
                self.words[parameter.index] = self._plausible(parameter)

    def _plausible(self, parameter: Parameter) -> int:
        """A value that passes the first look: 0 unless the declaration knows better."""
        codec = parameter.codec
        if codec.group in BY_GROUP:
            return BY_GROUP[codec.group]
        if codec.style == "access":
            return READ_CONTROL  # every type of object knows it
        if codec.style == "enum" and codec.values:
            return int(codec.values[0][0])
        for other in self.parameters:
            sized = self._sized(other)
            if sized is not None and sized.parameter == parameter.name and not other.optional:
                return BUFFER // sized.unit_size()
        return 0

    def _sized(self, parameter: Parameter) -> Sized | None:
        """What tells a buffer's size."""
        captured = CAPTURED.get((self.name, parameter.name))
        size = captured.size if captured is not None else parameter.sized
        return size if isinstance(size, Sized) else None

    # -- pointers ----------------------------------------------------------------
    def _room(self, size: int) -> int:
        """A place in the arena, with room behind it for a pointer that is one too high."""
        place = (self._end + 15) & -16
        self._end = place + size + 16
        if self._end > ARENA:
            raise ValueError(f"{self.name}: the arena is full")
        return place

    def _bytes(self, sized: Sized) -> int:
        """A buffer's size, from the words chosen."""
        measure = next(p for p in self.parameters if p.name == sized.parameter)
        return (not sized.indirect and self.words[measure.index] * sized.unit_size()) or BUFFER

    def _pointee(self, parameter: Parameter) -> Pointee | None:
        """What a parameter points to, if it does."""
        name, kind, codec, optional = (
            parameter.windows_name,
            parameter.kind,
            parameter.codec,
            parameter.optional,
        )
        captured = CAPTURED.get((self.name, parameter.name))
        if captured is not None:
            size = captured.size if isinstance(captured.size, int) else self._bytes(captured.size)
            optional = optional or captured.optional
            return Pointee(name, size, captured.out, optional, captured.align, captured.statuses)
        if parameter.sized is not None:
            size = self._bytes(parameter.sized)
            return Pointee(name, size, kind == "outbuffer", optional, parameter.sized.align)
        if kind != "value":
            return Pointee(name, codec.width(4), kind != "in", optional, getattr(codec, "align", 1))
        known = parameter.name in (*KEPT, *UNREAD.get(self.name, ("", ()))[1])
        if self.name in REFUSED and codec.size == POINTER and codec.name.startswith("P"):
            return Pointee(name, 4)
        if codec.size == POINTER and codec.name.startswith("P") and not known:
            raise ValueError(f"{self.name}: is {parameter.name} read, or only a number? (pointer_rules.py)")
        return None

    def _point(self, parameter: Parameter) -> None:
        """Lay out what a parameter points to; an optional one is NULL while another pointer is tried."""
        found = self._pointee(parameter)
        if found is None:
            return
        found.word = parameter.index
        found.offset = self._room(found.size)
        self.pointees.append(found)
        if found.optional and parameter.sized is not None and parameter.measure is not None:
            count = found.size // parameter.sized.unit_size()
            word = ARGUMENT | parameter.measure.index
            if parameter.sized.indirect:
                place = self._room(4)
                found.pokes += [Poke(place, count), Poke(word, place, True)]
            else:
                found.pokes.append(Poke(word, count))
        self._fill(parameter, found)
        if not found.optional:
            self.words[parameter.index] = found.offset
            self.relative |= 1 << parameter.index
            self.pokes += found.pokes

    def _judge(self) -> None:
        """A wrong word beside bad pointers, where NT refuses the word."""
        words = {parameter.name: parameter.index for parameter in self.parameters}
        bad = [Poke(ARGUMENT | p.word, KERNEL_ADDRESS) for p in self.pointees if p.word >= 0]
        for wrong, status in BEFORE.get(self.name, ()):
            told = ", ".join(f"{name} {value}" for name, value in wrong.items())
            pokes = [*bad, *(Poke(ARGUMENT | words[name], value) for name, value in wrong.items())]
            self.pointees.append(Pointee(f"{told} before pointers", 0, pokes=pokes, before=status))

    def _fill(self, parameter: Parameter, found: Pointee) -> None:
        """Contents that are good, and the pointers among them."""
        codec, at = parameter.codec, found.offset
        text = CHARACTERS | CHARACTERS << 16  # Length and MaximumLength
        for other in map(self._sized, self.parameters):
            if other is not None and other.indirect and other.parameter == parameter.name:
                found.pokes.append(Poke(at, BUFFER // other.unit_size()))
        if isinstance(codec, strings._ObjectAttributesCodec):
            found.pokes.append(Poke(at, found.size))
            name = self._member(found, 8, Pointee("ObjectName", strings.UNICODE_STRING.size(), optional=True))
            name.pokes.append(Poke(name.offset, text))
            self._member(name, 4, Pointee("Buffer", CHARACTERS))
        elif isinstance(codec, strings._UnicodeStringCodec):
            found.pokes.append(Poke(at, text))
            found.pokes.append(self._member(found, 4, Pointee("Buffer", CHARACTERS)).way)
        elif codec is strings.UNICODE_STRING:
            found.pokes.append(Poke(at, BUFFER << 16))
            found.pokes.append(self._member(found, 4, Pointee("Buffer", BUFFER, out=True, align=2)).way)

    def _member(self, parent: Pointee, at: int, member: Pointee) -> Pointee:
        """A pointer inside something that is pointed to."""
        member.name = f"{parent.name}->{member.name}"
        member.place = parent.offset + at
        member.offset = self._room(member.size)
        member.pokes = [*parent.pokes, parent.way]
        self.pointees.append(member)
        return member


def cases() -> list[Case]:
    """Every implemented call that has a pointer, by name; ValueError if something is unaccounted for."""
    calls = all_calls()
    names = {name for version in VERSIONS for name in table(version)}
    made = [Case(calls[name]) for name in sorted(names & calls.keys()) if calls[name].support is not DECLARED]
    known = {(case.name, p.name) for case in made for p in case.parameters}
    said = [*CAPTURED, *((call, name) for call, (_, names_) in UNREAD.items() for name in names_)]
    said += [(call, name) for call, (_, chosen) in ARGUMENTS.items() for name in chosen]
    said += [(call, name) for call, tries in BEFORE.items() for wrong, _ in tries for name in wrong]
    if stale := [one for one in said if one not in known]:
        raise ValueError(f"pointer_rules.py speaks of parameters that are not there: {stale}")
    return [case for case in made if case.pointees and case.versions]


def test_names(version: str) -> list[str]:
    """The names of the tests that the program for this version must run."""
    bit = 1 << VERSIONS.index(version)
    return [f"{case.name}: {p.name}" for case in cases() if case.versions & bit for p in case.pointees]


def _rows(case: Case, pokes: list[str]) -> Iterator[str]:
    """One C initializer a pointer; their pokes go to a common array."""
    handles = ", ".join(map(str, case.handles))
    words = ", ".join(f"{word & 0xFFFFFFFF:#x}" for word in case.words)
    for one in case.pointees:
        first = len(pokes)
        pokes += [
            f"{{{at:#x}, {int(rel)}, {value & 0xFFFFFFFF:#x}}}" for at, value, rel in case.pokes + one.pokes
        ]
        expected = ", ".join(f"{status:#x}" for status in one.expected())
        yield (
            f'{{"{case.name}", "{case.name}: {one.name}", {case.versions}, {len(case.words)}, '
            f"{case.relative:#x}, {{{words}}}, {{{handles}}}, {one.word}, {one.place}, {one.offset:#x}, "
            f"{one.head}, {first}, {len(pokes) - first}, {{{expected}}}}},"
        )


def source() -> str:
    """The C file."""
    pokes: list[str] = []
    rows = [row for case in cases() for row in _rows(case, pokes)]
    return "\n".join(
        [
            "/* Written by gen_pointers.py from the declarations of the system calls. */",
            '#include "pointers.h"',
            "",
            "const struct poke pokes[] = {",
            *(f"    {poke}," for poke in pokes),
            "};",
            "",
            "const struct pointer_case cases[] = {",
            *(f"    {row}" for row in rows),
            "};",
            "",
            "const ULONG case_count = sizeof(cases) / sizeof(cases[0]);",
            "",
        ]
    )


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: gen_pointers.py OUT.c", file=sys.stderr)
        return 2
    with open(arguments[0], "w", encoding="ascii") as file:
        file.write(source())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

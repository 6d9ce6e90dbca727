"""All system calls that are declared anywhere, without a system to run them.

Declarations stand in the rooms, in modules named ``syscalls*`` (written) and
``declared*`` (typed only).  A module is found by its name, so that nobody keeps a list.
"""

from __future__ import annotations

import os
from functools import cache

from ring3k.abi.call import CallSet, Declaration
from ring3k.compiled import load, store

_PREFIXES = ("syscalls", "declared")
_TABLES = ("nt-syscalls.tsv", "win32k-syscalls.tsv")


def call_modules() -> list[str]:
    """The names of the modules with declarations, in a fixed order."""
    top = os.path.dirname(__file__)
    return [
        f"ring3k.{room}.{file[:-3]}"
        for room in sorted(os.listdir(top))
        if os.path.isdir(os.path.join(top, room))
        for file in sorted(os.listdir(os.path.join(top, room)))
        if file.startswith(_PREFIXES) and file.endswith(".py")
    ]


def all_calls() -> CallSet:
    """Every declaration, by name; TypeError if a call is declared twice."""
    return CallSet(load(name) for name in call_modules())


class LateCalls:
    """Declarations by name, of which only those asked for are imported: programs use few."""

    def get(self, name: str) -> Declaration | None:
        """The declaration of a call, None if there is none."""
        kept = store().kept
        place = kept.declares(name) if kept is not None else None
        found = _declaration(place, name) if place is not None else None
        if found is None:  # what is kept may be of older sources
            place = declared_in().get(name)
            found = _declaration(place, name) if place is not None else None
        return found


def expect_calls(pattern: str) -> None:
    """ValueError if a glob matches no system call of any version: what waits for one would wait for ever."""
    from fnmatch import fnmatchcase

    from ring3k.abi.tables import rows

    names = {*declared_in(), *(row.name for file in _TABLES for row in rows(file))}
    if not any(fnmatchcase(name, pattern) for name in names):
        from difflib import get_close_matches

        near = get_close_matches(pattern, names, 3, 0.7)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise ValueError(f"no version of Windows has a system call {pattern}{hint}")


def _declaration(module: str, name: str) -> Declaration | None:
    try:
        handler = getattr(load(module), name, None)
    except ModuleNotFoundError:  # an older source that is gone
        return None
    found: Declaration | None = getattr(handler, "__nt_call__", None)
    return found if found is not None and found.handler.__module__ == module else None


@cache
def declared_in() -> dict[str, str]:
    """The module of each call, read off the sources: importing them all takes ten times as long."""
    top = os.path.dirname(__file__)
    places = {}
    for module in call_modules():
        with open(os.path.join(top, *module.split(".")[1:]) + ".py", encoding="utf-8") as file:
            for piece in file.read().split("@syscall(")[1:]:
                start = piece.index("def ") + 4
                places[piece[start : piece.index("(", start)]] = module
    return places

"""All system calls that are declared anywhere, without a system to run them.

Declarations stand in the rooms, in modules named ``syscalls*`` (written) and
``declared*`` (typed only).  A module is found by its name, so that nobody keeps a list.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module

from ring3k.abi.call import CallSet, Declaration

_PREFIXES = ("syscalls", "declared")


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
    return CallSet(import_module(name) for name in call_modules())


class LateCalls:
    """Declarations by name, of which only those asked for are imported: programs use few."""

    def __init__(self) -> None:
        self._places: dict[str, str] | None = None  # call -> module

    def get(self, name: str) -> Declaration | None:
        """The declaration of a call, None if there is none."""
        if self._places is None:
            self._places = _places()
        place = self._places.get(name)
        if place is None:
            return None
        return _of_module(place).get(name)


@cache
def _of_module(name: str) -> CallSet:
    return CallSet((import_module(name),))


@cache
def _places() -> dict[str, str]:
    """Where each call is declared, read off the sources: importing them all takes ten times as long."""
    top = os.path.dirname(__file__)
    places = {}
    for module in call_modules():
        with open(os.path.join(top, *module.split(".")[1:]) + ".py", encoding="utf-8") as file:
            for piece in file.read().split("@syscall(")[1:]:
                start = piece.index("def ") + 4
                places[piece[start : piece.index("(", start)]] = module
    return places

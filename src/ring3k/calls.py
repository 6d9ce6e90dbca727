"""All system calls that are declared anywhere, without a system to run them.

Declarations stand in the rooms, in modules named ``syscalls*`` (written) and
``declared*`` (typed only).  A module is found by its name, so that nobody keeps a list.
"""

from __future__ import annotations

import os
from importlib import import_module

from ring3k.abi.call import CallSet

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

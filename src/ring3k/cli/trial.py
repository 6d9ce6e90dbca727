"""A program of each kind, run once: so that what runs need has been read and made."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable

from ring3k.engine.protocol import EngineError
from ring3k.system import ProgramError, System
from ring3k.userland.choice import make_userland


def run_each_kind(
    program: str, *arguments: str, machine: str | None = None, kinds: Iterable[str] = ("builtin", "wine")
) -> int:
    """Our own hello, and a program of Wine's if that is there.  ``machine``: a folder for their machines.

    How many could be run.
    """
    top = os.path.dirname(os.path.dirname(__file__))
    count = 0
    for name in kinds:
        try:
            dlls = make_userland(name)
            words = [os.path.join(os.path.dirname(dlls.ntdll), program), *arguments]
            if name == "builtin":
                words = [os.path.join(top, "userland", "guest", "apps", "hello.exe")]
            place = os.path.join(machine, name) if machine is not None else None
            with System(userland=name, machine=place, stdout=io.StringIO(), stderr=io.StringIO()) as system:
                system.spawn(words, console=True).wait(30)
                count += 1
        except (EngineError, ProgramError, TimeoutError):
            continue
    return count

"""What every run needs of what is kept.

A new Python is watched from its first import on while it runs a program of each kind; it starts as the
``ring3k`` command does, without anybody's packages.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ring3k.compiled import PACKAGE, store
from ring3k.typed import NamedTuple

_DECODER = "decoder of "
PROGRAM = "hostname.exe"  # of Wine's

_WATCH = """
import sys
read = []

def note(frame, event, argument):
    code = frame.f_code
    if event == "return" and code.co_name == "<module>" and code.co_filename[0] != "<":
        read.append(frame.f_globals.get("__name__"))

sys.setprofile(note)
sys.path.append(sys.argv[1])
from ring3k.cli.needed import tell
tell(sys.argv[2], sys.argv[3], read)
"""


class Needed(NamedTuple):
    modules: Sequence[str]  # each behind those it reads
    texts: Sequence[str]  # generated pieces, by name
    calls: Sequence[str] = ()  # system calls, with their modules


def watch(machine: str) -> Needed:
    """Of a run in a folder for machines; nothing if none can be."""
    from json import load
    from subprocess import run

    told = os.path.join(machine, "told")
    words = [sys.executable, "-S", "-P", "-c", _WATCH, os.path.dirname(PACKAGE), machine, told]
    run(words, check=False, capture_output=True)  # noqa: S603
    try:
        with open(told, encoding="utf-8") as file:
            return Needed(*load(file))
    except (OSError, ValueError):
        return Needed((), ())


def tell(machine: str, told: str, read: Sequence[object]) -> None:
    """In the Python that is watched: run, and write what that needed.

    It is what a Win32 program needs, which is most, if such can run.
    """
    from ring3k.cli import options, run, setup, trial, userland  # noqa: F401
    from ring3k.userland import needs  # noqa: F401

    for kind in ("wine", "builtin"):
        if trial.run_each_kind(PROGRAM, machine=machine, kinds=(kind,)):
            break
    sys.setprofile(None)
    from json import dump

    texts = sorted(store().asked)
    calls = [text.removeprefix(_DECODER) for text in texts if text.startswith(_DECODER)]
    texts = [text for text in texts if not text.startswith((_DECODER, "hints of "))]  # made of those
    others = trial.__name__, __name__, "ring3k.abi.decoder"  # decoders are kept
    modules = [name for name in read if name in sys.modules and name not in others]
    with open(told, "w", encoding="utf-8") as file:
        dump((modules, texts, calls), file)

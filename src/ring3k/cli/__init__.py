"""The command line: ``ring3k run``, ``ring3k stat``, ``ring3k syscalls``.

Each command is a module that is imported when it is used.  What goes wrong for a
person is one line on stderr and an exit status, never a traceback; a traceback
is a fault of ours (and ``RING3K_DEBUG=1`` shows it for the others, too).
"""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False  # as ``typing`` has it, which takes longer to import than all of this
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import NoReturn

    from ring3k.cli.warm import Client

INTERRUPTED = 130  # as a shell reports a program ended by Ctrl-C
BROKEN_PIPE = 141
HOST = 125  # this machine, or this installation, cannot do what was asked


class Complaint(Exception):
    """Something the person at the terminal can mend; ``exit_status`` is what to exit with."""

    def __init__(self, text: str, exit_status: int = HOST) -> None:
        super().__init__(text)
        self.exit_status = exit_status


def command() -> NoReturn:
    """The ``ring3k`` command.  A short run is mostly start and end, so that both are kept short."""
    gc.disable()  # importing makes no garbage; ``run`` turns it on again
    if sys.flags.no_site:
        sys.meta_path.append(SitePackages())
    status = _cold()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # taking the interpreter apart piece by piece is work for nobody


class SitePackages:
    """Last in ``sys.meta_path``: other people's packages, as the native command lets Python not look."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Of the first module that is not found otherwise; from then on Python knows where they are."""
        import site
        from _frozen_importlib_external import PathFinder

        sys.meta_path.remove(self)
        site.main()
        return PathFinder.find_spec(name, path)


def _cold() -> int:
    """Do it here, with the code that is kept from earlier runs; keep what this one had to compile."""
    from ring3k.compiled import store

    store().find_modules()
    status = main()
    if not sys.dont_write_bytecode and store().lacks():
        from ring3k.cli.keep import keep

        keep(store())
    return status


def main(arguments: Sequence[str] | None = None, client: Client | None = None) -> int:
    """Do what the arguments say; returns the exit status.  ``client``: whom it is for, if not ourselves."""
    try:
        status = _do(list(sys.argv[1:] if arguments is None else arguments), client)
        sys.stdout.flush()
        return status
    except Complaint as complaint:
        if os.environ.get("RING3K_DEBUG"):
            raise
        print(f"ring3k: {complaint}", file=sys.stderr)
        return complaint.exit_status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE


def _do(arguments: list[str], client: Client | None) -> int:
    if arguments[:1] == ["run"]:
        from ring3k.cli.options import read
        from ring3k.compiled import store

        plain = read(arguments[1:])
        if plain is not None:
            store().read_group()
            from ring3k.cli.run import run

            plain.client = client
            return run(plain)
    from ring3k.cli.parser import parse

    options = parse(arguments)
    options.client = client
    status: int = options.command(options)
    return status

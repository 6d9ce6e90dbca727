"""``ring3k setup``: a machine for Win32 programs, and the DLLs they run on."""

from __future__ import annotations

import argparse
import sys
import time

from ring3k.cli import Complaint
from ring3k.engine.protocol import EngineError
from ring3k.userland import wine
from ring3k.userland.choice import DLLS, RELEASE, make_userland
from ring3k.userland.folder import MachineFolder, default_path

SHOWN_AFTER = 0.4  # seconds, on a terminal
TOLD_AFTER = 3.0  # elsewhere
WIDTH = 30
BAD = 1


def setup(options: argparse.Namespace) -> int:
    """Make the machine, and say where it is and whose DLLs it has."""
    folder = MachineFolder(options.machine or default_path("nt100"))
    try:
        source = options.source
        if source is not None and source != "wine":
            folder.set(**{DLLS: _dlls_in(source)})
        elif source == "wine":
            folder.set(**{DLLS: None})
        if options.windows_version is not None:
            folder.set(**{RELEASE: options.windows_version})
        userland = wine_userland(folder.path, None)
        userland.prepare(folder, None)
    except OSError as error:
        raise Complaint(f"{error.filename or folder.path}: {error.strerror or error}", BAD) from error
    except EngineError as error:
        raise Complaint(str(error)) from error
    version = userland.version
    print(f"{folder.path}: {version.product}, build {version.build}, on the DLLs in {userland.folder}")
    return 0


def _dlls_in(path: str) -> str:
    """The folder of Wine's DLLs that a person means."""
    from ring3k.userland.given import open_userland

    try:
        found = open_userland(path, 1)
    except EngineError as error:
        raise Complaint(str(error), BAD) from None
    if not isinstance(found, wine.Wine):
        raise Complaint(
            f"{path}: the DLLs of {getattr(found, 'product', 'some Windows')}; Win32 programs run on Wine's, "
            f"native ones on these: 'ring3k run --userland {path} PROG.EXE'",
            BAD,
        )
    return found.folder


def wine_userland(machine: str, release: str | None) -> wine.Wine:
    """Wine's DLLs for a machine, fetched if this host has none; set-up shows how far it is."""
    settings = MachineFolder(machine).settings
    if not settings.get(DLLS) and wine.find() is None:
        from ring3k.cli.fetch import fetch

        fetch()
    found = make_userland("wine", release=release, settings=settings)
    assert isinstance(found, wine.Wine)  # as that is its name
    found.progress = Progress(f"setting up {machine}")
    return found


class Progress:
    """Tells a person how far something is that takes its time: on a terminal a bar, elsewhere two lines."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = time.monotonic()
        self._terminal = sys.stderr.isatty()
        self._shown = False
        self._next = 0.0

    def __call__(self, done: float, part: str) -> None:
        now = time.monotonic() - self._began
        if self._terminal:
            if now >= max(SHOWN_AFTER, self._next) or (self._shown and done >= 1):
                self._shown, self._next = True, now + 0.1
                bar = "#" * round(done * WIDTH)
                line = f"ring3k: {self._what} [{bar:<{WIDTH}}] {done:4.0%} {part}"
                end = "\n" if done >= 1 else ""
                print(f"\r{line[:100]:<100}", end=end, file=sys.stderr, flush=True)
        elif now >= TOLD_AFTER and not self._shown:
            self._shown = True
            print(f"ring3k: {self._what}, {done:.0%} done", file=sys.stderr, flush=True)
        elif self._shown and done >= 1:
            self._shown = False
            print(f"ring3k: {self._what}: done in {now:.0f} s", file=sys.stderr, flush=True)

"""``ring3k setup``: a machine for Win32 programs, and the DLLs they run on."""

from __future__ import annotations

from ring3k.cli import Complaint
from ring3k.cli.options import Options
from ring3k.cli.progress import Progress
from ring3k.engine.protocol import EngineError
from ring3k.userland import wine
from ring3k.userland.choice import DLLS, RELEASE, make_userland
from ring3k.userland.folder import MachineFolder, default_path

BAD = 1


def setup(options: Options) -> int:
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

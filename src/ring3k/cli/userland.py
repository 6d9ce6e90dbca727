"""Which DLLs a program runs on, and whether it can: what it is, and what it imports."""

from __future__ import annotations

import os

from ring3k.cli import Complaint
from ring3k.cli.options import Options
from ring3k.cli.program import CONSOLE, GUI, NOT_A_PROGRAM, host_drives
from ring3k.typed import TYPE_CHECKING
from ring3k.userland.choice import make_userland
from ring3k.userland.folder import MachineFolder, default_path

if TYPE_CHECKING:
    from ring3k.userland.base import Userland
    from ring3k.userland.needs import Finder

_MAKES_WINDOWS = ("CreateWindowEx", "CreateDialogParam", "CreateDialogIndirectParam")
_WAITS_FOR_MESSAGES = ("GetMessage", "PeekMessage")
_MOST_TOLD = 4  # DLLs


def choose(options: Options, subsystem: int) -> Userland:
    """The userland for a program; ``options.machine`` is its machine folder then.

    A native image runs on our own ntdll, a Win32 image on Wine's DLLs, unless something else is said.
    """
    win32 = subsystem in (GUI, CONSOLE)
    name = options.userland or ("wine" if win32 else "builtin")
    _check_options(options, name)
    if name == "wine":
        from ring3k.cli.setup import wine_userland

        options.machine = options.machine or default_path("nt100")
        userland: Userland = wine_userland(options.machine, options.windows_version)
    else:
        settings = MachineFolder(options.machine).settings if options.machine else None
        try:
            userland = make_userland(name, options.abi, release=options.windows_version, settings=settings)
        except ValueError as error:
            raise Complaint(str(error)) from None
        options.machine = options.machine or default_path(userland.version.name)
    if win32:
        _check_win32(options, userland, subsystem)
    return userland


def _check_options(options: Options, name: str) -> None:
    if name == "builtin" and options.windows_version is not None:
        raise Complaint("--windows-version is for Win32 programs; a native program gets --abi")
    if name != "builtin" and options.abi is not None:
        told = f"--userland {name}" if options.userland else "a Win32 program"
        raise Complaint(f"--abi is for native programs, which run on our own ntdll, not for {told}")


def _check_win32(options: Options, userland: Userland, subsystem: int) -> None:
    """Complain of a program that cannot run."""
    program = options.program
    product = getattr(userland, "product", None)
    if product is not None:
        raise Complaint(
            f"{program}: a Win32 program: on the DLLs of {product} it needs csrss, which comes later; "
            "'--userland wine' runs it",
            NOT_A_PROGRAM,
        )
    if userland.name != "wine":
        return
    from ring3k.userland.needs import missing_dlls, missing_functions

    found = finder(program, options, userland)
    missing = missing_dlls(os.path.realpath(program), found)
    if missing:  # not where they usually are
        if options.client is not None:
            options.client.spare.drop()
        found.add(_on_the_path(options, userland))
        missing = missing_dlls(os.path.realpath(program), found)
    if missing:
        told = [f"{one.what} (imported by {one.wanted_by})" for one in missing[:_MOST_TOLD]]
        if len(missing) > _MOST_TOLD:
            told.append(f"{len(missing) - _MOST_TOLD} more")
        listed = " and ".join((", ".join(told[:-1]), told[-1])) if told[1:] else told[0]
        raise Complaint(
            f"{program}: {listed} {'are' if told[1:] else 'is'} missing: neither in the program's folder "
            "nor in the system's, nor on the path",
            NOT_A_PROGRAM,
        )
    if options.strict:
        lacking = missing_functions(os.path.realpath(program), found)
        if lacking:
            more = f" and {len(lacking) - 1} more" if lacking[1:] else ""
            raise Complaint(
                f"{program}: --strict: it imports {lacking[0].what}{more}, which is not there", NOT_A_PROGRAM
            )
    if subsystem == GUI and options.userland is None:
        _check_windows(program)


def finder(program: str, options: Options, userland: Userland) -> Finder:
    """Where the loader will look."""
    from ring3k.userland.needs import Finder

    drive = options.root or os.path.join(options.machine, "c")
    windows = os.path.join(drive, "windows")
    (system,) = userland.layers.values()
    folders = [os.path.join(windows, "system32"), *system, windows]
    schemas = [os.path.join(one, "apisetschema.dll") for one in system]
    schema = next(filter(os.path.isfile, schemas), schemas[0])
    return Finder(os.path.dirname(os.path.realpath(program)), folders, schema)


def _on_the_path(options: Options, userland: Userland) -> list[str]:
    """The host's folders where the loader looks at last: where the program works, and those in PATH."""
    from ring3k.userland.given import below
    from ring3k.userland.wine_drive import set_variable

    work = os.path.realpath(options.cwd if options.cwd and options.cwd[1:2] != ":" else os.curdir)
    drives = host_drives(options, options.machine)
    variables = _variables(options.machine, userland)
    for one in options.env:
        name, _, value = one.partition("=")
        set_variable(variables, name, value)
    path = next((value for name, value in variables.items() if name.upper() == "PATH"), "")
    folders = [work]
    for entry in path.split(";"):
        base = drives.get(entry[:1].upper()) if entry[1:2] == ":" else None
        if base is not None:
            folders.append(below(base, *[part.lower() for part in entry[2:].split("\\") if part]) or work)
    return folders


def _variables(machine: str, userland: Userland) -> dict[str, str]:
    """A program's environment on a machine; nothing on one that is yet to be made."""
    from ring3k.cm.open import RegistryError, open_registry

    path = os.path.join(machine, "registry.db")
    if not os.path.exists(path):
        return {}
    try:
        registry = open_registry(path, userland.version, hardware=False)
    except RegistryError:
        return {}
    try:
        return userland.environment(lambda: registry)
    finally:
        registry.close()


def _check_windows(program: str) -> None:
    """A program that makes windows and waits for what is done to them has nothing to do here."""
    from ring3k.userland.needs import imported_functions

    functions = imported_functions(os.path.realpath(program), "user32.dll")
    makes = [one for one in functions if one[:-1] in _MAKES_WINDOWS]
    if makes and any(one[:-1] in _WAITS_FOR_MESSAGES for one in functions):
        raise Complaint(
            f"{program}: a program with windows (it imports {makes[0]} of user32.dll), and there are no "
            "windows yet; '--userland wine' runs it as far as it goes",
            NOT_A_PROGRAM,
        )

"""The options of ``ring3k run``, and the reading of a command line that is right.

``argparse`` and what it needs take a tenth of a cold start.  It gets the same table (``cli.parser``), and
every line that is anything but plainly right: it knows what to say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace

from ring3k.typed import Any, NamedTuple


class Options(SimpleNamespace):
    """What a command line says."""

    client: Any = None  # a ``cli.warm.Client``, if the run is for one


FLAG, VALUE, LIST, PERHAPS = "flag", "value", "list", "perhaps"  # PERHAPS: a value only after "="


class Option(NamedTuple):
    name: str
    kind: str
    help: str
    metavar: str = ""
    default: Any = None
    choices: Callable[[], Sequence[str]] | None = None  # of values; {choices} in the help

    @property
    def key(self) -> str:
        """Where its value is found."""
        return self.name[2:].replace("-", "_")


def _formats() -> Sequence[str]:
    return "text", "json"


def _engines() -> Sequence[str]:
    return "stub", "ptrace"


def _versions() -> Sequence[str]:
    from ring3k.abi.tables import VERSIONS

    return VERSIONS


def releases() -> Sequence[str]:
    """The versions of Windows that Win32 programs may be told they run on."""
    from ring3k.abi.version import RELEASES

    return tuple(RELEASES)


RUN = (
    Option("--trace", PERHAPS, "show system calls: on stderr, or with --trace=FILE in FILE", "FILE"),
    Option("--trace-format", VALUE, "default: text", default="text", choices=_formats),
    Option("--engine", VALUE, "default: stub, the fast one", default="stub", choices=_engines),
    Option(
        "--userland",
        VALUE,
        "whose DLLs the program runs on: Wine's, our own ntdll, or those in a folder (of Windows 2000, "
        "XP, 2003, ReactOS or Wine; a drive C: will do); default: wine for Win32 programs, else builtin",
        "wine|builtin|DIR",
    ),
    Option("--abi", VALUE, "version of Windows for a native program; default: nt51 (XP)", choices=_versions),
    Option(
        "--windows-version",
        VALUE,
        "what Windows a Win32 program is told it runs on: {choices}; default: win10",
        "NAME",
        choices=releases,
    ),
    Option(
        "--strict",
        FLAG,
        "end at the first system call that is not implemented yet, with its arguments and its caller; "
        "otherwise such calls fail, and are listed at the end",
    ),
    Option(
        "--machine",
        VALUE,
        "the folder that keeps drive C: and the registry, made if needed; default: "
        "ring3k/ABI below $XDG_DATA_HOME or ~/.local/share (ABI is nt100 for Win32 programs)",
        "DIR",
    ),
    Option("--root", VALUE, "another folder to be drive C:; the program may change it", "DIR"),
    Option(
        "--mount",
        LIST,
        "make a folder drive X:, with :ro one that the program cannot change; may be given again",
        "X=DIR[:ro]",
    ),
    Option(
        "--cwd",
        VALUE,
        "the folder to work in, of this computer or as the program sees it (C:\\Temp); default: where "
        "you are, as a drive of its own; native programs: their own folder",
        "DIR",
    ),
    Option(
        "--env",
        LIST,
        "set an environment variable, without a value take it away; may be given again",
        "NAME=VALUE",
    ),
    Option("--network", FLAG, "let the program use this computer's network: sockets, names"),
    Option(
        "--user",
        VALUE,
        "who runs it, such as S-1-5-21-0-0-0-1000, who runs Win32 programs anyway (native: LocalSystem)",
        "SID",
    ),
    Option(
        "--audit",
        VALUE,
        "what the security log records, such as object,privilege:failure or all; to be seen in a trace",
        "POLICY",
        default="",
    ),
)


def read(arguments: Sequence[str]) -> Options | None:
    """What stands behind ``run``; None for whoever explains what is wrong, or helps."""
    found: dict[str, Any] = {}
    for option in RUN:
        found[option.key] = {FLAG: False, LIST: []}.get(option.kind, option.default)
    known = {option.name: option for option in RUN}
    rest = iter(arguments)
    for word in rest:
        if not word.startswith("-"):
            return Options(program=word, arguments=list(rest), **found) if word else None
        name, equals, value = word.partition("=")
        if name not in known:
            return None
        option = known[name]
        if option.kind == FLAG and equals:
            return None
        if not equals and option.kind in (VALUE, LIST):
            value = next(rest, "")
            if not value or value.startswith("-"):
                return None
        if option.choices is not None and value not in option.choices():
            return None
        if option.kind == LIST:
            found[option.key].append(value)
        else:
            found[option.key] = {FLAG: True, PERHAPS: value if equals else "-"}.get(option.kind, value)
    return None

"""Options and help texts."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

from ring3k.cli.options import FLAG, LIST, PERHAPS, RUN, Options, releases
from ring3k.typed import Any

# Its words are English as ours are; translations take long to look for.
argparse._ = lambda text: text  # type: ignore[attr-defined]

_RUN = """\
Run a 32-bit Windows program on a kernel of our own: a Win32 console program on Wine's DLLs, a native one on
our own ntdll.  Its output is this command's output, and its exit status this command's exit status (the low
byte; 1 where that would turn a failure into 0).  If the program ends with an error status, that is named on
stderr.

Its drive C: and its registry are kept in a machine folder (--machine) from run to run.  A Win32 program works
in the folder you are in, which it sees as drive D:.  More drives are host folders (--mount).  The program's
own folder is shown read-only on C:, unless it lies on one of the drives; nothing else of this computer is to
be seen."""

_RUN_END = """\
exit status:
  125  this machine cannot run programs; the line says what is missing
  126  PROG is not a program that can run here
  127  there is no PROG
  130  ended by Ctrl-C
  else what the program ended with

examples:
  ring3k run 7za.exe a archive.7z folder\\*
  ring3k run --windows-version win7 --env TZ=UTC tool.exe --verbose
  ring3k run --trace hello.exe                  system calls to stderr
  ring3k run --trace=calls.jsonl --trace-format json hello.exe
  ring3k run --abi nt50 --engine ptrace hello.exe
  ring3k run --machine /tmp/pc --mount D=$HOME/work --mount E=/media/cd:ro setup.exe
"""

_SERVE = """\
Keep a kernel warm in the background: while there is one, 'ring3k run' of the same user is done by a copy of
it and starts much faster.  Runs share nothing with each other but what they share without it, their machine
folder.  RING3K_COLD=1 in the environment makes a run start by itself."""

_SETUP = """\
Make the machine folder that Win32 programs run in: its drive C:, with the folders programs expect, and its
registry.  'ring3k run' does the same when it needs it; this is for choosing the DLLs, or for doing it before.
The DLLs are not copied: system32 shows the folder they are in.  What is there already stays as it is."""

_SETUP_END = """\
examples:
  ring3k setup
  ring3k setup --from /opt/wine-9/lib/wine/i386-windows --machine /tmp/pc
  ring3k setup --windows-version win7
"""

_STAT = """\
Count the system calls of each version of Windows: implemented (a test in a guest shows its successes and
failures), partial (something is missing; 'ring3k syscalls NAME' says what), declared (typed in traces, but
answers STATUS_NOT_IMPLEMENTED), undeclared."""

_SYSCALLS = """\
Show system calls: signature, numbers per version of Windows, how much is there, and where it lives.  NAME may
be a glob; without it all are listed."""


def parse(arguments: list[str]) -> Options:
    """Options with ``command``, a function that takes them and returns the exit status."""
    wanted = arguments[0] if arguments else ""
    if wanted == "reg":
        from ring3k.cli.reg_parser import options_first

        arguments = options_first(arguments)
    parser, commands = _parser(wanted)
    if wanted == "run":
        arguments = _join_trace(arguments, commands[wanted])
    return parser.parse_args(arguments, Options())


def _parser(wanted: str) -> tuple[argparse.ArgumentParser, Mapping[str, argparse.ArgumentParser]]:
    """The parser and its commands' own; with nothing but the command that is wanted, if there is one."""
    parser = argparse.ArgumentParser(
        prog="ring3k",
        description="A user-mode NT kernel: runs 32-bit Windows programs, shows what they ask of Windows.",
        formatter_class=_Help,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(prog="ring3k", title="commands", metavar="COMMAND", required=True)
    builders = {
        "run": _add_run,
        "setup": _add_setup,
        "reg": _add_reg,
        "serve": _add_serve,
        "stat": _add_stat,
        "syscalls": _add_syscalls,
    }
    for build in [builders[wanted]] if wanted in builders else builders.values():
        build(commands)
    return parser, commands.choices


def _command(
    commands: Any, name: str, function: Callable[[Options], int], short: str, **more: str
) -> argparse.ArgumentParser:
    one: argparse.ArgumentParser = commands.add_parser(
        name, help=short, formatter_class=_Help, allow_abbrev=False, **more
    )
    one.set_defaults(command=function)
    return one


def _add_run(commands: Any) -> None:
    run = _command(commands, "run", _run, "run a Windows program", description=_RUN, epilog=_RUN_END)
    run.usage = "ring3k run [options] PROG.EXE [ARGUMENT ...]"
    for option in RUN:
        kinds: dict[str, dict[str, Any]] = {
            FLAG: {"action": "store_true"},
            LIST: {"action": "append", "default": []},
            PERHAPS: {"nargs": "?", "const": "-"},
        }
        how = kinds.get(option.kind, {"default": option.default})
        help_text = option.help
        if option.choices is not None:
            how["choices"] = tuple(option.choices())
            help_text = help_text.format(choices=", ".join(how["choices"]))
        if option.metavar:
            how["metavar"] = option.metavar
        run.add_argument(option.name, help=help_text, **how)
    run.add_argument("program", metavar="PROG.EXE", help="the program")
    run.add_argument("arguments", metavar="ARGUMENT", nargs=argparse.REMAINDER, help="what it is given")


def _add_setup(commands: Any) -> None:
    setup = _command(
        commands,
        "setup",
        _setup,
        "make a machine for Win32 programs",
        description=_SETUP,
        epilog=_SETUP_END,
    )
    setup.add_argument(
        "--from",
        dest="source",
        metavar="wine|DIR",
        help="whose DLLs: those of this computer's Wine, or a folder with Wine's DLLs; default: this "
        "computer's, otherwise Debian's package libwine, which is fetched",
    )
    setup.add_argument(
        "--machine",
        metavar="DIR",
        help="the machine folder; default: ring3k/nt100 below $XDG_DATA_HOME or ~/.local/share",
    )
    setup.add_argument(
        "--windows-version",
        metavar="NAME",
        choices=tuple(releases()),
        help=f"what Windows programs are told they run on: {', '.join(releases())}; default: win10",
    )


def _add_reg(commands: Any) -> None:
    from ring3k.cli.reg_parser import REG, REG_END, add_actions

    reg = _command(
        commands, "reg", _reg, "look at and change a machine's registry", description=REG, epilog=REG_END
    )
    add_actions(reg, _Help)


def _add_serve(commands: Any) -> None:
    serve = _command(commands, "serve", _serve, "keep a kernel warm, for quick starts", description=_SERVE)
    serve.add_argument("--foreground", action="store_true", help="stay in the foreground")
    serve.add_argument(
        "--idle",
        metavar="MINUTES",
        type=float,
        default=30.0,
        help="end after so long without a run; default: 30",
    )
    serve.add_argument("--stop", action="store_true", help="end the one that runs, and the programs it runs")


def _add_stat(commands: Any) -> None:
    stat = _command(commands, "stat", _stat, "count the system calls that are there", description=_STAT)
    stat.add_argument("--json", action="store_true", help="for programs")


def _add_syscalls(commands: Any) -> None:
    calls = _command(
        commands, "syscalls", _syscalls, "show what is known of system calls", description=_SYSCALLS
    )
    calls.add_argument("name", metavar="NAME", nargs="?", help="such as NtCreateEvent, or 'Nt*Event'")


class _Help(argparse.RawDescriptionHelpFormatter):
    """A fixed width: asking for the terminal's loads modules at every start."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=100)


def _join_trace(arguments: list[str], run: argparse.ArgumentParser) -> list[str]:
    """``--trace`` takes a FILE only as ``--trace=FILE``, or the program would be taken for one."""
    result = []
    takes_value = {name for one in run._actions if one.nargs is None for name in one.option_strings}
    rest = iter(arguments)
    for one in rest:
        if not one.startswith("-") and one != "run":
            result.append(one)
            break
        result.append("--trace=-" if one == "--trace" else one)
        if one in takes_value:
            result += [value for value in [next(rest, None)] if value is not None]
    return [*result, *rest]


class _Version(argparse.Action):
    """Like argparse's own, but imports nothing until it is asked."""

    def __call__(self, parser: argparse.ArgumentParser, *rest: Any) -> None:
        from ring3k import __version__

        print(f"ring3k {__version__}")
        parser.exit()


def _run(options: Options) -> int:
    from ring3k.cli.run import run

    return run(options)


def _setup(options: Options) -> int:
    from ring3k.cli.setup import setup

    return setup(options)


def _reg(options: Options) -> int:
    from ring3k.cli.reg import reg

    return reg(options)


def _serve(options: Options) -> int:
    from ring3k.cli.serve import serve

    return serve(options)


def _stat(options: Options) -> int:
    from ring3k.cli.stat import stat

    return stat(options)


def _syscalls(options: Options) -> int:
    from ring3k.cli.stat import syscalls

    return syscalls(options)

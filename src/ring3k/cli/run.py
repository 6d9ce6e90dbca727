"""``ring3k run``: one program on a fresh virtual computer."""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]  # ``signal`` makes enumerations of all of them
import gc
import io
import os
import sys
from contextlib import ExitStack, suppress
from functools import partial

from ring3k.abi.status import STATUS_CONTROL_C_EXIT, status_name
from ring3k.cli import BROKEN_PIPE, Complaint
from ring3k.cli.options import Options
from ring3k.cli.program import NOT_A_PROGRAM, check, named, seen
from ring3k.engine.protocol import EngineError
from ring3k.typed import IO, TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from ring3k.hooks.events import ProcessCrashed
    from ring3k.se.accounts import User
    from ring3k.system import System
    from ring3k.userland.base import Userland

LEVEL_OF_WIN32 = 100  # of the versions that Win32 programs run on


class OutputClosed(BaseException):
    """Nobody reads what the program displays: it ends, as a host's program does."""


class _Output(io.TextIOWrapper):
    """Standard output, for a guest: lines end as the guest ends them."""

    def flush(self) -> None:
        try:
            super().flush()
        except BrokenPipeError:
            self.nobody_reads()

    def nobody_reads(self) -> None:
        """Whoever read it has seen enough."""
        raise OutputClosed from None


def run(options: Options) -> int:
    options.program = named(options)
    subsystem = check(options.program)
    if options.root is not None and not os.path.isdir(options.root):
        raise Complaint(f"{options.root}: no such folder, to be drive C:")
    mounts = [_mount(one) for one in options.mount]
    signal.signal(signal.SIGTERM, _terminated)
    from ring3k.cli.userland import choose

    with ExitStack() as stack:
        trace_file = _trace_file(options, stack)
        try:
            userland = choose(options, subsystem)
            output = _Output(sys.stdout.buffer, sys.stdout.encoding, sys.stdout.errors, newline="")
            stack.callback(output.detach)
            system = stack.enter_context(_system(options, userland, output))
            _add_drives(system, mounts)
            _audit(system, options.audit)
            system.on_crash(partial(_crashed, system))
            if trace_file is not None:
                _trace(system, trace_file, options.trace_format)
            if options.strict:
                system.stop_at_unimplemented(_stopped)
            status = _program(system, options, native=userland.version.level < LEVEL_OF_WIN32)
            if options.client is not None and trace_file is None and not system.processes:
                output.flush()
                system.settle()
                options.client.tell(status)  # what is still to be done is our own business
        except EngineError as error:
            raise Complaint("; ".join(str(error).splitlines())) from error
        except OutputClosed:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return BROKEN_PIPE
    return status


def _system(options: Options, userland: Userland, output: TextIO) -> System:
    from ring3k.system import System
    from ring3k.userland.folder import MachineFolder

    debug = bool(os.environ.get("RING3K_DEBUG"))
    engine, root, network = options.engine, options.root, options.network
    place = os.path.abspath(options.machine)

    def make(ahead: bool = False) -> System:
        machine = MachineFolder(place, makes=not ahead)
        return System(
            engine, root=root, machine=machine, userland=userland, stdout=output, debug=debug, network=network
        )

    try:
        if options.client is None:
            return make()
        own = userland.name, userland.version, userland.ntdll, userland.tables
        like = *own, engine, root, place, network, dict(os.environb)
        drive = os.path.abspath(root or os.path.join(place, "c"))
        paths = userland.ntdll, place, os.path.join(place, "settings"), drive
        system: System = options.client.spare.take(like, paths, make)
        system.set_off(output)
        return system
    except OSError as error:
        raise Complaint(
            f"{options.machine}: cannot be the machine folder: {error.strerror or error}"
        ) from error


def _mount(text: str) -> tuple[str, str, bool]:
    """What ``--mount X=DIR[:ro]`` says: letter, folder, whether read-only."""
    letter, equals, folder = text.partition("=")
    read_only = folder.endswith(":ro")
    folder = folder.removesuffix(":ro").removesuffix(":rw")
    if not equals or not folder:
        raise Complaint(
            f"--mount {text}: should be a letter and a folder, such as D=/home/me/files or E=/mnt:ro"
        )
    if not os.path.isdir(folder):
        raise Complaint(f"{folder}: no such folder, to be drive {letter}:")
    return letter, folder, read_only


def _add_drives(system: System, mounts: list[tuple[str, str, bool]]) -> None:
    for letter, folder, read_only in mounts:
        try:
            system.mount(letter, folder, read_only=read_only)
        except ValueError as error:
            raise Complaint(f"--mount {letter}={folder}: {error}") from error


def _audit(system: System, policy: str) -> None:
    """What ``--audit POLICY`` says."""
    try:
        system.set_audit_policy(policy)
    except ValueError as error:
        raise Complaint(f"--audit: {error}") from error


def _program(system: System, options: Options, native: bool) -> int:
    """Run it to its end; what to exit with."""
    from ring3k.system import ProgramError

    user = _user(options.user)
    folder = _folder(system, options, native)
    try:
        environment = _environment(system, options.env)
        words = [options.program, *options.arguments]
        if not native:
            system.open_terminal()
        process = system.spawn(words, folder, environment, user=user, stdin=_stdin(), console=True)
        gc.freeze()  # what start-up made stays until the end
        collecting = gc.isenabled()
        gc.enable()
        try:
            status = process.wait()
        finally:
            if not collecting:
                gc.disable()  # the end makes no garbage that anybody would miss
    except ProgramError as error:
        raise Complaint(str(error), NOT_A_PROGRAM) from error
    finally:
        system.close_terminal()
        missing = system.unimplemented.table()
        if missing:
            print(f"ring3k: system calls that are not implemented yet:\n{missing}", file=sys.stderr)
    return exit_status(options.program, status)


def _folder(system: System, options: Options, native: bool) -> str | None:
    """Where the program works: what ``--cwd`` says, else where we are; native ones in their own folder."""
    given: str | None = options.cwd
    if given is None:
        if native:
            return None
        given = os.curdir
    elif given[1:2] == ":":
        if not native and not os.path.isdir(seen(options, given) or ""):
            raise Complaint(f"{given}: no such folder, for the program to work in")
        if not native:
            with suppress(OSError, ValueError):
                system.work_in(os.curdir)  # which is a drive in any case
        return given
    try:
        return system.work_in(given)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise Complaint(f"{given}: cannot be the program's folder: {why}") from error


def _environment(system: System, changes: list[str]) -> dict[str, str] | None:
    """What ``--env NAME=VALUE`` says, in addition to what the machine has; no value takes a variable away."""
    if not changes:
        return None
    found = system.environment()
    for one in changes:
        name, equals, value = one.partition("=")
        if not name or not equals:
            raise Complaint(f"--env {one}: should be NAME=VALUE")
        for old in [known for known in found if known.upper() == name.upper()]:
            del found[old]
        if value:
            found[name] = value
    return found


def _stopped(told: str) -> None:
    """``--strict``: the call that ended it."""
    sys.stdout.flush()
    print(f"ring3k: --strict: not implemented yet: {told}", file=sys.stderr, flush=True)


def _crashed(system: System, event: ProcessCrashed) -> None:
    """Some process of the program's ended by an exception."""
    system.beside_terminal()
    sys.stdout.flush()
    print(event.report.text, end="", file=sys.stderr, flush=True)


def _user(text: str | None) -> User | None:
    """What ``--user SID`` says."""
    if text is None:
        return None
    from ring3k.se.accounts import User
    from ring3k.se.sid import sid

    try:
        sid(text)
    except ValueError as error:
        raise Complaint(f"--user: {error}") from error
    return User(text)


def _stdin() -> int | None:
    """The descriptor of the standard input, unless it is closed."""
    try:
        return sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):
        return None


def exit_status(program: str, status: int) -> int:
    """An NTSTATUS (or any exit code) as a host's: a failure stays one.  Errors are named on stderr."""
    if status == STATUS_CONTROL_C_EXIT:
        return 128 + int(signal.SIGINT)
    if status >= 0x80000000:
        name = status_name(status)
        known = f" ({status:#010x})" if not name.startswith("0x") else ""
        print(f"ring3k: {program} ended with {name}{known}", file=sys.stderr)
    return status & 0xFF or int(status != 0)


def _trace_file(options: Options, stack: ExitStack) -> IO[str] | None:
    if options.trace is None:
        return None
    if options.trace in ("", "-"):
        return sys.stderr
    try:
        return stack.enter_context(open(options.trace, "w", buffering=1, encoding="utf-8"))
    except OSError as error:
        raise Complaint(f"cannot write the trace to {options.trace}: {error.strerror}") from error


def _trace(system: System, file: IO[str], form: str) -> None:
    write = partial(_write_beside, system, file) if file.isatty() else file.write
    if form == "json":
        from ring3k.hooks.trace_json import JsonTrace

        JsonTrace(write).attach(system.hooks, system.events)
    else:
        from ring3k.hooks.trace import TextTrace

        TextTrace(write).attach(system.hooks, system.events)


def _write_beside(system: System, file: IO[str], text: str) -> None:
    """A line of the trace, on the terminal that the program writes to."""
    system.beside_terminal()
    file.write(text)


def _terminated(number: int, frame: object) -> None:
    """End as an interrupted program does, guests included."""
    raise SystemExit(128 + number)

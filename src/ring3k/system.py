"""``ring3k.System``: one virtual computer, from Python.

    with ring3k.System() as system:
        @system.on_enter("NtCreate*")
        def seen(call): print(call.process.pid, call.name)
        process = system.spawn(["hello.exe", "a b"])
        process.wait()

Errors of the host raise (``ProgramError``, ``EngineError``, OSError); errors of
the guest are statuses.  Everything belongs to one ``System``: closing it, or
losing the last reference to it, ends its guests and gives everything back.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Mapping, Sequence

from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_COMMITMENT_LIMIT,
    STATUS_CONFLICTING_ADDRESSES,
    STATUS_INVALID_IMAGE_FORMAT,
    STATUS_INVALID_IMAGE_LE_FORMAT,
    STATUS_INVALID_IMAGE_NE_FORMAT,
    STATUS_INVALID_IMAGE_NOT_MZ,
    STATUS_INVALID_IMAGE_PROTECT,
    STATUS_INVALID_IMAGE_WIN_16,
    STATUS_NO_MEMORY,
    NtError,
    status_name,
)
from ring3k.calls import all_calls, expect_calls
from ring3k.engine.protocol import Engine, EngineError
from ring3k.ex.display import Screen
from ring3k.hooks.events import ProcessCrashed
from ring3k.hooks.report import to_stderr
from ring3k.io.disk.volume import Volume
from ring3k.machine import Machine
from ring3k.mm.segment import SegmentTable
from ring3k.ps.create import create_process, start_first_thread, write_parameters
from ring3k.ps.peb import Parameters
from ring3k.typed import TYPE_CHECKING, Self, TextIO, overload
from ring3k.userland.choice import make_userland
from ring3k.userland.folder import MachineFolder

if TYPE_CHECKING:
    from types import TracebackType

    from ring3k.abi.call import CallSet
    from ring3k.hooks.calls import Action, Hook
    from ring3k.hooks.events import Subscription
    from ring3k.hooks.statistics import MissingCalls
    from ring3k.ps.process import Process
    from ring3k.sched.clock import Clock
    from ring3k.se.accounts import User
    from ring3k.userland.base import Userland
    from ring3k.userland.drives import Drive

STATUS_CONTROL_C_EXIT = 0xC000013A


class ProgramError(Exception):
    """A program cannot be started; the text says which and why, in one line."""


class GuestProcess:
    """A program that ``System.spawn`` started."""

    def __init__(self, machine: Machine, process: Process) -> None:
        self._machine = machine
        self._process = process
        self._screen = process.screen = Screen()
        process.at_end = machine.kernel.stop
        self._finalizer = weakref.finalize(self, machine.keep(process))

    @property
    def pid(self) -> int:
        """NT's process id."""
        return self._process.pid

    @property
    def host_pid(self) -> int:
        """The Linux process that holds it; 0 when gone."""
        return self._process.memory.pid

    @property
    def ended(self) -> bool:
        return self._process.ended

    @property
    def exit_status(self) -> int | None:
        """The exit status; None while the process runs."""
        return self._process.exit_status if self._process.ended else None

    @property
    def output(self) -> str:
        """What it and its children have displayed so far."""
        return self._screen.text

    def wait(self, timeout: float | None = None) -> int:
        """Run the system until this process has ended; its exit status.

        TimeoutError after ``timeout`` seconds; the process goes on.
        """
        process = self._process
        self._machine.run(lambda: process.ended, timeout)
        if not process.ended:
            raise TimeoutError(f"process {process.pid} ({process.file_name}) still runs after {timeout} s")
        return process.exit_status

    def kill(self, status: int = STATUS_CONTROL_C_EXIT) -> None:
        """End it from outside, also where it waits for a debugger or an exception port that never answers."""
        self._process.let_go()
        self._process.terminate(status)

    def __repr__(self) -> str:
        state = status_name(self._process.exit_status) if self.ended else "running"
        return f"<GuestProcess {self.pid} {self._process.file_name} {state}>"


class System:
    """A virtual computer with one kernel, one namespace, one clock."""

    def __init__(
        self,
        engine: str | Engine = "stub",
        abi: str | None = None,
        root: str | os.PathLike[str] | None = None,
        *,
        machine: str | os.PathLike[str] | MachineFolder | None = None,
        mounts: Mapping[str, str | os.PathLike[str]] | None = None,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
        clock: Clock | None = None,
        userland: str | Userland = "builtin",
        release: str | None = None,
        ntdll: str | os.PathLike[str] | None = None,
        report: Callable[[str], None] = to_stderr,
        debug: bool = False,
        audit: str = "",
        network: bool = False,
    ) -> None:
        """``machine``: the host folder that keeps drive C: and the registry, made if it is not there (None: a
        temporary one, gone with the system).  ``root``: another host folder to be drive C:.  ``mounts``: more
        drives, letter to host folder, as ``mount`` makes them.

        ``userland``: whose DLLs the programs run on: ``builtin``, ``wine`` or a folder (``make_userland``).
        ``release``: the Windows that Wine's DLLs say they are, such as ``win7``.

        ``audit``: what the security log records, as ``set_audit_policy`` takes it.  ``network``: whether
        programs may use the host's network; sockets cannot be made without.

        ``stdout``, ``stderr``: where the guests' text goes (None: where the host's does).  ``report``: one
        line at a time of what went wrong on our side."""
        if isinstance(machine, MachineFolder):
            folder = machine
        else:
            folder = MachineFolder(os.fspath(machine) if machine is not None else None)
        if isinstance(userland, str):
            dll = os.fspath(ntdll) if ntdll is not None else None
            userland = make_userland(userland, abi, dll, release, folder.settings)
        drive_c = _existing(root) if root is not None else None
        self._own_drive = root is None
        made = make_engine(engine) if isinstance(engine, str) else engine
        try:
            userland.prepare(folder, drive_c)
            self._machine = built = Machine(made, userland, folder, clock, report, drive_c, network=network)
        except BaseException:
            made.close()
            folder.close()
            raise
        built.streams.stdout, built.streams.stderr, built.debug = stdout, stderr, debug
        self._finalizer = weakref.finalize(self, built.close)
        self.abi = userland.version.name
        self.hooks = built.hooks
        self.events = built.bus
        self.kernel = built.kernel
        try:
            for letter, host in (mounts or {}).items():
                self.mount(letter, host)
            if audit:
                self.set_audit_policy(audit)
        except BaseException:
            self.close()
            raise

    def get_ready(self, last: System) -> None:
        """Do ahead what programs will need that do what those of ``last`` did.  EngineError."""
        self._machine.expect(last._machine.kernel.table)
        self._machine.kernel.prepare_space()
        self._machine.lay_out(last.kernel.part(SegmentTable).images)

    @property
    def is_fresh(self) -> bool:
        """Whether what was done ahead is still right."""
        return self._machine.is_fresh

    def look_ahead(self, last: System) -> None:
        """Read of the registry what those have read."""
        self._machine.configuration.get_ready(last._machine.configuration.keys_known)

    def settle(self) -> None:
        """When nothing runs any more: be done with the machine folder."""
        self._machine.configuration.close()

    def set_off(self, stdout: TextIO | None) -> None:
        """For one that was made ahead: the guests' text goes there, and its machine is made whole."""
        self._machine.streams.stdout = stdout
        self._machine.folder.makes = True
        if self._own_drive:
            self._machine.folder.drive_c(self._machine.version)

    def mount(self, letter: str, host: str | os.PathLike[str], *, read_only: bool = False) -> None:
        """Make a host folder a drive.  ValueError for a bad or a taken letter, OSError for no folder."""
        self._machine.drives.add(letter, Volume(_existing(host), read_only=read_only))

    def work_in(self, host: str | os.PathLike[str]) -> str:
        """Make a host folder one that programs may change, a drive of its own if it was to be seen nowhere;
        its DOS path, for ``spawn``.  OSError for no folder, ValueError when no drive letter is free."""
        drive, path = self._machine.drives.open_to_all(_existing(host))
        return f"{drive.letter}:{path}\\"

    def open_terminal(self) -> None:
        """Make the terminal of this process a console of Windows for programs that are started with
        ``console`` from now on; nothing if none of its standard streams is one."""
        self._machine.streams.open_terminal(self._machine.kernel)

    def close_terminal(self) -> None:
        """Give that terminal back as it was.  Programs that still run see their console no more."""
        if self._machine.streams.terminal is not None:
            self._machine.streams.terminal.close()

    def beside_terminal(self) -> None:
        """To be called before something else is written to that terminal: what programs wrote comes first."""
        if self._machine.streams.terminal is not None:
            self._machine.streams.terminal.aside()

    # -- programs --------------------------------------------------------------------
    def spawn(
        self,
        arguments: Sequence[str | os.PathLike[str]],
        cwd: str | os.PathLike[str] | None = None,
        env: Mapping[str, str] | None = None,
        *,
        user: User | None = None,
        stdin: int | None = None,
        console: bool = False,
    ) -> GuestProcess:
        """Start a program, given by its host path, with arguments.  ProgramError says why it cannot be.

        ``user``: who runs it, with a logon of its own; if nobody is named, the userland's user (an
        administrator for Win32 programs) or LocalSystem.
        ``console``: its standard handles are files that lead to the host's streams.  ``stdin``: the
        descriptor that input comes from, for all who read the system's console from now on.
        """
        words = [os.fspath(one) for one in arguments]
        if not words:
            raise ProgramError("no program given")
        host = os.path.realpath(words[0])
        drive, path = self._visible(host, words[0])
        process = self._load(host, drive.device + path, words[0], user)
        try:
            image = f"{drive.letter}:{path}"
            directory = self._directory(os.fspath(cwd) if cwd is not None else None, image)
            if stdin is not None:
                self._machine.console.set_input(stdin)
            handle, standard = self._machine.streams.handles(process) if console else (0, (0, 0, 0))
            write_parameters(process, self._parameters(image, words, directory, env, standard, handle))
            started = GuestProcess(self._machine, process)
            start_first_thread(process)
        except BaseException:
            process.reference()
            process.dereference()
            raise
        return started

    def _load(self, host: str, path: str, name: str, user: User | None) -> Process:
        """The process, without a thread."""
        machine = self._machine
        try:
            section = machine.image_section(host, path)
        except NtError as error:
            raise ProgramError(f"{name}: {REASONS.get(error.status, status_name(error.status))}") from None
        section.reference()
        token = None
        try:
            user = user or machine.userland.user
            if user is not None:
                token = machine.monitor.user_token(user)
                token.reference()
            return create_process(machine.kernel, None, section, token=token)
        except ValueError as error:
            raise ProgramError(f"{name}: {error}") from None
        except NtError as error:
            raise ProgramError(f"{name}: {REASONS.get(error.status, status_name(error.status))}") from None
        finally:
            section.dereference()
            if token is not None:
                token.dereference()

    def _visible(self, host: str, name: str) -> tuple[Drive, str]:
        """Where a host file is to be seen."""
        if not os.path.isfile(host):
            raise ProgramError(f"{name}: {'is a folder' if os.path.isdir(host) else 'no such file'}")
        if not os.access(host, os.R_OK):
            raise ProgramError(f"{name}: permission denied")
        drive, folder = self._machine.drives.show(os.path.dirname(host))
        return drive, f"{folder}\\{os.path.basename(host)}"

    def _directory(self, given: str | None, program: str) -> str:
        """The current directory, as a DOS path that ends in a backslash."""
        if given is None:
            path = program.rpartition("\\")[0]
        elif given[1:2] == ":":
            path = given
        elif os.path.isdir(given):
            drive, folder = self._machine.drives.show(os.path.realpath(given))
            path = f"{drive.letter}:{folder}"
        else:
            raise ProgramError(f"{given}: no such folder")
        return path if path.endswith("\\") else path + "\\"

    def _parameters(
        self,
        image: str,
        words: Sequence[str],
        directory: str,
        env: Mapping[str, str] | None,
        standard: tuple[int, int, int],
        console: int,
    ) -> Parameters:
        windows = self._machine.version.system_root
        own = image.rpartition("\\")[0]
        if own.endswith(":"):
            own += "\\"
        return Parameters(
            image=image,
            command_line=command_line([image, *words[1:]]),
            directory=directory,
            dll_path=f"{own};{windows}\\System32;{windows}\\system;{windows};.",
            environment=self.environment() if env is None else env,
            standard=standard,
            console=console,
        )

    def environment(self) -> dict[str, str]:
        """The variables that a program is started with when nobody says others.  ProgramError."""
        machine = self._machine
        try:
            return machine.userland.environment(lambda: machine.configuration.registry)
        except NtError as error:
            path = machine.configuration.path
            raise ProgramError(f"{path}: cannot be the registry ({status_name(error.status)})") from None

    @property
    def processes(self) -> list[Process]:
        """The guest processes that run."""
        return list(self._machine.clients.running.values())

    def run(self, timeout: float | None = None) -> bool:
        """Run until no guest process is left; False when ``timeout`` seconds were not enough."""
        running = self._machine.clients.running
        self._machine.run(lambda: not running, timeout)
        return not running

    def set_audit_policy(self, text: str) -> None:
        """What the security log records, such as ``object,privilege:failure`` or ``all``; nothing at first.

        Records are events (``hooks.events.AuditRecord``).  ValueError for a bad description.
        """
        from ring3k.se.audit import parse_policy

        self._machine.monitor.audit.set_policy(parse_policy(text))

    # -- looking in ------------------------------------------------------------------
    @overload
    def on_enter(self, pattern: str) -> Callable[[Action], Hook]: ...
    @overload
    def on_enter(self, pattern: str, action: Action) -> Hook: ...
    def on_enter(self, pattern: str, action: Action | None = None) -> Hook | Callable[[Action], Hook]:
        """Call ``action`` before system calls whose name matches a glob; usable as a decorator.

        ValueError if there are none of such a name.
        """
        expect_calls(pattern)
        return self.hooks.on_enter(pattern) if action is None else self.hooks.on_enter(pattern, action)

    @overload
    def on_exit(self, pattern: str) -> Callable[[Action], Hook]: ...
    @overload
    def on_exit(self, pattern: str, action: Action) -> Hook: ...
    def on_exit(self, pattern: str, action: Action | None = None) -> Hook | Callable[[Action], Hook]:
        """Call ``action`` after system calls whose name matches a glob; usable as a decorator."""
        expect_calls(pattern)
        return self.hooks.on_exit(pattern) if action is None else self.hooks.on_exit(pattern, action)

    def on_crash(self, action: Callable[[ProcessCrashed], None]) -> Subscription:
        """Call ``action`` when a guest process ends by an exception that nobody handled.

        ``event.report`` is a ``CrashReport``; the process is still there to be looked at.  Usable as a
        decorator.
        """
        return self.events.subscribe(action, ProcessCrashed)

    def stop_at_unimplemented(self, told: Callable[[str], None]) -> None:
        """End every process at the first system call that nobody has written yet, and tell which it was."""
        self._machine.on_missing = told

    @property
    def calls(self) -> CallSet:
        """Every system call that is declared, by name."""
        return all_calls()

    @property
    def crashes(self) -> int:
        """How often a system call failed by a fault of ours."""
        return self._machine.crashes

    @property
    def unimplemented(self) -> MissingCalls:
        """Calls that nobody has written yet: how often they were made, and from where."""
        return self._machine.unimplemented

    # -- the end -----------------------------------------------------------------------
    def close(self) -> None:
        """End every guest and give everything back.  May be called twice."""
        self._finalizer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _existing(folder: str | os.PathLike[str]) -> str:
    """The real path of a host folder; OSError."""
    path = os.path.realpath(os.fspath(folder))
    if not os.path.isdir(path):
        raise NotADirectoryError(f"{os.fspath(folder)}: no such folder")
    return path


def make_engine(name: str) -> Engine:
    """An engine by name; EngineError says what the host lacks."""
    if name == "stub":
        from ring3k.engine import stub

        return stub.create()
    if name == "ptrace":
        from ring3k.engine import ptrace

        return ptrace.create()
    raise EngineError(f"no engine {name!r}: there are stub and ptrace")


def command_line(words: Sequence[str]) -> str:
    """One string that C run-time start-up code splits into these words again."""
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    if word and not any(c in word for c in ' \t\n\v"'):
        return word
    out, slashes = ['"'], 0
    for c in word:
        if c == "\\":
            slashes += 1
            continue
        out.append("\\" * (2 * slashes + 1 if c == '"' else slashes) + c)
        slashes = 0
    out.append("\\" * (2 * slashes) + '"')
    return "".join(out)


REASONS = {
    STATUS_INVALID_IMAGE_NOT_MZ: "not a Windows program (no MZ header)",
    STATUS_INVALID_IMAGE_PROTECT: "a DOS program, or a damaged one: only 32-bit x86 PE programs run here",
    STATUS_INVALID_IMAGE_NE_FORMAT: "an OS/2 program: only 32-bit x86 PE programs run here",
    STATUS_INVALID_IMAGE_WIN_16: "a 16-bit Windows program: only 32-bit x86 PE programs run here",
    STATUS_INVALID_IMAGE_LE_FORMAT: "a driver for 16-bit Windows: only 32-bit x86 PE programs run here",
    STATUS_INVALID_IMAGE_FORMAT: "not a 32-bit x86 PE program, or its headers are damaged",
    STATUS_ACCESS_DENIED: "permission denied",
    STATUS_CONFLICTING_ADDRESSES: "wants an address that is taken",
    STATUS_COMMITMENT_LIMIT: "needs more memory than the system may give",
    STATUS_NO_MEMORY: "does not fit into the address space",
}

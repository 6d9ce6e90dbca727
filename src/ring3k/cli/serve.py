"""``ring3k serve``: a kernel that is kept warm, so that ``ring3k run`` starts at once.

Most of a short run is Python reading its modules.  The server has read them, has
run a program once, and then is forked for each run: the copy gets the client's
descriptors, folder, environment and arguments, and does what ``ring3k run`` does.
It shares nothing else with other runs; a machine folder is shared as among
kernels that were started by themselves.

The server serves its own user only, ends when nobody has asked for a while, and
steps down when its own sources change.
"""

from __future__ import annotations

import argparse
import gc
import io
import os
import selectors
import signal
import socket
import sys
from contextlib import suppress
from marshal import loads
from typing import NoReturn

from ring3k.cli import BROKEN_PIPE, Complaint, main
from ring3k.cli.warm import REQUEST, WORD, folder, is_private, socket_path

BACKLOG = 64
MOST_RUNS = 256
STDIO = 3


class Run:
    """One run: the client's line, and the process that does it."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        self.data = b""
        self.size = 0
        self.descriptors: list[int] = []
        self.pid = 0

    def receive(self) -> bool:
        """More of the request; True when it is whole.  OSError, ValueError when it never will be."""
        if not self.size:
            head, descriptors, _, _ = socket.recv_fds(self.line, WORD, 8)
            self.descriptors += descriptors
            self.size = int.from_bytes(head, "little")
            if len(head) < WORD or len(descriptors) != STDIO + 1 or not 0 < self.size <= REQUEST:
                raise ValueError("no request")
            return False
        part = self.line.recv(self.size - len(self.data))
        if not part:
            raise ValueError("half a request")
        self.data += part
        return len(self.data) == self.size

    def close(self) -> None:
        for one in self.descriptors:
            os.close(one)
        self.descriptors = []
        self.line.close()


class Server:
    """The socket, and the runs under way."""

    def __init__(self, path: str, idle: float) -> None:
        self._path = path
        self._idle = idle
        self._runs: dict[int, Run] = {}  # pid -> run
        self._selector = selectors.DefaultSelector()
        self._listener = _listen(path)
        self._selector.register(self._listener, selectors.EVENT_READ)
        wake, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._wake = wake
        self._selector.register(wake, selectors.EVENT_READ)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        self._stamp = _newest()

    def run(self) -> None:
        """Serve until nobody has asked for a while."""
        try:
            while True:
                events = self._selector.select(None if self._runs else self._idle)
                if not events and not self._runs:
                    return
                for key, _ in events:
                    if key.fileobj is self._listener:
                        if _newest() != self._stamp:  # these are not the sources that were read
                            return
                        self._accept()
                    elif key.fileobj == self._wake:
                        os.read(self._wake, 4096)
                        self._reap()
                    else:
                        self._hear(key.data)
        finally:
            with suppress(OSError):
                os.unlink(self._path)
            for pid in self._runs:
                os.kill(pid, signal.SIGTERM)

    def _accept(self) -> None:
        line, _ = self._listener.accept()
        self._selector.register(line, selectors.EVENT_READ, Run(line))

    def _hear(self, run: Run) -> None:
        """A request, or the end of a client."""
        try:
            if run.pid:
                if not run.line.recv(1):
                    os.kill(run.pid, signal.SIGTERM)
                    self._selector.unregister(run.line)
                return
            if not run.receive():
                return
            self._start(run)
        except (OSError, ValueError, EOFError, TypeError):
            self._selector.unregister(run.line)
            run.close()

    def _start(self, run: Run) -> None:
        arguments, environment, umask = loads(run.data)  # noqa: S302  # from ourselves: the socket is private
        if len(self._runs) >= MOST_RUNS:
            raise ValueError("too many runs")
        pid = os.fork()
        if not pid:
            self._listener.close()
            self._selector.close()
            _become(arguments, environment, umask, run.descriptors)
        run.pid = pid
        self._runs[pid] = run
        run.line.sendall(pid.to_bytes(WORD, "little"))

    def _reap(self) -> None:
        while self._runs:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            run = self._runs.pop(pid, None)
            if run is not None:
                with suppress(OSError):
                    run.line.sendall((status + 1).to_bytes(WORD, "little"))
                with suppress(KeyError):
                    self._selector.unregister(run.line)
                run.close()


def _become(
    arguments: list[str], environment: dict[bytes, bytes], umask: int, descriptors: list[int]
) -> NoReturn:
    """In the copy: be the client."""
    status = 125
    try:
        signal.set_wakeup_fd(-1)
        for one_signal in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
            signal.signal(one_signal, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number, one in enumerate(descriptors[:STDIO]):
            os.dup2(one, number)
        os.fchdir(descriptors[STDIO])
        for one in descriptors:
            os.close(one)
        os.umask(umask)
        os.environb.clear()
        os.environb.update(environment)
        sys.stdin = io.TextIOWrapper(io.FileIO(0, "r", closefd=False), "utf-8", "surrogateescape")
        sys.stdout = _writer(1, "surrogateescape")
        sys.stderr = _writer(2, "backslashreplace")
        try:
            status = main(arguments)
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        with suppress(BrokenPipeError):
            sys.stderr.flush()
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            status = BROKEN_PIPE
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(status)


def _writer(descriptor: int, errors: str) -> io.TextIOWrapper:
    buffer = io.BufferedWriter(io.FileIO(descriptor, "w", closefd=False))
    return io.TextIOWrapper(buffer, "utf-8", errors, line_buffering=descriptor == 2 or os.isatty(descriptor))


def _listen(path: str) -> socket.socket:
    """The socket; a Complaint where there is no safe place for it."""
    place = folder()
    os.makedirs(place, 0o700, exist_ok=True)
    if not is_private(place):
        raise Complaint(f"{place}: not a folder that only you may enter; remove it, or set XDG_RUNTIME_DIR")
    with suppress(FileNotFoundError):
        os.unlink(path)
    line = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        line.bind(path)
    finally:
        os.umask(before)
    line.listen(BACKLOG)
    return line


def _newest() -> int:
    """When the newest of our own sources was written."""
    top = os.path.dirname(os.path.dirname(__file__))
    return max(
        entry.stat().st_mtime_ns
        for place in (top, *(one.path for one in os.scandir(top) if one.is_dir()))
        for entry in os.scandir(place)
        if entry.name.endswith((".py", ".so"))
    )


def warm_up() -> None:
    """Read what runs need, compile what is compiled at first use, run a program of each kind once."""
    from ring3k.calls import all_calls
    from ring3k.cli import program, run, setup, userland  # noqa: F401
    from ring3k.cli.parser import parse
    from ring3k.engine.protocol import EngineError
    from ring3k.system import ProgramError, System
    from ring3k.userland.choice import make_userland

    parse(["run", "program.exe"])
    for declaration in all_calls().values():
        declaration.decoder()
    top = os.path.dirname(os.path.dirname(__file__))
    for name in ("builtin", "wine"):
        try:
            dlls = make_userland(name)
            words = [os.path.join(os.path.dirname(dlls.ntdll), "cmd.exe"), "/c", "exit"]
            if name == "builtin":
                words = [os.path.join(top, "userland", "guest", "apps", "hello.exe")]
            with System(userland=name, stdout=io.StringIO(), stderr=io.StringIO()) as system:
                system.spawn(words, console=True).wait(30)
        except (EngineError, ProgramError, TimeoutError):
            continue
    gc.collect()
    gc.freeze()


def serve(options: argparse.Namespace) -> int:
    """``ring3k serve``."""
    path = socket_path()
    server = running(path)
    if options.stop:
        if not server:
            raise Complaint("there is no warm kernel", 1)
        os.kill(server, signal.SIGTERM)
        return 0
    if server:
        raise Complaint("there is a warm kernel already", 1)
    warm_up()
    if options.foreground:
        _serve(path, options.idle * 60)
        return 0
    ready, tell = os.pipe()
    if not os.fork():
        _detach(path, options.idle * 60, tell)
    os.close(tell)
    text = os.read(ready, 1000).decode()
    if text != "ready":
        raise Complaint(text or "the warm kernel did not start")
    return 0


def _detach(path: str, idle: float, tell: int) -> NoReturn:
    """In the copy that stays: leave the terminal and serve."""
    try:
        os.setsid()
        _serve(path, idle, tell)
        os._exit(0)
    except (Complaint, OSError) as error:
        os.write(tell, str(error).encode())
    finally:
        os._exit(1)


def _serve(path: str, idle: float, tell: int | None = None) -> None:
    server = Server(path, idle)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    if tell is not None:
        null = os.open(os.devnull, os.O_RDWR)
        for number in range(STDIO):
            os.dup2(null, number)
        os.close(null)
        os.chdir("/")
        os.write(tell, b"ready")
        os.close(tell)
    with suppress(SystemExit):
        server.run()


def running(path: str) -> int:
    """The process that serves, 0 without one."""
    with socket.socket(socket.AF_UNIX) as line, suppress(OSError):
        line.connect(path)
        return int.from_bytes(line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[:4], sys.byteorder)
    return 0

"""``ring3k serve``: a kernel that is kept warm, so that ``ring3k run`` starts at once.

Most of a short run is Python reading its modules.  The server has read them, has
run a program once, and is forked: the copy gets the client's descriptors, folder,
environment and arguments, and does what ``ring3k run`` does, with a system of its
own.  A copy whose run came to a clean end (no signal, no thread or process left)
is good for another: half of a quick run would otherwise be pages that a fresh
copy first writes to.  A machine folder is shared as among kernels that were
started by themselves.

The server serves its own user only, ends when nobody has asked for a while, and
takes no more runs when its own sources change.
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

from ring3k.cli import BROKEN_PIPE, INTERRUPTED, Complaint, main
from ring3k.cli.warm import REQUEST, WORD, folder, is_private, socket_path

BACKLOG = 64
MOST_RUNS = 256
MOST_IDLE = 4  # copies that wait for another run
MOST_USES = 32  # runs that a copy does
STDIO = 3


class Run:
    """One run: the client's line, and the process that does it."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        self.data = b""
        self.size = 0
        self.descriptors: list[int] = []
        self.worker: Worker | None = None

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

    def close_descriptors(self) -> None:
        for one in self.descriptors:
            os.close(one)
        self.descriptors = []

    def close(self) -> None:
        self.close_descriptors()
        self.line.close()


class Worker:
    """A copy of the server; it tells on its line how a run has ended, if it is good for another."""

    def __init__(self, pid: int, line: socket.socket) -> None:
        self.pid = pid
        self.line = line
        self.run: Run | None = None


class Server:
    """The socket, the copies, and the runs under way."""

    def __init__(self, path: str, idle: float) -> None:
        self._path = path
        self._idle = idle
        self._workers: dict[int, Worker] = {}  # by process id
        self._waiting: list[Worker] = []
        self._runs: set[Run] = set()
        self._selector = selectors.DefaultSelector()
        self._listener: socket.socket | None = _listen(path)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        wake, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._wake = wake
        self._selector.register(wake, selectors.EVENT_READ, self._reap)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        self._stamp = _newest()

    @property
    def _busy(self) -> bool:
        return len(self._workers) > len(self._waiting)

    def run(self) -> None:
        """Serve until nobody has asked for a while."""
        try:
            while self._busy or self._listener is not None:
                events = self._selector.select(None if self._busy else self._idle)
                if not events and not self._busy:
                    return
                for key, _ in events:
                    key.data()
        finally:
            self._stop_listening()
            for worker in self._workers.values():
                os.kill(worker.pid, signal.SIGTERM)

    def _stop_listening(self) -> None:
        if self._listener is not None:
            with suppress(OSError):
                os.unlink(self._path)
            self._selector.unregister(self._listener)
            self._listener.close()
            self._listener = None

    def _accept(self) -> None:
        if self._listener is None:
            return
        if _newest() != self._stamp:  # these are not the sources that were read
            self._stop_listening()
            return
        line, _ = self._listener.accept()
        run = Run(line)
        self._runs.add(run)
        self._selector.register(line, selectors.EVENT_READ, lambda: self._hear(run))

    def _hear(self, run: Run) -> None:
        """A request, or the end of a client."""
        try:
            if run.worker is not None:
                if not run.line.recv(1):
                    os.kill(run.worker.pid, signal.SIGTERM)
                    self._selector.unregister(run.line)
                return
            if run.receive():
                self._start(run)
        except (OSError, ValueError):
            self._forget(run)

    def _forget(self, run: Run) -> None:
        with suppress(KeyError, ValueError):
            self._selector.unregister(run.line)
        self._runs.discard(run)
        run.close()

    def _start(self, run: Run) -> None:
        worker = self._waiting.pop() if self._waiting else self._fork()
        socket.send_fds(worker.line, [len(run.data).to_bytes(WORD, "little")], run.descriptors)
        worker.line.sendall(run.data)
        run.close_descriptors()
        worker.run, run.worker = run, worker
        run.line.sendall(worker.pid.to_bytes(WORD, "little"))

    def _fork(self) -> Worker:
        if len(self._workers) >= MOST_RUNS:
            raise ValueError("too many runs")
        line, other = socket.socketpair()
        pid = os.fork()
        if not pid:
            if self._listener is not None:
                self._listener.close()
            self._selector.close()
            line.close()
            for other_worker in self._workers.values():
                other_worker.line.close()
            for other_run in self._runs:
                other_run.close()
            _work(other)
        other.close()
        worker = self._workers[pid] = Worker(pid, line)
        self._selector.register(line, selectors.EVENT_READ, lambda: self._told(worker))
        return worker

    def _told(self, worker: Worker) -> None:
        """A copy's run has ended and it waits for another, or the copy has."""
        data = b""
        with suppress(OSError):
            data = worker.line.recv(WORD)
        if data:
            self._ended(worker, int.from_bytes(data, "little") << 8)
        if data and len(self._waiting) < MOST_IDLE:
            self._waiting.append(worker)
        else:
            self._selector.unregister(worker.line)
            worker.line.close()

    def _ended(self, worker: Worker, status: int) -> None:
        """Tell the client."""
        run, worker.run = worker.run, None
        if run is not None:
            with suppress(OSError):
                run.line.sendall((status + 1).to_bytes(WORD, "little"))
            self._forget(run)

    def _reap(self) -> None:
        os.read(self._wake, 4096)
        while self._workers:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            worker = self._workers.pop(pid, None)
            if worker is None:
                continue
            with suppress(ValueError):
                self._waiting.remove(worker)
            with suppress(KeyError, ValueError):
                self._selector.unregister(worker.line)
            worker.line.close()
            self._ended(worker, status)


def _work(line: socket.socket) -> NoReturn:
    """In the copy: be one client after the other."""
    status = 125
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        for _ in range(MOST_USES):
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            request = Run(line)
            while not request.receive():
                pass
            status, clean = _become(request)
            if not clean:
                break
            line.sendall(status.to_bytes(WORD, "little"))
    except ValueError:  # the server has ended
        status = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(status)


def _become(request: Run) -> tuple[int, bool]:
    """Be a client: what to exit with, and whether all is as it was before."""
    arguments, environment, umask = loads(request.data)  # noqa: S302  # from ourselves: the socket is private
    for number, one in enumerate(request.descriptors[:STDIO]):
        os.dup2(one, number)
    os.fchdir(request.descriptors[STDIO])
    for one in request.descriptors:
        os.close(one)
    os.umask(umask)
    os.environb.clear()
    os.environb.update(environment)
    sys.stdin = io.TextIOWrapper(io.FileIO(0, "r", closefd=False), "utf-8", "surrogateescape")
    sys.stdout = _writer(1, "surrogateescape")
    sys.stderr = _writer(2, "backslashreplace")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    clean = True
    try:
        status = main(arguments)
    except SystemExit as end:
        status, clean = end.code if isinstance(end.code, int) else 1, False
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with suppress(BrokenPipeError):
        sys.stderr.flush()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        status = BROKEN_PIPE
    clean = clean and status not in (BROKEN_PIPE, INTERRUPTED) and _is_alone()
    if clean:
        _let_go()
    return status, clean


def _is_alone() -> bool:
    """No thread and no process is left of the run."""
    if len(os.listdir("/proc/self/task")) > 1:
        return False
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return True
    return False


def _let_go() -> None:
    """Keep nothing of the client's."""
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(STDIO):
        os.dup2(null, number)
    os.close(null)
    os.chdir("/")
    gc.disable()


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
    from ring3k.userland import console, needs  # noqa: F401
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

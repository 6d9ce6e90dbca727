"""``ring3k serve``: a kernel that is kept warm, so that ``ring3k run`` starts at once.

Most of a short run is Python reading its modules.  The server has read them, has
run a program once, and is forked; the copies (``cli.warm``) do what ``ring3k run`` does,
each with a system of its own.  A machine folder is shared as among kernels that were
started by themselves.

The server serves its own user only, ends when nobody has asked for a while, and
takes no more runs when its own sources change.  The other end of the line is the
command itself (``engine/command/ring3k.c``): it knows where the socket lies, and says so
when it is asked for ``serve``.
"""

from __future__ import annotations

import fcntl
import gc
import os
import select
import selectors
import signal
import socket
import stat
import sys
from contextlib import suppress

from ring3k.cli import Complaint
from ring3k.cli.options import Options
from ring3k.cli.warm import ENDED, STDIO, WORD, Request, work
from ring3k.typed import NoReturn

SOCKET = "RING3K_SOCKET"  # in the environment: where to listen
BACKLOG = 64
MOST_RUNS = 256
MOST_IDLE = 4  # copies that wait for another run
FORWARDED = frozenset(
    getattr(signal, "SIG" + name)
    for name in ("INT", "TERM", "HUP", "QUIT", "TSTP", "CONT", "WINCH", "USR1", "USR2")
)


class Run:
    """One run: the client's line, and the process that does it."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        self.request = Request(line, STDIO + 1)
        self.worker: Worker | None = None

    def close(self) -> None:
        self.request.close_descriptors()
        self.line.close()


class Worker:
    """A copy of the server."""

    def __init__(self, pid: int, line: socket.socket) -> None:
        self.pid = pid
        self.line = line
        self.run: Run | None = None
        self.spent = False  # it got a signal, and may die of it at any time

    def kill(self, number: int) -> None:
        self.spent = self.spent or number not in (signal.SIGCONT, signal.SIGWINCH)
        os.kill(self.pid, signal.SIGSTOP if number == signal.SIGTSTP else number)


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
        self._sources = Sources()

    @property
    def _busy(self) -> bool:
        return len(self._workers) > len(self._waiting)

    def run(self) -> None:
        """Serve until nobody has asked for a while."""
        try:
            while self._busy or self._listener is not None:
                if not self._busy and not self._waiting:
                    self._waiting.append(self._fork())
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
        if self._sources.changed():  # these are not the sources that were read
            self._stop_listening()
            return
        line, _ = self._listener.accept()
        run = Run(line)
        self._runs.add(run)
        self._selector.register(line, selectors.EVENT_READ, lambda: self._hear(run))

    def _hear(self, run: Run) -> None:
        """A request, signals of a client, or its end."""
        try:
            if run.worker is not None:
                self._pass_on(run, run.worker)
            elif run.request.receive():
                self._start(run)
        except (OSError, ValueError):
            self._forget(run)

    def _pass_on(self, run: Run, worker: Worker) -> None:
        signals = run.line.recv(64)
        if signals:
            for number in FORWARDED.intersection(signals):
                worker.kill(number)
        elif select.select([worker.line], [], [], 0)[0]:  # the client has been told
            self._told(worker)
        else:
            worker.kill(signal.SIGTERM)
            worker.kill(signal.SIGCONT)
            self._selector.unregister(run.line)

    def _forget(self, run: Run) -> None:
        with suppress(KeyError, ValueError):
            self._selector.unregister(run.line)
        self._runs.discard(run)
        run.close()

    def _start(self, run: Run) -> None:
        worker = self._waiting.pop(0) if self._waiting else self._fork()  # who had most time to get ready
        try:
            run.line.sendall((1).to_bytes(WORD, sys.byteorder))
        except OSError:
            self._waiting.append(worker)
            raise
        worker.run, run.worker = run, worker
        request = run.request
        socket.send_fds(worker.line, [request.head], [*request.descriptors, run.line.fileno()])
        worker.line.sendall(request.data)
        request.close_descriptors()

    def _fork(self) -> Worker:
        if len(self._workers) >= MOST_RUNS:
            raise ValueError("too many runs")
        line, other = socket.socketpair()
        pid = os.fork()
        if not pid:
            try:
                line.close()
                self._let_go()
                work(other)
            finally:
                os._exit(125)
        other.close()
        worker = self._workers[pid] = Worker(pid, line)
        self._selector.register(line, selectors.EVENT_READ, lambda: self._told(worker))
        return worker

    def _let_go(self) -> None:
        """In the copy: keep nothing of the server's."""
        signal.set_wakeup_fd(-1)
        if self._listener is not None:
            self._listener.close()
        self._selector.close()
        self._sources.close()
        for worker in self._workers.values():
            worker.line.close()
        for run in self._runs:
            run.close()

    def _told(self, worker: Worker) -> None:
        """A copy's run has ended; it waits for another, or is gone."""
        data = b""
        try:
            data = worker.line.recv(64, socket.MSG_DONTWAIT)
        except BlockingIOError:  # it has been heard already, as its client was
            return
        except OSError:
            if worker.line.fileno() < 0:
                return
        if data[:1] == ENDED and worker.run is not None:
            self._forget(worker.run)
            worker.run = None
        if data == ENDED:
            return
        if data and not worker.spent and len(self._waiting) < MOST_IDLE:
            self._waiting.append(worker)
        else:
            self._selector.unregister(worker.line)
            worker.line.close()

    def _died(self, worker: Worker, status: int) -> None:
        """Of a signal, most likely; the client has not been told, then."""
        run, worker.run = worker.run, None
        if run is not None:
            with suppress(OSError):
                run.line.sendall((status + 1).to_bytes(WORD, sys.byteorder))
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
            self._died(worker, status)


def _make_private(place: str) -> None:
    """A folder that only this user may enter, or a Complaint."""
    os.makedirs(place, 0o700, exist_ok=True)
    info = os.lstat(place)
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.getuid() or info.st_mode & 0o77:
        raise Complaint(f"{place}: not a folder that only you may enter; remove it, or set XDG_RUNTIME_DIR")


def _listen(path: str) -> socket.socket:
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


class Sources:
    """Our own: whether they are still those that were read."""

    def __init__(self) -> None:
        self._newest = _newest()
        self._folders = [os.open(one, os.O_RDONLY | os.O_CLOEXEC) for one in _folders()]
        signal.signal(signal.SIGIO, self._tell)
        self._watch()

    def _watch(self) -> None:
        """Be told of the next change in each folder; there are file systems that cannot."""
        what = fcntl.DN_MODIFY | fcntl.DN_CREATE | fcntl.DN_DELETE | fcntl.DN_RENAME
        self._told = False
        try:
            for folder in self._folders:
                fcntl.fcntl(folder, fcntl.F_NOTIFY, what)
        except OSError:
            self._told = True

    def _tell(self, number: int, frame: object) -> None:
        self._told = True

    def close(self) -> None:
        for folder in self._folders:
            os.close(folder)

    def changed(self) -> bool:
        if not self._told:
            return False
        self._watch()
        return _newest() != self._newest


def _folders() -> list[str]:
    top = os.path.dirname(os.path.dirname(__file__))
    return [top, *(one.path for one in os.scandir(top) if one.is_dir())]


def _newest() -> int:
    """When the newest of our own sources was written."""
    return max(
        entry.stat().st_mtime_ns
        for place in _folders()
        for entry in os.scandir(place)
        if entry.name.endswith((".py", ".so"))
    )


def warm_up() -> None:
    """Read what runs need, compile what is compiled at first use, run a program of each kind once."""
    from ring3k.calls import all_calls
    from ring3k.cli import program, run, setup, userland  # noqa: F401
    from ring3k.cli.parser import parse
    from ring3k.cli.trial import run_each_kind
    from ring3k.userland import console, needs  # noqa: F401

    parse(["run", "program.exe"])
    for declaration in all_calls().values():
        declaration.decoder()
    run_each_kind("cmd.exe", "/c", "exit")
    gc.collect()
    gc.freeze()


def serve(options: Options) -> int:
    """``ring3k serve``."""
    path = os.environ.pop(SOCKET, None)
    if path is None:
        raise Complaint("serve: to be started with the command ring3k, whose runs then find it")
    _make_private(os.path.dirname(path))
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

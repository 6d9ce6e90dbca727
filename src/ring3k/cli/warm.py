"""A copy of the warm kernel (``cli.serve``): does what ``ring3k run`` does, for one client after the other.

A client (``engine/command/ring3k.c``, which says how it asks) is told by the copy what
has become of its run, as soon as that is certain: when no guest runs any more, and all is
written.  Then the copy takes the system apart, tells the server that it is good for another
run, and makes a system for one like the last.  It is good after a clean end: no signal, no
thread or process left.  Half of a quick run would otherwise be pages that a fresh copy
first writes to.
"""

from __future__ import annotations

import gc
import io
import os
import select
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import F_GETFL, F_SETFL, F_SETOWN, F_SETSIG, fcntl
from struct import Struct

from ring3k.cli import BROKEN_PIPE, INTERRUPTED, main
from ring3k.cli.spare import Spare
from ring3k.typed import NoReturn

PROTOCOL = b"ring3k 1"
HEAD = Struct("=8sIII")  # PROTOCOL, size in bytes, number of words, umask
WORD = 4
STDIO = 3
MOST = 8 << 20  # bytes of words and environment; Linux has a limit below it
QUIET = 0.02  # seconds without another run, until the registry is opened ahead
MOST_USES = 32  # runs that a copy does
ENDED, READY = b"e", b"r"  # what a copy tells the server


class Request:
    """What a client asks for: a head and descriptors, then the words and the environment."""

    def __init__(self, line: socket.socket, descriptors: int) -> None:
        """``descriptors``: how many come with it."""
        self._line = line
        self._wanted = descriptors
        self.head = b""
        self.data = bytearray()
        self._size = 0
        self.descriptors: list[int] = []

    def receive(self) -> bool:
        """More of it; True when it is whole.  OSError, ValueError when it never will be."""
        if not self.head:
            flags = socket.MSG_CMSG_CLOEXEC
            self.head, self.descriptors, _, _ = socket.recv_fds(self._line, HEAD.size, 8, flags)
            if len(self.head) < HEAD.size or len(self.descriptors) != self._wanted:
                raise ValueError("no request")
            protocol, self._size, _, _ = HEAD.unpack(self.head)
            if protocol != PROTOCOL or not 0 < self._size <= MOST:
                raise ValueError("another version's request")
            return False
        part = self._line.recv(min(self._size - len(self.data), 1 << 18))
        if not part:
            raise ValueError("half a request")
        self.data += part
        return len(self.data) == self._size

    def said(self) -> tuple[list[str], dict[bytes, bytes], int]:
        """Words, environment, umask."""
        _, _, words, umask = HEAD.unpack(self.head)
        strings = bytes(self.data).split(b"\0")
        strings.pop()
        environment: dict[bytes, bytes] = {}
        for one in strings[words:]:
            name, equals, value = one.partition(b"=")
            if equals:
                environment.setdefault(name, value)
        return list(map(os.fsdecode, strings[:words])), environment, umask

    def close_descriptors(self) -> None:
        for one in self.descriptors:
            os.close(one)
        self.descriptors = []


class Client:
    """Whom a copy works for at the moment."""

    def __init__(self, line: int, server: socket.socket, spare: Spare) -> None:
        self._line = line
        self._server = server
        self.spare = spare
        self.told = False

    def tell(self, status: int) -> None:
        """What to exit with.  Nothing is written for it from now on."""
        if self.told:
            return
        sys.stderr.flush()
        sys.stdout.flush()
        _let_go()
        self.told = True
        with suppress(OSError):  # a server or a client that is gone
            self._server.sendall(ENDED)
            os.write(self._line, ((status << 8) + 1).to_bytes(WORD, sys.byteorder))
        os.close(self._line)


def work(line: socket.socket) -> NoReturn:
    """In the copy: be one client after the other."""
    status = 125
    spare = Spare()
    try:
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        for use in range(MOST_USES):
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            request = Request(line, STDIO + 2)
            while not request.receive():
                pass
            client = Client(request.descriptors.pop(), line, spare)
            with _ended_with(line):
                status, clean = _become(request, client)
            with suppress(BrokenPipeError):
                client.tell(status)
            if not clean or not _is_alone() or use == MOST_USES - 1:
                break  # nothing is sent to who has not said that it is ready
            line.sendall(READY)
            status = 125  # if we fail now, it is the next run that is lost
            spare.prepare()
            if not select.select([line], [], [], QUIET)[0]:
                spare.look_ahead()
    except (ValueError, BrokenPipeError):  # the server has ended
        status = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(status)


@contextmanager
def _ended_with(line: socket.socket) -> Iterator[None]:
    """SIGTERM if the server goes away: nobody would tell us then what the client wants."""
    flags = fcntl(line, F_GETFL)
    fcntl(line, F_SETOWN, os.getpid())
    fcntl(line, F_SETSIG, signal.SIGTERM)
    fcntl(line, F_SETFL, flags | os.O_ASYNC)
    if select.select([line], [], [], 0)[0]:
        raise ValueError("the server is gone")
    try:
        yield
    finally:
        fcntl(line, F_SETFL, flags)


def _become(request: Request, client: Client) -> tuple[int, bool]:
    """Be a client: what to exit with, and whether it has ended by itself."""
    arguments, environment, umask = request.said()
    for number, one in enumerate(request.descriptors[:STDIO]):
        os.dup2(one, number)
    os.fchdir(request.descriptors[STDIO])
    request.close_descriptors()
    os.umask(umask)
    os.environb.clear()
    os.environb.update(environment)
    sys.stdin = io.TextIOWrapper(io.FileIO(0, "r", closefd=False), "utf-8", "surrogateescape")
    sys.stdout = _writer(1, "surrogateescape")
    sys.stderr = _writer(2, "backslashreplace")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    clean = True
    try:
        status = main(arguments, client)
    except SystemExit as end:
        status, clean = end.code if isinstance(end.code, int) else 1, False
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with suppress(BrokenPipeError):
        sys.stderr.flush()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        status = BROKEN_PIPE
    return status, clean and status not in (BROKEN_PIPE, INTERRUPTED)


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

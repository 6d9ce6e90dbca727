"""Both ends of the line between ``ring3k run`` and a warm kernel (``cli.serve``), as far as they share it.

This is imported on every start, so it needs almost nothing itself.

A socket in a folder that only its owner may enter.  The client sends one message,
the descriptors for standard input, output, error and the current folder with it;
the answer is the process id of the run as soon as it is there, and what ``wait``
told of it in the end.  If the client goes away first, the run is ended.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # as ``typing`` has it, which takes longer to import than all of this
if TYPE_CHECKING:
    from typing import NoReturn

SOCKET = "serve"
REQUEST = 1 << 20  # bytes at most
WORD = 4


def folder() -> str:
    """Where sockets lie: of this user, and of this copy of the program."""
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    own = "ring3k" if os.path.isabs(base) else f"ring3k-{os.getuid()}"
    base = base if os.path.isabs(base) else "/tmp"  # noqa: S108  # checked by ``is_private``
    return os.path.join(base, own)


def socket_path() -> str:
    here = os.stat(os.path.dirname(__file__))
    return os.path.join(folder(), f"{SOCKET}-{here.st_dev:x}-{here.st_ino:x}")


def is_private(path: str) -> bool:
    """Whether nobody but this user can have put a socket there."""
    try:
        info = os.lstat(path)
    except OSError:
        return False
    return info.st_uid == os.getuid() and info.st_mode & 0o170077 == 0o040000


def try_warm(arguments: list[str]) -> int | None:
    """Let a warm kernel do what the arguments say; what to exit with, None where there is none to do it."""
    if arguments[:1] != ["run"] or "RING3K_COLD" in os.environ:
        return None
    path = socket_path()
    if not os.path.exists(path) or not is_private(os.path.dirname(path)):
        return None
    import _socket
    from marshal import dumps

    line = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC)
    try:
        line.connect(path)
        here = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        umask = os.umask(0)
        os.umask(umask)
        data = dumps((arguments, dict(os.environb), umask))
        if len(data) > REQUEST:
            return None
        rights = b"".join(fd.to_bytes(4, sys.byteorder) for fd in (0, 1, 2, here))
        line.sendmsg([len(data).to_bytes(WORD, "little")], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, rights)])
        line.sendall(data)
        pid = _word(line)
    except OSError:  # nobody listens any more, or a descriptor is closed
        return None
    return None if not pid else _wait(line, pid)


def _word(line: object) -> int:
    """A number from the other side; 0 when it is gone."""
    data = b""
    while len(data) < WORD:
        more = line.recv(WORD - len(data))  # type: ignore[attr-defined]
        if not more:
            return 0
        data += more
    return int.from_bytes(data, "little")


def _wait(line: object, pid: int) -> int:
    """The run goes on over there: pass signals on until it ends."""
    import _signal as signal  # type: ignore[import-not-found]

    def forward(number: int, frame: object) -> None:
        stop = number == signal.SIGTSTP
        os.kill(pid, signal.SIGSTOP if stop else number)
        if stop:
            os.kill(os.getpid(), signal.SIGSTOP)

    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGTSTP", "SIGCONT", "SIGWINCH", "SIGUSR1", "SIGUSR2")
    for name in names:
        signal.signal(getattr(signal, name), forward)
    told = _word(line)
    if not told:
        print("ring3k: the warm kernel is gone, and the program with it", file=sys.stderr)
        return 125
    status = told - 1
    if os.WIFSIGNALED(status):
        _die(os.WTERMSIG(status))
    return os.WEXITSTATUS(status)


def _die(number: int) -> NoReturn:
    """End as the run has ended."""
    import _signal as signal

    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)

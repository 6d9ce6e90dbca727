"""``ring3k serve``: a run that a warm kernel does is like any other, only quicker."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ring3k.cli import serve
from ring3k.cli.warm import HEAD, MOST_USES, PROTOCOL
from tests.cli.command import children, gone, wait_until

LAUNCHER = Path(sysconfig.get_path("scripts"), "ring3k")
COMMAND = [str(LAUNCHER)]
PYTHON = os.path.realpath(sys.executable)
Place = dict[str, str]  # the environment in which a warm kernel is to be found


def start(runtime: Path) -> Place:
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(runtime)}
    environment.pop("RING3K_COLD", None)
    done = subprocess.run(
        [*COMMAND, "serve", "--idle", "1"], env=environment, check=False, timeout=120, capture_output=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    return environment


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    runtime = tmp_path_factory.mktemp("run")
    environment = start(runtime)
    yield environment
    subprocess.run([*COMMAND, "serve", "--stop"], env=environment, check=True, timeout=30)
    wait_until(lambda: not list(runtime.glob("ring3k/serve-*")), "the socket is gone")


def address(place: Place) -> Path:
    (found,) = Path(place["XDG_RUNTIME_DIR"], "ring3k").glob("serve-*")
    return found


def server_of(place: Place) -> int:
    return serve.running(str(address(place)))


def run(place: Place, *words: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [*COMMAND, "run", *map(str, words)]
    return subprocess.run(command, env=place, capture_output=True, timeout=60, cwd=cwd, check=False)


def guests(server: int) -> list[int]:
    return [guest for one in children(server) for guest in children(one)]


def works(guest: int) -> bool:
    """Whether it has done much; the others were made ahead, and wait."""
    with suppress(OSError):
        return int(Path(f"/proc/{guest}/stat").read_text().rpartition(")")[2].split()[11]) > 5
    return False


@contextmanager
def running(place: Place, program: Path) -> Iterator[tuple[subprocess.Popen[bytes], list[int]]]:
    """A client, and the processes of its run."""
    server = server_of(place)
    command = ["env", "--default-signal=INT", *COMMAND, "run", str(program)]
    with subprocess.Popen(
        command, env=place, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as client:
        try:
            wait_until(lambda: any(map(works, guests(server))), "the guest is started")
            yield client, list(filter(works, guests(server)))
        finally:
            client.kill()


def program_of(pid: int) -> str:
    return os.readlink(f"/proc/{pid}/exe")


def test_the_client_is_not_python(place: Place, guest_files: Path) -> None:
    with running(place, guest_files / "apps/spin.exe") as (client, _):
        assert program_of(client.pid) == str(LAUNCHER.resolve())


def test_without_one_python_takes_over(place: Place, guest_files: Path, tmp_path: Path) -> None:
    elsewhere = {**place, "XDG_RUNTIME_DIR": str(tmp_path)}
    command = [*COMMAND, "run", str(guest_files / "apps/spin.exe")]
    for environment in (elsewhere, {**place, "RING3K_COLD": "1"}):
        with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL) as client:
            pid = client.pid
            wait_until(lambda: program_of(pid) == PYTHON, "it is Python")  # noqa: B023
            client.kill()


def test_python_alone_does_not_serve() -> None:
    done = subprocess.run([sys.executable, "-m", "ring3k", "serve"], capture_output=True, check=False)
    assert done.returncode == 125
    assert done.stderr.startswith(b"ring3k: serve: to be started with the command ring3k")


def test_one_is_enough(place: Place) -> None:
    again = subprocess.run([*COMMAND, "serve"], env=place, capture_output=True, timeout=60, check=False)
    assert (again.returncode, again.stderr) == (1, b"ring3k: there is a warm kernel already\n")


def test_stopping_none(place: Place, tmp_path: Path) -> None:
    elsewhere = {**place, "XDG_RUNTIME_DIR": str(tmp_path)}
    none = subprocess.run([*COMMAND, "serve", "--stop"], env=elsewhere, capture_output=True, check=False)
    assert (none.returncode, none.stderr) == (1, b"ring3k: there is no warm kernel\n")


def test_the_same_as_a_cold_run(place: Place, hello: Path) -> None:
    warm = run(place, hello, "two words", "ü")
    cold = run({**place, "RING3K_COLD": "1"}, hello, "two words", "ü")
    assert re.sub(rb"\d+", b"", warm.stdout) == re.sub(rb"\d+", b"", cold.stdout) != b""  # it tells the time
    assert warm.stderr == cold.stderr
    assert warm.returncode == cold.returncode


def test_the_clients_folder_and_complaints(place: Place, hello: Path, tmp_path: Path) -> None:
    (tmp_path / "prog.exe").write_bytes(hello.read_bytes())
    assert run(place, "prog.exe", cwd=tmp_path).returncode == 0
    missing = run(place, "other.exe", cwd=tmp_path)
    assert (missing.returncode, missing.stderr) == (127, b"ring3k: other.exe: no such file\n")


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_nothing_is_left_after_a_signal(
    place: Place, guest_files: Path, number: signal.Signals, status: int
) -> None:
    with running(place, guest_files / "apps/spin.exe") as (client, processes):
        client.send_signal(number)
        out, err = client.communicate(timeout=30)
    assert client.returncode == status
    assert (out, err) == (b"", b"")
    wait_until(lambda: gone(processes), f"{processes} are gone")


class Listener(threading.Thread):
    """Something else where a warm kernel would be: it counts who connects, and answers with ``answer``."""

    def __init__(self, path: Path, answer: bytes = b"") -> None:
        super().__init__(daemon=True)
        self.line = socket.socket(socket.AF_UNIX)
        self.line.bind(str(path))
        self.line.listen()
        self.answer = answer
        self.heard: list[bytes] = []
        self.start()

    def run(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self.line.accept()
                self.heard.append(line.recv(HEAD.size))
                line.sendall(self.answer)
                line.close()

    def close(self) -> None:
        self.line.shutdown(socket.SHUT_RDWR)
        self.line.close()
        self.join(10)


@pytest.mark.parametrize("fault", ["open to all", "of another user"])
def test_a_folder_of_somebody_elses_is_not_trusted(
    place: Place, hello: Path, tmp_path: Path, fault: str
) -> None:
    """Whoever could put a socket there could read what is run."""
    folder = tmp_path / "ring3k"
    folder.mkdir(mode=0o700)
    listener = Listener(folder / address(place).name)
    if fault == "open to all":
        folder.chmod(0o777)
    elif os.getuid():
        pytest.skip("only root can give a folder away")
    else:
        os.chown(folder, 12345, 12345)
    open_ = {**place, "XDG_RUNTIME_DIR": str(tmp_path)}
    refused = subprocess.run([*COMMAND, "serve"], env=open_, capture_output=True, check=False, timeout=60)
    assert refused.returncode == 125
    assert refused.stderr.startswith(f"ring3k: {folder}: not a folder that only you may enter".encode())
    assert run(open_, hello).returncode == 0  # by itself
    listener.close()
    assert listener.heard == []


@pytest.mark.parametrize("answer", [b"", b"\1"])
def test_a_server_that_does_not_take_the_run(
    place: Place, hello: Path, tmp_path: Path, answer: bytes
) -> None:
    """One of another version, or one that is ending."""
    folder = tmp_path / "ring3k"
    folder.mkdir(mode=0o700)
    listener = Listener(folder / address(place).name, answer)
    done = run({**place, "XDG_RUNTIME_DIR": str(tmp_path)}, hello)
    listener.close()
    assert (done.returncode, done.stderr) == (0, b"")
    assert [one[: len(PROTOCOL)] for one in listener.heard] == [PROTOCOL]


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"x",
        HEAD.pack(b"ring3k 0", 10, 1, 0),
        HEAD.pack(PROTOCOL, 1 << 30, 1, 0),
        HEAD.pack(PROTOCOL, 9, 1, 0),
    ],
)
def test_the_server_refuses_what_it_does_not_know(place: Place, hello: Path, head: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(address(place)))
        line.settimeout(30)
        if head:
            socket.send_fds(line, [head], [0, 1, 2, 0][: len(head)])
        line.shutdown(socket.SHUT_WR)
        assert line.recv(1) == b""
    assert run(place, hello).returncode == 0


def test_the_server_dies(hello: Path, guest_files: Path, tmp_path: Path) -> None:
    mine = start(tmp_path)
    server = server_of(mine)
    with running(mine, guest_files / "apps/spin.exe") as (client, processes):
        os.kill(server, signal.SIGKILL)
        _, err = client.communicate(timeout=30)
    assert (client.returncode, err) == (125, b"ring3k: the warm kernel is gone, and the program with it\n")
    wait_until(lambda: gone(processes), f"{processes} are gone")
    assert address(mine).is_socket()  # it could not clean up
    assert run(mine, hello).returncode == 0


def test_the_copy_dies(place: Place, guest_files: Path) -> None:
    with running(place, guest_files / "apps/spin.exe") as (client, processes):
        (worker,) = [one for one in children(server_of(place)) if set(children(one)) & set(processes)]
        os.kill(worker, signal.SIGKILL)
        client.communicate(timeout=30)
    assert client.returncode == -signal.SIGKILL
    wait_until(lambda: gone(processes), f"{processes} are gone")


def test_more_runs_than_a_copy_does(place: Place, hello: Path) -> None:
    """None is lost with a copy that has done its part."""
    for number in range(MOST_USES + 3):
        done = run(place, hello, str(number))
        assert (done.returncode, bool(done.stdout), done.stderr) == (0, True, b"")


def test_many_quick_ends(place: Place) -> None:
    """Client and copy end at the same moment, again and again."""
    for _ in range(100):
        assert run(place, "/none.exe").returncode == 127


def test_a_machine_that_goes(place: Place, hello: Path, tmp_path: Path) -> None:
    """A copy that gets ready for another run on it does not bring it back."""
    machine = tmp_path / "machine"
    for _ in range(3):
        assert run(place, "--machine", machine, hello).returncode == 0
        assert (machine / "c").is_dir()
        shutil.rmtree(machine)
    time.sleep(0.3)
    assert not machine.exists()


def test_sources_that_change(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A server takes no more runs then."""
    (tmp_path / "room").mkdir()
    (tmp_path / "room/a.py").touch()
    monkeypatch.setattr(serve, "_folders", lambda: [str(tmp_path), str(tmp_path / "room")])
    before = signal.getsignal(signal.SIGIO)
    sources = serve.Sources()
    try:
        assert not sources.changed()
        (tmp_path / "room/note.txt").touch()
        assert not sources.changed()
        (tmp_path / "room/a.py").write_text("x")
        assert sources.changed()
        (tmp_path / "b.py").touch()
        assert sources.changed()
    finally:
        sources.close()
        signal.signal(signal.SIGIO, before)


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_stop_and_go_on(place: Place, guest_files: Path) -> None:
    with running(place, guest_files / "apps/spin.exe") as (client, processes):
        (worker,) = [one for one in children(server_of(place)) if set(children(one)) & set(processes)]
        client.send_signal(signal.SIGTSTP)
        wait_until(lambda: state(client.pid) + state(worker) == "TT", "both have stopped")
        client.send_signal(signal.SIGCONT)
        wait_until(lambda: "T" not in state(client.pid) + state(worker), "both go on")
        client.send_signal(signal.SIGTERM)
        client.communicate(timeout=30)
    assert client.returncode == 143


def test_a_signal_that_was_ignored_stays_ignored(place: Place, guest_files: Path) -> None:
    command = ["env", "--ignore-signal=HUP", *COMMAND, "run", str(guest_files / "apps/spin.exe")]
    with subprocess.Popen(command, env=place, stdin=subprocess.DEVNULL) as client:
        wait_until(lambda: any(map(works, guests(server_of(place)))), "the guest is started")
        client.send_signal(signal.SIGHUP)
        client.send_signal(signal.SIGTERM)
        assert client.wait(30) == 143


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_a_closed_stream(place: Place, hello: Path, closed: int) -> None:
    words = ["sh", "-c", f'exec "$@" {closed}>&-', "sh", *COMMAND, "run", str(hello), "x"]
    warm, cold = (
        subprocess.run(words, env=environment, capture_output=True, timeout=60, check=False)
        for environment in (place, {**place, "RING3K_COLD": "1"})
    )
    assert (warm.returncode, bool(warm.stdout), warm.stderr) == (
        cold.returncode,
        bool(cold.stdout),
        cold.stderr,
    )


def test_many_descriptors(place: Place, hello: Path) -> None:
    """Those of the client stay the client's, and the server keeps none."""
    server = server_of(place)
    assert run(place, hello).returncode == 0

    def kept() -> int:
        return len(os.listdir(f"/proc/{server}/fd")) - len(children(server))  # one is the line to each

    before = kept()
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(500)]
    for one in opened:
        os.set_inheritable(one, True)
    try:
        for _ in range(3):
            command = [*COMMAND, "run", str(hello)]
            done = subprocess.run(command, env=place, close_fds=False, capture_output=True, check=False)
            assert done.returncode == 0
    finally:
        for one in opened:
            os.close(one)
    wait_until(lambda: kept() <= before, "nothing is kept")  # earlier runs may have been ending


def test_a_huge_environment_and_command_line(place: Place, hello: Path) -> None:
    huge = {**place, **{f"X{number}": "y" * 100_000 for number in range(12)}}
    for words in (["x" * 100, "z"], ["x" * 120_000], ["x" * 50] * 9000):
        warm = run(huge, hello, *words)
        cold = run({**huge, "RING3K_COLD": "1"}, hello, *words)
        assert (warm.returncode, warm.stderr) == (cold.returncode, cold.stderr)
        assert re.sub(rb"\d+", b"", warm.stdout) == re.sub(rb"\d+", b"", cold.stdout)


PRINT = '#!/bin/sh\nprintf "%s|" "${0##*/}" "$@"; echo "$RING3K_SOCKET"\n'


def script(path: Path) -> None:
    path.write_text(PRINT)
    path.chmod(0o755)


def test_which_python(tmp_path: Path, place: Place) -> None:
    """That of the environment, wherever it is moved; else the one that the installer wrote down."""
    (tmp_path / "bin").mkdir()
    command = shutil.copy(LAUNCHER, tmp_path / "bin/ring3k")

    def told(*words: str) -> tuple[int, str]:
        done = subprocess.run(
            [command, *words],
            env=place,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    status, text = told("stat")
    assert (status, text) == (
        125,
        f"ring3k: cannot start {tmp_path}/bin/ring3k-cold: No such file or directory; install ring3k again\n",
    )
    script(tmp_path / "bin/ring3k-cold")
    script(tmp_path / "bin/python3")
    assert told("run", "two words", "") == (0, "ring3k-cold|run|two words||\n")
    assert told() == (0, "ring3k-cold|\n")
    (tmp_path / "pyvenv.cfg").touch()
    status, text = told("serve", "--stop")
    assert re.fullmatch(
        r"python3\|-P\|(-S\|)?-c\|.*\|serve\|--stop\|/.*/ring3k/serve-[0-9a-f]+-[0-9a-f]+\n", text
    )


def test_python_need_not_look_for_us(tmp_path: Path, place: Place) -> None:
    """Beside the environment's packages the package itself is known; without it Python looks as ever."""
    packages = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    (tmp_path / "bin").mkdir()
    (tmp_path / packages / "ring3k").mkdir(parents=True)
    (tmp_path / packages / "ring3k/__init__.py").touch()
    (tmp_path / "pyvenv.cfg").touch()
    command = shutil.copy(LAUNCHER, tmp_path / "bin/ring3k")
    script(tmp_path / "bin/python3")
    told = subprocess.run([command, "stat"], env=place, check=True, capture_output=True, text=True).stdout
    *_, options, known, last = re.split(r"\|-c\|.*?\|(?=/)|\|(?=stat)", told)
    assert (options, last) == ("python3|-P|-S", "stat|\n")
    assert Path(known).resolve() == tmp_path / packages


def test_other_peoples_packages_are_found_all_the_same(place: Place, guest_files: Path) -> None:
    """The code around a crash is shown by one."""
    done = subprocess.run(
        [LAUNCHER, "run", guest_files / "apps/crash.exe"],
        env=place,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert "mov dword ptr [eax], 0x2a" in done.stderr


def test_runs_one_after_the_other_and_at_once(place: Place, hello: Path, tmp_path: Path) -> None:
    """A copy of the kernel does many runs, each with a folder and streams of its own."""
    (tmp_path / "one").mkdir()
    for number in range(3):
        assert run(place, hello, str(number), cwd=tmp_path / "one").returncode == 0
    command = [*COMMAND, "run", str(hello)]
    several = [
        subprocess.Popen(command, env=place, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        for _ in range(6)
    ]
    for client in several:
        out, _ = client.communicate(timeout=60)
        assert client.returncode == 0
        assert out

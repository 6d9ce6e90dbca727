"""``ring3k serve``: a run that a warm kernel does is like any other, only quicker."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.command import children, gone, wait_until

COMMAND = [sys.executable, "-m", "ring3k"]
Place = dict[str, str]  # the environment in which a warm kernel is to be found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    runtime = tmp_path_factory.mktemp("run")
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(runtime)}
    done = subprocess.run(
        [*COMMAND, "serve", "--idle", "1"], env=environment, check=False, timeout=120, capture_output=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    yield environment
    subprocess.run([*COMMAND, "serve", "--stop"], env=environment, check=True, timeout=30)
    wait_until(lambda: not list(runtime.glob("ring3k/serve-*")), "the socket is gone")


def run(place: Place, *words: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [*COMMAND, "run", *map(str, words)]
    return subprocess.run(command, env=place, capture_output=True, timeout=60, cwd=cwd, check=False)


@contextmanager
def running(place: Place, program: Path) -> Iterator[tuple[subprocess.Popen[bytes], list[int]]]:
    """A client, and the processes of its run."""
    code = "from ring3k.cli.serve import running, socket_path; print(running(socket_path()))"
    server = int(subprocess.check_output([sys.executable, "-c", code], env=place, timeout=30))
    command = ["env", "--default-signal=INT", *COMMAND, "run", str(program)]
    with subprocess.Popen(
        command, env=place, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as client:
        try:
            wait_until(lambda: any(map(children, children(server))), "the guest is started")
            runs = children(server)
            yield client, [guest for one in runs for guest in children(one)]
        finally:
            client.kill()


def test_the_client_reads_nothing(place: Place, hello: Path) -> None:
    code = (
        "import sys; from ring3k.cli.warm import try_warm\n"
        f"status = try_warm(['run', {str(hello)!r}])\n"
        "sys.exit(99 if status is None or 'ring3k.system' in sys.modules else status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=place, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


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


def test_a_folder_of_somebody_elses_is_not_trusted(place: Place, hello: Path, tmp_path: Path) -> None:
    """Whoever could put a socket there could read what is run."""
    (tmp_path / "ring3k").mkdir(mode=0o777)
    (tmp_path / "ring3k").chmod(0o777)
    open_ = {**place, "XDG_RUNTIME_DIR": str(tmp_path)}
    refused = subprocess.run([*COMMAND, "serve"], env=open_, capture_output=True, check=False, timeout=60)
    assert refused.returncode == 125
    assert refused.stderr.startswith(
        f"ring3k: {tmp_path}/ring3k: not a folder that only you may enter".encode()
    )
    assert run(open_, hello).returncode == 0  # by itself


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

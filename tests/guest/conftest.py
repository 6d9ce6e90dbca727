"""Where the conformance programs are, built anew when a source has changed; Wine, when it is there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SOURCES = ROOT / "guest/conformance"
BUILT = ROOT / "guest/build/conformance"


@pytest.fixture(scope="session")
def conformance_programs() -> Path:
    """The folder that holds native/ and console/."""
    if shutil.which("i686-w64-mingw32-gcc"):
        made = subprocess.run(
            ["make", "-s", "-j2", "-C", str(SOURCES), f"OUT={BUILT}", f"PYTHON={sys.executable}"],
            check=False,
            capture_output=True,
            text=True,
        )
        if made.returncode:
            pytest.fail(f"the conformance programs do not build:\n{made.stdout}{made.stderr}", pytrace=False)
    elif not BUILT.exists():
        pytest.fail(
            "the conformance programs are not built, and there is no i686-w64-mingw32-gcc", pytrace=False
        )
    return BUILT


@pytest.fixture(scope="session")
def wine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a Wine with a fresh prefix and a server that stays until the end."""
    environment = {
        **os.environ,
        "WINEPREFIX": str(tmp_path_factory.mktemp("wine") / "prefix"),
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

"""Where the conformance programs are, built anew when a source has changed."""

from __future__ import annotations

import shutil
import subprocess
import sys
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

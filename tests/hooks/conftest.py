"""The watched program, and a system to watch it in."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import ring3k
from ring3k.abi.call import declared
from ring3k.abi.types import Pointer
from ring3k.calls import LateCalls

GUEST = Path(__file__).parent.parent.parent / "guest"
PROGRAM = GUEST / "build/hooks/watched.exe"
ROUNDS = 100  # of each of the two loops of short cuts
OUTPUT = """\
first: steady 100, alone 100
second: steady 100, alone 100
event: type 0, state 0
event: type 0, state 0
delay: 0x00000000
wait: 0x00000000
close: 0xc0000008
"""

MakeSystem = Callable[[], ring3k.System]


@pytest.fixture(scope="session")
def watched() -> Path:
    """watched.exe, built anew when its source has changed."""
    if shutil.which("i686-w64-mingw32-gcc"):
        made = subprocess.run(
            ["make", "-s", "-C", str(GUEST / "hooks")], check=False, capture_output=True, text=True
        )
        if made.returncode:
            pytest.fail(f"guest/hooks does not build:\n{made.stdout}{made.stderr}", pytrace=False)
    elif not PROGRAM.exists():
        pytest.fail("guest/hooks is not built, and there is no i686-w64-mingw32-gcc", pytrace=False)
    return PROGRAM


@pytest.fixture
def unwritten(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a call that is as if nobody had written it: missing.exe makes it."""

    def NtLoadDriver(t: Any, driver_service_name: Pointer) -> None:
        """Only declared."""

    one = declared(NtLoadDriver).__nt_call__  # type: ignore[attr-defined]
    known = LateCalls.get
    monkeypatch.setattr(LateCalls, "get", lambda calls, name: one if name == one.name else known(calls, name))
    return str(one.name)


@pytest.fixture(params=["stub", "ptrace"])
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def reports() -> list[str]:
    """What the system complained about."""
    return []


@pytest.fixture
def make_system(engine: str, reports: list[str]) -> Iterator[MakeSystem]:
    """Silent systems of one engine, closed in the end; none of them may have crashed."""
    with ExitStack() as stack:
        made: list[ring3k.System] = []

        def make() -> ring3k.System:
            silent = io.StringIO()
            system = ring3k.System(engine=engine, stdout=silent, stderr=silent, report=reports.append)
            made.append(stack.enter_context(system))
            return system

        yield make
        assert [system.crashes for system in made] == [0] * len(made)


@pytest.fixture
def system(make_system: MakeSystem) -> ring3k.System:
    return make_system()

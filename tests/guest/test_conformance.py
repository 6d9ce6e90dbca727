"""Every conformance program on our kernel, on each engine and for each version of Windows.

Programs whose names begin with six_ make calls that only later versions have.

The programs say what Windows does; see guest/conformance.  A kernel that raises an exception of its own
on the way has failed, whatever the program thinks.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest

import ring3k
from tests.guest.tap import parse, program_names

SOURCES = Path(__file__).parent.parent.parent / "guest/conformance"


LATER = "six_"  # programs that make calls which came after NT 5.2: they run on Wine's DLLs
ALL = program_names(SOURCES)


@pytest.mark.parametrize("abi", ["nt50", "nt51"])
@pytest.mark.parametrize("engine", ["stub", "ptrace"])
@pytest.mark.parametrize("name", [one for one in ALL if not one.startswith(LATER)])
def test_conformance(name: str, engine: str, abi: str, conformance_programs: Path) -> None:
    judge(conformance_programs / "native" / f"{name}.exe", engine=engine, abi=abi)


@pytest.mark.wine
@pytest.mark.parametrize("engine", ["stub", "ptrace"])
@pytest.mark.parametrize("name", [one for one in ALL if one.startswith(LATER)])
def test_later(name: str, engine: str, conformance_programs: Path) -> None:
    judge(conformance_programs / "native" / f"{name}.exe", engine=engine, userland="wine")


def judge(image: Path, engine: str, abi: str | None = None, userland: str = "builtin") -> None:
    """Run a program to its end; whatever it complains of fails the test."""
    troubles: list[str] = []
    silent = io.StringIO()
    network = image.name.startswith("afd_")
    with ring3k.System(
        engine=engine,
        abi=abi,
        userland=userland,
        stdout=silent,
        stderr=silent,
        report=troubles.append,
        network=network,
    ) as made:
        program = made.spawn([image])
        try:
            status: int | None = program.wait(timeout=60)
        except TimeoutError as error:
            status = None
            troubles.append(str(error))
        report = parse(program.output)
        crashes = made.crashes
    problems = [*report.failures.values(), *report.complaints]
    if crashes:
        problems += [f"the kernel raised {crashes} exceptions", *troubles]
    elif status is None:
        problems += troubles
    if not problems and status != 0:
        problems.append(f"exit status {status}")
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)

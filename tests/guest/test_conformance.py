"""Every conformance program on our kernel, on each engine and for each version of Windows.

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


@pytest.mark.parametrize("abi", ["nt50", "nt51"])
@pytest.mark.parametrize("engine", ["stub", "ptrace"])
@pytest.mark.parametrize("name", program_names(SOURCES))
def test_conformance(name: str, engine: str, abi: str, conformance_programs: Path) -> None:
    troubles: list[str] = []
    silent = io.StringIO()
    with ring3k.System(
        engine=engine,
        abi=abi,
        stdout=silent,
        stderr=silent,
        report=troubles.append,
        network=name.startswith("afd_"),
    ) as system:
        program = system.spawn([conformance_programs / "native" / f"{name}.exe"])
        try:
            status: int | None = program.wait(timeout=60)
        except TimeoutError as error:
            status = None
            troubles.append(str(error))
        report = parse(program.output)
        crashes = system.crashes
    problems = [*report.failures.values(), *report.complaints]
    if crashes:
        problems += [f"the kernel raised {crashes} exceptions", *troubles]
    elif status is None:
        problems += troubles
    if not problems and status != 0:
        problems.append(f"exit status {status}")
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)

"""The same programs under Wine, as a second opinion.

Where Wine answers otherwise than Windows 2000 and XP, the difference is listed with a reason in
wine/AREA.toml, the area being the first word of the test file's name; a test fails as well when a listed
difference does not occur, so that the lists stay true.
"""

from __future__ import annotations

import fnmatch
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.guest.tap import parse, program_names

HERE = Path(__file__).parent
OPINIONS = 3  # Wine has races of its own: one run that shows exactly the listed differences is enough
SOURCES = HERE.parent.parent / "guest/conformance"


@dataclass(frozen=True)
class Difference:
    """A test that fails under Wine; `sometimes` if it depends on chance whether it does."""

    file: str
    name: str
    sometimes: bool


def load() -> dict[str, Any]:
    """The tables of all areas, as one."""
    tables: dict[str, Any] = {"skip": [], "difference": []}
    for path in sorted((HERE / "wine").glob("*.toml")):
        with path.open("rb") as file:
            for kind, entries in tomllib.load(file).items():
                tables[kind] += entries
    return tables


def differences() -> list[Difference]:
    listed: list[Difference] = []
    for entry in load()["difference"]:
        if unknown := set(entry) - {"file", "tests", "reason", "sometimes"}:
            raise ValueError(f"wine/*.toml: unknown keys {unknown}")
        if not entry["reason"].strip():
            raise ValueError(f"wine/*.toml: no reason for {entry['tests']}")
        sometimes = bool(entry.get("sometimes", False))
        listed += [Difference(entry["file"], name, sometimes) for name in entry["tests"]]
    return listed


def judge(name: str, failures: dict[str, str], listed: list[Difference]) -> list[str]:
    """What is wrong: failures that are not listed, and listed differences that did not occur."""
    mine = [one for one in listed if fnmatch.fnmatchcase(name, one.file)]
    problems = [
        line
        for test, line in failures.items()
        if not any(fnmatch.fnmatchcase(test, one.name) for one in mine)
    ]
    problems += [
        f"listed in wine/*.toml, but Wine agrees: {one.name}"
        for one in mine
        if not one.sometimes and not any(fnmatch.fnmatchcase(test, one.name) for test in failures)
    ]
    return problems


@pytest.mark.wine
@pytest.mark.parametrize("name", program_names(SOURCES))
def test_wine(name: str, conformance_programs: Path, wine: dict[str, str]) -> None:
    for entry in load()["skip"]:
        if entry["file"] == name:
            pytest.skip(entry["reason"])
    program = conformance_programs / "console" / f"{name}.exe"
    for _ in range(OPINIONS):
        problems = opinion(name, program, wine)
        if not problems:
            return
    pytest.fail("\n".join(problems), pytrace=False)


def opinion(name: str, program: Path, wine: dict[str, str]) -> list[str]:
    """What is wrong in one run."""
    done = subprocess.run(
        ["wine", str(program)],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=60,
        env=wine,
    )
    report = parse(done.stdout)
    return judge(name, report.failures, differences()) + report.complaints


def test_differences_are_of_tests_that_exist() -> None:
    files = set(program_names(SOURCES))
    assert [one for one in differences() if "*" not in one.file and one.file not in files] == []


def test_judge_wants_exactly_the_listed_failures() -> None:
    listed = [
        Difference("a", "first", False),
        Difference("a", "second*", True),
        Difference("b", "other", False),
    ]
    assert judge("a", {"first": "not ok 1 - first"}, listed) == []
    assert judge("a", {}, listed) == ["listed in wine/*.toml, but Wine agrees: first"]
    assert judge("a", {"first": "", "second time": "", "third": "not ok 3 - third"}, listed) == [
        "not ok 3 - third"
    ]

"""The programs of guest/win32 on our kernel and under Wine: output, errors and exit status must be the same.

Where they are not, ``differences.toml`` says which lines and why; a listed difference that does not occur
fails as well, so that the list stays true.
"""

from __future__ import annotations

import difflib
import fnmatch
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.win32.conftest import SOURCES
from tests.win32.running import NOTHING_YET, Ours, Outcome, StillRuns, Wine

HERE = Path(__file__).parent
INPUT = b"first line\r\nsecond line\n\nlast line without an end"
# Wine's service manager starts with a prefix's first program and is not ready for it: test_services.py.
ALONE = ("com_server", "service_control")
NAMES = sorted(
    path.stem for glob in ("*.c", "*.cpp") for path in SOURCES.glob(glob) if path.stem not in ALONE
)
# The slower engine runs those that lean most on it; the rest of the kernel is the same.
ON_PTRACE = ("hello", "cxx_exceptions", "cxx_threads", "process_pipes")
ATTEMPTS = 2  # Wine has races of its own


@dataclass(frozen=True)
class Difference:
    """Lines, as globs, that only we or only Wine print; `sometimes` if it depends on chance."""

    program: str
    ours: tuple[str, ...]
    wine: tuple[str, ...]
    sometimes: bool


def differences() -> list[Difference]:
    with (HERE / "differences.toml").open("rb") as file:
        entries = tomllib.load(file).get("difference", [])
    listed = []
    for entry in entries:
        if unknown := set(entry) - {"program", "ours", "wine", "reason", "sometimes"}:
            raise ValueError(f"differences.toml: unknown keys {unknown}")
        if not entry["reason"].strip():
            raise ValueError(f"differences.toml: no reason for a difference of {entry['program']}")
        listed.append(
            Difference(
                entry["program"],
                tuple(entry.get("ours", ())),
                tuple(entry.get("wine", ())),
                bool(entry.get("sometimes", False)),
            )
        )
    return listed


def only(before: list[str], after: list[str]) -> tuple[list[str], list[str]]:
    """The lines that only one of two texts has, in their places."""
    first, second = [], []
    for line in difflib.ndiff(before, after):
        if line.startswith("- "):
            first.append(line[2:])
        elif line.startswith("+ "):
            second.append(line[2:])
    return first, second


def compare(ours: list[str], wine: list[str], listed: list[Difference]) -> list[str]:
    """What is wrong: lines that differ and are not listed, and what is listed and does not occur."""
    us, them = only(ours, wine)
    problems = []
    for who, lines, globs in (
        ("we", us, [glob for one in listed for glob in one.ours]),
        ("Wine", them, [glob for one in listed for glob in one.wine]),
    ):
        problems += [
            f"only {who}: {line}"
            for line in lines
            if not any(fnmatch.fnmatchcase(line, glob) for glob in globs)
        ]
    for one in listed:
        for who, lines, mine in (("we", us, one.ours), ("Wine", them, one.wine)):
            problems += [
                f"differences.toml says that only {who} would print this: {glob}"
                for glob in mine
                if not one.sometimes and not any(fnmatch.fnmatchcase(line, glob) for line in lines)
            ]
    return problems


def text(outcome: Outcome) -> list[str]:
    """All that is compared, as lines: what went to which stream, and the exit status."""
    return [
        *outcome.lines,
        *(f"stderr: {line}" for line in outcome.error_lines),
        f"exit status {outcome.status}",
    ]


@pytest.mark.wine
@pytest.mark.parametrize(
    ("name", "engine"),
    [(name, "stub") for name in NAMES] + [(name, "ptrace") for name in ON_PTRACE],
)
def test_program(
    name: str, engine: str, win32_programs: Path, ours: Ours, theirs: Wine, tmp_path: Path
) -> None:
    program = win32_programs / f"{name}.exe"
    listed = [one for one in differences() if one.program == name]
    problems: list[str] = []
    for attempt in range(ATTEMPTS):
        places = [tmp_path / f"{who}{attempt}" for who in ("ours", "wine")]
        for place in places:
            place.mkdir()
        options = ["--network"] if name.startswith("sockets_") else []
        mine = ours(program, cwd=places[0], stdin=INPUT, options=["--engine", engine, *options])
        if NOTHING_YET.encode() in mine.stderr:
            pytest.fail(f"calls are missing\n{mine}", pytrace=False)
        try:
            other = theirs(program, cwd=places[1], stdin=INPUT, timeout=60)
        except StillRuns:
            continue
        problems = compare(text(mine), text(other), listed)
        problems += [f"a line that a program fails with: {line}" for line in mine.lines if "FAILED" in line]
        if not problems:
            return
    if not problems:
        pytest.skip(f"Wine hung in this program {ATTEMPTS} times; it has races of its own")
    pytest.fail("\n".join(problems), pytrace=False)


def test_differences_are_of_programs_that_exist() -> None:
    assert [one for one in differences() if one.program not in NAMES] == []


def test_compare_wants_exactly_the_listed_differences() -> None:
    listed = [Difference("a", ("mine *",), ("theirs",), False), Difference("a", ("chance",), (), True)]
    assert compare(["x", "mine 1"], ["x", "theirs"], listed) == []
    assert compare(["x", "mine 1", "chance"], ["x", "theirs"], listed) == []
    assert compare(["x"], ["x", "theirs"], listed) == [
        "differences.toml says that only we would print this: mine *"
    ]
    assert compare(["x", "mine 1", "other"], ["y", "theirs"], listed) == [
        "only we: x",
        "only we: other",
        "only Wine: y",
    ]

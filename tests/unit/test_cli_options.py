"""The quick reading of ``run``'s options, against argparse's of the same table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.cli.options import RUN, read
from ring3k.cli.parser import parse

WORDS = [
    *(option.name for option in RUN),
    *(f"{option.name}=x" for option in RUN),
    "--trace-format=json", "--engine", "ptrace", "nt50", "--abi=nt51", "win7", "D=/tmp", "A=b=c", "-x", "--",
    "-1", "--no-such", "prog.exe", "a", "two words", "", "--help", "run",
]  # fmt: skip


def by_argparse(words: list[str]) -> dict[str, object] | None:
    try:
        found = vars(parse(["run", *words]))
    except SystemExit:
        return None
    del found["command"], found["version"]
    return found


@given(st.lists(st.sampled_from(WORDS), max_size=6))
def test_it_reads_as_argparse_does_or_leaves_it_alone(words: list[str]) -> None:
    plain = read(words)
    if plain is not None:
        assert vars(plain) == by_argparse(words)


@pytest.mark.parametrize(
    "words",
    [
        ["prog.exe"],
        ["prog.exe", "--trace", "-x", "--", "a"],
        ["--trace", "prog.exe"],
        ["--trace=file", "--trace-format", "json", "prog.exe"],
        ["--mount", "D=/a", "--mount=E=/b:ro", "--env", "A=1", "--env=B=", "--network", "p.exe", "1"],
        ["--machine", "/m", "--userland=wine", "--windows-version", "win7", "--abi", "nt50", "p.exe"],
    ],
)  # fmt: skip
def test_plain_lines_are_read(words: list[str]) -> None:
    plain = read(words)
    assert plain is not None
    assert vars(plain) == by_argparse(words)


@pytest.mark.parametrize(
    "words",
    [
        [],
        [""],
        ["--help"],
        ["--machine"],
        ["--abi", "nt99", "p.exe"],
        ["--strict=1", "p.exe"],
        ["--mach", "m", "p"],
    ],
)
def test_others_are_left_to_argparse(words: list[str]) -> None:
    assert read(words) is None

"""The reference pages: every call once, links that lead somewhere, and up to date."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ring3k.abi.call import CallSet
from ring3k.abi.reference import ROOMS, pages
from ring3k.calls import all_calls

FOLDER = Path(__file__).parents[2] / "docs/reference"


@pytest.fixture(scope="module")
def calls() -> CallSet:
    return all_calls()


@pytest.fixture(scope="module")
def wanted(calls: CallSet) -> dict[str, str]:
    return pages(calls)


def test_every_call_has_one_place(calls: CallSet, wanted: dict[str, str]) -> None:
    headings = [
        line[3:]
        for name, text in wanted.items()
        if name not in ("index.md", "values.md")
        for line in text.splitlines()
        if line.startswith("## ")
    ]
    assert sorted(headings) == sorted(calls)
    assert set(wanted) - {"index.md", "values.md"} <= {f"{room}.md" for room in ROOMS}


def test_links_lead_somewhere(wanted: dict[str, str]) -> None:
    anchors = {
        f"{name}#{anchor(line[3:])}"
        for name, text in wanted.items()
        for line in text.splitlines()
        if line.startswith("## ")
    }
    links = {link for text in wanted.values() for link in re.findall(r"\]\(([^)]*#[^)]*)\)", text)}
    assert links - anchors == set()


def anchor(heading: str) -> str:
    plain = re.sub(r"[^\w\- ]", "", heading.lower())
    return plain.replace(" ", "-")


def test_tables_are_not_broken_by_their_contents(wanted: dict[str, str]) -> None:
    for text in wanted.values():
        columns = 0
        for line in text.splitlines():
            if not line.startswith("|"):
                columns = 0
                continue
            columns = columns or line.count("|")
            assert line.count("|") == columns, line


def test_the_pages_are_up_to_date(wanted: dict[str, str]) -> None:
    have = {file.name: file.read_text() for file in FOLDER.glob("*.md")}
    stale = sorted(name for name in {*wanted, *have} if wanted.get(name) != have.get(name))
    assert stale == [], "run scripts/reference"

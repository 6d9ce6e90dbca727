"""Reads the Test Anything Protocol that the programs of guest/conformance speak."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

LINE = re.compile(r"(?P<bad>not )?ok (?P<number>\d+) - (?P<name>.*?)(?: # (?P<remark>.*))?")
PLAN = re.compile(r"1\.\.(\d+)")


@dataclass
class Report:
    """What a test file said: the names of its tests, and the whole line of each that failed."""

    names: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)


def parse(output: str) -> Report:
    """Complaints are about the report itself: no plan, tests that are missing, a name used twice."""
    report = Report()
    planned: int | None = None
    for raw in output.splitlines():
        line = raw.rstrip()
        if found := LINE.fullmatch(line):
            name = found["name"]
            if name in report.names:
                report.complaints.append(f"two tests are called {name!r}")
            report.names.append(name)
            if int(found["number"]) != len(report.names):
                report.complaints.append(f"test {len(report.names)} is numbered {found['number']}")
            if found["bad"]:
                report.failures[name] = line
        elif plan := PLAN.fullmatch(line):
            planned = int(plan[1])
        elif line.startswith("Bail out!"):
            report.complaints.append(line)
    if planned is None:
        last = report.names[-1] if report.names else "nothing"
        report.complaints.append(f"the program ended without a plan, after {last!r}")
    elif planned != len(report.names):
        report.complaints.append(f"{planned} tests planned, {len(report.names)} seen")
    return report


def program_names(sources: Path) -> list[str]:
    """The conformance tests: every source that defines test_main."""
    return sorted(
        path.stem for path in sources.glob("*.c") if "\nvoid test_main(void)\n{" in path.read_text("utf-8")
    )

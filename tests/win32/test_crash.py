"""Crash reports of Win32 programs, which have a last handler of their own: it ends the process itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.win32.running import Ours, Outcome

CRASHED = " crashed: "


def run(ours: Ours, programs: Path, how: str, tmp_path: Path) -> tuple[Outcome, list[str]]:
    """One of the ways to end that except_filter.c has; and its reports' first lines."""
    done = ours(programs / "except_filter.exe", how, cwd=tmp_path)
    return done, [line for line in done.error_lines if CRASHED in line]


@pytest.mark.parametrize(
    ("how", "name", "status"),
    [
        ("none", "STATUS_ACCESS_VIOLATION (0xc0000005)", 5),
        ("handled", "STATUS_ACCESS_VIOLATION (0xc0000005)", 5),
        ("passed", "STATUS_ACCESS_VIOLATION (0xc0000005)", 5),
        ("thread", "STATUS_ACCESS_VIOLATION (0xc0000005)", 5),
        ("faults", "STATUS_ACCESS_VIOLATION (0xc0000005)", 5),
        ("divided", "STATUS_INTEGER_DIVIDE_BY_ZERO (0xc0000094)", 0x94),
        ("breakpoint", "STATUS_BREAKPOINT (0x80000003)", 3),
        ("failfast", "STATUS_STACK_BUFFER_OVERRUN (0xc0000409)", 9),
        ("raised", "exception 0x00001234", 0x34),
    ],
)
def test_a_crash_is_told_once(
    win32_programs: Path, ours: Ours, tmp_path: Path, how: str, name: str, status: int
) -> None:
    done, reports = run(ours, win32_programs, how, tmp_path)
    assert done.status == status
    (line,) = reports
    assert line.endswith(CRASHED + name)
    frames = [one for one in done.error_lines if one.startswith("  #")]
    assert "except_filter.exe+0x" in frames[0] + frames[1] + frames[2]
    assert any("kernel32.dll+" in one and "(BaseThreadInitThunk+" in one for one in frames)
    assert b"debugger" not in done.stderr


@pytest.mark.parametrize(
    ("how", "status"),
    [("continued", 0), ("exits", 12), ("vectored", 13), ("abort", 3), ("terminate", 5), ("exit", 0x78)],
)
def test_other_ends_are_no_crashes(
    win32_programs: Path, ours: Ours, tmp_path: Path, how: str, status: int
) -> None:
    done, reports = run(ours, win32_programs, how, tmp_path)
    assert (done.status, reports) == (status, [])

"""``ring3k stat``, ``ring3k syscalls``, and the help texts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ring3k import __version__
from ring3k.abi.call import Support
from ring3k.abi.tables import VERSIONS, table
from ring3k.calls import all_calls, call_modules
from tests.cli.command import ROOT, complaint, ring3k

TOTALS = {"nt50": 248, "nt51": 284}  # as Windows 2000 and XP have them


def test_stat_as_json_counts_every_call_of_every_version_once() -> None:
    done = ring3k("stat", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    tables = json.loads(done.stdout)["tables"]
    assert set(tables) == set(VERSIONS)
    for version, row in tables.items():
        assert row["total"] == len(table(version))
        assert row["total"] == sum(row[name] for name in (*(s.value for s in Support), "undeclared"))
    for version, total in TOTALS.items():
        assert tables[version]["total"] == total
        assert tables[version]["undeclared"] == 0


def test_stat_for_people_says_the_same() -> None:
    tables = json.loads(ring3k("stat", "--json").stdout)["tables"]
    head, *rows = ring3k("stat").stdout.splitlines()
    names = head.split()[1:]
    for line in rows:
        version, *numbers = line.split()
        assert tables[version] == dict(zip(names, map(int, numbers), strict=True))


def test_a_call_is_described_with_its_place() -> None:
    done = ring3k("syscalls", "ntwaitforsingleobject")
    assert done.returncode == 0
    text = done.stdout
    assert "NTSTATUS NtWaitForSingleObject(" in text
    assert "IN BOOLEAN Alertable" in text
    assert f"nt51 {table('nt51').numbers['NtWaitForSingleObject']:#06x}" in text
    (where,) = [line.split()[1] for line in text.splitlines() if line.split()[:1] == ["where"]]
    file, _, line = where.rpartition(":")
    source = (ROOT / file).read_text().splitlines()
    assert "NtWaitForSingleObject" in "".join(source[int(line) - 1 : int(line) + 2])


def test_a_glob_and_the_zw_name_are_understood() -> None:
    many = ring3k("syscalls", "Nt*Mutant").stdout
    assert [line for line in many.splitlines() if line.startswith("NTSTATUS")] == [
        "NTSTATUS NtCreateMutant(",
        "NTSTATUS NtOpenMutant(",
        "NTSTATUS NtQueryMutant(",
        "NTSTATUS NtReleaseMutant(",
    ]
    assert ring3k("syscalls", "ZwOpenMutant").stdout == ring3k("syscalls", "NtOpenMutant").stdout


def test_all_calls_are_listed_without_a_name() -> None:
    lines = ring3k("syscalls").stdout.splitlines()
    assert len(lines) == len({name for version in VERSIONS for name in table(version)} | set(all_calls()))
    assert "undeclared" not in {line.split()[1] for line in lines}


def test_a_misspelt_call_is_met_with_a_suggestion() -> None:
    assert "did you mean NtCreateEvent" in complaint("syscalls", "NtCreateEvnt", status=1)


def test_declarations_are_found_by_their_module_names() -> None:
    modules = call_modules()
    assert "ring3k.ob.syscalls" in modules
    for module in modules:
        assert (ROOT / "src" / Path(*module.split("."))).with_suffix(".py").exists()


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["run", "--help"], ["reg", "--help"], ["stat", "--help"], ["syscalls", "--help"]],
)
def test_help(arguments: list[str]) -> None:
    done = ring3k(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: ring3k")
    assert max(map(len, done.stdout.splitlines())) <= 110
    assert "None" not in done.stdout


def test_usage_faults_are_exit_status_2() -> None:
    for arguments in (
        [],
        ["walk"],
        ["run"],
        ["run", "--abi", "nt99", "x.exe"],
        ["run", "--trace-format", "x"],
    ):
        done = ring3k(*arguments)
        assert done.returncode == 2
        assert "usage: ring3k" in done.stderr
        assert "Traceback" not in done.stderr


def test_version() -> None:
    assert ring3k("--version").stdout == f"ring3k {__version__}\n"


def test_output_that_nobody_reads_is_no_fault() -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m ring3k syscalls | head -n 1"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_implemented_means_that_a_conformance_test_makes_the_call() -> None:
    """Of the versions that the conformance tests run on, for ``ring3k stat`` is to be honest."""
    source = "".join(file.read_text() for file in (ROOT / "guest/conformance").glob("*.[ch]"))
    words = set(re.findall(r"\b[NZ][tw](\w+)\b", re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)))
    tested = {name for version in TOTALS for name in table(version)}
    tested |= {
        name for name in all_calls() if name.startswith("Nt") and not any(name in table(v) for v in VERSIONS)
    }
    untested = [
        name
        for name, declaration in all_calls().items()
        if declaration.support is Support.FULL and name in tested and name[2:] not in words
    ]
    assert [name for name in untested if not _is_made_by_a_function(name)] == []


MAKERS = {  # functions that are called otherwise than the calls they make
    "NtGdiCreateClientObj": "CreateMetaFile",
    "NtGdiDeleteClientObj": "CloseMetaFile",
    "NtGdiFlush": "GdiFlush",
    "NtGdiGetDCObject": "GetCurrentObject",
    "NtGdiSelectBitmap": "SelectObject",
    "NtGdiSelectBrush": "SelectObject",
    "NtGdiSelectPen": "SelectObject",
    "NtUserGetAtomName": "NtUserGetAtomName",
    "NtUserFindExistingCursorIcon": "LoadCursor",
    "NtUserGetIconSize": "CopyImage",
    "NtUserSetCursorIconData": "CreateIcon",
    "NtUserSetProcessDpiAwarenessContext": "SetProcessDPIAware",
}


def _is_made_by_a_function(call: str) -> bool:
    """Calls of win32k are what user32 and gdi32 make of functions with almost the same name."""
    pattern = r"Nt(?:User|Gdi)(?:Ext|Internal|Real)?(\w+?)(?:App|Internal|ExWOW|WOW|Ex|W|Ptr)?"
    match = re.fullmatch(pattern, call)
    if match is None:
        return False
    source = "".join(file.read_text() for file in (ROOT / "guest/win32").glob("*.c*"))
    name = MAKERS.get(call, match[1])
    return re.search(rf"\b{name}(?:Internal|Ex|Ptr)?[AW]?\b", source) is not None

"""Number tables: complete, without holes, and quick to read."""

from __future__ import annotations

import time

import pytest

from ring3k.abi import status, tables

TOTALS = {"nt40": 211, "nt50": 248, "nt51": 284, "nt52": 296}


@pytest.mark.parametrize("version", tables.VERSIONS)
def test_numbers_have_no_holes(version: str) -> None:
    table = tables.table(version)
    assert len(table) == TOTALS[version]
    assert sorted(table.names) == list(range(TOTALS[version]))
    assert all(table.numbers[table.names[n]] == n for n in table.names)
    assert set(table.words) == set(table)


def test_known_numbers() -> None:
    assert tables.table("nt50").numbers["NtClose"] == 0x18
    assert tables.table("nt51").numbers["NtClose"] == 0x19
    assert tables.table("nt51").names[0xAD] == "NtQuerySystemInformation"
    assert "NtCreateKeyedEvent" not in tables.table("nt50")
    assert tables.table("nt50").words["NtCreateFile"] == 11


@pytest.mark.parametrize("version", tables.VERSIONS)
def test_win32k_numbers(version: str) -> None:
    table = tables.table(version, "win32k-syscalls.tsv")
    assert len(table) > 500
    assert all(number & tables.WIN32K for number in table.names)
    assert len(table.names) == len(table.numbers)


def test_unknown_versions_are_refused() -> None:
    with pytest.raises(ValueError, match="nt60"):
        tables.table("nt60")


def test_reading_a_table_is_quick() -> None:
    best = 1.0
    for _ in range(20):
        tables.rows.cache_clear()
        tables.table.cache_clear()
        started = time.process_time()
        tables.table("nt51")
        best = min(best, time.process_time() - started)
    assert best < 0.002


def test_statuses_are_spelled_as_in_the_table() -> None:
    wrong = [
        name
        for name, value in vars(status).items()
        if name.startswith(("STATUS_", "DBG_"))
        if f"{value:#010x}\t{name}\n" not in tables.read_table("ntstatus.tsv").replace("0X", "0x")
    ]
    assert wrong == []
    assert status.status_name(status.STATUS_SUCCESS) == "STATUS_SUCCESS"
    assert status.status_name(0xDEADBEEF) == "0xdeadbeef"

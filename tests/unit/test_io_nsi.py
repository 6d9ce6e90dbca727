"""The network's tables: their sizes, and what is to be seen without a network."""

from __future__ import annotations

import pytest

from ring3k.io.nsi import FORWARD, IFINFO, IPV4, IPV6, LOOPBACK, NDIS, TABLES, UNICAST, Interface, interfaces


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("allowed", [True, False])
def test_rows_have_the_sizes_that_callers_expect(table: tuple[int, int], allowed: bool) -> None:
    sizes, rows = TABLES[table]
    for row in rows(allowed):
        assert tuple(map(len, row)) == sizes


def test_without_permission_there_is_only_the_loopback_interface() -> None:
    assert {one.kind for one in interfaces(False)} == {LOOPBACK}
    assert len(TABLES[NDIS, IFINFO][1](False)) == 1
    for table in ((IPV4, UNICAST), (IPV6, UNICAST), (IPV4, FORWARD)):
        for row in TABLES[table][1](False):
            assert LOOPBACK.to_bytes(2, "little") in row.key


def test_identifiers() -> None:
    one = Interface(5, "eth0", 6, 1500, True, b"\1\2\3\4\5\6")
    assert one.luid == bytes.fromhex("0000000500000600")
    assert (one.guid[:4], len(one.guid)) == (b"\5\0\0\0", 16)

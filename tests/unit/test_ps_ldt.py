"""Local descriptor tables against a plain dictionary."""

from __future__ import annotations

from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.abi.status import (
    STATUS_INVALID_LDT_DESCRIPTOR,
    STATUS_INVALID_LDT_OFFSET,
    STATUS_INVALID_LDT_SIZE,
    STATUS_NO_LDT,
    NtError,
)
from ring3k.ke.pool import Pool
from ring3k.ps.ldt import MOST, DescriptorTable, check_descriptor

DATA = (0x0000FFFF, 0x0040F210)
WORD = st.integers(0, 0xFFFFFFFF)


def refused(table: DescriptorTable, start: int, data: bytes) -> int:
    with pytest.raises(NtError) as error:
        table.write(start, data)
    return error.value.status


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 5)), max_size=20))
def test_what_is_written_is_read(writes: list[tuple[int, int]]) -> None:
    pool, model = Pool(), dict[int, tuple[int, int]]()
    table = DescriptorTable(pool)
    for number, (index, count) in enumerate(writes):
        entries = [(DATA[0], DATA[1] + number % 64)] * count
        table.write(index * 8, b"".join(pack("<2I", *one) for one in entries))
        model.update({index + i: one for i, one in enumerate(entries)})
    for index in range(70):
        if model:
            assert table.entry(index * 8 + 7) == model.get(index, (0, 0))
        else:
            with pytest.raises(NtError):
                table.entry(index * 8 + 7)
    assert pool.used == (max(model) + 1) * 8 if model else pool.used == 0
    table.cut()
    assert pool.used == 0


@given(WORD, WORD)
def test_a_descriptor_is_harmless_or_refused(low: int, high: int) -> None:
    status = 0
    try:
        check_descriptor(low, high)
    except NtError as error:
        status = error.status
    assert status in (0, STATUS_INVALID_LDT_DESCRIPTOR)
    if status == 0 and high & 0x8000:
        base = low >> 16 | (high & 0xFF) << 16 | high & 0xFF000000
        limit = low & 0xFFFF | high & 0xF0000
        limit = limit << 12 | 0xFFF if high & 0x800000 else limit
        assert base + limit < 0x7FFF0000
        assert high & 0x6000 == 0x6000
        assert high & 0x1000


def test_ranges() -> None:
    table = DescriptorTable(Pool())
    good = pack("<2I", *DATA)
    assert refused(table, 4, good) == STATUS_INVALID_LDT_OFFSET
    assert refused(table, 0, good + b"1234") == STATUS_INVALID_LDT_SIZE
    assert refused(table, MOST, good) == STATUS_INVALID_LDT_SIZE
    assert refused(table, 0, good + pack("<2I", 0, 0x8000)) == STATUS_INVALID_LDT_DESCRIPTOR
    assert not table
    with pytest.raises(NtError) as error:
        table.resize(0)
    assert error.value.status == STATUS_NO_LDT

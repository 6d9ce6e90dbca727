"""Time zones, UUID stretches, and a clock whose rate is adjusted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.abi.status import STATUS_RETRY, NtError
from ring3k.abi.structs.ex import RTL_TIME_ZONE_INFORMATION, TIME_FIELDS
from ring3k.ex.timezone import DAYLIGHT, MINUTE, STANDARD, UNKNOWN, TimeZone, cut_over
from ring3k.ex.uuid import MOST, UuidSource
from ring3k.sched.clock import VirtualClock

EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def nt_time(*when: int) -> int:
    return (datetime(*when, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1) * 10  # type: ignore[misc, arg-type]


def berlin() -> RTL_TIME_ZONE_INFORMATION:
    return RTL_TIME_ZONE_INFORMATION(
        Bias=-60,
        StandardStart=TIME_FIELDS(Month=10, Day=5, Hour=3),
        DaylightStart=TIME_FIELDS(Month=3, Day=5, Hour=2),
        DaylightBias=-60,
    )


def sydney() -> RTL_TIME_ZONE_INFORMATION:
    return RTL_TIME_ZONE_INFORMATION(
        Bias=-600,
        StandardStart=TIME_FIELDS(Month=4, Day=1, Hour=3),
        DaylightStart=TIME_FIELDS(Month=10, Day=1, Hour=2),
        DaylightBias=-60,
    )


# -- time zones ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("zone", "when", "period", "minutes"),
    [
        (berlin(), (2003, 1, 15), STANDARD, -60),
        (berlin(), (2003, 7, 15), DAYLIGHT, -120),
        (berlin(), (2003, 3, 30, 0, 59), STANDARD, -60),  # 01:59 there
        (berlin(), (2003, 3, 30, 1, 0), DAYLIGHT, -120),  # 02:00 there
        (sydney(), (2003, 1, 15), DAYLIGHT, -660),
        (sydney(), (2003, 7, 15), STANDARD, -600),
        (RTL_TIME_ZONE_INFORMATION(Bias=300), (2003, 7, 15), UNKNOWN, 300),
    ],
)
def test_which_time_it_is(
    zone: RTL_TIME_ZONE_INFORMATION, when: tuple[int, ...], period: int, minutes: int
) -> None:
    found = TimeZone()
    assert found.set(zone, nt_time(*when)) == minutes * MINUTE
    assert found.id == period


@given(st.integers(1601, 9999), st.integers(1, 12), st.integers(0, 6), st.integers(1, 5))
def test_the_nth_weekday_of_a_month(year: int, month: int, weekday: int, nth: int) -> None:
    found = cut_over(TIME_FIELDS(Month=month, Day=nth, Weekday=weekday), year)
    assert found is not None
    assert (found.year, found.month, found.isoweekday() % 7) == (year, month, weekday)
    if nth < 5:
        assert (found.day - 1) // 7 == nth - 1
    else:
        assert (found + timedelta(days=7)).month != month if (year, month) != (9999, 12) else found.day > 24


@given(st.binary(min_size=16, max_size=16), st.integers(1, 9999))
def test_any_numbers_are_a_time_or_none(data: bytes, year: int) -> None:
    cut_over(TIME_FIELDS.unpack(data), year)


@given(st.integers(-(1 << 31), (1 << 31) - 1), st.integers(0, 1 << 62))
def test_any_bias_is_taken(bias: int, now: int) -> None:
    zone = berlin()
    zone.Bias = bias
    TimeZone().set(zone, now)


# -- UUIDs --------------------------------------------------------------------------------
@given(st.lists(st.integers(-100_000, 30_000_000), max_size=30))
def test_stretches_do_not_overlap(steps: list[int]) -> None:
    """Nobody gets a unit of time twice with the same sequence number."""
    source, now = UuidSource(), 1 << 50
    given_out: dict[int, list[tuple[int, int]]] = {}
    for step in steps:
        now += step
        if not step:
            continue
        stretch = source.take(now)
        assert 0 < stretch.range <= MOST
        begin, end = stretch.time, stretch.time + stretch.range
        assert all(end <= a or begin >= b for a, b in given_out.setdefault(stretch.sequence, []))
        given_out[stretch.sequence].append((begin, end))


def test_a_clock_that_stands_still_gives_nothing() -> None:
    source = UuidSource()
    source.take(1000)
    with pytest.raises(NtError) as caught:
        source.take(1000)
    assert caught.value.status == STATUS_RETRY


# -- the clock's rate ------------------------------------------------------------------------
def test_a_rate_changes_how_fast_time_goes_and_nothing_else() -> None:
    clock = VirtualClock(1_000_000)
    clock.advance(500)
    assert clock.system_time() == 1_000_500
    clock.set_rate(2, 1)
    assert clock.system_time() == 1_000_500
    clock.advance(100)
    assert (clock.system_time(), clock.interrupt_time()) == (1_000_700, 600)
    clock.set_system_time(5_000_000)
    clock.advance(10)
    assert clock.system_time() == 5_000_020
    clock.set_rate(156_250, 156_250)
    clock.advance(10)
    assert clock.system_time() == 5_000_030

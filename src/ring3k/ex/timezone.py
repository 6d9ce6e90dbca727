"""The time zone: how far local time is from UTC, and when that changes.

UTC = local time + bias.  A zone with daylight saving time has two cut-overs, each
either a date or, with year 0, "the n-th such weekday of a month" (5: the last).
"""

from __future__ import annotations

from ring3k.abi.structs.ex import RTL_TIME_ZONE_INFORMATION, TIME_FIELDS
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

MINUTE = 600_000_000  # 100 ns units
UNKNOWN, STANDARD, DAYLIGHT = range(3)


def cut_over(fields: TIME_FIELDS, year: int) -> datetime | None:
    """When in a year (local time); None for what is no time."""
    from datetime import UTC, datetime  # only for zones that a program has set

    try:
        if fields.Year:
            return datetime(
                fields.Year, fields.Month, fields.Day, fields.Hour, fields.Minute, fields.Second, tzinfo=UTC
            )
        first = datetime(year, fields.Month, 1, fields.Hour, fields.Minute, fields.Second, tzinfo=UTC)
        weekday = first.isoweekday() % 7  # NT's week begins on Sunday
        day = 1 + (fields.Weekday - weekday) % 7 + 7 * (min(max(fields.Day, 1), 5) - 1)
        while True:
            try:
                return first.replace(day=day)
            except ValueError:
                day -= 7
                if day < 1:
                    return None
    except (ValueError, OverflowError):
        return None


class TimeZone:
    """The zone as it was set; before that, the host's distance from UTC and no names."""

    def __init__(self) -> None:
        self.id = UNKNOWN
        self._info: RTL_TIME_ZONE_INFORMATION | None = None

    def info(self, bias: int) -> RTL_TIME_ZONE_INFORMATION:
        if self._info is None:
            return RTL_TIME_ZONE_INFORMATION(Bias=bias // MINUTE)
        return self._info

    def set(self, info: RTL_TIME_ZONE_INFORMATION, now: int) -> int:
        """The bias that holds now, in 100 ns units."""
        self._info = info
        self.id, minutes = _period(info, now)
        return (info.Bias + minutes) * MINUTE


def _period(info: RTL_TIME_ZONE_INFORMATION, now: int) -> tuple[int, int]:
    """Which time it is, and its bias beside the zone's own."""
    if not info.StandardStart.Month or not info.DaylightStart.Month:
        return UNKNOWN, 0
    from datetime import UTC, datetime, timedelta

    try:
        local = (
            datetime(1601, 1, 1, tzinfo=UTC)
            + timedelta(microseconds=now // 10)
            - timedelta(minutes=info.Bias)
        )
    except OverflowError:
        return UNKNOWN, 0
    standard = cut_over(info.StandardStart, local.year)
    daylight = cut_over(info.DaylightStart, local.year)
    if standard is None or daylight is None:
        return UNKNOWN, 0
    southern = standard < daylight
    summer = not standard <= local < daylight if southern else daylight <= local < standard
    return (DAYLIGHT, info.DaylightBias) if summer else (STANDARD, info.StandardBias)

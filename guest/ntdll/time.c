/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Time: 100 ns units since 1601, fields of the Gregorian calendar, seconds since 1970 and 1980, local time, tick count.
 */
#include "ntdll.h"

#define UNITS_MS 10000ll
#define UNITS_SECOND 10000000ll
#define MS_DAY 86400000ll
#define SECONDS_1601_TO_1970 11644473600ll
#define SECONDS_1601_TO_1980 11960006400ll

static BOOLEAN is_leap(LONG year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static LONG month_days(LONG year, LONG month)
{
    static const UCHAR days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1601-01-01 to the first of January of a year. */
static LONG days_before_year(LONG year)
{
    LONG past = year - 1601;

    return past * 365 + past / 4 - past / 100 + past / 400;
}

static void split_day(LONGLONG milliseconds, PTIME_FIELDS fields)
{
    LONG in_day = (LONG)(milliseconds % MS_DAY);

    fields->Hour = (SHORT)(in_day / 3600000);
    fields->Minute = (SHORT)(in_day / 60000 % 60);
    fields->Second = (SHORT)(in_day / 1000 % 60);
    fields->Milliseconds = (SHORT)(in_day % 1000);
}

VOID NTAPI RtlTimeToTimeFields(const LARGE_INTEGER *Time, PTIME_FIELDS Fields)
{
    LONGLONG milliseconds = Time->QuadPart / UNITS_MS;
    LONG days = (LONG)(milliseconds / MS_DAY), year = 1601 + days / 366, month = 1;

    split_day(milliseconds, Fields);
    Fields->Weekday = (SHORT)((days + 1) % 7);
    while (days_before_year(year + 1) <= days)
        year++;
    days -= days_before_year(year);
    while (days >= month_days(year, month))
        days -= month_days(year, month++);
    Fields->Year = (SHORT)year;
    Fields->Month = (SHORT)month;
    Fields->Day = (SHORT)(days + 1);
}

VOID NTAPI RtlTimeToElapsedTimeFields(const LARGE_INTEGER *Time, PTIME_FIELDS Fields)
{
    LONGLONG milliseconds = Time->QuadPart / UNITS_MS;

    memset(Fields, 0, sizeof(*Fields));
    split_day(milliseconds, Fields);
    Fields->Day = (SHORT)(milliseconds / MS_DAY);
}

BOOLEAN NTAPI RtlTimeFieldsToTime(PTIME_FIELDS Fields, PLARGE_INTEGER Time)
{
    LONG days;

    if (Fields->Year < 1601 || Fields->Month < 1 || Fields->Month > 12 || Fields->Day < 1 ||
        Fields->Day > month_days(Fields->Year, Fields->Month) || (USHORT)Fields->Hour > 23 ||
        (USHORT)Fields->Minute > 59 || (USHORT)Fields->Second > 59 || (USHORT)Fields->Milliseconds > 999)
        return FALSE;
    days = days_before_year(Fields->Year) + Fields->Day - 1;
    for (LONG month = 1; month < Fields->Month; month++)
        days += month_days(Fields->Year, month);
    Time->QuadPart = ((LONGLONG)days * MS_DAY + Fields->Hour * 3600000ll + Fields->Minute * 60000ll +
                      Fields->Second * 1000ll + Fields->Milliseconds) *
                     UNITS_MS;
    return TRUE;
}

static BOOLEAN to_seconds(const LARGE_INTEGER *time, LONGLONG epoch, PULONG seconds)
{
    LONGLONG value = time->QuadPart / UNITS_SECOND - epoch;

    if (value < 0 || value > 0xffffffffll)
        return FALSE;
    *seconds = (ULONG)value;
    return TRUE;
}

BOOLEAN NTAPI RtlTimeToSecondsSince1970(PLARGE_INTEGER Time, PULONG Seconds)
{
    return to_seconds(Time, SECONDS_1601_TO_1970, Seconds);
}

BOOLEAN NTAPI RtlTimeToSecondsSince1980(const LARGE_INTEGER *Time, PULONG Seconds)
{
    return to_seconds(Time, SECONDS_1601_TO_1980, Seconds);
}

VOID NTAPI RtlSecondsSince1970ToTime(ULONG Seconds, PLARGE_INTEGER Time)
{
    Time->QuadPart = (Seconds + SECONDS_1601_TO_1970) * UNITS_SECOND;
}

VOID NTAPI RtlSecondsSince1980ToTime(ULONG Seconds, PLARGE_INTEGER Time)
{
    Time->QuadPart = (Seconds + SECONDS_1601_TO_1980) * UNITS_SECOND;
}

/* The shared page's 64-bit values are written high half twice: equal halves mean a whole value. */
static LONGLONG read_shared(const volatile KSYSTEM_TIME *time)
{
    LARGE_INTEGER value;

    do {
        value.HighPart = time->High1Time;
        value.LowPart = time->LowPart;
    } while (value.HighPart != time->High2Time);
    return value.QuadPart;
}

NTSTATUS NTAPI RtlSystemTimeToLocalTime(const LARGE_INTEGER *SystemTime, PLARGE_INTEGER LocalTime)
{
    LocalTime->QuadPart = SystemTime->QuadPart - read_shared(&SharedUserData->TimeZoneBias);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlLocalTimeToSystemTime(PLARGE_INTEGER LocalTime, PLARGE_INTEGER SystemTime)
{
    SystemTime->QuadPart = LocalTime->QuadPart + read_shared(&SharedUserData->TimeZoneBias);
    return STATUS_SUCCESS;
}

/* A system call on 2000; read from the shared page by XP's ntdll. */
#if NTDLL_VERSION >= 0x501
ULONG NTAPI NtGetTickCount(VOID)
{
    return (ULONG)((ULONGLONG)SharedUserData->TickCountLow * SharedUserData->TickCountMultiplier >> 24);
}
#endif

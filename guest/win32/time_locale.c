// SPDX-License-Identifier: LGPL-2.1-or-later
// Time as the C run-time and Win32 tell it, time zones, languages, code pages, comparing and sorting.
#include "say.h"
#include <locale.h>
#include <mbstring.h>
#include <stdlib.h>
#include <time.h>

static void run_time(void)
{
    time_t when = 1000000000;
    struct tm *parts = gmtime(&when);
    char text[100];
    say("gmtime %d-%d-%d %d:%d:%d, day %d of week, %d of year", parts->tm_year + 1900, parts->tm_mon + 1, parts->tm_mday,
        parts->tm_hour, parts->tm_min, parts->tm_sec, parts->tm_wday, parts->tm_yday);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %A %B %j %p %U %%", parts);
    say("strftime %s", text);
    say("asctime %.24s", asctime(parts));
    say("mktime %ld", (long)mktime(localtime(&when)));
    say("difftime %g", difftime(when + 10, when));
    say("now is after 2020: %d", time(NULL) > 1577836800);
    clock_t start = clock();
    volatile double sum = 0;
    for (int i = 0; i < 3000000; i++)
        sum += i;
    say("clock moves on: %d", clock() >= start);
    struct tm wrong = {.tm_year = 101, .tm_mon = 13, .tm_mday = 45};
    say("normalised %ld: %d-%d-%d", (long)mktime(&wrong), wrong.tm_year + 1900, wrong.tm_mon + 1, wrong.tm_mday);
}

static void win32_time(void)
{
    SYSTEMTIME system = {.wYear = 2001, .wMonth = 9, .wDay = 9, .wHour = 1, .wMinute = 46, .wSecond = 40}, local;
    FILETIME file;
    ULARGE_INTEGER number;
    LARGE_INTEGER one, two, frequency;
    wchar_t text[100];
    SystemTimeToFileTime(&system, &file);
    number.LowPart = file.dwLowDateTime, number.HighPart = file.dwHighDateTime;
    say("file time %llu", number.QuadPart);
    FileTimeToSystemTime(&file, &local);
    say("day of week %u", local.wDayOfWeek);
    TIME_ZONE_INFORMATION zone;
    DWORD kind = GetTimeZoneInformation(&zone);
    say("zone: %lu, bias %ld", kind, zone.Bias);
    SAY_BOOL(SystemTimeToTzSpecificLocalTime(NULL, &system, &local));
    say("local hour %u", local.wHour);
    GetDateFormatW(LOCALE_INVARIANT, 0, &system, L"yyyy'-'MM'-'dd dddd MMM", text, 100);
    say("date %s", narrow(text));
    GetTimeFormatW(LOCALE_INVARIANT, 0, &system, L"HH':'mm':'ss tt", text, 100);
    say("time %s", narrow(text));
    GetDateFormatW(0x409, DATE_LONGDATE, &system, NULL, text, 100);
    say("long date %s", narrow(text));
    GetDateFormatW(0x407, DATE_LONGDATE, &system, NULL, text, 100);
    say("in German %s", narrow(text));
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&one);
    DWORD ticks = GetTickCount();
    Sleep(60);
    QueryPerformanceCounter(&two);
    double passed = (double)(two.QuadPart - one.QuadPart) / (double)frequency.QuadPart;
    say("slept: %d, ticks: %d", passed > 0.055 && passed < 5, GetTickCount() - ticks >= 45);
    say("64-bit ticks agree: %d", GetTickCount64() - GetTickCount() < 1000 || GetTickCount64() >> 32);
}

static void languages(void)
{
    static const struct { const wchar_t *name; LCTYPE what; } asked[] = {
        {L"en-US", LOCALE_SENGLANGUAGE}, {L"de-DE", LOCALE_SNATIVELANGNAME}, {L"fr-FR", LOCALE_SDECIMAL},
        {L"en-US", LOCALE_SCURRENCY}, {L"ja-JP", LOCALE_SISO639LANGNAME}, {L"de-DE", LOCALE_SMONTHNAME1},
        {L"en-GB", LOCALE_SSHORTDATE}, {L"xx-YY", LOCALE_SDECIMAL}};
    wchar_t text[100];
    for (unsigned i = 0; i < ARRAYSIZE(asked); i++) {
        int length = GetLocaleInfoEx(asked[i].name, asked[i].what, text, 100);
        say("%s %lx: %d %s", narrow(asked[i].name), asked[i].what, length, length ? narrow(text) : "");
    }
    say("code pages %u %u", GetACP(), GetOEMCP());
    say("default language %lx", GetUserDefaultLCID());
    GetNumberFormatEx(L"de-DE", 0, L"1234567.891", NULL, text, 100);
    say("number %s", narrow(text));
    GetCurrencyFormatEx(L"en-US", 0, L"1234.5", NULL, text, 100);
    say("money %s", narrow(text));
    say("setlocale %s", setlocale(LC_ALL, NULL));
    say("setlocale German %s", setlocale(LC_ALL, "German") ? "yes" : "no");
    say("decimal point %s, %.2f", localeconv()->decimal_point, 1.5);
    setlocale(LC_ALL, "C");
}

static void texts(void)
{
    wchar_t wide[100];
    char bytes[100];
    static const wchar_t *const words[] = {L"apple", L"Apple", L"\u00e4pfel", L"apples", L"co-op", L"coop", L"\u00e9t\u00e9", L"zebra", L"1", L"10", L"2", L"_"};
    int length = MultiByteToWideChar(CP_UTF8, 0, "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80", -1, wide, 100);
    say("UTF-8 %d %s", length, narrow(wide));
    length = WideCharToMultiByte(CP_UTF8, 0, wide, -1, bytes, 100, NULL, NULL);
    say("back %d bytes", length);
    SetLastError(0);
    length = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, "\xff\xfe", -1, wide, 100);
    say("bad UTF-8: %d, error %lu", length, GetLastError());
    length = MultiByteToWideChar(1252, 0, "\x80\xe4\xfc", -1, wide, 100);
    say("1252: %d %s", length, narrow(wide));
    length = MultiByteToWideChar(437, 0, "\x84\xe1\xb0", -1, wide, 100);
    say("437: %d %s", length, narrow(wide));
    length = MultiByteToWideChar(932, 0, "\x93\xfa\x96\x7b", -1, wide, 100);
    say("932: %d %s", length, narrow(wide));
    BOOL used = FALSE;
    length = WideCharToMultiByte(1252, 0, L"\u4e2d?", -1, bytes, 100, "!", &used);
    say("lost: %d %s %d", length, bytes, used);
    for (unsigned i = 0; i + 1 < ARRAYSIZE(words); i++)
        say("%s against %s: %d, without case %d, ordinal %d", narrow(words[i]), narrow(words[i + 1]),
            CompareStringW(0x409, 0, words[i], -1, words[i + 1], -1),
            CompareStringW(0x409, NORM_IGNORECASE, words[i], -1, words[i + 1], -1),
            CompareStringOrdinal(words[i], -1, words[i + 1], -1, FALSE));
    wcscpy(wide, L"Stra\u00dfe \u0130\u0131\u00e9");
    LCMapStringW(0x409, LCMAP_UPPERCASE, wide, -1, wide, 100);
    say("upper %s", narrow(wide));
    length = FoldStringW(MAP_FOLDDIGITS, L"\u0663\u0664", -1, wide, 100);
    say("digits %d %s", length, narrow(wide));
    length = NormalizeString(NormalizationD, L"\u00e9", -1, wide, 100);
    say("normalised %d %s", length, length > 0 ? narrow(wide) : "");
    WORD types[3];
    GetStringTypeW(CT_CTYPE1, L"a1 ", 3, types);
    say("types %x %x %x", types[0], types[1], types[2]);
    say("_stricmp %d, wcsicmp %d, toupper %c", _stricmp("ABC", "abd") < 0, _wcsicmp(L"\u00c4", L"\u00e4"), toupper('q'));
}

int wmain(void)
{
    run_time();
    win32_time();
    languages();
    texts();
    return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * timeout: wait so many seconds, or for a key.
 *
 * Known from: Microsoft's reference of the command.  It is for a person: with redirected input it refuses.
 */
#include "tool.h"

static BOOL key_pressed(HANDLE in)
{
    INPUT_RECORD one;
    DWORD got;

    while (GetNumberOfConsoleInputEvents(in, &got) && got && ReadConsoleInputW(in, &one, 1, &got))
        if (one.EventType == KEY_EVENT && one.Event.KeyEvent.bKeyDown && one.Event.KeyEvent.uChar.UnicodeChar)
            return TRUE;
    return FALSE;
}

static void put_left(int seconds, int width)
{
    int digits = 1;

    for (int rest = seconds; rest >= 10; rest /= 10)
        digits++;
    for (; digits < width; digits++)
        put(" ", 1);
    put_number(seconds);
}

static void wait(HANDLE in, int seconds, BOOL keys)
{
    ULONGLONG until = GetTickCount64() + 1000ull * seconds, now;
    int width = 1, left = seconds;

    for (int rest = seconds; rest >= 10; rest /= 10)
        width++;
    put_wide(L"\r\nWaiting for ");
    put_left(seconds, width);
    put_wide(keys ? L" seconds, press a key to continue ..." : L" seconds, press CTRL+C to quit ...");
    for (;;) {
        flush();
        now = GetTickCount64();
        if (now >= until)
            break;
        if (keys) {
            if (WaitForSingleObject(in, min(until - now, 1000)) == WAIT_OBJECT_0 && key_pressed(in))
                break;
        } else {
            Sleep(min(until - now, 1000));
        }
        now = GetTickCount64();
        seconds = now < until ? (int)((DWORD)(until - now) + 999) / 1000 : 0;
        if (seconds == left || !tool.out_console)
            continue;
        left = seconds;
        put_wide(L"\r\x1b[2K" L"Waiting for ");
        put_left(seconds, width);
        put_wide(keys ? L" seconds, press a key to continue ..." : L" seconds, press CTRL+C to quit ...");
    }
    put("\r\n", 2);
}

static int run(int count, WCHAR **words)
{
    HANDLE in = GetStdHandle(STD_INPUT_HANDLE);
    int seconds = -2;
    BOOL keys = TRUE;
    DWORD mode;

    for (int i = 1; i < count; i++) {
        if (is_word(words[i], L"/?")) {
            put_wide(L"Waits.\r\n\r\nTIMEOUT [/T] seconds [/NOBREAK]\r\n\r\n"
                     L"A key ends it, with /NOBREAK only Ctrl-C.  -1 seconds: until there is a key.\r\n");
            return 0;
        }
        if (is_word(words[i], L"/NOBREAK"))
            keys = FALSE;
        else if (is_word(words[i], L"/T") && i + 1 < count)
            continue;
        else if (is_word(words[i], L"-1"))
            seconds = -1;
        else
            seconds = number_of(words[i]) >= 0 && number_of(words[i]) <= 99999 ? number_of(words[i]) : -3;
    }
    if (seconds < -1) {
        complain(seconds == -2 ? L"ERROR: Invalid syntax. Default option is missing.\r\n"
                               : L"ERROR: Invalid value for timeout (/T) specified. Valid range is -1 to 99999.\r\n");
        return 1;
    }
    if (!GetConsoleMode(in, &mode)) {
        complain(L"ERROR: Input redirection is not supported, exiting the process immediately.\r\n");
        return 1;
    }
    if (seconds >= 0) {
        wait(in, seconds, keys);
        return 0;
    }
    put_wide(L"\r\nPress any key to continue ...");
    flush();
    while (WaitForSingleObject(in, INFINITE) == WAIT_OBJECT_0 && !key_pressed(in))
        ;
    put("\r\n", 2);
    return 0;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
// What the Win32 programs share: one line per finding, which our kernel and Wine must agree on.
#pragma once

#include <stdarg.h>
#include <stdio.h>
#include <windows.h>

// A line of text.
static inline void __attribute__((format(printf, 1, 2))) say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
}

// The outcome of a call that tells its reason by GetLastError.
#define SAY_BOOL(call) \
    do { \
        SetLastError(0); \
        BOOL said_ = (call) != 0; \
        DWORD error_ = GetLastError(); \
        if (said_) \
            say("%s: yes", #call); \
        else \
            say("%s: no, error %lu", #call, (unsigned long)error_); \
    } while (0)

// A wide string, what is not ASCII as code points.
static inline const char *narrow(const wchar_t *text)
{
    static char buffers[4][2048];
    static int next;
    char *buffer = buffers[next++ % 4], *out = buffer;
    for (; *text && out < buffer + 2030; text++)
        if (*text >= 32 && *text < 127)
            *out++ = (char)*text;
        else
            out += sprintf(out, "<%x>", *text);
    *out = 0;
    return buffer;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * C string functions, wide. As in NT's ntdll the comparisons that ignore case do so for ASCII letters only.
 */
#include "ntdll.h"

#define CH wchar_t
#define CHARG wchar_t
#define UCH wchar_t
#define S(name) wcs##name
#define SI(name) _wcs##name
#define LOWER(c) towlower_ascii(c)
#define UPPER(c) towupper_ascii(c)

static wchar_t towlower_ascii(wchar_t c)
{
    return c >= 'A' && c <= 'Z' ? (wchar_t)(c + 32) : c;
}

static wchar_t towupper_ascii(wchar_t c)
{
    return c >= 'a' && c <= 'z' ? (wchar_t)(c - 32) : c;
}

#include "crt_str_template.h"

size_t CRTAPI mbstowcs(wchar_t *to, const char *from, size_t n)
{
    size_t i = 0;

    if (!to)
        return strlen(from);
    for (; i < n; i++) {
        to[i] = RtlAnsiCharToUnicodeChar(&(PUCHAR){(PUCHAR)from + i});
        if (!from[i])
            break;
    }
    return i;
}

size_t CRTAPI wcstombs(char *to, const wchar_t *from, size_t n)
{
    size_t i = 0;

    if (!to)
        return wcslen(from);
    for (; i < n; i++) {
        RtlUnicodeToMultiByteN(&to[i], 1, NULL, &from[i], sizeof(WCHAR));
        if (!from[i])
            break;
    }
    return i;
}

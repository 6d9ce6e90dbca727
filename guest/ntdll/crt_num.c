/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Numbers to text and back: strtol, atoi, _itoa and their families, narrow and wide.
 */
#include "ntdll.h"

unsigned crt_digits(unsigned long long value, unsigned base, int upper, char *end)
{
    const char *digits = upper ? "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" : "0123456789abcdefghijklmnopqrstuvwxyz";
    char *out = end;

    while (value > 0xffffffffull) {
        *--out = digits[value % base];
        value /= base;
    }
    for (unsigned low = (unsigned)value; low || out == end; low /= base)
        *--out = digits[low % base];
    return (unsigned)(end - out);
}

#define CH char
#define F(name) narrow_##name
#define N(name) str##name
#define A(name) _ato##name
#define AL(name) ato##name
#define T(name) _##name##toa
#include "crt_num_template.h"
#undef CH
#undef F
#undef N
#undef A
#undef AL
#undef T

#define CH wchar_t
#define F(name) wide_##name
#define N(name) wcs##name
#define A(name) _wto##name
#define AL(name) _wto##name
#define T(name) _##name##tow
#include "crt_num_template.h"

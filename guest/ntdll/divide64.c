/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What compilers call for 64-bit division and for counting bits: no compiler's own library is needed.
 */
#include "ntdll.h"

unsigned long long __cdecl __udivdi3(unsigned long long a, unsigned long long b);
unsigned long long __cdecl __umoddi3(unsigned long long a, unsigned long long b);
long long __cdecl __divdi3(long long a, long long b);
long long __cdecl __moddi3(long long a, long long b);
unsigned long long __cdecl __udivmoddi4(unsigned long long a, unsigned long long b, unsigned long long *rest);
long long __cdecl __divmoddi4(long long a, long long b, long long *rest);
int __cdecl __popcountsi2(unsigned value);
int __cdecl __ctzdi2(unsigned long long value);

/* high:low / divisor, which must be larger than high; the remainder comes back in *high. */
static ULONG divide_step(ULONG *high, ULONG low, ULONG divisor)
{
    ULONG quotient;

    __asm__("divl %4" : "=a"(quotient), "=d"(*high) : "0"(low), "1"(*high), "rm"(divisor) : "cc");
    return quotient;
}

/*
 * A divisor of more than 32 bits is cut to its 32 leading ones: the quotient of the leading parts is right or one too
 * large.
 */
static ULONGLONG divide(ULONGLONG a, ULONGLONG b, ULONGLONG *rest)
{
    ULARGE_INTEGER n = {.QuadPart = a}, d = {.QuadPart = b}, q;
    ULONGLONG product;
    ULONG high, shift, divisor;

    if (!d.HighPart) {
        high = 0;
        q.HighPart = divide_step(&high, n.HighPart, d.LowPart);
        q.LowPart = divide_step(&high, n.LowPart, d.LowPart);
        *rest = high;
        return q.QuadPart;
    }
    shift = 32 - (ULONG)__builtin_clz(d.HighPart);
    divisor = shift == 32 ? d.HighPart : (d.HighPart << (32 - shift)) | (d.LowPart >> shift);
    high = n.HighPart >> 1;
    q.QuadPart = divide_step(&high, (n.HighPart << 31) | (n.LowPart >> 1), divisor);
    q.QuadPart = shift == 32 ? q.QuadPart >> 31 : q.QuadPart >> (shift - 1);
    if (q.QuadPart)
        q.QuadPart--; /* never too large now, at most one too small */
    product = q.QuadPart * b;
    *rest = a - product;
    if (*rest >= b) {
        *rest -= b;
        q.QuadPart++;
    }
    return q.QuadPart;
}

unsigned long long __cdecl __udivmoddi4(unsigned long long a, unsigned long long b, unsigned long long *rest)
{
    ULONGLONG remainder, quotient = divide(a, b, &remainder);

    if (rest)
        *rest = remainder;
    return quotient;
}

unsigned long long __cdecl __udivdi3(unsigned long long a, unsigned long long b)
{
    ULONGLONG rest;

    return divide(a, b, &rest);
}

unsigned long long __cdecl __umoddi3(unsigned long long a, unsigned long long b)
{
    ULONGLONG rest;

    divide(a, b, &rest);
    return rest;
}

static ULONGLONG magnitude(long long value)
{
    return value < 0 ? 0 - (ULONGLONG)value : (ULONGLONG)value;
}

/* The quotient is cut towards zero; the remainder has the sign of the dividend. */
long long __cdecl __divmoddi4(long long a, long long b, long long *rest)
{
    ULONGLONG remainder, quotient = divide(magnitude(a), magnitude(b), &remainder);

    if (rest)
        *rest = (long long)(a < 0 ? 0 - remainder : remainder);
    return (long long)((a < 0) != (b < 0) ? 0 - quotient : quotient);
}

long long __cdecl __divdi3(long long a, long long b)
{
    return __divmoddi4(a, b, NULL);
}

long long __cdecl __moddi3(long long a, long long b)
{
    long long rest;

    __divmoddi4(a, b, &rest);
    return rest;
}

int __cdecl __popcountsi2(unsigned value)
{
    value -= value >> 1 & 0x55555555;
    value = (value & 0x33333333) + (value >> 2 & 0x33333333);
    value = (value + (value >> 4)) & 0x0f0f0f0f;
    return (int)(value * 0x01010101 >> 24);
}

int __cdecl __ctzdi2(unsigned long long value)
{
    return (ULONG)value ? __builtin_ctz((ULONG)value) : 32 + __builtin_ctz((ULONG)(value >> 32));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * 64-bit arithmetic from the time before compilers had it, and pseudo random numbers.
 */
#include "ntdll.h"

static LARGE_INTEGER large(LONGLONG value)
{
    return (LARGE_INTEGER){.QuadPart = value};
}

LARGE_INTEGER NTAPI RtlLargeIntegerAdd(LARGE_INTEGER A, LARGE_INTEGER B)
{
    return large((LONGLONG)((ULONGLONG)A.QuadPart + (ULONGLONG)B.QuadPart));
}

LARGE_INTEGER NTAPI RtlLargeIntegerSubtract(LARGE_INTEGER A, LARGE_INTEGER B)
{
    return large((LONGLONG)((ULONGLONG)A.QuadPart - (ULONGLONG)B.QuadPart));
}

LARGE_INTEGER NTAPI RtlLargeIntegerNegate(LARGE_INTEGER A)
{
    return large((LONGLONG)(0 - (ULONGLONG)A.QuadPart));
}

LARGE_INTEGER NTAPI RtlLargeIntegerShiftLeft(LARGE_INTEGER A, CCHAR Count)
{
    return large((LONGLONG)((ULONGLONG)A.QuadPart << (Count & 63)));
}

LARGE_INTEGER NTAPI RtlLargeIntegerShiftRight(LARGE_INTEGER A, CCHAR Count)
{
    return large((LONGLONG)((ULONGLONG)A.QuadPart >> (Count & 63)));
}

LARGE_INTEGER NTAPI RtlLargeIntegerArithmeticShift(LARGE_INTEGER A, CCHAR Count)
{
    return large(A.QuadPart >> (Count & 63));
}

LARGE_INTEGER NTAPI RtlLargeIntegerDivide(LARGE_INTEGER A, LARGE_INTEGER B, PLARGE_INTEGER Remainder)
{
    if (!B.QuadPart)
        RtlRaiseStatus(STATUS_INTEGER_DIVIDE_BY_ZERO);
    if (Remainder)
        Remainder->QuadPart = (LONGLONG)((ULONGLONG)A.QuadPart % (ULONGLONG)B.QuadPart);
    return large((LONGLONG)((ULONGLONG)A.QuadPart / (ULONGLONG)B.QuadPart));
}

LARGE_INTEGER NTAPI RtlExtendedLargeIntegerDivide(LARGE_INTEGER A, ULONG Divisor, PULONG Remainder)
{
    if (!Divisor)
        RtlRaiseStatus(STATUS_INTEGER_DIVIDE_BY_ZERO);
    if (Remainder)
        *Remainder = (ULONG)((ULONGLONG)A.QuadPart % Divisor);
    return large((LONGLONG)((ULONGLONG)A.QuadPart / Divisor));
}

LARGE_INTEGER NTAPI RtlExtendedIntegerMultiply(LARGE_INTEGER A, LONG B)
{
    return large((LONGLONG)((ULONGLONG)A.QuadPart * (ULONGLONG)(LONGLONG)B));
}

LARGE_INTEGER NTAPI RtlEnlargedIntegerMultiply(LONG A, LONG B)
{
    return large((LONGLONG)A * B);
}

LARGE_INTEGER NTAPI RtlEnlargedUnsignedMultiply(ULONG A, ULONG B)
{
    return large((LONGLONG)((ULONGLONG)A * B));
}

ULONG NTAPI RtlEnlargedUnsignedDivide(ULARGE_INTEGER A, ULONG Divisor, PULONG Remainder)
{
    if (Remainder)
        *Remainder = (ULONG)(A.QuadPart % Divisor);
    return (ULONG)(A.QuadPart / Divisor);
}

LARGE_INTEGER NTAPI RtlConvertLongToLargeInteger(LONG Value)
{
    return large(Value);
}

LARGE_INTEGER NTAPI RtlConvertUlongToLargeInteger(ULONG Value)
{
    return large((LONGLONG)Value);
}

/* A Lehmer generator modulo 2^31 - 1 with the documented constants. */
ULONG NTAPI RtlUniform(PULONG Seed)
{
    *Seed = (ULONG)(((ULONGLONG)*Seed * 0x7fffffed + 0x7fffffc3) % 0x7fffffff);
    return *Seed;
}

/* Shuffles RtlUniform's numbers through a table, so that neighbours do not follow from each other. */
ULONG NTAPI RtlRandom(PULONG Seed)
{
    static ULONG table[128];
    static LONG filled;
    ULONG number, slot, result;

    if (!InterlockedCompareExchange(&filled, 1, 0)) {
        ULONG start = 0x4d656c74;
        for (ULONG i = 0; i < COUNT_OF(table); i++)
            table[i] = RtlUniform(&start);
    }
    number = RtlUniform(Seed);
    slot = RtlUniform(Seed) & (COUNT_OF(table) - 1);
    result = table[slot];
    table[slot] = number;
    return result;
}

ULONG NTAPI RtlRandomEx(PULONG Seed)
{
    return RtlRandom(Seed);
}

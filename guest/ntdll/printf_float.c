/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * %e, %f and %g, exactly: a double is an integer times a power of two, so its decimal digits are finite. They are made
 * with a big number in base 10^9 (integer part from index INTEGER downwards, fraction behind it) and rounded half to even
 * on the true value.
 */
#include "printf.h"

#define BASE 1000000000u
#define INTEGER 36   /* groups before the point: 309 digits */
#define GROUPS 160   /* 120 groups hold the 1074 fraction digits of the smallest double */
#define ALTERNATE 8u
#define MAX_PRECISION 400

/* Microsoft's compilers refer to this variable from every file that uses floating point. */
extern int _fltused;
int _fltused = 0x9875;

/* groups[0..INTEGER) is the integer part, most significant first; groups[INTEGER..GROUPS) the fraction. */
static void expand(unsigned long long mantissa, int exponent, unsigned *groups)
{
    memset(groups, 0, GROUPS * sizeof(*groups));
    groups[INTEGER - 1] = (unsigned)(mantissa % BASE);
    groups[INTEGER - 2] = (unsigned)(mantissa / BASE % BASE);
    for (; exponent > 0; exponent--) {
        unsigned carry = 0;
        for (int i = INTEGER - 1; i >= 0; i--) {
            unsigned doubled = groups[i] * 2 + carry;
            carry = doubled >= BASE;
            groups[i] = carry ? doubled - BASE : doubled;
        }
    }
    for (; exponent < 0; exponent++) {
        unsigned carry = 0;
        for (int i = 0; i < GROUPS; i++) {
            unsigned value = groups[i] + (carry ? BASE : 0);
            carry = value & 1;
            groups[i] = value / 2;
        }
    }
}

static int digit_at(const unsigned *groups, int position)
{
    unsigned group = groups[position / 9];

    for (int skip = 8 - position % 9; skip > 0; skip--)
        group /= 10;
    return (int)(group % 10);
}

/* Copies digits [first, first + count) as text, rounded; returns 1 if rounding made one more digit in front. */
static int rounded(const unsigned *groups, int first, int count, char *digits)
{
    int next = first + count, up, i;

    for (i = 0; i < count; i++)
        digits[i] = first + i < GROUPS * 9 ? (char)('0' + digit_at(groups, first + i)) : '0';
    if (next >= GROUPS * 9)
        return 0;
    up = digit_at(groups, next) > 5;
    if (digit_at(groups, next) == 5) {
        up = count && (digits[count - 1] & 1);
        for (i = next + 1; !up && i < GROUPS * 9; i++)
            up = digit_at(groups, i) != 0;
    }
    for (i = count - 1; up && i >= 0; i--) {
        up = digits[i] == '9';
        digits[i] = up ? '0' : (char)(digits[i] + 1);
    }
    if (up) {
        memmove(digits + 1, digits, (size_t)count);
        digits[0] = '1';
    }
    return up;
}

static int first_digit(const unsigned *groups)
{
    for (int i = 0; i < GROUPS * 9; i++)
        if (digit_at(groups, i))
            return i;
    return INTEGER * 9 - 1;
}

static int trim_zeros(const char *text, int count, int keep)
{
    while (count > keep && text[count - 1] == '0')
        count--;
    return count;
}

static int format_fixed(const unsigned *groups, int precision, int trim, unsigned flags, char *out)
{
    char digits[INTEGER * 9 + MAX_PRECISION + 2];
    int first = first_digit(groups), whole, more, length;

    if (first > INTEGER * 9 - 1)
        first = INTEGER * 9 - 1;
    whole = INTEGER * 9 - first;
    more = rounded(groups, first, whole + precision, digits);
    whole += more;
    memcpy(out, digits, (size_t)whole);
    length = whole;
    if (trim)
        precision = trim_zeros(digits + whole, precision, 0);
    if (precision || flags & ALTERNATE)
        out[length++] = '.';
    memcpy(out + length, digits + whole, (size_t)precision);
    return length + precision;
}

static int format_exponent(const unsigned *groups, int precision, int trim, unsigned flags, char letter, char *out)
{
    char digits[MAX_PRECISION + 3];
    int first = first_digit(groups), exponent = INTEGER * 9 - 1 - first, length = 0, magnitude;

    exponent += rounded(groups, first, precision + 1, digits);
    out[length++] = digits[0];
    if (trim)
        precision = trim_zeros(digits + 1, precision, 0);
    if (precision || flags & ALTERNATE)
        out[length++] = '.';
    memcpy(out + length, digits + 1, (size_t)precision);
    length += precision;
    magnitude = exponent < 0 ? -exponent : exponent;
    out[length++] = letter;
    out[length++] = exponent < 0 ? '-' : '+';
    out[length++] = (char)('0' + magnitude / 100);
    out[length++] = (char)('0' + magnitude / 10 % 10);
    out[length++] = (char)('0' + magnitude % 10);
    return length;
}

static int format_general(const unsigned *groups, int precision, unsigned flags, char letter, char *out)
{
    char digits[MAX_PRECISION + 3];
    int first = first_digit(groups), exponent = INTEGER * 9 - 1 - first, trim = !(flags & ALTERNATE);

    if (!precision)
        precision = 1;
    exponent += rounded(groups, first, precision, digits);
    if (exponent < -4 || exponent >= precision)
        return format_exponent(groups, precision - 1, trim, flags, letter, out);
    return format_fixed(groups, precision - 1 - exponent, trim, flags, out);
}

void printf_float(struct sink *sink, unsigned flags, int width, int precision, char conversion, double value)
{
    unsigned groups[GROUPS];
    char text[INTEGER * 9 + MAX_PRECISION + 16];
    unsigned long long bits;
    const char *prefix;
    int exponent, length;

    memcpy(&bits, &value, sizeof(bits));
    exponent = (int)(bits >> 52 & 0x7ff);
    prefix = bits >> 63 ? "-" : flags & 2 ? "+" : flags & 4 ? " " : "";
    bits &= 0xfffffffffffffull;
    precision = precision < 0 ? 6 : precision > MAX_PRECISION ? MAX_PRECISION : precision;
    if (exponent == 0x7ff) {
        const char *name = bits ? "1.#QNAN" : "1.#INF";
        printf_number(sink, flags, width, prefix, name, (int)strlen(name), 0);
        return;
    }
    if (exponent)
        bits |= 0x10000000000000ull;
    else
        exponent = 1;
    expand(bits, exponent - 1075, groups);
    if (conversion == 'f')
        length = format_fixed(groups, precision, 0, flags, text);
    else if (conversion == 'e' || conversion == 'E')
        length = format_exponent(groups, precision, 0, flags, conversion, text);
    else
        length = format_general(groups, precision, flags, conversion == 'g' ? 'e' : 'E', text);
    printf_number(sink, flags, width, prefix, text, length, 0);
}

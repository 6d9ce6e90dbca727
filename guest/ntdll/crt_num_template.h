/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Numbers to text and back, for one character type. The includer defines
 *   CH: the character, N(name): the functions of <stdlib.h>, T(name): the names that end in the type (_itoa, _itow).
 */
static unsigned F(digit)(CH c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a' + 10);
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A' + 10);
    return 99;
}

/* Reads sign, prefix and digits; `overflow` tells that the magnitude did not fit 32 bits. */
static unsigned long F(parse)(const CH *s, CH **end, int base, int *negative, int *overflow)
{
    const CH *start = s;
    unsigned long long value = 0;
    int any = 0;

    *overflow = 0;
    while (*s == ' ' || (*s >= '\t' && *s <= '\r'))
        s++;
    *negative = *s == '-';
    if (*s == '-' || *s == '+')
        s++;
    if ((base == 0 || base == 16) && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && F(digit)(s[2]) < 16) {
        s += 2;
        base = 16;
    } else if (base == 0) {
        base = *s == '0' ? 8 : 10;
    }
    for (; F(digit)(*s) < (unsigned)base; s++, any = 1) {
        value = value * (unsigned)base + F(digit)(*s);
        if (value > 0xffffffffull) {
            *overflow = 1;
            value = 0xffffffff;
        }
    }
    if (end)
        *end = (CH *)(any ? s : start);
    return (unsigned long)value;
}

long CRTAPI N(tol)(const CH *s, CH **end, int base)
{
    int negative, overflow;
    unsigned long value = F(parse)(s, end, base, &negative, &overflow);

    if (overflow || value > 0x7fffffffu + (unsigned)negative)
        return negative ? (long)0x80000000 : 0x7fffffff;
    return negative ? (long)(0 - value) : (long)value;
}

unsigned long CRTAPI N(toul)(const CH *s, CH **end, int base)
{
    int negative, overflow;
    unsigned long value = F(parse)(s, end, base, &negative, &overflow);

    if (overflow)
        return 0xffffffff;
    return negative ? 0 - value : value;
}

/* NT's own conversions wrap around where strtol saturates. */
long long CRTAPI A(i64)(const CH *s)
{
    unsigned long long value = 0;
    int negative;

    while (*s == ' ' || (*s >= '\t' && *s <= '\r'))
        s++;
    negative = *s == '-';
    if (*s == '-' || *s == '+')
        s++;
    for (; *s >= '0' && *s <= '9'; s++)
        value = value * 10 + (unsigned)(*s - '0');
    return (long long)(negative ? 0 - value : value);
}

long CRTAPI AL(l)(const CH *s)
{
    return (long)A(i64)(s);
}

int CRTAPI AL(i)(const CH *s)
{
    return (int)A(i64)(s);
}

static CH *F(emit)(unsigned long long value, CH *out, int base, int negative)
{
    char digits[65];
    char *end = digits + sizeof(digits);
    unsigned count = crt_digits(value, (unsigned)base, 0, end);
    CH *result = out;

    if (negative)
        *out++ = '-';
    for (; count; count--)
        *out++ = (CH)end[-(int)count];
    *out = 0;
    return result;
}

CH *CRTAPI T(ui64)(unsigned long long value, CH *out, int base)
{
    return F(emit)(value, out, base, 0);
}

CH *CRTAPI T(i64)(long long value, CH *out, int base)
{
    int negative = base == 10 && value < 0;

    return F(emit)(negative ? 0 - (unsigned long long)value : (unsigned long long)value, out, base, negative);
}

CH *CRTAPI T(ul)(unsigned long value, CH *out, int base)
{
    return F(emit)(value, out, base, 0);
}

CH *CRTAPI T(l)(long value, CH *out, int base)
{
    int negative = base == 10 && value < 0;

    return F(emit)(negative ? 0 - (unsigned long)value : (unsigned long)value, out, base, negative);
}

CH *CRTAPI T(i)(int value, CH *out, int base)
{
    return T(l)(value, out, base);
}

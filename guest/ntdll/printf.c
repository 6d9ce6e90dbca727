/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The printf family, narrow and wide, by one formatter. What is NT's own: %Z and %wZ print counted strings, %S a string
 * of the other width, %I64 a 64-bit number, %p eight digits; the _sn functions return -1 for a text that did not fit and
 * leave out the terminator when there is no room for it.
 */
#include "printf.h"

#define LEFT 1u
#define PLUS 2u
#define SPACE 4u
#define ALTERNATE 8u
#define ZERO 16u

struct spec {
    unsigned flags;
    int width;
    int precision; /* -1: not given */
    int size64;
    int size16;
    int narrow; /* h: the string or character is narrow */
    int wide;   /* l or w: it is wide */
};

static void put(struct sink *sink, WCHAR c)
{
    if (sink->count < sink->size) {
        if (sink->wide)
            ((WCHAR *)sink->buffer)[sink->count] = c;
        else if (c < 0x80)
            ((char *)sink->buffer)[sink->count] = (char)c;
        else
            RtlUnicodeToMultiByteN((char *)sink->buffer + sink->count, 1, NULL, &c, sizeof(c));
    }
    sink->count++;
}

/* A byte of a narrow format or argument goes to a narrow result untouched. */
static void put_narrow(struct sink *sink, char c)
{
    if (!sink->wide && sink->count < sink->size) {
        ((char *)sink->buffer)[sink->count++] = c;
    } else {
        PUCHAR cursor = (PUCHAR)&c;
        put(sink, c & 0x80 ? RtlAnsiCharToUnicodeChar(&cursor) : (WCHAR)c);
    }
}

static void pad(struct sink *sink, int count, char with)
{
    for (; count > 0; count--)
        put(sink, (WCHAR)with);
}

static void put_text(struct sink *sink, const struct spec *spec, const void *text, size_t length, int wide)
{
    int fill = spec->width - (int)length;

    if (!(spec->flags & LEFT))
        pad(sink, fill, spec->flags & ZERO ? '0' : ' ');
    for (size_t i = 0; i < length; i++) {
        if (wide)
            put(sink, ((const WCHAR *)text)[i]);
        else
            put_narrow(sink, ((const char *)text)[i]);
    }
    if (spec->flags & LEFT)
        pad(sink, fill, ' ');
}

static void put_string(struct sink *sink, const struct spec *spec, const void *text, int wide)
{
    size_t limit = spec->precision < 0 ? (size_t)-1 : (size_t)spec->precision, length = 0;

    if (!text)
        text = wide ? (const void *)L"(null)" : (const void *)"(null)";
    while (length < limit && (wide ? ((const WCHAR *)text)[length] : ((const char *)text)[length]))
        length++;
    put_text(sink, spec, text, length, wide);
}

/* Counted strings: Length is in bytes; a precision does not lengthen it. */
static void put_counted(struct sink *sink, const struct spec *spec, const UNICODE_STRING *string, int wide)
{
    size_t length;

    if (!string || !string->Buffer) {
        put_string(sink, spec, NULL, 0);
        return;
    }
    length = string->Length / (wide ? sizeof(WCHAR) : 1);
    if (spec->precision >= 0 && length > (size_t)spec->precision)
        length = (size_t)spec->precision;
    put_text(sink, spec, string->Buffer, length, wide);
}

void printf_number(struct sink *sink, unsigned flags, int width, const char *prefix, const char *digits, int count,
                   int zeros)
{
    int length = (int)strlen(prefix) + count + zeros;

    if (!(flags & (LEFT | ZERO)))
        pad(sink, width - length, ' ');
    while (*prefix)
        put(sink, (WCHAR)*prefix++);
    if ((flags & (LEFT | ZERO)) == ZERO)
        pad(sink, width - length, '0');
    pad(sink, zeros, '0');
    for (int i = 0; i < count; i++)
        put(sink, (WCHAR)digits[i]);
    if (flags & LEFT)
        pad(sink, width - length, ' ');
}

static void put_integer(struct sink *sink, const struct spec *spec, unsigned long long value, char conversion)
{
    char digits[24], *end = digits + sizeof(digits);
    const char *prefix = "";
    unsigned base = conversion == 'o' ? 8 : conversion == 'x' || conversion == 'X' ? 16 : 10, flags = spec->flags;
    int count, zeros;

    if (conversion == 'd') {
        long long number = spec->size64 ? (long long)value : spec->size16 ? (SHORT)value : (LONG)value;
        value = number < 0 ? 0 - (unsigned long long)number : (unsigned long long)number;
        prefix = number < 0 ? "-" : flags & PLUS ? "+" : flags & SPACE ? " " : "";
    } else {
        value = spec->size64 ? value : spec->size16 ? (USHORT)value : (ULONG)value;
        if (flags & ALTERNATE && value)
            prefix = conversion == 'o' ? "0" : conversion == 'x' ? "0x" : conversion == 'X' ? "0X" : "";
    }
    count = value || spec->precision ? (int)crt_digits(value, base, conversion == 'X', end) : 0;
    zeros = spec->precision > count ? spec->precision - count : 0;
    if (spec->precision >= 0)
        flags &= ~ZERO;
    printf_number(sink, flags, spec->width, prefix, end - count, count, zeros);
}

/* A cursor over a format of either width. */
struct format {
    const void *text;
    size_t at;
    int wide;
};

static WCHAR peek(const struct format *format, size_t ahead)
{
    size_t at = format->at + ahead;

    return format->wide ? ((const WCHAR *)format->text)[at] : ((const UCHAR *)format->text)[at];
}

static int parse_number(struct format *format)
{
    int value = 0;

    while (peek(format, 0) >= '0' && peek(format, 0) <= '9' && value < 100000)
        value = value * 10 + (peek(format, 0) - '0'), format->at++;
    return value;
}

static void parse_flags(struct format *format, struct spec *spec)
{
    for (;; format->at++) {
        switch (peek(format, 0)) {
        case '-': spec->flags |= LEFT; break;
        case '+': spec->flags |= PLUS; break;
        case ' ': spec->flags |= SPACE; break;
        case '#': spec->flags |= ALTERNATE; break;
        case '0': spec->flags |= ZERO; break;
        default: return;
        }
    }
}

static void parse_size(struct format *format, struct spec *spec)
{
    for (;; format->at++) {
        switch (peek(format, 0)) {
        case 'h':
            spec->size16 = spec->narrow = 1;
            break;
        case 'l':
            if (spec->wide)
                spec->size64 = 1;
            spec->wide = 1;
            break;
        case 'w':
            spec->wide = 1;
            break;
        case 'I':
            if (peek(format, 1) == '6' && peek(format, 2) == '4') {
                spec->size64 = 1;
                format->at += 2;
            } else if (peek(format, 1) == '3' && peek(format, 2) == '2') {
                format->at += 2;
            }
            break;
        case 'L':
        case 'F':
        case 'N':
            break;
        default:
            return;
        }
    }
}

static void format_one(struct sink *sink, struct format *format, va_list *arguments)
{
    struct spec spec = {.precision = -1};
    WCHAR conversion;
    int wide;

    parse_flags(format, &spec);
    if (peek(format, 0) == '*') {
        format->at++;
        spec.width = va_arg(*arguments, int);
        if (spec.width < 0) {
            spec.flags |= LEFT;
            spec.width = -spec.width;
        }
    } else {
        spec.width = parse_number(format);
    }
    if (peek(format, 0) == '.') {
        format->at++;
        if (peek(format, 0) == '*') {
            format->at++;
            spec.precision = va_arg(*arguments, int);
        } else {
            spec.precision = parse_number(format);
        }
    }
    parse_size(format, &spec);
    conversion = peek(format, 0);
    if (!conversion)
        return;
    format->at++;
    wide = spec.wide || (!spec.narrow && (conversion == 'S' || conversion == 'C' ? !format->wide : format->wide));
    switch (conversion) {
    case 'c':
    case 'C': {
        WCHAR c = (WCHAR)va_arg(*arguments, int);
        char narrow = (char)c;
        put_text(sink, &spec, wide ? (const void *)&c : (const void *)&narrow, 1, wide);
        break;
    }
    case 's':
    case 'S':
        put_string(sink, &spec, va_arg(*arguments, const void *), wide);
        break;
    case 'Z':
        put_counted(sink, &spec, va_arg(*arguments, const UNICODE_STRING *), spec.wide);
        break;
    case 'd':
    case 'i':
        conversion = 'd';
        /* fall through */
    case 'u':
    case 'o':
    case 'x':
    case 'X':
        put_integer(sink, &spec,
                    spec.size64 ? va_arg(*arguments, unsigned long long) : va_arg(*arguments, unsigned long),
                    (char)conversion);
        break;
    case 'p':
    case 'P':
        spec.precision = 8;
        spec.size16 = 0;
        put_integer(sink, &spec, va_arg(*arguments, unsigned long), 'X');
        break;
    case 'e':
    case 'E':
    case 'f':
    case 'g':
    case 'G':
        printf_float(sink, spec.flags, spec.width, spec.precision, (char)conversion, va_arg(*arguments, double));
        break;
    case 'n':
        *va_arg(*arguments, int *) = (int)sink->count;
        break;
    default: /* %% and anything unknown print themselves */
        put(sink, conversion);
    }
}

void printf_format(struct sink *sink, const void *text, int wide, va_list arguments)
{
    struct format format = {.text = text, .wide = wide};
    va_list rest;
    WCHAR c;

    va_copy(rest, arguments);
    while ((c = peek(&format, 0)) != 0) {
        format.at++;
        if (c == '%')
            format_one(sink, &format, &rest);
        else if (wide)
            put(sink, c);
        else
            put_narrow(sink, (char)c);
    }
    va_end(rest);
}

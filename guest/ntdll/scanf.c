/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sscanf: integers (%d %i %u %o %x %p with h, l, ll and I64), strings, characters, sets and %n. No floating point.
 */
#include "ntdll.h"

struct scan {
    const char *in;
    const char *start;
    const char *format;
    int assigned;
};

enum { SIZE_INT, SIZE_SHORT, SIZE_64 };

static void skip_space(struct scan *scan)
{
    while (isspace((unsigned char)*scan->in))
        scan->in++;
}

static unsigned digit_of(char c)
{
    if (isdigit((unsigned char)c))
        return (unsigned)(c - '0');
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'z' ? (unsigned)(c - 'a' + 10) : 99;
}

static void store(void *to, unsigned long long value, int size)
{
    if (size == SIZE_64)
        *(unsigned long long *)to = value;
    else if (size == SIZE_SHORT)
        *(unsigned short *)to = (unsigned short)value;
    else
        *(unsigned *)to = (unsigned)value;
}

static int scan_integer(struct scan *scan, int width, unsigned base, int size, void *to)
{
    unsigned long long value = 0;
    int negative = 0, any = 0;

    skip_space(scan);
    if (width && (*scan->in == '-' || *scan->in == '+')) {
        negative = *scan->in++ == '-';
        width--;
    }
    if ((base == 0 || base == 16) && width > 1 && scan->in[0] == '0' && (scan->in[1] | 32) == 'x') {
        if (digit_of(scan->in[2]) < 16) {
            scan->in += 2;
            width -= 2;
        }
        base = 16;
    } else if (!base) {
        base = scan->in[0] == '0' ? 8 : 10;
    }
    for (; width && digit_of(*scan->in) < base; width--, scan->in++, any = 1)
        value = value * base + digit_of(*scan->in);
    if (any && to)
        store(to, negative ? 0 - value : value, size);
    return any;
}

/* Characters until `stop` says so; %c takes any, without a terminator. */
static int scan_text(struct scan *scan, int width, const unsigned char *wanted, int terminate, char *to)
{
    int count = 0;

    for (; count < width && *scan->in && (!wanted || wanted[(unsigned char)*scan->in]); scan->in++, count++)
        if (to)
            *to++ = *scan->in;
    if (to && terminate && count)
        *to = 0;
    return count;
}

static void parse_set(struct scan *scan, unsigned char *wanted)
{
    int invert = *scan->format == '^';

    memset(wanted, 0, 256);
    if (invert)
        scan->format++;
    for (int first = 1; *scan->format && (first || *scan->format != ']'); first = 0) {
        unsigned char low = (unsigned char)*scan->format++, high = low;
        if (*scan->format == '-' && scan->format[1] && scan->format[1] != ']') {
            high = (unsigned char)scan->format[1];
            scan->format += 2;
        }
        for (unsigned c = low; c <= high; c++)
            wanted[c] = 1;
    }
    if (*scan->format == ']')
        scan->format++;
    for (unsigned c = 0; invert && c < 256; c++)
        wanted[c] = !wanted[c];
}

static int parse_size(struct scan *scan)
{
    int size = SIZE_INT;

    for (;; scan->format++) {
        if (*scan->format == 'h') {
            size = SIZE_SHORT;
        } else if (*scan->format == 'l') {
            size = scan->format[1] == 'l' ? SIZE_64 : size;
        } else if (scan->format[0] == 'I' && scan->format[1] == '6' && scan->format[2] == '4') {
            size = SIZE_64;
            scan->format += 2;
        } else {
            return size;
        }
    }
}

static int scan_one(struct scan *scan, va_list *arguments)
{
    unsigned char wanted[256];
    int assign = 1, width = 0, size, done;
    char conversion;
    void *to = NULL;

    if (*scan->format == '*') {
        assign = 0;
        scan->format++;
    }
    while (isdigit((unsigned char)*scan->format))
        width = width * 10 + *scan->format++ - '0';
    size = parse_size(scan);
    conversion = *scan->format;
    if (conversion)
        scan->format++;
    if (conversion == '%') {
        skip_space(scan);
        return *scan->in == '%' ? scan->in++, 1 : 0;
    }
    if (assign)
        to = va_arg(*arguments, void *);
    switch (conversion) {
    case 'd':
    case 'u':
        done = scan_integer(scan, width ? width : 0x7fffffff, 10, size, to);
        break;
    case 'i':
        done = scan_integer(scan, width ? width : 0x7fffffff, 0, size, to);
        break;
    case 'o':
        done = scan_integer(scan, width ? width : 0x7fffffff, 8, size, to);
        break;
    case 'x':
    case 'X':
    case 'p':
        done = scan_integer(scan, width ? width : 0x7fffffff, 16, size, to);
        break;
    case 'c':
        done = scan_text(scan, width ? width : 1, NULL, 0, to) == (width ? width : 1);
        break;
    case 's':
        skip_space(scan);
        for (unsigned c = 0; c < 256; c++)
            wanted[c] = !isspace((int)c);
        done = scan_text(scan, width ? width : 0x7fffffff, wanted, 1, to) > 0;
        break;
    case '[':
        parse_set(scan, wanted);
        done = scan_text(scan, width ? width : 0x7fffffff, wanted, 1, to) > 0;
        break;
    case 'n':
        if (to)
            *(int *)to = (int)(scan->in - scan->start);
        return 1;
    default:
        return 0;
    }
    scan->assigned += done && assign;
    return done;
}

int CRTAPI sscanf(const char *in, const char *format, ...)
{
    struct scan scan = {.in = in, .start = in, .format = format};
    va_list arguments;
    int going = 1;

    va_start(arguments, format);
    while (going && *scan.format) {
        if (isspace((unsigned char)*scan.format)) {
            skip_space(&scan);
            scan.format++;
        } else if (*scan.format == '%') {
            scan.format++;
            if (!*scan.in && *scan.format != 'n' && !scan.assigned) {
                scan.assigned = -1; /* the input ended before the first conversion */
                break;
            }
            going = scan_one(&scan, &arguments);
        } else {
            going = *scan.in == *scan.format++;
            scan.in += going;
        }
    }
    va_end(arguments);
    return scan.assigned;
}

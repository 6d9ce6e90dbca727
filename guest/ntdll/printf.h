/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Between the formatter (printf.c), its floating point half (printf_float.c) and the exported names (printf_api.c).
 */
#ifndef NTDLL_PRINTF_H
#define NTDLL_PRINTF_H

#include "ntdll.h"

/* Where formatted text goes: `count` keeps counting when the buffer is full. */
struct sink {
    void *buffer;
    size_t size; /* in characters */
    size_t count;
    int wide;
};

void printf_format(struct sink *sink, const void *format, int wide, va_list arguments);
void printf_number(struct sink *sink, unsigned flags, int width, const char *prefix, const char *digits, int count,
                   int zeros);
void printf_float(struct sink *sink, unsigned flags, int width, int precision, char conversion, double value);

#endif

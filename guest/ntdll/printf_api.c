/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The exported names of the printf family.
 */
#include "printf.h"

#define UNLIMITED ((size_t)0x7ffffffe)

static int finish_narrow(struct sink *sink)
{
    if (sink->count < sink->size)
        ((char *)sink->buffer)[sink->count] = 0;
    return sink->count > sink->size ? -1 : (int)sink->count;
}

static int finish_wide(struct sink *sink)
{
    if (sink->count < sink->size)
        ((WCHAR *)sink->buffer)[sink->count] = 0;
    return sink->count > sink->size ? -1 : (int)sink->count;
}

int CRTAPI _vsnprintf(char *out, size_t size, const char *format, va_list arguments)
{
    struct sink sink = {.buffer = out, .size = size};

    printf_format(&sink, format, 0, arguments);
    return finish_narrow(&sink);
}

int CRTAPI _vsnwprintf(wchar_t *out, size_t size, const wchar_t *format, va_list arguments)
{
    struct sink sink = {.buffer = out, .size = size, .wide = 1};

    printf_format(&sink, format, 1, arguments);
    return finish_wide(&sink);
}

int CRTAPI vsprintf(char *out, const char *format, va_list arguments)
{
    return _vsnprintf(out, UNLIMITED, format, arguments);
}

int CRTAPI sprintf(char *out, const char *format, ...)
{
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = _vsnprintf(out, UNLIMITED, format, arguments);
    va_end(arguments);
    return result;
}

int CRTAPI _snprintf(char *out, size_t size, const char *format, ...)
{
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = _vsnprintf(out, size, format, arguments);
    va_end(arguments);
    return result;
}

int CRTAPI swprintf(wchar_t *out, const wchar_t *format, ...)
{
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = _vsnwprintf(out, UNLIMITED, format, arguments);
    va_end(arguments);
    return result;
}

int CRTAPI _snwprintf(wchar_t *out, size_t size, const wchar_t *format, ...)
{
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = _vsnwprintf(out, size, format, arguments);
    va_end(arguments);
    return result;
}

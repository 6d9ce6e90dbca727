/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * C string functions, narrow. Case follows the C locale: ASCII letters only.
 */
#include "ntdll.h"

#define CH char
#define CHARG int
#define UCH unsigned char
#define S(name) str##name
#define SI(name) _str##name
#define LOWER(c) tolower(c)
#define UPPER(c) toupper(c)
#include "crt_str_template.h"

int CRTAPI _strcmpi(const char *a, const char *b)
{
    return _stricmp(a, b);
}

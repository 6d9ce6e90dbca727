/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The native build: entered by NtProcessStartup, speaks through NtDisplayString, has no C library. */
#include "tap_private.h"

void *memcpy(void *to, const void *from, size_t length)
{
    void *result = to;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(length) : : "memory");
    return result;
}

void *memset(void *to, int value, size_t length)
{
    void *result = to;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(length) : "a"(value) : "memory");
    return result;
}

void tap_output(const char *text)
{
    WCHAR wide[400];
    UNICODE_STRING string = {0, sizeof(wide), wide};
    int i = 0;
    for (; text[i] && i < 399; i++)
        wide[i] = (UCHAR)text[i];
    string.Length = (USHORT)(i * sizeof(WCHAR));
    NtDisplayString(&string);
}

void NTAPI NtProcessStartup(PVOID peb);
void NTAPI NtProcessStartup(PVOID peb)
{
    (void)peb;
    NtTerminateProcess(NtCurrentProcess(), tap_run());
}

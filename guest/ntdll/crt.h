/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The C functions that NT's ntdll exports, as declared for its own sources.
 */
#ifndef NTDLL_CRT_H
#define NTDLL_CRT_H

#include <corecrt.h>
#include <stdarg.h>
#include <stddef.h>

#define CRTAPI __cdecl

void *CRTAPI memcpy(void *to, const void *from, size_t size);
void *CRTAPI memmove(void *to, const void *from, size_t size);
void *CRTAPI memset(void *to, int value, size_t size);
int CRTAPI memcmp(const void *a, const void *b, size_t size);
void *CRTAPI memchr(const void *from, int value, size_t size);
void *CRTAPI _memccpy(void *to, const void *from, int value, size_t size);
int CRTAPI _memicmp(const void *a, const void *b, size_t size);

size_t CRTAPI strlen(const char *s);
char *CRTAPI strcpy(char *to, const char *from);
char *CRTAPI strncpy(char *to, const char *from, size_t n);
char *CRTAPI strcat(char *to, const char *from);
char *CRTAPI strncat(char *to, const char *from, size_t n);
int CRTAPI strcmp(const char *a, const char *b);
int CRTAPI strncmp(const char *a, const char *b, size_t n);
char *CRTAPI strchr(const char *s, int c);
char *CRTAPI strrchr(const char *s, int c);
char *CRTAPI strstr(const char *s, const char *what);
size_t CRTAPI strspn(const char *s, const char *set);
size_t CRTAPI strcspn(const char *s, const char *set);
char *CRTAPI strpbrk(const char *s, const char *set);
int CRTAPI _stricmp(const char *a, const char *b);
int CRTAPI _strcmpi(const char *a, const char *b);
int CRTAPI _strnicmp(const char *a, const char *b, size_t n);
char *CRTAPI _strlwr(char *s);
char *CRTAPI _strupr(char *s);

size_t CRTAPI wcslen(const wchar_t *s);
wchar_t *CRTAPI wcscpy(wchar_t *to, const wchar_t *from);
wchar_t *CRTAPI wcsncpy(wchar_t *to, const wchar_t *from, size_t n);
wchar_t *CRTAPI wcscat(wchar_t *to, const wchar_t *from);
wchar_t *CRTAPI wcsncat(wchar_t *to, const wchar_t *from, size_t n);
int CRTAPI wcscmp(const wchar_t *a, const wchar_t *b);
int CRTAPI wcsncmp(const wchar_t *a, const wchar_t *b, size_t n);
wchar_t *CRTAPI wcschr(const wchar_t *s, wchar_t c);
wchar_t *CRTAPI wcsrchr(const wchar_t *s, wchar_t c);
wchar_t *CRTAPI wcsstr(const wchar_t *s, const wchar_t *what);
size_t CRTAPI wcsspn(const wchar_t *s, const wchar_t *set);
size_t CRTAPI wcscspn(const wchar_t *s, const wchar_t *set);
wchar_t *CRTAPI wcspbrk(const wchar_t *s, const wchar_t *set);
int CRTAPI _wcsicmp(const wchar_t *a, const wchar_t *b);
int CRTAPI _wcsnicmp(const wchar_t *a, const wchar_t *b, size_t n);
wchar_t *CRTAPI _wcslwr(wchar_t *s);
wchar_t *CRTAPI _wcsupr(wchar_t *s);

int CRTAPI tolower(int c);
int CRTAPI toupper(int c);
int CRTAPI isspace(int c);
int CRTAPI isdigit(int c);
int CRTAPI isxdigit(int c);
wint_t CRTAPI towlower(wint_t c);
wint_t CRTAPI towupper(wint_t c);

long CRTAPI strtol(const char *s, char **end, int base);
unsigned long CRTAPI strtoul(const char *s, char **end, int base);
int CRTAPI atoi(const char *s);
long CRTAPI atol(const char *s);
long long CRTAPI _atoi64(const char *s);
char *CRTAPI _itoa(int value, char *out, int base);
char *CRTAPI _ltoa(long value, char *out, int base);
char *CRTAPI _ultoa(unsigned long value, char *out, int base);
char *CRTAPI _i64toa(long long value, char *out, int base);
char *CRTAPI _ui64toa(unsigned long long value, char *out, int base);
wchar_t *CRTAPI _itow(int value, wchar_t *out, int base);
wchar_t *CRTAPI _ltow(long value, wchar_t *out, int base);
wchar_t *CRTAPI _ultow(unsigned long value, wchar_t *out, int base);
wchar_t *CRTAPI _i64tow(long long value, wchar_t *out, int base);
wchar_t *CRTAPI _ui64tow(unsigned long long value, wchar_t *out, int base);
long CRTAPI wcstol(const wchar_t *s, wchar_t **end, int base);
unsigned long CRTAPI wcstoul(const wchar_t *s, wchar_t **end, int base);
int CRTAPI _wtoi(const wchar_t *s);
long CRTAPI _wtol(const wchar_t *s);
long long CRTAPI _wtoi64(const wchar_t *s);

int CRTAPI sprintf(char *out, const char *format, ...);
int CRTAPI _snprintf(char *out, size_t size, const char *format, ...);
int CRTAPI vsprintf(char *out, const char *format, va_list arguments);
int CRTAPI _vsnprintf(char *out, size_t size, const char *format, va_list arguments);
int CRTAPI swprintf(wchar_t *out, const wchar_t *format, ...);
int CRTAPI _snwprintf(wchar_t *out, size_t size, const wchar_t *format, ...);
int CRTAPI _vsnwprintf(wchar_t *out, size_t size, const wchar_t *format, va_list arguments);
int CRTAPI sscanf(const char *in, const char *format, ...);

typedef int(CRTAPI *crt_compare)(const void *, const void *);
void CRTAPI qsort(void *base, size_t count, size_t size, crt_compare compare);
void *CRTAPI bsearch(const void *key, const void *base, size_t count, size_t size, crt_compare compare);
void *CRTAPI _lfind(const void *key, const void *base, unsigned int *count, unsigned int size, crt_compare compare);
int CRTAPI abs(int value);
long CRTAPI labs(long value);
size_t CRTAPI mbstowcs(wchar_t *to, const char *from, size_t n);
size_t CRTAPI wcstombs(char *to, const wchar_t *from, size_t n);

/* printf's number formatting, shared by the narrow and the wide family (printf.c); returns how many were written. */
unsigned crt_digits(unsigned long long value, unsigned base, int upper, char *end);

#endif

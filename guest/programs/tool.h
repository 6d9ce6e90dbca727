/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the system programs share: arguments, memory, text in and out.  They use kernel32 alone, so that they
 * start quickly.  Text files are bytes in the code page of the console, or of DOS where there is none.
 */
#ifndef TOOL_H
#define TOOL_H

#undef _WIN32_WINNT
#define _WIN32_WINNT 0x0600
#include <windows.h>

#define SHARED static __attribute__((unused)) /* no program needs all of it */
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define OUT_SIZE 0x10000

/* Compilers want some of them, whatever the source says; ntdll has them all, but not every import library of it. */
void *__cdecl memcpy(void *to, const void *from, size_t size)
{
    void *at = to;
    __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(size) : : "memory");
    return to;
}

void *__cdecl memset(void *to, int byte, size_t size)
{
    void *at = to;
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(byte) : "memory");
    return to;
}

int __cdecl memcmp(const void *one, const void *other, size_t size)
{
    const unsigned char *a = one, *b = other;

    for (; size; a++, b++, size--)
        if (*a != *b)
            return *a - *b;
    return 0;
}

SHARED char *find_byte(const char *in, char byte, size_t size)
{
    for (; size; in++, size--)
        if (*in == byte)
            return (char *)in;
    return NULL;
}

static struct {
    HANDLE heap, out, error;
    UINT page;
    BOOL out_console;
    DWORD filled;
    char text[OUT_SIZE];
} tool;

static int run(int count, WCHAR **words);

/* -- memory ------------------------------------------------------------------------------------------ */
SHARED void __attribute__((noreturn)) leave(UINT status);
SHARED void complain(const WCHAR *text);

SHARED void *grow(void *old, SIZE_T size)
{
    void *made = old ? HeapReAlloc(tool.heap, 0, old, size) : HeapAlloc(tool.heap, 0, size);

    if (!made) {
        complain(L"Out of memory\r\n");
        leave(2);
    }
    return made;
}

SHARED void release(void *old)
{
    if (old)
        HeapFree(tool.heap, 0, old);
}

/* -- text out ------------------------------------------------------------------------------------------ */
SHARED void write_all(HANDLE to, const char *text, DWORD size)
{
    DWORD done;

    while (size && WriteFile(to, text, size, &done, NULL) && done) {
        text += done;
        size -= done;
    }
}

SHARED void flush(void)
{
    write_all(tool.out, tool.text, tool.filled);
    tool.filled = 0;
}

SHARED void put(const char *text, DWORD size)
{
    if (size > OUT_SIZE - tool.filled)
        flush();
    if (size > OUT_SIZE) {
        write_all(tool.out, text, size);
        return;
    }
    memcpy(tool.text + tool.filled, text, size);
    tool.filled += size;
}

SHARED void put_wide_on(HANDLE to, const WCHAR *text, int length)
{
    char small[3 * MAX_PATH], *bytes = small;
    int size = WideCharToMultiByte(tool.page, 0, text, length, NULL, 0, NULL, NULL);

    if (size > (int)sizeof(small))
        bytes = grow(NULL, size);
    size = WideCharToMultiByte(tool.page, 0, text, length, bytes, size, NULL, NULL);
    if (to == tool.out)
        put(bytes, size);
    else
        write_all(to, bytes, size);
    if (bytes != small)
        release(bytes);
}

SHARED void put_wide(const WCHAR *text)
{
    put_wide_on(tool.out, text, lstrlenW(text));
}

/* On standard error, after what was written before. */
SHARED void complain(const WCHAR *text)
{
    flush();
    put_wide_on(tool.error, text, lstrlenW(text));
}

/* By sixteen bits: 64-bit division would be a library's. */
SHARED void put_number(ULONGLONG number)
{
    char digits[24], *at = digits + sizeof(digits);
    DWORD rest;

    do {
        ULONGLONG quotient = 0;
        rest = 0;
        for (int shift = 48; shift >= 0; shift -= 16) {
            rest = rest << 16 | (DWORD)(number >> shift & 0xffff);
            quotient = quotient << 16 | rest / 10;
            rest %= 10;
        }
        *--at = (char)('0' + rest);
        number = quotient;
    } while (number);
    put(at, (DWORD)(digits + sizeof(digits) - at));
}

SHARED void __attribute__((noreturn)) leave(UINT status)
{
    flush();
    ExitProcess(status);
}

/* -- text in ------------------------------------------------------------------------------------------- */
/* A file or pipe, by lines of any length. */
struct reader {
    HANDLE file;
    char *buffer;
    DWORD size, start, end; /* what is read and not yet given out */
    BOOL over;
    ULONGLONG offset; /* of the next line */
};

SHARED void reader_open(struct reader *in, HANDLE file)
{
    in->file = file;
    in->start = in->end = 0;
    in->offset = 0;
    in->over = FALSE;
}

SHARED void reader_fill(struct reader *in)
{
    DWORD got = 0;

    if (in->start) {
        memcpy(in->buffer, in->buffer + in->start, in->end - in->start); /* downwards */
        in->end -= in->start;
        in->start = 0;
    }
    if (in->end == in->size) {
        in->size = in->size ? 2 * in->size : 0x10000;
        in->buffer = grow(in->buffer, in->size);
    }
    if (!ReadFile(in->file, in->buffer + in->end, in->size - in->end, &got, NULL) || !got)
        in->over = TRUE;
    in->end += got;
}

/* The next line with its end (which the last may lack); valid until the next call. */
SHARED BOOL reader_line(struct reader *in, char **line, DWORD *length)
{
    DWORD seen = 0;
    char *end;

    for (;;) {
        end = in->end - in->start > seen ? find_byte(in->buffer + in->start + seen, '\n', in->end - in->start - seen) : NULL;
        if (end || in->over)
            break;
        seen = in->end - in->start;
        reader_fill(in);
    }
    *line = in->buffer + in->start;
    *length = end ? (DWORD)(end + 1 - *line) : in->end - in->start;
    in->start += *length;
    in->offset += *length;
    return *length != 0;
}

SHARED HANDLE open_to_read(const WCHAR *name)
{
    return CreateFileW(name, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                       FILE_FLAG_SEQUENTIAL_SCAN, NULL);
}

/* Without its CR and LF. */
SHARED DWORD bare(const char *line, DWORD length)
{
    if (length && line[length - 1] == '\n')
        length--;
    if (length && line[length - 1] == '\r')
        length--;
    return length;
}

/* -- words --------------------------------------------------------------------------------------------- */
SHARED BOOL is_word(const WCHAR *one, const WCHAR *other)
{
    return CompareStringW(LOCALE_INVARIANT, NORM_IGNORECASE, one, -1, other, -1) == CSTR_EQUAL;
}

SHARED BOOL is_wild(const WCHAR *mask)
{
    for (; *mask; mask++)
        if (*mask == '*' || *mask == '?')
            return TRUE;
    return FALSE;
}

/* How much of a path is the folder, with what ends it. */
SHARED int folder_length(const WCHAR *path)
{
    int length = 0;

    for (int i = 0; path[i]; i++)
        if (path[i] == '\\' || path[i] == '/' || path[i] == ':')
            length = i + 1;
    return length;
}

/* A name behind so much of a folder's. */
SHARED WCHAR *appended(const WCHAR *folder, int length, const WCHAR *name)
{
    WCHAR *path = grow(NULL, (length + lstrlenW(name) + 1) * sizeof(WCHAR));

    memcpy(path, folder, length * sizeof(WCHAR));
    memcpy(path + length, name, (lstrlenW(name) + 1) * sizeof(WCHAR));
    return path;
}

/* A decimal number to the end of the text; -1 where there is none. */
SHARED int number_of(const WCHAR *text)
{
    int value = 0;

    if (!*text)
        return -1;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || value > 99999999)
            return -1;
        value = 10 * value + (*text - '0');
    }
    return value;
}

/* The command line as Microsoft's compilers split it: backslashes are themselves but before a quotation mark. */
SHARED int split(const WCHAR *line, WCHAR ***words)
{
    WCHAR *to = grow(NULL, (lstrlenW(line) + 1) * (sizeof(WCHAR) + sizeof(WCHAR *)) + 16);
    WCHAR **list = (WCHAR **)to;
    int count = 0, slashes;
    BOOL quoted = FALSE;

    to = (WCHAR *)(list + lstrlenW(line) / 2 + 2);
    for (;;) {
        while (*line == ' ' || *line == '\t')
            line++;
        if (!*line)
            break;
        list[count++] = to;
        for (; *line && (quoted || (*line != ' ' && *line != '\t')); line++) {
            for (slashes = 0; *line == '\\'; line++)
                slashes++;
            if (*line == '"') {
                for (int i = 0; i < slashes / 2; i++)
                    *to++ = '\\';
                if (slashes % 2)
                    *to++ = '"';
                else if (quoted && line[1] == '"')
                    *to++ = *++line;
                else
                    quoted = !quoted;
                continue;
            }
            while (slashes--)
                *to++ = '\\';
            if (!*line || (!quoted && (*line == ' ' || *line == '\t')))
                break;
            *to++ = *line;
        }
        *to++ = 0;
    }
    *words = list;
    return count;
}

void __stdcall start(void *peb);

void __stdcall start(void *peb)
{
    WCHAR **words;
    DWORD mode;
    int count;
    (void)peb;

    tool.heap = GetProcessHeap();
    tool.out = GetStdHandle(STD_OUTPUT_HANDLE);
    tool.error = GetStdHandle(STD_ERROR_HANDLE);
    tool.page = GetConsoleOutputCP();
    if (!tool.page)
        tool.page = GetOEMCP();
    tool.out_console = GetConsoleMode(tool.out, &mode);
    count = split(GetCommandLineW(), &words);
    leave(run(count, words));
}

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sort: lines of a file or of standard input, in the order of the language, where case does not count.
 *
 * Known from: Microsoft's reference of the command.  All is done in memory, so that /M, /REC and /T have no effect.
 */
#include "tool.h"

struct line {
    char *text;
    DWORD length;
    unsigned char *key; /* ordered by its bytes, up to a zero byte */
};

static struct {
    BOOL reverse, plain, sensitive, unique;
    DWORD skip; /* characters at a line's begin that do not count */
    const WCHAR *from, *to;
    struct line *lines;
    DWORD count, room;
} sort;

static unsigned char *key_of(const char *text, DWORD length)
{
    DWORD flags = (sort.sensitive ? 0 : NORM_IGNORECASE) | SORT_STRINGSORT;
    WCHAR *wide = grow(NULL, (length + 1) * sizeof(WCHAR));
    unsigned char *key;
    int size, count = length ? MultiByteToWideChar(tool.page, 0, text, length, wide, length) : 0;

    count = (DWORD)count > sort.skip ? count - (int)sort.skip : 0;
    memcpy(wide, wide + min(sort.skip, length), count * sizeof(WCHAR));
    wide[count] = 0;
    if (!count) {
        release(wide);
        return memset(grow(NULL, 1), 0, 1);
    }
    if (sort.plain) {
        if (!sort.sensitive)
            LCMapStringW(LOCALE_INVARIANT, LCMAP_UPPERCASE, wide, count, wide, count);
        size = WideCharToMultiByte(CP_UTF8, 0, wide, count, NULL, 0, NULL, NULL);
        key = grow(NULL, size + 1);
        WideCharToMultiByte(CP_UTF8, 0, wide, count, (char *)key, size, NULL, NULL);
        key[size] = 0;
    } else {
        size = LCMapStringW(LOCALE_USER_DEFAULT, LCMAP_SORTKEY | flags, wide, count, NULL, 0);
        key = grow(NULL, size + 1);
        LCMapStringW(LOCALE_USER_DEFAULT, LCMAP_SORTKEY | flags, wide, count, (WCHAR *)key, size);
        key[size] = 0;
    }
    release(wide);
    return key;
}

static int compared(const struct line *one, const struct line *other)
{
    const unsigned char *a = one->key, *b = other->key;

    for (; *a && *a == *b; a++, b++)
        ;
    return sort.reverse ? *b - *a : *a - *b;
}

/* Merge sort: equal lines stay as they were. */
static void in_order(struct line *lines, struct line *spare, DWORD count)
{
    DWORD half = count / 2, left = 0, right = half, at = 0;

    if (count < 2)
        return;
    in_order(lines, spare, half);
    in_order(lines + half, spare, count - half);
    memcpy(spare, lines, count * sizeof(*lines));
    while (left < half && right < count)
        lines[at++] = compared(&spare[left], &spare[right]) <= 0 ? spare[left++] : spare[right++];
    while (left < half)
        lines[at++] = spare[left++];
    while (right < count)
        lines[at++] = spare[right++];
}

static void read_lines(HANDLE file)
{
    struct reader in = {0};
    DWORD length;
    char *text;

    reader_open(&in, file);
    while (reader_line(&in, &text, &length)) {
        if (sort.count == sort.room) {
            sort.room = sort.room ? 2 * sort.room : 1024;
            sort.lines = grow(sort.lines, sort.room * sizeof(*sort.lines));
        }
        length = bare(text, length);
        sort.lines[sort.count].text = memcpy(grow(NULL, length + 1), text, length);
        sort.lines[sort.count].length = length;
        sort.lines[sort.count++].key = key_of(text, length);
    }
}

static void __attribute__((noreturn)) cannot(const WCHAR *name)
{
    complain(name);
    complain(L": The system cannot find the file specified.\r\n");
    leave(1);
}

static void __attribute__((noreturn)) bad(const WCHAR *word)
{
    complain(L"Invalid switch: ");
    complain(word);
    complain(L"\r\n");
    leave(1);
}

static void option(const WCHAR *word, const WCHAR *value, int *at)
{
    BOOL valued = TRUE;

    if (word[1] == '+' && number_of(word + 2) > 0)
        sort.skip = number_of(word + 2) - 1, valued = FALSE;
    else if (is_word(word + 1, L"R") || is_word(word + 1, L"REVERSE"))
        sort.reverse = TRUE, valued = FALSE;
    else if (is_word(word + 1, L"UNI") || is_word(word + 1, L"UNIQUE"))
        sort.unique = TRUE, valued = FALSE;
    else if (is_word(word + 1, L"C") || is_word(word + 1, L"CASE_SENSITIVE"))
        sort.sensitive = TRUE, valued = FALSE;
    else if (!value)
        bad(word);
    else if (is_word(word + 1, L"O") || is_word(word + 1, L"OUTPUT"))
        sort.to = value;
    else if (is_word(word + 1, L"L") || is_word(word + 1, L"LOCALE"))
        sort.plain = is_word(value, L"C");
    else if (!is_word(word + 1, L"M") && !is_word(word + 1, L"MEMORY") && !is_word(word + 1, L"REC") &&
             !is_word(word + 1, L"RECORD_MAXIMUM") && !is_word(word + 1, L"T") && !is_word(word + 1, L"TEMPORARY"))
        bad(word);
    *at += valued;
}

static int run(int count, WCHAR **words)
{
    HANDLE file;

    for (int i = 1; i < count; i++) {
        if (words[i][0] == '/' && words[i][1] == '?') {
            put_wide(L"Puts lines in order.\r\n\r\nSORT [/R] [/+n] [/L C] [/UNIQUE] [/CASE_SENSITIVE] [file] [/O file]\r\n\r\n"
                     L"  /R   from the last to the first      /+n  from the n-th character of a line\r\n"
                     L"  /L C by codes, not by language       /O   into that file; else to standard output\r\n");
            return 0;
        }
        if (words[i][0] == '/')
            option(words[i], i + 1 < count ? words[i + 1] : NULL, &i);
        else
            sort.from = words[i];
    }
    file = sort.from ? open_to_read(sort.from) : GetStdHandle(STD_INPUT_HANDLE);
    if (file == INVALID_HANDLE_VALUE)
        cannot(sort.from);
    read_lines(file);
    if (sort.from)
        CloseHandle(file);
    if (sort.to) { /* which may be the file that was read */
        tool.out = CreateFileW(sort.to, GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_ALWAYS, 0, NULL);
        if (tool.out == INVALID_HANDLE_VALUE)
            cannot(sort.to);
    }
    in_order(sort.lines, grow(NULL, sort.count * sizeof(*sort.lines) + 1), sort.count);
    for (DWORD i = 0; i < sort.count; i++) {
        if (sort.unique && i && !compared(&sort.lines[i - 1], &sort.lines[i]))
            continue;
        put(sort.lines[i].text, sort.lines[i].length);
        put("\r\n", 2);
    }
    return 0;
}

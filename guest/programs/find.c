/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * find: the lines of files, or of standard input, that hold a string, or that do not.
 *
 * Known from: Microsoft's reference of the command, and what Windows prints: a heading with each file's name in capitals, and
 * that an empty string is in no line.  Wine 8's knows no options.
 */
#include "files.h"

static struct {
    BOOL inverse, counts, numbers, folds;
    char *wanted;
    DWORD length;
    unsigned char same[256]; /* as which byte each is taken */
    BOOL found;
} find;

static void __attribute__((noreturn)) refuse(const WCHAR *why)
{
    complain(L"FIND: ");
    complain(why);
    complain(L"\r\n");
    leave(2);
}

/* Which bytes are one letter; in code pages of several bytes a letter, those of ASCII. */
static void prepare(void)
{
    CPINFO page = {.MaxCharSize = 2};

    GetCPInfo(tool.page, &page);
    for (int byte = 0; byte < 256; byte++) {
        char one = (char)byte, upper = one;
        WCHAR wide;
        if (find.folds && page.MaxCharSize == 1 && MultiByteToWideChar(tool.page, 0, &one, 1, &wide, 1) == 1) {
            LCMapStringW(LOCALE_INVARIANT, LCMAP_UPPERCASE, &wide, 1, &wide, 1);
            WideCharToMultiByte(tool.page, 0, &wide, 1, &upper, 1, NULL, NULL);
        } else if (find.folds && one >= 'a' && one <= 'z')
            upper = (char)(one - 32);
        find.same[byte] = (unsigned char)upper;
    }
}

static BOOL holds(const char *line, DWORD length)
{
    if (!find.length)
        return FALSE;
    for (DWORD at = 0; at + find.length <= length; at++) {
        DWORD equal = 0;
        while (equal < find.length &&
               find.same[(unsigned char)line[at + equal]] == find.same[(unsigned char)find.wanted[equal]])
            equal++;
        if (equal == find.length)
            return TRUE;
    }
    return FALSE;
}

/* How many lines there are of the kind that is looked for; they are shown unless they are counted. */
static DWORD look(HANDLE file)
{
    static struct reader in;
    DWORD length, number = 0, count = 0;
    char *line;

    reader_open(&in, file);
    while (reader_line(&in, &line, &length)) {
        number++;
        length = bare(line, length);
        if (holds(line, length) == find.inverse)
            continue;
        count++;
        if (find.counts)
            continue;
        if (find.numbers) {
            put("[", 1);
            put_number(number);
            put("]", 1);
        }
        put(line, length);
        put("\r\n", 2);
    }
    find.found |= count != 0;
    return count;
}

static void put_upper(const WCHAR *name)
{
    int size = lstrlenW(name) + 1;
    WCHAR *upper = grow(NULL, size * sizeof(WCHAR));

    LCMapStringW(LOCALE_INVARIANT, LCMAP_UPPERCASE, name, size, upper, size);
    put_wide(upper);
    release(upper);
}

static void look_into(const WCHAR *name)
{
    HANDLE file = open_to_read(name);
    DWORD count;

    if (file == INVALID_HANDLE_VALUE) {
        complain(GetLastError() == ERROR_ACCESS_DENIED ? L"Access denied - " : L"File not found - ");
        complain(name);
        complain(L"\r\n");
        return;
    }
    put_wide(L"\r\n---------- ");
    put_upper(name);
    if (!find.counts)
        put("\r\n", 2);
    count = look(file);
    if (find.counts) {
        put(": ", 2);
        put_number(count);
        put("\r\n", 2);
    }
    CloseHandle(file);
}

/* A name, or all files that a mask means. */
static void look_into_all(const WCHAR *mask)
{
    int folder = folder_length(mask);
    struct list list;

    if (!is_wild(mask) || !list_files(&list, mask, folder, mask + folder)) {
        look_into(mask);
        return;
    }
    while (next(&list))
        look_into(list.path);
}

static void want(const WCHAR *text)
{
    int size = WideCharToMultiByte(tool.page, 0, text, -1, NULL, 0, NULL, NULL);

    find.wanted = grow(NULL, size);
    find.length = WideCharToMultiByte(tool.page, 0, text, -1, find.wanted, size, NULL, NULL) - 1;
}

static void option(const WCHAR *word)
{
    if (is_word(word, L"/V"))
        find.inverse = TRUE;
    else if (is_word(word, L"/C"))
        find.counts = TRUE;
    else if (is_word(word, L"/N"))
        find.numbers = TRUE;
    else if (is_word(word, L"/I"))
        find.folds = TRUE;
    else if (!is_word(word, L"/OFF") && !is_word(word, L"/OFFLINE"))
        refuse(L"Invalid switch");
}

static int run(int count, WCHAR **words)
{
    int names = 0;

    for (int i = 1; i < count; i++) {
        if (words[i][0] == '/' && words[i][1] == '?') {
            put_wide(L"Shows the lines of files that hold a string.\r\n\r\n"
                     L"FIND [/V] [/C] [/N] [/I] [/OFFLINE] \"string\" [file ...]\r\n\r\n"
                     L"  /V  the lines without it        /C  how many there are\r\n"
                     L"  /N  with the lines' numbers     /I  small letters and capitals are the same\r\n"
                     L"Without a file it looks through standard input.\r\n");
            return 0;
        }
        if (words[i][0] == '/' && !names) /* also between the string and the files */
            option(words[i]);
        else if (!find.wanted)
            want(words[i]);
        else
            words[names++] = words[i];
    }
    if (!find.wanted)
        refuse(L"Parameter format not correct");
    prepare();
    for (int i = 0; i < names; i++)
        look_into_all(words[i]);
    if (!names) {
        DWORD lines = look(GetStdHandle(STD_INPUT_HANDLE));
        if (find.counts) {
            put_number(lines);
            put("\r\n", 2);
        }
    }
    return !find.found;
}

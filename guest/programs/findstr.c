/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * findstr: lines of files that hold strings or match patterns.
 *
 * Known from: Microsoft's reference of the command; what is not there (which strings are patterns, backslashes, ranges of
 * a class going by the order of words rather than by codes) from D. Benham's "What are the undocumented features and
 * limitations of the Windows FINDSTR command?".
 *
 * Kept: without /L and /R a /C: string is literal, and other strings are patterns if the first of them has a special
 * character.  A pattern's class that is a range holds what lies between its ends in a dictionary.  Left out: the limits
 * of length of Windows' own, and its faults.
 */
#include "pattern.h"
#include "files.h"


struct needle {
    char *text; /* literal, folded if case does not count */
    DWORD length;
    struct element *pattern;
    DWORD skip[256]; /* Horspool: how far to go on, by the byte under the needle's end */
};

static struct {
    BOOL begins, ends, literal, pattern, folds, below, inverted, numbers, names_only, printable, offsets, prefix;
    struct needle *needles;
    DWORD count;
    unsigned char fold[256];
    const WCHAR *folders;
    BOOL found;
} find;

/* -- lines ------------------------------------------------------------------------------------------ */
static BOOL has_pattern(const struct needle *n, const char *line, DWORD length)
{
    if (find.begins)
        return matches(n->pattern, line, length, 0, find.ends);
    for (DWORD at = 0; at <= length; at++)
        if (matches(n->pattern, line, length, at, find.ends))
            return TRUE;
    return FALSE;
}

/* -- literal strings ------------------------------------------------------------------------------------- */
static BOOL same(const struct needle *n, const char *line)
{
    if (!find.folds)
        return !memcmp(n->text, line, n->length);
    for (DWORD i = 0; i < n->length; i++)
        if (n->text[i] != (char)find.fold[(unsigned char)line[i]])
            return FALSE;
    return TRUE;
}

static BOOL has_text(const struct needle *n, const char *line, DWORD length)
{
    if (n->length > length || (find.begins && find.ends && n->length != length))
        return FALSE;
    if (find.begins)
        return same(n, line);
    if (find.ends)
        return same(n, line + length - n->length);
    if (!n->length)
        return TRUE;
    for (DWORD at = n->length - 1; at < length; at += n->skip[(unsigned char)line[at]])
        if (same(n, line + at - (n->length - 1)))
            return TRUE;
    return FALSE;
}

static void prepare_text(struct needle *n)
{
    char *to = n->text;

    for (const char *from = n->text; *from; from++) {
        if (from[0] == '\\' && (from[1] == '\\' || from[1] == '"'))
            from++;
        *to++ = find.folds ? (char)find.fold[(unsigned char)*from] : *from;
    }
    *to = 0;
    n->length = (DWORD)(to - n->text);
    for (int byte = 0; byte < 256; byte++)
        n->skip[byte] = n->length;
    for (DWORD i = 0; i + 1 < n->length; i++)
        for (int byte = 0; byte < 256; byte++)
            if (byte == (unsigned char)n->text[i] || (find.folds && find.fold[byte] == (unsigned char)n->text[i]))
                n->skip[byte] = n->length - 1 - i;
}

static BOOL selected(const char *line, DWORD length)
{
    for (DWORD i = 0; i < find.count; i++)
        if (find.needles[i].pattern ? has_pattern(&find.needles[i], line, length) : has_text(&find.needles[i], line, length))
            return !find.inverted;
    return find.inverted;
}

/* -- files --------------------------------------------------------------------------------------------- */
static struct reader in;

static BOOL printable(void)
{
    for (DWORD i = in.start; i < in.end; i++)
        if ((unsigned char)in.buffer[i] < ' ' && !find_byte("\t\r\n\f\x1a\b\a", in.buffer[i], 7))
            return FALSE;
    return TRUE;
}

/* One file, or standard input, which has no name. */
static void search(HANDLE file, const WCHAR *name)
{
    DWORD length, count, number = 0;
    ULONGLONG offset;
    char *line;

    reader_open(&in, file);
    if (find.printable) {
        reader_fill(&in);
        if (!printable())
            return;
    }
    for (offset = 0; reader_line(&in, &line, &length); offset = in.offset) {
        number++;
        count = bare(line, length);
        if (!selected(line, count))
            continue;
        find.found = TRUE;
        if (name && (find.prefix || find.names_only)) {
            put_wide(name);
            if (find.names_only) {
                put("\r\n", 2);
                return;
            }
            put(":", 1);
        }
        if (find.numbers) {
            put_number(number);
            put(":", 1);
        }
        if (find.offsets) {
            put_number(offset);
            put(":", 1);
        }
        put(line, length);
        if (count == length)
            put("\r\n", 2);
        if (tool.out_console)
            flush();
    }
}

static void search_named(const WCHAR *name)
{
    HANDLE file = open_to_read(name);

    if (file == INVALID_HANDLE_VALUE) {
        complain(L"FINDSTR: Cannot open ");
        complain(name);
        complain(L"\r\n");
        return;
    }
    search(file, name);
    CloseHandle(file);
}

/* What matches in one folder, and then in those below it. */
static BOOL search_folder(const WCHAR *folder, int length, const WCHAR *mask, int depth)
{
    struct list list;
    WCHAR *below;
    BOOL any = FALSE;

    for (list_files(&list, folder, length, mask); next(&list); any = TRUE)
        search_named(list.path);
    if (!find.below || depth == MOST_DEPTH)
        return any;
    for (list_folders(&list, folder, length); next(&list);) {
        below = ended(list.path, lstrlenW(list.path));
        any |= search_folder(below, lstrlenW(below), mask, depth + 1);
        release(below);
    }
    return any;
}

/* A name with or without wildcards. */
static void search_mask(const WCHAR *mask)
{
    int folder = folder_length(mask);

    if (!find.below && !is_wild(mask)) {
        search_named(mask);
        return;
    }
    if (!search_folder(mask, folder, mask + folder, 0)) {
        complain(L"FINDSTR: Cannot open ");
        complain(mask);
        complain(L"\r\n");
    }
}

/* -- the command line ------------------------------------------------------------------------------------- */
static char *narrow(const WCHAR *text, int length)
{
    int size = WideCharToMultiByte(tool.page, 0, text, length, NULL, 0, NULL, NULL);
    char *made = grow(NULL, size + 1);

    WideCharToMultiByte(tool.page, 0, text, length, made, size, NULL, NULL);
    made[size] = 0;
    return made;
}

static void add_needle(char *text)
{
    find.needles = grow(find.needles, (find.count + 1) * sizeof(*find.needles));
    memset(&find.needles[find.count], 0, sizeof(*find.needles));
    find.needles[find.count++].text = text;
}

/* Words apart by blanks. */
static void add_words(const WCHAR *text)
{
    int length;

    while (*text) {
        for (length = 0; text[length] && text[length] != ' '; length++)
            ;
        if (length)
            add_needle(narrow(text, length));
        text += length + (text[length] == ' ');
    }
}

static BOOL special(const char *text)
{
    for (; *text; text++) {
        if (*text == '\\' && text[1]) {
            if (text[1] == '<' || text[1] == '>')
                return TRUE;
            text++;
        } else if (find_byte(".*^$[", *text, 5)) {
            return TRUE;
        }
    }
    return FALSE;
}

static HANDLE open_list(const WCHAR *name)
{
    HANDLE file = lstrcmpW(name, L"/") ? open_to_read(name) : GetStdHandle(STD_INPUT_HANDLE);

    if (file == INVALID_HANDLE_VALUE) {
        complain(L"FINDSTR: Cannot open ");
        complain(name);
        complain(L"\r\n");
        leave(2);
    }
    return file;
}

static void add_file(const WCHAR *name)
{
    struct reader list = {0};
    DWORD length;
    char *line, *text;

    reader_open(&list, open_list(name));
    while (reader_line(&list, &line, &length)) {
        length = bare(line, length);
        if (!length)
            continue;
        text = grow(NULL, length + 1);
        memcpy(text, line, length);
        text[length] = 0;
        add_needle(text);
    }
}

static void search_list(const WCHAR *name)
{
    struct reader list = {0};
    DWORD length;
    WCHAR *path;
    char *line;
    int size;

    reader_open(&list, open_list(name));
    while (reader_line(&list, &line, &length)) {
        length = bare(line, length);
        size = MultiByteToWideChar(tool.page, 0, line, length, NULL, 0);
        path = grow(NULL, (size + 1) * sizeof(WCHAR));
        MultiByteToWideChar(tool.page, 0, line, length, path, size);
        path[size] = 0;
        if (size)
            search_mask(path);
        release(path);
    }
}

static void __attribute__((noreturn)) bad_line(void)
{
    complain(L"FINDSTR: Bad command line\r\n");
    leave(2);
}

static void help(void)
{
    put_wide(L"Looks for strings in files.\r\n\r\n"
             L"FINDSTR [/B] [/E] [/L] [/R] [/S] [/I] [/X] [/V] [/N] [/M] [/O] [/P] [/F:file] [/C:string] [/G:file]\r\n"
             L"        [/D:folders] [/A:colours] [/OFF[LINE]] strings [[drive:][path]filename ...]\r\n\r\n"
             L"  /B       at the beginning of a line             /E       at its end\r\n"
             L"  /L       strings are literal                    /R       strings are patterns\r\n"
             L"  /S       also in the folders below              /I       case does not count\r\n"
             L"  /X       lines that are the string              /V       lines that do not have it\r\n"
             L"  /N       with the line's number                 /M       only the names of files\r\n"
             L"  /O       with the line's offset                 /P       skip files that are not text\r\n"
             L"  /F:file  names of files from a file (/: input)  /G:file  strings from a file (/: input)\r\n"
             L"  /C:text  one string, blanks included            /D:a;b   in these folders\r\n\r\n"
             L"Strings are apart by blanks; any of them will do.  In a pattern: . any character, * any number of the one\r\n"
             L"before, ^ and $ the line's ends, [abc] [a-z] [^abc] one of (not of) these, \\x x itself, \\< \\> a word's ends.\r\n");
}

/* Letters after one slash may stand together (/NI); those with a value end the word. */
static void option(const WCHAR *word, const WCHAR **list, BOOL *spoken)
{
    if (is_word(word, L"OFF") || is_word(word, L"OFFLINE"))
        return;
    for (; *word; word++) {
        WCHAR c = *word & ~0x20;
        if (word[1] == ':') {
            if (c == 'C') {
                add_needle(narrow(word + 2, lstrlenW(word + 2)));
                *spoken = TRUE;
            } else if (c == 'G')
                add_file(word + 2);
            else if (c == 'F')
                *list = word + 2;
            else if (c == 'D')
                find.folders = word + 2;
            else if (c != 'A')
                bad_line();
            return;
        }
        switch (c) {
        case 'B': find.begins = TRUE; break;
        case 'E': find.ends = TRUE; break;
        case 'L': find.literal = TRUE; break;
        case 'R': find.pattern = TRUE; break;
        case 'S': find.below = TRUE; break;
        case 'I': find.folds = TRUE; break;
        case 'X': find.begins = find.ends = TRUE; break;
        case 'V': find.inverted = TRUE; break;
        case 'N': find.numbers = TRUE; break;
        case 'M': find.names_only = TRUE; break;
        case 'O': find.offsets = TRUE; break;
        case 'P': find.printable = TRUE; break;
        default: bad_line();
        }
    }
}

static void prepare(BOOL by_words)
{
    WCHAR c;
    char byte;

    for (int i = 0; i < 256; i++) {
        c = wide(i);
        find.fold[i] = i;
        if (LCMapStringW(LOCALE_INVARIANT, LCMAP_UPPERCASE, &c, 1, &c, 1) &&
            WideCharToMultiByte(tool.page, 0, &c, 1, &byte, 1, NULL, NULL) == 1)
            find.fold[i] = byte;
    }
    if (!find.literal && !find.pattern)
        find.pattern = by_words && special(find.needles[0].text);
    for (DWORD i = 0; i < find.count; i++) {
        if (find.pattern && !find.literal)
            find.needles[i].pattern = compile(find.needles[i].text, find.folds ? find.fold : NULL);
        else
            prepare_text(&find.needles[i]);
    }
}

static void search_all(WCHAR **files, int count, const WCHAR *list)
{
    if (list)
        search_list(list);
    for (int i = 0; i < count; i++)
        search_mask(files[i]);
    if (!list && !count)
        search(GetStdHandle(STD_INPUT_HANDLE), NULL);
}

/* In each of the folders of /D:. */
static void search_folders(WCHAR **files, int count, const WCHAR *list)
{
    WCHAR home[MAX_PATH], one[MAX_PATH];
    const WCHAR *at = find.folders;
    int length;

    GetCurrentDirectoryW(LENGTH(home), home);
    while (*at) {
        for (length = 0; at[length] && at[length] != ';'; length++)
            ;
        lstrcpynW(one, at, min(length + 1, (int)LENGTH(one)));
        at += length + (at[length] == ';');
        if (!*one)
            continue;
        put("  ", 2);
        put_wide(one);
        put(":\r\n", 3);
        if (SetCurrentDirectoryW(one)) {
            search_all(files, count, list);
            SetCurrentDirectoryW(home);
        } else {
            complain(L"FINDSTR: Cannot open ");
            complain(one);
            complain(L"\r\n");
        }
    }
}

static int run(int count, WCHAR **words)
{
    const WCHAR *list = NULL;
    BOOL spoken = FALSE, by_words;
    int i = 1;

    for (; i < count && (*words[i] == '/' || *words[i] == '-'); i++) {
        if (words[i][1] == '?') {
            help();
            return 0;
        }
        option(words[i] + 1, &list, &spoken);
    }
    by_words = !spoken;
    if (!find.count && i < count)
        add_words(words[i++]);
    if (!find.count)
        bad_line();
    prepare(by_words);
    find.prefix = find.below || list || count - i > 1 || (count - i == 1 && is_wild(words[i]));
    if (find.folders)
        search_folders(words + i, count - i, list);
    else
        search_all(words + i, count - i, list);
    return !find.found;
}

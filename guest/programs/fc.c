/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fc: how two files differ, line by line or byte by byte.
 *
 * Known from: Microsoft's reference of the command, and what Windows XP prints: each difference with the equal line before
 * and behind it, the second name in capitals.
 */
#include "files.h"

struct line {
    char *text;      /* as it is shown */
    DWORD length;
    char *key;       /* what is compared */
    DWORD key_length;
};

struct file {
    const WCHAR *name;
    struct line *lines;
    DWORD count, room;
};

static struct {
    BOOL abbreviated, binary, text, folds, numbers, tabs, blanks;
    DWORD needed; /* so many equal lines end a difference */
    DWORD buffer; /* so many lines are looked through for them */
} fc = {.needed = 2, .buffer = 100};

/* -- reading ----------------------------------------------------------------------------------------- */
static HANDLE open_named(const WCHAR *name)
{
    HANDLE file = open_to_read(name);
    WCHAR upper[MAX_PATH];

    if (file != INVALID_HANDLE_VALUE)
        return file;
    lstrcpynW(upper, name, MAX_PATH);
    LCMapStringW(LOCALE_INVARIANT, LCMAP_UPPERCASE, upper, -1, upper, LENGTH(upper));
    complain(L"FC: cannot open ");
    complain(upper);
    complain(L" - No such file or folder\r\n\r\n");
    leave(2);
}

static void set_key(struct line *line)
{
    char *to = line->key = grow(NULL, line->length + 1);

    for (DWORD i = 0; i < line->length; i++) {
        char c = line->text[i];
        if (fc.blanks && (c == ' ' || c == '\t')) {
            if (to == line->key || to[-1] == ' ')
                continue;
            c = ' ';
        }
        *to++ = fc.folds && c >= 'a' && c <= 'z' ? c - 32 : c;
    }
    while (fc.blanks && to > line->key && to[-1] == ' ')
        to--;
    line->key_length = (DWORD)(to - line->key);
}

static void add_line(struct file *file, const char *text, DWORD length)
{
    struct line *line;
    DWORD tabs = 0, at = 0;

    if (file->count == file->room) {
        file->room = file->room ? 2 * file->room : 256;
        file->lines = grow(file->lines, file->room * sizeof(*file->lines));
    }
    line = &file->lines[file->count++];
    for (DWORD i = 0; i < length; i++)
        tabs += text[i] == '\t';
    line->text = grow(NULL, length + 8 * tabs + 1);
    for (DWORD i = 0; i < length; i++) {
        if (text[i] == '\t' && !fc.tabs)
            do
                line->text[at++] = ' ';
            while (at % 8);
        else
            line->text[at++] = text[i];
    }
    line->length = at;
    set_key(line);
}

static void read_lines(struct file *file)
{
    struct reader in = {0};
    DWORD length;
    char *text;

    reader_open(&in, open_named(file->name));
    while (reader_line(&in, &text, &length))
        add_line(file, text, bare(text, length));
    CloseHandle(in.file);
    release(in.buffer);
}

/* -- lines ------------------------------------------------------------------------------------------- */
static BOOL equal(const struct file *one, DWORD i, const struct file *other, DWORD j)
{
    const struct line *a = &one->lines[i], *b = &other->lines[j];

    return a->key_length == b->key_length && !memcmp(a->key, b->key, a->key_length);
}

/* Whether enough lines are the same from here, or both files end so. */
static BOOL together(const struct file *one, DWORD i, const struct file *other, DWORD j)
{
    for (DWORD n = 0; n < fc.needed; n++, i++, j++) {
        if (i == one->count || j == other->count)
            return n && i == one->count && j == other->count;
        if (!equal(one, i, other, j))
            return FALSE;
    }
    return TRUE;
}

static void show_line(const struct file *file, DWORD number)
{
    if (fc.numbers) {
        for (DWORD digits = 1, n = number + 1; digits < 5; digits++)
            if (!(n /= 10))
                put(" ", 1);
        put_number(number + 1);
        put(":  ", 3);
    }
    put(file->lines[number].text, file->lines[number].length);
    put("\r\n", 2);
}

static void show(const struct file *file, const WCHAR *name, DWORD from, DWORD to)
{
    put("***** ", 6);
    put_wide(name);
    put("\r\n", 2);
    for (DWORD i = from; i < to; i++) {
        if (fc.abbreviated && to - from > 2 && i != from && i + 1 != to) {
            if (i == from + 1)
                put("...\r\n", 5);
            continue;
        }
        show_line(file, i);
    }
}

/* Where the files agree again: the nearest place of both together. FALSE: not within the buffer. */
static BOOL resync(const struct file *one, DWORD *i, const struct file *other, DWORD *j)
{
    DWORD left = one->count - *i, right = other->count - *j;

    for (DWORD sum = 1; sum < 2 * fc.buffer && sum <= left + right; sum++)
        for (DWORD a = sum > right ? sum - right : 0; a <= sum && a <= left; a++)
            if (a < fc.buffer && sum - a < fc.buffer && together(one, *i + a, other, *j + sum - a)) {
                *i += a;
                *j += sum - a;
                return TRUE;
            }
    if (left >= fc.buffer || right >= fc.buffer)
        return FALSE;
    *i = one->count;
    *j = other->count;
    return TRUE;
}

static int compare_lines(struct file *one, struct file *other, const WCHAR *shown)
{
    DWORD i = 0, j = 0, from_i, from_j;
    BOOL differ = FALSE, found = TRUE;

    read_lines(one);
    read_lines(other);
    while (found && (i < one->count || j < other->count)) {
        if (i < one->count && j < other->count && equal(one, i, other, j)) {
            i++;
            j++;
            continue;
        }
        differ = TRUE;
        from_i = i ? i - 1 : 0;
        from_j = j ? j - 1 : 0;
        found = resync(one, &i, other, &j);
        if (!found) {
            i = min(i + fc.buffer, one->count);
            j = min(j + fc.buffer, other->count);
        }
        show(one, one->name, from_i, found && i < one->count ? i + 1 : i);
        show(other, shown, from_j, found && j < other->count ? j + 1 : j);
        put("*****\r\n\r\n", 9);
    }
    if (!found)
        put_wide(L"Resync Failed.  Files are too different.\r\n");
    if (!differ)
        put_wide(L"FC: no differences encountered\r\n\r\n");
    return differ;
}

/* -- bytes ------------------------------------------------------------------------------------------- */
static void hexadecimal(DWORD number, int digits)
{
    char text[8];

    for (int i = digits; i-- > 0; number >>= 4)
        text[i] = "0123456789ABCDEF"[number & 15];
    put(text, digits);
}

static BOOL next_byte(struct reader *in, unsigned char *byte)
{
    if (in->start == in->end) {
        reader_fill(in);
        if (in->start == in->end)
            return FALSE;
    }
    *byte = in->buffer[in->start++];
    return TRUE;
}

static void longer(const WCHAR *one, const WCHAR *other)
{
    put_wide(L"FC: ");
    put_wide(one);
    put_wide(L" longer than ");
    put_wide(other);
    put_wide(L"\r\n\r\n");
}

static int compare_bytes(const struct file *one, const struct file *other, const WCHAR *shown)
{
    struct reader first = {0}, second = {0};
    unsigned char a = 0, b = 0;
    BOOL more, other_more, differ = FALSE;

    reader_open(&first, open_named(one->name));
    reader_open(&second, open_named(other->name));
    for (DWORD at = 0;; at++) {
        more = next_byte(&first, &a);
        other_more = next_byte(&second, &b);
        if (!more || !other_more)
            break;
        if (a == b)
            continue;
        differ = TRUE;
        hexadecimal(at, 8);
        put(": ", 2);
        hexadecimal(a, 2);
        put(" ", 1);
        hexadecimal(b, 2);
        put("\r\n", 2);
    }
    if (more)
        longer(one->name, shown);
    else if (other_more)
        longer(shown, one->name);
    else
        put_wide(differ ? L"\r\n" : L"FC: no differences encountered\r\n\r\n");
    CloseHandle(first.file);
    CloseHandle(second.file);
    return differ || more || other_more;
}

/* -- the command line -------------------------------------------------------------------------------- */
static BOOL is_program(const WCHAR *name)
{
    static const WCHAR *const ends[] = {L".exe", L".com", L".sys", L".obj", L".lib", L".bin"};

    for (unsigned i = 0; i < LENGTH(ends); i++)
        if (lstrlenW(name) > 4 && is_word(name + lstrlenW(name) - 4, ends[i]))
            return TRUE;
    return FALSE;
}

static int compare(const WCHAR *one, const WCHAR *other)
{
    struct file first = {.name = one}, second = {.name = other};
    WCHAR upper[MAX_PATH];

    lstrcpynW(upper, other, MAX_PATH);
    LCMapStringW(LOCALE_INVARIANT, LCMAP_UPPERCASE, upper, -1, upper, LENGTH(upper));
    put_wide(L"Comparing files ");
    put_wide(one);
    put_wide(L" and ");
    put_wide(upper);
    put_wide(L"\r\n");
    if (fc.binary || (!fc.text && (is_program(one) || is_program(other))))
        return compare_bytes(&first, &second, upper);
    return compare_lines(&first, &second, upper);
}

/* Each file that the first name stands for with the second, or the one of its name in that folder. */
static int compare_masks(const WCHAR *one, const WCHAR *other)
{
    DWORD attributes = GetFileAttributesW(other);
    BOOL into = attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY);
    int folder = folder_length(one), status = 0, result;
    WCHAR *right, *path;
    struct list list;

    if (!is_wild(one) && !into)
        return compare(one, other);
    if (!list_files(&list, one, folder, one + folder)) {
        open_named(one);
        return 2;
    }
    right = ended(other, lstrlenW(other));
    while (next(&list)) {
        path = appended(right, lstrlenW(right), list.one.cFileName);
        result = compare(list.path, into ? path : other);
        status = max(status, result);
        release(path);
    }
    release(right);
    return status;
}

static BOOL option(const WCHAR *word)
{
    if (is_word(word, L"A"))
        fc.abbreviated = TRUE;
    else if (is_word(word, L"B"))
        fc.binary = TRUE;
    else if (is_word(word, L"C"))
        fc.folds = TRUE;
    else if (is_word(word, L"L"))
        fc.text = TRUE;
    else if (is_word(word, L"N"))
        fc.numbers = TRUE;
    else if (is_word(word, L"T"))
        fc.tabs = TRUE;
    else if (is_word(word, L"W"))
        fc.blanks = TRUE;
    else if ((*word & ~32) == 'L' && (word[1] & ~32) == 'B' && number_of(word + 2) > 0)
        fc.buffer = min(number_of(word + 2), 0x10000);
    else if (number_of(word) > 0)
        fc.needed = number_of(word);
    else
        return is_word(word, L"U") || is_word(word, L"OFF") || is_word(word, L"OFFLINE");
    return TRUE;
}

static int run(int count, WCHAR **words)
{
    const WCHAR *names[2];
    int named = 0;

    for (int i = 1; i < count; i++) {
        if (words[i][0] == '/' && words[i][1] == '?') {
            put_wide(L"Compares two files.\r\n\r\nFC [/A] [/C] [/L] [/LBn] [/N] [/T] [/W] [/n] file file\r\nFC /B file file\r\n\r\n"
                     L"  /A    only the first and last line of a difference      /N    line numbers\r\n"
                     L"  /B    byte by byte             /C    case does not count\r\n"
                     L"  /L    as text                  /LBn  at most n lines in a difference (100)\r\n"
                     L"  /T    tabs stay                /W    blanks do not count\r\n"
                     L"  /n    so many equal lines end a difference (2)\r\n");
            return 0;
        }
        if (words[i][0] == '/' ? !option(words[i] + 1) : named == 2) {
            complain(L"FC: Invalid Switch\r\n");
            return -1;
        }
        if (words[i][0] != '/')
            names[named++] = words[i];
    }
    if (named != 2) {
        complain(L"FC: Insufficient number of file specifications\r\n");
        return -1;
    }
    return compare_masks(names[0], names[1]);
}

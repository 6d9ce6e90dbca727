/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * findstr's patterns: what one is compiled to, and whether it matches from a place in a line on.
 */
#ifndef PATTERN_H
#define PATTERN_H

#include "tool.h"

enum kind { END, SET, LINE_START, LINE_END, WORD_START, WORD_END };

struct element {
    unsigned char kind, many; /* many: any number of it */
    unsigned char set[32];
};

static void include(unsigned char *set, unsigned char byte)
{
    set[byte >> 3] |= 1 << (byte & 7);
}

static BOOL includes(const unsigned char *set, unsigned char byte)
{
    return set[byte >> 3] >> (byte & 7) & 1;
}

static WCHAR wide(unsigned char byte)
{
    WCHAR made = 0;

    MultiByteToWideChar(tool.page, 0, (char *)&byte, 1, &made, 1);
    return made;
}

/* All from one to the other in the order of a dictionary. */
static void include_range(unsigned char *set, unsigned char from, unsigned char to)
{
    WCHAR first = wide(from), last = wide(to), c;

    for (int byte = 1; byte < 256; byte++) {
        c = wide(byte);
        if (CompareStringW(LOCALE_INVARIANT, SORT_STRINGSORT, &first, 1, &c, 1) != CSTR_GREATER_THAN &&
            CompareStringW(LOCALE_INVARIANT, SORT_STRINGSORT, &c, 1, &last, 1) != CSTR_GREATER_THAN)
            include(set, byte);
    }
}

/* Behind the opening bracket; where the closing one is, or NULL. */
static const char *class_(const char *at, struct element *e)
{
    BOOL outside = *at == '^';
    const char *first;

    if (outside)
        at++;
    for (first = at; *at && (*at != ']' || at == first); at++) {
        if (*at == '\\' && at[1])
            at++;
        if (at[1] == '-' && at[2] && at[2] != ']') {
            include_range(e->set, at[0], at[2]);
            at += 2;
        } else {
            include(e->set, *at);
        }
    }
    if (!*at)
        return NULL;
    if (outside)
        for (DWORD i = 0; i < sizeof(e->set); i++)
            e->set[i] = ~e->set[i];
    return at;
}

static void fold_set(unsigned char *set, const unsigned char *fold)
{
    for (int byte = 0; byte < 256; byte++)
        if (includes(set, fold[byte]))
            include(set, byte);
    for (int byte = 0; byte < 256; byte++)
        if (includes(set, byte))
            include(set, fold[byte]);
}

/* The elements of a pattern; a bracket that is not closed stands for itself.  fold: case does not count (or NULL). */
static struct element *compile(const char *text, const unsigned char *fold)
{
    struct element *made = grow(NULL, (lstrlenA(text) + 1) * sizeof(*made)), *e = made;
    const char *at, *first = text, *end;

    memset(made, 0, (lstrlenA(text) + 1) * sizeof(*made));
    for (at = text; *at; at++) {
        if (*at == '*' && e > made && e[-1].kind == SET && !e[-1].many) {
            e[-1].many = TRUE;
            continue;
        }
        e->kind = SET;
        if (*at == '^' && at == first) {
            e->kind = LINE_START;
        } else if (*at == '$' && !at[1]) {
            e->kind = LINE_END;
        } else if (*at == '.') {
            memset(e->set, 0xff, sizeof(e->set));
        } else if (*at == '[' && (end = class_(at + 1, e)) != NULL) {
            at = end;
        } else if (*at == '\\' && at[1]) {
            at++;
            if (*at == '<' || *at == '>')
                e->kind = *at == '<' ? WORD_START : WORD_END;
            else
                include(e->set, *at);
        } else {
            memset(e->set, 0, sizeof(e->set));
            include(e->set, *at);
        }
        if (e->kind == SET && fold)
            fold_set(e->set, fold);
        e++;
    }
    e->kind = END;
    return made;
}

static BOOL letter(const char *line, DWORD length, DWORD at)
{
    unsigned char c = at < length ? line[at] : ' ';

    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c >= 0x80;
}

/* Whether the elements match from here, and if wanted, up to the line's end. */
static BOOL matches(const struct element *e, const char *line, DWORD length, DWORD at, BOOL to_end)
{
    DWORD most;

    for (;; e++) {
        switch (e->kind) {
        case END:
            return !to_end || at == length;
        case LINE_START:
            if (at)
                return FALSE;
            break;
        case LINE_END:
            if (at != length)
                return FALSE;
            break;
        case WORD_START:
            if ((at && letter(line, length, at - 1)) || !letter(line, length, at))
                return FALSE;
            break;
        case WORD_END:
            if (!at || !letter(line, length, at - 1) || letter(line, length, at))
                return FALSE;
            break;
        default:
            if (!e->many) {
                if (at == length || !includes(e->set, line[at]))
                    return FALSE;
                at++;
                break;
            }
            for (most = at; most < length && includes(e->set, line[most]); most++)
                ;
            if (e[1].kind == END)
                return !to_end || most == length;
            for (; most > at; most--)
                if (matches(e + 1, line, length, most, to_end))
                    return TRUE;
        }
    }
}

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Character classes of the C locale.
 */
#include "crt.h"

#define CLASS(name, condition)      \
    int CRTAPI is##name(int c);      \
    int CRTAPI is##name(int c)       \
    {                               \
        return (condition) ? 1 : 0; \
    }
#define WCLASS(name, condition)     \
    int CRTAPI isw##name(wint_t c);  \
    int CRTAPI isw##name(wint_t c)   \
    {                               \
        return (condition) ? 1 : 0; \
    }
#define BETWEEN(low, high) (c >= (low) && c <= (high))
#define IS_UPPER BETWEEN('A', 'Z')
#define IS_LOWER BETWEEN('a', 'z')
#define IS_DIGIT BETWEEN('0', '9')
#define IS_ALPHA (IS_UPPER || IS_LOWER)
#define IS_SPACE (c == ' ' || BETWEEN('\t', '\r'))
#define IS_XDIGIT (IS_DIGIT || BETWEEN('a', 'f') || BETWEEN('A', 'F'))
#define IS_GRAPH BETWEEN('!', '~')
#define IS_CNTRL (c == 0x7f || BETWEEN(0, 0x1f))
#define IS_WCNTRL (c == 0x7f || c <= 0x1f)

CLASS(upper, IS_UPPER)
CLASS(lower, IS_LOWER)
CLASS(digit, IS_DIGIT)
CLASS(alpha, IS_ALPHA)
CLASS(alnum, IS_ALPHA || IS_DIGIT)
CLASS(space, IS_SPACE)
CLASS(xdigit, IS_XDIGIT)
CLASS(graph, IS_GRAPH)
CLASS(print, IS_GRAPH || c == ' ')
CLASS(punct, IS_GRAPH && !IS_ALPHA && !IS_DIGIT)
CLASS(cntrl, IS_CNTRL)
WCLASS(upper, IS_UPPER)
WCLASS(lower, IS_LOWER)
WCLASS(digit, IS_DIGIT)
WCLASS(alpha, IS_ALPHA)
WCLASS(alnum, IS_ALPHA || IS_DIGIT)
WCLASS(space, IS_SPACE)
WCLASS(xdigit, IS_XDIGIT)
WCLASS(graph, IS_GRAPH)
WCLASS(print, IS_GRAPH || c == ' ')
WCLASS(punct, IS_GRAPH && !IS_ALPHA && !IS_DIGIT)
WCLASS(cntrl, IS_WCNTRL)

#define CTYPE_UPPER 0x001
#define CTYPE_LOWER 0x002
#define CTYPE_DIGIT 0x004
#define CTYPE_SPACE 0x008
#define CTYPE_PUNCT 0x010
#define CTYPE_CONTROL 0x020
#define CTYPE_BLANK 0x040
#define CTYPE_HEX 0x080
#define CTYPE_ALPHA 0x100

int CRTAPI iswctype(wint_t c, unsigned short mask);

int CRTAPI iswctype(wint_t c, unsigned short mask)
{
    unsigned short type = 0;

    type |= IS_UPPER ? CTYPE_UPPER | CTYPE_ALPHA : 0;
    type |= IS_LOWER ? CTYPE_LOWER | CTYPE_ALPHA : 0;
    type |= IS_DIGIT ? CTYPE_DIGIT : 0;
    type |= IS_SPACE ? CTYPE_SPACE : 0;
    type |= IS_GRAPH && !IS_ALPHA && !IS_DIGIT ? CTYPE_PUNCT : 0;
    type |= IS_WCNTRL ? CTYPE_CONTROL : 0;
    type |= c == ' ' ? CTYPE_BLANK : 0;
    type |= IS_XDIGIT ? CTYPE_HEX : 0;
    return type & mask;
}

int CRTAPI tolower(int c)
{
    return IS_UPPER ? c + 32 : c;
}

int CRTAPI toupper(int c)
{
    return IS_LOWER ? c - 32 : c;
}

int CRTAPI _tolower(int c);
int CRTAPI _toupper(int c);
int CRTAPI __isascii(int c);
int CRTAPI __toascii(int c);
int CRTAPI __iscsym(int c);
int CRTAPI __iscsymf(int c);

int CRTAPI _tolower(int c)
{
    return c + 32;
}

int CRTAPI _toupper(int c)
{
    return c - 32;
}

int CRTAPI __isascii(int c)
{
    return (unsigned)c < 0x80;
}

int CRTAPI __toascii(int c)
{
    return c & 0x7f;
}

int CRTAPI __iscsym(int c)
{
    return IS_ALPHA || IS_DIGIT || c == '_';
}

int CRTAPI __iscsymf(int c)
{
    return IS_ALPHA || c == '_';
}

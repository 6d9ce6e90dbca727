/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * C string functions for one character type. The includer defines
 *   CH: the character, UCH: its unsigned type, S(name): the function's name, LOWER(c), UPPER(c).
 */
size_t CRTAPI S(len)(const CH *s)
{
    const CH *p = s;

    while (*p)
        p++;
    return (size_t)(p - s);
}

CH *CRTAPI S(cpy)(CH *to, const CH *from)
{
    CH *out = to;

    while ((*out++ = *from++) != 0)
        ;
    return to;
}

CH *CRTAPI S(ncpy)(CH *to, const CH *from, size_t n)
{
    size_t i = 0;

    for (; i < n && from[i]; i++)
        to[i] = from[i];
    for (; i < n; i++)
        to[i] = 0;
    return to;
}

CH *CRTAPI S(cat)(CH *to, const CH *from)
{
    S(cpy)(to + S(len)(to), from);
    return to;
}

CH *CRTAPI S(ncat)(CH *to, const CH *from, size_t n)
{
    CH *out = to + S(len)(to);

    while (n-- && *from)
        *out++ = *from++;
    *out = 0;
    return to;
}

int CRTAPI S(cmp)(const CH *a, const CH *b)
{
    for (; *a && *a == *b; a++, b++)
        ;
    return *a == *b ? 0 : (UCH)*a < (UCH)*b ? -1 : 1;
}

int CRTAPI S(ncmp)(const CH *a, const CH *b, size_t n)
{
    for (; n && *a && *a == *b; n--, a++, b++)
        ;
    return n ? (int)(UCH)*a - (int)(UCH)*b : 0;
}

CH *CRTAPI S(rchr)(const CH *s, CHARG c)
{
    const CH *found = NULL;

    do {
        if (*s == (CH)c)
            found = s;
    } while (*s++);
    return (CH *)found;
}

CH *CRTAPI S(chr)(const CH *s, CHARG c)
{
    for (; *s != (CH)c; s++)
        if (!*s)
            return NULL;
    return (CH *)s;
}

CH *CRTAPI S(str)(const CH *s, const CH *what)
{
    size_t length = S(len)(what);

    for (;; s++) {
        if (!S(ncmp)(s, what, length))
            return (CH *)s;
        if (!*s)
            return NULL;
    }
}

size_t CRTAPI S(spn)(const CH *s, const CH *set)
{
    size_t n = 0;

    while (s[n] && S(chr)(set, s[n]))
        n++;
    return n;
}

size_t CRTAPI S(cspn)(const CH *s, const CH *set)
{
    size_t n = 0;

    while (s[n] && !S(chr)(set, s[n]))
        n++;
    return n;
}

CH *CRTAPI S(pbrk)(const CH *s, const CH *set)
{
    s += S(cspn)(s, set);
    return *s ? (CH *)s : NULL;
}

int CRTAPI SI(icmp)(const CH *a, const CH *b)
{
    return SI(nicmp)(a, b, (size_t)-1);
}

int CRTAPI SI(nicmp)(const CH *a, const CH *b, size_t n)
{
    for (; n; n--, a++, b++) {
        int difference = (int)LOWER((UCH)*a) - (int)LOWER((UCH)*b);
        if (difference || !*a)
            return difference;
    }
    return 0;
}

CH *CRTAPI SI(lwr)(CH *s)
{
    for (CH *p = s; *p; p++)
        *p = (CH)LOWER((UCH)*p);
    return s;
}

CH *CRTAPI SI(upr)(CH *s)
{
    for (CH *p = s; *p; p++)
        *p = (CH)UPPER((UCH)*p);
    return s;
}

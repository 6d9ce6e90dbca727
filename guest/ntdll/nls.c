/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Characters: case, and conversion between UTF-16 and the ANSI (1252) and OEM (437) code pages. Single byte code pages
 * only. Tables of Windows' own format are used where the kernel has mapped them and put them into the PEB; without them
 * the built-in ones serve: Latin, Greek and Cyrillic case pairs.
 */
#include "ntdll.h"

#define CODEPAGE_MULTIBYTE 2 /* index of the maximum character size in a code page file */

/* Exported variables: the ANSI code page, and whether the code pages have characters of more than one byte. */
extern USHORT NlsAnsiCodePage;
extern BOOLEAN NlsMbCodePageTag, NlsMbOemCodePageTag;
USHORT NlsAnsiCodePage = 1252;
BOOLEAN NlsMbCodePageTag, NlsMbOemCodePageTag;

static const WCHAR cp1252_high[32] = {0x20ac, 0x81,   0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
                                      0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d,   0x017d, 0x8f,
                                      0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                      0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d,   0x017e, 0x0178};

static const WCHAR cp437_high[128] = {
    0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8, 0x00ef, 0x00ee,
    0x00ec, 0x00c4, 0x00c5, 0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9, 0x00ff, 0x00d6,
    0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192, 0x00e1, 0x00ed, 0x00f3, 0x00fa, 0x00f1, 0x00d1, 0x00aa,
    0x00ba, 0x00bf, 0x2310, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb, 0x2591, 0x2592, 0x2593, 0x2502,
    0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255d, 0x255c, 0x255b, 0x2510, 0x2514,
    0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f, 0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550,
    0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256b, 0x256a, 0x2518, 0x250c,
    0x2588, 0x2584, 0x258c, 0x2590, 0x2580, 0x03b1, 0x00df, 0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4,
    0x03a6, 0x0398, 0x03a9, 0x03b4, 0x221e, 0x03c6, 0x03b5, 0x2229, 0x2261, 0x00b1, 0x2265, 0x2264, 0x2320,
    0x2321, 0x00f7, 0x2248, 0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0};

/* The 256 characters of a mapped code page file, or NULL: none mapped, or more than one byte a character. */
static const WCHAR *mapped_codepage(const USHORT *file)
{
    return file && file[CODEPAGE_MULTIBYTE] == 1 ? file + file[0] + 1 : NULL;
}

static WCHAR ansi_to_unicode(UCHAR c)
{
    const WCHAR *mapped = mapped_codepage(NtCurrentPeb()->AnsiCodePageData);

    if (mapped)
        return mapped[c];
    return c >= 0x80 && c < 0xa0 ? cp1252_high[c - 0x80] : c;
}

static WCHAR oem_to_unicode(UCHAR c)
{
    const WCHAR *mapped = mapped_codepage(NtCurrentPeb()->OemCodePageData);

    if (mapped)
        return mapped[c];
    return c >= 0x80 ? cp437_high[c - 0x80] : c;
}

static UCHAR search(const WCHAR *table, unsigned first, unsigned count, WCHAR c)
{
    for (unsigned i = 0; i < count; i++)
        if (table[i] == c)
            return (UCHAR)(first + i);
    return '?';
}

static UCHAR unicode_to_ansi(WCHAR c)
{
    const WCHAR *mapped = mapped_codepage(NtCurrentPeb()->AnsiCodePageData);

    if (mapped)
        return search(mapped, 0, 256, c);
    if (c < 0x80 || (c >= 0xa0 && c < 0x100))
        return (UCHAR)c;
    return search(cp1252_high, 0x80, COUNT_OF(cp1252_high), c);
}

static UCHAR unicode_to_oem(WCHAR c)
{
    const WCHAR *mapped = mapped_codepage(NtCurrentPeb()->OemCodePageData);

    if (mapped)
        return search(mapped, 0, 256, c);
    return c < 0x80 ? (UCHAR)c : search(cp437_high, 0x80, COUNT_OF(cp437_high), c);
}

/* Case table file: a three level trie of differences, for upper case first, then for lower case. */
static WCHAR mapped_case(const USHORT *trie, WCHAR c)
{
    return (WCHAR)(c + trie[trie[trie[c >> 8] + ((c >> 4) & 15)] + (c & 15)]);
}

WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR c)
{
    const USHORT *file = NtCurrentPeb()->UnicodeCaseTableData;

    if (c < 0x80)
        return c >= 'a' && c <= 'z' ? (WCHAR)(c - 32) : c;
    if (file)
        return mapped_case(file + 2, c);
    if ((c >= 0xe0 && c <= 0xfe && c != 0xf7) || (c >= 0x3b1 && c <= 0x3cb && c != 0x3c2) ||
        (c >= 0x430 && c <= 0x44f))
        return (WCHAR)(c - 32);
    if (c == 0xff)
        return 0x178;
    if (c >= 0x450 && c <= 0x45f)
        return (WCHAR)(c - 80);
    if ((c >= 0x101 && c <= 0x137 && c != 0x131) || (c >= 0x14b && c <= 0x177) || (c >= 0x461 && c <= 0x481))
        return (WCHAR)(c & ~1);
    if ((c >= 0x13a && c <= 0x148) || (c >= 0x17a && c <= 0x17e))
        return (WCHAR)(c - !(c & 1));
    return c;
}

WCHAR NTAPI RtlDowncaseUnicodeChar(WCHAR c)
{
    const USHORT *file = NtCurrentPeb()->UnicodeCaseTableData;

    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? (WCHAR)(c + 32) : c;
    if (file)
        return mapped_case(file + 2 + file[1], c);
    if ((c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3ab && c != 0x3a2) ||
        (c >= 0x410 && c <= 0x42f))
        return (WCHAR)(c + 32);
    if (c == 0x178)
        return 0xff;
    if (c >= 0x400 && c <= 0x40f)
        return (WCHAR)(c + 80);
    if ((c >= 0x100 && c <= 0x136 && c != 0x130) || (c >= 0x14a && c <= 0x176) || (c >= 0x460 && c <= 0x480))
        return (WCHAR)(c | 1);
    if ((c >= 0x139 && c <= 0x147) || (c >= 0x179 && c <= 0x17d))
        return (WCHAR)(c + (c & 1));
    return c;
}

wint_t CRTAPI towupper(wint_t c)
{
    return RtlUpcaseUnicodeChar(c);
}

wint_t CRTAPI towlower(wint_t c)
{
    return RtlDowncaseUnicodeChar(c);
}

CHAR NTAPI RtlUpperChar(CHAR c)
{
    UCHAR byte = (UCHAR)c;

    if (byte < 0x80)
        return (CHAR)(byte >= 'a' && byte <= 'z' ? byte - 32 : byte);
    return (CHAR)unicode_to_ansi(RtlUpcaseUnicodeChar(ansi_to_unicode(byte)));
}

WCHAR NTAPI RtlAnsiCharToUnicodeChar(PUCHAR *Cursor)
{
    return ansi_to_unicode(*(*Cursor)++);
}

static NTSTATUS widen(PWCH to, ULONG to_bytes, PULONG written, const CHAR *from, ULONG from_bytes,
                      WCHAR (*convert)(UCHAR))
{
    ULONG count = to_bytes / sizeof(WCHAR);
    NTSTATUS status = count < from_bytes ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;

    if (count > from_bytes)
        count = from_bytes;
    for (ULONG i = 0; i < count; i++)
        to[i] = convert((UCHAR)from[i]);
    if (written)
        *written = count * sizeof(WCHAR);
    return status;
}

static NTSTATUS narrow(PCHAR to, ULONG to_bytes, PULONG written, PCWCH from, ULONG from_bytes, BOOLEAN upcase,
                       UCHAR (*convert)(WCHAR))
{
    ULONG count = from_bytes / sizeof(WCHAR);
    NTSTATUS status = to_bytes < count ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;

    if (count > to_bytes)
        count = to_bytes;
    for (ULONG i = 0; i < count; i++)
        to[i] = (CHAR)convert(upcase ? RtlUpcaseUnicodeChar(from[i]) : from[i]);
    if (written)
        *written = count;
    return status;
}

NTSTATUS NTAPI RtlMultiByteToUnicodeN(PWCH to, ULONG to_bytes, PULONG written, const CHAR *from, ULONG from_bytes)
{
    return widen(to, to_bytes, written, from, from_bytes, ansi_to_unicode);
}

NTSTATUS NTAPI RtlOemToUnicodeN(PWCH to, ULONG to_bytes, PULONG written, const CHAR *from, ULONG from_bytes)
{
    return widen(to, to_bytes, written, from, from_bytes, oem_to_unicode);
}

NTSTATUS NTAPI RtlMultiByteToUnicodeSize(PULONG bytes, const CHAR *from, ULONG from_bytes)
{
    (void)from;
    *bytes = from_bytes * sizeof(WCHAR);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeToMultiByteSize(PULONG bytes, PWCH from, ULONG from_bytes)
{
    (void)from;
    *bytes = from_bytes / sizeof(WCHAR);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeToMultiByteN(PCHAR to, ULONG to_bytes, PULONG written, PCWCH from, ULONG from_bytes)
{
    return narrow(to, to_bytes, written, from, from_bytes, FALSE, unicode_to_ansi);
}

NTSTATUS NTAPI RtlUpcaseUnicodeToMultiByteN(PCHAR to, ULONG to_bytes, PULONG written, PCWCH from, ULONG from_bytes)
{
    return narrow(to, to_bytes, written, from, from_bytes, TRUE, unicode_to_ansi);
}

NTSTATUS NTAPI RtlUnicodeToOemN(PCHAR to, ULONG to_bytes, PULONG written, PCWCH from, ULONG from_bytes)
{
    return narrow(to, to_bytes, written, from, from_bytes, FALSE, unicode_to_oem);
}

NTSTATUS NTAPI RtlUpcaseUnicodeToOemN(PCHAR to, ULONG to_bytes, PULONG written, PCWCH from, ULONG from_bytes)
{
    return narrow(to, to_bytes, written, from, from_bytes, TRUE, unicode_to_oem);
}

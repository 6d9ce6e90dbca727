/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Integers and GUIDs to strings and back. A negative Length of RtlIntegerToChar pads with zeros and leaves no
 * terminator; parsing takes the prefixes 0b, 0o and 0x where no base is given.
 */
#include "ntdll.h"

static BOOLEAN base_is_valid(ULONG base)
{
    return base == 2 || base == 8 || base == 10 || base == 16;
}

static NTSTATUS number_to_char(ULONGLONG value, ULONG base, LONG length, PCHAR string)
{
    char digits[65], *end = digits + sizeof(digits);
    LONG count, pad;

    if (!base)
        base = 10;
    if (!base_is_valid(base))
        return STATUS_INVALID_PARAMETER;
    count = (LONG)crt_digits(value, base, 1, end);
    if (length < 0) {
        pad = -length - count;
        if (pad < 0)
            return STATUS_BUFFER_OVERFLOW;
        memset(string, '0', (size_t)pad);
        memcpy(string + pad, end - count, (size_t)count);
        return STATUS_SUCCESS;
    }
    if (count > length)
        return STATUS_BUFFER_OVERFLOW;
    memcpy(string, end - count, (size_t)count);
    if (count < length)
        string[count] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlIntegerToChar(ULONG Value, ULONG Base, LONG Length, PCHAR String)
{
    return number_to_char(Value, Base, Length, String);
}

NTSTATUS NTAPI RtlLargeIntegerToChar(const ULONGLONG *Value, ULONG Base, LONG Length, PCHAR String)
{
    return number_to_char(*Value, Base, Length, String);
}

static NTSTATUS number_to_unicode(ULONGLONG value, ULONG base, PUNICODE_STRING string)
{
    char digits[66];
    STRING ansi;
    NTSTATUS status = number_to_char(value, base, sizeof(digits), digits);

    if (!NT_SUCCESS(status))
        return status;
    RtlInitAnsiString(&ansi, digits);
    return RtlAnsiStringToUnicodeString(string, &ansi, FALSE);
}

NTSTATUS NTAPI RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String)
{
    return number_to_unicode(Value, Base, String);
}

NTSTATUS NTAPI RtlInt64ToUnicodeString(ULONGLONG Value, ULONG Base, PUNICODE_STRING String)
{
    return number_to_unicode(Value, Base, String);
}

static ULONG digit_value(WCHAR c)
{
    if (c >= '0' && c <= '9')
        return (ULONG)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (ULONG)(c - 'a' + 10);
    if (c >= 'A' && c <= 'F')
        return (ULONG)(c - 'A' + 10);
    return 99;
}

static WCHAR get(const VOID *text, BOOLEAN wide, ULONG at, ULONG count)
{
    if (at >= count)
        return 0;
    return wide ? ((const WCHAR *)text)[at] : ((const UCHAR *)text)[at];
}

static NTSTATUS parse(const VOID *text, BOOLEAN wide, ULONG count, ULONG base, PULONG value)
{
    ULONG at = 0, result = 0;
    BOOLEAN negative = FALSE;
    WCHAR c;

    while (at < count && get(text, wide, at, count) && get(text, wide, at, count) <= ' ')
        at++;
    c = get(text, wide, at, count);
    if (c == '+' || c == '-') {
        negative = c == '-';
        at++;
    }
    if (!base) {
        base = 10;
        if (get(text, wide, at, count) == '0') {
            switch (get(text, wide, at + 1, count)) {
            case 'b': base = 2; break;
            case 'o': base = 8; break;
            case 'x': base = 16; break;
            default: break;
            }
            at += base == 10 ? 0 : 2;
        }
    } else if (!base_is_valid(base)) {
        return STATUS_INVALID_PARAMETER;
    }
    while (digit_value(get(text, wide, at, count)) < base)
        result = result * base + digit_value(get(text, wide, at++, count));
    *value = negative ? 0 - result : result;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value)
{
    return parse(String->Buffer, TRUE, String->Length / sizeof(WCHAR), Base, Value);
}

NTSTATUS NTAPI RtlCharToInteger(PCSZ String, ULONG Base, PULONG Value)
{
    return parse(String, FALSE, 0xffffffff, Base, Value);
}

#define GUID_CHARS 38

NTSTATUS NTAPI RtlStringFromGUID(const GUID *Guid, PUNICODE_STRING String)
{
    PWSTR text = heap_alloc((GUID_CHARS + 1) * sizeof(WCHAR));

    if (!text)
        return STATUS_NO_MEMORY;
    swprintf(text, L"{%08lX-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}", Guid->Data1, Guid->Data2, Guid->Data3,
             Guid->Data4[0], Guid->Data4[1], Guid->Data4[2], Guid->Data4[3], Guid->Data4[4], Guid->Data4[5],
             Guid->Data4[6], Guid->Data4[7]);
    RtlInitUnicodeString(String, text);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlGUIDFromString(PCUNICODE_STRING String, GUID *Guid)
{
    static const char shape[GUID_CHARS + 1] = "{dddddddd-dddd-dddd-dddd-dddddddddddd}";
    /* Where each byte of the GUID lies in memory, in the order of the text. */
    static const UCHAR place[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    UCHAR bytes[16];
    ULONG digits = 0;

    if (String->Length < GUID_CHARS * sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER;
    for (ULONG i = 0; i < GUID_CHARS; i++) {
        WCHAR c = String->Buffer[i];
        ULONG value = digit_value(c);
        if (shape[i] != 'd') {
            if (c != (WCHAR)shape[i])
                return STATUS_INVALID_PARAMETER;
            continue;
        }
        if (value > 15)
            return STATUS_INVALID_PARAMETER;
        if (digits % 2)
            bytes[place[digits / 2]] |= (UCHAR)value;
        else
            bytes[place[digits / 2]] = (UCHAR)(value << 4);
        digits++;
    }
    memcpy(Guid, bytes, sizeof(bytes));
    return STATUS_SUCCESS;
}

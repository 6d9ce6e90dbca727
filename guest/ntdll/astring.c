/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counted 8-bit strings, ANSI and OEM, and conversion of whole strings from and to UTF-16. Converted strings are
 * terminated; a destination that the caller gave must have room for the terminator too.
 */
#include "ntdll.h"

typedef NTSTATUS(NTAPI *TO_BYTES)(PCHAR, ULONG, PULONG, PCWCH, ULONG);
typedef NTSTATUS(NTAPI *TO_UNICODE)(PWCH, ULONG, PULONG, const CHAR *, ULONG);

VOID NTAPI RtlInitString(PSTRING String, PCSZ Source)
{
    size_t length = Source ? strlen(Source) : 0;

    if (length > 0xfffe)
        length = 0xfffe;
    String->Length = (USHORT)length;
    String->MaximumLength = Source ? (USHORT)(length + 1) : 0;
    String->Buffer = (PCHAR)Source;
}

VOID NTAPI RtlInitAnsiString(PSTRING String, PCSZ Source)
{
    RtlInitString(String, Source);
}

NTSTATUS NTAPI RtlInitStringEx(PSTRING String, PCSZ Source)
{
    if (Source && strlen(Source) > 0xfffe)
        return STATUS_NAME_TOO_LONG;
    RtlInitString(String, Source);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlInitAnsiStringEx(PSTRING String, PCSZ Source)
{
    return RtlInitStringEx(String, Source);
}

VOID NTAPI RtlFreeAnsiString(PSTRING String)
{
    if (String->Buffer)
        heap_free(String->Buffer);
    String->Buffer = NULL;
    String->Length = String->MaximumLength = 0;
}

VOID NTAPI RtlFreeOemString(PSTRING String)
{
    RtlFreeAnsiString(String);
}

VOID NTAPI RtlCopyString(PSTRING Destination, const STRING *Source)
{
    USHORT length = 0;

    if (Source) {
        length = Source->Length < Destination->MaximumLength ? Source->Length : Destination->MaximumLength;
        memmove(Destination->Buffer, Source->Buffer, length);
    }
    Destination->Length = length;
}

static NTSTATUS append(PSTRING destination, const char *text, size_t length)
{
    if (destination->Length + length > destination->MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    memmove(destination->Buffer + destination->Length, text, length);
    destination->Length = (USHORT)(destination->Length + length);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAppendStringToString(PSTRING Destination, const STRING *Source)
{
    return append(Destination, Source->Buffer, Source->Length);
}

NTSTATUS NTAPI RtlAppendAsciizToString(PSTRING Destination, PCSZ Source)
{
    return Source ? append(Destination, Source, strlen(Source)) : STATUS_SUCCESS;
}

LONG NTAPI RtlCompareString(const STRING *String1, const STRING *String2, BOOLEAN CaseInsensitive)
{
    for (ULONG i = 0; i < String1->Length && i < String2->Length; i++) {
        UCHAR a = (UCHAR)String1->Buffer[i], b = (UCHAR)String2->Buffer[i];
        if (CaseInsensitive) {
            a = (UCHAR)RtlUpperChar((CHAR)a);
            b = (UCHAR)RtlUpperChar((CHAR)b);
        }
        if (a != b)
            return (LONG)a - (LONG)b;
    }
    return (LONG)String1->Length - (LONG)String2->Length;
}

BOOLEAN NTAPI RtlEqualString(const STRING *String1, const STRING *String2, BOOLEAN CaseInsensitive)
{
    return String1->Length == String2->Length && !RtlCompareString(String1, String2, CaseInsensitive);
}

BOOLEAN NTAPI RtlPrefixString(const STRING *String1, const STRING *String2, BOOLEAN CaseInsensitive)
{
    STRING head = {.Length = String1->Length, .Buffer = String2->Buffer};

    return String1->Length <= String2->Length && !RtlCompareString(String1, &head, CaseInsensitive);
}

VOID NTAPI RtlUpperString(PSTRING Destination, const STRING *Source)
{
    USHORT length = Source->Length < Destination->MaximumLength ? Source->Length : Destination->MaximumLength;

    for (ULONG i = 0; i < length; i++)
        Destination->Buffer[i] = RtlUpperChar(Source->Buffer[i]);
    Destination->Length = length;
}

ULONG NTAPI RtlAnsiStringToUnicodeSize(const STRING *String)
{
    return (String->Length + 1) * sizeof(WCHAR);
}

ULONG NTAPI RtlUnicodeStringToAnsiSize(PCUNICODE_STRING String)
{
    return String->Length / sizeof(WCHAR) + 1;
}

static NTSTATUS to_unicode(PUNICODE_STRING destination, const STRING *source, BOOLEAN allocate, TO_UNICODE convert)
{
    ULONG bytes = RtlAnsiStringToUnicodeSize(source), written;

    if (bytes > 0xffff)
        return STATUS_INVALID_PARAMETER_2;
    if (allocate) {
        destination->Buffer = heap_alloc(bytes);
        if (!destination->Buffer)
            return STATUS_NO_MEMORY;
        destination->MaximumLength = (USHORT)bytes;
    } else if (bytes > destination->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    destination->Length = (USHORT)(bytes - sizeof(WCHAR));
    convert(destination->Buffer, destination->Length, &written, source->Buffer, source->Length);
    destination->Buffer[written / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAnsiStringToUnicodeString(PUNICODE_STRING Destination, PCANSI_STRING Source, BOOLEAN Allocate)
{
    return to_unicode(Destination, Source, Allocate, RtlMultiByteToUnicodeN);
}

NTSTATUS NTAPI RtlOemStringToUnicodeString(PUNICODE_STRING Destination, const STRING *Source, BOOLEAN Allocate)
{
    return to_unicode(Destination, Source, Allocate, RtlOemToUnicodeN);
}

/* A destination that is too small gets what fits, terminated, and STATUS_BUFFER_OVERFLOW. */
static NTSTATUS to_bytes(PSTRING destination, PCUNICODE_STRING source, BOOLEAN allocate, TO_BYTES convert)
{
    ULONG bytes = RtlUnicodeStringToAnsiSize(source), written;
    NTSTATUS status = STATUS_SUCCESS;

    destination->Length = (USHORT)(bytes - 1);
    if (allocate) {
        destination->Buffer = heap_alloc(bytes);
        if (!destination->Buffer)
            return STATUS_NO_MEMORY;
        destination->MaximumLength = (USHORT)bytes;
    } else if (bytes > destination->MaximumLength) {
        if (!destination->MaximumLength)
            return STATUS_BUFFER_OVERFLOW;
        destination->Length = destination->MaximumLength - 1;
        status = STATUS_BUFFER_OVERFLOW;
    }
    convert(destination->Buffer, destination->Length, &written, source->Buffer, source->Length);
    destination->Buffer[written] = 0;
    return status;
}

NTSTATUS NTAPI RtlUnicodeStringToAnsiString(PSTRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate)
{
    return to_bytes(Destination, Source, Allocate, RtlUnicodeToMultiByteN);
}

NTSTATUS NTAPI RtlUnicodeStringToOemString(PSTRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate)
{
    return to_bytes(Destination, Source, Allocate, RtlUnicodeToOemN);
}

NTSTATUS NTAPI RtlUpcaseUnicodeStringToAnsiString(PSTRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate)
{
    return to_bytes(Destination, Source, Allocate, RtlUpcaseUnicodeToMultiByteN);
}

NTSTATUS NTAPI RtlUpcaseUnicodeStringToOemString(PSTRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate)
{
    return to_bytes(Destination, Source, Allocate, RtlUpcaseUnicodeToOemN);
}

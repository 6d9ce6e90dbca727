/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counted UTF-16 strings. Lengths are bytes in 16 bits; a terminator, where there is room, is beyond Length.
 */
#include "ntdll.h"

VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING String, PCWSTR Source)
{
    size_t bytes = Source ? wcslen(Source) * sizeof(WCHAR) : 0;

    if (bytes > MAX_USTRING)
        bytes = MAX_USTRING;
    String->Length = (USHORT)bytes;
    String->MaximumLength = Source ? (USHORT)(bytes + sizeof(WCHAR)) : 0;
    String->Buffer = (PWSTR)Source;
}

NTSTATUS NTAPI RtlInitUnicodeStringEx(PUNICODE_STRING String, PCWSTR Source)
{
    if (Source && wcslen(Source) * sizeof(WCHAR) > MAX_USTRING)
        return STATUS_NAME_TOO_LONG;
    RtlInitUnicodeString(String, Source);
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI RtlCreateUnicodeString(PUNICODE_STRING String, PCWSTR Source)
{
    size_t bytes = (wcslen(Source) + 1) * sizeof(WCHAR);

    if (bytes > 0xfffe)
        return FALSE;
    String->Buffer = heap_alloc(bytes);
    if (!String->Buffer)
        return FALSE;
    memcpy(String->Buffer, Source, bytes);
    String->Length = (USHORT)(bytes - sizeof(WCHAR));
    String->MaximumLength = (USHORT)bytes;
    return TRUE;
}

BOOLEAN NTAPI RtlCreateUnicodeStringFromAsciiz(PUNICODE_STRING String, LPCSTR Source)
{
    STRING ansi;

    RtlInitAnsiString(&ansi, Source);
    return NT_SUCCESS(RtlAnsiStringToUnicodeString(String, &ansi, TRUE));
}

VOID NTAPI RtlFreeUnicodeString(PUNICODE_STRING String)
{
    if (String->Buffer)
        heap_free(String->Buffer);
    String->Buffer = NULL;
    String->Length = String->MaximumLength = 0;
}

#define DUPLICATE_NULL_TERMINATE 1
#define DUPLICATE_ALLOCATE_NULL 2

NTSTATUS NTAPI RtlDuplicateUnicodeString(ULONG Flags, PCUNICODE_STRING Source, PUNICODE_STRING Destination)
{
    USHORT length;
    ULONG room;

    if (!Source || !Destination || Flags > 3 || Flags == DUPLICATE_ALLOCATE_NULL ||
        Source->Length > Source->MaximumLength || (Source->Length && !Source->Buffer))
        return STATUS_INVALID_PARAMETER;
    length = Source->Length;
    if ((Flags & DUPLICATE_NULL_TERMINATE) && length > MAX_USTRING)
        return STATUS_NAME_TOO_LONG;
    room = length + (Flags & DUPLICATE_NULL_TERMINATE ? sizeof(WCHAR) : 0);
    if (!length && Flags != (DUPLICATE_NULL_TERMINATE | DUPLICATE_ALLOCATE_NULL))
        room = 0;
    Destination->Buffer = room ? heap_alloc(room) : NULL;
    if (room && !Destination->Buffer)
        return STATUS_NO_MEMORY;
    if (length)
        memcpy(Destination->Buffer, Source->Buffer, length);
    if (room > length)
        Destination->Buffer[length / sizeof(WCHAR)] = 0;
    Destination->Length = length;
    Destination->MaximumLength = (USHORT)room;
    return STATUS_SUCCESS;
}

VOID NTAPI RtlCopyUnicodeString(PUNICODE_STRING Destination, PCUNICODE_STRING Source)
{
    USHORT length = 0;

    if (Source) {
        length = Source->Length < Destination->MaximumLength ? Source->Length : Destination->MaximumLength;
        memmove(Destination->Buffer, Source->Buffer, length);
        if ((ULONG)length + sizeof(WCHAR) <= Destination->MaximumLength)
            Destination->Buffer[length / sizeof(WCHAR)] = 0;
    }
    Destination->Length = length;
}

static NTSTATUS append(PUNICODE_STRING destination, const WCHAR *text, ULONG bytes)
{
    if ((ULONG)destination->Length + bytes > destination->MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    memmove((PUCHAR)destination->Buffer + destination->Length, text, bytes);
    destination->Length = (USHORT)(destination->Length + bytes);
    if ((ULONG)destination->Length + sizeof(WCHAR) <= destination->MaximumLength)
        destination->Buffer[destination->Length / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source)
{
    return Source->Length ? append(Destination, Source->Buffer, Source->Length) : STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source)
{
    size_t bytes = Source ? wcslen(Source) * sizeof(WCHAR) : 0;

    if (bytes > MAX_USTRING)
        return STATUS_BUFFER_TOO_SMALL;
    return bytes ? append(Destination, Source, (ULONG)bytes) : STATUS_SUCCESS;
}

LONG NTAPI RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInsensitive)
{
    ULONG count1 = String1->Length / sizeof(WCHAR), count2 = String2->Length / sizeof(WCHAR);

    for (ULONG i = 0; i < count1 && i < count2; i++) {
        WCHAR a = String1->Buffer[i], b = String2->Buffer[i];
        if (a != b && CaseInsensitive) {
            a = RtlUpcaseUnicodeChar(a);
            b = RtlUpcaseUnicodeChar(b);
        }
        if (a != b)
            return (LONG)a - (LONG)b;
    }
    return (LONG)String1->Length - (LONG)String2->Length;
}

BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInsensitive)
{
    return String1->Length == String2->Length && !RtlCompareUnicodeString(String1, String2, CaseInsensitive);
}

BOOLEAN NTAPI RtlPrefixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInsensitive)
{
    UNICODE_STRING head = {.Length = String1->Length, .Buffer = String2->Buffer};

    return String1->Length <= String2->Length && !RtlCompareUnicodeString(String1, &head, CaseInsensitive);
}

static NTSTATUS change_case(PUNICODE_STRING destination, PCUNICODE_STRING source, BOOLEAN allocate,
                            WCHAR(NTAPI *change)(WCHAR))
{
    if (allocate) {
        destination->MaximumLength = source->Length;
        destination->Buffer = heap_alloc(source->Length);
        if (!destination->Buffer)
            return STATUS_NO_MEMORY;
    } else if (source->Length > destination->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (ULONG i = 0; i < source->Length / sizeof(WCHAR); i++)
        destination->Buffer[i] = change(source->Buffer[i]);
    destination->Length = source->Length;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUpcaseUnicodeString(PUNICODE_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate)
{
    return change_case(Destination, Source, Allocate, RtlUpcaseUnicodeChar);
}

NTSTATUS NTAPI RtlDowncaseUnicodeString(PUNICODE_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate)
{
    return change_case(Destination, Source, Allocate, RtlDowncaseUnicodeChar);
}

#define HASH_DEFAULT 0
#define HASH_X65599 1
#define HASH_INVALID 0xffffffffu

NTSTATUS NTAPI RtlHashUnicodeString(PCUNICODE_STRING String, BOOLEAN CaseInsensitive, ULONG Algorithm, PULONG Hash)
{
    ULONG hash = 0;

    if (!String || !Hash)
        return STATUS_INVALID_PARAMETER;
    if (Algorithm != HASH_DEFAULT && Algorithm != HASH_X65599) {
        *Hash = 0;
        return STATUS_INVALID_PARAMETER;
    }
    for (ULONG i = 0; i < String->Length / sizeof(WCHAR); i++) {
        WCHAR c = String->Buffer[i];
        hash = hash * 65599 + (CaseInsensitive ? RtlUpcaseUnicodeChar(c) : c);
    }
    *Hash = hash;
    return STATUS_SUCCESS;
}

#define FIND_FROM_END 1
#define FIND_COMPLEMENT 2
#define FIND_CASE_INSENSITIVE 4

static BOOLEAN in_set(WCHAR c, PCUNICODE_STRING set, BOOLEAN insensitive)
{
    for (ULONG i = 0; i < set->Length / sizeof(WCHAR); i++)
        if (set->Buffer[i] == c ||
            (insensitive && RtlUpcaseUnicodeChar(set->Buffer[i]) == RtlUpcaseUnicodeChar(c)))
            return TRUE;
    return FALSE;
}

/* The position is in bytes: of the character from the end, behind the character from the start. */
NTSTATUS NTAPI RtlFindCharInUnicodeString(ULONG Flags, PCUNICODE_STRING String, PCUNICODE_STRING Set,
                                          PUSHORT Position)
{
    ULONG count = String->Length / sizeof(WCHAR);

    *Position = 0;
    if (Flags & ~7u)
        return STATUS_INVALID_PARAMETER;
    for (ULONG i = 0; i < count; i++) {
        ULONG at = Flags & FIND_FROM_END ? count - 1 - i : i;
        BOOLEAN found = in_set(String->Buffer[at], Set, (Flags & FIND_CASE_INSENSITIVE) != 0);
        if (found != ((Flags & FIND_COMPLEMENT) != 0)) {
            *Position = (USHORT)((Flags & FIND_FROM_END ? at : at + 1) * sizeof(WCHAR));
            return STATUS_SUCCESS;
        }
    }
    return STATUS_NOT_FOUND;
}

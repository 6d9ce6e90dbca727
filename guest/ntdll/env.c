/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Environments: a block of "name=value" strings, each terminated, ended by an empty one and kept in order of name without
 * regard to case. A block is an allocation of its own. A name may begin with '=' (a drive's current directory). NULL means the
 * process's own environment, which is guarded by the PEB lock.
 */
#include "ntdll.h"

static PWSTR *current(void)
{
    return &NtCurrentPeb()->ProcessParameters->Environment;
}

/* Bytes of the block, both terminators included. */
SIZE_T env_size(PCWSTR environment)
{
    PCWSTR at = environment;

    while (*at)
        at += wcslen(at) + 1;
    return (SIZE_T)((at == environment ? at + 1 : at) + 1 - environment) * sizeof(WCHAR);
}

static NTSTATUS new_block(SIZE_T bytes, PWSTR *block)
{
    PVOID base = NULL;
    NTSTATUS status = NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &bytes, MEM_COMMIT, PAGE_READWRITE);

    *block = base;
    return status;
}

VOID NTAPI RtlDestroyEnvironment(PVOID Environment)
{
    SIZE_T size = 0;

    if ((UINT_PTR)Environment & (PAGE_SIZE - 1))
        return; /* part of something else: a block that came with the process parameters */
    NtFreeVirtualMemory(NtCurrentProcess(), &Environment, &size, MEM_RELEASE);
}

NTSTATUS NTAPI RtlCreateEnvironment(BOOLEAN CloneCurrent, PVOID *Environment)
{
    PWSTR block, source;
    NTSTATUS status;

    *Environment = NULL;
    if (!CloneCurrent) {
        status = new_block(PAGE_SIZE, &block);
        if (NT_SUCCESS(status))
            *Environment = block;
        return status;
    }
    RtlAcquirePebLock();
    source = *current();
    status = new_block(source ? env_size(source) : PAGE_SIZE, &block);
    if (NT_SUCCESS(status)) {
        if (source)
            memcpy(block, source, env_size(source));
        *Environment = block;
    }
    RtlReleasePebLock();
    return status;
}

VOID NTAPI RtlSetCurrentEnvironment(PVOID Environment, PVOID *Previous)
{
    PVOID old;

    RtlAcquirePebLock();
    old = *current();
    *current() = Environment;
    RtlReleasePebLock();
    if (Previous)
        *Previous = old;
    else if (old)
        RtlDestroyEnvironment(old);
}

/* Splits "name=value"; the '=' that ends a name is not its first character. */
static void split(PCWSTR entry, PUNICODE_STRING name, PUNICODE_STRING value)
{
    PCWSTR equals = entry[0] ? wcschr(entry + 1, '=') : NULL;
    size_t name_length = equals ? (size_t)(equals - entry) : wcslen(entry);

    name->Buffer = (PWSTR)entry;
    name->Length = name->MaximumLength = (USHORT)(name_length * sizeof(WCHAR));
    RtlInitUnicodeString(value, equals ? equals + 1 : entry + name_length);
}

/* The entry of that name, or where it belongs; *found tells which. */
static PWSTR find(PWSTR environment, PCUNICODE_STRING wanted, BOOLEAN *found, PUNICODE_STRING value)
{
    PWSTR at = environment, place = NULL;

    *found = FALSE;
    for (; at && *at; at += wcslen(at) + 1) {
        UNICODE_STRING name;
        LONG order;
        split(at, &name, value);
        order = RtlCompareUnicodeString(wanted, &name, TRUE);
        if (!order) {
            *found = TRUE;
            return at;
        }
        if (order < 0 && !place)
            place = at;
    }
    return place ? place : at;
}

NTSTATUS NTAPI RtlQueryEnvironmentVariable_U(PWSTR Environment, PCUNICODE_STRING Name, PUNICODE_STRING Value)
{
    UNICODE_STRING value;
    BOOLEAN found;
    NTSTATUS status = STATUS_SUCCESS;

    RtlAcquirePebLock();
    find(Environment ? Environment : *current(), Name, &found, &value);
    if (!found) {
        status = STATUS_VARIABLE_NOT_FOUND;
    } else {
        Value->Length = value.Length;
        if (value.Length > Value->MaximumLength) {
            status = STATUS_BUFFER_TOO_SMALL;
        } else {
            memcpy(Value->Buffer, value.Buffer, value.Length);
            if (value.Length + sizeof(WCHAR) <= Value->MaximumLength)
                Value->Buffer[value.Length / sizeof(WCHAR)] = 0;
        }
    }
    RtlReleasePebLock();
    return status;
}

static BOOLEAN name_is_valid(PCUNICODE_STRING name)
{
    if (!name->Length)
        return FALSE;
    for (ULONG i = 1; i < name->Length / sizeof(WCHAR); i++)
        if (name->Buffer[i] == '=')
            return FALSE;
    return TRUE;
}

static PWSTR put_entry(PWSTR to, PCUNICODE_STRING name, PCUNICODE_STRING value)
{
    memcpy(to, name->Buffer, name->Length);
    to += name->Length / sizeof(WCHAR);
    *to++ = '=';
    memcpy(to, value->Buffer, value->Length);
    to += value->Length / sizeof(WCHAR);
    *to++ = 0;
    return to;
}

/* Makes the block anew with one entry put in, replaced or (value NULL) left out. */
static NTSTATUS rebuild(PWSTR old, PWSTR place, BOOLEAN found, PCUNICODE_STRING name, PCUNICODE_STRING value,
                        PWSTR *result)
{
    SIZE_T old_bytes = old ? env_size(old) : 2 * sizeof(WCHAR);
    SIZE_T extra = value ? name->Length + value->Length + 2 * sizeof(WCHAR) : 0;
    size_t before = old ? (size_t)(place - old) : 0;
    PWSTR rest = place, to;
    NTSTATUS status = new_block(old_bytes + extra, result);

    if (!NT_SUCCESS(status))
        return status;
    to = *result;
    memcpy(to, old, before * sizeof(WCHAR));
    to += before;
    if (value)
        to = put_entry(to, name, value);
    if (found)
        rest += wcslen(rest) + 1;
    if (old)
        memcpy(to, rest, old_bytes - (SIZE_T)((PUCHAR)rest - (PUCHAR)old));
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlSetEnvironmentVariable(PWSTR *Environment, PCUNICODE_STRING Name, PCUNICODE_STRING Value)
{
    PWSTR old, place, made = NULL;
    UNICODE_STRING value;
    BOOLEAN found;
    NTSTATUS status = STATUS_SUCCESS;

    if (!name_is_valid(Name))
        return STATUS_INVALID_PARAMETER;
    RtlAcquirePebLock();
    old = Environment ? *Environment : *current();
    place = find(old, Name, &found, &value);
    if (found || Value)
        status = rebuild(old, place, found, Name, Value && Value->Buffer ? Value : NULL, &made);
    if (NT_SUCCESS(status) && made) {
        if (Environment)
            *Environment = made;
        else
            *current() = made;
        NtCurrentPeb()->EnvironmentUpdateCount++;
        if (old)
            RtlDestroyEnvironment(old);
    }
    RtlReleasePebLock();
    return status;
}

/* Appends while there is room; `needed` counts on. */
static void emit(PUNICODE_STRING to, ULONG *needed, PCWSTR text, ULONG bytes)
{
    if (*needed + bytes <= to->MaximumLength)
        memcpy((PUCHAR)to->Buffer + *needed, text, bytes);
    *needed += bytes;
}

/* Replaces %name% where the variable exists; anything else stays as it is. */
NTSTATUS NTAPI RtlExpandEnvironmentStrings_U(PWSTR Environment, PCUNICODE_STRING Source, PUNICODE_STRING Destination,
                                             PULONG ReturnLength)
{
    ULONG count = Source->Length / sizeof(WCHAR), needed = 0;
    static const WCHAR end = 0;
    ULONG length;

    RtlAcquirePebLock();
    for (ULONG i = 0; i < count; i++) {
        ULONG close = i + 1;
        UNICODE_STRING name, value;
        BOOLEAN found = FALSE;
        while (Source->Buffer[i] == '%' && close < count && Source->Buffer[close] != '%')
            close++;
        if (Source->Buffer[i] == '%' && close < count) {
            name.Buffer = &Source->Buffer[i + 1];
            name.Length = name.MaximumLength = (USHORT)((close - i - 1) * sizeof(WCHAR));
            find(Environment ? Environment : *current(), &name, &found, &value);
        }
        if (found) {
            emit(Destination, &needed, value.Buffer, value.Length);
            i = close;
        } else {
            emit(Destination, &needed, &Source->Buffer[i], sizeof(WCHAR));
        }
    }
    RtlReleasePebLock();
    length = needed;
    emit(Destination, &needed, &end, sizeof(end));
    if (ReturnLength)
        *ReturnLength = needed;
    if (needed > Destination->MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    Destination->Length = (USHORT)length;
    return STATUS_SUCCESS;
}

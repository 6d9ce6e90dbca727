/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The loader's exported functions. Each takes the loader lock; a name without an extension means ".DLL".
 */
#include "ntdll.h"

#define MAX_NAME 260

static NTSTATUS module_name(PCUNICODE_STRING name, WCHAR *buffer, PUNICODE_STRING result)
{
    ULONG count = name->Length / sizeof(WCHAR), dot = 0;

    if (count + 5 > MAX_NAME)
        return STATUS_NAME_TOO_LONG;
    memcpy(buffer, name->Buffer, name->Length);
    buffer[count] = 0;
    for (ULONG i = 0; i < count; i++) {
        if (buffer[i] == '/')
            buffer[i] = '\\';
        if (buffer[i] == '\\' || buffer[i] == '.')
            dot = buffer[i] == '.';
    }
    if (!dot)
        wcscpy(buffer + count, L".DLL");
    else if (buffer[count - 1] == '.')
        buffer[count - 1] = 0; /* a dot at the end: no extension at all */
    RtlInitUnicodeString(result, buffer);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI LdrLoadDll(PWSTR SearchPath, PULONG Characteristics, PUNICODE_STRING Name, PVOID *Base)
{
    WCHAR buffer[MAX_NAME];
    UNICODE_STRING name;
    PLDR_DATA_TABLE_ENTRY entry;
    NTSTATUS status = module_name(Name, buffer, &name);

    (void)Characteristics;
    if (!NT_SUCCESS(status))
        return status;
    RtlEnterCriticalSection(&ldr_lock);
    memset(&ldr_failure, 0, sizeof(ldr_failure));
    status = ldr_load(SearchPath, &name, &entry);
    if (NT_SUCCESS(status)) {
        status = ldr_attach_new(NULL);
        if (!NT_SUCCESS(status))
            ldr_dereference(entry);
        else
            *Base = entry->DllBase;
    }
    if (!NT_SUCCESS(status))
        ldr_unload_unused();
    RtlLeaveCriticalSection(&ldr_lock);
    return status;
}

NTSTATUS NTAPI LdrUnloadDll(PVOID Base)
{
    PLDR_DATA_TABLE_ENTRY entry;

    if (ldr_shutting_down)
        return STATUS_SUCCESS;
    RtlEnterCriticalSection(&ldr_lock);
    entry = ldr_find_by_base(Base);
    if (entry) {
        ldr_dereference(entry);
        if (!entry->LoadCount)
            ldr_unload_unused();
    }
    RtlLeaveCriticalSection(&ldr_lock);
    return entry ? STATUS_SUCCESS : STATUS_DLL_NOT_FOUND;
}

NTSTATUS NTAPI LdrGetDllHandle(PWSTR SearchPath, PULONG Characteristics, PUNICODE_STRING Name, PVOID *Base)
{
    WCHAR buffer[MAX_NAME];
    UNICODE_STRING name;
    PLDR_DATA_TABLE_ENTRY entry;
    NTSTATUS status = module_name(Name, buffer, &name);

    (void)SearchPath;
    (void)Characteristics;
    *Base = NULL;
    if (!NT_SUCCESS(status))
        return status;
    RtlEnterCriticalSection(&ldr_lock);
    entry = ldr_find_by_name(&name);
    if (entry)
        *Base = entry->DllBase;
    RtlLeaveCriticalSection(&ldr_lock);
    return entry ? STATUS_SUCCESS : STATUS_DLL_NOT_FOUND;
}

NTSTATUS NTAPI LdrGetProcedureAddress(PVOID Base, PANSI_STRING Name, ULONG Ordinal, PVOID *Address)
{
    PLDR_DATA_TABLE_ENTRY entry;
    CHAR name[256];
    NTSTATUS status;

    if (Name) {
        if (Name->Length >= sizeof(name))
            return STATUS_NAME_TOO_LONG;
        memcpy(name, Name->Buffer, Name->Length);
        name[Name->Length] = 0;
    } else if (!Ordinal) {
        return STATUS_INVALID_PARAMETER;
    }
    RtlEnterCriticalSection(&ldr_lock);
    entry = ldr_find_by_base(Base);
    status = entry ? ldr_find_export(entry, Name ? name : NULL, Ordinal, Address) : STATUS_DLL_NOT_FOUND;
    if (status == STATUS_ENTRYPOINT_NOT_FOUND)
        status = STATUS_PROCEDURE_NOT_FOUND;
    if (NT_SUCCESS(status))
        status = ldr_attach_new(NULL); /* a forwarder may have loaded a DLL */
    RtlLeaveCriticalSection(&ldr_lock);
    return status;
}

NTSTATUS NTAPI LdrDisableThreadCalloutsForDll(PVOID Base)
{
    PLDR_DATA_TABLE_ENTRY entry;
    NTSTATUS status = STATUS_DLL_NOT_FOUND;

    RtlEnterCriticalSection(&ldr_lock);
    entry = ldr_find_by_base(Base);
    if (entry && entry->TlsIndex) {
        status = STATUS_UNSUCCESSFUL;
    } else if (entry) {
        entry->Flags |= LDRP_DONT_CALL_FOR_THREADS;
        status = STATUS_SUCCESS;
    }
    RtlLeaveCriticalSection(&ldr_lock);
    return status;
}

NTSTATUS NTAPI LdrFindEntryForAddress(PVOID Address, PLDR_DATA_TABLE_ENTRY *Entry)
{
    PPEB_LDR_DATA ldr = NtCurrentPeb()->Ldr;

    if (!ldr)
        return STATUS_NO_MORE_ENTRIES;
    *Entry = ldr_find_by_address(Address);
    return *Entry ? STATUS_SUCCESS : STATUS_NO_MORE_ENTRIES;
}

PVOID NTAPI RtlPcToFileHeader(PVOID Pc, PVOID *Base)
{
    PLDR_DATA_TABLE_ENTRY entry;

    RtlEnterCriticalSection(&ldr_lock);
    entry = ldr_find_by_address(Pc);
    *Base = entry ? entry->DllBase : NULL;
    RtlLeaveCriticalSection(&ldr_lock);
    return *Base;
}

#define LOCK_RAISE_ON_ERRORS 1
#define LOCK_TRY_ONLY 2
#define LOCK_ACQUIRED 1
#define LOCK_NOT_ACQUIRED 2

NTSTATUS NTAPI LdrLockLoaderLock(ULONG Flags, PULONG Disposition, PULONG_PTR Cookie)
{
    if (Disposition)
        *Disposition = 0;
    if (Cookie)
        *Cookie = 0;
    if (Flags & ~(ULONG)(LOCK_RAISE_ON_ERRORS | LOCK_TRY_ONLY))
        return STATUS_INVALID_PARAMETER_1;
    if (!Cookie)
        return STATUS_INVALID_PARAMETER_3;
    if (Flags & LOCK_TRY_ONLY && !Disposition)
        return STATUS_INVALID_PARAMETER_2;
    if (Flags & LOCK_TRY_ONLY && !RtlTryEnterCriticalSection(&ldr_lock)) {
        *Disposition = LOCK_NOT_ACQUIRED;
        return STATUS_SUCCESS;
    }
    if (!(Flags & LOCK_TRY_ONLY))
        RtlEnterCriticalSection(&ldr_lock);
    if (Disposition)
        *Disposition = LOCK_ACQUIRED;
    *Cookie = (ULONG_PTR)NtCurrentTeb()->ClientId.UniqueThread;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI LdrUnlockLoaderLock(ULONG Flags, ULONG_PTR Cookie)
{
    if (Flags & ~(ULONG)LOCK_RAISE_ON_ERRORS)
        return STATUS_INVALID_PARAMETER_1;
    if (!Cookie)
        return STATUS_SUCCESS;
    if (Cookie != (ULONG_PTR)NtCurrentTeb()->ClientId.UniqueThread)
        return STATUS_INVALID_PARAMETER_2;
    RtlLeaveCriticalSection(&ldr_lock);
    return STATUS_SUCCESS;
}

/* Image file execution options are a registry key for debuggers; there is never one for us. */
NTSTATUS NTAPI LdrQueryImageFileExecutionOptions(PUNICODE_STRING SubKey, PCWSTR Value, ULONG Type, PVOID Buffer,
                                                 ULONG Length, PULONG ReturnLength)
{
    (void)SubKey;
    (void)Value;
    (void)Type;
    (void)Buffer;
    (void)Length;
    if (ReturnLength)
        *ReturnLength = 0;
    return STATUS_OBJECT_NAME_NOT_FOUND;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Static thread local storage (IMAGE_TLS_DIRECTORY). As on NT 5 only modules that are there when the process starts get a
 * slot; the array at TEB.ThreadLocalStoragePointer has one block a slot. Callbacks run like a DLL's entry point.
 */
#include "ntdll.h"

#define MAX_TLS_MODULES 64
#define HAS_TLS 0xffff

static PIMAGE_TLS_DIRECTORY32 tls_modules[MAX_TLS_MODULES];
static ULONG tls_count;

static PIMAGE_TLS_DIRECTORY32 tls_directory(PLDR_DATA_TABLE_ENTRY entry)
{
    ULONG size;

    return RtlImageDirectoryEntryToData(entry->DllBase, TRUE, IMAGE_DIRECTORY_ENTRY_TLS, &size);
}

NTSTATUS ldr_tls_add_module(PLDR_DATA_TABLE_ENTRY entry)
{
    PIMAGE_TLS_DIRECTORY32 tls = tls_directory(entry);

    if (!tls)
        return STATUS_SUCCESS;
    if (tls_count == MAX_TLS_MODULES)
        return STATUS_INSUFFICIENT_RESOURCES;
    entry->TlsIndex = HAS_TLS;
    *(ULONG *)tls->AddressOfIndex = tls_count;
    tls_modules[tls_count++] = tls;
    return STATUS_SUCCESS;
}

NTSTATUS ldr_tls_thread_init(void)
{
    PVOID *slots;

    if (!tls_count)
        return STATUS_SUCCESS;
    slots = RtlAllocateHeap(heap_process, HEAP_ZERO_MEMORY, tls_count * sizeof(*slots));
    if (!slots)
        return STATUS_NO_MEMORY;
    NtCurrentTeb()->ThreadLocalStoragePointer = slots;
    for (ULONG i = 0; i < tls_count; i++) {
        PIMAGE_TLS_DIRECTORY32 tls = tls_modules[i];
        SIZE_T initialised = tls->EndAddressOfRawData - tls->StartAddressOfRawData;
        slots[i] = heap_alloc(initialised + tls->SizeOfZeroFill);
        if (!slots[i]) {
            ldr_tls_thread_free();
            return STATUS_NO_MEMORY;
        }
        memcpy(slots[i], (PVOID)tls->StartAddressOfRawData, initialised);
        memset((PUCHAR)slots[i] + initialised, 0, tls->SizeOfZeroFill);
    }
    return STATUS_SUCCESS;
}

void ldr_tls_thread_free(void)
{
    PVOID *slots = NtCurrentTeb()->ThreadLocalStoragePointer;

    if (!slots)
        return;
    NtCurrentTeb()->ThreadLocalStoragePointer = NULL;
    for (ULONG i = 0; i < tls_count; i++)
        if (slots[i])
            heap_free(slots[i]);
    heap_free(slots);
}

void ldr_tls_callbacks(PLDR_DATA_TABLE_ENTRY entry, ULONG reason)
{
    PIMAGE_TLS_DIRECTORY32 tls = entry->TlsIndex == HAS_TLS ? tls_directory(entry) : NULL;
    PIMAGE_TLS_CALLBACK *callbacks = tls ? (PIMAGE_TLS_CALLBACK *)tls->AddressOfCallBacks : NULL;

    for (; callbacks && *callbacks; callbacks++)
        (*callbacks)(entry->DllBase, reason, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The list of modules: entries, searching them, reference counts, and calling their entry points. The caller holds the
 * loader lock. Every DLL holds one reference on each DLL that it imports; 0xffff means loaded for good.
 */
#include "ntdll.h"

BOOLEAN ldr_shutting_down;
LDR_FAILURE ldr_failure;

PLDR_DATA_TABLE_ENTRY ldr_add_entry(PVOID base, PCUNICODE_STRING full_name)
{
    PPEB_LDR_DATA ldr = NtCurrentPeb()->Ldr;
    PIMAGE_NT_HEADERS headers = RtlImageNtHeader(base);
    PLDR_DATA_TABLE_ENTRY entry = RtlAllocateHeap(heap_process, HEAP_ZERO_MEMORY, sizeof(*entry));
    USHORT start = full_name->Length / sizeof(WCHAR);

    if (!entry || !headers)
        return NULL;
    entry->FullDllName.Buffer = heap_alloc(full_name->Length + sizeof(WCHAR));
    if (!entry->FullDllName.Buffer) {
        heap_free(entry);
        return NULL;
    }
    entry->FullDllName.MaximumLength = (USHORT)(full_name->Length + sizeof(WCHAR));
    RtlCopyUnicodeString(&entry->FullDllName, full_name);
    while (start && full_name->Buffer[start - 1] != '\\')
        start--;
    entry->BaseDllName.Buffer = entry->FullDllName.Buffer + start;
    entry->BaseDllName.Length = (USHORT)(full_name->Length - start * sizeof(WCHAR));
    entry->BaseDllName.MaximumLength = (USHORT)(entry->BaseDllName.Length + sizeof(WCHAR));
    entry->DllBase = base;
    entry->SizeOfImage = headers->OptionalHeader.SizeOfImage;
    entry->TimeDateStamp = headers->FileHeader.TimeDateStamp;
    if (headers->OptionalHeader.AddressOfEntryPoint)
        entry->EntryPoint = (PUCHAR)base + headers->OptionalHeader.AddressOfEntryPoint;
    if (headers->FileHeader.Characteristics & IMAGE_FILE_DLL)
        entry->Flags |= LDRP_IMAGE_DLL;
    list_init(&entry->HashLinks);
    list_init(&entry->InInitializationOrderLinks);
    list_insert_tail(&ldr->InLoadOrderModuleList, &entry->InLoadOrderLinks);
    list_insert_tail(&ldr->InMemoryOrderModuleList, &entry->InMemoryOrderLinks);
    return entry;
}

void ldr_remove_entry(PLDR_DATA_TABLE_ENTRY entry)
{
    list_remove(&entry->InLoadOrderLinks);
    list_remove(&entry->InMemoryOrderLinks);
    list_remove(&entry->InInitializationOrderLinks);
    heap_free(entry->FullDllName.Buffer);
    heap_free(entry);
}

#define FOR_EACH_MODULE(entry)                                                                                  \
    for (PLDR_DATA_TABLE_ENTRY entry = (PLDR_DATA_TABLE_ENTRY)NtCurrentPeb()->Ldr->InLoadOrderModuleList.Flink; \
         &entry->InLoadOrderLinks != &NtCurrentPeb()->Ldr->InLoadOrderModuleList;                               \
         entry = (PLDR_DATA_TABLE_ENTRY)entry->InLoadOrderLinks.Flink)

PLDR_DATA_TABLE_ENTRY ldr_find_by_base(PVOID base)
{
    FOR_EACH_MODULE(entry)
    if (entry->DllBase == base)
        return entry;
    return NULL;
}

PLDR_DATA_TABLE_ENTRY ldr_find_by_address(PVOID address)
{
    FOR_EACH_MODULE(entry)
    if ((UINT_PTR)address - (UINT_PTR)entry->DllBase < entry->SizeOfImage)
        return entry;
    return NULL;
}

/* A name with a path must match the whole; one without matches any module of that name. */
PLDR_DATA_TABLE_ENTRY ldr_find_by_name(PCUNICODE_STRING name)
{
    BOOLEAN has_path = FALSE;

    for (ULONG i = 0; i < name->Length / sizeof(WCHAR); i++)
        has_path |= name->Buffer[i] == '\\';
    FOR_EACH_MODULE(entry)
    if (RtlEqualUnicodeString(name, has_path ? &entry->FullDllName : &entry->BaseDllName, TRUE))
        return entry;
    return NULL;
}

BOOL ldr_call_entry(PLDR_DATA_TABLE_ENTRY entry, ULONG reason, PVOID reserved)
{
    DLL_MAIN routine = (DLL_MAIN)entry->EntryPoint;
    PVOID base = entry->DllBase;
    BOOL result;

    ldr_tls_callbacks(entry, reason);
    if (!routine || !(entry->Flags & LDRP_IMAGE_DLL) || entry == ldr_ntdll_entry)
        return TRUE;
    /* The stack pointer is put back: an entry point with the wrong calling convention does no harm. */
    __asm__ volatile("movl %%esp, %%esi\n\tpushl %%edi\n\tpushl %%edx\n\tpushl %%ecx\n\tcall *%%eax\n\tmovl %%esi, %%esp"
                     : "=a"(result), "+c"(base), "+d"(reason)
                     : "a"(routine), "D"(reserved)
                     : "esi", "ebx", "memory", "cc");
    return result;
}

NTSTATUS ldr_attach_new(PVOID reserved)
{
    PLIST_ENTRY head = &NtCurrentPeb()->Ldr->InInitializationOrderModuleList;
    PLDR_DATA_TABLE_ENTRY image = ldr_find_by_base(NtCurrentPeb()->ImageBaseAddress);

    for (PLIST_ENTRY at = head->Flink; at != head; at = at->Flink) {
        PLDR_DATA_TABLE_ENTRY entry = CONTAINING_RECORD(at, LDR_DATA_TABLE_ENTRY, InInitializationOrderLinks);
        if (entry->Flags & LDRP_ENTRY_PROCESSED)
            continue;
        entry->Flags |= LDRP_ENTRY_PROCESSED;
        if (!ldr_call_entry(entry, DLL_PROCESS_ATTACH, reserved)) {
            ldr_failure.symbol[0] = 0;
            ldr_note_module(&entry->BaseDllName, NULL);
            return STATUS_DLL_INIT_FAILED;
        }
        entry->Flags |= LDRP_PROCESS_ATTACH_CALLED;
    }
    if (reserved && image)
        ldr_tls_callbacks(image, DLL_PROCESS_ATTACH);
    return STATUS_SUCCESS;
}

void ldr_reference(PLDR_DATA_TABLE_ENTRY entry)
{
    if (entry->LoadCount != LDR_PINNED)
        entry->LoadCount++;
}

void ldr_dereference(PLDR_DATA_TABLE_ENTRY entry)
{
    if (entry->LoadCount != LDR_PINNED && entry->LoadCount)
        entry->LoadCount--;
}

void ldr_release_imports(PLDR_DATA_TABLE_ENTRY entry, PIMAGE_IMPORT_DESCRIPTOR stop)
{
    ULONG size;
    PUCHAR base = entry->DllBase;
    PIMAGE_IMPORT_DESCRIPTOR import = RtlImageDirectoryEntryToData(base, TRUE, IMAGE_DIRECTORY_ENTRY_IMPORT, &size);

    for (; import && import != stop && import->Name && import->FirstThunk; import++) {
        UNICODE_STRING name;
        PLDR_DATA_TABLE_ENTRY imported;
        if (!RtlCreateUnicodeStringFromAsciiz(&name, (const char *)base + import->Name))
            continue;
        imported = ldr_find_by_name(&name);
        if (imported && imported != entry)
            ldr_dereference(imported);
        RtlFreeUnicodeString(&name);
    }
}

static BOOLEAN unload_one(void)
{
    PLIST_ENTRY head = &NtCurrentPeb()->Ldr->InInitializationOrderModuleList;

    for (PLIST_ENTRY at = head->Blink; at != head; at = at->Blink) {
        PLDR_DATA_TABLE_ENTRY entry = CONTAINING_RECORD(at, LDR_DATA_TABLE_ENTRY, InInitializationOrderLinks);
        PVOID base = entry->DllBase;
        if (entry->LoadCount || entry->Flags & LDRP_UNLOAD_IN_PROGRESS)
            continue;
        entry->Flags |= LDRP_UNLOAD_IN_PROGRESS;
        if (entry->Flags & LDRP_PROCESS_ATTACH_CALLED)
            ldr_call_entry(entry, DLL_PROCESS_DETACH, NULL);
        if (!(entry->Flags & LDRP_LOAD_IN_PROGRESS))
            ldr_release_imports(entry, NULL);
        ldr_remove_entry(entry);
        NtUnmapViewOfSection(NtCurrentProcess(), base);
        return TRUE;
    }
    return FALSE;
}

void ldr_unload_unused(void)
{
    while (unload_one())
        ;
}

static void copy_name(WCHAR *to, size_t size, PCUNICODE_STRING name)
{
    size_t count = name->Length / sizeof(WCHAR);

    count = count < size ? count : size - 1;
    memcpy(to, name->Buffer, count * sizeof(WCHAR));
    to[count] = 0;
}

void ldr_note_module(PCUNICODE_STRING name, PLDR_DATA_TABLE_ENTRY importer)
{
    static const UNICODE_STRING nobody = {0};

    copy_name(ldr_failure.module, COUNT_OF(ldr_failure.module), name);
    copy_name(ldr_failure.importer, COUNT_OF(ldr_failure.importer), importer ? &importer->BaseDllName : &nobody);
}

void ldr_note_symbol(const char *name, ULONG ordinal)
{
    if (name)
        _snprintf(ldr_failure.symbol, sizeof(ldr_failure.symbol) - 1, "%s", name);
    else
        _snprintf(ldr_failure.symbol, sizeof(ldr_failure.symbol) - 1, "ordinal %lu", ordinal);
}

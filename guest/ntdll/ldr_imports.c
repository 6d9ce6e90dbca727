/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Imports and exports: loading the DLLs a module asks for and writing the addresses into its table, by name or by
 * ordinal, through forwarders. Bound imports are ignored: the addresses are looked up always.
 */
#include "ntdll.h"

#define MAX_FORWARDS 16

struct exports {
    PUCHAR base;
    PIMAGE_EXPORT_DIRECTORY directory;
    ULONG size;
};

static BOOLEAN get_exports(PLDR_DATA_TABLE_ENTRY entry, struct exports *exports)
{
    exports->base = entry->DllBase;
    exports->directory =
        RtlImageDirectoryEntryToData(entry->DllBase, TRUE, IMAGE_DIRECTORY_ENTRY_EXPORT, &exports->size);
    return exports->directory != NULL;
}

static BOOLEAN find_name(const struct exports *exports, const char *name, ULONG *index)
{
    const ULONG *names = (const ULONG *)(exports->base + exports->directory->AddressOfNames);
    const USHORT *ordinals = (const USHORT *)(exports->base + exports->directory->AddressOfNameOrdinals);
    ULONG low = 0, high = exports->directory->NumberOfNames;

    while (low < high) {
        ULONG middle = low + (high - low) / 2;
        int order = strcmp(name, (const char *)exports->base + names[middle]);
        if (!order) {
            *index = ordinals[middle];
            return TRUE;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return FALSE;
}

static NTSTATUS find_export(PLDR_DATA_TABLE_ENTRY entry, const char *name, ULONG ordinal, PVOID *address, int depth);

/* "DLL.Name" or "DLL.#12" in place of code. */
static NTSTATUS follow_forwarder(const char *text, PVOID *address, int depth)
{
    CHAR dll[128];
    UNICODE_STRING name;
    PLDR_DATA_TABLE_ENTRY target;
    const char *dot = strrchr(text, '.');
    NTSTATUS status;

    if (!dot || (size_t)(dot - text) > sizeof(dll) - 5 || depth >= MAX_FORWARDS)
        return STATUS_INVALID_IMAGE_FORMAT;
    memcpy(dll, text, (size_t)(dot - text));
    strcpy(dll + (dot - text), ".dll");
    if (!RtlCreateUnicodeStringFromAsciiz(&name, dll))
        return STATUS_NO_MEMORY;
    status = ldr_load(NULL, &name, &target);
    RtlFreeUnicodeString(&name);
    if (!NT_SUCCESS(status))
        return status;
    target->LoadCount = LDR_PINNED; /* nobody keeps count of who was forwarded */
    if (dot[1] == '#')
        return find_export(target, NULL, strtoul(dot + 2, NULL, 10), address, depth + 1);
    return find_export(target, dot + 1, 0, address, depth + 1);
}

static NTSTATUS find_export(PLDR_DATA_TABLE_ENTRY entry, const char *name, ULONG ordinal, PVOID *address, int depth)
{
    NTSTATUS missing = name ? STATUS_ENTRYPOINT_NOT_FOUND : STATUS_ORDINAL_NOT_FOUND;
    struct exports exports;
    const ULONG *functions;
    ULONG index, rva;

    if (!get_exports(entry, &exports))
        return missing;
    if (!name)
        index = ordinal - exports.directory->Base;
    else if (!find_name(&exports, name, &index))
        return missing;
    if (index >= exports.directory->NumberOfFunctions)
        return missing;
    functions = (const ULONG *)(exports.base + exports.directory->AddressOfFunctions);
    rva = functions[index];
    if (!rva)
        return missing;
    if (rva - (ULONG)((PUCHAR)exports.directory - exports.base) < exports.size)
        return follow_forwarder((const char *)exports.base + rva, address, depth);
    *address = exports.base + rva;
    return STATUS_SUCCESS;
}

NTSTATUS ldr_find_export(PLDR_DATA_TABLE_ENTRY entry, const char *name, ULONG ordinal, PVOID *address)
{
    return find_export(entry, name, ordinal, address, 0);
}

static NTSTATUS snap_thunk(PLDR_DATA_TABLE_ENTRY importer, PLDR_DATA_TABLE_ENTRY dll, ULONG lookup, ULONG *slot)
{
    const char *name = NULL;
    ULONG ordinal = 0;
    PVOID address = NULL;
    NTSTATUS status;

    if (IMAGE_SNAP_BY_ORDINAL32(lookup))
        ordinal = IMAGE_ORDINAL32(lookup);
    else
        name = (const char *)((PIMAGE_IMPORT_BY_NAME)((PUCHAR)importer->DllBase + lookup))->Name;
    status = ldr_find_export(dll, name, ordinal, &address);
    if (!NT_SUCCESS(status)) {
        if (!ldr_failure.module[0]) {
            ldr_note_module(&dll->BaseDllName, importer);
            ldr_note_symbol(name, ordinal);
        }
        return status;
    }
    *slot = (ULONG)(UINT_PTR)address;
    return STATUS_SUCCESS;
}

/* Sections that are writable need not be opened for the addresses: two system calls less. */
static BOOLEAN is_writable(PUCHAR base, ULONG rva)
{
    PIMAGE_NT_HEADERS headers = RtlImageNtHeader(base);
    PIMAGE_SECTION_HEADER section = IMAGE_FIRST_SECTION(headers);

    for (ULONG i = 0; i < headers->FileHeader.NumberOfSections; i++, section++)
        if (rva >= section->VirtualAddress && rva - section->VirtualAddress < section->Misc.VirtualSize)
            return (section->Characteristics & IMAGE_SCN_MEM_WRITE) != 0;
    return FALSE;
}

static NTSTATUS snap_dll(PLDR_DATA_TABLE_ENTRY importer, PIMAGE_IMPORT_DESCRIPTOR import, PLDR_DATA_TABLE_ENTRY dll)
{
    PUCHAR base = importer->DllBase;
    ULONG *slots = (ULONG *)(base + import->FirstThunk), count = 0, old = 0;
    const ULONG *lookups = import->OriginalFirstThunk ? (const ULONG *)(base + import->OriginalFirstThunk) : slots;
    PVOID range = slots;
    SIZE_T size;
    BOOLEAN open = is_writable(base, import->FirstThunk);
    NTSTATUS status = STATUS_SUCCESS, restored = STATUS_SUCCESS;

    while (lookups[count])
        count++;
    if (!count)
        return STATUS_SUCCESS;
    size = count * sizeof(*slots);
    if (!open)
        status = NtProtectVirtualMemory(NtCurrentProcess(), &range, &size, PAGE_READWRITE, &old);
    if (!NT_SUCCESS(status))
        return status;
    for (ULONG i = 0; i < count && NT_SUCCESS(status); i++)
        status = snap_thunk(importer, dll, lookups[i], &slots[i]);
    if (!open)
        restored = NtProtectVirtualMemory(NtCurrentProcess(), &range, &size, old, &old);
    return NT_SUCCESS(status) ? restored : status;
}

NTSTATUS ldr_resolve_imports(PLDR_DATA_TABLE_ENTRY entry, PCWSTR search_path)
{
    ULONG size;
    PIMAGE_IMPORT_DESCRIPTOR import =
        RtlImageDirectoryEntryToData(entry->DllBase, TRUE, IMAGE_DIRECTORY_ENTRY_IMPORT, &size);
    NTSTATUS status = STATUS_SUCCESS;

    for (; import && import->Name && import->FirstThunk && NT_SUCCESS(status); import++) {
        UNICODE_STRING name;
        PLDR_DATA_TABLE_ENTRY dll;
        if (!RtlCreateUnicodeStringFromAsciiz(&name, (const char *)entry->DllBase + import->Name))
            return STATUS_NO_MEMORY;
        status = ldr_load(search_path, &name, &dll);
        if (!NT_SUCCESS(status) && !ldr_failure.module[0])
            ldr_note_module(&name, entry);
        RtlFreeUnicodeString(&name);
        if (!NT_SUCCESS(status))
            break;
        status = snap_dll(entry, import, dll);
    }
    if (!NT_SUCCESS(status))
        ldr_release_imports(entry, import);
    return status;
}

/* Loads a DLL with all it imports, or takes one more reference on it; its entry point is called later. */
NTSTATUS ldr_load(PCWSTR search_path, PCUNICODE_STRING name, PLDR_DATA_TABLE_ENTRY *result)
{
    PLIST_ENTRY order = &NtCurrentPeb()->Ldr->InInitializationOrderModuleList;
    PLDR_DATA_TABLE_ENTRY entry = ldr_find_by_name(name);
    NTSTATUS status;

    if (!entry) {
        status = ldr_map_dll(search_path, name, &entry);
        if (!NT_SUCCESS(status))
            return status;
        entry->LoadCount = 1;
        entry->Flags |= LDRP_LOAD_IN_PROGRESS;
        status = ldr_resolve_imports(entry, search_path);
        list_insert_tail(order, &entry->InInitializationOrderLinks);
        if (NT_SUCCESS(status)) {
            entry->Flags &= ~(ULONG)LDRP_LOAD_IN_PROGRESS;
        } else {
            entry->Flags |= LDRP_ENTRY_PROCESSED; /* its entry point is never called */
            ldr_dereference(entry);
            return status;
        }
    } else {
        ldr_reference(entry);
    }
    *result = entry;
    return STATUS_SUCCESS;
}

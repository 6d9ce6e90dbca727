/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finding a DLL's file, mapping it and moving it to where it was mapped. Searched are: the caller's path, the
 * executable's directory, the process parameters' DllPath, the current directory, System32 and the system root.
 */
#include "ntdll.h"

#define MAX_DLL_PATH 520
#define SYSTEM_DLL L"\\System32"

static NTSTATUS open_image(PCWSTR dos_path, PHANDLE section)
{
    WCHAR nt_path[MAX_DLL_PATH + 8];
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK io;
    HANDLE file;
    NTSTATUS status;

    _snwprintf(nt_path, COUNT_OF(nt_path) - 1, L"\\??\\%ls", dos_path);
    nt_path[COUNT_OF(nt_path) - 1] = 0;
    RtlInitUnicodeString(&name, nt_path);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = NtOpenFile(&file, FILE_EXECUTE | FILE_READ_DATA | SYNCHRONIZE, &attributes, &io,
                        FILE_SHARE_READ | FILE_SHARE_DELETE, FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);
    if (!NT_SUCCESS(status))
        return status;
    status = NtCreateSection(section, SECTION_MAP_READ | SECTION_MAP_WRITE | SECTION_MAP_EXECUTE | SECTION_QUERY, NULL,
                             NULL, PAGE_EXECUTE, SEC_IMAGE, file);
    NtClose(file);
    return status;
}

static BOOLEAN is_not_found(NTSTATUS status)
{
    return status == STATUS_OBJECT_NAME_NOT_FOUND || status == STATUS_OBJECT_PATH_NOT_FOUND ||
           status == STATUS_OBJECT_NAME_INVALID || status == STATUS_OBJECT_PATH_SYNTAX_BAD ||
           status == STATUS_NO_SUCH_FILE || status == STATUS_FILE_IS_A_DIRECTORY || status == STATUS_NO_SUCH_DEVICE;
}

/* Tries directory\name; `length` counts the directory's characters. */
static NTSTATUS try_directory(PCWSTR directory, size_t length, PCUNICODE_STRING name, WCHAR *path, PHANDLE section)
{
    size_t name_length = name->Length / sizeof(WCHAR);

    if (!length || length + name_length + 2 > MAX_DLL_PATH)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    memcpy(path, directory, length * sizeof(WCHAR));
    if (path[length - 1] != '\\')
        path[length++] = '\\';
    memcpy(path + length, name->Buffer, name->Length);
    path[length + name_length] = 0;
    return open_image(path, section);
}

static NTSTATUS try_list(PCWSTR list, size_t length, PCUNICODE_STRING name, WCHAR *path, PHANDLE section)
{
    NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;

    while (length && is_not_found(status)) {
        size_t part = 0;
        while (part < length && list[part] != ';')
            part++;
        status = try_directory(list, part, name, path, section);
        if (part < length)
            part++;
        list += part;
        length -= part;
    }
    return status;
}

static NTSTATUS search(PCWSTR search_path, PCUNICODE_STRING name, WCHAR *path, PHANDLE section)
{
    PRTL_USER_PROCESS_PARAMETERS parameters = NtCurrentPeb()->ProcessParameters;
    PLDR_DATA_TABLE_ENTRY image = ldr_find_by_base(NtCurrentPeb()->ImageBaseAddress);
    PCWSTR root = SharedUserData->NtSystemRoot;
    NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;
    WCHAR system[MAX_DLL_PATH];

    if (search_path)
        status = try_list(search_path, wcslen(search_path), name, path, section);
    if (is_not_found(status) && image)
        status = try_directory(image->FullDllName.Buffer,
                               (image->FullDllName.Length - image->BaseDllName.Length) / sizeof(WCHAR), name, path,
                               section);
    if (is_not_found(status) && parameters) {
        status = try_list(parameters->DllPath.Buffer, parameters->DllPath.Length / sizeof(WCHAR), name, path, section);
        if (is_not_found(status))
            status = try_directory(parameters->CurrentDirectory.DosPath.Buffer,
                                   parameters->CurrentDirectory.DosPath.Length / sizeof(WCHAR), name, path, section);
    }
    if (is_not_found(status)) {
        _snwprintf(system, COUNT_OF(system) - 1, L"%.260ls" SYSTEM_DLL, root);
        status = try_directory(system, wcslen(system), name, path, section);
    }
    if (is_not_found(status))
        status = try_directory(root, wcslen(root), name, path, section);
    return status;
}

NTSTATUS ldr_map_dll(PCWSTR search_path, PCUNICODE_STRING name, PLDR_DATA_TABLE_ENTRY *entry)
{
    WCHAR path[MAX_DLL_PATH];
    UNICODE_STRING full_name;
    HANDLE section;
    NT_TIB *tib = &NtCurrentTeb()->NtTib;
    PVOID base = NULL, saved = tib->ArbitraryUserPointer;
    SIZE_T size = 0;
    NTSTATUS status;

    if (name->Length >= (MAX_DLL_PATH - 1) * sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    if (name->Length > 2 * sizeof(WCHAR) && name->Buffer[1] == ':') {
        memcpy(path, name->Buffer, name->Length);
        path[name->Length / sizeof(WCHAR)] = 0;
        status = open_image(path, &section);
    } else {
        status = search(search_path, name, path, &section);
    }
    if (is_not_found(status))
        return STATUS_DLL_NOT_FOUND;
    if (!NT_SUCCESS(status))
        return status;
    tib->ArbitraryUserPointer = path; /* where a debugger looks for the name of what is mapped */
    status = NtMapViewOfSection(section, NtCurrentProcess(), &base, 0, 0, NULL, &size, ViewShare, 0, PAGE_READWRITE);
    tib->ArbitraryUserPointer = saved;
    NtClose(section);
    if (!NT_SUCCESS(status))
        return status;
    if (status == STATUS_IMAGE_MACHINE_TYPE_MISMATCH) {
        NtUnmapViewOfSection(NtCurrentProcess(), base);
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    RtlInitUnicodeString(&full_name, path);
    *entry = ldr_add_entry(base, &full_name);
    if (!*entry) {
        NtUnmapViewOfSection(NtCurrentProcess(), base);
        return STATUS_NO_MEMORY;
    }
    if (status == STATUS_IMAGE_NOT_AT_BASE) {
        (*entry)->Flags |= LDRP_IMAGE_NOT_AT_BASE;
        status = ldr_relocate(base);
        if (!NT_SUCCESS(status)) {
            ldr_remove_entry(*entry);
            NtUnmapViewOfSection(NtCurrentProcess(), base);
            return status;
        }
    }
    return STATUS_SUCCESS;
}

/* What a section's pages are protected with when nobody patches them. */
static ULONG section_protection(ULONG characteristics)
{
    if (characteristics & IMAGE_SCN_MEM_EXECUTE)
        return characteristics & IMAGE_SCN_MEM_READ ? PAGE_EXECUTE_READ : PAGE_EXECUTE;
    return characteristics & IMAGE_SCN_MEM_READ ? PAGE_READONLY : PAGE_NOACCESS;
}

/* Opens the sections that are not writable for patching, or closes them again. */
static NTSTATUS open_sections(PVOID image, PIMAGE_NT_HEADERS headers, BOOLEAN open)
{
    PIMAGE_SECTION_HEADER section = IMAGE_FIRST_SECTION(headers);
    NTSTATUS status = STATUS_SUCCESS;

    for (ULONG i = 0; i < headers->FileHeader.NumberOfSections && NT_SUCCESS(status); i++, section++) {
        PVOID base = (PUCHAR)image + section->VirtualAddress;
        SIZE_T size = section->Misc.VirtualSize ? section->Misc.VirtualSize : section->SizeOfRawData;
        ULONG old, protection = open ? PAGE_READWRITE : section_protection(section->Characteristics);
        if (section->Characteristics & IMAGE_SCN_MEM_WRITE || !size)
            continue;
        status = NtProtectVirtualMemory(NtCurrentProcess(), &base, &size, protection, &old);
    }
    return status;
}

static NTSTATUS relocate_block(PUCHAR page, const USHORT *entries, ULONG count, UINT_PTR delta)
{
    for (ULONG i = 0; i < count; i++) {
        PUCHAR at = page + (entries[i] & 0xfff);
        switch (entries[i] >> 12) {
        case IMAGE_REL_BASED_ABSOLUTE:
            break;
        case IMAGE_REL_BASED_HIGH:
            *(USHORT *)at = (USHORT)(((*(USHORT *)at << 16) + delta) >> 16);
            break;
        case IMAGE_REL_BASED_LOW:
            *(USHORT *)at = (USHORT)(*(USHORT *)at + delta);
            break;
        case IMAGE_REL_BASED_HIGHLOW:
            *(UINT_PTR *)at += delta;
            break;
        case IMAGE_REL_BASED_HIGHADJ:
            if (++i >= count)
                return STATUS_INVALID_IMAGE_FORMAT;
            *(USHORT *)at = (USHORT)(((*(USHORT *)at << 16) + (SHORT)entries[i] + delta + 0x8000) >> 16);
            break;
        default:
            return STATUS_INVALID_IMAGE_FORMAT;
        }
    }
    return STATUS_SUCCESS;
}

/*
 * Adds the distance between the preferred base and the real one to every address the image lists. An image whose header
 * names the address it lies at (the kernel relocated it) is left alone.
 */
NTSTATUS ldr_relocate(PVOID base)
{
    PIMAGE_NT_HEADERS headers = RtlImageNtHeader(base);
    PIMAGE_BASE_RELOCATION block;
    UINT_PTR delta;
    PUCHAR end;
    ULONG size;
    NTSTATUS status, restored;

    if (!headers)
        return STATUS_INVALID_IMAGE_FORMAT;
    delta = (UINT_PTR)base - headers->OptionalHeader.ImageBase;
    if (!delta)
        return STATUS_SUCCESS;
    if (headers->FileHeader.Characteristics & IMAGE_FILE_RELOCS_STRIPPED)
        return STATUS_CONFLICTING_ADDRESSES;
    block = RtlImageDirectoryEntryToData(base, TRUE, IMAGE_DIRECTORY_ENTRY_BASERELOC, &size);
    if (!block || !size)
        return STATUS_SUCCESS; /* nothing in it depends on where it is */
    end = (PUCHAR)block + size;
    status = open_sections(base, headers, TRUE);
    while (NT_SUCCESS(status) && (PUCHAR)(block + 1) <= end && block->SizeOfBlock >= sizeof(*block)) {
        if (block->SizeOfBlock > (ULONG)(end - (PUCHAR)block) ||
            block->VirtualAddress >= headers->OptionalHeader.SizeOfImage) {
            status = STATUS_INVALID_IMAGE_FORMAT;
            break;
        }
        status = relocate_block((PUCHAR)base + block->VirtualAddress, (const USHORT *)(block + 1),
                                (ULONG)((block->SizeOfBlock - sizeof(*block)) / sizeof(USHORT)), delta);
        block = (PIMAGE_BASE_RELOCATION)((PUCHAR)block + block->SizeOfBlock);
    }
    restored = open_sections(base, headers, FALSE);
    NtFlushInstructionCache(NtCurrentProcess(), base, headers->OptionalHeader.SizeOfImage);
    return NT_SUCCESS(status) ? restored : status;
}

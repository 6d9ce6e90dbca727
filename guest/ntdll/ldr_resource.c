/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Resources: a tree of directories by type, name and language. Each key of a path is a number, or a pointer to a name.
 */
#include "ntdll.h"

static PIMAGE_RESOURCE_DIRECTORY root_of(PVOID base)
{
    ULONG size;

    return RtlImageDirectoryEntryToData(base, TRUE, IMAGE_DIRECTORY_ENTRY_RESOURCE, &size);
}

static BOOLEAN matches(PIMAGE_RESOURCE_DIRECTORY root, PIMAGE_RESOURCE_DIRECTORY_ENTRY entry, ULONG_PTR key)
{
    PIMAGE_RESOURCE_DIR_STRING_U name;

    if (!entry->NameIsString)
        return key == entry->Id;
    if (key < 0x10000)
        return FALSE;
    name = (PIMAGE_RESOURCE_DIR_STRING_U)((PUCHAR)root + entry->NameOffset);
    return wcslen((PCWSTR)key) == name->Length && !_wcsnicmp((PCWSTR)key, name->NameString, name->Length);
}

static PIMAGE_RESOURCE_DIRECTORY_ENTRY find_key(PIMAGE_RESOURCE_DIRECTORY root, PIMAGE_RESOURCE_DIRECTORY directory,
                                                ULONG_PTR key)
{
    PIMAGE_RESOURCE_DIRECTORY_ENTRY entry = (PIMAGE_RESOURCE_DIRECTORY_ENTRY)(directory + 1);
    ULONG count = (ULONG)directory->NumberOfNamedEntries + directory->NumberOfIdEntries;

    for (ULONG i = 0; i < count; i++)
        if (matches(root, &entry[i], key))
            return &entry[i];
    return NULL;
}

/* The wanted language, else the neutral one, else the first there is. */
static PIMAGE_RESOURCE_DIRECTORY_ENTRY find_language(PIMAGE_RESOURCE_DIRECTORY root,
                                                     PIMAGE_RESOURCE_DIRECTORY directory, ULONG_PTR language)
{
    PIMAGE_RESOURCE_DIRECTORY_ENTRY entry = find_key(root, directory, language);

    if (!entry)
        entry = find_key(root, directory, 0);
    if (!entry && directory->NumberOfIdEntries)
        entry = (PIMAGE_RESOURCE_DIRECTORY_ENTRY)(directory + 1) + directory->NumberOfNamedEntries;
    return entry;
}

static NTSTATUS find(PVOID base, const ULONG_PTR *path, ULONG level, BOOLEAN want_directory, PVOID *result)
{
    static const NTSTATUS missing[] = {STATUS_RESOURCE_TYPE_NOT_FOUND, STATUS_RESOURCE_NAME_NOT_FOUND,
                                       STATUS_RESOURCE_LANG_NOT_FOUND};
    PIMAGE_RESOURCE_DIRECTORY root = root_of(base), directory = root;

    if (!root)
        return STATUS_RESOURCE_DATA_NOT_FOUND;
    if (level > COUNT_OF(missing))
        return STATUS_INVALID_PARAMETER;
    for (ULONG i = 0; i < level; i++) {
        PIMAGE_RESOURCE_DIRECTORY_ENTRY entry =
            i == 2 ? find_language(root, directory, path[i]) : find_key(root, directory, path[i]);
        if (!entry)
            return missing[i];
        if (!entry->DataIsDirectory) {
            if (want_directory || i + 1 != level)
                return missing[i];
            *result = (PUCHAR)root + entry->OffsetToData;
            return STATUS_SUCCESS;
        }
        directory = (PIMAGE_RESOURCE_DIRECTORY)((PUCHAR)root + entry->OffsetToDirectory);
    }
    if (!want_directory)
        return STATUS_RESOURCE_DATA_NOT_FOUND;
    *result = directory;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI LdrFindResource_U(PVOID Base, const ULONG_PTR *Path, ULONG Level, PVOID *Entry)
{
    return find(Base, Path, Level, FALSE, Entry);
}

NTSTATUS NTAPI LdrFindResourceDirectory_U(PVOID Base, const ULONG_PTR *Path, ULONG Level, PVOID *Directory)
{
    return find(Base, Path, Level, TRUE, Directory);
}

/* A module loaded as a data file has its low address bit set and is laid out like the file. */
NTSTATUS NTAPI LdrAccessResource(PVOID Base, PVOID Entry, PVOID *Resource, PULONG Size)
{
    PIMAGE_RESOURCE_DATA_ENTRY data = Entry;
    PVOID image = (PVOID)((UINT_PTR)Base & ~(UINT_PTR)1);

    if (Resource) {
        if ((UINT_PTR)Base & 1)
            *Resource = RtlImageRvaToVa(RtlImageNtHeader(image), image, data->OffsetToData, NULL);
        else
            *Resource = (PUCHAR)image + data->OffsetToData;
        if (!*Resource)
            return STATUS_RESOURCE_DATA_NOT_FOUND;
    }
    if (Size)
        *Size = data->Size;
    return STATUS_SUCCESS;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading PE headers of images in memory, mapped or as a flat file.
 */
#include "ntdll.h"

#define MAX_HEADER_OFFSET 0x10000000

PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID Base)
{
    PIMAGE_DOS_HEADER dos = Base;
    PIMAGE_NT_HEADERS nt;

    if (!Base || Base == (PVOID)-1 || dos->e_magic != IMAGE_DOS_SIGNATURE || (ULONG)dos->e_lfanew >= MAX_HEADER_OFFSET)
        return NULL;
    nt = (PIMAGE_NT_HEADERS)((PUCHAR)Base + dos->e_lfanew);
    return nt->Signature == IMAGE_NT_SIGNATURE ? nt : NULL;
}

PIMAGE_SECTION_HEADER NTAPI RtlImageRvaToSection(PIMAGE_NT_HEADERS Headers, PVOID Base, ULONG Rva)
{
    PIMAGE_SECTION_HEADER section = IMAGE_FIRST_SECTION(Headers);

    (void)Base;
    for (ULONG i = 0; i < Headers->FileHeader.NumberOfSections; i++, section++)
        if (Rva >= section->VirtualAddress && Rva - section->VirtualAddress < section->SizeOfRawData)
            return section;
    return NULL;
}

PVOID NTAPI RtlImageRvaToVa(PIMAGE_NT_HEADERS Headers, PVOID Base, ULONG Rva, PIMAGE_SECTION_HEADER *Section)
{
    PIMAGE_SECTION_HEADER section = Section ? *Section : NULL;

    if (!section || Rva < section->VirtualAddress || Rva - section->VirtualAddress >= section->SizeOfRawData) {
        section = RtlImageRvaToSection(Headers, Base, Rva);
        if (!section)
            return NULL;
        if (Section)
            *Section = section;
    }
    return (PUCHAR)Base + Rva - section->VirtualAddress + section->PointerToRawData;
}

/* Base with its low bit set is a flat file whatever MappedAsImage says. */
PVOID NTAPI RtlImageDirectoryEntryToData(PVOID Base, BOOLEAN MappedAsImage, USHORT Directory, PULONG Size)
{
    PIMAGE_NT_HEADERS headers;
    PIMAGE_DATA_DIRECTORY entry;

    if ((UINT_PTR)Base & 1) {
        Base = (PVOID)((UINT_PTR)Base & ~(UINT_PTR)1);
        MappedAsImage = FALSE;
    }
    headers = RtlImageNtHeader(Base);
    if (!headers || headers->OptionalHeader.Magic != IMAGE_NT_OPTIONAL_HDR32_MAGIC ||
        Directory >= headers->OptionalHeader.NumberOfRvaAndSizes)
        return NULL;
    entry = &headers->OptionalHeader.DataDirectory[Directory];
    if (!entry->VirtualAddress)
        return NULL;
    *Size = entry->Size;
    if (MappedAsImage || entry->VirtualAddress < headers->OptionalHeader.SizeOfHeaders)
        return (PUCHAR)Base + entry->VirtualAddress;
    return RtlImageRvaToVa(headers, Base, entry->VirtualAddress, NULL);
}

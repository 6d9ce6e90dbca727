/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Headers, relocation and exports, on an image made in memory and on the ntdll of the system below.
 */
#include "test.h"

#define IMAGE_SIZE 0x3000
#define PREFERRED 0x10000000

static PUCHAR make_image(PIMAGE_NT_HEADERS *headers)
{
    PVOID base = NULL;
    SIZE_T size = IMAGE_SIZE;
    PIMAGE_DOS_HEADER dos;
    PIMAGE_SECTION_HEADER section;

    NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    dos = base;
    dos->e_magic = IMAGE_DOS_SIGNATURE;
    dos->e_lfanew = 0x80;
    *headers = (PIMAGE_NT_HEADERS)((PUCHAR)base + 0x80);
    (*headers)->Signature = IMAGE_NT_SIGNATURE;
    (*headers)->FileHeader.NumberOfSections = 1;
    (*headers)->FileHeader.SizeOfOptionalHeader = sizeof(IMAGE_OPTIONAL_HEADER32);
    (*headers)->OptionalHeader.Magic = IMAGE_NT_OPTIONAL_HDR32_MAGIC;
    (*headers)->OptionalHeader.ImageBase = PREFERRED;
    (*headers)->OptionalHeader.SizeOfImage = IMAGE_SIZE;
    (*headers)->OptionalHeader.SizeOfHeaders = 0x1000;
    (*headers)->OptionalHeader.NumberOfRvaAndSizes = 16;
    section = IMAGE_FIRST_SECTION(*headers);
    section->VirtualAddress = 0x1000;
    section->Misc.VirtualSize = 0x1000;
    section->SizeOfRawData = 0x1000;
    section->PointerToRawData = 0x400;
    section->Characteristics = IMAGE_SCN_MEM_READ;
    return base;
}

static void relocation(void)
{
    static const struct {
        IMAGE_BASE_RELOCATION header;
        USHORT entries[4];
    } block = {{0x1000, sizeof(block)}, {0x3010, 0x1020, 0x2030, 0}};
    PIMAGE_NT_HEADERS headers;
    PUCHAR base = make_image(&headers);
    ULONG delta = (ULONG)base - PREFERRED;
    PIMAGE_DATA_DIRECTORY directory = &headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_BASERELOC];

    directory->VirtualAddress = 0x2000;
    directory->Size = sizeof(block);
    memcpy(base + 0x2000, &block, sizeof(block));
    *(ULONG *)(base + 0x1010) = PREFERRED + 0x1234;
    *(USHORT *)(base + 0x1020) = (PREFERRED + 0x10000) >> 16;
    *(USHORT *)(base + 0x1030) = 0x4321;
    equal("ldr_relocate", (ULONG)ldr_relocate(base), STATUS_SUCCESS);
    equal("a 32-bit address", *(ULONG *)(base + 0x1010), (ULONG)base + 0x1234);
    equal("a high half", *(USHORT *)(base + 0x1020), ((ULONG)base + 0x10000) >> 16);
    equal("a low half", *(USHORT *)(base + 0x1030), (USHORT)(0x4321 + delta));
    directory->Size = 0x7fffffff;
    ((PIMAGE_BASE_RELOCATION)(base + 0x2000))->VirtualAddress = 0x7fff0000;
    equal("a block outside the image", (ULONG)ldr_relocate(base), (ULONG)STATUS_INVALID_IMAGE_FORMAT);
    headers->FileHeader.Characteristics = IMAGE_FILE_RELOCS_STRIPPED;
    equal("no relocations", (ULONG)ldr_relocate(base), (ULONG)STATUS_CONFLICTING_ADDRESSES);
    headers->OptionalHeader.ImageBase = (ULONG)base;
    equal("none needed", (ULONG)ldr_relocate(base), STATUS_SUCCESS);
}

static void headers(void)
{
    PIMAGE_NT_HEADERS nt;
    PUCHAR base = make_image(&nt);
    ULONG size;

    ok(RtlImageNtHeader(base) == nt && !RtlImageNtHeader(NULL), "RtlImageNtHeader");
    nt->OptionalHeader.DataDirectory[2].VirtualAddress = 0x1010;
    nt->OptionalHeader.DataDirectory[2].Size = 0x20;
    ok(RtlImageDirectoryEntryToData(base, TRUE, 2, &size) == base + 0x1010 && size == 0x20, "a directory, mapped");
    ok(RtlImageDirectoryEntryToData(base, FALSE, 2, &size) == base + 0x410, "a directory in a file");
    ok(!RtlImageDirectoryEntryToData(base, TRUE, 3, &size), "a directory that is not there");
    ok(!RtlImageRvaToVa(nt, base, 0x2500, NULL), "an address in no section");
}

static void exports(void)
{
    LDR_DATA_TABLE_ENTRY entry = {.DllBase = system_ntdll()};
    PVOID address = NULL;
    ULONG size;
    PIMAGE_EXPORT_DIRECTORY directory =
        RtlImageDirectoryEntryToData(entry.DllBase, TRUE, IMAGE_DIRECTORY_ENTRY_EXPORT, &size);
    const ULONG *names = (const ULONG *)((PUCHAR)entry.DllBase + directory->AddressOfNames);
    const ULONG *functions = (const ULONG *)((PUCHAR)entry.DllBase + directory->AddressOfFunctions);
    const USHORT *ordinals = (const USHORT *)((PUCHAR)entry.DllBase + directory->AddressOfNameOrdinals);
    ULONG errors = 0;

    for (ULONG i = 0; i < directory->NumberOfNames; i++) {
        const char *name = (const char *)entry.DllBase + names[i];
        PVOID there = (PUCHAR)entry.DllBase + functions[ordinals[i]];
        errors += !NT_SUCCESS(ldr_find_export(&entry, name, 0, &address)) || address != there;
    }
    ok(!errors && directory->NumberOfNames > 100, "%lu exports are found by name (%lu errors)",
       directory->NumberOfNames, errors);
    equal("a name that is not exported", (ULONG)ldr_find_export(&entry, "NtNoSuchThing", 0, &address),
          (ULONG)STATUS_ENTRYPOINT_NOT_FOUND);
    equal("an ordinal that is not", (ULONG)ldr_find_export(&entry, NULL, 0xfffff, &address),
          (ULONG)STATUS_ORDINAL_NOT_FOUND);
}

void test_image(void)
{
    headers();
    relocation();
    exports();
}

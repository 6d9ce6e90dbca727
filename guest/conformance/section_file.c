/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sections of files and of images.
 * Known from: MSDN CreateFileMapping (SEC_IMAGE, file size zero, sizes and protections); G. Nebbett, Native API Reference, ch. 4
 * (SECTION_IMAGE_INFORMATION); Microsoft PE/COFF specification; Wine's dlls/kernel32/tests/loader.c and virtual.c.
 */
#include "tap.h"

#define SELF NtCurrentProcess()

static HANDLE open_self(ULONG access)
{
    UNICODE_STRING path = own_path();
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes), NULL, &path, OBJ_CASE_INSENSITIVE, NULL, NULL};
    IO_STATUS_BLOCK io;
    HANDLE file = NULL;
    NtOpenFile(&file, access | SYNCHRONIZE, &attributes, &io, FILE_SHARE_READ | FILE_SHARE_DELETE, 0x20);
    return file;
}

static LONGLONG file_size(HANDLE file)
{
    FILE_STANDARD_INFORMATION info = {.EndOfFile.QuadPart = 0};
    IO_STATUS_BLOCK io;
    NtQueryInformationFile(file, &io, &info, sizeof(info), 5);
    return info.EndOfFile.QuadPart;
}

static NTSTATUS map(HANDLE section, PVOID *base, SIZE_T *size, ULONG protect)
{
    *base = NULL;
    *size = 0;
    return NtMapViewOfSection(section, SELF, base, 0, 0, NULL, size, ViewShare, 0, protect);
}

static void data(void)
{
    HANDLE file = open_self(FILE_READ_DATA), section;
    LONGLONG length = file_size(file);
    SECTION_BASIC_INFORMATION info;
    LI larger = {.QuadPart = length + 0x1000}, smaller = {.QuadPart = 0x80};
    PVOID base;
    SIZE_T size;
    UCHAR head[64];
    IO_STATUS_BLOCK io;
    LI start = {.QuadPart = 0};
    check(file != NULL, "open the own file");
    expect(NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READONLY, SEC_COMMIT, file), 0, "create");
    NtQuerySection(section, SectionBasicInformation, &info, sizeof(info), NULL);
    equal(info.Size.QuadPart, length, "its size is the file's");
    equal(info.Attributes & 0x8800000, 0x800000, "its attribute is SEC_FILE");
    expect(map(section, &base, &size, PAGE_READONLY), 0, "map");
    equal(size, (length + 0xfff) & ~0xfff, "its size in pages");
    NtReadFile(file, NULL, NULL, NULL, &io, head, sizeof(head), &start, NULL);
    check(same_memory(head, base, sizeof(head)), "the view shows the file");
    if (length & 0xfff)
        equal(((UCHAR *)base)[length], 0, "behind its end it is zero");
    NtClose(file);
    NtClose(section);
    equal(((UCHAR *)base)[0], 'M', "a view needs no handles");
    NtUnmapViewOfSection(SELF, base);
    file = open_self(FILE_READ_DATA);
    expect(NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &larger, PAGE_READONLY, SEC_COMMIT, file),
           STATUS_SECTION_TOO_BIG, "create larger than a file that cannot grow");
    expect(NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READWRITE, SEC_COMMIT, file),
           STATUS_ACCESS_DENIED, "create for writing on a file opened for reading");
    expect(NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &smaller, PAGE_READONLY, SEC_COMMIT, file), 0,
           "create smaller than the file");
    NtQuerySection(section, SectionBasicInformation, &info, sizeof(info), NULL);
    equal(info.Size.QuadPart, 0x80, "of that size");
    NtClose(section);
    expect(NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_WRITECOPY, SEC_COMMIT, file), 0,
           "create copy-on-write");
    expect(map(section, &base, &size, PAGE_WRITECOPY), 0, "map copy-on-write");
    ((UCHAR *)base)[0] = 'X';
    NtReadFile(file, NULL, NULL, NULL, &io, head, 1, &start, NULL);
    equal(head[0], 'M', "what is written does not reach the file");
    NtUnmapViewOfSection(SELF, base);
    NtClose(section);
    NtClose(file);
}

static ULONG image_pages(UCHAR *base)
{
    IMAGE_DOS_HEADER *dos = (PVOID)base;
    IMAGE_NT_HEADERS32 *nt = (PVOID)(base + dos->e_lfanew);
    return (nt->OptionalHeader.SizeOfImage + 0xfff) & ~0xfff;
}

static void images(void)
{
    HANDLE file = open_self(FILE_READ_DATA | FILE_EXECUTE), section;
    UCHAR *own = TEB_NOW->Peb->ImageBaseAddress;
    IMAGE_NT_HEADERS32 *nt = (PVOID)(own + ((IMAGE_DOS_HEADER *)own)->e_lfanew);
    IMAGE_SECTION_HEADER *text = (PVOID)((UCHAR *)&nt->OptionalHeader + nt->FileHeader.SizeOfOptionalHeader);
    SECTION_BASIC_INFORMATION info;
    SECTION_IMAGE_INFORMATION image;
    MEMORY_BASIC_INFORMATION memory;
    SIZE_T size, length = 0;
    PVOID base;
    UCHAR *code;
    expect(NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_EXECUTE, SEC_IMAGE, file), 0, "create image");
    expect(NtQuerySection(section, SectionBasicInformation, &info, sizeof(info), NULL), 0, "query basic");
    equal(info.Attributes & 0x1800000, 0x1800000, "image: attributes are SEC_IMAGE and SEC_FILE");
    equal(info.Size.QuadPart, image_pages(own), "image: size");
    expect(NtQuerySection(section, SectionImageInformation, &image, sizeof(image), &length), 0, "query image");
    equal(length, 48, "query image: length");
    equal((ULONG_PTR)image.TransferAddress, 0x400000 + nt->OptionalHeader.AddressOfEntryPoint, "image: entry point");
    equal(image.SubSystemType, nt->OptionalHeader.Subsystem, "image: subsystem");
    equal(image.Machine, IMAGE_FILE_MACHINE_I386, "image: machine");
    equal(image.MaximumStackSize, nt->OptionalHeader.SizeOfStackReserve, "image: stack");
    equal(image.CommittedStackSize, nt->OptionalHeader.SizeOfStackCommit, "image: committed stack");
    equal(image.ImageCharacteristics, nt->FileHeader.Characteristics, "image: characteristics");
    expect(map(section, &base, &size, PAGE_READONLY), STATUS_IMAGE_NOT_AT_BASE, "map it where its base is taken");
    equal(size, image_pages(own), "image: view size");
    check(base != own, "elsewhere");
    code = (UCHAR *)base + text->VirtualAddress;
    NtQueryVirtualMemory(SELF, base, 0, &memory, sizeof(memory), NULL);
    equal(memory.Type, MEM_IMAGE, "image: type");
    equal(memory.AllocationProtect, PAGE_EXECUTE_WRITECOPY, "image: allocation protection");
    equal(memory.Protect, PAGE_READONLY, "image: header protection");
    NtQueryVirtualMemory(SELF, code, 0, &memory, sizeof(memory), NULL);
    equal(memory.Protect, PAGE_EXECUTE_READ, "image: code protection");
    equal((ULONG_PTR)memory.AllocationBase, (ULONG_PTR)base, "image: one allocation");
    expect(NtUnmapViewOfSection(SELF, code), 0, "unmap by an address in the code");
    NtQueryVirtualMemory(SELF, base, 0, &memory, sizeof(memory), NULL);
    equal(memory.State, MEM_FREE, "all of it is gone");
    NtClose(section);
    NtClose(file);
}

/* A file that is no image. The tests' own directory has none; the first bytes of a file mapped as data are not asked. */
static void no_image(void)
{
    OBJECT_ATTRIBUTES *root = named(L"\\??\\C:\\", OBJ_CASE_INSENSITIVE);
    IO_STATUS_BLOCK io;
    HANDLE directory, section;
    expect(NtOpenFile(&directory, FILE_LIST_DIRECTORY | SYNCHRONIZE, root, &io, 7, 0x21), 0, "open a directory");
    expect(NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READONLY, SEC_COMMIT, directory),
           STATUS_INVALID_FILE_FOR_SECTION, "no section of a directory");
    NtClose(directory);
}

static void extends(void)
{
    NTSTATUS(NTAPI *extend)(HANDLE, LI *) = (PVOID)procedure("NtExtendSection");
    LI size = {.QuadPart = 0x1000}, larger = {.QuadPart = 0x3000};
    HANDLE section, file = open_self(FILE_READ_DATA), limited;
    check(extend != NULL, "ntdll exports NtExtendSection");
    if (extend) {
        NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT, NULL);
        expect(extend(section, &larger), STATUS_SECTION_NOT_EXTENDED, "extend what the paging file backs");
        NtDuplicateObject(SELF, section, SELF, &limited, SECTION_QUERY, 0, 0);
        expect(extend(limited, &larger), STATUS_ACCESS_DENIED, "extend without the right");
        NtClose(limited);
        NtClose(section);
        expect(extend((HANDLE)0x7ff0, &larger), STATUS_INVALID_HANDLE, "extend, no such handle");
        NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READONLY, SEC_COMMIT, file);
        faults(BAD_OUT, p, extend(section, p), "extend, size");
        larger.QuadPart = 0x10;
        expect(extend(section, &larger), 0, "extend to less than it is does nothing");
        NtClose(section);
    }
    NtClose(file);
}

void test_main(void)
{
    data();
    images();
    no_image();
    extends();
}

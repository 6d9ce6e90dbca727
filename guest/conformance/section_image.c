/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of which no image can be made, and files as data sections.
 * Known from: ntstatus.h (STATUS_INVALID_IMAGE_…); MSDN CreateFileMapping (a file of size zero); Microsoft PE/COFF
 * specification; Wine's dlls/kernel32/tests/loader.c (statuses from real systems).
 */
#include "tap.h"

static HANDLE open(const WCHAR *name)
{
    IO_STATUS_BLOCK io;
    HANDLE file = NULL;
    NtOpenFile(&file, FILE_READ_DATA | FILE_EXECUTE | SYNCHRONIZE, beside(name), &io, FILE_SHARE_READ, 0x20);
    return file;
}

static NTSTATUS create(const WCHAR *name, ULONG protect, ULONG attributes, HANDLE *section)
{
    HANDLE file = open(name);
    NTSTATUS status = NtCreateSection(section, SECTION_ALL_ACCESS, NULL, NULL, protect, attributes, file);
    if (file)
        NtClose(file);
    return status;
}

void test_main(void)
{
    static const char text[] = "The quick brown fox jumps over the lazy dog.";
    SECTION_BASIC_INFORMATION info;
    HANDLE section;
    PVOID base = NULL;
    SIZE_T size = 0;
    expect(create(L"text.dat", PAGE_READONLY, SEC_IMAGE, &section), STATUS_INVALID_IMAGE_NOT_MZ, "an image of text");
    expect(create(L"dos.dat", PAGE_READONLY, SEC_IMAGE, &section), STATUS_INVALID_IMAGE_PROTECT,
           "an image of a DOS header that leads nowhere");
    expect(create(L"alpha.dat", PAGE_READONLY, SEC_IMAGE, &section) < 0, 1, "an image for another processor");
    expect(create(L"empty.dat", PAGE_READONLY, SEC_COMMIT, &section), STATUS_MAPPED_FILE_SIZE_ZERO,
           "a section of an empty file");
    expect(create(L"empty.dat", PAGE_READONLY, SEC_IMAGE, &section) < 0, 1, "an image of an empty file");
    expect(create(L"text.dat", PAGE_READONLY, SEC_COMMIT, &section), 0, "a section of text");
    NtQuerySection(section, SectionBasicInformation, &info, sizeof(info), NULL);
    equal(info.Size.QuadPart, sizeof(text) - 1, "has the file's length");
    expect(NtMapViewOfSection(section, NtCurrentProcess(), &base, 0, 0, NULL, &size, ViewShare, 0, PAGE_READONLY), 0,
           "map it");
    equal(size, 0x1000, "a page");
    check(same_memory(base, text, sizeof(text)), "the text, and zero behind it");
    equal(((UCHAR *)base)[0xfff], 0, "up to the page's end");
    NtClose(section);
    NtUnmapViewOfSection(NtCurrentProcess(), base);
}

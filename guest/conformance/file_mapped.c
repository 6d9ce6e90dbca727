/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that are mapped: what may not be done to them meanwhile.
 * Known from: the DDK on MmCanFileBeTruncated and MmFlushImageSection (MmFlushForDelete); MSDN SetEndOfFile
 * (ERROR_USER_MAPPED_FILE); Wine's dlls/ntdll/tests/file.c (test_file_disposition_information).
 */
#include "ntapi_file.h"

static void data(void)
{
    HANDLE file = file_of(L"d", CREATE), section;
    PVOID base = NULL;
    SIZE_T size = 0;
    set_size(file, EndOfFileInfo, 0x3000);
    expect(NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READWRITE, SEC_COMMIT, file), 0, "a section of a file");
    expect(NtMapViewOfSection(section, NtCurrentProcess(), &base, 0, 0, NULL, &size, ViewUnmap, 0, PAGE_READWRITE), 0, "a view of it");
    expect(set_size(file, EndOfFileInfo, 0x1000), STATUS_USER_MAPPED_FILE, "what is seen stays");
    expect(set_size(file, AllocationInfo, 0), STATUS_USER_MAPPED_FILE, "allocated, too");
    expect(set_size(file, EndOfFileInfo, 0x5000), 0, "but there may be more");
    expect(put(file, "file", 0), 0, "write the file");
    check(same_memory(base, "file", 4), "the view shows it");
    *(ULONG *)base = 'X';
    {
        UCHAR buffer[4];
        equal(get(file, buffer, 4, 0), 4, "read the file");
        equal(buffer[0], 'X', "which has what the view was given");
    }
    expect(dispose(file, TRUE), STATUS_CANNOT_DELETE, "it is not deleted");
    NtUnmapViewOfSection(NtCurrentProcess(), base);
    NtClose(section);
    expect(set_size(file, EndOfFileInfo, 0x1000), 0, "unmapped, it is cut");
    expect(dispose(file, TRUE), 0, "and deleted");
    NtClose(file);
}

static void image(void)
{
    UCHAR *copy = pages(0x20000, MEM_COMMIT, PAGE_READWRITE);
    UNICODE_STRING path = own_path();
    OBJECT_ATTRIBUTES own = {sizeof(own), NULL, &path, OBJ_CASE_INSENSITIVE, NULL, NULL};
    LI start = {.QuadPart = 0};
    HANDLE program, file, section, other;
    ULONG length;
    NtOpenFile(&program, FILE_READ_DATA | SYNCHRONIZE, &own, &io, SHARE_ALL, SYNC);
    length = get(program, copy, 0x20000, 0);
    NtClose(program);
    file = file_of(L"i.exe", CREATE);
    expect(NtWriteFile(file, NULL, NULL, NULL, &io, copy, length, &start, NULL), 0, "a copy of this program");
    NtClose(file);
    make(&file, L"i.exe", FILE_READ_DATA | FILE_EXECUTE | FILE_WRITE_DATA | DELETE | SYNCHRONIZE, 0, SHARE_ALL, OPEN, SYNC);
    expect(NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_EXECUTE_READ, SEC_IMAGE, file), 0, "as an image");
    expect(dispose(file, TRUE), STATUS_CANNOT_DELETE, "is not deleted");
    expect(set_size(file, EndOfFileInfo, 0), STATUS_USER_MAPPED_FILE, "nor cut");
    expect(opens(L"i.exe", FILE_WRITE_DATA, SHARE_ALL, 0), STATUS_SHARING_VIOLATION, "nor opened for writing");
    expect(opens(L"i.exe", FILE_READ_DATA, SHARE_ALL, 0), 0, "but for reading");
    other = file_of(L"o", CREATE);
    expect(rename_to(other, RenameInfo, home, L"i.exe", TRUE), STATUS_ACCESS_DENIED, "nor replaced");
    dispose(other, TRUE);
    NtClose(other);
    NtClose(section);
    NtClose(file);
    expect(remove(L"i.exe"), 0, "when the section is gone it is");
    pages_free(copy);
}

void test_main(void)
{
    home_begin();
    data();
    image();
    home_end();
}

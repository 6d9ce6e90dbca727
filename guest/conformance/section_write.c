/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sections of files that are written: views, reads and writes see one set of bytes; what is mapped cannot go.
 * Known from: MSDN CreateFileMapping, MapViewOfFile (coherence of views and files), SetEndOfFile and DeleteFile on mapped files;
 * Windows Internals, 4th ed., ch. 7 and 11 (data and image section objects, MmCanFileBeTruncated, MmFlushImageSection).
 */
#include "ntapi_file.h"
#include "ntapi_mm.h"

#define SELF NtCurrentProcess()
static UCHAR buffer[0x4000];
static HANDLE file, section;
static UCHAR *view;
static SIZE_T size;

static NTSTATUS create_section(LONGLONG length, ULONG protect, ULONG attributes)
{
    LI maximum = {.QuadPart = length};
    section = NULL;
    return NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, length ? &maximum : NULL, protect, attributes, file);
}

static NTSTATUS map(ULONG protect)
{
    view = NULL;
    size = 0;
    return NtMapViewOfSection(section, SELF, (PVOID *)&view, 0, 0, NULL, &size, ViewUnmap, 0, protect);
}

static NTSTATUS read_at(LONGLONG at, ULONG length)
{
    LI offset = {.QuadPart = at};
    return NtReadFile(file, NULL, NULL, NULL, &io, buffer, length, &offset, NULL);
}

static NTSTATUS write_at(LONGLONG at, const void *data, ULONG length)
{
    LI offset = {.QuadPart = at};
    return NtWriteFile(file, NULL, NULL, NULL, &io, (PVOID)data, length, &offset, NULL);
}

static LONGLONG length_now(void)
{
    FILE_STANDARD_INFORMATION info = {.EndOfFile.QuadPart = -1};
    NtQueryInformationFile(file, &io, &info, sizeof(info), StandardInfo);
    return info.EndOfFile.QuadPart;
}

static NTSTATUS set_length(LONGLONG length)
{
    return NtSetInformationFile(file, &io, &length, sizeof(length), EndOfFileInfo);
}

static NTSTATUS set_deletion(BOOLEAN on)
{
    return NtSetInformationFile(file, &io, &on, sizeof(on), DispositionInfo);
}

static void coherent(void)
{
    UCHAR *second;
    PVOID at;
    SIZE_T some;
    expect(write_at(0, "0123456789", 10), 0, "ten bytes are written");
    expect(create_section(0, PAGE_READWRITE, SEC_COMMIT), 0, "a section of them");
    expect(map(PAGE_READWRITE), 0, "is mapped");
    check(same_memory(view, "0123456789\0\0", 12), "it shows them, and zeros behind");
    view[3] = 'x';
    expect(read_at(0, 10), 0, "read the file");
    check(same_memory(buffer, "012x456789", 10), "what was written to the view is read");
    expect(write_at(5, "yz", 2), 0, "write to the file");
    check(same_memory(view, "012x4yz789", 10), "the view shows it");
    second = view;
    expect(map(PAGE_READONLY), 0, "map it again");
    second[0] = 'a';
    equal(view[0], 'a', "both views are one");
    NtUnmapViewOfSection(SELF, view);
    view = second;
    view[20] = 'q';
    at = view;
    some = 5;
    expect(NtFlushVirtualMemory(SELF, &at, &some, &io), 0, "flush");
    equal((ULONG_PTR)at, (ULONG_PTR)view, "flush: from the page on");
    equal(some, 0x1000, "flush: the page");
    equal(io.Status, 0, "flush: status block");
    at = view;
    some = 0;
    expect(NtFlushVirtualMemory(SELF, &at, &some, &io), 0, "flush all");
    equal(length_now(), 10, "what lies behind the end makes the file no longer");
    expect(write_at(10, "behind the end, now in it", 25), 0, "the file is made longer");
    check(same_memory(view + 10, "behind the end", 14), "the view shows that, too");
    expect(NtFlushBuffersFile(file, &io), 0, "flush the file");
    NtUnmapViewOfSection(SELF, view);
    NtClose(section);
}

static void longer(void)
{
    LI larger = {.QuadPart = 0x5000};
    EXTEND_CALL extend = (PVOID)procedure("NtExtendSection");
    SECTION_BASIC_INFORMATION info;
    expect(create_section(0x3001, PAGE_READWRITE, SEC_COMMIT), 0, "a section larger than its file");
    equal(length_now(), 0x3001, "makes the file so long");
    expect(map(PAGE_READWRITE), 0, "map it");
    equal(size, 0x4000, "in whole pages");
    view[0x3000] = 'e';
    read_at(0x3000, 1);
    equal(buffer[0], 'e', "its last byte is the file's");
    if (extend) {
        expect(extend(section, &larger), 0, "extend the section");
        equal(length_now(), 0x5000, "extends the file");
        NtQuerySection(section, SectionBasicInformation, &info, sizeof(info), NULL);
        equal(info.Size.QuadPart, 0x5000, "the section says so");
        larger.QuadPart = 0x10;
        expect(extend(section, &larger), 0, "extend it to less");
        equal(larger.QuadPart, 0x5000, "tells what it is");
        equal(length_now(), 0x5000, "and changes nothing");
    } else
        set_length(0x5000);
    NtUnmapViewOfSection(SELF, view);
    expect(map(PAGE_READWRITE), 0, "map the longer file");
    NtUnmapViewOfSection(SELF, view);
    NtClose(section);
    expect(create_section(0x6000, PAGE_READONLY, SEC_COMMIT), STATUS_SECTION_TOO_BIG, "a read-only section makes no file longer");
    equal(length_now(), 0x5000, "it stays");
}

static MEMORY_BASIC_INFORMATION query(PVOID at)
{
    MEMORY_BASIC_INFORMATION info = {0};
    NtQueryVirtualMemory(SELF, at, 0, &info, sizeof(info), NULL);
    return info;
}

/* A view that is larger than its section, and gets what the section gets. */
static void grows(void)
{
    LI larger = {.QuadPart = 0x6000};
    EXTEND_CALL extend = (PVOID)procedure("NtExtendSection");
    if (!extend)
        return;
    expect(create_section(0, PAGE_READWRITE, SEC_COMMIT), 0, "a section that will grow");
    view = NULL;
    size = 0x10000;
    expect(NtMapViewOfSection(section, SELF, (PVOID *)&view, 0, 0, NULL, &size, ViewUnmap, 0, PAGE_READWRITE),
           STATUS_INVALID_VIEW_SIZE, "is not mapped larger than it is");
    expect(NtMapViewOfSection(section, SELF, (PVOID *)&view, 0, 0, NULL, &size, ViewUnmap, MEM_RESERVE, PAGE_READWRITE), 0,
           "unless the rest is to be reserved");
    equal(query(view).RegionSize, 0x5000, "what there is, is there");
    equal(query(view + 0x5000).State, MEM_RESERVE, "the rest is reserved");
    expect(extend(section, &larger), 0, "it grows");
    equal(query(view).RegionSize, 0x6000, "and the view with it");
    view[0x5fff] = 'g';
    read_at(0x5fff, 1);
    equal(buffer[0], 'g', "which shows the file");
    equal(query(view + 0x6000).State, MEM_RESERVE, "up to its end");
    NtUnmapViewOfSection(SELF, view);
    NtClose(section);
    set_length(0x5000);
}

static void kept(void)
{
    expect(create_section(0, PAGE_READWRITE, SEC_COMMIT), 0, "a section of it all");
    expect(map(PAGE_READWRITE), 0, "mapped");
    expect(set_length(0x1000), STATUS_USER_MAPPED_FILE, "a mapped file is not cut short");
    expect(set_length(0), STATUS_USER_MAPPED_FILE, "nor emptied");
    expect(set_length(0x4fff), 0, "a byte less is the same page");
    expect(set_length(0x8000), 0, "it can get longer");
    expect(set_deletion(TRUE), STATUS_CANNOT_DELETE, "it cannot be deleted");
    NtClose(section);
    expect(set_length(0), STATUS_USER_MAPPED_FILE, "a view is enough");
    NtUnmapViewOfSection(SELF, view);
    expect(create_section(0, PAGE_READWRITE, SEC_COMMIT), 0, "a section without a view");
    expect(set_length(0), STATUS_USER_MAPPED_FILE, "is enough, too");
    NtClose(section);
    expect(set_length(0x1000), 0, "without either it can be cut short");
    equal(length_now(), 0x1000, "and is");
}

static void copies(void)
{
    HANDLE limited, reader;
    UCHAR *copy;
    write_at(0, "original", 8);
    expect(create_section(0, PAGE_WRITECOPY, SEC_COMMIT), 0, "a section to copy");
    expect(map(PAGE_WRITECOPY), 0, "mapped to copy");
    view[0] = 'X';
    read_at(0, 8);
    equal(buffer[0], 'o', "the file keeps its bytes");
    write_at(0, "O", 1);
    equal(view[0], 'X', "the copy keeps its own");
    copy = view;
    expect(map(PAGE_READWRITE), STATUS_SECTION_PROTECTION, "a section to copy is not mapped to write");
    if (view)
        NtUnmapViewOfSection(SELF, view);
    NtUnmapViewOfSection(SELF, copy);
    NtClose(section);
    expect(make(&reader, L"mapped", FILE_READ_DATA | SYNCHRONIZE, 0, SHARE_ALL, OPEN, SYNC), 0, "open to read");
    limited = file;
    file = reader;
    expect(create_section(0, PAGE_READWRITE, SEC_COMMIT), STATUS_ACCESS_DENIED, "that makes no section to write");
    expect(create_section(0, PAGE_READONLY, SEC_COMMIT), 0, "but one to read");
    expect(map(PAGE_READONLY), 0, "which can be mapped");
    file = limited;
    write_at(1, "new", 3);
    check(same_memory(view, "Onewinal", 8), "and shows what others write");
    NtUnmapViewOfSection(SELF, view);
    NtClose(section);
    NtClose(reader);
}

static void empty(void)
{
    HANDLE before = file;
    expect(make(&file, L"empty", READ_WRITE | DELETE, 0, SHARE_ALL, CREATE, SYNC), 0, "an empty file");
    expect(create_section(0, PAGE_READWRITE, SEC_COMMIT), STATUS_MAPPED_FILE_SIZE_ZERO, "has no section");
    expect(create_section(0, PAGE_EXECUTE, SEC_IMAGE), STATUS_ACCESS_DENIED, "an image needs the right to execute");
    expect(create_section(0x100, PAGE_READWRITE, SEC_COMMIT), 0, "unless it is given a size");
    equal(length_now(), 0x100, "which is its own then");
    NtClose(section);
    set_deletion(TRUE);
    NtClose(file);
    file = before;
}

void test_main(void)
{
    home_begin();
    expect(make(&file, L"mapped", READ_WRITE | DELETE, 0, SHARE_ALL, CREATE, SYNC), 0, "a file to map");
    coherent();
    longer();
    grows();
    kept();
    copies();
    empty();
    expect(set_deletion(TRUE), 0, "nothing is mapped: it can be deleted");
    NtClose(file);
    home_end();
}

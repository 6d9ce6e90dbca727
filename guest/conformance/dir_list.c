/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Listing folders: classes, buffers, going on and starting again.
 * Known from: MSDN ZwQueryDirectoryFile and the FILE_*_DIR_INFORMATION structures; Wine's dlls/ntdll/tests/directory.c
 * (test_directory_sort, test_NtQueryDirectoryFile).
 */
#include "ntapi_file.h"

typedef struct { ULONG next, index; LI creation, access, write, change, end, allocation; ULONG attributes, length; } COMMON;

static HANDLE folder;
static UCHAR buffer[0x1000];

static NTSTATUS list(ULONG class, ULONG length, BOOLEAN single, const WCHAR *pattern, BOOLEAN restart)
{
    UNICODE_STRING name = ustr(pattern ? pattern : L"");
    io.Information = 99;
    return NtQueryDirectoryFile(folder, NULL, NULL, NULL, &io, buffer, length, class, single, pattern ? &name : NULL, restart);
}

static void open(void)
{
    make(&folder, L"f", FILE_LIST_DIRECTORY | SYNCHRONIZE | DELETE, 0, SHARE_ALL, OPEN_IF, DIRECTORY_FILE | SYNC);
}

/* The names in the buffer, one after the other with a bar behind each. */
static const WCHAR *names(ULONG at, ULONG length_at)
{
    static WCHAR out[512];
    ULONG used = 0, entry = 0;
    do {
        ULONG length = *(ULONG *)(buffer + entry + length_at);
        for (ULONG i = 0; i < length / 2 && used < 500; i++)
            out[used++] = *(WCHAR *)(buffer + entry + at + 2 * i);
        out[used++] = L'|';
        entry = *(ULONG *)(buffer + entry) ? entry + *(ULONG *)(buffer + entry) : 0;
    } while (entry);
    out[used] = 0;
    return out;
}

static BOOLEAN same(const WCHAR *left, const WCHAR *right)
{
    while (*left && *left == *right)
        left++, right++;
    return *left == *right;
}

static void classes(void)
{
    static const struct { ULONG class, name_at, size; const char *name, *mismatch, *listing; } all[] = {
        {DirectoryInfo, 64, 72, "directory", "directory, too short", "directory: the names"},
        {FullInfo, 68, 72, "full", "full, too short", "full: the names"},
        {BothInfo, 94, 96, "both", "both, too short", "both: the names"},
        {NamesInfo, 12, 16, "names", "names, too short", "names: the names"},
        {IdBothInfo, 104, 112, "id both", "id both, too short", "id both: the names"},
        {IdFullInfo, 80, 88, "id full", "id full, too short", "id full: the names"},
    };
    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        open();
        expect(list(all[i].class, all[i].size - 1, FALSE, NULL, FALSE), STATUS_INFO_LENGTH_MISMATCH, all[i].mismatch);
        expect(list(all[i].class, sizeof(buffer), FALSE, NULL, FALSE), 0, all[i].name);
        check(same(names(all[i].name_at, all[i].class == NamesInfo ? 8 : 60), L".|..|A long name.text|b.txt|c|Zebra|"), all[i].listing);
        NtClose(folder);
    }
    open();
    expect(list(BasicInfo, sizeof(buffer), FALSE, NULL, FALSE), STATUS_INVALID_INFO_CLASS, "a class that is no listing's");
    expect(list(99, sizeof(buffer), FALSE, NULL, FALSE), STATUS_INVALID_INFO_CLASS, "class 99");
    NtClose(folder);
}

static void entries(void)
{
    COMMON *entry = (COMMON *)buffer;
    LI id = {.QuadPart = 0};
    HANDLE file = file_of(L"f\\b.txt", OPEN);
    NtQueryInformationFile(file, &io, &id, 8, InternalInfo);
    NtClose(file);
    open();
    expect(list(IdBothInfo, sizeof(buffer), FALSE, L"B.TXT", FALSE), 0, "one by its name, in another case");
    equal(entry->next, 0, "only that");
    equal(io.Information, 104 + 10, "its length");
    equal(entry->end.QuadPart, 5, "size");
    check(entry->allocation.QuadPart >= 5, "allocation");
    equal(entry->attributes, FILE_ATTRIBUTE_ARCHIVE, "attributes");
    check(entry->write.QuadPart > system_time() - 100000000, "written now");
    equal(buffer[68], 0, "it has no other name");
    check(*(LONGLONG *)(buffer + 96) == id.QuadPart, "id");
    expect(list(IdBothInfo, sizeof(buffer), FALSE, NULL, FALSE), STATUS_NO_MORE_FILES, "then no more");
    NtClose(folder);
    open();
    expect(list(BothInfo, sizeof(buffer), FALSE, L"a*", FALSE), 0, "one by a pattern");
    equal(buffer[68], 24, "its 8.3 name has twelve characters");
    check(same_memory(buffer + 70, L"ALONGN~1.TEX", 24), "such as these");
    NtClose(folder);
    open();
    entry->length = 0;
    expect(list(BothInfo, sizeof(buffer), FALSE, L"alongn~1.tex", FALSE), 0, "one by its 8.3 name");
    equal(entry->next, 0, "only that, again");
    equal(entry->length, 32, "called by its own");
    NtClose(folder);
    open();
    expect(list(BothInfo, sizeof(buffer), FALSE, L"c", FALSE), 0, "a folder in it");
    equal(entry->attributes, FILE_ATTRIBUTE_DIRECTORY, "says so");
    equal(entry->end.QuadPart, 0, "has no size");
    NtClose(folder);
}

static void going_on(void)
{
    open();
    expect(list(NamesInfo, sizeof(buffer), TRUE, NULL, FALSE), 0, "one at a time");
    check(same(names(12, 8), L".|"), "the first");
    expect(list(NamesInfo, sizeof(buffer), TRUE, NULL, FALSE), 0, "the next");
    check(same(names(12, 8), L"..|"), "is the parent");
    expect(list(NamesInfo, 64, FALSE, NULL, FALSE), 0, "as many as fit");
    check(same(names(12, 8), L"A long name.text|"), "is one");
    equal(io.Information, 12 + 32, "of this length");
    expect(list(NamesInfo, sizeof(buffer), FALSE, NULL, FALSE), 0, "the rest");
    check(same(names(12, 8), L"b.txt|c|Zebra|"), "in order");
    expect(list(NamesInfo, sizeof(buffer), FALSE, NULL, FALSE), STATUS_NO_MORE_FILES, "that was all");
    equal(io.Information, 0, "nothing came");
    expect(list(NamesInfo, sizeof(buffer), TRUE, NULL, TRUE), 0, "from the start again");
    check(same(names(12, 8), L".|"), "is the first again");
    NtClose(folder);
    open();
    expect(list(NamesInfo, sizeof(buffer), FALSE, L"nothing", FALSE), STATUS_NO_SUCH_FILE, "a name that is not there");
    NtClose(folder);
    open();
    expect(list(NamesInfo, 16, FALSE, L"A long*", FALSE), STATUS_BUFFER_OVERFLOW, "a name that does not fit");
    equal(io.Information, 16, "as much as there is room for");
    equal(*(ULONG *)(buffer + 8), 32, "its length is told");
    check(same_memory(buffer + 12, L"A ", 4), "and its beginning");
    NtClose(folder);
    expect(NtQueryDirectoryFile(home, NULL, NULL, NULL, &io, buffer, 64, NamesInfo, FALSE, NULL, TRUE), 0, "another folder");
    make(&folder, L"f", FILE_READ_ATTRIBUTES | SYNCHRONIZE, 0, SHARE_ALL, OPEN, DIRECTORY_FILE | SYNC);
    expect(list(NamesInfo, 64, FALSE, NULL, FALSE), STATUS_ACCESS_DENIED, "without the right to list");
    NtClose(folder);
    folder = file_of(L"f\\b.txt", OPEN);
    expect(list(NamesInfo, 64, FALSE, NULL, FALSE), STATUS_INVALID_PARAMETER, "a file is no folder");
    NtClose(folder);
    NtOpenFile(&folder, FILE_LIST_DIRECTORY | SYNCHRONIZE, named(L"\\??\\C:\\", OBJ_CASE_INSENSITIVE), &io, SHARE_ALL, DIRECTORY_FILE | SYNC);
    expect(list(NamesInfo, sizeof(buffer), TRUE, NULL, FALSE), 0, "the root");
    check(!same(names(12, 8), L".|"), "has no dot");
    NtClose(folder);
}

static void changing(void)
{
    HANDLE file;
    open();
    list(NamesInfo, sizeof(buffer), TRUE, NULL, FALSE);
    file = file_of(L"f\\new", CREATE);
    expect(list(NamesInfo, sizeof(buffer), FALSE, NULL, TRUE), 0, "after a file was made");
    check(same(names(12, 8), L".|..|A long name.text|b.txt|c|new|Zebra|"), "it is there");
    dispose(file, TRUE);
    NtClose(file);
    expect(list(NamesInfo, sizeof(buffer), FALSE, NULL, TRUE), 0, "after it was deleted");
    check(same(names(12, 8), L".|..|A long name.text|b.txt|c|Zebra|"), "it is not");
    NtClose(folder);
}

void test_main(void)
{
    HANDLE file;
    home_begin();
    open();
    NtClose(folder);
    NtClose(file_of(L"f\\Zebra", CREATE));
    NtClose(file_of(L"f\\A long name.text", CREATE));
    file = file_of(L"f\\b.txt", CREATE);
    put(file, "hello", 0);
    NtClose(file);
    make(&file, L"f\\c", FILE_LIST_DIRECTORY | SYNCHRONIZE, 0, SHARE_ALL, CREATE, DIRECTORY_FILE | SYNC);
    NtClose(file);
    classes();
    entries();
    going_on();
    changing();
    remove(L"f\\Zebra"), remove(L"f\\A long name.text"), remove(L"f\\b.txt"), remove(L"f\\c"), remove(L"f");
    home_end();
}

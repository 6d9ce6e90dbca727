/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Creating and opening: what each disposition does with what is there and what is not, and which options go together.
 * Known from: MSDN NtCreateFile and ZwCreateFile; the DDK on IoCreateFile's checks; G. Nebbett, Native API Reference, ch. 9; Wine's
 * dlls/ntdll/tests/file.c (create_file_test, open_file_test).
 */
#include "ntapi_file.h"

static HANDLE file;

static NTSTATUS try(const WCHAR *name, ULONG disposition, ULONG options)
{
    NTSTATUS status = make(&file, name, READ_WRITE, 0, SHARE_ALL, disposition, options | SYNC);
    if (!status)
        NtClose(file);
    return status;
}

static void dispositions(void)
{
    UCHAR buffer[8];
    expect(try(L"a", OPEN, 0), STATUS_OBJECT_NAME_NOT_FOUND, "open what is not there");
    equal(io.Information, 99, "leaves the status block alone");
    expect(try(L"a", OVERWRITE, 0), STATUS_OBJECT_NAME_NOT_FOUND, "overwrite what is not there");
    expect(try(L"no\\a", CREATE, 0), STATUS_OBJECT_PATH_NOT_FOUND, "create in what is not there");
    expect(try(L"a", CREATE, 0), 0, "create");
    equal(io.Information, CREATED, "says created");
    expect(try(L"a", CREATE, 0), STATUS_OBJECT_NAME_COLLISION, "create what is there");
    expect(try(L"A", CREATE, 0), STATUS_OBJECT_NAME_COLLISION, "create it in another case");
    expect(try(L"a\\b", OPEN, 0), STATUS_OBJECT_PATH_NOT_FOUND, "a file is no way to others");
    expect(try(L"A", OPEN, 0), 0, "open in another case");
    equal(io.Information, OPENED, "says opened");
    expect(try(L"a", OPEN_IF, 0), 0, "open or create what is there");
    equal(io.Information, OPENED, "opens");
    expect(try(L"b", OPEN_IF, 0), 0, "open or create what is not there");
    equal(io.Information, CREATED, "creates");
    file = file_of(L"a", OPEN);
    expect(put(file, "text", 0), 0, "something to lose");
    NtClose(file);
    expect(try(L"a", OVERWRITE, 0), 0, "overwrite");
    equal(io.Information, OVERWRITTEN, "says overwritten");
    file = file_of(L"a", OPEN);
    equal(get(file, buffer, 8, 0), STATUS_END_OF_FILE, "it is empty");
    put(file, "text", 0);
    NtClose(file);
    expect(make(&file, L"a", READ_WRITE | DELETE, 0, SHARE_ALL, SUPERSEDE, SYNC), 0, "supersede");
    equal(io.Information, SUPERSEDED, "says superseded");
    equal(size_of(file), 0, "and it is empty");
    NtClose(file);
    expect(try(L"c", OVERWRITE_IF, 0), 0, "overwrite or create what is not there");
    equal(io.Information, CREATED, "creates it");
    expect(try(L"c", OVERWRITE_IF, 0), 0, "overwrite or create what is there");
    equal(io.Information, OVERWRITTEN, "overwrites");
    expect(try(L"d", SUPERSEDE, 0), 0, "supersede what is not there");
    equal(io.Information, CREATED, "creates a file");
    remove(L"a"), remove(L"b"), remove(L"c"), remove(L"d");
}

static void folders(void)
{
    HANDLE folder;
    expect(try(L"f", CREATE, DIRECTORY_FILE), 0, "create a folder");
    equal(io.Information, CREATED, "which says created");
    expect(try(L"f", CREATE, DIRECTORY_FILE), STATUS_OBJECT_NAME_COLLISION, "create it again");
    expect(try(L"f", CREATE, 0), STATUS_OBJECT_NAME_COLLISION, "create a file there");
    expect(try(L"f", OPEN, NON_DIRECTORY_FILE), STATUS_FILE_IS_A_DIRECTORY, "open it as a file");
    expect(try(L"f", OPEN_IF, NON_DIRECTORY_FILE), STATUS_FILE_IS_A_DIRECTORY, "open it as a file, or create");
    expect(try(L"f", OPEN_IF, DIRECTORY_FILE), 0, "open it or create");
    equal(io.Information, OPENED, "opens it");
    expect(try(L"f", OVERWRITE, 0), STATUS_OBJECT_NAME_COLLISION, "overwrite it");
    expect(try(L"f", OVERWRITE, DIRECTORY_FILE), STATUS_INVALID_PARAMETER, "overwrite a folder, as such");
    expect(try(L"f", SUPERSEDE, DIRECTORY_FILE), STATUS_INVALID_PARAMETER, "supersede a folder, as such");
    expect(try(L"f\\", OPEN, DIRECTORY_FILE), 0, "a backslash behind a folder");
    expect(try(L"f\\", OPEN, NON_DIRECTORY_FILE), STATUS_OBJECT_NAME_INVALID, "and no folder wanted");
    expect(try(L"f\\g", CREATE, 0), 0, "a file in it");
    expect(try(L"F\\G", OPEN, 0), 0, "found in another case");
    expect(try(L"f\\g", OPEN, DIRECTORY_FILE), STATUS_NOT_A_DIRECTORY, "open a file as a folder");
    expect(try(L"f\\g", CREATE, DIRECTORY_FILE), STATUS_OBJECT_NAME_COLLISION, "create a folder where a file is");
    expect(try(L"f\\g\\", OPEN, 0), STATUS_OBJECT_NAME_INVALID, "a backslash behind a file");
    expect(make(&folder, L"f", FILE_LIST_DIRECTORY | SYNCHRONIZE, 0, SHARE_ALL, OPEN, DIRECTORY_FILE | SYNC), 0, "the folder");
    expect(NtOpenFile(&file, FILE_READ_DATA | SYNCHRONIZE, named_in(folder, L"g", OBJ_CASE_INSENSITIVE), &io, SHARE_ALL, SYNC), 0,
           "a path below it");
    NtClose(file);
    expect(NtOpenFile(&file, FILE_READ_DATA | SYNCHRONIZE, named_in(folder, L"\\g", OBJ_CASE_INSENSITIVE), &io, SHARE_ALL, SYNC),
           STATUS_OBJECT_NAME_INVALID, "which does not begin at the root");
    expect(NtOpenFile(&file, FILE_READ_DATA | SYNCHRONIZE, named_in(folder, L"", OBJ_CASE_INSENSITIVE), &io, SHARE_ALL, SYNC), 0,
           "the folder by no name");
    NtClose(file);
    NtClose(folder);
    remove(L"f\\g"), remove(L"f");
}

static void names(void)
{
    static const WCHAR *const bad[] = {L"a*", L"a?", L"a<", L"a>", L"a\"", L"a|", L"a/b", L"a\\\\b", L".", L"..", L"f\\..\\a", L"a\x01"};
    static const char *const said[] = {"a star", "a question mark", "less", "greater", "a quote", "a bar", "a slash", "two backslashes",
                                       "a dot", "two dots", "two dots on the way", "a control character"};
    WCHAR path[320];
    UNICODE_STRING name = {255 * 2, 256 * 2, path};
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes), home, &name, OBJ_CASE_INSENSITIVE, NULL, NULL};
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        expect(try(bad[i], OPEN_IF, 0), STATUS_OBJECT_NAME_INVALID, said[i]);
    expect(try(L"Gr\xf6\xdf" L"e \x20ac.txt", CREATE, 0), 0, "letters of other alphabets");
    expect(try(L"gR\xd6\xdf" L"E \x20ac.TXT", OPEN, 0), 0, "in another case");
    remove(L"Gr\xf6\xdf" L"e \x20ac.txt");
    expect(try(L"x ", CREATE, 0), 0, "a blank at the end");
    expect(try(L"x", OPEN, 0), STATUS_OBJECT_NAME_NOT_FOUND, "belongs to the name");
    remove(L"x ");
    expect(try(L"x.", CREATE, 0), 0, "a dot at the end");
    remove(L"x.");
    for (int i = 0; i < 256; i++)
        path[i] = L'n';
    expect(NtCreateFile(&file, READ_WRITE, &attributes, &io, NULL, 0, SHARE_ALL, CREATE, SYNC, NULL, 0), 0, "255 characters");
    NtClose(file);
    expect(NtDeleteFile(&attributes), 0, "and gone");
    name.Length = 256 * 2;
    expect(NtCreateFile(&file, READ_WRITE, &attributes, &io, NULL, 0, SHARE_ALL, CREATE, SYNC, NULL, 0), STATUS_OBJECT_NAME_INVALID,
           "256 characters");
}

static void options(void)
{
    LI size = {.QuadPart = -1};
    NTSTATUS status;
    expect(make(&file, L"o", READ_WRITE, 0, SHARE_ALL, 6, SYNC), STATUS_INVALID_PARAMETER, "disposition 6");
    expect(make(&file, L"o", READ_WRITE, 0, 8, OPEN, SYNC), STATUS_INVALID_PARAMETER, "share mode 8");
    expect(make(&file, L"o", READ_WRITE, 0x8000, SHARE_ALL, OPEN, SYNC), STATUS_INVALID_PARAMETER, "attribute 0x8000");
    expect(make(&file, L"o", READ_WRITE, 0, SHARE_ALL, OPEN, SYNC | SYNC_ALERT), STATUS_INVALID_PARAMETER, "two ways to wait");
    expect(make(&file, L"o", READ_WRITE, 0, SHARE_ALL, OPEN, SYNC | 0x1000000), STATUS_INVALID_PARAMETER, "an unknown option");
    expect(make(&file, L"o", READ_WRITE, 0, SHARE_ALL, OPEN, SYNC | DELETE_ON_CLOSE), STATUS_INVALID_PARAMETER,
           "delete on close without the right");
    expect(make(&file, L"o", GENERIC_ALL, 0, SHARE_ALL, OPEN, DELETE_ON_CLOSE), STATUS_INVALID_PARAMETER,
           "nor is a generic right that one");
    status = make(&file, L"t", READ_WRITE | DELETE, FILE_ATTRIBUTE_TEMPORARY, SHARE_ALL, CREATE,
                  SYNC | DIRECTORY_FILE | DELETE_ON_CLOSE);
    equal(status, STATUS_INVALID_PARAMETER, "a temporary folder");
    if (!status)
        NtClose(file);
    expect(make(&file, L"o", READ_WRITE & ~SYNCHRONIZE, 0, SHARE_ALL, OPEN, SYNC), STATUS_INVALID_PARAMETER,
           "synchronous without the right to wait");
    expect(make(&file, L"o", READ_WRITE | FILE_APPEND_DATA, 0, SHARE_ALL, OPEN, SYNC | NO_BUFFERING), STATUS_INVALID_PARAMETER,
           "append without buffering");
    expect(make(&file, L"o", READ_WRITE, 0, SHARE_ALL, OPEN, SYNC | DIRECTORY_FILE | NO_BUFFERING), STATUS_INVALID_PARAMETER,
           "a folder without buffering");
    expect(NtCreateFile(&file, READ_WRITE, named_in(home, L"o", OBJ_CASE_INSENSITIVE), &io, &size, 0, SHARE_ALL, OPEN, SYNC, NULL,
                        0), STATUS_INVALID_PARAMETER, "a negative allocation");
    expect(opens(L"o", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "nothing has been made");
    size.QuadPart = 100000;
    expect(NtCreateFile(&file, READ_WRITE | DELETE, named_in(home, L"o", OBJ_CASE_INSENSITIVE), &io, &size, 0, SHARE_ALL, CREATE,
                        SYNC | DELETE_ON_CLOSE, NULL, 0), 0, "with an allocation");
    equal(size_of(file), 0, "is empty all the same");
    equal(granted_access(file), READ_WRITE | DELETE, "the access asked for");
    NtClose(file);
    expect(make(&file, L"o", GENERIC_READ, 0, SHARE_ALL, OPEN_IF, 0), 0, "generic read");
    equal(granted_access(file), FILE_GENERIC_READ, "is the rights to read");
    NtClose(file);
    expect(make(&file, L"o", 0, 0, SHARE_ALL, OPEN, 0), STATUS_ACCESS_DENIED, "no access at all");
    expect(make(&file, L"o", MAXIMUM_ALLOWED, 0, SHARE_ALL, OPEN, 0), 0, "all that can be had");
    equal(granted_access(file), FILE_ALL_ACCESS, "is everything");
    NtClose(file);
    remove(L"o");
}

static void attributes(void)
{
    expect(make(&file, L"h", READ_WRITE, FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM, SHARE_ALL, CREATE, SYNC), 0,
           "a hidden system file");
    equal(attributes_of(file), FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE, "is to be archived, too");
    NtClose(file);
    expect(make(&file, L"h", READ_WRITE, 0, SHARE_ALL, OVERWRITE, SYNC), STATUS_ACCESS_DENIED, "overwritten as a plain file");
    expect(make(&file, L"h", READ_WRITE, FILE_ATTRIBUTE_HIDDEN, SHARE_ALL, OVERWRITE_IF, SYNC), STATUS_ACCESS_DENIED,
           "overwritten as a hidden one");
    expect(make(&file, L"h", READ_WRITE, FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM, SHARE_ALL, OVERWRITE, SYNC), 0,
           "overwritten as what it is");
    NtClose(file);
    remove(L"h");
    expect(make(&file, L"r", READ_WRITE, FILE_ATTRIBUTE_READONLY, SHARE_ALL, CREATE, SYNC), 0, "a read-only file");
    expect(put(file, "x", 0), 0, "who makes it may write it");
    equal(attributes_of(file), FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_ARCHIVE, "its attributes");
    NtClose(file);
    expect(opens(L"r", FILE_READ_DATA, SHARE_ALL, 0), 0, "opened for reading");
    expect(opens(L"r", FILE_WRITE_DATA, SHARE_ALL, 0), STATUS_ACCESS_DENIED, "opened for writing");
    expect(opens(L"r", FILE_APPEND_DATA, SHARE_ALL, 0), STATUS_ACCESS_DENIED, "opened for appending");
    expect(make(&file, L"r", READ_WRITE, 0, SHARE_ALL, OVERWRITE, SYNC), STATUS_ACCESS_DENIED, "overwritten");
    expect(make(&file, L"r", MAXIMUM_ALLOWED, 0, SHARE_ALL, OPEN, 0), 0, "opened for all that can be had");
    equal(granted_access(file) & (FILE_WRITE_DATA | FILE_APPEND_DATA), 0, "which is not writing");
    expect(set_attributes(file, FILE_ATTRIBUTE_NORMAL), 0, "made writable");
    NtClose(file);
    remove(L"r");
    expect(make(&file, L"n", READ_WRITE, FILE_ATTRIBUTE_NORMAL, SHARE_ALL, CREATE, SYNC), 0, "a normal file");
    equal(attributes_of(file), FILE_ATTRIBUTE_ARCHIVE, "is to be archived");
    NtClose(file);
    remove(L"n");
}

void test_main(void)
{
    home_begin();
    dispositions();
    folders();
    names();
    options();
    attributes();
    home_end();
}

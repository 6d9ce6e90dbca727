/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Extended attributes: at creation, set, queried by name, by place, one after the other.
 * Known from: MSDN ZwQueryEaFile, ZwSetEaFile, FILE_FULL_EA_INFORMATION, FILE_GET_EA_INFORMATION; the DDK on
 * IoCheckEaBufferValidity.
 */
#include "ntapi_file.h"

static HANDLE file;
static UCHAR list[256], buffer[256];

/* Adds to a list of name and value; returns where it ends. */
static ULONG add(ULONG at, const char *name, const char *value, BOOLEAN last)
{
    UCHAR *out = list + at;
    ULONG name_length = 0, value_length = 0, size;
    while (name[name_length])
        out[8 + name_length] = name[name_length], name_length++;
    out[8 + name_length] = 0;
    while (value[value_length])
        out[9 + name_length + value_length] = value[value_length], value_length++;
    out[4] = 0, out[5] = (UCHAR)name_length, *(USHORT *)(out + 6) = (USHORT)value_length;
    size = 9 + name_length + value_length;
    *(ULONG *)out = last ? 0 : (size + 3) & ~3;
    return at + (last ? size : (size + 3) & ~3);
}

static BOOLEAN is(ULONG at, const char *name, const char *value)
{
    ULONG name_length = 0, value_length = 0;
    while (name[name_length])
        name_length++;
    while (value[value_length])
        value_length++;
    return buffer[at + 5] == name_length && *(USHORT *)(buffer + at + 6) == value_length &&
           same_memory(buffer + at + 8, name, name_length + 1) && same_memory(buffer + at + 9 + name_length, value, value_length);
}

static NTSTATUS query(ULONG length, BOOLEAN single, PULONG index, BOOLEAN restart)
{
    return NtQueryEaFile(file, &io, buffer, length, single, NULL, 0, index, restart);
}

static void setting(void)
{
    ULONG end = add(add(0, "first", "1", FALSE), "Second", "two", TRUE), size = 0, index = 2;
    make(&file, L"e", FILE_READ_EA | FILE_WRITE_EA | FILE_READ_ATTRIBUTES | DELETE | SYNCHRONIZE, 0, SHARE_ALL, CREATE, SYNC);
    expect(query(sizeof(buffer), FALSE, NULL, TRUE), STATUS_NO_EAS_ON_FILE, "none");
    expect(NtSetEaFile(file, &io, list, end), 0, "set two");
    NtQueryInformationFile(file, &io, &size, 4, EaInfo);
    equal(size, 4 + 5 + 5 + 1 + 5 + 6 + 3, "their size as OS/2 counts");
    expect(query(sizeof(buffer), FALSE, NULL, TRUE), 0, "query all");
    equal(io.Information, 16 + 18, "that many bytes");
    check(is(0, "FIRST", "1"), "names are in upper case");
    check(*(ULONG *)buffer == 16 && is(16, "SECOND", "two"), "in their order");
    expect(query(sizeof(buffer), FALSE, NULL, FALSE), STATUS_NO_MORE_EAS, "no more");
    expect(query(sizeof(buffer), TRUE, NULL, TRUE), 0, "one by one");
    check(*(ULONG *)buffer == 0 && is(0, "FIRST", "1"), "the first of them");
    expect(query(sizeof(buffer), TRUE, NULL, FALSE), 0, "and on");
    check(is(0, "SECOND", "two"), "the second");
    expect(query(sizeof(buffer), FALSE, &index, FALSE), 0, "from the second place");
    check(is(0, "SECOND", "two"), "is the second");
    index = 9;
    expect(query(sizeof(buffer), FALSE, &index, FALSE), STATUS_NONEXISTENT_EA_ENTRY, "from the ninth place");
    expect(query(20, FALSE, NULL, TRUE), STATUS_BUFFER_OVERFLOW, "room for one");
    check(is(0, "FIRST", "1"), "is the first");
    expect(query(4, FALSE, NULL, TRUE), STATUS_BUFFER_TOO_SMALL, "room for none");
    end = add(0, "FIRST", "", TRUE);
    expect(NtSetEaFile(file, &io, list, end), 0, "an empty value");
    expect(query(sizeof(buffer), FALSE, NULL, TRUE), 0, "removes");
    check(is(0, "SECOND", "two"), "the other stays");
    end = add(0, "second", "again", TRUE);
    NtSetEaFile(file, &io, list, end);
    expect(query(sizeof(buffer), FALSE, NULL, TRUE), 0, "another value");
    check(is(0, "SECOND", "again"), "replaces");
    NtClose(file);
}

static void by_name(void)
{
    UCHAR names[32] = {12, 0, 0, 0, 6, 's', 'e', 'c', 'o', 'n', 'd', 0, 0, 0, 0, 0, 2, 'n', 'o', 0};
    make(&file, L"e", FILE_READ_EA | SYNCHRONIZE, 0, SHARE_ALL, OPEN, SYNC);
    expect(NtQueryEaFile(file, &io, buffer, sizeof(buffer), FALSE, names, 20, NULL, FALSE), 0, "query two names");
    check(is(0, "SECOND", "again"), "what is there");
    check(is(*(ULONG *)buffer, "NO", ""), "and what is not, empty");
    expect(NtSetEaFile(file, &io, list, 8), STATUS_ACCESS_DENIED, "set without the right");
    NtClose(file);
    make(&file, L"e", FILE_READ_ATTRIBUTES | SYNCHRONIZE, 0, SHARE_ALL, OPEN, SYNC);
    expect(query(sizeof(buffer), FALSE, NULL, TRUE), STATUS_ACCESS_DENIED, "query without the right");
    NtClose(file);
    remove(L"e");
}

static void creating(void)
{
    ULONG end = add(0, "made", "with", TRUE);
    OBJECT_ATTRIBUTES *name = named_in(home, L"c", OBJ_CASE_INSENSITIVE);
    expect(NtCreateFile(&file, FILE_READ_EA | FILE_WRITE_EA | DELETE | SYNCHRONIZE, name, &io, NULL, 0, SHARE_ALL, CREATE, SYNC, list, end),
           0, "a file with attributes");
    expect(query(sizeof(buffer), FALSE, NULL, TRUE), 0, "query them");
    check(is(0, "MADE", "with"), "those given");
    list[5] = 200;
    expect(NtSetEaFile(file, &io, list, end), STATUS_EA_LIST_INCONSISTENT, "a list that goes on behind its end");
    NtClose(file);
    expect(NtCreateFile(&file, SYNCHRONIZE, name, &io, NULL, 0, SHARE_ALL, OPEN_IF, SYNC, list, end), STATUS_EA_LIST_INCONSISTENT,
           "at creation, too");
    end = add(0, "ba*d", "x", TRUE);
    make(&file, L"c", FILE_READ_EA | FILE_WRITE_EA | SYNCHRONIZE, 0, SHARE_ALL, OPEN, SYNC);
    expect(NtSetEaFile(file, &io, list, end), STATUS_INVALID_EA_NAME, "a name that none can have");
    NtClose(file);
    make(&file, L"c", FILE_READ_EA | FILE_WRITE_DATA | DELETE | SYNCHRONIZE, 0, SHARE_ALL, OVERWRITE, SYNC);
    expect(query(sizeof(buffer), FALSE, NULL, TRUE), STATUS_NO_EAS_ON_FILE, "overwritten, a file has none");
    NtClose(file);
    remove(L"c");
}

/* A list of one: a name of so many letters, a value of one byte. */
static ULONG one(ULONG letters, UCHAR flags)
{
    static UCHAR entry[300];
    entry[4] = flags, entry[5] = (UCHAR)letters, entry[6] = 1, entry[7] = 0;
    for (ULONG i = 0; i < letters; i++)
        entry[8 + i] = 'X';
    entry[8 + letters] = 0;
    return NtSetEaFile(file, &io, entry, 10 + letters);
}

#define NEED_EA 0x80
#define NO_EA_KNOWLEDGE 0x200

static void names(void)
{
    ULONG index = 0;
    make(&file, L"k", FILE_READ_EA | FILE_WRITE_EA | DELETE | SYNCHRONIZE, 0, SHARE_ALL, CREATE, SYNC);
    expect(one(254, 0), 0, "a name of 254 letters");
    expect(one(255, 0), STATUS_INVALID_EA_NAME, "a name of 255");
    expect(one(3, 0x40), STATUS_INVALID_EA_NAME, "a flag that there is not");
    expect(query(sizeof(buffer), FALSE, &index, FALSE), STATUS_NONEXISTENT_EA_ENTRY, "places count from one");
    index = 2;
    expect(query(sizeof(buffer), FALSE, &index, FALSE), STATUS_NO_MORE_EAS, "the place behind the last");
    expect(opens(L"k", FILE_READ_ATTRIBUTES, SHARE_ALL, NO_EA_KNOWLEDGE), 0, "who knows nothing of them gets in");
    expect(one(4, NEED_EA), 0, "one that has to be understood");
    expect(opens(L"k", FILE_READ_ATTRIBUTES, SHARE_ALL, NO_EA_KNOWLEDGE), STATUS_ACCESS_DENIED, "now he does not");
    expect(opens(L"k", FILE_READ_ATTRIBUTES, SHARE_ALL, 0), 0, "but others do");
    dispose(file, TRUE);
    NtClose(file);
}

void test_main(void)
{
    home_begin();
    setting();
    by_name();
    creating();
    names();
    home_end();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Wildcards: * and ? and the ones that stand for those of DOS, < > and ".
 * Known from: the DDK on FsRtlIsNameInExpression; Wine's dlls/ntdll/tests/directory.c; R. Chen on how *.* became *.
 */
#include "ntapi_file.h"

static UCHAR buffer[0x800];

/* Which of the files a pattern finds: a bit for each. */
static ULONG found(const WCHAR *pattern)
{
    static const WCHAR *const files[] = {L"a", L"a.b", L"a.b.c", L"abc", L"abc.txt", L".x", L"long file name.html", L"b."};
    UNICODE_STRING name = ustr(pattern);
    HANDLE folder;
    ULONG bits = 0;
    NTSTATUS status;
    make(&folder, L"w", FILE_LIST_DIRECTORY | SYNCHRONIZE, 0, SHARE_ALL, OPEN, DIRECTORY_FILE | SYNC);
    while (!(status = NtQueryDirectoryFile(folder, NULL, NULL, NULL, &io, buffer, sizeof(buffer), NamesInfo, TRUE, &name, FALSE)))
        for (unsigned i = 0; i < 8; i++) {
            UNICODE_STRING one = ustr(files[i]);
            if (one.Length == *(ULONG *)(buffer + 8) && same_memory(one.Buffer, buffer + 12, one.Length))
                bits |= 1 << i;
        }
    NtClose(folder);
    return status == STATUS_NO_MORE_FILES || status == STATUS_NO_SUCH_FILE ? bits : (ULONG)status;
}

static const WCHAR *numbered(ULONG number)
{
    static WCHAR name[] = L"w\\n000.x";
    for (int i = 0; i < 3; i++, number /= 10)
        name[5 - i] = L'0' + number % 10;
    return name;
}

/* How many a pattern finds among many names, and whether they come in order; so many bytes at a time. */
static ULONG counted(HANDLE folder, const WCHAR *pattern, ULONG room, BOOLEAN single, BOOLEAN *sorted)
{
    UNICODE_STRING name = ustr(pattern);
    WCHAR last = 0;
    ULONG count = 0;
    BOOLEAN first = TRUE;
    while (!NtQueryDirectoryFile(folder, NULL, NULL, NULL, &io, buffer, room, NamesInfo, single, first ? &name : NULL, first)) {
        for (UCHAR *entry = buffer;; entry += *(ULONG *)entry) {
            WCHAR *text = (WCHAR *)(entry + 12), key = text[1] * 100 + text[2] * 10 + text[3];
            *sorted &= key > last;
            last = key;
            count++;
            if (!*(ULONG *)entry)
                break;
        }
        first = FALSE;
    }
    return count;
}

static void many(void)
{
    HANDLE folder;
    BOOLEAN sorted = TRUE;
    for (ULONG i = 0; i < 400; i++)
        NtClose(file_of(numbered(i), CREATE));
    make(&folder, L"w", FILE_LIST_DIRECTORY | SYNCHRONIZE, 0, SHARE_ALL, OPEN, DIRECTORY_FILE | SYNC);
    equal(counted(folder, L"n*.x", sizeof(buffer), FALSE, &sorted), 400, "many, in pieces");
    NtClose(folder);
    make(&folder, L"w", FILE_LIST_DIRECTORY | SYNCHRONIZE, 0, SHARE_ALL, OPEN, DIRECTORY_FILE | SYNC);
    equal(counted(folder, L"n3?7.x", sizeof(buffer), FALSE, &sorted), 10, "a few of them");
    equal(counted(folder, NULL, 64, TRUE, &sorted), 10, "the same again, one by one");
    NtClose(folder);
    make(&folder, L"w", FILE_LIST_DIRECTORY | SYNCHRONIZE, 0, SHARE_ALL, OPEN, DIRECTORY_FILE | SYNC);
    equal(counted(folder, L"n*9.x", 40, FALSE, &sorted), 40, "little room");
    check(sorted, "in order");
    NtClose(folder);
    make(&folder, L"w", FILE_LIST_DIRECTORY | SYNCHRONIZE, 0, SHARE_ALL, OPEN, DIRECTORY_FILE | SYNC);
    equal(counted(folder, L"n*y", sizeof(buffer), FALSE, &sorted), 0, "none of many");
    NtClose(folder);
    for (ULONG i = 0; i < 400; i++)
        remove(numbered(i));
}

void test_main(void)
{
    static const WCHAR *const files[] = {L"w\\a", L"w\\a.b", L"w\\a.b.c", L"w\\abc", L"w\\abc.txt", L"w\\.x", L"w\\long file name.html", L"w\\b."};
    HANDLE folder;
    home_begin();
    make(&folder, L"w", FILE_LIST_DIRECTORY | SYNCHRONIZE, 0, SHARE_ALL, CREATE, DIRECTORY_FILE | SYNC);
    NtClose(folder);
    for (int i = 0; i < 8; i++)
        NtClose(file_of(files[i], CREATE));
    equal(found(L"*"), 0xff, "*");
    equal(found(L"*.*"), 0xf6, "*.* wants a dot");
    equal(found(L"a*"), 0x1f, "a*");
    equal(found(L"A*C"), 0x0c, "A*C");
    equal(found(L"a?c"), 0x08, "a?c");
    equal(found(L"a.?"), 0x02, "a.?");
    equal(found(L"???"), 0xaa, "??? finds X~1 and B~1, too");
    equal(found(L"*.htm"), 0x40, "*.htm finds an 8.3 name");
    equal(found(L"LONGFI~1.*"), 0x40, "an 8.3 name with a star");
    equal(found(L"<.b"), 0x02, "<.b takes all before the last dot");
    equal(found(L"<.c"), 0x04, "<.c takes dots, too");
    equal(found(L"<"), 0xa9, "< does not pass the last dot");
    equal(found(L"a\"b"), 0x02, "a\"b: a dot");
    equal(found(L"a\""), 0x01, "a\": nothing at the end");
    equal(found(L"a\"*"), 0x07, "a\"*");
    equal(found(L">>>"), 0xa9, ">>> is up to three");
    equal(found(L">>>>\"txt"), 0x10, ">>>>\"txt");
    equal(found(L"a>"), 0x01, "a> at the end");
    equal(found(L"a>.b"), 0x02, "a>.b before a dot");
    equal(found(L"<\"<"), 0xff, "<\"< is all");
    equal(found(L"nothing*"), 0, "nothing*");
    equal(found(L"a|b"), STATUS_OBJECT_NAME_INVALID, "a bar");
    equal(found(L"a\\b"), STATUS_OBJECT_NAME_INVALID, "a path");
    for (int i = 0; i < 8; i++)
        remove(files[i]);
    many();
    remove(L"w");
    home_end();
}

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
    remove(L"w");
    home_end();
}

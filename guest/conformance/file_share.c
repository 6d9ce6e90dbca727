/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Share modes: every pair of what one opener wants and shares, and another.
 * Known from: the DDK on IoCheckShareAccess and SHARE_ACCESS; MSDN CreateFile; Wine's dlls/kernel32/tests/file.c
 * (test_file_sharing).
 */
#include "ntapi_file.h"

static const ULONG wants[] = {FILE_READ_ATTRIBUTES, FILE_READ_DATA, FILE_WRITE_DATA, FILE_APPEND_DATA, FILE_EXECUTE, DELETE,
                              FILE_READ_DATA | FILE_WRITE_DATA | DELETE};
enum { KINDS = sizeof(wants) / sizeof(wants[0]) };

/* What of reading 1, writing 2, deleting 4 an access is. */
static ULONG sharing(ULONG access)
{
    return (access & (FILE_READ_DATA | FILE_EXECUTE) ? 1 : 0) | (access & (FILE_WRITE_DATA | FILE_APPEND_DATA) ? 2 : 0) |
           (access & DELETE ? 4 : 0);
}

static void pairs(void)
{
    ULONG wrong = 0, last = 0;
    HANDLE first, second;
    NtClose(file_of(L"s", CREATE));
    for (ULONG i = 0; i < KINDS * 8 * KINDS * 8; i++) {
        ULONG one = wants[i / 8 % KINDS], one_shares = i % 8, two = wants[i / 8 / KINDS / 8], two_shares = i / 8 / KINDS % 8;
        BOOLEAN good = !sharing(one) || !sharing(two) || (!(sharing(one) & ~two_shares) && !(sharing(two) & ~one_shares));
        NTSTATUS status;
        if (make(&first, L"s", one, 0, one_shares, OPEN, 0))
            continue;
        status = make(&second, L"s", two, 0, two_shares, OPEN, 0);
        if (!status)
            NtClose(second);
        if (status != (good ? 0 : STATUS_SHARING_VIOLATION))
            wrong++, last = i;
        NtClose(first);
    }
    equal(wrong, 0, "all pairs are judged as they should be");
    tap_note("the last wrong one", last);
    remove(L"s");
}

static void three(void)
{
    HANDLE a, b, c;
    make(&a, L"t", FILE_READ_DATA, 0, FILE_SHARE_READ | FILE_SHARE_WRITE, CREATE, 0);
    expect(make(&b, L"t", FILE_WRITE_DATA, 0, FILE_SHARE_READ, OPEN, 0), 0, "a writer beside a reader");
    expect(make(&c, L"t", FILE_WRITE_DATA, 0, SHARE_ALL, OPEN, 0), STATUS_SHARING_VIOLATION, "a second writer");
    expect(make(&c, L"t", FILE_READ_DATA, 0, SHARE_ALL, OPEN, 0), 0, "a second reader");
    NtClose(c);
    NtClose(b);
    expect(make(&c, L"t", FILE_WRITE_DATA, 0, SHARE_ALL, OPEN, 0), 0, "a writer when the first is gone");
    NtClose(c);
    NtDuplicateObject(NtCurrentProcess(), a, NtCurrentProcess(), &b, 0, 0, DUPLICATE_SAME_ACCESS);
    NtClose(a);
    expect(make(&c, L"t", FILE_READ_DATA | DELETE, 0, SHARE_ALL, OPEN, 0), STATUS_SHARING_VIOLATION, "a copied handle still counts");
    NtClose(b);
    expect(make(&c, L"t", FILE_READ_DATA | DELETE, 0, 0, OPEN, 0), 0, "and then no more");
    expect(make(&a, L"t", FILE_READ_DATA, 0, SHARE_ALL, OVERWRITE_IF, 0), STATUS_SHARING_VIOLATION, "overwriting is writing");
    NtClose(c);
    remove(L"t");
}

static void folders(void)
{
    HANDLE a, b;
    make(&a, L"f", FILE_LIST_DIRECTORY | SYNCHRONIZE, 0, FILE_SHARE_READ, CREATE, DIRECTORY_FILE | SYNC);
    expect(make(&b, L"f", FILE_LIST_DIRECTORY | SYNCHRONIZE, 0, FILE_SHARE_READ, OPEN, DIRECTORY_FILE | SYNC), 0,
           "two who list a folder");
    NtClose(b);
    expect(make(&b, L"f", DELETE | SYNCHRONIZE, 0, SHARE_ALL, OPEN, DIRECTORY_FILE | SYNC), STATUS_SHARING_VIOLATION,
           "one who deletes it");
    expect(make(&b, L"f\\x", READ_WRITE | DELETE, 0, SHARE_ALL, CREATE, SYNC | DELETE_ON_CLOSE), 0, "what is in it is another matter");
    NtClose(b);
    NtClose(a);
    remove(L"f");
}

void test_main(void)
{
    home_begin();
    pairs();
    three();
    folders();
    home_end();
}

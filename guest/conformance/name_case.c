/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of all kinds are compared without regard to case, one UTF-16 unit with another: what a language knows beyond that
 * (a sharp s is SS, a dotless i is I) does not count.
 * Known from: MSDN RtlUpcaseUnicodeChar, "Handling Sorting in Your Applications" (file names: ordinal, by the table of upper
 * case letters); MS-UCODEREF, 3.1.5.3 (mapping to upper case); Wine's dlls/ntdll/tests/rtlstr.c.
 */
#include "ntapi_file.h"

NTCALL(NtAddAtom, const WCHAR *, ULONG, USHORT *);
NTCALL(NtFindAtom, const WCHAR *, ULONG, USHORT *);
NTCALL(NtDeleteAtom, USHORT);

static const struct { WCHAR one, other; BOOLEAN same; const char *name[4]; } pairs[] = {
    {0xe4, 0xc4, TRUE, {"a umlaut, atom", "a umlaut, object", "a umlaut, file", "a umlaut, pipe"}},
    {0xff, 0x178, TRUE, {"y diaeresis, atom", "y diaeresis, object", "y diaeresis, file", "y diaeresis, pipe"}},
    {0x3b1, 0x391, TRUE, {"alpha, atom", "alpha, object", "alpha, file", "alpha, pipe"}},
    {0x1f80, 0x1f88, TRUE, {"alpha with iota, atom", "alpha with iota, object", "alpha with iota, file", "alpha with iota, pipe"}},
    {0x131, 'I', FALSE, {"dotless i, atom", "dotless i, object", "dotless i, file", "dotless i, pipe"}},
    {0x17f, 'S', FALSE, {"long s, atom", "long s, object", "long s, file", "long s, pipe"}},
    {0xb5, 0x39c, FALSE, {"micro, atom", "micro, object", "micro, file", "micro, pipe"}},
    {0x3c2, 0x3a3, FALSE, {"final sigma, atom", "final sigma, object", "final sigma, file", "final sigma, pipe"}},
};

static void atoms(WCHAR one, WCHAR other, BOOLEAN same, const char *name)
{
    WCHAR first[] = {'n', 'c', '-', one, 0}, second[] = {'n', 'c', '-', other, 0};
    USHORT atom, found;
    NtAddAtom(first, 8, &atom);
    expect(NtFindAtom(second, 8, &found), same ? 0 : STATUS_OBJECT_NAME_NOT_FOUND, name);
    NtDeleteAtom(atom);
}

static void objects(WCHAR one, WCHAR other, BOOLEAN same, const char *name)
{
    WCHAR path[] = L"\\BaseNamedObjects\\nc-?";
    HANDLE event, found;
    path[21] = one;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, named(path, OBJ_CASE_INSENSITIVE), NotificationEvent, FALSE);
    path[21] = other;
    expect(NtOpenEvent(&found, EVENT_ALL_ACCESS, named(path, OBJ_CASE_INSENSITIVE)), same ? 0 : STATUS_OBJECT_NAME_NOT_FOUND, name);
    if (same)
        NtClose(found);
    NtClose(event);
}

static void files(WCHAR one, WCHAR other, BOOLEAN same, const char *name)
{
    WCHAR first[] = {'f', one, 0}, second[] = {'f', other, 0};
    HANDLE file = file_of(first, CREATE);
    expect(opens(second, FILE_READ_DATA, SHARE_ALL, 0), same ? 0 : STATUS_OBJECT_NAME_NOT_FOUND, name);
    dispose(file, TRUE);
    NtClose(file);
}

NTCALL(NtCreateNamedPipeFile, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, ULONG, ULONG, ULONG, ULONG, ULONG, ULONG,
       ULONG, ULONG, ULONG, LI *);

static void pipes(WCHAR one, WCHAR other, BOOLEAN same, const char *name)
{
    WCHAR path[] = L"\\??\\PIPE\\nc-?";
    HANDLE server, client;
    path[12] = one;
    NtCreateNamedPipeFile(&server, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, named(path, OBJ_CASE_INSENSITIVE), &io, 3, 2, SYNC,
                          0, 0, 0, 1, 16, 16, relative_ms(50));
    path[12] = other;
    expect(NtOpenFile(&client, GENERIC_READ | SYNCHRONIZE, named(path, OBJ_CASE_INSENSITIVE), &io, SHARE_ALL, SYNC),
           same ? 0 : STATUS_OBJECT_NAME_NOT_FOUND, name);
    if (same)
        NtClose(client);
    NtClose(server);
}

/* Neither gets longer. */
static void lengths(void)
{
    USHORT atom, found;
    NtAddAtom(L"nc-\xdf", 8, &atom);
    expect(NtFindAtom(L"nc-SS", 10, &found), STATUS_OBJECT_NAME_NOT_FOUND, "a sharp s is not SS");
    NtDeleteAtom(atom);
}

void test_main(void)
{
    home_begin();
    for (ULONG i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
        atoms(pairs[i].one, pairs[i].other, pairs[i].same, pairs[i].name[0]);
        objects(pairs[i].one, pairs[i].other, pairs[i].same, pairs[i].name[1]);
        files(pairs[i].one, pairs[i].other, pairs[i].same, pairs[i].name[2]);
        pipes(pairs[i].one, pairs[i].other, pairs[i].same, pairs[i].name[3]);
    }
    lengths();
    home_end();
}

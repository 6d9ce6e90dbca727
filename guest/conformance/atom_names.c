/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The global atom table: strings and numbers, uses, queries.
 * Known from: MSDN GlobalAddAtom, MAKEINTATOM, "About Atom Tables"; G. Nebbett, Native API Reference, ch. 21; Wine's
 * dlls/ntdll/tests/atom.c (what real systems answer).
 */
#include "ntapi_ex.h"

static UCHAR buffer[0x20000] __attribute__((aligned(4)));
static ATOM_BASIC_INFORMATION *basic = (PVOID)buffer;

static ULONG length(const WCHAR *name)
{
    ULONG n = 0;
    while (name[n])
        n++;
    return n * 2;
}

static NTSTATUS add(const WCHAR *name, USHORT *atom)
{
    return NtAddAtom(name, length(name), atom);
}

static NTSTATUS find(const WCHAR *name, USHORT *atom)
{
    return NtFindAtom(name, length(name), atom);
}

static void strings(void)
{
    USHORT atom = 0, again = 0, other = 0;
    ULONG needed = 0;
    expect(find(L"conf-atom", &atom), STATUS_OBJECT_NAME_NOT_FOUND, "find what is not there");
    expect(add(L"conf-atom", &atom), 0, "add a string");
    check(atom >= 0xc000, "strings have numbers from 0xc000 on");
    expect(add(L"Conf-ATOM", &again), 0, "add it in other letters");
    equal(again, atom, "it is the same atom");
    expect(find(L"CONF-atom", &again), 0, "find it in others");
    equal(again, atom, "find tells its number");
    expect(find(L"conf-atom", NULL), 0, "find without asking for the number");
    expect(add(L"conf-atom 2", &other), 0, "add another string");
    check(other != atom && other >= 0xc000, "it is another atom");
    expect(NtQueryInformationAtom(atom, AtomBasicInformation, buffer, sizeof(buffer), &needed), 0, "query");
    equal(basic->UsageCount, 2, "it has two uses");
    equal(basic->Flags, 0, "it is not pinned");
    equal(basic->NameLength, 18, "bytes in its name");
    check(same_memory(basic->Name, L"conf-atom", 20), "the name is spelled as by the first user");
    expect(NtDeleteAtom(atom), 0, "delete one use");
    expect(find(L"conf-atom", NULL), 0, "it is still there");
    expect(NtDeleteAtom(atom), 0, "delete the other");
    expect(find(L"conf-atom", NULL), STATUS_OBJECT_NAME_NOT_FOUND, "it is gone");
    expect(NtDeleteAtom(atom), STATUS_INVALID_HANDLE, "delete what is gone");
    expect(NtQueryInformationAtom(atom, AtomBasicInformation, buffer, sizeof(buffer), NULL), STATUS_INVALID_HANDLE,
           "query what is gone");
    expect(NtDeleteAtom(other), 0, "delete the other string");
}

static void integers(void)
{
    static const struct { const WCHAR *name; NTSTATUS status; USHORT atom; const char *test, *number; } tries[] = {
        {L"#1", 0, 1, "#1", "#1: its number"},
        {L"#00123", 0, 123, "#00123", "#00123: its number"},
        {L"#49151", 0, 0xbfff, "#49151", "#49151: its number"},
        {L"#0", STATUS_INVALID_PARAMETER, 0, "#0", "#0: its number"},
        {L"#0000", STATUS_INVALID_PARAMETER, 0, "#0000", "#0000: its number"},
        {L"#49152", STATUS_INVALID_PARAMETER, 0, "#49152", "#49152: its number"},
        {L"#", 0, 0xc000, "# alone", "# alone: its number"},
        {L"#7b", 0, 0xc000, "#7b", "#7b: its number"},
        {L"# 123", 0, 0xc000, "# 123", "# 123: its number"},
        {L"#+123", 0, 0xc000, "#+123", "#+123: its number"},
        {L"123", 0, 0xc000, "123", "123: its number"},
    };
    USHORT atom;
    for (ULONG i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        atom = 0;
        expect(add(tries[i].name, &atom), tries[i].status, tries[i].test);
        if (tries[i].atom >= 0xc000)
            NtDeleteAtom(atom);
        equal(atom >= 0xc000 ? 0xc000 : atom, tries[i].atom, tries[i].number);
    }
    expect(find(L"#77", &atom), 0, "find an integer that nobody added");
    equal(atom, 77, "it is always there");
    expect(NtDeleteAtom(77), 0, "delete an integer");
    expect(NtDeleteAtom(0), STATUS_INVALID_HANDLE, "delete 0");
    expect(NtQueryInformationAtom(77, AtomBasicInformation, buffer, sizeof(buffer), NULL), 0, "query an integer");
    equal(basic->UsageCount, 1, "an integer has one use");
    equal(basic->Flags, 1, "and is pinned");
    check(basic->NameLength == 6 && same_memory(basic->Name, L"#77", 8), "its name");
    expect(NtQueryInformationAtom(0, AtomBasicInformation, buffer, sizeof(buffer), NULL), STATUS_INVALID_PARAMETER,
           "query 0");
}

static void names(void)
{
    static WCHAR name[300];
    USHORT atom = 0;
    for (int i = 0; i < 299; i++)
        name[i] = 'x';
    expect(NtAddAtom(name, 510, &atom), 0, "255 characters");
    expect(NtDeleteAtom(atom), 0, "are deleted");
    expect(NtAddAtom(name, 512, &atom), STATUS_INVALID_PARAMETER, "256 characters");
    expect(NtFindAtom(name, 512, &atom), STATUS_INVALID_PARAMETER, "find 256 characters");
    expect(NtAddAtom(NULL, 0, &atom), STATUS_INVALID_PARAMETER, "add no name");
    expect(NtFindAtom(NULL, 0, &atom), STATUS_INVALID_PARAMETER, "find no name");
    expect(NtAddAtom(name, 0, &atom), STATUS_OBJECT_NAME_INVALID, "add an empty name");
    expect(NtFindAtom(name, 0, &atom), STATUS_OBJECT_NAME_INVALID, "find an empty name");
}

static void lengths(void)
{
    USHORT atom = 0;
    ULONG needed = 0;
    add(L"conf-length", &atom);
    expect(NtQueryInformationAtom(atom, AtomBasicInformation, buffer, 5, &needed), STATUS_INFO_LENGTH_MISMATCH,
           "query into 5 bytes");
    basic->NameLength = 0;
    expect(NtQueryInformationAtom(atom, AtomBasicInformation, buffer, 8, &needed), STATUS_BUFFER_TOO_SMALL,
           "query into 8 bytes");
    equal(basic->NameLength, 22, "the name's length is told");
    equal(needed, 28, "and the whole");
    for (int i = 0; i < 32; i++)
        buffer[i] = 0xcc;
    expect(NtQueryInformationAtom(atom, AtomBasicInformation, buffer, 16, &needed), 0, "query into 16 bytes");
    equal(basic->NameLength, 8, "four characters fit");
    check(same_memory(basic->Name, L"conf", 10), "they are the first, and end with a NUL");
    equal(basic->Name[5], 0xcccc, "nothing is written behind");
    expect(NtQueryInformationAtom(atom, 2, buffer, sizeof(buffer), NULL), STATUS_INVALID_INFO_CLASS, "query, class 2");
    NtDeleteAtom(atom);
}

static void table(void)
{
    ATOM_TABLE_INFORMATION *list = (PVOID)buffer;
    USHORT atom = 0;
    ULONG needed = 0, found = 0, count;
    add(L"conf-table", &atom);
    expect(NtQueryInformationAtom(0, AtomTableInformation, buffer, 3, &needed), STATUS_INFO_LENGTH_MISMATCH,
           "list into 3 bytes");
    expect(NtQueryInformationAtom(0, AtomTableInformation, buffer, 4, &needed), STATUS_INFO_LENGTH_MISMATCH,
           "list into 4 bytes");
    count = list->NumberOfAtoms;
    check(count >= 1, "how many there are is told");
    equal(needed, 4 + 2 * count, "and the length");
    expect(NtQueryInformationAtom(0, AtomTableInformation, buffer, sizeof(buffer), &needed), 0, "list");
    equal(list->NumberOfAtoms, count, "it has as many");
    for (ULONG i = 0; i < count; i++)
        found += list->Atoms[i] == atom;
    equal(found, 1, "the atom is among them");
    NtDeleteAtom(atom);
}

void test_main(void)
{
    strings();
    integers();
    names();
    lengths();
    table();
}

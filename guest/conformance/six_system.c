/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is told of the system and of tokens since Vista; keys opened with options.
 * Known from: MSDN GetLogicalProcessorInformation(Ex), GetDynamicTimeZoneInformation, GetTokenInformation, RegOpenKeyEx; Wine's
 * dlls/ntdll/tests/info.c and reg.c, dlls/advapi32/tests/security.c.
 */
#include "ntapi_cm.h"
#include "ntapi_six.h"

enum { Logical = 73, Firmware = 76, DynamicZone = 102, LogicalEx = 107, Architectures = 181 };
enum { ElevationType = 18, Elevation = 20, Integrity = 25, IsAppContainer = 29 };
#define PROCESS_TOKEN ((HANDLE)-4)
#define THREAD_TOKEN ((HANDLE)-5)
#define EFFECTIVE_TOKEN ((HANDLE)-6)
NTSTATUS NTAPI NtQueryInformationToken(HANDLE token, ULONG class, PVOID info, ULONG length, PULONG needed);

static void processors(void)
{
    static struct { ULONG mask, relation, data[4]; } entries[200];
    static UCHAR room[8000];
    ULONG needed = 0, cores = 0, relation = 0, machines[8] = {0}, total = 0;
    HANDLE self = NULL;
    expect(NtQuerySystemInformation(Logical, NULL, 0, &needed), STATUS_INFO_LENGTH_MISMATCH, "how much there is");
    check(needed && needed % 24 == 0, "whole entries");
    expect(NtQuerySystemInformation(Logical, entries, sizeof(entries), &needed), 0, "the logical processors");
    for (ULONG i = 0; i < needed / 24; i++)
        cores += entries[i].relation == 0;
    check(cores >= 1, "at least one core");
    expect(NtQuerySystemInformationEx(LogicalEx, &relation, 4, NULL, 0, &needed), STATUS_INFO_LENGTH_MISMATCH, "how many cores");
    expect(NtQuerySystemInformationEx(LogicalEx, &relation, 4, room, sizeof(room), &needed), 0, "the cores");
    for (ULONG at = 0; at < needed; at += *(ULONG *)(room + at + 4))
        total += *(ULONG *)(room + at) == 0;
    equal(total, cores, "as many as before");
    expect(NtQuerySystemInformationEx(LogicalEx, NULL, 0, room, sizeof(room), &needed), STATUS_INVALID_PARAMETER, "nothing given");
    expect(NtQuerySystemInformationEx(0, &relation, 4, room, sizeof(room), &needed), STATUS_INVALID_INFO_CLASS,
           "a class that takes nothing");
    expect(NtQuerySystemInformationEx(Architectures, &self, 4, machines, sizeof(machines), &needed), 0, "machines");
    equal(machines[0] & 0xffff, 0x14c, "this one");
}

static void zone(void)
{
    static UCHAR room[512];
    ULONG needed = 0;
    expect(NtQuerySystemInformation(DynamicZone, room, 432, &needed), 0, "the time zone");
    equal(needed, 432, "so long");
    expect(NtQuerySystemInformation(DynamicZone, room, 100, &needed), STATUS_INFO_LENGTH_MISMATCH, "a part of it");
}

static void tokens(void)
{
    static ULONG room[64];
    ULONG needed = 0, value = 99;
    HANDLE event = NULL;
    expect(NtQueryInformationToken(PROCESS_TOKEN, 1, room, sizeof(room), &needed), 0, "the process's token, unopened");
    expect(NtQueryInformationToken(EFFECTIVE_TOKEN, 1, room, sizeof(room), &needed), 0, "the effective one");
    expect(NtQueryInformationToken(THREAD_TOKEN, 1, room, sizeof(room), &needed), STATUS_NO_TOKEN, "the thread has none");
    expect(NtQueryInformationToken(PROCESS_TOKEN, ElevationType, &value, 4, &needed), 0, "the kind of elevation");
    check(value >= 1 && value <= 3, "one of three");
    expect(NtQueryInformationToken(PROCESS_TOKEN, Elevation, &value, 4, &needed), 0, "elevation");
    check(value <= 1, "yes or no");
    expect(NtQueryInformationToken(PROCESS_TOKEN, Integrity, room, sizeof(room), &needed), 0, "the integrity level");
    check(((UCHAR *)room[0])[7] == 16 && ((UCHAR *)room[0])[1] == 1, "is a mandatory label");
    expect(NtQueryInformationToken(PROCESS_TOKEN, Integrity, room, 4, &needed), STATUS_BUFFER_TOO_SMALL, "no room for it");
    expect(NtQueryInformationToken(PROCESS_TOKEN, IsAppContainer, &value, 4, &needed), 0, "an app container");
    equal(value, 0, "is none");
    expect(NtQueryInformationToken((HANDLE)0x7770, 1, room, sizeof(room), &needed), STATUS_INVALID_HANDLE, "no token");
    (void)event;
}

static void keys(void)
{
    HANDLE key = NULL;
    expect(NtOpenKeyEx(&key, KEY_READ, named(L"\\Registry\\Machine", OBJ_CASE_INSENSITIVE), 0), 0, "open a key");
    NtClose(key);
    expect(NtOpenKeyEx(&key, KEY_READ, named(L"\\Registry\\Machine", OBJ_CASE_INSENSITIVE), 8), 0, "or a link that is none");
    NtClose(key);
    expect(NtOpenKeyEx(&key, KEY_READ, named(L"\\Registry\\Machine\\None such", OBJ_CASE_INSENSITIVE), 0),
           STATUS_OBJECT_NAME_NOT_FOUND, "open no key");
}

static void shared(void)
{
    const volatile UCHAR *data = (const volatile UCHAR *)0x7FFE0000;
    ULONG basic[11] = {0};
    expect(NtQuerySystemInformation(0, basic, sizeof(basic), NULL), 0, "how many processors");
    equal(*(const volatile ULONG *)(data + 0x3C0), *((UCHAR *)basic + 0x28), "as in the shared data");
    equal(data[0x2D5], 2, "NX by choice");
    check(data[0x274 + 12] && data[0x274 + 13] && data[0x274 + 14], "NX, SSE3, CMPXCHG16B");
    check(*(const volatile ULONG *)(data + 0x260) != 0, "a build number");
}

void test_main(void)
{
    shared();
    processors();
    zone();
    tokens();
    keys();
}

NTSTATUS child_main(const char *what)
{
    (void)what;
    return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#define BITS 300

/* Searching in a bit map, against bytes. */
static ULONG naive_find(const UCHAR *bits, ULONG count, ULONG hint, UCHAR value)
{
    for (int pass = 0; pass < 2; pass++) {
        for (ULONG start = pass ? 0 : hint; start < (pass ? hint : BITS); start++) {
            ULONG run = 0;
            while (start + run < BITS && bits[start + run] == value && run < count)
                run++;
            if (run == count)
                return start;
        }
    }
    return 0xffffffff;
}

static void bit_maps(void)
{
    ULONG buffer[(BITS + 31) / 32] = {0}, seed = 99, errors = 0, set = 0;
    UCHAR bits[BITS] = {0};
    RTL_BITMAP map;

    RtlInitializeBitMap(&map, buffer, BITS);
    for (int round = 0; round < 2000; round++) {
        ULONG start = RtlUniform(&seed) % BITS, count = 1 + RtlUniform(&seed) % 40;
        if (start + count > BITS)
            count = BITS - start;
        if (round & 1) {
            RtlSetBits(&map, start, count);
            memset(bits + start, 1, count);
        } else {
            RtlClearBits(&map, start, count);
            memset(bits + start, 0, count);
        }
        errors += RtlFindClearBits(&map, count, start) != naive_find(bits, count, start, 0);
        errors += RtlFindSetBits(&map, count, start) != naive_find(bits, count, start, 1);
        set = 0;
        for (ULONG i = 0; i < BITS; i++)
            set += bits[i];
        errors += RtlNumberOfSetBits(&map) != set || RtlNumberOfClearBits(&map) != BITS - set;
    }
    ok(!errors, "bit maps do as bytes do (%lu errors)", errors);
    ok(!RtlAreBitsSet(&map, BITS - 1, 2) && !RtlAreBitsClear(&map, 0, 0), "runs beyond the end, and of nothing");
    ok(RtlFindMostSignificantBit(0x8000000000ull) == 39 && RtlFindLeastSignificantBit(0) == -1, "significant bits");
}

static void time(void)
{
    static const struct {
        LONGLONG time;
        TIME_FIELDS fields;
    } known[] = {
        {0, {1601, 1, 1, 0, 0, 0, 0, 1}},
        {116444736000000000ll, {1970, 1, 1, 0, 0, 0, 0, 4}},
        {125963423999990000ll, {2000, 2, 29, 23, 59, 59, 999, 2}},
        {127909151990000000ll, {2006, 4, 30, 23, 59, 59, 0, 0}},
    };
    LARGE_INTEGER back;
    ULONG seconds;
    int errors = 0;

    for (unsigned i = 0; i < COUNT_OF(known); i++) {
        LARGE_INTEGER value = {.QuadPart = known[i].time};
        TIME_FIELDS fields;
        RtlTimeToTimeFields(&value, &fields);
        ok(!memcmp(&fields, &known[i].fields, sizeof(fields)), "time %I64d is %d-%d-%d %d:%d:%d.%d, weekday %d",
           known[i].time, fields.Year, fields.Month, fields.Day, fields.Hour, fields.Minute, fields.Second,
           fields.Milliseconds, fields.Weekday);
        errors += !RtlTimeFieldsToTime(&fields, &back) || back.QuadPart != value.QuadPart;
    }
    for (LONGLONG day = 0; day < 400000; day += 1) {
        LARGE_INTEGER value = {.QuadPart = day * 864000000000ll};
        TIME_FIELDS fields;
        RtlTimeToTimeFields(&value, &fields);
        errors += !RtlTimeFieldsToTime(&fields, &back) || back.QuadPart != value.QuadPart;
    }
    ok(!errors, "every day of a thousand years goes there and back");
    RtlSecondsSince1970ToTime(1000000000, &back);
    ok(back.QuadPart == 126444736000000000ll && RtlTimeToSecondsSince1970(&back, &seconds) && seconds == 1000000000,
       "seconds since 1970");
}

static void security(void)
{
    static SID_IDENTIFIER_AUTHORITY nt = {SECURITY_NT_AUTHORITY};
    SECURITY_DESCRIPTOR descriptor;
    ULONG storage[64], relative[64], length = 8;
    PACL acl = (PACL)storage, found;
    UNICODE_STRING text;
    BOOLEAN present, defaulted;
    PVOID ace;
    PSID sid, owner;

    RtlAllocateAndInitializeSid(&nt, 2, 32, 544, 0, 0, 0, 0, 0, 0, &sid);
    equal("RtlLengthSid", RtlLengthSid(sid), 16);
    RtlConvertSidToUnicodeString(&text, sid, TRUE);
    equal_wide("RtlConvertSidToUnicodeString", text.Buffer, L"S-1-5-32-544");
    RtlFreeUnicodeString(&text);
    equal("RtlCreateAcl", (ULONG)RtlCreateAcl(acl, 60, ACL_REVISION), STATUS_SUCCESS);
    equal("RtlAddAccessAllowedAce", (ULONG)RtlAddAccessAllowedAce(acl, ACL_REVISION, 0x1234, sid), STATUS_SUCCESS);
    equal("RtlAddAccessDeniedAce", (ULONG)RtlAddAccessDeniedAce(acl, ACL_REVISION, 0x5678, sid), STATUS_SUCCESS);
    equal("no room", (ULONG)RtlAddAccessDeniedAce(acl, ACL_REVISION, 1, sid), (ULONG)STATUS_ALLOTTED_SPACE_EXCEEDED);
    ok(RtlValidAcl(acl) && acl->AceCount == 2, "the list is valid");
    equal("RtlDeleteAce", (ULONG)RtlDeleteAce(acl, 0), STATUS_SUCCESS);
    ok(NT_SUCCESS(RtlGetAce(acl, 0, &ace)) && ((PACCESS_DENIED_ACE)ace)->Mask == 0x5678, "the second entry is first");
    RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&descriptor, TRUE, acl, FALSE);
    RtlSetOwnerSecurityDescriptor(&descriptor, sid, FALSE);
    equal("RtlAbsoluteToSelfRelativeSD", (ULONG)RtlAbsoluteToSelfRelativeSD(&descriptor, relative, &length),
          (ULONG)STATUS_BUFFER_TOO_SMALL);
    equal("the length it wants", length, 20 + 16 + 60);
    equal("with room", (ULONG)RtlAbsoluteToSelfRelativeSD(&descriptor, relative, &length), STATUS_SUCCESS);
    ok(RtlValidSecurityDescriptor(relative), "the copy is valid");
    RtlGetDaclSecurityDescriptor(relative, &present, &found, &defaulted);
    RtlGetOwnerSecurityDescriptor(relative, &owner, &defaulted);
    ok(present && !memcmp(found, acl, 60) && RtlEqualSid(owner, sid), "it holds the same");
    equal("a self-relative one is not changed", (ULONG)RtlSetOwnerSecurityDescriptor(relative, sid, FALSE),
          (ULONG)STATUS_INVALID_SECURITY_DESCR);
    RtlFreeSid(sid);
}

static void errors(void)
{
    equal("STATUS_ACCESS_VIOLATION", RtlNtStatusToDosError(STATUS_ACCESS_VIOLATION), 998);
    equal("STATUS_OBJECT_NAME_NOT_FOUND", RtlNtStatusToDosError(STATUS_OBJECT_NAME_NOT_FOUND), 2);
    equal("STATUS_ACCESS_DENIED", RtlNtStatusToDosError(STATUS_ACCESS_DENIED), 5);
    equal("STATUS_INVALID_HANDLE", RtlNtStatusToDosError(STATUS_INVALID_HANDLE), 6);
    equal("STATUS_SUCCESS", RtlNtStatusToDosError(STATUS_SUCCESS), 0);
    equal("an unknown status", RtlNtStatusToDosError((NTSTATUS)0xc0ffee00), 317);
    equal("a program's own", RtlNtStatusToDosError((NTSTATUS)0xe0000001), 0xe0000001);
}

static NTSTATUS NTAPI contender(PVOID argument)
{
    PRTL_CRITICAL_SECTION section = ((PVOID *)argument)[0];
    volatile LONG *counter = ((PVOID *)argument)[1];

    for (int i = 0; i < 20000; i++) {
        RtlEnterCriticalSection(section);
        RtlEnterCriticalSection(section);
        *counter = *counter + 1;
        RtlLeaveCriticalSection(section);
        RtlLeaveCriticalSection(section);
    }
    NtTerminateThread(NtCurrentThread(), STATUS_SUCCESS);
    return STATUS_SUCCESS;
}

typedef NTSTATUS(NTAPI *CREATE_THREAD)(HANDLE, PSECURITY_DESCRIPTOR, BOOLEAN, ULONG, SIZE_T, SIZE_T,
                                       PUSER_THREAD_START_ROUTINE, PVOID, PHANDLE, PCLIENT_ID);

static void locks(void)
{
    RTL_CRITICAL_SECTION section;
    volatile LONG counter = 0;
    PVOID argument[2] = {&section, (PVOID)&counter};
    HANDLE threads[3];
    CREATE_THREAD create = NULL; /* the system's own: ours is for NT kernels only */
    LDR_DATA_TABLE_ENTRY ntdll = {.DllBase = system_ntdll()};

    ldr_find_export(&ntdll, "RtlCreateUserThread", 0, (PVOID *)&create);
    RtlInitializeCriticalSection(&section);
    ok(RtlTryEnterCriticalSection(&section) && RtlTryEnterCriticalSection(&section), "entered twice");
    RtlLeaveCriticalSection(&section);
    RtlLeaveCriticalSection(&section);
    equal("free again", (ULONG)section.LockCount, (ULONG)-1);
    for (unsigned i = 0; i < COUNT_OF(threads); i++)
        create(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, contender, argument, &threads[i], NULL);
    for (unsigned i = 0; i < COUNT_OF(threads); i++) {
        NtWaitForSingleObject(threads[i], FALSE, NULL);
        NtClose(threads[i]);
    }
    equal("three threads count under one lock", (ULONG)counter, 60000);
    equal("RtlDeleteCriticalSection", (ULONG)RtlDeleteCriticalSection(&section), STATUS_SUCCESS);
}

void test_rtl(void)
{
    bit_maps();
    time();
    security();
    errors();
    locks();
}

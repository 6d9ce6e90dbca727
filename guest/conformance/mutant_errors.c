/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mutants: what the calls refuse. Releasing needs ownership, not access: NtReleaseMutant looks the handle up with access 0.
 * Known from: G. Nebbett, Native API Reference, ch. 8; Wine's dlls/ntdll/tests/om.c (test_mutant); Windows Internals ch. 3.
 */
#include "tap.h"

void test_main(void)
{
    MUTANT_BASIC_INFORMATION info;
    HANDLE mutant, wait, query, event, opened;
    ULONG length = 0;
    LONG previous;
    faults(BAD_OUT, p, NtCreateMutant(p, MUTANT_ALL_ACCESS, NULL, FALSE), "create, handle");
    faults(BAD_IN_OPTIONAL, p, NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, p, FALSE), "create, attributes");
    NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, TRUE);
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    expect(NtDuplicateObject(NtCurrentProcess(), mutant, NtCurrentProcess(), &wait, SYNCHRONIZE, 0, 0), 0, "wait handle");
    expect(NtDuplicateObject(NtCurrentProcess(), mutant, NtCurrentProcess(), &query, MUTANT_QUERY_STATE, 0, 0), 0,
           "query handle");
    faults(BAD_OUT_OPTIONAL, p, NtReleaseMutant(mutant, p), "release, count");
    expect(NtQueryMutant(mutant, 0, &info, sizeof(info), &length), 0, "query");
    equal(info.CurrentCount, 0, "a release that faults releases nothing");
    equal(length, 8, "query: length");
    expect(NtReleaseMutant(event, &previous), STATUS_OBJECT_TYPE_MISMATCH, "release, an event");
    expect(NtReleaseMutant((HANDLE)0x7ff0, &previous), STATUS_INVALID_HANDLE, "release, no such handle");
    expect(NtReleaseMutant(NULL, NULL), STATUS_INVALID_HANDLE, "release, NULL handle");
    expect(wait_ms(query, 0), STATUS_ACCESS_DENIED, "wait without SYNCHRONIZE");
    expect(wait_ms(wait, 0), 0, "wait with SYNCHRONIZE");
    expect(NtQueryMutant(wait, 0, &info, sizeof(info), NULL), STATUS_ACCESS_DENIED, "query without MUTANT_QUERY_STATE");
    expect(NtQueryMutant(query, 0, &info, sizeof(info), NULL), 0, "query with MUTANT_QUERY_STATE");
    equal(info.CurrentCount, -1, "all three handles are one mutant");
    expect(NtReleaseMutant(query, &previous), 0, "release needs no access");
    expect(NtReleaseMutant(wait, &previous), 0, "release needs no access at all");
    expect(NtQueryMutant(mutant, 1, &info, sizeof(info), NULL), STATUS_INVALID_INFO_CLASS, "query, class 1");
    expect(NtQueryMutant(mutant, 0, &info, 4, NULL), STATUS_INFO_LENGTH_MISMATCH, "query, length 4");
    expect(NtQueryMutant(mutant, 0, &info, 9, NULL), STATUS_INFO_LENGTH_MISMATCH, "query, length 9");
    expect(NtQueryMutant(event, 0, &info, 8, NULL), STATUS_OBJECT_TYPE_MISMATCH, "query, an event");
    expect(NtQueryMutant((HANDLE)0x7ff0, 0, &info, 8, NULL), STATUS_INVALID_HANDLE, "query, no such handle");
    faults(BAD_OUT, p, NtQueryMutant(mutant, 0, p, 8, NULL), "query, buffer");
    faults(BAD_OUT_OPTIONAL, p, NtQueryMutant(mutant, 0, &info, 8, p), "query, return length");
    expect(NtOpenMutant(&opened, MUTANT_ALL_ACCESS, named(L"\\BaseNamedObjects\\conf-no-mutant", 0)),
           STATUS_OBJECT_NAME_NOT_FOUND, "open of no mutant");
    expect(NtOpenMutant(&opened, MUTANT_ALL_ACCESS, NULL), STATUS_INVALID_PARAMETER, "open without attributes");
    NtClose(mutant);
    expect(NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, named(L"\\BaseNamedObjects\\conf-mutant", 0), FALSE), 0,
           "create named");
    expect(NtOpenMutant(&opened, MUTANT_QUERY_STATE, named(L"\\BaseNamedObjects\\conf-mutant", 0)), 0, "open named");
    expect(wait_ms(opened, 0), STATUS_ACCESS_DENIED, "opened for less: no wait");
    NtClose(opened);
    expect(NtOpenEvent(&opened, EVENT_ALL_ACCESS, named(L"\\BaseNamedObjects\\conf-mutant", 0)),
           STATUS_OBJECT_TYPE_MISMATCH, "open a mutant as an event");
    NtClose(mutant);
    NtClose(wait);
    NtClose(query);
    NtClose(event);
}

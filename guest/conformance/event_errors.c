/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events: what the calls refuse, and in which order.
 * Known from: the general order of NT services (probe the output, check the arguments, look up the handle) as described in
 * Windows Internals, 4th ed., ch. 3, and in the DDK's rules for probing; Wine's dlls/ntdll/tests/om.c for the codes.
 */
#include "tap.h"

#define NO_HANDLE ((HANDLE)0x7ff0)

static void create(void)
{
    OBJECT_ATTRIBUTES attributes = *named(NULL, 0);
    UNICODE_STRING name = ustr(L"\\BaseNamedObjects\\conf-event-odd");
    HANDLE handle = NULL;
    UCHAR room[40] = {0};
    faults(BAD_OUT, p, NtCreateEvent(p, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE), "create, handle");
    faults(BAD_IN_OPTIONAL, p, NtCreateEvent(&handle, EVENT_ALL_ACCESS, p, 0, FALSE), "create, attributes");
    expect(NtCreateEvent(&handle, EVENT_ALL_ACCESS, (PVOID)(room + 1), 0, FALSE), STATUS_DATATYPE_MISALIGNMENT,
           "create, attributes misaligned");
    expect(NtCreateEvent(&handle, EVENT_ALL_ACCESS, NULL, 2, FALSE), STATUS_INVALID_PARAMETER, "create, type 2");
    faults(BAD_OUT, p, NtCreateEvent(p, EVENT_ALL_ACCESS, NULL, 2, FALSE), "create, handle before type");
    attributes.Length = 20;
    expect(NtCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, 0, FALSE), STATUS_INVALID_PARAMETER,
           "create, attributes of length 20");
    attributes.Length = 24;
    attributes.Attributes = 1;
    expect(NtCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, 0, FALSE), STATUS_INVALID_PARAMETER,
           "create, unknown attribute bit");
    attributes.Attributes = 0;
    faults(BAD_IN_OPTIONAL, p, (attributes.ObjectName = p, NtCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, 0, 0)),
           "create, name");
    attributes.ObjectName = &name;
    faults(BAD_IN, p, (name.Buffer = p, NtCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, 0, 0)),
           "create, name's buffer");
    name = ustr(L"\\BaseNamedObjects\\conf-event-odd");
    name.Length--;
    expect(NtCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, 0, FALSE), STATUS_OBJECT_NAME_INVALID,
           "create, odd length of name");
    equal((ULONG_PTR)handle, 0, "a failed create leaves the handle alone");
    expect(NtCreateEvent((PHANDLE)(room + 1), EVENT_ALL_ACCESS, NULL, 0, FALSE), 0, "create, handle misaligned is fine");
    NtClose(*(HANDLE *)(room + 1));
}

static void open(void)
{
    HANDLE handle;
    faults(BAD_OUT, p, NtOpenEvent(p, EVENT_ALL_ACCESS, named(L"\\BaseNamedObjects\\conf-nothing", 0)), "open, handle");
    faults(BAD_IN_OPTIONAL, p, NtOpenEvent(&handle, EVENT_ALL_ACCESS, p), "open, attributes");
    expect(NtOpenEvent(&handle, EVENT_ALL_ACCESS, NULL), STATUS_INVALID_PARAMETER, "open, no attributes");
    expect(NtOpenEvent(&handle, EVENT_ALL_ACCESS, named(L"\\BaseNamedObjects\\conf-nothing", 0)),
           STATUS_OBJECT_NAME_NOT_FOUND, "open of no event");
}

static void handles(void)
{
    EVENT_BASIC_INFORMATION info;
    HANDLE event, query, wait, mutant;
    LONG previous = 77;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    NtCreateEvent(&query, EVENT_QUERY_STATE, NULL, NotificationEvent, FALSE);
    NtCreateEvent(&wait, SYNCHRONIZE, NULL, NotificationEvent, TRUE);
    NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, FALSE);
    faults(BAD_OUT_OPTIONAL, p, NtSetEvent(event, p), "set, previous state");
    expect(wait_ms(event, 0), STATUS_TIMEOUT, "a set that fails sets nothing");
    faults(BAD_OUT_OPTIONAL, p, NtResetEvent(event, p), "reset, previous state");
    faults(BAD_OUT_OPTIONAL, p, NtPulseEvent(event, p), "pulse, previous state");
    faults(BAD_OUT_OPTIONAL, p, NtSetEvent(NO_HANDLE, p), "set, pointer before handle");
    expect(NtSetEvent(NO_HANDLE, &previous), STATUS_INVALID_HANDLE, "set, no such handle");
    expect(NtResetEvent(NULL, &previous), STATUS_INVALID_HANDLE, "reset, NULL handle");
    expect(NtPulseEvent(NO_HANDLE, NULL), STATUS_INVALID_HANDLE, "pulse, no such handle");
    expect(NtClearEvent(NO_HANDLE), STATUS_INVALID_HANDLE, "clear, no such handle");
    expect(NtSetEvent(mutant, &previous), STATUS_OBJECT_TYPE_MISMATCH, "set, a mutant");
    expect(NtSetEvent(NtCurrentProcess(), NULL), STATUS_OBJECT_TYPE_MISMATCH, "set, a process");
    expect(NtClearEvent(mutant), STATUS_OBJECT_TYPE_MISMATCH, "clear, a mutant");
    expect(NtSetEvent(query, &previous), STATUS_ACCESS_DENIED, "set with the right to query only");
    expect(NtResetEvent(query, NULL), STATUS_ACCESS_DENIED, "reset with the right to query only");
    expect(NtPulseEvent(query, NULL), STATUS_ACCESS_DENIED, "pulse with the right to query only");
    expect(NtClearEvent(wait), STATUS_ACCESS_DENIED, "clear with the right to wait only");
    expect(wait_ms(query, 0), STATUS_ACCESS_DENIED, "wait with the right to query only");
    expect(wait_ms(wait, 0), 0, "wait with the right to wait only");
    expect(NtQueryEvent(wait, 0, &info, sizeof(info), NULL), STATUS_ACCESS_DENIED, "query with the right to wait only");
    equal(previous, 77, "failures leave the previous state alone");
    NtClose(event);
    NtClose(query);
    NtClose(wait);
    NtClose(mutant);
}

static void query(void)
{
    EVENT_BASIC_INFORMATION info;
    UCHAR room[16];
    ULONG length = 77;
    HANDLE event, mutant;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, FALSE);
    expect(NtQueryEvent(event, 1, &info, sizeof(info), NULL), STATUS_INVALID_INFO_CLASS, "query, class 1");
    expect(NtQueryEvent(event, 0, &info, 7, &length), STATUS_INFO_LENGTH_MISMATCH, "query, length 7");
    expect(NtQueryEvent(event, 0, &info, 9, &length), STATUS_INFO_LENGTH_MISMATCH, "query, length 9");
    expect(NtQueryEvent(NO_HANDLE, 0, &info, 7, &length), STATUS_INFO_LENGTH_MISMATCH, "query, length before handle");
    expect(NtQueryEvent(event, 0, (PVOID)(room + 1), 8, NULL), STATUS_DATATYPE_MISALIGNMENT, "query, misaligned");
    equal(length, 77, "a failed query leaves the length alone");
    faults(BAD_OUT, p, NtQueryEvent(event, 0, p, 8, NULL), "query, buffer");
    faults(BAD_OUT_OPTIONAL, p, NtQueryEvent(event, 0, &info, 8, p), "query, return length");
    faults(BAD_OUT, p, NtQueryEvent(NO_HANDLE, 0, p, 8, NULL), "query, buffer before handle");
    expect(NtQueryEvent(NO_HANDLE, 0, &info, 8, NULL), STATUS_INVALID_HANDLE, "query, no such handle");
    expect(NtQueryEvent(mutant, 0, &info, 8, NULL), STATUS_OBJECT_TYPE_MISMATCH, "query, a mutant");
    NtClose(event);
    NtClose(mutant);
}

void test_main(void)
{
    create();
    open();
    handles();
    query();
}

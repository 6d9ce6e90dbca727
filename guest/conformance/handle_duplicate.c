/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtDuplicateObject, handle attributes, NtClose.
 * Known from: MSDN DuplicateHandle, SetHandleInformation; G. Nebbett, Native API Reference, ch. 2; Windows Internals, 4th
 * ed., ch. 3 (handle table entries, the close-protect bit); Wine's dlls/ntdll/tests/om.c (test_duplicate_object).
 */
#include "tap.h"

static HANDLE event, copy;

static NTSTATUS duplicate(HANDLE source, ACCESS_MASK access, ULONG attributes, ULONG options)
{
    return NtDuplicateObject(NtCurrentProcess(), source, NtCurrentProcess(), &copy, access, attributes, options);
}

static ULONG attributes_of(HANDLE handle)
{
    OBJECT_BASIC_INFORMATION info = {0};
    NtQueryObject(handle, ObjectBasicInformation, &info, sizeof(info), NULL);
    return info.Attributes & 3;
}

static void copies(void)
{
    HANDLE query;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    expect(duplicate(event, 0, 0, DUPLICATE_SAME_ACCESS), 0, "same access");
    check(copy != event, "another handle");
    equal(granted_access(copy), 0x1f0003, "same access: access");
    NtSetEvent(copy, NULL);
    expect(wait_ms(event, 0), 0, "of the same object");
    expect(NtClose(copy), 0, "close the copy");
    expect(duplicate(event, EVENT_QUERY_STATE, 0, 0), 0, "less access");
    query = copy;
    equal(granted_access(query), EVENT_QUERY_STATE, "less access: access");
    expect(duplicate(query, 0, 0, DUPLICATE_SAME_ACCESS), 0, "same access as the lesser");
    equal(granted_access(copy), EVENT_QUERY_STATE, "same access as the lesser: access");
    NtClose(copy);
    expect(duplicate(query, EVENT_ALL_ACCESS, 0, 0), 0, "more access than the source: the object's security decides");
    equal(granted_access(copy), 0x1f0003, "more access: access");
    NtClose(copy);
    expect(duplicate(query, 0, 0, DUPLICATE_CLOSE_SOURCE | DUPLICATE_SAME_ACCESS), 0, "close the source");
    equal(granted_access(query) == EVENT_QUERY_STATE && query != copy, FALSE, "the source is closed");
    NtClose(copy);
    expect(NtDuplicateObject(NtCurrentProcess(), event, NULL, NULL, 0, 0, DUPLICATE_CLOSE_SOURCE), 0,
           "close the source and make no copy");
    expect(NtSetEvent(event, NULL), STATUS_INVALID_HANDLE, "that closed it");
}

static void pseudo(void)
{
    PROCESS_BASIC_INFORMATION process;
    THREAD_BASIC_INFORMATION thread;
    expect(duplicate(NtCurrentProcess(), 0, 0, DUPLICATE_SAME_ACCESS), 0, "the own process");
    equal(granted_access(copy) & NT5_PROCESS_ALL_ACCESS, NT5_PROCESS_ALL_ACCESS, "the own process: all access");
    expect(NtQueryInformationProcess(copy, ProcessBasicInformation, &process, sizeof(process), NULL), 0, "is a process");
    equal(process.UniqueProcessId, TEB_NOW->ClientId.UniqueProcess, "and the own process");
    NtClose(copy);
    expect(duplicate(NtCurrentThread(), 0, 0, DUPLICATE_SAME_ACCESS), 0, "the own thread");
    expect(NtQueryInformationThread(copy, ThreadBasicInformation, &thread, sizeof(thread), NULL), 0, "is a thread");
    equal(thread.ClientId.UniqueThread, TEB_NOW->ClientId.UniqueThread, "and the own thread");
    NtClose(copy);
}

static void attributes(void)
{
    UCHAR flags[2] = {0, 1};
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    duplicate(event, 0, OBJ_INHERIT, DUPLICATE_SAME_ACCESS);
    equal(attributes_of(copy), OBJ_INHERIT, "a copy to be inherited");
    NtClose(copy);
    duplicate(event, 0, 0, DUPLICATE_SAME_ACCESS);
    equal(attributes_of(copy), 0, "a copy with no attributes");
    NtClose(copy);
    expect(NtSetInformationObject(event, ObjectHandleFlagInformation, flags, 2), 0, "protect from close");
    equal(attributes_of(event), OBJ_PROTECT_CLOSE, "protected, it says");
    expect(NtClose(event), STATUS_HANDLE_NOT_CLOSABLE, "close of a protected handle");
    expect(NtSetEvent(event, NULL), 0, "it stays open");
    flags[0] = 9;
    expect(NtQueryObject(event, ObjectHandleFlagInformation, flags, 2, NULL), 0, "query flags");
    equal(flags[0] | flags[1] << 8, 0x100, "flags: not inherited, protected");
    flags[0] = 1;
    flags[1] = 0;
    expect(NtSetInformationObject(event, ObjectHandleFlagInformation, flags, 2), 0, "inherit, do not protect");
    equal(attributes_of(event), OBJ_INHERIT, "inherited, it says");
    duplicate(event, 0, 0, DUPLICATE_SAME_ACCESS | DUPLICATE_SAME_ATTRIBUTES);
    equal(attributes_of(copy), OBJ_INHERIT, "a copy with the same attributes");
    NtClose(copy);
    expect(NtSetInformationObject(event, ObjectHandleFlagInformation, flags, 3), STATUS_INFO_LENGTH_MISMATCH,
           "set flags, length 3");
    expect(NtSetInformationObject(event, ObjectBasicInformation, flags, 2), STATUS_INVALID_INFO_CLASS,
           "set basic information");
    expect(NtSetInformationObject((HANDLE)0x7ff0, ObjectHandleFlagInformation, flags, 2), STATUS_INVALID_HANDLE,
           "set flags, no such handle");
    faults(BAD_IN, p, NtSetInformationObject(event, ObjectHandleFlagInformation, p, 2), "set flags, buffer");
    expect(NtClose(event), 0, "close after the protection is gone");
}

static void errors(void)
{
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    expect(duplicate((HANDLE)0x7ff0, 0, 0, DUPLICATE_SAME_ACCESS), STATUS_INVALID_HANDLE, "no such source");
    expect(duplicate(NULL, 0, 0, DUPLICATE_SAME_ACCESS), STATUS_INVALID_HANDLE, "NULL source");
    expect(NtDuplicateObject((HANDLE)0x7ff0, event, NtCurrentProcess(), &copy, 0, 0, 2), STATUS_INVALID_HANDLE,
           "no such source process");
    expect(NtDuplicateObject(NtCurrentProcess(), event, (HANDLE)0x7ff0, &copy, 0, 0, 2), STATUS_INVALID_HANDLE,
           "no such target process");
    expect(NtDuplicateObject(event, event, NtCurrentProcess(), &copy, 0, 0, 2), STATUS_OBJECT_TYPE_MISMATCH,
           "source process is an event");
    faults(BAD_OUT_OPTIONAL, p, NtDuplicateObject(NtCurrentProcess(), event, NtCurrentProcess(), p, 0, 0, 2), "handle");
    NtDuplicateObject(NtCurrentProcess(), NtCurrentProcess(), NtCurrentProcess(), &copy, PROCESS_QUERY_INFORMATION, 0, 0);
    expect(NtDuplicateObject(copy, event, NtCurrentProcess(), &event, 0, 0, 2), STATUS_ACCESS_DENIED,
           "source process without PROCESS_DUP_HANDLE");
    NtClose(copy);
    NtClose(event);
    expect(NtClose(NULL), STATUS_INVALID_HANDLE, "close NULL");
    expect(NtClose((HANDLE)0x7ff0), STATUS_INVALID_HANDLE, "close what never was");
    expect(NtClose((HANDLE)0xbad00000), STATUS_INVALID_HANDLE, "close a kernel address");
}

/* The newest free slot is used first: handle values come back. */
static void many(void)
{
    static HANDLE handles[600];
    ULONG before = 0, during = 0, after = 0;
    int made = 0;
    NtQueryInformationProcess(NtCurrentProcess(), ProcessHandleCount, &before, 4, NULL);
    for (int i = 0; i < 600; i++)
        made += !NtCreateEvent(&handles[i], EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    equal(made, 600, "600 handles");
    NtQueryInformationProcess(NtCurrentProcess(), ProcessHandleCount, &during, 4, NULL);
    equal(during - before, 600, "are counted");
    for (int i = 0; i < 600; i++)
        made -= !NtClose(handles[i]);
    equal(made, 0, "and closed");
    NtQueryInformationProcess(NtCurrentProcess(), ProcessHandleCount, &after, 4, NULL);
    equal(after, before, "the count comes back");
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    NtClose(event);
    NtCreateEvent(&copy, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    equal((ULONG_PTR)copy, (ULONG_PTR)event, "a handle just closed is the next one given");
    NtClose(copy);
}

void test_main(void)
{
    copies();
    pseudo();
    attributes();
    errors();
    many();
}

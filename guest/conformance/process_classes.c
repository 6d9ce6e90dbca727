/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The less common classes of NtQueryInformationProcess and NtSetInformationProcess: quotas, tokens, device maps, watches,
 * and the privileges that some of them need.
 * Known from: G. Nebbett, Native API Reference, ch. 6; MSDN SetPriorityClass, InitializeProcessForWsWatch, GetWsChanges,
 * QueryDosDevice, SetProcessWorkingSetSize; Windows Internals, 4th ed., ch. 8 (privileges); Wine's dlls/ntdll/tests/info.c.
 */
#include "ntapi_se.h"
#include "ntapi_ps.h"

typedef struct { SIZE_T PagedPoolLimit, NonPagedPoolLimit, MinimumWorkingSetSize, MaximumWorkingSetSize, PagefileLimit;
                 LARGE_INTEGER TimeLimit; } QUOTAS;
typedef struct { SIZE_T peak_paged, paged, paged_limit, peak_nonpaged, nonpaged, nonpaged_limit, peak_file, file, file_limit; } POOLED;
typedef struct { ULONG DriveMap; UCHAR DriveType[32]; } DEVICE_MAP;
typedef struct { PVOID FaultingPc, FaultingVa; } FAULT_WATCH;

NTSTATUS child_main(const char *what)
{
    PVOID base = NULL;
    SIZE_T size = 0x1000000;
    if (what[0] == 'm')
        return NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    sleep_ms(20000);
    return 3;
}

static NTSTATUS set4(HANDLE process, ULONG class, ULONG value)
{
    return NtSetInformationProcess(process, class, &value, 4);
}

static ULONG get4(HANDLE process, ULONG class)
{
    ULONG value = 0x55;
    NTSTATUS status = NtQueryInformationProcess(process, class, &value, 4, NULL);
    return status ? (ULONG)status : value;
}

static void quotas(void)
{
    QUOTAS q, other;
    POOLED pooled;
    CHILD child;
    expect(NtQueryInformationProcess(NtCurrentProcess(), ProcessQuotaLimits, &q, sizeof(q), NULL), 0, "quotas");
    check(q.MinimumWorkingSetSize && q.MinimumWorkingSetSize < q.MaximumWorkingSetSize, "quotas: a working set");
    expect(NtQueryInformationProcess(NtCurrentProcess(), ProcessQuotaLimits, &q, 28, NULL), STATUS_INFO_LENGTH_MISMATCH,
           "quotas, length 28");
    expect(NtQueryInformationProcess(NtCurrentProcess(), ProcessPooledUsageAndLimits, &pooled, sizeof(pooled), NULL), 0, "pools");
    check(pooled.file && pooled.peak_file >= pooled.file, "pools: memory in use");
    other = q;
    other.MinimumWorkingSetSize = 0x100000;
    other.MaximumWorkingSetSize = 0x80000;
    expect(NtSetInformationProcess(NtCurrentProcess(), ProcessQuotaLimits, &other, sizeof(other)), STATUS_INVALID_PARAMETER,
           "quotas: a working set upside down");
    other.MaximumWorkingSetSize = 0x200000;
    expect(NtSetInformationProcess(NtCurrentProcess(), ProcessQuotaLimits, &other, sizeof(other)), 0, "quotas: a working set is set");
    NtQueryInformationProcess(NtCurrentProcess(), ProcessQuotaLimits, &other, sizeof(other), NULL);
    equal(other.MinimumWorkingSetSize, 0x100000, "quotas: its minimum");
    NtSetInformationProcess(NtCurrentProcess(), ProcessQuotaLimits, &q, sizeof(q));
    child_create(&child, "m", FALSE);
    other = (QUOTAS){0x10000, 0x10000, 0, 0, 0xc00000, {.QuadPart = 0}};
    expect(NtSetInformationProcess(child.process, ProcessQuotaLimits, &other, sizeof(other)), STATUS_PRIVILEGE_NOT_HELD,
           "quotas without the privilege");
    own_privilege(5, TRUE);
    expect(NtSetInformationProcess(child.process, ProcessQuotaLimits, &other, sizeof(other)), 0, "quotas with it");
    own_privilege(5, FALSE);
    NtQueryInformationProcess(child.process, ProcessPooledUsageAndLimits, &pooled, sizeof(pooled), NULL);
    equal(pooled.file_limit, 0xc00000, "the page file's limit");
    NtResumeThread(child.thread, NULL);
    equal(child_wait(&child), STATUS_PAGEFILE_QUOTA, "more than that is refused");
    child_close(&child);
}

static void priorities(void)
{
    _Alignas(4) UCHAR class[2] = {0, 4};
    PROCESS_BASIC_INFORMATION basic;
    CHILD child;
    child_create(&child, "w", FALSE);
    expect(set4(child.process, ProcessBasePriority, 32), STATUS_INVALID_PARAMETER, "base priority 32");
    expect(set4(child.process, ProcessBasePriority, 9), 0, "base priority 9");
    NtQueryInformationProcess(child.process, ProcessBasicInformation, &basic, sizeof(basic), NULL);
    equal(basic.BasePriority, 9, "it is 9");
    own_privilege(14, FALSE);
    expect(set4(child.process, ProcessBasePriority, 10), STATUS_PRIVILEGE_NOT_HELD, "more without the privilege");
    expect(set4(child.process, ProcessBasePriority, 5), 0, "less without it");
    expect(NtSetInformationProcess(child.process, ProcessPriorityClass, class, 2), STATUS_PRIVILEGE_NOT_HELD,
           "real time without the privilege");
    own_privilege(14, TRUE);
    expect(NtSetInformationProcess(child.process, ProcessPriorityClass, class, 2), 0, "real time");
    NtQueryInformationProcess(child.process, ProcessBasicInformation, &basic, sizeof(basic), NULL);
    equal(basic.BasePriority, 24, "real time is 24");
    class[1] = 7;
    expect(NtSetInformationProcess(child.process, ProcessPriorityClass, class, 2), STATUS_INVALID_PARAMETER, "class 7");
    expect(set4(child.process, ProcessPriorityBoost, 1), 0, "no boost");
    equal(get4(child.process, ProcessPriorityBoost), 1, "there is none");
    expect(set4(child.process, ProcessRaisePriority, 1), 0, "raise");
    class[0] = 1;
    expect(NtSetInformationProcess(child.process, ProcessForegroundInformation, class, 1), 0, "foreground");
    expect(NtSetInformationProcess(child.process, ProcessForegroundInformation, class, 2), STATUS_INFO_LENGTH_MISMATCH,
           "foreground, length 2");
    NtTerminateProcess(child.process, 0);
    child_wait(&child);
    expect(set4(child.process, ProcessAffinityMask, 1), STATUS_PROCESS_IS_TERMINATING, "processors of what has ended");
    child_close(&child);
}

static void tokens(void)
{
    HANDLE own = own_token(TOKEN_DUPLICATE), token, impersonating;
    PROCESS_ACCESS_TOKEN pair = {NULL, NULL};
    CHILD child;
    child_create(&child, "w", FALSE);
    NtDuplicateToken(own, TOKEN_ALL_ACCESS, NULL, FALSE, TokenPrimary, &token);
    impersonating = impersonation_token(SecurityImpersonation);
    pair.Token = token;
    expect(NtSetInformationProcess(child.process, ProcessAccessToken, &pair, sizeof(pair)), STATUS_PRIVILEGE_NOT_HELD,
           "a token without the privilege");
    own_privilege(3, TRUE);
    expect(NtSetInformationProcess(child.process, ProcessAccessToken, &pair, 4), STATUS_INFO_LENGTH_MISMATCH, "a token, length 4");
    pair.Token = impersonating;
    expect(NtSetInformationProcess(child.process, ProcessAccessToken, &pair, sizeof(pair)), STATUS_BAD_TOKEN_TYPE,
           "a client's token");
    pair.Token = child.process;
    expect(NtSetInformationProcess(child.process, ProcessAccessToken, &pair, sizeof(pair)), STATUS_OBJECT_TYPE_MISMATCH,
           "a process for a token");
    pair.Token = token;
    expect(NtSetInformationProcess(child.process, ProcessAccessToken, &pair, sizeof(pair)), 0, "a token");
    expect(NtSetInformationProcess(child.process, ProcessAccessToken, &pair, sizeof(pair)), STATUS_TOKEN_ALREADY_IN_USE,
           "the same again");
    own_privilege(3, FALSE);
    NtTerminateProcess(child.process, 0);
    child_wait(&child);
    child_close(&child);
    NtClose(own);
    NtClose(token);
    NtClose(impersonating);
}

static void device_maps(void)
{
    DEVICE_MAP map;
    HANDLE directory, link, found;
    UNICODE_STRING target = ustr(L"\\BaseNamedObjects");
    CHILD child;
    expect(NtQueryInformationProcess(NtCurrentProcess(), ProcessDeviceMap, &map, sizeof(map), NULL), 0, "device map");
    check(map.DriveMap & 4, "device map: there is C:");
    check(map.DriveType[2] != 0, "device map: of some kind");
    child_create(&child, "w", FALSE);
    NtCreateDirectoryObject(&directory, DIRECTORY_ALL_ACCESS, named(L"\\BaseNamedObjects\\my_drives", 0));
    NtCreateSymbolicLinkObject(&link, SYMBOLIC_LINK_ALL_ACCESS, named_in(directory, L"Q:", 0), &target);
    expect(NtSetInformationProcess(child.process, ProcessDeviceMap, &link, 4), STATUS_OBJECT_TYPE_MISMATCH, "a link for a device map");
    expect(NtSetInformationProcess(child.process, ProcessDeviceMap, &directory, 3), STATUS_INFO_LENGTH_MISMATCH,
           "a device map, length 3");
    expect(NtSetInformationProcess(child.process, ProcessDeviceMap, &directory, 4), 0, "a device map of its own");
    NtQueryInformationProcess(child.process, ProcessDeviceMap, &map, sizeof(map), NULL);
    equal(map.DriveMap, 0x10000, "has its drives");
    NtTerminateProcess(child.process, 0);
    child_wait(&child);
    child_close(&child);
    expect(NtOpenDirectoryObject(&found, DIRECTORY_QUERY, named(L"\\??\\Q:", OBJ_CASE_INSENSITIVE)), STATUS_OBJECT_NAME_NOT_FOUND,
           "others do not");
    NtClose(link);
    NtClose(directory);
}

static void watches(void)
{
    FAULT_WATCH seen[512];
    ULONG length = 0;
    PVOID view = NULL;
    SIZE_T size = 0;
    LI big = {.QuadPart = 0x1000};
    HANDLE section;
    expect(NtQueryInformationProcess(NtCurrentProcess(), ProcessWorkingSetWatch, seen, sizeof(seen), NULL), STATUS_UNSUCCESSFUL,
           "no watch yet");
    expect(NtSetInformationProcess(NtCurrentProcess(), ProcessWorkingSetWatch, NULL, 0), 0, "watch the working set");
    expect(NtSetInformationProcess(NtCurrentProcess(), ProcessWorkingSetWatch, NULL, 0), STATUS_PORT_ALREADY_SET, "watch it again");
    NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &big, PAGE_READWRITE, SEC_COMMIT, NULL);
    NtMapViewOfSection(section, NtCurrentProcess(), &view, 0, 0, NULL, &size, ViewUnmap, 0, PAGE_WRITECOPY);
    *(volatile ULONG *)view = 1;
    expect(NtQueryInformationProcess(NtCurrentProcess(), ProcessWorkingSetWatch, seen, 4, NULL), STATUS_INFO_LENGTH_MISMATCH,
           "watch, length 4");
    expect(NtQueryInformationProcess(NtCurrentProcess(), ProcessWorkingSetWatch, seen, sizeof(seen), &length), 0, "what was seen");
    check(length >= 8 && length % 8 == 0, "pairs");
    for (ULONG i = 0; i < length / 8; i++)
        if (((ULONG_PTR)seen[i].FaultingVa & ~0xfffu) == (ULONG_PTR)view)
            view = (PVOID)((ULONG_PTR)view | 1);
    check((ULONG_PTR)view & 1, "among them the copied page");
    NtUnmapViewOfSection(NtCurrentProcess(), view);
    NtClose(section);
}

typedef struct { HANDLE Handle; CLIENT_ID Client; ULONG Type; PVOID Stack[16]; } TRACE_ENTRY;
typedef struct { HANDLE Handle; ULONG Total; TRACE_ENTRY Entries[20]; } TRACE;

static void tracing(void)
{
    TRACE trace = {0};
    ULONG flags = 1, length = 0;
    HANDLE event;
    expect(NtQueryInformationProcess(NtCurrentProcess(), ProcessHandleTracing, &trace, sizeof(trace), NULL),
           STATUS_INVALID_PARAMETER, "handles are not traced");
    expect(NtSetInformationProcess(NtCurrentProcess(), ProcessHandleTracing, &flags, 4), STATUS_INVALID_PARAMETER,
           "trace with a flag");
    flags = 0;
    expect(NtSetInformationProcess(NtCurrentProcess(), ProcessHandleTracing, &flags, 3), STATUS_INFO_LENGTH_MISMATCH,
           "trace, length 3");
    expect(NtSetInformationProcess(NtCurrentProcess(), ProcessHandleTracing, &flags, 4), 0, "trace handles");
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    NtClose(event);
    NtSetEvent(event, NULL);
    trace.Handle = event;
    expect(NtQueryInformationProcess(NtCurrentProcess(), ProcessHandleTracing, &trace, sizeof(trace), &length), 0, "query the trace");
    equal(trace.Total, 3, "three things happened to it");
    equal(length, 8 + 3 * 80, "their length");
    equal(trace.Entries[0].Type, 3, "the last was a mistake");
    equal(trace.Entries[1].Type, 2, "before that it was closed");
    equal(trace.Entries[2].Type, 1, "and first of all opened");
    equal(trace.Entries[2].Client.UniqueThread, TEB_NOW->ClientId.UniqueThread, "by this thread");
    check(trace.Entries[2].Stack[0] != NULL, "from somewhere");
    expect(NtQueryInformationProcess(NtCurrentProcess(), ProcessHandleTracing, &trace, 90, NULL), STATUS_INFO_LENGTH_MISMATCH,
           "room for one");
    expect(NtSetInformationProcess(NtCurrentProcess(), ProcessHandleTracing, NULL, 0), 0, "trace no more");
}

static void rest(void)
{
    UNICODE_STRING *name;
    _Alignas(8) UCHAR room[600];
    ULONG length = 0;
    CHILD child;
    expect(set4(NtCurrentProcess(), ProcessIoPortHandlers_, 0), STATUS_INVALID_PARAMETER, "I/O port handlers are for drivers");
    room[0] = 1;
    expect(NtSetInformationProcess(NtCurrentProcess(), ProcessEnableAlignmentFaultFixup, room, 1), 0, "alignment fixup");
    equal(get4(NtCurrentProcess(), ProcessWow64Information), 0, "no emulated process");
    equal(get4(NtCurrentProcess(), ProcessWx86Information), 0, "no emulator of the other kind");
    child_create(&child, "w", FALSE);
    own_privilege(7, FALSE);
    expect(set4(child.process, ProcessSessionInformation, 1), STATUS_PRIVILEGE_NOT_HELD, "a session without the privilege");
    expect(set4(child.process, ProcessUserModeIOPL, 1), STATUS_PRIVILEGE_NOT_HELD, "an I/O level without the privilege");
    own_privilege(7, TRUE);
    expect(set4(child.process, ProcessSessionInformation, 1), 0, "a session");
    equal(get4(child.process, ProcessSessionInformation), 1, "it is in that");
    expect(set4(child.process, ProcessUserModeIOPL, 1), 0, "an I/O level");
    if (nt_at_least(5, 1)) {
        expect(NtQueryInformationProcess(NtCurrentProcess(), ProcessImageFileName, room, 4, &length), STATUS_INFO_LENGTH_MISMATCH,
               "image name, length 4");
        check(length > 8 && length < sizeof(room), "image name: how long it is");
        expect(NtQueryInformationProcess(NtCurrentProcess(), ProcessImageFileName, room, sizeof(room), NULL), 0, "image name");
        name = (UNICODE_STRING *)room;
        check(name->Length + 10u == length && name->Buffer[0] == '\\', "image name: a path of NT's");
        equal(get4(NtCurrentProcess(), ProcessBreakOnTermination), 0, "not critical");
        own_privilege(20, FALSE);
        expect(set4(child.process, ProcessBreakOnTermination, 1), STATUS_PRIVILEGE_NOT_HELD, "critical without the privilege");
        own_privilege(20, TRUE);
        expect(set4(child.process, ProcessBreakOnTermination, 1), 0, "critical");
        equal(get4(child.process, ProcessBreakOnTermination), 1, "it is");
        expect(set4(child.process, ProcessBreakOnTermination, 0), 0, "critical no longer");
        check(get4(NtCurrentProcess(), ProcessLUIDDeviceMapsEnabled) <= 1, "device maps of logon sessions, or not");
    } else
        expect(set4(child.process, ProcessBreakOnTermination, 1), STATUS_INVALID_INFO_CLASS, "Windows 2000 knows nothing critical");
    NtTerminateProcess(child.process, 0);
    child_wait(&child);
    child_close(&child);
}

void test_main(void)
{
    quotas();
    priorities();
    tokens();
    device_maps();
    watches();
    if (nt_at_least(5, 1))
        tracing();
    rest();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtCreateUserProcess, and what is told of processes since Vista.
 * Known from: MSDN CreateProcess, UpdateProcThreadAttribute, QueryFullProcessImageName; Wine's dlls/ntdll/tests/info.c and
 * dlls/kernel32/tests/process.c.
 */
#include "ntapi_ps.h"
#include "ntapi_six.h"

enum { ImageInformation = 37, NameWin32 = 43, CommandLine = 60, StackAllocation = 41, PagePriority = 39 };
static RTL_USER_PROCESS_PARAMETERS *parameters;
static CLIENT_ID id;
static SECTION_IMAGE_INFORMATION image;
static PS_LIST list;
static HANDLE process, thread;

static void parameters_for(const WCHAR *line)
{
    UNICODE_STRING path = TEB_NOW->Peb->ProcessParameters->ImagePathName, command = ustr(line);
    RtlCreateProcessParametersEx(&parameters, &path, NULL, NULL, &command, NULL, NULL, NULL, NULL, NULL, 1);
}

static NTSTATUS create(UNICODE_STRING path, ULONG process_flags, ULONG thread_flags, ULONG extra, PVOID value, SIZE_T size)
{
    static PS_CREATE_INFO_ info;
    NTSTATUS status;
    info = (PS_CREATE_INFO_){sizeof(info), 0, 0, {0}};
    list = (PS_LIST){4 + 3 * 16, {{PS_IMAGE_NAME, path.Length, path.Buffer, NULL}, {PS_CLIENT_ID, sizeof(id), &id, NULL},
                                  {PS_IMAGE_INFO, sizeof(image), &image, NULL}, {extra, size, value, NULL}}};
    if (extra)
        list.TotalLength += 16;
    process = thread = NULL;
    status = NtCreateUserProcess(&process, &thread, PROCESS_ALL_ACCESS, THREAD_ALL_ACCESS, NULL, NULL, process_flags,
                                 thread_flags, parameters, &info, &list);
    return status;
}

static NTSTATUS finish(void)
{
    CHILD child = {process, thread, id};
    NTSTATUS status = child_wait(&child);
    child_close(&child);
    return status;
}

static void running(void)
{
    PROCESS_BASIC_INFORMATION info;
    parameters_for(L"test child:exit");
    expect(create(own_path(), 0, CREATE_SUSPENDED_, 0, NULL, 0), 0, "create, suspended");
    expect(NtQueryInformationProcess(process, ProcessBasicInformation, &info, sizeof(info), NULL), 0, "it is a process");
    equal(info.UniqueProcessId, id.UniqueProcess, "with this id");
    equal(info.InheritedFromUniqueProcessId, TEB_NOW->ClientId.UniqueProcess, "a child of this one");
    equal(image.Machine, 0x14c, "for this machine");
    check(image.TransferAddress != NULL, "with an entry point");
    expect(wait_ms(process, 20), STATUS_TIMEOUT, "it waits");
    expect(NtResumeThread(thread, NULL), 0, "resume it");
    expect(finish(), 42, "it ends");
    expect(create(own_path(), 0, 0, 0, NULL, 0), 0, "create, and let run");
    expect(finish(), 42, "it ends, too");
    RtlDestroyProcessParameters(parameters);
}

static void handles(void)
{
    OBJECT_ATTRIBUTES inherited = {sizeof(inherited), NULL, NULL, OBJ_INHERIT, NULL, NULL};
    WCHAR line[] = L"test child:handles0000000000000000";
    HANDLE events[2];
    NtCreateEvent(&events[0], EVENT_ALL_ACCESS, &inherited, NotificationEvent, FALSE);
    NtCreateEvent(&events[1], EVENT_ALL_ACCESS, &inherited, NotificationEvent, FALSE);
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 8; k++)
            line[18 + 8 * i + k] = L"0123456789abcdef"[(ULONG)events[i] >> (28 - 4 * k) & 15];
    parameters_for(line);
    expect(create(own_path(), PROCESS_INHERIT, 0, 0, NULL, 0), 0, "with all handles");
    expect(finish(), 3, "both are there");
    expect(create(own_path(), PROCESS_INHERIT, 0, PS_HANDLE_LIST, &events[1], 4), 0, "with one handle");
    expect(finish(), 2, "only that is there");
    expect(create(own_path(), 0, 0, 0, NULL, 0), 0, "with none");
    expect(finish(), 0, "none is there");
    RtlDestroyProcessParameters(parameters);
    NtClose(events[0]);
    NtClose(events[1]);
}

static void failures(void)
{
    UNICODE_STRING none = ustr(L"\\??\\C:\\no-such-program.exe");
    parameters_for(L"test child:exit");
    expect(create(none, 0, 0, 0, NULL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "no such file");
    expect(create(*beside(L"text.dat")->ObjectName, 0, 0, 0, NULL, 0), STATUS_INVALID_IMAGE_NOT_MZ, "a text");
    expect(create(own_path(), 0, 0, PS_PARENT, (PVOID)0x7770, 4), STATUS_INVALID_HANDLE, "no parent");
    expect(create(own_path(), 0, CREATE_HIDE | 0x8000, 0, NULL, 0), STATUS_INVALID_PARAMETER, "unknown flags");
    RtlDestroyProcessParameters(parameters);
}

static void classes(void)
{
    struct { UNICODE_STRING text; WCHAR room[400]; } info;
    UNICODE_STRING own = TEB_NOW->Peb->ProcessParameters->ImagePathName;
    SECTION_IMAGE_INFORMATION self = {.Machine = 0};
    struct { SIZE_T reserve, zero_bits; PVOID base; } stack = {0x100000, 0, NULL};
    MEMORY_BASIC_INFORMATION region;
    SIZE_T size = 0;
    ULONG length = 0, value = 0;
    expect(NtQueryInformationProcess(NtCurrentProcess(), ImageInformation, &self, sizeof(self), NULL), 0, "the own image");
    equal(self.Machine, 0x14c, "of this machine");
    expect(NtQueryInformationProcess(NtCurrentProcess(), ImageInformation, &self, 4, NULL), STATUS_INFO_LENGTH_MISMATCH,
           "a little of it");
    expect(NtQueryInformationProcess(NtCurrentProcess(), NameWin32, &info, sizeof(info), &length), 0, "the Win32 name");
    check(info.text.Length == (own.Buffer[0] == '\\' ? own.Length - 8 : own.Length) && info.text.Buffer[1] == ':',
          "a drive and a path");
    expect(NtQueryInformationProcess(NtCurrentProcess(), NameWin32, &info, 8, &length), STATUS_INFO_LENGTH_MISMATCH,
           "no room for it");
    expect(NtSetInformationProcess(NtCurrentProcess(), StackAllocation, &stack, sizeof(stack)), 0, "reserve a stack");
    expect(NtQueryVirtualMemory(NtCurrentProcess(), stack.base, 0, &region, sizeof(region), NULL), 0, "its place is told");
    equal(region.State, MEM_RESERVE, "reserved");
    equal(region.RegionSize, 0x100000, "so much");
    NtFreeVirtualMemory(NtCurrentProcess(), &stack.base, &size, MEM_RELEASE);
    expect(NtSetInformationProcess(NtCurrentProcess(), StackAllocation, &stack, 8), STATUS_INFO_LENGTH_MISMATCH,
           "half a wish for a stack");
    expect(NtQueryInformationProcess(NtCurrentProcess(), 200, &value, 4, NULL), STATUS_INVALID_INFO_CLASS, "no such class");
}

static void limited(void)
{
    OBJECT_ATTRIBUTES none = {sizeof(none), NULL, NULL, 0, NULL, NULL};
    CLIENT_ID self = {TEB_NOW->ClientId.UniqueProcess, 0};
    KERNEL_USER_TIMES times;
    HANDLE handle, event;
    expect(NtOpenProcess(&handle, PROCESS_QUERY_LIMITED_INFORMATION, &none, &self), 0, "open for limited information");
    equal(granted_access(handle), PROCESS_QUERY_LIMITED_INFORMATION, "that is what was granted");
    expect(NtQueryInformationProcess(handle, ProcessTimes, &times, sizeof(times), NULL), 0, "times are limited information");
    expect(NtSetInformationProcess(handle, PagePriority, &self, 4), STATUS_ACCESS_DENIED, "nothing can be set");
    NtClose(handle);
    NtOpenProcess(&handle, PROCESS_QUERY_INFORMATION, &none, &self);
    equal(granted_access(handle), PROCESS_QUERY_INFORMATION | PROCESS_QUERY_LIMITED_INFORMATION, "all includes some");
    NtClose(handle);
    (void)event;
}

static void nested_jobs(void)
{
    ULONG ids[8] = {0};
    HANDLE outer, inner, other;
    IS_PROCESS_IN_JOB inside = (IS_PROCESS_IN_JOB)procedure("NtIsProcessInJob");
    NtCreateJobObject(&outer, JOB_OBJECT_ALL_ACCESS, NULL);
    NtCreateJobObject(&inner, JOB_OBJECT_ALL_ACCESS, NULL);
    NtCreateJobObject(&other, JOB_OBJECT_ALL_ACCESS, NULL);
    parameters_for(L"test child:exit");
    expect(create(own_path(), 0, CREATE_SUSPENDED_, PS_JOB_LIST, &outer, 4), 0, "create in a job");
    expect(inside(process, outer), STATUS_PROCESS_IN_JOB, "it is there");
    expect(NtAssignProcessToJobObject(inner, process), 0, "put it into another");
    expect(inside(process, inner), STATUS_PROCESS_IN_JOB, "it is there, too");
    expect(inside(process, outer), STATUS_PROCESS_IN_JOB, "and still in the first");
    expect(inside(process, other), STATUS_PROCESS_NOT_IN_JOB, "not in a third");
    expect(NtQueryInformationJobObject(outer, 3, ids, sizeof(ids), NULL), 0, "query the first's processes");
    equal(ids[0], 1, "one");
    equal(ids[2], id.UniqueProcess, "this one");
    expect(NtTerminateJobObject(outer, 7), 0, "end the first");
    expect(finish(), 7, "it ends by that");
    RtlDestroyProcessParameters(parameters);
    NtClose(outer);
    NtClose(inner);
    NtClose(other);
}

void test_main(void)
{
    nested_jobs();
    running();
    handles();
    failures();
    classes();
    limited();
}

static ULONG hex(const char *text)
{
    ULONG value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 4 | (text[i] <= '9' ? text[i] - '0' : text[i] - 'a' + 10);
    return value;
}

NTSTATUS child_main(const char *what)
{
    NTSTATUS found = 0;
    if (what[0] == 'e')
        return 42;
    for (int i = 0; i < 2; i++)
        if (!NtSetEvent((HANDLE)hex(what + 7 + 8 * i), NULL))
            found |= 1 << i;
    return found;
}

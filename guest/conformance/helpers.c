/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Short ways to say what tests say often. */
#include "tap_private.h"

static UCHAR *unmapped, *readonly;

void tap_init(void)
{
    unmapped = pages(0x10000, MEM_RESERVE, PAGE_NOACCESS);
    readonly = pages(0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
}

PVOID tap_bad_pointer(int kind)
{
    switch (kind) {
    case BAD_UNMAPPED:
        return unmapped + 0x1000;
    case BAD_READONLY:
        return readonly + 0x100;
    case BAD_KERNEL:
        return (PVOID)0x80001000;
    default:
        return NULL;
    }
}

const char *tap_bad_name(int kind)
{
    switch (kind) {
    case BAD_UNMAPPED:
        return ": unmapped";
    case BAD_READONLY:
        return ": read-only";
    case BAD_KERNEL:
        return ": kernel address";
    default:
        return ": NULL";
    }
}

UNICODE_STRING ustr(const WCHAR *text)
{
    UNICODE_STRING string = {0, 0, (PWSTR)text};
    while (text && text[string.Length / 2])
        string.Length += 2;
    string.MaximumLength = text ? string.Length + 2 : 0;
    return string;
}

OBJECT_ATTRIBUTES *named_in(HANDLE root, const WCHAR *name, ULONG attributes)
{
    static struct { OBJECT_ATTRIBUTES attributes; UNICODE_STRING name; } ring[8];
    static LONG next;
    int i = __sync_fetch_and_add(&next, 1) & 7;
    ring[i].name = ustr(name);
    ring[i].attributes = (OBJECT_ATTRIBUTES){sizeof(OBJECT_ATTRIBUTES), root, name ? &ring[i].name : NULL, attributes,
                                             NULL, NULL};
    return &ring[i].attributes;
}

OBJECT_ATTRIBUTES *named(const WCHAR *name, ULONG attributes)
{
    return named_in(NULL, name, attributes);
}

LI *relative_ms(int milliseconds)
{
    static LI ring[8];
    static LONG next;
    LI *time = &ring[__sync_fetch_and_add(&next, 1) & 7];
    time->QuadPart = milliseconds * -10000LL;
    return time;
}

LONGLONG system_time(void)
{
    LI now = {.QuadPart = 0};
    NtQuerySystemTime(&now);
    return now.QuadPart;
}

void sleep_ms(int milliseconds)
{
    NtDelayExecution(FALSE, relative_ms(milliseconds));
}

LONG semaphore_count(HANDLE semaphore)
{
    SEMAPHORE_BASIC_INFORMATION info = {77, 77};
    NtQuerySemaphore(semaphore, 0, &info, sizeof(info), NULL);
    return info.CurrentCount;
}

NTSTATUS wait_ms(HANDLE object, int milliseconds)
{
    return NtWaitForSingleObject(object, FALSE, relative_ms(milliseconds));
}

ULONG granted_access(HANDLE handle)
{
    OBJECT_BASIC_INFORMATION info = {0};
    NTSTATUS status = NtQueryObject(handle, ObjectBasicInformation, &info, sizeof(info), NULL);
    return status ? (ULONG)status : info.GrantedAccess;
}

BOOLEAN nt_at_least(ULONG major, ULONG minor)
{
    ULONG now_major = *(volatile ULONG *)0x7ffe026c, now_minor = *(volatile ULONG *)0x7ffe0270;
    return now_major > major || (now_major == major && now_minor >= minor);
}

BOOLEAN same_memory(const void *left, const void *right, ULONG length)
{
    const UCHAR *a = left, *b = right;
    while (length--)
        if (*a++ != *b++)
            return FALSE;
    return TRUE;
}

PVOID procedure(const char *name)
{
    UNICODE_STRING ntdll = ustr(L"ntdll.dll");
    ANSI_STRING string = {0, 0, (PSTR)name};
    PVOID base, address;
    while (name[string.Length])
        string.Length++;
    string.MaximumLength = string.Length + 1;
    if (LdrGetDllHandle(NULL, NULL, &ntdll, &base) || LdrGetProcedureAddress(base, &string, 0, &address))
        return NULL;
    return address;
}

PVOID pages(SIZE_T size, ULONG type, ULONG protect)
{
    PVOID base = NULL;
    return NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, type, protect) ? NULL : base;
}

void pages_free(PVOID base)
{
    SIZE_T size = 0;
    NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_RELEASE);
}

/* ---- threads ---- */

struct start { THREAD_FUNCTION function; PVOID argument; };

static NTSTATUS NTAPI thread_entry(PVOID parameter)
{
    struct start start = *(struct start *)parameter;
    pages_free(parameter);
    NtTerminateThread(NtCurrentThread(), start.function(start.argument));
    return 0;
}

static HANDLE start(THREAD_FUNCTION function, PVOID argument, BOOLEAN suspended)
{
    struct start *start = pages(sizeof(*start), MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    HANDLE thread = NULL;
    *start = (struct start){function, argument};
    if (RtlCreateUserThread(NtCurrentProcess(), NULL, suspended, 0, 0, 0, thread_entry, start, &thread, NULL)) {
        pages_free(start);
        return NULL;
    }
    return thread;
}

HANDLE thread_start(THREAD_FUNCTION function, PVOID argument)
{
    return start(function, argument, FALSE);
}

HANDLE thread_start_suspended(THREAD_FUNCTION function, PVOID argument)
{
    return start(function, argument, TRUE);
}

NTSTATUS thread_join(HANDLE thread)
{
    THREAD_BASIC_INFORMATION info = {0};
    NTSTATUS status = wait_ms(thread, 5000);
    if (!status)
        status = NtQueryInformationThread(thread, ThreadBasicInformation, &info, sizeof(info), NULL);
    NtClose(thread);
    return status ? status : info.ExitStatus;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every class of NtQuerySystemInformation: which there are, and how long their answers are.
 * Known from: G. Nebbett, Native API Reference, ch. 1 (the classes of Windows 2000, with those that are not implemented);
 * Wine's dlls/ntdll/tests/info.c (lengths and statuses from real systems); MSDN NtQuerySystemInformation; ntexapi.h.
 */
#include "ntapi_ex.h"

static ULONG buffer[0x8000] __attribute__((aligned(8)));

enum { EXACT, LEAST, LIST, UNWRITTEN, UNKNOWN };
struct class { ULONG number; int rule; ULONG size; const char *name; };

static const struct class both[] = {
    {0, EXACT, 44, "basic"}, {1, LEAST, 12, "processor"}, {2, LEAST, 312, "performance"}, {4, UNWRITTEN, 0, "path"},
    {5, LIST, 184, "processes"}, {6, LIST, 16, "call counts"}, {7, EXACT, 24, "devices"}, {9, EXACT, 4, "flags"},
    {10, UNWRITTEN, 0, "call times"}, {11, LIST, 4, "modules"}, {12, LIST, 4, "locks"}, {13, UNWRITTEN, 0, "stack traces"},
    {14, UNWRITTEN, 0, "paged pool"}, {15, UNWRITTEN, 0, "nonpaged pool"}, {16, LIST, 20, "handles"},
    {18, LIST, 24, "paging files"}, {19, EXACT, 136, "instruction emulation"}, {20, UNKNOWN, 0, "class 20"},
    {21, LEAST, 36, "file cache"}, {22, UNWRITTEN, 0, "pool tags"}, {23, LIST, 24, "interrupts"}, {24, EXACT, 20, "DPC behavior"},
    {25, UNWRITTEN, 0, "full memory"}, {26, UNKNOWN, 0, "load a driver"}, {27, UNKNOWN, 0, "unload a driver"},
    {28, EXACT, 12, "time adjustment"}, {29, UNWRITTEN, 0, "memory summary"}, {33, LEAST, 16, "exceptions"},
    {35, LEAST, 2, "kernel debugger"}, {36, LEAST, 48, "context switches"}, {37, LEAST, 12, "registry quota"},
    {38, UNKNOWN, 0, "extend the service table"}, {39, UNKNOWN, 0, "priority separation"}, {44, LEAST, 172, "time zone"},
    {46, UNKNOWN, 0, "time slip"}, {47, UNKNOWN, 0, "create a session"}, {48, UNKNOWN, 0, "detach from a session"},
    {50, EXACT, 4, "range start"}, {200, UNKNOWN, 0, "class 200"}, {0x80000000, UNKNOWN, 0, "class 0x80000000"},
};
static const struct class of_2000[] = {
    {30, UNWRITTEN, 0, "class 30"}, {31, UNWRITTEN, 0, "class 31"}, {32, EXACT, 4, "crash dump section"},
    {34, EXACT, 8, "crash dump state"}, {40, UNWRITTEN, 0, "class 40"}, {41, UNWRITTEN, 0, "class 41"},
    {42, UNKNOWN, 0, "class 42"}, {43, UNKNOWN, 0, "class 43"}, {49, UNKNOWN, 0, "class 49"}, {55, UNKNOWN, 0, "class 55"},
    {57, UNKNOWN, 0, "class 57"}, {61, UNKNOWN, 0, "class 61"}, {64, UNKNOWN, 0, "class 64"},
};
static const struct class of_xp[] = {
    {42, LIST, 48, "processor idle"}, {43, LEAST, 12, "legacy driver"}, {55, LIST, 8, "NUMA processors"},
    {57, LIST, 184, "extended processes"}, {58, EXACT, 4, "data alignment"}, {59, EXACT, 4, "COM+ package"},
    {60, LIST, 8, "NUMA memory"}, {61, LIST, 72, "processor power"}, {62, EXACT, 44, "emulated basic"},
    {63, LEAST, 12, "emulated processor"}, {64, LIST, 36, "extended handles"}, {65, EXACT, 4, "lost delayed writes"},
};

/* One line a class: what is wrong about it first, or 0. */
static ULONG query(const struct class *one)
{
    ULONG needed = 77, more = 77, size = one->size;
    NTSTATUS status;
    if (one->rule == UNKNOWN || one->rule == UNWRITTEN) {
        status = NtQuerySystemInformation(one->number, buffer, 0x1000, &needed);
        if (status != (one->rule == UNKNOWN ? STATUS_INVALID_INFO_CLASS : STATUS_NOT_IMPLEMENTED))
            return (ULONG)status | 1;
        return needed;
    }
    if (size && (status = NtQuerySystemInformation(one->number, buffer, size - 1, &more)) != STATUS_INFO_LENGTH_MISMATCH)
        return (ULONG)status | 1;
    status = NtQuerySystemInformation(one->number, buffer, one->rule == LIST ? sizeof(buffer) : size, &needed);
    if (status)
        return (ULONG)status;
    if (one->rule == LIST)
        return needed > sizeof(buffer) ? 0x1000 : 0;
    if (needed != size)
        return 0x2000 | needed;
    status = NtQuerySystemInformation(one->number, buffer, size + 4, &needed);
    if (status != (one->rule == EXACT ? STATUS_INFO_LENGTH_MISMATCH : 0))
        return (ULONG)status | 1;
    return one->rule == LEAST && needed != size ? 0x3000 : 0;
}

static void classes(void)
{
    const struct class *own = nt_at_least(5, 1) ? of_xp : of_2000;
    ULONG count = nt_at_least(5, 1) ? sizeof(of_xp) / sizeof(*own) : sizeof(of_2000) / sizeof(*own);
    for (ULONG i = 0; i < sizeof(both) / sizeof(both[0]); i++)
        equal(query(&both[i]), 0, both[i].name);
    for (ULONG i = 0; i < count; i++)
        equal(query(&own[i]), 0, own[i].name);
}

static void values(void)
{
    struct { ULONG Number; struct { USHORT Process, Trace; UCHAR Type, Attributes; USHORT Value; PVOID Object; ULONG Access; }
             Handles[1]; } *handles = (PVOID)buffer;
    struct { ULONG Number; struct { HANDLE Section; PVOID Mapped, Base; ULONG Size, Flags; USHORT Load, Init, Count, Name;
             char Path[256]; } Modules[1]; } *modules = (PVOID)buffer;
    struct { ULONG Next, Total, InUse, Peak; UNICODE_STRING Name; } *files = (PVOID)buffer;
    struct { LI Idle, Kernel, User, Dpc, Interrupt; ULONG Count; } *times = (PVOID)buffer;
    HANDLE event;
    ULONG needed, found = 0, pages, count;
    NtQuerySystemInformation(0, buffer, 44, NULL);
    pages = buffer[3];
    count = ((UCHAR *)buffer)[40];
    equal(pages, *(ULONG *)0x7ffe02e8, "KUSER_SHARED_DATA has the same physical pages");
    NtQuerySystemInformation(2, buffer, 312, NULL);
    check(buffer[11] <= pages, "there are no more pages available than physical ones");
    check(buffer[12] <= buffer[13] && buffer[12] > 0, "pages are committed, within the limit");
    NtCreateEvent(&event, EVENT_ALL_ACCESS & ~1, NULL, NotificationEvent, FALSE);
    NtQuerySystemInformation(16, buffer, sizeof(buffer), NULL);
    for (ULONG i = 0; i < handles->Number; i++)
        found += handles->Handles[i].Process == TEB_NOW->ClientId.UniqueProcess &&
                 handles->Handles[i].Value == (USHORT)(ULONG)event && handles->Handles[i].Access == (EVENT_ALL_ACCESS & ~1);
    equal(found, 1, "a new handle is in the list, with its rights");
    NtClose(event);
    expect(NtQuerySystemInformation(16, buffer, 20, &needed), STATUS_INFO_LENGTH_MISMATCH, "handles into 20 bytes");
    check(needed > 20, "the length needed is told");
    NtQuerySystemInformation(11, buffer, sizeof(buffer), NULL);
    check(modules->Number >= 2 && (ULONG)modules->Modules[0].Base >= 0x80000000, "the kernel is the first module");
    check(same_memory(modules->Modules[0].Path + modules->Modules[0].Name, "nt", 2), "its name");
    expect(NtQuerySystemInformation(18, buffer, sizeof(buffer), NULL), 0, "paging files again");
    check(files->InUse <= files->Total && files->Name.Length > 10, "the first paging file");
    expect(NtQuerySystemInformation(8, buffer, 48, &needed), 0, "times of one processor");
    equal(needed, 48, "are 48 bytes");
    check(times->Kernel.QuadPart >= times->Idle.QuadPart, "idle time is kernel time");
    expect(NtQuerySystemInformation(8, buffer, sizeof(buffer), &needed), 0, "times of all processors");
    equal(needed, 48 * count, "are 48 bytes each");
    expect(NtQuerySystemInformation(8, buffer, 47, NULL), STATUS_INFO_LENGTH_MISMATCH, "times into 47 bytes");
    expect(NtQuerySystemInformation(17, buffer, 55, NULL), STATUS_INFO_LENGTH_MISMATCH, "object types into 55 bytes");
    expect(NtQuerySystemInformation(17, buffer, sizeof(buffer), NULL), STATUS_UNSUCCESSFUL,
           "object types, without the global flag");
    NtQuerySystemInformation(50, buffer, 4, NULL);
    equal(buffer[0], 0x80000000, "the kernel's half begins at 2 GB");
    NtQuerySystemInformation(35, buffer, 2, NULL);
    equal(*(USHORT *)buffer, 0x100, "no kernel debugger");
}

static void sessions(void)
{
    struct { ULONG Session, Size; PVOID Buffer; } ask = {0, sizeof(buffer), buffer};
    struct { ULONG Next, Threads; } *entry = (PVOID)buffer;
    ULONG found = 0;
    NTSTATUS status = NtQuerySystemInformation(53, &ask, sizeof(ask), NULL);
    expect(status, 0, "processes of session 0");
    for (; !status; entry = (PVOID)((UCHAR *)entry + entry->Next)) {
        found += ((ULONG *)entry)[17] == TEB_NOW->ClientId.UniqueProcess;
        if (!entry->Next)
            break;
    }
    equal(found, 1, "this one is among them");
    ask.Size = 16;
    expect(NtQuerySystemInformation(53, &ask, sizeof(ask), NULL), STATUS_INFO_LENGTH_MISMATCH, "into 16 bytes");
    check(ask.Size > 16, "the size needed is told");
}

static NTSTATUS idle(PVOID event)
{
    return NtWaitForSingleObject(event, FALSE, NULL);
}

static void threads(void)
{
    struct thread { LI Kernel, User, Create; ULONG Wait; PVOID Start; CLIENT_ID Id; LONG Priority, Base; ULONG Switches, State,
                    Reason; } *thread = NULL;
    struct { ULONG Next, Threads; LI Reserved[3], Create, User, Kernel; UNICODE_STRING Name; LONG Base; ULONG Pid, Parent, Handles,
             Session, Spare, PeakVirtual, Virtual; } *entry;
    HANDLE event, other;
    THREAD_BASIC_INFORMATION info;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    other = thread_start(idle, event);
    NtQueryInformationThread(other, ThreadBasicInformation, &info, sizeof(info), NULL);
    sleep_ms(20);
    NtQuerySystemInformation(5, buffer, sizeof(buffer), NULL);
    for (entry = (PVOID)buffer; entry->Next && entry->Pid != TEB_NOW->ClientId.UniqueProcess;)
        entry = (PVOID)((UCHAR *)entry + entry->Next);
    equal(entry->Threads, 2, "two threads");
    check(entry->Virtual > 0x10000 && entry->PeakVirtual >= entry->Virtual, "its address space has a size");
    for (ULONG i = 0; i < entry->Threads; i++) {
        struct thread *one = (struct thread *)((UCHAR *)entry + 184) + i;
        if (one->Id.UniqueThread == info.ClientId.UniqueThread)
            thread = one;
    }
    check(thread != NULL, "the new thread is in the list");
    check(thread && thread->State == 5, "it waits");
    check(thread && thread->Create.QuadPart > system_time() - 100000000, "and was made just now");
    NtSetEvent(event, NULL);
    thread_join(other);
    NtClose(event);
}

void test_main(void)
{
    classes();
    values();
    sessions();
    threads();
}

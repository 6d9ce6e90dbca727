/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtCreateProcess and NtCreateThread themselves: an address space from a section, a thread from a context.
 * Known from: G. Nebbett, Native API Reference, ch. 5 and 6 with the examples 6.1 (spawning without CSRSS) and 6.2 (fork);
 * Windows Internals, 4th ed., ch. 6 (flow of process creation). Wine creates processes otherwise and lacks these calls.
 */
#include "tap.h"

typedef NTSTATUS(NTAPI *CREATE_PROCESS)(PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, HANDLE, ULONG, HANDLE, HANDLE, HANDLE);
static CREATE_PROCESS create_process;
static volatile LONG shared = 5;

static HANDLE own_section(void)
{
    UNICODE_STRING path = own_path();
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes), NULL, &path, OBJ_CASE_INSENSITIVE, NULL, NULL};
    IO_STATUS_BLOCK io;
    HANDLE file, section = NULL;
    if (NtOpenFile(&file, FILE_READ_DATA | FILE_EXECUTE | SYNCHRONIZE, &attributes, &io, FILE_SHARE_READ, 0x20))
        return NULL;
    NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_EXECUTE, SEC_IMAGE, file);
    NtClose(file);
    return section;
}

static void processes(void)
{
    HANDLE section = own_section(), process = NULL;
    PROCESS_BASIC_INFORMATION info;
    USHORT magic = 0;
    check(section != NULL, "an image section of the own file");
    faults(BAD_OUT, p, create_process(p, PROCESS_ALL_ACCESS, NULL, NtCurrentProcess(), FALSE, section, NULL, NULL),
           "create process, handle");
    expect(create_process(&process, NT5_PROCESS_ALL_ACCESS, NULL, NULL, FALSE, section, NULL, NULL), STATUS_INVALID_PARAMETER,
           "create process, no parent");
    expect(create_process(&process, NT5_PROCESS_ALL_ACCESS, NULL, section, FALSE, section, NULL, NULL),
           STATUS_OBJECT_TYPE_MISMATCH, "create process, the parent is a section");
    expect(create_process(&process, NT5_PROCESS_ALL_ACCESS, NULL, NtCurrentProcess(), FALSE, NtCurrentProcess(), NULL, NULL),
           STATUS_OBJECT_TYPE_MISMATCH, "create process, the section is a process");
    expect(create_process(&process, NT5_PROCESS_ALL_ACCESS, NULL, NtCurrentProcess(), FALSE, section, NULL, NULL), 0,
           "create process");
    expect(NtQueryInformationProcess(process, ProcessBasicInformation, &info, sizeof(info), NULL), 0, "query it");
    equal(info.ExitStatus, STATUS_PENDING, "it has not ended");
    equal(info.InheritedFromUniqueProcessId, TEB_NOW->ClientId.UniqueProcess, "this process is its parent");
    check(info.PebBaseAddress != NULL, "it has a PEB");
    expect(NtReadVirtualMemory(process, TEB_NOW->Peb->ImageBaseAddress, &magic, 2, NULL), 0, "its image is mapped");
    equal(magic, 0x5a4d, "it begins with MZ");
    expect(NtTerminateProcess(process, 8), 0, "end it");
    NtClose(process);
    if (section)
        NtClose(section);
}

static void fork_like(void)
{
    HANDLE process = NULL;
    LONG value = 0;
    expect(create_process(&process, NT5_PROCESS_ALL_ACCESS, NULL, NtCurrentProcess(), TRUE, NULL, NULL, NULL), 0,
           "create process without a section: a copy of the parent");
    expect(NtReadVirtualMemory(process, (PVOID)&shared, &value, 4, NULL), 0, "read the copy");
    equal(value, 5, "it has the parent's data");
    shared = 6;
    NtReadVirtualMemory(process, (PVOID)&shared, &value, 4, NULL);
    equal(value, 5, "but not what the parent writes later");
    NtTerminateProcess(process, 0);
    NtClose(process);
}

/* Windows XP's call has flags where the old one inherits handles or not. */
static void extended(void)
{
    NTSTATUS(NTAPI *create)(PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, HANDLE, ULONG, HANDLE, HANDLE, HANDLE, ULONG) =
        (PVOID)procedure("NtCreateProcessEx");
    HANDLE section, process;
    PROCESS_BASIC_INFORMATION info;
    if (!nt_at_least(5, 1)) {
        equal((ULONG_PTR)create, 0, "Windows 2000 has no NtCreateProcessEx");
        return;
    }
    section = own_section();
    faults(BAD_OUT, p, create(p, NT5_PROCESS_ALL_ACCESS, NULL, NtCurrentProcess(), 0, section, NULL, NULL, 0),
           "create extended, handle");
    expect(create(&process, NT5_PROCESS_ALL_ACCESS, NULL, NtCurrentProcess(), 4, section, NULL, NULL, 0), 0,
           "create extended, inheriting handles");
    expect(NtQueryInformationProcess(process, ProcessBasicInformation, &info, sizeof(info), NULL), 0, "query what it made");
    equal(info.InheritedFromUniqueProcessId, TEB_NOW->ClientId.UniqueProcess, "its parent");
    NtTerminateProcess(process, 0);
    NtClose(process);
    expect(create(&process, NT5_PROCESS_ALL_ACCESS, NULL, (HANDLE)0x7ff0, 0, section, NULL, NULL, 0), STATUS_INVALID_HANDLE,
           "create extended, no such parent");
    NtClose(section);
}

static volatile LONG thread_ran;

static void thread_code(void)
{
    thread_ran = TEB_NOW->ClientId.UniqueThread;
    NtTerminateThread(NtCurrentThread(), 17);
}

static void threads(void)
{
    CONTEXT context = {.ContextFlags = CONTEXT_FULL};
    UCHAR *stack = pages(0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    INITIAL_TEB teb = {NULL, NULL, stack + 0x10000, stack, stack};
    CLIENT_ID id = {0, 0};
    HANDLE thread = NULL;
    context.SegCs = 0x1b;
    context.SegDs = context.SegEs = context.SegSs = 0x23;
    context.SegFs = 0x3b;
    context.EFlags = 0x200;
    context.Esp = (ULONG_PTR)stack + 0x10000 - 32;
    context.Eip = (ULONG_PTR)thread_code;
    faults(BAD_OUT, p, NtCreateThread(p, NT5_THREAD_ALL_ACCESS, NULL, NtCurrentProcess(), &id, &context, &teb, TRUE),
           "create thread, handle");
    faults(BAD_OUT_OPTIONAL, p, NtCreateThread(&thread, NT5_THREAD_ALL_ACCESS, NULL, NtCurrentProcess(), p, &context, &teb,
                                               TRUE), "create thread, id");
    faults(BAD_IN_OPTIONAL, p, NtCreateThread(&thread, NT5_THREAD_ALL_ACCESS, NULL, NtCurrentProcess(), &id, p, &teb, TRUE),
           "create thread, context");
    faults(BAD_IN, p, NtCreateThread(&thread, NT5_THREAD_ALL_ACCESS, NULL, NtCurrentProcess(), &id, &context, p, TRUE),
           "create thread, stack");
    expect(NtCreateThread(&thread, NT5_THREAD_ALL_ACCESS, NULL, NtCurrentProcess(), &id, NULL, &teb, TRUE),
           STATUS_INVALID_PARAMETER, "create thread, no context");
    expect(NtCreateThread(&thread, NT5_THREAD_ALL_ACCESS, NULL, (HANDLE)0x7ff0, &id, &context, &teb, TRUE),
           STATUS_INVALID_HANDLE, "create thread, no such process");
    expect(NtCreateThread(&thread, NT5_THREAD_ALL_ACCESS, NULL, NtCurrentProcess(), &id, &context, &teb, TRUE), 0,
           "create thread suspended");
    equal(id.UniqueProcess, TEB_NOW->ClientId.UniqueProcess, "its process id");
    sleep_ms(10);
    equal(thread_ran, 0, "it does not run");
    NtResumeThread(thread, NULL);
    expect(thread_join(thread), 17, "resumed it runs to its end");
    equal(thread_ran, id.UniqueThread, "with the id given");
    pages_free(stack);
}

void test_main(void)
{
    create_process = (CREATE_PROCESS)procedure("NtCreateProcess");
    check(create_process != NULL, "ntdll exports NtCreateProcess");
    if (!create_process)
        return;
    processes();
    fork_like();
    extended();
    threads();
}

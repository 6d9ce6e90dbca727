/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads: stack, first context, creation and exit. A stack is reserved, its top committed, and below the committed part
 * lies one guard page that makes it grow.
 */
#include "ntdll.h"

#define DEFAULT_RESERVE 0x100000u
#define GRANULARITY 0x10000u
#define EFLAGS_START 0x200u /* interrupts */
#define SELECTOR_CODE 0x1bu
#define SELECTOR_DATA 0x23u
#define SELECTOR_TEB 0x3bu

static void free_stack(HANDLE process, PVOID base)
{
    SIZE_T size = 0;

    NtFreeVirtualMemory(process, &base, &size, MEM_RELEASE);
}

/* Sizes of 0 come from the executable's header. */
NTSTATUS NTAPI RtlpCreateUserStack(HANDLE process, SIZE_T reserve, SIZE_T commit, ULONG zero_bits,
                                   PINITIAL_TEB initial)
{
    PIMAGE_NT_HEADERS headers = RtlImageNtHeader(NtCurrentPeb()->ImageBaseAddress);
    PVOID base = NULL, top;
    SIZE_T size;
    BOOLEAN guard;
    NTSTATUS status;

    if (!reserve)
        reserve = headers ? headers->OptionalHeader.SizeOfStackReserve : DEFAULT_RESERVE;
    if (!commit)
        commit = headers ? headers->OptionalHeader.SizeOfStackCommit : PAGE_SIZE;
    commit = PAGE_ROUND(commit ? commit : PAGE_SIZE);
    if (commit >= reserve)
        reserve = (commit + DEFAULT_RESERVE - 1) & ~(SIZE_T)(DEFAULT_RESERVE - 1);
    reserve = (reserve + GRANULARITY - 1) & ~(SIZE_T)(GRANULARITY - 1);
    size = reserve;
    status = NtAllocateVirtualMemory(process, &base, zero_bits, &size, MEM_RESERVE, PAGE_READWRITE);
    if (!NT_SUCCESS(status))
        return status;
    memset(initial, 0, sizeof(*initial));
    initial->AllocatedStackBase = base;
    initial->StackBase = (PUCHAR)base + size;
    guard = size >= commit + PAGE_SIZE;
    top = (PUCHAR)initial->StackBase - commit - (guard ? PAGE_SIZE : 0);
    size = commit + (guard ? PAGE_SIZE : 0);
    status = NtAllocateVirtualMemory(process, &top, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    if (NT_SUCCESS(status) && guard) {
        ULONG old;
        size = PAGE_SIZE;
        status = NtProtectVirtualMemory(process, &top, &size, PAGE_READWRITE | PAGE_GUARD, &old);
    }
    if (!NT_SUCCESS(status)) {
        free_stack(process, base);
        return status;
    }
    initial->StackLimit = (PUCHAR)initial->StackBase - commit;
    return STATUS_SUCCESS;
}

/* The parameter is put on the new stack, under a return address that leads nowhere. */
VOID NTAPI RtlInitializeContext(HANDLE Process, PCONTEXT Context, PVOID Parameter, PVOID InitialPc, PVOID InitialSp)
{
    Context->ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER | CONTEXT_SEGMENTS;
    Context->Eax = 0;
    Context->Ebx = 1;
    Context->Ecx = 2;
    Context->Edx = 3;
    Context->Esi = 4;
    Context->Edi = 5;
    Context->Ebp = 0;
    Context->SegGs = 0;
    Context->SegFs = SELECTOR_TEB;
    Context->SegEs = SELECTOR_DATA;
    Context->SegDs = SELECTOR_DATA;
    Context->SegSs = SELECTOR_DATA;
    Context->SegCs = SELECTOR_CODE;
    Context->EFlags = EFLAGS_START;
    Context->Eip = (ULONG)InitialPc;
    Context->Esp = (ULONG)InitialSp - sizeof(Parameter);
    NtWriteVirtualMemory(Process, (PVOID)Context->Esp, &Parameter, sizeof(Parameter), NULL);
    Context->Esp -= sizeof(PVOID);
}

NTSTATUS NTAPI RtlCreateUserThread(HANDLE Process, PSECURITY_DESCRIPTOR Security, BOOLEAN Suspended, ULONG ZeroBits,
                                   SIZE_T StackReserve, SIZE_T StackCommit, PUSER_THREAD_START_ROUTINE Start,
                                   PVOID Parameter, PHANDLE Thread, PCLIENT_ID ClientId)
{
    OBJECT_ATTRIBUTES attributes;
    INITIAL_TEB initial;
    CLIENT_ID client;
    CONTEXT context;
    HANDLE thread;
    NTSTATUS status = RtlpCreateUserStack(Process, StackReserve, StackCommit, ZeroBits, &initial);

    if (!NT_SUCCESS(status))
        return status;
    memset(&context, 0, sizeof(context));
    RtlInitializeContext(Process, &context, Parameter, (PVOID)Start, initial.StackBase);
    InitializeObjectAttributes(&attributes, NULL, 0, NULL, Security);
    status = NtCreateThread(&thread, THREAD_ALL_ACCESS, &attributes, Process, &client, &context, &initial, Suspended);
    if (!NT_SUCCESS(status)) {
        free_stack(Process, initial.AllocatedStackBase);
        return status;
    }
    if (ClientId)
        *ClientId = client;
    if (Thread)
        *Thread = thread;
    else
        NtClose(thread);
    return STATUS_SUCCESS;
}

/* Frees the stack of a thread that has ended, found through its TEB. */
VOID NTAPI RtlFreeUserThreadStack(HANDLE Process, HANDLE Thread)
{
    THREAD_BASIC_INFORMATION information;
    PVOID base;

    if (!NT_SUCCESS(NtQueryInformationThread(Thread, ThreadBasicInformation, &information, sizeof(information), NULL)))
        return;
    if (!NT_SUCCESS(NtReadVirtualMemory(Process, &information.TebBaseAddress->DeallocationStack, &base, sizeof(base),
                                        NULL)) ||
        !base)
        return;
    free_stack(Process, base);
}

VOID NTAPI RtlExitUserThread(NTSTATUS Status)
{
    LdrShutdownThread();
    NtCurrentTeb()->FreeStackOnTermination = TRUE;
    NtTerminateThread(NtCurrentThread(), Status);
}

NTSTATUS NTAPI RtlAdjustPrivilege(ULONG Privilege, BOOLEAN Enable, BOOLEAN Client, PBOOLEAN WasEnabled)
{
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1}, previous = {0};
    ULONG length = 0;
    HANDLE token;
    NTSTATUS status;

    if (Client)
        status = NtOpenThreadToken(NtCurrentThread(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, FALSE, &token);
    else
        status = NtOpenProcessToken(NtCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token);
    if (!NT_SUCCESS(status))
        return status;
    wanted.Privileges[0].Luid.LowPart = Privilege;
    wanted.Privileges[0].Attributes = Enable ? SE_PRIVILEGE_ENABLED : 0;
    status = NtAdjustPrivilegesToken(token, FALSE, &wanted, sizeof(previous), &previous, &length);
    NtClose(token);
    if (status == STATUS_NOT_ALL_ASSIGNED)
        return STATUS_PRIVILEGE_NOT_HELD;
    if (NT_SUCCESS(status))
        *WasEnabled = previous.PrivilegeCount ? (previous.Privileges[0].Attributes & SE_PRIVILEGE_ENABLED) != 0 : Enable;
    return status;
}

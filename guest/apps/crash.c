/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Does something that nobody handles, and ends by it. The first letter of the last word on the command line says what:
 * writes to address 0 if there is none (or another one).
 */
#include <nt.h>

#define FRAME __attribute__((noinline, optimize("no-omit-frame-pointer", "no-optimize-sibling-calls")))

/* A C++ exception as Microsoft's compilers throw one: a struct ring::fault, which is a std::exception. */
struct type { PVOID vtable, spare; char name[24]; };
struct catchable { ULONG properties; struct type *type; ULONG rest[5]; };
struct catchables { LONG count; struct catchable *types[2]; };
struct throw_info { ULONG attributes; PVOID unwind, forward; struct catchables *types; };

static struct type fault_type = {NULL, NULL, ".?AUfault@ring@@"}, exception_type = {NULL, NULL, ".?AVexception@std@@"};
static struct catchable fault = {0, &fault_type, {0}}, exception = {0, &exception_type, {0}};
static struct catchables types = {2, {&fault, &exception}};
static struct throw_info info = {0, NULL, NULL, &types};
static struct { PVOID vtable; const char *what; ULONG owned; } object = {NULL, "the ring is broken", 0};

static void FRAME raise(NTSTATUS code, ULONG count, ULONG_PTR a, ULONG_PTR b, ULONG_PTR c)
{
    EXCEPTION_RECORD record = {0};

    record.ExceptionCode = code;
    record.ExceptionFlags = EXCEPTION_NONCONTINUABLE;
    record.NumberParameters = count;
    record.ExceptionInformation[0] = a;
    record.ExceptionInformation[1] = b;
    record.ExceptionInformation[2] = c;
    RtlRaiseException(&record);
}

ULONG FRAME recurse_b(ULONG depth);

ULONG FRAME recurse_a(ULONG depth)
{
    volatile ULONG room[20];

    room[depth % 20] = depth;
    return recurse_b(depth + 1) + room[0];
}

ULONG FRAME recurse_b(ULONG depth)
{
    return recurse_a(depth + 1) + 1;
}

static EXCEPTION_DISPOSITION __cdecl end_process(PEXCEPTION_RECORD record, PVOID frame, PCONTEXT context, PVOID more)
{
    (void)frame, (void)context, (void)more;
    NtTerminateProcess(NtCurrentProcess(), record->ExceptionCode);
    return ExceptionContinueSearch;
}

void FRAME inner(WCHAR how)
{
    struct { PVOID previous, handler; } last;
    volatile ULONG zero = 0;

    switch (how) {
    case 'b': __asm__ volatile("int3"); break;
    case 'c': raise(0xe06d7363, 3, 0x19930520, (ULONG_PTR)&object, (ULONG_PTR)&info); break;
    case 'd': __asm__ volatile("xorl %%ecx, %%ecx\n\tdivl %%ecx" : : : "eax", "ecx", "edx"); break;
    case 'f': __asm__ volatile("int $0x29" : : "c"(7)); break;
    case 'j': ((void (*)(void))zero)(); break;
    case 'p': __asm__ volatile("cli"); break;
    case 'r': recurse_a(0); break;
    case 's': raise(0xe0001234, 2, 1, 2, 0); break;
    case 'u': /* as a last handler in user mode ends its process */
        last.previous = NtCurrentTeb()->NtTib.ExceptionList;
        last.handler = end_process;
        NtCurrentTeb()->NtTib.ExceptionList = (PVOID)&last;
        *(volatile ULONG *)(ULONG_PTR)zero = 42;
        break;
    case 'x': /* no crash */
        NtTerminateProcess(NtCurrentProcess(), STATUS_ACCESS_VIOLATION);
        break;
    case 'z': __asm__ volatile("xorl %esp, %esp\n\tpushl %eax"); break;
    default: *(volatile ULONG *)(ULONG_PTR)zero = 42;
    }
}

void FRAME outer(WCHAR how)
{
    inner(how);
    __asm__ volatile("");
}

VOID NTAPI NtProcessStartup(PPEB Peb)
{
    UNICODE_STRING *line = &Peb->ProcessParameters->CommandLine;
    ULONG at = line->Length / sizeof(WCHAR);

    while (at && line->Buffer[at - 1] != ' ')
        at--;
    outer(at ? line->Buffer[at] : 0);
    NtTerminateProcess(NtCurrentProcess(), STATUS_SUCCESS);
}

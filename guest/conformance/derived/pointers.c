/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bad pointers in every pointer parameter of every implemented call, from the table that gen_pointers.py derives from
 * the declarations: a call that fails this way has changed nothing of the caller's, leaks nothing, and comes back.
 * Known from: the DDK on probing user addresses (ProbeForRead, ProbeForWrite and their exceptions).
 */
#include "../ntapi_se.h"
#include "pointers.h"

enum { PAGE = 0x1000, WINDOWS_2000 = 1, WINDOWS_XP = 2 };
static const char *const kind_names[KINDS] = {": NULL", ": unmapped", ": kernel address", ": end of the address space",
                                              ": read-only", ": straddling a page", ": misaligned", ": end of user memory",
                                              ": guard page"};

/* The arena, a page whose end is used to straddle, and a page that is not there. */
static UCHAR *arena, *before, *readonly, *guarded;

NTSTATUS __cdecl call_words(PVOID function, const ULONG *words, ULONG count);
__asm__("_call_words:\n\t"
        "pushl %ebp\n\t"
        "movl %esp, %ebp\n\t"
        "pushl %esi\n\t"
        "pushl %edi\n\t"
        "movl 16(%ebp), %ecx\n\t"
        "movl 12(%ebp), %esi\n\t"
        "leal 0(,%ecx,4), %eax\n\t"
        "subl %eax, %esp\n\t"
        "movl %esp, %edi\n\t"
        "cld\n\t"
        "rep movsl\n\t"
        "call *8(%ebp)\n\t"
        "leal -8(%ebp), %esp\n\t"
        "popl %edi\n\t"
        "popl %esi\n\t"
        "popl %ebp\n\t"
        "ret");

static void copy(UCHAR *to, const UCHAR *from, ULONG length)
{
    while (length--)
        *to++ = *from++;
}

NTCALL(NtCreateJobObject, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *);
static HANDLE made[6]; /* what HANDLES in pointer_rules.py names */

static HANDLE own_file(void)
{
    UNICODE_STRING path = own_path();
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes), NULL, &path, OBJ_CASE_INSENSITIVE, NULL, NULL};
    IO_STATUS_BLOCK block;
    HANDLE file = NULL;
    expect(NtOpenFile(&file, FILE_READ_DATA | SYNCHRONIZE, &attributes, &block, FILE_SHARE_READ,
                      FILE_SYNCHRONOUS_IO_NONALERT), 0, "the program's own file opens");
    return file;
}

static HANDLE null_device(void)
{
    IO_STATUS_BLOCK block;
    HANDLE file = NULL;
    expect(NtOpenFile(&file, FILE_READ_DATA | FILE_WRITE_DATA | SYNCHRONIZE, named(L"\\Device\\Null", 0), &block,
                      FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_SYNCHRONOUS_IO_NONALERT), 0, "the null device opens");
    return file;
}

static HANDLE temporary(ULONG options, BOOLEAN synchronous)
{
    IO_STATUS_BLOCK block;
    HANDLE file = NULL;
    expect(NtCreateFile(&file, FILE_READ_DATA | FILE_WRITE_DATA | DELETE | (synchronous ? SYNCHRONIZE : 0),
                        named(L"\\??\\C:\\conf-pointers.tmp", OBJ_CASE_INSENSITIVE), &block, NULL, 0,
                        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, 3 /* FILE_OPEN_IF */, options, NULL, 0), 0,
           synchronous ? "a temporary file opens" : "and without buffering");
    return file;
}

static HANDLE token(void)
{
    SECURITY_QUALITY_OF_SERVICE quality = {sizeof(quality), SecurityImpersonation, SECURITY_STATIC_TRACKING, FALSE};
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes), NULL, NULL, 0, NULL, &quality};
    HANDLE own = NULL, copied = NULL;
    expect(NtOpenProcessToken(NtCurrentProcess(), TOKEN_DUPLICATE, &own), 0, "the program's own token opens");
    expect(NtDuplicateToken(own, TOKEN_ALL_ACCESS, &attributes, FALSE, TokenImpersonation, &copied), 0,
           "an impersonation token is made of it");
    NtClose(own);
    return copied;
}

static UCHAR *bad_pointer(const struct pointer_case *one, int kind)
{
    switch (kind) {
    case UNMAPPED:
        return arena + 2 * PAGE + 0x100;
    case KERNEL:
        return (UCHAR *)0x80001000;
    case TOP:
        return (UCHAR *)0xfffffff0;
    case READ_ONLY:
        return readonly + one->good;
    case STRADDLING:
        return arena + 2 * PAGE - one->head;
    case MISALIGNED:
        return arena + one->good + 1;
    case BORDER: /* 64 KB below 2 GB are nobody's, and tell a probe from a fault */
        return (UCHAR *)0x7fff0000;
    case GUARDED:
        return guarded + one->good;
    default:
        return NULL;
    }
}

static NTSTATUS protect(UCHAR *page, ULONG protection)
{
    PVOID base = page;
    SIZE_T size = PAGE;
    ULONG old;
    return NtProtectVirtualMemory(NtCurrentProcess(), &base, &size, protection, &old);
}

/* A page is a guard once: whoever meets it takes that away. */
static BOOLEAN guard_is_used_up(void)
{
    MEMORY_BASIC_INFORMATION info = {0};
    NtQueryVirtualMemory(NtCurrentProcess(), guarded, 0, &info, sizeof(info), NULL);
    return info.Protect == PAGE_READWRITE;
}

/* Good memory and good arguments, with one bad pointer in them. */
static void prepare(const struct pointer_case *one, int kind, ULONG *arguments)
{
    ULONG bad = (ULONG)bad_pointer(one, kind);
    for (ULONG i = 0; i < 2 * PAGE; i++)
        arena[i] = 0;
    for (int i = 0; i < one->words; i++) {
        arguments[i] = one->arguments[i] + (one->relative >> i & 1 ? (ULONG)arena : 0);
        if (one->handles[i])
            arguments[i] = (ULONG)made[one->handles[i] - 1];
    }
    for (int i = 0; i < one->poke_count; i++) {
        const struct poke *poke = &pokes[one->first_poke + i];
        ULONG value = poke->value + (poke->relative ? (ULONG)arena : 0);
        if (poke->at & POKE_ARGUMENT)
            arguments[poke->at & ~POKE_ARGUMENT] = value;
        else
            *(ULONG *)(arena + poke->at) = value;
    }
    copy(arena + 2 * PAGE - one->head, arena + one->good, one->head);
    if (one->word >= 0)
        arguments[one->word] = bad;
    else if (one->place >= 0)
        *(ULONG *)(arena + one->place) = bad;
    copy(before, arena, 2 * PAGE);
    if (kind == GUARDED)
        protect(guarded, PAGE_READWRITE | PAGE_GUARD);
}

/* One line a pointer; it tells of the first kind that is not refused as it should be. */
static void run(const struct pointer_case *one)
{
    ULONG arguments[WORDS_MAX];
    PVOID function = procedure(one->call);
    if (!function) {
        tap_check(FALSE, __FILE__, __LINE__, one->name);
        return;
    }
    for (int kind = 0; kind < KINDS; kind++) {
        NTSTATUS expected = one->expected[kind], status;
        if (!expected)
            continue;
        prepare(one, kind, arguments);
        status = call_words(function, arguments, one->words);
        if (status != expected) {
            tap_value((ULONG)status, (ULONG)expected, __FILE__, __LINE__, one->name, kind_names[kind]);
            return;
        }
        if (kind == GUARDED && !guard_is_used_up()) {
            tap_value(1, 0, __FILE__, __LINE__, one->name, ": the guard is still there");
            return;
        }
        if (expected != STATUS_PARTIAL_COPY && !same_memory(arena, before, 2 * PAGE)) {
            tap_value(1, 0, __FILE__, __LINE__, one->name, ": memory changed");
            return;
        }
    }
    tap_check(TRUE, __FILE__, __LINE__, one->name);
}

void test_main(void)
{
    ULONG version = nt_at_least(5, 1) ? WINDOWS_XP : WINDOWS_2000;
    PVOID base;
    SIZE_T size = 2 * PAGE;
    made[0] = own_file();
    made[1] = null_device();
    made[2] = token();
    own_privilege(10, TRUE); /* who loads drivers is judged before the name is read */
    expect(NtCreateJobObject(&made[3], 0x1f001f, NULL), 0, "a job is made");
    made[4] = temporary(FILE_SYNCHRONOUS_IO_NONALERT | 0x1000 /* FILE_DELETE_ON_CLOSE */, TRUE);
    made[5] = temporary(8 /* FILE_NO_INTERMEDIATE_BUFFERING */ | 0x1000, FALSE);
    arena = pages(3 * PAGE, MEM_RESERVE, PAGE_READWRITE);
    base = arena;
    NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    before = pages(2 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    readonly = pages(PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
    guarded = pages(PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    expect(protect(guarded, PAGE_READWRITE | PAGE_GUARD), 0, "a page is a guard");
    for (ULONG i = 0; i < case_count; i++)
        if (cases[i].versions & version)
            run(&cases[i]);
    pages_free(arena);
    pages_free(before);
    pages_free(readonly);
    pages_free(guarded);
    for (ULONG i = 0; i < sizeof(made) / sizeof(made[0]); i++)
        NtClose(made[i]);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One attempt to get out, by name: `escapes.exe NAME [HEX ...]`. The attempt either dies, raises an exception that
 * nobody handles, or comes back: then the program says so ("came back RESULT") and exits with 0. What each may do is
 * judged by tests/security.
 */
#include "../conformance/tap.h"

typedef struct { unsigned long long target, argument[6], result; } BLOCK;
enum { HOST_CALL, CALL_STUB, JUMP, SPIN64, STORE64, SCRIBBLE, BAD_STACK, BAD_ADDRESS, BASES, STORM, TOUCH };
typedef struct { const char *name; void (*attempt)(void); } ATTEMPT;

extern char far64[];
int __cdecl _snwprintf(WCHAR *, SIZE_T, const WCHAR *, ...);

static BLOCK block;
static int given;

static void say(const WCHAR *format, ULONG a, ULONG b)
{
    WCHAR text[128];
    UNICODE_STRING string = {0, sizeof(text), text};
    string.Length = (USHORT)(_snwprintf(text, 127, format, a, b) * 2);
    NtDisplayString(&string);
}

static void enter64(ULONG what, BLOCK *with)
{
    __asm__ volatile("lcall *%2" : "+a"(what), "+b"(with)
                     : "m"(((struct { char *at; USHORT cs; } __attribute__((packed))){far64, 0x33}))
                     : "ecx", "edx", "esi", "edi", "memory", "cc");
}

static ULONG thread_status;

static void NTAPI far_thread(ULONG what)
{
    BLOCK mine = block;
    enter64(what, &mine);
    NtTerminateThread(NtCurrentThread(), 0);
}

static HANDLE start(void (NTAPI *function)(ULONG), ULONG argument)
{
    HANDLE thread = NULL;
    CLIENT_ID id;
    thread_status = RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (PVOID)function, (PVOID)argument,
                                        &thread, &id);
    return thread;
}

/* ---- attempts ---- */

static void host_call(void) { enter64(HOST_CALL, &block); }
static void call_stub(void) { enter64(CALL_STUB, &block); }
static void jump(void) { enter64(JUMP, &block); }
static void spin64(void) { enter64(SPIN64, &block); }
static void store64(void) { enter64(STORE64, &block); }
static void scribble(void) { enter64(SCRIBBLE, &block); }
static void bad_stack(void) { enter64(BAD_STACK, &block); }
static void bad_address(void) { enter64(BAD_ADDRESS, &block); }

static void spin(void)
{
    for (;;)
        __asm__ volatile("pause");
}

static void int80(void)
{
    __asm__ volatile("int $0x80" : "+a"(*(ULONG *)&block.target)
                     : "b"((ULONG)block.argument[0]), "c"((ULONG)block.argument[1]), "d"((ULONG)block.argument[2])
                     : "memory");
    block.result = block.target;
}

static void sysenter(void)
{
    __asm__ volatile("push %%ebp\n\tmov %1, %%ebp\n\tsysenter\n\tpop %%ebp" : "+a"(*(ULONG *)&block.target)
                     : "b"((ULONG)block.argument[0]) : "ecx", "edx", "memory");
}

static void compat_syscall(void)
{
    __asm__ volatile("push %%ebp\n\tmov %1, %%ebp\n\tsyscall\n\tpop %%ebp" : "+a"(*(ULONG *)&block.target)
                     : "b"((ULONG)block.argument[0]) : "ecx", "edx", "memory");
}

/* A second thread writes over everything the stub shares with the kernel while this one makes calls. */
static void scribble_beside(void)
{
    HANDLE event;
    LARGE_INTEGER now;
    PVOID base;
    SIZE_T size, none;
    start(far_thread, SCRIBBLE);
    for (int i = 0; i < 20000; i++) {
        NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
        NtQuerySystemTime((PVOID)&now);
        NtClose(event);
        base = NULL, size = 0x10000, none = 0;
        NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        NtFreeVirtualMemory(NtCurrentProcess(), &base, &none, MEM_RELEASE);
    }
}

/* Each flag that could trouble the stub, set before each way in; a trap flag shows as an exception of ours. */
static void flags(void)
{
    HANDLE event;
    ULONG wanted = (ULONG)block.target;
    LARGE_INTEGER now;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    for (int i = 0; i < 100; i++) {
        __asm__ volatile("pushfl\n\torl %0, (%%esp)\n\tpopfl" : : "r"(wanted) : "cc", "memory");
        NtSetEvent(event, NULL);
        NtQuerySystemTime((PVOID)&now);
        NtYieldExecution();
        __asm__ volatile("pushfl\n\tandl %0, (%%esp)\n\tpopfl" : : "r"(~wanted) : "cc", "memory");
    }
    block.result = NtSetEvent(event, NULL);
}

/* A selector of our choice in every register a program can load, around a system call and a fault. */
#define WITH(register)                                                                                             \
    __asm__ volatile("push %%" register "\n\tmov %w1, %%" register "\n\tlea -8(%%esp), %%edx\n\tint $0x2e\n\t"       \
                     "mov %w1, %%" register "\n\tint $3\n\tpop %%" register                                        \
                     : "+a"(number) : "r"(selector) : "ecx", "edx", "memory")
static void selectors(void)
{
    ULONG selector = (ULONG)block.target, number = (ULONG)block.argument[1];
    switch ((ULONG)block.argument[0]) {
    case 0: WITH("ds"); break;
    case 1: WITH("es"); break;
    case 2: WITH("gs"); break;
    case 3: WITH("fs"); break;
    case 4: WITH("ss"); break;
    }
}

/* A forged signal frame for the stub's return from signals: word offsets of the host's ucontext. */
enum { R_RSP = 20, R_RIP = 21, R_EFLAGS = 22, R_SELECTORS = 23, R_FPSTATE = 28, R_MASK = 37 };
static void sigreturn(void)
{
    static unsigned long long frame[128], garbage[512];
    ULONG kind = (ULONG)block.argument[0];
    frame[R_RSP] = (ULONG)&frame[64];
    frame[R_RIP] = (ULONG)spin;
    frame[R_EFLAGS] = kind == 5 ? 0x3202 : 0x202;
    frame[R_SELECTORS] = 0x23 | 0x2bull << 48;
    if (kind == 0)
        frame[R_MASK] = ~0ull;
    if (kind == 1)
        frame[R_SELECTORS] = 0x33 | 0x2bull << 48, frame[R_RIP] = 0x8000000000000000ull;
    if (kind == 2)
        frame[R_SELECTORS] = 0x10 | 0x18ull << 48, frame[R_RIP] = 0xffffffff81000000ull;
    if (kind == 3)
        frame[R_FPSTATE] = 0x123456;
    if (kind == 4) {
        for (int i = 0; i < 512; i++)
            garbage[i] = 0xffffffffffffffffull;
        *(ULONG *)((char *)garbage + 464) = 0x46505853;
        *(ULONG *)((char *)garbage + 468) = 4096;
        frame[R_FPSTATE] = (ULONG)garbage & ~63u;
    }
    if (kind == 6)
        frame[R_RSP] = 0x8000000000000000ull, frame[R_SELECTORS] = 0x33 | 0x2bull << 48;
    block.argument[5] = (ULONG)frame;
    enter64(JUMP, &block);
}

static void bases(void)
{
    LARGE_INTEGER now;
    enter64(BASES, &block);
    block.result = NtQuerySystemTime((PVOID)&now);
    block.result |= NtClose(NULL);
}

/* Calls with a stack pointer that leads nowhere; the number is NtYieldExecution's or whatever is given. */
static void bad_esp(void)
{
    ULONG esp = (ULONG)block.target;
    __asm__ volatile("mov %%esp, %%esi\n\tmov %0, %%esp\n\tmov $0x7ffe0300, %%edx\n\tmov %1, %%eax\n\tcall *(%%edx)\n\t"
                     "mov %%esi, %%esp" : : "r"(esp), "m"(*(ULONG *)&block.argument[0]) : "eax", "ecx", "edx", "esi", "memory");
}

static void bad_esp_int2e(void)
{
    ULONG esp = (ULONG)block.target;
    __asm__ volatile("mov %%esp, %%esi\n\tmov %1, %%eax\n\tmov %0, %%esp\n\tmov %0, %%edx\n\tint $0x2e\n\t"
                     "mov %%esi, %%esp" : : "r"(esp), "r"((ULONG)block.argument[0]) : "eax", "ecx", "edx", "esi", "memory");
}

/* An exception whose record cannot be pushed. */
static void corrupt_stack(void)
{
    __asm__ volatile("mov %0, %%esp\n\tud2" : : "r"((ULONG)block.target) : "memory");
}

/* Exceptions inside exception handlers, without end. */
static void nested(void)
{
    __asm__ volatile("movl $0x10, %%fs:0\n\tmov $0, %%eax\n\tmovl $1, (%%eax)" : : : "eax", "memory");
}

static void many_handles(void)
{
    HANDLE event;
    ULONG made = 0;
    NTSTATUS status;
    while ((status = NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE)) == 0 && made < 10000000)
        made++;
    say(L"made %u until 0x%08x\n", made, status);
}

/* Names that outlive their handles. */
static void many_names(void)
{
    WCHAR text[64];
    UNICODE_STRING name = {0, sizeof(text), text};
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes), NULL, &name, OBJ_PERMANENT, NULL, NULL};
    ULONG made = 0;
    NTSTATUS status = 0;
    for (; status == 0 && made < 10000000; made += status == 0) {
        HANDLE event;
        name.Length = (USHORT)(_snwprintf(text, 63, L"\\BaseNamedObjects\\%u", made) * 2);
        status = NtCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE);
        if (status == 0)
            NtClose(event);
    }
    say(L"made %u until 0x%08x\n", made, status);
}

/* Calls queued to a thread that never looks. */
static void many_apcs(void)
{
    ULONG made = 0;
    NTSTATUS status = 0;
    for (; status == 0 && made < 10000000; made += status == 0)
        status = NtQueueApcThread(NtCurrentThread(), (PVOID)many_apcs, NULL, NULL, NULL);
    say(L"made %u until 0x%08x\n", made, status);
}

static void NTAPI sleeper(ULONG unused)
{
    LARGE_INTEGER forever = {.QuadPart = 0x8000000000000000ll};
    (void)unused;
    NtDelayExecution(FALSE, (PVOID)&forever);
}

static void many_threads(void)
{
    ULONG made = 0;
    while (start(sleeper, 0) && made < 100000)
        made++;
    say(L"made %u until 0x%08x\n", made, thread_status);
}

static void much_memory(void)
{
    ULONG megabytes = 0;
    NTSTATUS status = 0;
    while (status == 0 && megabytes < 100000) {
        PVOID base = NULL;
        SIZE_T size = 0x1000000;
        status = NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        for (ULONG i = 0; status == 0 && i < size; i += 4096)
            ((volatile char *)base)[i] = 1;
        megabytes += status == 0 ? 16 : 0;
    }
    say(L"made %u until 0x%08x\n", megabytes, status);
}

static void much_section(void)
{
    ULONG made = 0;
    NTSTATUS status = 0;
    while (status == 0 && made < 100000) {
        LARGE_INTEGER size = {.QuadPart = 0x10000000};
        HANDLE section;
        status = NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, (PVOID)&size, PAGE_READWRITE, SEC_COMMIT, NULL);
        made += status == 0;
    }
    say(L"made %u until 0x%08x\n", made, status);
}

/* ---- taking more than was given: the arguments are addresses in the stub ---- */

static unsigned long long far_call(ULONG what, unsigned long long target, const unsigned long long *argument, int count)
{
    BLOCK mine = {.target = target};
    for (int i = 0; i < count && i < 6; i++)
        mine.argument[i] = argument[i];
    enter64(what, &mine);
    return mine.result;
}
#define IN64(what, target, ...)                                                            \
    far_call(what, target, (const unsigned long long[]){__VA_ARGS__},                     \
             sizeof((const unsigned long long[]){__VA_ARGS__}) / sizeof(unsigned long long))

#define SLOT(n) (0x7e1000000000ull + (n) * 0x8000ull)
#define ROOM 0x10000000ull

/* The same call again and again: whatever it tells the kernel comes in more than that can take. */
static void flood_stub(void)
{
    for (int i = 0; i < 20000; i++)
        block.result = IN64(CALL_STUB, block.target, block.argument[0], block.argument[1], block.argument[2]);
}
#define PRIVATE_FLAGS 0x11, 1

/* Wait without using the processor, a while or for ever. */
static void rest(long long ms)
{
    LARGE_INTEGER time = {.QuadPart = ms ? -10000 * ms : (long long)0x8000000000000000ull};
    NtDelayExecution(FALSE, (PVOID)&time);
}

static void sleep(void) { rest(0); }

/* target = sys_clone */
static void clone_storm(void) { IN64(STORM, block.target, SLOT(100), 7000); }

/* All of our own private memory, past the kernel's accounts; target = sys_mmap. */
static void private_flood(void)
{
    IN64(CALL_STUB, block.target, ROOM, 0x60000000, 3, PRIVATE_FLAGS, ROOM);
    IN64(TOUCH, 0, ROOM, ROOM + 0x60000000);
}

/* Memory that we had, and gave back. */
static void decommitted_flood(void)
{
    PVOID base = NULL;
    SIZE_T size = 0x8000000;
    NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    IN64(TOUCH, 0, (ULONG)base, (ULONG)base + size);
    rest(50); /* the kernel sees it, and finds nothing wrong */
    NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_DECOMMIT);
    IN64(CALL_STUB, block.target, (ULONG)base, size, 3, PRIVATE_FLAGS, (ULONG)base);
    IN64(TOUCH, 0, (ULONG)base, (ULONG)base + size);
    spin();
}

/* The memory shared with the kernel: a block and a stack for each of 8192 threads. */
static void control_flood(void)
{
    IN64(TOUCH, 0, SLOT(100), SLOT(8192));
    spin();
}

/* A thread that the kernel knows nothing of works on while all that it knows wait; target = sys_clone, sys_mmap. */
static void __cdecl hidden(void)
{
    for (unsigned long long start = __builtin_ia32_rdtsc(); __builtin_ia32_rdtsc() - start < 1000000000;)
        ; /* until everybody else sleeps */
    for (;;)
        for (volatile char *at = (char *)ROOM; at < (char *)0x70000000; at += 4096) {
            *at = 1;
            for (int i = 0; i < 1000; i++) /* not so fast that it is done before anybody can look */
                __asm__ volatile("pause");
        }
}

static void idle_flood(void)
{
    static char stack[4096];
    unsigned long long mine = SLOT(100);
    IN64(CALL_STUB, block.argument[0], ROOM, 0x60000000, 3, PRIVATE_FLAGS, ROOM);
    IN64(STORE64, 0, mine + 0x58, (unsigned long long)(ULONG)&stack[4000] << 32);      /* esp */
    IN64(STORE64, 0, mine + 0x60, (ULONG)hidden | 0x202ull << 32);                     /* eip, flags */
    IN64(STORE64, 0, mine + 0x70, 0xffffffff);                                         /* how long it looks for its turn */
    IN64(CALL_STUB, block.target, 0x350f00, mine + 0x8000, mine + 8, mine + 8);
    for (int i = 0; i < 20; i++, rest(1))
        IN64(STORE64, 0, mine + 0x68, 2ull << 32); /* its turn; run on */
    rest(0);
}

/* All of a section of which nothing is committed: its descriptor is caught while the stub maps a page. */
static void NTAPI catcher(ULONG unused)
{
    (void)unused;
    while ((long long)IN64(CALL_STUB, block.target, ROOM, 0x40000000, 3, 0x11, 0, 0) < 0)
        ;
    IN64(TOUCH, 0, ROOM, ROOM + 0x40000000);
    spin();
}

static void section_flood(void)
{
    LARGE_INTEGER size = {.QuadPart = 0x40000000};
    HANDLE section;
    PVOID base = NULL;
    SIZE_T length = 0x8000000;
    NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, (PVOID)&size, PAGE_READWRITE, SEC_RESERVE, NULL);
    NtMapViewOfSection(section, NtCurrentProcess(), &base, 0, 0, NULL, &length, ViewUnmap, 0, PAGE_READWRITE);
    start(catcher, 0);
    for (ULONG at = (ULONG)base; at < (ULONG)base + length; at += 8192) {
        PVOID page = (PVOID)at;
        SIZE_T one = 4096;
        NtAllocateVirtualMemory(NtCurrentProcess(), &page, 0, &one, MEM_COMMIT, PAGE_READWRITE);
    }
    rest(0);
}

/* Calls on memory that is not the program's: the shared page, and what lies above 2 GB. */
static void foreign_memory(void)
{
    static const ULONG places[] = {0x7ffe0000, 0x7fff0000, 0x80000000, 0xf0000000, 0xfffff000};
    ULONG won = 0;
    for (int i = 0; i < 5; i++) {
        PVOID base = (PVOID)places[i];
        SIZE_T size = 0x1000;
        ULONG old;
        won |= NtProtectVirtualMemory(NtCurrentProcess(), &base, &size, PAGE_EXECUTE_READWRITE, &old) >= 0;
        base = (PVOID)places[i], size = 0;
        won |= (NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_RELEASE) >= 0) << 1;
        base = (PVOID)places[i], size = 0x1000;
        won |= (NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, MEM_RESERVE | MEM_COMMIT,
                                        PAGE_EXECUTE_READWRITE) >= 0) << 2;
        won |= (NtUnmapViewOfSection(NtCurrentProcess(), (PVOID)places[i]) >= 0) << 3;
        base = (PVOID)places[i], size = 0x1000;
        won |= (NtWriteVirtualMemory(NtCurrentProcess(), base, &size, 4, NULL) >= 0) << 4;
    }
    block.result = won;
}

/* A semaphore that is lent to us, and what we make of it; one thread waits for it. */
static HANDLE lent;

static void NTAPI waiter(ULONG unused)
{
    (void)unused;
    for (;;)
        NtWaitForSingleObject(lent, FALSE, NULL);
}

static void get_lent(void)
{
    NtCreateSemaphore(&lent, SEMAPHORE_ALL_ACCESS, NULL, 0, 3);
    for (int i = 0; i < 100; i++) {
        NtReleaseSemaphore(lent, 1, NULL);
        NtWaitForSingleObject(lent, FALSE, NULL);
    }
    start(waiter, 0);
    rest(5);
}

static BOOLEAN count_is_wrong(void)
{
    SEMAPHORE_BASIC_INFORMATION info = {0, 0};
    return NtQuerySemaphore(lent, 0, &info, sizeof(info), NULL) != 0 || info.CurrentCount > 3 || info.MaximumCount != 3;
}

/* Its word, whatever stands there; argument = the word. */
static void lent_word(void)
{
    get_lent();
    IN64(STORE64, 0, SLOT(0) + 0x800 + ((ULONG)lent >> 2) % 64 * 32, block.target);
    block.result = count_is_wrong();
    for (int i = 0; i < 100; i++) {
        NtReleaseSemaphore(lent, 1, NULL);
        if (i % 10 == 9)
            block.result |= count_is_wrong();
    }
}

/* All that is lent, again and again, while it is used. */
static void lent_beside(void)
{
    get_lent();
    start(far_thread, SCRIBBLE);
    for (int i = 0; i < 20000; i++) {
        NtReleaseSemaphore(lent, 1, NULL);
        if (i % 10 == 9)
            block.result |= count_is_wrong();
    }
}

static const ATTEMPT attempts[] = {
    {"host-call", host_call}, {"call-stub", call_stub}, {"flood-stub", flood_stub}, {"jump", jump}, {"spin", spin}, {"spin64", spin64},
    {"store64", store64}, {"scribble", scribble}, {"scribble-beside", scribble_beside}, {"bad-stack", bad_stack},
    {"bad-address", bad_address}, {"int80", int80}, {"sysenter", sysenter}, {"syscall", compat_syscall},
    {"flags", flags}, {"selectors", selectors}, {"sigreturn", sigreturn}, {"bases", bases}, {"bad-esp", bad_esp},
    {"bad-esp-int2e", bad_esp_int2e}, {"corrupt-stack", corrupt_stack}, {"nested", nested},
    {"many-handles", many_handles}, {"many-names", many_names}, {"many-apcs", many_apcs}, {"many-threads", many_threads}, {"much-memory", much_memory},
    {"much-section", much_section}, {"foreign-memory", foreign_memory},
    {"rest", sleep}, {"clone-storm", clone_storm}, {"private-flood", private_flood}, {"decommitted-flood", decommitted_flood},
    {"control-flood", control_flood}, {"idle-flood", idle_flood}, {"section-flood", section_flood},
    {"lent-word", lent_word}, {"lent-beside", lent_beside},
};

/* ---- the command line ---- */

static unsigned long long hex(const WCHAR **at)
{
    unsigned long long value = 0;
    for (; **at > ' '; ++*at)
        value = value << 4 | (ULONG)((**at & 15) + (**at > '9' ? 9 : 0));
    while (**at == ' ')
        ++*at;
    return value;
}

static BOOLEAN same(const WCHAR *text, const char *name)
{
    while (*name && *text == (WCHAR)*name)
        text++, name++;
    return !*name && (!*text || *text == ' ');
}

void NTAPI NtProcessStartup(PVOID peb);
void NTAPI NtProcessStartup(PVOID peb)
{
    static WCHAR line[1024];
    UNICODE_STRING *given_line = &TEB_NOW->Peb->ProcessParameters->CommandLine;
    const WCHAR *at = line, *name;
    (void)peb;
    for (int i = 0; i < given_line->Length / 2 && i < 1023; i++)
        line[i] = given_line->Buffer[i];
    while (*at > ' ')
        at++;
    while (*at == ' ')
        at++;
    name = at;
    while (*at > ' ')
        at++;
    while (*at == ' ')
        at++;
    for (given = 0; *at && given < 7; given++)
        ((unsigned long long *)&block)[given] = hex(&at);
    for (unsigned i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
        if (same(name, attempts[i].name)) {
            attempts[i].attempt();
            say(L"came back 0x%08x%08x\n", (ULONG)(block.result >> 32), (ULONG)block.result);
            NtTerminateProcess(NtCurrentProcess(), 0);
        }
    say(L"no such attempt\n", 0, 0);
    NtTerminateProcess(NtCurrentProcess(), 2);
}

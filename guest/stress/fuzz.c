/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random system calls: `fuzz.exe SEED MILLISECONDS [CALL]` makes them for so long, in several threads, or only the one
 * with that number in the table. The same seed makes the same calls in each thread; what the threads do to each other
 * is the chance that is wanted. A thread that is stuck in a wait is ended, one that ended is replaced.
 */
#include "fuzz.h"

enum { PAGE = 0x1000, WORKERS = 4, ARENA = 0x10000, SLOT = 0x800, WORDS = 20, PER_KIND = 10, STUCK = 3, CHECK_MS = 30 };

NTCALL(NtOpenProcessToken, HANDLE, ACCESS_MASK, PHANDLE);

static struct worker {
    ULONG random;
    ULONG kind;      /* of the handle that this call makes */
    BOOLEAN careful; /* this call has good arguments, as far as that can be known */
    volatile ULONG steps;
    ULONG seen, idle;
    HANDLE thread;
    UCHAR *arena; /* ARENA bytes, followed by nothing */
} workers[WORKERS];

static volatile ULONG pool[KINDS][PER_KIND]; /* handles that the program has, or had */
static UCHAR *readonly, *unmapped;
static ULONG kind_process, kind_thread, kind_file, kind_key;
static PVOID entries[512];
static ULONG only = ~0u;

static const WCHAR *const names[] = {
    L"", L"fuzz", L"\\", L"\\BaseNamedObjects\\fuzz1", L"\\BaseNamedObjects\\fuzz2", L"\\BaseNamedObjects\\none\\x",
    L"\\??\\C:\\fuzz\\a.txt", L"\\??\\C:\\fuzz", L"\\??\\C:\\fuzz\\new.txt", L"\\??\\C:\\", L"\\Device\\Null", L"\\Device\\Afd",
    L"\\Device\\NamedPipe\\fuzz", L"\\Device\\Mailslot\\fuzz", L"\\Registry\\Machine\\Software\\fuzz", L"\\Registry\\User",
    L"\\BaseNamedObjects", L"\\KnownDlls", L"a\\b", L"#17", L"LastKnownGood", L"\\fuzzport", L"C:\\", L"\\\\",
};

NTSTATUS __cdecl call_words(PVOID function, const ULONG *words, ULONG count);
__asm__("_call_words:\n\t"
        "pushl %ebp\n\t"
        "movl %esp, %ebp\n\t"
        "pushl %ebx\n\t"
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
        "leal -12(%ebp), %esp\n\t"
        "popl %edi\n\t"
        "popl %esi\n\t"
        "popl %ebx\n\t"
        "popl %ebp\n\t"
        "ret");

/* What the system may call in user mode; it takes three arguments and does nothing. */
void NTAPI harmless(PVOID a, PVOID b, PVOID c);
void NTAPI harmless(PVOID a, PVOID b, PVOID c)
{
    (void)a, (void)b, (void)c;
}

static ULONG dice(struct worker *w, ULONG sides)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 17;
    w->random ^= w->random << 5;
    return w->random % sides;
}

static ULONG any_handle(struct worker *w, ULONG kind)
{
    ULONG own = kind == kind_process ? (ULONG)NtCurrentProcess() : (ULONG)NtCurrentThread();
    if (kind && (kind == kind_process || kind == kind_thread) && dice(w, 2))
        return own;
    if (kind && (w->careful || dice(w, 4)))
        return pool[kind][dice(w, PER_KIND)];
    switch (w->careful ? 9 : dice(w, 10)) {
    case 0:
        return 0;
    case 1:
        return (ULONG)NtCurrentProcess();
    case 2:
        return (ULONG)NtCurrentThread();
    case 3:
        return dice(w, 0x400);
    default:
        return pool[dice(w, KINDS)][dice(w, PER_KIND)];
    }
}

static ULONG any_number(struct worker *w)
{
    static const ULONG odd[] = {0, 1, 2, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe, 0xfff, 0x1000, 0x1001,
                                0x7ffe0000, 0x7fff0000, 0x80001000, 0xc0000005};
    switch (dice(w, 8)) {
    case 0:
    case 1:
        return dice(w, 20);
    case 2:
        return odd[dice(w, sizeof(odd) / sizeof(odd[0]))];
    case 3:
        return 1u << dice(w, 32);
    case 4:
        return (ULONG)w->arena + dice(w, ARENA / PAGE) * PAGE;
    case 5:
        return any_handle(w, 0);
    case 6:
        return dice(w, 0x400) * 4;
    default:
        return dice(w, ~0u);
    }
}

/* Mostly a place in the arena, its own for each argument. */
static ULONG any_pointer(struct worker *w, ULONG slot, ULONG size)
{
    switch (w->careful ? 39 : dice(w, 20)) {
    case 0:
        return 0;
    case 1:
        return (ULONG)unmapped + dice(w, PAGE);
    case 2:
        return 0x80001000;
    case 3:
        return (ULONG)readonly + dice(w, 0x800);
    case 4:
        return (ULONG)w->arena + ARENA - (size / 2 & ~3u) - 4;
    case 5:
        return (ULONG)w->arena + slot * SLOT + 1 + dice(w, 3);
    case 6:
        return 0x7fff0000 - dice(w, 16);
    case 7:
        return (ULONG)workers[dice(w, WORKERS)].arena + slot * SLOT; /* somebody else writes there */
    default:
        return (ULONG)w->arena + slot * SLOT + dice(w, 16) * 8;
    }
}

static BOOLEAN ours(struct worker *w, ULONG address, ULONG size)
{
    return address >= (ULONG)w->arena && address + size <= (ULONG)w->arena + ARENA;
}

static ULONG a_number(struct worker *w)
{
    ULONG way = w->careful ? dice(w, 4) : 3;
    return way < 2 ? 0 : way == 2 ? dice(w, 5) : any_number(w);
}

static void fill(struct worker *w, ULONG address, ULONG size)
{
    BOOLEAN zero = w->careful && dice(w, 2);
    if (!ours(w, address, size))
        return;
    for (ULONG i = 0; i + 4 <= size; i += 4)
        *(ULONG *)(address + i) = zero ? 0 : any_number(w);
}

/* A name that objects of one kind have, so that they are found again. */
static const WCHAR *own_name(struct worker *w)
{
    static WCHAR made[2][KINDS][32];
    const WCHAR *prefix = L"\\BaseNamedObjects\\fuzz";
    ULONG which = dice(w, 2), n = 0;
    WCHAR *name = made[which][w->kind];
    if (w->kind == kind_file)
        return which ? L"\\??\\C:\\fuzz\\a.txt" : L"\\??\\C:\\fuzz";
    if (w->kind == kind_key)
        return which ? L"\\Registry\\Machine\\fuzz" : L"\\Registry\\Machine\\fuzz\\below";
    for (; prefix[n]; n++)
        name[n] = prefix[n];
    name[n] = (WCHAR)('a' + w->kind);
    name[n + 1] = (WCHAR)('0' + which);
    name[n + 2] = 0;
    return name;
}

static void make_string(struct worker *w, ULONG address)
{
    const WCHAR *name = w->kind && w->careful ? own_name(w) : names[dice(w, sizeof(names) / sizeof(names[0]))];
    UNICODE_STRING *string = (PVOID)address;
    if (!ours(w, address, sizeof(*string)))
        return;
    string->Buffer = (PWSTR)name;
    for (string->Length = 0; name[string->Length / 2];)
        string->Length += 2;
    string->MaximumLength = string->Length + 2;
    switch (w->careful ? 9 : dice(w, 8)) {
    case 0:
        string->Length |= 1;
        break;
    case 1:
        string->Buffer = (PWSTR)any_pointer(w, 15, 64);
        string->Length = (USHORT)any_number(w);
        break;
    case 2:
        string->MaximumLength = (USHORT)any_number(w);
        break;
    default:
        if (!w->kind && dice(w, 3) == 0) { /* one to be written to */
            string->Buffer = (PWSTR)(w->arena + 15 * SLOT);
            string->MaximumLength = 0x200;
        }
    }
}

static void make_attributes(struct worker *w, ULONG address)
{
    OBJECT_ATTRIBUTES *attributes = (PVOID)address;
    ULONG name = address + 0x40;
    if (!ours(w, address, 0x80))
        return;
    make_string(w, name);
    attributes->Length = w->careful || dice(w, 12) ? sizeof(*attributes) : any_number(w);
    attributes->RootDirectory = w->careful || dice(w, 3) ? NULL : (HANDLE)any_handle(w, 0);
    attributes->ObjectName = w->careful || dice(w, 5) ? (PVOID)name : dice(w, 2) ? NULL : (PVOID)any_pointer(w, 14, 8);
    attributes->Attributes = w->careful || dice(w, 8) ? 0x40u | (dice(w, 2) ? 0x80 : 0) | (dice(w, 8) ? 0 : 2) : any_number(w) & ~0x10u;
    attributes->SecurityDescriptor = dice(w, 8) ? NULL : (PVOID)any_pointer(w, 13, 20);
    attributes->SecurityQualityOfService = dice(w, 12) ? NULL : (PVOID)any_pointer(w, 12, 12);
}

static ULONG length(struct worker *w)
{
    static const ULONG usual[] = {0, 1, 2, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 64, 76, 96, 128, 172, 184, 256, 312, 512, 1024,
                                  0x1000, 0x8000};
    return w->careful || dice(w, 4) ? usual[dice(w, sizeof(usual) / sizeof(usual[0]))] : any_number(w);
}

static ULONG choose(struct worker *w, const struct parameter *p)
{
    ULONG value = 0;
    if (!p->count || (!w->careful && dice(w, 10) == 0))
        return any_number(w);
    if (p->kind == CHOICE)
        return w->careful || dice(w, 12) ? values[p->first + dice(w, p->count)] : p->count + dice(w, 8);
    for (ULONG n = dice(w, 4); n; n--)
        value |= values[p->first + dice(w, p->count)];
    return value;
}

static ULONG argument(struct worker *w, const struct parameter *p, ULONG slot)
{
    static const ULONG rights[] = {0x2000000, 0x10000000, 0x80000000, 0x1f0000, 0x1f0003, 0x120089, 0x20000, 1, 0, 0x1fffff};
    ULONG pointer;
    switch (p->kind) {
    case HANDLE_OF:
        return any_handle(w, values[p->first]);
    case CHOICE:
    case BITS:
        return choose(w, p);
    case ACCESS:
        return w->careful || dice(w, 8) ? rights[dice(w, sizeof(rights) / sizeof(rights[0]))] : any_number(w);
    case LENGTH:
        return length(w);
    case ADDRESS:
        return dice(w, 3) ? any_pointer(w, slot, 64) : any_number(w);
    case ROUTINE:
        return !p->size && dice(w, 2) ? 0 : (ULONG)harmless;
    case NUMBER:
        return a_number(w);
    default:
        break;
    }
    if (p->optional && dice(w, 3) == 0 && p->kind != TIME)
        return 0;
    pointer = any_pointer(w, slot, p->size ? p->size : 64);
    switch (p->kind) {
    case STRING:
        make_string(w, pointer);
        break;
    case ATTRIBUTES:
        make_attributes(w, pointer);
        break;
    case TIME:
        if (ours(w, pointer, 8))
            *(LONGLONG *)pointer = dice(w, 4) ? -(LONGLONG)dice(w, 30000) : (LONGLONG)dice(w, 3);
        break;
    default:
        fill(w, pointer, p->size ? p->size : 0x100);
    }
    return pointer;
}

static void keep(struct worker *w, ULONG kind, ULONG handle)
{
    volatile ULONG *place = &pool[kind][dice(w, PER_KIND)];
    ULONG old = *place;
    *place = handle;
    if (old && old != handle)
        NtClose((HANDLE)old);
}

/* Handles that the call made join the others; what was in their place is closed. */
static void harvest(struct worker *w, const struct call *call, const ULONG *words)
{
    for (ULONG i = 0, at = 0; i < call->parameters; at += parameters[call->first + i].words, i++) {
        const struct parameter *p = &parameters[call->first + i];
        if (p->kind == HANDLE_OUT && ours(w, words[at], 4))
            keep(w, values[p->first], *(ULONG *)words[at]);
    }
}

static void one_call(struct worker *w)
{
    ULONG number = only < call_count ? only : dice(w, call_count), words[WORDS] = {0}, count = 0, measure = WORDS;
    const struct call *call = &calls[number];
    NTSTATUS status;
    if (!entries[number] || dice(w, WEIGHT) >= call->weight)
        return;
    w->careful = dice(w, 4) != 0;
    w->kind = 0;
    for (ULONG i = 0; i < call->parameters; i++)
        if (parameters[call->first + i].kind == HANDLE_OUT)
            w->kind = values[parameters[call->first + i].first];
    for (ULONG i = 0; i < call->parameters; i++) {
        const struct parameter *p = &parameters[call->first + i];
        words[count] = argument(w, p, i);
        if (p->words == 2)
            words[count + 1] = a_number(w);
        if (p->kind == LENGTH)
            measure = count;
        count += p->words;
    }
    status = call_words(entries[number], words, count);
    /* Information classes want exact lengths: go through those that structures have. */
    for (ULONG size = 0; status == STATUS_INFO_LENGTH_MISMATCH && w->careful && measure < WORDS && size < 0x140; size += 4) {
        words[measure] = size;
        status = call_words(entries[number], words, count);
    }
    if (status >= 0)
        harvest(w, call, words);
}

/* -- the handles to begin with ------------------------------------------------------------ */
static ULONG kind_of(const char *name)
{
    for (ULONG i = 1; i < KINDS; i++)
        for (ULONG n = 0; kinds[i][n] == name[n]; n++)
            if (!name[n])
                return i;
    return 0;
}

/* One of each kind, without a name where that can be: words 2 to 4 are what its call wants behind handle, access and attributes. */
static void make_handles(struct worker *w)
{
    static LI size = {.QuadPart = 0x10000};
    static UNICODE_STRING path = {0, 0, L"\\??\\C:\\fuzz\\a.txt"}, target = {22, 24, L"\\KnownDlls\\"}, reg = {0, 0, L"\\Registry\\Machine"};
    static IO_STATUS_BLOCK block;
    OBJECT_ATTRIBUTES nameless = {sizeof(nameless), NULL, NULL, 0, NULL, NULL}, file = nameless, key = nameless;
    CLIENT_ID self = TEB_NOW->ClientId, process = {self.UniqueProcess, 0};
    const struct { const char *call, *kind; ULONG words[9], count; } makers[] = {
        {"NtCreateEvent", "event", {0, 0x1f0003, 0, dice(w, 2), dice(w, 2)}, 5},
        {"NtCreateMutant", "mutant", {0, 0x1f0001, 0, 0}, 4},
        {"NtCreateSemaphore", "semaphore", {0, 0x1f0003, 0, 1, 5}, 5},
        {"NtCreateTimer", "timer", {0, 0x1f0003, 0, dice(w, 2)}, 4},
        {"NtCreateSection", "section", {0, 0xf001f, 0, (ULONG)&size, PAGE_READWRITE, 0x8000000, 0}, 7},
        {"NtOpenThread", "thread", {0, NT5_THREAD_ALL_ACCESS & ~1u, (ULONG)&nameless, (ULONG)&self}, 4},
        {"NtOpenProcess", "process", {0, NT5_PROCESS_ALL_ACCESS & ~1u, (ULONG)&nameless, (ULONG)&process}, 4},
        {"NtOpenFile", "file", {0, FILE_READ_DATA | SYNCHRONIZE, (ULONG)&file, (ULONG)&block, 3, dice(w, 2) ? 0x20 : 0}, 6},
        {"NtOpenKey", "key", {0, 0x20019, (ULONG)&key}, 3},
        {"NtCreateDirectoryObject", "directory", {0, 0xf000f, (ULONG)&nameless}, 3},
        {"NtCreateSymbolicLinkObject", "link", {0, 0xf0001, (ULONG)&nameless, (ULONG)&target}, 4},
        {"NtCreateKeyedEvent", "keyed_event", {0, 0xf0003, 0, 0}, 4},
        {"NtCreateEventPair", "event_pair", {0, 0x1f0000, 0}, 3},
        {"NtCreateIoCompletion", "io_completion", {0, 0x1f0003, 0, 1}, 4},
        {"NtCreateDebugObject", "debug_object", {0, 0x1f000f, (ULONG)&nameless, 0}, 4},
        {"NtCreateJobObject", "job", {0, 0x1f001f, 0}, 3},
        {"NtCreatePort", "port", {0, (ULONG)&nameless, 0, 0x100, 0}, 5},
        {"NtCreateProfile", "profile", {0, (ULONG)NtCurrentProcess(), 0x10000, 64, 4, (ULONG)w->arena, 16, 0, 1}, 9},
    };
    HANDLE handle;
    path.Length = 38, reg.Length = 34;
    file.ObjectName = &path, key.ObjectName = &reg;
    file.Attributes = key.Attributes = 0x40;
    for (ULONG i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
        PVOID make = procedure(makers[i].call);
        ULONG words[9];
        for (ULONG n = 0; n < 9; n++)
            words[n] = makers[i].words[n];
        words[0] = (ULONG)&handle;
        if (make && call_words(make, words, makers[i].count) >= 0)
            keep(w, kind_of(makers[i].kind), (ULONG)handle);
    }
    if (NtOpenProcessToken(NtCurrentProcess(), 0xf01ff, &handle) >= 0)
        keep(w, kind_of("token"), (ULONG)handle);
}

static NTSTATUS NTAPI work(struct worker *w)
{
    for (;;) {
        if ((w->steps++ & 0x3ff) == 0)
            make_handles(w);
        one_call(w);
    }
    return 0;
}

static void start(struct worker *w)
{
    w->idle = 0;
    RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (PVOID)work, w, &w->thread, NULL);
}

/* Replace what has ended, end what is stuck. */
static void watch(struct worker *w)
{
    LI now = {.QuadPart = 0};
    if (w->thread && NtWaitForSingleObject(w->thread, FALSE, &now) == STATUS_TIMEOUT) {
        w->idle = w->steps == w->seen ? w->idle + 1 : 0;
        w->seen = w->steps;
        if (w->idle < STUCK)
            return;
        NtTerminateThread(w->thread, 1);
    }
    NtClose(w->thread);
    w->random = (w->random * 1664525 + 1013904223) | 1;
    start(w);
}

static ULONG next_number(UNICODE_STRING *line, ULONG *at)
{
    ULONG value = 0;
    while (*at < line->Length / 2u && line->Buffer[*at] == ' ')
        (*at)++;
    for (; *at < line->Length / 2u && line->Buffer[*at] >= '0' && line->Buffer[*at] <= '9'; (*at)++)
        value = value * 10 + line->Buffer[*at] - '0';
    return value;
}

/* Interrupt time: nobody can set it. */
static LONGLONG now_ms(void)
{
    volatile KSYSTEM_TIME *time = (PVOID)0x7ffe0008;
    LONG high;
    ULONG low;
    do {
        high = time->High1Time;
        low = time->LowPart;
    } while (high != time->High2Time);
    return ((LONGLONG)high << 32 | low) / 10000;
}

void NTAPI NtProcessStartup(PVOID peb);
void NTAPI NtProcessStartup(PVOID peb)
{
    UNICODE_STRING line = TEB_NOW->Peb->ProcessParameters->CommandLine;
    ULONG at = 0, seed, left;
    LONGLONG end;
    LI tick = {.QuadPart = -CHECK_MS * 10000LL};
    (void)peb;
    while (at < line.Length / 2u && line.Buffer[at] != ' ')
        at++;
    seed = next_number(&line, &at);
    left = next_number(&line, &at);
    if (at < line.Length / 2u)
        only = next_number(&line, &at);
    kind_process = kind_of("process"), kind_thread = kind_of("thread"), kind_file = kind_of("file"),
    kind_key = kind_of("key");
    for (ULONG i = 0; i < call_count; i++)
        if (calls[i].weight && calls[i].versions & (nt_at_least(5, 1) ? 2 : 1))
            entries[i] = procedure(calls[i].name);
    readonly = pages(PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
    unmapped = pages(PAGE, MEM_RESERVE, PAGE_NOACCESS);
    for (ULONG i = 0; i < WORKERS; i++) {
        PVOID base = pages(2 * ARENA, MEM_RESERVE, PAGE_READWRITE);
        SIZE_T size = ARENA;
        NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, MEM_COMMIT, PAGE_READWRITE);
        workers[i].arena = base;
        workers[i].random = (seed * WORKERS + i) * 2654435761u | 1;
    }
    for (ULONG i = 0; i < WORKERS; i++)
        start(&workers[i]);
    end = now_ms() + left;
    while (now_ms() < end) {
        NtDelayExecution(FALSE, &tick);
        for (ULONG i = 0; i < WORKERS; i++)
            watch(&workers[i]);
    }
    NtTerminateProcess(NtCurrentProcess(), 0);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * KUSER_SHARED_DATA and the PEB, locally unique ids, output, debug services.
 * Known from: ntddk.h (KUSER_SHARED_DATA); MSDN AllocateLocallyUniqueId; G. Nebbett, Native API Reference, ch. 1, 18 and 20;
 * Windows Internals, 4th ed., ch. 3; MSDN DbgPrint.
 */
#include "seh.h"

#define KUSER 0x7ffe0000

ULONG ticks_got;

static void shared(void)
{
    ULONG major = *(ULONG *)(KUSER + 0x26c), minor = *(ULONG *)(KUSER + 0x270);
    const WCHAR *root = (PVOID)(KUSER + 0x30);
    equal(*(USHORT *)(KUSER + 0x2c), 0x14c, "lowest image machine");
    equal(*(USHORT *)(KUSER + 0x2e), 0x14c, "highest image machine");
    check(root[0] >= 'A' && root[0] <= 'Z' && root[1] == ':' && root[2] == '\\', "the system root is a path");
    equal(*(UCHAR *)(KUSER + 0x268), 1, "the product type is valid");
    check(*(ULONG *)(KUSER + 0x264) >= 1 && *(ULONG *)(KUSER + 0x264) <= 3, "product type");
    equal(major, 5, "version 5");
    check(minor <= 2, "version 5.0, 5.1 or 5.2");
    check(*(UCHAR *)(KUSER + 0x274 + 2) == 1, "the processor compares and exchanges 8 bytes");
    if (major == 5 && minor == 0)
        equal(*(ULONG *)(KUSER + 0x300), 0, "Windows 2000 has no system call pointer here");
    else
        check(*(ULONG *)(KUSER + 0x300) != 0, "a way to call the system stands at 0x300");
}

static void peb(void)
{
    UCHAR *peb = (PVOID)TEB_NOW->Peb;
    equal(*(ULONG *)(peb + 0xa4), *(ULONG *)(KUSER + 0x26c), "PEB: major version");
    equal(*(ULONG *)(peb + 0xa8), *(ULONG *)(KUSER + 0x270), "PEB: minor version");
    equal(*(ULONG *)(peb + 0xb0), 2, "PEB: platform NT");
    equal(peb[2], 0, "PEB: not debugged");
    check(*(PVOID *)(peb + 0x18) != NULL, "PEB: a heap");
    check(*(PVOID *)(peb + 0xc) != NULL, "PEB: loader data");
    check(*(ULONG *)(peb + 0x64) >= 1, "PEB: processors");
    equal(*(USHORT *)TEB_NOW->Peb->ImageBaseAddress, 0x5a4d, "PEB: the image base leads to MZ");
    check(TEB_NOW->Peb->ProcessParameters->Environment != NULL, "PEB: an environment");
    equal(TEB_NOW->Peb->ProcessParameters->Flags & 1, 1, "PEB: parameters are normalised");
}

static void unique(void)
{
    LUID ids[20];
    int rising = 0;
    for (int i = 0; i < 20; i++)
        NtAllocateLocallyUniqueId(&ids[i]);
    for (int i = 1; i < 20; i++)
        rising += ids[i].HighPart > ids[i - 1].HighPart ||
                  (ids[i].HighPart == ids[i - 1].HighPart && ids[i].LowPart > ids[i - 1].LowPart);
    equal(rising, 19, "locally unique ids rise");
    check(ids[0].HighPart || ids[0].LowPart > 1000, "and leave room for the well-known ones");
    faults(BAD_OUT, p, NtAllocateLocallyUniqueId(p), "locally unique id");
}

static void output(void)
{
    UNICODE_STRING text = ustr(L"# shown\n"), empty = {0, 0, NULL};
    expect(NtDisplayString(&text), 0, "display a string");
    expect(NtDisplayString(&empty), 0, "display nothing");
    faults(BAD_IN, p, NtDisplayString(p), "display, string");
    faults(BAD_IN, p, (text.Buffer = p, NtDisplayString(&text)), "display, buffer");
}

/* int 2d, service 1: prints; int 2d with an unknown service is a breakpoint with the service in its parameters. */
static void debug(void)
{
    struct seh_frame frame;
    seh_install(&frame);
    seen.count = 0;
    expect(DbgPrint("# debug %d %s\n", 42, "text"), 0, "DbgPrint");
    equal(seen.count, 0, "is no exception to anybody");
    FAULT("movl $0x77, %%eax\n\tint $0x2d\n\tint3");
    equal(seen.count ? seen.code : 0, STATUS_BREAKPOINT, "an unknown debug service is a breakpoint");
    equal(seen.information[0], 0x77, "its first parameter is the service");
    seh_remove(&frame);
}

/* int 2a: the tick count, a call of its own in every NT up to XP. */
static void ticks(void)
{
    struct seh_frame frame;
    static ULONG before, got, after;
    before = (ULONG)((ULONGLONG)*(volatile ULONG *)KUSER * *(ULONG *)(KUSER + 4) >> 24);
    seh_install(&frame);
    FAULT("int $0x2a\n\tmovl %%eax, _ticks_got");
    seh_remove(&frame);
    got = ticks_got;
    after = (ULONG)((ULONGLONG)*(volatile ULONG *)KUSER * *(ULONG *)(KUSER + 4) >> 24);
    equal(seen.count, 0, "int 2a is no exception");
    check(got - before <= after - before + 50, "it returns the tick count");
}

/* The LDT entry of a selector, as debuggers ask for it. */
static void selectors(void)
{
    struct { ULONG selector; LDT_ENTRY entry; } info = {0x3b, {0}};
    ULONG base;
    expect(NtQueryInformationThread(NtCurrentThread(), ThreadDescriptorTableEntry, &info, sizeof(info), NULL), 0,
           "descriptor of selector 0x3b");
    base = info.entry.BaseLow | info.entry.HighWord.Bytes.BaseMid << 16 | (ULONG)info.entry.HighWord.Bytes.BaseHi << 24;
    equal(base, (ULONG_PTR)TEB_NOW, "leads to the TEB");
    info.selector = 0x1b;
    expect(NtQueryInformationThread(NtCurrentThread(), ThreadDescriptorTableEntry, &info, sizeof(info), NULL), 0,
           "descriptor of selector 0x1b");
    equal(info.entry.HighWord.Bits.Dpl, 3, "is for user mode");
    check(info.entry.HighWord.Bits.Type & 8, "is code");
    expect(NtQueryInformationThread(NtCurrentThread(), ThreadDescriptorTableEntry, &info, sizeof(info) - 1, NULL),
           STATUS_INFO_LENGTH_MISMATCH, "descriptor, one byte less");
}

void test_main(void)
{
    shared();
    peb();
    unique();
    output();
    debug();
    ticks();
    selectors();
}

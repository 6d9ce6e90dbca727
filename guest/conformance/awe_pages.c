/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Address windowing: physical pages are allocated, shown in a window, taken out again and freed.
 * Known from: MSDN "Address Windowing Extensions", AllocateUserPhysicalPages, MapUserPhysicalPages(Scatter), FreeUserPhysicalPages;
 * Windows Internals, 4th ed., ch. 7 (AWE: a page is seen at one address only, pages are the process' own).
 */
#include "ntapi_mm.h"
#include "tap.h"

#define SELF NtCurrentProcess()
#define PAGE 0x1000
#define WINDOW (MEM_RESERVE | MEM_PHYSICAL)
static FRAMES_CALL allocate_frames, free_frames;
static MAP_FRAMES_CALL map;
static SCATTER_CALL scatter;
static ULONG_PTR frames[64], none[1] = {0xfffffff};
static ULONG_PTR count;
static UCHAR *window;

static ULONG state(PVOID at)
{
    MEMORY_BASIC_INFORMATION info = {0};
    NtQueryVirtualMemory(SELF, at, 0, &info, sizeof(info), NULL);
    return info.State;
}

static UCHAR *make_window(SIZE_T size, const char *name)
{
    PVOID base = NULL;
    expect(NtAllocateVirtualMemory(SELF, &base, 0, &size, WINDOW, PAGE_READWRITE), 0, name);
    return base;
}

static void before_any(void)
{
    count = 1;
    window = make_window(16 * PAGE, "reserve a window");
    equal(state(window), MEM_RESERVE, "a window is reserved memory");
    expect(map(window, 1, NULL), STATUS_INVALID_PARAMETER_1, "unmap before any page was allocated");
    expect(scatter((PVOID *)&window, 1, NULL), STATUS_INVALID_PARAMETER_1, "scatter before any page was allocated");
    expect(free_frames(SELF, &count, none), STATUS_INVALID_PARAMETER_1, "free before any page was allocated");
    equal(count, 0, "none was freed");
}

static void pages_in_and_out(void)
{
    PVOID places[3];
    ULONG_PTR three[3];
    count = 8;
    expect(allocate_frames(SELF, &count, frames), 0, "allocate eight pages");
    equal(count, 8, "eight were to be had");
    expect(map(window, 4, frames), 0, "map four");
    equal(state(window + 3 * PAGE), MEM_COMMIT, "what is mapped is committed");
    equal(state(window + 4 * PAGE), MEM_RESERVE, "what is not is reserved");
    equal(window[0], 0, "a fresh page is zero");
    for (int i = 0; i < 4; i++)
        window[i * PAGE] = (UCHAR)(10 + i);
    expect(map(window, 4, frames + 4), 0, "map four others in their place");
    equal(window[2 * PAGE], 0, "they are zero");
    expect(map(window + 8 * PAGE, 4, frames), 0, "the first four elsewhere");
    equal(window[10 * PAGE], 12, "they have kept what was written");
    expect(map(window + 4 * PAGE, 1, frames), STATUS_INVALID_PARAMETER_3, "a page is in one place only");
    expect(map(window + 8 * PAGE, 4, NULL), 0, "take them out");
    equal(state(window + 8 * PAGE), MEM_RESERVE, "nothing is there now");
    places[0] = window + 15 * PAGE;
    places[1] = window + 12 * PAGE;
    places[2] = window + 13 * PAGE + 0x123;
    three[0] = frames[3];
    three[1] = frames[1];
    three[2] = frames[0];
    expect(scatter(places, 3, three), 0, "scatter three");
    equal(window[15 * PAGE], 13, "the first");
    equal(window[12 * PAGE], 11, "the second");
    equal(window[13 * PAGE], 10, "the third, by an address inside its page");
    expect(scatter(places, 2, NULL), 0, "take two out");
    equal(state(window + 12 * PAGE), MEM_RESERVE, "it is out");
    equal(state(window + 13 * PAGE), MEM_COMMIT, "the other stays");
    expect(map(window + 5, 1, frames + 2), 0, "an address inside a page");
    equal(window[0], 12, "is that page");
}

/* A page that is named again shows the last of its frames; a call for a million of them is no reason to stop the system. */
static void one_place_often(void)
{
    enum { MANY = 0xfffff };
    PVOID *places = (PVOID *)pages(MANY * sizeof(PVOID), MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    PVOID twice[2] = {window + 14 * PAGE, window + 14 * PAGE};
    ULONG_PTR two[2];
    LONGLONG begun;
    map(window, 16, NULL);
    two[0] = frames[3];
    two[1] = frames[1];
    expect(scatter(twice, 2, two), 0, "scatter two to one page");
    equal(window[14 * PAGE], 11, "the last is shown");
    expect(map(window, 1, frames + 3), 0, "the other is free for elsewhere");
    equal(window[0], 13, "and has kept what it held");
    for (ULONG i = 0; i < MANY; i++)
        places[i] = window + 14 * PAGE;
    begun = system_time();
    expect(scatter(places, MANY, NULL), 0, "take one out a million times");
    check(system_time() - begun < 50000000, "is done in less than five seconds");
    equal(state(window + 14 * PAGE), MEM_RESERVE, "it is out of the way");
    pages_free(places);
    map(window, 16, NULL);
    map(window, 1, frames + 2);
}

static void refused(void)
{
    UCHAR *plain = pages(PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    PVOID places[2] = {window + 14 * PAGE, plain}, base = window, size_base = window;
    SIZE_T size = PAGE, no_size = 0;
    ULONG_PTR twice[2] = {frames[1], frames[1]}, foreign[2] = {frames[1], 0xfffffff};
    ULONG old;
    expect(map(window + 14 * PAGE, 2, twice), STATUS_INVALID_PARAMETER_3, "one page twice");
    expect(map(window + 14 * PAGE, 2, foreign), STATUS_INVALID_PARAMETER_3, "a page that is not one's own");
    equal(state(window + 14 * PAGE), MEM_RESERVE, "then none was mapped");
    expect(map(window + 15 * PAGE, 2, NULL), STATUS_INVALID_PARAMETER_1, "beyond the window");
    expect(map(plain, 1, NULL), STATUS_INVALID_PARAMETER_1, "no window");
    expect(map((PVOID)0x80000000, 1, NULL), STATUS_INVALID_PARAMETER_1, "a kernel address");
    expect(map(window, 0, NULL), STATUS_INVALID_PARAMETER_2, "no page");
    expect(map(window, 0x100000, frames), STATUS_INVALID_PARAMETER_2, "more than there are addresses");
    expect(map((PVOID)0xfffff000, 2, NULL), STATUS_INVALID_PARAMETER_2, "around the end");
    expect(scatter(places, 2, NULL), STATUS_INVALID_PARAMETER_1, "scatter, one is no window");
    expect(scatter(places, 0x100000, NULL), STATUS_INVALID_PARAMETER_2, "scatter, more than there are addresses");
    expect(NtAllocateVirtualMemory(SELF, &base, 0, &size, MEM_COMMIT, PAGE_READWRITE), STATUS_CONFLICTING_ADDRESSES,
           "a window cannot be committed");
    expect(NtProtectVirtualMemory(SELF, &base, &size, PAGE_READONLY, &old), STATUS_CONFLICTING_ADDRESSES,
           "nor protected");
    expect(NtFreeVirtualMemory(SELF, &base, &size, MEM_RELEASE), STATUS_FREE_VM_NOT_AT_BASE, "nor released in part");
    expect(NtFreeVirtualMemory(SELF, &size_base, &no_size, MEM_DECOMMIT), STATUS_MEMORY_NOT_ALLOCATED, "nor decommitted");
    base = NULL;
    size = PAGE;
    expect(NtAllocateVirtualMemory(SELF, &base, 0, &size, WINDOW, PAGE_READONLY), STATUS_INVALID_PARAMETER_6,
           "a window is read-write");
    expect(NtAllocateVirtualMemory(SELF, &base, 0, &size, WINDOW | MEM_COMMIT, PAGE_READWRITE),
           STATUS_INVALID_PARAMETER_5, "a window is not committed");
    count = 0;
    expect(allocate_frames(SELF, &count, NULL), 0, "allocate none");
    count = 0x40000000;
    expect(allocate_frames(SELF, &count, frames), STATUS_INVALID_PARAMETER_2, "allocate more than an array could hold");
    count = 1;
    expect(allocate_frames((HANDLE)0x7ff0, &count, frames), STATUS_INVALID_HANDLE, "allocate, no such process");
    faults(BAD_OUT, p, allocate_frames(SELF, p, frames), "allocate, count");
    faults(BAD_OUT, p, (count = 1, allocate_frames(SELF, &count, p)), "allocate, array");
    count = 0;
    expect(free_frames(SELF, &count, frames), STATUS_INVALID_PARAMETER_2, "free none");
    count = 1;
    expect(free_frames((HANDLE)0x7ff0, &count, frames), STATUS_INVALID_HANDLE, "free, no such process");
    faults(BAD_OUT, p, free_frames(SELF, p, frames), "free, count");
    faults(BAD_IN, p, (count = 1, free_frames(SELF, &count, p)), "free, array");
    faults(BAD_IN_OPTIONAL, p, map(window, 1, p), "map, array");
    faults(BAD_IN, p, scatter(p, 1, frames), "scatter, addresses");
    faults(BAD_IN_OPTIONAL, p, scatter(places, 1, p), "scatter, array");
    pages_free(plain);
}

static void privilege(void)
{
    NTSTATUS status = set_privilege(LOCK_MEMORY_PRIVILEGE, FALSE);
    if (status == STATUS_NOT_IMPLEMENTED) {
        tap_skip("allocate without SeLockMemoryPrivilege", "privileges cannot be switched yet");
        return;
    }
    count = 1;
    expect(allocate_frames(SELF, &count, frames + 32), STATUS_PRIVILEGE_NOT_HELD, "allocate without SeLockMemoryPrivilege");
    expect(map(window, 1, NULL), 0, "mapping needs none");
    set_privilege(LOCK_MEMORY_PRIVILEGE, TRUE);
}

static void the_end(void)
{
    SIZE_T size = 0;
    PVOID base = window;
    ULONG_PTR some[3] = {frames[4], frames[4], frames[5]};
    UCHAR *again;
    map(window, 4, NULL);
    expect(map(window, 1, frames + 6), 0, "map one that was taken out");
    window[0] = 99;
    count = 3;
    expect(free_frames(SELF, &count, some), STATUS_CONFLICTING_ADDRESSES, "free one twice");
    equal(count, 1, "the first was freed");
    count = 1;
    expect(free_frames(SELF, &count, frames + 6), 0, "free one that is mapped");
    equal(state(window), MEM_RESERVE, "it is out of the window");
    expect(map(window, 1, frames + 6), STATUS_INVALID_PARAMETER_3, "it cannot be mapped any more");
    count = 1;
    allocate_frames(SELF, &count, frames + 6);
    map(window, 1, frames + 6);
    equal(window[0], 0, "a page allocated anew is zero");
    window[0] = 77;
    expect(NtFreeVirtualMemory(SELF, &base, &size, MEM_RELEASE), 0, "release the window");
    equal(state(window), MEM_FREE, "it is free");
    again = make_window(PAGE, "reserve another window");
    expect(map(again, 1, frames + 6), 0, "the page is still one's own");
    equal(again[0], 77, "with what it held");
    count = 4;
    expect(free_frames(SELF, &count, frames), 0, "free four");
    equal(count, 4, "all four");
}

void test_main(void)
{
    allocate_frames = (PVOID)procedure("NtAllocateUserPhysicalPages");
    free_frames = (PVOID)procedure("NtFreeUserPhysicalPages");
    map = (PVOID)procedure("NtMapUserPhysicalPages");
    scatter = (PVOID)procedure("NtMapUserPhysicalPagesScatter");
    check(allocate_frames && free_frames && map && scatter, "ntdll exports the calls of address windowing");
    if (!allocate_frames || !free_frames || !map || !scatter)
        return;
    before_any();
    pages_in_and_out();
    one_place_often();
    refused();
    privilege();
    the_end();
}

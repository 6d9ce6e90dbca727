/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes that die at any moment: what they shared stays whole, what they owned is given back.
 * Known from: MSDN TerminateProcess ("all of its handles are closed"), "Mutex Objects" (abandoned); Windows Internals, 4th ed., ch. 6.
 */
#include "tap.h"

enum { CHILDREN = 6 };
#define BNO L"\\BaseNamedObjects\\"

struct common { volatile LONG begun, inside, together; };

static struct common *map(HANDLE section)
{
    PVOID base = NULL;
    SIZE_T size = 0;
    NtMapViewOfSection(section, NtCurrentProcess(), &base, 0, 0, NULL, &size, ViewShare, 0, PAGE_READWRITE);
    return base;
}

static NTSTATUS allocator(PVOID unused)
{
    (void)unused;
    for (;;) {
        PVOID area = pages(0x4000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        *(volatile int *)area = 1;
        pages_free(area);
    }
    return 0;
}

static NTSTATUS opener(PVOID unused)
{
    (void)unused;
    for (;;) {
        HANDLE event;
        if (NtCreateEvent(&event, EVENT_ALL_ACCESS, named(BNO L"conf-rp-event", OBJ_OPENIF), NotificationEvent, FALSE) >= 0)
            NtClose(event);
    }
    return 0;
}

NTSTATUS child_main(const char *what)
{
    HANDLE section, mutant;
    struct common *common;
    (void)what;
    if (NtOpenSection(&section, SECTION_ALL_ACCESS, named(BNO L"conf-rp-section", 0)) ||
        NtOpenMutant(&mutant, MUTANT_ALL_ACCESS, named(BNO L"conf-rp-mutant", 0)))
        return 1;
    common = map(section);
    thread_start(allocator, NULL);
    thread_start(opener, NULL);
    __sync_add_and_fetch(&common->begun, 1);
    for (;;) {
        NTSTATUS status = wait_ms(mutant, 10000);
        if (status == STATUS_ABANDONED_WAIT_0)
            common->inside = 0; /* its owner died in the middle */
        else if (status)
            return 2;
        if (common->inside++)
            common->together++;
        NtYieldExecution();
        common->inside--;
        NtReleaseMutant(mutant, NULL);
    }
}

void test_main(void)
{
    LI size = {.QuadPart = 0x1000};
    HANDLE section, mutant, event;
    struct common *common;
    CHILD children[CHILDREN];
    int started = 0, killed = 0, right = 0;
    NTSTATUS status;
    NtCreateSection(&section, SECTION_ALL_ACCESS, named(BNO L"conf-rp-section", 0), &size, PAGE_READWRITE, SEC_COMMIT, NULL);
    NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, named(BNO L"conf-rp-mutant", 0), FALSE);
    common = map(section);
    for (int i = 0; i < CHILDREN; i++)
        started += child_start(&children[i], "run", FALSE);
    equal(started, CHILDREN, "children start");
    for (int i = 0; i < 1000 && common->begun < CHILDREN; i++)
        sleep_ms(10);
    equal(common->begun, CHILDREN, "and begin");
    for (int i = 0; i < CHILDREN; i++) {
        sleep_ms(7);
        killed += !NtTerminateProcess(children[i].process, 100 + i);
        right += child_wait(&children[i]) == 100 + i;
        child_close(&children[i]);
    }
    equal(killed, CHILDREN, "they are killed one after the other");
    equal(right, CHILDREN, "and each has its status");
    equal(common->together, 0, "never were two inside together");
    status = wait_ms(mutant, 1000);
    check(status == 0 || status == STATUS_ABANDONED_WAIT_0, "the mutant is free, or abandoned by the last");
    NtReleaseMutant(mutant, NULL);
    expect(NtOpenEvent(&event, EVENT_ALL_ACCESS, named(BNO L"conf-rp-event", 0)), STATUS_OBJECT_NAME_NOT_FOUND,
           "their names are gone");
    NtUnmapViewOfSection(NtCurrentProcess(), common);
    NtClose(section);
    NtClose(mutant);
}

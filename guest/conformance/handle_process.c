/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Handles and other processes: inheritance, duplication into and out of a child, what its death leaves.
 * Known from: MSDN "Inheritance" and DuplicateHandle; Windows Internals, 4th ed., ch. 3 and ch. 6; Wine's
 * dlls/kernel32/tests/process.c (test_DuplicateHandle).
 */
#include "tap.h"

#define BNO L"\\BaseNamedObjects\\"

static ULONG parse(const char *text)
{
    ULONG value = 0;
    while (*text >= '0' && *text <= '9')
        value = value * 10 + *text++ - '0';
    return value;
}

NTSTATUS child_main(const char *what)
{
    HANDLE handle;
    switch (*what) {
    case 'i': /* the handle of the parent's event, inherited: exit 1 when it works here */
        return NtSetEvent((HANDLE)parse(what + 1), NULL) ? 2 : 1;
    case 'w': /* wait for a handle to arrive in the section's place: the named event tells */
        if (NtOpenEvent(&handle, EVENT_ALL_ACCESS, named(BNO L"conf-hp-go", 0)))
            return 2;
        return wait_ms(handle, 5000);
    case 'n': /* hold a named event until killed */
        if (NtCreateEvent(&handle, EVENT_ALL_ACCESS, named(BNO L"conf-hp-held", 0), NotificationEvent, FALSE))
            return 2;
        NtOpenEvent(&handle, EVENT_ALL_ACCESS, named(BNO L"conf-hp-go", 0));
        NtSetEvent(handle, NULL);
        sleep_ms(20000);
        return 3;
    }
    return 9;
}

static const char *with_handle(char letter, HANDLE handle)
{
    static char text[16];
    char digits[12];
    int n = 0, at = 0;
    ULONG value = (ULONG_PTR)handle;
    do
        digits[n++] = '0' + value % 10;
    while (value /= 10);
    text[at++] = letter;
    while (n)
        text[at++] = digits[--n];
    text[at] = 0;
    return text;
}

static NTSTATUS run(const char *what, BOOLEAN inherit)
{
    CHILD child;
    NTSTATUS status = child_start(&child, what, inherit) ? child_wait(&child) : STATUS_UNSUCCESSFUL;
    child_close(&child);
    return status;
}

static void inheritance(void)
{
    HANDLE keep, give;
    NtCreateEvent(&keep, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    NtCreateEvent(&give, EVENT_ALL_ACCESS, named(NULL, OBJ_INHERIT), NotificationEvent, FALSE);
    expect(run(with_handle('i', give), TRUE), 1, "an inheritable handle has the same value in the child");
    expect(wait_ms(give, 0), 0, "and is the same object");
    NtResetEvent(give, NULL);
    expect(run(with_handle('i', keep), TRUE), 2, "a handle not inheritable is not in the child");
    expect(wait_ms(keep, 0), STATUS_TIMEOUT, "its object was not touched");
    expect(run(with_handle('i', give), FALSE), 2, "a child that inherits nothing has not even the inheritable one");
    NtClose(keep);
    NtClose(give);
}

static void across(void)
{
    HANDLE event, go, remote, back;
    ULONG mine = 0, theirs = 0, more = 0;
    OBJECT_BASIC_INFORMATION info;
    CHILD child;
    NtCreateEvent(&go, EVENT_ALL_ACCESS, named(BNO L"conf-hp-go", 0), NotificationEvent, FALSE);
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    check(child_start(&child, "w", FALSE), "start a child");
    sleep_ms(100);
    NtQueryInformationProcess(NtCurrentProcess(), ProcessHandleCount, &mine, 4, NULL);
    NtQueryInformationProcess(child.process, ProcessHandleCount, &theirs, 4, NULL);
    expect(NtDuplicateObject(NtCurrentProcess(), event, child.process, &remote, 0, 0, DUPLICATE_SAME_ACCESS), 0,
           "duplicate into the child");
    NtQueryInformationProcess(child.process, ProcessHandleCount, &more, 4, NULL);
    equal(more, theirs + 1, "the child has one handle more");
    expect(NtDuplicateObject(child.process, remote, NtCurrentProcess(), &back, EVENT_MODIFY_STATE, 0, 0), 0,
           "and back with less access");
    equal(granted_access(back), EVENT_MODIFY_STATE, "less access it is");
    NtSetEvent(back, NULL);
    expect(wait_ms(event, 0), 0, "all the same event");
    NtClose(back);
    expect(NtDuplicateObject(child.process, remote, NULL, NULL, 0, 0, DUPLICATE_CLOSE_SOURCE), 0,
           "close a handle of the child");
    NtQueryInformationProcess(child.process, ProcessHandleCount, &more, 4, NULL);
    equal(more, theirs, "the child has as many as before");
    expect(NtDuplicateObject(child.process, (HANDLE)0x7ff0, NtCurrentProcess(), &back, 0, 0, 2), STATUS_INVALID_HANDLE,
           "no such handle in the child");
    NtDuplicateObject(NtCurrentProcess(), event, child.process, &remote, 0, 0, DUPLICATE_SAME_ACCESS);
    NtQueryObject(event, ObjectBasicInformation, &info, sizeof(info), NULL);
    equal(info.HandleCount, 2, "two processes have a handle");
    NtSetEvent(go, NULL);
    expect(child_wait(&child), 0, "the child ends");
    NtQueryObject(event, ObjectBasicInformation, &info, sizeof(info), NULL);
    equal(info.HandleCount, 1, "its end closes its handles");
    expect(NtDuplicateObject(NtCurrentProcess(), event, child.process, &remote, 0, 0, 2), STATUS_PROCESS_IS_TERMINATING,
           "a dead process takes no handle");
    child_close(&child);
    NtClose(event);
    NtClose(go);
}

static void killed(void)
{
    HANDLE go, held;
    CHILD child;
    NtCreateEvent(&go, EVENT_ALL_ACCESS, named(BNO L"conf-hp-go", 0), NotificationEvent, FALSE);
    check(child_start(&child, "n", FALSE), "start a child that holds a name");
    expect(wait_ms(go, 5000), 0, "it holds it");
    expect(NtOpenEvent(&held, EVENT_ALL_ACCESS, named(BNO L"conf-hp-held", 0)), 0, "the name is there");
    NtClose(held);
    expect(NtTerminateProcess(child.process, 77), 0, "kill the child");
    expect(child_wait(&child), 77, "its exit status");
    expect(NtOpenEvent(&held, EVENT_ALL_ACCESS, named(BNO L"conf-hp-held", 0)), STATUS_OBJECT_NAME_NOT_FOUND,
           "the name died with it");
    child_close(&child);
    NtClose(go);
}

void test_main(void)
{
    inheritance();
    across();
    killed();
}

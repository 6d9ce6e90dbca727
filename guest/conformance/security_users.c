/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two users in one system keep each other out: of named objects, processes, threads and tokens; and who may debug.
 * Known from: MSDN "Access Control Model", "Process Security and Access Rights"; Windows Internals, 4th ed., ch. 8 (the
 * default list of a logon's token lets in its user alone).
 */
#include "ntapi_se.h"

#define BNO L"\\BaseNamedObjects\\"
static HANDLE ready, leave;

static OBJECT_ATTRIBUTES *shared(const WCHAR *name)
{
    static ANY_ACL acl;
    static SECURITY_DESCRIPTOR sd;
    OBJECT_ATTRIBUTES *attributes = named(name, 0);
    acl_add(acl_start(&acl, ACL_REVISION), ACCESS_ALLOWED_ACE_TYPE, 0, EVENT_ALL_ACCESS, &world);
    sd = descriptor(NULL, NULL, &acl);
    attributes->SecurityDescriptor = &sd;
    return attributes;
}

/* One user: makes things, says so, and stays until told to go. */
static NTSTATUS owner(void)
{
    HANDLE event, section, mutant, go, told;
    LARGE_INTEGER size = {.QuadPart = 0x1000};
    NTSTATUS status = NtOpenEvent(&told, EVENT_MODIFY_STATE, named(BNO L"conf-ready", 0));
    if (!status)
        status = NtOpenEvent(&go, SYNCHRONIZE, named(BNO L"conf-leave", 0));
    if (!status)
        status = NtCreateEvent(&event, EVENT_ALL_ACCESS, named(BNO L"conf-hers", 0), NotificationEvent, FALSE);
    if (!status)
        status = NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, named(BNO L"conf-her-mutant", 0), FALSE);
    if (!status)
        status = NtCreateSection(&section, SECTION_ALL_ACCESS, named(BNO L"conf-her-section", 0), &size, PAGE_READWRITE,
                                 SEC_COMMIT, NULL);
    if (!status)
        status = NtOpenEvent(&event, EVENT_ALL_ACCESS, named(BNO L"conf-hers", 0)); /* her own */
    if (!status)
        status = NtSetEvent(told, NULL);
    if (!status)
        status = wait_ms(go, 10000);
    return status;
}

static CLIENT_ID hers(void)
{
    CLIENT_ID id = {0, 0};
    const WCHAR *title = TEB_NOW->Peb->ProcessParameters->CommandLine.Buffer;
    ULONG length = TEB_NOW->Peb->ProcessParameters->CommandLine.Length / 2, at = length;
    while (at && title[at - 1] >= '0' && title[at - 1] <= '9')
        at--;
    while (at < length)
        id.UniqueProcess = id.UniqueProcess * 10 + (title[at++] - '0');
    return id;
}

static NTSTATUS open_process(ULONG pid, ACCESS_MASK access, HANDLE *process)
{
    OBJECT_ATTRIBUTES none = {sizeof(none), NULL, NULL, 0, NULL, NULL};
    CLIENT_ID id = {pid, 0};
    return NtOpenProcess(process, access, &none, &id);
}

/* What somebody may do with her things: a bit for each door that is open, from her process's id on the command line. */
enum { EVENT = 1, MUTANT = 2, SECTION = 4, PROCESS = 8, TOKEN = 16, CREATE_OVER = 32, OPEN_MAXIMUM = 64, WEAK_PROCESS = 128 };
/* The process is not hers, but its creator's, whoever it acts for. */
enum { ALL_HERS = EVENT | OPEN_MAXIMUM | MUTANT | SECTION | CREATE_OVER };
static ULONG doors(ULONG pid)
{
    ULONG open = 0;
    HANDLE one;
    if (!NtOpenEvent(&one, EVENT_QUERY_STATE, named(BNO L"conf-hers", 0)) && !NtClose(one))
        open |= EVENT;
    if (!NtOpenEvent(&one, MAXIMUM_ALLOWED, named(BNO L"conf-hers", 0)) && !NtClose(one))
        open |= OPEN_MAXIMUM;
    if (!NtOpenMutant(&one, SYNCHRONIZE, named(BNO L"conf-her-mutant", 0)) && !NtClose(one))
        open |= MUTANT;
    if (!NtOpenSection(&one, SECTION_MAP_READ, named(BNO L"conf-her-section", 0)) && !NtClose(one))
        open |= SECTION;
    if (NtCreateEvent(&one, EVENT_QUERY_STATE, named(BNO L"conf-hers", OBJ_OPENIF), NotificationEvent, FALSE) >= 0 &&
        !NtClose(one))
        open |= CREATE_OVER;
    if (!open_process(pid, PROCESS_VM_READ, &one) && !NtClose(one))
        open |= PROCESS;
    if (!open_process(pid, PROCESS_QUERY_INFORMATION, &one)) {
        HANDLE token;
        open |= WEAK_PROCESS;
        if (!NtOpenProcessToken(one, TOKEN_DUPLICATE, &token) && !NtClose(token))
            open |= TOKEN;
        NtClose(one);
    }
    return open;
}

static NTSTATUS other(void)
{
    return (NTSTATUS)doors(hers().UniqueProcess);
}

NTSTATUS child_main(const char *what)
{
    return what[0] == 'o' ? owner() : other();
}

/* A process of a user; `pid` goes to the end of its command line. */
static BOOLEAN start_as(CHILD *child, ANY_SID *user, const char *what, ULONG pid)
{
    char line[32];
    int n = 0, digits = 1;
    HANDLE token;
    PROCESS_ACCESS_TOKEN change;
    NTSTATUS status;
    while (*what)
        line[n++] = *what++;
    for (ULONG rest = pid; rest >= 10; rest /= 10)
        digits++;
    for (int i = digits; i--; pid /= 10)
        line[n + i] = (char)('0' + pid % 10);
    line[n + digits] = 0;
    if (!child_create(child, line, FALSE) || user_token(user, TokenPrimary, &token))
        return FALSE;
    change = (PROCESS_ACCESS_TOKEN){token, NULL};
    status = NtSetInformationProcess(child->process, ProcessAccessTokenClass, &change, sizeof(change));
    NtClose(token);
    return !status && !NtResumeThread(child->thread, NULL);
}

static NTSTATUS run_as(ANY_SID *user, ULONG pid)
{
    CHILD child = {0};
    NTSTATUS status = start_as(&child, user, "x", pid) ? child_wait(&child) : STATUS_UNSUCCESSFUL;
    child_close(&child);
    return status;
}

/* The same, by a thread that acts for a user. */
static ULONG doors_for(ANY_SID *user, ULONG pid)
{
    HANDLE token;
    ULONG open;
    if (user_token(user, TokenImpersonation, &token))
        return 0xdead;
    if (impersonate(token))
        return 0xbeef;
    open = doors(pid);
    impersonate(NULL);
    NtClose(token);
    return open;
}

void test_main(void)
{
    CHILD child;
    HANDLE one;
    own_privilege(3, TRUE); /* SeAssignPrimaryTokenPrivilege */
    expect(NtCreateEvent(&ready, EVENT_ALL_ACCESS, shared(BNO L"conf-ready"), NotificationEvent, FALSE), 0, "an event for all");
    expect(NtCreateEvent(&leave, EVENT_ALL_ACCESS, shared(BNO L"conf-leave"), NotificationEvent, FALSE), 0, "another");
    check(start_as(&child, &alice, "o", 0), "Alice's process starts");
    expect(wait_ms(ready, 10000), 0, "Alice has made her things");
    equal(run_as(&alice, child.id.UniqueProcess), ALL_HERS, "Alice's second process gets at them");
    equal(run_as(&bob, child.id.UniqueProcess), 0, "Bob gets at nothing");
    equal(doors_for(&alice, child.id.UniqueProcess), ALL_HERS, "a server that acts for Alice gets at them");
    equal(doors_for(&bob, child.id.UniqueProcess), 0, "a server that acts for Bob gets at nothing");
    expect(NtOpenEvent(&one, EVENT_QUERY_STATE, named(BNO L"conf-hers", 0)), STATUS_ACCESS_DENIED,
           "even the system is kept out of what only Alice may have");
    expect(open_process(child.id.UniqueProcess, PROCESS_ALL_ACCESS, &one), 0, "but it debugs every process (SeDebugPrivilege)");
    NtClose(one);
    own_privilege(20, FALSE);
    expect(open_process(child.id.UniqueProcess, PROCESS_VM_READ, &one), 0, "its own children it may read");
    NtClose(one);
    own_privilege(20, TRUE);
    NtSetEvent(leave, NULL);
    expect(child_wait(&child), 0, "Alice's process ends well");
    child_close(&child);
    NtClose(ready);
    NtClose(leave);
    own_privilege(3, FALSE);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Impersonation: ThreadImpersonationToken and NtOpenThreadToken(Ex).
 * Known from: MSDN SetThreadToken, OpenThreadToken, ImpersonateSelf; Wine's dlls/advapi32/tests/security.c
 * (test_impersonation_level); ReactOS' apitest NtOpenThreadToken.
 */
#include "ntapi_se.h"

#define BNO L"\\BaseNamedObjects\\"
static HANDLE opened;
static ULONG needed;
static union { BYTE bytes[512]; TOKEN_USER user; ULONG number; TOKEN_STATISTICS statistics; } data;

static NTSTATUS open(ACCESS_MASK access, BOOLEAN as_self)
{
    opened = (HANDLE)0x5555;
    return NtOpenThreadToken(NtCurrentThread(), access, as_self, &opened);
}

static NTSTATUS open_event(void)
{
    HANDLE event;
    NTSTATUS status = NtOpenEvent(&event, EVENT_MODIFY_STATE, named(BNO L"conf-imp", 0));
    if (status >= 0)
        NtClose(event);
    return status;
}

/* TEB.IsImpersonating, and in front of it the locale that is to be found out anew. */
static ULONG teb_says(int field)
{
    return *(volatile ULONG *)((BYTE *)TEB_NOW + 0xf98 + field * 4);
}

static void rules(void)
{
    HANDLE primary = own_token(TOKEN_ALL_ACCESS), full = impersonation_token(SecurityImpersonation), weak;
    expect(open(TOKEN_QUERY, TRUE), STATUS_NO_TOKEN, "open what a thread without a client impersonates");
    check(opened == (HANDLE)0x5555, "the handle is left alone");
    expect(impersonate(primary), STATUS_BAD_TOKEN_TYPE, "impersonate a primary token");
    expect(impersonate((HANDLE)0x7ff0), STATUS_INVALID_HANDLE, "impersonate nothing");
    expect(impersonate(NtCurrentProcess()), STATUS_OBJECT_TYPE_MISMATCH, "impersonate a process");
    NtDuplicateToken(primary, TOKEN_QUERY, at_level(SecurityImpersonation), FALSE, TokenImpersonation, &weak);
    expect(impersonate(weak), STATUS_ACCESS_DENIED, "impersonate without the right to");
    NtClose(weak);
    expect(NtSetInformationThread(NtCurrentThread(), ThreadImpersonationTokenClass, &full, 3), STATUS_INFO_LENGTH_MISMATCH,
           "impersonate, wrong length");
    equal(teb_says(1), FALSE, "the TEB says that nobody is impersonated");
    expect(impersonate(full), 0, "impersonate oneself");
    equal(teb_says(1), TRUE, "the TEB says so");
    equal(teb_says(0), 0xffffffff, "the TEB has no locale of the client");
    expect(open(TOKEN_QUERY, FALSE), 0, "open the client's token");
    equal(granted_access(opened), TOKEN_QUERY, "with the access asked for");
    NtQueryInformationToken(opened, TokenType, &data, sizeof(data), &needed);
    equal(data.number, TokenImpersonation, "an impersonation token");
    NtClose(opened);
    expect(open_event(), 0, "the client is let in");
    expect(impersonate(NULL), 0, "be oneself again");
    equal(teb_says(1), FALSE, "the TEB says that, too");
    expect(open(TOKEN_QUERY, TRUE), STATUS_NO_TOKEN, "nobody is impersonated");
    if (nt_at_least(5, 1)) {
        OPEN_THREAD_TOKEN_EX open_ex = (OPEN_THREAD_TOKEN_EX)procedure("NtOpenThreadTokenEx");
        expect(open_ex(NtCurrentThread(), TOKEN_QUERY, TRUE, 0, &opened), STATUS_NO_TOKEN, "nor for the Ex call");
        impersonate(full);
        expect(open_ex(NtCurrentThread(), TOKEN_QUERY, TRUE, OBJ_INHERIT, &opened), 0, "the Ex call opens");
        NtClose(opened);
        impersonate(NULL);
    }
    NtClose(primary);
    NtClose(full);
}

static void levels(void)
{
    HANDLE identify = impersonation_token(SecurityIdentification), anonymous = impersonation_token(SecurityAnonymous);
    expect(impersonate(anonymous), 0, "act for a client who does not say who it is");
    expect(open(TOKEN_QUERY, TRUE), STATUS_CANT_OPEN_ANONYMOUS, "its token cannot be opened");
    expect(open_event(), STATUS_BAD_IMPERSONATION_LEVEL, "nor anything in its name");
    impersonate(NULL);
    expect(impersonate(identify), 0, "act for a client who only says who it is");
    expect(open(TOKEN_QUERY, TRUE), 0, "its token can be opened by the process");
    NtClose(opened);
    expect(open(TOKEN_QUERY, FALSE), STATUS_BAD_IMPERSONATION_LEVEL, "not by itself");
    expect(open_event(), STATUS_BAD_IMPERSONATION_LEVEL, "nor anything else by it");
    impersonate(NULL);
    NtClose(identify);
    NtClose(anonymous);
}

static NTSTATUS inherits_no_client(PVOID argument)
{
    (void)argument;
    return open(TOKEN_QUERY, TRUE);
}

static void children(void)
{
    HANDLE full = impersonation_token(SecurityImpersonation), thread;
    impersonate(full);
    thread = thread_start(inherits_no_client, NULL);
    impersonate(NULL);
    expect(thread_join(thread), STATUS_NO_TOKEN, "a new thread acts for its process");
    NtClose(thread);
    NtClose(full);
}

void test_main(void)
{
    HANDLE event;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, named(BNO L"conf-imp", 0), NotificationEvent, FALSE);
    rules();
    levels();
    children();
    NtClose(event);
}

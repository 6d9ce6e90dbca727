/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Acting for another thread, and for nobody: NtImpersonateThread, NtImpersonateAnonymousToken.
 * Known from: G. Nebbett, Native API Reference, ch. 6 (ZwImpersonateThread: the right that each handle needs); MSDN
 * ImpersonateAnonymousToken; ReactOS' apitest NtImpersonateAnonymousToken.
 */
#include "ntapi_se.h"

#define BNO L"\\BaseNamedObjects\\"
static HANDLE opened;
static ULONG needed;
static union { BYTE bytes[512]; TOKEN_USER user; ULONG number; } data;

static NTSTATUS open(ACCESS_MASK access, BOOLEAN as_self)
{
    return NtOpenThreadToken(NtCurrentThread(), access, as_self, &opened);
}

static NTSTATUS open_event(void)
{
    HANDLE event;
    NTSTATUS status = NtOpenEvent(&event, EVENT_MODIFY_STATE, named(BNO L"conf-act", 0));
    if (status >= 0)
        NtClose(event);
    return status;
}

static NTSTATUS act_for(HANDLE server, HANDLE client, ULONG level)
{
    SECURITY_QUALITY_OF_SERVICE quality = {sizeof(quality), level, SECURITY_STATIC_TRACKING, FALSE};
    return NtImpersonateThread(server, client, &quality);
}

static void threads(void)
{
    SECURITY_QUALITY_OF_SERVICE quality = {sizeof(quality) - 1, 2, 0, FALSE};
    HANDLE self_query;
    expect(NtImpersonateThread(NtCurrentThread(), NtCurrentThread(), &quality), STATUS_INVALID_PARAMETER,
           "act for a thread, wrong length");
    expect(act_for(NtCurrentThread(), NtCurrentThread(), 4), STATUS_BAD_IMPERSONATION_LEVEL, "act for a thread, no such level");
    expect(act_for(NULL, NtCurrentThread(), SecurityImpersonation), STATUS_INVALID_HANDLE, "no server");
    expect(act_for(NtCurrentThread(), NULL, SecurityImpersonation), STATUS_INVALID_HANDLE, "no client");
    NtDuplicateObject(NtCurrentProcess(), NtCurrentThread(), NtCurrentProcess(), &self_query, THREAD_QUERY_INFORMATION, 0, 0);
    expect(act_for(self_query, NtCurrentThread(), SecurityImpersonation), STATUS_ACCESS_DENIED, "server without the right");
    expect(act_for(NtCurrentThread(), self_query, SecurityImpersonation), STATUS_ACCESS_DENIED, "client without the right");
    NtClose(self_query);
    expect(act_for(NtCurrentThread(), NtCurrentThread(), SecurityIdentification), 0, "act for oneself");
    expect(open(TOKEN_QUERY, TRUE), 0, "that can be opened");
    NtQueryInformationToken(opened, TokenImpersonationLevel, &data, sizeof(data), &needed);
    equal(data.number, SecurityIdentification, "it has the level asked for");
    NtClose(opened);
    expect(act_for(NtCurrentThread(), NtCurrentThread(), SecurityImpersonation), STATUS_BAD_IMPERSONATION_LEVEL,
           "who is only identified cannot pass on more");
    impersonate(NULL);
}

static void nobody(void)
{
    static ANY_SID anonymous = SID1(5, 7);
    HANDLE weak;
    expect(NtImpersonateAnonymousToken(NULL), STATUS_INVALID_HANDLE, "be nobody, no thread");
    NtDuplicateObject(NtCurrentProcess(), NtCurrentThread(), NtCurrentProcess(), &weak, SYNCHRONIZE, 0, 0);
    expect(NtImpersonateAnonymousToken(weak), STATUS_ACCESS_DENIED, "be nobody, without the right");
    NtClose(weak);
    expect(NtImpersonateAnonymousToken(NtCurrentThread()), 0, "be nobody");
    expect(open_event(), STATUS_ACCESS_DENIED, "nobody is not let in");
    expect(open(TOKEN_QUERY, TRUE), 0, "the system looks at who nobody is");
    NtQueryInformationToken(opened, TokenUser, &data, sizeof(data), &needed);
    check(same_sid(data.user.User.Sid, &anonymous), "S-1-5-7");
    NtClose(opened);
    expect(impersonate(NULL), 0, "be somebody again");
}

/* Who lacks SeImpersonatePrivilege may be told who a client is, but not act for it (service packs of 2000 and XP). */
static void lowered(void)
{
    HANDLE hers;
    expect(user_token(&alice, TokenImpersonation, &hers), 0, "a token of another user");
    expect(impersonate(hers), 0, "a server acts for her");
    open(TOKEN_QUERY, TRUE);
    NtQueryInformationToken(opened, TokenImpersonationLevel, &data, sizeof(data), &needed);
    equal(data.number, SecurityImpersonation, "at the token's level");
    NtClose(opened);
    impersonate(NULL);
    own_privilege(29, FALSE);
    expect(impersonate(hers), 0, "without SeImpersonatePrivilege the call succeeds as well");
    open(TOKEN_QUERY, TRUE);
    NtQueryInformationToken(opened, TokenImpersonationLevel, &data, sizeof(data), &needed);
    equal(data.number, SecurityIdentification, "but the level is lower");
    NtClose(opened);
    expect(open_event(), STATUS_BAD_IMPERSONATION_LEVEL, "and opens nothing");
    impersonate(NULL);
    HANDLE own = impersonation_token(SecurityImpersonation);
    expect(impersonate(own), 0, "acting for oneself needs no privilege");
    expect(open_event(), 0, "and opens what one may");
    impersonate(NULL);
    own_privilege(29, TRUE);
    NtClose(own);
    NtClose(hers);
}

void test_main(void)
{
    HANDLE event;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, named(BNO L"conf-act", 0), NotificationEvent, FALSE);
    threads();
    nobody();
    lowered();
    NtClose(event);
}

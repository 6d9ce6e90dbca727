/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may connect, to whom, and in whose name a server may act: NtImpersonateClientOfPort, NtSecureConnectPort, descriptors of ports.
 * Known from: the SDK's SECURITY_QUALITY_OF_SERVICE (static and dynamic tracking, effective only) and "Impersonation Levels"; G. Nebbett,
 * Native API Reference, ch. 12; ReactOS' ntoskrnl/lpc/port.c (order of checks, the flag in the type that forbids impersonation) and connect.c.
 */
#include "ntapi_lpc.h"
#include "ntapi_se.h"

#define NAME L"\\BaseNamedObjects\\conf-lpc-security"
#define NO_IMPERSONATION 0x4000

static HANDLE server, alices;

typedef struct {
    QOS *qos;
    HANDLE connects_as, asks_as, port;
    SHORT type;
    NTSTATUS connected, asked;
} CALLER;

static NTSTATUS caller(PVOID argument)
{
    CALLER *c = argument;
    UNICODE_STRING name = ustr(NAME);
    MSG m;
    impersonate(c->connects_as);
    c->connected = NtConnectPort(&c->port, &name, c->qos, NULL, NULL, NULL, NULL, NULL);
    impersonate(c->asks_as);
    if (c->connected == 0) {
        message(&m, 1, 1);
        m.Type = c->type;
        c->asked = NtRequestWaitReplyPort(c->port, &m, &m);
    }
    impersonate(NULL);
    return 0;
}

/* The user of the thread's token; `level` is that of the token. */
static const ANY_SID *acting_as(ULONG *level)
{
    static UCHAR room[128];
    HANDLE token;
    ULONG length;
    *level = 99;
    if (NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &token))
        return NULL;
    NtQueryInformationToken(token, TokenUser, room, sizeof(room), &length);
    NtQueryInformationToken(token, TokenImpersonationLevel, level, sizeof(*level), &length);
    NtClose(token);
    return ((TOKEN_USER *)room)->User.Sid;
}

static MSG request;
static HANDLE to_client, calling;

/* Connect and ask in another thread, up to where the server may act for it. */
static void begin(CALLER *c)
{
    calling = thread_start(caller, c);
    to_client = plain_accept(server, NULL);
    NtReplyWaitReceivePort(server, NULL, NULL, &request);
}

static void finish(CALLER *c)
{
    MSG m;
    impersonate(NULL);
    NtReplyPort(server, &request);
    thread_join(calling);
    NtClose(c->port);
    NtReplyWaitReceivePort(server, NULL, NULL, &m);
    NtClose(to_client);
}

static void tracking(void)
{
    CALLER c = {.qos = quality(SecurityImpersonation, FALSE, FALSE), .connects_as = alices};
    ULONG level;
    begin(&c);
    expect(NtImpersonateClientOfPort(to_client, &request), 0, "static tracking: impersonate");
    check(same_sid(acting_as(&level), &alice), "static tracking: who connected");
    equal(level, SecurityImpersonation, "static tracking: level");
    impersonate(NULL);
    equal((ULONG_PTR)acting_as(&level), 0, "and back");
    finish(&c);
    expect(c.asked, 0, "the client had its reply");
    c = (CALLER){.qos = quality(SecurityImpersonation, FALSE, FALSE), .asks_as = alices};
    begin(&c);
    expect(NtImpersonateClientOfPort(to_client, &request), 0, "static tracking: impersonate again");
    check(same_sid(acting_as(&level), &local_system), "static tracking: not who asks");
    finish(&c);
    c = (CALLER){.qos = quality(SecurityImpersonation, TRUE, FALSE), .asks_as = alices};
    begin(&c);
    expect(NtImpersonateClientOfPort(to_client, &request), 0, "dynamic tracking: impersonate");
    check(same_sid(acting_as(&level), &alice), "dynamic tracking: who asks");
    finish(&c);
    c = (CALLER){.qos = quality(SecurityImpersonation, TRUE, FALSE), .connects_as = alices};
    begin(&c);
    expect(NtImpersonateClientOfPort(to_client, &request), 0, "dynamic tracking: impersonate again");
    check(same_sid(acting_as(&level), &local_system), "dynamic tracking: not who connected");
    finish(&c);
}

static void levels(void)
{
    CALLER c = {.qos = quality(SecurityIdentification, FALSE, FALSE)};
    HANDLE token, weak = impersonation_token(SecurityIdentification);
    UNICODE_STRING name = ustr(NAME);
    ULONG level;
    begin(&c);
    expect(NtImpersonateClientOfPort(to_client, &request), 0, "identification: impersonate");
    acting_as(&level);
    equal(level, SecurityIdentification, "identification: level");
    finish(&c);
    c.qos = quality(SecurityAnonymous, FALSE, FALSE);
    begin(&c);
    expect(NtImpersonateClientOfPort(to_client, &request), 0, "anonymous: impersonate");
    expect(NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &token), STATUS_CANT_OPEN_ANONYMOUS, "anonymous: nobody's token");
    finish(&c);
    expect(NtConnectPort(&token, &name, quality(7, FALSE, FALSE), NULL, NULL, NULL, NULL, NULL), STATUS_INVALID_PARAMETER,
           "no such level, static tracking");
    impersonate(weak);
    expect(NtConnectPort(&token, &name, quality(SecurityImpersonation, FALSE, FALSE), NULL, NULL, NULL, NULL, NULL),
           STATUS_BAD_IMPERSONATION_LEVEL, "nobody can pass on more than he has");
    impersonate(NULL);
    NtClose(weak);
    c.qos = quality(7, TRUE, FALSE);
    begin(&c);
    expect(NtImpersonateClientOfPort(to_client, &request), STATUS_INVALID_PARAMETER, "no such level, dynamic tracking");
    finish(&c);
    c = (CALLER){.qos = quality(SecurityImpersonation, FALSE, FALSE), .type = NO_IMPERSONATION};
    begin(&c);
    equal(request.Type, LPC_REQUEST, "a request that forbids impersonation looks as others");
    expect(NtImpersonateClientOfPort(to_client, &request), STATUS_ACCESS_DENIED, "and is not impersonated");
    finish(&c);
}

static void errors(void)
{
    CALLER c = {.qos = quality(SecurityImpersonation, FALSE, FALSE)};
    MSG m, wrong;
    HANDLE weak;
    begin(&c);
    faults(BAD_IN, p, NtImpersonateClientOfPort(to_client, p), "impersonate, message");
    expect(NtImpersonateClientOfPort((HANDLE)0x7ff0, &request), STATUS_INVALID_HANDLE, "impersonate, no such handle");
    expect(NtImpersonateClientOfPort(calling, &request), STATUS_OBJECT_TYPE_MISMATCH, "impersonate, a thread");
    expect(NtImpersonateClientOfPort(server, &request), STATUS_INVALID_PORT_HANDLE, "impersonate, the port of the name");
    expect(NtImpersonateClientOfPort(c.port, &request), STATUS_INVALID_PORT_HANDLE, "impersonate, the client's end");
    NtDuplicateObject(NtCurrentProcess(), to_client, NtCurrentProcess(), &weak, READ_CONTROL, 0, 0);
    expect(NtImpersonateClientOfPort(weak, &request), STATUS_ACCESS_DENIED, "impersonate, without the rights");
    NtClose(weak);
    wrong = request;
    wrong.MessageId++;
    expect(NtImpersonateClientOfPort(to_client, &wrong), STATUS_REPLY_MESSAGE_MISMATCH, "impersonate, another message");
    wrong.MessageId = 0;
    expect(NtImpersonateClientOfPort(to_client, &wrong), STATUS_REPLY_MESSAGE_MISMATCH, "impersonate, message 0");
    wrong = request;
    wrong.ClientId.UniqueThread = 0xfff0;
    expect(NtImpersonateClientOfPort(to_client, &wrong), STATUS_INVALID_CID, "impersonate, no such thread");
    message(&m, 1, 1);
    NtRequestPort(c.port, &m);
    NtReplyWaitReceivePort(server, NULL, NULL, &m);
    expect(NtImpersonateClientOfPort(to_client, &m), STATUS_REPLY_MESSAGE_MISMATCH, "impersonate, a datagram");
    finish(&c);
    expect(NtImpersonateClientOfPort(to_client, &request), STATUS_INVALID_HANDLE, "impersonate, all is over");
}

static void disconnected(void)
{
    CALLER c = {.qos = quality(SecurityImpersonation, FALSE, FALSE)};
    MSG m;
    begin(&c);
    NtReplyPort(server, &request);
    wait_ms(calling, 5000);
    expect(NtImpersonateClientOfPort(to_client, &request), STATUS_REPLY_MESSAGE_MISMATCH, "impersonate, replied to");
    NtClose(c.port);
    expect(NtImpersonateClientOfPort(to_client, &request), STATUS_PORT_DISCONNECTED, "impersonate, disconnected");
    NtClose(calling);
    NtReplyWaitReceivePort(server, NULL, NULL, &m);
    NtClose(to_client);
}

static NTSTATUS secure_client(PVOID sid)
{
    UNICODE_STRING name = ustr(NAME);
    HANDLE port = NULL;
    NTSTATUS status = NtSecureConnectPort(&port, &name, quality(2, FALSE, TRUE), NULL, sid, NULL, NULL, NULL, NULL);
    if (port)
        NtClose(port);
    return status;
}

static void servers(void)
{
    ANY_SID strange = local_system;
    HANDLE thread;
    MSG m;
    expect(secure_client(&alice), STATUS_SERVER_SID_MISMATCH, "the server is not alice");
    strange.revision = 2;
    expect(secure_client(&strange), STATUS_INVALID_SID, "no SID at all");
    expect(secure_client((PVOID)0x80001000), STATUS_ACCESS_VIOLATION, "a SID in the kernel");
    thread = thread_start(secure_client, &local_system);
    to_client = plain_accept(server, NULL);
    expect(thread_join(thread), 0, "the server is the system");
    NtReplyWaitReceivePort(server, NULL, NULL, &m);
    NtClose(to_client);
    thread = thread_start(secure_client, NULL);
    to_client = plain_accept(server, NULL);
    expect(thread_join(thread), 0, "anybody will do");
    NtReplyWaitReceivePort(server, NULL, NULL, &m);
    NtClose(to_client);
}

static void descriptors(void)
{
    ANY_ACL acl;
    SECURITY_DESCRIPTOR sd;
    OBJECT_ATTRIBUTES attributes = *named(L"\\BaseNamedObjects\\conf-lpc-guarded", 0);
    UNICODE_STRING name = ustr(L"\\BaseNamedObjects\\conf-lpc-guarded");
    HANDLE guarded, port = NULL, thread;
    CLIENT client = {L"\\BaseNamedObjects\\conf-lpc-guarded", NULL, 0};
    MSG m;
    attributes.ObjectName = &name;
    attributes.SecurityDescriptor = &sd;
    acl_add(acl_start(&acl, ACL_REVISION), ACCESS_ALLOWED_ACE_TYPE, 0, PORT_CONNECT, &bob);
    sd = descriptor(&local_system, &local_system, &acl);
    expect(NtCreatePort(&guarded, &attributes, 0, 100, 0), 0, "create a port for bob");
    impersonate(alices);
    expect(plain_connect(&port, client.name), STATUS_ACCESS_DENIED, "alice may not connect");
    impersonate(NULL);
    expect(plain_connect(&port, client.name), STATUS_ACCESS_DENIED, "nor may the system");
    NtClose(guarded);
    acl_add(acl_start(&acl, ACL_REVISION), ACCESS_ALLOWED_ACE_TYPE, 0, PORT_CONNECT, &world);
    expect(NtCreatePort(&guarded, &attributes, 0, 100, 0), 0, "create a port for everybody");
    thread = thread_start(plain_client, &client);
    port = plain_accept(guarded, NULL);
    expect(thread_join(thread), 0, "everybody may connect");
    NtClose(client.port);
    NtReplyWaitReceivePort(guarded, NULL, NULL, &m);
    NtClose(port);
    NtClose(guarded);
    impersonate(alices);
    expect(plain_connect(&port, NAME), STATUS_ACCESS_DENIED, "a port of the system is not for alice unless it says so");
    impersonate(NULL);
}

void test_main(void)
{
    ULONG ports = ports_now();
    ANY_ACL acl;
    UNICODE_STRING name = ustr(NAME);
    SECURITY_DESCRIPTOR sd;
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes), NULL, &name, 0, &sd, NULL};
    expect(user_token(&alice, TokenImpersonation, &alices), 0, "a token of alice's");
    acl_add(acl_start(&acl, ACL_REVISION), ACCESS_ALLOWED_ACE_TYPE, 0, PORT_CONNECT, &world);
    sd = descriptor(&local_system, &local_system, &acl);
    expect(NtCreatePort(&server, &attributes, 0, 100, 0), 0, "create a port");
    tracking();
    levels();
    errors();
    disconnected();
    servers();
    NtClose(server);
    NtCreatePort(&server, named(NAME, 0), 0, 100, 0);
    descriptors();
    NtClose(server);
    NtClose(alices);
    ports_gone(ports);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's own port: this program plays the local security authority, which the reference monitor waits for.
 * Known from: Windows Internals, 4th ed., ch. 8 (SeRmCommandPort, SeLsaCommandPort, and how the two connect); ReactOS'
 * ntoskrnl/se/srm.c and dll/win32/lsasrv/srm.c (the order of steps, numbers of the commands, where the status of a reply stands); the third
 * command of the authority tells of the end of a session. That the
 * monitor serves the next authority after one has gone is ring3k's own: on Windows the system goes down with it.
 */
#include "ntapi_lpc.h"
#include "ntapi_se.h"

enum { AUDIT_SET = 1, CREATE_LOGON_SESSION, DELETE_LOGON_SESSION };

static HANDLE authority, init_event;
static CLIENT monitor_client;

/* A command of so many words of parameters; the status in its reply. */
static NTSTATUS command(HANDLE port, ULONG number, int words, ULONG first)
{
    MSG m;
    NTSTATUS status;
    message(&m, words + 1, first - 1);
    m.data[0] = number;
    status = NtRequestWaitReplyPort(port, &m, &m);
    return status ? status : (NTSTATUS)m.data[1];
}

static HANDLE become_authority(HANDLE *from_monitor, BOOLEAN first)
{
    HANDLE thread;
    REMOTE_PORT_VIEW view = {sizeof(view), 0, NULL};
    MSG m;
    monitor_client = (CLIENT){L"\\SeRmCommandPort", NULL, 1};
    thread = thread_start(plain_client, &monitor_client);
    if (first) {
        expect(wait_ms(thread, 20), STATUS_TIMEOUT, "the monitor waits for its event");
        expect(NtSetEvent(init_event, NULL), 0, "set it");
        expect(thread_join(thread), 0, "it takes the connection");
        expect(monitor_client.status, 0, "connected");
        expect(NtListenPort(authority, &m), 0, "and connects to the authority");
        equal(m.ClientId.UniqueProcess, nt_at_least(5, 1) ? 4 : 8, "as the system process");
        check(m.CallbackId >= 0x1000, "with a section");
        expect(NtAcceptConnectPort(from_monitor, NULL, &m, TRUE, NULL, &view), 0, "accept it");
        expect(NtCompleteConnectPort(*from_monitor), 0, "complete it");
        check(view.ViewBase != NULL, "the section is mapped here");
        equal(view.ViewSize, m.CallbackId, "all of it");
        *(volatile ULONG *)view.ViewBase = 1;
    } else {
        thread_join(thread);
        NtListenPort(authority, &m);
        NtAcceptConnectPort(from_monitor, NULL, &m, TRUE, NULL, NULL);
        NtCompleteConnectPort(*from_monitor);
    }
    return monitor_client.port;
}

static void commands(HANDLE port)
{
    HANDLE other = NULL;
    MSG m;
    expect(command(port, CREATE_LOGON_SESSION, 2, 0x12345678), 0, "a logon session is made");
    expect(command(port, CREATE_LOGON_SESSION, 2, 0x12345678), STATUS_LOGON_SESSION_EXISTS, "it cannot be made again");
    expect(command(port, DELETE_LOGON_SESSION, 2, 0x12345678), 0, "it is ended");
    expect(command(port, DELETE_LOGON_SESSION, 2, 0x12345678), STATUS_NO_SUCH_LOGON_SESSION, "it cannot be ended again");
    message(&m, 3, 0);
    m.data[0] = DELETE_LOGON_SESSION;
    m.data[1] = 999;
    m.data[2] = 0;
    expect(NtRequestWaitReplyPort(port, &m, &m), 0, "end the system's session");
    expect(m.data[1], STATUS_BAD_LOGON_SESSION_STATE, "which cannot be");
    equal(m.DataLength, 12, "a reply is as long as its request");
    expect(command(port, AUDIT_SET, 10, 0), 0, "say what is to be audited");
    expect(command(port, 77, 2, 0), STATUS_INVALID_PARAMETER, "no such command");
    expect(plain_connect(&other, L"\\SeRmCommandPort"), STATUS_PORT_CONNECTION_REFUSED, "nobody else may connect");
}

/* A token of a session that was just made: the session lasts as long, and its end is told. */
static void sessions(HANDLE port)
{
    TOKEN_PRIVILEGES privileges = one_privilege(23, 0);
    TOKEN_GROUPS groups = {1, {{&users, SE_GROUP_MANDATORY}}};
    TOKEN_USER holder = {{&alice, 0}};
    TOKEN_PRIMARY_GROUP group = {&users};
    TOKEN_SOURCE source = {"conform", {0, 0}};
    LUID logon = {0x7001, 0x7002};
    LARGE_INTEGER never = {.QuadPart = 0x7fffffffffffffffLL};
    HANDLE token = NULL;
    MSG m;
    own_privilege(2, TRUE);
    expect(NtCreateToken(&token, TOKEN_ALL_ACCESS, at_level(2), TokenPrimary, &logon, &never, &holder, &groups, &privileges, NULL,
                         &group, NULL, &source),
           STATUS_NO_SUCH_LOGON_SESSION, "a token of a session that is not there");
    expect(command(port, CREATE_LOGON_SESSION, 2, 0x7001), 0, "make the session");
    expect(NtCreateToken(&token, TOKEN_ALL_ACCESS, at_level(2), TokenPrimary, &logon, &never, &holder, &groups, &privileges, NULL,
                         &group, NULL, &source),
           0, "now there is a token");
    own_privilege(2, FALSE);
    expect(command(port, DELETE_LOGON_SESSION, 2, 0x7001), STATUS_BAD_LOGON_SESSION_STATE, "a session in use cannot be ended");
    NtClose(token);
    expect(NtReplyWaitReceivePort(authority, NULL, NULL, &m), 0, "the authority is told when its last token is gone");
    equal(m.Type, LPC_REQUEST, "by a request");
    equal(m.data[0], 3, "of this number");
    check(m.data[1] == 0x7001 && m.data[2] == 0x7002, "with the session");
    expect(NtReplyPort(authority, &m), 0, "it answers");
    expect(command(port, DELETE_LOGON_SESSION, 2, 0x7001), 0, "and ends the session");
}

void test_main(void)
{
    ULONG ports = ports_now();
    HANDLE port, from_monitor = NULL;
    MSG m;
    expect(NtCreatePort(&port, named(L"\\SeRmCommandPort", 0), 0, 100, 0), STATUS_OBJECT_NAME_COLLISION, "the monitor's port is there");
    expect(NtOpenEvent(&init_event, EVENT_ALL_ACCESS, named(L"\\SeLsaInitEvent", 0)), 0, "and its event");
    expect(NtCreatePort(&authority, named(L"\\SeLsaCommandPort", 0), 0, 256, 0), 0, "create the authority's port");
    port = become_authority(&from_monitor, TRUE);
    commands(port);
    sessions(port);
    NtClose(port);
    NtReplyWaitReceivePort(authority, NULL, NULL, &m);
    equal(m.Type, LPC_PORT_CLOSED, "the monitor goes with its authority");
    NtClose(from_monitor);
    port = become_authority(&from_monitor, FALSE);
    expect(command(port, CREATE_LOGON_SESSION, 2, 0x2000), 0, "the next one is served");
    expect(command(port, DELETE_LOGON_SESSION, 2, 0x2000), 0, "in the same way");
    NtResetEvent(init_event, NULL);
    NtClose(port);
    NtReplyWaitReceivePort(authority, NULL, NULL, &m);
    NtClose(from_monitor);
    NtClose(authority);
    NtClose(init_event);
    ports_gone(ports);
}

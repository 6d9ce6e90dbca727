/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sections in a connection: the client's, the server's, both; where they are seen and when they go.
 * Known from: G. Nebbett, Native API Reference, ch. 12 (PORT_VIEW and REMOTE_PORT_VIEW, the names there are PORT_SECTION_WRITE and _READ);
 * ReactOS' ntoskrnl/lpc/connect.c, complete.c and close.c (rights asked for, who unmaps). A view begins at 64 KB, as every view does.
 */
#include "ntapi_lpc.h"

#define NAME L"\\BaseNamedObjects\\conf-lpc-section"

static HANDLE server;

typedef struct {
    PORT_VIEW view;
    REMOTE_PORT_VIEW remote;
    BOOLEAN with_view, with_remote;
    HANDLE port;
    NTSTATUS status;
} CONNECTING;

static NTSTATUS client(PVOID argument)
{
    CONNECTING *c = argument;
    UNICODE_STRING name = ustr(NAME);
    c->status = NtConnectPort(&c->port, &name, quality(2, FALSE, TRUE), c->with_view ? &c->view : NULL,
                              c->with_remote ? &c->remote : NULL, NULL, NULL, NULL);
    return 0;
}

static HANDLE section_of(ULONG size, ULONG protect)
{
    LI length = {.QuadPart = size};
    HANDLE section = NULL;
    NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &length, protect, SEC_COMMIT, NULL);
    return section;
}

static ULONG state_of(PVOID address)
{
    MEMORY_BASIC_INFORMATION info = {0};
    NtQueryVirtualMemory(NtCurrentProcess(), address, 0, &info, sizeof(info), NULL);
    return info.State;
}

static void both(void)
{
    CONNECTING c = {.view = {sizeof(PORT_VIEW), section_of(0x30000, PAGE_READWRITE), 0x11000, 0x2000, NULL, NULL},
                    .remote = {sizeof(REMOTE_PORT_VIEW), 1, NULL}, .with_view = TRUE, .with_remote = TRUE};
    HANDLE own = section_of(0x5000, PAGE_READWRITE), thread, port = NULL;
    PORT_VIEW view = {sizeof(view), own, 0, 0, NULL, NULL};
    REMOTE_PORT_VIEW remote = {sizeof(remote), 0, NULL};
    MEMORY_BASIC_INFORMATION info;
    MSG m;
    thread = thread_start(client, &c);
    NtListenPort(server, &m);
    equal(m.CallbackId, 0x3000, "the request tells the size of the client's view");
    expect(NtAcceptConnectPort(&port, NULL, &m, TRUE, &view, &remote), 0, "accept with a section");
    NtCompleteConnectPort(port);
    thread_join(thread);
    expect(c.status, 0, "the client is connected");
    equal(c.view.SectionOffset, 0x10000, "its view begins at 64 KB");
    equal(c.view.ViewSize, 0x3000, "and is as much longer");
    check(c.view.ViewBase && c.view.ViewRemoteBase && c.view.ViewBase != c.view.ViewRemoteBase, "it is seen at two places");
    check(remote.ViewBase == c.view.ViewRemoteBase, "the server knows where");
    equal(remote.ViewSize, 0x3000, "and how long it is");
    equal(view.ViewSize, 0x5000, "the server's view is the whole section");
    check(view.ViewBase && view.ViewRemoteBase == c.remote.ViewBase, "both know where the client has it");
    equal(c.remote.ViewSize, 0x5000, "and how long it is there");
    *(volatile ULONG *)c.view.ViewBase = 0x1234;
    equal(*(volatile ULONG *)remote.ViewBase, 0x1234, "what the client writes the server reads");
    *(volatile ULONG *)view.ViewBase = 0x5678;
    equal(*(volatile ULONG *)c.remote.ViewBase, 0x5678, "what the server writes the client reads");
    NtQueryVirtualMemory(NtCurrentProcess(), remote.ViewBase, 0, &info, sizeof(info), NULL);
    equal(info.Protect, PAGE_READWRITE, "views are for reading and writing");
    NtClose(c.view.SectionHandle);
    NtClose(own);
    equal(state_of(c.view.ViewBase), MEM_COMMIT, "views stay without the section's handle");
    NtClose(c.port);
    equal(state_of(c.view.ViewBase), MEM_FREE, "the client's views go with its port: its own");
    equal(state_of(c.remote.ViewBase), MEM_FREE, "the client's views go with its port: the server's");
    equal(state_of(remote.ViewBase), MEM_COMMIT, "the server's stay");
    NtClose(port);
    equal(state_of(remote.ViewBase), MEM_FREE, "and go with its own port: the client's");
    equal(state_of(view.ViewBase), MEM_FREE, "and go with its own port: its own");
    NtReplyWaitReceivePort(server, NULL, NULL, &m);
}

static void only_client(void)
{
    CONNECTING c = {.view = {sizeof(PORT_VIEW), section_of(0x1000, PAGE_READWRITE), 0, 0, NULL, NULL},
                    .remote = {sizeof(REMOTE_PORT_VIEW), 1, (PVOID)1}, .with_view = TRUE, .with_remote = TRUE};
    HANDLE thread = thread_start(client, &c), port = NULL;
    MSG m;
    NtListenPort(server, &m);
    expect(NtAcceptConnectPort(&port, NULL, &m, TRUE, NULL, NULL), 0, "accept without a section");
    NtCompleteConnectPort(port);
    thread_join(thread);
    expect(c.status, 0, "only the client has one");
    equal(c.view.ViewSize, 0x1000, "size 0 is all of it");
    equal(c.remote.ViewSize, 0, "the server has none: size");
    equal((ULONG_PTR)c.remote.ViewBase, 0, "the server has none: address");
    check(c.view.ViewRemoteBase != NULL, "the server has the client's all the same");
    NtClose(c.port);
    NtClose(port);
    NtClose(c.view.SectionHandle);
    NtReplyWaitReceivePort(server, NULL, NULL, &m);
}

static NTSTATUS try(HANDLE section, ULONG offset, ULONG size)
{
    CONNECTING c = {.view = {sizeof(PORT_VIEW), section, offset, size, NULL, NULL}, .with_view = TRUE};
    client(&c);
    return c.status;
}

static void errors(void)
{
    HANDLE section = section_of(0x1000, PAGE_READWRITE), readonly = section_of(0x1000, PAGE_READONLY), event, weak, thread, port = NULL;
    CONNECTING c = {0};
    PORT_VIEW view = {sizeof(view), NULL, 0, 0, NULL, NULL};
    MSG m;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    NtDuplicateObject(NtCurrentProcess(), section, NtCurrentProcess(), &weak, SECTION_MAP_READ, 0, 0);
    expect(try((HANDLE)0x7ff0, 0, 0), STATUS_INVALID_HANDLE, "no such section");
    expect(try(event, 0, 0), STATUS_OBJECT_TYPE_MISMATCH, "an event for a section");
    expect(try(weak, 0, 0), STATUS_ACCESS_DENIED, "a section that may only be read");
    expect(try(readonly, 0, 0), STATUS_SECTION_PROTECTION, "a section of read-only pages");
    expect(try(section, 0, 0x2000), STATUS_INVALID_VIEW_SIZE, "a view longer than its section");
    expect(try(section, 0x10000, 0), STATUS_INVALID_VIEW_SIZE, "a view behind its section");
    thread = thread_start(client, &c);
    NtListenPort(server, &m);
    view.SectionHandle = event;
    expect(NtAcceptConnectPort(&port, NULL, &m, TRUE, &view, NULL), STATUS_OBJECT_TYPE_MISMATCH, "accept, an event for a section");
    thread_join(thread);
    check(c.status != 0, "the client is refused");
    thread = thread_start(client, &c);
    NtListenPort(server, &m);
    view.SectionHandle = section;
    view.ViewSize = 0x3000;
    expect(NtAcceptConnectPort(&port, NULL, &m, TRUE, &view, NULL), STATUS_INVALID_VIEW_SIZE, "accept, a view longer than its section");
    thread_join(thread);
    check(c.status != 0, "the client is not connected");
    expect(NtReplyWaitReceivePortEx(server, NULL, NULL, &m, relative_ms(0)), STATUS_TIMEOUT, "nothing is left of it");
    NtClose(event);
    NtClose(weak);
    NtClose(readonly);
    NtClose(section);
}

NTSTATUS child_main(const char *what)
{
    CONNECTING c = {.view = {sizeof(PORT_VIEW), section_of(0x4000, PAGE_READWRITE), 0, 0, NULL, NULL},
                    .remote = {sizeof(REMOTE_PORT_VIEW), 0, NULL}, .with_view = TRUE, .with_remote = TRUE};
    MSG m;
    (void)what;
    client(&c);
    if (c.status)
        return 1;
    ((ULONG *)c.view.ViewBase)[1] = 0xc0ffee;
    message(&m, 1, 4);
    if (NtRequestWaitReplyPort(c.port, &m, &m))
        return 2;
    return ((ULONG *)c.remote.ViewBase)[2] == 0xbeef ? 5 : 3;
}

static void processes(void)
{
    HANDLE own = section_of(0x1000, PAGE_READWRITE), port = NULL;
    PORT_VIEW view = {sizeof(view), own, 0, 0, NULL, NULL};
    REMOTE_PORT_VIEW remote = {sizeof(remote), 0, NULL};
    CHILD child;
    MSG m;
    check(child_start(&child, "client", FALSE), "a client in another process");
    NtListenPort(server, &m);
    expect(NtAcceptConnectPort(&port, NULL, &m, TRUE, &view, &remote), 0, "accept it");
    NtCompleteConnectPort(port);
    NtReplyWaitReceivePort(server, NULL, NULL, &m);
    equal(((ULONG *)remote.ViewBase)[1], 0xc0ffee, "the other process has written");
    ((ULONG *)view.ViewBase)[2] = 0xbeef;
    NtReplyPort(server, &m);
    expect(child_wait(&child), 5, "and has read");
    child_close(&child);
    NtClose(port);
    equal(state_of(view.ViewBase), MEM_FREE, "all views are gone");
    NtClose(own);
}

void test_main(void)
{
    ULONG ports = ports_now();
    expect(NtCreatePort(&server, named(NAME, 0), 0, 100, 0), 0, "create a port");
    both();
    only_client();
    errors();
    processes();
    NtClose(server);
    ports_gone(ports);
}

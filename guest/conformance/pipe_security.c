/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Named pipes: who may use them, and servers that act for their clients.
 * Known from: MSDN ImpersonateNamedPipeClient, "Named Pipe Security and Access Rights", SECURITY_QUALITY_OF_SERVICE; Wine's
 * dlls/ntdll/tests/pipe.c (test_security_info: one descriptor for all ends) and dlls/kernel32/tests/pipe.c (impersonation).
 */
#include "ntapi_device.h"
#include "ntapi_se.h"

static HANDLE server, client;
static char buffer[16];
static LI second = {.QuadPart = -10000000};

static NTSTATUS make(SECURITY_DESCRIPTOR *given, ULONG access)
{
    OBJECT_ATTRIBUTES attributes = *named(PIPE_NAME, OBJ_CASE_INSENSITIVE);
    attributes.SecurityDescriptor = given;
    return NtCreateNamedPipeFile(&server, access | SYNCHRONIZE, &attributes, &io, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_IF, 0,
                                 BYTES, BYTES, QUEUE, 4, 100, 100, &second);
}

static NTSTATUS connect(ULONG level, ULONG tracking, BOOLEAN effective_only, BOOLEAN silent)
{
    OBJECT_ATTRIBUTES attributes = *named(PIPE_NAME, OBJ_CASE_INSENSITIVE);
    SECURITY_QUALITY_OF_SERVICE quality = {sizeof(quality), level, (SECURITY_CONTEXT_TRACKING_MODE)tracking, effective_only};
    if (!silent)
        attributes.SecurityQualityOfService = &quality;
    return NtOpenFile(&client, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes, &io, 0, 0);
}

/* The level at which this thread impersonates, or the status of having none. */
static ULONG level_now(void)
{
    ULONG level = 99, length;
    HANDLE token;
    NTSTATUS status = NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &token);
    if (status)
        return (ULONG)status;
    NtQueryInformationToken(token, TokenImpersonationLevel, &level, sizeof(level), &length);
    NtClose(token);
    return level;
}

static void rights(void)
{
    ANY_ACL acl;
    SECURITY_DESCRIPTOR nobody = descriptor(NULL, NULL, acl_start(&acl, ACL_REVISION)), *whole = (PVOID)buffer;
    static UCHAR data[400];
    ULONG length;
    HANDLE first;
    (void)whole;
    expect(make(&nobody, GENERIC_READ | GENERIC_WRITE | WRITE_DAC | READ_CONTROL), 0, "a pipe for nobody; its maker gets his end");
    expect(pipe_client(&client, GENERIC_READ, 0), STATUS_ACCESS_DENIED, "nobody opens it");
    first = server;
    expect(make(NULL, GENERIC_READ), STATUS_ACCESS_DENIED, "or makes an instance");
    server = first;
    acl_add(&acl, ACCESS_ALLOWED_ACE_TYPE, 0, FILE_GENERIC_READ, &world);
    nobody = descriptor(NULL, NULL, &acl);
    expect(NtSetSecurityObject(server, DACL_SECURITY_INFORMATION, &nobody), 0, "let everybody read");
    expect(pipe_client(&client, GENERIC_WRITE, 0), STATUS_ACCESS_DENIED, "nobody writes");
    expect(make(NULL, GENERIC_READ), STATUS_ACCESS_DENIED, "reading makes no instance");
    server = first;
    expect(pipe_client(&client, GENERIC_READ | READ_CONTROL, 0), 0, "everybody reads");
    expect(NtQuerySecurityObject(client, DACL_SECURITY_INFORMATION, data, sizeof(data), &length), 0, "the client's end");
    equal(DACL_OF(data)->AceCount, 1, "has the same descriptor");
    equal(ace_mask(first_ace(DACL_OF(data))), FILE_GENERIC_READ, "with what was set");
    expect(pipe_control(server, FSCTL_PIPE_DISCONNECT), 0, "disconnect");
    expect(NtQuerySecurityObject(client, DACL_SECURITY_INFORMATION, data, sizeof(data), &length), STATUS_PIPE_DISCONNECTED,
           "a disconnected client's end has none");
    expect(NtQuerySecurityObject(server, DACL_SECURITY_INFORMATION, data, sizeof(data), &length), 0, "the server's has it still");
    NtClose(client);
    NtClose(server);
}

static void static_tracking(void)
{
    make(NULL, GENERIC_READ | GENERIC_WRITE);
    expect(pipe_control(server, FSCTL_PIPE_IMPERSONATE), STATUS_PIPE_DISCONNECTED, "impersonate nobody");
    expect(connect(SecurityIdentification, SECURITY_STATIC_TRACKING, FALSE, FALSE), 0, "a client that may be identified");
    expect(pipe_control(client, FSCTL_PIPE_IMPERSONATE), STATUS_ILLEGAL_FUNCTION, "clients do not impersonate");
    equal(level_now(), STATUS_NO_TOKEN, "the thread acts for itself");
    expect(pipe_control(server, FSCTL_PIPE_IMPERSONATE), 0, "impersonate");
    equal(level_now(), SecurityIdentification, "at its level");
    expect(impersonate(NULL), 0, "act for oneself again");
    NtClose(client);
    NtClose(server);
}

static void dynamic_tracking(void)
{
    HANDLE token = impersonation_token(SecurityIdentification);
    make(NULL, GENERIC_READ | GENERIC_WRITE);
    expect(connect(0, 0, FALSE, TRUE), 0, "a client that says nothing");
    expect(pipe_control(server, FSCTL_PIPE_IMPERSONATE), STATUS_CANNOT_IMPERSONATE, "before anything was read");
    pipe_write(client, "a", 1);
    expect(pipe_control(server, FSCTL_PIPE_IMPERSONATE), STATUS_CANNOT_IMPERSONATE, "written is not read");
    pipe_read(server, buffer, 1);
    expect(pipe_control(server, FSCTL_PIPE_IMPERSONATE), 0, "now it can be impersonated");
    equal(level_now(), SecurityImpersonation, "fully");
    impersonate(NULL);
    NtClose(client);
    NtClose(server);
    make(NULL, GENERIC_READ | GENERIC_WRITE);
    expect(connect(SecurityAnonymous, SECURITY_DYNAMIC_TRACKING, FALSE, FALSE), 0, "a client that stays anonymous");
    pipe_write(client, "a", 1);
    pipe_read(server, buffer, 1);
    expect(pipe_control(server, FSCTL_PIPE_IMPERSONATE), 0, "can be impersonated");
    impersonate(NULL);
    NtClose(client);
    NtClose(server);
    make(NULL, GENERIC_READ | GENERIC_WRITE);
    expect(connect(4, SECURITY_STATIC_TRACKING, FALSE, FALSE), STATUS_BAD_IMPERSONATION_LEVEL, "no such level");
    NtClose(server);
    NtClose(token);
}

void test_main(void)
{
    rights();
    static_tracking();
    dynamic_tracking();
}

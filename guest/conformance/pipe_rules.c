/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Named pipes: what can be created under which names, and how many instances.
 * Known from: MSDN CreateNamedPipe, ConnectNamedPipe, FILE_PIPE_LOCAL_INFORMATION; Wine's dlls/ntdll/tests/pipe.c (pipe names,
 * dispositions, access, the instance that XP still counts when its server is gone) and dlls/kernel32/tests/pipe.c.
 */
#include "ntapi_device.h"

#define SHARE_BOTH (FILE_SHARE_READ | FILE_SHARE_WRITE)

static HANDLE pipe;
static LI second = {.QuadPart = -10000000};

static NTSTATUS make(const WCHAR *name, ULONG share, ULONG disposition, ULONG options, ULONG type, ULONG read_mode,
                     ULONG instances)
{
    return NtCreateNamedPipeFile(&pipe, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, named(name, OBJ_CASE_INSENSITIVE), &io,
                                 share, disposition, options, type, read_mode, QUEUE, instances, 100, 200, &second);
}

/* What is refused, but not by everybody: nothing stays. */
#define RULES_NAME L"\\??\\pipe\\conf-rules"
static void refused(NTSTATUS status, const char *name)
{
    expect(status, STATUS_INVALID_PARAMETER, name);
    if (!status)
        NtClose(pipe);
}

static void rules(void)
{
    LI zero = {.QuadPart = 0};
    OBJECT_ATTRIBUTES *name = named(RULES_NAME, OBJ_CASE_INSENSITIVE);
    refused(make(RULES_NAME, SHARE_BOTH, 4, 0, 0, 0, 1), "FILE_OVERWRITE");
    refused(make(RULES_NAME, SHARE_BOTH, 5, 0, 0, 0, 1), "FILE_OVERWRITE_IF");
    refused(make(RULES_NAME, SHARE_BOTH, 0, 0, 0, 0, 1), "FILE_SUPERSEDE");
    refused(make(RULES_NAME, 0, CREATE, 0, 0, 0, 1), "no direction");
    refused(make(RULES_NAME, 7, CREATE, 0, 0, 0, 1), "shared for deletion");
    refused(make(RULES_NAME, SHARE_BOTH, CREATE, 0, 2, 0, 1), "type 2");
    refused(make(RULES_NAME, SHARE_BOTH, CREATE, 0, 1, 2, 1), "read mode 2");
    refused(make(RULES_NAME, SHARE_BOTH, CREATE, 0, BYTES, MESSAGES, 1), "messages from bytes");
    refused(make(RULES_NAME, SHARE_BOTH, CREATE, NONDIRECTORY, 0, 0, 1), "an option for files");
    refused(make(RULES_NAME, SHARE_BOTH, CREATE, 0, 0, 0, 0), "no instances");
    refused(NtCreateNamedPipeFile(&pipe, GENERIC_READ, name, &io, SHARE_BOTH, CREATE, 0, 0, 0, 0, 1, 1, 1, &zero),
            "default time-out 0");
    refused(NtCreateNamedPipeFile(&pipe, GENERIC_READ, name, &io, SHARE_BOTH, CREATE, 0, 0, 0, 0, 1, 1, 1, NULL),
            "no default time-out");
    refused(NtCreateNamedPipeFile(&pipe, GENERIC_READ, name, &io, SHARE_BOTH, CREATE, SYNCHRONOUS, 0, 0, 0, 1, 1, 1, &second),
            "synchronous without SYNCHRONIZE");
    expect(make(RULES_NAME, SHARE_BOTH, OPEN, 0, 0, 0, 1), STATUS_OBJECT_NAME_NOT_FOUND, "open an instance of nothing");
    faults(BAD_OUT, p, NtCreateNamedPipeFile(p, GENERIC_READ, name, &io, SHARE_BOTH, CREATE, 0, 0, 0, 0, 1, 1, 1, &second),
           "create, handle");
    faults(BAD_OUT, p, NtCreateNamedPipeFile(&pipe, GENERIC_READ, name, p, SHARE_BOTH, CREATE, 0, 0, 0, 0, 1, 1, 1, &second),
           "create, status block");
    faults(BAD_IN_OPTIONAL, p,
           NtCreateNamedPipeFile(&pipe, GENERIC_READ, name, &io, SHARE_BOTH, CREATE, 0, 0, 0, 0, 1, 1, 1, p),
           "create, time-out");
}

static void instances(void)
{
    HANDLE first, client;
    expect(make(PIPE_NAME, SHARE_BOTH, CREATE, 0, MESSAGES, MESSAGES, 2), 0, "create");
    equal(io.Information, 2, "created, it says");
    first = pipe;
    expect(make(PIPE_NAME, SHARE_BOTH, CREATE, 0, MESSAGES, MESSAGES, 2), STATUS_ACCESS_DENIED, "create what is there");
    expect(make(PIPE_NAME, FILE_SHARE_READ, OPEN_IF, 0, MESSAGES, MESSAGES, 2), STATUS_ACCESS_DENIED, "another direction");
    expect(make(L"\\??\\PIPE\\CONF-PIPE", SHARE_BOTH, OPEN_IF, 0, MESSAGES, MESSAGES, 2), 0, "a second instance");
    equal(io.Information, 1, "opened, it says");
    expect(make(PIPE_NAME, SHARE_BOTH, OPEN_IF, 0, MESSAGES, MESSAGES, 2), STATUS_INSTANCE_NOT_AVAILABLE, "a third of two");
    expect(make(PIPE_NAME, FILE_SHARE_READ, CREATE, 0, BYTES, BYTES, 2), STATUS_INSTANCE_NOT_AVAILABLE, "the number comes first");
    NtClose(pipe);
    expect(make(PIPE_NAME, SHARE_BOTH, OPEN, 0, MESSAGES, BYTES, 2), 0, "open a second instance again");
    NtClose(pipe);
    expect(pipe_client(&client, GENERIC_READ, 0), 0, "a client");
    equal(io.Information, 1, "opened, it says as well");
    NtClose(first);
    expect(make(PIPE_NAME, SHARE_BOTH, CREATE, 0, BYTES, BYTES, 2), STATUS_ACCESS_DENIED,
           "the name lives while a client has its end");
    NtClose(client);
    expect(make(PIPE_NAME, SHARE_BOTH, CREATE, 0, BYTES, BYTES, 2), 0, "and is free after that");
    NtClose(pipe);
}

static void names(void)
{
    HANDLE folder, client;
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes), NULL, &name, OBJ_CASE_INSENSITIVE, NULL, NULL};
    expect(make(L"\\Device\\NamedPipe\\", SHARE_BOTH, CREATE, 0, 0, 0, 1), STATUS_OBJECT_NAME_INVALID, "a pipe without a name");
    expect(make(L"\\Device\\NamedPipe", SHARE_BOTH, CREATE, 0, 0, 0, 1), STATUS_OBJECT_NAME_INVALID, "nor with a backslash");
    expect(make(L"\\Device\\NamedPipe\\\\", SHARE_BOTH, CREATE, 0, 0, 0, 1), 0, "a backslash is a name");
    NtClose(pipe);
    expect(make(L"\\Device\\NamedPipe\\conf\\..\\pipe", SHARE_BOTH, CREATE, 0, 0, 0, 1), 0, "one with backslashes and dots");
    expect(NtOpenFile(&client, GENERIC_READ | SYNCHRONIZE, named(L"\\Device\\NamedPipe\\pipe", 0x40), &io, 0, 0),
           STATUS_OBJECT_NAME_NOT_FOUND, "means no other");
    NtClose(pipe);
    expect(NtOpenFile(&folder, GENERIC_READ | SYNCHRONIZE, named(L"\\Device\\NamedPipe\\", 0x40), &io, 3, SYNCHRONOUS), 0,
           "the folder of the pipes");
    name = ustr(L"conf-inside");
    attributes.RootDirectory = folder;
    expect(NtCreateNamedPipeFile(&pipe, GENERIC_READ | SYNCHRONIZE, &attributes, &io, SHARE_BOTH, CREATE, 0, 0, 0, 0, 1, 1, 1,
                                 &second), 0, "create in the folder");
    expect(NtOpenFile(&client, GENERIC_READ | SYNCHRONIZE, &attributes, &io, 0, 0), 0, "open in the folder");
    NtClose(client);
    NtClose(pipe);
    NtClose(folder);
    expect(make(L"\\??\\NUL", SHARE_BOTH, CREATE, 0, 0, 0, 1), STATUS_INVALID_DEVICE_REQUEST, "the null device makes no pipes");
}

void test_main(void)
{
    rules();
    instances();
    names();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Named pipes: what each operation says in each state of an instance.
 * Known from: Wine's dlls/ntdll/tests/pipe.c (pipe_for_each_state); MSDN ConnectNamedPipe, DisconnectNamedPipe.
 */
#include "ntapi_device.h"

static HANDLE server, client;

static const struct { ULONG state; NTSTATUS read, write, peek, transceive, listen; const char *names[7]; } expected[2][5] = {
    {
        {0, 0, 0, 0, 0, 0, {0}},
        {DISCONNECTED, STATUS_PIPE_DISCONNECTED, STATUS_PIPE_DISCONNECTED, STATUS_PIPE_DISCONNECTED, STATUS_PIPE_DISCONNECTED,
         STATUS_ILLEGAL_FUNCTION,
         {"disconnected client: read", "disconnected client: write", "disconnected client: peek", "disconnected client: transceive",
          "disconnected client: listen", "disconnected client: flush", "disconnected client: query"}},
        {0, 0, 0, 0, 0, 0, {0}},
        {0, 0, 0, 0, 0, 0, {0}},
        {CLOSING, STATUS_PIPE_BROKEN, STATUS_PIPE_CLOSING, STATUS_PIPE_BROKEN, STATUS_INVALID_PIPE_STATE, STATUS_ILLEGAL_FUNCTION,
         {"closing client: read", "closing client: write", "closing client: peek", "closing client: transceive",
          "closing client: listen", "closing client: flush", "closing client: query"}},
    },
    {
        {0, 0, 0, 0, 0, 0, {0}},
        {DISCONNECTED, STATUS_PIPE_DISCONNECTED, STATUS_PIPE_DISCONNECTED, STATUS_INVALID_PIPE_STATE, STATUS_INVALID_PIPE_STATE, 0,
         {"disconnected server: read", "disconnected server: write", "disconnected server: peek", "disconnected server: transceive",
          "", "disconnected server: flush", "disconnected server: query"}},
        {LISTENING, STATUS_PIPE_LISTENING, STATUS_PIPE_LISTENING, STATUS_INVALID_PIPE_STATE, STATUS_INVALID_PIPE_STATE, 0,
         {"listening server: read", "listening server: write", "listening server: peek", "listening server: transceive", "",
          "listening server: flush", "listening server: query"}},
        {0, 0, 0, 0, 0, 0, {0}},
        {CLOSING, STATUS_PIPE_BROKEN, STATUS_PIPE_CLOSING, STATUS_PIPE_BROKEN, STATUS_INVALID_PIPE_STATE, STATUS_PIPE_CLOSING,
         {"closing server: read", "closing server: write", "closing server: peek", "closing server: transceive",
          "closing server: listen", "closing server: flush", "closing server: query"}},
    },
};

static void look(HANDLE pipe, ULONG end, ULONG state)
{
    char buffer[32] = "x";
    FILE_PIPE_LOCAL_INFORMATION local;
    const char *const *names = expected[end][state].names;
    BOOLEAN lost = !end && state == DISCONNECTED;
    expect(NtFsControlFile(pipe, NULL, NULL, NULL, &io, FSCTL_PIPE_PEEK, NULL, 0, buffer, sizeof(buffer)),
           expected[end][state].peek, names[2]);
    expect(NtFsControlFile(pipe, NULL, NULL, NULL, &io, FSCTL_PIPE_TRANSCEIVE, buffer, 1, buffer, 1),
           expected[end][state].transceive, names[3]);
    expect(pipe_read(pipe, buffer, 1), expected[end][state].read, names[0]);
    expect(pipe_write(pipe, buffer, 1), expected[end][state].write, names[1]);
    expect(NtFlushBuffersFile(pipe, &io), lost ? STATUS_PIPE_DISCONNECTED : 0, names[5]);
    if (expected[end][state].listen)
        expect(pipe_control(pipe, FSCTL_PIPE_LISTEN), expected[end][state].listen, names[4]);
    expect(NtQueryInformationFile(pipe, &io, &local, sizeof(local), FilePipeLocalInformation),
           lost ? STATUS_PIPE_DISCONNECTED : 0, names[6]);
    if (!lost)
        equal(local.NamedPipeState, state, state == LISTENING ? "listening" : state == DISCONNECTED ? "disconnected" :
              end ? "closing for the server" : "closing for the client");
}

static void fresh(void)
{
    pipe_server(&server, 0, FILE_SHARE_READ | FILE_SHARE_WRITE, MESSAGES, MESSAGES, QUEUE, 1, 100);
}

void test_main(void)
{
    FILE_PIPE_INFORMATION mode = {MESSAGES, COMPLETE};
    fresh();
    look(server, 1, LISTENING);
    expect(pipe_client(&client, GENERIC_READ | GENERIC_WRITE, 0), 0, "a client");
    expect(pipe_control(server, FSCTL_PIPE_LISTEN), STATUS_PIPE_CONNECTED, "listen when connected");
    expect(pipe_control(client, FSCTL_PIPE_LISTEN), STATUS_ILLEGAL_FUNCTION, "a client does not listen");
    expect(pipe_control(client, FSCTL_PIPE_DISCONNECT), STATUS_ILLEGAL_FUNCTION, "nor disconnect");
    expect(pipe_control(server, 0x110ffc), STATUS_NOT_SUPPORTED, "an unknown control");
    NtClose(server);
    look(client, 0, CLOSING);
    NtClose(client);

    fresh();
    pipe_client(&client, GENERIC_READ | GENERIC_WRITE, 0);
    pipe_write(client, "lost", 4);
    expect(pipe_control(server, FSCTL_PIPE_DISCONNECT), 0, "disconnect");
    expect(pipe_control(server, FSCTL_PIPE_DISCONNECT), STATUS_PIPE_DISCONNECTED, "disconnect again");
    look(server, 1, DISCONNECTED);
    look(client, 0, DISCONNECTED);
    NtClose(client);
    NtClose(server);

    fresh();
    pipe_client(&client, GENERIC_READ | GENERIC_WRITE, 0);
    NtClose(client);
    look(server, 1, CLOSING);
    expect(pipe_control(server, FSCTL_PIPE_DISCONNECT), 0, "disconnect when closing");
    expect(pipe_control(server, FSCTL_PIPE_LISTEN), STATUS_PENDING, "listen again");
    expect(pipe_client(&client, GENERIC_READ | GENERIC_WRITE, 0), 0, "a client comes");
    equal(io.Information, 1, "and is connected");
    NtClose(client);
    NtClose(server);

    fresh();
    NtSetInformationFile(server, &io, &mode, sizeof(mode), FilePipeInformation);
    expect(pipe_control(server, FSCTL_PIPE_LISTEN), STATUS_PIPE_LISTENING, "listen without waiting");
    expect(pipe_client(&client, GENERIC_READ | GENERIC_WRITE, 0), 0, "a client all the same");
    expect(pipe_control(server, FSCTL_PIPE_LISTEN), STATUS_PIPE_CONNECTED, "and the server learns of it");
    NtClose(client);
    NtClose(server);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pipes, mailslots and completion ports that threads use, close and lose all at once: whatever a call says, nothing is left
 * over, and at the end all of it works.
 * Known from: the definition of each call, as in the other tests of pipes; every status here is one that MSDN allows.
 */
#include "ntapi_device.h"

enum { THREADS = 5, ROUNDS = 60 };

static HANDLE port;
static volatile LONG random_state, stopped;

static ULONG random_below(ULONG most)
{
    ULONG next = __sync_add_and_fetch(&random_state, 0x9e3779b9);
    next ^= next >> 15;
    next *= 0x85ebca6b;
    next ^= next >> 13;
    return next % most;
}

/* One end of whatever pipe there is, and some operations on it; some are left pending when the handle is closed. */
static void play(ULONG number)
{
    static char big[600];
    IO_STATUS_BLOCK blocks[4];
    char own[300];
    HANDLE pipe = NULL;
    FILE_COMPLETION_INFORMATION tie = {port, (PVOID)number};
    FILE_PIPE_INFORMATION mode = {BYTES, random_below(2)};
    IO_STATUS_BLOCK at_open;
    LI timeout = {.QuadPart = -10000};
    if (random_below(2))
        NtCreateNamedPipeFile(&pipe, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, named(PIPE_NAME, OBJ_CASE_INSENSITIVE), &at_open,
                              FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_IF, 0, MESSAGES, BYTES, QUEUE, 8, 500, 500, &timeout);
    else
        NtOpenFile(&pipe, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, named(PIPE_NAME, OBJ_CASE_INSENSITIVE), &at_open, 0, 0);
    if (!pipe)
        return;
    if (random_below(2))
        NtSetInformationFile(pipe, &at_open, &tie, sizeof(tie), FileCompletionInformation);
    for (ULONG i = 0; i < 4; i++)
        switch (random_below(7)) {
        case 0:
        case 1:
            NtReadFile(pipe, NULL, NULL, &blocks[i], &blocks[i], own, sizeof(own), NULL, NULL);
            break;
        case 2:
        case 3:
            NtWriteFile(pipe, NULL, NULL, &blocks[i], &blocks[i], big, random_below(sizeof(big)), NULL, NULL);
            break;
        case 4:
            NtFsControlFile(pipe, NULL, NULL, &blocks[i], &blocks[i], random_below(2) ? FSCTL_PIPE_LISTEN : FSCTL_PIPE_DISCONNECT,
                            NULL, 0, NULL, 0);
            break;
        case 5:
            NtSetInformationFile(pipe, &at_open, &mode, sizeof(mode), FilePipeInformation);
            break;
        default:
            NtCancelIoFile(pipe, &at_open);
        }
    NtCancelIoFile(pipe, &at_open); /* the blocks are this function's */
    NtClose(pipe);
}

static NTSTATUS player(PVOID number)
{
    for (ULONG i = 0; i < ROUNDS; i++)
        play((ULONG)(ULONG_PTR)number);
    return 0;
}

static NTSTATUS collector(PVOID unused)
{
    PVOID key, context;
    IO_STATUS_BLOCK block;
    (void)unused;
    while (!stopped)
        NtRemoveIoCompletion(port, &key, &context, &block, relative_ms(5));
    return 0;
}

/* A synchronous read that never ends by itself, and whose thread or writer goes. */
static HANDLE sync_server, sync_client;

static NTSTATUS stuck(PVOID unused)
{
    char own[4];
    IO_STATUS_BLOCK block;
    (void)unused;
    return NtReadFile(sync_server, NULL, NULL, NULL, &block, own, sizeof(own), NULL, NULL);
}

static void losing(void)
{
    HANDLE threads[3];
    expect(pipe_pair(&sync_server, &sync_client, SYNCHRONOUS, BYTES, BYTES, 100), 0, "a synchronous pair");
    for (ULONG i = 0; i < 3; i++)
        threads[i] = thread_start(stuck, NULL);
    sleep_ms(20);
    NtTerminateThread(threads[0], 1);
    NtTerminateThread(threads[1], 1);
    expect(pipe_write(sync_client, "abcd", 4), 0, "two of three readers are gone");
    expect(thread_join(threads[2]), 0, "the third has it");
    expect(thread_join(threads[0]), 1, "the first");
    expect(thread_join(threads[1]), 1, "and the second");
    threads[0] = thread_start(stuck, NULL);
    threads[1] = thread_start(stuck, NULL);
    sleep_ms(20);
    NtClose(sync_client);
    expect(thread_join(threads[0]), STATUS_PIPE_BROKEN, "one reader learns that the writer has gone");
    expect(thread_join(threads[1]), STATUS_PIPE_BROKEN, "then the other");
    NtClose(sync_server);
}

void test_main(void)
{
    HANDLE threads[THREADS], collect;
    PVOID key, context;
    LONG count = 99;
    char byte;
    NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, 2);
    collect = thread_start(collector, NULL);
    for (ULONG i = 0; i < THREADS; i++)
        threads[i] = thread_start(player, (PVOID)(i + 1));
    for (ULONG i = 0; i < THREADS; i++)
        expect(thread_join(threads[i]), 0, i == 0 ? "player 1" : i == 1 ? "player 2" : i == 2 ? "player 3" : i == 3 ? "player 4"
               : "player 5");
    stopped = 1;
    thread_join(collect);
    while (NtRemoveIoCompletion(port, &key, &context, &io, relative_ms(0)) == 0)
        ;
    NtQueryIoCompletion(port, 0, &count, sizeof(count), NULL);
    equal(count, 0, "the port is empty");
    NtClose(port);
    losing();
    expect(pipe_pair(&sync_server, &sync_client, 0, BYTES, BYTES, 100), 0, "a new pair");
    expect(pipe_write(sync_client, "x", 1), 0, "writes");
    expect(pipe_read(sync_server, &byte, 1), 0, "and reads");
    NtClose(sync_client);
    NtClose(sync_server);
}

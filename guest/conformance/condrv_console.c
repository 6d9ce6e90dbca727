/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * \Device\ConDrv: a console that nobody sees, its input and its screens.
 * Known from: MSDN's console functions (ReadConsoleInput, WriteConsoleOutput, ScrollConsoleScreenBuffer and so on); the controls
 * themselves are those of Wine's DLLs, and Wine's dlls/kernel32/tests/console.c says what comes of them.
 */
#include "ntapi_device.h"

#define CONTROL(function, access) (0x500000 | (access) << 14 | (function) << 2)
#define GET_MODE CONTROL(0, 1)
#define SET_MODE CONTROL(1, 2)
#define READ_CONSOLE CONTROL(10, 1)
#define READ_INPUT CONTROL(12, 1)
#define WRITE_INPUT CONTROL(13, 2)
#define PEEK CONTROL(14, 1)
#define GET_INPUT_INFO CONTROL(15, 1)
#define SET_INPUT_INFO CONTROL(16, 2)
#define GET_TITLE CONTROL(17, 1)
#define SET_TITLE CONTROL(18, 2)
#define CTRL_EVENT CONTROL(19, 0)
#define FLUSH CONTROL(21, 0)
#define GET_PROCESS_LIST CONTROL(23, 0)
#define WRITE_CONSOLE CONTROL(30, 2)
#define READ_OUTPUT CONTROL(32, 1)
#define WRITE_OUTPUT CONTROL(33, 2)
#define GET_OUTPUT_INFO CONTROL(34, 1)
#define SET_OUTPUT_INFO CONTROL(35, 2)
#define ACTIVATE CONTROL(36, 2)
#define FILL_OUTPUT CONTROL(37, 2)
#define BIND_PID CONTROL(51, 0)

#define BOTH (GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE)

typedef struct { USHORT Type, Pad; ULONG Down; USHORT Repeat, Key, Scan, Character; ULONG State; } RECORD;
typedef struct { short CursorSize, Visible, X, Y, Width, Height, Attribute, Popup, Left, Top, Right, Bottom, MostWidth, MostHeight,
                 Font[4]; ULONG Colours[16]; } OUTPUT_INFO;
typedef struct { ULONG Mask; OUTPUT_INFO Info; } OUTPUT_INFO_PARAMS;
typedef struct { ULONG X, Y, Mode, Width; WCHAR Text[8]; } OUTPUT_PARAMS;
typedef struct { int X, Y, Mode, Count, Wrap; WCHAR Character; USHORT Attribute; } FILL_PARAMS;

static HANDLE server, console, connection, in, out;

static NTSTATUS open(HANDLE *handle, HANDLE root, const WCHAR *name, ULONG access)
{
    return NtOpenFile(handle, access | SYNCHRONIZE, named_in(root, name, OBJ_CASE_INSENSITIVE), &io, 7, SYNCHRONOUS);
}

static NTSTATUS control(HANDLE handle, ULONG code, PVOID given, ULONG given_length, PVOID result, ULONG length)
{
    return NtDeviceIoControlFile(handle, NULL, NULL, NULL, &io, code, given, given_length, result, length);
}

static void key(char character)
{
    IO_STATUS_BLOCK block;
    RECORD records[2] = {{1, 0, 1, 1, 0, 0, (USHORT)character, 0}, {1, 0, 0, 1, 0, 0, (USHORT)character, 0}};
    if (character == '\r')
        records[0].Key = records[1].Key = 13;
    NtDeviceIoControlFile(in, NULL, NULL, NULL, &block, WRITE_INPUT, records, sizeof(records), NULL, 0);
}

static void names(void)
{
    HANDLE other;
    expect(open(&other, NULL, L"\\Device\\ConDrv\\Input", BOTH), STATUS_INVALID_HANDLE, "input without a console");
    expect(open(&other, NULL, L"\\Device\\ConDrv\\ScreenBuffer", BOTH), STATUS_INVALID_HANDLE, "a screen without a console");
    expect(open(&other, NULL, L"\\Device\\ConDrv\\Nothing", BOTH), STATUS_OBJECT_NAME_NOT_FOUND, "a name that is none");
    expect(open(&server, NULL, L"\\Device\\ConDrv\\Server", BOTH), 0, "a server");
    expect(open(&other, server, L"Connection", BOTH), STATUS_OBJECT_NAME_NOT_FOUND, "it has no connection");
    expect(open(&console, server, L"Reference", BOTH), 0, "its console");
    expect(open(&connection, console, L"Connection", BOTH), 0, "attach to it");
    expect(open(&other, console, L"Connection", BOTH), STATUS_ACCESS_DENIED, "attach to it twice");
    expect(open(&in, NULL, L"\\Device\\ConDrv\\Input", BOTH), 0, "its input");
    expect(open(&out, NULL, L"\\Device\\ConDrv\\Output", BOTH), 0, "its output");
    expect(open(&other, NULL, L"\\Device\\ConDrv\\Console", BOTH), STATUS_INVALID_PARAMETER, "both at once");
    expect(open(&other, NULL, L"\\Device\\ConDrv\\Console", GENERIC_WRITE), 0, "one of them");
    NtClose(other);
    ULONG device[2];
    expect(NtQueryVolumeInformationFile(out, &io, device, sizeof(device), 4), 0, "query the device");
    equal(device[0], 0x50, "a console");
}

static void modes(void)
{
    ULONG mode = 0;
    expect(control(in, GET_MODE, NULL, 0, &mode, 4), 0, "the input's mode");
    equal(mode & 7, 7, "lines, echo, Ctrl-C");
    expect(control(out, GET_MODE, NULL, 0, &mode, 4), 0, "the output's mode");
    equal(io.Information, 4, "four bytes");
    equal(mode, 3, "control characters and wrapping");
    expect(control(out, GET_MODE, NULL, 0, &mode, 2), STATUS_INVALID_PARAMETER, "a mode, no room");
    mode = 0;
    expect(control(out, SET_MODE, &mode, 4, NULL, 0), 0, "set the output's mode");
    expect(control(out, SET_MODE, &mode, 3, NULL, 0), STATUS_INVALID_PARAMETER, "set it, too short");
    mode = 3;
    control(out, SET_MODE, &mode, 4, NULL, 0);
    expect(control(out, PEEK, NULL, 0, &mode, 4), STATUS_INVALID_HANDLE, "peek at the output");
    expect(control(in, ACTIVATE, NULL, 0, NULL, 0), STATUS_INVALID_HANDLE, "activate the input");
    faults(BAD_OUT_OPTIONAL, p, control(out, GET_MODE, NULL, 0, p, 4), "mode, output");
    faults(BAD_IN_OPTIONAL, p, control(out, WRITE_CONSOLE, p, 4, NULL, 0), "text, input");
}

static void input(void)
{
    RECORD records[8];
    ULONG info[3] = {0};
    expect(wait_ms(in, 0), STATUS_TIMEOUT, "no input yet");
    key('a');
    expect(wait_ms(in, 0), 0, "there is input");
    expect(wait_ms(console, 0), 0, "the console says so, too");
    expect(control(in, PEEK, NULL, 0, records, sizeof(records)), 0, "look at it");
    equal(io.Information, 2 * sizeof(RECORD), "two records");
    expect(control(in, GET_INPUT_INFO, NULL, 0, info, sizeof(info)), 0, "about the input");
    equal(info[2], 2, "it has two records");
    equal(info[0], 437, "the code page");
    expect(control(in, READ_INPUT, NULL, 0, records, sizeof(RECORD)), 0, "read one");
    equal(records[0].Character, 'a', "an a");
    check(records[0].Down == 1, "that is down");
    expect(control(in, FLUSH, NULL, 0, NULL, 0), 0, "forget the other");
    expect(wait_ms(in, 0), STATUS_TIMEOUT, "nothing is left");
    expect(control(in, WRITE_INPUT, records, 7, NULL, 0), STATUS_INVALID_PARAMETER, "part of a record");
    ULONG pages[4] = {1, 65001, 0, 0};
    expect(control(in, SET_INPUT_INFO, pages, sizeof(pages), NULL, 0), 0, "another code page");
    control(in, GET_INPUT_INFO, NULL, 0, info, 8);
    equal(info[0], 65001, "is set");
    pages[1] = 4711;
    expect(control(in, SET_INPUT_INFO, pages, sizeof(pages), NULL, 0), STATUS_INVALID_PARAMETER, "one that there is not");
}

static NTSTATUS typist(PVOID text)
{
    for (const char *one = text; *one; one++) {
        sleep_ms(5);
        key(*one);
    }
    return 0;
}

static void lines(void)
{
    WCHAR text[16];
    char bytes[16];
    HANDLE thread = thread_start(typist, "hello\r");
    expect(control(in, READ_CONSOLE, NULL, 0, text, sizeof(text)), 0, "wait for a line");
    equal(io.Information, 14, "of five characters and its end");
    check(text[0] == 'h' && text[4] == 'o' && text[5] == '\r' && text[6] == '\n', "it is what was typed");
    thread_join(thread);
    for (const char *one = "ab\x1a\r"; *one; one++)
        key(*one);
    expect(pipe_read(in, bytes, 2), 0, "part of a line as a file");
    check(bytes[0] == 'a' && bytes[1] == 'b', "in bytes");
    expect(pipe_read(in, bytes, 16), 0, "the rest");
    equal(io.Information, 3, "is three bytes");
    key(0x1a);
    key('\r');
    expect(pipe_read(in, bytes, 16), 0, "a line that begins with Ctrl-Z");
    equal(io.Information, 0, "is the end of the file");
}

static NTSTATUS reader(PVOID unused)
{
    char bytes[4];
    (void)unused;
    return pipe_read(in, bytes, 4);
}

static void abandoned(void)
{
    RECORD record;
    HANDLE thread = thread_start(reader, NULL);
    sleep_ms(20);
    expect(control(in, PEEK, NULL, 0, &record, sizeof(record)), 0, "others go on while one reads");
    NtTerminateThread(thread, 7);
    expect(wait_ms(thread, 5000), 0, "a thread that reads can end");
    NtClose(thread);
    key('x');
    expect(control(in, READ_INPUT, NULL, 0, &record, sizeof(record)), 0, "and takes nothing with it");
    control(in, FLUSH, NULL, 0, NULL, 0);
}

static void screens(void)
{
    OUTPUT_INFO info;
    OUTPUT_INFO_PARAMS set = {2, {0}};
    OUTPUT_PARAMS params = {0, 0, 0, 0, L"abc"};
    WCHAR text[8];
    ULONG done = 0;
    HANDLE other;
    FILL_PARAMS fill = {0, 0, 0, 100000, 1, ' ', 0};
    control(out, SET_OUTPUT_INFO, &set, sizeof(set), NULL, 0);
    expect(control(out, WRITE_CONSOLE, L"one\r\ntwo", 16, NULL, 0), 0, "write text");
    expect(control(out, WRITE_CONSOLE, L"x", 1, NULL, 0), STATUS_INVALID_PARAMETER, "half a character");
    expect(control(out, GET_OUTPUT_INFO, NULL, 0, &info, sizeof(info)), 0, "about the screen");
    equal(info.X, 3, "the cursor's column");
    equal(info.Y, 1, "and row");
    equal(info.Attribute, 7, "grey on black");
    expect(control(out, GET_OUTPUT_INFO, NULL, 0, &info, 50), STATUS_INVALID_PARAMETER, "no room for that");
    expect(control(out, READ_OUTPUT, &params, 16, text, 6), 0, "read cells");
    check(text[0] == 'o' && text[1] == 'n' && text[2] == 'e', "what was written");
    params.X = 1;
    expect(control(out, WRITE_OUTPUT, &params, 16 + 6, &done, 4), 0, "write cells");
    equal(done, 3, "three of them");
    expect(control(out, READ_OUTPUT, &params, 16, text, 6), 0, "read them again");
    check(text[0] == 'a' && text[2] == 'c', "they are there");
    params.Mode = 9;
    expect(control(out, WRITE_OUTPUT, &params, 16 + 6, &done, 4), STATUS_INVALID_PARAMETER, "cells of no kind");
    expect(control(out, FILL_OUTPUT, &fill, sizeof(fill), &done, 4), 0, "fill all of it");
    equal(done, (ULONG)(info.Width * info.Height), "as many cells as there are");
    set.Info.X = 5;
    set.Info.Y = 2;
    expect(control(out, SET_OUTPUT_INFO, &set, sizeof(set), NULL, 0), 0, "move the cursor");
    set.Info.X = info.Width;
    expect(control(out, SET_OUTPUT_INFO, &set, sizeof(set), NULL, 0), STATUS_INVALID_PARAMETER, "out of the screen");
    set.Mask = 4;
    set.Info.Width = set.Info.Height = 1;
    expect(control(out, SET_OUTPUT_INFO, &set, sizeof(set), NULL, 0), STATUS_INVALID_PARAMETER, "smaller than its window");
    expect(open(&other, NULL, L"\\Device\\ConDrv\\ScreenBuffer", BOTH), 0, "another screen");
    expect(control(other, GET_OUTPUT_INFO, NULL, 0, &info, sizeof(info)), 0, "about it");
    check(!info.X && !info.Y, "it is new");
    expect(control(other, ACTIVATE, NULL, 0, NULL, 0), 0, "show it");
    control(out, GET_OUTPUT_INFO, NULL, 0, &info, sizeof(info));
    equal(info.X, 5, "the first is what it was");
    expect(control(out, ACTIVATE, NULL, 0, NULL, 0), 0, "show that again");
    NtClose(other);
}

static void others(void)
{
    ULONG pids[4] = {0}, title[8] = {0}, event[2] = {0, 99999};
    HANDLE loose;
    expect(control(console, GET_PROCESS_LIST, NULL, 0, pids, sizeof(pids)), 0, "who is attached");
    equal(io.Information, 4, "one process");
    expect(control(console, GET_PROCESS_LIST, NULL, 0, pids, 3), STATUS_INVALID_PARAMETER, "no room for them");
    expect(control(console, SET_TITLE, L"hello", 10, NULL, 0), 0, "a title");
    expect(control(console, GET_TITLE, NULL, 0, title, sizeof(title)), 0, "read it");
    equal(title[0], 5, "its length");
    equal(((WCHAR *)(title + 1))[4], 'o', "its end");
    expect(control(console, CTRL_EVENT, event, 8, NULL, 0), 0, "Ctrl-C for a group without processes");
    event[0] = 5;
    expect(control(console, CTRL_EVENT, event, 8, NULL, 0), STATUS_INVALID_PARAMETER, "an event for which there are no keys");
    expect(open(&loose, NULL, L"\\Device\\ConDrv\\Connection", BOTH), 0, "a connection to nothing yet");
    expect(control(loose, BIND_PID, pids, 4, NULL, 0), STATUS_INVALID_HANDLE, "bind it, attached already");
    NtClose(connection);
    pids[0] = 99999;
    expect(control(loose, BIND_PID, pids, 4, NULL, 0), STATUS_INVALID_PARAMETER, "bind it to a process that is none");
    NtClose(loose);
    expect(control(in, GET_MODE, NULL, 0, pids, 4), STATUS_INVALID_HANDLE, "detached, the input is nobody's");
    expect(control(console, GET_MODE, NULL, 0, pids, 4), 0, "the console itself is there");
    expect(open(&connection, console, L"Connection", BOTH), 0, "attach again");
    NtClose(connection);
}

void test_main(void)
{
    names();
    modes();
    input();
    lines();
    abandoned();
    screens();
    others();
    NtClose(in);
    NtClose(out);
    NtClose(console);
    NtClose(server);
}

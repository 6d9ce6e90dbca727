/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a program can do with its console; the first argument says what.  Its answers are lines. */
#include <windows.h>
#include <stdio.h>
#include <string.h>

static HANDLE in, out;
static volatile LONG caught;

static void say(const char *format, ...)
{
    char text[1000];
    DWORD done;
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    WriteFile(out, text, strlen(text), &done, NULL);
}

static BOOL WINAPI handler(DWORD event)
{
    say("caught %lu\r\n", event);
    InterlockedIncrement(&caught);
    return TRUE;
}

static int loop(void) __attribute__((noreturn));

static int loop(void)
{
    for (int n = 0;; n++) {
        say("tick %d\r\n", n);
        Sleep(50);
    }
}

static int handle(void)
{
    SetConsoleCtrlHandler(handler, TRUE);
    say("ready\r\n");
    while (caught < 2)
        Sleep(10);
    return 7;
}

static int keys(void)
{
    DWORD mode, count;
    INPUT_RECORD record;
    GetConsoleMode(in, &mode);
    SetConsoleMode(in, 0);
    say("ready\r\n");
    for (;;) {
        if (!ReadConsoleInputW(in, &record, 1, &count) || !count)
            return 1;
        if (record.EventType != KEY_EVENT || !record.Event.KeyEvent.bKeyDown)
            continue;
        KEY_EVENT_RECORD *key = &record.Event.KeyEvent;
        say("key %x %x %lx\r\n", key->wVirtualKeyCode, key->uChar.UnicodeChar, key->dwControlKeyState);
        if (key->uChar.UnicodeChar == 'q')
            break;
    }
    SetConsoleMode(in, mode);
    return 0;
}

static void size(void)
{
    CONSOLE_SCREEN_BUFFER_INFO info;
    GetConsoleScreenBufferInfo(out, &info);
    say("window %d x %d of %d x %d\r\n", info.srWindow.Right - info.srWindow.Left + 1,
        info.srWindow.Bottom - info.srWindow.Top + 1, info.dwSize.X, info.dwSize.Y);
}

static int sizes(void)
{
    DWORD count;
    INPUT_RECORD record;
    SetConsoleMode(in, ENABLE_WINDOW_INPUT);
    size();
    do
        ReadConsoleInputW(in, &record, 1, &count);
    while (record.EventType != WINDOW_BUFFER_SIZE_EVENT);
    say("event %d x %d\r\n", record.Event.WindowBufferSizeEvent.dwSize.X,
        record.Event.WindowBufferSizeEvent.dwSize.Y);
    size();
    return 0;
}

static int waits(void)
{
    DWORD count = 99, before;
    FlushConsoleInputBuffer(in);
    GetNumberOfConsoleInputEvents(in, &before);
    say("wait %lu\r\n", WaitForSingleObject(in, 0));
    DWORD result = WaitForSingleObject(in, 10000);
    GetNumberOfConsoleInputEvents(in, &count);
    say("wait %lu events %lu %lu\r\n", result, before, count);
    FlushConsoleInputBuffer(in);
    return 0;
}

static int screen(void)
{
    CONSOLE_SCREEN_BUFFER_INFO info;
    CHAR_INFO cells[4], back[4];
    COORD four = {2, 2}, zero = {0, 0}, at = {3, 5};
    SMALL_RECT where = {3, 5, 4, 6}, there = {3, 5, 4, 6}, all = {3, 5, 4, 6};
    DWORD done;
    WCHAR text[8] = {0};
    WORD attributes[2];
    GetConsoleScreenBufferInfo(out, &info);
    for (int n = 0; n < 4; n++) {
        cells[n].Char.UnicodeChar = L"ABCD"[n];
        cells[n].Attributes = 0x1E;
    }
    if (!WriteConsoleOutputW(out, cells, four, zero, &where))
        return 1;
    if (!ReadConsoleOutputW(out, back, four, zero, &there) || memcmp(cells, back, sizeof(cells)))
        return 2;
    if (!ReadConsoleOutputCharacterW(out, text, 2, at, &done) || done != 2 || wcscmp(text, L"AB"))
        return 3;
    if (!ReadConsoleOutputAttribute(out, attributes, 2, at, &done) || attributes[1] != 0x1E)
        return 4;
    CHAR_INFO fill = {{L'.'}, 7};
    COORD to = {10, 5};
    if (!ScrollConsoleScreenBufferW(out, &all, NULL, to, &fill))
        return 5;
    if (!ReadConsoleOutputCharacterW(out, text, 2, at, &done) || wcscmp(text, L".."))
        return 6;
    if (!ReadConsoleOutputCharacterW(out, text, 2, to, &done) || wcscmp(text, L"AB"))
        return 7;
    if (!FillConsoleOutputCharacterW(out, L'#', 3, zero, &done) || done != 3)
        return 8;
    COORD below = {0, 8};
    SetConsoleCursorPosition(out, below);
    SetConsoleTextAttribute(out, 0x0A);
    say("green");
    SetConsoleTextAttribute(out, 0x07);
    say(" ok\r\n");
    return 0;
}

static int buffers(void)
{
    DWORD done;
    HANDLE other = CreateConsoleScreenBuffer(GENERIC_READ | GENERIC_WRITE, 0, NULL, CONSOLE_TEXTMODE_BUFFER, NULL);
    if (other == INVALID_HANDLE_VALUE)
        return 1;
    say("first\r\n");
    WriteConsoleW(other, L"second", 6, &done, NULL);
    if (!SetConsoleActiveScreenBuffer(other))
        return 2;
    Sleep(1000);
    if (!SetConsoleActiveScreenBuffer(out))
        return 3;
    CloseHandle(other);
    say("again\r\n");
    return 0;
}

static int many(void)
{
    for (int n = 0; n < 20000; n++)
        say("this is line %d, and it is not the last one\r\n", n);
    return 0;
}

static int characters(void)
{
    for (int n = 0; n < 20000; n++) {
        putchar(n % 70 == 69 ? '\n' : 'a' + n % 26);
    }
    puts("\nend");
    return 0;
}

static int attach(void)
{
    DWORD list[8], count = GetConsoleProcessList(list, 8);
    FreeConsole();
    if (GetConsoleProcessList(list, 8))
        return 1;
    if (!AttachConsole(ATTACH_PARENT_PROCESS))
        return 2;
    out = CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE, 3, NULL, OPEN_EXISTING, 0, NULL);
    if (out == INVALID_HANDLE_VALUE)
        return 3;
    DWORD after = GetConsoleProcessList(list, 8);
    say("attached: %s\r\n", after == count ? "as before" : "otherwise");
    return 0;
}

static int own(void)
{
    FreeConsole();
    if (!AllocConsole())
        return 100 + GetLastError();
    out = GetStdHandle(STD_OUTPUT_HANDLE);
    say("a console of its own\r\n");
    return 0;
}

static int names(void)
{
    char line[100];
    DWORD done;
    HANDLE from = CreateFileW(L"CONIN$", GENERIC_READ | GENERIC_WRITE, 3, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE to = CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE, 3, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE con = CreateFileW(L"CON", GENERIC_WRITE, 3, NULL, OPEN_EXISTING, 0, NULL);
    if (from == INVALID_HANDLE_VALUE || to == INVALID_HANDLE_VALUE || con == INVALID_HANDLE_VALUE)
        return 1;
    WriteFile(to, "name? ", 6, &done, NULL);
    if (!ReadFile(from, line, sizeof(line), &done, NULL))
        return 2;
    DWORD length = done;
    WriteFile(con, "hello ", 6, &done, NULL);
    WriteFile(con, line, length, &done, NULL);
    return GetFileType(from) == FILE_TYPE_CHAR ? 0 : 3;
}

static int group(const char *self)
{
    char command[300];
    STARTUPINFOA startup = {0};
    PROCESS_INFORMATION process;
    DWORD code = 99;
    startup.cb = sizeof(startup);
    snprintf(command, sizeof(command), "\"%s\" handler", self);
    if (!CreateProcessA(NULL, command, NULL, NULL, TRUE, CREATE_NEW_PROCESS_GROUP, NULL, NULL, &startup, &process))
        return 1;
    Sleep(1500);
    for (int n = 0; n < 2; n++) {
        if (!GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, process.dwProcessId))
            return 2;
        Sleep(300);
    }
    WaitForSingleObject(process.hProcess, 10000);
    GetExitCodeProcess(process.hProcess, &code);
    say("child ended with %lu\r\n", code);
    return 0;
}

static int utf8(void)
{
    DWORD done;
    SetConsoleOutputCP(CP_UTF8);
    say("gr\xc3\xbc\xc3\x9f \xe2\x82\xac\r\n");
    SetConsoleOutputCP(437);
    say("\x81\r\n");
    WriteConsoleW(out, L"\x416\r\n", 3, &done, NULL);
    return 0;
}

static int escapes(void)
{
    DWORD mode;
    GetConsoleMode(out, &mode);
    if (!SetConsoleMode(out, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING))
        return 1;
    say("\x1b[1;31mred\x1b[0m plain\x1b[2Dx\r\n");
    SetConsoleMode(out, mode);
    return 0;
}

static int password(void)
{
    char line[100];
    DWORD mode, done;
    GetConsoleMode(in, &mode);
    SetConsoleMode(in, mode & ~ENABLE_ECHO_INPUT);
    say("password: ");
    ReadFile(in, line, sizeof(line), &done, NULL);
    SetConsoleMode(in, mode);
    say("\r\n%lu bytes\r\n", done);
    return 0;
}

static int copy(void)
{
    char line[200];
    DWORD done;
    while (ReadFile(in, line, sizeof(line), &done, NULL) && done)
        say("got %lu\r\n", done);
    say("end of file\r\n");
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    in = GetStdHandle(STD_INPUT_HANDLE);
    out = GetStdHandle(STD_OUTPUT_HANDLE);
    struct { const char *name; int (*action)(void); } actions[] = {
        {"loop", loop}, {"handler", handle}, {"keys", keys}, {"sizes", sizes}, {"wait", waits},
        {"screen", screen}, {"buffers", buffers}, {"lines", many}, {"characters", characters},
        {"attach", attach}, {"own", own}, {"names", names}, {"utf8", utf8}, {"escapes", escapes},
        {"password", password}, {"copy", copy},
    };
    if (!strcmp(what, "group"))
        return group(argv[0]);
    for (unsigned n = 0; n < sizeof(actions) / sizeof(*actions); n++)
        if (!strcmp(what, actions[n].name))
            return actions[n].action();
    return 90;
}

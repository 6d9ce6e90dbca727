// SPDX-License-Identifier: LGPL-2.1-or-later
// Command lines with odd quoting, taken apart by the C run-time and by CommandLineToArgvW's rules; the environment.
#include "say.h"
#include <process.h>
#include <stdlib.h>

static const wchar_t *const LINES[] = {
    L"x plain words here",
    L"x \"two words\" \"\" last",
    L"x a\\\\b \"c d\\\\\" e",
    L"x \\\"quoted\\\" \"in \\\"side\\\" out\"",
    L"x \"a\"\"b\" \"\"\"c\"\"\" d\"e f\"g",
    L"x   many   \t spaces  ",
    L"x * ? \"*\" %PATH% ^& | > <",
    L"x \"unfinished end",
    L"\"quoted name\" one\\ \"two\\\\\\\\\" three\\\\\\\"four",
    L"x \u00e4\u20ac\u4e2d",
};

static int child(int argc, wchar_t **argv)
{
    say("  line %s", narrow(GetCommandLineW()));
    for (int i = 1; i < argc; i++)
        say("  %d [%s]", i, narrow(argv[i]));
    return argc;
}

static void command_lines(const wchar_t *self)
{
    for (unsigned i = 0; i < ARRAYSIZE(LINES); i++) {
        wchar_t line[300];
        STARTUPINFOW start = {.cb = sizeof start};
        PROCESS_INFORMATION process;
        DWORD code = 0;
        wcscpy(line, LINES[i]);
        SetEnvironmentVariableW(L"SAY_CHILD", L"1");
        if (!CreateProcessW(self, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &process)) {
            say("FAILED: CreateProcess, error %lu", GetLastError());
            return;
        }
        WaitForSingleObject(process.hProcess, INFINITE);
        GetExitCodeProcess(process.hProcess, &code);
        say("line %u has %lu words", i, code);
        CloseHandle(process.hProcess);
        CloseHandle(process.hThread);
    }
    SetEnvironmentVariableW(L"SAY_CHILD", NULL);
}

static void environment(void)
{
    wchar_t buffer[100], *strings, *one;
    unsigned count = 0;
    SAY_BOOL(SetEnvironmentVariableW(L"Say_One", L"first value"));
    DWORD length = GetEnvironmentVariableW(L"SAY_ONE", buffer, 100);
    say("length %lu of %s", length, narrow(buffer));
    say("too small: %lu", GetEnvironmentVariableW(L"SAY_ONE", buffer, 5));
    SetLastError(0);
    length = GetEnvironmentVariableW(L"SAY_NOWHERE", buffer, 100);
    say("not there: %lu, error %lu", length, GetLastError());
    SAY_BOOL(SetEnvironmentVariableW(L"SAY_EMPTY", L""));
    SetLastError(0);
    length = GetEnvironmentVariableW(L"SAY_EMPTY", buffer, 100);
    say("empty: %lu, error %lu", length, GetLastError());
    length = ExpandEnvironmentStringsW(L"<%say_one%> %SAY_NOWHERE% 100% %", buffer, 100);
    say("expanded %lu: %s", length, narrow(buffer));
    SAY_BOOL(SetEnvironmentVariableW(L"=odd", L"value"));
    SAY_BOOL(SetEnvironmentVariableW(L"a=b", L"value"));
    SAY_BOOL(SetEnvironmentVariableW(L"SAY_ONE", NULL));
    SAY_BOOL(SetEnvironmentVariableW(L"SAY_ONE", NULL));
    strings = GetEnvironmentStringsW();
    for (one = strings; *one; one += wcslen(one) + 1)
        count += !_wcsnicmp(one, L"say_", 4);
    FreeEnvironmentStringsW(strings);
    say("%u of ours are there", count);
    _wputenv(L"SAY_CRT=by the run-time");
    say("getenv: %s, Win32: %lu", getenv("SAY_CRT"), GetEnvironmentVariableW(L"SAY_CRT", buffer, 100));
    say("SystemRoot %s", getenv("SystemRoot") ? getenv("SystemRoot") : "none");
    say("ComSpec ends in cmd.exe: %d", getenv("ComSpec") && strstr(getenv("ComSpec"), "\\cmd.exe") != NULL);
}

int wmain(int argc, wchar_t **argv)
{
    wchar_t self[MAX_PATH];
    if (GetEnvironmentVariableW(L"SAY_CHILD", NULL, 0))
        return child(argc, argv);
    GetModuleFileNameW(NULL, self, MAX_PATH);
    command_lines(self);
    environment();
    const wchar_t *words[] = {L"x", L"spawned", NULL};
    _wputenv(L"SAY_CHILD=1");
    say("_wspawnv gives %d", (int)_wspawnv(_P_WAIT, self, words));
    return 0;
}

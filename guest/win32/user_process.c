// SPDX-License-Identifier: LGPL-2.1-or-later
// Messages to another process: plain ones, text and data that goes along, what is refused.
#include "say.h"
#include <windows.h>

static LRESULT CALLBACK procedure(HWND window, UINT message, WPARAM wparam, LPARAM lparam)
{
    if (message == WM_USER)
        return wparam + lparam;
    if (message == WM_USER + 1)
        return GetCurrentProcessId() == wparam;
    if (message == WM_USER + 2)
        PostQuitMessage(9);
    if (message == WM_COPYDATA) {
        COPYDATASTRUCT *data = (COPYDATASTRUCT *)lparam;
        LRESULT sum = data->dwData;
        for (DWORD at = 0; at < data->cbData; at++)
            sum += ((BYTE *)data->lpData)[at];
        return sum;
    }
    return DefWindowProcW(window, message, wparam, lparam);
}

static int child(void)
{
    WNDCLASSW class = {.lpfnWndProc = procedure, .hInstance = GetModuleHandleW(NULL), .lpszClassName = L"Ring3kChild"};
    RegisterClassW(&class);
    CreateWindowExW(0, L"Ring3kChild", L"of the child", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, class.hInstance, NULL);
    HANDLE ready = OpenEventW(EVENT_MODIFY_STATE, FALSE, L"Ring3kReady");
    SetEvent(ready);
    MSG message;
    while (GetMessageW(&message, NULL, 0, 0) > 0)
        DispatchMessageW(&message);
    return (int)message.wParam;
}

int wmain(int count, wchar_t **words)
{
    (void)words;
    if (count > 1)
        return child();
    HANDLE ready = CreateEventW(NULL, FALSE, FALSE, L"Ring3kReady");
    WCHAR line[MAX_PATH + 16], path[MAX_PATH];
    GetModuleFileNameW(NULL, path, MAX_PATH);
    swprintf(line, MAX_PATH + 16, L"\"%ls\" child", path);
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION started;
    if (!CreateProcessW(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &started))
        return 1;
    say("ready: %lu", WaitForSingleObject(ready, 30000));
    HWND window = FindWindowExW(HWND_MESSAGE, NULL, L"Ring3kChild", NULL);
    SAY_BOOL(window);
    DWORD process, thread = GetWindowThreadProcessId(window, &process);
    say("whose: %d %d", process == started.dwProcessId, thread == started.dwThreadId);
    say("plain: %ld", SendMessageW(window, WM_USER, 3, 4));
    say("there: %ld", SendMessageW(window, WM_USER + 1, started.dwProcessId, 0));
    WCHAR text[32] = L"";
    LRESULT length = SendMessageW(window, WM_GETTEXT, 32, (LPARAM)text);
    say("text: %ld %s", length, narrow(text));
    say("changed: %ld", SendMessageW(window, WM_SETTEXT, 0, (LPARAM)L"of the parent"));
    say("length: %ld", SendMessageW(window, WM_GETTEXTLENGTH, 0, 0));
    length = SendMessageW(window, WM_GETTEXT, 7, (LPARAM)text);
    say("text: %ld %s", length, narrow(text));
    char ansi[32] = "";
    length = SendMessageA(window, WM_GETTEXT, 32, (LPARAM)ansi);
    say("text: %ld %s", length, ansi);
    COPYDATASTRUCT data = {.dwData = 1000, .cbData = 3, .lpData = "\1\2\3"};
    say("data: %ld", SendMessageW(window, WM_COPYDATA, 0, (LPARAM)&data));
    static BYTE much[100000];
    memset(much, 2, sizeof much);
    data.cbData = sizeof much;
    data.lpData = much;
    say("much data: %ld", SendMessageW(window, WM_COPYDATA, 0, (LPARAM)&data));
    data.cbData = 0;
    say("no data: %ld", SendMessageW(window, WM_COPYDATA, 0, (LPARAM)&data));
    SAY_BOOL(PostMessageW(window, WM_COPYDATA, 0, (LPARAM)&data));
    SAY_BOOL(SetWindowLongW(window, GWLP_WNDPROC, 1));
    SAY_BOOL(DestroyWindow(window));
    SAY_BOOL(PostThreadMessageW(started.dwThreadId, WM_APP, 0, 0));
    SAY_BOOL(PostMessageW(window, WM_USER + 2, 0, 0));
    say("ended: %lu", WaitForSingleObject(started.hProcess, 30000));
    DWORD status = 0;
    GetExitCodeProcess(started.hProcess, &status);
    say("status: %lu, window: %d", status, IsWindow(window));
    return 0;
}

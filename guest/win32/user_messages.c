// SPDX-License-Identifier: LGPL-2.1-or-later
// Messages between threads: posted, sent, answered; timers, the end of a loop, waiting with objects.
#include "say.h"
#include <windows.h>

static HANDLE ready, go_on;
static HWND theirs;
static DWORD their_thread;

static LRESULT CALLBACK procedure(HWND window, UINT message, WPARAM wparam, LPARAM lparam) {
    switch (message) {
    case WM_USER: return wparam * lparam;
    case WM_USER + 1: return SendMessageW((HWND)lparam, WM_USER, wparam, 2) + 1; // back to who sent it
    case WM_USER + 2: ReplyMessage(5); Sleep(20); return 6;
    case WM_USER + 3: Sleep(300); return 1;
    case WM_USER + 4: PostQuitMessage(17); return 0;
    case WM_USER + 5: return InSendMessage();
    case WM_COPYDATA: return ((COPYDATASTRUCT *)lparam)->cbData + ((char *)((COPYDATASTRUCT *)lparam)->lpData)[0];
    }
    return DefWindowProcW(window, message, wparam, lparam);
}

static HWND make(void) {
    return CreateWindowExW(0, L"Ring3kMessages", L"text", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, GetModuleHandleW(NULL), NULL);
}

static DWORD WINAPI other(void *unused) {
    (void)unused;
    theirs = make();
    their_thread = GetCurrentThreadId();
    SetEvent(ready);
    MSG message;
    BOOL more;
    int fetched = 0;
    while ((more = GetMessageW(&message, NULL, 0, 0)) > 0) {
        fetched++;
        if (message.message == WM_APP)
            say("the other thread fetched WM_APP %lu %ld", (unsigned long)message.wParam, message.lParam), SetEvent(go_on);
        DispatchMessageW(&message);
    }
    say("the other loop ended with %d after %d, status %lu", more, fetched, (unsigned long)message.wParam);
    return 0;
}

static int calls;
static void CALLBACK tick(HWND window, UINT message, UINT_PTR id, DWORD time) {
    (void)time;
    if (!calls++)
        say("timer: window %d, message %x, number %d", window != NULL, message, (int)id);
}

static void CALLBACK answered(HWND window, UINT message, ULONG_PTR data, LRESULT result) {
    say("answer to %x: %ld, data %lu, window %d", message, (long)result, (unsigned long)data, window == theirs);
    calls = -1;
}

static BOOL CALLBACK count(HWND window, LPARAM counter) {
    (void)window;
    ++*(int *)counter;
    return TRUE;
}

static MSG message;

static void look(const char *what, HWND window, UINT first, UINT last, UINT flags) {
    memset(&message, 0, sizeof message);
    BOOL found = PeekMessageW(&message, window, first, last, flags);
    say("%s: %d %x %lu %ld", what, found, message.message, (unsigned long)message.wParam, message.lParam);
}

static void fetch(const char *what, HWND window) {
    memset(&message, 0, sizeof message);
    SetLastError(0);
    BOOL found = GetMessageW(&message, window, 0, 0);
    if (found < 0)
        say("%s: %d, error %lu", what, found, GetLastError());
    else
        say("%s: %d %x %lu %ld", what, found, message.message, (unsigned long)message.wParam, message.lParam);
}

int wmain(void) {
    WNDCLASSW class = {.lpfnWndProc = procedure, .hInstance = GetModuleHandleW(NULL), .lpszClassName = L"Ring3kMessages"};
    RegisterClassW(&class);
    ready = CreateEventW(NULL, FALSE, FALSE, NULL);
    go_on = CreateEventW(NULL, FALSE, FALSE, NULL);
    HWND own = make();

    say("- posted");
    say("nothing there: %d", PeekMessageW(&message, NULL, 0, 0, PM_REMOVE));
    PostMessageW(own, WM_APP + 1, 1, 2);
    PostThreadMessageW(GetCurrentThreadId(), WM_APP + 2, 3, 4);
    PostMessageW(NULL, WM_APP + 3, 5, 6);
    say("status: %lx", GetQueueStatus(QS_POSTMESSAGE));
    say("status: %lx", GetQueueStatus(QS_POSTMESSAGE));
    look("looked at", NULL, 0, 0, PM_NOREMOVE);
    look("of no window", (HWND)-1, 0, 0, PM_REMOVE);
    look("of a kind", NULL, WM_APP + 3, WM_APP + 3, PM_REMOVE);
    fetch("of a window", own);
    say("nothing left: %d", PeekMessageW(&message, NULL, 0, 0, PM_REMOVE));
    SAY_BOOL(PostMessageW((HWND)(ULONG_PTR)0x777770, WM_APP, 0, 0));
    say("to no thread: %d", PostThreadMessageW(0x7ffffff0, WM_APP, 0, 0));
    SAY_BOOL(PostMessageW(own, WM_SETTEXT, 0, (LPARAM)L"x"));
    fetch("from a bad window", (HWND)(ULONG_PTR)0x777770);

    say("- another thread");
    HANDLE thread = CreateThread(NULL, 0, other, NULL, 0, NULL);
    WaitForSingleObject(ready, INFINITE);
    PostMessageW(theirs, WM_APP, 7, 8);
    WaitForSingleObject(go_on, INFINITE);
    PostThreadMessageW(their_thread, WM_APP, 9, 10);
    WaitForSingleObject(go_on, INFINITE);
    say("sent: %ld", SendMessageW(theirs, WM_USER, 6, 7));
    say("sent and sent back: %ld", SendMessageW(theirs, WM_USER + 1, 21, (LPARAM)own));
    say("answered early: %ld", SendMessageW(theirs, WM_USER + 2, 0, 0));
    say("in a message: %ld", SendMessageW(theirs, WM_USER + 5, 0, 0));
    say("in one of the thread's own: %ld", SendMessageW(own, WM_USER + 5, 0, 0));
    DWORD_PTR result = 1;
    SetLastError(0);
    LRESULT in_time = SendMessageTimeoutW(theirs, WM_USER + 3, 0, 0, SMTO_NORMAL, 30, &result);
    say("too late: %ld, error %lu", in_time, GetLastError());
    SAY_BOOL(SendMessageTimeoutW(theirs, WM_USER, 3, 3, SMTO_NORMAL, 5000, &result));
    say("in time: %lu", (unsigned long)result);
    COPYDATASTRUCT data = {.cbData = 3, .lpData = "A"};
    say("data: %ld", SendMessageW(theirs, WM_COPYDATA, 0, (LPARAM)&data));
    WCHAR text[8];
    LRESULT length = SendMessageW(theirs, WM_GETTEXT, 8, (LPARAM)text);
    say("text: %ld %s", length, narrow(text));
    say("told: %d", SendNotifyMessageW(theirs, WM_USER, 1, 1));
    say("with an answer: %d", SendMessageCallbackW(theirs, WM_USER, 5, 5, answered, 55));
    for (int tries = 0; tries < 100 && calls != -1; tries++) {
        PeekMessageW(&message, NULL, 0, 0, PM_REMOVE);
        Sleep(10);
    }
    int windows = 0;
    EnumThreadWindows(their_thread, count, (LPARAM)&windows);
    say("windows of the other on the desktop: %d", windows);
    PostMessageW(theirs, WM_USER + 4, 0, 0);
    say("thread ended: %lu", WaitForSingleObject(thread, 5000));
    say("its window: %d", IsWindow(theirs));

    say("- timers");
    calls = 0;
    say("set: %d", SetTimer(own, 3, 10, NULL) == 3);
    GetMessageW(&message, NULL, 0, 0);
    say("message %x, number %d, window %d", message.message, (int)message.wParam, message.hwnd == own);
    SAY_BOOL(KillTimer(own, 3));
    say("killed twice: %d", KillTimer(own, 3));
    UINT_PTR number = SetTimer(NULL, 0, 15, tick);
    say("a number was found: %d", number != 0);
    for (int times = 0; times < 2;) {
        GetMessageW(&message, NULL, 0, 0);
        if (message.message == WM_TIMER && message.wParam == number) {
            message.wParam = 4;
            DispatchMessageW(&message);
            times++;
        }
    }
    say("called: %d, killed: %d", calls, KillTimer(NULL, number));

    say("- waiting");
    SetEvent(go_on);
    say("object: %lu", MsgWaitForMultipleObjects(1, &go_on, FALSE, 1000, QS_ALLINPUT));
    say("nothing: %lu", MsgWaitForMultipleObjects(1, &go_on, FALSE, 30, QS_ALLINPUT));
    PostMessageW(own, WM_APP, 0, 0);
    say("message: %lu", MsgWaitForMultipleObjects(1, &go_on, FALSE, 1000, QS_ALLINPUT));
    say("seen already: %lu", MsgWaitForMultipleObjects(1, &go_on, FALSE, 30, QS_ALLINPUT));
    say("still there: %lu", MsgWaitForMultipleObjectsEx(1, &go_on, 30, QS_ALLINPUT, MWMO_INPUTAVAILABLE));
    SetLastError(0);
    HANDLE bad = (HANDLE)(ULONG_PTR)0x77770;
    DWORD waited = MsgWaitForMultipleObjects(1, &bad, FALSE, 30, QS_ALLINPUT);
    say("bad handle: %lx, error %lu", waited, GetLastError());
    PeekMessageW(&message, NULL, 0, 0, PM_REMOVE);
    PostQuitMessage(3);
    fetch("quit", NULL);
    say("once: %d", PeekMessageW(&message, NULL, 0, 0, PM_REMOVE));
    say("registered: %d", RegisterWindowMessageW(L"Ring3k.Message") == RegisterWindowMessageA("ring3k.message"));
    return 0;
}

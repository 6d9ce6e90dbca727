// SPDX-License-Identifier: LGPL-2.1-or-later
// Windows that nobody sees: the messages of their life, what is kept of them, how they are in each other.
#include "say.h"
#include <windows.h>

static int depth, told = 1;

static const char *name(UINT message) {
    switch (message) {
    case WM_NCCREATE: return "WM_NCCREATE";
    case WM_NCCALCSIZE: return "WM_NCCALCSIZE";
    case WM_CREATE: return "WM_CREATE";
    case WM_SIZE: return "WM_SIZE";
    case WM_MOVE: return "WM_MOVE";
    case WM_DESTROY: return "WM_DESTROY";
    case WM_NCDESTROY: return "WM_NCDESTROY";
    case WM_PARENTNOTIFY: return "WM_PARENTNOTIFY";
    case WM_CLOSE: return "WM_CLOSE";
    case WM_SETTEXT: return "WM_SETTEXT";
    case WM_GETTEXT: return "WM_GETTEXT";
    case WM_GETTEXTLENGTH: return "WM_GETTEXTLENGTH";
    case WM_STYLECHANGING: return "WM_STYLECHANGING";
    case WM_STYLECHANGED: return "WM_STYLECHANGED";
    case WM_ENABLE: return "WM_ENABLE";
    case WM_USER: return "WM_USER";
    }
    return NULL;
}

static LRESULT CALLBACK procedure(HWND window, UINT message, WPARAM wparam, LPARAM lparam) {
    const char *what = name(message);
    if (told && what)
        say("%*s%s %lx", 2 * depth, "", what, (unsigned long)(message == WM_PARENTNOTIFY ? LOWORD(wparam) : wparam));
    if (message == WM_NCCREATE) {
        CREATESTRUCTW *given = (CREATESTRUCTW *)lparam;
        say("%*screated with %p: %s, %dx%d at %d,%d", 2 * depth, "", given->lpCreateParams, narrow(given->lpszName), given->cx, given->cy,
            given->x, given->y);
        if (given->lpCreateParams == (void *)(ULONG_PTR)0xBAD)
            return FALSE;
    }
    if (message == WM_CREATE && ((CREATESTRUCTW *)lparam)->lpCreateParams == (void *)(ULONG_PTR)0xBADBAD)
        return -1;
    if (message == WM_USER)
        return wparam + lparam;
    depth++;
    LRESULT result = DefWindowProcW(window, message, wparam, lparam);
    depth--;
    return result;
}

static HWND make(DWORD style, HWND parent, const WCHAR *text, void *parameter) {
    return CreateWindowExW(0, L"Ring3kWindow", text, style, 10, 20, 300, 200, parent, NULL, GetModuleHandleW(NULL), parameter);
}

int wmain(void) {
    WNDCLASSW class = {.lpfnWndProc = procedure, .hInstance = GetModuleHandleW(NULL), .lpszClassName = L"Ring3kWindow", .cbWndExtra = 4};
    RegisterClassW(&class);

    say("- for messages only");
    HWND messages = make(0, HWND_MESSAGE, L"hidden", (void *)(ULONG_PTR)0x1234);
    say("window: %d, is one: %d, visible: %d", messages != NULL, IsWindow(messages), IsWindowVisible(messages));
    say("refused: %d", make(0, HWND_MESSAGE, L"no", (void *)(ULONG_PTR)0xBAD) != NULL);
    say("refused later: %d", make(0, HWND_MESSAGE, L"no", (void *)(ULONG_PTR)0xBADBAD) != NULL);

    say("- popup and child");
    HWND outer = make(WS_POPUP, NULL, L"outer", NULL);
    HWND inner = make(WS_CHILD, outer, L"inner", NULL);
    told = 0;
    say("parents: %d %d", GetParent(inner) == outer, GetParent(outer) == NULL);
    say("ancestors: %d %d", GetAncestor(inner, GA_ROOT) == outer, GetAncestor(outer, GA_PARENT) == GetDesktopWindow());
    say("child: %d, is child: %d %d", GetWindow(outer, GW_CHILD) == inner, IsChild(outer, inner), IsChild(inner, outer));
    SAY_BOOL(make(WS_CHILD, NULL, L"lost", NULL));
    RECT box;
    GetWindowRect(outer, &box);
    say("place: %ld,%ld %ld,%ld", box.left, box.top, box.right, box.bottom);
    GetWindowRect(inner, &box);
    say("place: %ld,%ld %ld,%ld", box.left, box.top, box.right, box.bottom);
    GetClientRect(inner, &box);
    say("within: %ld,%ld %ld,%ld", box.left, box.top, box.right, box.bottom);
    POINT point = {5, 6};
    MapWindowPoints(inner, NULL, &point, 1);
    say("point: %ld,%ld", point.x, point.y);

    say("- text, styles, data");
    told = 1;
    WCHAR text[32];
    int length = GetWindowTextW(outer, text, 32);
    say("text: %d %s", length, narrow(text));
    say("set: %d", SetWindowTextW(outer, L"a new text"));
    say("length: %d", GetWindowTextLengthW(outer));
    length = GetWindowTextW(outer, text, 6);
    say("text: %d %s", length, narrow(text));
    say("style was %lx", SetWindowLongW(outer, GWL_STYLE, WS_POPUP | WS_BORDER));
    say("style is %lx", GetWindowLongW(outer, GWL_STYLE));
    say("enabled: %d", IsWindowEnabled(outer));
    say("was disabled: %d", EnableWindow(outer, FALSE));
    say("enabled: %d", IsWindowEnabled(outer));
    told = 0;
    say("user data was %ld", SetWindowLongW(outer, GWLP_USERDATA, 99));
    say("user data is %ld", GetWindowLongW(outer, GWLP_USERDATA));
    say("id was %ld", SetWindowLongW(inner, GWLP_ID, 7));
    say("id is %ld", GetWindowLongW(inner, GWLP_ID));
    SAY_BOOL(GetWindowLongW(outer, -3));
    say("procedure: %d", GetWindowLongPtrW(outer, GWLP_WNDPROC) == (LONG_PTR)procedure);
    say("property: %d", SetPropW(outer, L"Key", (HANDLE)5));
    say("property: %p", GetPropW(outer, L"KEY"));
    say("property: %p", RemovePropW(outer, L"key"));
    say("no property: %p", GetPropW(outer, L"Key"));
    DWORD process;
    say("thread: %d", GetWindowThreadProcessId(outer, &process) == GetCurrentThreadId());
    say("process: %d", process == GetCurrentProcessId());
    say("sent: %ld", SendMessageW(inner, WM_USER, 40, 2));
    say("called: %ld", CallWindowProcW(procedure, inner, WM_USER, 1, 2));
    say("found: %d %d", FindWindowExW(HWND_MESSAGE, NULL, L"Ring3kWindow", NULL) == messages,
        FindWindowExW(outer, NULL, NULL, L"INNER") == inner);

    say("- the end");
    told = 1;
    SendMessageW(messages, WM_CLOSE, 0, 0);
    say("is a window: %d", IsWindow(messages));
    say("destroyed: %d", DestroyWindow(outer));
    say("is a window: %d", IsWindow(inner));
    SetLastError(0);
    LRESULT answer = SendMessageW(outer, WM_USER, 1, 1);
    say("sent to none: %ld, error %lu", answer, GetLastError());
    return 0;
}

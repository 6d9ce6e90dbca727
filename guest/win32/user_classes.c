// SPDX-License-Identifier: LGPL-2.1-or-later
// Window classes: registered, asked for, taken back, and every way that fails.
#include "say.h"
#include <windows.h>

static LRESULT CALLBACK plain(HWND window, UINT message, WPARAM wparam, LPARAM lparam) {
    return DefWindowProcW(window, message, wparam, lparam);
}

static LRESULT CALLBACK ansi_plain(HWND window, UINT message, WPARAM wparam, LPARAM lparam) {
    return DefWindowProcA(window, message, wparam, lparam);
}

static void shown(const char *what, BOOL done) {
    DWORD error = GetLastError();
    if (done)
        say("%s: done", what);
    else
        say("%s: error %lu", what, (unsigned long)error);
    SetLastError(0);
}

int wmain(void) {
    HINSTANCE self = GetModuleHandleW(NULL);
    WNDCLASSEXW made = {.cbSize = sizeof made,
                        .lpfnWndProc = plain,
                        .hInstance = self,
                        .cbClsExtra = 8,
                        .cbWndExtra = 12,
                        .style = CS_DBLCLKS,
                        .lpszMenuName = L"menu",
                        .lpszClassName = L"Ring3kPlain"};
    SetLastError(0);
    ATOM atom = RegisterClassExW(&made);
    say("registered: %d, an atom of a string: %d", atom != 0, atom >= 0xC000);
    shown("the same again", RegisterClassExW(&made) != 0);
    made.cbSize = 7;
    shown("a size that is none", RegisterClassExW(&made) != 0);
    made.cbSize = sizeof made;
    made.lpszClassName = L"Ring3kOther";
    made.cbWndExtra = -1;
    shown("less than no extra bytes", RegisterClassExW(&made) != 0);

    WNDCLASSEXW told = {.cbSize = sizeof told};
    say("found: %d", GetClassInfoExW(self, L"RING3KPLAIN", &told) == atom);
    say("style %x, extra %d and %d, procedure %d, menu %s", told.style, told.cbClsExtra, told.cbWndExtra,
        told.lpfnWndProc == plain, narrow(told.lpszMenuName));
    shown("unknown", GetClassInfoExW(self, L"Ring3kNone", &told) != 0);
    say("button: %d, extra %d", GetClassInfoExW(NULL, L"BUTTON", &told) != 0, told.cbWndExtra);
    say("edit: %d, style %x", GetClassInfoExW(NULL, L"edit", &told) != 0, told.style);
    say("dialog: %d", GetClassInfoExW(NULL, (LPCWSTR)WC_DIALOG, &told) != 0);

    HWND window = CreateWindowExW(0, L"Ring3kPlain", L"text", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, self, NULL);
    say("window: %d", window != NULL);
    WCHAR name[32];
    int length = GetClassNameW(window, name, 32);
    say("its class: %d %s", length, narrow(name));
    length = GetClassNameW(window, name, 4);
    say("in less room: %d %s", length, narrow(name));
    char ansi_name[32];
    length = GetClassNameA(window, ansi_name, 32);
    say("in ANSI: %d %s", length, ansi_name);
    say("atom %d, extra %lu, style %lx", (ATOM)GetClassLongW(window, GCW_ATOM) == atom, GetClassLongW(window, GCL_CBCLSEXTRA),
        GetClassLongW(window, GCL_STYLE));
    say("extra was %lu", SetClassLongW(window, 4, 77));
    say("extra is %lu", GetClassLongW(window, 4));
    shown("extra beyond the end", SetClassLongW(window, 8, 1) != 0);
    say("window's extra was %ld", SetWindowLongW(window, 8, 5));
    say("window's extra is %ld", GetWindowLongW(window, 8));
    shown("window's extra beyond the end", SetWindowLongW(window, 12, 1) != 0);

    shown("unregistered with a window", UnregisterClassW(L"Ring3kPlain", self));
    shown("window destroyed", DestroyWindow(window));
    shown("unregistered", UnregisterClassW(L"Ring3kPlain", self));
    shown("a window of no class", CreateWindowExW(0, L"Ring3kPlain", NULL, 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, self, NULL) != NULL);

    WNDCLASSA ansi = {.lpfnWndProc = ansi_plain, .hInstance = self, .lpszClassName = "Ring3kAnsi"};
    say("registered in ANSI: %d", RegisterClassA(&ansi) != 0);
    say("found as Unicode: %d", GetClassInfoExW(self, L"Ring3kAnsi", &told) != 0);
    window = CreateWindowExA(0, "Ring3kAnsi", "h\xe9llo", WS_POPUP, 1, 2, 30, 40, NULL, NULL, self, NULL);
    WCHAR text[32];
    length = GetWindowTextW(window, text, 32);
    say("unicode: %d, text: %d %x", IsWindowUnicode(window), length, text[1]);
    return 0;
}

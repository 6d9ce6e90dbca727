// SPDX-License-Identifier: LGPL-2.1-or-later
// The clipboard: who has it open, data by format, promises that are kept when somebody asks.
#include "say.h"
#include <windows.h>

static int asked, lost;

static LRESULT CALLBACK procedure(HWND window, UINT message, WPARAM wparam, LPARAM lparam)
{
    if (message == WM_RENDERFORMAT) {
        asked++;
        HGLOBAL memory = GlobalAlloc(GMEM_MOVEABLE, 5);
        strcpy(GlobalLock(memory), "late");
        GlobalUnlock(memory);
        SetClipboardData((UINT)wparam, memory);
        return 0;
    }
    if (message == WM_DESTROYCLIPBOARD)
        lost++;
    return DefWindowProcW(window, message, wparam, lparam);
}

static DWORD WINAPI intruder(void *unused)
{
    (void)unused;
    SAY_BOOL(OpenClipboard(NULL));
    return 0;
}

static HGLOBAL text(const wchar_t *what)
{
    HGLOBAL memory = GlobalAlloc(GMEM_MOVEABLE, 2 * (wcslen(what) + 1));
    wcscpy(GlobalLock(memory), what);
    GlobalUnlock(memory);
    return memory;
}

int wmain(void)
{
    WNDCLASSW class = {.lpfnWndProc = procedure, .hInstance = GetModuleHandleW(NULL), .lpszClassName = L"Ring3kClip"};
    RegisterClassW(&class);
    HWND window = CreateWindowExW(0, L"Ring3kClip", NULL, 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, class.hInstance, NULL);
    SAY_BOOL(EmptyClipboard());
    SAY_BOOL(CloseClipboard());
    SAY_BOOL(GetClipboardData(CF_UNICODETEXT));
    SAY_BOOL(OpenClipboard((HWND)(ULONG_PTR)0x7770));
    SAY_BOOL(OpenClipboard(window));
    say("open for it: %d", GetOpenClipboardWindow() == window);
    WaitForSingleObject(CreateThread(NULL, 0, intruder, NULL, 0, NULL), 10000);
    SAY_BOOL(EmptyClipboard());
    say("owned by it: %d", GetClipboardOwner() == window);
    say("formats: %d", CountClipboardFormats());
    HGLOBAL given = text(L"some text");
    say("put: %d", SetClipboardData(CF_UNICODETEXT, given) == given);
    say("the same: %d", GetClipboardData(CF_UNICODETEXT) == given);
    UINT own = RegisterClipboardFormatW(L"Ring3k.Format"), other = RegisterClipboardFormatW(L"Ring3k.Other");
    say("promised: %d", SetClipboardData(own, NULL) == NULL);
    SAY_BOOL(CloseClipboard());
    SAY_BOOL(IsClipboardFormatAvailable(CF_UNICODETEXT));
    SAY_BOOL(IsClipboardFormatAvailable(CF_TEXT));
    SAY_BOOL(IsClipboardFormatAvailable(own));
    say("not there: %d", IsClipboardFormatAvailable(other));
    UINT list[2] = {other, own};
    say("the first: %d", GetPriorityClipboardFormat(list, 2) == (int)own);
    SAY_BOOL(OpenClipboard(window));
    say("listed first: %u", EnumClipboardFormats(0));
    say("listed then: %d", EnumClipboardFormats(CF_UNICODETEXT) == own);
    HANDLE found = GetClipboardData(CF_UNICODETEXT);
    say("text: %s", found ? narrow(GlobalLock(found)) : "none");
    found = GetClipboardData(CF_TEXT);
    say("as ANSI: %s", found ? (char *)GlobalLock(found) : "none");
    found = GetClipboardData(own);
    say("kept: %s, asked %d", found ? (char *)GlobalLock(found) : "none", asked);
    GetClipboardData(own);
    say("asked: %d", asked);
    say("not there: %d", GetClipboardData(other) != NULL);
    DWORD before = GetClipboardSequenceNumber();
    SAY_BOOL(EmptyClipboard());
    say("changed: %d, lost: %d", GetClipboardSequenceNumber() != before, lost);
    say("formats: %d", CountClipboardFormats());
    SAY_BOOL(CloseClipboard());
    WCHAR name[32];
    int length = GetClipboardFormatNameW(own, name, 32);
    say("name: %d %s", length, narrow(name));
    return 0;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
// Graphics objects, regions and bitmaps without a screen; cursors, icons, timers and what else is asked in passing.
#include "say.h"
#include <windows.h>

static void CALLBACK noticed(HWINEVENTHOOK hook, DWORD event, HWND window, LONG object, LONG child, DWORD thread,
                             DWORD time)
{
    (void)hook, (void)event, (void)window, (void)object, (void)child, (void)thread, (void)time;
}

static void objects(void)
{
    HDC dc = CreateCompatibleDC(NULL);
    HPEN pen = CreatePen(PS_DASH, 1, RGB(1, 2, 3));
    HBRUSH hatch = CreateHatchBrush(HS_CROSS, RGB(4, 5, 6));
    HBITMAP bitmap = CreateCompatibleBitmap(dc, 16, 8);
    say("made: %d %d %d %d", dc != NULL, pen != NULL, hatch != NULL, bitmap != NULL);
    HGDIOBJ old_pen = SelectObject(dc, pen), old_brush = SelectObject(dc, hatch), old_bitmap = SelectObject(dc, bitmap);
    say("selected: %d %d %d", old_pen != NULL, old_brush != NULL, old_bitmap != NULL);
    say("current: %d %d %d", GetCurrentObject(dc, OBJ_PEN) == pen, GetCurrentObject(dc, OBJ_BRUSH) == hatch,
        GetCurrentObject(dc, OBJ_BITMAP) == bitmap);
    say("planes %d", GetDeviceCaps(dc, PLANES));
    say("selected back: %d %d %d", SelectObject(dc, old_pen) == pen, SelectObject(dc, old_brush) == hatch,
        SelectObject(dc, old_bitmap) == bitmap);
    say("flushed: %d", GdiFlush());
    say("deleted: %d %d %d %d", DeleteObject(pen), DeleteObject(hatch), DeleteObject(bitmap), DeleteDC(dc));
}

static void bitmaps(void)
{
    BYTE bits[8] = {1, 2, 3, 4, 5, 6, 7, 8}, back[8] = {0};
    SIZE size = {9, 9};
    HBITMAP bitmap = CreateBitmap(16, 4, 1, 1, NULL);
    say("set: %ld", (long)SetBitmapBits(bitmap, sizeof bits, bits));
    say("got: %ld, the same: %d", (long)GetBitmapBits(bitmap, sizeof back, back), !memcmp(bits, back, sizeof bits));
    say("dimension: %d", GetBitmapDimensionEx(bitmap, &size));
    say("%ld %ld", (long)size.cx, (long)size.cy);
    say("set: %d", SetBitmapDimensionEx(bitmap, 3, 4, NULL));
    say("dimension: %d", GetBitmapDimensionEx(bitmap, &size));
    say("%ld %ld", (long)size.cx, (long)size.cy);
    DeleteObject(bitmap);
}

static void metafiles(void)
{
    HDC dc = CreateMetaFileW(NULL);
    say("metafile: %d", dc != NULL);
    HMETAFILE made = CloseMetaFile(dc);
    say("made: %d, deleted: %d", made != NULL, DeleteMetaFile(made));
}

static void scaling(void)
{
    typedef BOOL(WINAPI * GetDpiForMonitorInternal)(HMONITOR, UINT, UINT *, UINT *);
    typedef UINT_PTR(WINAPI * SetSystemTimer)(HWND, UINT_PTR, UINT, void *);
    HMODULE user = GetModuleHandleW(L"user32.dll");
    UINT x = 0, y = 0;
    GetDpiForMonitorInternal ask = (GetDpiForMonitorInternal)(void *)GetProcAddress(user, "GetDpiForMonitorInternal");
    SetSystemTimer timer = (SetSystemTimer)(void *)GetProcAddress(user, "SetSystemTimer");
    say("aware: %d", SetProcessDPIAware());
    say("monitor: %d", ask(MonitorFromPoint((POINT){0, 0}, MONITOR_DEFAULTTOPRIMARY), 0, &x, &y));
    say("system timer: %d", timer(NULL, 1, 1000, NULL) != 0);
}

static void regions(void)
{
    RECT box;
    HRGN region = CreateRectRgn(0, 0, 1, 1);
    say("set: %d", SetRectRgn(region, 1, 2, 30, 40));
    say("moved: %d", OffsetRgn(region, 10, 20));
    say("box: %d", GetRgnBox(region, &box));
    say("%ld %ld %ld %ld", (long)box.left, (long)box.top, (long)box.right, (long)box.bottom);
    DeleteObject(region);
}

static void cursors(void)
{
    BYTE and[32] = {0}, xor[32] = {0};
    ICONINFO told;
    HICON icon = CreateIcon(NULL, 16, 16, 1, 1, and, xor);
    say("icon: %d", icon != NULL);
    say("told: %d", GetIconInfo(icon, &told));
    say("an icon: %d, at %lu %lu", told.fIcon, (unsigned long)told.xHotspot,
        (unsigned long)told.yHotspot);
    HCURSOR cursor = CreateCursor(NULL, 3, 5, 16, 16, and, xor);
    say("cursor: %d", cursor != NULL);
    typedef HCURSOR(WINAPI * GetCursorFrameInfo)(HCURSOR, DWORD, DWORD, DWORD *, DWORD *);
    GetCursorFrameInfo frame = (GetCursorFrameInfo)(void *)GetProcAddress(GetModuleHandleW(L"user32.dll"),
                                                                        "GetCursorFrameInfo");
    DWORD rate = 9, steps = 9;
    say("frame: %d", frame(icon, 0, 0, &rate, &steps) == icon);
    say("rate %lu, steps %lu", (unsigned long)rate, (unsigned long)steps);
    HICON copy = CopyImage(icon, IMAGE_ICON, 16, 16, LR_COPYRETURNORG);
    say("copied: %d", copy != NULL);
    say("the arrow: %d", LoadCursorW(NULL, IDC_ARROW) == LoadCursorW(NULL, IDC_ARROW));
    say("destroyed: %d", DestroyCursor(cursor));
    say("destroyed: %d", DestroyIcon(icon));
    say("shown: %d", ShowCursor(TRUE) - ShowCursor(FALSE));
    SetCursor(NULL);
    say("none: %d", GetCursor() == NULL);
}

static BOOL CALLBACK property(HWND window, WCHAR *name, HANDLE value, ULONG_PTR parameter)
{
    (void)window, (void)parameter;
    say("property: %d, %d", !_wcsicmp(name, L"Ring3kProperty"), (int)(ULONG_PTR)value);
    return TRUE;
}

static void windows(void)
{
    MSG message = {0};
    PAINTSTRUCT paint;
    WNDCLASSW made = {.lpfnWndProc = DefWindowProcW, .cbWndExtra = 8, .lpszClassName = L"Ring3kGraphics"};
    ATOM atom = RegisterClassW(&made);
    typedef struct {
        USHORT length, room;
        WCHAR *text;
    } STRING;
    typedef ULONG(WINAPI * NtUserGetAtomName)(ATOM, STRING *);
    WCHAR text[32] = L"";
    STRING name = {0, sizeof text, text};
    NtUserGetAtomName ask = (NtUserGetAtomName)(void *)GetProcAddress(LoadLibraryW(L"win32u.dll"), "NtUserGetAtomName");
    ULONG length = ask(atom, &name);
    say("atom: %lu, %s", (unsigned long)length, narrow(text));
    HWND window = CreateWindowW(L"Ring3kGraphics", L"", WS_OVERLAPPED, 0, 0, 50, 50, NULL, NULL, NULL, NULL);
    say("window: %d", window != NULL);
    say("word: %u", SetWindowWord(window, 2, 7));
    say("word: %u", SetWindowWord(window, 2, 8));
    SetPropW(window, L"Ring3kProperty", (HANDLE)5);
    say("properties: %d", EnumPropsExW(window, property, 0));
    HDC dc = GetDC(window);
    say("its window: %d", WindowFromDC(dc) == window);
    say("released: %d", ReleaseDC(window, dc));
    say("painting: %d", BeginPaint(window, &paint) != NULL);
    say("painted: %d", EndPaint(window, &paint));
    say("filtered: %d", CallMsgFilterW(&message, MSGF_USER));
    HWINEVENTHOOK hook = SetWinEventHook(EVENT_MIN, EVENT_MAX, NULL, noticed, GetCurrentProcessId(), 0, 0);
    say("hook: %d", hook != NULL);
    say("unhooked: %d", UnhookWinEvent(hook));
    say("again: %d", UnhookWinEvent(hook));
    PostMessageW(window, WM_APP, 0, 0);
    say("waited: %d", WaitMessage());
    DestroyWindow(window);
    say("double click: %d, blink: %d", GetDoubleClickTime() != 0, GetCaretBlinkTime() != 0);
    say("station: %d", SetProcessWindowStation(GetProcessWindowStation()));
}

int wmain(void)
{
    objects();
    bitmaps();
    metafiles();
    regions();
    cursors();
    windows();
    scaling();
    return 0;
}

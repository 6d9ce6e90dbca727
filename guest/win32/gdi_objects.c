// SPDX-License-Identifier: LGPL-2.1-or-later
// Graphics objects without a screen: what they keep, what they refuse, what they are selected into.
#include "say.h"

static void pens_and_brushes(void)
{
    HDC dc = CreateCompatibleDC(NULL);
    HPEN pen = CreatePen(PS_DASH, 3, RGB(1, 2, 3));
    HBRUSH brush = CreateHatchBrush(HS_CROSS, RGB(4, 5, 6));
    LOGPEN told_pen = {0};
    LOGBRUSH told_brush = {0};
    say("pen: %d bytes, style %u, width %ld, %06lx", GetObjectW(pen, sizeof told_pen, &told_pen), told_pen.lopnStyle,
        told_pen.lopnWidth.x, told_pen.lopnColor);
    say("brush: %d bytes, style %u, hatch %lu, %06lx", GetObjectW(brush, sizeof told_brush, &told_brush), told_brush.lbStyle,
        (unsigned long)told_brush.lbHatch, told_brush.lbColor);
    SAY_BOOL(CreateHatchBrush(99, 0));
    HGDIOBJ before = SelectObject(dc, pen);
    say("the pen before: %d, the stock's: %d", before != NULL, before == GetStockObject(BLACK_PEN));
    say("current pen: %d", GetCurrentObject(dc, OBJ_PEN) == pen);
    say("selected again: %d", SelectObject(dc, before) == pen);
    before = SelectObject(dc, brush);
    say("the brush before: %d", before == GetStockObject(WHITE_BRUSH));
    say("current brush: %d", GetCurrentObject(dc, OBJ_BRUSH) == brush);
    SelectObject(dc, before);
    say("current kind 99: %d", GetCurrentObject(dc, 99) != NULL);
    SAY_BOOL(DeleteObject(pen));
    SAY_BOOL(DeleteObject(brush));
    SAY_BOOL(DeleteObject((HGDIOBJ)(ULONG_PTR)0x12345));
    say("selected nothing: %d", SelectObject(dc, (HGDIOBJ)(ULONG_PTR)0x12345) != NULL);
    SAY_BOOL(DeleteDC(dc));
    SAY_BOOL(DeleteDC(dc));
    SAY_BOOL(GdiFlush());
}

static void bitmaps(void)
{
    HDC dc = CreateCompatibleDC(NULL);
    HBITMAP bitmap = CreateCompatibleBitmap(dc, 16, 4); // of a memory context: one bit for a point
    BITMAP told = {0};
    BYTE bits[8] = {1, 2, 3, 4, 5, 6, 7, 8}, back[8] = {0};
    SIZE size = {9, 9};
    GetObjectW(bitmap, sizeof told, &told);
    say("bitmap: %ldx%ld, %u bits, %ld bytes a line", told.bmWidth, told.bmHeight, told.bmBitsPixel, told.bmWidthBytes);
    say("set %ld, got %ld", SetBitmapBits(bitmap, sizeof bits, bits), GetBitmapBits(bitmap, sizeof back, back));
    say("the same: %d", memcmp(bits, back, sizeof bits) == 0);
    say("set without a bitmap: %ld", SetBitmapBits((HBITMAP)(ULONG_PTR)0x12345, sizeof bits, bits));
    say("dimension: %d, %ldx%ld", GetBitmapDimensionEx(bitmap, &size), size.cx, size.cy);
    say("set it: %d, before %ldx%ld", SetBitmapDimensionEx(bitmap, 30, 40, &size), size.cx, size.cy);
    say("dimension: %d, %ldx%ld", GetBitmapDimensionEx(bitmap, &size), size.cx, size.cy);
    say("of nothing: %d %d", GetBitmapDimensionEx(NULL, &size), SetBitmapDimensionEx(NULL, 1, 1, NULL));
    HGDIOBJ before = SelectObject(dc, bitmap);
    say("current bitmap: %d", GetCurrentObject(dc, OBJ_BITMAP) == bitmap);
    HDC other = CreateCompatibleDC(NULL);
    say("in two contexts: %d", SelectObject(other, bitmap) != NULL);
    SelectObject(dc, before);
    say("in the other: %d", SelectObject(other, bitmap) != NULL);
    say("bits of a point: %d, technology %d", GetDeviceCaps(dc, BITSPIXEL) > 0, GetDeviceCaps(dc, TECHNOLOGY));
    say("of no context: %d", GetDeviceCaps((HDC)(ULONG_PTR)0x12345, BITSPIXEL));
    DeleteDC(other);
    DeleteDC(dc);
    SAY_BOOL(DeleteObject(bitmap));
}

static void regions(void)
{
    HRGN region = CreateRectRgn(1, 2, 30, 40);
    RECT box = {0};
    say("box: %d: %ld %ld %ld %ld", GetRgnBox(region, &box), box.left, box.top, box.right, box.bottom);
    say("moved: %d", OffsetRgn(region, 10, -1));
    GetRgnBox(region, &box);
    say("box: %ld %ld %ld %ld", box.left, box.top, box.right, box.bottom);
    say("another: %d, box %d", SetRectRgn(region, 5, 6, 5, 9), GetRgnBox(region, &box));
    say("nothing: %d %d", SetRectRgn((HRGN)(ULONG_PTR)0x12345, 0, 0, 1, 1), OffsetRgn((HRGN)(ULONG_PTR)0x12345, 1, 1));
    DeleteObject(region);
}

static void contexts_of_windows(void)
{
    HWND window = CreateWindowExW(0, L"STATIC", L"", 0, 0, 0, 50, 50, HWND_MESSAGE, NULL, NULL, NULL);
    HDC dc = GetDC(window);
    PAINTSTRUCT paint = {0};
    say("context: %d, of the window: %d", dc != NULL, WindowFromDC(dc) == window);
    HDC memory = CreateCompatibleDC(dc);
    say("in memory, of a window: %d", WindowFromDC(memory) != NULL);
    DeleteDC(memory);
    say("released: %d, again: %d", ReleaseDC(window, dc), ReleaseDC(window, dc));
    say("painting: %d", BeginPaint(window, &paint) != NULL);
    say("its end: %d, of none: %d", EndPaint(window, &paint), EndPaint(NULL, &paint));
    HDC record = CreateMetaFileW(NULL); // gdi32 keeps it, and asks for handles
    HMETAFILE file = CloseMetaFile(record);
    say("metafile: %d %d", record != NULL, file != NULL);
    SAY_BOOL(DeleteMetaFile(file));
    SAY_BOOL(DeleteMetaFile(file));
    DestroyWindow(window);
}

static void cursors(void)
{
    BYTE and[32 * 32 / 8], xor[32 * 32 / 8];
    ICONINFO info = {0};
    memset(and, 0xFF, sizeof and);
    memset(xor, 0, sizeof xor);
    HCURSOR cursor = CreateCursor(NULL, 7, 8, 32, 32, and, xor);
    BOOL known = GetIconInfo(cursor, &info);
    say("cursor: %d, an icon: %d, hot at %lu,%lu", known, info.fIcon, info.xHotspot, info.yHotspot);
    DeleteObject(info.hbmMask);
    say("set: %d, now: %d", SetCursor(cursor) != cursor, GetCursor() == cursor);
    SetCursor(NULL);
    int shown = ShowCursor(TRUE);
    say("shown once more: %d", ShowCursor(FALSE) - shown);
    SAY_BOOL(DestroyCursor(cursor));
    SAY_BOOL(GetIconInfo(cursor, &info));
    HICON one = LoadIconW(NULL, IDI_APPLICATION), two = LoadIconW(NULL, IDI_APPLICATION);
    say("the system's icon: %d, shared: %d", one != NULL, one == two);
}

static void odds_and_ends(void)
{
    MSG message = {.message = WM_USER};
    say("nobody filters: %d", CallMsgFilterW(&message, 5));
    SAY_BOOL(UnhookWinEvent((HWINEVENTHOOK)(ULONG_PTR)0x12345));
    say("double click %u ms, blink %u ms", GetDoubleClickTime(), GetCaretBlinkTime() > 0);
    SAY_BOOL(SetProcessWindowStation(GetProcessWindowStation()));
    SAY_BOOL(SetProcessWindowStation((HWINSTA)(ULONG_PTR)0x12344));
    PostThreadMessageW(GetCurrentThreadId(), WM_USER + 1, 2, 3);
    SAY_BOOL(WaitMessage());
    say("a message: %d", PeekMessageW(&message, NULL, 0, 0, PM_REMOVE) && message.message == WM_USER + 1);
    HWND window = CreateWindowExW(0, L"STATIC", L"", 0, 0, 0, 50, 50, HWND_MESSAGE, NULL, NULL, NULL);
    SetLastError(0);
    say("a word that is not there: %u, error %lu", SetWindowWord(window, 100, 1), GetLastError());
    DestroyWindow(window);
    WCHAR text[64] = {0};
    ATOM atom = (ATOM)RegisterClipboardFormatW(L"ring3k's format");
    say("format: %d, its name: %d %s", atom >= 0xC000, GetClipboardFormatNameW(atom, text, 64), narrow(text));
}

int wmain(void)
{
    pens_and_brushes();
    bitmaps();
    regions();
    contexts_of_windows();
    cursors();
    odds_and_ends();
    return 0;
}

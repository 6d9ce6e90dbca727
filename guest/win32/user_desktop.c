// SPDX-License-Identifier: LGPL-2.1-or-later
// Window stations and desktops, metrics and parameters, hooks, icons, handles of graphics objects.
#include "say.h"
#include <stddef.h>
#include <windows.h>

static int hooked;

static LRESULT CALLBACK hook(int code, WPARAM wparam, LPARAM lparam)
{
    if (code == HC_ACTION && ((MSG *)lparam)->message == WM_APP)
        hooked += wparam == PM_REMOVE ? 100 : 1;
    return CallNextHookEx(NULL, code, wparam, lparam);
}

static BOOL CALLBACK listed(WCHAR *name, LPARAM parameter)
{
    if (!wcscmp(name, (WCHAR *)parameter))
        say("listed: %s", narrow(name));
    return TRUE;
}

static void stations(void)
{
    WCHAR name[64];
    DWORD needed = 0;
    USEROBJECTFLAGS flags;
    HWINSTA station = GetProcessWindowStation();
    SAY_BOOL(station);
    SAY_BOOL(GetUserObjectInformationW(station, UOI_NAME, name, sizeof name, &needed));
    say("%s, %lu", narrow(name), needed);
    SAY_BOOL(GetUserObjectInformationW(station, UOI_NAME, name, 4, &needed));
    SAY_BOOL(GetUserObjectInformationW(station, UOI_TYPE, name, sizeof name, NULL));
    say("%s", narrow(name));
    SAY_BOOL(GetUserObjectInformationW(station, UOI_FLAGS, &flags, sizeof flags, NULL));
    say("visible: %d", (flags.dwFlags & WSF_VISIBLE) != 0);
    SAY_BOOL(GetUserObjectInformationW(station, 77, name, sizeof name, NULL));
    SAY_BOOL(GetUserObjectInformationW((HANDLE)(ULONG_PTR)0x7770, UOI_NAME, name, sizeof name, NULL));

    HDESK desktop = GetThreadDesktop(GetCurrentThreadId());
    SAY_BOOL(desktop);
    SAY_BOOL(GetUserObjectInformationW(desktop, UOI_NAME, name, sizeof name, NULL));
    say("%s", narrow(name));
    SAY_BOOL(OpenDesktopW(L"Ring3kNone", 0, FALSE, GENERIC_ALL));
    HDESK other = CreateDesktopW(L"Ring3kOther", NULL, NULL, 0, GENERIC_ALL, NULL);
    SAY_BOOL(other);
    HDESK again = OpenDesktopW(L"RING3KOTHER", 0, FALSE, GENERIC_ALL);
    SAY_BOOL(again);
    EnumDesktopsW(station, listed, (LPARAM)L"Ring3kOther");
    SAY_BOOL(CloseDesktop(again));
    SAY_BOOL(SetThreadDesktop(other));
    say("changed: %d", GetThreadDesktop(GetCurrentThreadId()) == other);
    SAY_BOOL(SetThreadDesktop(desktop));
    SAY_BOOL(CloseDesktop(other));
    SAY_BOOL(OpenDesktopW(L"Ring3kOther", 0, FALSE, GENERIC_ALL));
    HWINSTA made = CreateWindowStationW(L"Ring3kStation", 0, GENERIC_ALL, NULL);
    SAY_BOOL(made);
    EnumWindowStationsW(listed, (LPARAM)L"Ring3kStation");
    SAY_BOOL(CloseWindowStation(made));
    SAY_BOOL(OpenWindowStationW(L"Ring3kStation", FALSE, GENERIC_ALL));
}

static void settings(void)
{
    BOOL set = 7;
    say("icons: %d %d", GetSystemMetrics(SM_CXICON), GetSystemMetrics(SM_CXSMICON));
    say("border: %d %d", GetSystemMetrics(SM_CXBORDER), GetSystemMetrics(SM_CXEDGE));
    say("no metric: %d", GetSystemMetrics(5000));
    say("colours: %lx %lx", GetSysColor(COLOR_WINDOW), GetSysColor(COLOR_WINDOWTEXT));
    SAY_BOOL(SystemParametersInfoW(SPI_GETBEEP, 0, &set, 0));
    say("beep: %d", set);
    SAY_BOOL(SystemParametersInfoW(SPI_GETBEEP, 0, NULL, 0));
    SAY_BOOL(GetDesktopWindow());
}

static int seen, go_on;

static BOOL CALLBACK monitor_seen(HMONITOR monitor, HDC dc, RECT *part, LPARAM parameter)
{
    MONITORINFO info = {.cbSize = sizeof info};
    BOOL known = GetMonitorInfoW(monitor, &info), whole = EqualRect(part, &info.rcMonitor);
    seen++;
    say("monitor: known %d, primary %lu, with dc %d, whole %d, parameter %ld", known, info.dwFlags, dc != NULL, whole,
        (long)parameter);
    if (!whole)
        say("part: %ld %ld %ld %ld", part->left, part->top, part->right, part->bottom);
    return go_on;
}

static void monitors(void)
{
    RECT corner = {-10, -10, 20, 30}, beside = {-30, -30, -10, -10}, none = {5, 5, 5, 5};
    HDC screen = GetDC(NULL);
    for (go_on = 0; go_on < 2; go_on++)
        say("all: %d", EnumDisplayMonitors(NULL, NULL, monitor_seen, 42));
    say("of a screen: %d", EnumDisplayMonitors(screen, NULL, monitor_seen, 1));
    say("corner: %d", EnumDisplayMonitors(NULL, &corner, monitor_seen, 2));
    say("corner of a screen: %d", EnumDisplayMonitors(screen, &corner, monitor_seen, 3));
    say("beside: %d", EnumDisplayMonitors(NULL, &beside, monitor_seen, 4));
    say("nothing: %d", EnumDisplayMonitors(NULL, &none, monitor_seen, 5));
    say("called %d times", seen);
    ReleaseDC(NULL, screen);
}

static void hooks(void)
{
    MSG message;
    HHOOK set = SetWindowsHookExW(WH_GETMESSAGE, hook, NULL, GetCurrentThreadId());
    SAY_BOOL(set);
    SAY_BOOL(SetWindowsHookExW(WH_GETMESSAGE, NULL, NULL, GetCurrentThreadId()));
    SAY_BOOL(SetWindowsHookExW(WH_GETMESSAGE, hook, NULL, 0));
    SAY_BOOL(SetWindowsHookExW(WH_JOURNALRECORD, hook, NULL, GetCurrentThreadId()));
    PostThreadMessageW(GetCurrentThreadId(), WM_APP, 0, 0);
    PeekMessageW(&message, NULL, 0, 0, PM_NOREMOVE);
    PeekMessageW(&message, NULL, 0, 0, PM_REMOVE);
    say("seen: %d", hooked);
    SAY_BOOL(UnhookWindowsHookEx(set));
    SAY_BOOL(UnhookWindowsHookEx(set));
}

static void graphics(void)
{
    LOGBRUSH brush;
    LOGPEN pen;
    BITMAP told;
    HBRUSH red = CreateSolidBrush(RGB(255, 0, 0));
    int size = GetObjectW(red, sizeof brush, &brush);
    say("brush: %d, %lx", size, brush.lbColor);
    say("kinds: %lu %lu", GetObjectType(red), GetObjectType(GetStockObject(BLACK_PEN)));
    size = GetObjectW(GetStockObject(BLACK_PEN), sizeof pen, &pen);
    say("stock: %d, width %ld, colour %lx", size, pen.lopnWidth.x, pen.lopnColor);
    say("stock deleted: %d", DeleteObject(GetStockObject(WHITE_BRUSH)));
    say("deleted: %d", DeleteObject(red));
    say("deleted twice: %d", DeleteObject(red));
    BYTE bits[8] = {0x80, 0, 0x40, 0, 0x20, 0, 0x10, 0};
    HBITMAP bitmap = CreateBitmap(4, 4, 1, 1, bits);
    size = GetObjectW(bitmap, sizeof told, &told);
    say("bitmap: %d, %ldx%ld, %ld bytes, %d", size, told.bmWidth, told.bmHeight, told.bmWidthBytes, told.bmBitsPixel);
    memset(bits, 0, sizeof bits);
    say("bits: %ld", GetBitmapBits(bitmap, sizeof bits, bits));
    say("bits: %02x %02x %02x", bits[0], bits[2], bits[6]);
    HDC memory = CreateCompatibleDC(NULL);
    SAY_BOOL(memory);
    HGDIOBJ before = SelectObject(memory, bitmap);
    SAY_BOOL(before);
    say("selected: %d", GetCurrentObject(memory, OBJ_BITMAP) == bitmap);
    HDC second = CreateCompatibleDC(memory);
    say("in two at once: %d", SelectObject(second, bitmap) != NULL);
    say("saved: %d", SaveDC(memory));
    say("colour was: %lx", SetTextColor(memory, RGB(1, 2, 3)));
    say("restored: %d", RestoreDC(memory, -1));
    say("colour is: %lx", GetTextColor(memory));
    SelectObject(memory, before);
    say("contexts deleted: %d %d", DeleteDC(memory), DeleteDC(second));
    say("bitmap deleted: %d", DeleteObject(bitmap));
    BITMAPINFO info = {{sizeof info.bmiHeader, 5, 3, 1, 24, BI_RGB, 0, 0, 0, 0, 0}, {{0}}};
    BYTE *pixels = NULL;
    HBITMAP section = CreateDIBSection(NULL, &info, DIB_RGB_COLORS, (void **)&pixels, NULL, 0);
    size = GetObjectW(section, sizeof told, &told);
    say("section: %d, %ld bytes a row, at its pixels: %d", size, told.bmWidthBytes, told.bmBits == pixels);
    pixels[47] = 9;
    say("section deleted: %d", DeleteObject(section));
    HRGN region = CreateRectRgn(5, 6, 1, 2);
    RECT box;
    int complexity = GetRgnBox(region, &box);
    say("region: %d, %ld,%ld %ld,%ld", complexity, box.left, box.top, box.right, box.bottom);
    say("in it: %d %d", PtInRegion(region, 1, 2), PtInRegion(region, 5, 6));
    DeleteObject(region);
}

static void icons(void)
{
    BYTE mask[2 * 16] = {0}, colors[4 * 16 * 16] = {0};
    ICONINFO told;
    HICON icon = CreateIcon(NULL, 16, 16, 1, 32, mask, colors);
    SAY_BOOL(icon);
    SAY_BOOL(GetIconInfo(icon, &told));
    say("icon: %d, at %lu,%lu, bitmaps %d %d", told.fIcon, told.xHotspot, told.yHotspot, told.hbmMask != NULL,
        told.hbmColor != NULL);
    SAY_BOOL(DestroyIcon(icon));
    SAY_BOOL(GetIconInfo(icon, &told));
    HCURSOR arrow = LoadCursorW(NULL, IDC_ARROW);
    SAY_BOOL(arrow);
    say("the same: %d", LoadCursorW(NULL, IDC_ARROW) == arrow);
    SAY_BOOL(LoadIconW(NULL, IDI_APPLICATION));
    SAY_BOOL(LoadIconW(GetModuleHandleW(NULL), L"none"));
}

static void device(const WCHAR *adapter, DWORD index, DWORD flags)
{
    DISPLAY_DEVICEW found = {.cb = sizeof(found)};
    if (!EnumDisplayDevicesW(adapter, index, &found, flags))
        say("device %s %lu: none", adapter ? narrow(adapter) : "-", index);
    else
        say("device %s %lu: %s %lx, identified %d, %.40s...", adapter ? narrow(adapter) : "-", index,
            narrow(found.DeviceName), found.StateFlags, found.DeviceID[0] != 0, narrow(found.DeviceKey));
    if (flags)
        say("interface %s", narrow(found.DeviceID));
}

static void displays(void)
{
    DISPLAY_DEVICEW found = {.cb = offsetof(DISPLAY_DEVICEW, DeviceID)};
    DEVMODEW mode = {.dmSize = sizeof(mode)};
    device(NULL, 0, 0);
    device(NULL, 0, EDD_GET_DEVICE_INTERFACE_NAME);
    device(NULL, 1, 0);
    device(L"\\\\.\\DISPLAY1", 0, 0);
    device(L"\\\\.\\DISPLAY1", 0, EDD_GET_DEVICE_INTERFACE_NAME);
    device(L"\\\\.\\display1", 0, 0);
    device(L"\\\\.\\DISPLAY1", 1, 0);
    device(L"\\\\.\\DISPLAY7", 0, 0);
    say("short: %d %lx %d", EnumDisplayDevicesW(NULL, 0, &found, 0), found.StateFlags, found.DeviceID[0]);
    say("settings: %d", EnumDisplaySettingsW(L"\\\\.\\DISPLAY1", ENUM_CURRENT_SETTINGS, &mode));
    say("no settings: %d", EnumDisplaySettingsW(L"\\\\.\\DISPLAY7", ENUM_CURRENT_SETTINGS, &mode));
}

int wmain(void)
{
    stations();
    displays();
    settings();
    monitors();
    hooks();
    graphics();
    icons();
    return 0;
}

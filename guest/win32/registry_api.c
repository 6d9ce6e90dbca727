// SPDX-License-Identifier: LGPL-2.1-or-later
// The registry by its Win32 interface: keys, values of all types, enumeration, notifications, trees.
#include "say.h"
#include <shlwapi.h>

#define SAY(call) say("%s: %ld", #call, (long)(call))

static HKEY top;

static void values(void)
{
    wchar_t text[100];
    BYTE bytes[100];
    DWORD type, size = sizeof bytes, number = 0x12345678;
    ULONGLONG large = 0x123456789abcdefULL;
    SAY(RegSetValueExW(top, L"number", 0, REG_DWORD, (BYTE *)&number, 4));
    SAY(RegSetValueExW(top, L"large", 0, REG_QWORD, (BYTE *)&large, 8));
    SAY(RegSetValueExW(top, L"text", 0, REG_SZ, (BYTE *)L"some text", 20));
    SAY(RegSetValueExW(top, L"expand", 0, REG_EXPAND_SZ, (BYTE *)L"%SystemRoot%\\x", 30));
    SAY(RegSetValueExW(top, L"multi", 0, REG_MULTI_SZ, (BYTE *)L"one\0two\0", 18));
    SAY(RegSetValueExW(top, L"binary", 0, REG_BINARY, (BYTE *)"\1\2\3", 3));
    SAY(RegSetValueExW(top, NULL, 0, REG_SZ, (BYTE *)L"default", 16));
    SAY(RegSetValueExW(top, L"nothing", 0, REG_NONE, NULL, 0));
    SAY(RegQueryValueExW(top, L"NUMBER", NULL, &type, bytes, &size));
    say("type %lu, size %lu, %lx", type, size, *(DWORD *)bytes);
    size = 2;
    SAY(RegQueryValueExW(top, L"text", NULL, &type, bytes, &size));
    say("needs %lu", size);
    SAY(RegQueryValueExW(top, L"missing", NULL, &type, NULL, &size));
    size = sizeof text;
    SAY(RegGetValueW(top, NULL, L"expand", RRF_RT_REG_SZ, &type, text, &size));
    say("expanded to %s", narrow(text));
    size = sizeof text;
    SAY(RegGetValueW(top, NULL, L"number", RRF_RT_REG_SZ, &type, text, &size));
    size = sizeof bytes;
    SAY(RegQueryValueExA(top, "text", NULL, &type, bytes, &size));
    say("as bytes: %s, %lu", bytes, size);
    SAY(RegSetValueExA(top, "ansi", 0, REG_SZ, (BYTE *)"\xe4nsi", 5));
    size = sizeof text;
    SAY(RegQueryValueExW(top, L"ansi", NULL, &type, (BYTE *)text, &size));
    say("as text: %s", narrow(text));
    SAY(RegDeleteValueW(top, L"ansi"));
    SAY(RegDeleteValueW(top, L"ansi"));
    for (DWORD i = 0;; i++) {
        DWORD name = 100, data = sizeof bytes;
        LONG error = RegEnumValueW(top, i, text, &name, NULL, &type, bytes, &data);
        if (error) {
            say("%lu values, then error %ld", i, error);
            break;
        }
    }
}

static void keys(void)
{
    HKEY one, two;
    DWORD disposition, subkeys, longest, count;
    wchar_t name[100];
    SAY(RegCreateKeyExW(top, L"one\\deep\\er", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &one, &disposition));
    say("disposition %lu", disposition);
    SAY(RegCreateKeyExW(top, L"ONE", 0, NULL, 0, KEY_READ, NULL, &two, &disposition));
    say("disposition %lu", disposition);
    SAY(RegSetValueExW(two, L"x", 0, REG_SZ, (BYTE *)L"", 2));
    RegCloseKey(one);
    RegCloseKey(two);
    SAY(RegOpenKeyExW(top, L"missing", 0, KEY_READ, &one));
    SAY(RegCreateKeyExW(top, L"two", 0, NULL, REG_OPTION_VOLATILE, KEY_ALL_ACCESS, NULL, &one, NULL));
    SAY(RegCreateKeyExW(one, L"stable", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &two, NULL));
    RegCloseKey(one);
    SAY(RegQueryInfoKeyW(top, NULL, NULL, NULL, &subkeys, &longest, NULL, &count, NULL, NULL, NULL, NULL));
    say("%lu keys, the longest has %lu, %lu values", subkeys, longest, count);
    for (DWORD i = 0;; i++) {
        DWORD length = 100;
        LONG error = RegEnumKeyExW(top, i, name, &length, NULL, NULL, NULL, NULL);
        if (error) {
            say("then error %ld", error);
            break;
        }
        say("key %s", narrow(name));
    }
    SAY(RegDeleteKeyW(top, L"one"));
    SAY(RegDeleteTreeW(top, L"one"));
    SAY(RegDeleteKeyW(top, L"two"));
    SAY(RegDeleteKeyW(top, L"missing"));
    SAY(RegCreateKeyW(top, L"source\\inner", &one));
    SAY(RegSetValueExW(one, L"v", 0, REG_SZ, (BYTE *)L"w", 4));
    RegCloseKey(one);
    SAY(RegCreateKeyW(top, L"target", &one));
    SAY(RegCopyTreeW(top, L"source", one));
    SAY(RegOpenKeyExW(one, L"inner", 0, KEY_READ, &two));
    SAY(RegQueryValueExW(two, L"v", NULL, NULL, NULL, NULL));
    RegCloseKey(two);
    RegCloseKey(one);
}

static DWORD WINAPI changer(void *unused)
{
    (void)unused;
    Sleep(50);
    DWORD one = 1;
    RegSetValueExW(top, L"changed", 0, REG_DWORD, (BYTE *)&one, 4);
    return 0;
}

static void notifications(void)
{
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    SAY(RegNotifyChangeKeyValue(top, TRUE, REG_NOTIFY_CHANGE_LAST_SET, event, TRUE));
    say("nothing yet %lx", WaitForSingleObject(event, 0));
    HANDLE thread = CreateThread(NULL, 0, changer, NULL, 0, NULL);
    say("changed %lx", WaitForSingleObject(event, 5000));
    WaitForSingleObject(thread, INFINITE);
}

static void machine(void)
{
    wchar_t text[200];
    DWORD size = sizeof text;
    SAY(RegGetValueW(HKEY_LOCAL_MACHINE, L"Software\\Microsoft\\Windows NT\\CurrentVersion", L"SystemRoot", RRF_RT_ANY, NULL, text, &size));
    say("system root %s", narrow(text));
    HKEY key;
    SAY(RegOpenKeyExW(HKEY_CLASSES_ROOT, L".txt", 0, KEY_READ, &key));
    SAY(RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"System\\CurrentControlSet\\Control\\Session Manager\\Environment", 0, KEY_READ, &key));
    SAY(RegOpenKeyExW(HKEY_USERS, L".Default", 0, KEY_READ, &key));
    SAY(RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"Hardware\\Description\\System", 0, KEY_READ, &key));
    SAY(RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"no such", 0, KEY_READ, &key));
    SAY(RegOpenKeyExW((HKEY)0x1234, L"x", 0, KEY_READ, &key));
}

int wmain(void)
{
    SAY(RegDeleteTreeW(HKEY_CURRENT_USER, L"Software\\ring3k program") == 0 || 1);
    SAY(RegCreateKeyExW(HKEY_CURRENT_USER, L"Software\\ring3k program", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &top, NULL));
    values();
    keys();
    notifications();
    machine();
    RegCloseKey(top);
    SAY(RegDeleteTreeW(HKEY_CURRENT_USER, L"Software\\ring3k program"));
    return 0;
}

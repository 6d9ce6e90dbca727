/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loading drivers: who may, and which services there are.
 * Known from: the DDK, ZwLoadDriver and ZwUnloadDriver (the privilege, the registry path).
 */
#include "ntapi_device.h"

typedef struct { ULONG PrivilegeCount; LUID_AND_ATTRIBUTES Privileges[1]; } ONE_PRIVILEGE;
NTCALL(NtOpenProcessToken, HANDLE, ACCESS_MASK, PHANDLE);
NTCALL(NtAdjustPrivilegesToken, HANDLE, ULONG, PVOID, ULONG, PVOID, PULONG);

static void allow(BOOLEAN on, const char *name)
{
    ONE_PRIVILEGE change = {1, {{{10, 0}, on ? SE_PRIVILEGE_ENABLED : 0}}};
    HANDLE token;
    NtOpenProcessToken(NtCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token);
    expect(NtAdjustPrivilegesToken(token, FALSE, &change, sizeof(change), NULL, NULL), 0, name);
    NtClose(token);
}

void test_main(void)
{
    UNICODE_STRING none = ustr(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\conf-none");
    allow(FALSE, "a token without SeLoadDriverPrivilege");
    expect(NtLoadDriver(&none), STATUS_PRIVILEGE_NOT_HELD, "load without the privilege");
    expect(NtUnloadDriver(&none), STATUS_PRIVILEGE_NOT_HELD, "unload without the privilege");
    expect(NtLoadDriver(tap_bad_pointer(BAD_NULL)), STATUS_PRIVILEGE_NOT_HELD, "that comes before the name is read");
    allow(TRUE, "with it");
    expect(NtLoadDriver(&none), STATUS_OBJECT_NAME_NOT_FOUND, "load what the registry does not know");
    expect(NtUnloadDriver(&none), STATUS_OBJECT_NAME_NOT_FOUND, "unload that");
    faults(BAD_IN, p, NtLoadDriver(p), "load, name");
    faults(BAD_IN, p, NtUnloadDriver(p), "unload, name");
    allow(FALSE, "and without it again");
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Links of the registry.
 * Known from: Wine's dlls/ntdll/tests/reg.c (test_symlinks), which ran on Windows 2000 and later; MSDN (RegCreateKeyEx,
 * REG_OPTION_CREATE_LINK; ZwCreateKey).
 */
#include "ntapi_cm.h"

#define TOP SOFTWARE L"\\conformance-link"

static HANDLE top;

static NTSTATUS point(HANDLE link, const WCHAR *target, ULONG type, ULONG more)
{
    UNICODE_STRING name = ustr(L"SymbolicLinkValue"), text = ustr(target);
    return NtSetValueKey(link, &name, 0, type, text.Buffer, text.Length + more);
}

void test_main(void)
{
    UNICODE_STRING other = ustr(L"other");
    HANDLE link, key, target;
    ULONG disposition;
    top = key_at(NULL, TOP, 0);
    expect(NtCreateKey(&link, KEY_ALL_ACCESS, named_in(top, L"link", 0), 0, NULL, CREATE_LINK, &disposition), 0, "create");
    equal(disposition, CREATED, "a new link");
    expect(NtOpenKey(&key, KEY_ALL_ACCESS, named_in(top, L"link", 0)), STATUS_OBJECT_NAME_NOT_FOUND, "open without target");
    expect(point(link, TOP L"\\target", REG_SZ, 0), STATUS_ACCESS_DENIED, "a target that is a string");
    expect(NtSetValueKey(link, &other, 0, REG_LINK, L"x", 2), STATUS_ACCESS_DENIED, "another value");
    expect(point(link, TOP L"\\target", REG_LINK, 0), 0, "set the target");
    expect(NtOpenKey(&key, KEY_ALL_ACCESS, named_in(top, L"link", 0)), STATUS_OBJECT_NAME_NOT_FOUND, "the target is missing");
    target = key_at(top, L"target", 0);
    set_dword(target, L"value", 0xbeef);
    NtClose(key_at(target, L"child", 0));
    expect(NtOpenKey(&key, KEY_ALL_ACCESS, named_in(top, L"link", 0)), 0, "open the target by the link");
    equal(get_dword(key, L"value"), 0xbeef, "it is the target");
    equal(get_dword(key, L"SymbolicLinkValue"), STATUS_OBJECT_NAME_NOT_FOUND, "and not the link");
    expect(point(key, TOP L"\\target", REG_LINK, 0), 0, "a key that is no link may hold such a value");
    {
        UNICODE_STRING name = ustr(L"SymbolicLinkValue");
        expect(NtDeleteValueKey(key, &name), 0, "and lose it");
    }
    NtClose(key);
    expect(NtOpenKey(&key, KEY_ALL_ACCESS, named_in(top, L"link\\child", 0)), 0, "go on behind the link");
    NtClose(key);
    expect(NtCreateKey(&key, KEY_ALL_ACCESS, named_in(top, L"link", 0), 0, NULL, 0, &disposition), 0, "create opens it, too");
    equal(disposition, OPENED, "an existing key");
    equal(get_dword(key, L"value"), 0xbeef, "the target again");
    NtClose(key);
    expect(NtCreateKey(&key, KEY_ALL_ACCESS, named_in(top, L"link\\fresh", 0), 0, NULL, 0, NULL), 0, "create behind the link");
    NtClose(key);
    expect(NtOpenKey(&key, KEY_ALL_ACCESS, named_in(target, L"fresh", 0)), 0, "is made in the target");
    NtDeleteKey(key);
    NtClose(key);
    expect(NtOpenKey(&key, KEY_ALL_ACCESS, named_in(top, L"link", OBJ_OPENLINK)), 0, "open the link itself");
    check(get_dword(key, L"SymbolicLinkValue") != (ULONG)STATUS_OBJECT_NAME_NOT_FOUND, "which has a target");
    NtClose(key);
    expect(NtCreateKey(&key, KEY_ALL_ACCESS, named_in(top, L"link", 0), 0, NULL, OPEN_LINK, NULL), 0, "by an option, too");
    equal(get_dword(key, L"value"), STATUS_OBJECT_NAME_NOT_FOUND, "the link has no other values");
    NtClose(key);
    expect(NtCreateKey(&key, KEY_ALL_ACCESS, named_in(top, L"link", 0), 0, NULL, CREATE_LINK, NULL),
           STATUS_OBJECT_NAME_COLLISION, "create a link twice");
    expect(NtCreateKey(&key, KEY_ALL_ACCESS, named_in(top, L"target", 0), 0, NULL, CREATE_LINK, NULL),
           STATUS_OBJECT_NAME_COLLISION, "create a link where a key is");
    expect(point(link, TOP L"\\target", REG_LINK, 2), 0, "a target that ends in zero");
    expect(NtOpenKey(&key, KEY_ALL_ACCESS, named_in(top, L"link", 0)), STATUS_OBJECT_NAME_NOT_FOUND, "leads nowhere");
    expect(point(link, TOP L"\\link", REG_LINK, 0), 0, "a link to itself");
    check(NtOpenKey(&key, KEY_ALL_ACCESS, named_in(top, L"link", 0)) < 0, "cannot be followed");
    expect(point(link, TOP L"\\link\\link", REG_LINK, 0), 0, "a link that grows");
    check(NtOpenKey(&key, KEY_ALL_ACCESS, named_in(top, L"link", 0)) < 0, "cannot be followed, either");
    expect(NtDeleteKey(link), 0, "delete the link");
    NtClose(link);
    expect(NtOpenKey(&key, KEY_ALL_ACCESS, named_in(top, L"link", OBJ_OPENLINK)), STATUS_OBJECT_NAME_NOT_FOUND, "it is gone");
    equal(get_dword(target, L"value"), 0xbeef, "the target is not");
    expect(NtOpenKey(&key, KEY_READ, named(L"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Control", 0)), 0,
           "the current control set is there");
    NtClose(key);
    delete_tree(target);
    delete_tree(top);
}

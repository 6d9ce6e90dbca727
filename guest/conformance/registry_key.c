/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keys: create, open, names, options, deletion, NtQueryKey and NtEnumerateKey in every class.
 * Known from: the DDK and MSDN (ZwCreateKey, ZwOpenKey, ZwDeleteKey, ZwQueryKey, ZwEnumerateKey, RegCreateKeyEx,
 * "Registry Element Size Limits"); G. Nebbett, Native API Reference, ch. 19; Wine's dlls/ntdll/tests/reg.c and
 * dlls/advapi32/tests/registry.c, which ran on Windows.
 */
#include "ntapi_cm.h"

static HANDLE top;

static NTSTATUS create(HANDLE *key, const WCHAR *name, ULONG options, ULONG *disposition)
{
    return NtCreateKey(key, KEY_ALL_ACCESS, named_in(top, name, 0), 0, NULL, options, disposition);
}

static void creating(void)
{
    HANDLE key, same;
    ULONG disposition = 0;
    expect(create(&key, L"one", 0, &disposition), 0, "create");
    equal(disposition, CREATED, "a new key");
    expect(create(&same, L"ONE", 0, &disposition), 0, "create the same, in capitals");
    equal(disposition, OPENED, "an existing key, for case does not count");
    NtClose(same);
    expect(create(&same, L"two\\three", 0, NULL), STATUS_OBJECT_NAME_NOT_FOUND, "create where two are missing");
    expect(create(&same, L"one\\three", 0, NULL), 0, "create below another");
    expect(NtDeleteKey(key), STATUS_CANNOT_DELETE, "delete a key with a subkey");
    expect(NtDeleteKey(same), 0, "delete the subkey");
    NtClose(same);
    expect(create(&same, L"one\\", 0, &disposition), 0, "a backslash at the end");
    equal(disposition, OPENED, "does not count");
    NtClose(same);
    same = NULL;
    expect(create(&same, L"bad", 0x80, NULL), STATUS_INVALID_PARAMETER, "unknown option");
    if (same)
        delete_tree(same);
    expect(NtOpenKey(&same, KEY_ALL_ACCESS, named_in(top, L"none", 0)), STATUS_OBJECT_NAME_NOT_FOUND, "open: missing");
    expect(NtOpenKey(&same, KEY_ALL_ACCESS, named_in(top, L"none\\none", 0)), STATUS_OBJECT_NAME_NOT_FOUND,
           "open: missing in the middle");
    expect(NtOpenKey(&same, KEY_ALL_ACCESS, named_in(key, L"", 0)), 0, "open: an empty name is the root itself");
    NtClose(same);
    expect(NtOpenKey(&same, 0x40000, named_in(top, L"one", 0)), 0, "open with a standard right");
    NtClose(same);
    expect(NtOpenKey(&same, KEY_READ, named_in((HANDLE)0x7ff0, L"one", 0)), STATUS_INVALID_HANDLE, "open: bad root");
    expect(NtOpenKey(&same, MAXIMUM_ALLOWED, named_in(top, L"one", 0)), 0, "open: maximum allowed");
    equal(granted_access(same), KEY_ALL_ACCESS, "is all");
    NtClose(same);
    expect(NtOpenKey(&same, GENERIC_READ, named_in(top, L"one", 0)), 0, "open: generic read");
    equal(granted_access(same), KEY_READ, "is KEY_READ");
    expect(NtDeleteKey(same), STATUS_ACCESS_DENIED, "and cannot delete");
    NtClose(same);
    expect(NtDeleteKey(key), 0, "delete");
    expect(NtOpenKey(&same, KEY_READ, named_in(top, L"one", 0)), STATUS_OBJECT_NAME_NOT_FOUND, "it is gone");
    NtClose(key);
    faults(BAD_OUT, p, NtOpenKey(p, KEY_READ, named_in(top, L"one", 0)), "open, handle");
    faults(BAD_IN, p, NtOpenKey(&same, KEY_READ, p), "open, attributes");
}

static void names(void)
{
    static WCHAR text[300];
    UNICODE_STRING name = {0, sizeof(text), text};
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes), top, &name, 0, NULL, NULL};
    HANDLE key;
    for (int i = 0; i < 300; i++)
        text[i] = L'n';
    name.Length = 255 * 2;
    expect(NtCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL), 0, "a name of 255 characters");
    NtDeleteKey(key);
    NtClose(key);
    name.Length = 256 * 2 + 2;
    expect(NtCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL), STATUS_INVALID_PARAMETER,
           "a name of 257 characters");
    name.Length = 3;
    check(NtOpenKey(&key, KEY_READ, &attributes) < 0, "half a character");
    expect(NtOpenKey(&key, KEY_READ, named(L"\\REGISTRY", 0)), 0, "the root of all");
    NtClose(key);
    expect(NtOpenKey(&key, KEY_READ, named(L"\\Registry\\Machine", OBJ_CASE_INSENSITIVE)), 0, "the machine's root");
    NtClose(key);
    expect(NtCreateKey(&key, KEY_ALL_ACCESS, named(L"\\REGISTRY\\conformance", 0), 0, NULL, 0, NULL),
           STATUS_INVALID_PARAMETER, "create beside MACHINE and USER");
    expect(NtCreateKey(&key, KEY_ALL_ACCESS, named(L"\\REGISTRY\\MACHINE\\conformance", 0), 0, NULL, 0, NULL),
           STATUS_INVALID_PARAMETER, "create beside the machine's hives");
    expect(NtOpenKey(&key, KEY_ALL_ACCESS, named(SOFTWARE, 0)), 0, "the root of a hive");
    expect(NtDeleteKey(key), STATUS_CANNOT_DELETE, "cannot be deleted");
    NtClose(key);
    expect(NtOpenKey(&key, KEY_READ, named(L"\\BaseNamedObjects", 0)), STATUS_OBJECT_TYPE_MISMATCH, "no key at all");
    expect(NtOpenKey(&key, KEY_READ, named(L"REGISTRY", 0)), STATUS_OBJECT_PATH_SYNTAX_BAD, "no backslash");
}

static void deleted(void)
{
    union { KEY_BASIC info; UCHAR bytes[600]; } buffer;
    UNICODE_STRING name = ustr(L"v");
    HANDLE key = key_at(top, L"gone", 0), second, child;
    ULONG length;
    NtOpenKey(&second, KEY_ALL_ACCESS, named_in(top, L"gone", 0));
    expect(NtDeleteKey(key), 0, "delete a key that is open twice");
    expect(NtDeleteKey(second), 0, "delete it again");
    expect(NtQueryKey(second, KeyBasic, &buffer, sizeof(buffer), &length), STATUS_KEY_DELETED, "query a deleted key");
    expect(NtEnumerateKey(second, 0, KeyBasic, &buffer, sizeof(buffer), &length), STATUS_KEY_DELETED, "enumerate it");
    expect(NtEnumerateValueKey(second, 0, ValueBasic, &buffer, sizeof(buffer), &length), STATUS_KEY_DELETED,
           "enumerate its values");
    expect(NtSetValueKey(second, &name, 0, REG_BINARY, "x", 1), STATUS_KEY_DELETED, "set a value in it");
    expect(NtQueryValueKey(second, &name, ValueBasic, &buffer, sizeof(buffer), &length), STATUS_KEY_DELETED,
           "query a value in it");
    expect(NtDeleteValueKey(second, &name), STATUS_KEY_DELETED, "delete a value in it");
    expect(NtCreateKey(&child, KEY_ALL_ACCESS, named_in(second, L"child", 0), 0, NULL, 0, NULL), STATUS_KEY_DELETED,
           "create below it");
    expect(NtOpenKey(&child, KEY_ALL_ACCESS, named_in(second, L"child", 0)), STATUS_KEY_DELETED, "open below it");
    expect(NtFlushKey(second), STATUS_KEY_DELETED, "flush it");
    NtClose(second);
    NtClose(key);
    expect(NtDeleteKey((HANDLE)0x7ff0), STATUS_INVALID_HANDLE, "delete: bad handle");
    expect(NtDeleteKey(NULL), STATUS_INVALID_HANDLE, "delete: no handle");
    expect(NtFlushKey(NULL), STATUS_INVALID_HANDLE, "flush: no handle");
    expect(NtFlushKey(top), 0, "flush");
}

static void volatiles(void)
{
    union { KEY_BASIC info; UCHAR bytes[600]; } buffer;
    HANDLE stable = key_at(top, L"zz-stable", 0), key, child;
    ULONG length, disposition;
    expect(create(&key, L"aa-volatile", VOLATILE, &disposition), 0, "create volatile");
    equal(disposition, CREATED, "volatile: new");
    expect(NtCreateKey(&child, KEY_ALL_ACCESS, named_in(key, L"child", 0), 0, NULL, 0, NULL),
           STATUS_CHILD_MUST_BE_VOLATILE, "a stable child of a volatile key");
    expect(NtCreateKey(&child, KEY_ALL_ACCESS, named_in(key, L"child", 0), 0, NULL, VOLATILE, NULL), 0,
           "a volatile child of it");
    expect(set_dword(child, L"v", 5), 0, "a value in a volatile key");
    equal(get_dword(child, L"v"), 5, "reads back");
    expect(NtEnumerateKey(top, 0, KeyBasic, &buffer, sizeof(buffer), &length), 0, "enumerate");
    check(same_text(buffer.info.Name, buffer.info.NameLength, L"zz-stable"), "stable keys come first");
    expect(NtEnumerateKey(top, 1, KeyBasic, &buffer, sizeof(buffer), &length), 0, "enumerate the next");
    check(same_text(buffer.info.Name, buffer.info.NameLength, L"aa-volatile"), "then the volatile ones");
    NtDeleteKey(child);
    NtDeleteKey(key);
    NtDeleteKey(stable);
    NtClose(child);
    NtClose(key);
    NtClose(stable);
}

static void query(void)
{
    union { KEY_BASIC basic; KEY_NODE node; KEY_FULL full; KEY_NAME name; KEY_CACHED cached; UCHAR bytes[1024]; } b;
    UNICODE_STRING class = ustr(L"Class");
    HANDLE key, child, limited;
    ULONG length = 0, was;
    LONGLONG before = system_time() - 20000000, after;
    NtCreateKey(&key, KEY_ALL_ACCESS, named_in(top, L"Query", 0), 0, &class, 0, NULL);
    child = key_at(key, L"longest child", 0);
    NtClose(key_at(key, L"child", 0));
    set_dword(key, L"number", 1);
    after = system_time() + 20000000;

    expect(NtQueryKey(key, KeyBasic, &b, sizeof(b), &length), 0, "basic");
    equal(length, 16 + 10, "basic: length");
    equal(b.basic.NameLength, 10, "basic: name length");
    check(same_text(b.basic.Name, 10, L"Query"), "basic: name");
    equal(b.basic.TitleIndex, 0, "basic: title index");
    check(b.basic.LastWriteTime.QuadPart >= before && b.basic.LastWriteTime.QuadPart <= after, "basic: time");
    expect(NtQueryKey(key, KeyBasic, &b, 15, &length), STATUS_BUFFER_TOO_SMALL, "basic, too small");
    equal(length, 26, "tells the length");
    b.basic.NameLength = 0;
    b.basic.Name[0] = b.basic.Name[2] = L'#';
    expect(NtQueryKey(key, KeyBasic, &b, 20, &length), STATUS_BUFFER_OVERFLOW, "basic, name cut off");
    equal(b.basic.NameLength, 10, "cut off: name length");
    equal(b.basic.Name[0], L'Q', "cut off: beginning");
    equal(b.basic.Name[2], L'#', "cut off: no more than that");

    expect(NtQueryKey(key, KeyNode, &b, sizeof(b), &length), 0, "node");
    check(length >= 24 + 10 + 10, "node: length");
    equal(b.node.NameLength, 10, "node: name length");
    check(same_text(b.node.Name, 10, L"Query"), "node: name");
    equal(b.node.ClassLength, 10, "node: class length");
    equal(b.node.ClassOffset, 36, "node: class offset");
    check(same_text((WCHAR *)(b.bytes + b.node.ClassOffset), 10, L"Class"), "node: class");
    expect(NtQueryKey(key, KeyNode, &b, 23, &length), STATUS_BUFFER_TOO_SMALL, "node, too small");
    expect(NtQueryKey(child, KeyNode, &b, sizeof(b), &length), 0, "node of a key without a class");
    equal(b.node.ClassLength, 0, "no class");
    equal(length, 24 + 26, "no class: length");

    expect(NtQueryKey(key, KeyFull, &b, sizeof(b), &length), 0, "full");
    equal(length, 44 + 10, "full: length");
    equal(b.full.SubKeys, 2, "full: subkeys");
    equal(b.full.MaxNameLen, 26, "full: longest name");
    equal(b.full.Values, 1, "full: values");
    equal(b.full.MaxValueNameLen, 12, "full: longest value name");
    equal(b.full.MaxValueDataLen, 4, "full: longest data");
    equal(b.full.ClassLength, 10, "full: class length");
    equal(b.full.ClassOffset, 44, "full: class offset");
    check(same_text(b.full.Class, 10, L"Class"), "full: class");
    expect(NtQueryKey(key, KeyFull, &b, 43, &length), STATUS_BUFFER_TOO_SMALL, "full, too small");

    expect(NtQueryKey(key, KeyName, &b, sizeof(b), &length), 0, "name");
    was = length;
    equal(length, 4 + b.name.NameLength, "name: length");
    check(same_text(b.name.Name + b.name.NameLength / 2 - 6, 12, L"\\Query"), "name: ends so");
    check(same_text(b.name.Name, 20, L"\\REGISTRY\\"), "name: begins so");
    expect(NtQueryKey(key, KeyName, &b, 3, &length), STATUS_BUFFER_TOO_SMALL, "name, too small");
    equal(length, was, "name: what is needed");
    expect(NtQueryKey(key, KeyName, &b, was - 2, &length), STATUS_BUFFER_OVERFLOW, "name, cut off");
    expect(NtQueryKey(key, 99, &b, sizeof(b), &length), STATUS_INVALID_PARAMETER, "class 99");
    expect(NtQueryKey((HANDLE)0x7ff0, KeyBasic, &b, sizeof(b), &length), STATUS_INVALID_HANDLE, "query: bad handle");
    NtOpenKey(&limited, KEY_SET_VALUE, named_in(key, L"", 0));
    expect(NtQueryKey(limited, KeyBasic, &b, sizeof(b), &length), STATUS_ACCESS_DENIED, "query without the right");
    expect(NtQueryKey(limited, KeyName, &b, sizeof(b), &length), 0, "the name needs none");
    expect(NtEnumerateKey(limited, 0, KeyBasic, &b, sizeof(b), &length), STATUS_ACCESS_DENIED,
           "enumerate without the right");
    NtClose(limited);
    if (nt_at_least(5, 1)) {
        expect(NtQueryKey(key, KeyCached, &b, sizeof(b), &length), 0, "cached");
        equal(length, 40, "cached: length");
        equal(b.cached.SubKeys, 2, "cached: subkeys");
        equal(b.cached.Values, 1, "cached: values");
        equal(b.cached.MaxNameLen, 26, "cached: longest name");
        equal(b.cached.MaxValueNameLen, 12, "cached: longest value name");
        equal(b.cached.MaxValueDataLen, 4, "cached: longest data");
        equal(b.cached.NameLength, 10, "cached: name length");
        expect(NtQueryKey(key, KeyCached, &b, 39, &length), STATUS_BUFFER_TOO_SMALL, "cached, too small");
    } else {
        for (int i = 0; i < 9; i++)
            tap_skip(i == 0 ? "cached" : i == 1 ? "cached: length" : i == 2 ? "cached: subkeys"
                     : i == 3 ? "cached: values" : i == 4 ? "cached: longest name"
                     : i == 5 ? "cached: longest value name" : i == 6 ? "cached: longest data"
                     : i == 7 ? "cached: name length" : "cached, too small", "Windows 2000 has no such class");
    }
    delete_tree(key);
    NtClose(child);
}

static void enumerating(void)
{
    static const WCHAR *const made[] = {L"delta", L"Bravo", L"alpha", L"charlie", L"bb"};
    static const WCHAR *const sorted[] = {L"alpha", L"bb", L"Bravo", L"charlie", L"delta"};
    union { KEY_BASIC basic; KEY_NODE node; KEY_FULL full; UCHAR bytes[600]; } b;
    HANDLE keys[5], odd;
    ULONG length, right = 0;
    for (int i = 0; i < 5; i++)
        keys[i] = key_at(top, made[i], 0);
    for (ULONG i = 0; i < 5; i++) {
        NTSTATUS status = NtEnumerateKey(top, i, KeyBasic, &b, sizeof(b), &length);
        right += status == 0 && same_text(b.basic.Name, b.basic.NameLength, sorted[i]);
    }
    equal(right, 5, "subkeys come sorted by name, whatever their case");
    expect(NtEnumerateKey(top, 5, KeyBasic, &b, sizeof(b), &length), STATUS_NO_MORE_ENTRIES, "behind the last");
    expect(NtEnumerateKey(top, 0xfffffff0, KeyBasic, &b, sizeof(b), &length), STATUS_NO_MORE_ENTRIES, "far behind it");
    odd = key_at(top, L"_odd", 0);
    NtEnumerateKey(top, 5, KeyBasic, &b, sizeof(b), &length);
    check(same_text(b.basic.Name, b.basic.NameLength, L"_odd"), "it is capitals that are compared: _ comes behind them");
    NtDeleteKey(odd);
    NtClose(odd);
    expect(NtEnumerateKey(top, 0, KeyNode, &b, sizeof(b), &length), 0, "enumerate: node");
    equal(length, 34, "enumerate: node: length");
    expect(NtEnumerateKey(top, 0, KeyFull, &b, sizeof(b), &length), 0, "enumerate: full");
    expect(NtEnumerateKey(top, 0, KeyName, &b, sizeof(b), &length), STATUS_INVALID_PARAMETER, "enumerate: name");
    expect(NtEnumerateKey(top, 0, KeyBasic, &b, 8, &length), STATUS_BUFFER_TOO_SMALL, "enumerate, too small");
    equal(length, 26, "enumerate: what is needed");
    expect(NtEnumerateKey(top, 0, KeyBasic, &b, 18, &length), STATUS_BUFFER_OVERFLOW, "enumerate, cut off");
    expect(NtEnumerateKey((HANDLE)0x7ff0, 0, KeyBasic, &b, sizeof(b), &length), STATUS_INVALID_HANDLE,
           "enumerate: bad handle");
    NtDeleteKey(keys[1]);
    NtEnumerateKey(top, 2, KeyBasic, &b, sizeof(b), &length);
    check(same_text(b.basic.Name, b.basic.NameLength, L"charlie"), "a deleted key leaves no gap");
    for (int i = 0; i < 5; i++) {
        NtDeleteKey(keys[i]);
        NtClose(keys[i]);
    }
}

static void times(void)
{
    union { KEY_BASIC info; UCHAR bytes[600]; } b;
    LI wanted = {.QuadPart = 0x01c0000000000000};
    HANDLE key = key_at(top, L"times", 0), limited;
    ULONG length;
    LONGLONG first;
    expect(NtSetInformationKey(key, 0, &wanted, 8), 0, "set the write time");
    NtQueryKey(key, KeyBasic, &b, sizeof(b), &length);
    check(b.info.LastWriteTime.QuadPart == wanted.QuadPart, "is what was set");
    set_dword(key, L"v", 1);
    NtQueryKey(key, KeyBasic, &b, sizeof(b), &length);
    first = b.info.LastWriteTime.QuadPart;
    check(first > wanted.QuadPart, "a value sets it, too");
    sleep_ms(30);
    set_dword(key, L"v", 1);
    NtQueryKey(key, KeyBasic, &b, sizeof(b), &length);
    if (nt_at_least(5, 1)) /* it compares with what it remembers */
        check(b.info.LastWriteTime.QuadPart == first, "unless it is what it was");
    set_dword(key, L"v", 2);
    NtQueryKey(key, KeyBasic, &b, sizeof(b), &length);
    check(b.info.LastWriteTime.QuadPart > first, "or becomes another");
    first = b.info.LastWriteTime.QuadPart;
    sleep_ms(30);
    NtClose(key_at(key, L"child", 0));
    NtQueryKey(key, KeyBasic, &b, sizeof(b), &length);
    check(b.info.LastWriteTime.QuadPart > first, "and a subkey");
    expect(NtSetInformationKey(key, 0, &wanted, 7), STATUS_INFO_LENGTH_MISMATCH, "write time of 7 bytes");
    expect(NtSetInformationKey(key, 99, &wanted, 8), STATUS_INVALID_INFO_CLASS, "set class 99");
    NtOpenKey(&limited, KEY_READ, named_in(key, L"", 0));
    expect(NtSetInformationKey(limited, 0, &wanted, 8), STATUS_ACCESS_DENIED, "set the write time without the right");
    NtClose(limited);
    expect(NtSetInformationKey((HANDLE)0x7ff0, 0, &wanted, 8), STATUS_INVALID_HANDLE, "set: bad handle");
    delete_tree(key);
}

static void renaming(void)
{
    NTSTATUS(NTAPI *rename)(HANDLE, UNICODE_STRING *) = procedure("NtRenameKey");
    UNICODE_STRING name = ustr(L"after"), taken = ustr(L"taken"), bad = ustr(L"a\\b"), empty = {0, 0, NULL};
    HANDLE key, other, same;
    if (!nt_at_least(5, 1) || !rename) {
        tap_skip("rename", "Windows 2000 cannot");
        return;
    }
    key = key_at(top, L"before", 0);
    other = key_at(top, L"taken", 0);
    set_dword(key, L"v", 7);
    expect(rename(key, &name), 0, "rename");
    expect(NtOpenKey(&same, KEY_ALL_ACCESS, named_in(top, L"before", 0)), STATUS_OBJECT_NAME_NOT_FOUND, "the old name");
    expect(NtOpenKey(&same, KEY_ALL_ACCESS, named_in(top, L"AFTER", 0)), 0, "the new name");
    equal(get_dword(same, L"v"), 7, "has the value");
    NtClose(same);
    expect(rename(key, &taken), STATUS_CANNOT_DELETE, "rename to a name that is taken");
    expect(rename(key, &bad), STATUS_INVALID_PARAMETER, "rename to a path");
    expect(rename(key, &empty), STATUS_INVALID_PARAMETER, "rename to nothing");
    expect(rename((HANDLE)0x7ff0, &name), STATUS_INVALID_HANDLE, "rename: bad handle");
    NtOpenKey(&same, KEY_READ, named_in(top, L"after", 0));
    expect(rename(same, &name), STATUS_ACCESS_DENIED, "rename without the right");
    NtClose(same);
    NtDeleteKey(key);
    NtDeleteKey(other);
    NtClose(key);
    NtClose(other);
}

void test_main(void)
{
    top = key_at(NULL, SOFTWARE L"\\conformance-key", 0);
    creating();
    names();
    deleted();
    volatiles();
    query();
    enumerating();
    times();
    renaming();
    delete_tree(top);
}

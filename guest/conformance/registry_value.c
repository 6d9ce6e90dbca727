/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values: set, query in every class, enumerate, delete, several at once, names, sizes.
 * Known from: the DDK and MSDN (ZwSetValueKey, ZwQueryValueKey, ZwEnumerateValueKey, RegQueryMultipleValues, "Registry
 * Element Size Limits"); G. Nebbett, Native API Reference, ch. 19; Wine's dlls/ntdll/tests/reg.c.
 */
#include "ntapi_cm.h"

static HANDLE top;
static union { VALUE_BASIC basic; VALUE_FULL full; VALUE_PARTIAL partial; VALUE_PARTIAL64 partial64; UCHAR bytes[4096]; } b;

static NTSTATUS query(const WCHAR *name, ULONG class, ULONG room, ULONG *length)
{
    UNICODE_STRING text = ustr(name);
    *length = 0;
    return NtQueryValueKey(top, &text, class, &b, room, length);
}

static void classes(void)
{
    ULONG length;
    expect(set_dword(top, L"number", 711), 0, "set");
    expect(query(L"number", ValueBasic, sizeof(b), &length), 0, "basic");
    equal(length, 24, "basic: length");
    equal(b.basic.TitleIndex, 0, "basic: title index");
    equal(b.basic.Type, REG_DWORD, "basic: type");
    equal(b.basic.NameLength, 12, "basic: name length");
    check(same_text(b.basic.Name, 12, L"number"), "basic: name");
    expect(query(L"number", ValueBasic, 12, &length), STATUS_BUFFER_OVERFLOW, "basic, only the head");
    equal(length, 24, "basic, only the head: length");
    equal(b.basic.NameLength, 12, "basic, only the head: name length");
    expect(query(L"number", ValueBasic, 11, &length), STATUS_BUFFER_TOO_SMALL, "basic, too small");
    equal(length, 24, "basic, too small: length");

    expect(query(L"NUMBER", ValuePartial, sizeof(b), &length), 0, "partial, in capitals");
    equal(length, 16, "partial: length");
    equal(b.partial.TitleIndex, 0, "partial: title index");
    equal(b.partial.Type, REG_DWORD, "partial: type");
    equal(b.partial.DataLength, 4, "partial: data length");
    equal(*(ULONG *)b.partial.Data, 711, "partial: data");
    *(ULONG *)b.partial.Data = 0;
    expect(query(L"number", ValuePartial, 14, &length), STATUS_BUFFER_OVERFLOW, "partial, half the data");
    equal(*(ULONG *)b.partial.Data, 711, "partial, half the data: is written");
    expect(query(L"number", ValuePartial, 12, &length), STATUS_BUFFER_OVERFLOW, "partial, only the head");
    equal(b.partial.DataLength, 4, "partial, only the head: data length");
    expect(query(L"number", ValuePartial, 8, &length), STATUS_BUFFER_TOO_SMALL, "partial, too small");
    equal(length, 16, "partial, too small: length");
    {
        UNICODE_STRING text = ustr(L"number");
        expect(NtQueryValueKey(top, &text, ValuePartial, NULL, 0, &length), STATUS_BUFFER_TOO_SMALL, "partial, no buffer");
        equal(length, 16, "partial, no buffer: length");
    }

    expect(query(L"number", ValueFull, sizeof(b), &length), 0, "full");
    equal(length, 36, "full: length");
    equal(b.full.Type, REG_DWORD, "full: type");
    equal(b.full.DataLength, 4, "full: data length");
    equal(b.full.NameLength, 12, "full: name length");
    equal(b.full.DataOffset, 32, "full: data offset");
    check(same_text(b.full.Name, 12, L"number"), "full: name");
    equal(*(ULONG *)(b.bytes + b.full.DataOffset), 711, "full: data");
    expect(query(L"number", ValueFull, 20, &length), STATUS_BUFFER_OVERFLOW, "full, only the head");
    equal(b.full.NameLength, 12, "full, only the head: name length");
    equal(b.full.DataLength, 4, "full, only the head: data length");
    expect(query(L"number", ValueFull, 19, &length), STATUS_BUFFER_TOO_SMALL, "full, too small");
    equal(length, 36, "full, too small: length");
    expect(query(L"number", 99, sizeof(b), &length), STATUS_INVALID_PARAMETER, "class 99");

    expect(query(L"number", ValuePartial64, sizeof(b), &length), 0, "partial, aligned");
    equal(length, 12, "partial, aligned: length");
    equal(b.partial64.DataLength, 4, "partial, aligned: data length");
    equal(*(ULONG *)b.partial64.Data, 711, "partial, aligned: data");
    set_dword(top, L"numbers", 712);
    expect(query(L"numbers", ValueFull64, sizeof(b), &length), 0, "full, aligned");
    equal(b.full.DataOffset & 7, 0, "full, aligned: data offset");
    equal(*(ULONG *)(b.bytes + b.full.DataOffset), 712, "full, aligned: data");
    expect(query(L"none", ValueBasic, sizeof(b), &length), STATUS_OBJECT_NAME_NOT_FOUND, "no such value");
}

static void setting(void)
{
    static const WCHAR zero[] = L"ended\0";
    UNICODE_STRING name = ustr(L"changing"), none = {0, 0, NULL}, ended = {12, 12, (PWSTR)zero}, odd = ustr(L"number");
    HANDLE limited;
    ULONG length;
    expect(NtSetValueKey(top, &name, 0, REG_SZ, L"text", 10), 0, "set a string");
    expect(NtSetValueKey(top, &name, 0, REG_BINARY, "abc", 3), 0, "set again, otherwise");
    query(L"changing", ValuePartial, sizeof(b), &length);
    equal(b.partial.Type, REG_BINARY, "the other type");
    equal(b.partial.DataLength, 3, "the other length");
    expect(NtSetValueKey(top, &name, 0, REG_BINARY, NULL, 0), 0, "set no data");
    query(L"changing", ValuePartial, sizeof(b), &length);
    equal(b.partial.DataLength, 0, "no data");
    equal(length, 12, "no data: length");
    expect(NtSetValueKey(top, &name, 0, 0x12345678, "x", 1), 0, "any type will do");
    query(L"changing", ValuePartial, sizeof(b), &length);
    equal(b.partial.Type, 0x12345678, "and comes back");
    expect(NtSetValueKey(top, &none, 0, REG_SZ, L"default", 16), 0, "set the value without a name");
    expect(NtQueryValueKey(top, &none, ValuePartial, &b, sizeof(b), &length), 0, "query it");
    equal(b.partial.DataLength, 16, "it is there");
    expect(NtSetValueKey(top, &ended, 0, REG_BINARY, "z", 1), 0, "a name that ends in zero");
    expect(query(L"ended", ValueBasic, sizeof(b), &length), 0, "is the name without it");
    equal(b.basic.NameLength, 10, "in length, too");
    expect(NtDeleteValueKey(top, &ended), 0, "delete by the name with the zero");
    expect(NtSetValueKey((HANDLE)0x7ff0, &name, 0, REG_BINARY, "x", 1), STATUS_INVALID_HANDLE, "set: bad handle");
    expect(NtDeleteValueKey((HANDLE)0x7ff0, &name), STATUS_INVALID_HANDLE, "delete: bad handle");
    NtOpenKey(&limited, KEY_READ, named_in(top, L"", 0));
    expect(NtSetValueKey(limited, &name, 0, REG_BINARY, "x", 1), STATUS_ACCESS_DENIED, "set without the right");
    expect(NtDeleteValueKey(limited, &name), STATUS_ACCESS_DENIED, "delete without the right");
    NtClose(limited);
    NtOpenKey(&limited, KEY_SET_VALUE, named_in(top, L"", 0));
    expect(NtQueryValueKey(limited, &name, ValueBasic, &b, sizeof(b), &length), STATUS_ACCESS_DENIED,
           "query without the right");
    expect(NtEnumerateValueKey(limited, 0, ValueBasic, &b, sizeof(b), &length), STATUS_ACCESS_DENIED,
           "enumerate without the right");
    NtClose(limited);
    expect(NtDeleteValueKey(top, &name), 0, "delete");
    expect(NtDeleteValueKey(top, &name), STATUS_OBJECT_NAME_NOT_FOUND, "delete again");
    NtDeleteValueKey(top, &none);
    odd.Length = 4;
    expect(NtQueryValueKey(top, &odd, ValueBasic, &b, sizeof(b), &length), STATUS_OBJECT_NAME_NOT_FOUND,
           "the beginning of a name is none");
}

static void sizes(void)
{
    static WCHAR text[0x4010];
    UNICODE_STRING name = {0, 0, text}, big = ustr(L"big");
    SIZE_T size = 0x100000;
    UCHAR *data = pages(size, MEM_COMMIT, PAGE_READWRITE), *back = pages(0x101000, MEM_COMMIT, PAGE_READWRITE);
    ULONG length;
    for (int i = 0; i < 0x4010; i++)
        text[i] = L'n';
    for (SIZE_T i = 0; i < size; i++)
        data[i] = (UCHAR)(i * 7 >> 3);
    name.Length = name.MaximumLength = 16383 * 2;
    expect(NtSetValueKey(top, &name, 0, REG_BINARY, "x", 1), 0, "a name of 16383 characters");
    expect(NtDeleteValueKey(top, &name), 0, "delete it");
    name.Length = name.MaximumLength = 0x4008 * 2;
    expect(NtSetValueKey(top, &name, 0, REG_BINARY, "x", 1), STATUS_INVALID_PARAMETER, "a longer name");
    expect(NtSetValueKey(top, &big, 0, REG_BINARY, data, 0xfff00), 0, "nearly a megabyte of data");
    expect(NtQueryValueKey(top, &big, ValuePartial, back, 0x101000, &length), 0, "query it all");
    equal(length, 0xfff0c, "all of it");
    check(same_memory(back + 12, data, 0xfff00), "as it was");
    expect(NtDeleteValueKey(top, &big), 0, "delete that, too");
    pages_free(data);
    pages_free(back);
}

static void enumerating(void)
{
    static const WCHAR *const made[] = {L"second", L"First", L"third", L"", L"a"};
    HANDLE key = key_at(top, L"values", 0);
    UNICODE_STRING second = ustr(L"second");
    ULONG length, right = 0;
    for (int i = 0; i < 5; i++)
        set_dword(key, made[i], (ULONG)i);
    for (ULONG i = 0; i < 5; i++) {
        NTSTATUS status = NtEnumerateValueKey(key, i, ValueFull, &b, sizeof(b), &length);
        right += status == 0 && same_text(b.full.Name, b.full.NameLength, made[i]) &&
                 *(ULONG *)(b.bytes + b.full.DataOffset) == i;
    }
    equal(right, 5, "values come in the order in which they were made");
    expect(NtEnumerateValueKey(key, 5, ValueBasic, &b, sizeof(b), &length), STATUS_NO_MORE_ENTRIES, "behind the last");
    expect(NtEnumerateValueKey(key, 0xffffffff, ValueBasic, &b, sizeof(b), &length), STATUS_NO_MORE_ENTRIES,
           "far behind it");
    expect(NtEnumerateValueKey(key, 0, ValueBasic, &b, 4, &length), STATUS_BUFFER_TOO_SMALL, "enumerate, too small");
    equal(length, 24, "enumerate: what is needed");
    expect(NtEnumerateValueKey(key, 0, ValueBasic, &b, 14, &length), STATUS_BUFFER_OVERFLOW, "enumerate, cut off");
    expect(NtEnumerateValueKey(key, 0, 99, &b, sizeof(b), &length), STATUS_INVALID_PARAMETER, "enumerate: class 99");
    expect(NtEnumerateValueKey((HANDLE)0x7ff0, 0, ValueBasic, &b, sizeof(b), &length), STATUS_INVALID_HANDLE,
           "enumerate: bad handle");
    set_dword(key, L"second", 9);
    NtEnumerateValueKey(key, 0, ValueBasic, &b, sizeof(b), &length);
    check(same_text(b.basic.Name, b.basic.NameLength, L"second"), "a value that changes keeps its place");
    NtDeleteValueKey(key, &second);
    NtEnumerateValueKey(key, 0, ValueBasic, &b, sizeof(b), &length);
    check(same_text(b.basic.Name, b.basic.NameLength, L"First"), "a deleted value leaves no gap");
    set_dword(key, L"second", 9);
    NtEnumerateValueKey(key, 4, ValueBasic, &b, sizeof(b), &length);
    check(same_text(b.basic.Name, b.basic.NameLength, L"second"), "and comes back at the end");
    delete_tree(key);
}

static void multiple(void)
{
    UNICODE_STRING one = ustr(L"one"), two = ustr(L"two"), three = ustr(L"three"), none = ustr(L"none");
    VALUE_ENTRY entries[3] = {{&one, 0, 0, 0}, {&two, 0, 0, 0}, {&three, 0, 0, 0}};
    VALUE_ENTRY missing[2] = {{&one, 0, 0, 0}, {&none, 0, 0, 0}};
    HANDLE key = key_at(top, L"multiple", 0), limited;
    ULONG room = sizeof(b), needed = 0;
    NtSetValueKey(key, &one, 0, REG_BINARY, "abc", 3);
    NtSetValueKey(key, &two, 0, REG_SZ, L"xy", 6);
    set_dword(key, L"three", 3);
    expect(NtQueryMultipleValueKey(key, entries, 3, &b, &room, &needed), 0, "several values");
    equal(entries[0].DataLength, 3, "the first: length");
    equal(entries[0].Type, REG_BINARY, "the first: type");
    check(same_memory(b.bytes + entries[0].DataOffset, "abc", 3), "the first: data");
    equal(entries[1].DataLength, 6, "the second: length");
    check(same_memory(b.bytes + entries[1].DataOffset, L"xy", 6), "the second: data");
    equal(entries[2].Type, REG_DWORD, "the third: type");
    equal(*(ULONG *)(b.bytes + entries[2].DataOffset), 3, "the third: data");
    equal(entries[1].DataOffset & 3, 0, "each at a multiple of four");
    equal(needed, 16, "needed");
    room = 8;
    expect(NtQueryMultipleValueKey(key, entries, 3, &b, &room, &needed), STATUS_BUFFER_OVERFLOW, "room for one of them");
    equal(needed, 16, "room for one: needed");
    room = sizeof(b);
    expect(NtQueryMultipleValueKey(key, missing, 2, &b, &room, &needed), STATUS_OBJECT_NAME_NOT_FOUND, "one is missing");
    expect(NtQueryMultipleValueKey((HANDLE)0x7ff0, entries, 3, &b, &room, &needed), STATUS_INVALID_HANDLE,
           "several: bad handle");
    NtOpenKey(&limited, KEY_SET_VALUE, named_in(key, L"", 0));
    expect(NtQueryMultipleValueKey(limited, entries, 3, &b, &room, &needed), STATUS_ACCESS_DENIED,
           "several without the right");
    NtClose(limited);
    delete_tree(key);
}

void test_main(void)
{
    top = key_at(NULL, SOFTWARE L"\\conformance-value", 0);
    classes();
    setting();
    sizes();
    enumerating();
    multiple();
    delete_tree(top);
}

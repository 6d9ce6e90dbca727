/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The registry: small values, and keys among few and among many. */
#include "../conformance/ntapi_cm.h"
#include "bench.h"

enum { FEW = 100, MANY = 100000 };

static HANDLE top, few, many;
static UNICODE_STRING value;
static ULONG counted;

static void query(ULONG times)
{
    union { VALUE_PARTIAL info; UCHAR bytes[64]; } buffer;
    ULONG length;
    while (times--)
        NtQueryValueKey(top, &value, ValuePartial, &buffer, sizeof(buffer), &length);
}

static void set(ULONG times)
{
    while (times--) {
        counted++;
        NtSetValueKey(top, &value, 0, REG_DWORD, &counted, sizeof(counted));
    }
}

static UNICODE_STRING numbered(WCHAR *text, ULONG number)
{
    UNICODE_STRING name = {16, 16, text};
    for (int i = 0; i < 8; i++)
        text[i] = (WCHAR)(L'a' + (number >> (28 - 4 * i) & 15));
    return name;
}

static void open_among(HANDLE parent, ULONG count, ULONG times)
{
    WCHAR text[8];
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes), parent, &name, OBJ_CASE_INSENSITIVE, NULL, NULL};
    HANDLE key;
    while (times--) {
        name = numbered(text, (counted += 7919) % count);
        NtOpenKey(&key, KEY_READ, &attributes);
        NtClose(key);
    }
}

static void open_few(ULONG times)
{
    open_among(few, FEW, times);
}

static void open_many(ULONG times)
{
    open_among(many, MANY, times);
}

static void create_delete(ULONG times)
{
    HANDLE key;
    while (times--) {
        NtCreateKey(&key, KEY_ALL_ACCESS, named_in(top, L"made", 0), 0, NULL, 0, NULL);
        NtDeleteKey(key);
        NtClose(key);
    }
}

/* Volatile keys: nobody waits for a disk, and they are gone with the machine if this is. */
static HANDLE fill(const WCHAR *parent_name, ULONG count)
{
    WCHAR text[8];
    UNICODE_STRING name;
    HANDLE parent = key_at(top, parent_name, VOLATILE), key;
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes), parent, &name, 0, NULL, NULL};
    for (ULONG i = 0; i < count; i++) {
        name = numbered(text, i);
        NtCreateKey(&key, KEY_READ, &attributes, 0, NULL, VOLATILE, NULL);
        NtClose(key);
    }
    return parent;
}

static void drain(HANDLE parent, ULONG count)
{
    WCHAR text[8];
    UNICODE_STRING name;
    HANDLE key;
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes), parent, &name, 0, NULL, NULL};
    for (ULONG i = count; i--;) {
        name = numbered(text, i);
        NtOpenKey(&key, DELETE, &attributes);
        NtDeleteKey(key);
        NtClose(key);
    }
    NtDeleteKey(parent);
    NtClose(parent);
}

void bench_registry(void)
{
    top = key_at(NULL, SOFTWARE L"\\bench", 0);
    value = ustr(L"value");
    set_dword(top, L"value", 1);
    measure("NtQueryValueKey", query);
    measure("NtSetValueKey", set);
    measure("NtCreateKey+NtDeleteKey", create_delete);
    few = fill(L"few", FEW);
    measure("NtOpenKey,100", open_few);
    many = fill(L"many", MANY);
    measure("NtOpenKey,100000", open_many);
    drain(many, MANY);
    drain(few, FEW);
    delete_tree(top);
}

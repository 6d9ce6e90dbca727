/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes without end, and says after each write that the kernel has acknowledged it: "registry 17". What step N writes
 * depends on N alone, so that tests/durability can say what must be there after any number of steps. A new kind of
 * load: a function that makes step N, its name in LOADS, and a class in tests/durability/test_kill.py.
 */
#include "ntapi_cm.h"

int __cdecl _snwprintf(WCHAR *, SIZE_T, const WCHAR *, ...);

static HANDLE top;

static UNICODE_STRING format(WCHAR *text, const WCHAR *how, ULONG number)
{
    UNICODE_STRING string = {0, 64, text};
    string.Length = (USHORT)(_snwprintf(text, 31, how, number) * 2);
    return string;
}

static NTSTATUS registry_begin(void)
{
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes), NULL, NULL, OBJ_CASE_INSENSITIVE, NULL, NULL};
    static WCHAR path[] = SOFTWARE L"\\durability";
    UNICODE_STRING name = {sizeof(path) - 2, sizeof(path), path};
    attributes.ObjectName = &name;
    return NtCreateKey(&top, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL);
}

/* Mostly values; now and then a key comes, an older one goes. */
static NTSTATUS registry_step(ULONG n)
{
    static UCHAR data[3000];
    WCHAR text[32];
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes), top, &name, 0, NULL, NULL};
    HANDLE key;
    NTSTATUS status;
    switch (n % 5) {
    case 0:
        name = format(text, L"key%u", n);
        status = NtCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL);
        if (status == 0)
            NtClose(key);
        return status;
    case 3:
        if (n < 20 || n % 2)
            break;
        name = format(text, L"key%u", n - 18); /* 18 steps ago: a multiple of five */
        status = NtOpenKey(&key, KEY_ALL_ACCESS, &attributes);
        if (status)
            return status;
        status = NtDeleteKey(key);
        NtClose(key);
        return status;
    }
    name = format(text, L"value%u", n % 7);
    for (ULONG i = 0; i < sizeof(data); i++)
        data[i] = (UCHAR)n;
    *(ULONG *)data = n;
    return NtSetValueKey(top, &name, 0, REG_BINARY, data, 4 + (n % 11 ? n % 50 : 2000));
}

static const struct load { const WCHAR *says; NTSTATUS (*begin)(void), (*step)(ULONG); } LOADS[] = {
    {L"registry %u\n", registry_begin, registry_step},
};

void __stdcall NtProcessStartup(PVOID peb)
{
    (void)peb;
    for (ULONG i = 0; i < sizeof(LOADS) / sizeof(LOADS[0]); i++)
        if (LOADS[i].begin())
            NtTerminateProcess(NtCurrentProcess(), 1);
    for (ULONG n = 0;; n++)
        for (ULONG i = 0; i < sizeof(LOADS) / sizeof(LOADS[0]); i++) {
            WCHAR text[32];
            UNICODE_STRING line;
            if (LOADS[i].step(n))
                NtTerminateProcess(NtCurrentProcess(), 2);
            line = format(text, LOADS[i].says, n);
            NtDisplayString(&line);
        }
}

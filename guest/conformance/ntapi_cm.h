/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The registry's calls and structures, for the tests of area registry_. */
#ifndef CONFORMANCE_NTAPI_CM_H
#define CONFORMANCE_NTAPI_CM_H

#include "tap.h"

typedef struct { LARGE_INTEGER LastWriteTime; ULONG TitleIndex, NameLength; WCHAR Name[1]; } KEY_BASIC;
typedef struct {
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex, ClassOffset, ClassLength, NameLength;
    WCHAR Name[1];
} KEY_NODE;
typedef struct {
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex, ClassOffset, ClassLength, SubKeys, MaxNameLen, MaxClassLen, Values, MaxValueNameLen, MaxValueDataLen;
    WCHAR Class[1];
} KEY_FULL;
typedef struct { ULONG NameLength; WCHAR Name[1]; } KEY_NAME;
typedef struct {
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex, SubKeys, MaxNameLen, Values, MaxValueNameLen, MaxValueDataLen, NameLength;
} KEY_CACHED;
typedef struct { ULONG TitleIndex, Type, NameLength; WCHAR Name[1]; } VALUE_BASIC;
typedef struct { ULONG TitleIndex, Type, DataOffset, DataLength, NameLength; WCHAR Name[1]; } VALUE_FULL;
typedef struct { ULONG TitleIndex, Type, DataLength; UCHAR Data[1]; } VALUE_PARTIAL;
typedef struct { ULONG Type, DataLength; UCHAR Data[1]; } VALUE_PARTIAL64;
typedef struct { UNICODE_STRING *ValueName; ULONG DataLength, DataOffset, Type; } VALUE_ENTRY;

enum { KeyBasic, KeyNode, KeyFull, KeyName, KeyCached, KeyFlags };
enum { ValueBasic, ValueFull, ValuePartial, ValueFull64, ValuePartial64 };
enum { CREATED = 1, OPENED = 2 };
#define VOLATILE 1
#define CREATE_LINK 2
#define BACKUP_RESTORE 4
#define OPEN_LINK 8

NTCALL(NtCreateKey, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG, UNICODE_STRING *, ULONG, PULONG);
NTCALL(NtOpenKey, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NTCALL(NtDeleteKey, HANDLE);
NTCALL(NtDeleteValueKey, HANDLE, UNICODE_STRING *);
NTCALL(NtEnumerateKey, HANDLE, ULONG, ULONG, PVOID, ULONG, PULONG);
NTCALL(NtEnumerateValueKey, HANDLE, ULONG, ULONG, PVOID, ULONG, PULONG);
NTCALL(NtFlushKey, HANDLE);
NTCALL(NtQueryKey, HANDLE, ULONG, PVOID, ULONG, PULONG);
NTCALL(NtQueryValueKey, HANDLE, UNICODE_STRING *, ULONG, PVOID, ULONG, PULONG);
NTCALL(NtQueryMultipleValueKey, HANDLE, VALUE_ENTRY *, ULONG, PVOID, PULONG, PULONG);
NTCALL(NtSetValueKey, HANDLE, UNICODE_STRING *, ULONG, ULONG, const void *, ULONG);
NTCALL(NtSetInformationKey, HANDLE, ULONG, PVOID, ULONG);
NTCALL(NtNotifyChangeKey, HANDLE, HANDLE, APC_ROUTINE, PVOID, IO_STATUS_BLOCK *, ULONG, ULONG, PVOID, ULONG, ULONG);
NTCALL(NtNotifyChangeMultipleKeys, HANDLE, ULONG, OBJECT_ATTRIBUTES *, HANDLE, APC_ROUTINE, PVOID, IO_STATUS_BLOCK *,
       ULONG, ULONG, PVOID, ULONG, ULONG);
NTCALL(NtLoadKey, OBJECT_ATTRIBUTES *, OBJECT_ATTRIBUTES *);
NTCALL(NtLoadKey2, OBJECT_ATTRIBUTES *, OBJECT_ATTRIBUTES *, ULONG);
NTCALL(NtUnloadKey, OBJECT_ATTRIBUTES *);
NTCALL(NtSaveKey, HANDLE, HANDLE);
NTCALL(NtSaveMergedKeys, HANDLE, HANDLE, HANDLE);
NTCALL(NtRestoreKey, HANDLE, HANDLE, ULONG);
NTCALL(NtReplaceKey, OBJECT_ATTRIBUTES *, HANDLE, OBJECT_ATTRIBUTES *);
NTCALL(NtQueryOpenSubKeys, OBJECT_ATTRIBUTES *, PULONG);
NTCALL(NtInitializeRegistry, ULONG);

#define SOFTWARE L"\\REGISTRY\\MACHINE\\SOFTWARE"

/* A key of the tests, made when it is not there. */
static inline HANDLE key_at(HANDLE root, const WCHAR *name, ULONG options)
{
    HANDLE key = NULL;
    NtCreateKey(&key, KEY_ALL_ACCESS, named_in(root, name, OBJ_CASE_INSENSITIVE), 0, NULL, options, NULL);
    return key;
}

static inline NTSTATUS set_dword(HANDLE key, const WCHAR *name, ULONG number)
{
    UNICODE_STRING text = ustr(name);
    return NtSetValueKey(key, &text, 0, REG_DWORD, &number, sizeof(number));
}

/* The number in a value; the status when there is none. */
static inline ULONG get_dword(HANDLE key, const WCHAR *name)
{
    union { VALUE_PARTIAL info; UCHAR bytes[64]; } buffer;
    UNICODE_STRING text = ustr(name);
    ULONG length;
    NTSTATUS status = NtQueryValueKey(key, &text, ValuePartial, &buffer, sizeof(buffer), &length);
    return status ? (ULONG)status : *(ULONG *)buffer.info.Data;
}

static inline BOOLEAN same_text(const WCHAR *characters, ULONG length, const WCHAR *text)
{
    UNICODE_STRING wanted = ustr(text);
    return wanted.Length == length && same_memory(characters, wanted.Buffer, length);
}

/* Delete a key and all below. */
static __attribute__((unused)) void delete_tree(HANDLE key)
{
    union { KEY_BASIC info; UCHAR bytes[600]; } buffer;
    ULONG length, index = 0;
    while (NtEnumerateKey(key, index, KeyBasic, &buffer, sizeof(buffer) - 2, &length) == 0) {
        UNICODE_STRING name = {(USHORT)buffer.info.NameLength, (USHORT)buffer.info.NameLength, buffer.info.Name};
        OBJECT_ATTRIBUTES attributes = {sizeof(attributes), key, &name, OBJ_OPENLINK, NULL, NULL};
        HANDLE child;
        if (NtOpenKey(&child, KEY_ALL_ACCESS, &attributes)) {
            index++;
            continue;
        }
        delete_tree(child);
    }
    NtDeleteKey(key);
    NtClose(key);
}

#endif

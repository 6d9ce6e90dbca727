/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hives: save, restore, load, unload, replace; privileges; what is open in a hive; calls that keep hives in order.
 * Known from: MSDN (RegSaveKeyEx, RegRestoreKey, RegLoadKey, RegUnLoadKey, RegReplaceKey; "hives are below HKEY_USERS
 * and HKEY_LOCAL_MACHINE"); G. Nebbett, Native API Reference, ch. 19; the native API as other projects' headers
 * describe it (NtCompactKeys and NtLockRegistryKey with their privileges).
 */
#include "ntapi_cm.h"

NTCALL(NtCreateFile, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, LI *, ULONG, ULONG, ULONG, ULONG, PVOID,
       ULONG);
NTCALL(NtOpenProcessToken, HANDLE, ACCESS_MASK, PHANDLE);
NTCALL(NtAdjustPrivilegesToken, HANDLE, ULONG, TOKEN_PRIVILEGES *, ULONG, PVOID, PULONG);
NTCALL(NtDeleteFile, OBJECT_ATTRIBUTES *);

#define USERS L"\\REGISTRY\\USER\\"
static HANDLE top;

/* Names on the system drive: Windows 2000 calls its folder WINNT. */
#define ON_DRIVE(name) (nt_at_least(5, 1) ? L"\\??\\C:\\windows\\temp\\" name : L"\\??\\C:\\WINNT\\temp\\" name)
#define SAVED ON_DRIVE(L"conf-saved.hiv")

static NTSTATUS file(HANDLE *handle, const WCHAR *path, BOOLEAN fresh)
{
    IO_STATUS_BLOCK block;
    return NtCreateFile(handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, named(path, OBJ_CASE_INSENSITIVE), &block, NULL,
                        0, 0, fresh ? FILE_OVERWRITE_IF : FILE_OPEN, 0x60, NULL, 0);
}

static void privilege(ULONG number, BOOLEAN enable)
{
    TOKEN_PRIVILEGES wanted = {1, {{{number, 0}, enable ? SE_PRIVILEGE_ENABLED : 0}}};
    HANDLE token;
    NtOpenProcessToken(NtCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token);
    NtAdjustPrivilegesToken(token, FALSE, &wanted, 0, NULL, NULL);
    NtClose(token);
}

enum { BACKUP = 17, RESTORE = 18 };

static void privileges(void)
{
    HANDLE bad = (HANDLE)0x7ff0, some;
    OBJECT_ATTRIBUTES none = *named(ON_DRIVE(L"none"), 0), where = *named(USERS L"conformance", 0);
    ULONG count;
    privilege(BACKUP, FALSE);
    privilege(RESTORE, FALSE);
    expect(NtSaveKey(bad, bad), STATUS_PRIVILEGE_NOT_HELD, "save without the privilege");
    expect(NtSaveMergedKeys(bad, bad, bad), STATUS_PRIVILEGE_NOT_HELD, "save merged without the privilege");
    expect(NtRestoreKey(bad, bad, 0), STATUS_PRIVILEGE_NOT_HELD, "restore without the privilege");
    expect(NtLoadKey(&where, &none), STATUS_PRIVILEGE_NOT_HELD, "load without the privilege");
    expect(NtUnloadKey(&where), STATUS_PRIVILEGE_NOT_HELD, "unload without the privilege");
    expect(NtReplaceKey(&none, bad, &none), STATUS_PRIVILEGE_NOT_HELD, "replace without the privilege");
    expect(NtCreateKey(&some, KEY_READ, named_in(top, L"none", 0), 0, NULL, BACKUP_RESTORE, NULL), 0,
           "whoever creates needs no privilege");
    expect(NtOpenKey(&bad, KEY_READ | DELETE, named_in(top, L"none", 0)), 0, "open it");
    NtDeleteKey(bad);
    NtClose(bad);
    NtClose(some);
    privilege(BACKUP, TRUE);
    privilege(RESTORE, TRUE);
    expect(NtQueryOpenSubKeys(named(SOFTWARE L"\\conformance-hive", 0), &count), STATUS_INVALID_PARAMETER,
           "count what is open below a key that is no hive");
    expect(NtQueryOpenSubKeys(named(SOFTWARE, 0), &count), 0, "count what is open in a hive");
    check(count >= 1, "at least our own key");
    expect(NtQueryOpenSubKeys(named(SOFTWARE L"\\none", 0), &count), STATUS_OBJECT_NAME_NOT_FOUND, "in one that is not there");
    expect(NtInitializeRegistry(0), STATUS_ACCESS_DENIED, "the registry is initialized");
}

static void fill(HANDLE key)
{
    HANDLE below = key_at(key, L"below", 0), passing = key_at(key, L"passing", VOLATILE);
    set_dword(key, L"number", 1);
    set_dword(below, L"deeper", 2);
    NtClose(below);
    NtClose(passing);
}

static void save_and_restore(void)
{
    HANDLE key = key_at(top, L"saved", 0), other = key_at(top, L"restored", 0), bad = (HANDLE)0x7ff0, handle, below;
    fill(key);
    expect(NtSaveKey(bad, bad), STATUS_INVALID_HANDLE, "save: bad key");
    expect(NtSaveKey(key, bad), STATUS_INVALID_HANDLE, "save: bad file");
    expect(NtSaveKey(key, key), STATUS_OBJECT_TYPE_MISMATCH, "save: a key as file");
    expect(NtRestoreKey(key, key, 0), STATUS_OBJECT_TYPE_MISMATCH, "restore: a key as file");
    expect(NtRestoreKey(key, bad, 0x1000), STATUS_INVALID_PARAMETER, "restore: unknown flag");
    expect(file(&handle, SAVED, TRUE), 0, "a file");
    expect(NtSaveKey(key, handle), 0, "save");
    NtClose(handle);
    expect(file(&handle, SAVED, FALSE), 0, "the file again");
    set_dword(other, L"old", 9);
    expect(NtRestoreKey(other, handle, 0), 0, "restore");
    equal(get_dword(other, L"number"), 1, "the values are there");
    equal(get_dword(other, L"old"), STATUS_OBJECT_NAME_NOT_FOUND, "and no others");
    expect(NtOpenKey(&below, KEY_READ, named_in(other, L"below", 0)), 0, "the subkey is there");
    equal(get_dword(below, L"deeper"), 2, "with its value");
    check(NtRestoreKey(other, handle, 0) < 0, "what is open below cannot be restored over");
    expect(NtRestoreKey(other, handle, 8), 0, "but by force");
    expect(NtFlushKey(below), STATUS_KEY_DELETED, "it is gone then");
    NtClose(below);
    expect(NtOpenKey(&below, KEY_READ, named_in(other, L"passing", 0)), STATUS_OBJECT_NAME_NOT_FOUND,
           "volatile keys are not saved");
    NtClose(handle);
    delete_tree(other);
    delete_tree(key);
}

/* The keys that hold the hives are of no hive that could be saved, and not to be replaced. */
static void masters(void)
{
    HANDLE handle, key, other = key_at(top, L"other", 0);
    file(&handle, ON_DRIVE(L"conf-merged.hiv"), TRUE);
    NtSaveKey(other, handle);
    expect(NtOpenKey(&key, KEY_ALL_ACCESS, named(L"\\Registry\\Machine", OBJ_CASE_INSENSITIVE)), 0, "the key of the machine");
    expect(NtRestoreKey(key, handle, 8), STATUS_ACCESS_DENIED, "is not restored");
    expect(NtSaveKey(key, handle), STATUS_ACCESS_DENIED, "nor saved");
    expect(NtDeleteKey(key), STATUS_CANNOT_DELETE, "nor deleted");
    NtClose(key);
    expect(NtOpenKey(&key, KEY_READ, named(SOFTWARE, OBJ_CASE_INSENSITIVE)), 0, "its hives are there");
    NtClose(key);
    NtClose(handle);
    delete_tree(other);
}

static void merge(void)
{
    HANDLE high = key_at(top, L"high", 0), low = key_at(NULL, USERS L".DEFAULT\\conformance-low", 0);
    HANDLE result = key_at(top, L"merged", 0), handle;
    set_dword(high, L"both", 1);
    set_dword(low, L"both", 2);
    set_dword(low, L"low", 3);
    NtClose(key_at(low, L"child", 0));
    expect(file(&handle, ON_DRIVE(L"conf-merged.hiv"), TRUE), 0, "a file for two");
    expect(NtSaveMergedKeys(high, result, handle), STATUS_INVALID_PARAMETER, "two keys of one hive");
    expect(NtSaveMergedKeys(high, (HANDLE)0x7ff0, handle), STATUS_INVALID_HANDLE, "merged: bad key");
    expect(NtSaveMergedKeys(high, low, handle), 0, "save merged");
    expect(NtRestoreKey(result, handle, 0), 0, "restore what was merged");
    equal(get_dword(result, L"both"), 1, "the first one counts");
    equal(get_dword(result, L"low"), 3, "where it has something");
    NtClose(handle);
    delete_tree(result);
    delete_tree(high);
    delete_tree(low);
}

static void loading(void)
{
    OBJECT_ATTRIBUTES where = *named(USERS L"conformance", OBJ_CASE_INSENSITIVE);
    OBJECT_ATTRIBUTES what = *named(SAVED, OBJ_CASE_INSENSITIVE);
    OBJECT_ATTRIBUTES fresh = *named(ON_DRIVE(L"conf-fresh.hiv"), OBJ_CASE_INSENSITIVE);
    IO_STATUS_BLOCK block;
    HANDLE key;
    ULONG count = 0;
    expect(NtLoadKey(named(SOFTWARE L"\\conformance-no", 0), &what), STATUS_INVALID_PARAMETER, "load below a hive");
    expect(NtLoadKey(named(USERS L".DEFAULT", 0), &what), STATUS_OBJECT_NAME_COLLISION, "load over a hive");
    file(&key, ON_DRIVE(L"conf-fresh.hiv"), TRUE);
    NtWriteFile(key, NULL, NULL, NULL, &block, (PVOID)"This is no hive.", 16, NULL, NULL);
    NtClose(key);
    expect(NtLoadKey(&where, &fresh), STATUS_NOT_REGISTRY_FILE, "load what is no hive");
    expect(NtLoadKey2(&where, &what, 0x1000), STATUS_INVALID_PARAMETER, "load: unknown flag");
    expect(NtLoadKey(&where, &what), 0, "load");
    expect(NtLoadKey(named(USERS L"conformance2", 0), &what), STATUS_SHARING_VIOLATION, "load the same file again");
    expect(NtOpenKey(&key, KEY_ALL_ACCESS, &where), 0, "open its root");
    equal(get_dword(key, L"number"), 1, "the hive's values");
    set_dword(key, L"number", 5);
    expect(NtDeleteKey(key), STATUS_CANNOT_DELETE, "the root of a hive stays");
    expect(NtUnloadKey(&where), STATUS_CANNOT_DELETE, "it is open");
    expect(NtQueryOpenSubKeys(&where, &count), 0, "count");
    equal(count, 1, "one key");
    NtClose(key);
    expect(NtUnloadKey(&where), 0, "unload");
    expect(NtOpenKey(&key, KEY_READ, &where), STATUS_OBJECT_NAME_NOT_FOUND, "it is gone");
    expect(NtUnloadKey(&where), STATUS_OBJECT_NAME_NOT_FOUND, "unload again");
    expect(NtUnloadKey(named(SOFTWARE L"\\conformance-hive", 0)), STATUS_INVALID_PARAMETER, "unload what is no hive");
    expect(NtLoadKey2(&where, &what, 4), 0, "load again");
    expect(NtOpenKey(&key, KEY_ALL_ACCESS, &where), 0, "open its root again");
    equal(get_dword(key, L"number"), 5, "what was set is there");
    NtClose(key);
    NtUnloadKey(&where);
    NtDeleteFile(&fresh);
    expect(NtLoadKey(&where, &fresh), 0, "load a file that is not there");
    expect(NtOpenKey(&key, KEY_ALL_ACCESS, &where), 0, "it is a hive");
    set_dword(key, L"number", 6);
    expect(NtFlushKey(key), 0, "flush it");
    NtClose(key);
    NtUnloadKey(&where);
    NtLoadKey(&where, &fresh);
    NtOpenKey(&key, KEY_ALL_ACCESS, &where);
    equal(get_dword(key, L"number"), 6, "that lasts");
    NtClose(key);
    NtUnloadKey(&where);
}

static void replacing(void)
{
    OBJECT_ATTRIBUTES new = *named(SAVED, OBJ_CASE_INSENSITIVE);
    OBJECT_ATTRIBUTES old = *named(ON_DRIVE(L"conf-old.hiv"), OBJ_CASE_INSENSITIVE);
    HANDLE key = key_at(NULL, L"\\REGISTRY\\MACHINE\\SAM", 0);
    NtDeleteFile(&old);
    expect(NtReplaceKey(&new, top, &old), STATUS_INVALID_PARAMETER, "replace what is no hive");
    expect(NtReplaceKey(&new, (HANDLE)0x7ff0, &old), STATUS_INVALID_HANDLE, "replace: bad handle");
    expect(NtReplaceKey(&new, key, &old), 0, "replace");
    equal(get_dword(key, L"number"), STATUS_OBJECT_NAME_NOT_FOUND, "nothing changes until the next start");
    NtClose(key);
    NtDeleteFile(&old);
}

/* XP and later. */
static void later(void)
{
    NTSTATUS(NTAPI *lock)(HANDLE) = procedure("NtLockRegistryKey");
    NTSTATUS(NTAPI *compact)(ULONG, HANDLE *) = procedure("NtCompactKeys");
    NTSTATUS(NTAPI *compress)(HANDLE) = procedure("NtCompressKey");
    NTSTATUS(NTAPI *save)(HANDLE, HANDLE, ULONG) = procedure("NtSaveKeyEx");
    NTSTATUS(NTAPI *unload)(OBJECT_ATTRIBUTES *, HANDLE) = procedure("NtUnloadKeyEx");
    OBJECT_ATTRIBUTES where = *named(USERS L"conformance", OBJ_CASE_INSENSITIVE);
    OBJECT_ATTRIBUTES what = *named(SAVED, OBJ_CASE_INSENSITIVE);
    HANDLE keys[2], handle, event, bad = (HANDLE)0x7ff0, root;
    if (!nt_at_least(5, 1) || !lock || !compact || !compress || !save || !unload) {
        tap_skip("calls of XP", "Windows 2000 has none of them");
        return;
    }
    keys[0] = key_at(top, L"one", 0);
    keys[1] = key_at(NULL, USERS L".DEFAULT", 0);
    root = key_at(NULL, SOFTWARE, 0);
    expect(lock(keys[0]), STATUS_PRIVILEGE_NOT_HELD, "only the kernel locks keys");
    expect(compact(1, keys), 0, "compact a key");
    expect(compact(2, keys), STATUS_INVALID_PARAMETER, "compact keys of two hives");
    expect(compact(1, &bad), STATUS_INVALID_HANDLE, "compact: bad handle");
    expect(compress(keys[0]), STATUS_INVALID_PARAMETER, "compress a key that is no hive");
    expect(compress(root), 0, "compress a hive");
    expect(compress(bad), STATUS_INVALID_HANDLE, "compress: bad handle");
    expect(file(&handle, SAVED, TRUE), 0, "a file to save in formats");
    expect(save(keys[0], handle, 0), STATUS_INVALID_PARAMETER, "save in no format");
    expect(save(keys[0], handle, 3), STATUS_INVALID_PARAMETER, "save in two formats");
    expect(save(keys[0], handle, 4), STATUS_INVALID_PARAMETER, "save a key that is no hive as it is");
    set_dword(keys[0], L"number", 7);
    expect(save(keys[0], handle, 1), 0, "save in the standard format");
    expect(save(keys[0], handle, 2), 0, "save in the latest format");
    expect(NtRestoreKey(keys[0], handle, 0), 0, "which can be restored");
    equal(get_dword(keys[0], L"number"), 7, "with all there is");
    NtClose(handle);
    NtClose(root);
    NtDeleteKey(keys[0]);
    NtClose(keys[0]);
    NtClose(keys[1]);
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    expect(unload(&where, event), STATUS_OBJECT_NAME_NOT_FOUND, "unload later what is not there");
    NtLoadKey(&where, &what);
    NtOpenKey(&handle, KEY_READ, &where);
    expect(unload(&where, event), STATUS_PENDING, "unload a hive that is open");
    expect(wait_ms(event, 0), STATUS_TIMEOUT, "not yet");
    NtClose(handle);
    expect(wait_ms(event, 1000), 0, "when it is closed");
    expect(NtOpenKey(&handle, KEY_READ, &where), STATUS_OBJECT_NAME_NOT_FOUND, "it is unloaded");
    NtResetEvent(event, NULL);
    NtLoadKey(&where, &what);
    expect(unload(&where, event), 0, "unload one that is not open");
    expect(wait_ms(event, 0), 0, "sets the event at once");
    NtClose(event);
}

void test_main(void)
{
    top = key_at(NULL, SOFTWARE L"\\conformance-hive", 0);
    privileges();
    save_and_restore();
    masters();
    merge();
    loading();
    replacing();
    later();
    NtDeleteFile(named(SAVED, OBJ_CASE_INSENSITIVE));
    NtDeleteFile(named(ON_DRIVE(L"conf-merged.hiv"), OBJ_CASE_INSENSITIVE));
    NtDeleteFile(named(ON_DRIVE(L"conf-fresh.hiv"), OBJ_CASE_INSENSITIVE));
    delete_tree(top);
}

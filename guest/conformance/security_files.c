/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two users keep each other out of files and keys: lists that are asked for, handed down, and changed.
 * Known from: MSDN "File Security and Access Rights", "Registry Key Security and Access Rights", "ACE Inheritance Rules";
 * Windows Internals, 4th ed., ch. 8.
 */
#include "ntapi_cm.h"
#include "ntapi_se.h"

#define FOLDER L"\\??\\C:\\conf-users"
#define KEY L"\\REGISTRY\\MACHINE\\SOFTWARE\\conf-users"
#define EVERYTHING (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 0x1ff)
static HANDLE her_token, his_token;
static IO_STATUS_BLOCK block;
static union { BYTE bytes[512]; SECURITY_DESCRIPTOR_RELATIVE head; } data;
static ANY_ACL acl;

static OBJECT_ATTRIBUTES *secured(const WCHAR *name, SECURITY_DESCRIPTOR *sd)
{
    OBJECT_ATTRIBUTES *attributes = named(name, OBJ_CASE_INSENSITIVE);
    attributes->SecurityDescriptor = sd;
    return attributes;
}

/* A list with one entry, which is handed down to everything. */
static SECURITY_DESCRIPTOR only(ANY_SID *who, ACCESS_MASK mask)
{
    acl_add(acl_start(&acl, ACL_REVISION), ACCESS_ALLOWED_ACE_TYPE, OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE, mask, who);
    return descriptor(NULL, NULL, &acl);
}

static NTSTATUS create_file(const WCHAR *name, SECURITY_DESCRIPTOR *sd, ULONG kind)
{
    HANDLE file;
    NTSTATUS status = NtCreateFile(&file, FILE_GENERIC_WRITE, secured(name, sd), &block, NULL, 0, 7, 2 /* FILE_CREATE */,
                                   kind | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
    if (!status)
        NtClose(file);
    return status;
}

static NTSTATUS open_file(const WCHAR *name, ACCESS_MASK access)
{
    HANDLE file;
    NTSTATUS status = NtOpenFile(&file, access, secured(name, NULL), &block, 7, 0);
    if (!status)
        NtClose(file);
    return status;
}

static NTSTATUS create_key(const WCHAR *name, SECURITY_DESCRIPTOR *sd)
{
    HANDLE key;
    NTSTATUS status = NtCreateKey(&key, KEY_WRITE, secured(name, sd), 0, NULL, 0, NULL);
    if (!status)
        NtClose(key);
    return status;
}

static NTSTATUS open_key(const WCHAR *name, ACCESS_MASK access)
{
    HANDLE key;
    NTSTATUS status = NtOpenKey(&key, access, secured(name, NULL));
    if (!status)
        NtClose(key);
    return status;
}

static void delete_file(const WCHAR *name)
{
    BYTE yes = TRUE;
    HANDLE file;
    if (NtOpenFile(&file, DELETE, secured(name, NULL), &block, 7, 0))
        return;
    NtSetInformationFile(file, &block, &yes, 1, 13 /* FileDispositionInformation */);
    NtClose(file);
}

static void files(void)
{
    SECURITY_DESCRIPTOR sd = only(&world, EVERYTHING);
    HANDLE file;
    expect(create_file(FOLDER, &sd, FILE_DIRECTORY_FILE), 0, "a folder for all");
    impersonate(her_token);
    sd = only(&alice, EVERYTHING);
    expect(create_file(FOLDER L"\\hers", &sd, 0), 0, "Alice makes a file of her own");
    expect(create_file(FOLDER L"\\all", NULL, 0), 0, "and one that inherits");
    expect(create_file(FOLDER L"\\box", &sd, FILE_DIRECTORY_FILE), 0, "and a folder of her own");
    expect(create_file(FOLDER L"\\box\\in", NULL, 0), 0, "and a file in that");
    expect(open_file(FOLDER L"\\hers", FILE_READ_DATA | FILE_WRITE_DATA), 0, "she gets at her file");
    impersonate(his_token);
    expect(open_file(FOLDER L"\\hers", FILE_READ_DATA), STATUS_ACCESS_DENIED, "Bob may not read it");
    expect(open_file(FOLDER L"\\hers", FILE_WRITE_DATA), STATUS_ACCESS_DENIED, "nor write it");
    expect(open_file(FOLDER L"\\hers", WRITE_DAC), STATUS_ACCESS_DENIED, "nor change its list");
    expect(open_file(FOLDER L"\\hers", WRITE_OWNER), STATUS_ACCESS_DENIED, "nor take it");
    expect(open_file(FOLDER L"\\all", FILE_READ_DATA | FILE_WRITE_DATA), 0, "what the folder hands down lets him in");
    expect(open_file(FOLDER L"\\box", FILE_LIST_DIRECTORY), STATUS_ACCESS_DENIED, "he may not list her folder");
    expect(open_file(FOLDER L"\\box\\in", FILE_READ_DATA), STATUS_ACCESS_DENIED, "nor read what is in it");
    expect(create_file(FOLDER L"\\box\\his", NULL, 0), STATUS_ACCESS_DENIED, "nor put something there");
    impersonate(her_token);
    expect(NtOpenFile(&file, READ_CONTROL | WRITE_DAC, secured(FOLDER L"\\hers", NULL), &block, 7, 0), 0, "Alice opens the list");
    sd = only(&bob, FILE_GENERIC_READ);
    expect(NtSetSecurityObject(file, DACL_SECURITY_INFORMATION, &sd), 0, "and lets Bob read");
    ULONG needed;
    expect(NtQuerySecurityObject(file, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &data, sizeof(data), &needed), 0,
           "the file's descriptor");
    check(same_sid(OWNER_OF(&data), &alice), "says that it is hers");
    equal(acl_entries(DACL_OF(&data)), 1, "and has the new list");
    NtClose(file);
    impersonate(his_token);
    expect(open_file(FOLDER L"\\hers", FILE_READ_DATA), 0, "Bob may read it now");
    expect(open_file(FOLDER L"\\hers", FILE_WRITE_DATA), STATUS_ACCESS_DENIED, "and still not write");
    impersonate(her_token);
    delete_file(FOLDER L"\\box\\in");
    delete_file(FOLDER L"\\box");
    delete_file(FOLDER L"\\all");
    delete_file(FOLDER L"\\hers");
    impersonate(NULL);
    delete_file(FOLDER L"\\hers");
    delete_file(FOLDER);
    expect(open_file(FOLDER, FILE_LIST_DIRECTORY), STATUS_OBJECT_NAME_NOT_FOUND, "who may delete in a folder clears it");
}

static void delete_key(const WCHAR *name)
{
    HANDLE key;
    if (NtOpenKey(&key, DELETE, secured(name, NULL)))
        return;
    NtDeleteKey(key);
    NtClose(key);
}

static void keys(void)
{
    SECURITY_DESCRIPTOR sd = only(&world, KEY_ALL_ACCESS);
    HANDLE key;
    expect(create_key(KEY, &sd), 0, "a key for all");
    impersonate(her_token);
    sd = only(&alice, KEY_ALL_ACCESS);
    expect(create_key(KEY L"\\hers", &sd), 0, "Alice makes a key of her own");
    expect(create_key(KEY L"\\all", NULL), 0, "and a key that inherits");
    expect(create_key(KEY L"\\hers\\in", NULL), 0, "and a key in her own");
    impersonate(his_token);
    expect(open_key(KEY L"\\hers", KEY_READ), STATUS_ACCESS_DENIED, "Bob may not read her key");
    expect(open_key(KEY L"\\hers", KEY_SET_VALUE), STATUS_ACCESS_DENIED, "nor set a value");
    expect(open_key(KEY L"\\hers", MAXIMUM_ALLOWED), STATUS_ACCESS_DENIED, "nor anything");
    expect(open_key(KEY L"\\hers\\in", KEY_READ), STATUS_ACCESS_DENIED, "nor read the key in it");
    expect(create_key(KEY L"\\hers\\his", NULL), STATUS_ACCESS_DENIED, "nor make one there");
    expect(open_key(KEY L"\\all", KEY_ALL_ACCESS), 0, "what the key above hands down lets him in");
    impersonate(her_token);
    expect(NtOpenKey(&key, WRITE_DAC, secured(KEY L"\\hers", NULL)), 0, "Alice opens the key's list");
    sd = only(&bob, KEY_READ);
    expect(NtSetSecurityObject(key, DACL_SECURITY_INFORMATION, &sd), 0, "and lets Bob read the key");
    NtClose(key);
    impersonate(his_token);
    expect(open_key(KEY L"\\hers", KEY_READ), 0, "Bob may read the key now");
    expect(open_key(KEY L"\\hers", KEY_SET_VALUE), STATUS_ACCESS_DENIED, "and still not set a value");
    impersonate(her_token);
    expect(NtOpenKey(&key, WRITE_DAC, secured(KEY L"\\hers", NULL)), 0, "the owner gets at the list whatever it says");
    sd = only(&alice, KEY_ALL_ACCESS);
    NtSetSecurityObject(key, DACL_SECURITY_INFORMATION, &sd);
    NtClose(key);
    delete_key(KEY L"\\hers\\in");
    delete_key(KEY L"\\hers");
    delete_key(KEY L"\\all");
    impersonate(NULL);
    delete_key(KEY);
    expect(open_key(KEY, KEY_READ), STATUS_OBJECT_NAME_NOT_FOUND, "all keys are gone");
}

void test_main(void)
{
    expect(user_token(&alice, TokenImpersonation, &her_token), 0, "Alice's token");
    expect(user_token(&bob, TokenImpersonation, &his_token), 0, "Bob's token");
    files();
    keys();
    NtClose(her_token);
    NtClose(his_token);
}

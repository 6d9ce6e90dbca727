/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keys and their security descriptors: given, queried, set, inherited; what an open and a creation then grant.
 * Known from: MSDN (RegCreateKeyEx, "Registry Key Security and Access Rights", "Inheriting permissions"); Windows
 * Internals, 4th ed., ch. 8; Wine's dlls/advapi32/tests/security.c.
 */
#include "ntapi_cm.h"
#include "ntapi_se.h"

enum { OWNER = OWNER_SECURITY_INFORMATION, DACL = DACL_SECURITY_INFORMATION };
static HANDLE top;
static union { BYTE bytes[512]; SECURITY_DESCRIPTOR_RELATIVE head; } data;
static ANY_ACL acl;

static NTSTATUS query(HANDLE of, ULONG what)
{
    ULONG needed;
    return NtQuerySecurityObject(of, what, &data, sizeof(data), &needed);
}

static NTSTATUS open(const WCHAR *name, ACCESS_MASK access)
{
    HANDLE opened;
    NTSTATUS status = NtOpenKey(&opened, access, named_in(top, name, 0));
    if (status == 0)
        NtClose(opened);
    return status;
}

static NTSTATUS create(HANDLE *key, const WCHAR *name, ACCESS_MASK access, SECURITY_DESCRIPTOR *sd)
{
    OBJECT_ATTRIBUTES attributes = *named_in(top, name, 0);
    attributes.SecurityDescriptor = sd;
    return NtCreateKey(key, access, &attributes, 0, NULL, 0, NULL);
}

static void given(void)
{
    SECURITY_DESCRIPTOR sd;
    HANDLE key, other;
    acl_start(&acl, 2);
    acl_add(&acl, ACCESS_ALLOWED_ACE_TYPE, 0, KEY_READ, &local_system);
    sd = descriptor(NULL, NULL, &acl);
    expect(create(&key, L"given", KEY_ALL_ACCESS, &sd), 0, "create with a list");
    equal(granted_access(key), KEY_ALL_ACCESS, "the creator gets what he asked for");
    expect(query(key, DACL), 0, "query the list");
    equal(acl_entries(DACL_OF(&data)), 1, "has one entry");
    expect(query(key, OWNER), 0, "query the owner");
    check(OWNER_OF(&data) != NULL, "there is one");
    expect(open(L"given", KEY_READ), 0, "who opens it may read");
    expect(open(L"given", KEY_SET_VALUE), STATUS_ACCESS_DENIED, "and not write");
    expect(open(L"given", MAXIMUM_ALLOWED), 0, "or do what he may");
    expect(create(&other, L"given\\child", KEY_READ, NULL), STATUS_ACCESS_DENIED, "nor create below it");
    expect(NtOpenKey(&other, KEY_READ, named_in(top, L"given", 0)), 0, "a handle to read");
    expect(NtSetSecurityObject(other, DACL, &sd), STATUS_ACCESS_DENIED, "sets no list");
    NtClose(other);
    acl_start(&acl, 2);
    acl_add(&acl, ACCESS_ALLOWED_ACE_TYPE, CONTAINER_INHERIT_ACE, KEY_ALL_ACCESS, &local_system);
    sd = descriptor(NULL, NULL, &acl);
    expect(NtSetSecurityObject(key, DACL, &sd), 0, "set another list");
    expect(open(L"given", KEY_SET_VALUE), 0, "now he may write");
    expect(create(&other, L"given\\child", KEY_READ, NULL), 0, "and create below it");
    expect(query(other, DACL), 0, "the new key's list");
    equal(acl_entries(DACL_OF(&data)), 1, "is inherited");
    NtClose(other);
    delete_tree(key);
}

static void links(void)
{
    SECURITY_DESCRIPTOR sd;
    HANDLE key, link;
    acl_start(&acl, 2);
    acl_add(&acl, ACCESS_ALLOWED_ACE_TYPE, 0, KEY_ALL_ACCESS & ~KEY_CREATE_LINK, &local_system);
    sd = descriptor(NULL, NULL, &acl);
    expect(create(&key, L"nolinks", KEY_ALL_ACCESS, &sd), 0, "create a key without the right to links");
    expect(NtCreateKey(&link, KEY_ALL_ACCESS, named_in(key, L"link", 0), 0, NULL, CREATE_LINK, NULL), STATUS_ACCESS_DENIED,
           "a link in it");
    expect(NtCreateKey(&link, KEY_ALL_ACCESS, named_in(key, L"key", 0), 0, NULL, 0, NULL), 0, "a key in it");
    NtDeleteKey(link);
    NtClose(link);
    NtDeleteKey(key);
    NtClose(key);
}

static void defaults(void)
{
    HANDLE key;
    expect(NtOpenKey(&key, KEY_READ, named(SOFTWARE, 0)), 0, "a hive's root");
    expect(query(key, OWNER | DACL), 0, "has a descriptor");
    check(acl_entries(DACL_OF(&data)) >= 2, "with a list");
    NtClose(key);
    key = key_at(top, L"plain", 0);
    expect(query(key, OWNER | DACL), 0, "so has a plain key");
    check(acl_entries(DACL_OF(&data)) >= 2, "with what is inherited");
    NtDeleteKey(key);
    expect(query(key, OWNER), STATUS_KEY_DELETED, "a deleted key has none");
    NtClose(key);
}

void test_main(void)
{
    top = key_at(NULL, SOFTWARE L"\\conformance-security", 0);
    given();
    links();
    defaults();
    delete_tree(top);
}

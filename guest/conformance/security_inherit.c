/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The descriptor of a new object: asked for, handed down by a directory, or the token's default.
 * Known from: MSDN "Security Descriptors for New Objects", "ACE Inheritance Rules", "DACL for a New Object",
 * CreatePrivateObjectSecurity; Windows Internals, 4th ed., ch. 8 (assigning ACLs).
 */
#include "ntapi_se.h"

#define BNO L"\\BaseNamedObjects\\"
enum { OWNER = OWNER_SECURITY_INFORMATION, GROUP = GROUP_SECURITY_INFORMATION, DACL = DACL_SECURITY_INFORMATION };
static HANDLE directory;
static ULONG needed;
static union { BYTE bytes[1024]; SECURITY_DESCRIPTOR_RELATIVE head; TOKEN_OWNER owner; TOKEN_PRIMARY_GROUP group;
               TOKEN_DEFAULT_DACL dacl; } data, token_data;
static ANY_ACL acl;

static OBJECT_ATTRIBUTES *with(const WCHAR *name, SECURITY_DESCRIPTOR *sd)
{
    OBJECT_ATTRIBUTES *attributes = directory ? named_in(directory, name, 0) : named(name, 0);
    attributes->SecurityDescriptor = sd;
    return attributes;
}

static NTSTATUS make_event(const WCHAR *name, SECURITY_DESCRIPTOR *sd)
{
    HANDLE event;
    NTSTATUS status = NtCreateEvent(&event, EVENT_ALL_ACCESS, with(name, sd), NotificationEvent, FALSE);
    if (status)
        return status;
    status = NtQuerySecurityObject(event, OWNER | GROUP | DACL, &data, sizeof(data), &needed);
    NtClose(event);
    return status;
}

static NTSTATUS make_directory(const WCHAR *name, SECURITY_DESCRIPTOR *sd)
{
    HANDLE made;
    NTSTATUS status = NtCreateDirectoryObject(&made, DIRECTORY_ALL_ACCESS, with(name, sd));
    if (status)
        return status;
    status = NtQuerySecurityObject(made, OWNER | GROUP | DACL, &data, sizeof(data), &needed);
    NtClose(made);
    return status;
}

static PVOID token_part(HANDLE token, ULONG what)
{
    NtQueryInformationToken(token, what, &token_data, sizeof(token_data), &needed);
    return token_data.owner.Owner;
}

/* The n-th entry of the list in `data`. */
static ACE_HEADER *entry(ULONG n)
{
    ACL *list = DACL_OF(&data);
    ACE_HEADER *ace = first_ace(list);
    static ACCESS_ALLOWED_ACE none;
    if (n >= acl_entries(list))
        return &none.Header;
    while (n--)
        ace = next_ace(ace);
    return ace;
}

static void defaults(void)
{
    HANDLE token = own_token(TOKEN_QUERY);
    ACL *list;
    expect(make_event(BNO L"conf-inh", NULL), 0, "create without a descriptor");
    check(same_sid(OWNER_OF(&data), token_part(token, TokenOwner)), "the owner is the token's");
    check(same_sid(GROUP_OF(&data), token_part(token, TokenPrimaryGroup)), "the group is the token's");
    list = token_part(token, TokenDefaultDacl);
    equal(acl_entries(DACL_OF(&data)), acl_entries(list), "the list is the token's");
    check(same_sid(ace_sid(entry(0)), ace_sid(first_ace(list))), "with the same SIDs");
    equal(ace_mask(entry(0)), EVENT_ALL_ACCESS, "and rights that suit an event");
    check(data.head.Control & SE_DACL_DEFAULTED, "and is marked as a default");
    NtClose(token);
}

static void asked(void)
{
    SECURITY_DESCRIPTOR sd = descriptor(NULL, NULL, acl_start(&acl, ACL_REVISION));
    acl_add(&acl, ACCESS_ALLOWED_ACE_TYPE, 0, GENERIC_READ, &world);
    acl_add(&acl, ACCESS_ALLOWED_ACE_TYPE, 0, EVENT_MODIFY_STATE, &creator_owner);
    acl_add(&acl, ACCESS_DENIED_ACE_TYPE, 0, EVENT_MODIFY_STATE, &creator_group);
    expect(make_event(BNO L"conf-inh", &sd), 0, "create with a descriptor");
    equal(acl_entries(DACL_OF(&data)), 3, "three entries");
    equal(ace_mask(entry(0)), EVENT_QUERY_STATE | READ_CONTROL, "a generic right is kept as what it means");
    check(same_sid(ace_sid(entry(1)), OWNER_OF(&data)), "the creator is the owner");
    check(same_sid(ace_sid(entry(2)), GROUP_OF(&data)), "the creator's group is the group");
    equal(entry(2)->AceType, ACCESS_DENIED_ACE_TYPE, "a denial stays one");
    sd.Group = &bob;
    expect(make_event(BNO L"conf-inh", &sd), 0, "with a group");
    check(same_sid(GROUP_OF(&data), &bob), "it has that group");
    sd.Owner = &bob;
    expect(make_event(BNO L"conf-inh", &sd), STATUS_INVALID_OWNER, "with a stranger as the owner");
    sd.Owner = &administrators;
    expect(make_event(BNO L"conf-inh", &sd), 0, "with an owner whom the token may name");
    check(same_sid(OWNER_OF(&data), &administrators), "it has that owner");
    sd.Control = SE_DACL_PRESENT;
    sd.Dacl = NULL;
    expect(make_event(BNO L"conf-inh", &sd), 0, "with a NULL list");
    check(data.head.Control & SE_DACL_PRESENT && !data.head.Dacl, "it has a NULL list");
    sd.Control |= SE_SACL_PRESENT;
    sd.Sacl = &acl.head;
    expect(make_event(BNO L"conf-inh", &sd), STATUS_PRIVILEGE_NOT_HELD, "an audit list needs SeSecurityPrivilege");
    sd.Control = 0;
    sd.Revision = 3;
    expect(make_event(BNO L"conf-inh", &sd), STATUS_UNKNOWN_REVISION, "with a descriptor that is none");
}

static void handed_down(void)
{
    SECURITY_DESCRIPTOR sd = descriptor(NULL, NULL, acl_start(&acl, ACL_REVISION));
    ANY_ACL own;
    acl_add(&acl, ACCESS_ALLOWED_ACE_TYPE, 0, DIRECTORY_ALL_ACCESS, &world);
    acl_add(&acl, ACCESS_ALLOWED_ACE_TYPE, OBJECT_INHERIT_ACE | INHERIT_ONLY_ACE, GENERIC_READ, &alice);
    acl_add(&acl, ACCESS_ALLOWED_ACE_TYPE, CONTAINER_INHERIT_ACE, GENERIC_ALL, &creator_owner);
    acl_add(&acl, ACCESS_DENIED_ACE_TYPE, OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE | NO_PROPAGATE_INHERIT_ACE, 1, &bob);
    NTSTATUS status = NtCreateDirectoryObject(&directory, DIRECTORY_ALL_ACCESS, with(BNO L"conf-dir", &sd));
    expect(status, 0, "a directory with things to hand down");
    expect(make_event(L"leaf", NULL), 0, "an event in it");
    equal(acl_entries(DACL_OF(&data)), 2, "an event inherits what objects inherit");
    check(same_sid(ace_sid(entry(0)), &alice), "first entry: whose");
    equal(ace_mask(entry(0)), EVENT_QUERY_STATE | READ_CONTROL, "first entry: what");
    equal(entry(0)->AceFlags, 0, "first entry: it works on the object and goes no further");
    check(same_sid(ace_sid(entry(1)), &bob), "second entry: whose");
    equal(entry(1)->AceType, ACCESS_DENIED_ACE_TYPE, "second entry: a denial");
    expect(make_directory(L"box", NULL), 0, "a directory in it");
    equal(acl_entries(DACL_OF(&data)), 4, "a directory inherits for itself and for what will be in it");
    check(same_sid(ace_sid(entry(0)), &alice), "for leaves: whose");
    equal(entry(0)->AceFlags, OBJECT_INHERIT_ACE | INHERIT_ONLY_ACE, "for leaves: passed on, not for itself");
    equal(ace_mask(entry(0)), GENERIC_READ, "for leaves: the right is still generic");
    check(same_sid(ace_sid(entry(1)), OWNER_OF(&data)), "for itself: the creator's");
    equal(ace_mask(entry(1)), DIRECTORY_ALL_ACCESS, "for itself: what it means for a directory");
    equal(entry(1)->AceFlags, 0, "for itself only");
    check(same_sid(ace_sid(entry(2)), &creator_owner), "for its directories: whoever creates them");
    equal(entry(2)->AceFlags, CONTAINER_INHERIT_ACE | INHERIT_ONLY_ACE, "for its directories only");
    check(same_sid(ace_sid(entry(3)), &bob), "not propagated: whose");
    equal(entry(3)->AceFlags, 0, "not propagated: goes no further");
    sd = descriptor(NULL, NULL, acl_start(&own, ACL_REVISION));
    acl_add(&own, ACCESS_ALLOWED_ACE_TYPE, 0, EVENT_ALL_ACCESS, &world);
    expect(make_event(L"leaf", &sd), 0, "an event with a list of its own");
    equal(acl_entries(DACL_OF(&data)), 1, "inherits nothing");
    sd.Control |= SE_DACL_DEFAULTED;
    expect(make_event(L"leaf", &sd), 0, "an event whose list is only a default");
    equal(acl_entries(DACL_OF(&data)), 2, "inherits instead");
    sd.Control = SE_DACL_PRESENT | SE_DACL_AUTO_INHERIT_REQ;
    expect(make_event(L"leaf", &sd), 0, "an event that wants to inherit as well");
    equal(acl_entries(DACL_OF(&data)), 3, "has its own entry and the inherited ones");
    check(same_sid(ace_sid(entry(0)), &world), "its own first");
    equal(entry(1)->AceFlags, INHERITED_ACE, "the others are marked");
    check(data.head.Control & SE_DACL_AUTO_INHERITED, "and so is the list");
    sd.Control |= SE_DACL_PROTECTED;
    expect(make_event(L"leaf", &sd), 0, "an event that is protected");
    equal(acl_entries(DACL_OF(&data)), 1, "inherits nothing, either");
    NtClose(directory);
    directory = NULL;
}

/* What a directory's list says about creating in it, and passing through it. */
static void directories(void)
{
    SECURITY_DESCRIPTOR sd = descriptor(NULL, NULL, acl_start(&acl, ACL_REVISION));
    HANDLE box, event, weak;
    acl_add(&acl, ACCESS_ALLOWED_ACE_TYPE, 0, DIRECTORY_QUERY | DIRECTORY_CREATE_OBJECT, &world);
    expect(NtCreateDirectoryObject(&box, DIRECTORY_ALL_ACCESS, with(BNO L"conf-box", &sd)), 0, "a directory for events");
    expect(NtCreateEvent(&event, EVENT_ALL_ACCESS, named(BNO L"conf-box\\event", 0), NotificationEvent, FALSE), 0,
           "an event may be created");
    expect(NtCreateDirectoryObject(&weak, DIRECTORY_ALL_ACCESS, named(BNO L"conf-box\\box", 0)), STATUS_ACCESS_DENIED,
           "a directory may not");
    expect(NtOpenEvent(&weak, EVENT_ALL_ACCESS, named(BNO L"conf-box\\event", 0)), 0,
           "passing through needs no right (SeChangeNotifyPrivilege)");
    NtClose(weak);
    own_privilege(23, FALSE);
    expect(NtOpenEvent(&weak, EVENT_ALL_ACCESS, named(BNO L"conf-box\\event", 0)), STATUS_ACCESS_DENIED,
           "without that privilege it does");
    own_privilege(23, TRUE);
    acl_start(&acl, ACL_REVISION);
    NtSetSecurityObject(box, DACL, &sd);
    expect(NtCreateEvent(&weak, EVENT_ALL_ACCESS, named(BNO L"conf-box\\other", 0), NotificationEvent, FALSE),
           STATUS_ACCESS_DENIED, "no event where nobody may create");
    NtClose(event);
    NtClose(box);
}

void test_main(void)
{
    defaults();
    asked();
    handed_down();
    directories();
}

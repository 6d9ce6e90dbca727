/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Security descriptors of files: given, inherited, kept, judged; what the folder's grants besides; backup and restore.
 * Known from: MSDN "File Security and Access Rights", FILE_FLAG_BACKUP_SEMANTICS; the DDK on SeBackupPrivilege and SeRestorePrivilege;
 * Windows Internals, 4th ed., ch. 8 (FILE_DELETE_CHILD).
 */
#include "ntapi_se.h"
#include "ntapi_file.h"

enum { BACKUP_PRIVILEGE = 17, RESTORE_PRIVILEGE = 18 };
enum { OWNER = OWNER_SECURITY_INFORMATION, DACL = DACL_SECURITY_INFORMATION };

static ANY_ACL acl;
static union { BYTE bytes[512]; SECURITY_DESCRIPTOR_RELATIVE head; } data;
static ULONG needed;

static NTSTATUS make_with(HANDLE *file, const WCHAR *name, ULONG options)
{
    SECURITY_DESCRIPTOR sd = descriptor(&administrators, &local_system, &acl);
    OBJECT_ATTRIBUTES attributes = *named_in(home, name, OBJ_CASE_INSENSITIVE);
    attributes.SecurityDescriptor = &sd;
    return NtCreateFile(file, READ_WRITE | READ_CONTROL | WRITE_DAC, &attributes, &io, NULL, 0, SHARE_ALL, CREATE, SYNC | options, NULL, 0);
}

static NTSTATUS set_list(HANDLE file)
{
    SECURITY_DESCRIPTOR sd = descriptor(NULL, NULL, &acl);
    return NtSetSecurityObject(file, DACL, &sd);
}

static void closed_file(void)
{
    HANDLE file;
    acl_start(&acl, ACL_REVISION);
    expect(make_with(&file, L"s", 0), 0, "a file for nobody");
    expect(put(file, "x", 0), 0, "who makes it writes it");
    NtClose(file);
    expect(opens(L"s", FILE_READ_DATA, SHARE_ALL, 0), STATUS_ACCESS_DENIED, "nobody reads it");
    expect(opens(L"s", FILE_WRITE_DATA, SHARE_ALL, 0), STATUS_ACCESS_DENIED, "nor writes");
    expect(opens(L"s", READ_CONTROL | WRITE_DAC, SHARE_ALL, 0), STATUS_ACCESS_DENIED, "waiting for it is a right, too");
    expect(make(&file, L"s", READ_CONTROL | WRITE_DAC, 0, SHARE_ALL, OPEN, 0), 0, "its owner may change that");
    expect(NtQuerySecurityObject(file, OWNER | DACL, &data, sizeof(data), &needed), 0, "query it");
    check(OWNER_OF(&data) && same_sid(OWNER_OF(&data), &administrators), "the owner is kept");
    check(DACL_OF(&data) && acl_entries(DACL_OF(&data)) == 0, "the list is empty");
    acl_add(acl_start(&acl, ACL_REVISION), ACCESS_ALLOWED_ACE_TYPE, 0, FILE_GENERIC_READ, &local_system);
    expect(set_list(file), 0, "let the system read");
    NtClose(file);
    expect(opens(L"s", FILE_READ_DATA, SHARE_ALL, 0), 0, "now it reads");
    expect(opens(L"s", FILE_WRITE_DATA, SHARE_ALL, 0), STATUS_ACCESS_DENIED, "and does not write");
    expect(make(&file, L"s", MAXIMUM_ALLOWED, 0, SHARE_ALL, OPEN, 0), 0, "all that can be had");
    equal(granted_access(file) & (FILE_READ_DATA | FILE_WRITE_DATA), FILE_READ_DATA, "is reading");
    NtClose(file);
    expect(make(&file, L"s", FILE_WRITE_DATA | SYNCHRONIZE, 0, SHARE_ALL, OVERWRITE, SYNC), STATUS_ACCESS_DENIED, "nobody overwrites it");
}

static void privileges(void)
{
    own_privilege(BACKUP_PRIVILEGE, FALSE);
    own_privilege(RESTORE_PRIVILEGE, FALSE);
    expect(opens(L"s", FILE_READ_ATTRIBUTES, SHARE_ALL, 0), 0, "it is there");
    expect(opens(L"s", FILE_WRITE_DATA, SHARE_ALL, OPEN_FOR_BACKUP), STATUS_ACCESS_DENIED, "to restore needs the privilege");
    own_privilege(RESTORE_PRIVILEGE, TRUE);
    expect(opens(L"s", FILE_WRITE_DATA, SHARE_ALL, OPEN_FOR_BACKUP), 0, "which opens it");
    expect(opens(L"s", FILE_WRITE_DATA, SHARE_ALL, 0), STATUS_ACCESS_DENIED, "for who says so");
    own_privilege(RESTORE_PRIVILEGE, FALSE);
    expect(opens(L"s", FILE_EXECUTE, SHARE_ALL, OPEN_FOR_BACKUP), STATUS_ACCESS_DENIED, "and is off again");
    own_privilege(BACKUP_PRIVILEGE, TRUE);
    expect(opens(L"s", FILE_READ_DATA | READ_CONTROL, SHARE_ALL, OPEN_FOR_BACKUP), 0, "to back up is to read");
    expect(opens(L"s", FILE_WRITE_DATA, SHARE_ALL, OPEN_FOR_BACKUP), STATUS_ACCESS_DENIED, "not to write");
    own_privilege(BACKUP_PRIVILEGE, FALSE);
    expect(remove(L"s"), 0, "the folder lets its children be deleted");
}

static void folders(void)
{
    HANDLE folder, file;
    acl_add(acl_start(&acl, ACL_REVISION), ACCESS_ALLOWED_ACE_TYPE, OBJECT_INHERIT_ACE, FILE_GENERIC_READ | DELETE, &local_system);
    acl_add(&acl, ACCESS_ALLOWED_ACE_TYPE, 0, FILE_ALL_ACCESS & ~(FILE_ADD_SUBDIRECTORY | FILE_DELETE_CHILD), &local_system);
    expect(make_with(&folder, L"d", DIRECTORY_FILE), 0, "a folder for files");
    expect(make(&file, L"d\\sub", FILE_LIST_DIRECTORY | SYNCHRONIZE, 0, SHARE_ALL, CREATE, DIRECTORY_FILE | SYNC), STATUS_ACCESS_DENIED,
           "takes no folders");
    expect(make(&file, L"d\\f", READ_WRITE | READ_CONTROL | DELETE, 0, SHARE_ALL, CREATE, SYNC), 0, "but files");
    expect(NtQuerySecurityObject(file, DACL, &data, sizeof(data), &needed), 0, "query one");
    check(DACL_OF(&data) && acl_entries(DACL_OF(&data)) == 1 && ace_mask(first_ace(DACL_OF(&data))) == (FILE_GENERIC_READ | DELETE),
          "it has what its folder hands down");
    NtClose(file);
    expect(opens(L"d\\f", FILE_WRITE_DATA, SHARE_ALL, 0), STATUS_ACCESS_DENIED, "and is not written");
    expect(remove(L"d\\f"), 0, "it is deleted by its own right");
    NtClose(folder);
    expect(remove(L"d"), 0, "and the folder");
}

void test_main(void)
{
    home_begin();
    closed_file();
    privileges();
    folders();
    home_end();
}

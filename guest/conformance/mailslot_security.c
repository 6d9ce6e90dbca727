/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mailslots: who may write to one.
 * Known from: MSDN CreateMailslot (lpSecurityAttributes), "Mailslot Security and Access Rights".
 */
#include "ntapi_device.h"
#include "ntapi_se.h"

#define SLOT_NAME L"\\??\\mailslot\\conf-guarded"

static NTSTATUS open_writer(HANDLE *writer, ULONG access)
{
    return NtOpenFile(writer, access | SYNCHRONIZE, named(SLOT_NAME, OBJ_CASE_INSENSITIVE), &io,
                      FILE_SHARE_READ | FILE_SHARE_WRITE, SYNCHRONOUS);
}

void test_main(void)
{
    HANDLE slot, writer;
    LI zero = {.QuadPart = 0};
    ANY_ACL acl;
    SECURITY_DESCRIPTOR nobody = descriptor(NULL, NULL, acl_start(&acl, ACL_REVISION));
    OBJECT_ATTRIBUTES attributes = *named(SLOT_NAME, OBJ_CASE_INSENSITIVE);
    static UCHAR data[400];
    ULONG length;
    attributes.SecurityDescriptor = &nobody;
    expect(NtCreateMailslotFile(&slot, GENERIC_READ | SYNCHRONIZE | WRITE_DAC, &attributes, &io, SYNCHRONOUS, 0, 0, &zero), 0,
           "a slot for nobody");
    expect(open_writer(&writer, GENERIC_WRITE), STATUS_ACCESS_DENIED, "nobody writes");
    acl_add(&acl, ACCESS_ALLOWED_ACE_TYPE, 0, FILE_GENERIC_WRITE, &world);
    nobody = descriptor(NULL, NULL, &acl);
    expect(NtSetSecurityObject(slot, DACL_SECURITY_INFORMATION, &nobody), 0, "let everybody write");
    expect(open_writer(&writer, GENERIC_WRITE | READ_CONTROL), 0, "everybody does");
    expect(NtQuerySecurityObject(writer, DACL_SECURITY_INFORMATION, data, sizeof(data), &length), 0, "the writer's end");
    equal(ace_mask(first_ace(DACL_OF(data))), FILE_GENERIC_WRITE, "has the slot's descriptor");
    NtClose(writer);
    NtClose(slot);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtCreatePagingFile: the commit limit rises, the file is there and nobody's, sizes and the privilege.
 * Known from: G. Nebbett, Native API Reference, ch. 4 (ZwCreatePagingFile) and ch. 1 (SystemPageFileInformation,
 * SystemPerformanceInformation); MSDN "Create a pagefile" user right; Windows Internals, 4th ed., ch. 7 (up to 16 paging files).
 */
#include "ntapi_file.h"
#include "ntapi_mm.h"

#define MB 0x100000
enum { SystemPerformance = 2, SystemPageFile = 18 };
typedef struct { ULONG Next, Total, InUse, Peak; UNICODE_STRING Name; } PAGE_FILE;
static PAGING_FILE_CALL create_file;

static NTSTATUS create(const WCHAR *name, LONGLONG minimum, LONGLONG maximum)
{
    UNICODE_STRING text = ustr(name);
    LI low = {.QuadPart = minimum}, high = {.QuadPart = maximum};
    return create_file(&text, &low, &high, 0);
}

static ULONG commit_limit(void)
{
    static ULONG words[80];
    NtQuerySystemInformation(SystemPerformance, words, 312, NULL);
    return words[13]; /* after four times, six counts, and available and committed pages */
}

/* The total of the paging file whose name ends so, in pages; 0 if it is not listed. */
static ULONG listed(WCHAR last)
{
    static UCHAR list[0x2000];
    PAGE_FILE *one = (PVOID)list;
    if (NtQuerySystemInformation(SystemPageFile, list, sizeof(list), NULL))
        return 0;
    for (;; one = (PVOID)((UCHAR *)one + one->Next)) {
        ULONG length = one->Name.Length / 2;
        if (length && one->Name.Buffer[length - 1] == last)
            return one->Total;
        if (!one->Next)
            return 0;
    }
}

static NTSTATUS open_it(const WCHAR *name, ULONG access, ULONG options)
{
    HANDLE file;
    NTSTATUS status = NtOpenFile(&file, access | SYNCHRONIZE, named(name, OBJ_CASE_INSENSITIVE), &io, SHARE_ALL, options | SYNC);
    if (!status)
        NtClose(file);
    return status;
}

void test_main(void)
{
    static const WCHAR name[] = L"\\??\\C:\\page-file.!";
    NETWORK_OPEN info;
    ULONG limit = commit_limit();
    UNICODE_STRING text = ustr(name);
    LI size = {.QuadPart = 4 * MB};
    create_file = (PVOID)procedure("NtCreatePagingFile");
    check(create_file != NULL, "ntdll exports NtCreatePagingFile");
    expect(create(name, 0, 4 * MB), STATUS_INVALID_PARAMETER_2, "a minimum of 0");
    expect(create(name, -1, 4 * MB), STATUS_INVALID_PARAMETER_2, "a negative minimum");
    expect(create(name, 4 * MB, 2 * MB), STATUS_INVALID_PARAMETER_3, "a maximum below the minimum");
    expect(create(name, 4 * MB, 0x100000000000), STATUS_INVALID_PARAMETER_3, "a very large maximum");
    expect(create(L"", 4 * MB, 4 * MB), STATUS_OBJECT_NAME_INVALID, "no name");
    expect(create(L"\\??\\C:\\no such folder\\page.sys", 4 * MB, 4 * MB), STATUS_OBJECT_PATH_NOT_FOUND, "no such folder");
    faults(BAD_IN, p, create_file(p, &size, &size, 0), "name");
    faults(BAD_IN, p, create_file(&text, p, &size, 0), "minimum");
    faults(BAD_IN, p, create_file(&text, &size, p, 0), "maximum");
    if (set_privilege(CREATE_PAGEFILE_PRIVILEGE, FALSE) == STATUS_NOT_IMPLEMENTED)
        tap_skip("create without SeCreatePagefilePrivilege", "privileges cannot be switched yet");
    else {
        expect(create(name, 4 * MB, 4 * MB), STATUS_PRIVILEGE_NOT_HELD, "create without SeCreatePagefilePrivilege");
        expect(create_file(NULL, NULL, NULL, 0), STATUS_PRIVILEGE_NOT_HELD, "which comes before bad pointers");
        set_privilege(CREATE_PAGEFILE_PRIVILEGE, TRUE);
    }
    equal(commit_limit(), limit, "none of these changed the commit limit");
    equal(listed(L'!'), 0, "nor is the file listed");
    expect(create(name, 4 * MB, 8 * MB), 0, "create a paging file of 4 MB");
    equal(commit_limit() - limit, 4 * MB / 0x1000, "the commit limit is that much higher");
    equal(listed(L'!'), 4 * MB / 0x1000, "it is listed");
    expect(NtQueryFullAttributesFile(named(name, OBJ_CASE_INSENSITIVE), &info), 0, "there is a file of that name");
    equal(info.EndOfFile.QuadPart, 4 * MB, "of that size");
    equal(info.Attributes & 6, 6, "hidden, and the system's");
    expect(open_it(name, FILE_READ_DATA, 0), STATUS_SHARING_VIOLATION, "it cannot be read");
    expect(open_it(name, DELETE, 0), STATUS_SHARING_VIOLATION, "nor deleted");
    expect(create(name, 2 * MB, 8 * MB), STATUS_INVALID_PARAMETER_2, "it cannot get smaller");
    expect(create(name, 4 * MB, 6 * MB), STATUS_INVALID_PARAMETER_3, "nor can its maximum");
    expect(create(name, 6 * MB, 8 * MB), 0, "it can get larger");
    equal(commit_limit() - limit, 6 * MB / 0x1000, "and the limit with it");
    equal(listed(L'!'), 6 * MB / 0x1000, "and the list");
}

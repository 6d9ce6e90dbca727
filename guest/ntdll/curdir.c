/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The current directory, kept in the process parameters with a backslash at its end and an open handle, and searching
 * for files along a path list.
 */
#include "path.h"

ULONG NTAPI RtlGetCurrentDirectory_U(ULONG BufferBytes, PWSTR Buffer)
{
    PUNICODE_STRING directory = &NtCurrentPeb()->ProcessParameters->CurrentDirectory.DosPath;
    ULONG length;

    RtlAcquirePebLock();
    length = directory->Length / sizeof(WCHAR);
    if (length > 3 && directory->Buffer[length - 1] == '\\')
        length--; /* the root keeps its backslash */
    if ((length + 1) * sizeof(WCHAR) > BufferBytes) {
        length = (length + 1) * sizeof(WCHAR);
    } else {
        memcpy(Buffer, directory->Buffer, length * sizeof(WCHAR));
        Buffer[length] = 0;
        length *= sizeof(WCHAR);
    }
    RtlReleasePebLock();
    return length;
}

static NTSTATUS open_directory(PCWSTR path, PHANDLE handle)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK io;
    NTSTATUS status;

    if (!RtlDosPathNameToNtPathName_U(path, &name, NULL, NULL))
        return STATUS_OBJECT_NAME_INVALID;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_INHERIT, NULL, NULL);
    status = NtOpenFile(handle, FILE_TRAVERSE | SYNCHRONIZE, &attributes, &io, FILE_SHARE_READ | FILE_SHARE_WRITE,
                        FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT);
    RtlFreeUnicodeString(&name);
    return status;
}

NTSTATUS NTAPI RtlSetCurrentDirectory_U(PUNICODE_STRING Path)
{
    PCURDIR current = &NtCurrentPeb()->ProcessParameters->CurrentDirectory;
    WCHAR given[MAX_PATH_CHARS], full[MAX_PATH_CHARS];
    ULONG length;
    HANDLE handle, old;
    NTSTATUS status;

    if (Path->Length >= sizeof(given) - 2 * sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    memcpy(given, Path->Buffer, Path->Length);
    given[Path->Length / sizeof(WCHAR)] = 0;
    length = RtlGetFullPathName_U(given, sizeof(full) - sizeof(WCHAR), full, NULL) / sizeof(WCHAR);
    if (!length || length >= MAX_PATH_CHARS - 1)
        return STATUS_OBJECT_NAME_INVALID;
    if (full[length - 1] != '\\') {
        full[length++] = '\\';
        full[length] = 0;
    }
    if ((length + 1) * sizeof(WCHAR) > current->DosPath.MaximumLength)
        return STATUS_NAME_TOO_LONG;
    status = open_directory(full, &handle);
    if (!NT_SUCCESS(status))
        return status;
    RtlAcquirePebLock();
    memcpy(current->DosPath.Buffer, full, (length + 1) * sizeof(WCHAR));
    current->DosPath.Length = (USHORT)(length * sizeof(WCHAR));
    old = current->Handle;
    current->Handle = handle;
    RtlReleasePebLock();
    if (old)
        NtClose(old);
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI RtlDoesFileExists_U(PCWSTR Path)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    FILE_BASIC_INFORMATION information;
    NTSTATUS status;

    if (!RtlDosPathNameToNtPathName_U(Path, &name, NULL, NULL))
        return FALSE;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = NtQueryAttributesFile(&attributes, &information);
    RtlFreeUnicodeString(&name);
    return NT_SUCCESS(status) || status == STATUS_SHARING_VIOLATION || status == STATUS_ACCESS_DENIED;
}

/* A name with a path is not searched for; the extension is added where the name has none. */
ULONG NTAPI RtlDosSearchPath_U(PCWSTR Search, PCWSTR FileName, PCWSTR Extension, ULONG BufferBytes, PWSTR Buffer,
                               PWSTR *FilePart)
{
    WCHAR path[MAX_PATH_CHARS];
    PCWSTR tail = wcsrchr(FileName, '\\');
    BOOLEAN add_extension = Extension && !wcschr(tail ? tail : FileName, '.');

    if (RtlDetermineDosPathNameType_U(FileName) != RtlPathTypeRelative)
        return RtlDoesFileExists_U(FileName) ? RtlGetFullPathName_U(FileName, BufferBytes, Buffer, FilePart) : 0;
    while (*Search) {
        size_t count = wcscspn(Search, L";");
        BOOLEAN slash = count && Search[count - 1] != '\\';
        int length = _snwprintf(path, COUNT_OF(path) - 1, L"%.*ls%ls%ls%ls", (int)count, Search, slash ? L"\\" : L"",
                                FileName, add_extension ? Extension : L"");
        if (length > 0 && RtlDoesFileExists_U(path))
            return RtlGetFullPathName_U(path, BufferBytes, Buffer, FilePart);
        Search += count;
        if (*Search == ';')
            Search++;
    }
    return 0;
}

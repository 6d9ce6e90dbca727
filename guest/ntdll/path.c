/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DOS paths: their kinds, full names with "." and ".." resolved, device names, and the object manager's name of a path.
 * Lengths are in bytes, as in the Rtl interface. The resolution is textual; no file is looked at.
 */
#include "path.h"

static BOOLEAN is_slash(WCHAR c)
{
    return c == '\\' || c == '/';
}

RTL_PATH_TYPE NTAPI RtlDetermineDosPathNameType_U(PCWSTR Path)
{
    if (is_slash(Path[0])) {
        if (!is_slash(Path[1]))
            return RtlPathTypeRooted;
        if (Path[2] != '.' && Path[2] != '?')
            return RtlPathTypeUncAbsolute;
        if (is_slash(Path[3]))
            return RtlPathTypeLocalDevice;
        return Path[3] ? RtlPathTypeUncAbsolute : RtlPathTypeRootLocalDevice;
    }
    if (!Path[0] || Path[1] != ':')
        return RtlPathTypeRelative;
    return is_slash(Path[2]) ? RtlPathTypeDriveAbsolute : RtlPathTypeDriveRelative;
}

static BOOLEAN is_device(PCWSTR name, ULONG length)
{
    static const WCHAR plain[][4] = {L"CON", L"PRN", L"AUX", L"NUL"};

    if (length == 3) {
        for (ULONG i = 0; i < COUNT_OF(plain); i++)
            if (!_wcsnicmp(name, plain[i], 3))
                return TRUE;
    }
    return length == 4 && (!_wcsnicmp(name, L"COM", 3) || !_wcsnicmp(name, L"LPT", 3)) && name[3] >= '1' &&
           name[3] <= '9';
}

/* Length and offset (high word), in bytes, of a device name in the last part of the path; 0: none. */
ULONG NTAPI RtlIsDosDeviceName_U(PCWSTR Path)
{
    RTL_PATH_TYPE type = RtlDetermineDosPathNameType_U(Path);
    ULONG length = (ULONG)wcslen(Path), start, end;

    if (type == RtlPathTypeUncAbsolute || type == RtlPathTypeUnknown || type == RtlPathTypeLocalDevice ||
        type == RtlPathTypeRootLocalDevice || !length)
        return 0;
    if (Path[length - 1] == ':')
        length--;
    while (length && (Path[length - 1] == '.' || Path[length - 1] == ' '))
        length--;
    for (start = length; start; start--)
        if (is_slash(Path[start - 1]) || (Path[start - 1] == ':' && start == 2))
            break;
    for (end = start; end < length && Path[end] != '.' && Path[end] != ':'; end++)
        ;
    while (end > start && Path[end - 1] == ' ')
        end--;
    if (!is_device(Path + start, end - start))
        return 0;
    return start * sizeof(WCHAR) << 16 | (end - start) * sizeof(WCHAR);
}

/* A path being put together; beyond MAX_PATH_CHARS it is marked as too long. */
struct builder {
    WCHAR text[MAX_PATH_CHARS];
    ULONG length;
    ULONG root; /* ".." does not go below this */
    BOOLEAN too_long;
};

static void add(struct builder *b, PCWSTR text, ULONG count)
{
    if (b->length + count >= MAX_PATH_CHARS) {
        b->too_long = TRUE;
        return;
    }
    memcpy(b->text + b->length, text, count * sizeof(WCHAR));
    b->length += count;
}

static void add_component(struct builder *b, PCWSTR text, ULONG count, BOOLEAN last)
{
    if (last) {
        while (count && (text[count - 1] == '.' || text[count - 1] == ' '))
            count--;
    } else if (count > 1 && text[count - 1] == '.') {
        count--;
    }
    if (!count)
        return;
    if (b->length && b->text[b->length - 1] != '\\')
        add(b, L"\\", 1);
    add(b, text, count);
}

static void remove_component(struct builder *b)
{
    if (b->length > b->root && b->text[b->length - 1] == '\\')
        b->length--;
    while (b->length > b->root && b->text[b->length - 1] != '\\')
        b->length--;
    if (b->length > b->root)
        b->length--;
}

static void add_relative(struct builder *b, PCWSTR path)
{
    BOOLEAN slash_at_end = FALSE;

    while (*path) {
        ULONG count = 0;
        while (is_slash(*path))
            path++;
        while (path[count] && !is_slash(path[count]))
            count++;
        if (!count)
            break;
        slash_at_end = path[count] != 0;
        if (count == 2 && path[0] == '.' && path[1] == '.')
            remove_component(b);
        else if (!(count == 1 && path[0] == '.'))
            add_component(b, path, count, !slash_at_end);
        path += count;
    }
    if (slash_at_end && b->length && b->text[b->length - 1] != '\\')
        add(b, L"\\", 1);
}

/* "\\server\share" is the root of a UNC path: its two names are taken over as they are. */
static PCWSTR add_unc_root(struct builder *b, PCWSTR path)
{
    add(b, L"\\\\", 2);
    path += 2;
    for (int part = 0; part < 2; part++) {
        while (*path && !is_slash(*path))
            add(b, path++, 1);
        if (part == 0 && *path) {
            add(b, L"\\", 1);
            path++;
        }
    }
    b->root = b->length;
    return path;
}

static void add_drive_root(struct builder *b, WCHAR letter)
{
    add(b, (const WCHAR[]){letter, ':', '\\'}, 3);
    b->root = 3;
}

/* The current directory of a drive other than the current one is kept in the environment, as "=C:". */
static void add_drive_directory(struct builder *b, WCHAR letter)
{
    WCHAR buffer[MAX_PATH], text[3] = {'=', RtlUpcaseUnicodeChar(letter), ':'};
    UNICODE_STRING name = {.Length = sizeof(text), .MaximumLength = sizeof(text), .Buffer = text};
    UNICODE_STRING value = {.MaximumLength = sizeof(buffer), .Buffer = buffer};

    add_drive_root(b, letter);
    if (NT_SUCCESS(RtlQueryEnvironmentVariable_U(NULL, &name, &value)) && value.Length > 3 * sizeof(WCHAR))
        add(b, buffer + 3, value.Length / sizeof(WCHAR) - 3);
}

static void add_current_directory(struct builder *b)
{
    PUNICODE_STRING directory = &NtCurrentPeb()->ProcessParameters->CurrentDirectory.DosPath;
    ULONG count = directory->Length / sizeof(WCHAR);

    if (count > 2 && is_slash(directory->Buffer[0]) && is_slash(directory->Buffer[1])) {
        add_relative(b, add_unc_root(b, directory->Buffer));
    } else if (count >= 3) {
        add(b, directory->Buffer, count);
        b->root = 3;
    } else {
        add_drive_root(b, 'C');
    }
}

static WCHAR current_drive(void)
{
    PUNICODE_STRING directory = &NtCurrentPeb()->ProcessParameters->CurrentDirectory.DosPath;

    return directory->Length >= 4 && directory->Buffer[1] == ':' ? directory->Buffer[0] : 'C';
}

static void build(struct builder *b, PCWSTR path)
{
    switch (RtlDetermineDosPathNameType_U(path)) {
    case RtlPathTypeUncAbsolute:
        path = add_unc_root(b, path);
        break;
    case RtlPathTypeDriveAbsolute:
        add_drive_root(b, path[0]);
        path += 3;
        break;
    case RtlPathTypeDriveRelative:
        if (RtlUpcaseUnicodeChar(path[0]) == RtlUpcaseUnicodeChar(current_drive()))
            add_current_directory(b);
        else
            add_drive_directory(b, path[0]);
        path += 2;
        break;
    case RtlPathTypeRooted:
        add_drive_root(b, current_drive());
        path++;
        break;
    case RtlPathTypeLocalDevice:
        add(b, (const WCHAR[]){'\\', '\\', path[2], '\\'}, 4);
        b->root = 4;
        path += 4;
        break;
    case RtlPathTypeRootLocalDevice:
        add(b, L"\\\\.\\", 4);
        path += 3;
        break;
    default:
        add_current_directory(b);
    }
    add_relative(b, path);
}

/* Like RtlGetFullPathName_U into a buffer that is always large enough; the length in characters, 0: too long. */
ULONG path_full_name(PCWSTR path, WCHAR *text)
{
    struct builder b;
    ULONG device = RtlIsDosDeviceName_U(path);

    b.length = b.root = 0;
    b.too_long = FALSE;
    if (device) {
        add(&b, L"\\\\.\\", 4);
        add(&b, path + (device >> 16) / sizeof(WCHAR), (device & 0xffff) / sizeof(WCHAR));
    } else {
        build(&b, path);
    }
    if (b.too_long)
        return 0;
    memcpy(text, b.text, b.length * sizeof(WCHAR));
    text[b.length] = 0;
    return b.length;
}

static PWSTR file_part(PWSTR path, ULONG length)
{
    ULONG at = length;

    while (at && path[at - 1] != '\\')
        at--;
    return at && at < length ? path + at : NULL;
}

ULONG NTAPI RtlGetFullPathName_U(PCWSTR Path, ULONG BufferBytes, PWSTR Buffer, PWSTR *FilePart)
{
    WCHAR text[MAX_PATH_CHARS];
    ULONG length;

    if (FilePart)
        *FilePart = NULL;
    while (*Path == ' ')
        Path++;
    if (!*Path)
        return 0;
    RtlAcquirePebLock();
    length = path_full_name(Path, text);
    RtlReleasePebLock();
    if (!length)
        return 0;
    if ((length + 1) * sizeof(WCHAR) > BufferBytes)
        return (length + 1) * sizeof(WCHAR);
    memcpy(Buffer, text, (length + 1) * sizeof(WCHAR));
    if (FilePart)
        *FilePart = file_part(Buffer, length);
    return length * sizeof(WCHAR);
}

static const WCHAR *nt_prefix(PCWSTR full, ULONG *skip)
{
    if (full[0] == '\\' && full[1] == '\\') {
        if (full[2] == '.' || full[2] == '?') {
            *skip = full[3] ? 4 : 3;
            return L"\\??\\";
        }
        *skip = 2;
        return L"\\??\\UNC\\";
    }
    *skip = 0;
    return L"\\??\\";
}

/* The name is never given relative to the current directory's handle. */
BOOL NTAPI RtlDosPathNameToNtPathName_U(PCWSTR Path, PUNICODE_STRING NtPath, PCWSTR *FilePart, VOID *DirectoryInfo)
{
    WCHAR full[MAX_PATH_CHARS];
    const WCHAR *prefix;
    ULONG skip, length, prefix_length;
    PWSTR buffer;

    if (!Path || !*Path)
        return FALSE;
    if (!wcsncmp(Path, L"\\\\?\\", 4)) { /* verbatim: nothing is resolved */
        if (wcslen(Path) >= MAX_PATH_CHARS)
            return FALSE;
        wcscpy(full, Path);
    } else if (!RtlGetFullPathName_U(Path, sizeof(full), full, NULL)) {
        return FALSE;
    }
    prefix = nt_prefix(full, &skip);
    prefix_length = (ULONG)wcslen(prefix);
    length = prefix_length + (ULONG)wcslen(full + skip);
    if (length * sizeof(WCHAR) > MAX_USTRING)
        return FALSE;
    buffer = heap_alloc((length + 1) * sizeof(WCHAR));
    if (!buffer)
        return FALSE;
    wcscpy(buffer, prefix);
    wcscpy(buffer + prefix_length, full + skip);
    RtlInitUnicodeString(NtPath, buffer);
    if (FilePart)
        *FilePart = file_part(buffer, length);
    if (DirectoryInfo)
        memset(DirectoryInfo, 0, sizeof(CURDIR));
    return TRUE;
}

ULONG NTAPI RtlGetLongestNtPathLength(VOID)
{
    return 269; /* \??\UNC\ and 260 characters, with the terminator */
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Process parameters: one block that holds the structure and all its strings. Between processes the string pointers are
 * offsets from the block ("de-normalised"); flag bit 0 tells which they are.
 */
#include "ntdll.h"

#define MAX_CURRENT_DIRECTORY 520 /* bytes reserved, so that a process may change its directory in place */

/* Every string of the block that moves with it. */
static PUNICODE_STRING string_at(PRTL_USER_PROCESS_PARAMETERS p, unsigned index)
{
    switch (index) {
    case 0: return &p->CurrentDirectory.DosPath;
    case 1: return &p->DllPath;
    case 2: return &p->ImagePathName;
    case 3: return &p->CommandLine;
    case 4: return &p->WindowTitle;
    case 5: return &p->DesktopInfo;
    case 6: return &p->ShellInfo;
    case 7: return &p->RuntimeData;
    default: return NULL;
    }
}

static void shift_strings(PRTL_USER_PROCESS_PARAMETERS parameters, UINT_PTR distance)
{
    PUNICODE_STRING string;

    for (unsigned i = 0; (string = string_at(parameters, i)) != NULL; i++)
        if (string->Buffer)
            string->Buffer = (PWSTR)((UINT_PTR)string->Buffer + distance);
    for (unsigned i = 0; i < COUNT_OF(parameters->CurrentDirectories); i++)
        if (parameters->CurrentDirectories[i].DosPath.Buffer)
            parameters->CurrentDirectories[i].DosPath.Buffer =
                (PCHAR)((UINT_PTR)parameters->CurrentDirectories[i].DosPath.Buffer + distance);
}

PRTL_USER_PROCESS_PARAMETERS NTAPI RtlNormalizeProcessParams(PRTL_USER_PROCESS_PARAMETERS Parameters)
{
    if (Parameters && !(Parameters->Flags & RTL_USER_PROC_PARAMS_NORMALIZED)) {
        shift_strings(Parameters, (UINT_PTR)Parameters);
        Parameters->Flags |= RTL_USER_PROC_PARAMS_NORMALIZED;
    }
    return Parameters;
}

PRTL_USER_PROCESS_PARAMETERS NTAPI RtlDeNormalizeProcessParams(PRTL_USER_PROCESS_PARAMETERS Parameters)
{
    if (Parameters && Parameters->Flags & RTL_USER_PROC_PARAMS_NORMALIZED) {
        shift_strings(Parameters, 0 - (UINT_PTR)Parameters);
        Parameters->Flags &= ~(ULONG)RTL_USER_PROC_PARAMS_NORMALIZED;
    }
    return Parameters;
}

static void place(PUCHAR *at, PUNICODE_STRING string, PCUNICODE_STRING source, USHORT maximum)
{
    string->Buffer = (PWSTR)*at;
    string->Length = source ? source->Length : 0;
    string->MaximumLength = maximum;
    if (string->Length)
        memcpy(string->Buffer, source->Buffer, string->Length);
    if (string->MaximumLength > string->Length)
        string->Buffer[string->Length / sizeof(WCHAR)] = 0;
    *at += (maximum + 3) & ~3u;
}

/* NULL strings come from the caller's own parameters where a child would inherit them, and are empty otherwise. */
NTSTATUS NTAPI RtlCreateProcessParameters(PRTL_USER_PROCESS_PARAMETERS *Parameters, PCUNICODE_STRING Image,
                                          PCUNICODE_STRING DllPath, PCUNICODE_STRING CurrentDirectory,
                                          PCUNICODE_STRING CommandLine, PVOID Environment, PCUNICODE_STRING Title,
                                          PCUNICODE_STRING Desktop, PCUNICODE_STRING Shell, PCUNICODE_STRING Runtime)
{
    static const UNICODE_STRING empty = {0, sizeof(WCHAR), L""};
    PRTL_USER_PROCESS_PARAMETERS own = NtCurrentPeb()->ProcessParameters, made;
    PCUNICODE_STRING sources[8];
    USHORT room[8];
    SIZE_T size = sizeof(*made);
    PVOID base = NULL;
    PUCHAR at;
    NTSTATUS status;

    RtlAcquirePebLock();
    sources[0] = CurrentDirectory ? CurrentDirectory : &own->CurrentDirectory.DosPath;
    sources[1] = DllPath ? DllPath : &own->DllPath;
    sources[2] = Image;
    sources[3] = CommandLine ? CommandLine : Image;
    sources[4] = Title ? Title : &empty;
    sources[5] = Desktop ? Desktop : &empty;
    sources[6] = Shell ? Shell : &empty;
    sources[7] = Runtime; /* binary data, not terminated */
    for (unsigned i = 0; i < COUNT_OF(sources); i++) {
        room[i] = sources[i] ? (USHORT)(sources[i]->Length + (i == 7 ? 0 : sizeof(WCHAR))) : 0;
        if (i == 0 && room[i] < MAX_CURRENT_DIRECTORY)
            room[i] = MAX_CURRENT_DIRECTORY;
        size += (room[i] + 3) & ~3u;
    }
    made = NULL;
    status = NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &(SIZE_T){size}, MEM_COMMIT, PAGE_READWRITE);
    if (NT_SUCCESS(status)) {
        made = base;
        made->MaximumLength = (ULONG)PAGE_ROUND(size);
        made->Length = (ULONG)size;
        made->Flags = RTL_USER_PROC_PARAMS_NORMALIZED;
        made->ConsoleFlags = own->ConsoleFlags;
        made->Environment = Environment ? Environment : own->Environment;
        at = (PUCHAR)(made + 1);
        for (unsigned i = 0; i < COUNT_OF(sources); i++)
            place(&at, string_at(made, i), sources[i], room[i]);
        *Parameters = RtlDeNormalizeProcessParams(made);
    }
    RtlReleasePebLock();
    return status;
}

VOID NTAPI RtlDestroyProcessParameters(PRTL_USER_PROCESS_PARAMETERS Parameters)
{
    PVOID base = Parameters;
    SIZE_T size = 0;

    NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_RELEASE);
}

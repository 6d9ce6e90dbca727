/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RtlCreateUserProcess: an image section becomes a process, the parameters are copied into it, and its first thread is
 * made, suspended, at the image's entry point with the PEB as its parameter.
 */
#include "ntdll.h"

static NTSTATUS open_section(PUNICODE_STRING image, ULONG attributes, PHANDLE section)
{
    OBJECT_ATTRIBUTES object;
    IO_STATUS_BLOCK io;
    HANDLE file;
    NTSTATUS status;

    InitializeObjectAttributes(&object, image, attributes & (OBJ_CASE_INSENSITIVE | OBJ_INHERIT), NULL, NULL);
    status = NtOpenFile(&file, FILE_EXECUTE | FILE_READ_DATA | SYNCHRONIZE, &object, &io,
                        FILE_SHARE_READ | FILE_SHARE_DELETE, FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);
    if (!NT_SUCCESS(status))
        return status;
    status = NtCreateSection(section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_EXECUTE, SEC_IMAGE, file);
    NtClose(file);
    return status;
}

/* Copies a block into the process; the address is the kernel's choice. */
static NTSTATUS copy_into(HANDLE process, const VOID *block, SIZE_T size, SIZE_T room, PVOID *address)
{
    NTSTATUS status;

    *address = NULL;
    status = NtAllocateVirtualMemory(process, address, 0, &room, MEM_COMMIT, PAGE_READWRITE);
    return NT_SUCCESS(status) ? NtWriteVirtualMemory(process, *address, block, size, NULL) : status;
}

/* Handles are valid in the child only if it inherits them; a handle that is none (a pseudo handle) is passed on. */
static void pass_handles(PRTL_USER_PROCESS_PARAMETERS parameters, BOOLEAN inherit)
{
    if (inherit)
        return;
    parameters->StandardInput = parameters->StandardOutput = parameters->StandardError = NULL;
}

static NTSTATUS push_parameters(HANDLE process, PPEB peb, PRTL_USER_PROCESS_PARAMETERS parameters, BOOLEAN inherit)
{
    RTL_USER_PROCESS_PARAMETERS kept;
    PVOID environment = NULL, base;
    NTSTATUS status = STATUS_SUCCESS;

    if (parameters->Environment) {
        SIZE_T size = env_size(parameters->Environment);
        status = copy_into(process, parameters->Environment, size, size, &environment);
        if (!NT_SUCCESS(status))
            return status;
    }
    kept = *parameters;
    RtlDeNormalizeProcessParams(parameters);
    parameters->Environment = environment;
    parameters->CurrentDirectory.Handle = NULL;
    pass_handles(parameters, inherit);
    status = copy_into(process, parameters, parameters->Length, parameters->MaximumLength, &base);
    if (kept.Flags & RTL_USER_PROC_PARAMS_NORMALIZED)
        RtlNormalizeProcessParams(parameters);
    parameters->Environment = kept.Environment;
    parameters->CurrentDirectory.Handle = kept.CurrentDirectory.Handle;
    parameters->StandardInput = kept.StandardInput;
    parameters->StandardOutput = kept.StandardOutput;
    parameters->StandardError = kept.StandardError;
    if (!NT_SUCCESS(status))
        return status;
    return NtWriteVirtualMemory(process, &peb->ProcessParameters, &base, sizeof(base), NULL);
}

static NTSTATUS fill_process(PRTL_USER_PROCESS_PARAMETERS parameters, PSECURITY_DESCRIPTOR thread_security,
                             BOOLEAN inherit, PRTL_USER_PROCESS_INFORMATION information)
{
    PROCESS_BASIC_INFORMATION basic;
    HANDLE process = information->ProcessHandle;
    NTSTATUS status = NtQueryInformationProcess(process, ProcessBasicInformation, &basic, sizeof(basic), NULL);

    if (NT_SUCCESS(status))
        status = push_parameters(process, (PPEB)basic.PebBaseAddress, parameters, inherit);
    if (NT_SUCCESS(status))
        status = RtlCreateUserThread(process, thread_security, TRUE, information->ImageInformation.ZeroBits,
                                     information->ImageInformation.MaximumStackSize,
                                     information->ImageInformation.CommittedStackSize,
                                     (PUSER_THREAD_START_ROUTINE)information->ImageInformation.TransferAddress,
                                     basic.PebBaseAddress, &information->ThreadHandle, &information->ClientId);
    return status;
}

NTSTATUS NTAPI RtlCreateUserProcess(PUNICODE_STRING NtImagePath, ULONG Attributes,
                                    PRTL_USER_PROCESS_PARAMETERS Parameters, PSECURITY_DESCRIPTOR ProcessSecurity,
                                    PSECURITY_DESCRIPTOR ThreadSecurity, HANDLE Parent, BOOLEAN InheritHandles,
                                    HANDLE DebugPort, HANDLE ExceptionPort, PRTL_USER_PROCESS_INFORMATION Information)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE section;
    NTSTATUS status = open_section(NtImagePath, Attributes, &section);

    if (!NT_SUCCESS(status))
        return status;
    Information->Size = sizeof(*Information);
    InitializeObjectAttributes(&attributes, NULL, 0, NULL, ProcessSecurity);
    status = NtCreateProcess(&Information->ProcessHandle, PROCESS_ALL_ACCESS, &attributes,
                             Parent ? Parent : NtCurrentProcess(), InheritHandles, section, DebugPort, ExceptionPort);
    if (!NT_SUCCESS(status)) {
        NtClose(section);
        return status;
    }
    status = NtQuerySection(section, SectionImageInformation, &Information->ImageInformation,
                            sizeof(Information->ImageInformation), NULL);
    NtClose(section);
    if (NT_SUCCESS(status))
        status = fill_process(Parameters, ThreadSecurity, InheritHandles, Information);
    if (!NT_SUCCESS(status)) {
        NtTerminateProcess(Information->ProcessHandle, status);
        NtClose(Information->ProcessHandle);
    }
    return status;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Small devices: the null device, random numbers, encrypted memory; controls that a device does not know.
 * Known from: MSDN SystemFunction036 (RtlGenRandom), SystemFunction040 and 041 (RtlEncryptMemory: blocks of eight bytes); the
 * DDK's null driver; Wine's dlls/ntdll/tests/file.c.
 */
#include "ntapi_device.h"

#define IOCTL_KSEC_RNG 0x390004
#define IOCTL_KSEC_RNG_REKEY 0x390008
#define IOCTL_KSEC_ENCRYPT_MEMORY 0x39000e
#define IOCTL_KSEC_DECRYPT_MEMORY 0x390012

static NTSTATUS open(HANDLE *handle, const WCHAR *name, ULONG access)
{
    return NtOpenFile(handle, access | SYNCHRONIZE, named(name, OBJ_CASE_INSENSITIVE), &io, 7, SYNCHRONOUS);
}

static NTSTATUS control(HANDLE handle, ULONG code, PVOID in, ULONG in_length, PVOID out, ULONG out_length)
{
    return NtDeviceIoControlFile(handle, NULL, NULL, NULL, &io, code, in, in_length, out, out_length);
}

static void null_device(void)
{
    HANDLE handle, folder;
    char buffer[16];
    FILE_STANDARD_INFORMATION standard;
    ULONG device[6];
    LI zero = {.QuadPart = 0}, size = {.QuadPart = 10};
    expect(open(&handle, L"\\Device\\Null", GENERIC_READ | GENERIC_WRITE), 0, "open the null device");
    expect(pipe_write(handle, "abc", 3), 0, "write to it");
    equal(io.Information, 3, "takes everything");
    expect(pipe_read(handle, buffer, 16), STATUS_END_OF_FILE, "read from it");
    expect(NtQueryInformationFile(handle, &io, &standard, sizeof(standard), FileStandardInformation), 0, "it can be queried");
    equal(standard.EndOfFile.QuadPart, 0, "it is empty");
    expect(NtQueryVolumeInformationFile(handle, &io, device, sizeof(device), 4), 0, "query its device");
    equal(device[0], 0x15, "a null device");
    expect(NtQueryVolumeInformationFile(handle, &io, device, sizeof(device), 3), STATUS_INVALID_DEVICE_REQUEST, "it has no volume");
    expect(NtSetInformationFile(handle, &io, &size, sizeof(size), 20), STATUS_INVALID_DEVICE_REQUEST, "it gets no size");
    expect(NtFlushBuffersFile(handle, &io), STATUS_INVALID_DEVICE_REQUEST, "nor is it flushed");
    expect(NtLockFile(handle, NULL, NULL, NULL, &io, &zero, &size, 0, TRUE, TRUE), 0, "whoever locks it may");
    expect(NtUnlockFile(handle, &io, &zero, &size, 0), 0, "and unlock it");
    expect(NtOpenFile(&folder, GENERIC_READ | SYNCHRONIZE, named(L"\\Device\\Null", 0), &io, 7, SYNCHRONOUS | 1),
           STATUS_NOT_A_DIRECTORY, "it is no folder");
    expect(control(handle, 0x390004, NULL, 0, buffer, 8), STATUS_INVALID_DEVICE_REQUEST, "a control that it does not know");
    expect(NtFsControlFile(handle, NULL, NULL, NULL, &io, FSCTL_PIPE_LISTEN, NULL, 0, NULL, 0), STATUS_INVALID_DEVICE_REQUEST,
           "nor one for file systems");
    NtClose(handle);
    expect(open(&handle, L"\\??\\NUL", GENERIC_WRITE), 0, "by its DOS name");
    expect(pipe_read(handle, buffer, 16), STATUS_ACCESS_DENIED, "read without the right");
    NtClose(handle);
    expect(control((HANDLE)0x7ff0, 0x390004, NULL, 0, buffer, 8), STATUS_INVALID_HANDLE, "control, no handle");
}

static void random(void)
{
    HANDLE handle;
    UCHAR first[32] = {0}, second[32] = {0}, memory[16] = "a secret of mine";
    ULONG zeros = 0;
    expect(open(&handle, L"\\Device\\KsecDD", GENERIC_READ), 0, "open the security device");
    expect(control(handle, IOCTL_KSEC_RNG_REKEY, NULL, 0, first, 32), 0, "random bytes");
    equal(io.Information, 32, "as many as wanted");
    expect(control(handle, IOCTL_KSEC_RNG, NULL, 0, second, 32), 0, "more of them");
    check(!same_memory(first, second, 32), "and others");
    for (ULONG i = 0; i < 32; i++)
        zeros += !first[i];
    check(zeros < 8, "not all zero");
    expect(control(handle, IOCTL_KSEC_ENCRYPT_MEMORY, memory, 16, memory, 16), 0, "encrypt memory");
    check(!same_memory(memory, "a secret of mine", 16), "it cannot be read");
    expect(control(handle, IOCTL_KSEC_DECRYPT_MEMORY, memory, 16, memory, 16), 0, "decrypt it");
    check(same_memory(memory, "a secret of mine", 16), "it is back");
    expect(control(handle, IOCTL_KSEC_ENCRYPT_MEMORY, memory, 7, memory, 7), STATUS_INVALID_PARAMETER, "part of a block");
    expect(control(handle, 0x390ffc, NULL, 0, first, 8), STATUS_INVALID_DEVICE_REQUEST, "an unknown control");
    faults(BAD_OUT, p, control(handle, IOCTL_KSEC_RNG, NULL, 0, first, 8) ? 0
           : NtDeviceIoControlFile(handle, NULL, NULL, NULL, p, IOCTL_KSEC_RNG, NULL, 0, first, 8), "control, status block");
    faults(BAD_OUT_OPTIONAL, p, control(handle, IOCTL_KSEC_RNG, NULL, 0, p, 8), "control, output");
    faults(BAD_IN_OPTIONAL, p, control(handle, IOCTL_KSEC_ENCRYPT_MEMORY, p, 8, memory, 8), "control, input");
    NtClose(handle);
}

void test_main(void)
{
    null_device();
    random();
}

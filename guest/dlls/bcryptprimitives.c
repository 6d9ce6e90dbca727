/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bcryptprimitives.dll: ProcessPrng, where the run-time library of Rust and others since Windows 10 get their random
 * numbers.  They come from the kernel's device for them, which stays open from the first call on.
 */
#include <windows.h>
#include <winternl.h>

#define IOCTL_KSEC_RNG 0x390004
#define MOST 0x10000 /* bytes in one request */

static HANDLE device;

static HANDLE open_device(void)
{
    static WCHAR name[] = L"\\Device\\KsecDD";
    UNICODE_STRING path = { sizeof(name) - sizeof(WCHAR), sizeof(name), name };
    OBJECT_ATTRIBUTES attributes = { sizeof(attributes), NULL, &path, OBJ_CASE_INSENSITIVE, NULL, NULL };
    IO_STATUS_BLOCK iosb;
    HANDLE opened, known;

    if (NtOpenFile(&opened, FILE_READ_DATA | SYNCHRONIZE, &attributes, &iosb, FILE_SHARE_READ | FILE_SHARE_WRITE,
                   FILE_SYNCHRONOUS_IO_NONALERT))
        return NULL;
    known = InterlockedCompareExchangePointer(&device, opened, NULL);
    if (!known)
        return opened;
    NtClose(opened); /* another thread was faster */
    return known;
}

static BOOL fill(HANDLE from, BYTE *data, ULONG size)
{
    IO_STATUS_BLOCK iosb;

    return NtDeviceIoControlFile(from, NULL, NULL, NULL, &iosb, IOCTL_KSEC_RNG, NULL, 0, data, size) >= 0;
}

BOOL WINAPI ProcessPrng(BYTE *data, SIZE_T size)
{
    while (size) {
        ULONG part = size < MOST ? (ULONG)size : MOST;
        HANDLE from = device ? device : open_device();

        if (!from)
            return FALSE;
        if (!fill(from, data, part)) { /* somebody has closed it: once more */
            InterlockedCompareExchangePointer(&device, NULL, from);
            from = open_device();
            if (!from || !fill(from, data, part))
                return FALSE;
        }
        data += part;
        size -= part;
    }
    return TRUE;
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, void *reserved)
{
    (void)instance;
    (void)reason;
    (void)reserved;
    return TRUE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Maps C:\mapped.dat, writes 'r' into its first byte, and waits until somebody outside changes that.  'k': a system call is
 * given the second page, and its status is the exit status.  Anything else: the second page is touched.
 */
#include <nt.h>

NTSTATUS NTAPI NtOpenFile(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PIO_STATUS_BLOCK, ULONG, ULONG);
NTSTATUS NTAPI NtQuerySystemTime(PLARGE_INTEGER);

VOID NTAPI NtProcessStartup(PPEB Peb)
{
    static WCHAR text[] = L"\\??\\C:\\mapped.dat";
    UNICODE_STRING name = {sizeof(text) - 2, sizeof(text), text};
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes), NULL, &name, 0x40, NULL, NULL};
    LARGE_INTEGER pause = {.QuadPart = -10000};
    IO_STATUS_BLOCK block;
    HANDLE file, section;
    PVOID base = NULL;
    SIZE_T size = 0;
    volatile char *view;
    NTSTATUS status = NtOpenFile(&file, 0x100003, &attributes, &block, 7, 0x20);

    (void)Peb;
    if (NT_SUCCESS(status))
        status = NtCreateSection(&section, 0xf001f, NULL, NULL, PAGE_READWRITE, 0x8000000, file);
    if (NT_SUCCESS(status))
        status = NtMapViewOfSection(section, NtCurrentProcess(), &base, 0, 0, NULL, &size, 1, 0, PAGE_READWRITE);
    if (NT_SUCCESS(status)) {
        view = base;
        view[0x1000] = 'w';
        view[0] = 'r';
        while (view[0] == 'r')
            NtDelayExecution(0, &pause);
        if (view[0] == 'k')
            status = NtQuerySystemTime((PVOID)((char *)base + 0x1008));
        else
            view[0x1000] = 1;
    }
    NtTerminateProcess(NtCurrentProcess(), status);
}

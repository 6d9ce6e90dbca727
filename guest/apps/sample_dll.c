/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A DLL for trying the loader: exports by name and by ordinal, a pointer that needs relocation, TLS data with a callback,
 * and an entry point that counts how it is called.
 */
#include <nt.h>

static LONG calls[4];
static LONG tls_calls;
static LONG *volatile relocated = &calls[0];

ULONG _tls_index;
static LONG tls_template __attribute__((section(".tls$AAA"))) = 0x1234;
static LONG tls_end __attribute__((section(".tls$ZZZ"))) = 0;

static VOID NTAPI tls_callback(PVOID base, DWORD reason, PVOID reserved)
{
    (void)base;
    (void)reason;
    (void)reserved;
    tls_calls++;
}

static PIMAGE_TLS_CALLBACK callbacks[] = {tls_callback, NULL};

/* The linker takes this symbol for the TLS directory. */
extern const IMAGE_TLS_DIRECTORY32 _tls_used;
const IMAGE_TLS_DIRECTORY32 _tls_used = {
    .StartAddressOfRawData = (DWORD)&tls_template,
    .EndAddressOfRawData = (DWORD)&tls_end,
    .AddressOfIndex = (DWORD)&_tls_index,
    .AddressOfCallBacks = (DWORD)callbacks,
    .SizeOfZeroFill = 16,
};

BOOL WINAPI DllMain(PVOID base, ULONG reason, PVOID reserved)
{
    (void)base;
    (void)reserved;
    if (reason < 4)
        calls[reason]++;
    return TRUE;
}

LONG __cdecl SampleAdd(LONG a, LONG b)
{
    return a + b;
}

/* By ordinal only. */
LONG __cdecl SampleCalls(ULONG reason)
{
    return relocated[reason & 3];
}

LONG __cdecl SampleTlsCalls(VOID)
{
    return tls_calls;
}

PLONG __cdecl SampleTls(VOID)
{
    PVOID *slots = NtCurrentTeb()->ThreadLocalStoragePointer;

    return slots ? slots[_tls_index] : NULL;
}

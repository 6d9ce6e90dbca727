// SPDX-License-Identifier: LGPL-2.1-or-later
// Protections that say which calls into executable memory are good (control flow guard), as V8 uses them.
#include "say.h"

#ifndef PAGE_TARGETS_INVALID
#define PAGE_TARGETS_INVALID 0x40000000
#endif

int wmain(void)
{
    DWORD old = 0;
    char *code = VirtualAlloc(NULL, 0x10000, MEM_RESERVE, PAGE_NOACCESS);
    SAY_BOOL(VirtualAlloc(code, 0x1000, MEM_COMMIT, PAGE_EXECUTE_READWRITE | PAGE_TARGETS_INVALID));
    memcpy(code, "\xb8\x2a\0\0\0\xc3", 6);
    say("it runs: %d", ((int (*)(void))(void *)code)());
    SAY_BOOL(VirtualProtect(code, 0x1000, PAGE_EXECUTE_READ | PAGE_TARGETS_INVALID, &old));
    say("it was %lx", old);
    SAY_BOOL(VirtualAlloc(code + 0x1000, 0x1000, MEM_COMMIT, PAGE_READWRITE | PAGE_TARGETS_INVALID));
    SAY_BOOL(VirtualProtect(code, 0x1000, PAGE_READWRITE | PAGE_TARGETS_INVALID, &old));
    VirtualFree(code, 0, MEM_RELEASE);
    return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Layouts that the kernel and every Windows program take for granted, checked when this file is compiled.
 */
#include "ntdll.h"

#include <stddef.h>

#define AT(structure, field, offset) _Static_assert(offsetof(structure, field) == (offset), #structure "." #field)

AT(TEB, ThreadLocalStoragePointer, 0x2c);
AT(TEB, ProcessEnvironmentBlock, 0x30);
AT(TEB, LastErrorValue, 0x34);
AT(TEB, ExceptionCode, 0x1a4);
AT(TEB, LastStatusValue, 0xbf4);
AT(TEB, DeallocationStack, 0xe0c);
AT(TEB, FreeStackOnTermination, 0xf75);
AT(TEB, TlsExpansionSlots, 0xf94);
AT(PEB, ProcessParameters, 0x10);
AT(PEB, KernelCallbackTable, 0x2c);
AT(PEB, UnicodeCaseTableData, 0x60);
AT(PEB, CriticalSectionTimeout, 0x70);
AT(PEB, ProcessHeaps, 0x90);
AT(PEB, LoaderLock, 0xa0);
AT(PEB, OSMajorVersion, 0xa4);
AT(PEB, SessionId, 0x1d4);
AT(RTL_USER_PROCESS_PARAMETERS, Environment, 0x48);
AT(RTL_USER_PROCESS_PARAMETERS, CurrentDirectories, 0x90);
AT(LDR_DATA_TABLE_ENTRY, LoadCount, 0x38);
AT(RING3K_SHARED_DATA, SystemTime, 0x14);
AT(RING3K_SHARED_DATA, NtMajorVersion, 0x26c);
AT(CONTEXT, Eip, 0xb8);
AT(CONTEXT, Esp, 0xc4);
_Static_assert(sizeof(RTL_USER_PROCESS_PARAMETERS) == 0x290, "process parameters");
_Static_assert(sizeof(LDR_DATA_TABLE_ENTRY) == 0x50, "loader entry");
_Static_assert(sizeof(SECTION_IMAGE_INFORMATION) == 0x30, "image information");
_Static_assert(sizeof(CONTEXT) == 0x2cc, "context");

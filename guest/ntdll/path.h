/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NTDLL_PATH_H
#define NTDLL_PATH_H

#include "ntdll.h"

#define MAX_PATH_CHARS 1024

/* Full name of a path into a buffer of MAX_PATH_CHARS; the caller holds the PEB lock. 0: too long. */
ULONG path_full_name(PCWSTR path, WCHAR *text);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For test files that never start themselves again. */
#include "tap.h"

NTSTATUS child_main(const char *what)
{
    (void)what;
    return STATUS_NOT_IMPLEMENTED;
}

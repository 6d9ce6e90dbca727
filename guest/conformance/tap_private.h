/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the harness know of each other; tests include tap.h. */
#ifndef CONFORMANCE_TAP_PRIVATE_H
#define CONFORMANCE_TAP_PRIVATE_H

#include "tap.h"

void tap_output(const char *text);
void tap_init(void);
NTSTATUS tap_run(void);
const char *child_argument(void);

#endif

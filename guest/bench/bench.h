/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a group of measurements uses. A new group: GROUP.c with bench_GROUP(), and its name here. */
#ifndef BENCH_H
#define BENCH_H

#include "../conformance/tap.h"

#define BENCH_GROUPS(X) X(calls) X(objects) X(lpc) X(pipes) X(registry) X(files) X(cpu)

typedef void (*OPERATION)(ULONG times);

LONGLONG counter(void);                                  /* now, in 100 ns */
void say(const char *name, LONGLONG picoseconds);        /* a figure */
void measure(const char *name, OPERATION operation);     /* the time of one operation, and say it */

#define DECLARE(group) void bench_##group(void);
BENCH_GROUPS(DECLARE)
#undef DECLARE

#endif

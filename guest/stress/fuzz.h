/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table that gen_fuzz.py writes: every system call of Windows 2000 and XP, with what its arguments are. */
#ifndef STRESS_FUZZ_H
#define STRESS_FUZZ_H

#include "../conformance/tap.h"

enum kind {
    NUMBER,     /* anything */
    HANDLE_OF,  /* of an object */
    CHOICE,     /* one of the values */
    BITS,       /* some of the values together */
    ACCESS,     /* an access mask */
    LENGTH,     /* of a buffer */
    ADDRESS,    /* kept or worked on by the call */
    ROUTINE,    /* called in user mode, perhaps */
    DATA,       /* pointer to so many bytes */
    HANDLE_OUT, /* pointer to a handle that the call makes */
    BUFFER,     /* pointer to as much as another argument says */
    STRING,     /* pointer to a counted string */
    ATTRIBUTES, /* pointer to object attributes */
    TIME        /* pointer to a time until which the call may wait */
};

struct parameter {
    UCHAR kind, optional, words;
    USHORT size;         /* DATA: bytes */
    USHORT first, count; /* CHOICE, BITS: in values[]; HANDLE_OF, HANDLE_OUT: the kind */
};

struct call {
    const char *name;
    UCHAR versions; /* bit 0: Windows 2000, bit 1: XP */
    UCHAR parameters;
    USHORT weight;
    USHORT first; /* in parameters[] */
};

enum { KINDS = 20 }; /* of handles: any, and those in kinds[] */
enum { WEIGHT = 256 }; /* of a call that is made as often as any other */

extern const ULONG values[];
extern const char *const kinds[];
extern const struct parameter parameters[];
extern const struct call calls[];
extern const ULONG call_count;

#endif

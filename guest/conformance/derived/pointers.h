/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table that gen_pointers.py writes. Offsets are into the arena, a page of good memory. */
#ifndef CONFORMANCE_POINTERS_H
#define CONFORMANCE_POINTERS_H

#include "../tap.h"

enum { WORDS_MAX = 17 };
enum { NULL_POINTER, UNMAPPED, KERNEL, TOP, READ_ONLY, STRADDLING, MISALIGNED, BORDER, GUARDED, KINDS };

/* A word to store before the call: at an offset, or (POKE_ARGUMENT) in the arguments. */
enum { POKE_ARGUMENT = 0x8000 };
struct poke { USHORT at; UCHAR relative; ULONG value; };

struct pointer_case {
    const char *call, *name;
    UCHAR versions, words;
    ULONG relative; /* which words are offsets */
    ULONG arguments[WORDS_MAX];
    UCHAR handles[WORDS_MAX]; /* which words are a handle that the program makes: 1 + its place in made[]; or 0 */
    LONG word, place;      /* what gets the bad pointer: an argument word, or the memory at an offset; or neither (-1) */
    USHORT good, head;     /* a good copy of what it points to; bytes of it in front of a page's end */
    USHORT first_poke, poke_count;
    NTSTATUS expected[KINDS]; /* 0: this kind is not tried */
};

extern const struct poke pokes[];
extern const struct pointer_case cases[];
extern const ULONG case_count;

#endif

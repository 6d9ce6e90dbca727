/* SPDX-License-Identifier: LGPL-2.1-or-later */
    .section .text
    .globl _far64
_far64:
    .incbin "far64.bin"

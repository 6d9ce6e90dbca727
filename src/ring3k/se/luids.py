"""LUIDs as numbers and as structures."""

from __future__ import annotations

from ring3k.abi.structs.ex import LUID


def luid_value(luid: LUID) -> int:
    """One number of 64 bits."""
    return luid.LowPart & 0xFFFFFFFF | (luid.HighPart & 0xFFFFFFFF) << 32


def luid_of(value: int) -> LUID:
    """The structure; its high part is signed."""
    high = value >> 32 & 0xFFFFFFFF
    return LUID(LowPart=value & 0xFFFFFFFF, HighPart=(high ^ 0x80000000) - 0x80000000)

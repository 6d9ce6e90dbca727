"""An ntdll with other system call numbers, or another way into the kernel, made of one of our own."""

from __future__ import annotations

import struct
from collections.abc import Callable

POINTER_CALL, CODE_CALL = b"\xba\0\x03\xfe\x7f\xff\x12", b"\xba\0\x03\xfe\x7f\xff\xd2"
INTERRUPT = b"\x8d\x54\x24\x04\xcd\x2e"


def renumbered(data: bytes, change: Callable[[int], int]) -> bytes:
    """Every stub's number changed."""
    image = bytearray(data)
    for way in (POINTER_CALL, CODE_CALL, INTERRUPT):
        at = image.find(way)
        while at >= 0:
            if image[at - 5] == 0xB8:
                (number,) = struct.unpack_from("<I", image, at - 4)
                struct.pack_into("<I", image, at - 4, change(number))
            at = image.find(way, at + 1)
    return bytes(image)


def before_service_pack_2(data: bytes) -> bytes:
    """Stubs that call what stands in the shared user data, and not where that points."""
    return data.replace(POINTER_CALL, CODE_CALL)

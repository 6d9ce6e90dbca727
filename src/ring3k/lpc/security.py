"""In whose name a client speaks, and whether a server is who it should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ring3k.abi.types import check_alignment

if TYPE_CHECKING:
    from ring3k.abi.memory import Memory

_SID_HEADER = 8


def capture_sid(memory: Memory, address: int) -> bytes:
    """A SID out of guest memory; its second byte tells how many words follow the header."""
    check_alignment(address, 4)
    head = memory.read(address, _SID_HEADER)
    return head + memory.read(address + _SID_HEADER, head[1] * 4)

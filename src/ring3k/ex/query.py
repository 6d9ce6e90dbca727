"""What the NtQueryX calls with a single information class have in common.

NT looks at the class and the length before the handle.
"""

from __future__ import annotations

from contextlib import suppress

from ring3k.abi.status import STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_INFO_CLASS, GuestFault, NtError
from ring3k.abi.struct import Structure
from ring3k.abi.types import Out, OutBuffer, Ulong


def only_class(asked: int, length: int, structure: type[Structure]) -> None:
    """Class 0 with exactly the structure's length, or the status NT gives."""
    if asked != 0:
        raise NtError(STATUS_INVALID_INFO_CLASS)
    if length != structure.size():
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)


def answer(value: Structure, buffer: OutBuffer, return_length: Out[Ulong] | None) -> int:
    """Write the structure and its length; pages that vanished since the probe are forgiven, as in NT."""
    data = value.pack()
    with suppress(GuestFault):
        buffer.write(data)
        if return_length is not None:
            return_length.set(len(data))
    return 0


def answer_whole(data: bytes, buffer: OutBuffer, length: int, return_length: Out[Ulong] | None) -> int:
    """Tell how long an answer is, and give it if there is room for all of it; STATUS_INFO_LENGTH_MISMATCH."""
    if return_length is not None:
        return_length.set(len(data))
    if length < len(data):
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    buffer.write(data)
    return 0

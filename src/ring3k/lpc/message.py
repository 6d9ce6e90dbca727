"""Messages: the header, what its lengths must be, and a message on its way.

A PORT_MESSAGE is followed by ``DataLength`` bytes, which travel in whole words.
TotalLength counts the header; NT compares the two as unsigned numbers made of
signed ones, so that a negative length is either an invalid parameter or too
long, depending on which.

A message may describe memory of its sender (``DataInfoOffset``): a count, and
so many pairs of address and length, somewhere inside the message.
"""

from __future__ import annotations

from struct import Struct

from ring3k.abi.status import (
    STATUS_INVALID_PARAMETER,
    STATUS_NO_MEMORY,
    STATUS_PORT_MESSAGE_TOO_LONG,
    NtError,
)
from ring3k.abi.structs.lpc import LPC_TYPE
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.abi.memory import Memory
    from ring3k.ke.pool import Pool

HEADER_SIZE = 24
# DataLength, TotalLength, Type, DataInfoOffset, process, thread, MessageId, ClientViewSize or CallbackId
HEADER = Struct("<hhHH4I")
SENDER = Struct("<4I")  # the second half of it
MAXIMUM_MESSAGE = 0x148  # what one of NT's message blocks holds behind its own fields
MAXIMUM_CONNECTION_INFO = 260  # a connection request carries views beside it
MESSAGE_COST = 1024  # of pool, while it is queued

TYPE_MASK = 0x3FFF
KERNEL_MODE = 0x8000  # a type's mark of the kernel's own messages; guests cannot set it
NO_IMPERSONATION = 0x4000  # the sender will not be impersonated
_MASK = 0xFFFFFFFF
_ENTRIES = Struct("<2I")

Header = tuple[int, int, int, int, int, int, int, int]
DataInfo = tuple[tuple[int, int], ...]  # (address, length) pairs in the sender


class Message:
    """A message on its way: its whole image, header first, as the receiver will see it."""

    __slots__ = ("connect", "context", "image", "queued", "type")

    def __init__(self, type_: int, image: bytes, context: int = 0) -> None:
        self.type = type_
        self.image = image
        self.context = context  # of the port it came through, for the server
        self.connect: Any = None  # of a connection request (lpc.connect.Connect)
        self.queued = False

    @property
    def header(self) -> Header:
        found: Header = HEADER.unpack_from(self.image)
        return found

    @property
    def data(self) -> bytes:
        """What follows the header, as long as that says."""
        return self.image[HEADER_SIZE : HEADER_SIZE + max(self.header[0], 0)]


def charge(pool: Pool) -> None:
    """Room for one queued message; STATUS_NO_MEMORY, as when NT has no block left."""
    try:
        pool.charge(MESSAGE_COST)
    except NtError:
        raise NtError(STATUS_NO_MEMORY) from None


def check_lengths(data_length: int, total_length: int) -> None:
    """What is wrong with a header by itself."""
    if (data_length + HEADER_SIZE) & _MASK > total_length & _MASK:
        raise NtError(STATUS_INVALID_PARAMETER)


def check_fits(data_length: int, total_length: int, most: int) -> None:
    """Whether a port takes it; STATUS_PORT_MESSAGE_TOO_LONG."""
    if not data_length & _MASK < total_length & _MASK <= most:
        raise NtError(STATUS_PORT_MESSAGE_TOO_LONG)


def read_data(memory: Memory, address: int, data_length: int) -> bytes:
    """What follows a header, in whole words."""
    if data_length <= 0:
        return b""
    return memory.read(address + HEADER_SIZE, (data_length + 3) & ~3)


def read_data_info(memory: Memory, address: int, header: Header) -> DataInfo:
    """The memory that a message describes; STATUS_INVALID_PARAMETER where that is not inside it."""
    total, offset = header[1] & 0xFFFF, header[3]
    if not offset:
        return ()
    if not HEADER_SIZE <= offset <= total - 12:
        raise NtError(STATUS_INVALID_PARAMETER)
    count = memory.read_u32(address + offset)
    if count > (total - offset - 4) // 8:
        raise NtError(STATUS_INVALID_PARAMETER)
    return tuple(_ENTRIES.iter_unpack(memory.read(address + offset + 4, count * 8)))


def image_of(header: Header, type_: int, sender: tuple[int, int], id_: int, view: int, data: bytes) -> bytes:
    """The image of a message from ``sender``; lengths and the place of the data info are the header's."""
    return HEADER.pack(header[0], header[1], type_, header[3], *sender, id_, view) + data


def simple(type_: int, sender: tuple[int, int], id_: int, data: bytes) -> bytes:
    """The image of a message that the kernel makes."""
    return HEADER.pack(len(data), HEADER_SIZE + len(data), type_, 0, *sender, id_, 0) + data


def as_reply(header: Header, data: bytes) -> bytes:
    """A reply keeps what its sender wrote into the header, but for the type."""
    return HEADER.pack(header[0], header[1], LPC_TYPE.LPC_REPLY, *header[3:]) + data

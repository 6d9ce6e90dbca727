"""Headers and what they describe, against C arithmetic and against the bounds of a message."""

from __future__ import annotations

import ctypes
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.abi.memory import Numbers
from ring3k.abi.status import (
    STATUS_INVALID_PARAMETER,
    STATUS_PORT_MESSAGE_TOO_LONG,
    GuestFault,
    NtError,
)
from ring3k.lpc.message import (
    HEADER,
    HEADER_SIZE,
    DataInfo,
    as_reply,
    check_fits,
    check_lengths,
    read_data,
    read_data_info,
)

SHORT = st.integers(-0x8000, 0x7FFF)
NEAR = st.one_of(SHORT, st.integers(-40, 400))


class Window(Numbers):
    """Memory that is there from ``start`` to ``start + len(data)``, and faults elsewhere."""

    def __init__(self, start: int, data: bytes) -> None:
        self.start = start
        self.data = data

    def read(self, address: int, length: int) -> bytes:
        offset = address - self.start
        if offset < 0 or offset + length > len(self.data):
            raise GuestFault(address)
        return self.data[offset : offset + length]

    def write(self, address: int, data: bytes) -> None:
        raise GuestFault(address, write=True)

    def probe_write(self, address: int, length: int) -> None:
        raise GuestFault(address, write=True)


def unsigned(value: int) -> int:
    """(ULONG)(SHORT)value."""
    return ctypes.c_uint32(ctypes.c_int16(value).value).value


def judged(data: int, total: int, most: int) -> int:
    """What C says: 0, or the status."""
    if ctypes.c_uint32(unsigned(data) + HEADER_SIZE).value > unsigned(total):
        return STATUS_INVALID_PARAMETER
    if unsigned(total) > most or unsigned(total) <= unsigned(data):
        return STATUS_PORT_MESSAGE_TOO_LONG
    return 0


@given(NEAR, NEAR, st.integers(0, 0x148))
def test_lengths_are_compared_as_c_does(data: int, total: int, most: int) -> None:
    status = 0
    try:
        check_lengths(data, total)
        check_fits(data, total, most)
    except NtError as error:
        status = error.status
    assert status == judged(data, total, most)
    if not status:
        assert 0 <= data <= total - HEADER_SIZE <= most


@given(st.integers(0, 300))
def test_data_travels_in_whole_words(length: int) -> None:
    memory = Window(0x1000, bytes(HEADER_SIZE + 400))
    assert len(read_data(memory, 0x1000, length)) == (length + 3) // 4 * 4


@given(st.integers(0, 0xFFFF), st.integers(0, 0x148), st.binary(min_size=0x148, max_size=0x148))
def test_a_description_is_inside_its_message(offset: int, total: int, data: bytes) -> None:
    """Whatever a guest writes: it is refused, or every entry is read from the message itself."""
    memory = Window(0x1000, data[:total])
    header = (0, total, 0, offset, 0, 0, 0, 0)
    status = 0
    found: DataInfo = ()
    try:
        found = read_data_info(memory, 0x1000, header)
    except NtError as error:
        status = error.status
    assert status in (0, STATUS_INVALID_PARAMETER)
    if status:
        return
    if not offset:
        assert found == ()
        return
    (count,) = struct.unpack_from("<I", data, offset)
    assert len(found) == count
    assert HEADER_SIZE <= offset <= total - 4 - 8 * count


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_description(count: int) -> None:
    entries = tuple((0x1000 * i, i + 1) for i in range(count))
    body = struct.pack("<I", count) + b"".join(struct.pack("<2I", *one) for one in entries) + bytes(8)
    total = HEADER_SIZE + len(body)
    memory = Window(0, bytes(HEADER_SIZE) + body)
    assert read_data_info(memory, 0, (len(body), total, 0, HEADER_SIZE, 0, 0, 0, 0)) == entries


@given(st.binary(min_size=HEADER_SIZE, max_size=HEADER_SIZE), st.binary(max_size=40))
def test_a_reply_keeps_all_but_its_type(raw: bytes, data: bytes) -> None:
    image = as_reply(HEADER.unpack(raw), data)
    assert image[:4] + raw[4:6] + image[6:] == raw + data
    assert image[4:6] == b"\2\0"

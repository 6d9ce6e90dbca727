"""Socket addresses and errors, as Windows writes them."""

from __future__ import annotations

import errno
from ipaddress import IPv6Address
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.abi.status import (
    STATUS_CONNECTION_REFUSED,
    STATUS_INVALID_ADDRESS,
    STATUS_INVALID_PARAMETER,
    STATUS_NOT_SUPPORTED,
    NtError,
)
from ring3k.abi.structs.afd import (
    AFD_MESSAGE_SELECT,
    AFD_RECVMSG,
    AFD_SENDMSG,
    AFD_TRANSMIT,
    FAMILY_INET,
    FAMILY_INET6,
    POLL,
)
from ring3k.io.afd.address import pack, parse
from ring3k.io.afd.control_data import _convert
from ring3k.io.afd.errors import status_of, wsa_of
from ring3k.io.afd.messages import Messages
from ring3k.io.afd.selection import Selection
from ring3k.io.posting import Posting


def test_addresses_of_four_bytes() -> None:
    raw = bytes.fromhex("0200 1f90 7f000001 0000000000000000")
    assert parse(raw, FAMILY_INET) == ("127.0.0.1", 8080)
    assert pack(("127.0.0.1", 8080)) == raw


@given(st.ip_addresses(v=6), st.integers(0, 65535), st.integers(0, 0xFFFFF), st.integers(0, 2**32 - 1))
def test_addresses_of_sixteen(address: IPv6Address, port: int, flow: int, scope: int) -> None:
    raw = pack((str(address), port, flow, scope))
    assert len(raw) == 28
    assert raw[8:24] == address.packed
    text, *rest = parse(raw, FAMILY_INET6)
    assert (IPv6Address(text), *rest) == (address, port, flow, scope)


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", STATUS_INVALID_ADDRESS),
        (b"\2\0", STATUS_INVALID_ADDRESS),
        (b"\2\0" + bytes(13), STATUS_INVALID_ADDRESS),
        (b"\x4d\0" + bytes(40), STATUS_INVALID_ADDRESS),
        (b"\x17\0" + bytes(20), STATUS_INVALID_ADDRESS),
        (b"\x17\0" + bytes(26), STATUS_NOT_SUPPORTED),
    ],
)
def test_bad_addresses(raw: bytes, status: int) -> None:
    with pytest.raises(NtError) as caught:
        parse(raw, FAMILY_INET)
    assert caught.value.status == status


@given(st.binary(max_size=40), st.sampled_from([FAMILY_INET, FAMILY_INET6]))
def test_garbage_is_an_address_or_refused(raw: bytes, family: int) -> None:
    try:
        found = parse(raw, family)
    except NtError:
        return
    assert pack(found)[:2] == raw[:2]


def test_no_address_is_nothing() -> None:
    assert pack(()) == b""


def test_errors() -> None:
    assert status_of(0) == 0
    assert status_of(errno.ECONNREFUSED) == STATUS_CONNECTION_REFUSED
    assert status_of(9999) == STATUS_INVALID_PARAMETER
    assert (wsa_of(0), wsa_of(errno.ECONNREFUSED)) == (0, 10061)


def test_parameters_are_as_wide_as_the_library_has_them() -> None:
    assert (AFD_RECVMSG.size, AFD_SENDMSG.size, AFD_TRANSMIT.size) == (48, 32, 48)
    assert AFD_MESSAGE_SELECT.size == 16


def test_packet_information_is_turned_round() -> None:
    data = bytes.fromhex("01000000 00000000 7f000001")  # interface, local address, address of the header
    assert _convert(0, 8, data) == bytes.fromhex("14000000 00000000 13000000 7f000001 01000000")
    assert _convert(99, 1, b"") is None


def test_messages_tell_each_event_once_and_in_order() -> None:
    told: list[tuple[int, ...]] = []
    posting = Posting()
    selected = Selection()
    selected.choose(None, POLL.HUP | POLL.READ | POLL.CONNECT | POLL.CONNECT_ERR)
    for bit in (POLL.HUP, POLL.WRITE, POLL.CONNECT_ERR, POLL.READ, POLL.CONNECT):
        selected.note(bit)
    endpoint: Any = SimpleNamespace(selected=selected, errors={POLL.CONNECT_ERR: errno.ECONNREFUSED})
    messages = Messages(posting, 0x10020, 0x405, 0x44)
    posting.post = lambda *message: told.append(message)
    messages.tell(endpoint)
    refused = 10061 << 16 | 16
    assert told == [(0x10020, 0x405, 0x44, event) for event in (16, refused, 1, 32)]
    messages.tell(endpoint)
    assert len(told) == 4


def test_messages_of_nobody() -> None:
    selected = Selection()
    selected.choose(None, POLL.READ)
    selected.note(POLL.READ)
    endpoint: Any = SimpleNamespace(selected=selected, errors={})
    Messages(Posting(), 0x10020, 0x405, 0x44).tell(endpoint)
    assert selected.untaken == 0
    assert Messages(Posting(), 0x10020, 0x405, 0x44).of(0x48).handle == 0x48


def test_an_event_is_told_once_until_it_is_armed_again() -> None:
    selected = Selection()
    selected.choose(None, POLL.READ | POLL.WRITE)
    selected.note(POLL.READ)
    selected.pending = 0  # it was fetched
    selected.note(POLL.READ)
    assert (selected.untaken, selected.unreported) == (0, POLL.WRITE)
    selected.again(POLL.READ)
    selected.note(POLL.READ)
    assert selected.untaken == POLL.READ
    selected.forget()
    assert (selected.untaken, selected.unreported) == (0, POLL.READ | POLL.WRITE)
    selected.called(0x44)
    assert selected.messages is None
    selected.choose(None, POLL.READ, Messages(Posting(), 0x10020, 0x405, 0))
    selected.called(0x44)
    assert selected.messages is not None
    assert (selected.messages.handle, selected.mask) == (0x44, POLL.READ)

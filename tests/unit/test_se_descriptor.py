"""SIDs, lists and descriptors: bytes in, the same bytes out; what a guest may give, what new objects get."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.abi.access import GENERIC_ALL, GENERIC_READ, RIGHTS
from ring3k.abi.memory import Numbers
from ring3k.abi.status import (
    STATUS_INVALID_ACL,
    STATUS_INVALID_SECURITY_DESCR,
    STATUS_INVALID_SID,
    STATUS_UNKNOWN_REVISION,
    GuestFault,
    NtError,
)
from ring3k.abi.structs import se as c
from ring3k.se import acl as a
from ring3k.se import sid as s
from ring3k.se.descriptor import Descriptor, capture_descriptor, parse_descriptor
from ring3k.se.inherit import Creation, handed_down, map_mask

EVENT = RIGHTS["Event"].mapping
DIRECTORY = RIGHTS["Directory"].mapping
ALICE, BOB = s.sid("S-1-5-21-1-2-3-1001"), s.sid("S-1-5-21-1-2-3-1002")


class Memory(Numbers):
    """One block of bytes; what lies outside is a fault."""

    def __init__(self, data: bytes, base: int = 0x1000) -> None:
        self.data, self.base = data, base

    def captured(self) -> Descriptor:
        memory: Any = self
        return capture_descriptor(memory, self.base)

    def read(self, address: int, length: int) -> bytes:
        at = address - self.base
        if at < 0 or at + length > len(self.data):
            raise GuestFault(address)
        return self.data[at : at + length]


def status_of(data: bytes) -> int:
    with pytest.raises(NtError) as caught:
        parse_descriptor(data)
    return caught.value.status


# -- SIDs ----------------------------------------------------------------------------
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 2**32 - 1), max_size=15))
def test_sids_and_their_text(authority: int, subs: list[int]) -> None:
    text = "-".join(map(str, ("S-1", authority, *subs)))
    value = s.sid(text)
    assert s.sid_text(value) == text
    assert s.parse_sid(b"xx" + value + b"yy", 2) == value


@pytest.mark.parametrize("text", ["", "S", "S-1", "S-2-5-18", "X-1-5", "S-1-5-x", "S-1-5-99999999999", "Bob"])
def test_what_is_no_sid(text: str) -> None:
    with pytest.raises(ValueError, match="not a SID"):
        s.sid(text)


@pytest.mark.parametrize(
    "data", [b"", b"\1", b"\2\1" + bytes(10), b"\1\x10" + bytes(80), b"\1\2" + bytes(10)]
)
def test_bytes_that_are_no_sid(data: bytes) -> None:
    with pytest.raises(NtError) as caught:
        s.parse_sid(data)
    assert caught.value.status == STATUS_INVALID_SID


# -- lists ---------------------------------------------------------------------------
guids = st.sampled_from((b"", b"\1" * 16, b"\2" * 16))
aces = st.one_of(
    st.builds(
        a.build_ace,
        st.sampled_from((0, 1, 2, 3)),
        st.integers(0, 255),
        st.integers(0, 2**32 - 1),
        st.sampled_from((ALICE, BOB, s.WORLD)),
    ),
    st.builds(
        a.build_ace,
        st.sampled_from((5, 6, 7)),
        st.integers(0, 255),
        st.integers(0, 2**32 - 1),
        st.just(BOB),
        st.just(b""),
        guids,
        guids,
    ),
    st.builds(a.build_ace, st.just(4), st.just(0), st.integers(0, 255), st.just(ALICE), st.just(BOB)),
)


@given(st.lists(aces, max_size=6))
def test_lists_come_back_as_they_were(entries: list[a.Ace]) -> None:
    built = a.build_acl(entries)
    again = a.parse_acl(built.raw)
    assert again == built
    assert list(again.aces) == entries


def test_kinds_nobody_knows_are_carried_along() -> None:
    raw = struct.pack("<BBHHH", 2, 0, 8 + 8, 1, 0) + struct.pack("<BBHI", 99, 7, 8, 0x1234)
    parsed = a.parse_acl(raw)
    assert parsed.raw == raw
    assert (parsed.aces[0].kind, parsed.aces[0].sid) == (99, b"")


@given(st.binary(max_size=120))
def test_no_bytes_break_the_parsers(data: bytes) -> None:
    for parse in (a.parse_acl, s.parse_sid, parse_descriptor):
        try:
            parse(data)
        except NtError as error:
            assert error.status in (  # noqa: PT017
                STATUS_INVALID_ACL,
                STATUS_INVALID_SID,
                STATUS_UNKNOWN_REVISION,
                STATUS_INVALID_SECURITY_DESCR,
            )


@given(st.lists(aces, min_size=1, max_size=4), st.data())
def test_damaged_lists_are_refused_or_whole(entries: list[a.Ace], data: st.DataObject) -> None:
    raw = bytearray(a.build_acl(entries).raw)
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] = data.draw(st.integers(0, 255))
    try:
        parsed = a.parse_acl(bytes(raw))
    except NtError as error:
        assert error.status == STATUS_INVALID_ACL  # noqa: PT017
    else:
        assert sum(len(one.raw) for one in parsed.aces) + 8 <= len(parsed.raw) <= len(raw)


# -- descriptors ---------------------------------------------------------------------
DACL = a.build_acl((a.allow(ALICE, 3), a.deny(BOB, 1)))
SACL = a.build_acl((a.build_ace(2, 0x40, 3, s.WORLD),))
WHOLE = Descriptor(ALICE, s.USERS, DACL, SACL)


def test_self_relative_form_and_its_parts() -> None:
    again = parse_descriptor(WHOLE.raw)
    assert again.parts == WHOLE.parts
    assert Memory(WHOLE.raw).captured().parts == WHOLE.parts
    owner = parse_descriptor(WHOLE.query(c.OWNER_SECURITY_INFORMATION))
    assert (owner.owner, owner.group, owner.dacl, owner.sacl) == (ALICE, None, None, None)
    assert len(WHOLE.query(0)) == 20
    listed = parse_descriptor(WHOLE.query(c.DACL_SECURITY_INFORMATION))
    assert listed.dacl == DACL
    assert listed.control == c.SE_DACL_PRESENT


def test_absolute_form() -> None:
    parts = (ALICE, s.USERS, SACL.raw, DACL.raw)
    places, at = [], 0x1000 + 20
    for part in parts:
        places.append(at)
        at += len(part)
    control = c.SE_DACL_PRESENT | c.SE_SACL_PRESENT
    head = struct.pack("<BBHIIII", 1, 0, control, *places)
    memory = Memory(head + b"".join(parts))
    assert memory.captured().parts == WHOLE.parts
    memory.data = memory.data[:-1]
    with pytest.raises(GuestFault):
        memory.captured()


def test_what_is_no_descriptor() -> None:
    raw = WHOLE.raw
    assert status_of(raw[:19]) == STATUS_INVALID_SECURITY_DESCR
    assert status_of(b"\2" + raw[1:]) == STATUS_UNKNOWN_REVISION
    assert status_of(raw[:4] + struct.pack("<I", len(raw)) + raw[8:]) == STATUS_INVALID_SECURITY_DESCR
    assert status_of(raw[:-4]) == STATUS_INVALID_SID


# -- inheritance ---------------------------------------------------------------------
def inherited(
    flags: int, container: bool, owner: bytes = ALICE, who: bytes = BOB, mask: int = 1
) -> list[tuple[int, bytes, int]]:
    creation = Creation(owner, s.USERS, DIRECTORY if container else EVENT, container)
    found = handed_down(a.build_acl((a.allow(who, mask, flags),)), creation, False)
    return [(one.flags, one.sid, one.mask) for one in found]


OI, CI, NP, IO = 1, 2, 4, 8


@pytest.mark.parametrize(
    ("flags", "leaf", "container"),
    [
        (0, [], []),
        (OI, [0], [OI | IO]),
        (CI, [], [CI]),
        (OI | CI, [0], [OI | CI]),
        (OI | IO, [0], [OI | IO]),
        (CI | IO, [], [CI]),
        (OI | NP, [0], []),
        (CI | NP, [], [0]),
        (OI | CI | NP, [0], [0]),
        (OI | CI | IO | NP, [0], [0]),
    ],
)
def test_what_is_handed_down(flags: int, leaf: list[int], container: list[int]) -> None:
    """The table of MSDN's ACE inheritance rules."""
    assert [one[0] for one in inherited(flags, False)] == leaf
    assert [one[0] for one in inherited(flags, True)] == container


def test_creators_and_generic_rights() -> None:
    assert inherited(OI, False, who=s.CREATOR_OWNER, mask=GENERIC_ALL) == [(0, ALICE, EVENT.all)]
    assert inherited(CI, True, who=s.CREATOR_OWNER, mask=GENERIC_READ) == [
        (0, ALICE, DIRECTORY.read),
        (CI | IO, s.CREATOR_OWNER, GENERIC_READ),
    ]
    assert inherited(CI, True, mask=GENERIC_READ) == [(0, BOB, DIRECTORY.read), (CI | IO, BOB, GENERIC_READ)]


@given(st.integers(0, 2**32 - 1))
def test_generic_rights_are_mapped_and_gone(mask: int) -> None:
    mapped = map_mask(mask, EVENT)
    assert not mapped & 0xF0000000
    assert mapped & mask == mask & 0x0FFFFFFF

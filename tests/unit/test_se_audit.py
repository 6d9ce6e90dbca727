"""What a policy and a SACL have recorded: the parts that no guest needs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.abi.access import MAXIMUM_ALLOWED
from ring3k.abi.structs.se import (
    INHERIT_ONLY_ACE,
    SYSTEM_AUDIT_ACE_TYPE,
    SYSTEM_AUDIT_OBJECT_ACE_TYPE,
    TOKEN_AUDIT_FAILURE_INCLUDE,
    TOKEN_AUDIT_SUCCESS_EXCLUDE,
)
from ring3k.hooks.events import AuditRecord, Bus
from ring3k.ob.security import Audited
from ring3k.se.acl import Acl, build_ace, build_acl
from ring3k.se.audit import (
    CATEGORIES,
    LONGEST_NAME,
    NO_POLICY,
    OBJECT,
    OPEN,
    AuditLog,
    open_wanted,
    parse_policy,
    parts_wanted,
)
from ring3k.se.sid import ADMINISTRATORS, USERS, WORLD, Sid, sid

ALICE = sid("S-1-5-21-1-2-3-1001")
WELL, ILL = 0x40, 0x80


class _Group:
    def __init__(self, group: Sid) -> None:
        self.sid = group


class _Context:
    def __init__(self, sids: frozenset[Sid]) -> None:
        self.deny = sids


class _Token:
    """As much of a token as is looked at."""

    def __init__(self, *groups: Sid, policy: dict[int, int] | None = None) -> None:
        self.user = ALICE
        self.sids = [_Group(one) for one in (ALICE, *groups)]
        self.context = _Context(frozenset((ALICE, *groups)))
        self.audit_policy = (
            None if policy is None else tuple(policy.get(i, 0) for i in range(len(CATEGORIES)))
        )


def sacl(flags: int, mask: int, who: Sid = WORLD, part: bytes = b"") -> Acl:
    kind = SYSTEM_AUDIT_OBJECT_ACE_TYPE if part else SYSTEM_AUDIT_ACE_TYPE
    return build_acl((build_ace(kind, flags, mask, who, object_type=part),))


def wanted(acl: Acl | None, desired: int, granted: int | None) -> bool:
    token: object = _Token(WORLD)
    return open_wanted(acl, token, desired, granted)  # type: ignore[arg-type]


def test_policies_from_text() -> None:
    assert parse_policy("") == NO_POLICY
    assert parse_policy("object,privilege:failure") == (0, 0, 3, 2, 0, 0, 0, 0, 0)
    assert parse_policy("object:success,object:failure") == parse_policy("object")
    assert parse_policy("all") == (3,) * 9
    assert parse_policy("all:failure,object") == (2, 2, 3, 2, 2, 2, 2, 2, 2)
    for bad in ("objects", "object:", "object:both", " object"):
        with pytest.raises(ValueError, match="no audit category"):
            parse_policy(bad)


def test_a_token_goes_before_the_system() -> None:
    log = AuditLog(Bus())
    plain: object = _Token(USERS)
    assert not log.wants(OBJECT, True, plain)  # type: ignore[arg-type]
    included: object = _Token(USERS, policy={OBJECT: TOKEN_AUDIT_FAILURE_INCLUDE})
    assert log.wants(OBJECT, False, included)  # type: ignore[arg-type]
    assert not log.wants(OBJECT, True, included)  # type: ignore[arg-type]
    log.set_policy(parse_policy("object"))
    assert log.wants(OBJECT, True, plain)  # type: ignore[arg-type]
    policy = {OBJECT: TOKEN_AUDIT_SUCCESS_EXCLUDE}
    excluded: object = _Token(USERS, policy=policy)
    assert not log.wants(OBJECT, True, excluded)  # type: ignore[arg-type]
    assert log.wants(OBJECT, False, excluded)  # type: ignore[arg-type]
    administrator: object = _Token(ADMINISTRATORS, policy=policy)
    assert log.wants(OBJECT, True, administrator)  # type: ignore[arg-type]


def test_entries_of_a_sacl() -> None:
    assert wanted(sacl(WELL, 1), 1, 1)
    assert not wanted(sacl(ILL, 1), 1, 1)
    assert wanted(sacl(ILL, 1), 1, None)
    assert not wanted(sacl(ILL, 2), 1, None)
    assert wanted(sacl(ILL, 2), MAXIMUM_ALLOWED, None)  # all of it was refused
    assert not wanted(sacl(WELL, 2), MAXIMUM_ALLOWED, 1)
    assert not wanted(sacl(WELL, 1, USERS), 1, 1)
    assert not wanted(sacl(WELL | INHERIT_ONLY_ACE, 1), 1, 1)
    assert not wanted(None, 1, 1)


PARTS = [(0, b"0"), (1, b"1"), (2, b"2"), (2, b"3"), (1, b"4"), (2, b"5")]
BELOW = {
    b"0": {0, 1, 2, 3, 4, 5},
    b"1": {1, 2, 3},
    b"2": {2},
    b"3": {3},
    b"4": {4, 5},
    b"5": {5},
    b"x": set(),
}


@given(
    st.sampled_from(sorted(BELOW)),
    st.lists(st.sampled_from([None, 1, 2, 3]), min_size=6, max_size=6),
    st.sampled_from([1, 2, 3]),
    st.booleans(),
)
def test_an_entry_for_a_part(part: bytes, answers: list[int | None], mask: int, good: bool) -> None:
    parts = [(level, guid * 16) for level, guid in PARTS]
    token: object = _Token(WORLD)
    found = parts_wanted(sacl(WELL | ILL, mask, WORLD, part * 16), token, 1, parts, answers, good)  # type: ignore[arg-type]
    expected = any(
        (answers[i] is not None) == good and mask & (1 if answers[i] is None else answers[i] or 0)
        for i in BELOW[part]
    )
    assert found == expected


def test_long_names_are_cut() -> None:
    bus = Bus()
    log = AuditLog(bus)
    found: list[AuditRecord] = []
    token: object = _Token()
    log.record((4, 8), OPEN, token, "s" * 99999, True, kind="k" * 99999, name="n" * 99999)  # type: ignore[arg-type]
    bus.subscribe(found.append, AuditRecord)
    log.record((4, 8), OPEN, token, "s" * 99999, True, kind="k" * 99999, name="n" * 99999)  # type: ignore[arg-type]
    (record,) = found  # the first went nowhere
    assert len(record.subsystem) == len(record.type) == len(record.name) == LONGEST_NAME
    assert record.user == "S-1-5-21-1-2-3-1001"


def test_rights_stay_audited() -> None:
    rights = Audited(3)
    for one in (rights | 4, 4 | rights, rights & ~1, 0xFF & rights):
        assert type(one) is Audited
    assert rights == 3

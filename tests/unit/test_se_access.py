"""Access checks against a naive reading of the rules, entry by entry and bit by bit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.abi.access import (
    ACCESS_SYSTEM_SECURITY,
    MAXIMUM_ALLOWED,
    READ_CONTROL,
    WRITE_DAC,
    WRITE_OWNER,
)
from ring3k.abi.status import STATUS_ACCESS_DENIED, STATUS_PRIVILEGE_NOT_HELD
from ring3k.abi.structs.se import INHERIT_ONLY_ACE
from ring3k.se import acl as a
from ring3k.se.access import access_check
from ring3k.se.bytype import Tree, evaluate_nodes, make_nodes
from ring3k.se.context import Context
from ring3k.se.descriptor import Descriptor
from ring3k.se.privilege import SE_SECURITY_PRIVILEGE, SE_TAKE_OWNERSHIP_PRIVILEGE
from ring3k.se.sid import sid

SIDS = [sid(f"S-1-5-21-{n}") for n in range(5)]
BITS = (1, 2, 4, 8, READ_CONTROL, WRITE_DAC, WRITE_OWNER)
EVERYTHING = sum(BITS)

masks = st.sets(st.sampled_from(BITS)).map(sum)
entries = st.builds(
    a.build_ace,
    st.sampled_from((*a.ALLOW, *a.DENY, 2)),
    st.sampled_from((0, 0, 0, INHERIT_ONLY_ACE, 3)),
    masks,
    st.sampled_from(SIDS),
)
lists = st.lists(entries, max_size=8)
sids = st.frozensets(st.sampled_from(SIDS))


class Subject:
    """As much of a token as a check looks at."""

    def __init__(self, allow: frozenset[bytes], extra: frozenset[bytes], restricted: frozenset[bytes] | None):
        self.context = Context(allow, allow | extra, restricted)
        self.privileges: set[int] = set()

    def holds(self, privilege: int) -> bool:
        return privilege in self.privileges


def naive_bit(
    bit: int, aces: list[a.Ace], allow: frozenset[bytes], deny: frozenset[bytes], owner: bool
) -> bool:
    """Whether one right is granted: the first entry that speaks of it decides."""
    if owner and bit in (READ_CONTROL, WRITE_DAC):
        return True
    for one in aces:
        if one.flags & INHERIT_ONLY_ACE or not one.mask & bit:
            continue
        if one.kind in a.ALLOW and one.sid in allow:
            return True
        if one.kind in a.DENY and one.sid in deny:
            return False
    return False


def naive(desired: int, aces: list[a.Ace], subject: Subject, owner: bytes | None) -> tuple[bool, int]:
    context = subject.context
    passes = [(context.allow, context.deny)]
    owns = owner in context.allow
    if context.restricted is not None:
        passes.append((context.restricted, context.restricted))
        owns = owns and owner in context.restricted
    granted = sum(
        bit for bit in BITS if all(naive_bit(bit, aces, allow, deny, owns) for allow, deny in passes)
    )
    exact = desired & ~MAXIMUM_ALLOWED
    if exact & ~granted:
        return False, 0
    result = granted if desired & MAXIMUM_ALLOWED else exact
    return bool(result), result


@given(
    desired=masks,
    maximum=st.booleans(),
    aces=lists,
    allow=sids,
    extra=sids,
    restricted=st.none() | sids.filter(bool),
    owner=st.sampled_from(SIDS),
)
def test_a_check_is_what_the_rules_say(
    desired: int,
    maximum: bool,
    aces: list[a.Ace],
    allow: frozenset[bytes],
    extra: frozenset[bytes],
    restricted: frozenset[bytes] | None,
    owner: bytes,
) -> None:
    subject = Subject(allow, extra, restricted)
    desired |= MAXIMUM_ALLOWED if maximum else 0
    descriptor = Descriptor(owner, SIDS[0], a.build_acl(aces))
    for _ in range(2):  # the second time from memory
        answer = access_check(subject, descriptor, desired, EVERYTHING)  # type: ignore[arg-type]
        good, granted = naive(desired, aces, subject, owner)
        assert (answer.status == 0, answer.granted) == (good, granted)
        if not good:
            assert answer.status == STATUS_ACCESS_DENIED


def test_privileges_come_before_the_list() -> None:
    subject = Subject(frozenset(), frozenset(), None)
    closed = Descriptor(SIDS[0], SIDS[0], a.build_acl(()))

    def ask(desired: int) -> tuple[int, int, tuple[int, ...]]:
        return access_check(subject, closed, desired, EVERYTHING)  # type: ignore[arg-type]

    assert ask(ACCESS_SYSTEM_SECURITY) == (STATUS_PRIVILEGE_NOT_HELD, 0, ())
    assert ask(WRITE_OWNER) == (STATUS_ACCESS_DENIED, 0, ())
    subject.privileges = {SE_SECURITY_PRIVILEGE, SE_TAKE_OWNERSHIP_PRIVILEGE}
    assert ask(ACCESS_SYSTEM_SECURITY) == (0, ACCESS_SYSTEM_SECURITY, (SE_SECURITY_PRIVILEGE,))
    assert ask(WRITE_OWNER) == (0, WRITE_OWNER, (SE_TAKE_OWNERSHIP_PRIVILEGE,))
    assert ask(WRITE_OWNER | 1) == (STATUS_ACCESS_DENIED, 0, ())
    assert ask(0) == (STATUS_ACCESS_DENIED, 0, ())


def test_without_a_list_everything_is_granted() -> None:
    subject = Subject(frozenset(), frozenset(), None)
    nothing = Descriptor(SIDS[0], SIDS[0])
    answer = access_check(subject, nothing, MAXIMUM_ALLOWED, EVERYTHING)  # type: ignore[arg-type]
    assert answer.granted == EVERYTHING
    assert access_check(subject, nothing, 5, EVERYTHING).granted == 5  # type: ignore[arg-type]


# -- objects with parts ---------------------------------------------------------------
GUIDS = [bytes([n]) * 16 for n in range(7)]
TREE: Tree = [(0, GUIDS[0]), (1, GUIDS[1]), (2, GUIDS[2]), (2, GUIDS[3]), (1, GUIDS[4]), (2, GUIDS[5])]
PARENTS = [None, 0, 1, 1, 0, 4]

part_entries = st.builds(
    a.build_ace,
    st.sampled_from((5, 6)),
    st.just(0),
    st.sampled_from((1, 2, 3)),
    st.sampled_from(SIDS[:2]),
    st.just(b""),
    st.sampled_from((b"", *GUIDS)),
)


def below(index: int) -> list[int]:
    found = [index]
    for child, parent in enumerate(PARENTS):
        if parent == index:
            found += below(child)
    return found


def naive_tree(bit: int, aces: list[a.Ace]) -> list[bool]:
    """For one right: what each part ends with, in sets of parts granted and denied."""
    granted: set[int] = set()
    denied: set[int] = set()
    for one in aces:
        if not one.mask & bit or one.sid != SIDS[0] or one.object_type == GUIDS[6]:
            continue
        index = GUIDS.index(one.object_type) if one.object_type else 0
        if one.kind == 5:
            granted |= {n for n in below(index) if n not in denied}
            parent = PARENTS[index]
            while parent is not None:
                children = [n for n, above in enumerate(PARENTS) if above == parent]
                if all(n in granted for n in children) and parent not in denied:
                    granted.add(parent)
                parent = PARENTS[parent]
        else:
            denied |= {n for n in below(index) if n not in granted}
            parent = PARENTS[index]
            while parent is not None:
                if parent not in granted:
                    denied.add(parent)
                parent = PARENTS[parent]
    return [n in granted for n in range(len(TREE))]


@given(aces=st.lists(part_entries, max_size=8))
def test_parts(aces: list[a.Ace]) -> None:
    nodes = make_nodes(TREE)
    mine = frozenset(SIDS[:1])
    evaluate_nodes(tuple(aces), nodes, mine, mine)
    for bit in (1, 2):
        assert [bool(node.granted & bit) for node in nodes] == naive_tree(bit, aces)


@pytest.mark.parametrize("levels", [[], [0]])
def test_a_tree_of_one(levels: list[int]) -> None:
    nodes = make_nodes([(level, GUIDS[0]) for level in levels])
    if nodes:
        evaluate_nodes((a.allow(SIDS[0], 1),), nodes, frozenset(SIDS), frozenset(SIDS))
        assert nodes[0].granted == 1

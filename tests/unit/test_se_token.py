"""Tokens and the monitor without guests: copies, contexts, descriptors shared and counted, the pool."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.abi.access import ACCESS_SYSTEM_SECURITY, MAXIMUM_ALLOWED
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_ALLOTTED_SPACE_EXCEEDED,
    STATUS_BAD_IMPERSONATION_LEVEL,
    STATUS_INSUFFICIENT_RESOURCES,
    STATUS_INVALID_OWNER,
    STATUS_PRIVILEGE_NOT_HELD,
    NtError,
)
from ring3k.engine.fake import FakeEngine
from ring3k.ex.event import Event
from ring3k.hooks.events import Bus
from ring3k.ke.kernel import Kernel
from ring3k.ke.luid import LuidSource
from ring3k.ob.object import TypeTable
from ring3k.ob.security import SecurityMonitor
from ring3k.se import sid as s
from ring3k.se.accounts import User
from ring3k.se.acl import allow, build_acl
from ring3k.se.descriptor import Descriptor
from ring3k.se.impersonation import IDENTIFICATION, IMPERSONATE, set_client
from ring3k.se.monitor import ReferenceMonitor
from ring3k.se.privilege import (
    SE_DEBUG_PRIVILEGE,
    SE_SECURITY_PRIVILEGE,
    has_privilege,
    require_privilege,
    system_privileges,
)
from ring3k.se.token import IMPERSONATION, PRIMARY, Token

ALICE = User("S-1-5-21-1-2-3-1001")
BOB = User("S-1-5-21-1-2-3-1002")
FULL = 0x1F0003


@pytest.fixture
def kernel() -> Kernel:
    made = Kernel(FakeEngine(), Bus())
    for part in (TypeTable(), LuidSource()):
        made.add_part(part)
    monitor = ReferenceMonitor(made, "nt51")
    made.add_part(monitor)
    made.add_part(monitor, SecurityMonitor)
    return made


@pytest.fixture
def monitor(kernel: Kernel) -> ReferenceMonitor:
    return kernel.part(ReferenceMonitor)


def thread_of(token: Token) -> Any:
    """As much of a thread as the monitor looks at."""
    token.reference()
    return SimpleNamespace(
        kernel=token.kernel, process=SimpleNamespace(token=token, job=None), client=None, teb=0
    )


def refused(status: int, action: Any, *arguments: Any) -> None:
    with pytest.raises(NtError) as caught:
        action(*arguments)
    assert caught.value.status == status


def gone(token: Token) -> None:
    token.reference()
    token.dereference()


# -- tokens ------------------------------------------------------------------------------
def test_copies_share_their_context_until_one_changes(monitor: ReferenceMonitor) -> None:
    one = monitor.user_token(ALICE)
    other = one.duplicate(PRIMARY)
    assert other.context is one.context
    assert other.modified_id == one.modified_id
    assert other.token_id != one.token_id
    other.sids[1] = other.sids[1]._replace(attributes=0)
    other.changed()
    assert other.context is not one.context
    assert other.modified_id != one.modified_id
    assert monitor.user_token(ALICE).context is not one.context  # another logon has another logon SID


def test_the_pool_gets_everything_back(kernel: Kernel, monitor: ReferenceMonitor) -> None:
    before = kernel.pool.used, kernel.part(TypeTable).of(Token).objects
    tokens = [monitor.user_token(user) for user in (ALICE, BOB, ALICE)]
    tokens += [one.duplicate(IMPERSONATION, IMPERSONATE) for one in tokens]
    assert kernel.pool.used > before[0]
    for one in tokens:
        gone(one)
    assert (kernel.pool.used, kernel.part(TypeTable).of(Token).objects) == before


def test_effective_copies_lose_what_is_off(monitor: ReferenceMonitor) -> None:
    whole = monitor.system_token()
    part = whole.duplicate(PRIMARY, effective_only=True)
    assert set(part.privileges) == {luid for luid, bits in whole.privileges.items() if bits}
    assert part.enabled == whole.enabled
    whole.sids[1] = whole.sids[1]._replace(attributes=0)  # the administrators, who own things
    whole.changed()
    part = whole.duplicate(PRIMARY, effective_only=True)
    assert part.owner == s.LOCAL_SYSTEM
    assert len(part.sids) == len(whole.sids) - 1


def test_owner_and_default_list(monitor: ReferenceMonitor) -> None:
    token = monitor.user_token(ALICE)
    refused(STATUS_INVALID_OWNER, token.set_owner, s.WORLD)
    big = build_acl([allow(s.WORLD, 1)] * 100)
    refused(STATUS_ALLOTTED_SPACE_EXCEEDED, token.set_default_dacl, big)
    token.set_default_dacl(None)
    assert token.dynamic_used == len(token.primary_group)


@pytest.mark.parametrize(("version", "count"), [("nt40", 20), ("nt50", 23), ("nt51", 24), ("nt52", 24)])
def test_privileges_of_the_system(version: str, count: int) -> None:
    found = system_privileges(version)
    assert len(found) == count
    assert found[SE_DEBUG_PRIVILEGE] == 3
    assert found[SE_SECURITY_PRIVILEGE] == 0


# -- checks ------------------------------------------------------------------------------
def test_objects_of_two_users(kernel: Kernel, monitor: ReferenceMonitor) -> None:
    alice, bob = thread_of(monitor.user_token(ALICE)), thread_of(monitor.user_token(BOB))
    event = Event(kernel, False, False)
    monitor.secure(alice, event, None, None)
    assert monitor.check(alice, event, FULL) == FULL
    assert monitor.check(alice, event, MAXIMUM_ALLOWED) == FULL
    refused(STATUS_ACCESS_DENIED, monitor.check, bob, event, 1)
    refused(STATUS_ACCESS_DENIED, monitor.check, bob, event, MAXIMUM_ALLOWED)
    refused(STATUS_ACCESS_DENIED, monitor.check, alice, event, 0x8000)  # no event knows that right
    refused(STATUS_PRIVILEGE_NOT_HELD, monitor.check, alice, event, ACCESS_SYSTEM_SECURITY)
    set_client(alice, bob.process.token.duplicate(IMPERSONATION, IMPERSONATE), IMPERSONATE)
    assert alice.client.level == IDENTIFICATION  # she lacks SeImpersonatePrivilege
    refused(STATUS_BAD_IMPERSONATION_LEVEL, monitor.check, alice, event, 1)
    assert not has_privilege(alice, 23)
    set_client(alice, None)
    assert has_privilege(alice, 23)
    refused(STATUS_PRIVILEGE_NOT_HELD, require_privilege, alice, SE_DEBUG_PRIVILEGE)


def test_what_is_made_next_follows_the_token(kernel: Kernel, monitor: ReferenceMonitor) -> None:
    alice = thread_of(monitor.user_token(ALICE))
    first = monitor.new_descriptor(alice, Event, None, None)
    assert monitor.new_descriptor(alice, Event, None, None) is first
    alice.process.token.set_default_dacl(None)
    second = monitor.new_descriptor(alice, Event, None, None)
    assert second.dacl is None
    assert second.owner == first.owner


# -- descriptors are shared ----------------------------------------------------------------
CHOICES = [Descriptor(s.WORLD, s.USERS, build_acl([allow(s.WORLD, n)])) for n in range(3)]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 2)), max_size=30))
def test_every_content_is_charged_once(steps: list[tuple[bool, int]]) -> None:
    made = Kernel(FakeEngine(), Bus())
    made.add_part(TypeTable())
    made.add_part(LuidSource())
    monitor = ReferenceMonitor(made, "nt51")
    base = made.pool.used
    held: list[Descriptor] = []
    for keep, which in steps:
        if keep:
            again = Descriptor(*CHOICES[which].parts[1:3], CHOICES[which].dacl)  # equal, and another
            held.append(monitor.keep(again))
        elif held:
            monitor.drop(held.pop(which % len(held)))
        different = {one.parts for one in held}
        assert len({id(one) for one in held}) == len(different)
        assert made.pool.used - base == sum(CHOICES[0].cost for _ in different)


def test_a_full_pool_leaves_the_old_descriptor(kernel: Kernel, monitor: ReferenceMonitor) -> None:
    alice = thread_of(monitor.user_token(ALICE))
    event = Event(kernel, False, False)
    monitor.secure(alice, event, None, None)
    before = event.security
    kernel.pool.limit = kernel.pool.used
    refused(STATUS_INSUFFICIENT_RESOURCES, event.set_security, CHOICES[1])
    assert event.security is before
    event.set_security(before)

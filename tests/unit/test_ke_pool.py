"""The pool's arithmetic, and who is charged."""

from __future__ import annotations

import pytest

from ring3k.abi.status import STATUS_INSUFFICIENT_RESOURCES, NtError
from ring3k.engine.fake import FakeEngine
from ring3k.ex.event import Event
from ring3k.hooks.events import Bus
from ring3k.ke.kernel import Kernel
from ring3k.ke.pool import NAME_COST, OBJECT_COST, Pool
from ring3k.ob.namespace import Directory, SymbolicLink
from ring3k.ob.object import TypeTable


@pytest.fixture
def kernel() -> Kernel:
    made = Kernel(FakeEngine(), Bus())
    made.add_part(TypeTable())
    return made


def test_what_does_not_fit_is_not_charged() -> None:
    pool = Pool(limit=100)
    pool.charge(60)
    with pytest.raises(NtError) as caught:
        pool.charge(41)
    assert caught.value.status == STATUS_INSUFFICIENT_RESOURCES
    assert pool.used == 60
    pool.release(60)
    pool.charge(100)


def test_objects_names_and_targets_come_back(kernel: Kernel) -> None:
    root = Directory(kernel)
    root.reference()
    before = kernel.pool.used
    link = SymbolicLink(kernel, "\\target")
    root.add("name", link)
    assert kernel.pool.used == before + OBJECT_COST + 11 * NAME_COST
    link.drop_name()
    assert link.deleted
    assert kernel.pool.used == before


def test_an_object_that_does_not_fit_leaves_nothing(kernel: Kernel) -> None:
    event = Event(kernel, False, False)
    kernel.pool.limit = kernel.pool.used
    for make in (lambda: Event(kernel, False, False), lambda: SymbolicLink(kernel, "\\target")):
        with pytest.raises(NtError):
            make()
    assert kernel.pool.used == kernel.pool.limit
    assert event.type.objects == 1

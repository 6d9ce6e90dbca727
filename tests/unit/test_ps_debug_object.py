"""The queue of a debug object against lists of what each process has told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.abi.status import STATUS_INVALID_PARAMETER, NtError
from ring3k.engine.fake import FakeEngine
from ring3k.hooks.events import Bus
from ring3k.ke.kernel import Kernel
from ring3k.ob.object import TypeTable
from ring3k.ps.debug_object import DebugEvent, DebugObject
from ring3k.sched.clock import VirtualClock

CONTINUE = 0x10002


class Told:
    """A message that counts how often it is given up."""

    def __init__(self) -> None:
        self.released = 0

    def release(self) -> None:
        self.released += 1


class Owner:
    """A process, as far as the queue looks at it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid


def debug_object() -> DebugObject:
    clock = VirtualClock()
    kernel = Kernel(FakeEngine(clock), Bus(lambda text: None), clock)
    kernel.add_part(TypeTable())
    return DebugObject(kernel, False)


def thread(process: Any, tid: int) -> Any:
    one = SimpleNamespace(process=process, tid=tid, references=0)
    one.reference = lambda: setattr(one, "references", one.references + 1)
    one.dereference = lambda: setattr(one, "references", one.references - 1)
    return one


@given(st.lists(st.tuples(st.sampled_from(["tell", "read", "continue"]), st.integers(0, 2)), max_size=60))
def test_each_process_is_heard_in_order_and_one_at_a_time(steps: list[tuple[str, int]]) -> None:
    debugger = debug_object()
    threads = [thread(Owner(number), number) for number in range(3)]
    told: list[list[Any]] = [[], [], []]
    order: list[int] = []  # of all events that are not continued
    seen: set[int] = set()  # processes whose first event was read
    for step, number in steps:
        if step == "tell":
            message: Any = Told()
            debugger.add(DebugEvent(threads[number], message, None))
            told[number].append(message)
            order.append(number)
        elif step == "read":
            event = debugger.next()
            expected = next((p for p in order if p not in seen), None)
            assert (event is None) == (expected is None)
            if event is not None and expected is not None:
                assert event.message is told[expected][0]
                event.read = True
                seen.add(expected)
        elif number in seen:
            debugger.continue_(number, number, CONTINUE)
            seen.remove(number)
            order.remove(number)
            assert told[number].pop(0).released == 1
        else:
            with pytest.raises(NtError) as error:
                debugger.continue_(number, number, CONTINUE)
            assert error.value.status == STATUS_INVALID_PARAMETER
    assert [one.references for one in threads] == [len(events) for events in told]

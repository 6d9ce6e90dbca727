"""USER's and GDI's state: handles, queues, pixels, what is told of the screen."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.abi.pe import PeFile
from ring3k.ke.pool import Pool
from ring3k.sched.clock import VirtualClock
from ring3k.sched.scheduler import Scheduler
from ring3k.userland.wine_functions import functions_of
from ring3k.win32k.error import UserError
from ring3k.win32k.gdi.bitmap import Bitmap
from ring3k.win32k.gdi.font import ENTRY_SIZE, LARGEST, METRICS_SIZE, cell_of, enumerated, metrics
from ring3k.win32k.gdi.object import Region, font_data
from ring3k.win32k.gdi.pixels import pack_rows, stretch, unpack_rows
from ring3k.win32k.user.handles import MOST_OF_PROCESS, UserHandles, UserObject
from ring3k.win32k.user.queue import (
    MOST_POSTED,
    QS_ALLINPUT,
    QS_ALLPOSTMESSAGE,
    QS_POSTMESSAGE,
    QS_SENDMESSAGE,
    QS_TIMER,
    UNITS,
    WM_QUIT,
    WM_TIMER,
    Message,
    MessageQueue,
    Sent,
)
from ring3k.win32k.user.settings import icon_metrics, log_font, metric, non_client_metrics
from ring3k.win32k.user.window import DEEPEST, Window

EVERYTHING = (0, 0xFFFFFFFF, QS_ALLINPUT)


def fake_kernel() -> Any:
    clock = VirtualClock()
    return SimpleNamespace(pool=Pool(), clock=clock, scheduler=Scheduler(clock))


def queue_of(kernel: Any) -> MessageQueue:
    session = SimpleNamespace(is_child=lambda parent, window: (parent, window) == (10, 11))
    return MessageQueue(kernel, SimpleNamespace(session=session))  # type: ignore[arg-type]


# -- handles -----------------------------------------------------------------------------------
def test_a_handle_of_a_place_used_again_is_another() -> None:
    handles = UserHandles(fake_kernel())
    first, second = UserObject(), UserObject()
    old = handles.add(first, None)
    handles.remove(first)
    new = handles.add(second, None)
    assert old & 0xFFFF == new & 0xFFFF
    assert handles.find(old, UserObject) is None
    assert handles.find(new, UserObject) is second


def test_the_upper_half_may_be_missing() -> None:
    handles = UserHandles(fake_kernel())
    one = UserObject()
    handle = handles.add(one, None)
    assert handles.find(handle & 0xFFFF, UserObject) is one
    assert handles.find(handle | 0xFFFF0000, UserObject) is one
    assert handles.find(handle + 0x20000, UserObject) is None
    assert handles.find(handle + 1, UserObject) is None


def test_handles_are_of_a_kind_and_are_charged() -> None:
    class Other(UserObject):
        pass

    kernel = fake_kernel()
    handles = UserHandles(kernel)
    before = kernel.pool.used
    owner = SimpleNamespace(objects={})
    one = UserObject()
    handle = handles.add(one, owner)
    assert kernel.pool.used > before
    assert handles.find(handle, Other) is None
    handles.remove(one)
    handles.remove(one)
    assert kernel.pool.used == before
    assert owner.objects == {}
    owner.objects = dict.fromkeys(UserObject() for _ in range(MOST_OF_PROCESS))
    with pytest.raises(UserError):
        handles.add(one, owner)


# -- queues ------------------------------------------------------------------------------------
def test_messages_come_in_order_and_the_end_last() -> None:
    queue = queue_of(fake_kernel())
    queue.post_quit(7)
    queue.post(Message(10, 0x8001, 1, 2))
    queue.post(Message(0, 0x8002, 3, 4))
    found = [queue.look(None, *EVERYTHING, True) for _ in range(4)]
    assert [one and one.number for one in found] == [0x8001, 0x8002, WM_QUIT, None]
    assert found[2] is not None
    assert found[2].wparam == 7


def test_messages_are_picked_by_window_and_number() -> None:
    queue = queue_of(fake_kernel())
    for window, number in ((10, 1), (11, 2), (0, 3), (12, 4)):
        queue.post(Message(window, number, 0, 0))
    assert queue.look(12, *EVERYTHING, False) == queue.look(12, *EVERYTHING, True)
    assert queue.look(12, *EVERYTHING, True) is None
    assert queue.look(0, *EVERYTHING, True) == Message(0, 3, 0, 0)
    assert queue.look(10, 2, 2, QS_ALLINPUT, True) == Message(11, 2, 0, 0)  # a child's
    assert queue.look(None, 2, 9, QS_ALLINPUT, True) is None
    assert queue.look(None, *EVERYTHING, True) == Message(10, 1, 0, 0)


def test_what_is_new_and_what_is_there() -> None:
    queue = queue_of(fake_kernel())
    queue.wake_mask, queue.changed_mask = 0, QS_POSTMESSAGE
    assert not queue.can_take(None)  # type: ignore[arg-type]
    queue.post(Message(0, 1, 0, 0))
    assert queue.can_take(None)  # type: ignore[arg-type]
    queue.look(None, 5, 5, QS_ALLINPUT, False)
    assert not queue.can_take(None)  # type: ignore[arg-type]  # it has been looked at
    queue.wake_mask = QS_POSTMESSAGE
    assert queue.can_take(None)  # type: ignore[arg-type]  # and is there
    assert queue.present == QS_POSTMESSAGE | QS_ALLPOSTMESSAGE


def test_a_queue_is_bounded_and_gives_back() -> None:
    kernel = fake_kernel()
    queue, before = queue_of(kernel), kernel.pool.used
    for number in range(MOST_POSTED):
        queue.post(Message(0, number, 0, 0))
    with pytest.raises(UserError):
        queue.post(Message(0, 0, 0, 0))
    queue.send(Sent(Message(5, 1, 0, 0), None))
    queue.set_timer(Message(5, WM_TIMER, 1, 0), 50)
    queue.drop_window(5)
    assert not queue.present & QS_SENDMESSAGE
    queue.end()
    assert kernel.pool.used == before
    with pytest.raises(UserError):
        queue.post(Message(0, 0, 0, 0))


def test_the_first_answer_counts_and_wakes_the_sender() -> None:
    kernel = fake_kernel()
    sender, receiver = queue_of(kernel), queue_of(kernel)
    sent = Sent(Message(1, 2, 3, 4), sender)
    receiver.send(sent)
    assert receiver.take_sent() is sent
    assert receiver.take_sent() is None
    sent.answer(5)
    sent.answer(6)
    assert (sent.answered, sent.result) == (True, 5)
    assert sender.changed
    again = Sent(Message(1, 2, 3, 4), sender)
    receiver.send(again)
    receiver.end()
    assert again.answered


def test_timers_come_again_and_skip_what_was_missed() -> None:
    kernel = fake_kernel()
    queue = queue_of(kernel)
    assert queue.set_timer(Message(5, WM_TIMER, 3, 0), 100) == 3
    assert queue.look(None, *EVERYTHING, True) is None
    kernel.clock.advance(250 * UNITS)
    kernel.scheduler.run_alarms()
    assert queue.present == QS_TIMER
    found = queue.look(None, *EVERYTHING, True)
    assert found is not None
    assert (found.window, found.number, found.wparam) == (5, WM_TIMER, 3)
    assert queue.look(None, *EVERYTHING, True) is None
    kernel.clock.advance(50 * UNITS)
    kernel.scheduler.run_alarms()
    assert queue.look(None, *EVERYTHING, True) is not None
    assert queue.kill_timer(5, 3, WM_TIMER)
    assert not queue.kill_timer(5, 3, WM_TIMER)


def test_a_timer_without_a_window_finds_a_number() -> None:
    queue = queue_of(fake_kernel())
    numbers = {queue.set_timer(Message(0, WM_TIMER, 0, 0), 50) for _ in range(3)}
    assert len(numbers) == 3
    assert 0 not in numbers


# -- the screen ---------------------------------------------------------------------------------
def test_structures_have_the_sizes_of_windows() -> None:
    assert len(log_font()) == 92
    assert (len(non_client_metrics(500)), len(non_client_metrics(504))) == (500, 504)
    assert len(icon_metrics(108)) == 108
    assert metric(11) == 32
    assert metric(11, 192) == 64
    assert metric(-5) == 0


# -- graphics -------------------------------------------------------------------------------------
@given(st.integers(1, 40), st.integers(1, 20), st.sampled_from([24, 32]), st.booleans(), st.randoms())
def test_pixels_survive_packing(width: int, height: int, bits: int, upside: bool, random: Any) -> None:
    rows = [[random.getrandbits(bits) for _ in range(width)] for _ in range(height)]
    stride = (width * bits + 31) // 32 * 4
    data = pack_rows(rows, stride, bits, upside)
    assert len(data) == stride * height
    assert unpack_rows(data, width, height, stride, bits, (), upside) == rows


def test_pixels_of_few_colors_and_other_sizes() -> None:
    rows = unpack_rows(b"\xa0\0\0\0", 4, 1, 4, 1, (0, 0xFFFFFF), False)
    assert rows == [[0xFFFFFF, 0, 0xFFFFFF, 0]]
    assert pack_rows(rows, 2, 1, False) == b"\xa0\0"
    assert stretch([[1, 2]], 4, 2) == [[1, 1, 2, 2], [1, 1, 2, 2]]
    assert unpack_rows(b"\x12\x30\0\0", 3, 1, 4, 4, tuple(range(16)), False) == [[1, 2, 3]]
    with pytest.raises(UserError):
        unpack_rows(b"", 1 << 10, 1 << 10, 4 << 10, 32, (), False)


def test_bitmaps_are_bounded_and_copied() -> None:
    with pytest.raises(UserError):
        Bitmap(1 << 20, 1 << 20, 1, 32)
    with pytest.raises(UserError):
        Bitmap(1, 1, 1, 64)
    bitmap = Bitmap(3, 2, 1, 4)
    memory: Any = None
    bitmap.write(memory, b"\x12\x30\x45\x60")
    assert bitmap.copy(memory).read(memory) == b"\x12\x30\x45\x60"
    assert (bitmap.stride, bitmap.size) == (2, 4)


def test_regions() -> None:
    assert Region([(5, 5, 5, 9)]).complexity == 1
    region = Region([(0, 0, 2, 2), (4, 4, 6, 6)])
    assert (region.complexity, region.bounds) == (3, (0, 0, 6, 6))


# -- functions of the host --------------------------------------------------------------------------
class Exports(PeFile):
    """An image of nothing but some exports."""

    def __init__(self, codes: dict[str, bytes]) -> None:
        self._codes = list(codes.items())

    def all_exports(self) -> Any:
        return [(name, place) for place, (name, _) in enumerate(self._codes)]

    def read(self, address: int, length: int) -> bytes:
        return self._codes[address][1][:length]


def test_functions_are_read_out_of_code() -> None:
    table = b"\x08\xd0\xa9\x64"
    load, back = b"\xa1" + table + b"\x85\xc0\x74\x10", b"\x8d\x61\xfc\xc2"
    found = functions_of(
        Exports(
            {
                "NtGdiFirst": load + b"\xff\x10\xc9" + back + b"\x04\0",
                "NtGdiNear": load + b"\xff\x50\x44\xc9" + back + b"\x08\0",
                "NtGdiFar": load + b"\xff\x90\x84\x01\0\0\xc9" + back + b"\x30\0",
                "NtGdiElse": b"\xa1\0\0\0\0\xff\x10\xc2\x04\0",
                "NtGdiCall": load + b"\xff\x50\x48" + back + b"\x04\0",
                "RtlOther": load + b"\xff\x10" + back + b"\x04\0",
                "NtUserStub": b"\xc3",
            }
        ),
        {"NtGdiCall"},
    )
    assert found == [("NtGdiFirst", 0, 1), ("NtGdiNear", 0x44, 2), ("NtGdiFar", 0x184, 12)]
    assert functions_of(Exports({}), set()) == []


def test_the_font() -> None:
    cell = cell_of(font_data("Any", -24, 700))
    assert (cell.width, cell.height, cell.weight) == (12, 24, 700)
    assert len(metrics(cell)) == METRICS_SIZE
    assert len(enumerated()) == ENTRY_SIZE
    assert cell_of(font_data("", -(1 << 31), 0)).height == LARGEST


# -- windows -------------------------------------------------------------------------------------
def windows(count: int) -> tuple[Any, list[Window]]:
    kernel = fake_kernel()
    session: Any = SimpleNamespace(kernel=kernel, handles=UserHandles(kernel))
    desktop: Any = SimpleNamespace(top=None)
    desktop.top = Window(session, None, None, desktop, None)
    return kernel, [Window(session, None, None, desktop, desktop.top) for _ in range(count)]


def test_a_window_cannot_be_in_itself_or_too_deep() -> None:
    _, made = windows(80)
    made[1].move_into(made[0])
    with pytest.raises(UserError):
        made[0].move_into(made[1])
    with pytest.raises(UserError):
        made[0].move_into(made[0])
    for inner, outer in pairwise(made[2 : 2 + DEEPEST]):
        outer.move_into(inner)
    with pytest.raises(UserError):
        made[-1].move_into(made[1 + DEEPEST])


def test_owners_are_no_circle() -> None:
    _, made = windows(80)
    made[0].set_owner(made[1])
    with pytest.raises(UserError):
        made[1].set_owner(made[0])
    for owner, owned in pairwise(made[2 : 3 + DEEPEST]):
        owned.set_owner(owner)
    with pytest.raises(UserError):
        made[-1].set_owner(made[2 + DEEPEST])


def test_what_a_window_keeps_is_charged_and_given_back() -> None:
    kernel, (one, other) = windows(2)
    other.move_into(one)
    before = kernel.pool.used
    one.set_text("a text")
    one.set_property("NAME", 5)
    one.set_property("NAME", 6)
    assert one.take_property("NONE") == 0
    assert kernel.pool.used > before
    one.set_text("")
    assert one.take_property("NAME") == 6
    assert kernel.pool.used == before
    one.set_text("again")
    one.set_property(3, 4)
    one.vanish()
    assert other.handle == one.handle == 0
    one.vanish()
    assert kernel.pool.used < before

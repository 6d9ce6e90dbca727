"""The data of a pipe against a simple oracle: what is read is what was written; quotas and pool add up."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.abi.status import (
    STATUS_BUFFER_OVERFLOW,
    STATUS_INSUFFICIENT_RESOURCES,
    STATUS_PIPE_BROKEN,
    GuestFault,
    NtError,
)
from ring3k.io.pipes.queue import DataQueue
from ring3k.ke.pool import Pool
from tests.unit.io_request import Request


def write(queue: DataQueue, data: bytes, by_message: bool = False) -> Request:
    """As an end of a pipe writes."""
    request: Any = Request()
    at = queue.serve(data, by_message) if queue.reads else 0
    if at == len(data) != 0 or at < 0 or queue.keep(data, at, request) == 0:
        request.complete(0, len(data))
    return request  # type: ignore[no-any-return]


def read(queue: DataQueue, length: int, by_message: bool = False) -> Request:
    request: Any = Request(length)
    if queue.writes:
        status = queue.read(request, by_message)
        request.complete(status, request.information)
    else:
        queue.wait_to_read(request)
    return request  # type: ignore[no-any-return]


def check(queue: DataQueue, pool: Pool) -> None:
    """What must always be so."""
    assert not (queue.reads and queue.writes)
    assert queue.bytes == sum(one.left for one in queue.writes)
    assert queue.used == sum(one.charged for one in queue.writes)
    assert queue.used <= queue.quota
    assert all(one.charged <= one.left for one in queue.writes)
    assert [one for one in queue.writes if one.request is not None and not one.flush] == list(queue.stalled)
    assert all(one.charged < one.left for one in queue.stalled)
    assert bool(pool.used) == bool(queue.writes)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, 12)),
        st.tuples(st.just("read"), st.integers(0, 12)),
        st.tuples(st.just("cancel"), st.integers(0, 30)),
        st.tuples(st.just("flush"), st.just(0)),
    ),
    max_size=40,
)


@given(STEPS, st.integers(0, 20))
def test_bytes_come_out_as_they_went_in(steps: list[tuple[str, int]], quota: int) -> None:
    pool = Pool()
    queue = DataQueue(pool, quota)
    sent, lost, reads, writes = b"", False, [], []
    for what, number in steps:
        if what == "write":
            data = bytes((len(sent) + i) & 0xFF for i in range(number))
            sent += data
            writes.append(write(queue, data))
        elif what == "read":
            reads.append(read(queue, number))
        elif what == "flush":
            flush: Any = Request()
            if queue.flush(flush) == 0:
                flush.complete(0)
            writes.append(flush)
        else:
            pending = [one for one in reads + writes if one.status is None]
            if number < len(pending):
                lost |= pending[number] in writes
                pending[number].cancel()
        check(queue, pool)
    got = b"".join(one.buffer.data for one in reads)
    rest = b"".join(one.data[one.at :] for one in queue.writes)
    if not lost:
        assert got + rest == sent
    queue.clear(STATUS_PIPE_BROKEN)
    assert pool.used == 0
    assert all(one.status is not None for one in reads + writes)


@given(st.lists(st.integers(0, 9), max_size=12), st.lists(st.integers(0, 9), max_size=40))
def test_messages_keep_their_borders(sizes: list[int], lengths: list[int]) -> None:
    pool = Pool()
    queue = DataQueue(pool, 1000)
    messages = [bytes([number]) * size for number, size in enumerate(sizes)]
    for one in messages:
        write(queue, one, True)
    expected, at = list(messages), 0
    for length in lengths:
        if not expected:
            break
        part = expected[0][at : at + length]
        whole = at + len(part) == len(expected[0])
        done = read(queue, length, True)
        assert (done.status, done.buffer.data) == (0 if whole else STATUS_BUFFER_OVERFLOW, part)
        at = 0 if whole else at + len(part)
        if whole:
            del expected[0]
        check(queue, pool)
    assert queue.bytes == sum(map(len, expected)) - at


def test_who_waits_is_served_in_turn() -> None:
    queue = DataQueue(Pool(), 0)
    first, second = read(queue, 2), read(queue, 10)
    done = write(queue, b"abcdef")
    assert (first.buffer.data, second.buffer.data, done.status) == (b"ab", b"cdef", 0)


def test_a_reader_without_a_buffer_harms_only_itself() -> None:
    queue = DataQueue(Pool(), 100)
    first, second = read(queue, 2), read(queue, 2)
    first.buffer.gone = True
    assert write(queue, b"abcd").status == 0
    assert first.status not in (0, None)
    assert second.buffer.data == b"cd"


def test_an_immediate_read_that_faults_takes_nothing() -> None:
    queue = DataQueue(Pool(), 100)
    write(queue, b"abcd")
    request: Any = Request(4)
    request.buffer.gone = True
    with pytest.raises(GuestFault):
        queue.read(request, False)
    assert read(queue, 4).buffer.data == b"abcd"


def test_a_full_pool_refuses_writes() -> None:
    pool = Pool(limit=1000)
    queue = DataQueue(pool, 100)
    with pytest.raises(NtError) as caught:
        queue.check(2000)
    assert caught.value.status == STATUS_INSUFFICIENT_RESOURCES
    write(queue, b"x" * 800)
    with pytest.raises(NtError):
        write(queue, b"x" * 800)
    queue.clear(STATUS_PIPE_BROKEN)
    assert (pool.used, queue.bytes, queue.used) == (0, 0, 0)

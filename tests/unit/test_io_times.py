"""The times of host files as NT counts them: for longer than nanoseconds in 64 bits can."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ring3k.engine.hostfile import LINKS, look, look_at
from ring3k.io.disk.attributes import host_time, times, write_attributes
from ring3k.sched.clock import UNIX_EPOCH

SECOND = 10_000_000
AROUND_2262 = 9_223_372_036
YEARS = (1902, 1969, 1970, 2000, 2038, 2261, 2263, 2400, 2446)


def seconds(year: int) -> int:
    return (year - 1970) * 31_556_952


@pytest.mark.parametrize("at", [*map(seconds, YEARS), AROUND_2262, AROUND_2262 + 1])
def test_times_are_those_of_the_host(tmp_path: Path, at: int) -> None:
    path = tmp_path / "file"
    path.touch()
    os.utime(path, ns=(at * 10**9 + 199, at * 10**9 + 123_456_700))
    info = path.stat()
    kept = info.st_atime_ns, info.st_mtime_ns  # some hosts do not keep all of that
    fd = os.open(path, os.O_RDONLY)
    try:
        found = look_at(fd, None)
        assert look(fd, None) == found
        assert found[LINKS] == 1
        _, accessed, written, _ = times(found)
    finally:
        os.close(fd)
    assert (accessed, written) == tuple(time // 100 + UNIX_EPOCH for time in kept)
    assert host_time(written) == kept[1] // 100 * 100


@pytest.mark.parametrize("created", [1, SECOND, UNIX_EPOCH, 1 << 60, (1 << 63) - 1])
def test_a_time_of_creation_is_kept_as_it_is(tmp_path: Path, created: int) -> None:
    fd = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    try:
        before = look_at(fd, None)
        write_attributes(fd, before, 0, created)
        found = look_at(fd, None)
    finally:
        os.close(fd)
    if found == before:
        pytest.skip("the file system has no extended attributes")
    assert times(found)[0] == created

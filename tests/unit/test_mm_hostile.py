"""Memory calls with arguments nobody sane passes: a status comes back, and the accounts stay right."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from ring3k.abi.access import PROCESS_ALL_ACCESS
from ring3k.abi.status import NtError, status_name
from ring3k.engine.protocol import PAGE, EngineError
from ring3k.mm.commit import CommitAccount
from ring3k.mm.protection import COMMITTED
from tests.unit.mm_image_file import MemoryFile, PeImage
from tests.unit.test_mm_calls import CALLS, OUT, SELF, Caller, File, create

_EDGES = [0, 1, 3, 4, 0x10, 0xFFF, 0x1000, 0x1001, 0xFFFF, 0x10000, 0x20000, 0x7FFDFFFF, 0x7FFE0000]
_EDGES += [0x7FFEFFFF, 0x7FFF0000, 0x7FFFFFFF, 0x80000000, 0xFFFFF000, 0xFFFFFFFF]
_NAMES = sorted(CALLS)


def _words(rng: random.Random, nt: Caller, name: str, handles: list[int]) -> list[int]:
    """Mostly what the declaration asks for, sometimes anything."""
    words: list[int] = []
    for p in CALLS[name].parameters:
        words += [0] * (p.index + p.words - len(words))
        if rng.random() < 0.1:
            word = rng.choice(_EDGES)
        elif p.kind != "value":
            word = OUT + rng.choice([0, 4, 8, 16, 64])
        elif p.codec.style == "handle":
            word = rng.choice(handles)
        elif p.codec.values:
            word = rng.choice([value for value, _ in p.codec.values])
            if p.codec.flags and rng.random() < 0.3:
                word |= rng.choice([value for value, _ in p.codec.values])
        else:
            word = rng.choice([rng.choice(_EDGES), OUT, 28, 48, 0, 0, 0, 0, 0x100000, rng.randrange(1 << 32)])
        words[p.index] = word
    usual = [0, 0, 0, PAGE, 0x10000, 0x180000]
    nt.put(*(rng.choice([*usual, rng.choice(_EDGES), rng.randrange(0x100000, 0x200000)]) for _ in range(6)))
    return words


@pytest.mark.parametrize("seed", range(4))
def test_random_arguments(seed: int) -> None:
    rng = random.Random(seed)
    nt = Caller()
    nt.vm.secure(OUT)  # the test needs its scratch page
    file = File(nt.t.kernel, MemoryFile(PeImage().build(), identity="x"))
    handles = [SELF, nt.handle, nt.own.handles.insert(file, 0x1F01FF), 0, 0x7FF0]
    assert create(nt, 0x20000) == "STATUS_SUCCESS"
    handles += [SELF, SELF] + [nt.get(1)[0]] * 3
    seen = set()
    for _ in range(6000):
        name = rng.choice(_NAMES)
        nt.words = _words(rng, nt, name, handles)
        if name == "NtAllocateVirtualMemory" and rng.random() < 0.2:
            nt.put(0, 0x3000)
            nt.words = [SELF, OUT, 0, OUT + 4, 0x3000, 4]
        if name == "NtMapViewOfSection" and rng.random() < 0.2:
            nt.put(0, 0)
            nt.words = [
                handles[-1],
                rng.choice([SELF, nt.handle]),
                OUT,
                0,
                0,
                0,
                OUT + 4,
                rng.choice([1, 2]),
                0,
                4,
            ]
        try:
            status = CALLS[name].decoder()(nt.t)
        except NtError as error:
            status = error.status
        assert 0 <= status <= 0xFFFFFFFF
        seen.add((name, status_name(status)))
    worked = {name for name, status in seen if status == "STATUS_SUCCESS"}
    assert worked >= {
        "NtAllocateVirtualMemory",
        "NtQueryVirtualMemory",
        "NtMapViewOfSection",
        "NtQuerySection",
    }
    for vm in (nt.vm, nt.other.vm):
        assert vm.runs == sum(len(vad.pages) - 1 for vad in vm)
        assert vm.size == sum(vad.end - vad.start for vad in vm)
        private = sum(vad.pages.count(COMMITTED) for vad in vm if vad.segment is None)
        assert vm.committed == private + sum(vad.charge for vad in vm)
        vads = list(vm)
        assert all(a.end <= b.start for a, b in pairwise(vads))
        vm.close()
    nt.own.handles.close_all()
    assert nt.t.kernel.part(CommitAccount).used == 0


def test_a_host_without_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    nt = Caller()
    before = nt.t.kernel.part(CommitAccount).used

    def refuse(size: int) -> None:
        raise EngineError("too many open files")

    monkeypatch.setattr(nt.t.kernel.engine, "create_store", refuse)
    assert create(nt, 0x20000) == "STATUS_INSUFFICIENT_RESOURCES"
    assert nt.t.kernel.part(CommitAccount).used == before


def test_thousands_of_views_end_soon() -> None:
    nt = Caller()
    assert create(nt, PAGE) == "STATUS_SUCCESS"
    handle = nt.get(1)[0]
    for _ in range(3000):
        nt.put(0, 0)
        assert nt("NtMapViewOfSection", handle, SELF, OUT, 0, 0, 0, OUT + 4, 2, 0, 4) == "STATUS_SUCCESS"
    nt.own.handles.close_all()
    nt.vm.close()
    nt.other.vm.close()
    assert nt.t.kernel.part(CommitAccount).used == 0


def test_a_dead_target() -> None:
    nt = Caller()
    handle = nt.own.handles.insert(nt.other, PROCESS_ALL_ACCESS)
    nt.other.vm.close()
    nt.put(0x100000, 0x1000)
    assert nt("NtUnmapViewOfSection", handle, 0x100000) == "STATUS_PROCESS_IS_TERMINATING"
    assert nt("NtReadVirtualMemory", handle, 0x100000, OUT, 4, 0) == "STATUS_PROCESS_IS_TERMINATING"
    assert nt("NtLockVirtualMemory", handle, OUT, OUT + 4, 1) == "STATUS_PROCESS_IS_TERMINATING"

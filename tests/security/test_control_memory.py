"""Random words in the memory that kernel and guest share, while the kernel does random things with it.

The guest can write all of its control memory at any moment; here the words are
written between the kernel's steps, so that a failure can be repeated by its
seed.  Whatever stands there costs that guest its life at most: the engine goes on.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from ring3k.abi.status import GuestFault
from ring3k.engine import ptrace, stub
from ring3k.engine.protocol import Engine, EngineError, GuestThread, Store, Trap
from tests.unit.engine_guest import CODE, DATA, STACK, Guest

SLOT = 0x8000
NUMBERS: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 7, 0x7F, 0x80, 0xFF, 0x172, 8191, 8192, 4095)
NUMBERS += (0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FFE0000, CODE, DATA)
AREAS = (  # start, words, how often: what lies in the process' block and in those of the first threads
    (0, 6, 3),
    (0x440, 48, 3),
    (0x1000, 768, 1),
    (0x2000, 64, 1),
    *((slot * SLOT, 48, 2) for slot in range(1, 5)),
    *((slot * SLOT + 0x1000, 0x1C00, 1) for slot in range(1, 5)),
)


def control_files() -> set[int]:
    found = set()
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            if os.readlink(f"/proc/self/fd/{name}").startswith("/memfd:ring3k-control"):
                found.add(int(name))
    return found


class Victim:
    """A guest whose control memory changes under everybody's feet."""

    def __init__(self, engine: Engine, store: Store, random: Random) -> None:
        self.engine, self.store, self.random = engine, store, random
        before = control_files()
        self.guest = Guest(engine)
        self.space = self.guest.space
        (descriptor,) = control_files() - before
        self.control = mmap.mmap(descriptor, 8 * SLOT)
        self.threads: list[GuestThread] = []
        self.space.set_system_call_return(CODE + 0x8000)
        self.space.poke(CODE + 0x8000, b"\xc3")
        gate = struct.pack("<I", engine.gate)
        # mov eax,66; mov edx,gate; call edx; mov eax,67; int 2e; mov eax,[DATA]; again
        self.space.poke(
            CODE, bytes.fromhex(f"b842000000 ba{gate.hex()} ffd2 b843000000 cd2e a100005000 ebe6")
        )

    def close(self) -> None:
        for thread in self.threads:
            with suppress(EngineError):
                thread.exit()
        self.space.destroy()
        self.control.close()

    def scribble(self) -> None:
        random = self.random
        start, words, _ = random.choices(AREAS, [area[2] for area in AREAS])[0]
        value = random.choice(NUMBERS) if random.random() < 0.7 else random.getrandbits(32)
        struct.pack_into("<I", self.control, start + 4 * random.randrange(words), value)

    def step(self) -> bool:
        """One thing that a kernel may do; False when the guest is dead."""
        deeds = (self.make, self.memory, self.look, self.answer, self.answer, self.answer)
        try:
            return self.random.choice(deeds)()
        except (EngineError, GuestFault):  # what the kernel would be told
            return True

    def make(self) -> bool:
        if len(self.threads) < 4:
            self.threads.append(self.space.create_thread(0x7FFD0000))
        return True

    def memory(self) -> bool:
        random, space = self.random, self.space
        page = 0x600000 + 0x1000 * random.randrange(32)
        deeds: tuple[Callable[[], None], ...] = (
            lambda: space.map_private(page, 0x1000 * random.randrange(1, 8), random.randrange(8)),
            lambda: space.map_store(page, 0x1000, self.store, 0, random.randrange(8)),
            lambda: space.protect(page, 0x4000, random.randrange(8)),
            lambda: space.unmap(page, 0x2000),
            lambda: space.set_short_cut(0x43, random.randrange(4)),
        )
        random.choice(deeds)()
        return True

    def look(self) -> bool:
        if self.threads:
            thread = self.random.choice(self.threads)
            deeds: tuple[Callable[[], object], ...] = (
                thread.interrupt,
                thread.cpu_time,
                lambda: thread.args(self.random.randrange(20)),
                lambda: thread.set_fpu(thread.get_fpu()),
            )
            self.random.choice(deeds)()
        return True

    def answer(self) -> bool:
        thread = self.engine.wait(self.random.choice((0, 100_000, 1_000_000)))
        if thread is None:
            return True
        if thread.trap == Trap.DEAD:
            return False
        if thread.trap == Trap.SYSCALL and self.random.random() < 0.8:
            thread.finish(self.random.getrandbits(32))
        else:
            thread.eip, thread.esp, thread.eflags = CODE, STACK - 0x100, 2
            thread.resume()
        return True


@pytest.fixture(params=[stub.create, ptrace.create], ids=["stub", "ptrace"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    made: Engine = request.param()
    yield made
    made.close()


@pytest.mark.parametrize("seed", range(24))
def test_random_words_in_control_memory(engine: Engine, seed: int) -> None:
    random = Random(seed)
    descriptors = len(os.listdir("/proc/self/fd"))
    store = engine.create_store(0x1000)
    victim = Victim(engine, store, random)
    for step in range(300):
        if step > 8 and random.random() < 0.1:
            victim.scribble()
        if not victim.step():
            break
    pid = victim.space.pid
    victim.close()
    store.close()
    assert not pid or not Path(f"/proc/{pid}").exists()
    while engine.wait(0) is not None:
        pass
    good = Guest(engine)
    assert good.run(b"\xb8\x42\0\0\0\xcd\x2e").eax == 0x42
    good.space.destroy()
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert engine.running == 0

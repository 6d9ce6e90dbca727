"""Calls that came after NT 5.2, made with whatever a guest may give: none makes our side fail."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ring3k.abi.tables import VERSIONS, table
from ring3k.calls import all_calls
from ring3k.engine.fake_guest import Program
from tests.kernel.ps_guest import process_of
from tests.kernel.six_guest import OWN_PROCESS, OWN_THREAD, SixGuest

KNOWN = {name for version in VERSIONS for name in table(version)}
LATER = sorted(name for name in all_calls() if name.startswith("Nt") and name not in KNOWN)
ROUNDS = 40
NUMBERS = (0, 1, 2, 3, 4, 8, 0x10, 0x20, 0x1000, 0x3000, 0x1FFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def word(random: Random, g: Any, handles: list[int]) -> int:
    """A number, a handle, an address: good, bad, or at an edge."""
    choice = random.randrange(8)
    if choice < 2:
        return random.choice(NUMBERS)
    if choice < 4:
        return random.choice(handles)
    if choice < 6:
        return int(g.esp) - 0x800 + random.randrange(0, 0x400, 4)
    return random.choice(
        (0x7FFE0000, 0x10, 0x7FFDE000, int(g.esp) - 0x801, 0xFFFFFFFC, random.getrandbits(32))
    )


def fill(random: Random, g: Any, handles: list[int]) -> None:
    """Something for pointers to point to: words that may be sizes, handles, pointers."""
    data = b"".join(word(random, g, handles).to_bytes(4, "little") for _ in range(0x100))
    g.space.write(g.esp - 0x800, data)


GROUPS = [LATER[at : at + 16] for at in range(0, len(LATER), 16)]


@pytest.mark.parametrize("names", GROUPS, ids=[group[0] for group in GROUPS])
def test_nothing_of_ours_fails(hello: Path, names: list[str]) -> None:
    guest = SixGuest(hello)
    calls = all_calls()

    def prepare(g: Any, handles: list[int]) -> Any:
        out = g.esp - 0x100
        for create, args in (
            ("NtCreateEvent", (out, 0x1F0003, 0, 0, 0)),
            ("NtCreateIoCompletion", (out, 0x1F0003, 0, 0)),
            ("NtCreateJobObject", (out, 0x1F003F, 0)),
            ("NtOpenProcessToken", (OWN_PROCESS, 0xF01FF, out)),
        ):
            assert (yield guest.call(create, *args)) == 0
            handles.append(g.space.read_u32(out))

    def trouble(name: str) -> Program:
        random = Random(name)

        def program(g: Any) -> Any:
            handles = [OWN_PROCESS, OWN_THREAD, 0xFFFFFFFA, 0x7770]
            yield from prepare(g, handles)
            for _ in range(ROUNDS):
                fill(random, g, handles)
                if name == "NtWaitForAlertByThreadId":
                    yield guest.call("NtAlertThreadByThreadId", g.owner.tid)
                if name == "NtRemoveIoCompletionEx":
                    yield guest.call("NtSetIoCompletion", handles[5], 1, 2, 3, 4)
                yield guest.call(name, *[word(random, g, handles) for _ in range(calls[name].words)])
                for other in tuple(process_of(g).threads):
                    if other is not g.owner:
                        other.terminate(0)

        return program

    with guest.system as system:
        for name in names:
            if name in guest.numbers:
                with suppress(TimeoutError):  # it waits for ever, as it has asked for
                    guest.spawn(trouble(name)).wait(5)
        assert guest.reports == []
        assert system.crashes == 0

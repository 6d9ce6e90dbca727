"""Users from Python: ``System.spawn(..., user=...)``, and what keeps two of them apart.

The program is security_users of the conformance tests, whose children tell by their exit status which
doors to Alice's things are open to them.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

import ring3k
from ring3k import User
from ring3k.ex.event import Event
from ring3k.ob.namespace import Namespace
from ring3k.system import ProgramError

ALICE = User("S-1-5-21-1-2-3-1001")
BOB = User("S-1-5-21-1-2-3-1002", groups=("S-1-5-32-544",))
DEBUGGER = User("S-1-5-21-1-2-3-1003", privileges=("SeDebugPrivilege+",))
OPENED_THINGS, ITS_PROCESS, ITS_TOKEN, QUERIED_PROCESS = 1 | 2 | 4 | 32 | 64, 8, 16, 128
ALL_DOORS = OPENED_THINGS | ITS_PROCESS | ITS_TOKEN | QUERIED_PROCESS


@pytest.fixture(params=["nt50", "nt51"])
def system(request: pytest.FixtureRequest) -> Iterator[ring3k.System]:
    silent = io.StringIO()
    with ring3k.System(abi=request.param, stdout=silent, stderr=silent) as made:
        yield made
        assert made.crashes == 0


def test_two_users_keep_each_other_out(system: ring3k.System, conformance_programs: Path) -> None:
    program = conformance_programs / "native" / "security_users.exe"
    space = system.kernel.part(Namespace)
    ready, leave = Event(system.kernel, False, False), Event(system.kernel, False, False)
    space.insert("\\BaseNamedObjects\\conf-ready", ready)
    space.insert("\\BaseNamedObjects\\conf-leave", leave)
    hers = system.spawn([program, "child:o"], user=ALICE)
    for _ in range(1000):
        if ready.state or hers.ended:
            break
        system.run(timeout=0.01)
    assert ready.state, hers

    def doors(user: User | None) -> int:
        return system.spawn([program, f"child:x{hers.pid}"], user=user).wait(timeout=30)

    assert doors(ALICE) == ALL_DOORS
    assert doors(BOB) == 0
    assert doors(None) == ALL_DOORS  # a logon's default list lets the system in
    assert doors(DEBUGGER) == ITS_PROCESS | QUERIED_PROCESS
    leave.set()
    assert hers.wait(timeout=30) == 0


@pytest.mark.parametrize(
    ("user", "reason"),
    [
        (User("Bob"), "not a SID: 'Bob'"),
        (User("S-1-5-18", groups=("Users",)), "not a SID: 'Users'"),
        (User("S-1-5-18", privileges=("SeFlyPrivilege",)), "no privilege 'SeFlyPrivilege'"),
    ],
)
def test_bad_descriptions_say_why(
    system: ring3k.System, conformance_programs: Path, user: User, reason: str
) -> None:
    with pytest.raises(ProgramError, match=reason):
        system.spawn([conformance_programs / "native" / "event_state.exe"], user=user)
    assert system.processes == []

"""User callbacks with a real guest and our ntdll: KiUserCallbackDispatcher, int 2b and NtCallbackReturn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import ring3k
from ring3k.ke.callback import call_user

PROGRAM = Path(ring3k.__file__).parent / "userland/guest/apps/callback.exe"
CALL_OUT = 0xFFE


@pytest.mark.parametrize("engine", ["stub", "ptrace"])
@pytest.mark.parametrize("abi", ["nt40", "nt50", "nt51", "nt52"])
def test_the_kernel_calls_the_program(engine: str, abi: str) -> None:
    results: list[tuple[int, bytes]] = []

    async def call_out(t: Any) -> int:
        index, value = t.guest.args(2)
        status, result = await call_user(t, index, value.to_bytes(4, "little"))
        results.append((status, result))
        return status

    with ring3k.System(engine=engine, abi=abi) as system:
        system._machine.kernel.table[CALL_OUT] = call_out
        process = system.spawn([str(PROGRAM)])
        assert process.wait(timeout=10) == 0
        assert process.output == "42 7 5, called 8\n"
        assert system.crashes == 0
    assert results[0] == (42, b"")
    assert results[1] == (7, (42).to_bytes(4, "little") + (0x600D).to_bytes(4, "little"))
    assert results[2:] == [(depth, b"") for depth in range(6)]

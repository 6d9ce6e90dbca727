"""Sockets: off without permission, and given back to the host when their programs end."""

from __future__ import annotations

import io
import os
import socket
from pathlib import Path

import pytest

import ring3k
from tests.guest.tap import parse

NETDOWN = "0xC0012742"  # WSAENETDOWN, as a status


def _sockets() -> int:
    """How many sockets this process has open."""
    return sum(_is_socket(name) for name in os.listdir("/proc/self/fd"))


def _is_socket(name: str) -> bool:
    try:
        return os.readlink(f"/proc/self/fd/{name}").startswith("socket:")
    except OSError:
        return False


def test_without_permission_no_socket_is_made(
    conformance_programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    monkeypatch.setattr(socket, "socket", lambda *arguments: made.append(arguments))
    silent = io.StringIO()
    with ring3k.System(stdout=silent, stderr=silent) as system:
        program = system.spawn([conformance_programs / "native" / "afd_stream.exe"])
        with pytest.raises(TimeoutError):  # it expects a network and waits for a connection
            program.wait(timeout=3)
        failures = parse(program.output).failures
        crashes = system.crashes
    assert NETDOWN in failures["create"]
    assert made == []
    assert crashes == 0


def test_sockets_end_with_their_programs(conformance_programs: Path) -> None:
    before = _sockets()
    silent = io.StringIO()
    with ring3k.System(stdout=silent, stderr=silent, network=True) as system:
        program = system.spawn([conformance_programs / "native" / "afd_stream.exe"])
        ended: list[int] = []

        def kill(call: ring3k.hooks.calls.Call) -> None:
            if _sockets() > before and not ended:
                ended.append(_sockets())
                program.kill()

        system.on_exit("NtDeviceIoControlFile", kill)
        program.wait(timeout=20)
        assert ended
        assert _sockets() == before

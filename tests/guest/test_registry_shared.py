"""Several kernels on one machine folder, each with programs that use the registry."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ring3k.abi.version import version_of
from ring3k.cm.open import open_registry
from tests.guest.tap import parse

PROGRAMS = ("registry_key", "registry_value", "registry_link", "registry_security")


def test_several_kernels_share_a_registry(conformance_programs: Path, tmp_path: Path) -> None:
    """Each program works on a key of its own; all commit to the same file, at the same time."""
    machine, native = tmp_path / "machine", conformance_programs / "native"
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "ring3k", "run", "--machine", machine, native / f"{name}.exe"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in PROGRAMS
    ]
    for name, one in zip(PROGRAMS, running, strict=True):
        output, errors = one.communicate(timeout=100)
        report = parse(output)
        assert (name, list(report.failures.values()), report.complaints, errors) == (name, [], [], "")
        assert one.returncode == 0
    registry = open_registry(str(machine / "registry.db"), version_of("nt51"), hardware=False)
    software = registry.find(registry.root, "MACHINE\\SOFTWARE")
    assert software is not None
    assert not [name for name in registry.children(software) if name.startswith("CONFORMANCE")]
    registry.close()

"""The reference engine: guest threads are traced, every trap is a ptrace stop.

Memory, processes and threads are made as for the stub engine; registers and
traps come from the host's own tracing, so the two check each other.  All of it
must be used from the thread that created it: ptrace binds tracer and tracee.
"""

from __future__ import annotations

from ring3k.engine.probe import check, program
from ring3k.engine.protocol import Engine


def create() -> Engine:
    """A new engine.  Raises EngineError when the host lacks something."""
    check()
    from ring3k.engine import _native

    return _native.Engine("ptrace", program())

"""The default engine: a stub in each guest process catches what guest code does.

``int 2e`` and faults come as signals inside the guest process; calls through
the gate come without any.  The native part does all of it; see native/ and
guest/ beside this file.

An engine belongs to the thread that created it: host processes die with that
thread, and only wake() may be called from another.
"""

from __future__ import annotations

from ring3k.engine.probe import check, program
from ring3k.engine.protocol import Engine


def create() -> Engine:
    """A new engine.  Raises EngineError when the host lacks something."""
    check()
    from ring3k.engine import _native

    return _native.Engine("stub", program())

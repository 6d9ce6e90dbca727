"""What Wine's win32u asks of its host: {the way its system calls take, the table of other functions}."""

from __future__ import annotations

from ring3k.typed import TYPE_CHECKING
from ring3k.userland.unix_calls import UnixCalls
from ring3k.userland.wine_functions import HostFunctions

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread


def init(t: KThread, parameters: int) -> int:
    """Fill the DLL's pointer to the dispatcher."""
    t.memory.write_u32(parameters, t.kernel.part(UnixCalls).gate)
    return 0


def functions(t: KThread, parameters: int) -> int:
    """Fill the DLL's pointer to the table of the host's functions."""
    t.memory.write_u32(parameters, t.kernel.late_part(HostFunctions).give(t))
    return 0


FUNCTIONS = (init, functions)

"""``int 2d``: what a program asks of the kernel debugger.  There is none, so the kernel answers itself.

eax is the service, ecx and edx its arguments.  A break point instruction behind
``int 2d`` belongs to the service and is skipped.  Print passes a STRING in ecx
(NT 4.0, 2000), or the text in ecx and its length in edx (XP and later).  An
unknown service is a break point, as it would be with nobody listening.
"""

from __future__ import annotations

from ring3k.abi.status import STATUS_ACCESS_VIOLATION, STATUS_BREAKPOINT, NtError
from ring3k.ke.exception import Exception_, dispatch
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread

BREAKPOINT_PRINT = 1
BREAKPOINT_PROMPT = 2
BREAKPOINT_LOAD_SYMBOLS = 3
BREAKPOINT_UNLOAD_SYMBOLS = 4
BREAKPOINT_COMMAND_STRING = 5

_MASK = 0xFFFFFFFF
_INT3 = 0xCC
_LONGEST = 0x1000  # text of one print; NT's own buffer is shorter


def debug_service(t: KThread) -> Any:
    """eip stands behind the int 2d."""
    g = t.guest
    service = g.eax
    if not BREAKPOINT_PRINT <= service <= BREAKPOINT_COMMAND_STRING:
        # NT counts the byte behind as part of the trap, and the dispatcher takes it back.
        g.eip = (g.eip + 1) & _MASK
        return dispatch(t, Exception_(STATUS_BREAKPOINT, (g.eip - 1) & _MASK, (service, g.ecx, g.edx)))
    _skip_break_point(t)
    if service in (BREAKPOINT_PRINT, BREAKPOINT_PROMPT):
        try:
            text = _text(t, g.ecx, g.edx if service == BREAKPOINT_PRINT else 0)
        except NtError:
            return STATUS_ACCESS_VIOLATION
        t.kernel.debug_print(t, text.decode("cp1252", "replace"))
        return 0  # printed; or the length of the answer to the prompt
    return g.eax


def _text(t: KThread, address: int, length: int) -> bytes:
    if length:
        return t.memory.read(address, min(length & 0xFFFF, _LONGEST))
    size = t.memory.read_u16(address)
    return t.memory.read(t.memory.read_u32((address + 4) & _MASK), min(size, _LONGEST))


def _skip_break_point(t: KThread) -> None:
    g = t.guest
    try:
        if t.memory.read_u8(g.eip) == _INT3:
            g.eip = (g.eip + 1) & _MASK
    except NtError:
        pass

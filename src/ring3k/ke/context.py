"""CONTEXT: a thread's registers as programs see them.

ContextFlags choose groups; a group counts only together with the i386 bit, and
what is not chosen is neither shown (zero) nor changed.

* Segments are flat on the host and cannot be changed: what NT shows is shown,
  what a program sets is ignored (NT forces user selectors, too).
* EFLAGS are reduced to what user mode may set; IF stays on.
* FloatSave and ExtendedRegisters both hold the x87 state.  When both are set,
  ExtendedRegisters is loaded first and FloatSave over it, as in NT.
* Debug registers are kept and shown while one is enabled; the engine makes them
  work where the host grants that.

The floating-point state is fetched from the engine only when asked for: it costs
more than everything else together.
"""

from __future__ import annotations

from struct import Struct

from ring3k.abi.status import STATUS_DATATYPE_MISALIGNMENT, NtError
from ring3k.abi.structs.ke import (
    CONTEXT,
    CONTEXT_CONTROL,
    CONTEXT_DEBUG_REGISTERS,
    CONTEXT_EXTENDED_REGISTERS,
    CONTEXT_FLOATING_POINT,
    CONTEXT_INTEGER,
    CONTEXT_SEGMENTS,
    CONTEXT_SHORT_SIZE,
    DR7_ENABLED,
    EFLAGS_IF,
    EFLAGS_USER_SANITIZE,
    KGDT_R3_CODE,
    KGDT_R3_DATA,
    KGDT_R3_TEB,
)
from ring3k.engine.protocol import USER_END, GuestThread
from ring3k.ke.floating import FloatSave, safe_fxsave, shown_fxsave, to_fnsave, with_fnsave, x87_of
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.abi.memory import Memory
    from ring3k.ke.thread import KThread

CONTEXT_SIZE = 0x2CC
_WHOLE = Struct("<7I 7I80sI 4I 6I6I 512s")
_VM86 = 0x1A0000  # VM, VIF, VIP
_FLAGS = EFLAGS_USER_SANITIZE & ~_VM86
_NO_FLOAT: FloatSave = (0, 0, 0, 0, 0, 0, 0, b"", 0)
_NO_DEBUG = (0, 0, 0, 0, 0, 0)
_DR6_LEGAL = 0xE00F
_DR7_LEGAL = 0xFFFF0155
_BITS = 0x3F
_CONTROL, _INTEGER, _SEGMENTS, _FLOATING, _DEBUG, _EXTENDED = (
    group & _BITS
    for group in (
        CONTEXT_CONTROL,
        CONTEXT_INTEGER,
        CONTEXT_SEGMENTS,
        CONTEXT_FLOATING_POINT,
        CONTEXT_DEBUG_REGISTERS,
        CONTEXT_EXTENDED_REGISTERS,
    )
)


def groups_of(flags: int) -> int:
    """The groups chosen; none without the i386 bit."""
    return flags & _BITS if flags & 0x10000 else 0


# -- registers to CONTEXT -------------------------------------------------------
def pack(t: KThread, flags: int) -> bytes:
    """The CONTEXT of a trapped thread, as it goes to guest memory."""
    g = t.guest
    groups = groups_of(flags)
    float_save, extended = _NO_FLOAT, b""
    if groups & (_FLOATING | _EXTENDED):
        image = g.get_fpu()
        seen, x87 = t.float_seen, x87_of(image)
        shown = shown_fxsave(image)
        if seen is None or seen[0] != x87:
            seen = (x87, to_fnsave(image), shown)
        t.float_seen = (x87, seen[1], shown)
        if groups & _EXTENDED:
            extended = shown
        if groups & _FLOATING:
            float_save = seen[1]
    debug = t.debug_registers if groups & _DEBUG and t.debug_registers[5] & DR7_ENABLED else _NO_DEBUG
    segments = (0, KGDT_R3_TEB, KGDT_R3_DATA, KGDT_R3_DATA) if groups & _SEGMENTS else (0, 0, 0, 0)
    integer = (g.edi, g.esi, g.ebx, g.edx, g.ecx, g.eax) if groups & _INTEGER else _NO_DEBUG
    control = (g.ebp, g.eip, KGDT_R3_CODE, g.eflags, g.esp, KGDT_R3_DATA) if groups & _CONTROL else _NO_DEBUG
    return _WHOLE.pack(flags, *debug, *float_save, *segments, *integer, *control, extended)


def capture(t: KThread, flags: int) -> CONTEXT:
    """The same as a structure."""
    return CONTEXT.unpack(pack(t, flags))


# -- CONTEXT to registers -------------------------------------------------------
def read(memory: Memory, address: int) -> bytes:
    """A CONTEXT out of guest memory; only the first 0xcc bytes are touched where that is all there is."""
    if address & 3:
        raise NtError(STATUS_DATATYPE_MISALIGNMENT)
    data = memory.read(address, CONTEXT_SHORT_SIZE)
    if data[0] & _EXTENDED and data[2] & 1:
        return data + memory.read(address + CONTEXT_SHORT_SIZE, 512)
    return data + bytes(512)


def unpack(t: KThread, data: bytes, allowed: int = _BITS) -> None:
    """Load a CONTEXT (0x2cc bytes) into a trapped thread: the groups it names, out of ``allowed``."""
    g = t.guest
    values = _WHOLE.unpack(data)
    groups = groups_of(values[0]) & allowed
    if groups & _CONTROL:
        g.ebp, g.eip, _, eflags, g.esp, _ = values[26:32]
        g.eflags = eflags & _FLAGS | EFLAGS_IF | 2
    if groups & _INTEGER:
        g.edi, g.esi, g.ebx, g.edx, g.ecx, g.eax = values[20:26]
    if groups & (_FLOATING | _EXTENDED):
        _load_floating(t, groups, values[7:16], values[32])
    if groups & _DEBUG:
        _load_debug(t, values[1:7])


def apply(t: KThread, context: CONTEXT, flags: int | None = None) -> None:
    """Load a CONTEXT from outside (NtSetContextThread); ``flags`` in place of its own ContextFlags."""
    data = context.pack()
    if flags is not None:
        data = flags.to_bytes(4, "little") + data[4:]
    unpack(t, data)
    t.new_registers = t.pending = True


def _load_floating(t: KThread, groups: int, save: FloatSave, extended: bytes) -> None:
    seen = t.float_seen
    if groups & _EXTENDED:
        # Mostly a CONTEXT comes back as it was given out: then there is nothing to convert.
        image = extended if seen is not None and seen[2] == extended else safe_fxsave(extended)
    else:
        image = t.guest.get_fpu()
    if groups & _FLOATING and (seen is None or seen[1] != save or seen[0] != x87_of(image)):
        image = with_fnsave(image, save)
    t.guest.set_fpu(image)


def _load_debug(t: KThread, values: tuple[int, ...]) -> None:
    addresses = [value if value < USER_END else 0 for value in values[:4]]
    dr0, dr1, dr2, dr3 = addresses
    control, before = values[5] & _DR7_LEGAL, t.debug_registers
    t.debug_registers = (dr0, dr1, dr2, dr3, values[4] & _DR6_LEGAL, control)
    if (control | before[5]) & DR7_ENABLED and (*addresses, control) != (*before[:4], before[5]):
        t.guest.set_debug(dr0, dr1, dr2, dr3, control)


# -- for the creation of threads ------------------------------------------------
def capture_context(memory: Memory, address: int) -> CONTEXT:
    """Read a CONTEXT that a system call was given."""
    return CONTEXT.unpack(read(memory, address))


def load_context(guest: GuestThread, context: CONTEXT) -> None:
    """The first registers of a new thread: control registers always count."""
    owner: Any = guest.owner
    apply(owner, context, context.ContextFlags | CONTEXT_CONTROL)

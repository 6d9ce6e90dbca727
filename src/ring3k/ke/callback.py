"""User callbacks: the kernel calls a function of the program and waits for its return.

    esp -> 0, index, buffer, length, then the data the buffer points to

and the thread enters KiUserCallbackDispatcher, which looks the function up in
PEB.KernelCallbackTable.  It returns by ``int 2b`` or NtCallbackReturn; then the
registers and the exception list are again those of the system call that called
out.  A function may make system calls that call out in turn, so returns belong
to the innermost callback.
"""

from __future__ import annotations

from contextlib import suppress
from struct import pack

from ring3k.abi.status import (
    STATUS_INSUFFICIENT_RESOURCES,
    STATUS_NO_CALLBACK_ACTIVE,
    STATUS_STACK_OVERFLOW,
    GuestFault,
    NtError,
)
from ring3k.abi.structs.ke import EFLAGS_TF
from ring3k.ke.thread import ThreadExit
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread
    from ring3k.sched.scheduler import Suspension

MAXIMUM_DEPTH = 48  # where NT's kernel stack could grow no further
MAXIMUM_RESULT = 1 << 20
_SAVED = ("eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "esp", "eip", "eflags", "arg_base")


async def call_user(t: KThread, index: int, data: bytes) -> tuple[int, bytes]:
    """Run callback ``index`` in the calling thread; its status and result."""
    g = t.guest
    if len(t.callbacks) >= MAXIMUM_DEPTH:
        raise NtError(STATUS_STACK_OVERFLOW)
    entry = t.process.user_address("KiUserCallbackDispatcher")
    if not entry:
        raise ThreadExit
    saved = tuple(getattr(g, name) for name in _SAVED)
    exception_list = _exception_list(t)
    buffer = (g.esp - len(data)) & ~3
    start = buffer - 16
    if start < 0:
        raise GuestFault(start & 0xFFFFFFFF, write=True)
    t.memory.write(start, pack("<4I", 0, index, buffer, len(data)) + data)
    g.esp, g.eip = start, entry
    g.eflags &= ~EFLAGS_TF
    suspension: Suspension[tuple[int, bytes]] = t.kernel.scheduler.suspension()
    t.callbacks.append(suspension)
    t.kernel.leave(t, None)
    result = await suspension
    for name, value in zip(_SAVED, saved, strict=True):
        setattr(g, name, value)
    t.new_registers = t.pending = True
    if exception_list is not None:
        with suppress(GuestFault):
            t.memory.write_u32(t.teb, exception_list)
    return result


def _exception_list(t: KThread) -> int | None:
    """NtTib.ExceptionList; None when the program has taken its own TEB away."""
    try:
        return t.memory.read_u32(t.teb)
    except GuestFault:
        return None


def callback_return(t: KThread, result: int, length: int, status: int) -> int | None:
    """End the innermost callback; STATUS_NO_CALLBACK_ACTIVE without one."""
    if not t.callbacks:
        return STATUS_NO_CALLBACK_ACTIVE
    data = b""
    if result and length:
        try:
            if length > MAXIMUM_RESULT:
                raise NtError(STATUS_INSUFFICIENT_RESOURCES)
            data = t.memory.read(result, length)
        except NtError as error:
            status = error.status
    t.callbacks.pop().complete((status, data))
    t.staying = t.pending = True
    return None

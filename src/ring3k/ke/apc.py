"""User APCs: delivery on the way out of the kernel.

    esp -> NormalRoutine, NormalContext, SystemArgument1, SystemArgument2, CONTEXT

(others: ``ke.contract``) and the thread enters KiUserApcDispatcher, which calls the routine
and goes back through NtContinue with test-alert; that makes the next queued APC deliverable.
So one APC is delivered at a time, and each finds the same interrupted context.

A thread begins the same way, with ntdll's LdrInitializeThunk as the routine.
"""

from __future__ import annotations

from ring3k.abi.status import STATUS_ACCESS_VIOLATION, GuestFault, NtError
from ring3k.abi.structs.ke import (
    CONTEXT,
    CONTEXT_DEBUG_REGISTERS,
    CONTEXT_FULL,
    EFLAGS_TF,
    EXCEPTION_WRITE_FAULT,
)
from ring3k.ke import context as registers
from ring3k.ke.exception import Exception_, dispatch
from ring3k.ke.pool import APC_COST
from ring3k.ke.thread import KThread, ThreadExit, UserApc

_FLAGS = CONTEXT_FULL | CONTEXT_DEBUG_REGISTERS


def deliver_apc(t: KThread) -> None:
    """Make the thread enter its first user APC.  Its registers are what it will go back to."""
    apc = t.take_apc()
    t.user_apc_pending = False
    entry = t.process.user_address("KiUserApcDispatcher")
    if not entry:
        raise ThreadExit
    g = t.guest
    saved = registers.pack(t, _FLAGS)
    contract = t.process.contract
    place = (g.esp & ~3) - len(saved)
    start = place - contract.APC_FRAME
    try:
        if start < 0:
            raise GuestFault(start & 0xFFFFFFFF, write=True)
        t.memory.write(start, contract.apc_frame(apc, place) + saved)
    except NtError as error:
        _undeliverable(t, error, start)
        return
    g.esp, g.eip = start, entry
    g.eflags &= ~EFLAGS_TF


def _undeliverable(t: KThread, error: NtError, start: int) -> None:
    """The stack cannot hold the APC: an exception, as if the thread had pushed it itself."""
    where = error.address if isinstance(error, GuestFault) else start
    code = error.status if not isinstance(error, GuestFault) else STATUS_ACCESS_VIOLATION
    waiting = dispatch(t, Exception_(code, t.guest.eip, (EXCEPTION_WRITE_FAULT, where & 0xFFFFFFFF)))
    if waiting is not None:
        t.kernel.drive(t, waiting)


def initial_apc(t: KThread, context: CONTEXT, routine: int, args: tuple[int, int, int]) -> None:
    """First registers of a thread, and the APC that it begins with when it first leaves the kernel."""
    registers.load_context(t.guest, context)
    t.kernel.pool.charge(APC_COST)
    t.user_apcs.appendleft(UserApc(routine, *args))
    t.user_apc_pending = True
    t.update_pending()

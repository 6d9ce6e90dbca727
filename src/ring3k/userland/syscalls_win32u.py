"""What console programs ask of the windows' side of the system, through Wine's win32u.

There are no windows.  user32 is loaded by many programs that have none, and asks a
few things on the way: these are answered as by a session without a desktop.
"""

from __future__ import annotations

from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.types import Handle, Pointer, Ulong
from ring3k.ke.thread import KThread as Thread

DOTS_PER_INCH = 96


@syscall(PARTIAL, "there are no windows whose procedures are called")
def NtUserInitializeClientPfnArrays(
    t: Thread, client_procs_a: Pointer, client_procs_w: Pointer, client_workers: Pointer, user_module: Pointer
) -> int:
    """user32 tells where its window procedures are."""
    return 0


@syscall(PARTIAL, "every process sees the same screen")
def NtUserGetSystemDpiForProcess(t: Thread, process: Handle) -> int:
    """Dots per inch."""
    return DOTS_PER_INCH


@syscall(PARTIAL, "there is nothing to be given back")
def NtUserCallNoParam(t: Thread, code: Ulong) -> int:
    """Small things without a parameter: a thread that ends says so."""
    return 0

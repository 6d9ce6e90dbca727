"""Thread environment blocks: what the kernel writes there, and reads back.

The kernel fills what it must (MmCreateTeb) and trusts nothing it reads: a TEB is
the program's to overwrite.
"""

from __future__ import annotations

from ring3k.abi.status import GuestFault
from ring3k.abi.strings import UNICODE_STRING
from ring3k.abi.structs.ps import CLIENT_ID, INITIAL_TEB, NT_TIB, TEB_NT50
from ring3k.abi.structs.ps6 import (
    SAME_TEB_FLAGS,
    TEB_LOADER_WORKER,
    TEB_SKIP_LOADER_INIT,
    TEB_SKIP_THREAD_ATTACH,
    THREAD_CREATE_FLAGS_LOADER_WORKER,
    THREAD_CREATE_FLAGS_SKIP_LOADER_INIT,
    THREAD_CREATE_FLAGS_SKIP_THREAD_ATTACH,
)
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.engine.protocol import Space
    from ring3k.ke.thread import KThread

EXCEPTION_CHAIN_END = 0xFFFFFFFF
OS2_VERSION = 0x1E00  # in the union with FiberData
DEFAULT_LOCALE = 0x409
STATIC_BUFFER_SIZE = 261 * 2


def write_teb(
    memory: Space, teb: int, peb: int, ids: tuple[int, int], stack: INITIAL_TEB, fiber_data: int
) -> None:
    """Fill a fresh (zero) page; ``ids``: of process and thread."""
    offset = TEB_NT50.offset
    fixed = bool(stack.PreviousStackBase or stack.PreviousStackLimit)
    tib = NT_TIB(
        ExceptionList=EXCEPTION_CHAIN_END,
        StackBase=stack.PreviousStackBase if fixed else stack.StackBase,
        StackLimit=stack.PreviousStackLimit if fixed else stack.StackLimit,
        FiberData=fiber_data,
        Self=teb,
    ).pack()
    client = CLIENT_ID(UniqueProcess=ids[0], UniqueThread=ids[1]).pack()
    static = UNICODE_STRING(
        MaximumLength=STATIC_BUFFER_SIZE, Buffer=teb + offset("StaticUnicodeBuffer")
    ).pack()
    poke = memory.poke
    poke(teb, tib)
    poke(teb + offset("ClientId"), client)
    poke(teb + offset("ProcessEnvironmentBlock"), peb.to_bytes(4, "little"))
    poke(teb + offset("CurrentLocale"), DEFAULT_LOCALE.to_bytes(4, "little"))
    poke(teb + offset("RealClientId"), client)
    poke(teb + offset("StaticUnicodeString"), static)
    if not fixed:
        poke(teb + offset("DeallocationStack"), stack.AllocatedStackBase.to_bytes(4, "little"))


_SAME_TEB = {
    THREAD_CREATE_FLAGS_SKIP_THREAD_ATTACH: TEB_SKIP_THREAD_ATTACH,
    THREAD_CREATE_FLAGS_LOADER_WORKER: TEB_LOADER_WORKER,
    THREAD_CREATE_FLAGS_SKIP_LOADER_INIT: TEB_SKIP_LOADER_INIT,
}


def write_flags(memory: Space, teb: int, flags: int) -> None:
    """What ntdll is to do when the thread begins (NtCreateThreadEx)."""
    same = sum(bit for flag, bit in _SAME_TEB.items() if flags & flag)
    memory.poke(teb + SAME_TEB_FLAGS, same.to_bytes(2, "little"))


def stack_to_free(thread: KThread) -> int:
    """The stack that the thread wants freed with it, 0 for none."""
    memory, teb = thread.memory, thread.teb
    try:
        if memory.read_u8(teb + TEB_NT50.offset("FreeStackOnTermination")):
            return memory.read_u32(teb + TEB_NT50.offset("DeallocationStack"))
    except GuestFault:
        pass
    return 0

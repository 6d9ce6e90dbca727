"""Page faults: what the guest or the kernel may touch after all, and what is an exception.

The engine shows pages that the kernel wants to hear about with fewer rights;
here they are given the rest: a private copy of a copy-on-write page, the mark of
a write-watched page, the loss of a guard.  A fault on a page that is accessible
by now (another thread was first) is simply resolved.

NT's order: a missing right is an access violation and leaves a guard alone; only
an allowed access takes the guard away.  In the faulting thread's stack a taken
guard moves down instead of being reported, until two pages are left: then the
next one is committed without guard and STATUS_STACK_OVERFLOW raised.  The lowest
page of a stack is never committed.  When the kernel itself meets a guard (a result
written to the stack, an exception pushed on it) the stack is that of any thread of
the process.
"""

from __future__ import annotations

from ring3k.abi.status import (
    STATUS_ACCESS_VIOLATION,
    STATUS_END_OF_FILE,
    STATUS_GUARD_PAGE_VIOLATION,
    STATUS_IN_PAGE_ERROR,
    STATUS_STACK_OVERFLOW,
    GuestFault,
    NtError,
)
from ring3k.abi.structs.mm import MEM_COMMIT, MEM_PRIVATE, PAGE_GUARD, PAGE_NOACCESS, PAGE_READWRITE
from ring3k.engine.protocol import PAGE
from ring3k.mm.protection import (
    ACCESS,
    AFTER_COPY,
    ANY_COPY,
    ANY_EXECUTE,
    ANY_WRITE,
    COMMITTED,
    COPIED,
    DIRTY,
)
from ring3k.mm.vad import Vad
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread
    from ring3k.mm.address_space import AddressSpace

MOST_WATCHED = 512  # page faults that a working set watch keeps
READ = 0
WRITE = 1
EXECUTE = 8

# None: resolved, run again.  Otherwise exception code and ExceptionInformation.
Outcome = tuple[int, tuple[int, ...]] | None

_STACK_BASE = 0x4  # fields of the TEB
_STACK_LIMIT = 0x8
_DEALLOCATION_STACK = 0xE0C


def fault(t: KThread, address: int, access: int) -> Outcome:
    """A guest thread faulted (Kernel.answer_page_fault)."""
    watch = t.process.fault_watch
    if watch is not None and len(watch) < MOST_WATCHED:
        watch.append((t.guest.eip, address))
    return resolve(t.process.vm, address, access, t)


def resolve(vm: AddressSpace, address: int, access: int, t: KThread | None) -> Outcome:
    """Make a page accessible if it may be; ``t`` is None when the kernel itself touched it."""
    vad = vm.find(address)
    if vad is not None:
        word = vad.pages.at(address)
        if word & COMMITTED and _allowed(vm, word, access):
            page = address & -PAGE
            if word & PAGE_GUARD:
                return _take_guard(vm, vad, page, word, (access, address), t)
            if access == WRITE:
                if word & ANY_COPY:
                    return _copy(vm, vad, page, word, address)
                if vad.write_watch and not word & DIRTY:
                    _mark(vm, vad, page, word)
            return None
    if access == EXECUTE and not vm.tells_execution:
        access = READ  # such a processor does not tell them apart
    return STATUS_ACCESS_VIOLATION, (access, address)


def _allowed(vm: AddressSpace, word: int, access: int) -> bool:
    if access == WRITE:
        return bool(word & (ANY_WRITE | ANY_COPY))
    if access == EXECUTE and vm.nx:
        return bool(word & ANY_EXECUTE)
    return not word & PAGE_NOACCESS


def _copy(vm: AddressSpace, vad: Vad, page: int, word: int, address: int) -> Outcome:
    """Give a page of a view a private copy (its commitment was charged with the view)."""
    new = word & ~ACCESS | AFTER_COPY[word & ACCESS] | COPIED
    try:
        data = vad.shows.read(vad.offset + page - vad.start, PAGE)
        vm.set_word(vad, page, page + PAGE, new)
    except OSError:  # its file has become shorter
        return STATUS_IN_PAGE_ERROR, (WRITE, address, STATUS_END_OF_FILE)
    except NtError as error:
        return STATUS_IN_PAGE_ERROR, (WRITE, address, error.status)
    vm.space.poke(page, data)
    vm.show(vad, page, page + PAGE, new)
    return None


def _mark(vm: AddressSpace, vad: Vad, page: int, word: int) -> None:
    """Note a write to a watched page; where the runs get too many, to all its neighbours."""
    start, end = page, page + PAGE
    try:
        vm.set_word(vad, start, end, word | DIRTY)
    except NtError:
        start, end = next((a, b) for a, b, _ in vad.pages.pieces(vad.start, vad.end) if a <= page < b)
        vad.pages.set(start, end, word | DIRTY)
    vm.space.protect(start, end - start, vm.rights(vad, word | DIRTY))


def _take_guard(
    vm: AddressSpace, vad: Vad, page: int, word: int, parameters: tuple[int, int], t: KThread | None
) -> Outcome:
    """The one shot of a guard page."""
    word &= ~PAGE_GUARD
    try:
        vm.set_word(vad, page, page + PAGE, word)
    except NtError as error:
        return STATUS_IN_PAGE_ERROR, (*parameters, error.status)
    vm.space.protect(page, PAGE, vm.rights(vad, word))
    status = STATUS_GUARD_PAGE_VIOLATION
    if vad.type == MEM_PRIVATE:
        for one in vm.threads if t is None else (t,):
            status = _grow_stack(vm, vad, page, one)
            if status != STATUS_GUARD_PAGE_VIOLATION:
                break
    return None if status == 0 else (status, parameters)


def _grow_stack(vm: AddressSpace, vad: Vad, page: int, t: KThread) -> int:
    """Move the guard of the thread's stack below ``page``; the TEB is the guest's and only compared."""
    memory, teb = t.memory, t.teb
    try:
        base = memory.read_u32(teb + _STACK_BASE)
        bottom = memory.read_u32(teb + _DEALLOCATION_STACK)
    except NtError:
        return STATUS_GUARD_PAGE_VIOLATION
    if not bottom <= page < base or not vad.start <= bottom < vad.end or bottom & (PAGE - 1):
        return STATUS_GUARD_PAGE_VIOLATION
    following = page - PAGE
    last = following <= bottom + PAGE
    try:
        if following > bottom:
            protect = PAGE_READWRITE if last else PAGE_READWRITE | PAGE_GUARD
            vm.allocate(following, PAGE, MEM_COMMIT, protect)
            page = following if last else page
        memory.write_u32(teb + _STACK_LIMIT, page)
    except GuestFault:
        return STATUS_GUARD_PAGE_VIOLATION
    except NtError:
        return STATUS_STACK_OVERFLOW
    return STATUS_STACK_OVERFLOW if last else 0

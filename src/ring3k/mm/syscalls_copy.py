"""Reading and writing the memory of a process, and write watch.

Copies go through the kernel in pieces, so a length of gigabytes costs no
memory.  NT looks at the ranges before anything else, at the handle only if there
is something to copy, and at the pages last: what stops a copy half-way, or at its
first byte, is STATUS_PARTIAL_COPY with the count.  Protection of the target
counts: writing to read-only pages is the debugger's business (it calls
NtProtectVirtualMemory first); copy-on-write pages are copied.
"""

from __future__ import annotations

from ring3k.abi.access import PROCESS_VM_OPERATION, PROCESS_VM_READ, PROCESS_VM_WRITE
from ring3k.abi.call import syscall
from ring3k.abi.status import (
    STATUS_ACCESS_VIOLATION,
    STATUS_INVALID_PARAMETER_1,
    STATUS_INVALID_PARAMETER_2,
    STATUS_INVALID_PARAMETER_3,
    STATUS_INVALID_PARAMETER_5,
    STATUS_PARTIAL_COPY,
    GuestFault,
    NtError,
)
from ring3k.abi.structs.mm import WRITE_WATCH_FLAG_RESET
from ring3k.abi.types import Handle, InOut, Opt, Out, OutWord, Pointer, SizeT, Ulong, UlongPtr
from ring3k.engine.protocol import PAGE, Space
from ring3k.ke.thread import KProcess
from ring3k.ke.thread import KThread as Thread
from ring3k.mm.address_space import AddressSpace
from ring3k.mm.protection import COMMITTED, DIRTY
from ring3k.mm.syscalls import vm_of
from ring3k.mm.vad import HIGHEST_USER, Vad
from ring3k.ob.handles import lookup
from ring3k.typed import Any

_PIECE = 0x10000


def copy_between(source: Space, from_: int, target: Space, to: int, size: int) -> int:
    """Bytes copied before a page stopped it.  No page is tried twice: a guard is one only once."""
    done = 0
    while done < size:
        part = min(_PIECE, size - done)
        try:
            data = source.read(from_ + done, part)
        except GuestFault as fault:
            data = source.read(from_ + done, fault.address - from_ - done)
        try:
            target.write(to + done, data)
        except GuestFault as fault:
            target.write(to + done, data[: fault.address - to - done])
            return fault.address - to
        done += len(data)
        if len(data) < part:
            break
    return done


def transfer(
    t: Thread, handle: int, remote: int, own: int, size: int, count: Out[SizeT] | OutWord | None, write: bool
) -> int:
    if remote + size > HIGHEST_USER or own + size > HIGHEST_USER:
        raise NtError(STATUS_ACCESS_VIOLATION)
    done, status = 0, 0
    try:
        if size:
            process: Any = lookup(t, handle, KProcess, PROCESS_VM_WRITE if write else PROCESS_VM_READ)
            process.vm.check_alive()
            if write:
                done = copy_between(t.memory, own, process.memory, remote, size)
            else:
                done = copy_between(process.memory, remote, t.memory, own, size)
            if done < size:
                status = STATUS_PARTIAL_COPY
    except NtError as error:
        status = error.status
    if count is not None:
        count.set(done)
    return status


@syscall()
def NtReadVirtualMemory(
    t: Thread,
    process_handle: Handle,
    base_address: Pointer,
    buffer: Pointer,
    number_of_bytes_to_read: SizeT,
    number_of_bytes_read: Opt[Out[SizeT]],
) -> int:
    """Copy from a process to the caller."""
    return transfer(
        t, process_handle, base_address, buffer, number_of_bytes_to_read, number_of_bytes_read, False
    )


@syscall()
def NtWriteVirtualMemory(
    t: Thread,
    process_handle: Handle,
    base_address: Pointer,
    buffer: Pointer,
    number_of_bytes_to_write: SizeT,
    number_of_bytes_written: Opt[Out[SizeT]],
) -> int:
    """Copy from the caller to a process."""
    return transfer(
        t, process_handle, base_address, buffer, number_of_bytes_to_write, number_of_bytes_written, True
    )


# -- write watch ----------------------------------------------------------------------
def _check_range(base: int, size: int) -> None:
    if base > HIGHEST_USER:
        raise NtError(STATUS_INVALID_PARAMETER_2)
    if HIGHEST_USER - base < size or size == 0:
        raise NtError(STATUS_INVALID_PARAMETER_3)


def _watched(t: Thread, handle: int, base: int, size: int) -> tuple[AddressSpace, Vad, int, int]:
    """The write-watched range; the checks that both calls share."""
    _check_range(base, size)
    vm = vm_of(t, handle, PROCESS_VM_OPERATION)
    start, end = base & -PAGE, (base + size + PAGE - 1) & -PAGE
    vad = vm.find(start)
    if vad is None or end > vad.end or not vad.write_watch:
        raise NtError(STATUS_INVALID_PARAMETER_1)
    return vm, vad, start, end


def _reset(vm: AddressSpace, vad: Vad, start: int, end: int) -> None:
    """Watch again."""
    for a, b, word in list(vad.pages.pieces(start, end)):
        if word & DIRTY:
            vm.set_word(vad, a, b, word & ~DIRTY)
            if word & COMMITTED:
                vm.space.protect(a, b - a, vm.rights(vad, word & ~DIRTY))


def _check_watch(flags: int, base_address: int, region_size: int) -> None:
    """What is wrong with the numbers of NtGetWriteWatch."""
    if flags & ~WRITE_WATCH_FLAG_RESET:
        raise NtError(STATUS_INVALID_PARAMETER_2)
    _check_range(base_address, region_size)


@syscall(first=_check_watch)
def NtGetWriteWatch(
    t: Thread,
    process_handle: Handle,
    flags: Ulong,
    base_address: Pointer,
    region_size: SizeT,
    user_address_array: Pointer,
    entries_in_user_address_array: InOut[UlongPtr],
    granularity: Out[Ulong],
) -> int:
    """Addresses of the pages written since the last reset; the array is probed whole."""
    room = entries_in_user_address_array.value
    if room == 0 or room > HIGHEST_USER // 4:
        raise NtError(STATUS_INVALID_PARAMETER_5)
    t.memory.probe_write(user_address_array, room * 4)
    vm, vad, start, end = _watched(t, process_handle, base_address, region_size)
    found: list[int] = []
    for a, b, word in vad.pages.pieces(start, end):
        if word & DIRTY:
            found += range(a, min(b, a + (room - len(found)) * PAGE), PAGE)
            if len(found) == room:
                end = found[-1] + PAGE
                break
    t.memory.write(user_address_array, b"".join(page.to_bytes(4, "little") for page in found))
    entries_in_user_address_array.set(len(found))
    granularity.set(PAGE)
    if flags & WRITE_WATCH_FLAG_RESET:
        _reset(vm, vad, start, end)
    return 0


@syscall()
def NtResetWriteWatch(t: Thread, process_handle: Handle, base_address: Pointer, region_size: SizeT) -> int:
    """Forget which pages were written."""
    _reset(*_watched(t, process_handle, base_address, region_size))
    return 0

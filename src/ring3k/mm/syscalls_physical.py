"""Address windowing calls.

Getting physical pages needs SeLockMemoryPrivilege; showing them in a window and giving
them back does not.  Windows are made by NtAllocateVirtualMemory with MEM_PHYSICAL.
"""

from __future__ import annotations

from array import array

from ring3k.abi.access import PROCESS_VM_OPERATION
from ring3k.abi.call import syscall
from ring3k.abi.status import STATUS_INVALID_PARAMETER_2, NtError
from ring3k.abi.types import (
    POINTER,
    Handle,
    InBuffer,
    InOut,
    Opt,
    Pointer,
    Sized,
    UlongPtr,
    check_alignment,
)
from ring3k.engine.protocol import PAGE
from ring3k.ke.thread import KThread as Thread
from ring3k.mm.physical import free_frames, map_frames, map_scattered
from ring3k.mm.syscalls import vm_of
from ring3k.ob.handles import CURRENT_PROCESS
from ring3k.se.privilege import SE_LOCK_MEMORY_PRIVILEGE, require_privilege
from ring3k.typed import Annotated

_MOST = 0xFFFFFFFF // 4  # numbers that an array could hold
_PIECE = 0x10000  # numbers read at once


@syscall()
def NtAllocateUserPhysicalPages(
    t: Thread, process_handle: Handle, number_of_pages: InOut[UlongPtr], user_pfn_array: Pointer
) -> int:
    """Allocate physical pages, as many as there are; their numbers go to the array, which is probed whole."""
    count = number_of_pages.value
    if count == 0:
        return 0
    if count > _MOST:
        raise NtError(STATUS_INVALID_PARAMETER_2)
    check_alignment(user_pfn_array, 4)
    t.memory.probe_write(user_pfn_array, 4 * count)
    vm = vm_of(t, process_handle, PROCESS_VM_OPERATION)
    require_privilege(t, SE_LOCK_MEMORY_PRIVILEGE)
    numbers = vm.own_frames().allocate(count)
    t.memory.write(user_pfn_array, numbers.tobytes())
    number_of_pages.set(len(numbers))
    return 0


@syscall()
def NtFreeUserPhysicalPages(
    t: Thread, process_handle: Handle, number_of_pages: InOut[UlongPtr], user_pfn_array: Pointer
) -> int:
    """Free physical pages, up to the first that is not the process' own; tells how many they were."""
    count = number_of_pages.value
    if not 0 < count <= _MOST:
        raise NtError(STATUS_INVALID_PARAMETER_2)
    check_alignment(user_pfn_array, 4)
    numbers = array("I", t.memory.read(user_pfn_array, 4 * min(count, _PIECE)))
    vm = vm_of(t, process_handle, PROCESS_VM_OPERATION)
    freed = status = 0
    try:
        while True:
            status, done = free_frames(vm, numbers)
            freed += done
            if status or freed == count:
                break
            part = min(count - freed, _PIECE)
            numbers = array("I", t.memory.read(user_pfn_array + 4 * freed, 4 * part))
    finally:
        number_of_pages.set(freed)
    return status


def _check_range(virtual_address: int, number_of_pages: int) -> None:
    """A range that is empty or wraps around."""
    if not 0 < number_of_pages <= (0x1_0000_0000 - (virtual_address & -PAGE)) // PAGE:
        raise NtError(STATUS_INVALID_PARAMETER_2)


def _check_count(number_of_pages: int) -> None:
    if number_of_pages > 0xFFFFFFFF // PAGE:
        raise NtError(STATUS_INVALID_PARAMETER_2)


def _words(buffer: InBuffer | None) -> array[int] | None:
    return None if buffer is None else array("I", buffer.read())


@syscall(first=_check_range)
def NtMapUserPhysicalPages(
    t: Thread,
    virtual_address: Pointer,
    number_of_pages: UlongPtr,
    user_pfn_array: Opt[Annotated[InBuffer, Sized("number_of_pages", unit=POINTER, align=4)]],
) -> int:
    """Show physical pages in a window one after the other, or take out what is there."""
    map_frames(vm_of(t, CURRENT_PROCESS, 0), virtual_address, number_of_pages, _words(user_pfn_array))
    return 0


@syscall(first=_check_count)
def NtMapUserPhysicalPagesScatter(
    t: Thread,
    virtual_addresses: Annotated[InBuffer, Sized("number_of_pages", unit=POINTER, align=4)],
    number_of_pages: UlongPtr,
    user_pfn_array: Opt[Annotated[InBuffer, Sized("number_of_pages", unit=POINTER, align=4)]],
) -> int:
    """Show each physical page at its own address, or take out what is there."""
    numbers = _words(user_pfn_array)
    map_scattered(vm_of(t, CURRENT_PROCESS, 0), array("I", virtual_addresses.read()), numbers)
    return 0

"""Locking pages: in the working set of the process, or in physical memory.

Nothing is ever paged out here, so what remains is NT's account: a page can be locked
in either way, once, and all that is locked must leave room in the minimum working
set.  Locking in physical memory needs SeLockMemoryPrivilege.
"""

from __future__ import annotations

from ring3k.abi.access import PROCESS_VM_OPERATION
from ring3k.abi.call import syscall
from ring3k.abi.enums import MapType
from ring3k.abi.status import (
    STATUS_ACCESS_VIOLATION,
    STATUS_INCOMPATIBLE_FILE_MAP,
    STATUS_INVALID_PARAMETER,
    STATUS_NOT_LOCKED,
    STATUS_WAS_LOCKED,
    STATUS_WORKING_SET_QUOTA,
    NtError,
)
from ring3k.abi.structs.mm import MAP_PROCESS, MAP_SYSTEM
from ring3k.abi.types import Handle, InOut, Pointer, SizeT
from ring3k.engine.protocol import PAGE
from ring3k.ke.thread import KThread as Thread
from ring3k.mm.address_space import AddressSpace
from ring3k.mm.fault import READ, resolve
from ring3k.mm.protection import IN_MEMORY, IN_WORKING_SET, LOCKED
from ring3k.mm.syscalls import vm_of
from ring3k.mm.vad import HIGHEST_USER, Vad
from ring3k.se.privilege import SE_LOCK_MEMORY_PRIVILEGE, require_privilege

_OVERHEAD = 8 * PAGE  # of the working set that locking leaves free

Piece = tuple[Vad, int, int, int]  # start, end, word


def _range(base: int, size: int) -> tuple[int, int]:
    if base > HIGHEST_USER or HIGHEST_USER - base < size or size == 0:
        raise NtError(STATUS_INVALID_PARAMETER)
    return base & -PAGE, (base + size + PAGE - 1) & -PAGE


def _check_map_type(t: Thread, map_type: int) -> None:
    if map_type & ~(MAP_PROCESS | MAP_SYSTEM) or not map_type:
        raise NtError(STATUS_INVALID_PARAMETER)
    if map_type & MAP_SYSTEM:
        require_privilege(t, SE_LOCK_MEMORY_PRIVILEGE)


def _bits(map_type: int) -> int:
    return (IN_WORKING_SET if map_type & MAP_PROCESS else 0) | (IN_MEMORY if map_type & MAP_SYSTEM else 0)


def _pieces(vm: AddressSpace, start: int, end: int, missing: int) -> list[Piece]:
    """The stretches of equal pages of a range; ``missing`` is raised where nothing is."""
    found: list[Piece] = []
    while start < end:
        vad = vm.find(start)
        if vad is None:
            raise NtError(missing)
        if vad.physical:
            raise NtError(STATUS_INCOMPATIBLE_FILE_MAP)
        found += [(vad, *piece) for piece in vad.pages.pieces(start, min(end, vad.end))]
        start = vad.end
    return found


@syscall(first=_check_map_type)
def NtLockVirtualMemory(
    t: Thread,
    process_handle: Handle,
    base_address: InOut[Pointer],
    number_of_bytes_to_lock: InOut[SizeT],
    map_type: MapType,
) -> int:
    """Keep pages in the working set, in memory, or both; STATUS_WAS_LOCKED if one was so already."""
    start, end = _range(base_address.value, number_of_bytes_to_lock.value)
    vm = vm_of(t, process_handle, PROCESS_VM_OPERATION)
    pieces, bits = _pieces(vm, start, end, STATUS_ACCESS_VIOLATION), _bits(map_type)
    for _, a, _, _ in pieces:
        outcome = resolve(vm, a, READ, None)
        if outcome is not None:
            raise NtError(outcome[0])
    fresh = sum(b - a for _, a, b, word in pieces if not word & LOCKED)
    if vm.locked + fresh + _OVERHEAD > vm.minimum_working_set:
        raise NtError(STATUS_WORKING_SET_QUOTA)
    status = 0
    for vad, a, b, word in pieces:
        if word & bits:
            status = STATUS_WAS_LOCKED
        vm.set_word(vad, a, b, word | bits)
        vm.locked += 0 if word & LOCKED else b - a
    number_of_bytes_to_lock.set(end - start)
    base_address.set(start)
    return status


@syscall(first=_check_map_type)
def NtUnlockVirtualMemory(
    t: Thread,
    process_handle: Handle,
    base_address: InOut[Pointer],
    number_of_bytes_to_unlock: InOut[SizeT],
    map_type: MapType,
) -> int:
    """Undo NtLockVirtualMemory; nothing happens unless every page is locked so."""
    start, end = _range(base_address.value, number_of_bytes_to_unlock.value)
    vm = vm_of(t, process_handle, PROCESS_VM_OPERATION)
    pieces, bits = _pieces(vm, start, end, STATUS_NOT_LOCKED), _bits(map_type)
    if not all(word & bits == bits for _, _, _, word in pieces):
        raise NtError(STATUS_NOT_LOCKED)
    for vad, a, b, word in pieces:
        vm.set_word(vad, a, b, word & ~bits)
        vm.locked -= 0 if word & ~bits & LOCKED else b - a
    number_of_bytes_to_unlock.set(end - start)
    base_address.set(start)
    return 0

"""Calls with which 32-bit programs reach into 64-bit processes: addresses and sizes have 64 bits.

Every process here has 32 bits, so there is nothing above 4 GB.
"""

from __future__ import annotations

from ring3k.abi.access import PROCESS_VM_OPERATION
from ring3k.abi.call import syscall
from ring3k.abi.enums import AllocationType, PageProtection
from ring3k.abi.status import (
    STATUS_INVALID_PARAMETER_2,
    STATUS_INVALID_PARAMETER_3,
    STATUS_INVALID_PARAMETER_4,
    STATUS_NO_MEMORY,
    STATUS_PARTIAL_COPY,
    NtError,
)
from ring3k.abi.types import Handle, InOut, Opt, Out, OutWord, Pointer, Ulonglong
from ring3k.ke.thread import KThread as Thread
from ring3k.mm.syscalls import check_allocation, vm_of
from ring3k.mm.syscalls_copy import transfer
from ring3k.mm.vad import VAD_END

FOUR_GB = 1 << 32
MOST_ZERO_BITS = 21


def _check_allocation(allocation_type: int, protect: int) -> None:
    check_allocation(0, allocation_type, protect)


@syscall(first=_check_allocation)
def NtWow64AllocateVirtualMemory64(
    t: Thread,
    process_handle: Handle,
    base_address: InOut[Ulonglong],
    zero_bits: Ulonglong,
    region_size: InOut[Ulonglong],
    allocation_type: AllocationType,
    protect: PageProtection,
) -> int:
    """Reserve or commit memory; the address and the size are written back."""
    base, size = base_address.value, region_size.value
    if zero_bits > MOST_ZERO_BITS:
        raise NtError(STATUS_INVALID_PARAMETER_3)
    if base >= VAD_END:
        raise NtError(STATUS_INVALID_PARAMETER_2)
    if not size:
        raise NtError(STATUS_INVALID_PARAMETER_4)
    if VAD_END - base < size:
        raise NtError(STATUS_NO_MEMORY)
    vm = vm_of(t, process_handle, PROCESS_VM_OPERATION)
    base, size = vm.allocate(base, size, allocation_type, protect, zero_bits)
    base_address.set(base)
    region_size.set(size)
    return 0


def _transfer(
    t: Thread,
    process_handle: int,
    address: int,
    buffer: int,
    size: int,
    done: Out[Ulonglong] | None,
    write: bool,
) -> int:
    """Copy, and tell how much in 64 bits."""
    count: OutWord | None = None
    if done is not None:
        count = OutWord()
        count.memory, count.address = t.memory, done.address
        done.set(0)
    if address >= FOUR_GB or size >= FOUR_GB:
        vm_of(t, process_handle, 0)
        return STATUS_PARTIAL_COPY
    return transfer(t, process_handle, address, buffer, size, count, write)


@syscall()
def NtWow64ReadVirtualMemory64(
    t: Thread,
    process_handle: Handle,
    base_address: Ulonglong,
    buffer: Pointer,
    size: Ulonglong,
    number_of_bytes_read: Opt[Out[Ulonglong]],
) -> int:
    """Copy from a process to the caller."""
    return _transfer(t, process_handle, base_address, buffer, size, number_of_bytes_read, False)


@syscall()
def NtWow64WriteVirtualMemory64(
    t: Thread,
    process_handle: Handle,
    base_address: Ulonglong,
    buffer: Pointer,
    size: Ulonglong,
    number_of_bytes_written: Opt[Out[Ulonglong]],
) -> int:
    """Copy from the caller to a process."""
    return _transfer(t, process_handle, base_address, buffer, size, number_of_bytes_written, True)

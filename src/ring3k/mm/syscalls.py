"""Virtual memory calls: allocate, free, protect, query, lock, flush.

Bare numbers are checked here in NT's order (each has its STATUS_INVALID_PARAMETER_n),
then the process handle, then the address space decides.
"""

from __future__ import annotations

from array import array

from ring3k.abi.access import (
    PROCESS_QUERY_INFORMATION,
    PROCESS_VM_OPERATION,
    PROCESS_VM_WRITE,
)
from ring3k.abi.call import syscall
from ring3k.abi.enums import AllocationType, FreeType, MemoryInfoClass, PageProtection
from ring3k.abi.status import (
    STATUS_BUFFER_OVERFLOW,
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_INFO_CLASS,
    STATUS_INVALID_PARAMETER,
    STATUS_INVALID_PARAMETER_2,
    STATUS_INVALID_PARAMETER_3,
    STATUS_INVALID_PARAMETER_4,
    STATUS_INVALID_PARAMETER_5,
    STATUS_INVALID_PARAMETER_6,
    STATUS_NOT_MAPPED_DATA,
    STATUS_NOT_MAPPED_VIEW,
    NtError,
)
from ring3k.abi.strings import UNICODE_STRING
from ring3k.abi.structs.io import IO_STATUS_BLOCK
from ring3k.abi.structs.mm import (
    MEM_COMMIT,
    MEM_DECOMMIT,
    MEM_IMAGE,
    MEM_PHYSICAL,
    MEM_RELEASE,
    MEM_RESERVE,
    MEM_RESET,
    MEM_TOP_DOWN,
    MEM_WRITE_WATCH,
    MEMORY_INFORMATION_CLASS,
    PAGE_READWRITE,
    PAGE_TARGETS_INVALID,
)
from ring3k.abi.types import (
    Handle,
    InOut,
    Opt,
    Out,
    OutBuffer,
    Pointer,
    Sized,
    SizeT,
    UlongPtr,
)
from ring3k.abi.version import Version
from ring3k.engine.protocol import PAGE, Native
from ring3k.ke.thread import KProcess
from ring3k.ke.thread import KThread as Thread
from ring3k.mm.address_space import AddressSpace
from ring3k.mm.protection import check_protection
from ring3k.mm.vad import HIGHEST_USER, VAD_END
from ring3k.ob.handles import CURRENT_PROCESS, lookup
from ring3k.typed import Annotated, Any

_ALLOCATE = MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_TOP_DOWN | MEM_WRITE_WATCH | MEM_PHYSICAL
_LIST_PIECE = 0x1000 * PAGE  # pages listed at once
EXECUTABLE = 0xF0  # every PAGE_EXECUTE*
_LOCK_OVERHEAD = 8 * PAGE  # of the working set that locking leaves free


def vm_of(t: Thread, handle: int, access: int) -> AddressSpace:
    """The address space behind a process handle; STATUS_PROCESS_IS_TERMINATING when it is gone."""
    process: Any = t.process if handle == CURRENT_PROCESS else lookup(t, handle, KProcess, access)
    vm: AddressSpace = process.vm
    if vm.closed:
        vm.check_alive()
    return vm


def check_allocation(zero_bits: int, allocation_type: int, protect: int) -> None:
    """What is wrong with the numbers of NtAllocateVirtualMemory."""
    kind = allocation_type
    if protect == PAGE_READWRITE and not zero_bits and kind and not kind & ~(MEM_COMMIT | MEM_RESERVE):
        return  # what nearly everybody asks for
    if zero_bits > 21:
        raise NtError(STATUS_INVALID_PARAMETER_3)
    if kind & ~_ALLOCATE or not kind & (MEM_COMMIT | MEM_RESERVE | MEM_RESET):
        raise NtError(STATUS_INVALID_PARAMETER_5)
    if kind & MEM_RESET and kind != MEM_RESET:
        raise NtError(STATUS_INVALID_PARAMETER_5)
    if kind & MEM_WRITE_WATCH and not kind & MEM_RESERVE:
        raise NtError(STATUS_INVALID_PARAMETER_5)
    if kind & MEM_PHYSICAL:
        if kind & ~(MEM_RESERVE | MEM_TOP_DOWN | MEM_PHYSICAL) or not kind & MEM_RESERVE:
            raise NtError(STATUS_INVALID_PARAMETER_5)
        if protect != PAGE_READWRITE:
            raise NtError(STATUS_INVALID_PARAMETER_6)
    check_protection(protect)


def without_targets(t: Thread, protect: int) -> int:
    """A protection of executable pages without what later versions say of calls into them."""
    if protect & PAGE_TARGETS_INVALID and protect & EXECUTABLE and t.kernel.part(Version).level >= 63:
        return protect & ~PAGE_TARGETS_INVALID
    return protect


def _check_allocation(t: Thread, zero_bits: int, allocation_type: int, protect: int) -> None:
    if protect & PAGE_TARGETS_INVALID:
        protect = without_targets(t, protect)
    check_allocation(zero_bits, allocation_type, protect)


@syscall(first=_check_allocation)
def NtAllocateVirtualMemory(
    t: Thread,
    process_handle: Handle,
    base_address: InOut[Pointer],
    zero_bits: UlongPtr,
    region_size: InOut[SizeT],
    allocation_type: AllocationType,
    protect: PageProtection,
) -> int:
    """Reserve address space, commit memory in it, or both."""
    base, size = base_address.value, region_size.value
    if base >= VAD_END:
        raise NtError(STATUS_INVALID_PARAMETER_2)
    if VAD_END - base < size or size == 0:
        raise NtError(STATUS_INVALID_PARAMETER_4)
    if protect & PAGE_TARGETS_INVALID:
        protect = without_targets(t, protect)
    vm = vm_of(t, process_handle, PROCESS_VM_OPERATION)
    base, size = vm.allocate(base, size, allocation_type, protect, zero_bits)
    write = t.memory.write_u32  # what set() does, for calls that are made often
    write(base_address.address, base)
    write(region_size.address, size)
    return 0


def _check_free_type(free_type: int) -> None:
    if free_type not in (MEM_DECOMMIT, MEM_RELEASE):
        raise NtError(STATUS_INVALID_PARAMETER_4)


@syscall(first=_check_free_type)
def NtFreeVirtualMemory(
    t: Thread,
    process_handle: Handle,
    base_address: InOut[Pointer],
    region_size: InOut[SizeT],
    free_type: FreeType,
) -> int:
    """Decommit pages, or release a reservation or a part of it."""
    base, size = base_address.value, region_size.value
    if base > HIGHEST_USER:
        raise NtError(STATUS_INVALID_PARAMETER_2)
    if HIGHEST_USER - base < size:
        raise NtError(STATUS_INVALID_PARAMETER_3)
    vm = vm_of(t, process_handle, PROCESS_VM_OPERATION)
    base, size = vm.free(base, size, free_type)
    write = t.memory.write_u32
    write(region_size.address, size)
    write(base_address.address, base)
    return 0


def _check_new_protection(t: Thread, new_access_protection: int) -> None:
    check_protection(without_targets(t, new_access_protection))


@syscall(first=_check_new_protection)
def NtProtectVirtualMemory(
    t: Thread,
    process_handle: Handle,
    base_address: InOut[Pointer],
    number_of_bytes_to_protect: InOut[SizeT],
    new_access_protection: PageProtection,
    old_access_protection: Out[PageProtection],
) -> int:
    """Change the protection of committed pages within one allocation."""
    base, size = base_address.value, number_of_bytes_to_protect.value
    if base > HIGHEST_USER:
        raise NtError(STATUS_INVALID_PARAMETER_2)
    if HIGHEST_USER - base < size or size == 0:
        raise NtError(STATUS_INVALID_PARAMETER_3)
    vm = vm_of(t, process_handle, PROCESS_VM_OPERATION)
    base, size, old = vm.protect(base, size, without_targets(t, new_access_protection))
    number_of_bytes_to_protect.set(size)
    base_address.set(base)
    old_access_protection.set(old)
    return 0


@syscall(native=Native.QUERY_MEMORY)
def NtQueryVirtualMemory(
    t: Thread,
    process_handle: Handle,
    address: Pointer,
    virtual_memory_information_class: MemoryInfoClass,
    virtual_memory_information: Annotated[OutBuffer, Sized("length", align=4)],
    length: SizeT,
    result_length: Opt[Out[SizeT]],
) -> int:
    """Describe the stretch of equal pages at an address, name the file mapped there, or list all pages."""
    if virtual_memory_information_class == 0:  # MemoryBasicInformation
        if length < 28:
            raise NtError(STATUS_INFO_LENGTH_MISMATCH)
        if address > HIGHEST_USER:
            raise NtError(STATUS_INVALID_PARAMETER)
        vm = t.process.vm if process_handle == CURRENT_PROCESS else None
        if vm is None or vm.closed:
            vm = vm_of(t, process_handle, PROCESS_QUERY_INFORMATION)
        page = address & -PAGE
        data = vm.answers.get(page)
        t.memory.write(virtual_memory_information.address, data or vm.describe(page))
        if result_length is not None:
            result_length.set(28)
        return 0
    private = t.process.contract.private_classes.get(
        ("NtQueryVirtualMemory", virtual_memory_information_class)
    )
    if private is not None:
        status: int = private(t, process_handle, address, virtual_memory_information, length, result_length)
        return status
    names = virtual_memory_information_class == MEMORY_INFORMATION_CLASS.MemoryMappedFilenameInformation
    if not names and virtual_memory_information_class != MEMORY_INFORMATION_CLASS.MemoryWorkingSetInformation:
        if t.kernel.part(Version).level < 60:
            raise NtError(STATUS_INVALID_INFO_CLASS)
        from ring3k.mm.classes_later import query as query_later

        return query_later(
            t,
            virtual_memory_information_class,
            process_handle,
            address,
            virtual_memory_information,
            length,
            result_length,
        )
    if not names and length < 4:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    if address > HIGHEST_USER:
        raise NtError(STATUS_INVALID_PARAMETER)
    vm = vm_of(t, process_handle, PROCESS_QUERY_INFORMATION)
    query = _query_name if names else _query_pages
    return query(vm, address, virtual_memory_information, length, result_length)


def _query_pages(
    vm: AddressSpace, address: int, buffer: OutBuffer, length: int, result_length: Out[SizeT] | None
) -> int:
    """MemoryWorkingSetInformation: a count, then a word for each page; what is accessible counts as resident.

    A buffer too small gets the count with STATUS_INFO_LENGTH_MISMATCH.
    """
    runs = list(vm.resident())
    count = sum(end - start for start, end, _ in runs) // PAGE
    need = 4 + 4 * count
    buffer.write(count.to_bytes(4, "little"))
    if result_length is not None:
        result_length.set(need)
    if length < need:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    offset = 4
    for start, end, bits in runs:
        for at in range(start, end, _LIST_PIECE):
            words = array("I", range(at | bits, min(at + _LIST_PIECE, end) | bits, PAGE)).tobytes()
            buffer.write(words, offset)
            offset += len(words)
    return 0


def _query_name(
    vm: AddressSpace, address: int, buffer: OutBuffer, length: int, result_length: Out[SizeT] | None
) -> int:
    """MemoryMappedFilenameInformation: a UNICODE_STRING with its characters behind it."""
    raw = vm.mapped_name(address).encode("utf-16-le", "surrogatepass")
    head = UNICODE_STRING.size()
    need = head + len(raw) + 2
    if result_length is not None:
        result_length.set(need)
    if length < head:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    if length < need:
        raise NtError(STATUS_BUFFER_OVERFLOW)
    text = UNICODE_STRING(Length=len(raw), MaximumLength=len(raw) + 2, Buffer=buffer.address + head)
    buffer.write(text.pack() + raw + b"\0\0")
    return 0


# -- flushing ----------------------------------------------------------------------------
@syscall()
def NtFlushVirtualMemory(
    t: Thread,
    process_handle: Handle,
    base_address: InOut[Pointer],
    region_size: InOut[SizeT],
    io_status: Out[IO_STATUS_BLOCK],
) -> int:
    """Write the changed part of a mapped file back; a size of 0 means the rest of the view."""
    base, size = base_address.value, region_size.value
    if base > HIGHEST_USER:
        raise NtError(STATUS_INVALID_PARAMETER_2)
    if HIGHEST_USER - base < size:
        raise NtError(STATUS_INVALID_PARAMETER_3)
    vm = vm_of(t, process_handle, PROCESS_VM_OPERATION)
    start = base & -PAGE
    vad = vm.find(start)
    if vad is None or vad.segment is None:
        raise NtError(STATUS_NOT_MAPPED_VIEW)
    end = (base + size + PAGE - 1) & -PAGE if size else vad.end
    if end > vad.end:
        raise NtError(STATUS_NOT_MAPPED_VIEW)
    segment = vad.segment
    if segment.backing is None or vad.type == MEM_IMAGE:
        raise NtError(STATUS_NOT_MAPPED_DATA)
    segment.flush(vad.offset + start - vad.start, end - start)
    region_size.set(end - start)
    base_address.set(start)
    io_status.set(IO_STATUS_BLOCK(Status=0, Information=end - start))
    return 0


@syscall()
def NtFlushInstructionCache(
    t: Thread, process_handle: Handle, base_address: Pointer, number_of_bytes_to_flush: SizeT
) -> int:
    """Nothing to do on x86, whose caches see their own writes; the handle is checked."""
    vm_of(t, process_handle, PROCESS_VM_WRITE)
    return 0

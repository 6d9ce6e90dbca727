"""Virtual memory calls since Windows Vista: placed by requirements, prefetched, read across word sizes.

A requirement (MEM_ADDRESS_REQUIREMENTS) bounds and aligns the address that the
kernel chooses; with an address given there may be none.
"""

from __future__ import annotations

from struct import iter_unpack

from ring3k.abi.access import PROCESS_VM_OPERATION
from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.enums import AllocationType, PageProtection, VirtualMemoryInfoClass
from ring3k.abi.status import (
    STATUS_INVALID_PARAMETER,
    STATUS_INVALID_PARAMETER_2,
    STATUS_INVALID_PARAMETER_3,
    STATUS_INVALID_PARAMETER_4,
    STATUS_INVALID_PARAMETER_5,
    STATUS_INVALID_PARAMETER_6,
    STATUS_NO_MEMORY,
    NtError,
)
from ring3k.abi.structs.mm import MEM_ADDRESS_REQUIREMENTS, MEM_EXTENDED_PARAMETER, SECTION_INHERIT
from ring3k.abi.types import Handle, InBuffer, InOut, LargeInteger, Opt, Pointer, Sized, SizeT, Ulong
from ring3k.engine.protocol import PAGE
from ring3k.ke.thread import KThread as Thread
from ring3k.mm.address_space import AddressSpace
from ring3k.mm.section import Section
from ring3k.mm.syscalls import NtAllocateVirtualMemory, check_allocation, vm_of
from ring3k.mm.syscalls_section import NtMapViewOfSection, NtUnmapViewOfSection, check_view
from ring3k.mm.vad import GRANULARITY, VAD_END
from ring3k.typed import Annotated, Any, NamedTuple

MOST_PARAMETERS = 16
ADDRESS_REQUIREMENTS, NUMA_NODE, ATTRIBUTE_FLAGS, IMAGE_MACHINE = 1, 2, 5, 6
MEM_UNMAP_WITH_TRANSIENT_BOOST = 1
PARAMETER = MEM_EXTENDED_PARAMETER
RANGE = 8  # bytes of MEMORY_RANGE_ENTRY
MOST_RANGES = 0x10000


class Place(NamedTuple):
    """Where an allocation may be: from ``low`` to before ``limit``."""

    low: int
    limit: int
    alignment: int

    def find(self, vm: AddressSpace, size: int) -> int:
        """A free place, the highest there is; STATUS_NO_MEMORY."""
        base = vm.find_free((size + PAGE - 1) & -PAGE, True, self.limit, self.alignment)
        if base < self.low:
            raise NtError(STATUS_NO_MEMORY)
        return base


def _requirements(t: Thread, parameters: InBuffer, base: int) -> Place | None:
    """What the extended parameters ask of the address; each may be there once."""
    raw = parameters.read()
    found: Place | None = None
    seen: set[int] = set()
    for at in range(0, len(raw), PARAMETER.size()):
        entry = PARAMETER.unpack(raw[at:])
        kind = entry.Type & 0xFF
        if kind in seen or entry.Type >> 8:
            raise NtError(STATUS_INVALID_PARAMETER)
        seen.add(kind)
        if kind == ADDRESS_REQUIREMENTS:
            found = _place(MEM_ADDRESS_REQUIREMENTS.load(t.memory, entry.Value & 0xFFFFFFFF))
            if base:
                raise NtError(STATUS_INVALID_PARAMETER)
        elif kind not in (NUMA_NODE, ATTRIBUTE_FLAGS, IMAGE_MACHINE):
            raise NtError(STATUS_INVALID_PARAMETER)
    return found


def _place(wanted: MEM_ADDRESS_REQUIREMENTS) -> Place:
    low, high, alignment = wanted.LowestStartingAddress, wanted.HighestEndingAddress, wanted.Alignment
    if (
        low & (GRANULARITY - 1)
        or (high and (high + 1 & (PAGE - 1) or high < low or high >= VAD_END))
        or (alignment and (alignment & (alignment - 1) or alignment < GRANULARITY))
    ):
        raise NtError(STATUS_INVALID_PARAMETER)
    return Place(low, high + 1 if high else VAD_END, alignment or GRANULARITY)


def _check_allocate(allocation_type: int, protect: int, parameter_count: int) -> None:
    check_allocation(0, allocation_type, protect)
    if parameter_count > MOST_PARAMETERS:
        raise NtError(STATUS_INVALID_PARAMETER)


@syscall(PARTIAL, "no placeholders, and every NUMA node is the same", first=_check_allocate)
def NtAllocateVirtualMemoryEx(
    t: Thread,
    process_handle: Handle,
    base_address: InOut[Pointer],
    region_size: InOut[SizeT],
    allocation_type: AllocationType,
    protect: PageProtection,
    parameters: Annotated[InBuffer, Sized("parameter_count", unit=PARAMETER, align=4)],
    parameter_count: Ulong,
) -> int:
    """Reserve or commit memory (VirtualAlloc2); the parameters may bound the address."""
    if region_size.value == 0:
        raise NtError(STATUS_INVALID_PARAMETER)
    place = _requirements(t, parameters, base_address.value)
    if place is not None:
        vm = vm_of(t, process_handle, PROCESS_VM_OPERATION)
        base_address.value = place.find(vm, region_size.value)
    return NtAllocateVirtualMemory(t, process_handle, base_address, 0, region_size, allocation_type, protect)


def _check_map(allocation_type: int, page_protection: int, parameter_count: int) -> None:
    check_view(0, SECTION_INHERIT.ViewUnmap, allocation_type, page_protection)
    if parameter_count > MOST_PARAMETERS:
        raise NtError(STATUS_INVALID_PARAMETER)


@syscall(PARTIAL, "no placeholders, and every NUMA node is the same", first=_check_map)
def NtMapViewOfSectionEx(
    t: Thread,
    section_handle: Handle,
    process_handle: Handle,
    base_address: InOut[Pointer],
    section_offset: Opt[InOut[LargeInteger]],
    view_size: InOut[SizeT],
    allocation_type: AllocationType,
    page_protection: PageProtection,
    parameters: Annotated[InBuffer, Sized("parameter_count", unit=PARAMETER, align=4)],
    parameter_count: Ulong,
) -> Any:
    """Show a section (MapViewOfFile3); the parameters may bound the address."""
    place = _requirements(t, parameters, base_address.value)
    if place is not None:
        vm = vm_of(t, process_handle, PROCESS_VM_OPERATION)
        size = view_size.value or t.handles.get(section_handle, Section, 0).size
        base_address.value = place.find(vm, size)
    return NtMapViewOfSection(
        t,
        section_handle,
        process_handle,
        base_address,
        0,
        0,
        section_offset,
        view_size,
        SECTION_INHERIT.ViewUnmap,
        allocation_type,
        page_protection,
    )


def _check_unmap(flags: int) -> None:
    if flags & ~MEM_UNMAP_WITH_TRANSIENT_BOOST:
        raise NtError(STATUS_INVALID_PARAMETER)


@syscall(PARTIAL, "no placeholders", first=_check_unmap)
def NtUnmapViewOfSectionEx(t: Thread, process_handle: Handle, base_address: Pointer, flags: Ulong) -> Any:
    """Unmap the view that holds an address; what it holds keeps no higher priority than before."""
    return NtUnmapViewOfSection(t, process_handle, base_address)


def _check_information(
    virtual_memory_information_class: int,
    number_of_entries: int,
    virtual_memory_information: int,
    virtual_memory_information_length: int,
) -> None:
    if virtual_memory_information_class != 0:  # VmPrefetchInformation
        raise NtError(STATUS_INVALID_PARAMETER_2)
    if not number_of_entries:
        raise NtError(STATUS_INVALID_PARAMETER_3)
    if not virtual_memory_information:
        raise NtError(STATUS_INVALID_PARAMETER_5)
    if virtual_memory_information_length != 4:
        raise NtError(STATUS_INVALID_PARAMETER_6)


@syscall(first=_check_information)
def NtSetInformationVirtualMemory(
    t: Thread,
    process_handle: Handle,
    virtual_memory_information_class: VirtualMemoryInfoClass,
    number_of_entries: SizeT,
    virtual_addresses: Annotated[InBuffer, Sized("number_of_entries", unit=RANGE, align=4)],
    virtual_memory_information: Pointer,
    virtual_memory_information_length: Ulong,
) -> int:
    """Prefetch ranges of memory: a hint, and the host has them in memory already."""
    if number_of_entries > MOST_RANGES:
        raise NtError(STATUS_INVALID_PARAMETER_3)
    flags = t.memory.read_u32(virtual_memory_information)
    vm_of(t, process_handle, PROCESS_VM_OPERATION)
    for start, size in iter_unpack("<II", virtual_addresses.read()):
        if not size or start + size > 0x100000000:
            raise NtError(STATUS_INVALID_PARAMETER_4)
    if flags:
        raise NtError(STATUS_INVALID_PARAMETER_5)
    return 0


@syscall()
async def NtFlushProcessWriteBuffers(t: Thread) -> int:
    """See to it that what other threads of the process have written is seen: each is stopped once."""
    for one in tuple(t.process.threads):
        if one is t or not one.running:
            continue
        one.hold()
        try:
            await one.stopped()
        except NtError:
            continue  # it has ended: that is a barrier, too
        finally:
            one.release()
    return 0

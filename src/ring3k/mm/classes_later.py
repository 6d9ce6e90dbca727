"""Classes of NtQueryVirtualMemory since Windows Vista: regions, images, pages looked at one by one."""

from __future__ import annotations

from struct import iter_unpack, pack

from ring3k.abi.access import PROCESS_QUERY_INFORMATION, PROCESS_QUERY_LIMITED_INFORMATION
from ring3k.abi.status import (
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_ADDRESS,
    STATUS_INVALID_INFO_CLASS,
    STATUS_INVALID_PARAMETER,
    NtError,
)
from ring3k.abi.structs import mm as st
from ring3k.mm.protection import ACCESS, COMMITTED, COPIED, LOCKED
from ring3k.mm.syscalls import vm_of
from ring3k.mm.vad import HIGHEST_USER, Vad
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.abi.types import Out, OutBuffer
    from ring3k.ke.thread import KThread
    from ring3k.mm.address_space import AddressSpace

C = st.MEMORY_INFORMATION_CLASS
LEAST_REGION = 16
MOST_PAGES = 0x10000  # looked at in one call


def query(
    t: KThread, kind: int, process: int, address: int, buffer: OutBuffer, length: int, result: Out[int] | None
) -> int:
    """Answer one of these classes; STATUS_INVALID_INFO_CLASS."""
    if kind == C.MemoryWorkingSetExInformation:
        vm = vm_of(t, process, PROCESS_QUERY_INFORMATION)
        return _pages(vm, buffer, length, result)
    make = {C.MemoryRegionInformation: _region, C.MemoryImageInformation: _image}.get(kind)
    if make is None:
        raise NtError(STATUS_INVALID_INFO_CLASS)
    least = LEAST_REGION if make is _region else st.MEMORY_IMAGE_INFORMATION.size()
    if length < least:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    if address > HIGHEST_USER:
        raise NtError(STATUS_INVALID_PARAMETER)
    vm = vm_of(t, process, PROCESS_QUERY_LIMITED_INFORMATION)
    vad = vm.find(address)
    if vad is None:
        raise NtError(STATUS_INVALID_ADDRESS)
    data = make(vad)[:length]
    buffer.write(data)
    if result is not None:
        result.set(len(data))
    return 0


def _region(vad: Vad) -> bytes:
    """The whole allocation or view."""
    if vad.physical:
        kind = st.MEMORY_REGION_MAPPED_PHYSICAL
    elif vad.segment is None:
        kind = st.MEMORY_REGION_PRIVATE
    elif vad.type == st.MEM_IMAGE:
        kind = st.MEMORY_REGION_MAPPED_IMAGE
    elif vad.segment.backing is not None:
        kind = st.MEMORY_REGION_MAPPED_DATA_FILE
    else:
        kind = st.MEMORY_REGION_MAPPED_PAGE_FILE
    return st.MEMORY_REGION_INFORMATION(
        AllocationBase=vad.start,
        AllocationProtect=vad.protect,
        RegionType=kind,
        RegionSize=vad.end - vad.start,
        CommitSize=vad.pages.count(COMMITTED),
    ).pack()


def _image(vad: Vad) -> bytes:
    """The image that holds an address; zeroes where there is none."""
    if vad.type != st.MEM_IMAGE:
        return bytes(st.MEMORY_IMAGE_INFORMATION.size())
    return st.MEMORY_IMAGE_INFORMATION(
        ImageBase=vad.start - vad.offset, SizeOfImage=vad.shows.layout.size
    ).pack()


def _pages(vm: AddressSpace, buffer: OutBuffer, length: int, result: Out[int] | None) -> int:
    """MEMORY_WORKING_SET_EX_INFORMATION: for each address the attributes of its page."""
    if length < 8 or length // 8 > MOST_PAGES:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    length &= -8
    found = [pack("<II", at, _attributes(vm, at)) for at, _ in iter_unpack("<II", buffer.read(length))]
    buffer.write(b"".join(found))
    if result is not None:
        result.set(length)
    return 0


def _attributes(vm: AddressSpace, address: int) -> int:
    """PSAPI_WORKING_SET_EX_BLOCK: what is committed counts as resident."""
    vad = vm.find(address)
    if vad is None or vad.physical:
        return 0
    word = vad.pages.at(address)
    shared = vad.segment is not None and not word & COPIED
    if not word & COMMITTED or word & (st.PAGE_NOACCESS | st.PAGE_GUARD):
        return shared << 15
    return 1 | (1 if shared else 0) << 1 | (word & ACCESS) << 4 | shared << 15 | bool(word & LOCKED) << 22

"""Section calls: create, open, map, unmap, query, extend.

NtCreateSection wants the file opened for what the section allows; NtMapViewOfSection
wants the section opened for what the view allows.  The rights of a process that is
mapped into are looked at before those of the section.
"""

from __future__ import annotations

from ring3k.abi.access import (
    FILE_EXECUTE,
    PROCESS_VM_OPERATION,
    SECTION_EXTEND_SIZE,
    SECTION_QUERY,
    SectionAccess,
)
from ring3k.abi.call import syscall
from ring3k.abi.enums import (
    AllocationType,
    PageProtection,
    SectionAttributes,
    SectionInfoClass,
    SectionInherit,
)
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_CONFLICTING_ADDRESSES,
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_ADDRESS,
    STATUS_INVALID_FILE_FOR_SECTION,
    STATUS_INVALID_INFO_CLASS,
    STATUS_INVALID_PAGE_PROTECTION,
    STATUS_INVALID_PARAMETER_3,
    STATUS_INVALID_PARAMETER_4,
    STATUS_INVALID_PARAMETER_6,
    STATUS_INVALID_PARAMETER_8,
    STATUS_INVALID_PARAMETER_9,
    STATUS_MAPPED_ALIGNMENT,
    STATUS_MAPPED_FILE_SIZE_ZERO,
    STATUS_NOT_MAPPED_VIEW,
    STATUS_NOT_SAME_DEVICE,
    STATUS_OBJECT_TYPE_MISMATCH,
    STATUS_SECTION_NOT_EXTENDED,
    STATUS_SECTION_NOT_IMAGE,
    STATUS_SECTION_PROTECTION,
    STATUS_SECTION_TOO_BIG,
    NtError,
)
from ring3k.abi.strings import ObjectAttributesArg
from ring3k.abi.structs.mm import (
    MEM_DOS_LIM,
    MEM_IMAGE,
    MEM_RESERVE,
    MEM_TOP_DOWN,
    PAGE_GUARD,
    PAGE_NOACCESS,
    PAGE_NOCACHE,
    SEC_BASED,
    SEC_COMMIT,
    SEC_FILE,
    SEC_IMAGE,
    SEC_NO_CHANGE,
    SEC_NOCACHE,
    SEC_RESERVE,
    SECTION_BASIC_INFORMATION,
    SECTION_INFORMATION_CLASS,
    SECTION_INHERIT,
)
from ring3k.abi.types import (
    Handle,
    In,
    InOut,
    LargeInteger,
    Opt,
    Out,
    OutBuffer,
    Pointer,
    Sized,
    SizeT,
    UlongPtr,
)
from ring3k.abi.version import Version
from ring3k.engine.protocol import PAGE
from ring3k.ke.thread import KThread as Thread
from ring3k.mm.image import image_segment
from ring3k.mm.protection import (
    ACCESS,
    ANY_WRITE,
    FILE_ACCESS,
    SECTION_ACCESS,
    check_protection,
    is_compatible,
)
from ring3k.mm.section import Section
from ring3k.mm.segment import MAX_FILE, Segment, data_segment, pagefile_segment
from ring3k.mm.syscalls import vm_of
from ring3k.mm.vad import GRANULARITY, HIGHEST_USER, VAD_END
from ring3k.ob.open import create, open_
from ring3k.typed import TYPE_CHECKING, Annotated, Any

if TYPE_CHECKING:
    from ring3k.mm.backing import FileBacking

_ATTRIBUTES = SEC_BASED | SEC_NO_CHANGE | SEC_IMAGE | SEC_RESERVE | SEC_COMMIT | SEC_NOCACHE
_MAP_TYPES = MEM_TOP_DOWN | MEM_DOS_LIM | MEM_RESERVE | SEC_NO_CHANGE
_MAX_SIZE = 1 << 44  # of a pagefile section: NT counts its pages in 32 bits


def _check_attributes(t: Thread, allocation_attributes: int, section_page_protection: int) -> None:
    """What is wrong with the numbers of NtCreateSection."""
    attributes, protect = allocation_attributes, section_page_protection
    kind = attributes & (SEC_COMMIT | SEC_RESERVE | SEC_IMAGE)
    if (
        attributes & ~_ATTRIBUTES
        or kind not in (SEC_COMMIT, SEC_RESERVE, SEC_IMAGE)
        or (kind == SEC_IMAGE and attributes & SEC_NO_CHANGE)
        or (kind == SEC_IMAGE and attributes & SEC_NOCACHE and t.kernel.part(Version).level < 60)
    ):  # since Windows 8 the last one is SEC_IMAGE_NO_EXECUTE
        raise NtError(STATUS_INVALID_PARAMETER_6)
    if protect & (PAGE_NOCACHE | PAGE_GUARD | PAGE_NOACCESS):
        raise NtError(STATUS_INVALID_PAGE_PROTECTION)
    check_protection(protect)


def _backing(t: Thread, handle: int, protect: int, attributes: int) -> FileBacking:
    """What a file handle gives a section; ``section_backing`` is what a file object offers."""
    entry = t.handles.entry(handle)
    offer: Any = getattr(entry.object, "section_backing", None)
    if offer is None:
        raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
    needed = FILE_ACCESS[protect & ACCESS]
    if attributes & SEC_IMAGE and t.process.contract.READ_IS_EXECUTE:
        needed &= ~FILE_EXECUTE
    if needed & ~entry.granted:
        raise NtError(STATUS_ACCESS_DENIED)
    backing: FileBacking = offer()
    return backing


def _section(segment: Segment, size: int, protect: int, attributes: int) -> Section:
    """A section on a segment that perhaps nothing refers to yet."""
    segment.reference()
    try:
        return Section(segment.kernel, segment, size, protect, attributes)
    finally:
        segment.release()


def make_section(t: Thread, backing: FileBacking | None, size: int, protect: int, attributes: int) -> Section:
    """A section of the page file, of a file's bytes or of an image; takes ``backing`` over."""
    kernel = t.kernel
    kept = attributes & (SEC_BASED | SEC_NO_CHANGE | SEC_NOCACHE)
    if backing is None:
        if attributes & SEC_IMAGE:
            raise NtError(STATUS_INVALID_FILE_FOR_SECTION)
        if size <= 0:
            raise NtError(STATUS_INVALID_PARAMETER_4)
        if size > _MAX_SIZE:
            raise NtError(STATUS_SECTION_TOO_BIG)
        size = (size + PAGE - 1) & -PAGE
        segment = pagefile_segment(kernel, size, bool(attributes & SEC_RESERVE))
        return _section(segment, size, protect, kept | attributes & (SEC_COMMIT | SEC_RESERVE))
    if attributes & SEC_IMAGE:
        return make_image_section(t, backing, protect, kept)
    if size < 0:
        raise NtError(STATUS_SECTION_TOO_BIG)
    length = backing.size
    if size == 0 and length == 0:
        backing.close()
        raise NtError(STATUS_MAPPED_FILE_SIZE_ZERO)
    if size > MAX_FILE or length > MAX_FILE or (size > length and not protect & ANY_WRITE):
        backing.close()
        raise NtError(STATUS_SECTION_TOO_BIG)
    try:
        segment = data_segment(kernel, backing)
    except NtError:
        backing.close()
        raise
    segment.reference()
    try:
        if size > length:
            segment.extend(size)
        return _section(segment, size or length, protect, kept | SEC_FILE)
    finally:
        segment.release()


def make_image_section(t: Thread, backing: FileBacking, protect: int, kept: int = 0) -> Section:
    """An image section; the process manager makes its own through this."""
    try:
        segment = image_segment(t.kernel, backing)
    except NtError:
        backing.close()
        raise
    return _section(segment, segment.size, protect, kept | SEC_FILE | SEC_IMAGE)


@syscall(first=_check_attributes)
def NtCreateSection(
    t: Thread,
    section_handle: Out[Handle],
    desired_access: SectionAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
    maximum_size: Opt[In[LargeInteger]],
    section_page_protection: PageProtection,
    allocation_attributes: SectionAttributes,
    file_handle: Handle,
) -> int:
    """Make memory that can be shared: zeroed, a file's bytes, or an executable image."""

    def make() -> Section:
        backing = None
        if file_handle:
            backing = _backing(t, file_handle, section_page_protection, allocation_attributes)
        return make_section(t, backing, maximum_size or 0, section_page_protection, allocation_attributes)

    return create(t, section_handle, desired_access, object_attributes, Section, make)


@syscall()
def NtOpenSection(
    t: Thread,
    section_handle: Out[Handle],
    desired_access: SectionAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
) -> int:
    """Open a section by name."""
    return open_(t, section_handle, desired_access, object_attributes, Section)


def check_view(
    zero_bits: int, inherit_disposition: int, allocation_type: int, access_protection: int
) -> None:
    """What is wrong with the numbers of NtMapViewOfSection."""
    if zero_bits > 21:
        raise NtError(STATUS_INVALID_PARAMETER_4)
    if inherit_disposition not in (SECTION_INHERIT.ViewShare, SECTION_INHERIT.ViewUnmap):
        raise NtError(STATUS_INVALID_PARAMETER_8)
    if allocation_type & ~_MAP_TYPES:
        raise NtError(STATUS_INVALID_PARAMETER_9)
    check_protection(access_protection)


@syscall(first=check_view)
def NtMapViewOfSection(
    t: Thread,
    section_handle: Handle,
    process_handle: Handle,
    base_address: InOut[Pointer],
    zero_bits: UlongPtr,
    commit_size: SizeT,
    section_offset: Opt[InOut[LargeInteger]],
    view_size: InOut[SizeT],
    inherit_disposition: SectionInherit,
    allocation_type: AllocationType,
    access_protection: PageProtection,
) -> Any:
    """Show a section in a process; STATUS_IMAGE_NOT_AT_BASE tells the loader to relocate."""
    base, size = base_address.value, view_size.value
    offset = section_offset.value if section_offset is not None else 0
    if base >= VAD_END or VAD_END - base < size:
        raise NtError(STATUS_INVALID_PARAMETER_3)
    if zero_bits and max(base, base + size - 1) > 0xFFFFFFFF >> zero_bits:
        raise NtError(STATUS_INVALID_PARAMETER_4)
    vm = vm_of(t, process_handle, PROCESS_VM_OPERATION)
    section = t.handles.get(section_handle, Section, SECTION_ACCESS[access_protection & ACCESS])
    if section.segment.image is None and not is_compatible(section.protect, access_protection):
        raise NtError(STATUS_SECTION_PROTECTION)
    alignment = GRANULARITY
    if allocation_type & MEM_DOS_LIM:  # pages do, and the base is rounded
        alignment = PAGE
        base &= -PAGE
    if (base | offset) & (alignment - 1):
        raise NtError(STATUS_MAPPED_ALIGNMENT)
    status, base, offset, size = vm.map_view(
        section,
        base,
        max(offset, 0) if offset >= 0 else section.size,
        size,
        access_protection,
        inherit=inherit_disposition,
        kind=allocation_type,
        zero_bits=zero_bits,
        commit_size=commit_size,
        alignment=alignment,
    )
    view_size.set(size)
    base_address.set(base)
    if section_offset is not None:
        section_offset.set(offset)
    if section.segment.image is not None and t.process.debug_port is not None and vm is t.process.vm:
        return _reported(t, status, section.segment, base)
    return status


async def _reported(t: Thread, status: int, segment: Any, base: int) -> int:
    """The status, once the debugger has heard of an image that came or went."""
    if t.kernel.report_view is not None:
        await t.kernel.report_view(t, segment, base)
    return status


@syscall()
def NtUnmapViewOfSection(t: Thread, process_handle: Handle, base_address: Pointer) -> Any:
    """Unmap the view that holds an address, wherever in it that lies."""
    if base_address > HIGHEST_USER:
        raise NtError(STATUS_NOT_MAPPED_VIEW)
    vm = vm_of(t, process_handle, PROCESS_VM_OPERATION)
    if t.process.debug_port is None or vm is not t.process.vm:
        vm.unmap_view(base_address)
        return 0
    vad = vm.view_at(base_address)
    vm.unmap_view(base_address)
    return _reported(t, 0, None, vad.start) if vad.type == MEM_IMAGE else 0


@syscall()
def NtQuerySection(
    t: Thread,
    section_handle: Handle,
    section_information_class: SectionInfoClass,
    section_information: Annotated[OutBuffer, Sized("length", align=4)],
    length: SizeT,
    result_length: Opt[Out[SizeT]],
) -> int:
    """What a section is: size and kind, or for an image what its headers say."""
    if section_information_class == SECTION_INFORMATION_CLASS.SectionBasicInformation:
        need = 16
    elif section_information_class == SECTION_INFORMATION_CLASS.SectionImageInformation:
        need = 48
    else:
        raise NtError(STATUS_INVALID_INFO_CLASS)
    if length < need:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    section = t.handles.get(section_handle, Section, SECTION_QUERY)
    if need == 16:
        data = SECTION_BASIC_INFORMATION(
            BaseAddress=section.based, Attributes=section.attributes, Size=section.size
        ).pack()
    else:
        image = section.segment.image
        if image is None:
            raise NtError(STATUS_SECTION_NOT_IMAGE)
        data = image.information().pack()
    section_information.write(data)
    if result_length is not None:
        result_length.set(need)
    return 0


@syscall()
def NtExtendSection(t: Thread, section_handle: Handle, new_maximum_size: InOut[LargeInteger]) -> int:
    """Make a file's section longer; a smaller size changes nothing and tells the present one."""
    section = t.handles.get(section_handle, Section, SECTION_EXTEND_SIZE)
    segment = section.segment
    if segment.backing is None or segment.image is not None:
        raise NtError(STATUS_SECTION_NOT_EXTENDED)
    size = new_maximum_size.value
    if size <= section.size:
        new_maximum_size.set(section.size)
        return 0
    if not section.grows:
        raise NtError(STATUS_SECTION_NOT_EXTENDED)
    segment.extend(size)
    section.size = size
    for view, space in tuple(segment.views.items()):
        space.grow_view(view, size)
    return 0


@syscall()
def NtAreMappedFilesTheSame(
    t: Thread, file1_mapped_as_an_image: Pointer, file2_mapped_as_file: Pointer
) -> int:
    """Whether the file behind the second view is the one mapped as an image at the first."""
    vm = vm_of(t, 0xFFFFFFFF, 0)
    first, second = vm.find(file1_mapped_as_an_image), vm.find(file2_mapped_as_file)
    if first is None or second is None:
        raise NtError(STATUS_INVALID_ADDRESS)
    one, two = first.segment, second.segment
    if one is None or two is None or one.backing is None or two.backing is None:
        raise NtError(STATUS_CONFLICTING_ADDRESSES)
    if first.type == MEM_IMAGE and one.backing.identity == two.backing.identity:
        return 0
    return STATUS_NOT_SAME_DEVICE

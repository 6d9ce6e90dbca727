"""Memory manager: declarations of calls without a handler (address windowing, paging files)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from ring3k.abi.call import declared
from ring3k.abi.strings import UnicodeString
from ring3k.abi.types import (
    POINTER,
    Handle,
    In,
    InBuffer,
    InOut,
    LargeInteger,
    Opt,
    OutBuffer,
    Pointer,
    Sized,
    Ulong,
    UlongPtr,
)

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread as Thread


@declared
def NtAllocateUserPhysicalPages(
    t: Thread,
    process_handle: Handle,
    number_of_pages: InOut[UlongPtr],
    user_pfn_array: Annotated[OutBuffer, Sized("number_of_pages", unit=POINTER, align=4, indirect=True)],
) -> None:
    """Allocate physical pages for address windowing."""


@declared
def NtFreeUserPhysicalPages(
    t: Thread,
    process_handle: Handle,
    number_of_pages: InOut[UlongPtr],
    user_pfn_array: Annotated[InBuffer, Sized("number_of_pages", unit=POINTER, align=4, indirect=True)],
) -> None:
    """Free physical pages."""


@declared
def NtMapUserPhysicalPages(
    t: Thread,
    virtual_address: Pointer,
    number_of_pages: UlongPtr,
    user_pfn_array: Opt[Annotated[InBuffer, Sized("number_of_pages", unit=POINTER, align=4)]],
) -> None:
    """Map physical pages at an address, or unmap what is there."""


@declared
def NtMapUserPhysicalPagesScatter(
    t: Thread,
    virtual_addresses: Annotated[InBuffer, Sized("number_of_pages", unit=POINTER, align=4)],
    number_of_pages: UlongPtr,
    user_pfn_array: Opt[Annotated[InBuffer, Sized("number_of_pages", unit=POINTER, align=4)]],
) -> None:
    """Map each physical page at its own address."""


@declared
def NtCreatePagingFile(
    t: Thread,
    page_file_name: In[UnicodeString],
    minimum_size: In[LargeInteger],
    maximum_size: In[LargeInteger],
    priority: Ulong,
) -> None:
    """Add a paging file."""

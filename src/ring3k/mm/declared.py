"""Memory manager: declarations of calls without a handler (paging files)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ring3k.abi.call import declared
from ring3k.abi.strings import UnicodeString
from ring3k.abi.types import In, LargeInteger, Ulong

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread as Thread


@declared
def NtCreatePagingFile(
    t: Thread,
    page_file_name: In[UnicodeString],
    minimum_size: In[LargeInteger],
    maximum_size: In[LargeInteger],
    priority: Ulong,
) -> None:
    """Add a paging file."""

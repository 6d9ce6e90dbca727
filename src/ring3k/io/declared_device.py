"""Input and output: declarations of controls, pipes, mailslots, completion ports and drivers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ring3k.abi.access import FileAccess
from ring3k.abi.call import declared
from ring3k.abi.enums import (
    CreateOptions,
)
from ring3k.abi.strings import ObjectAttributesArg, UnicodeString
from ring3k.abi.structs.io import IO_STATUS_BLOCK
from ring3k.abi.types import (
    Handle,
    In,
    Out,
    Timeout,
    Ulong,
)

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread as Thread


@declared
def NtCreateMailslotFile(
    t: Thread,
    file_handle: Out[Handle],
    desired_access: FileAccess,
    object_attributes: In[ObjectAttributesArg],
    io_status_block: Out[IO_STATUS_BLOCK],
    create_options: CreateOptions,
    mailslot_quota: Ulong,
    maximum_message_size: Ulong,
    read_timeout: In[Timeout],
) -> None:
    """Create a mailslot."""


@declared
def NtLoadDriver(t: Thread, driver_service_name: In[UnicodeString]) -> None:
    """Load a driver by its registry key."""


@declared
def NtUnloadDriver(t: Thread, driver_service_name: In[UnicodeString]) -> None:
    """Unload a driver by its registry key."""

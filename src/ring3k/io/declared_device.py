"""Input and output: declarations of controls, pipes, mailslots, completion ports and drivers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ring3k.abi.call import declared
from ring3k.abi.strings import UnicodeString
from ring3k.abi.types import (
    In,
)

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread as Thread


@declared
def NtLoadDriver(t: Thread, driver_service_name: In[UnicodeString]) -> None:
    """Load a driver by its registry key."""


@declared
def NtUnloadDriver(t: Thread, driver_service_name: In[UnicodeString]) -> None:
    """Unload a driver by its registry key."""

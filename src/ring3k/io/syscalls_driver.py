"""Loading and unloading drivers, which no guest's can be.

The privilege is judged before the name is read.  Then the service's key is
looked up; what it names is never run.
"""

from __future__ import annotations

from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.status import (
    STATUS_DRIVER_UNABLE_TO_LOAD,
    STATUS_IMAGE_ALREADY_LOADED,
    STATUS_INVALID_DEVICE_REQUEST,
    STATUS_INVALID_PARAMETER,
    STATUS_OBJECT_NAME_NOT_FOUND,
    NtError,
)
from ring3k.abi.strings import UnicodeString
from ring3k.abi.types import In
from ring3k.io.driver import DriverTable
from ring3k.ke.thread import KThread as Thread
from ring3k.se.privilege import SE_LOAD_DRIVER_PRIVILEGE, require_privilege


def _privileged(t: Thread) -> None:
    require_privilege(t, SE_LOAD_DRIVER_PRIVILEGE)


def _service(t: Thread, name: str) -> DriverTable:
    """The table of drivers, if the registry knows the service."""
    if not name:
        raise NtError(STATUS_INVALID_PARAMETER)
    drivers = t.kernel.part(DriverTable)
    drivers.image_path(t, name)
    return drivers


@syscall(PARTIAL, "drivers do not run here: STATUS_DRIVER_UNABLE_TO_LOAD", first=_privileged)
def NtLoadDriver(t: Thread, driver_service_name: In[UnicodeString]) -> int:
    """Load a driver by its registry key."""
    drivers = _service(t, driver_service_name)
    return (
        STATUS_IMAGE_ALREADY_LOADED
        if drivers.is_loaded(driver_service_name)
        else STATUS_DRIVER_UNABLE_TO_LOAD
    )


@syscall(PARTIAL, "no driver that is loaded can be unloaded", first=_privileged)
def NtUnloadDriver(t: Thread, driver_service_name: In[UnicodeString]) -> int:
    """Unload a driver by its registry key."""
    drivers = _service(t, driver_service_name)
    return (
        STATUS_INVALID_DEVICE_REQUEST
        if drivers.is_loaded(driver_service_name)
        else STATUS_OBJECT_NAME_NOT_FOUND
    )

"""NtQueryLicenseValue: what the licence of this Windows allows (Windows Vista and later)."""

from __future__ import annotations

from ring3k.abi.call import syscall
from ring3k.abi.enums import ValueType
from ring3k.abi.status import (
    STATUS_BUFFER_TOO_SMALL,
    STATUS_INVALID_PARAMETER,
    STATUS_OBJECT_NAME_NOT_FOUND,
    NtError,
)
from ring3k.abi.strings import UnicodeString
from ring3k.abi.types import In, Opt, Out, OutBuffer, Sized, Ulong
from ring3k.cm.names import fold, split
from ring3k.cm.root import ConfigurationManager
from ring3k.ke.thread import KThread as Thread
from ring3k.typed import Annotated


@syscall()
def NtQueryLicenseValue(
    t: Thread,
    value_name: In[UnicodeString],
    value_type: Opt[Out[ValueType]],
    data: Opt[Annotated[OutBuffer, Sized("data_size")]],
    data_size: Ulong,
    result_data_size: Out[Ulong],
) -> int:
    """A licence value by name.  A userland says where in the registry it keeps them."""
    if not value_name:
        raise NtError(STATUS_INVALID_PARAMETER)
    place = t.process.contract.LICENSES
    registry = t.kernel.part(ConfigurationManager).registry
    node = registry.root
    if not place:
        raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
    for part in split(place):
        found = registry.child(node, fold(part))
        if found is None:
            raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
        node = found
    value = registry.value(node, value_name)
    if value_type is not None:
        value_type.set(value.type)
    result_data_size.set(len(value.data))
    if data_size < len(value.data):
        raise NtError(STATUS_BUFFER_TOO_SMALL)
    if data is not None:
        data.write(value.data)
    return 0

"""Values: query, enumerate, set, delete."""

from __future__ import annotations

from contextlib import suppress

from ring3k.abi.access import KEY_QUERY_VALUE, KEY_SET_VALUE
from ring3k.abi.call import syscall
from ring3k.abi.enums import KeyValueInfoClass, ValueType
from ring3k.abi.status import (
    STATUS_BUFFER_OVERFLOW,
    STATUS_INSUFFICIENT_RESOURCES,
    STATUS_INVALID_PARAMETER,
    STATUS_NO_MORE_ENTRIES,
    GuestFault,
    NtError,
)
from ring3k.abi.strings import UnicodeString
from ring3k.abi.structs.cm import KEY_VALUE_ENTRY
from ring3k.abi.types import Handle, In, InBuffer, InOut, Opt, Out, OutBuffer, Sized, Ulong
from ring3k.cm.info import answer, value_info
from ring3k.cm.key import Key
from ring3k.cm.names import MAX_VALUE_NAME
from ring3k.cm.node import Value
from ring3k.ke.thread import KThread as Thread
from ring3k.typed import Annotated

MAX_ENTRIES = 0x10000
LARGEST = 64 << 20  # bytes of data that are looked at at all


def _check_class(key_value_information_class: int) -> None:
    if key_value_information_class > 4:
        raise NtError(STATUS_INVALID_PARAMETER)


@syscall(first=_check_class)
def NtQueryValueKey(
    t: Thread,
    key_handle: Handle,
    value_name: In[UnicodeString],
    key_value_information_class: KeyValueInfoClass,
    key_value_information: Annotated[OutBuffer, Sized("length", align=4)],
    length: Ulong,
    result_length: Out[Ulong],
) -> int:
    """Describe a value, with its data or without.  Zeros at the end of its name do not count."""
    key: Key = t.handles.get(key_handle, Key, KEY_QUERY_VALUE)
    registry = key.registry
    if value_name.endswith("\0"):
        value_name = value_name.rstrip("\0")
    value = registry.value(registry.fresh(key.node), value_name)
    return answer(
        value_info(value, key_value_information_class), key_value_information, length, result_length
    )


@syscall(first=_check_class)
def NtEnumerateValueKey(
    t: Thread,
    key_handle: Handle,
    index: Ulong,
    key_value_information_class: KeyValueInfoClass,
    key_value_information: Annotated[OutBuffer, Sized("length", align=4)],
    length: Ulong,
    result_length: Out[Ulong],
) -> int:
    """Describe the value at a position: in the order they were made."""
    key: Key = t.handles.get(key_handle, Key, KEY_QUERY_VALUE)
    value = key.registry.value_at(key.registry.fresh(key.node), index)
    if value is None:
        return STATUS_NO_MORE_ENTRIES
    return answer(
        value_info(value, key_value_information_class), key_value_information, length, result_length
    )


@syscall()
def NtSetValueKey(
    t: Thread,
    key_handle: Handle,
    value_name: In[UnicodeString],
    title_index: Ulong,
    type: ValueType,  # noqa: A002
    data: Annotated[InBuffer, Sized("data_size")],
    data_size: Ulong,
) -> int:
    """Set a value, creating it if it is not there; kept for good when this returns."""
    if data_size > LARGEST:
        raise NtError(STATUS_INVALID_PARAMETER if data_size >> 31 else STATUS_INSUFFICIENT_RESOURCES)
    content = t.memory.read(data.address, data_size) if data_size else b""
    key: Key = t.handles.get(key_handle, Key, KEY_SET_VALUE)
    if value_name.endswith("\0"):
        value_name = value_name.rstrip("\0")
    if len(value_name) > MAX_VALUE_NAME:
        raise NtError(STATUS_INVALID_PARAMETER)
    registry = key.registry
    registry.set_value(registry.fresh(key.node), value_name, type, content)
    return 0


@syscall()
def NtDeleteValueKey(t: Thread, key_handle: Handle, value_name: In[UnicodeString]) -> int:
    """Delete a value."""
    key: Key = t.handles.get(key_handle, Key, KEY_SET_VALUE)
    key.registry.delete_value(key.registry.fresh(key.node), value_name.rstrip("\0"))
    return 0


def _check_count(entry_count: int) -> None:
    if entry_count > MAX_ENTRIES:
        raise NtError(STATUS_INSUFFICIENT_RESOURCES)


@syscall(first=_check_count)
def NtQueryMultipleValueKey(
    t: Thread,
    key_handle: Handle,
    value_entries: Annotated[OutBuffer, Sized("entry_count", unit=KEY_VALUE_ENTRY, align=4)],
    entry_count: Ulong,
    value_buffer: Annotated[OutBuffer, Sized("buffer_length", indirect=True, align=4)],
    buffer_length: InOut[Ulong],
    required_buffer_length: Opt[Out[Ulong]],
) -> int:
    """Read several values at once; the entries' names are input, their other fields output.

    Data that has no room is left out, and all after it; what was needed is told.
    """
    key: Key = t.handles.get(key_handle, Key, KEY_QUERY_VALUE)
    node = key.registry.fresh(key.node)
    size = KEY_VALUE_ENTRY.size()
    room = buffer_length.value
    raw = value_entries.read(entry_count * size)
    need = used = 0
    status = 0
    for index in range(entry_count):
        entry = KEY_VALUE_ENTRY.unpack(raw[index * size : (index + 1) * size])
        value: Value = key.registry.value(node, UNICODE.load(t.memory, entry.ValueName).rstrip("\0"))
        need = (need + 3) & ~3
        if need + len(value.data) <= room and not status:
            value_buffer.write(value.data, need)
            entry.DataLength, entry.DataOffset, entry.Type = len(value.data), need, value.type
            value_entries.write(entry.pack(), index * size)
            used = need + len(value.data)
        else:
            status = STATUS_BUFFER_OVERFLOW
        need += len(value.data)
    with suppress(GuestFault):
        buffer_length.set(used)
        if required_buffer_length is not None:
            required_buffer_length.set(need)
    return status


UNICODE = UnicodeString.__metadata__[0]  # type: ignore[attr-defined]

"""Keys: create, open, describe, enumerate, rename, delete, flush."""

from __future__ import annotations

from contextlib import suppress

from ring3k.abi.access import (
    DELETE,
    KEY_ENUMERATE_SUB_KEYS,
    KEY_QUERY_VALUE,
    KEY_SET_VALUE,
    KEY_WRITE,
    KeyAccess,
)
from ring3k.abi.call import syscall
from ring3k.abi.enums import KeyDisposition, KeyInfoClass, KeyOptions, KeySetInfoClass
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_CANNOT_DELETE,
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_INFO_CLASS,
    STATUS_INVALID_PARAMETER,
    STATUS_NO_MORE_ENTRIES,
    STATUS_OBJECT_NAME_COLLISION,
    GuestFault,
    NtError,
)
from ring3k.abi.strings import ObjectAttributesArg, UnicodeString
from ring3k.abi.structs.cm import (
    KEY_INFORMATION_CLASS,
    KEY_SET_INFORMATION_CLASS,
    REG_DISPOSITION,
    REG_OPTION_BACKUP_RESTORE,
    REG_OPTION_CREATE_LINK,
    REG_OPTION_DONT_VIRTUALIZE,
    REG_OPTION_OPEN_LINK,
    REG_OPTION_VOLATILE,
)
from ring3k.abi.types import Handle, In, InBuffer, Opt, Out, OutBuffer, Sized, Ulong
from ring3k.abi.version import Version
from ring3k.cm.info import answer, described, enumerated
from ring3k.cm.key import Key, KeyOpening, give_key
from ring3k.cm.names import MAX_KEY_NAME
from ring3k.cm.root import ConfigurationManager
from ring3k.ke.thread import KThread as Thread
from ring3k.typed import Annotated

_OPTIONS = REG_OPTION_VOLATILE | REG_OPTION_CREATE_LINK | REG_OPTION_BACKUP_RESTORE | REG_OPTION_OPEN_LINK
_CREATED, _OPENED = REG_DISPOSITION.REG_CREATED_NEW_KEY, REG_DISPOSITION.REG_OPENED_EXISTING_KEY
_ENUMERATED = (
    KEY_INFORMATION_CLASS.KeyBasicInformation,
    KEY_INFORMATION_CLASS.KeyNodeInformation,
    KEY_INFORMATION_CLASS.KeyFullInformation,
)
_SET_SIZES = {
    KEY_SET_INFORMATION_CLASS.KeyWriteTimeInformation: 8,
    KEY_SET_INFORMATION_CLASS.KeyUserFlagsInformation: 4,
}


def _check_options(t: Thread, create_options: int) -> None:
    unknown = create_options & ~_OPTIONS
    if unknown and (unknown != REG_OPTION_DONT_VIRTUALIZE or t.kernel.part(Version).level < 60):
        raise NtError(STATUS_INVALID_PARAMETER)


@syscall(first=_check_options)
def NtCreateKey(
    t: Thread,
    key_handle: Out[Handle],
    desired_access: KeyAccess,
    object_attributes: In[ObjectAttributesArg],
    title_index: Ulong,
    class_name: Opt[In[UnicodeString]],
    create_options: KeyOptions,
    disposition: Opt[Out[KeyDisposition]],
) -> int:
    """Open a key, creating it if it is not there; all but the last component must be."""
    how = KeyOpening(True, create_options, class_name or None)
    give_key(t, key_handle, desired_access, object_attributes, how)
    if disposition is not None:
        with suppress(GuestFault):
            disposition.set(_CREATED if how.created else _OPENED)
    return 0


@syscall()
def NtOpenKey(
    t: Thread, key_handle: Out[Handle], desired_access: KeyAccess, object_attributes: In[ObjectAttributesArg]
) -> int:
    """Open an existing key."""
    give_key(t, key_handle, desired_access, object_attributes, KeyOpening())
    return 0


@syscall()
def NtDeleteKey(t: Thread, key_handle: Handle) -> int:
    """Take a key out of the registry; other handles to it are good for nothing but closing."""
    key: Key = t.handles.get(key_handle, Key, DELETE)
    if not key.node.deleted:
        key.registry.delete(key.registry.fresh(key.node))
    return 0


def _check_enumerated(key_information_class: int) -> None:
    if key_information_class not in _ENUMERATED:
        raise NtError(STATUS_INVALID_PARAMETER)


@syscall(first=_check_enumerated)
def NtEnumerateKey(
    t: Thread,
    key_handle: Handle,
    index: Ulong,
    key_information_class: KeyInfoClass,
    key_information: Annotated[OutBuffer, Sized("length", align=4)],
    length: Ulong,
    result_length: Out[Ulong],
) -> int:
    """Describe the subkey at a position: sorted by name, volatile ones last."""
    key: Key = t.handles.get(key_handle, Key, KEY_ENUMERATE_SUB_KEYS)
    registry = key.registry
    found = registry.child_at(registry.fresh(key.node), index)
    if found is None:
        return STATUS_NO_MORE_ENTRIES
    return answer(enumerated(registry, found, key_information_class), key_information, length, result_length)


def _check_described(t: Thread, key_information_class: int) -> None:
    last = 5 if t.kernel.part(Version).level > 50 else 3
    if key_information_class > last:
        raise NtError(STATUS_INVALID_PARAMETER)


@syscall(first=_check_described)
def NtQueryKey(
    t: Thread,
    key_handle: Handle,
    key_information_class: KeyInfoClass,
    key_information: Annotated[OutBuffer, Sized("length", align=4)],
    length: Ulong,
    result_length: Out[Ulong],
) -> int:
    """Describe a key.  Its full name may be asked for with any right, but not with none."""
    name_only = key_information_class == KEY_INFORMATION_CLASS.KeyNameInformation
    key: Key = t.handles.get(key_handle, Key, 0 if name_only else KEY_QUERY_VALUE)
    if name_only and not t.handles.entry(key_handle).granted:
        raise NtError(STATUS_ACCESS_DENIED)
    found = described(key.registry, key.registry.fresh(key.node), key_information_class)
    return answer(found, key_information, length, result_length)


def _check_settable(key_set_information_class: int, key_set_information_length: int) -> None:
    size = _SET_SIZES.get(key_set_information_class)
    if size is None:
        raise NtError(STATUS_INVALID_INFO_CLASS)
    if size != key_set_information_length:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)


@syscall(first=_check_settable)
def NtSetInformationKey(
    t: Thread,
    key_handle: Handle,
    key_set_information_class: KeySetInfoClass,
    key_set_information: Annotated[InBuffer, Sized("key_set_information_length", align=4)],
    key_set_information_length: Ulong,
) -> int:
    """Set a key's last write time or user flags."""
    number = int.from_bytes(key_set_information.read(key_set_information_length), "little")
    key: Key = t.handles.get(key_handle, Key, KEY_SET_VALUE)
    node = key.registry.fresh(key.node)
    if key_set_information_class == KEY_SET_INFORMATION_CLASS.KeyWriteTimeInformation:
        key.registry.set_time(node, number - (1 << 64) if number >> 63 else number)
    else:
        node.user_flags = number & 0xF
    return 0


@syscall()
def NtRenameKey(t: Thread, key_handle: Handle, new_name: In[UnicodeString]) -> int:
    """Give a key another name under the same parent (XP and later)."""
    if not new_name or len(new_name) > MAX_KEY_NAME or "\\" in new_name:
        raise NtError(STATUS_INVALID_PARAMETER)
    key: Key = t.handles.get(key_handle, Key, KEY_WRITE)
    try:
        key.registry.rename(key.registry.fresh(key.node), new_name)
    except NtError as error:
        if error.status == STATUS_OBJECT_NAME_COLLISION:  # as a file's would be; a key's is another
            raise NtError(STATUS_CANNOT_DELETE) from None
        raise
    return 0


@syscall()
def NtFlushKey(t: Thread, key_handle: Handle) -> int:
    """Wait until all that was written before is on the disk."""
    key: Key = t.handles.get(key_handle, Key, 0)
    node = key.registry.fresh(key.node)
    t.kernel.part(ConfigurationManager).hives.flush(node)
    key.registry.flush()
    return 0

"""Hives: save, restore, load, unload, replace, and what is open in them.

NT's order: who lacks the privilege learns nothing else.
"""

from __future__ import annotations

from contextlib import suppress

from ring3k.abi.access import EVENT_MODIFY_STATE, FILE_READ_DATA, FILE_WRITE_DATA
from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.enums import LoadKeyFlags, SaveKeyFormat
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_CANNOT_DELETE,
    STATUS_INVALID_PARAMETER,
    STATUS_NOT_SUPPORTED,
    STATUS_PENDING,
    GuestFault,
    NtError,
)
from ring3k.abi.strings import ObjectAttributes, ObjectAttributesArg
from ring3k.abi.structs.cm import (
    REG_FORCE_RESTORE,
    REG_LATEST_FORMAT,
    REG_NO_COMPRESSION,
    REG_NO_LAZY_FLUSH,
    REG_REFRESH_HIVE,
    REG_STANDARD_FORMAT,
    REG_WHOLE_HIVE_VOLATILE,
)
from ring3k.abi.types import Handle, In, Out, Ulong
from ring3k.cm.files import HiveFiles, check_handle, read_handle, write_handle
from ring3k.cm.hive import Hives, dump, graft, merge, open_keys, parse_hive
from ring3k.cm.key import Key, KeyOpening, open_key
from ring3k.cm.node import HIVE, MASTER, KeyNode
from ring3k.cm.regf_write import LATEST, STANDARD, write_hive
from ring3k.cm.root import ConfigurationManager
from ring3k.ex.event import Event
from ring3k.ke.thread import KThread as Thread
from ring3k.se.privilege import SE_BACKUP_PRIVILEGE, SE_RESTORE_PRIVILEGE, require_privilege

_FORMATS = {REG_STANDARD_FORMAT: STANDARD, REG_LATEST_FORMAT: LATEST, REG_NO_COMPRESSION: STANDARD}
_RESTORE_FLAGS = REG_WHOLE_HIVE_VOLATILE | REG_REFRESH_HIVE | REG_NO_LAZY_FLUSH | REG_FORCE_RESTORE
REG_FORCE_UNLOAD = 1


def _hives(t: Thread) -> Hives:
    return t.kernel.part(ConfigurationManager).hives


def _target(t: Thread, attributes: ObjectAttributes) -> KeyNode:
    """The node of a key that is named, without keeping it open."""
    key = open_key(t, attributes, KeyOpening())
    key.reference()
    key.dereference()
    return key.registry.fresh(key.node)


def _check_master(node: KeyNode) -> None:
    """What holds the hives is none: neither saved nor replaced.  STATUS_ACCESS_DENIED."""
    if node.flags & MASTER:
        raise NtError(STATUS_ACCESS_DENIED)


# -- save ---------------------------------------------------------------------------------
def _save(t: Thread, key_handle: int, file_handle: int, minor: int, whole: bool = False) -> int:
    require_privilege(t, SE_BACKUP_PRIVILEGE)
    key: Key = t.handles.get(key_handle, Key, 0)
    node = key.registry.fresh(key.node)
    if whole and not node.flags & HIVE:
        raise NtError(STATUS_INVALID_PARAMETER)
    check_handle(t, file_handle, FILE_WRITE_DATA)
    _check_master(node)
    write_handle(t, file_handle, write_hive(dump(key.registry, node), "", minor))
    return 0


@syscall()
def NtSaveKey(t: Thread, key_handle: Handle, file_handle: Handle) -> int:
    """Write a key and all below it, but for volatile keys, to a file."""
    return _save(t, key_handle, file_handle, STANDARD)


@syscall()
def NtSaveKeyEx(t: Thread, key_handle: Handle, file_handle: Handle, format: SaveKeyFormat) -> int:  # noqa: A002
    """NtSaveKey in a format of choice (XP and later); only whole hives can be saved as they are."""
    minor = _FORMATS.get(format)
    if minor is None:
        raise NtError(STATUS_INVALID_PARAMETER)
    return _save(t, key_handle, file_handle, minor, format == REG_NO_COMPRESSION)


@syscall()
def NtSaveMergedKeys(
    t: Thread, high_precedence_key_handle: Handle, low_precedence_key_handle: Handle, file_handle: Handle
) -> int:
    """Write two trees of different hives laid over each other to a file."""
    require_privilege(t, SE_BACKUP_PRIVILEGE)
    high: Key = t.handles.get(high_precedence_key_handle, Key, 0)
    low: Key = t.handles.get(low_precedence_key_handle, Key, 0)
    registry = high.registry
    nodes = registry.fresh(high.node), registry.fresh(low.node)
    if nodes[0].hive() is nodes[1].hive():
        raise NtError(STATUS_INVALID_PARAMETER)
    check_handle(t, file_handle, FILE_WRITE_DATA)
    _check_master(nodes[0])
    _check_master(nodes[1])
    tree = merge(dump(registry, nodes[0]), dump(registry, nodes[1]))
    write_handle(t, file_handle, write_hive(tree))
    return 0


# -- restore --------------------------------------------------------------------------------
@syscall(PARTIAL, "a hive cannot be made volatile, nor refreshed: STATUS_NOT_SUPPORTED")
def NtRestoreKey(t: Thread, key_handle: Handle, file_handle: Handle, flags: LoadKeyFlags) -> int:
    """Replace what is in and below a key by a saved tree; only by force if something below is open."""
    require_privilege(t, SE_RESTORE_PRIVILEGE)
    if flags & ~_RESTORE_FLAGS:
        raise NtError(STATUS_INVALID_PARAMETER)
    if flags & (REG_WHOLE_HIVE_VOLATILE | REG_REFRESH_HIVE):
        raise NtError(STATUS_NOT_SUPPORTED)
    key: Key = t.handles.get(key_handle, Key, 0)
    registry = key.registry
    node = registry.fresh(key.node)
    check_handle(t, file_handle, FILE_READ_DATA)
    _check_master(node)
    if not flags & REG_FORCE_RESTORE and any(one is not node for one in open_keys(node)):
        raise NtError(STATUS_CANNOT_DELETE)
    graft(registry, node, parse_hive(read_handle(t, file_handle)))
    return 0


# -- load and unload ----------------------------------------------------------------------------
def _load(t: Thread, target: ObjectAttributes, source: ObjectAttributes) -> int:
    require_privilege(t, SE_RESTORE_PRIVILEGE)
    above, _, name = (target.name or "").rstrip("\\").rpartition("\\")
    master = _target(t, target._replace(name=above))
    data, nt_path, host_path = t.kernel.part(HiveFiles).read(t, source, True)
    _hives(t).load(master, name, data, nt_path, host_path)
    return 0


@syscall()
def NtLoadKey(t: Thread, target_key: In[ObjectAttributesArg], source_file: In[ObjectAttributesArg]) -> int:
    """Mount a hive file as a key below MACHINE or USER; an empty one is made if it is missing."""
    return _load(t, target_key, source_file)


def _check_load(flags: int) -> None:
    if flags & ~REG_NO_LAZY_FLUSH:
        raise NtError(STATUS_INVALID_PARAMETER)


@syscall(first=_check_load)
def NtLoadKey2(
    t: Thread,
    target_key: In[ObjectAttributesArg],
    source_file: In[ObjectAttributesArg],
    flags: LoadKeyFlags,
) -> int:
    """NtLoadKey with options; nothing here is flushed lazily."""
    return _load(t, target_key, source_file)


@syscall(PARTIAL, "links between hives are followed whatever their class", first=_check_load)
def NtLoadKeyEx(
    t: Thread,
    target_key: In[ObjectAttributesArg],
    source_file: In[ObjectAttributesArg],
    flags: LoadKeyFlags,
    trust_class_key: Handle,
) -> int:
    """NtLoadKey2 into a class of hives that may link to each other (2003)."""
    if trust_class_key:
        t.handles.get(trust_class_key, Key, 0)
    return _load(t, target_key, source_file)


@syscall()
def NtUnloadKey(t: Thread, target_key: In[ObjectAttributesArg]) -> int:
    """Unmount a hive in which nothing is open, and write its file."""
    require_privilege(t, SE_RESTORE_PRIVILEGE)
    _hives(t).unload(_target(t, target_key))
    return 0


@syscall(PARTIAL, "no guest test: nt52 only")
def NtUnloadKey2(t: Thread, target_key: In[ObjectAttributesArg], flags: Ulong) -> int:
    """Unmount a hive, by force if asked (2003): what is open in it is good for nothing any more."""
    require_privilege(t, SE_RESTORE_PRIVILEGE)
    if flags & ~REG_FORCE_UNLOAD:
        raise NtError(STATUS_INVALID_PARAMETER)
    _hives(t).unload(_target(t, target_key), bool(flags & REG_FORCE_UNLOAD))
    return 0


@syscall()
def NtUnloadKeyEx(t: Thread, target_key: In[ObjectAttributesArg], event: Handle) -> int:
    """Unmount a hive as soon as nothing in it is open, then set the event (XP and later)."""
    require_privilege(t, SE_RESTORE_PRIVILEGE)
    signal: Event | None = t.handles.get(event, Event, EVENT_MODIFY_STATE) if event else None
    node = _target(t, target_key)
    hives = _hives(t)
    if hives.row(node) is None:
        raise NtError(STATUS_INVALID_PARAMETER)
    if open_keys(node):
        hives.unload_later(node, signal)
        return STATUS_PENDING
    hives.unload(node)
    if signal is not None:
        signal.set()
    return 0


@syscall(
    PARTIAL, "the new content is there when the machine starts anew, that is, when no other kernel uses it"
)
def NtReplaceKey(
    t: Thread,
    new_file: In[ObjectAttributesArg],
    target_handle: Handle,
    old_file: In[ObjectAttributesArg],
) -> int:
    """Keep a hive in one file, and let it have the content of another from the next start on."""
    require_privilege(t, SE_RESTORE_PRIVILEGE)
    key: Key = t.handles.get(target_handle, Key, 0)
    node = key.registry.fresh(key.node)
    if not node.flags & HIVE or node.volatile:
        raise NtError(STATUS_INVALID_PARAMETER)
    files = t.kernel.part(HiveFiles)
    data, nt_path, _ = files.read(t, new_file, False)
    parse_hive(data)
    files.write(t, old_file, write_hive(dump(key.registry, node), old_file.name or ""))
    _hives(t).replace(node, data, nt_path)
    return 0


# -- what is open ---------------------------------------------------------------------------------
@syscall()
def NtQueryOpenSubKeys(t: Thread, target_key: In[ObjectAttributesArg], handle_count: Out[Ulong]) -> int:
    """Count open keys in a hive, whose root is named."""
    node = _target(t, target_key)
    if not node.flags & HIVE:
        raise NtError(STATUS_INVALID_PARAMETER)
    with suppress(GuestFault):
        handle_count.set(len(open_keys(node)))
    return 0

"""What keeps a registry in order: initialization, compaction, locks, and who has what open.

A store that is a database has no holes to close; what the calls check is checked.
"""

from __future__ import annotations

from contextlib import suppress
from struct import pack, unpack

from ring3k.abi.access import KEY_WRITE
from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_BUFFER_OVERFLOW,
    STATUS_BUFFER_TOO_SMALL,
    STATUS_INVALID_PARAMETER,
    STATUS_PRIVILEGE_NOT_HELD,
    GuestFault,
    NtError,
)
from ring3k.abi.strings import UNICODE_STRING, ObjectAttributesArg
from ring3k.abi.types import POINTER, Handle, In, InBuffer, InOut, Opt, Out, OutBuffer, Sized, Ulong, Ushort
from ring3k.cm.key import Key, KeyOpening, open_key
from ring3k.cm.node import HIVE
from ring3k.ke.thread import KThread as Thread
from ring3k.ps.table import ClientIdTable
from ring3k.se.privilege import SE_BACKUP_PRIVILEGE, SE_RESTORE_PRIVILEGE, require_privilege
from ring3k.typed import Annotated

MOST_KEYS = 0x3FFFFFFF
FEW = 0x10000  # keys that are looked at in one call


@syscall(PARTIAL, "the session manager has called it: this registry is there from the start")
def NtInitializeRegistry(t: Thread, boot_condition: Ushort) -> int:
    """Load the hives of the system: called once by the session manager, refused to all others."""
    raise NtError(STATUS_ACCESS_DENIED)


def _check_count(count: int) -> None:
    if count > MOST_KEYS:
        raise NtError(STATUS_INVALID_PARAMETER)


@syscall(PARTIAL, "keys are looked up, and left where they are", first=_check_count)
def NtCompactKeys(
    t: Thread, count: Ulong, key_array: Annotated[InBuffer, Sized("count", unit=POINTER, align=4)]
) -> int:
    """Store keys of one hive close to each other (XP and later)."""
    raw = key_array.read(4 * min(count, FEW))
    require_privilege(t, SE_BACKUP_PRIVILEGE)
    hive = None
    for handle in unpack(f"<{len(raw) // 4}I", raw):
        key: Key = t.handles.get(handle, Key, KEY_WRITE)
        mine = key.registry.fresh(key.node).hive()
        if hive is not None and mine is not hive:
            raise NtError(STATUS_INVALID_PARAMETER)
        hive = mine
    return 0


@syscall(PARTIAL, "a hive has no holes")
def NtCompressKey(t: Thread, key: Handle) -> int:
    """Rewrite a hive without holes (XP and later)."""
    require_privilege(t, SE_BACKUP_PRIVILEGE)
    found: Key = t.handles.get(key, Key, KEY_WRITE)
    if not found.registry.fresh(found.node).flags & HIVE:
        raise NtError(STATUS_INVALID_PARAMETER)
    return 0


@syscall()
def NtLockRegistryKey(t: Thread, key_handle: Handle) -> int:
    """Keep a key from being changed until the next start (XP and later): for the kernel's own use only."""
    raise NtError(STATUS_PRIVILEGE_NOT_HELD)


@syscall(PARTIAL, "there is no product activation: no key is locked")
def NtLockProductActivationKeys(t: Thread, private_ver: Opt[InOut[Ulong]], safe_mode: Opt[Out[Ulong]]) -> int:
    """Keep the product activation keys from being changed (XP and later); tells whether this is safe mode."""
    with suppress(GuestFault):
        if safe_mode is not None:
            safe_mode.set(0)
    return 0


@syscall(PARTIAL, "no guest test: nt52 only")
def NtQueryOpenSubKeysEx(
    t: Thread,
    target_key: In[ObjectAttributesArg],
    buffer_length: Ulong,
    buffer: Annotated[OutBuffer, Sized("buffer_length", align=4)],
    required_size: Out[Ulong],
) -> int:
    """List open keys in a hive, with the processes that hold them (2003): a count, then pairs, then names."""
    require_privilege(t, SE_RESTORE_PRIVILEGE)
    key = open_key(t, target_key, KeyOpening())
    key.reference()
    key.dereference()
    root = key.node
    if not root.flags & HIVE:
        raise NtError(STATUS_INVALID_PARAMETER)
    found = [
        (process.pid, entry.object.full_name().encode("utf-16-le", "surrogatepass"))
        for process in t.kernel.part(ClientIdTable).running.values()
        for _, entry in process.handles.items()
        if isinstance(entry.object, Key) and entry.object.node.is_below(root)
    ]
    need = 4 + sum(12 + len(name) + 2 for _, name in found)
    with suppress(GuestFault):
        required_size.set(need)
    if buffer_length < 4:
        return STATUS_BUFFER_TOO_SMALL
    if buffer_length < need:
        return STATUS_BUFFER_OVERFLOW
    place, pairs, names = buffer.address + 4 + 12 * len(found), b"", b""
    for pid, name in found:
        text = UNICODE_STRING(Length=len(name), MaximumLength=len(name) + 2, Buffer=place + len(names))
        pairs += pack("<I", pid) + text.pack()
        names += name + b"\0\0"
    buffer.write(pack("<I", len(found)) + pairs + names)
    return 0

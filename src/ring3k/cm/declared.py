"""Configuration manager: declarations of calls without a handler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from ring3k.abi.call import declared
from ring3k.abi.enums import (
    LoadKeyFlags,
    SaveKeyFormat,
)
from ring3k.abi.strings import ObjectAttributesArg
from ring3k.abi.types import (
    POINTER,
    Handle,
    In,
    InBuffer,
    InOut,
    Opt,
    Out,
    OutBuffer,
    Sized,
    Ulong,
    Ushort,
)

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread as Thread


@declared
def NtLoadKey(t: Thread, target_key: In[ObjectAttributesArg], source_file: In[ObjectAttributesArg]) -> None:
    """Mount a hive file as a key."""


@declared
def NtLoadKey2(
    t: Thread,
    target_key: In[ObjectAttributesArg],
    source_file: In[ObjectAttributesArg],
    flags: LoadKeyFlags,
) -> None:
    """NtLoadKey with options."""


@declared
def NtLoadKeyEx(
    t: Thread,
    target_key: In[ObjectAttributesArg],
    source_file: In[ObjectAttributesArg],
    flags: LoadKeyFlags,
    trust_class_key: Handle,
) -> None:
    """NtLoadKey2 into a class of hives that may link to each other (2003)."""


@declared
def NtUnloadKey(t: Thread, target_key: In[ObjectAttributesArg]) -> None:
    """Unmount a hive."""


@declared
def NtUnloadKey2(t: Thread, target_key: In[ObjectAttributesArg], flags: Ulong) -> None:
    """Unmount a hive, by force if asked (2003)."""


@declared
def NtUnloadKeyEx(t: Thread, target_key: In[ObjectAttributesArg], event: Handle) -> None:
    """Unmount a hive as soon as nobody uses it, then set the event (XP and later)."""


@declared
def NtSaveKey(t: Thread, key_handle: Handle, file_handle: Handle) -> None:
    """Write a key and all below it to a file."""


@declared
def NtSaveKeyEx(t: Thread, key_handle: Handle, file_handle: Handle, format: SaveKeyFormat) -> None:  # noqa: A002
    """NtSaveKey in a format of choice (XP and later)."""


@declared
def NtSaveMergedKeys(
    t: Thread, high_precedence_key_handle: Handle, low_precedence_key_handle: Handle, file_handle: Handle
) -> None:
    """Write two trees laid over each other to a file."""


@declared
def NtRestoreKey(t: Thread, key_handle: Handle, file_handle: Handle, flags: LoadKeyFlags) -> None:
    """Replace what is below a key by a saved tree."""


@declared
def NtReplaceKey(
    t: Thread,
    new_file: In[ObjectAttributesArg],
    target_handle: Handle,
    old_file: In[ObjectAttributesArg],
) -> None:
    """Let a hive be read from another file at the next start."""


@declared
def NtQueryOpenSubKeys(t: Thread, target_key: In[ObjectAttributesArg], handle_count: Out[Ulong]) -> None:
    """Count open keys in a hive."""


@declared
def NtQueryOpenSubKeysEx(
    t: Thread,
    target_key: In[ObjectAttributesArg],
    buffer_length: Ulong,
    buffer: Annotated[OutBuffer, Sized("buffer_length", align=4)],
    required_size: Out[Ulong],
) -> None:
    """List open keys in a hive, with the processes that hold them (2003)."""


@declared
def NtInitializeRegistry(t: Thread, boot_condition: Ushort) -> None:
    """Load the hives of the system: called once by the session manager."""


@declared
def NtCompactKeys(
    t: Thread, count: Ulong, key_array: Annotated[InBuffer, Sized("count", unit=POINTER, align=4)]
) -> None:
    """Store keys close to each other in their hive (XP and later)."""


@declared
def NtCompressKey(t: Thread, key: Handle) -> None:
    """Rewrite a hive without holes (XP and later)."""


@declared
def NtLockRegistryKey(t: Thread, key_handle: Handle) -> None:
    """Keep a key from being changed until the next start (XP and later)."""


@declared
def NtLockProductActivationKeys(
    t: Thread, private_ver: Opt[InOut[Ulong]], safe_mode: Opt[Out[Ulong]]
) -> None:
    """Keep the product activation keys from being changed (XP and later)."""

"""Opening keys as Windows 7 does: with options."""

from __future__ import annotations

from ring3k.abi.access import KeyAccess
from ring3k.abi.call import syscall
from ring3k.abi.enums import KeyOptions
from ring3k.abi.status import STATUS_INVALID_PARAMETER, NtError
from ring3k.abi.strings import ObjectAttributesArg
from ring3k.abi.structs.cm import REG_OPTION_BACKUP_RESTORE, REG_OPTION_DONT_VIRTUALIZE, REG_OPTION_OPEN_LINK
from ring3k.abi.types import Handle, In, Out
from ring3k.cm.key import KeyOpening, give_key
from ring3k.ke.thread import KThread as Thread

_OPTIONS = REG_OPTION_BACKUP_RESTORE | REG_OPTION_OPEN_LINK | REG_OPTION_DONT_VIRTUALIZE


def _check_options(open_options: int) -> None:
    if open_options & ~_OPTIONS:
        raise NtError(STATUS_INVALID_PARAMETER)


@syscall(first=_check_options)
def NtOpenKeyEx(
    t: Thread,
    key_handle: Out[Handle],
    desired_access: KeyAccess,
    object_attributes: In[ObjectAttributesArg],
    open_options: KeyOptions,
) -> int:
    """Open an existing key, a link itself (REG_OPTION_OPEN_LINK), or for a backup."""
    give_key(t, key_handle, desired_access, object_attributes, KeyOpening(options=open_options))
    return 0

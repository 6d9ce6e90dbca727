"""Keys opened in a transaction.  There are no transactions, so no handle stands for one."""

from __future__ import annotations

from ring3k.abi.access import KeyAccess
from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.enums import KeyDisposition, KeyOptions
from ring3k.abi.status import STATUS_OBJECT_TYPE_MISMATCH, NtError
from ring3k.abi.strings import ObjectAttributesArg, UnicodeString
from ring3k.abi.types import Handle, In, Opt, Out, Ulong
from ring3k.ke.thread import KThread as Thread
from ring3k.ob.handles import lookup
from ring3k.typed import NoReturn

NO_TRANSACTIONS = "no transaction manager: no handle is a transaction's"


def _no_transaction(t: Thread, handle: int) -> NoReturn:
    lookup(t, handle, object, 0)
    raise NtError(STATUS_OBJECT_TYPE_MISMATCH)


@syscall(PARTIAL, NO_TRANSACTIONS)
def NtCreateKeyTransacted(
    t: Thread,
    key_handle: Out[Handle],
    desired_access: KeyAccess,
    object_attributes: In[ObjectAttributesArg],
    title_index: Ulong,
    class_name: Opt[In[UnicodeString]],
    create_options: KeyOptions,
    transaction_handle: Handle,
    disposition: Opt[Out[KeyDisposition]],
) -> int:
    """NtCreateKey in a transaction."""
    _no_transaction(t, transaction_handle)


@syscall(PARTIAL, NO_TRANSACTIONS)
def NtOpenKeyTransacted(
    t: Thread,
    key_handle: Out[Handle],
    desired_access: KeyAccess,
    object_attributes: In[ObjectAttributesArg],
    transaction_handle: Handle,
) -> int:
    """NtOpenKey in a transaction."""
    _no_transaction(t, transaction_handle)


@syscall(PARTIAL, NO_TRANSACTIONS)
def NtOpenKeyTransactedEx(
    t: Thread,
    key_handle: Out[Handle],
    desired_access: KeyAccess,
    object_attributes: In[ObjectAttributesArg],
    open_options: KeyOptions,
    transaction_handle: Handle,
) -> int:
    """NtOpenKeyEx in a transaction."""
    _no_transaction(t, transaction_handle)

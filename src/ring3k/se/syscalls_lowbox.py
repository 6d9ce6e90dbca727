"""NtCreateLowBoxToken: tokens of app containers (Windows 8 and later)."""

from __future__ import annotations

from ring3k.abi.access import TOKEN_DUPLICATE, TokenAccess
from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.status import STATUS_INVALID_PARAMETER, STATUS_NOT_SUPPORTED, NtError
from ring3k.abi.strings import ObjectAttributesArg
from ring3k.abi.types import Handle, In, InBuffer, Opt, Out, Pointer, Sized, Ulong
from ring3k.ke.thread import KThread as Thread
from ring3k.se.sid import capture_sid
from ring3k.se.token import Token
from ring3k.typed import Annotated

MOST = 0x1000


@syscall(PARTIAL, "there are no app containers: STATUS_NOT_SUPPORTED")
def NtCreateLowBoxToken(
    t: Thread,
    token_handle: Out[Handle],
    existing_token_handle: Handle,
    desired_access: TokenAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
    package_sid: Pointer,
    capability_count: Ulong,
    capabilities: Annotated[InBuffer, Sized("capability_count", unit=8, align=4)],
    handle_count: Ulong,
    handles: Annotated[InBuffer, Sized("handle_count", unit=4, align=4)],
) -> int:
    """A token that lets a package reach nothing but what its capabilities name."""
    if capability_count > MOST or handle_count > MOST:
        raise NtError(STATUS_INVALID_PARAMETER)
    capture_sid(t.memory, package_sid)
    t.handles.get(existing_token_handle, Token, TOKEN_DUPLICATE)
    return STATUS_NOT_SUPPORTED

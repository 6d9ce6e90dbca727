"""Impersonation: acting as another thread's client, as nobody, and looking at whom a thread acts for."""

from __future__ import annotations

from ring3k.abi.access import (
    THREAD_DIRECT_IMPERSONATION,
    THREAD_IMPERSONATE,
    THREAD_QUERY_INFORMATION,
    TokenAccess,
)
from ring3k.abi.call import syscall
from ring3k.abi.enums import ObjectFlags
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_CANT_OPEN_ANONYMOUS,
    STATUS_NO_TOKEN,
    NtError,
)
from ring3k.abi.structs.se import SECURITY_QUALITY_OF_SERVICE
from ring3k.abi.types import Boolean, Handle, In, Out
from ring3k.ke.thread import KThread as Thread
from ring3k.ob.handles import lookup
from ring3k.ob.open import give, grant_open
from ring3k.se.capture import check_quality
from ring3k.se.impersonation import IDENTIFICATION, IMPERSONATE, Client, client_token, set_client
from ring3k.se.monitor import ReferenceMonitor
from ring3k.se.privilege import effective_token
from ring3k.se.token import IMPERSONATION, Token


def _open_thread_token(
    t: Thread, thread_handle: int, desired: int, as_self: bool, flags: int, out: Out[Handle]
) -> int:
    """``as_self``: the caller's process, not whom it acts for, must have access to the token."""
    thread = lookup(t, thread_handle, Thread, THREAD_QUERY_INFORMATION)
    client: Client | None = thread.client
    if client is None:
        raise NtError(STATUS_NO_TOKEN)
    if client.level < IDENTIFICATION:
        raise NtError(STATUS_CANT_OPEN_ANONYMOUS)
    acting = t.client
    token = client.token
    token.reference()
    try:
        if as_self:
            t.client = None
        if client.copy_on_open:
            copy = token.duplicate(IMPERSONATION, client.level, client.effective_only)
            copy.reference()
            token.dereference()
            token = copy
            t.kernel.part(ReferenceMonitor).secure(t, token, None, None)
        granted = grant_open(t, token, desired)
        t.client = acting
        give(t, out, token, granted, flags)
    finally:
        t.client = acting
        token.dereference()
    return 0


@syscall()
def NtOpenThreadToken(
    t: Thread,
    thread_handle: Handle,
    desired_access: TokenAccess,
    open_as_self: Boolean,
    token_handle: Out[Handle],
) -> int:
    """Open the token a thread impersonates."""
    return _open_thread_token(t, thread_handle, desired_access, open_as_self, 0, token_handle)


@syscall()
def NtOpenThreadTokenEx(
    t: Thread,
    thread_handle: Handle,
    desired_access: TokenAccess,
    open_as_self: Boolean,
    handle_attributes: ObjectFlags,
    token_handle: Out[Handle],
) -> int:
    """NtOpenThreadToken with attributes for the handle (XP and later)."""
    return _open_thread_token(t, thread_handle, desired_access, open_as_self, handle_attributes, token_handle)


@syscall()
def NtImpersonateThread(
    t: Thread,
    server_thread_handle: Handle,
    client_thread_handle: Handle,
    security_qos: In[SECURITY_QUALITY_OF_SERVICE],
) -> int:
    """Let a thread take on another thread's security context."""
    quality = check_quality(security_qos)
    server = lookup(t, server_thread_handle, Thread, THREAD_IMPERSONATE)
    thread = lookup(t, client_thread_handle, Thread, THREAD_DIRECT_IMPERSONATION)
    token = client_token(effective_token(thread), thread, quality.level, quality.effective_only)
    token.reference()
    try:
        set_client(server, token, quality.level, quality.effective_only, copy_on_open=True)
    finally:
        token.dereference()
    return 0


@syscall()
def NtImpersonateAnonymousToken(t: Thread, thread_handle: Handle) -> int:
    """Let a thread be nobody.  A restricted process may not: nobody might be let in where it is not."""
    thread = lookup(t, thread_handle, Thread, THREAD_IMPERSONATE)
    own: Token = t.process.token
    if own.is_restricted:
        raise NtError(STATUS_ACCESS_DENIED)
    monitor = t.kernel.part(ReferenceMonitor)
    set_client(thread, monitor.anonymous_token(), IMPERSONATE)
    return 0

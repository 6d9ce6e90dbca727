"""Acting for somebody else: the client of a thread.

A thread without a ``Client`` acts for its process.  What the client's token may
be used for says the level: anonymous and identification let nobody in anywhere
(STATUS_BAD_IMPERSONATION_LEVEL), impersonation does.

Later service packs added a bar, kept here: who lacks SeImpersonatePrivilege may
impersonate only its own user (or a session it made itself); for others the token
is lowered to identification, and the call succeeds all the same.
"""

from __future__ import annotations

import struct
from contextlib import suppress

from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_BAD_IMPERSONATION_LEVEL,
    GuestFault,
    NtError,
)
from ring3k.abi.structs.job import JOB_SECURITY
from ring3k.abi.structs.ps import TEB_NT50
from ring3k.abi.structs.se import SECURITY_IMPERSONATION_LEVEL
from ring3k.ke.thread import KThread
from ring3k.se.privilege import SE_IMPERSONATE_PRIVILEGE
from ring3k.se.token import IMPERSONATION, PRIMARY, Token
from ring3k.typed import Any

IDENTIFICATION = SECURITY_IMPERSONATION_LEVEL.SecurityIdentification
IMPERSONATE = SECURITY_IMPERSONATION_LEVEL.SecurityImpersonation
DELEGATION = SECURITY_IMPERSONATION_LEVEL.SecurityDelegation


NO_LOCALE = 0xFFFFFFFF


class Client:
    """As whom a thread acts.  Holds a reference to the token."""

    __slots__ = ("copy_on_open", "effective_only", "level", "token")

    def __init__(self, token: Token, level: int, effective_only: bool, copy_on_open: bool) -> None:
        self.token = token
        self.level = level
        self.effective_only = effective_only
        self.copy_on_open = copy_on_open


def set_client(
    t: KThread,
    token: Token | None,
    level: int = IMPERSONATE,
    effective_only: bool = False,
    copy_on_open: bool = False,
) -> None:
    """PsImpersonateClient: let ``t`` act for a token's user, or (None) for itself again.

    STATUS_ACCESS_DENIED where the process's job does not allow such a token.
    """
    new = None
    if token is not None:
        job = t.process.job
        check_job(job, token)
        if job is not None and job.filter is not None:
            token = job.filter(token)
        if level >= IMPERSONATE and not _may(t, token):
            token, level = token.duplicate(IMPERSONATION, IDENTIFICATION), IDENTIFICATION
        token.reference()
        new = Client(token, level, effective_only, copy_on_open)
    old, t.client = t.client, new
    if old is not None or new is not None:
        _tell_teb(t)
    if old is not None:
        old.token.dereference()


def _tell_teb(t: KThread) -> None:
    """PspWriteTebImpersonationInfo: the loader looks there, and so does who caches the client's locale."""
    if t.teb and not t.ended:
        with suppress(GuestFault):
            place = t.teb + TEB_NT50.offset("ImpersonationLocale")  # IsImpersonating follows
            t.memory.write(place, struct.pack("<II", NO_LOCALE, t.client is not None))


def check_job(job: Any, token: Token) -> None:
    """Whether a job lets its processes act by a token; STATUS_ACCESS_DENIED."""
    flags: int = job.security_flags if job is not None else 0
    if flags & JOB_SECURITY.NO_ADMIN and token.is_administrator:
        raise NtError(STATUS_ACCESS_DENIED)
    if flags & JOB_SECURITY.RESTRICTED_TOKEN and not token.is_restricted:
        raise NtError(STATUS_ACCESS_DENIED)


def _may(t: KThread, token: Token) -> bool:
    """Whether the process may have the client's rights, and not only its name."""
    own: Token = t.process.token
    if own.holds(SE_IMPERSONATE_PRIVILEGE) or token.origin == own.authentication_id:
        return True
    return token.user == own.user and token.is_restricted == own.is_restricted


def client_token(token: Token, holder: KThread, level: int, effective_only: bool) -> Token:
    """SeCreateClientSecurity: a token to impersonate whoever ``holder`` acts for now.

    STATUS_BAD_IMPERSONATION_LEVEL: nobody can pass on more than he has.
    """
    if holder.client is not None and level > holder.client.level:
        raise NtError(STATUS_BAD_IMPERSONATION_LEVEL)
    if token.kind == PRIMARY or effective_only or token.level != level:
        return token.duplicate(IMPERSONATION, level, effective_only)
    return token

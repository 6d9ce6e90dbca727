"""Tokens: whom a process or an impersonating thread acts for.

A token is a user, groups, privileges, and what new objects of its holder get:
owner, primary group, default DACL.  The user is the first of ``sids`` (group 0 of
no list).  ``context`` is what access checks look at, ``enabled`` the enabled
privileges as bits; both follow every change.

Ids, as in NT: every token has a token id of its own; the authentication id
belongs to the logon and is copied; the modified id changes with every change but
the default DACL's, owner's and group's, and a copy starts with its original's.

NT oddities kept: a primary token has no impersonation level (it reports anonymous);
owner and group are kept as SIDs, and only what is in the token can become owner;
an all-zero dynamic part is 500 bytes, more if the first content needs more.
"""

from __future__ import annotations

from ring3k.abi.status import (
    STATUS_ALLOTTED_SPACE_EXCEEDED,
    STATUS_INVALID_OWNER,
    STATUS_INVALID_PRIMARY_GROUP,
    NtError,
)
from ring3k.abi.structs.se import (
    SE_GROUP_ENABLED,
    SE_GROUP_LOGON_ID,
    SE_GROUP_OWNER,
    SE_GROUP_USE_FOR_DENY_ONLY,
    SE_PRIVILEGE_ENABLED,
    SECURITY_IMPERSONATION_LEVEL,
    TOKEN_TYPE,
)
from ring3k.ke.luid import LuidSource
from ring3k.ob.object import Object
from ring3k.se.acl import Acl
from ring3k.se.context import Context, ContextTable
from ring3k.se.logon import LogonTable
from ring3k.se.sid import (
    ADMINISTRATORS,
    HIGH_INTEGRITY,
    LOCAL_SYSTEM,
    MEDIUM_INTEGRITY,
    SYSTEM_INTEGRITY,
    Sid,
)
from ring3k.typed import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel

PRIMARY, IMPERSONATION = TOKEN_TYPE.TokenPrimary, TOKEN_TYPE.TokenImpersonation
ANONYMOUS_LEVEL = SECURITY_IMPERSONATION_LEVEL.SecurityAnonymous
DYNAMIC_LEAST = 500
SID_COST, PRIVILEGE_COST = 160, 120  # about what they cost the host
LOGON_ID = SE_GROUP_LOGON_ID


class SidAttributes(NamedTuple):
    """A SID in a token, with SE_GROUP_* bits."""

    sid: Sid
    attributes: int


class Source(NamedTuple):
    """Who made the token."""

    name: bytes
    luid: int


class Account(NamedTuple):
    """What a token says of its holder: all that two tokens may share."""

    sids: tuple[SidAttributes, ...]  # the user, then the groups
    privileges: tuple[tuple[int, int], ...]  # (LUID, attributes)
    primary_group: Sid
    owner: Sid
    default_dacl: Acl | None
    source: Source
    authentication_id: int
    expiration: int = 0x7FFFFFFFFFFFFFFF
    session: int = 0
    restricted: tuple[SidAttributes, ...] = ()
    sandbox_inert: bool = False
    origin: int = 0


class Token(Object):
    """A token object."""

    type_name = "Token"
    security_required = True

    def __init__(
        self,
        kernel: Kernel,
        account: Account,
        kind: int = PRIMARY,
        level: int = ANONYMOUS_LEVEL,
        original: Token | None = None,
    ) -> None:
        """``original``: the token this one is a copy of."""
        self._charged = _cost(account)
        kernel.pool.charge(self._charged)
        try:
            super().__init__(kernel)
        except NtError:
            kernel.pool.release(self._charged)
            raise
        luids = kernel.part(LuidSource)
        self._contexts = kernel.part(ContextTable)
        self.kind = kind
        self.level = level if kind == IMPERSONATION else ANONYMOUS_LEVEL
        self.in_use = False  # as a process's primary token
        self.token_id = luids.take()
        self.modified_id: int = luids.take() if original is None else original.modified_id
        self.parent_id = 0  # of a filtered token: the token it came from
        self.authentication_id = account.authentication_id
        kernel.part(LogonTable).reference(self.authentication_id)
        self.expiration = account.expiration
        self.source = account.source
        self.session = account.session
        self.sandbox_inert = account.sandbox_inert
        self.origin = account.origin
        self.sids = list(account.sids)
        self.restricted = account.restricted
        self.privileges = dict(account.privileges)
        self.primary_group = account.primary_group
        self.owner = account.owner
        self.default_dacl = account.default_dacl
        self.dynamic_charged = max(DYNAMIC_LEAST, self.dynamic_used)
        self.audit_policy: tuple[int, ...] | None = None  # TOKEN_AUDIT_* for each category
        self.lowered: Sid | None = None  # its integrity level, if that was set
        if original is not None:
            self.lowered = original.lowered
            self.audit_policy = original.audit_policy
        self.assigned: dict[Any, Any] = {}  # descriptors of objects that asked for nothing, by their kind
        self.context: Context
        self.enabled: int
        if original is not None and original.account_sids == account.sids and not account.restricted:
            self.context, self.enabled = original.context, original.enabled
            if original.privileges != self.privileges:
                self._update_privileges()
        else:
            self._update_sids()
            self._update_privileges()

    # -- what follows from the lists ----------------------------------------------------
    def _update_sids(self) -> None:
        user, *groups = self.sids
        present = {user.sid}
        allowed = set() if user.attributes & SE_GROUP_USE_FOR_DENY_ONLY else {user.sid}
        for sid, attributes in groups:
            if attributes & SE_GROUP_USE_FOR_DENY_ONLY:
                present.add(sid)
            elif attributes & SE_GROUP_ENABLED:
                present.add(sid)
                allowed.add(sid)
        restricted = frozenset(one.sid for one in self.restricted) if self.restricted else None
        self.context = self._contexts.of(frozenset(allowed), frozenset(present), restricted)

    def _update_privileges(self) -> None:
        enabled = 0
        for luid, attributes in self.privileges.items():
            if attributes & SE_PRIVILEGE_ENABLED and luid < 64:
                enabled |= 1 << luid
        self.enabled = enabled

    def changed(self) -> None:
        """Groups or privileges were changed in place."""
        self.modified_id = self.kernel.part(LuidSource).take()
        self._update_sids()
        self._update_privileges()

    # -- reading ----------------------------------------------------------------------
    @property
    def user(self) -> Sid:
        return self.sids[0].sid

    @property
    def groups(self) -> list[SidAttributes]:
        return self.sids[1:]

    @property
    def account_sids(self) -> tuple[SidAttributes, ...]:
        return tuple(self.sids)

    @property
    def is_restricted(self) -> bool:
        return bool(self.restricted)

    @property
    def is_administrator(self) -> bool:
        """Whether membership in the administrators lets in."""
        return ADMINISTRATORS in self.context.allow

    @property
    def integrity(self) -> Sid:
        """The mandatory label of its holder: what Vista and later show."""
        if self.lowered is not None:
            return self.lowered
        if self.user == LOCAL_SYSTEM:
            return SYSTEM_INTEGRITY
        return HIGH_INTEGRITY if self.is_administrator else MEDIUM_INTEGRITY

    @property
    def dynamic_used(self) -> int:
        """Bytes of the part that can change: primary group and default DACL."""
        return len(self.primary_group) + (len(self.default_dacl.raw) if self.default_dacl is not None else 0)

    def holds(self, privilege: int) -> bool:
        """Whether a privilege is there and enabled."""
        return bool(self.enabled >> privilege & 1)

    def privilege_enabled(self, luid: int) -> bool:
        """The same for any LUID."""
        return bool(self.privileges.get(luid, 0) & SE_PRIVILEGE_ENABLED)

    def may_own(self, sid: Sid) -> bool:
        """Whether the holder may make this SID the owner of something."""
        user = self.sids[0]
        if sid == user.sid:
            return not user.attributes & SE_GROUP_USE_FOR_DENY_ONLY
        wanted = SE_GROUP_OWNER | SE_GROUP_ENABLED
        looked_at = wanted | SE_GROUP_USE_FOR_DENY_ONLY
        return any(one.sid == sid and one.attributes & looked_at == wanted for one in self.groups)

    def account(self) -> Account:
        """Everything a copy takes over."""
        return Account(
            tuple(self.sids),
            tuple(self.privileges.items()),
            self.primary_group,
            self.owner,
            self.default_dacl,
            self.source,
            self.authentication_id,
            self.expiration,
            self.session,
            self.restricted,
            self.sandbox_inert,
            self.origin,
        )

    # -- copies ------------------------------------------------------------------------
    def duplicate(self, kind: int, level: int = ANONYMOUS_LEVEL, effective_only: bool = False) -> Token:
        """SepDuplicateToken.  ``effective_only``: without what is not enabled."""
        account = self.account()
        if effective_only:
            user, *groups = account.sids
            present = SE_GROUP_ENABLED | SE_GROUP_USE_FOR_DENY_ONLY
            kept = (user, *(one for one in groups if one.attributes & present))
            owner = account.owner if any(one.sid == account.owner for one in kept) else user.sid
            privileges = tuple(one for one in account.privileges if one[1] & SE_PRIVILEGE_ENABLED)
            account = account._replace(sids=kept, privileges=privileges, owner=owner)
        copy = Token(self.kernel, account, kind, level, self)
        copy.parent_id = self.parent_id
        return copy

    # -- changing the part that can change ----------------------------------------------
    def set_default_dacl(self, dacl: Acl | None) -> None:
        """STATUS_ALLOTTED_SPACE_EXCEEDED."""
        if len(self.primary_group) + (len(dacl.raw) if dacl is not None else 0) > self.dynamic_charged:
            raise NtError(STATUS_ALLOTTED_SPACE_EXCEEDED)
        self.default_dacl = dacl
        self.assigned.clear()

    def set_primary_group(self, group: Sid) -> None:
        """STATUS_INVALID_PRIMARY_GROUP, STATUS_ALLOTTED_SPACE_EXCEEDED."""
        if not any(one.sid == group for one in self.sids):
            raise NtError(STATUS_INVALID_PRIMARY_GROUP)
        dacl = len(self.default_dacl.raw) if self.default_dacl is not None else 0
        if len(group) + dacl > self.dynamic_charged:
            raise NtError(STATUS_ALLOTTED_SPACE_EXCEEDED)
        self.primary_group = group
        self.assigned.clear()

    def set_owner(self, owner: Sid) -> None:
        """STATUS_INVALID_OWNER."""
        if not self.may_own(owner):
            raise NtError(STATUS_INVALID_OWNER)
        self.owner = owner
        self.assigned.clear()

    def on_delete(self) -> None:
        self.kernel.pool.release(self._charged)
        self.kernel.part(LogonTable).release(self.authentication_id)


def _cost(account: Account) -> int:
    """Bytes of pool for the variable parts."""
    lists = sum(len(one.sid) + SID_COST for one in (*account.sids, *account.restricted))
    dacl = account.default_dacl.cost if account.default_dacl is not None else 0
    return lists + PRIVILEGE_COST * len(account.privileges) + max(dacl, DYNAMIC_LEAST)

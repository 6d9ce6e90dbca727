"""Filtered tokens: copies that may do less (NtFilterToken, and the clients of a job with a filter)."""

from __future__ import annotations

from ring3k.abi.status import STATUS_INVALID_PARAMETER, NtError
from ring3k.abi.structs.se import (
    SE_GROUP_ENABLED,
    SE_GROUP_ENABLED_BY_DEFAULT,
    SE_GROUP_MANDATORY,
    SE_GROUP_OWNER,
    SE_GROUP_USE_FOR_DENY_ONLY,
)
from ring3k.ke.luid import LuidSource
from ring3k.se.privilege import SE_CHANGE_NOTIFY_PRIVILEGE
from ring3k.se.sid import Sid
from ring3k.se.token import IMPERSONATION, SidAttributes, Token
from ring3k.typed import NamedTuple

MEMBER = SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED


class TokenFilter(NamedTuple):
    """What a copy of a token loses: SIDs that then only deny, privileges; and SIDs that must agree."""

    disable: frozenset[Sid]
    delete: frozenset[int]
    restrict: tuple[SidAttributes, ...]

    def __call__(self, token: Token, max_privilege: bool = False, inert: bool = False) -> Token:
        """A copy.  ``max_privilege``: delete every privilege but one.  STATUS_INVALID_PARAMETER."""
        gone = set(self.delete)
        if max_privilege:
            gone |= token.privileges.keys() - {SE_CHANGE_NOTIFY_PRIVILEGE}
        account = token.account()
        sids = self._sids(token)
        owner = account.owner
        if any(one.sid == owner and one.attributes & SE_GROUP_USE_FOR_DENY_ONLY for one in sids):
            owner = sids[0].sid
        account = account._replace(
            sids=sids,
            privileges=tuple(one for one in account.privileges if one[0] not in gone),
            restricted=self._restricting(token),
            owner=owner,
            sandbox_inert=account.sandbox_inert or inert,
        )
        level = token.level if token.kind == IMPERSONATION else 0
        copy = Token(token.kernel, account, token.kind, level, token)
        copy.parent_id = token.token_id
        copy.modified_id = token.kernel.part(LuidSource).take()
        return copy

    def _sids(self, token: Token) -> tuple[SidAttributes, ...]:
        plain = ~(MEMBER | SE_GROUP_OWNER)
        return tuple(
            SidAttributes(sid, attributes & plain | SE_GROUP_USE_FOR_DENY_ONLY)
            if sid in self.disable
            else SidAttributes(sid, attributes)
            for sid, attributes in token.sids
        )

    def _restricting(self, token: Token) -> tuple[SidAttributes, ...]:
        """The restricting SIDs of the copy: those of both, if the token had some already."""
        if any(one.attributes for one in self.restrict):
            raise NtError(STATUS_INVALID_PARAMETER)
        new = tuple(dict.fromkeys(SidAttributes(one.sid, MEMBER) for one in self.restrict))
        if not token.restricted or not new:
            return new or token.restricted
        wanted = {one.sid for one in new}
        both = tuple(one for one in token.restricted if one.sid in wanted)
        if not both:
            raise NtError(STATUS_INVALID_PARAMETER)
        return both

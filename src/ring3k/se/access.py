"""Access checks: what a descriptor grants a token.

For each bit of a mask the first entry of the DACL decides that names it and
whose SID the token has: allow or deny; a bit no entry names is not granted.  So
all that is granted can be known before anybody asks (``grants``), and a check is
a comparison of masks.  A descriptor remembers that for each subject it has met.

Around the DACL, in NT's order: ACCESS_SYSTEM_SECURITY is the privilege's alone
(SeSecurityPrivilege); WRITE_OWNER may come from SeTakeOwnershipPrivilege; the
owner always has READ_CONTROL and WRITE_DAC.  A restricted token must be let in
twice, by its SIDs and by its restricting SIDs.  Asking for nothing is refused.

Masks are compared as they stand: generic bits in an entry grant nothing, they are
to be mapped when the descriptor is assigned (``se.inherit``).
"""

from __future__ import annotations

from collections.abc import Iterable

from ring3k.abi.access import (
    ACCESS_SYSTEM_SECURITY,
    MAXIMUM_ALLOWED,
    READ_CONTROL,
    WRITE_DAC,
    WRITE_OWNER,
)
from ring3k.abi.status import STATUS_ACCESS_DENIED, STATUS_PRIVILEGE_NOT_HELD
from ring3k.abi.structs.se import INHERIT_ONLY_ACE
from ring3k.se.acl import ALLOW, DENY, Ace
from ring3k.se.context import Context
from ring3k.se.descriptor import Descriptor
from ring3k.se.privilege import SE_SECURITY_PRIVILEGE, SE_TAKE_OWNERSHIP_PRIVILEGE
from ring3k.se.sid import PRINCIPAL_SELF, Sid
from ring3k.se.token import Token
from ring3k.typed import NamedTuple

OWNERS = READ_CONTROL | WRITE_DAC
EVERYTHING = 0xFFFFFFFF
REMEMBERED = 64  # subjects for each descriptor


def evaluate(aces: Iterable[Ace], allow: frozenset[Sid], deny: frozenset[Sid], granted: int = 0) -> int:
    """The bits granted, on top of those in ``granted``, which nothing takes away."""
    denied = 0
    for one in aces:
        if one.flags & INHERIT_ONLY_ACE:
            continue
        if one.kind in ALLOW:
            if one.sid in allow:
                granted |= one.mask & ~denied
        elif one.kind in DENY and one.sid in deny:
            denied |= one.mask & ~granted
    return granted


def grants(descriptor: Descriptor, context: Context) -> int:
    """Every right that the descriptor's DACL and ownership give to a subject."""
    found = descriptor.granted.get(context)
    if found is None:
        if descriptor.dacl is None:
            found = EVERYTHING
        else:
            start = OWNERS if context.owns(descriptor.owner) else 0
            found = evaluate(descriptor.dacl.aces, context.allow, context.deny, start)
            if context.restricted is not None:
                found &= evaluate(descriptor.dacl.aces, context.restricted, context.restricted, start)
        if context.lasting:
            if len(descriptor.granted) >= REMEMBERED:
                descriptor.granted.clear()
            descriptor.granted[context] = found
    return found


class Answer(NamedTuple):
    """Of an access check."""

    status: int
    granted: int = 0
    used: tuple[int, ...] = ()  # privileges


def by_privilege(token: Token, desired: int) -> Answer:
    """What privileges decide before the DACL is looked at."""
    granted = 0
    used: tuple[int, ...] = ()
    if desired & ACCESS_SYSTEM_SECURITY:
        if not token.holds(SE_SECURITY_PRIVILEGE):
            return Answer(STATUS_PRIVILEGE_NOT_HELD)
        granted, used = ACCESS_SYSTEM_SECURITY, (SE_SECURITY_PRIVILEGE,)
    if desired & WRITE_OWNER and token.holds(SE_TAKE_OWNERSHIP_PRIVILEGE):
        granted |= WRITE_OWNER
        used += (SE_TAKE_OWNERSHIP_PRIVILEGE,)
    return Answer(0, granted, used)


def access_check(
    token: Token, descriptor: Descriptor, desired: int, everything: int, self_sid: Sid | None = None
) -> Answer:
    """SeAccessCheck.  ``desired`` has no generic bits; ``everything`` is what GENERIC_ALL means.

    ``self_sid``: who S-1-5-10 in an entry stands for.
    """
    privileged = by_privilege(token, desired)
    if privileged.status:
        return privileged
    granted = privileged.granted
    remaining = desired & ~granted
    if not remaining:
        return privileged if granted else Answer(STATUS_ACCESS_DENIED)
    if descriptor.dacl is None:
        if remaining & MAXIMUM_ALLOWED:
            granted |= everything
        return Answer(0, (granted | remaining) & ~MAXIMUM_ALLOWED, privileged.used)
    allowed = grants(descriptor, token.context) if self_sid is None else _as_self(token, descriptor, self_sid)
    exact = remaining & ~MAXIMUM_ALLOWED
    if exact & ~allowed:
        return Answer(STATUS_ACCESS_DENIED)
    granted |= exact
    if remaining & MAXIMUM_ALLOWED:
        granted |= allowed
    return Answer(0, granted, privileged.used) if granted else Answer(STATUS_ACCESS_DENIED)


def with_self(sids: frozenset[Sid], self_sid: Sid) -> frozenset[Sid]:
    """The SIDs, with S-1-5-10 if the object's own SID is among them."""
    return sids | {PRINCIPAL_SELF} if self_sid in sids else sids


def _as_self(token: Token, descriptor: Descriptor, self_sid: Sid) -> int:
    """Grants where S-1-5-10 has a meaning; not remembered."""
    context = token.context
    aces = descriptor.dacl.aces if descriptor.dacl is not None else ()
    start = OWNERS if context.owns(descriptor.owner) else 0
    found = evaluate(aces, with_self(context.allow, self_sid), with_self(context.deny, self_sid), start)
    if context.restricted is not None:
        restricted = with_self(context.restricted, self_sid)
        found &= evaluate(aces, restricted, restricted, start)
    return found

"""The audit policy of a system, and the security log.

The policy says of each category whether what succeeds and what fails is recorded; it is
off as on a system just installed.  A token may carry a policy of its own that goes
before it, except that administrators cannot be left out (since XP SP2).  Whether the
opening of an object is recorded is further the word of its SACL.

A record is an event on the bus and kept nowhere: who wants a log listens, so a guest
cannot fill one.  Records have the numbers of Windows' event log.  The local security
authority is not sent any: the form of that message is not known.

As on Windows the checks of some privileges are never recorded, since they happen all the
time; a program may still tell of their use (NtPrivilegedServiceAuditAlarm).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ring3k.abi.access import MAXIMUM_ALLOWED, access_names
from ring3k.abi.structs.se import (
    FAILED_ACCESS_ACE_FLAG,
    INHERIT_ONLY_ACE,
    POLICY_AUDIT_EVENT_FAILURE,
    POLICY_AUDIT_EVENT_SUCCESS,
    PRIVILEGE,
    SUCCESSFUL_ACCESS_ACE_FLAG,
    SYSTEM_AUDIT_ACE_TYPE,
    SYSTEM_AUDIT_OBJECT_ACE_TYPE,
    TOKEN_AUDIT_FAILURE_EXCLUDE,
    TOKEN_AUDIT_FAILURE_INCLUDE,
    TOKEN_AUDIT_SUCCESS_EXCLUDE,
    TOKEN_AUDIT_SUCCESS_INCLUDE,
)
from ring3k.hooks.events import AuditRecord, Bus
from ring3k.se.sid import ADMINISTRATORS, PRINCIPAL_SELF, Sid, sid_text
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.se.acl import Ace, Acl
    from ring3k.se.token import Token

CATEGORIES = (
    "system",
    "logon",
    "object",
    "privilege",
    "tracking",
    "policy",
    "account",
    "directory",
    "account-logon",
)
OBJECT, PRIVILEGES, DIRECTORY = 2, 3, 7
SUCCESS, FAILURE = POLICY_AUDIT_EVENT_SUCCESS, POLICY_AUDIT_EVENT_FAILURE
BOTH = SUCCESS | FAILURE
OPEN, CLOSE, DELETE, OPEN_PARTS, SERVICE, PRIVILEGED_OBJECT = 560, 562, 564, 565, 577, 578
OPERATIONS = {
    OPEN: "object open",
    CLOSE: "handle closed",
    DELETE: "object deleted",
    OPEN_PARTS: "object open",
    SERVICE: "privileged service called",
    PRIVILEGED_OBJECT: "privileged object operation",
}
KERNEL = "Security"  # the subsystem that speaks when nobody else does
LONGEST_NAME = 1024  # what more a guest gives is cut off
EVERY_RIGHT = 0xFFFFFFFF
QUIET = frozenset(
    {
        PRIVILEGE.SeChangeNotifyPrivilege,
        PRIVILEGE.SeAuditPrivilege,
        PRIVILEGE.SeCreateTokenPrivilege,
        PRIVILEGE.SeAssignPrimaryTokenPrivilege,
        PRIVILEGE.SeBackupPrivilege,
        PRIVILEGE.SeRestorePrivilege,
        PRIVILEGE.SeDebugPrivilege,
    }
)
_INCLUDE = {SUCCESS: TOKEN_AUDIT_SUCCESS_INCLUDE, FAILURE: TOKEN_AUDIT_FAILURE_INCLUDE}
_EXCLUDE = {SUCCESS: TOKEN_AUDIT_SUCCESS_EXCLUDE, FAILURE: TOKEN_AUDIT_FAILURE_EXCLUDE}
_PRIVILEGE_NAMES = {number: name for name, number in vars(PRIVILEGE).items() if isinstance(number, int)}
NO_POLICY = (0,) * len(CATEGORIES)


def parse_policy(text: str) -> tuple[int, ...]:
    """``object,privilege:failure`` or ``all``: what of each category is recorded.  ValueError."""
    flags = list(NO_POLICY)
    for word in filter(None, text.split(",")):
        name, colon, which = word.partition(":")
        found = {"success": SUCCESS, "failure": FAILURE}.get(which) if colon else BOTH
        if found is None or name not in (*CATEGORIES, "all"):
            raise ValueError(
                f"no audit category {word!r}: they are all, {', '.join(CATEGORIES)}, "
                "each perhaps with :success or :failure behind it"
            )
        for index, category in enumerate(CATEGORIES):
            if name in (category, "all"):
                flags[index] |= found
    return tuple(flags)


class AuditLog:
    """One for each system."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.policy = NO_POLICY
        self.of_tokens = False  # some token has a policy of its own
        self.active = False  # whether anything could be recorded at all

    def set_policy(self, flags: Sequence[int]) -> None:
        """POLICY_AUDIT_EVENT_* for each category."""
        self.policy = tuple(one & BOTH for one in flags)
        self._update()

    def token_has_policy(self) -> None:
        """Look at tokens from now on."""
        self.of_tokens = True
        self._update()

    def _update(self) -> None:
        self.active = self.of_tokens or any(self.policy)

    def wants(self, category: int, granted: bool, token: Token) -> bool:
        """Whether the policy has this recorded."""
        which = SUCCESS if granted else FAILURE
        own = token.audit_policy
        if own is not None:
            if own[category] & _INCLUDE[which]:
                return True
            excluded = own[category] & _EXCLUDE[which]
            if excluded and all(one.sid != ADMINISTRATORS for one in token.sids):
                return False
        return bool(self.policy[category] & which)

    def record(
        self,
        who: tuple[int, int],
        number: int,
        token: Token,
        subsystem: str,
        granted: bool,
        *,
        kind: str = "",
        name: str = "",
        handle: int = 0,
        access: int | None = None,
        privileges: Iterable[int] = (),
    ) -> None:
        """Write a record; ``who``: process and thread ids (0: it is not known which)."""
        if self.bus.hears(AuditRecord):
            self.bus.emit(
                AuditRecord(
                    *who,
                    number,
                    OPERATIONS[number],
                    granted,
                    sid_text(token.user),
                    subsystem[:LONGEST_NAME],
                    kind[:LONGEST_NAME],
                    name[:LONGEST_NAME],
                    handle,
                    "" if access is None else access_names(access, kind),
                    tuple(_PRIVILEGE_NAMES.get(one, str(one)) for one in privileges),
                )
            )

    def privilege_checked(self, who: tuple[int, int], token: Token, privilege: int, granted: bool) -> None:
        """The kernel asked for a privilege, not one of the quiet ones."""
        if self.wants(PRIVILEGES, granted, token):
            self.record(who, SERVICE, token, KERNEL, granted, privileges=(privilege,))


# -- what a SACL wants -----------------------------------------------------------------------
def _applies(one: Ace, sids: frozenset[Sid], mask: int, granted: bool) -> bool:
    flag = SUCCESSFUL_ACCESS_ACE_FLAG if granted else FAILED_ACCESS_ACE_FLAG
    return (
        one.kind in (SYSTEM_AUDIT_ACE_TYPE, SYSTEM_AUDIT_OBJECT_ACE_TYPE)
        and bool(one.flags & flag)
        and not one.flags & INHERIT_ONLY_ACE
        and bool(one.mask & mask)
        and one.sid in sids
    )


def _sids(token: Token, self_sid: Sid | None) -> frozenset[Sid]:
    """Whose entries count: all the token's, also those that only keep out."""
    sids = token.context.deny
    return sids | {PRINCIPAL_SELF} if self_sid is not None and self_sid in sids else sids


def _mask(desired: int, granted: int | None) -> int:
    """What was asked for or got; who asked for all that may be and got nothing has failed at everything."""
    if granted is not None:
        return granted
    return EVERY_RIGHT if desired & MAXIMUM_ALLOWED else desired


def sacl_wants(sacl: Acl | None, token: Token, mask: int, granted: bool, self_sid: Sid | None = None) -> bool:
    """SepExamineSacl."""
    if sacl is None:
        return False
    sids = _sids(token, self_sid)
    return any(_applies(one, sids, mask, granted) for one in sacl.aces)


def open_wanted(sacl: Acl | None, token: Token, desired: int, granted: int | None) -> bool:
    """Whether a SACL has an opening recorded; ``granted`` is None if that was refused."""
    return sacl_wants(sacl, token, _mask(desired, granted), granted is not None)


def parts_wanted(
    sacl: Acl | None,
    token: Token,
    desired: int,
    parts: Sequence[tuple[int, bytes]],
    answers: Sequence[int | None],
    granted: bool,
    self_sid: Sid | None = None,
) -> bool:
    """The same for an object with parts, (level, GUID), each with what was granted of it.

    An entry with a GUID counts for that part and all below it, any other for every part.
    """
    if sacl is None:
        return False
    sids = _sids(token, self_sid)
    for one in sacl.aces:
        covering: int | None = None if one.object_type else -1  # the level of the part that the entry names
        for (level, guid), answer in zip(parts, answers, strict=True):
            if covering is not None and level <= covering:
                covering = None
            if covering is None and guid == one.object_type:
                covering = level
            if covering is None or (answer is not None) != granted:
                continue
            if _applies(one, sids, _mask(desired, answer), granted):
                return True
    return False

"""The accounts that exist without anybody's doing, and those a user of ``System`` describes.

LocalSystem is who the first process is; anonymous is nobody.  ``User`` is a
description from outside (``System.spawn(..., user=User("S-1-5-21-1-2-3-1001"))``):
it gets the groups that an interactive logon adds, and a logon id of its own.
"""

from __future__ import annotations

from ring3k.abi.access import (
    GENERIC_ALL,
    GENERIC_EXECUTE,
    GENERIC_READ,
    READ_CONTROL,
)
from ring3k.abi.structs.se import (
    SE_GROUP_ENABLED,
    SE_GROUP_ENABLED_BY_DEFAULT,
    SE_GROUP_MANDATORY,
    SE_GROUP_OWNER,
)
from ring3k.se import sid as s
from ring3k.se.acl import allow, build_acl
from ring3k.se.privilege import ON, SE_CHANGE_NOTIFY_PRIVILEGE, privilege_number, system_privileges
from ring3k.se.token import LOGON_ID, Account, SidAttributes, Source
from ring3k.typed import NamedTuple

SYSTEM_LUID = 0x3E7
ANONYMOUS_LOGON_LUID = 0x3E6
LOCAL_SERVICE_LUID = 0x3E5
NETWORK_SERVICE_LUID = 0x3E4
MEMBER = SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED
DOMAIN_USERS = 513


class User(NamedTuple):
    """Somebody: SIDs as text (S-1-5-21-…), privileges by name (SeShutdownPrivilege).

    A privilege is enabled when the program starts if its name is followed by ``+``.
    """

    sid: str
    groups: tuple[str, ...] = ()
    privileges: tuple[str, ...] = ("SeChangeNotifyPrivilege+", "SeShutdownPrivilege", "SeUndockPrivilege")


def local_system(version: str) -> Account:
    """S-1-5-18, as the session manager runs."""
    owner = SE_GROUP_OWNER | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED
    dacl = build_acl(
        (
            allow(s.LOCAL_SYSTEM, GENERIC_ALL),
            allow(s.ADMINISTRATORS, GENERIC_READ | GENERIC_EXECUTE | READ_CONTROL),
        )
    )
    return Account(
        sids=(
            SidAttributes(s.LOCAL_SYSTEM, 0),
            SidAttributes(s.ADMINISTRATORS, owner),
            SidAttributes(s.WORLD, MEMBER),
            SidAttributes(s.AUTHENTICATED_USERS, MEMBER),
        ),
        privileges=tuple(system_privileges(version).items()),
        primary_group=s.LOCAL_SYSTEM,
        owner=s.ADMINISTRATORS,
        default_dacl=dacl,
        source=Source(b"*SYSTEM*", 0),
        authentication_id=SYSTEM_LUID,
    )


def anonymous(with_everyone: bool) -> Account:
    """S-1-5-7; since XP it is not a member of Everyone."""
    groups = (SidAttributes(s.WORLD, MEMBER),) if with_everyone else ()
    return Account(
        sids=(SidAttributes(s.ANONYMOUS, 0), *groups),
        privileges=(),
        primary_group=s.ANONYMOUS,
        owner=s.ANONYMOUS,
        default_dacl=build_acl((allow(s.WORLD, GENERIC_ALL), allow(s.ANONYMOUS, GENERIC_ALL))),
        source=Source(b"*SYSTEM*", 0),
        authentication_id=ANONYMOUS_LOGON_LUID,
    )


def logged_on(user: User, logon: int, session: int = 0) -> Account:
    """The account of a description; ``logon`` is the new logon's LUID.  ValueError for bad SIDs or names."""
    own = s.sid(user.sid)
    parts = user.sid.split("-")
    in_domain = user.sid.startswith("S-1-5-21-")
    primary = s.sid("-".join((*parts[:-1], str(DOMAIN_USERS)))) if in_domain else s.USERS
    logon_sid = s.sid(f"S-1-5-5-{logon >> 32}-{logon & 0xFFFFFFFF}")
    given = [s.sid(one) for one in user.groups]
    administrator = SE_GROUP_OWNER if s.ADMINISTRATORS in given else 0
    members = dict.fromkeys((primary, s.WORLD, *given, s.USERS, s.INTERACTIVE, s.AUTHENTICATED_USERS))
    groups = [
        SidAttributes(one, MEMBER | (administrator if one == s.ADMINISTRATORS else 0)) for one in members
    ]
    privileges = {
        privilege_number(name.removesuffix("+")): ON if name.endswith("+") else 0 for name in user.privileges
    }
    privileges.setdefault(SE_CHANGE_NOTIFY_PRIVILEGE, ON)
    owner = s.ADMINISTRATORS if administrator else own
    return Account(
        sids=(SidAttributes(own, 0), *groups, SidAttributes(logon_sid, MEMBER | LOGON_ID)),
        privileges=tuple(privileges.items()),
        primary_group=primary,
        owner=owner,
        default_dacl=build_acl((allow(owner, GENERIC_ALL), allow(s.LOCAL_SYSTEM, GENERIC_ALL))),
        source=Source(b"User32 ", logon),
        authentication_id=logon,
        session=session,
    )

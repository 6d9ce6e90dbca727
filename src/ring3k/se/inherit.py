"""The descriptor of a new object: SeAssignSecurity, and of a changed one: SeSetSecurityDescriptorInfo.

The DACL of a new object is, in this order: the one asked for; what the parent
hands down; the token's default.  One asked for only as a default
(SE_DACL_DEFAULTED) gives way to what is handed down.  With SE_DACL_AUTO_INHERIT_REQ
the inherited entries are added behind those asked for, unless SE_DACL_PROTECTED.
Inherited entries are marked so where that was asked for, or the parent's are.
The SACL is asked for or handed down, never a default.

An entry is handed down to a container with CONTAINER_INHERIT, to a leaf with
OBJECT_INHERIT; OBJECT_INHERIT without CONTAINER_INHERIT passes through a container
as inherit-only.  NO_PROPAGATE_INHERIT stops it there.  Creator SIDs become the new
owner and group, generic rights what they mean for the type; a container keeps the
unresolved entry, too, for its own children.
"""

from __future__ import annotations

from ring3k.abi.access import (
    GENERIC_ALL,
    GENERIC_EXECUTE,
    GENERIC_READ,
    GENERIC_WRITE,
    Mapping,
)
from ring3k.abi.status import STATUS_INVALID_OWNER, STATUS_INVALID_PRIMARY_GROUP, NtError
from ring3k.abi.structs.se import (
    CONTAINER_INHERIT_ACE,
    DACL_SECURITY_INFORMATION,
    GROUP_SECURITY_INFORMATION,
    INHERIT_ONLY_ACE,
    INHERITED_ACE,
    NO_PROPAGATE_INHERIT_ACE,
    OBJECT_INHERIT_ACE,
    OWNER_SECURITY_INFORMATION,
    PROTECTED_DACL_SECURITY_INFORMATION,
    PROTECTED_SACL_SECURITY_INFORMATION,
    SACL_SECURITY_INFORMATION,
    SE_DACL_AUTO_INHERIT_REQ,
    SE_DACL_AUTO_INHERITED,
    SE_DACL_DEFAULTED,
    SE_DACL_PRESENT,
    SE_DACL_PROTECTED,
    SE_SACL_AUTO_INHERIT_REQ,
    SE_SACL_AUTO_INHERITED,
    SE_SACL_DEFAULTED,
    SE_SACL_PRESENT,
    SE_SACL_PROTECTED,
    UNPROTECTED_DACL_SECURITY_INFORMATION,
    UNPROTECTED_SACL_SECURITY_INFORMATION,
)
from ring3k.se.acl import Ace, Acl, build_acl
from ring3k.se.descriptor import Descriptor
from ring3k.se.sid import (
    CREATOR_GROUP,
    CREATOR_GROUP_SERVER,
    CREATOR_OWNER,
    CREATOR_OWNER_SERVER,
    Sid,
)
from ring3k.se.token import Token
from ring3k.typed import NamedTuple

_GENERIC_BITS = GENERIC_READ, GENERIC_WRITE, GENERIC_EXECUTE, GENERIC_ALL  # in the order of a Mapping
GENERIC = GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL
INHERITANCE = OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE
INHERIT_FLAGS = INHERITANCE | NO_PROPAGATE_INHERIT_ACE | INHERIT_ONLY_ACE


class Creation(NamedTuple):
    """What inheritance needs to know of a new object."""

    owner: Sid
    group: Sid
    mapping: Mapping
    container: bool
    object_type: bytes = b""


def map_mask(mask: int, mapping: Mapping) -> int:
    """RtlMapGenericMask."""
    if mask & GENERIC:
        for bit, rights in zip(_GENERIC_BITS, mapping, strict=True):
            if mask & bit:
                mask |= rights
    return mask & ~GENERIC


def _creator(sid: Sid, creation: Creation) -> Sid:
    if sid in (CREATOR_OWNER, CREATOR_OWNER_SERVER):
        return creation.owner
    if sid in (CREATOR_GROUP, CREATOR_GROUP_SERVER):
        return creation.group
    return sid


def resolved(ace: Ace, creation: Creation, flags: int) -> Ace:
    """An entry as it works on the object: creator SIDs and generic rights replaced."""
    if not ace.sid:
        return ace
    sid, client = _creator(ace.sid, creation), _creator(ace.client, creation) if ace.client else b""
    mask = map_mask(ace.mask, creation.mapping)
    if (sid, client, mask, flags) == (ace.sid, ace.client, ace.mask, ace.flags):
        return ace
    return ace.replaced(flags, mask, sid, client)


def handed_down(parent: Acl | None, creation: Creation, mark: bool) -> list[Ace]:
    """The entries that a parent's list gives to a child.  ``mark``: as INHERITED_ACE."""
    found: list[Ace] = []
    for one in parent.aces if parent is not None else ():
        if not one.sid:
            continue
        found += _inherit(one, creation, INHERITED_ACE if mark else 0)
    return found


def _inherit(ace: Ace, creation: Creation, mark: int) -> list[Ace]:
    flags = ace.flags
    kept = flags & ~(INHERIT_FLAGS | INHERITED_ACE) | mark
    for_us = not ace.inherited_type or ace.inherited_type == creation.object_type
    if not creation.container:
        return [resolved(ace, creation, kept)] if flags & OBJECT_INHERIT_ACE and for_us else []
    if not flags & INHERITANCE:
        return []
    further = 0 if flags & NO_PROPAGATE_INHERIT_ACE else flags & INHERITANCE
    if not flags & CONTAINER_INHERIT_ACE or not for_us:
        return [ace.replaced(kept | further | INHERIT_ONLY_ACE, ace.mask)] if further else []
    effective = resolved(ace, creation, kept)
    if not further:
        return [effective]
    if effective.sid == ace.sid and effective.client == ace.client and effective.mask == ace.mask:
        return [ace.replaced(kept | further, ace.mask)]
    return [effective, ace.replaced(kept | further | INHERIT_ONLY_ACE, ace.mask)]


def own_entries(acl: Acl, creation: Creation) -> list[Ace]:
    """The entries of a list given for an object: effective ones resolved, those for its children kept."""
    found = []
    for one in acl.aces:
        if one.flags & INHERIT_ONLY_ACE or not one.sid:
            found.append(one)
            continue
        effective = resolved(one, creation, one.flags)
        same = (effective.sid, effective.client, effective.mask) == (one.sid, one.client, one.mask)
        if same or not one.flags & INHERITANCE or not creation.container:
            found.append(effective)
        else:
            found.append(effective.replaced(one.flags & ~INHERIT_FLAGS, effective.mask))
            found.append(one.replaced(one.flags | INHERIT_ONLY_ACE, one.mask))
    return found


def _given(acl: Acl, creation: Creation) -> Acl:
    """A list given for an object, ready to work; the very same bytes where nothing is to be done."""
    entries = own_entries(acl, creation)
    return acl if tuple(entries) == acl.aces else build_acl(entries, acl.revision)


class _Side(NamedTuple):
    """Control bits of one of the two lists."""

    present: int
    defaulted: int
    request: int
    inherited: int
    protected: int


_DACL = _Side(
    SE_DACL_PRESENT,
    SE_DACL_DEFAULTED,
    SE_DACL_AUTO_INHERIT_REQ,
    SE_DACL_AUTO_INHERITED,
    SE_DACL_PROTECTED,
)
_SACL = _Side(
    SE_SACL_PRESENT,
    SE_SACL_DEFAULTED,
    SE_SACL_AUTO_INHERIT_REQ,
    SE_SACL_AUTO_INHERITED,
    SE_SACL_PROTECTED,
)


def _list(
    side: _Side,
    given: Acl | None,
    control: int,
    parent: Acl | None,
    default: Acl | None,
    creation: Creation,
    asked: bool,
    above: int,
) -> tuple[Acl | None, int]:
    """One list of a new object, and its control bits."""
    automatic = bool(control & side.request or above & side.inherited)
    explicit = asked and not control & side.defaulted
    inherited = handed_down(parent, creation, automatic)
    bits = control & side.protected
    if automatic:
        bits |= side.inherited
    if explicit:
        if given is None:
            return None, side.present | bits
        if control & side.request and not control & side.protected:
            own = [one for one in own_entries(given, creation) if not one.flags & INHERITED_ACE]
            return build_acl(own + inherited, given.revision), side.present | bits
        return _given(given, creation), side.present | bits
    if inherited and not control & side.protected:
        return build_acl(inherited, parent.revision if parent is not None else 2), side.present | bits
    if asked:
        return None if given is None else _given(given, creation), side.present | side.defaulted | bits
    if default is not None:
        return _given(default, creation), side.present | side.defaulted | bits
    return None, bits


def assign(
    token: Token,
    parent: Descriptor | None,
    given: Descriptor | None,
    mapping: Mapping,
    container: bool,
    object_type: bytes = b"",
) -> Descriptor:
    """SeAssignSecurityEx.  STATUS_INVALID_OWNER is the caller's to check (it may hold SeRestorePrivilege)."""
    control = given.control if given is not None else 0
    above = parent.control if parent is not None else 0
    owner = given.owner if given is not None and given.owner is not None else token.owner
    group = given.group if given is not None and given.group is not None else token.primary_group
    if not group:
        raise NtError(STATUS_INVALID_PRIMARY_GROUP)
    creation = Creation(owner, group, mapping, container, object_type)
    dacl, dacl_bits = _list(
        _DACL,
        given.dacl if given is not None else None,
        control,
        parent.dacl if parent is not None else None,
        token.default_dacl,
        creation,
        bool(control & SE_DACL_PRESENT),
        above,
    )
    sacl, sacl_bits = _list(
        _SACL,
        given.sacl if given is not None else None,
        control,
        parent.sacl if parent is not None else None,
        None,
        creation,
        bool(control & SE_SACL_PRESENT),
        above,
    )
    return Descriptor(owner, group, dacl, sacl, dacl_bits | sacl_bits)


def changed(
    old: Descriptor,
    new: Descriptor,
    information: int,
    mapping: Mapping,
    may_own: bool,
    container: bool = False,
) -> Descriptor:
    """SeSetSecurityDescriptorInfo: parts of ``old`` replaced by those of ``new``.

    STATUS_INVALID_OWNER, STATUS_INVALID_PRIMARY_GROUP.
    """
    owner, group, dacl, sacl, control = old.owner, old.group, old.dacl, old.sacl, old.control
    if information & OWNER_SECURITY_INFORMATION:
        if new.owner is None or not may_own:
            raise NtError(STATUS_INVALID_OWNER)
        owner = new.owner
    if information & GROUP_SECURITY_INFORMATION:
        if new.group is None:
            raise NtError(STATUS_INVALID_PRIMARY_GROUP)
        group = new.group
    creation = Creation(owner or CREATOR_OWNER, group or CREATOR_GROUP, mapping, container)
    if information & DACL_SECURITY_INFORMATION:
        dacl = _given(new.dacl, creation) if new.dacl is not None else None
        control = _new_bits(control, new.control, _DACL)
        if information & PROTECTED_DACL_SECURITY_INFORMATION:
            control |= SE_DACL_PROTECTED
        elif information & UNPROTECTED_DACL_SECURITY_INFORMATION:
            control &= ~SE_DACL_PROTECTED
    if information & SACL_SECURITY_INFORMATION:
        sacl = _given(new.sacl, creation) if new.sacl is not None else None
        control = _new_bits(control, new.control, _SACL)
        if information & PROTECTED_SACL_SECURITY_INFORMATION:
            control |= SE_SACL_PROTECTED
        elif information & UNPROTECTED_SACL_SECURITY_INFORMATION:
            control &= ~SE_SACL_PROTECTED
    return Descriptor(owner, group, dacl, sacl, control)


def _new_bits(old: int, new: int, side: _Side) -> int:
    """Control bits after a list was replaced; auto-inherited needs the request as well, as in NT."""
    both = side.request | side.inherited
    bits = new & (side.present | side.protected | side.defaulted)
    if new & both == both:
        bits |= side.inherited
    return old & ~(side.present | side.defaulted | side.inherited | side.protected) | bits

"""Security descriptors: whose an object is, and who may do what with it.

A ``Descriptor`` never changes: a changed one is another one, and the monitor
keeps one of each content (``se.monitor``), which many objects share.  It can
therefore remember what it grants to whom (``granted``, see ``se.access``).

A guest gives either form (absolute: pointers; self-relative: offsets); it is
read once and checked: STATUS_UNKNOWN_REVISION, STATUS_INVALID_SID,
STATUS_INVALID_ACL, STATUS_ACCESS_VIOLATION.  What it gets back is always
self-relative, in NT's order: SACL, DACL, owner, group.

A DACL that is present but NULL lets everybody in; an empty one nobody.
"""

from __future__ import annotations

import struct

from ring3k.abi.memory import Memory
from ring3k.abi.status import (
    STATUS_INVALID_SECURITY_DESCR,
    STATUS_UNKNOWN_REVISION,
    NtError,
)
from ring3k.abi.structs.se import (
    CONTAINER_INHERIT_ACE,
    DACL_SECURITY_INFORMATION,
    GROUP_SECURITY_INFORMATION,
    OBJECT_INHERIT_ACE,
    OWNER_SECURITY_INFORMATION,
    SACL_SECURITY_INFORMATION,
    SE_DACL_AUTO_INHERITED,
    SE_DACL_DEFAULTED,
    SE_DACL_PRESENT,
    SE_DACL_PROTECTED,
    SE_GROUP_DEFAULTED,
    SE_OWNER_DEFAULTED,
    SE_SACL_AUTO_INHERITED,
    SE_SACL_DEFAULTED,
    SE_SACL_PRESENT,
    SE_SACL_PROTECTED,
    SE_SELF_RELATIVE,
    SECURITY_DESCRIPTOR,
    SECURITY_DESCRIPTOR_RELATIVE,
)
from ring3k.se.acl import Acl, capture_acl, parse_acl
from ring3k.se.sid import Sid, capture_sid, parse_sid
from ring3k.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ring3k.se.context import Context

REVISION = 1
HEADER = 20
_RELATIVE = struct.Struct("<BBHIIII")
INHERITANCE = OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE
DACL_CONTROL = SE_DACL_PRESENT | SE_DACL_DEFAULTED | SE_DACL_AUTO_INHERITED | SE_DACL_PROTECTED
SACL_CONTROL = SE_SACL_PRESENT | SE_SACL_DEFAULTED | SE_SACL_AUTO_INHERITED | SE_SACL_PROTECTED


class _Parts(NamedTuple):
    """What two equal descriptors have in common."""

    control: int
    owner: Sid | None
    group: Sid | None
    sacl: Acl | None
    dacl: Acl | None


class Descriptor:
    """Immutable."""

    __slots__ = (
        "_raw",
        "control",
        "dacl",
        "granted",
        "group",
        "hands_down",
        "owner",
        "parts",
        "sacl",
        "users",
    )

    def __init__(
        self,
        owner: Sid | None = None,
        group: Sid | None = None,
        dacl: Acl | None = None,
        sacl: Acl | None = None,
        control: int = 0,
    ) -> None:
        if dacl is not None:
            control |= SE_DACL_PRESENT
        if sacl is not None:
            control |= SE_SACL_PRESENT
        self.control = control & ~SE_SELF_RELATIVE
        self.owner = owner
        self.group = group
        self.dacl = dacl
        self.sacl = sacl
        self.parts = _Parts(self.control, owner, group, sacl, dacl)
        self.granted: dict[Context, int] = {}  # everything that the DACL grants to a subject
        self.users = 0  # objects that have it; the monitor counts
        lists = (one for one in (dacl, sacl) if one is not None)
        self.hands_down = any(one.flags & INHERITANCE for acl in lists for one in acl.aces)
        self._raw: bytes | None = None

    @property
    def open_to_all(self) -> bool:
        """Without a DACL, or with a NULL one, nobody is kept out."""
        return self.dacl is None

    @property
    def raw(self) -> bytes:
        """Self-relative, whole."""
        if self._raw is None:
            self._raw = self._pack(self.control, self.owner, self.group, self.sacl, self.dacl)
        return self._raw

    @staticmethod
    def _pack(
        control: int, owner: Sid | None, group: Sid | None, sacl: Acl | None, dacl: Acl | None
    ) -> bytes:
        places = []
        tail = b""
        for part in (sacl, dacl, owner, group):
            if part is None:
                places.append(0)
                continue
            places.append(HEADER + len(tail))
            data = part if isinstance(part, bytes) else part.raw
            tail += data + bytes(-len(data) % 4)
        sacl_at, dacl_at, owner_at, group_at = places
        head = _RELATIVE.pack(REVISION, 0, control | SE_SELF_RELATIVE, owner_at, group_at, sacl_at, dacl_at)
        return head + tail

    def query(self, information: int) -> bytes:
        """The parts asked for, self-relative."""
        control, owner, group, sacl, dacl = self.parts
        keep = SE_SELF_RELATIVE
        if information & OWNER_SECURITY_INFORMATION:
            keep |= SE_OWNER_DEFAULTED
        else:
            owner = None
        if information & GROUP_SECURITY_INFORMATION:
            keep |= SE_GROUP_DEFAULTED
        else:
            group = None
        if information & DACL_SECURITY_INFORMATION:
            keep |= DACL_CONTROL
        else:
            dacl = None
        if information & SACL_SECURITY_INFORMATION:
            keep |= SACL_CONTROL
        else:
            sacl = None
        return self._pack(control & keep, owner, group, sacl, dacl)

    @property
    def cost(self) -> int:
        """Bytes of pool."""
        lists = sum(one.cost for one in (self.sacl, self.dacl) if one is not None)
        return lists + len(self.owner or b"") + len(self.group or b"") + 512


NO_SECURITY = Descriptor()
EVERYBODY = Descriptor(control=SE_DACL_PRESENT)  # a NULL DACL


def parse_descriptor(data: bytes) -> Descriptor:
    """A self-relative descriptor, as files and hives keep it.  STATUS_INVALID_SECURITY_DESCR and others."""
    if len(data) < HEADER:
        raise NtError(STATUS_INVALID_SECURITY_DESCR)
    revision, _, control, owner, group, sacl, dacl = _RELATIVE.unpack_from(data)
    if revision != REVISION:
        raise NtError(STATUS_UNKNOWN_REVISION)
    if not control & SE_SELF_RELATIVE or max(owner, group, sacl, dacl) >= len(data):
        raise NtError(STATUS_INVALID_SECURITY_DESCR)
    return Descriptor(
        parse_sid(data, owner) if owner else None,
        parse_sid(data, group) if group else None,
        parse_acl(data, dacl) if dacl and control & SE_DACL_PRESENT else None,
        parse_acl(data, sacl) if sacl and control & SE_SACL_PRESENT else None,
        control,
    )


def capture_descriptor(memory: Memory, address: int) -> Descriptor:
    """Read a guest's descriptor of either form, each byte once."""
    head = memory.read(address, SECURITY_DESCRIPTOR_RELATIVE.offset("Owner"))
    if head[0] != REVISION:
        raise NtError(STATUS_UNKNOWN_REVISION)
    control = int.from_bytes(head[2:4], "little")
    rest = address + len(head)
    fields = struct.unpack("<4I", memory.read(rest, SECURITY_DESCRIPTOR.size() - len(head)))
    if control & SE_SELF_RELATIVE:
        fields = tuple(address + one & 0xFFFFFFFF if one else 0 for one in fields)
    owner, group, sacl, dacl = fields
    return Descriptor(
        capture_sid(memory, owner) if owner else None,
        capture_sid(memory, group) if group else None,
        capture_acl(memory, dacl) if dacl and control & SE_DACL_PRESENT else None,
        capture_acl(memory, sacl) if sacl and control & SE_SACL_PRESENT else None,
        control,
    )

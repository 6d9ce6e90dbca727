"""The security reference monitor of a system: who decides, and with what.

It stands in for ``ob.security.SecurityMonitor``, keeps one descriptor of each
content for all objects that have it (charged to the pool once), and knows the
tokens and descriptors that are there from the beginning.

For rooms above:

    monitor = kernel.part(ReferenceMonitor)
    monitor.check(t, object_, desired)               # rights for a handle, or NtError
    monitor.check_descriptor(t, descriptor, File, desired)
    monitor.new_descriptor(t, File, parent, given, container)   # for what is created
"""

from __future__ import annotations

from collections.abc import Callable

from ring3k.abi.access import (
    ACCESS_SYSTEM_SECURITY,
    MAXIMUM_ALLOWED,
    WRITE_OWNER,
    Rights,
    map_generic,
)
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_BAD_IMPERSONATION_LEVEL,
    STATUS_INVALID_OWNER,
    STATUS_PRIVILEGE_NOT_HELD,
    NtError,
)
from ring3k.abi.structs.se import SE_SACL_PRESENT
from ring3k.ke.kernel import Kernel
from ring3k.ke.luid import LuidSource
from ring3k.ke.thread import KThread
from ring3k.ob.object import Object, TypeTable, rights_of
from ring3k.ob.security import Audited, SecurityMonitor
from ring3k.se.access import access_check, by_privilege, grants
from ring3k.se.accounts import (
    ANONYMOUS_LOGON_LUID,
    LOCAL_SERVICE_LUID,
    NETWORK_SERVICE_LUID,
    SYSTEM_LUID,
    User,
    anonymous,
    local_system,
    logged_on,
)
from ring3k.se.audit import CLOSE, KERNEL, OBJECT, OPEN, PRIVILEGED_OBJECT, PRIVILEGES, AuditLog, open_wanted
from ring3k.se.context import ContextTable
from ring3k.se.descriptor import Descriptor, capture_descriptor
from ring3k.se.impersonation import IMPERSONATE
from ring3k.se.inherit import assign
from ring3k.se.logon import LogonTable
from ring3k.se.privilege import (
    SE_CHANGE_NOTIFY_PRIVILEGE,
    SE_RESTORE_PRIVILEGE,
    SE_SECURITY_PRIVILEGE,
    effective_token,
    has_privilege,
    require_privilege,
)
from ring3k.se.token import IMPERSONATION, PRIMARY, Token
from ring3k.typed import Any

REMEMBERED = 32  # for each token
USERS_SESSION = 1  # since Windows Vista services are alone in session 0
SMALL = 8192  # descriptors up to this cost are remembered for the next object that gets the like
_EXTRA = ACCESS_SYSTEM_SECURITY | MAXIMUM_ALLOWED


class ReferenceMonitor(SecurityMonitor):
    """One for each system."""

    def __init__(self, kernel: Kernel, version: str) -> None:
        self.kernel = kernel
        self.version = version
        self._kept: dict[Any, Descriptor] = {}  # by content
        kernel.add_part(ContextTable())
        self.audit = AuditLog(kernel.bus)
        kernel.add_part(self.audit)
        lasting = {SYSTEM_LUID, ANONYMOUS_LOGON_LUID}
        if version not in ("nt40", "nt50"):
            lasting |= {LOCAL_SERVICE_LUID, NETWORK_SERVICE_LUID}
        self.logons = LogonTable(frozenset(lasting))
        kernel.add_part(self.logons)
        self.system = Token(kernel, local_system(version), PRIMARY)
        self.system.reference()
        self._anonymous: Token | None = None

    # -- tokens --------------------------------------------------------------------------
    def system_token(self) -> Token:
        """A primary token of LocalSystem, for a process that nobody's process made."""
        token = self.system.duplicate(PRIMARY)
        self.secure_as(self.system, token)
        return token

    def child_token(self, parent: Token) -> Token:
        """A copy of a process's token for a process it makes."""
        token = parent.duplicate(PRIMARY)
        self.secure_as(parent, token)
        return token

    def user_token(self, user: User) -> Token:
        """A primary token of a new logon.  ValueError for a bad description."""
        logon = self.kernel.part(LuidSource).take()
        account = logged_on(user, logon, USERS_SESSION if self.kernel.part(TypeTable).later else 0)
        self.logons.create(logon)
        token = Token(self.kernel, account, PRIMARY)
        self.secure_as(token, token)
        return token

    def anonymous_token(self) -> Token:
        """The token of nobody, to be impersonated."""
        if self._anonymous is None:
            account = anonymous(self.version in ("nt40", "nt50"))
            self._anonymous = Token(self.kernel, account, IMPERSONATION, IMPERSONATE)
            self._anonymous.reference()
            self.secure_as(self.system, self._anonymous)
        return self._anonymous

    def has_logon(self, luid: int) -> bool:
        """Whether somebody is logged on under this authentication id."""
        return luid in self.logons

    # -- descriptors: one of each content ---------------------------------------------------
    def keep(self, descriptor: Descriptor) -> Descriptor:
        if not descriptor.users:
            known = self._kept.get(descriptor.parts)
            if known is None:
                self.kernel.pool.charge(descriptor.cost)
                known = self._kept[descriptor.parts] = descriptor
            descriptor = known
        descriptor.users += 1
        return descriptor

    def drop(self, descriptor: Descriptor) -> None:
        descriptor.users -= 1
        if not descriptor.users:
            del self._kept[descriptor.parts]
            self.kernel.pool.release(descriptor.cost)

    # -- new objects ---------------------------------------------------------------------
    def capture(self, t: KThread, address: int) -> Descriptor | None:
        return capture_descriptor(t.memory, address) if address else None

    def secure(self, t: KThread, object_: Object, parent: Object | None, given: Descriptor | None) -> None:
        above = parent.query_security() if parent is not None else None
        object_.set_security(self.new_descriptor(t, type(object_), above, given, object_.is_container))

    def secure_as(self, token: Token, object_: Object) -> None:
        """The same for what has no parent and no creator but the holder of a token."""
        try:
            object_.set_security(assign(token, None, None, object_.type.rights.mapping, object_.is_container))
        except NtError:
            if not object_.pointer_count:  # nobody else would delete it
                object_.reference()
                object_.dereference()
            raise

    def new_descriptor(
        self,
        t: KThread,
        kind: type[Object],
        parent: Descriptor | None,
        given: Descriptor | None,
        container: bool = False,
    ) -> Descriptor:
        """SeAssignSecurity for the caller.  STATUS_INVALID_OWNER, STATUS_PRIVILEGE_NOT_HELD (a SACL)."""
        token = effective_token(t)
        mapping = rights_of(self.kernel, kind).mapping
        if given is not None:
            if given.control & SE_SACL_PRESENT:
                require_privilege(t, SE_SECURITY_PRIVILEGE)
            if given.owner is not None:
                self.check_owner(t, given)
            return assign(token, parent, given, mapping, container)
        inherited = parent if parent is not None and parent.hands_down else None
        key = kind, container, inherited
        found: Descriptor | None = token.assigned.get(key)
        if found is None:
            found = assign(token, inherited, None, mapping, container)
            if found.cost < SMALL:
                if len(token.assigned) >= REMEMBERED:
                    token.assigned.clear()
                token.assigned[key] = found
        return found

    def may_own(self, t: KThread, descriptor: Descriptor) -> bool:
        """Whether the caller may make the descriptor's owner the owner of something."""
        owner = descriptor.owner
        if owner is None:
            return False
        return effective_token(t).may_own(owner) or has_privilege(t, SE_RESTORE_PRIVILEGE)

    def check_owner(self, t: KThread, descriptor: Descriptor) -> None:
        """STATUS_INVALID_OWNER."""
        if not self.may_own(t, descriptor):
            raise NtError(STATUS_INVALID_OWNER)

    # -- checks --------------------------------------------------------------------------
    def check(self, t: KThread, object_: Object, desired: int) -> int:
        return self.check_descriptor(t, object_.query_security(), type(object_), desired)

    def check_open(self, t: KThread, object_: Object, desired: int) -> int:
        if not self.audit.active:
            return self.check_descriptor(t, object_.query_security(), type(object_), desired)
        descriptor: Descriptor | None = object_.query_security()
        kind = type(object_)
        return self.audited(
            t,
            descriptor,
            kind,
            object_.full_name(),
            desired,
            lambda: self.check_descriptor(t, descriptor, kind, desired),
        )

    def audited(
        self,
        t: KThread,
        descriptor: Descriptor | None,
        kind: type[Object],
        name: str,
        desired: int,
        check: Callable[[], int],
    ) -> int:
        """SeOpenObjectAuditAlarm: what ``check`` grants, recorded where policy and SACL want that."""
        desired = map_generic(desired, kind.type_name, rights_of(self.kernel, kind))
        granted: int | None = None
        try:
            granted = check()
        finally:
            told = self._tell_open(t, descriptor, kind, name, desired, granted)
        return Audited(granted) if told else granted

    def _tell_open(
        self,
        t: KThread,
        descriptor: Descriptor | None,
        kind: type[Object],
        name: str,
        desired: int,
        granted: int | None,
    ) -> bool:
        """Whether a record was wanted."""
        token = effective_token(t)
        who = t.process.pid, t.tid
        good = granted is not None
        used = by_privilege(token, desired).used if desired & (ACCESS_SYSTEM_SECURITY | WRITE_OWNER) else ()
        if used and self.audit.wants(PRIVILEGES, good, token):
            self.audit.record(
                who,
                PRIVILEGED_OBJECT,
                token,
                KERNEL,
                good,
                kind=kind.type_name,
                name=name,
                access=desired,
                privileges=used,
            )
        if (
            descriptor is None
            or not self.audit.wants(OBJECT, good, token)
            or not open_wanted(descriptor.sacl, token, desired, granted)
        ):
            return False
        self.audit.record(
            who,
            OPEN,
            token,
            KERNEL,
            good,
            kind=kind.type_name,
            name=name,
            access=desired if granted is None else granted,
            privileges=used,
        )
        return True

    def handle_closed(self, process: Any, object_: Object, handle: int) -> None:
        token = process.token
        if self.audit.wants(OBJECT, True, token):
            self.audit.record(
                (process.pid, 0),
                CLOSE,
                token,
                KERNEL,
                True,
                kind=object_.type.name,
                name=object_.full_name(),
                handle=handle,
            )

    def check_descriptor(
        self, t: KThread, descriptor: Descriptor | None, kind: type[Object], desired: int
    ) -> int:
        """The rights granted for a mask that a caller gave; ``kind`` says what its generic bits mean.

        STATUS_ACCESS_DENIED, STATUS_PRIVILEGE_NOT_HELD, STATUS_BAD_IMPERSONATION_LEVEL.
        """
        rights = rights_of(self.kernel, kind) if kind.rights_vary else kind.rights
        if desired & 0xF0000000:
            desired = map_generic(desired, kind.type_name, rights)
        if descriptor is None:
            return self._open_to_all(t, rights, desired)
        client = t.client
        if client is None:
            token: Token = t.process.token
        elif client.level < IMPERSONATE:
            raise NtError(STATUS_BAD_IMPERSONATION_LEVEL)
        else:
            token = client.token
        allowed = descriptor.granted.get(token.context)
        if allowed is None:
            allowed = grants(descriptor, token.context)
        if not desired & ~(allowed & rights.valid) and desired:
            return desired
        if not desired & (_EXTRA | WRITE_OWNER) and not descriptor.open_to_all:
            raise NtError(STATUS_ACCESS_DENIED)
        answer = access_check(token, descriptor, desired, rights.mapping.all)
        if answer.status:
            raise NtError(answer.status)
        if answer.granted & ~(rights.valid | ACCESS_SYSTEM_SECURITY):
            if not desired & MAXIMUM_ALLOWED:
                raise NtError(STATUS_ACCESS_DENIED)
            return answer.granted & (rights.valid | ACCESS_SYSTEM_SECURITY)
        return answer.granted

    def _open_to_all(self, t: KThread, rights: Rights, desired: int) -> int:
        """No descriptor: all that the type knows."""
        if desired & MAXIMUM_ALLOWED:
            desired = (desired | rights.mapping.all) & ~MAXIMUM_ALLOWED
        self.check_new(t, desired)
        if desired & ~(rights.valid | ACCESS_SYSTEM_SECURITY):
            raise NtError(STATUS_ACCESS_DENIED)
        return desired

    def check_new(self, t: KThread, desired: int) -> None:
        if desired & ACCESS_SYSTEM_SECURITY and not has_privilege(t, SE_SECURITY_PRIVILEGE):
            raise NtError(STATUS_PRIVILEGE_NOT_HELD)

    def require(self, t: KThread, privilege: int) -> None:
        require_privilege(t, privilege)

    def bypasses_traverse(self, t: KThread) -> bool:
        if t.client is None:  # for every folder that is walked through; of this privilege no audit is made
            return bool(t.process.token.enabled >> SE_CHANGE_NOTIFY_PRIVILEGE & 1)
        return has_privilege(t, SE_CHANGE_NOTIFY_PRIVILEGE)

"""Security reference monitor: tokens, SIDs, privileges, access lists, qualities of service."""

from __future__ import annotations

from ring3k.abi.struct import Array, Blob, Structure
from ring3k.abi.structs.ex import LUID
from ring3k.abi.types import AccessMask, Boolean, Pointer, Time, Uchar, Ulong, Ushort
from ring3k.typed import Annotated

OWNER_SECURITY_INFORMATION = 0x1
GROUP_SECURITY_INFORMATION = 0x2
DACL_SECURITY_INFORMATION = 0x4
SACL_SECURITY_INFORMATION = 0x8
UNPROTECTED_SACL_SECURITY_INFORMATION = 0x10000000
UNPROTECTED_DACL_SECURITY_INFORMATION = 0x20000000
PROTECTED_SACL_SECURITY_INFORMATION = 0x40000000
PROTECTED_DACL_SECURITY_INFORMATION = 0x80000000

SE_PRIVILEGE_ENABLED_BY_DEFAULT = 0x1
SE_PRIVILEGE_ENABLED = 0x2
SE_PRIVILEGE_REMOVED = 0x4
SE_PRIVILEGE_USED_FOR_ACCESS = 0x80000000
PRIVILEGE_SET_ALL_NECESSARY = 1

SE_GROUP_MANDATORY = 0x1
SE_GROUP_ENABLED_BY_DEFAULT = 0x2
SE_GROUP_ENABLED = 0x4
SE_GROUP_OWNER = 0x8
SE_GROUP_USE_FOR_DENY_ONLY = 0x10
SE_GROUP_RESOURCE = 0x20000000
SE_GROUP_LOGON_ID = 0xC0000000

DISABLE_MAX_PRIVILEGE = 0x1
SANDBOX_INERT = 0x2

SE_OWNER_DEFAULTED = 0x1
SE_GROUP_DEFAULTED = 0x2
SE_DACL_PRESENT = 0x4
SE_DACL_DEFAULTED = 0x8
SE_SACL_PRESENT = 0x10
SE_SACL_DEFAULTED = 0x20
SE_DACL_AUTO_INHERIT_REQ = 0x100
SE_SACL_AUTO_INHERIT_REQ = 0x200
SE_DACL_AUTO_INHERITED = 0x400
SE_SACL_AUTO_INHERITED = 0x800
SE_DACL_PROTECTED = 0x1000
SE_SACL_PROTECTED = 0x2000
SE_SELF_RELATIVE = 0x8000

ACCESS_ALLOWED_ACE_TYPE = 0
ACCESS_DENIED_ACE_TYPE = 1
SYSTEM_AUDIT_ACE_TYPE = 2
SYSTEM_ALARM_ACE_TYPE = 3
ACCESS_ALLOWED_OBJECT_ACE_TYPE = 5
ACCESS_DENIED_OBJECT_ACE_TYPE = 6
SYSTEM_AUDIT_OBJECT_ACE_TYPE = 7

OBJECT_INHERIT_ACE = 0x1
CONTAINER_INHERIT_ACE = 0x2
NO_PROPAGATE_INHERIT_ACE = 0x4
INHERIT_ONLY_ACE = 0x8
INHERITED_ACE = 0x10
SUCCESSFUL_ACCESS_ACE_FLAG = 0x40
FAILED_ACCESS_ACE_FLAG = 0x80

AUDIT_ALLOW_NO_PRIVILEGE = 0x1
POLICY_AUDIT_EVENT_SUCCESS = 0x1
POLICY_AUDIT_EVENT_FAILURE = 0x2
TOKEN_AUDIT_SUCCESS_INCLUDE = 0x1
TOKEN_AUDIT_SUCCESS_EXCLUDE = 0x2
TOKEN_AUDIT_FAILURE_INCLUDE = 0x4
TOKEN_AUDIT_FAILURE_EXCLUDE = 0x8


class AUDIT_EVENT_TYPE:
    AuditEventObjectAccess = 0
    AuditEventDirectoryServiceAccess = 1


class PRIVILEGE:
    """Low part of a privilege's LUID."""

    SeCreateTokenPrivilege = 2
    SeAssignPrimaryTokenPrivilege = 3
    SeLockMemoryPrivilege = 4
    SeIncreaseQuotaPrivilege = 5
    SeMachineAccountPrivilege = 6
    SeTcbPrivilege = 7
    SeSecurityPrivilege = 8
    SeTakeOwnershipPrivilege = 9
    SeLoadDriverPrivilege = 10
    SeSystemProfilePrivilege = 11
    SeSystemtimePrivilege = 12
    SeProfileSingleProcessPrivilege = 13
    SeIncreaseBasePriorityPrivilege = 14
    SeCreatePagefilePrivilege = 15
    SeCreatePermanentPrivilege = 16
    SeBackupPrivilege = 17
    SeRestorePrivilege = 18
    SeShutdownPrivilege = 19
    SeDebugPrivilege = 20
    SeAuditPrivilege = 21
    SeSystemEnvironmentPrivilege = 22
    SeChangeNotifyPrivilege = 23
    SeRemoteShutdownPrivilege = 24
    SeUndockPrivilege = 25
    SeSyncAgentPrivilege = 26
    SeEnableDelegationPrivilege = 27
    SeManageVolumePrivilege = 28
    SeImpersonatePrivilege = 29
    SeCreateGlobalPrivilege = 30


class TOKEN_TYPE:
    TokenPrimary = 1
    TokenImpersonation = 2


class SECURITY_IMPERSONATION_LEVEL:
    SecurityAnonymous = 0
    SecurityIdentification = 1
    SecurityImpersonation = 2
    SecurityDelegation = 3


class TOKEN_INFORMATION_CLASS:
    TokenUser = 1
    TokenGroups = 2
    TokenPrivileges = 3
    TokenOwner = 4
    TokenPrimaryGroup = 5
    TokenDefaultDacl = 6
    TokenSource = 7
    TokenType = 8
    TokenImpersonationLevel = 9
    TokenStatistics = 10
    TokenRestrictedSids = 11
    TokenSessionId = 12
    TokenGroupsAndPrivileges = 13
    TokenSessionReference = 14
    TokenSandBoxInert = 15
    TokenAuditPolicy = 16
    TokenOrigin = 17
    TokenElevationType = 18  # Windows Vista and later
    TokenLinkedToken = 19
    TokenElevation = 20
    TokenHasRestrictions = 21
    TokenAccessInformation = 22
    TokenVirtualizationAllowed = 23
    TokenVirtualizationEnabled = 24
    TokenIntegrityLevel = 25
    TokenUIAccess = 26
    TokenMandatoryPolicy = 27
    TokenLogonSid = 28
    TokenIsAppContainer = 29
    TokenCapabilities = 30
    TokenAppContainerSid = 31
    TokenAppContainerNumber = 32
    TokenUserClaimAttributes = 33
    TokenDeviceClaimAttributes = 34
    TokenDeviceGroups = 37
    TokenRestrictedDeviceGroups = 38
    TokenIsRestricted = 40


class TOKEN_ELEVATION_TYPE:
    TokenElevationTypeDefault = 1
    TokenElevationTypeFull = 2
    TokenElevationTypeLimited = 3


SE_GROUP_INTEGRITY = 0x20
SE_GROUP_INTEGRITY_ENABLED = 0x40
TOKEN_MANDATORY_POLICY_NO_WRITE_UP = 0x1
TOKEN_MANDATORY_POLICY_NEW_PROCESS_MIN = 0x2


class SECURITY_QUALITY_OF_SERVICE(Structure):
    Length: Ulong
    ImpersonationLevel: Ulong
    ContextTrackingMode: Uchar
    EffectiveOnly: Boolean


class SID(Structure):
    """SubAuthorityCount words follow; the array here is its least extent."""

    Revision: Uchar
    SubAuthorityCount: Uchar
    IdentifierAuthority: Annotated[bytes, Blob(6)]
    SubAuthority: Annotated[list[int], Array(Ulong, 1)]


class SID_AND_ATTRIBUTES(Structure):
    Sid: Pointer
    Attributes: Ulong


class LUID_AND_ATTRIBUTES(Structure):
    _pack_ = 4
    Luid: LUID
    Attributes: Ulong


class TOKEN_USER(Structure):
    User: SID_AND_ATTRIBUTES


class TOKEN_GROUPS(Structure):
    GroupCount: Ulong
    Groups: Annotated[list[SID_AND_ATTRIBUTES], Array(SID_AND_ATTRIBUTES, 1)]


class TOKEN_PRIVILEGES(Structure):
    PrivilegeCount: Ulong
    Privileges: Annotated[list[LUID_AND_ATTRIBUTES], Array(LUID_AND_ATTRIBUTES, 1)]


class TOKEN_OWNER(Structure):
    Owner: Pointer


class TOKEN_PRIMARY_GROUP(Structure):
    PrimaryGroup: Pointer


class TOKEN_DEFAULT_DACL(Structure):
    DefaultDacl: Pointer


class TOKEN_SOURCE(Structure):
    SourceName: Annotated[bytes, Blob(8)]
    SourceIdentifier: LUID


class TOKEN_STATISTICS(Structure):
    _pack_ = 8
    TokenId: LUID
    AuthenticationId: LUID
    ExpirationTime: Time
    TokenType: Ulong
    ImpersonationLevel: Ulong
    DynamicCharged: Ulong
    DynamicAvailable: Ulong
    GroupCount: Ulong
    PrivilegeCount: Ulong
    ModifiedId: LUID


class PRIVILEGE_SET(Structure):
    PrivilegeCount: Ulong
    Control: Ulong
    Privilege: Annotated[list[LUID_AND_ATTRIBUTES], Array(LUID_AND_ATTRIBUTES, 1)]


class OBJECT_TYPE_LIST(Structure):
    Level: Ushort
    Sbz: Ushort
    ObjectType: Pointer


class ACL(Structure):
    AclRevision: Uchar
    Sbz1: Uchar
    AclSize: Ushort
    AceCount: Ushort
    Sbz2: Ushort


class ACE_HEADER(Structure):
    AceType: Uchar
    AceFlags: Uchar
    AceSize: Ushort


class ACCESS_ALLOWED_ACE(Structure):
    """Also the denied, audit and alarm kinds; the SID starts at SidStart."""

    Header: ACE_HEADER
    Mask: AccessMask
    SidStart: Ulong


class SECURITY_DESCRIPTOR(Structure):
    """Absolute form."""

    Revision: Uchar
    Sbz1: Uchar
    Control: Ushort
    Owner: Pointer
    Group: Pointer
    Sacl: Pointer
    Dacl: Pointer


class SECURITY_DESCRIPTOR_RELATIVE(Structure):
    """Self-relative form: offsets from its start, 0 for none."""

    Revision: Uchar
    Sbz1: Uchar
    Control: Ushort
    Owner: Ulong
    Group: Ulong
    Sacl: Ulong
    Dacl: Ulong

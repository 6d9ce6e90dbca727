/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Smaller families of the run-time library: bit maps, time, large integers, security. Included by ntrtl.h.
 */
#ifndef RING3K_NTRTL2_H
#define RING3K_NTRTL2_H

/* ---- bit maps ---- */
typedef struct _RTL_BITMAP {
    ULONG SizeOfBitMap;
    PULONG Buffer;
} RTL_BITMAP, *PRTL_BITMAP;

VOID NTAPI RtlInitializeBitMap(PRTL_BITMAP Map, PULONG Buffer, ULONG Bits);
VOID NTAPI RtlClearAllBits(PRTL_BITMAP Map);
VOID NTAPI RtlSetAllBits(PRTL_BITMAP Map);
VOID NTAPI RtlClearBit(PRTL_BITMAP Map, ULONG Bit);
VOID NTAPI RtlSetBit(PRTL_BITMAP Map, ULONG Bit);
BOOLEAN NTAPI RtlTestBit(PRTL_BITMAP Map, ULONG Bit);
VOID NTAPI RtlClearBits(PRTL_BITMAP Map, ULONG Start, ULONG Count);
VOID NTAPI RtlSetBits(PRTL_BITMAP Map, ULONG Start, ULONG Count);
BOOLEAN NTAPI RtlAreBitsClear(PRTL_BITMAP Map, ULONG Start, ULONG Count);
BOOLEAN NTAPI RtlAreBitsSet(PRTL_BITMAP Map, ULONG Start, ULONG Count);
ULONG NTAPI RtlNumberOfSetBits(PRTL_BITMAP Map);
ULONG NTAPI RtlNumberOfClearBits(PRTL_BITMAP Map);
ULONG NTAPI RtlFindClearBits(PRTL_BITMAP Map, ULONG Count, ULONG Hint);
ULONG NTAPI RtlFindSetBits(PRTL_BITMAP Map, ULONG Count, ULONG Hint);
ULONG NTAPI RtlFindClearBitsAndSet(PRTL_BITMAP Map, ULONG Count, ULONG Hint);
ULONG NTAPI RtlFindSetBitsAndClear(PRTL_BITMAP Map, ULONG Count, ULONG Hint);
ULONG NTAPI RtlFindLongestRunClear(PRTL_BITMAP Map, PULONG Start);
CCHAR NTAPI RtlFindMostSignificantBit(ULONGLONG Set);
CCHAR NTAPI RtlFindLeastSignificantBit(ULONGLONG Set);

/* ---- time ---- */
typedef struct _TIME_FIELDS {
    SHORT Year;
    SHORT Month;
    SHORT Day;
    SHORT Hour;
    SHORT Minute;
    SHORT Second;
    SHORT Milliseconds;
    SHORT Weekday;
} TIME_FIELDS, *PTIME_FIELDS;

VOID NTAPI RtlTimeToTimeFields(const LARGE_INTEGER *Time, PTIME_FIELDS Fields);
BOOLEAN NTAPI RtlTimeFieldsToTime(PTIME_FIELDS Fields, PLARGE_INTEGER Time);
VOID NTAPI RtlTimeToElapsedTimeFields(const LARGE_INTEGER *Time, PTIME_FIELDS Fields);
VOID NTAPI RtlSecondsSince1970ToTime(ULONG Seconds, PLARGE_INTEGER Time);
VOID NTAPI RtlSecondsSince1980ToTime(ULONG Seconds, PLARGE_INTEGER Time);
BOOLEAN NTAPI RtlTimeToSecondsSince1980(const LARGE_INTEGER *Time, PULONG Seconds);
NTSTATUS NTAPI RtlSystemTimeToLocalTime(const LARGE_INTEGER *SystemTime, PLARGE_INTEGER LocalTime);

/* ---- numbers ---- */
ULONG NTAPI RtlRandom(PULONG Seed);
ULONG NTAPI RtlRandomEx(PULONG Seed);
LARGE_INTEGER NTAPI RtlLargeIntegerAdd(LARGE_INTEGER A, LARGE_INTEGER B);
LARGE_INTEGER NTAPI RtlLargeIntegerSubtract(LARGE_INTEGER A, LARGE_INTEGER B);
LARGE_INTEGER NTAPI RtlLargeIntegerNegate(LARGE_INTEGER A);
LARGE_INTEGER NTAPI RtlLargeIntegerShiftLeft(LARGE_INTEGER A, CCHAR Count);
LARGE_INTEGER NTAPI RtlLargeIntegerShiftRight(LARGE_INTEGER A, CCHAR Count);
LARGE_INTEGER NTAPI RtlLargeIntegerArithmeticShift(LARGE_INTEGER A, CCHAR Count);
LARGE_INTEGER NTAPI RtlLargeIntegerDivide(LARGE_INTEGER A, LARGE_INTEGER B, PLARGE_INTEGER Remainder);
LARGE_INTEGER NTAPI RtlExtendedLargeIntegerDivide(LARGE_INTEGER A, ULONG Divisor, PULONG Remainder);
LARGE_INTEGER NTAPI RtlExtendedIntegerMultiply(LARGE_INTEGER A, LONG B);
LARGE_INTEGER NTAPI RtlEnlargedIntegerMultiply(LONG A, LONG B);
LARGE_INTEGER NTAPI RtlEnlargedUnsignedMultiply(ULONG A, ULONG B);
ULONG NTAPI RtlEnlargedUnsignedDivide(ULARGE_INTEGER A, ULONG Divisor, PULONG Remainder);
LARGE_INTEGER NTAPI RtlConvertLongToLargeInteger(LONG Value);
LARGE_INTEGER NTAPI RtlConvertUlongToLargeInteger(ULONG Value);

/* ---- security ---- */
NTSTATUS NTAPI RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, ULONG Revision);
BOOLEAN NTAPI RtlValidSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor);
ULONG NTAPI RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor);
NTSTATUS NTAPI RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, BOOLEAN Present, PACL Dacl,
                                            BOOLEAN Defaulted);
NTSTATUS NTAPI RtlGetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PBOOLEAN Present, PACL *Dacl,
                                            PBOOLEAN Defaulted);
NTSTATUS NTAPI RtlSetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, BOOLEAN Present, PACL Sacl,
                                            BOOLEAN Defaulted);
NTSTATUS NTAPI RtlGetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PBOOLEAN Present, PACL *Sacl,
                                            PBOOLEAN Defaulted);
NTSTATUS NTAPI RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID Owner, BOOLEAN Defaulted);
NTSTATUS NTAPI RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID *Owner, PBOOLEAN Defaulted);
NTSTATUS NTAPI RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID Group, BOOLEAN Defaulted);
NTSTATUS NTAPI RtlGetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID *Group, PBOOLEAN Defaulted);
NTSTATUS NTAPI RtlGetControlSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSECURITY_DESCRIPTOR_CONTROL Control,
                                               PULONG Revision);
NTSTATUS NTAPI RtlAbsoluteToSelfRelativeSD(PSECURITY_DESCRIPTOR Absolute, PSECURITY_DESCRIPTOR Relative,
                                           PULONG Length);
NTSTATUS NTAPI RtlSelfRelativeToAbsoluteSD(PSECURITY_DESCRIPTOR Relative, PSECURITY_DESCRIPTOR Absolute, PULONG Length,
                                           PACL Dacl, PULONG DaclLength, PACL Sacl, PULONG SaclLength, PSID Owner,
                                           PULONG OwnerLength, PSID Group, PULONG GroupLength);
NTSTATUS NTAPI RtlCreateAcl(PACL Acl, ULONG Length, ULONG Revision);
BOOLEAN NTAPI RtlValidAcl(PACL Acl);
BOOLEAN NTAPI RtlFirstFreeAce(PACL Acl, PVOID *FirstFree);
NTSTATUS NTAPI RtlAddAce(PACL Acl, ULONG Revision, ULONG Index, PVOID AceList, ULONG Length);
NTSTATUS NTAPI RtlDeleteAce(PACL Acl, ULONG Index);
NTSTATUS NTAPI RtlGetAce(PACL Acl, ULONG Index, PVOID *Ace);
NTSTATUS NTAPI RtlAddAccessAllowedAce(PACL Acl, ULONG Revision, ACCESS_MASK Access, PSID Sid);
NTSTATUS NTAPI RtlAddAccessAllowedAceEx(PACL Acl, ULONG Revision, ULONG Flags, ACCESS_MASK Access, PSID Sid);
NTSTATUS NTAPI RtlAddAccessDeniedAce(PACL Acl, ULONG Revision, ACCESS_MASK Access, PSID Sid);
NTSTATUS NTAPI RtlAddAccessDeniedAceEx(PACL Acl, ULONG Revision, ULONG Flags, ACCESS_MASK Access, PSID Sid);
NTSTATUS NTAPI RtlAddAuditAccessAce(PACL Acl, ULONG Revision, ACCESS_MASK Access, PSID Sid, BOOLEAN Success,
                                    BOOLEAN Failure);
NTSTATUS NTAPI RtlQueryInformationAcl(PACL Acl, PVOID Information, ULONG Length, ACL_INFORMATION_CLASS Class);
BOOLEAN NTAPI RtlValidSid(PSID Sid);
ULONG NTAPI RtlLengthSid(PSID Sid);
ULONG NTAPI RtlLengthRequiredSid(ULONG SubAuthorities);
BOOLEAN NTAPI RtlEqualSid(PSID Sid1, PSID Sid2);
BOOLEAN NTAPI RtlEqualPrefixSid(PSID Sid1, PSID Sid2);
NTSTATUS NTAPI RtlInitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY Authority, UCHAR SubAuthorities);
NTSTATUS NTAPI RtlCopySid(ULONG Length, PSID Destination, PSID Source);
PULONG NTAPI RtlSubAuthoritySid(PSID Sid, ULONG Index);
PUCHAR NTAPI RtlSubAuthorityCountSid(PSID Sid);
PSID_IDENTIFIER_AUTHORITY NTAPI RtlIdentifierAuthoritySid(PSID Sid);
NTSTATUS NTAPI RtlAllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY Authority, UCHAR Count, ULONG Sub0, ULONG Sub1,
                                           ULONG Sub2, ULONG Sub3, ULONG Sub4, ULONG Sub5, ULONG Sub6, ULONG Sub7,
                                           PSID *Sid);
PVOID NTAPI RtlFreeSid(PSID Sid);
VOID NTAPI RtlMapGenericMask(PACCESS_MASK Access, const GENERIC_MAPPING *Mapping);
BOOLEAN NTAPI RtlAreAllAccessesGranted(ACCESS_MASK Granted, ACCESS_MASK Desired);
BOOLEAN NTAPI RtlAreAnyAccessesGranted(ACCESS_MASK Granted, ACCESS_MASK Desired);
VOID NTAPI RtlCopyLuid(PLUID Destination, const LUID *Source);
BOOLEAN NTAPI RtlEqualLuid(const LUID *Luid1, const LUID *Luid2);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Power of a machine on mains without sleeping states; execution state; wake-up.
 * Known from: MSDN CallNtPowerInformation, SetThreadExecutionState, GetDevicePowerState, RequestWakeupLatency,
 * IsSystemResumeAutomatic, RequestDeviceWakeup ("not implemented"), SetSystemPowerState; G. Nebbett, ch. 21.
 */
#include "ntapi_ex.h"

enum { Working = 1, Sleeping1, Sleeping3 = 4 };

static ULONG buffer[256];

static void levels(void)
{
    static const struct { ULONG level, size; const char *name, *less, *input; } levels[] = {
        {SystemPowerCapabilities, 76, "capabilities", "capabilities, one byte less", "capabilities with an input"},
        {SystemBatteryState, 32, "battery", "battery, one byte less", "battery with an input"},
        {SystemExecutionState, 4, "execution state", "execution state, one byte less", "execution state with an input"},
        {LastWakeTime, 8, "last wake time", "last wake time, one byte less", "last wake time with an input"},
        {LastSleepTime, 8, "last sleep time", "last sleep time, one byte less", "last sleep time with an input"},
        {SystemPowerInformation, 16, "idleness", "idleness, one byte less", "idleness with an input"},
    };
    UCHAR *bytes = (PVOID)buffer;
    for (ULONG i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        expect(NtPowerInformation(levels[i].level, NULL, 0, buffer, levels[i].size), 0, levels[i].name);
        expect(NtPowerInformation(levels[i].level, NULL, 0, buffer, levels[i].size - 1), STATUS_BUFFER_TOO_SMALL,
               levels[i].less);
        expect(NtPowerInformation(levels[i].level, buffer, 4, buffer, levels[i].size), STATUS_INVALID_PARAMETER,
               levels[i].input);
    }
    NtPowerInformation(SystemPowerCapabilities, NULL, 0, buffer, 76);
    check(bytes[7] == 1, "the machine can be off");
    NtPowerInformation(SystemBatteryState, NULL, 0, buffer, 32);
    check(bytes[0] == 1 && bytes[1] == 0, "it is on mains and has no battery");
    expect(NtPowerInformation(ProcessorInformation, NULL, 0, buffer, sizeof(buffer)), 0, "processors");
    check(buffer[0] == 0 && buffer[1] >= 100 && buffer[2] <= buffer[1], "the first of them, and its speed");
    expect(NtPowerInformation(ProcessorInformation, NULL, 0, buffer, 23), STATUS_BUFFER_TOO_SMALL, "processors, one byte less");
    expect(NtPowerInformation(SystemPowerStateHandler, buffer, 12, NULL, 0), STATUS_ACCESS_DENIED, "a level of the kernel's");
    expect(NtPowerInformation(99, NULL, 0, buffer, 64), STATUS_INVALID_PARAMETER, "an unknown level");
}

static void policies(void)
{
    UCHAR hibernate = TRUE;
    static ULONG policy[58], again[58];
    expect(NtPowerInformation(SystemPowerPolicyAc, NULL, 0, policy, sizeof(policy)), 0, "policy");
    equal(policy[0], 1, "its revision");
    expect(NtPowerInformation(SystemPowerPolicyAc, NULL, 0, policy, sizeof(policy) - 1), STATUS_BUFFER_TOO_SMALL,
           "policy, one byte less");
    policy[31] = 1234;
    expect(NtPowerInformation(VerifySystemPolicyAc, policy, sizeof(policy), again, sizeof(again)), 0, "verify another");
    equal(again[31], 1234, "it is as given");
    NtPowerInformation(SystemPowerPolicyCurrent, NULL, 0, again, sizeof(again));
    check(again[31] != 1234, "but not in force");
    expect(NtPowerInformation(SystemPowerPolicyAc, policy, sizeof(policy), NULL, 0), 0, "set it");
    expect(NtPowerInformation(SystemPowerPolicyCurrent, NULL, 0, again, sizeof(again)), 0, "current policy");
    equal(again[31], 1234, "is the one that was set");
    policy[31] = 0;
    NtPowerInformation(SystemPowerPolicyAc, policy, sizeof(policy), NULL, 0);
    policy[0] = 2;
    expect(NtPowerInformation(SystemPowerPolicyAc, policy, sizeof(policy), NULL, 0), STATUS_INVALID_PARAMETER,
           "a policy of another revision");
    expect(NtPowerInformation(SystemReserveHiberFile, &hibernate, 1, NULL, 0), STATUS_NOT_SUPPORTED, "reserve to hibernate");
    hibernate = FALSE;
    expect(NtPowerInformation(SystemReserveHiberFile, &hibernate, 1, NULL, 0), 0, "give the reserve back");
}

static void execution(void)
{
    ULONG before = 77;
    expect(NtSetThreadExecutionState(ES_CONTINUOUS | ES_SYSTEM_REQUIRED, &before), 0, "want the system awake");
    equal(before, ES_CONTINUOUS, "nothing was wanted");
    NtPowerInformation(SystemExecutionState, NULL, 0, buffer, 4);
    check(buffer[0] & ES_SYSTEM_REQUIRED, "the system knows");
    expect(NtSetThreadExecutionState(ES_DISPLAY_REQUIRED, &before), 0, "use the display just once");
    equal(before, ES_CONTINUOUS | ES_SYSTEM_REQUIRED, "the wish is what it was");
    expect(NtSetThreadExecutionState(ES_CONTINUOUS, &before), 0, "want nothing any more");
    equal(before, ES_CONTINUOUS | ES_SYSTEM_REQUIRED, "it still was");
    NtPowerInformation(SystemExecutionState, NULL, 0, buffer, 4);
    equal(buffer[0], 0, "the system may sleep");
    expect(NtSetThreadExecutionState(0x100, &before), STATUS_INVALID_PARAMETER, "want something unknown");
}

static void actions(void)
{
    LOOK_UP(NtSetSystemPowerState, ULONG, ULONG, ULONG);
    privilege(SE_SHUTDOWN, FALSE);
    expect(NtInitiatePowerAction(PowerActionShutdown, Sleeping3, 0, FALSE), STATUS_PRIVILEGE_NOT_HELD,
           "initiate without the privilege");
    expect(p_NtSetSystemPowerState(PowerActionShutdown, Sleeping3, 0), STATUS_PRIVILEGE_NOT_HELD,
           "set without the privilege");
    privilege(SE_SHUTDOWN, TRUE);
    expect(NtInitiatePowerAction(PowerActionSleep, Sleeping1, 0, FALSE), STATUS_NOT_SUPPORTED, "initiate sleep");
    expect(NtInitiatePowerAction(PowerActionNone, Sleeping1, 0, FALSE), STATUS_INVALID_PARAMETER, "initiate nothing");
    expect(NtInitiatePowerAction(PowerActionSleep, 0, 0, FALSE), STATUS_INVALID_PARAMETER, "initiate, no state");
    expect(NtInitiatePowerAction(PowerActionSleep, Sleeping1, 0x100, FALSE), STATUS_INVALID_PARAMETER, "initiate, flags");
    expect(p_NtSetSystemPowerState(PowerActionHibernate, Sleeping1, 0), STATUS_NOT_SUPPORTED, "set to hibernate");
    expect(p_NtSetSystemPowerState(99, Sleeping1, 0), STATUS_INVALID_PARAMETER, "set, no action");
    expect(p_NtSetSystemPowerState(PowerActionSleep, 7, 0), STATUS_INVALID_PARAMETER, "set, no state");
    privilege(SE_SHUTDOWN, FALSE);
}

static void wake(void)
{
    LOOK_UP(NtGetDevicePowerState, HANDLE, PULONG);
    LOOK_UP(NtIsSystemResumeAutomatic, void);
    LOOK_UP(NtRequestWakeupLatency, ULONG);
    LOOK_UP(NtRequestDeviceWakeup, HANDLE);
    LOOK_UP(NtCancelDeviceWakeupRequest, HANDLE);
    HANDLE file, event;
    IO_STATUS_BLOCK block;
    UNICODE_STRING path = own_path();
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes), NULL, &path, OBJ_CASE_INSENSITIVE, NULL, NULL};
    ULONG state = 77;
    NtOpenFile(&file, FILE_READ_DATA | SYNCHRONIZE, &attributes, &block, FILE_SHARE_READ, FILE_SYNCHRONOUS_IO_NONALERT);
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    expect(p_NtGetDevicePowerState(file, &state), 0, "state of a disk");
    equal(state, 1, "it is on");
    expect(p_NtGetDevicePowerState(event, &state), STATUS_OBJECT_TYPE_MISMATCH, "state of an event");
    expect(p_NtGetDevicePowerState((HANDLE)0x7ff0, &state), STATUS_INVALID_HANDLE, "state of nothing");
    equal(p_NtIsSystemResumeAutomatic(), FALSE, "somebody started the system");
    expect(p_NtRequestWakeupLatency(1), 0, "a quick wake-up");
    expect(p_NtRequestWakeupLatency(0), 0, "any wake-up");
    expect(p_NtRequestWakeupLatency(2), STATUS_INVALID_PARAMETER, "another wake-up");
    expect(p_NtRequestDeviceWakeup(file), STATUS_NOT_IMPLEMENTED, "let a device wake");
    expect(p_NtCancelDeviceWakeupRequest(file), STATUS_NOT_IMPLEMENTED, "let it not");
    NtClose(file);
    NtClose(event);
}

void test_main(void)
{
    levels();
    policies();
    execution();
    wake();
    actions();
}

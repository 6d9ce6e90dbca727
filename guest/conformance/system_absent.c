/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a machine answers that has no DOS machines, no trace sessions and devices that never change.
 * Known from: G. Nebbett, Native API Reference, ch. 21 (NtVdmControl, NtPlugPlayControl); ntexapi.h, wmistr.h.
 */
#include "ntapi_ex.h"

static ULONG data[16];

static void machines(void)
{
    LOOK_UP(NtVdmControl, ULONG, PVOID);
    data[0] = 77;
    expect(p_NtVdmControl(4, data), 0, "features of DOS machines");
    equal(data[0], 0, "there are none");
    expect(p_NtVdmControl(99, data), STATUS_INVALID_PARAMETER, "an unknown service of theirs");
}

static void devices(void)
{
    LOOK_UP(NtPlugPlayControl, ULONG, PVOID, ULONG);
    LOOK_UP(NtGetPlugPlayEvent, HANDLE, PVOID, PVOID, ULONG);
    privilege(SE_TCB, FALSE);
    expect(p_NtPlugPlayControl(14, data, sizeof(data)), STATUS_PRIVILEGE_NOT_HELD, "control without the privilege");
    expect(p_NtGetPlugPlayEvent(NULL, NULL, data, sizeof(data)), STATUS_PRIVILEGE_NOT_HELD, "event without the privilege");
    privilege(SE_TCB, TRUE);
    expect(p_NtPlugPlayControl(14, data, sizeof(data)), STATUS_NO_SUCH_DEVICE, "the state of no device");
    expect(p_NtPlugPlayControl(14, data, 4), STATUS_INVALID_PARAMETER, "control, 4 bytes");
    expect(p_NtPlugPlayControl(99, data, sizeof(data)), STATUS_NOT_IMPLEMENTED, "an unknown control");
}

static void traces(void)
{
    NTSTATUS(NTAPI *trace)(HANDLE, ULONG, ULONG, PVOID) = (PVOID)procedure("NtTraceEvent");
    if (nt_at_least(5, 1))
        check(trace != NULL, "ntdll exports NtTraceEvent");
    if (trace) {
        data[0] = sizeof(data);
        expect(trace((HANDLE)1, 0, sizeof(data), data), STATUS_INVALID_HANDLE, "an event for no session");
        expect(trace((HANDLE)1, 0, sizeof(data), NULL), STATUS_INVALID_PARAMETER, "no event for no session");
    }
}

void test_main(void)
{
    traces();
    machines();
    devices();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtRaiseHardError and NtSetDefaultHardErrorPort: who is told, and what comes back.
 * Known from: G. Nebbett, Native API Reference, ch. 21; Windows Internals, 4th ed. (hard errors and csrss); ntlpcapi.h
 * (LPC_ERROR_EVENT); MSDN SetErrorMode.
 */
#include "ntapi_ex.h"

typedef struct {
    USHORT DataLength, TotalLength, Type, DataInfoOffset;
    CLIENT_ID ClientId;
    ULONG MessageId, ClientViewSize;
} PORT_MESSAGE;
typedef struct {
    PORT_MESSAGE Header;
    NTSTATUS Status;
    LI ErrorTime;
    ULONG ValidResponseOptions, Response, NumberOfParameters, UnicodeStringParameterMask, Parameters[5];
    ULONG room[40];
} HARDERROR_MSG;
enum { OptionAbortRetryIgnore, OptionOk, OptionOkCancel, OptionYesNo = 4, OptionShutdownSystem = 6 };
enum { ResponseReturnToCaller, ResponseNotHandled, ResponseRetry = 7, ResponseYes = 8 };
enum { LPC_ERROR_EVENT = 9 };
#undef STATUS_SERVICE_NOTIFICATION
#define STATUS_SERVICE_NOTIFICATION 0x40000018

NTCALL(NtSetDefaultHardErrorPort, HANDLE);
NTCALL(NtCreatePort, PHANDLE, OBJECT_ATTRIBUTES *, ULONG, ULONG, ULONG);
NTCALL(NtReplyWaitReceivePort, HANDLE, PVOID, PVOID, PVOID);
NTCALL(NtReplyPort, HANDLE, PVOID);

static HANDLE port;
static HARDERROR_MSG got;

/* The subsystem: answers one error. */
static NTSTATUS subsystem(PVOID answer)
{
    NTSTATUS status = NtReplyWaitReceivePort(port, NULL, NULL, &got);
    HARDERROR_MSG reply = got;
    if (status)
        return status;
    reply.Response = (ULONG)answer;
    return NtReplyPort(port, &reply);
}

NTSTATUS child_main(const char *what)
{
    UNICODE_STRING text = ustr(L"a text");
    ULONG parameters[2] = {(ULONG)&text, 42}, response = 77, mode = 0;
    NTSTATUS status;
    if (what[0] == 'o') { /* off */
        NtSetInformationProcess(NtCurrentProcess(), ProcessDefaultHardErrorMode, &mode, 4);
        status = NtRaiseHardError(STATUS_UNSUCCESSFUL, 0, 0, NULL, OptionOk, &response);
    } else {
        status = NtRaiseHardError(STATUS_DLL_NOT_FOUND, 2, 1, parameters, OptionYesNo, &response);
    }
    return status ? status : (NTSTATUS)response;
}

static NTSTATUS error_in_child(const char *what, ULONG answer)
{
    HANDLE thread = thread_start(subsystem, (PVOID)answer);
    NTSTATUS result = child_run(what);
    thread_join(thread);
    return result;
}

static void refusals(void)
{
    ULONG response = 77, parameters[6] = {0};
    expect(NtRaiseHardError(STATUS_UNSUCCESSFUL, 6, 0, parameters, OptionOk, &response), STATUS_INVALID_PARAMETER_2,
           "six parameters");
    expect(NtRaiseHardError(STATUS_UNSUCCESSFUL, 0, 0, parameters, OptionOk, &response), STATUS_INVALID_PARAMETER_2,
           "parameters, and none of them");
    expect(NtRaiseHardError(STATUS_UNSUCCESSFUL, 0, 0, NULL, 9, &response), STATUS_INVALID_PARAMETER_4,
           "unknown responses");
    privilege(SE_SHUTDOWN, FALSE);
    expect(NtRaiseHardError(STATUS_UNSUCCESSFUL, 0, 0, NULL, OptionShutdownSystem, &response), STATUS_PRIVILEGE_NOT_HELD,
           "shut down without the privilege");
    equal(response, 77, "no response is written");
    expect(NtRaiseHardError(STATUS_SERVICE_NOTIFICATION, 0, 0, NULL, OptionOk, &response), 0, "nobody is there to tell");
    equal(response, ResponseReturnToCaller, "the caller is to deal with it");
}



void test_main(void)
{
    ULONG response = 77;
    HANDLE event;
    BOOLEAN there;
    refusals();
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    there = NtSetDefaultHardErrorPort(NULL) == STATUS_INVALID_HANDLE;
    check(there, "no port");
    expect(NtSetDefaultHardErrorPort(event), STATUS_OBJECT_TYPE_MISMATCH, "an event is no port");
    NtClose(event);
    if (!there)
        return;
    expect(NtCreatePort(&port, named(L"\\conf-hard-error", 0), 0, 0x100, 0), 0, "a port");
    privilege(SE_TCB, FALSE);
    expect(NtSetDefaultHardErrorPort(port), STATUS_PRIVILEGE_NOT_HELD, "register without the privilege");
    privilege(SE_TCB, TRUE);
    expect(NtSetDefaultHardErrorPort(port), 0, "register");
    expect(NtSetDefaultHardErrorPort(port), STATUS_UNSUCCESSFUL, "register again");
    equal(error_in_child("parameters", ResponseYes), ResponseYes, "the subsystem's answer comes back");
    equal(got.Header.Type & 0xff, LPC_ERROR_EVENT, "the message is an error event");
    equal(got.Status, STATUS_DLL_NOT_FOUND, "it has the status");
    equal(got.ValidResponseOptions, OptionYesNo, "the choices");
    equal(got.NumberOfParameters, 2, "how many parameters");
    equal(got.UnicodeStringParameterMask, 1, "which of them are strings");
    equal(got.Parameters[1], 42, "and the parameters");
    check(got.ErrorTime.QuadPart <= system_time() && got.ErrorTime.QuadPart > system_time() - 100000000, "the time");
    equal(error_in_child("parameters", 55), ResponseReturnToCaller, "an answer that is none");
    equal(child_run("off"), ResponseReturnToCaller, "a process without hard errors");
    expect(NtRaiseHardError(STATUS_UNSUCCESSFUL, 0, 0, NULL, OptionOk, &response), 0, "the subsystem's own error");
    equal(response, ResponseReturnToCaller, "is its own affair");
    NtClose(port);
}

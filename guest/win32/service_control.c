// SPDX-License-Identifier: LGPL-2.1-or-later
// A service: installs itself, is started by the service manager, counts what it is told, stops, is deleted.
#include <wchar.h>
#include <windows.h>

#include "say.h"

#define NAME L"Ring3kTestService"

// -- the service ----------------------------------------------------------------------------
static SERVICE_STATUS_HANDLE handle;
static HANDLE stopped;
static SERVICE_STATUS status = {SERVICE_WIN32_OWN_PROCESS, SERVICE_START_PENDING, 0, 0, 0, 0, 0};

static void become(DWORD state, DWORD accepted)
{
    status.dwCurrentState = state;
    status.dwControlsAccepted = accepted;
    SetServiceStatus(handle, &status);
}

static DWORD WINAPI control(DWORD code, DWORD event, void *data, void *context)
{
    (void)event, (void)data, (void)context;
    switch (code) {
    case SERVICE_CONTROL_STOP:
        become(SERVICE_STOP_PENDING, 0);
        SetEvent(stopped);
        return NO_ERROR;
    case SERVICE_CONTROL_PAUSE:
        become(SERVICE_PAUSED, SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PAUSE_CONTINUE);
        return NO_ERROR;
    case SERVICE_CONTROL_CONTINUE:
    case SERVICE_CONTROL_INTERROGATE:
        become(SERVICE_RUNNING, SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PAUSE_CONTINUE);
        return NO_ERROR;
    case 200:
        status.dwCheckPoint++;
        return NO_ERROR;
    }
    return ERROR_CALL_NOT_IMPLEMENTED;
}

static void WINAPI service(DWORD count, WCHAR **words)
{
    handle = RegisterServiceCtrlHandlerExW(NAME, control, NULL);
    status.dwWaitHint = count > 1 ? (DWORD)_wtoi(words[1]) : 0;
    become(SERVICE_RUNNING, SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PAUSE_CONTINUE);
    WaitForSingleObject(stopped, 60000);
    status.dwWin32ExitCode = ERROR_SERVICE_SPECIFIC_ERROR;
    status.dwServiceSpecificExitCode = 42;
    become(SERVICE_STOPPED, 0);
}

static int serve(void)
{
    SERVICE_TABLE_ENTRYW table[] = {{(WCHAR *)NAME, service}, {NULL, NULL}};
    stopped = CreateEventW(NULL, TRUE, FALSE, NULL);
    return StartServiceCtrlDispatcherW(table) ? 0 : (int)GetLastError();
}

// -- who controls it ------------------------------------------------------------------------
static void tell(const char *when, SC_HANDLE one)
{
    SERVICE_STATUS_PROCESS now = {0};
    DWORD size;
    if (!QueryServiceStatusEx(one, SC_STATUS_PROCESS_INFO, (BYTE *)&now, sizeof(now), &size))
        say("%s: error %lu", when, GetLastError());
    else
        say("%s: type %lx, state %lu, accepts %lx, exit %lu %lu, checkpoint %lu, hint %lu, process %s", when,
               now.dwServiceType, now.dwCurrentState, now.dwControlsAccepted, now.dwWin32ExitCode,
               now.dwServiceSpecificExitCode, now.dwCheckPoint, now.dwWaitHint, now.dwProcessId ? "yes" : "no");
}

static void wait_for(SC_HANDLE one, DWORD state)
{
    SERVICE_STATUS now;
    for (int i = 0; i < 300; i++) {
        if (QueryServiceStatus(one, &now) && now.dwCurrentState == state)
            return;
        Sleep(50);
    }
    say("never came to state %lu, but %lu", state, now.dwCurrentState);
}

static void ask(SC_HANDLE one, const char *what, DWORD code, DWORD state)
{
    SERVICE_STATUS now = {0};
    BOOL good = ControlService(one, code, &now);
    say("%s: %s %lu", what, good ? "yes" : "no", good ? 0 : GetLastError());
    if (state)
        wait_for(one, state);
    tell(what, one);
}

static void configuration(SC_HANDLE one)
{
    char buffer[2048];
    QUERY_SERVICE_CONFIGW *found = (void *)buffer;
    DWORD size;
    if (!QueryServiceConfigW(one, found, sizeof(buffer), &size)) {
        say("configuration: error %lu", GetLastError());
        return;
    }
    say("configuration: type %lx, start %lu, \"%ls\", account \"%ls\"", found->dwServiceType, found->dwStartType,
           found->lpDisplayName, found->lpServiceStartName);
}

static void listed(SC_HANDLE manager)
{
    static char buffer[1 << 16];
    ENUM_SERVICE_STATUSW *all = (void *)buffer;
    DWORD size, count = 0, next = 0, seen = 0;
    if (!EnumServicesStatusW(manager, SERVICE_WIN32, SERVICE_STATE_ALL, all, sizeof(buffer), &size, &count, &next))
        say("list: error %lu", GetLastError());
    for (DWORD i = 0; i < count; i++)
        if (!wcsicmp(all[i].lpServiceName, NAME))
            seen += 1 + 10 * all[i].ServiceStatus.dwCurrentState;
    say("listed: %lu", seen);
}

static void failures(SC_HANDLE manager)
{
    SAY_BOOL(OpenServiceW(manager, L"No such service", SERVICE_ALL_ACCESS) == NULL);
    say("none: %lu", GetLastError());
    SAY_BOOL(CreateServiceW(manager, NAME, L"again", SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS, SERVICE_DEMAND_START, 0,
                       L"C:\\x.exe", NULL, NULL, NULL, NULL, NULL) == NULL);
    say("twice: %lu", GetLastError());
    SAY_BOOL(OpenServiceW(manager, L"bad\\name", SERVICE_ALL_ACCESS) == NULL);
    say("bad name: %lu", GetLastError());
}

static void life(SC_HANDLE one)
{
    const WCHAR *words[] = {L"777"};
    tell("before", one);
    BOOL good = FALSE;
    for (int i = 0; i < 300 && !good; i++) {  // as long as others are being started, it is refused
        good = StartServiceW(one, 1, words);
        if (good || GetLastError() != ERROR_SERVICE_DATABASE_LOCKED)
            break;
        Sleep(50);
    }
    say("start: %s %lu", good ? "yes" : "no", good ? 0 : GetLastError());
    wait_for(one, SERVICE_RUNNING);
    tell("running", one);
    SAY_BOOL(StartServiceW(one, 0, NULL));
    say("started twice: %lu", GetLastError());
    ask(one, "pause", SERVICE_CONTROL_PAUSE, SERVICE_PAUSED);
    ask(one, "continue", SERVICE_CONTROL_CONTINUE, SERVICE_RUNNING);
    ask(one, "its own", 200, 0);
    ask(one, "another's", 201, 0);
    ask(one, "bad", 100, 0);
    ask(one, "stop", SERVICE_CONTROL_STOP, SERVICE_STOPPED);
    ask(one, "again", SERVICE_CONTROL_STOP, 0);
}

int wmain(int count, WCHAR **words)
{
    WCHAR command[MAX_PATH + 16];
    if (count > 1 && !wcscmp(words[1], L"serve"))
        return serve();
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    if (!manager) {
        say("no manager: %lu", GetLastError());
        return 1;
    }
    command[0] = '"';
    DWORD length = GetModuleFileNameW(NULL, command + 1, MAX_PATH);
    wcscpy(command + 1 + length, L"\" serve");
    SC_HANDLE one = CreateServiceW(manager, NAME, L"A test's", SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS,
                                   SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, command, NULL, NULL, NULL, NULL, NULL);
    say("made: %s", one ? "yes" : "no");
    failures(manager);
    configuration(one);
    life(one);
    listed(manager);
    SAY_BOOL(DeleteService(one));
    CloseServiceHandle(one);
    say("gone: %d", OpenServiceW(manager, NAME, SERVICE_QUERY_STATUS) == NULL);
    CloseServiceHandle(manager);
    return 0;
}

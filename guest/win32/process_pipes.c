// SPDX-License-Identifier: LGPL-2.1-or-later
// Processes: inherited handles, pipes both ways, environments, folders, exit codes, jobs, system and _popen.
#include "say.h"
#include <io.h>
#include <process.h>
#include <stdlib.h>

static wchar_t self[MAX_PATH];

// What a child does; its first word says what.
static int child(int argc, wchar_t **argv)
{
    char line[200];
    wchar_t text[MAX_PATH];
    if (!wcscmp(argv[1], L"exit"))
        return _wtoi(argv[2]);
    if (!wcscmp(argv[1], L"upper")) {
        while (fgets(line, sizeof line, stdin))
            fputs(_strupr(line), stdout);
        return 3;
    }
    if (!wcscmp(argv[1], L"where")) {
        GetCurrentDirectoryW(MAX_PATH, text);
        say("in %s", narrow(wcsrchr(text, L'\\') + 1));
        for (wchar_t *one = GetEnvironmentStringsW(); *one; one += wcslen(one) + 1)
            if (*one != L'=' && _wcsnicmp(one, L"wine", 4) && _wcsnicmp(one, L"System", 6))
                say("environment %s", narrow(one));
        return 0;
    }
    if (!wcscmp(argv[1], L"handle")) {
        HANDLE event = (HANDLE)(ULONG_PTR)_wtoi(argv[2]);
        BOOL set = SetEvent(event);
        return set ? 0 : (int)GetLastError();
    }
    if (!wcscmp(argv[1], L"sleep"))
        Sleep(_wtoi(argv[2]));
    if (!wcscmp(argv[1], L"raise"))
        RaiseException(0xe0001234, 0, 0, NULL);
    if (!wcscmp(argv[1], L"errors"))
        fprintf(stderr, "said to the error stream\n");
    return argc;
}

static BOOL start(const wchar_t *words, DWORD flags, wchar_t *environment, const wchar_t *folder, STARTUPINFOW *info,
                  PROCESS_INFORMATION *process)
{
    wchar_t line[600];
    STARTUPINFOW plain = {.cb = sizeof plain};
    _snwprintf(line, 600, L"\"%ls\" %ls", self, words);
    SetLastError(0);
    return CreateProcessW(NULL, line, NULL, NULL, TRUE, flags, environment, folder, info ? info : &plain, process);
}

static DWORD finish(PROCESS_INFORMATION *process)
{
    DWORD code = 0, waited = WaitForSingleObject(process->hProcess, 20000);
    if (waited)
        say("FAILED: wait %lx", waited);
    GetExitCodeProcess(process->hProcess, &code);
    CloseHandle(process->hThread);
    CloseHandle(process->hProcess);
    return code;
}

static void exit_codes(void)
{
    static const wchar_t *const words[] = {L"exit 0", L"exit 7", L"exit 256", L"exit -1", L"exit 259", L"raise", L"errors"};
    PROCESS_INFORMATION process;
    for (unsigned i = 0; i < ARRAYSIZE(words); i++) {
        SetErrorMode(SEM_NOGPFAULTERRORBOX);
        if (!wcscmp(words[i], L"raise"))
            continue; // what is printed of a crash is another program's matter
        if (!start(words[i], 0, NULL, NULL, NULL, &process))
            say("FAILED: error %lu", GetLastError());
        say("%s: %lx", narrow(words[i]), finish(&process));
    }
    start(L"sleep 20000", 0, NULL, NULL, NULL, &process);
    DWORD code = 0;
    say("not yet: %lx", WaitForSingleObject(process.hProcess, 0));
    GetExitCodeProcess(process.hProcess, &code);
    say("still active %lu", code);
    SAY_BOOL(TerminateProcess(process.hProcess, 99));
    say("killed: %lu", finish(&process));
    wchar_t none[] = L"no-such-program";
    STARTUPINFOW info = {.cb = sizeof info};
    SAY_BOOL(CreateProcessW(NULL, none, NULL, NULL, FALSE, 0, NULL, NULL, &info, &process));
    SAY_BOOL(CreateProcessW(L"C:\\nowhere\\x.exe", NULL, NULL, NULL, FALSE, 0, NULL, NULL, &info, &process));
    FILE *file = fopen("text.exe", "w");
    fputs("this is text", file);
    fclose(file);
    SAY_BOOL(CreateProcessW(L"text.exe", NULL, NULL, NULL, FALSE, 0, NULL, NULL, &info, &process));
    SAY_BOOL(start(L"exit 1", 0, NULL, L"C:\\nowhere", NULL, &process));
}

static void both_ways(void)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE in_read, in_write, out_read, out_write;
    PROCESS_INFORMATION process;
    DWORD moved, total = 0;
    char buffer[200];
    SAY_BOOL(CreatePipe(&in_read, &in_write, &inherit, 0));
    SAY_BOOL(CreatePipe(&out_read, &out_write, &inherit, 0));
    SAY_BOOL(SetHandleInformation(in_write, HANDLE_FLAG_INHERIT, 0));
    SAY_BOOL(SetHandleInformation(out_read, HANDLE_FLAG_INHERIT, 0));
    STARTUPINFOW info = {.cb = sizeof info, .dwFlags = STARTF_USESTDHANDLES, .hStdInput = in_read,
                         .hStdOutput = out_write, .hStdError = out_write};
    SAY_BOOL(start(L"upper", 0, NULL, NULL, &info, &process));
    CloseHandle(in_read);
    CloseHandle(out_write);
    for (int i = 0; i < 100; i++)
        WriteFile(in_write, "a line to be made big\r\n", 23, &moved, NULL);
    SAY_BOOL(PeekNamedPipe(out_read, NULL, 0, NULL, &moved, NULL));
    WriteFile(in_write, "the end\r\n", 9, &moved, NULL);
    CloseHandle(in_write);
    memset(buffer, 0, sizeof buffer);
    while (ReadFile(out_read, buffer, sizeof buffer - 1, &moved, NULL) && moved) {
        total += moved;
        buffer[moved] = 0;
    }
    say("then error %lu, %lu bytes, the last are %s", GetLastError(), total, strstr(buffer, "THE END") ? "THE END" : "?");
    say("exit code %lu", finish(&process));
    CloseHandle(out_read);
}

static void environment_and_folder(void)
{
    wchar_t block[400], *at = block, folder[MAX_PATH];
    PROCESS_INFORMATION process;
    const wchar_t *words[] = {L"A_FIRST=1", L"B_SECOND=two words", L"C_EMPTY="};
    for (unsigned i = 0; i < ARRAYSIZE(words); i++)
        at += swprintf(at, 100, L"%ls", words[i]) + 1;
    at += swprintf(at, 200, L"SystemRoot=%ls", _wgetenv(L"SystemRoot")) + 1;
    *at = 0;
    CreateDirectoryW(L"elsewhere", NULL);
    GetFullPathNameW(L"elsewhere", MAX_PATH, folder, NULL);
    SAY_BOOL(start(L"where", CREATE_UNICODE_ENVIRONMENT, block, folder, NULL, &process));
    say("exit code %lu", finish(&process));
}

static void inheritance(void)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE yes = CreateEventW(&inherit, TRUE, FALSE, NULL), no = CreateEventW(NULL, TRUE, FALSE, NULL), copy;
    PROCESS_INFORMATION process;
    wchar_t words[60];
    _snwprintf(words, 60, L"handle %d", (int)(ULONG_PTR)yes);
    start(words, 0, NULL, NULL, NULL, &process);
    say("inherited: %lu", finish(&process));
    say("set: %lx", WaitForSingleObject(yes, 0));
    _snwprintf(words, 60, L"handle %d", (int)(ULONG_PTR)no);
    start(words, 0, NULL, NULL, NULL, &process);
    say("not inherited: %lu", finish(&process));
    say("not set: %lx", WaitForSingleObject(no, 0));
    ResetEvent(yes);
    start(L"sleep 300", CREATE_SUSPENDED, NULL, NULL, NULL, &process);
    SAY_BOOL(DuplicateHandle(GetCurrentProcess(), yes, process.hProcess, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
    say("a handle over there: %d", copy != NULL);
    say("was suspended %lu times", ResumeThread(process.hThread));
    say("exit code %lu", finish(&process));
}

static void many(void)
{
    PROCESS_INFORMATION processes[8];
    HANDLE handles[8];
    wchar_t words[30];
    for (int i = 0; i < 8; i++) {
        _snwprintf(words, 30, L"exit %d", 10 + i);
        start(words, 0, NULL, NULL, NULL, &processes[i]);
        handles[i] = processes[i].hProcess;
    }
    say("all: %lx", WaitForMultipleObjects(8, handles, TRUE, 20000));
    say("any: %lx", WaitForMultipleObjects(8, handles, FALSE, 0));
    for (int i = 0; i < 8; i++)
        say("%d: %lu", i, finish(&processes[i]));
}

static void jobs(void)
{
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION accounting;
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
    PROCESS_INFORMATION process;
    BOOL in = FALSE;
    HANDLE job = CreateJobObjectW(NULL, NULL), port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    memset(&limits, 0, sizeof limits);
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    SAY_BOOL(SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits));
    JOBOBJECT_ASSOCIATE_COMPLETION_PORT both = {(void *)5, port};
    SAY_BOOL(SetInformationJobObject(job, JobObjectAssociateCompletionPortInformation, &both, sizeof both));
    start(L"exit 5", CREATE_SUSPENDED, NULL, NULL, NULL, &process);
    SAY_BOOL(AssignProcessToJobObject(job, process.hProcess));
    SAY_BOOL(IsProcessInJob(process.hProcess, job, &in));
    say("in it: %d", in);
    ResumeThread(process.hThread);
    say("exit code %lu", finish(&process));
    for (int i = 0; i < 3; i++) {
        DWORD message = 0;
        ULONG_PTR key = 0;
        OVERLAPPED *who = NULL;
        SAY_BOOL(GetQueuedCompletionStatus(port, &message, &key, &who, 2000));
        say("message %lu of %lu", message, (DWORD)key);
    }
    SAY_BOOL(QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &accounting, sizeof accounting, NULL));
    say("processes: %lu in all, %lu now", accounting.TotalProcesses, accounting.ActiveProcesses);
    start(L"sleep 20000", CREATE_SUSPENDED, NULL, NULL, NULL, &process);
    SAY_BOOL(AssignProcessToJobObject(job, process.hProcess));
    ResumeThread(process.hThread);
    SAY_BOOL(CloseHandle(job));
    say("gone with the job: %lu", finish(&process));
}

static void run_time(void)
{
    char line[100];
    wchar_t words[400];
    say("a command processor: %d", system(NULL) != 0);
    say("system: %d", system("exit 12"));
    say("system: %d", system("echo from the command processor"));
    FILE *pipe = _popen("echo one& echo two& exit 4", "r");
    while (pipe && fgets(line, sizeof line, pipe))
        say("_popen: %.*s", (int)strcspn(line, "\r\n"), line);
    say("_pclose: %d", pipe ? _pclose(pipe) : -1);
    _snwprintf(words, 400, L"\"%ls\" upper", self);
    pipe = _wpopen(words, L"w");
    if (pipe) {
        fputs("written to a pipe\n", pipe);
        say("_pclose: %d", _pclose(pipe));
    }
    say("_spawnl: %d", (int)_wspawnl(_P_WAIT, self, self, L"exit", L"21", NULL));
    intptr_t handle = _wspawnl(_P_NOWAIT, self, self, L"exit", L"22", NULL);
    int code = 0;
    _cwait(&code, handle, 0);
    say("_cwait: %d", code);
}

static HANDLE pipe_of(const wchar_t *name, DWORD flags)
{
    SetLastError(0);
    HANDLE made = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX | flags, 0, 5, 100, 100, 0, NULL);
    say("pipe %s %lx: %d, error %lu", narrow(name), flags, made != INVALID_HANDLE_VALUE, GetLastError());
    return made;
}

// The first instance of a pipe, further ones, and where there are none.
static void instances(void)
{
    wchar_t name[60];
    HANDLE first, second, byte;
    wcscpy(name, L"\\\\.\\pipe\\ring3k-instances");
    first = pipe_of(name, FILE_FLAG_FIRST_PIPE_INSTANCE);
    second = pipe_of(name, 0);
    pipe_of(name, FILE_FLAG_FIRST_PIPE_INSTANCE);
    SetLastError(0);
    byte = CreateNamedPipeA("\\\\.\\pipe\\ring3k-instances", PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE, 0, 5, 100,
                            100, 0, NULL);
    say("by bytes: %d, error %lu", byte != INVALID_HANDLE_VALUE, GetLastError());
    CloseHandle(first);
    CloseHandle(second);
    first = pipe_of(name, FILE_FLAG_FIRST_PIPE_INSTANCE);
    CloseHandle(first);
    pipe_of(L"no-pipe", 0);
    pipe_of(L"no-pipe", FILE_FLAG_FIRST_PIPE_INSTANCE);
    pipe_of(L"\\\\.\\NUL", 0);
}

int wmain(int argc, wchar_t **argv)
{
    if (argc > 1)
        return child(argc, argv);
    GetModuleFileNameW(NULL, self, MAX_PATH);
    exit_codes();
    both_ways();
    environment_and_folder();
    inheritance();
    many();
    jobs();
    run_time();
    instances();
    return 0;
}

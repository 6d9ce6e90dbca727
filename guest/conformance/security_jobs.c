/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a job's security limits say about the tokens of its processes.
 * Known from: MSDN JOBOBJECT_SECURITY_LIMIT_INFORMATION, AssignProcessToJobObject; Windows Internals, 4th ed., ch. 6 (jobs).
 */
#include "ntapi_ps.h"
#include "ntapi_se.h"

static NTSTATUS limit(HANDLE job, ULONG flags)
{
    ULONG limits[5] = {flags, 0, 0, 0, 0};
    return NtSetInformationJobObject(job, JobSecurityLimit, limits, sizeof(limits));
}

static NTSTATUS set_primary(HANDLE process, HANDLE token)
{
    PROCESS_ACCESS_TOKEN change = {token, NULL};
    return NtSetInformationProcess(process, ProcessAccessTokenClass, &change, sizeof(change));
}

static HANDLE filtered(BOOLEAN no_administrator, BOOLEAN restricted)
{
    TOKEN_GROUPS disable = {1, {{&administrators, 0}}}, only = {1, {{&world, 0}}};
    HANDLE own = own_token(TOKEN_ALL_ACCESS), made = NULL;
    NtFilterToken(own, 0, no_administrator ? &disable : NULL, NULL, restricted ? &only : NULL, &made);
    NtClose(own);
    return made;
}

static void no_administrators(void)
{
    HANDLE job, humble = filtered(TRUE, FALSE), mighty = filtered(FALSE, FALSE);
    CHILD child;
    NtCreateJobObject(&job, JOB_OBJECT_ALL_ACCESS, NULL);
    expect(limit(job, JOB_OBJECT_SECURITY_NO_ADMIN), 0, "a job without administrators");
    check(child_create(&child, "nothing", FALSE), "a child");
    expect(NtAssignProcessToJobObject(job, child.process), STATUS_ACCESS_DENIED, "an administrator's process stays out");
    expect(set_primary(child.process, humble), 0, "it becomes another's");
    expect(NtAssignProcessToJobObject(job, child.process), 0, "and may come in");
    expect(set_primary(child.process, mighty), STATUS_ACCESS_DENIED, "there it does not become an administrator's");
    NtTerminateProcess(child.process, 0);
    child_wait(&child);
    child_close(&child);
    NtClose(humble);
    NtClose(mighty);
    NtClose(job);
}

static void restricted_only(void)
{
    HANDLE job, restricted = filtered(FALSE, TRUE);
    CHILD child;
    NtCreateJobObject(&job, JOB_OBJECT_ALL_ACCESS, NULL);
    expect(limit(job, JOB_OBJECT_SECURITY_RESTRICTED_TOKEN), 0, "a job of restricted processes");
    check(child_create(&child, "nothing", FALSE), "another child");
    expect(NtAssignProcessToJobObject(job, child.process), STATUS_ACCESS_DENIED, "who is not restricted stays out");
    expect(set_primary(child.process, restricted), 0, "it is restricted");
    expect(NtAssignProcessToJobObject(job, child.process), 0, "and may come in now");
    NtTerminateProcess(child.process, 0);
    child_wait(&child);
    child_close(&child);
    NtClose(restricted);
    NtClose(job);
}

NTSTATUS child_main(const char *what)
{
    (void)what;
    return 0;
}

void test_main(void)
{
    no_administrators();
    restricted_only();
}

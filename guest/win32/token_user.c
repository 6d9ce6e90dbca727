// SPDX-License-Identifier: LGPL-2.1-or-later
// Who a program runs as: the user, its groups and privileges, its session, its part of the registry.
#include "say.h"
#include <sddl.h>
#include <stdlib.h>
#include <wchar.h>

static HANDLE token;
static union {
    char bytes[8192];
    TOKEN_USER user;
    TOKEN_GROUPS groups;
    TOKEN_PRIVILEGES privileges;
    TOKEN_OWNER owner;
    TOKEN_PRIMARY_GROUP group;
    TOKEN_DEFAULT_DACL dacl;
    TOKEN_MANDATORY_LABEL label;
    TOKEN_SOURCE source;
    DWORD number;
} info;

static BOOL get(TOKEN_INFORMATION_CLASS class)
{
    DWORD size;
    memset(&info, 0, sizeof(info));
    BOOL good = GetTokenInformation(token, class, &info, sizeof(info), &size);
    if (!good)
        say("class %d: error %lu", class, GetLastError());
    return good;
}

static const char *text(PSID sid)
{
    WCHAR *found;
    if (!ConvertSidToStringSidW(sid, &found))
        return "?";
    if (!wcsncmp(found, L"S-1-5-5-", 8))
        return "logon";
    return narrow(found);
}

static void account(const char *what, PSID sid)
{
    WCHAR name[256] = L"", domain[256] = L"";
    DWORD names = 256, domains = 256;
    SID_NAME_USE use = 0;
    if (!LookupAccountSidW(NULL, sid, name, &names, domain, &domains, &use))
        say("%s: %s, no account %lu", what, text(sid), GetLastError());
    else {
        WCHAR own[64], computer[64];
        DWORD length = 64;
        GetUserNameW(own, &length);
        length = 64;
        GetComputerNameW(computer, &length);
        say("%s: %s %s\\%s, kind %d", what, text(sid), wcsicmp(domain, computer) ? narrow(domain) : "(here)",
            wcsicmp(name, own) ? narrow(name) : "(me)", use);
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(text(((const SID_AND_ATTRIBUTES *)a)->Sid), text(((const SID_AND_ATTRIBUTES *)b)->Sid));
}

static void groups(void)
{
    if (!get(TokenGroups))
        return;
    qsort(info.groups.Groups, info.groups.GroupCount, sizeof(SID_AND_ATTRIBUTES), by_text);
    for (DWORD i = 0; i < info.groups.GroupCount; i++)
        say("group %s %lx", text(info.groups.Groups[i].Sid), info.groups.Groups[i].Attributes & 0x7fffffff);
}

static int by_number(const void *a, const void *b)
{
    return (int)((const LUID_AND_ATTRIBUTES *)a)->Luid.LowPart - (int)((const LUID_AND_ATTRIBUTES *)b)->Luid.LowPart;
}

static void privileges(void)
{
    if (!get(TokenPrivileges))
        return;
    qsort(info.privileges.Privileges, info.privileges.PrivilegeCount, sizeof(LUID_AND_ATTRIBUTES), by_number);
    for (DWORD i = 0; i < info.privileges.PrivilegeCount; i++) {
        WCHAR name[64] = L"";
        DWORD length = 64;
        LookupPrivilegeNameW(NULL, &info.privileges.Privileges[i].Luid, name, &length);
        say("privilege %s %lx", narrow(name), info.privileges.Privileges[i].Attributes);
    }
}

static void defaults(void)
{
    if (get(TokenOwner))
        say("owner %s", text(info.owner.Owner));
    if (get(TokenPrimaryGroup))
        say("primary group %s", text(info.group.PrimaryGroup));
    if (get(TokenDefaultDacl) && info.dacl.DefaultDacl) {
        ACL *acl = info.dacl.DefaultDacl;
        for (WORD i = 0; i < acl->AceCount; i++) {
            ACCESS_ALLOWED_ACE *ace;
            GetAce(acl, i, (void **)&ace);
            say("default: %s %lx", text(&ace->SidStart), ace->Mask);
        }
    }
}

static void numbers(void)
{
    DWORD session = 99;
    if (get(TokenElevation))
        say("elevated %lu", info.number);
    if (get(TokenElevationType))
        say("elevation type %lu", info.number);
    if (get(TokenIntegrityLevel))
        say("level %s %lx", text(info.label.Label.Sid), info.label.Label.Attributes);
    if (get(TokenType))
        say("type %lu", info.number);
    if (get(TokenSessionId))
        say("session of the token %lu", info.number);
    ProcessIdToSessionId(GetCurrentProcessId(), &session);
    say("session %lu, console's %lu", session, WTSGetActiveConsoleSessionId());
    if (get(TokenHasRestrictions))
        say("restricted %lu", info.number);
}

static void membership(const WCHAR *sid)
{
    PSID found;
    BOOL member = 9;
    ConvertStringSidToSidW(sid, &found);
    BOOL good = CheckTokenMembership(NULL, found, &member);
    say("member of %s: %d %d", narrow(sid), good, member);
}

static void registry(void)
{
    HKEY key = NULL;
    WCHAR value[64];
    DWORD size = sizeof(value), disposition;
    say("write: %lu", RegSetKeyValueW(HKEY_CURRENT_USER, L"Software\\Ring3kUser", L"who", REG_SZ, L"me", 6));
    say("the user's key: %lu", RegOpenCurrentUser(KEY_READ, &key));
    say("the same: %lu", RegGetValueW(key, L"Software\\Ring3kUser", L"who", RRF_RT_REG_SZ, NULL, value, &size));
    RegCloseKey(key);
    get(TokenUser);
    WCHAR *sid;
    ConvertSidToStringSidW(info.user.User.Sid, &sid);
    say("by its name: %lu", RegOpenKeyExW(HKEY_USERS, sid, 0, KEY_ALL_ACCESS, &key));
    say("there: %lu", RegGetValueW(key, L"Software\\Ring3kUser", L"who", RRF_RT_REG_SZ, NULL, value, &size));
    RegCloseKey(key);
    say("machine: %lu", RegCreateKeyExW(HKEY_LOCAL_MACHINE, L"Software\\Ring3kUser", 0, NULL, REG_OPTION_VOLATILE,
                                        KEY_ALL_ACCESS, NULL, &key, &disposition));
    RegCloseKey(key);
    RegDeleteKeyW(HKEY_LOCAL_MACHINE, L"Software\\Ring3kUser");
    RegDeleteTreeW(HKEY_CURRENT_USER, L"Software\\Ring3kUser");
}

static void objects(void)
{
    HANDLE own = CreateEventW(NULL, TRUE, FALSE, L"Ring3kUser"), local = OpenEventW(SYNCHRONIZE, FALSE, L"Local\\Ring3kUser");
    HANDLE global = OpenEventW(SYNCHRONIZE, FALSE, L"Global\\Ring3kUser");
    say("event %d, local %d, global %d", own != NULL, local != NULL, global != NULL);
    global = CreateEventW(NULL, TRUE, FALSE, L"Global\\Ring3kUser");
    say("global event: %d", global != NULL);
    HANDLE self = OpenProcess(PROCESS_ALL_ACCESS, FALSE, GetCurrentProcessId());
    say("process: %d", self != NULL);
}

// A copy of the own token, made a low one, is enough for a child: MSDN, Designing Applications to Run at a Low Integrity Level.
static void low_child(void)
{
    WCHAR path[MAX_PATH], command[] = L"token_user child";
    HANDLE copy = NULL;
    TOKEN_MANDATORY_LABEL low = {.Label.Attributes = SE_GROUP_INTEGRITY};
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION child = {0};
    DWORD status = 99;
    GetModuleFileNameW(NULL, path, MAX_PATH);
    ConvertStringSidToSidW(L"S-1-16-4096", &low.Label.Sid);
    SAY_BOOL(DuplicateTokenEx(token, TOKEN_ALL_ACCESS, NULL, SecurityAnonymous, TokenPrimary, &copy));
    SAY_BOOL(SetTokenInformation(copy, TokenIntegrityLevel, &low, sizeof low));
    SAY_BOOL(CreateProcessAsUserW(copy, path, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child));
    WaitForSingleObject(child.hProcess, 30000);
    GetExitCodeProcess(child.hProcess, &status);
    say("child: %lu", status);
    CloseHandle(child.hThread);
    CloseHandle(child.hProcess);
    CloseHandle(copy);
}

int wmain(int argc, WCHAR **argv)
{
    if (argc > 1) {
        say("%s", narrow(argv[1]));
        OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token);
        return get(TokenIntegrityLevel) ? (int)*GetSidSubAuthority(info.label.Label.Sid, 0) / 4096 : 98;
    }
    SAY_BOOL(OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &token));
    if (get(TokenUser))
        account("user", info.user.User.Sid);
    groups();
    privileges();
    defaults();
    numbers();
    membership(L"S-1-5-32-544");
    membership(L"S-1-5-18");
    membership(L"S-1-5-4");
    registry();
    objects();
    low_child();
    return 0;
}

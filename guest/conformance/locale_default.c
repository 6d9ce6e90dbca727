/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The system's and the user's locale, and the language of menus.
 * Known from: MSDN GetSystemDefaultLCID, SetThreadLocale, GetUserDefaultUILanguage; G. Nebbett, Native API Reference,
 * ch. 21; ReactOS' apitest NtSetDefaultLocale (statuses of real systems before Vista).
 */
#include "ntapi_ex.h"

void test_main(void)
{
    static const ULONG wrong[] = {0xffffffff, 0x7fffffff, 0x80000001, 0x10000};
    static const ULONG unknown[] = {1, 0xc, 0x1000, 0x7c07};
    ULONG system = 0, user = 0, now = 0;
    USHORT language = 0, installed = 0, after = 0;
    expect(NtQueryDefaultLocale(FALSE, &system), 0, "system locale");
    expect(NtQueryDefaultLocale(TRUE, &user), 0, "user locale");
    check(system >= 0x400 && user >= 0x400 && system <= 0xfffff && user <= 0xfffff, "both are locale ids");
    expect(NtQueryDefaultUILanguage(&language), 0, "language of menus");
    expect(NtQueryInstallUILanguage(&installed), 0, "language of the installation");
    expect(NtSetDefaultLocale(TRUE, 0x407), 0, "set the user's locale");
    NtQueryDefaultLocale(TRUE, &now);
    equal(now, 0x407, "it is set");
    NtQueryDefaultLocale(FALSE, &now);
    equal(now, system, "the system's is what it was");
    NtQueryDefaultUILanguage(&after);
    equal(after, language, "and so is the language of menus");
    expect(NtSetDefaultLocale(FALSE, 0x40c), 0, "set the system's locale");
    NtQueryDefaultLocale(FALSE, &now);
    equal(now, 0x40c, "the system's is set");
    NtQueryDefaultLocale(TRUE, &now);
    equal(now, 0x407, "the user's is still that of the user");
    for (ULONG i = 0; i < 4; i++)
        NtQueryDefaultLocale(TRUE, &now);
    now = 0;
    for (ULONG i = 0; i < 4; i++)
        now += NtSetDefaultLocale(TRUE, wrong[i]) == STATUS_INVALID_PARAMETER;
    equal(now, 4, "numbers that are no languages");
    now = 0;
    for (ULONG i = 0; i < 4; i++)
        now += NtSetDefaultLocale(TRUE, unknown[i]) == STATUS_OBJECT_NAME_NOT_FOUND;
    equal(now, 4, "languages that Windows does not know");
    NtQueryDefaultLocale(TRUE, &now);
    equal(now, 0x407, "change nothing");
    NtSetDefaultLocale(TRUE, user);
    NtSetDefaultLocale(FALSE, system);
    expect(NtSetDefaultUILanguage(0x7c07), STATUS_OBJECT_NAME_NOT_FOUND, "a language of menus that is not installed");
    expect(NtSetDefaultUILanguage(installed), 0, "the one that is");
    expect(NtSetDefaultUILanguage(0), 0, "take it over");
    NtQueryDefaultUILanguage(&after);
    equal(after, installed, "it is taken over");
}

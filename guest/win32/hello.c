// SPDX-License-Identifier: LGPL-2.1-or-later
// The smallest: a line to each stream, by the C run-time and past it, and an exit status.
#include "say.h"

int wmain(int argc, wchar_t **argv)
{
    DWORD written = 0;
    say("hello, %d argument(s), a name that ends in .exe: %s", argc - 1,
        wcslen(argv[0]) > 4 && !_wcsicmp(argv[0] + wcslen(argv[0]) - 4, L".exe") ? "yes" : "no");
    fprintf(stderr, "to the error stream\n");
    fflush(stderr);
    if (!WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), "past it\n", 8, &written, NULL) || written != 8)
        say("FAILED: WriteFile");
    return 42;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
// C++ exceptions across DLLs: thrown there and caught here, thrown here through there, in a DLL that is loaded late.
#include "say.h"
#include "dlls/thrower.h"
#include <typeinfo>

static void throws(int kind)
{
    if (kind < 10)
        throw_by_kind(kind);
    else if (kind == 10)
        throw Fault(80, "of the program");
    else if (kind == 11)
        throw 7;
    else
        throw "text of the program";
}

static void attempt(const char *name, void (*what)(int), int kind)
{
    try {
        what(kind);
        say("%s %d: nothing", name, kind);
    } catch (const Fault &fault) {
        say("%s %d: Fault %d, %s", name, kind, fault.code, fault.what());
    } catch (const std::exception &error) {
        say("%s %d: %s", name, kind, typeid(error).name());
    } catch (int number) {
        say("%s %d: int %d", name, kind, number);
    } catch (const std::string &text) {
        say("%s %d: string %s", name, kind, text.c_str());
    } catch (...) {
        say("%s %d: something", name, kind);
    }
}

static void through(int kind)
{
    call_back(throws, kind);
}

static void caught_there(int kind)
{
    say("  caught there: %d", catch_from(throws, kind));
}

int wmain()
{
    for (int kind = 0; kind < 7; kind++)
        attempt("directly", throw_by_kind, kind);
    for (int kind : {0, 1, 2, 10, 11, 12})
        attempt("through it", through, kind);
    for (int kind : {0, 1, 2, 10, 11, 12})
        attempt("into it", caught_there, kind);
    say("objects destroyed on the way: %d", destroyed);
    HMODULE module = LoadLibraryW(L"thrower.dll");
    auto late = (void (*)(int))(void *)GetProcAddress(module, "_Z13throw_by_kindi");
    attempt("late", late, 0);
    FreeLibrary(module);
    return 0;
}

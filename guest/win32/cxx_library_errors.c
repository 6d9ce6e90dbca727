// SPDX-License-Identifier: LGPL-2.1-or-later
// What Microsoft's C++ library throws for threads, mutexes and futures: object, types and texts, seen by a handler.
#include <windows.h>
#include "say.h"

#define CXX_EXCEPTION 0xE06D7363
#define METHOD __attribute__((thiscall))

struct code;
struct string {
    union {
        char here[16];
        char *there;
    } text;
    size_t length, room;
};
struct category {
    struct {
        void *destroy;
        const char *(METHOD *name)(const struct category *);
        struct string *(METHOD *message)(const struct category *, struct string *, int);
        struct code *(METHOD *condition)(const struct category *, struct code *, int);
        BOOLEAN (METHOD *is_code)(const struct category *, const struct code *, int);
        BOOLEAN (METHOD *is_condition)(const struct category *, int, const struct code *);
    } *functions;
    ULONG_PTR id;
};
struct code {
    int value;
    const struct category *category;
};
struct error {
    struct {
        void *destroy;
        const char *(METHOD *text)(const struct error *);
    } *functions;
    const char *text;
    BOOLEAN owns_text;
    struct code code;
};
struct type {
    void *functions, *undecorated;
    char name[];
};
struct catchable {
    DWORD flags;
    struct type *type;
    int at, table, in_table;
    DWORD size;
    void *(METHOD *copy)(void *, const void *);
};
struct thrown {
    DWORD flags;
    void *destroy, *forward;
    struct {
        DWORD count;
        struct catchable *types[];
    } *catchables;
};

static void (__cdecl *release)(void *);

static void category(const struct code *code)
{
    struct string message = {0};
    struct code condition = {0};
    const struct category *of = code->category;
    of->functions->message(of, &message, code->value);
    say("  category %s %d, code %d: %s", of->functions->name(of), (int)of->id, code->value,
        message.room > 15 ? message.text.there : message.text.here);
    if (message.room > 15)
        release(message.text.there);
    of->functions->message(of, &message, 33);
    say("  message of 33: %s, %d", message.room > 15 ? "long" : message.text.here, (int)message.length);
    of->functions->condition(of, &condition, 5);
    say("  condition %d %d, is it %d %d, another %d %d", condition.value, condition.category == of,
        of->functions->is_code(of, code, code->value), of->functions->is_condition(of, code->value, code),
        of->functions->is_code(of, code, 99), of->functions->is_condition(of, 99, code));
}

static LONG CALLBACK handler(EXCEPTION_POINTERS *pointers)
{
    EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    if (record->ExceptionCode == CXX_EXCEPTION && record->NumberParameters == 3) {
        struct error *error = (struct error *)record->ExceptionInformation[1], copy;
        struct thrown *as = (struct thrown *)record->ExceptionInformation[2];
        say("  thrown %lx: %s", record->ExceptionInformation[0], error->functions->text(error));
        for (DWORD i = 0; i < as->catchables->count; i++) {
            struct catchable *one = as->catchables->types[i];
            memset(&copy, 0, sizeof copy);
            one->copy((char *)&copy + one->at, error);
            say("  %s, %lu bytes, copied %d", one->type->name, one->size, copy.functions->text(&copy) == error->text);
        }
        struct { void *signature[3]; struct type *type; } *locator = ((void **)error->functions)[-1];
        say("  its type %s", locator->type->name);
        if (error->code.category)
            category(&error->code);
    } else
        say("  exception %lx", record->ExceptionCode);
    ExitThread(7);
}

static void (__cdecl *function)(INT_PTR);
static INT_PTR argument;

static DWORD WINAPI call(void *unused)
{
    (void)unused;
    function(argument);
    return 0;
}

static void throws(const char *name, const char *what, INT_PTR number)
{
    DWORD status = 0;
    function = (void *)GetProcAddress(LoadLibraryW(L"msvcp140.dll"), name);
    argument = number;
    say("%s", what);
    if (!function) {
        say("  not there");
        return;
    }
    HANDLE thread = CreateThread(NULL, 0, call, NULL, 0, NULL);
    WaitForSingleObject(thread, 10000);
    GetExitCodeThread(thread, &status);
    say("  ended with %lu", status);
    CloseHandle(thread);
}

int wmain(void)
{
    struct code code = {2, NULL};
    release = (void *)GetProcAddress(LoadLibraryW(L"ucrtbase.dll"), "free");
    AddVectoredExceptionHandler(1, handler);
    throws("?_Throw_Cpp_error@std@@YAXH@Z", "a deadlock", 5);
    throws("?_Throw_Cpp_error@std@@YAXH@Z", "busy", 0);
    throws("?_Throw_C_error@std@@YAXH@Z", "no memory for a thread", 1);
    throws("?_Throw_C_error@std@@YAXH@Z", "an error of a thread", 4);
    throws("?_Throw_future_error@std@@YAXABVerror_code@1@@Z", "a future", (INT_PTR)&code);
    return 0;
}

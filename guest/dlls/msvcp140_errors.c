/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * msvcp140_errors.dll: the exceptions that Microsoft's C++ library throws for threads, mutexes and futures, where Wine 8's
 * msvcp140 has nothing.  Its export table leads here (userland/wine_errors.py).
 *
 * What is thrown, and the tables that say what may catch it, are laid out as Microsoft's compiler does it: an object
 * begins with the address of its class' virtual functions, in front of which stands its type; in a table overloaded
 * functions stand in reverse order.  Texts are constants, so nothing of an object is ever freed.
 */
#include <windows.h>
#include <winternl.h>

#define METHOD __attribute__((thiscall))
#define CXX_EXCEPTION 0xE06D7363
#define CXX_MAGIC 0x19930520
#define GENERIC_CATEGORY 3 /* what stands for the address of this category, which every module has */
#define SHORT_TEXT 15

NTSYSAPI void NTAPI RtlRaiseException(EXCEPTION_RECORD *);
NTSYSAPI NTSTATUS NTAPI LdrGetDllHandle(const WCHAR *, ULONG *, const UNICODE_STRING *, HMODULE *);
NTSYSAPI NTSTATUS NTAPI LdrGetProcedureAddress(HMODULE, const ANSI_STRING *, ULONG, void **);

/* -- types -- */
struct type {
    const void *functions;
    char *undecorated;
    char name[40];
};

struct base {
    const struct type *type;
    DWORD bases; /* of its own */
    int at, table, in_table;
    DWORD attributes;
};

struct hierarchy {
    DWORD signature, attributes, count;
    const struct base *const *bases;
};

struct locator {
    DWORD signature, offset, constructor_offset;
    const struct type *type;
    const struct hierarchy *hierarchy;
};

struct catchable {
    DWORD flags;
    const struct type *type;
    int at, table, in_table;
    DWORD size;
    void *copy;
};

struct catchables {
    DWORD count;
    const struct catchable *types[4];
};

struct thrown {
    DWORD flags;
    void *destroy, *forward;
    const struct catchables *catchables;
};

#define TYPE(class) static struct type class##_type = { NULL, NULL, ".?AV" #class "@std@@" }
TYPE(exception);
TYPE(runtime_error);
TYPE(logic_error);
TYPE(_System_error);
TYPE(system_error);
TYPE(future_error);
TYPE(error_category);
TYPE(_Generic_error_category);

#define BASE(class, own) static const struct base class##_base = { &class##_type, own, 0, -1, 0, 0 }
BASE(exception, 0);
BASE(runtime_error, 1);
BASE(logic_error, 1);
BASE(_System_error, 2);
BASE(system_error, 3);
BASE(future_error, 2);
BASE(error_category, 0);
BASE(_Generic_error_category, 1);

#define LOCATOR(class, count, ...) \
    static const struct base *const class##_bases[] = { __VA_ARGS__ }; \
    static const struct hierarchy class##_hierarchy = { 0, 0, count, class##_bases }; \
    static const struct locator class##_locator = { 0, 0, 0, &class##_type, &class##_hierarchy }
LOCATOR(system_error, 4, &system_error_base, &_System_error_base, &runtime_error_base, &exception_base);
LOCATOR(future_error, 3, &future_error_base, &logic_error_base, &exception_base);
LOCATOR(_Generic_error_category, 2, &_Generic_error_category_base, &error_category_base);

/* -- the category of errors of the C library -- */
struct category {
    const void *const *functions;
    ULONG_PTR id;
};

struct code { /* std::error_code and std::error_condition */
    int value;
    const struct category *category;
};

struct string {
    union {
        char here[SHORT_TEXT + 1];
        char *there;
    } text;
    SIZE_T length, room;
};

static void *function(const WCHAR *dll, const char *name)
{
    UNICODE_STRING where;
    ANSI_STRING what;
    HMODULE module;
    void *found = NULL;

    RtlInitUnicodeString(&where, dll);
    RtlInitAnsiString(&what, name);
    if (LdrGetDllHandle(NULL, NULL, &where, &module) || LdrGetProcedureAddress(module, &what, 0, &found))
        return NULL;
    return found;
}

static const char *text_of(int value)
{
    const char *(__cdecl *map)(int) = function(L"msvcp140.dll", "?_Syserror_map@std@@YAPBDH@Z");
    const char *found = map ? map(value) : NULL;

    return found ? found : "unknown error";
}

static const char *METHOD generic_name(const struct category *this)
{
    (void)this;
    return "generic";
}

static struct string *METHOD generic_message(const struct category *this, struct string *message, int value)
{
    const char *text = text_of(value);
    char *to = message->text.here;
    SIZE_T length = 0;

    (void)this;
    while (text[length])
        length++;
    message->room = SHORT_TEXT;
    if (length > SHORT_TEXT) { /* the program frees it: with the C library's function */
        void *(__cdecl *allocate)(SIZE_T) = function(L"ucrtbase.dll", "malloc");

        to = allocate ? allocate(length + 1) : NULL;
        if (to) {
            message->text.there = to;
            message->room = length;
        } else {
            to = message->text.here;
            length = SHORT_TEXT;
        }
    }
    for (SIZE_T i = 0; i < length; i++)
        to[i] = text[i];
    to[length] = 0;
    message->length = length;
    return message;
}

static struct code *METHOD generic_condition(const struct category *this, struct code *condition, int value)
{
    condition->value = value;
    condition->category = this;
    return condition;
}

static BOOLEAN METHOD generic_is_code(const struct category *this, const struct code *code, int value)
{
    return code->category->id == this->id && code->value == value;
}

static BOOLEAN METHOD generic_is_condition(const struct category *this, int value, const struct code *condition)
{
    return generic_is_code(this, condition, value);
}

static void *METHOD generic_destroy(void *this, unsigned flags)
{
    (void)flags; /* never called: it is nobody's to destroy */
    return this;
}

static const void *const generic_functions[] = {
    &_Generic_error_category_locator, generic_destroy, generic_name, generic_message, generic_condition, generic_is_code,
    generic_is_condition,
};
static const struct category generic_category = { generic_functions + 1, GENERIC_CATEGORY };

/* -- what is thrown -- */
struct error {
    const void *const *functions;
    const char *text;
    BOOLEAN owns_text;
    struct code code;
};

static struct error *METHOD copy_error(struct error *this, const struct error *other)
{
    *this = *other;
    return this;
}

static struct error *METHOD copy_exception(struct error *this, const struct error *other)
{
    this->functions = other->functions; /* there is only one function, and the text is all that it looks at */
    this->text = other->text;
    this->owns_text = FALSE;
    return this;
}

static void *METHOD destroy_error(void *this, unsigned flags)
{
    void (__cdecl *release)(void *) = flags & 1 ? function(L"ucrtbase.dll", "free") : NULL;

    if (release)
        release(this);
    return this;
}

static const char *METHOD error_text(const struct error *this)
{
    return this->text;
}

static const void *const system_functions[] = { &system_error_locator, destroy_error, error_text };
static const void *const future_functions[] = { &future_error_locator, destroy_error, error_text };

#define WHOLE sizeof(struct error)
#define PLAIN FIELD_OFFSET(struct error, code)
#define CATCHABLE(class, size, copy) \
    static const struct catchable class##_catchable = { 0, &class##_type, 0, -1, 0, size, copy }
CATCHABLE(exception, PLAIN, copy_exception);
CATCHABLE(runtime_error, PLAIN, copy_exception);
CATCHABLE(logic_error, PLAIN, copy_exception);
CATCHABLE(_System_error, WHOLE, copy_error);
CATCHABLE(system_error, WHOLE, copy_error);
CATCHABLE(future_error, WHOLE, copy_error);

static const struct catchables system_catchables = {
    4, { &system_error_catchable, &_System_error_catchable, &runtime_error_catchable, &exception_catchable }
};
static const struct catchables future_catchables = {
    3, { &future_error_catchable, &logic_error_catchable, &exception_catchable, NULL }
};
static const struct thrown system_thrown = { 0, NULL, NULL, &system_catchables };
static const struct thrown future_thrown = { 0, NULL, NULL, &future_catchables };

static void throw_error(struct error *error, const struct thrown *as)
{
    EXCEPTION_RECORD record = { CXX_EXCEPTION, EXCEPTION_NONCONTINUABLE, NULL, NULL, 3,
                                { CXX_MAGIC, (ULONG_PTR)error, (ULONG_PTR)as } };

    RtlRaiseException(&record);
}

/* A code of the C++ library's own, and not of errno's. */
void __cdecl throw_cpp_error(unsigned number)
{
    static const struct {
        int code;
        const char *text;
    } known[] = {
        { 16, "device or resource busy: device or resource busy" },
        { 22, "invalid argument: invalid argument" },
        { 3, "no such process: no such process" },
        { 12, "not enough memory: not enough memory" },
        { 1, "operation not permitted: operation not permitted" },
        { 36, "resource deadlock would occur: resource deadlock would occur" },
        { 11, "resource unavailable try again: resource unavailable try again" },
    };
    struct error error = { system_functions + 1, NULL, FALSE, { 0, &generic_category } };

    if (number >= sizeof known / sizeof *known)
        number = 1;
    error.text = known[number].text;
    error.code.value = known[number].code;
    throw_error(&error, &system_thrown);
}

/* A result of the functions for threads; of success there is nothing to throw. */
void __cdecl throw_c_error(unsigned result)
{
    static const BYTE as[] = { 0, 6, 6, 0, 1 }; /* of nothing, no memory, time-out, busy, error */

    if (result && result < sizeof as)
        throw_cpp_error(as[result]);
}

void __cdecl throw_future_error(const struct code *code)
{
    static const char *const texts[] = {
        "unknown error", "broken promise", "future already retrieved", "promise already satisfied", "no state"
    };
    struct error error = { future_functions + 1, texts[0], FALSE, *code };

    if ((unsigned)code->value < sizeof texts / sizeof *texts)
        error.text = texts[code->value];
    throw_error(&error, &future_thrown);
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, void *reserved)
{
    (void)instance;
    (void)reason;
    (void)reserved;
    return TRUE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints TAP and watches for leaks. Needs nothing of ntdll but the system calls, so that a broken ntdll still reports. */
#include "tap.h"
#include "tap_private.h"

enum { LINES_MAX = 2000 };
static LONG count, failures;

static char *put(char *at, char *end, const char *text)
{
    while (*text && at < end)
        *at++ = *text++;
    return at;
}

static char *put_hex(char *at, char *end, ULONG value)
{
    char digits[11] = "0x";
    for (int i = 0; i < 8; i++)
        digits[2 + i] = "0123456789ABCDEF"[value >> (28 - 4 * i) & 15];
    return put(at, end, digits);
}

static char *put_decimal(char *at, char *end, ULONG value)
{
    char digits[12], *first = digits + 11;
    *first = 0;
    do
        *--first = '0' + value % 10;
    while (value /= 10);
    return put(at, end, first);
}

static void line(BOOLEAN good, const char *name, const char *suffix, const char *file, int number, const ULONG *values)
{
    char text[400], *at = text, *end = text + sizeof(text) - 2;
    at = put(at, end, good ? "ok " : "not ok ");
    at = put_decimal(at, end, (ULONG)__sync_add_and_fetch(&count, 1));
    at = put(at, end, " - ");
    at = put(at, end, name);
    at = put(at, end, suffix);
    if (!good) {
        __sync_add_and_fetch(&failures, 1);
        at = put(at, end, " #");
        if (values) {
            at = put(at, end, " got ");
            at = put_hex(at, end, values[0]);
            at = put(at, end, " expected ");
            at = put_hex(at, end, values[1]);
        }
        at = put(at, end, " at ");
        at = put(at, end, file);
        at = put(at, end, ":");
        at = put_decimal(at, end, (ULONG)number);
    }
    *at++ = '\n';
    *at = 0;
    tap_output(text);
    if (count >= LINES_MAX) { /* a test that runs in circles */
        tap_output("Bail out! too many lines\n");
        NtTerminateProcess(NtCurrentProcess(), 1);
    }
}

void tap_check(BOOLEAN good, const char *file, int number, const char *name)
{
    line(good, name, "", file, number, NULL);
}

void tap_value(ULONG got, ULONG expected, const char *file, int number, const char *name, const char *suffix)
{
    ULONG values[2] = {got, expected};
    line(got == expected, name, suffix, file, number, values);
}

void tap_skip(const char *name, const char *why)
{
    char text[300], *at = text, *end = text + sizeof(text) - 2;
    at = put(at, end, "ok ");
    at = put_decimal(at, end, (ULONG)__sync_add_and_fetch(&count, 1));
    at = put(at, end, " - ");
    at = put(at, end, name);
    at = put(at, end, " # SKIP ");
    at = put(at, end, why);
    *at++ = '\n';
    *at = 0;
    tap_output(text);
}

void tap_note(const char *name, ULONG value)
{
    char text[300], *at = text, *end = text + sizeof(text) - 2;
    at = put(at, end, "# ");
    at = put(at, end, name);
    at = put(at, end, " ");
    at = put_hex(at, end, value);
    *at++ = '\n';
    *at = 0;
    tap_output(text);
}

/* ---- leaks ---- */

enum { TYPES = 9 };
static const char *const leak_names[TYPES] = {
    "no leak of Event objects",   "no leak of Mutant objects",  "no leak of Semaphore objects",
    "no leak of Timer objects",   "no leak of Directory objects", "no leak of Section objects",
    "no leak of SymbolicLink objects", "no leak of Process objects", "no leak of Thread objects"};

struct census { ULONG handles, objects[TYPES]; };

static ULONG objects_of_type(HANDLE handle)
{
    union { OBJECT_TYPE_INFORMATION info; UCHAR room[256]; } type;
    ULONG length;
    if (NtQueryObject(handle, ObjectTypeInformation, &type, sizeof(type), &length))
        return 0;
    return type.info.TotalNumberOfObjects;
}

static void take_census(struct census *census)
{
    LARGE_INTEGER size = {.QuadPart = 4096};
    UNICODE_STRING target = ustr(L"\\");
    HANDLE sample[TYPES] = {0};
    NtQueryInformationProcess(NtCurrentProcess(), ProcessHandleCount, &census->handles, sizeof(ULONG), NULL);
    NtCreateEvent(&sample[0], EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    NtCreateMutant(&sample[1], MUTANT_ALL_ACCESS, NULL, FALSE);
    NtCreateSemaphore(&sample[2], SEMAPHORE_ALL_ACCESS, NULL, 0, 1);
    NtCreateTimer(&sample[3], TIMER_ALL_ACCESS, NULL, NotificationTimer);
    NtCreateDirectoryObject(&sample[4], DIRECTORY_ALL_ACCESS, named(NULL, 0));
    NtCreateSection(&sample[5], SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT, NULL);
    NtCreateSymbolicLinkObject(&sample[6], SYMBOLIC_LINK_ALL_ACCESS, named(NULL, 0), &target);
    sample[7] = NtCurrentProcess();
    sample[8] = NtCurrentThread();
    for (int i = 0; i < TYPES; i++) {
        census->objects[i] = sample[i] ? objects_of_type(sample[i]) : 0;
        if (i < 7 && sample[i])
            NtClose(sample[i]);
    }
}

/* A dying thread or process may let go of its objects a little after it has signalled its end. */
static void check_leaks(const struct census *before)
{
    struct census after;
    for (int tries = 0; tries < 10; tries++) {
        take_census(&after);
        if (same_memory(before, &after, sizeof(after)))
            break;
        sleep_ms(20);
    }
    equal(after.handles, before->handles, "no leak of handles");
    for (int i = 0; i < TYPES; i++)
        equal(after.objects[i], before->objects[i], leak_names[i]);
}

/* ntdll makes the events of its own locks when a process gets its second thread. */
static NTSTATUS return_at_once(PVOID unused)
{
    (void)unused;
    return 0;
}

static NTSTATUS nothing(PVOID unused)
{
    (void)unused;
    return 0;
}

NTSTATUS tap_run(void)
{
    struct census before;
    char text[24], *at;
    const char *child = child_argument();
    tap_init();
    if (child)
        return child_main(child);
    thread_join(thread_start(return_at_once, NULL));
    /* ntdll's own locks make their events when threads first meet: no leak of the test's. */
    thread_join(thread_start(nothing, NULL));
    take_census(&before);
    test_main();
    check_leaks(&before);
    at = put(text, text + 20, "1..");
    at = put_decimal(at, text + 20, (ULONG)count);
    *at++ = '\n';
    *at = 0;
    tap_output(text);
    return failures ? 1 : 0;
}

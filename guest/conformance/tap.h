/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * TAP for native programs. A test file defines test_main(), and child_main() when it starts itself again as a child.
 * Every line has a name that is unique in its file: the list of differences from Wine refers to it.
 */
#ifndef CONFORMANCE_TAP_H
#define CONFORMANCE_TAP_H

#include "ntapi.h"

void test_main(void);
NTSTATUS child_main(const char *what);

void tap_check(BOOLEAN good, const char *file, int line, const char *name);
void tap_value(ULONG got, ULONG expected, const char *file, int line, const char *name, const char *suffix);
void tap_skip(const char *name, const char *why);
void tap_note(const char *text, ULONG value);

#define check(condition, name) tap_check(!!(condition), __FILE__, __LINE__, name)
#define equal(got, expected, name) tap_value((ULONG)(got), (ULONG)(expected), __FILE__, __LINE__, name, "")
#define expect(call, status, name) tap_value((ULONG)(call), (ULONG)(status), __FILE__, __LINE__, name, "")

/* Addresses that a call must not accept: each of BAD_… in turn, `pointer` standing for it inside the call. */
enum { BAD_NULL = 1, BAD_UNMAPPED = 2, BAD_READONLY = 4, BAD_KERNEL = 8 };
#define BAD_OUT 15
#define BAD_OUT_OPTIONAL 14
#define BAD_IN 11
#define BAD_IN_OPTIONAL 10
PVOID tap_bad_pointer(int kind);
const char *tap_bad_name(int kind);
#define faults(kinds, pointer, call, name)                                                                         \
    do {                                                                                                           \
        for (int kind_ = 1; kind_ <= BAD_KERNEL; kind_ <<= 1) {                                                    \
            PVOID pointer = tap_bad_pointer(kind_);                                                                \
            if (kind_ & (kinds))                                                                                   \
                tap_value((ULONG)(call), (ULONG)STATUS_ACCESS_VIOLATION, __FILE__, __LINE__, name,                 \
                          tap_bad_name(kind_));                                                                    \
        }                                                                                                          \
    } while (0)

/* Names and times. The strings live as long as the program: literals only. */
OBJECT_ATTRIBUTES *named(const WCHAR *name, ULONG attributes);
OBJECT_ATTRIBUTES *named_in(HANDLE root, const WCHAR *name, ULONG attributes);
UNICODE_STRING ustr(const WCHAR *text);
LI *relative_ms(int milliseconds);
LONGLONG system_time(void);
void sleep_ms(int milliseconds);
NTSTATUS wait_ms(HANDLE object, int milliseconds);
LONG semaphore_count(HANDLE semaphore); /* 77 if it cannot be asked */
ULONG granted_access(HANDLE handle);
BOOLEAN nt_at_least(ULONG major, ULONG minor);
BOOLEAN same_memory(const void *left, const void *right, ULONG length);
PVOID procedure(const char *name);

/* Threads run to the end of the function, whose result is the exit status. */
typedef NTSTATUS (*THREAD_FUNCTION)(PVOID argument);
HANDLE thread_start(THREAD_FUNCTION function, PVOID argument);
HANDLE thread_start_suspended(THREAD_FUNCTION function, PVOID argument);
NTSTATUS thread_join(HANDLE thread);

/* Memory of one's own. */
PVOID pages(SIZE_T size, ULONG type, ULONG protect);
void pages_free(PVOID base);

/* This program again, as a child that runs child_main(what); its exit status is child_main's result. */
typedef struct { HANDLE process, thread; CLIENT_ID id; } CHILD;
UNICODE_STRING own_path(void);
OBJECT_ATTRIBUTES *beside(const WCHAR *name); /* a file in the program's folder */
BOOLEAN child_create(CHILD *child, const char *what, BOOLEAN inherit);
BOOLEAN child_start(CHILD *child, const char *what, BOOLEAN inherit);
NTSTATUS child_wait(CHILD *child);
void child_close(CHILD *child);
NTSTATUS child_run(const char *what);

#define TEB_NOW ((TEB_START *)__readfsdword(0x18))

#endif

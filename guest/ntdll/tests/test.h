/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * TAP output for the tests of ntdll's pure parts.
 */
#ifndef NTDLL_TEST_H
#define NTDLL_TEST_H

#include "../ntdll.h"

void ok(int condition, const char *format, ...);
void equal(const char *what, unsigned long long is, unsigned long long wanted);
void equal_text(const char *what, const char *is, const char *wanted);
void equal_wide(const char *what, const WCHAR *is, const WCHAR *wanted);

PVOID system_ntdll(void); /* base of the ntdll of the system the tests run on */

void test_printf(void);
void test_c(void);
void test_heap(void);
void test_strings(void);
void test_rtl(void);
void test_paths(void);
void test_exceptions(void);
void test_image(void);
void test_tables(void);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#define CHECK(wanted, ...)                                   \
    do {                                                     \
        char text[512];                                      \
        int length = _snprintf(text, sizeof(text), __VA_ARGS__); \
        equal_text("printf " #__VA_ARGS__, text, wanted);    \
        equal("  its length", (unsigned)length, strlen(wanted)); \
    } while (0)

static void integers(void)
{
    CHECK("42", "%d", 42);
    CHECK("-2147483648", "%d", (int)0x80000000);
    CHECK("4294967295", "%u", -1);
    CHECK("   42|42   |00042", "%5d|%-5d|%05d", 42, 42, 42);
    CHECK("+42| 42|-42", "%+d|% d|%+d", 42, 42, -42);
    CHECK("00042|  042|", "%.5d|%5.3d|%.0d", 42, 42, 0);
    CHECK("ff|FF|0xff|0XFF|0", "%x|%X|%#x|%#X|%#x", 255, 255, 255, 255, 0);
    CHECK("377|0377", "%o|%#o", 255, 255);
    CHECK("0012ABCD", "%p", (void *)0x12abcd);
    CHECK("9223372036854775807", "%I64d", 0x7fffffffffffffffll);
    CHECK("-9223372036854775808", "%lld", (long long)0x8000000000000000ull);
    CHECK("18446744073709551615|123", "%I64u|%d", 0xffffffffffffffffull, 123);
    CHECK("-1|65535", "%hd|%hu", 0xffff, 0x1ffff);
    CHECK("   -7|-7   ", "%*d|%*d", 5, -7, -5, -7);
    CHECK("100%|5", "%d%%|%I32d", 100, 5);
}

static void strings(void)
{
    UNICODE_STRING wide = {.Length = 6, .MaximumLength = 8, .Buffer = (PWSTR)L"abcdef"};
    STRING narrow = {.Length = 2, .MaximumLength = 8, .Buffer = (PCHAR) "abcdef"};
    WCHAR text[32];
    char small[4] = "zzz";

    CHECK("hello|  hel|hel  ", "%s|%5.3s|%-5.3s", "hello", "hello", "hello");
    CHECK("(null)|(null)", "%s|%ls", NULL, NULL);
    CHECK("wide|wide|narrow", "%ls|%S|%hs", L"wide", L"wide", "narrow");
    CHECK("x|y", "%c|%lc", 'x', 'y');
    CHECK("abc|ab|(null)", "%wZ|%Z|%wZ", &wide, &narrow, NULL);
    CHECK("[  abc]", "[%5wZ]", &wide);
    equal("swprintf", (unsigned)swprintf(text, L"%s|%S|%hs|%c|%d", L"w", "n", "n", 'c', 5), 9);
    equal_wide("swprintf's text", text, L"w|n|n|c|5");
    equal("_snprintf that does not fit", (unsigned)_snprintf(small, 3, "%s", "abcd"), (unsigned)-1);
    ok(!memcmp(small, "abc", 4), "its buffer is full and not terminated");
    equal("_snprintf that fits without a terminator", (unsigned)_snprintf(small, 3, "xyz"), 3);
}

static void floats(void)
{
    CHECK("3.141593|3.14|3|4.", "%f|%.2f|%.0f|%#.0f", 3.14159265, 3.14159265, 3.14159265, 3.9);
    CHECK("-0.500000|+1.5", "%f|%+.1f", -0.5, 1.5);
    CHECK("0.5|2|2", "%.1f|%.0f|%.0f", 0.5, 1.5, 2.5);
    CHECK("1.000000e+000|1.23e-005", "%e|%.2e", 1.0, 0.0000123);
    CHECK("9.99e+099|1.0e+100", "%.2e|%.1e", 9.99e99, 9.99e99);
    CHECK("0.0001|1e-005|123457|1.23457e+006|100", "%g|%g|%g|%g|%g", 0.0001, 0.00001, 123457.0, 1234567.0, 100.0);
    CHECK("0.1000000000000000055511151231257827", "%.34f", 0.1);
    CHECK("1000000000000000000000", "%.0f", 1e21);
    CHECK("   1.50|1.50   |0001.50", "%7.2f|%-7.2f|%07.2f", 1.5, 1.5, 1.5);
    CHECK("0|0.000000|0.000000e+000", "%g|%f|%e", 0.0, 0.0, 0.0);
    CHECK("10.0|9.9", "%.1f|%.1f", 9.96, 9.94);
}

void test_printf(void)
{
    integers();
    strings();
    floats();
}

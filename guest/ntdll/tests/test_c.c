/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

double CRTAPI pow(double x, double y);
double CRTAPI sqrt(double x);
double CRTAPI floor(double x);
double CRTAPI ceil(double x);
double CRTAPI sin(double x);
double CRTAPI log(double x);

static void memory(void)
{
    char a[32] = "0123456789abcdef", b[32];

    memmove(a + 3, a, 10);
    ok(!memcmp(a, "0120123456789def", 16), "memmove up");
    memmove(a, a + 3, 10);
    ok(!memcmp(a, "0123456789789def", 16), "memmove down");
    for (unsigned size = 0; size < 20; size++) {
        memset(b, 0x55, sizeof(b));
        memset(b + 3, 0xee, size);
        if (b[2] != 0x55 || b[3 + size] != 0x55 || (size && ((UCHAR)b[3] != 0xee || (UCHAR)b[2 + size] != 0xee)))
            ok(0, "memset of %u bytes", size);
    }
    ok(memcmp("a\xff", "a\x01", 2) > 0 && memcmp("x", "y", 1) < 0 && !memcmp("x", "y", 0), "memcmp is unsigned");
    equal("RtlCompareMemory", RtlCompareMemory("abcd", "abXd", 4), 2);
    RtlFillMemoryUlong(b, 8, 0x11223344);
    equal("RtlCompareMemoryUlong", RtlCompareMemoryUlong(b, 8, 0x11223344), 8);
}

static void text(void)
{
    char b[32] = "xxxxxxx";
    WCHAR w[8];

    ok(!strcmp(strncpy(b, "ab", 5), "ab") && !b[4] && b[5] == 'x', "strncpy fills with zeros");
    ok(strstr("needle in hay", "in") && !strcmp(strstr("needle in hay", "in"), "in hay"), "strstr");
    ok(!strstr("abc", "abcd") && *strstr("abc", "") == 'a', "strstr of longer and of nothing");
    ok(strrchr("a.b.c", '.')[1] == 'c' && !strchr("abc", 'z') && !*strchr("abc", 0), "strchr, strrchr");
    equal("strspn", strspn("aabbcc", "ab"), 4);
    equal("strcspn", strcspn("aabbcc", "c"), 4);
    ok(!_stricmp("HeLLo", "hEllO") && _stricmp("a", "B") < 0 && !_strnicmp("abX", "ABy", 2), "_stricmp, _strnicmp");
    ok(wcscmp(L"a", L"b") < 0 && !_wcsicmp(L"ABC", L"abc") && wcsstr(L"wide", L"de"), "wide comparisons");
    equal("mbstowcs", mbstowcs(w, "abc", 8), 3);
    equal("wcslen", wcslen(w), 3);
}

static int compare_ints(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void sorting(void)
{
    int values[200], key = 77, missing = 1000, sorted = 1;
    ULONG seed = 7;

    for (unsigned i = 0; i < COUNT_OF(values); i++)
        values[i] = (int)(RtlUniform(&seed) % 100);
    values[100] = key;
    qsort(values, COUNT_OF(values), sizeof(int), compare_ints);
    for (unsigned i = 1; i < COUNT_OF(values); i++)
        sorted &= values[i - 1] <= values[i];
    ok(sorted, "qsort");
    ok(*(int *)bsearch(&key, values, COUNT_OF(values), sizeof(int), compare_ints) == key, "bsearch finds");
    ok(!bsearch(&missing, values, COUNT_OF(values), sizeof(int), compare_ints), "bsearch does not find");
}

static void numbers(void)
{
    char b[70], *end;

    equal("strtol", (ULONG)strtol("  -0x1fz", &end, 0), (ULONG)-31);
    ok(*end == 'z', "strtol's end");
    equal("strtol saturates", (ULONG)strtol("99999999999", NULL, 10), 0x7fffffff);
    equal("strtol saturates below", (ULONG)strtol("-99999999999", NULL, 10), 0x80000000);
    equal("strtoul octal", strtoul("0777", NULL, 0), 0777);
    strtol("xyz", &end, 10);
    ok(*end == 'x', "strtol without digits ends at the start");
    equal("atoi wraps", (ULONG)atoi("4294967297"), 1);
    equal("_atoi64", (ULONGLONG)_atoi64("-9223372036854775808"), 0x8000000000000000ull);
    equal_text("_itoa", _itoa(-255, b, 10), "-255");
    equal_text("_itoa hexadecimal", _itoa(-1, b, 16), "ffffffff");
    equal_text("_i64toa", _i64toa(-1234567890123ll, b, 10), "-1234567890123");
    equal_text("_ui64toa binary", _ui64toa(5, b, 2), "101");
}

static void scanning(void)
{
    int a = 0, b = 0, c = 0, n = 0;
    char word[16], set[16];
    long long big = 0;

    equal("sscanf", (ULONG)sscanf("12 0x1F,-7 word", "%d %x,%d %s", &a, &b, &c, word), 4);
    ok(a == 12 && b == 0x1f && c == -7 && !strcmp(word, "word"), "its values: %d %d %d %s", a, b, c, word);
    equal("sscanf stops", (ULONG)sscanf("12 x", "%d %d", &a, &b), 1);
    equal("sscanf of nothing", (ULONG)sscanf("", "%d", &a), (ULONG)-1);
    equal("sscanf sets", (ULONG)sscanf("abc123!", "%[a-c]%*d%n%c", set, &n, word), 2);
    ok(!strcmp(set, "abc") && n == 6 && word[0] == '!', "set %s, position %d", set, n);
    equal("sscanf 64 bits", (ULONG)sscanf("1234567890123", "%I64d", &big), 1);
    equal("its value", (ULONGLONG)big, 1234567890123ull);
}

static int close_to(double a, double b)
{
    double difference = a - b;

    return difference < 1e-9 && difference > -1e-9;
}

static void mathematics(void)
{
    ok(close_to(pow(2, 10), 1024) && close_to(pow(-3, 3), -27) && close_to(pow(-2, 2), 4), "pow with whole exponents");
    ok(close_to(pow(2, 0.5), 1.4142135623730951) && close_to(pow(9, -0.5), 1.0 / 3), "pow with fractions");
    ok(pow(0, 3) == 0 && pow(0, 0) == 1 && pow(0, -1) > 1e300, "pow of zero");
    ok(floor(-1.5) == -2 && ceil(-1.5) == -1 && floor(1.5) == 1 && ceil(1.5) == 2, "floor and ceil");
    ok(close_to(sqrt(2), 1.4142135623730951) && close_to(sin(1), 0.8414709848078965) && close_to(log(10), 2.302585092994046),
       "sqrt, sin, log");
}

/* The compiler helpers have calling conventions of their own; these are called as Microsoft's compilers call them. */
static long long call_helper(void *helper, long long a, long long b)
{
    long long result;

    __asm__ volatile("pushl 4(%2)\n\tpushl (%2)\n\tpushl 4(%1)\n\tpushl (%1)\n\tcall *%3"
                     : "=&A"(result)
                     : "S"(&a), "D"(&b), "b"(helper)
                     : "ecx", "memory", "cc");
    return result;
}

static long long call_shift(void *helper, long long value, unsigned char count)
{
    __asm__ volatile("call *%2" : "+A"(value) : "c"(count), "S"(helper) : "memory", "cc");
    return value;
}

void _alldiv(void);
void _allrem(void);
void _allmul(void);
void _aulldiv(void);
void _aullrem(void);
void _allshl(void);
void _allshr(void);
void _aullshr(void);

static void helpers(void)
{
    equal("_alldiv", (ULONGLONG)call_helper(_alldiv, -1000000000000ll, 7), (ULONGLONG)(-1000000000000ll / 7));
    equal("_allrem", (ULONGLONG)call_helper(_allrem, -1000000000000ll, 7), (ULONGLONG)(-1000000000000ll % 7));
    equal("_allmul", (ULONGLONG)call_helper(_allmul, -123456789012ll, 987654321ll),
          (ULONGLONG)-123456789012ll * 987654321ull);
    equal("_aulldiv", (ULONGLONG)call_helper(_aulldiv, -1, 10), 0xffffffffffffffffull / 10);
    equal("_aullrem", (ULONGLONG)call_helper(_aullrem, -1, 10), 5);
    equal("_allshl", (ULONGLONG)call_shift(_allshl, 0x123456789ll, 36), 0x123456789ull << 36);
    equal("_allshr", (ULONGLONG)call_shift(_allshr, -0x123456789ll, 36), (ULONGLONG)(-0x123456789ll >> 36));
    equal("_aullshr", (ULONGLONG)call_shift(_aullshr, -1, 33), 0xffffffffffffffffull >> 33);
    equal("_allshl by 64", (ULONGLONG)call_shift(_allshl, -1, 64), 0);
}

/* Long division bit by bit, to compare with. */
static ULONGLONG slow_divide(ULONGLONG a, ULONGLONG b, ULONGLONG *rest)
{
    ULONGLONG quotient = 0;

    *rest = 0;
    for (int bit = 63; bit >= 0; bit--) {
        int carry = (int)(*rest >> 63);
        *rest = *rest << 1 | (a >> bit & 1);
        if (carry || *rest >= b) {
            *rest -= b;
            quotient |= 1ull << bit;
        }
    }
    return quotient;
}

static void division(void)
{
    volatile ULONGLONG a, b;
    ULONG seed = 31415, errors = 0;
    ULONGLONG rest;

    for (ULONG round = 0; round < 20000; round++) {
        a = (ULONGLONG)RtlUniform(&seed) << 33 ^ (ULONGLONG)RtlUniform(&seed) << 11 ^ RtlUniform(&seed);
        b = ((ULONGLONG)RtlUniform(&seed) << 33 ^ (ULONGLONG)RtlUniform(&seed) << 7) >> round % 64;
        if (round % 5 == 0)
            b = a - round % 3;
        if (round % 7 == 0)
            b |= 0xffffffff00000000ull;
        if (!b)
            continue;
        errors += a / b != slow_divide(a, b, &rest) || a % b != rest;
    }
    ok(!errors, "64-bit division (%lu errors)", errors);
}

void test_c(void)
{
    division();
    memory();
    text();
    sorting();
    numbers();
    scanning();
    mathematics();
    helpers();
}

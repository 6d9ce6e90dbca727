/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

static void counted(void)
{
    WCHAR buffer[8];
    UNICODE_STRING a, b, to = {.MaximumLength = sizeof(buffer), .Buffer = buffer};

    RtlInitUnicodeString(&a, L"Hello");
    ok(a.Length == 10 && a.MaximumLength == 12, "RtlInitUnicodeString");
    RtlInitUnicodeString(&b, NULL);
    ok(!b.Length && !b.MaximumLength && !b.Buffer, "of NULL");
    RtlInitUnicodeString(&b, L"hELLO");
    ok(RtlEqualUnicodeString(&a, &b, TRUE) && !RtlEqualUnicodeString(&a, &b, FALSE), "RtlEqualUnicodeString");
    ok(RtlCompareUnicodeString(&a, &b, FALSE) < 0, "RtlCompareUnicodeString");
    RtlCopyUnicodeString(&to, &a);
    equal_wide("RtlCopyUnicodeString", buffer, L"Hello");
    equal("append what does not fit", (ULONG)RtlAppendUnicodeToString(&to, L"World"), (ULONG)STATUS_BUFFER_TOO_SMALL);
    equal("append what fits", (ULONG)RtlAppendUnicodeToString(&to, L"!!"), STATUS_SUCCESS);
    equal_wide("the result", buffer, L"Hello!!");
    RtlInitUnicodeString(&b, L"HEL");
    ok(RtlPrefixUnicodeString(&b, &a, TRUE) && !RtlPrefixUnicodeString(&a, &b, TRUE), "RtlPrefixUnicodeString");
    equal("RtlUpcaseUnicodeString", (ULONG)RtlUpcaseUnicodeString(&b, &a, TRUE), STATUS_SUCCESS);
    ok(!memcmp(b.Buffer, L"HELLO", 10) && b.Length == 10, "upper case");
    RtlFreeUnicodeString(&b);
    ok(!b.Buffer && !b.Length, "RtlFreeUnicodeString");
}

static void conversion(void)
{
    STRING ansi, narrow;
    UNICODE_STRING wide;
    char small[4];
    STRING to = {.MaximumLength = sizeof(small), .Buffer = small};
    WCHAR w[4];
    CHAR c[4];
    ULONG bytes;

    RtlInitAnsiString(&ansi, "gr\xfc\xdf \x80");
    equal("RtlAnsiStringToUnicodeString", (ULONG)RtlAnsiStringToUnicodeString(&wide, &ansi, TRUE), STATUS_SUCCESS);
    equal_wide("the text", wide.Buffer, L"gr\xfc\xdf \x20ac");
    equal("RtlUnicodeStringToAnsiString", (ULONG)RtlUnicodeStringToAnsiString(&narrow, &wide, TRUE), STATUS_SUCCESS);
    equal_text("there and back", narrow.Buffer, ansi.Buffer);
    equal("no room", (ULONG)RtlUnicodeStringToAnsiString(&to, &wide, FALSE), (ULONG)STATUS_BUFFER_OVERFLOW);
    ok(to.Length == 3 && !strcmp(small, "gr\xfc"), "what fits is there");
    RtlFreeAnsiString(&narrow);
    RtlFreeUnicodeString(&wide);
    equal("RtlMultiByteToUnicodeN", (ULONG)RtlMultiByteToUnicodeN(w, 4, &bytes, "abc", 3),
          (ULONG)STATUS_BUFFER_OVERFLOW);
    equal("its bytes", bytes, 4);
    RtlUnicodeToMultiByteN(c, 4, &bytes, L"a\x4e00", 4);
    ok(bytes == 2 && c[0] == 'a' && c[1] == '?', "a character that the code page lacks");
}

static void letters(void)
{
    equal("upper case of a", RtlUpcaseUnicodeChar('a'), 'A');
    equal("of e acute", RtlUpcaseUnicodeChar(0xe9), 0xc9);
    equal("of y diaeresis", RtlUpcaseUnicodeChar(0xff), 0x178);
    equal("of the division sign", RtlUpcaseUnicodeChar(0xf7), 0xf7);
    equal("of alpha", RtlUpcaseUnicodeChar(0x3b1), 0x391);
    equal("of Cyrillic zhe", RtlUpcaseUnicodeChar(0x436), 0x416);
    equal("of s caron", RtlUpcaseUnicodeChar(0x161), 0x160);
    equal("lower case of Cyrillic yo", RtlDowncaseUnicodeChar(0x401), 0x451);
    equal("lower case of Z caron", RtlDowncaseUnicodeChar(0x17d), 0x17e);
    equal("lower case of a digit", RtlDowncaseUnicodeChar('1'), '1');
}

static void numbers(void)
{
    WCHAR buffer[40];
    UNICODE_STRING string = {.MaximumLength = sizeof(buffer), .Buffer = buffer};
    char text[8];
    ULONG value;
    GUID guid = {0x12345678, 0xabcd, 0xef01, {1, 2, 3, 4, 5, 6, 7, 8}}, back;

    RtlIntegerToUnicodeString(0xdeadbeef, 16, &string);
    equal_wide("RtlIntegerToUnicodeString", buffer, L"DEADBEEF");
    equal("a bad base", (ULONG)RtlIntegerToUnicodeString(1, 3, &string), (ULONG)STATUS_INVALID_PARAMETER);
    RtlInitUnicodeString(&string, L"  -0x1f");
    RtlUnicodeStringToInteger(&string, 0, &value);
    equal("RtlUnicodeStringToInteger", value, (ULONG)-31);
    RtlCharToInteger("0b101", 0, &value);
    equal("RtlCharToInteger", value, 5);
    RtlIntegerToChar(42, 10, -5, text);
    ok(!memcmp(text, "00042", 5), "RtlIntegerToChar pads");
    equal("no room", (ULONG)RtlIntegerToChar(12345, 10, 3, text), (ULONG)STATUS_BUFFER_OVERFLOW);
    RtlStringFromGUID(&guid, &string);
    equal_wide("RtlStringFromGUID", string.Buffer, L"{12345678-ABCD-EF01-0102-030405060708}");
    equal("RtlGUIDFromString", (ULONG)RtlGUIDFromString(&string, &back), STATUS_SUCCESS);
    ok(!memcmp(&guid, &back, sizeof(guid)), "there and back");
    string.Buffer[9] = 'x';
    equal("a bad GUID", (ULONG)RtlGUIDFromString(&string, &back), (ULONG)STATUS_INVALID_PARAMETER);
    RtlFreeUnicodeString(&string);
    RtlInitUnicodeString(&string, L"abc");
    RtlHashUnicodeString(&string, TRUE, 1, &value);
    equal("RtlHashUnicodeString", value, ('A' * 65599u + 'B') * 65599u + 'C');
}

void test_strings(void)
{
    counted();
    conversion();
    letters();
    numbers();
}

// SPDX-License-Identifier: LGPL-2.1-or-later
// Standard input, text and binary modes, and the numbers that printf and scanf make and read.
#include "say.h"
#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <io.h>
#include <math.h>
#include <sys/stat.h>

static void show_bytes(const char *name)
{
    unsigned char buffer[256];
    FILE *file = fopen(name, "rb");
    size_t length = file ? fread(buffer, 1, sizeof buffer, file) : 0;
    char text[800] = "", *out = text;
    for (size_t i = 0; i < length; i++)
        out += sprintf(out, " %02x", buffer[i]);
    if (file)
        fclose(file);
    say("%s, %u bytes:%s", name, (unsigned)length, text);
}

static void modes(void)
{
    char line[100];
    FILE *file = fopen("text.txt", "w");
    fputs("one\ntwo\r\nthree", file);
    fclose(file);
    show_bytes("text.txt");
    file = fopen("binary.txt", "wb");
    fputs("one\ntwo\r\nthree\x1a" "four", file);
    fclose(file);
    show_bytes("binary.txt");
    file = fopen("binary.txt", "r");
    for (int i = 0; fgets(line, sizeof line, file); i++)
        say("line %d of %u characters", i, (unsigned)strlen(line));
    say("at the end: %d", feof(file) != 0);
    fclose(file);
    file = fopen("text.txt", "a+");
    fputs("\nfour\n", file);
    say("position after appending: %ld", ftell(file));
    rewind(file);
    say("first character: %c", fgetc(file));
    fseek(file, -3, SEEK_END);
    say("third from the end: %d", fgetc(file));
    fclose(file);
    show_bytes("text.txt");
    file = fopen("wide.txt", "w, ccs=UTF-8");
    if (file) {
        fputws(L"gr\u00fc\u00df\n", file);
        fclose(file);
    }
    show_bytes("wide.txt");
}

static void numbers(void)
{
    double parsed[3] = {0};
    int whole = 0, octal = 0;
    char word[20] = "";
    say("%d %5d|%-5d|%05d %+d %x %X %o %u", -7, 42, 42, 42, 42, 0xbeef, 0xbeef, 8, 4000000000u);
    say("%f %.3f %10.2f|%-10.2f|%e %.2E %g %G %g", 3.14159265358979, 2.0 / 3, 1234.567, 1234.567, 12345.678,
        0.00012, 0.0001, 1e-10, 1e20);
    say("%.17g %.0f %.15g %a", 0.1, 2.5, 1e22, 1.0);
    say("%f %f %f", HUGE_VAL, -HUGE_VAL, sqrt(2.0));
    say("%I64d %I64x %Iu", -1234567890123456789LL, 0x123456789abcdefULL, (size_t)7);
    say("%s|%10s|%-10s|%.2s|%c|%%|%p", "word", "right", "left", "cut off", 'c', (void *)0x1234);
    say("read %d", sscanf("3.5 -1e3 0x10 12 word 017", "%lf %lf %lf %d %19s %o", &parsed[0], &parsed[1], &parsed[2],
                          &whole, word, &octal));
    say("got %g %g %g %d %s %o", parsed[0], parsed[1], parsed[2], whole, word, octal);
    say("strtod %g, strtol %ld, strtoul %lu", strtod("6.02e23 rest", NULL), strtol("-0x1f", NULL, 0),
        strtoul("4294967295", NULL, 10));
    say("sin %.12f cos %.12f exp %.12f log %.12f pow %.6f fmod %.6f", sin(1), cos(1), exp(1), log(10), pow(2, 0.5),
        fmod(10, 3));
    say("DBL_MAX %g, DBL_EPSILON %g", DBL_MAX, DBL_EPSILON);
}

int wmain(void)
{
    char line[100];
    for (int i = 1; fgets(line, sizeof line, stdin); i++) {
        unsigned length = (unsigned)strlen(line);
        say("input %d: %u characters, the last is %d", i, length, line[length - 1]);
    }
    say("end of input: %d", feof(stdin) != 0);
    modes();
    numbers();
    _setmode(_fileno(stdout), _O_BINARY);
    fputs("unix\n", stdout);
    fflush(stdout);
    _setmode(_fileno(stdout), _O_TEXT);
    fputs("dos\n", stdout);
    int file = _open("low.txt", _O_CREAT | _O_RDWR | _O_BINARY | _O_TRUNC, _S_IREAD | _S_IWRITE);
    say("low-level write %d", _write(file, "0123456789", 10));
    say("seek %ld, length %ld", _lseek(file, 4, SEEK_SET), _filelength(file));
    say("a terminal: %d %d %d", _isatty(file) != 0, _isatty(0) != 0, _isatty(1) != 0);
    say("_chsize %d", _chsize(file, 3));
    say("length %ld", _filelength(file));
    _close(file);
    say("remove %d", remove("low.txt"));
    errno = 0;
    say("again %d", remove("low.txt"));
    say("errno %d", errno);
    return 0;
}

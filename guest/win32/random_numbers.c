/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random numbers, in all the ways programs get them: never the same, and about as many ones as noughts. */
#include "say.h"
#include <wincrypt.h>

#define SIZE 200000 /* bytes: more than one request of any of them */

static BYTE one[SIZE], two[SIZE];

static void judge(const char *name, BOOL filled)
{
    unsigned long ones = 0;
    int at, bit, same = 0;

    if (!filled) {
        printf("%s: refused\n", name);
        return;
    }
    for (at = 0; at < SIZE; at++) {
        same += one[at] == two[at];
        for (bit = 0; bit < 8; bit++)
            ones += one[at] >> bit & 1;
    }
    /* 800000 ones expected, deviation 632; 781 equal bytes, deviation 28 */
    printf("%s: %s, %s\n", name, ones > 795000 && ones < 805000 ? "balanced" : "not balanced",
           same > 500 && same < 1100 ? "new each time" : "the same again");
}

int wmain(void)
{
    BOOLEAN(WINAPI * random)(void *, ULONG);
    LONG(WINAPI * generate)(void *, BYTE *, ULONG, ULONG);
    BOOL(WINAPI * prng)(BYTE *, SIZE_T);
    HCRYPTPROV provider;
    HMODULE dll;

    dll = LoadLibraryW(L"advapi32.dll");
    random = (void *)GetProcAddress(dll, "SystemFunction036");
    judge("RtlGenRandom", random(one, SIZE) && random(two, SIZE));

    if (CryptAcquireContextW(&provider, NULL, NULL, PROV_RSA_FULL, CRYPT_VERIFYCONTEXT)) {
        judge("CryptGenRandom", CryptGenRandom(provider, SIZE, one) && CryptGenRandom(provider, SIZE, two));
        CryptReleaseContext(provider, 0);
    } else
        printf("CryptAcquireContext: error %lx\n", GetLastError());

    dll = LoadLibraryW(L"bcrypt.dll");
    generate = (void *)GetProcAddress(dll, "BCryptGenRandom");
    judge("BCryptGenRandom", !generate(NULL, one, SIZE, 2) && !generate(NULL, two, SIZE, 2));

    dll = LoadLibraryW(L"bcryptprimitives.dll");
    prng = dll ? (void *)GetProcAddress(dll, "ProcessPrng") : NULL;
    if (!prng) {
        printf("ProcessPrng: not there\n");
        return 0;
    }
    judge("ProcessPrng", prng(one, SIZE) && prng(two, SIZE));
    printf("nothing: %d\n", prng(NULL, 0));
    return 0;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
// bcrypt's ciphers: known answers, all modes and sizes of keys, padding, tags, and what is refused.
#include "say.h"
#include <bcrypt.h>
#include <stdlib.h>
#include <string.h>

#define MOST 300

static BYTE secret[32], text[MOST];

static void hex(const char *name, const BYTE *bytes, ULONG size)
{
    char line[2 * MOST + 1] = "";
    for (ULONG i = 0; i < size; i++)
        sprintf(line + 2 * i, "%02x", bytes[i]);
    say("%s %s", name, line);
}

static BCRYPT_KEY_HANDLE key_of(const wchar_t *algorithm, const wchar_t *mode, BYTE *bytes, ULONG size)
{
    BCRYPT_ALG_HANDLE provider;
    BCRYPT_KEY_HANDLE key = NULL;
    LONG opened = BCryptOpenAlgorithmProvider(&provider, algorithm, NULL, 0);
    LONG set = BCryptSetProperty(provider, BCRYPT_CHAINING_MODE, (BYTE *)mode, (wcslen(mode) + 1) * sizeof *mode, 0);
    LONG made = BCryptGenerateSymmetricKey(provider, &key, NULL, 0, bytes, size, 0);
    say("%ls %ls, %lu bytes: %lx %lx %lx", algorithm, mode, size, opened, set, made);
    BCryptCloseAlgorithmProvider(provider, 0);
    return key;
}

// There and back, twice, for the vector goes on; and by a copy of the key.
static void both(const wchar_t *algorithm, const wchar_t *mode, ULONG key_size, ULONG size, ULONG flags)
{
    BYTE vector[16], out[MOST], back[MOST];
    ULONG count = 0, length = wcscmp(mode, BCRYPT_CHAIN_MODE_ECB) == 0 ? 0 : algorithm[0] == '3' ? 8 : 16;
    BCRYPT_KEY_HANDLE key = key_of(algorithm, mode, secret, key_size), copy;
    memset(vector, 9, sizeof vector);
    LONG asked = BCryptEncrypt(key, text, size, NULL, length ? vector : NULL, length, NULL, 0, &count, flags);
    say("%lu bytes, flags %lx: %lx, %lu", size, flags, asked, count);
    LONG done = BCryptEncrypt(key, text, size, NULL, length ? vector : NULL, length, out, MOST, &count, flags);
    say("there: %lx, %lu", done, count);
    if (done)
        return;
    hex("out", out, count);
    hex("vector", vector, length);
    memset(vector, 9, sizeof vector);
    BCryptDuplicateKey(key, &copy, NULL, 0, 0);
    done = BCryptDecrypt(copy, out, count, NULL, length ? vector : NULL, length, back, MOST, &count, flags);
    say("back: %lx, %lu, %d", done, count, memcmp(back, text, count));
    done = BCryptEncrypt(key, text, size, NULL, length ? vector : NULL, length, out, MOST, &count, flags);
    say("again: %lx", done);
    hex("out", out, count);
    BCryptDestroyKey(key);
    BCryptDestroyKey(copy);
}

static void tagged(ULONG key_size, ULONG size, ULONG more, ULONG nonce_size, ULONG tag_size)
{
    BYTE nonce[16], also[40], tag[16] = {0}, out[MOST] = {0}, back[MOST];
    ULONG count = 0;
    BCRYPT_KEY_HANDLE key = key_of(BCRYPT_AES_ALGORITHM, BCRYPT_CHAIN_MODE_GCM, secret, key_size);
    BCRYPT_AUTHENTICATED_CIPHER_MODE_INFO mode;
    BCRYPT_INIT_AUTH_MODE_INFO(mode);
    memset(nonce, 9, sizeof nonce);
    memset(also, 3, sizeof also);
    mode.pbNonce = nonce;
    mode.cbNonce = nonce_size;
    mode.pbAuthData = more ? also : NULL;
    mode.cbAuthData = more;
    mode.pbTag = tag;
    mode.cbTag = tag_size;
    LONG done = BCryptEncrypt(key, text, size, &mode, NULL, 0, out, MOST, &count, 0);
    say("%lu bytes, %lu more, nonce of %lu: %lx", size, more, nonce_size, done);
    hex("out", out, size);
    hex("tag", tag, sizeof tag);
    done = BCryptDecrypt(key, out, size, &mode, NULL, 0, back, MOST, &count, 0);
    say("back: %lx, %d", done, memcmp(text, back, size));
    tag[3] ^= 1;
    say("another tag: %lx", BCryptDecrypt(key, out, size, &mode, NULL, 0, back, MOST, &count, 0));
    tag[3] ^= 1;
    also[0] ^= 1;
    say("with other data: %lx", BCryptDecrypt(key, out, size, &mode, NULL, 0, back, MOST, &count, 0));
    BCryptDestroyKey(key);
}

static void answers(void)
{
    // FIPS 197, appendix C
    static const BYTE expected[3][16] = {
        {0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30, 0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a},
        {0xdd, 0xa9, 0x7c, 0xa4, 0x86, 0x4c, 0xdf, 0xe0, 0x6e, 0xaf, 0x70, 0xa0, 0xec, 0x0d, 0x71, 0x91},
        {0x8e, 0xa2, 0xb7, 0xca, 0x51, 0x67, 0x45, 0xbf, 0xea, 0xfc, 0x49, 0x90, 0x4b, 0x49, 0x60, 0x89},
    };
    BYTE bytes[32], plain[16], out[16];
    ULONG count;
    for (int i = 0; i < 32; i++)
        bytes[i] = (BYTE)i;
    for (int i = 0; i < 16; i++)
        plain[i] = (BYTE)(i * 0x11);
    for (int i = 0; i < 3; i++) {
        BCRYPT_KEY_HANDLE key = key_of(BCRYPT_AES_ALGORITHM, BCRYPT_CHAIN_MODE_ECB, bytes, 16 + 8 * i);
        LONG done = BCryptEncrypt(key, plain, 16, NULL, NULL, 0, out, 16, &count, 0);
        say("as it is known: %lx, %d", done, memcmp(out, expected[i], 16));
        BCryptDestroyKey(key);
    }
}

int wmain(void)
{
    const wchar_t *modes[] = {BCRYPT_CHAIN_MODE_CBC, BCRYPT_CHAIN_MODE_ECB, BCRYPT_CHAIN_MODE_CFB};
    for (int i = 0; i < MOST; i++)
        text[i] = (BYTE)i;
    for (int i = 0; i < 32; i++)
        secret[i] = (BYTE)(i * 7 + 1);
    answers();
    for (int i = 0; i < 3; i++)
        for (ULONG size = 16; size <= 32; size += 8) {
            both(BCRYPT_AES_ALGORITHM, modes[i], size, 48, 0);
            both(BCRYPT_AES_ALGORITHM, modes[i], size, 50, BCRYPT_BLOCK_PADDING);
            both(BCRYPT_AES_ALGORITHM, modes[i], size, 0, BCRYPT_BLOCK_PADDING);
        }
    both(BCRYPT_AES_ALGORITHM, modes[0], 16, 50, 0);
    both(BCRYPT_3DES_ALGORITHM, modes[0], 24, 48, 0);
    both(BCRYPT_3DES_ALGORITHM, modes[0], 24, 21, BCRYPT_BLOCK_PADDING);
    both(BCRYPT_AES_ALGORITHM, modes[0], 17, 16, 0);
    for (ULONG size = 16; size <= 32; size += 16) {
        tagged(size, 100, 20, 12, 16);
        tagged(size, 0, 20, 12, 16);
        tagged(size, 33, 0, 12, 12);
    }
    tagged(16, MOST, 40, 12, 16);
    tagged(16, 20, 5, 12, 3);
    return 0;
}

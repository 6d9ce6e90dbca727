/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtAllocateUuids: stretches of time for UUIDs of version 1.
 * Known from: G. Nebbett, Native API Reference, ch. 21 (NtAllocateUuids, NtSetUuidSeed); RFC 4122, 4.2.1.
 */
#include "ntapi_ex.h"

void test_main(void)
{
    static const UCHAR node[6] = {2, 0x60, 0x8c, 1, 2, 3};
    LI first = {.QuadPart = 0}, second = {.QuadPart = 0}, now, back;
    ULONG range = 0, more = 0, sequence = 0, later = 0;
    UCHAR seed[8] = {0}, again[8] = {0};
    LONGLONG before = system_time();
    expect(NtAllocateUuids(&first, &range, &sequence, seed), 0, "a stretch");
    check(range >= 1 && range <= 10000000, "it is a second at most");
    check(first.QuadPart > before - 20000000 && first.QuadPart <= system_time() + 10000000, "it ends about now");
    check(seed[0] | seed[1] | seed[2] | seed[3] | seed[4] | seed[5], "a node");
    equal(seed[6] | seed[7], 0, "of six bytes");
    sleep_ms(20);
    expect(NtAllocateUuids(&second, &more, &later, again), 0, "the next stretch");
    check(second.QuadPart >= first.QuadPart + range, "begins where the first ended, or later");
    equal(later, sequence, "has the same sequence number");
    check(same_memory(seed, again, 6), "and the same node");
    expect(NtSetUuidSeed(node), 0, "set the node");
    sleep_ms(20);
    expect(NtAllocateUuids(&second, &more, &later, again), 0, "a stretch for it");
    check(same_memory(node, again, 6), "the node is the one that was set");
    expect(NtSetUuidSeed(seed), 0, "set it back");
    privilege(SE_SYSTEMTIME, TRUE);
    NtQuerySystemTime(&now);
    back.QuadPart = now.QuadPart - 600000000;
    NtSetSystemTime(&back, NULL);
    expect(NtAllocateUuids(&second, &more, &later, again), 0, "a stretch after the clock was set back");
    check(later != sequence, "has another sequence number");
    back.QuadPart = system_time() + 600000000;
    NtSetSystemTime(&back, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Local descriptor tables: NtSetLdtEntries, ProcessLdtInformation, ProcessLdtSize, ThreadDescriptorTableEntry. Selectors of
 * such descriptors are not loaded here.
 * Known from: MSDN GetThreadSelectorEntry, LDT_ENTRY; G. Nebbett, Native API Reference, ch. 5 and 6; Intel SDM vol. 3, ch. 3;
 * ReactOS' rostests and ntoskrnl/ps/i386 (statuses).
 */
#include "ntapi_ps.h"

NTCALL(NtSetLdtEntries, ULONG, ULONG, ULONG, ULONG, ULONG, ULONG);
typedef struct { ULONG Start, Length, entries[4]; } LDT_INFO;
typedef struct { ULONG Selector, Low, High; } TABLE_ENTRY;

static NTSTATUS table_entry(ULONG selector, TABLE_ENTRY *entry)
{
    *entry = (TABLE_ENTRY){selector, 0, 0};
    return NtQueryInformationThread(NtCurrentThread(), ThreadDescriptorTableEntry, entry, sizeof(*entry), NULL);
}

static void global(void)
{
    TABLE_ENTRY entry;
    ULONG cs = 0x1b, fs = 0x3b;
    expect(table_entry(cs, &entry), 0, "the code segment");
    equal(entry.Low, 0xffff, "from 0");
    equal(entry.High & 0xfffff00, 0xcffb00 & 0xfffff00, "to the end, executable");
    expect(table_entry(fs, &entry), 0, "the TEB's segment");
    equal((entry.Low >> 16) | (entry.High & 0xff) << 16 | (entry.High & 0xff000000), (ULONG_PTR)TEB_NOW, "at the TEB");
    expect(NtQueryInformationThread(NtCurrentThread(), ThreadDescriptorTableEntry, &entry, 8, NULL), STATUS_INFO_LENGTH_MISMATCH,
           "length 8");
}

void test_main(void)
{
    LDT_INFO info = {0, 8, {0}};
    TABLE_ENTRY entry;
    ULONG length = 0, size = 8;
    global();
    expect(table_entry(0x0f, &entry), STATUS_NO_LDT, "there is no LDT");
    expect(NtQueryInformationProcess(NtCurrentProcess(), ProcessLdtInformation, &info, sizeof(info), &length), 0,
           "it can be read all the same");
    equal(info.Length, 0, "with nothing in it");
    expect(NtSetInformationProcess(NtCurrentProcess(), ProcessLdtSize, &size, 4), STATUS_NO_LDT, "nor be made shorter");
    expect(NtSetLdtEntries(0, 0, 0, 0, 0, 0), 0, "no entries");
    expect(NtSetLdtEntries(0x0f, 0x0000ffff, 0x0040f210, 0, 0, 0), 0, "a data segment");
    expect(table_entry(0x0f, &entry), 0, "it is there");
    equal(entry.Low, 0x0000ffff, "its low half");
    equal(entry.High, 0x0040f210, "its high half");
    expect(NtSetLdtEntries(0x1000f, 0xffff, 0x0040f210, 0, 0, 0), STATUS_INVALID_LDT_DESCRIPTOR, "a selector of more than 16 bits");
    expect(NtSetLdtEntries(0, 0, 0, 0x1000f, 0xffff, 0x0040f210), STATUS_INVALID_LDT_DESCRIPTOR, "nor as the second");
    expect(NtSetLdtEntries(0x0f, 0x0000ffff, 0x00409210, 0, 0, 0), STATUS_INVALID_LDT_DESCRIPTOR, "a segment of the kernel's");
    expect(NtSetLdtEntries(0x0f, 0x0000ffff, 0x0000e200, 0, 0, 0), STATUS_INVALID_LDT_DESCRIPTOR, "a gate");
    expect(NtSetLdtEntries(0x0f, 0x0000ffff, 0x80c0f200, 0, 0, 0), STATUS_INVALID_LDT_DESCRIPTOR, "in the kernel's half");
    expect(NtSetLdtEntries(0x17, 0x0000ffff, 0x0040f210, 0x1f, 0xffff, 0x00409210), STATUS_INVALID_LDT_DESCRIPTOR, "a good and a bad");
    expect(table_entry(0x17, &entry), 0, "none of them");
    equal(entry.High, 0, "was set");
    expect(NtSetLdtEntries(0x17, 0x0000ffff, 0x0040f211, 0x1f, 0xffff, 0x0040f212), 0, "two good ones");
    info = (LDT_INFO){8, 16, {0}};
    expect(NtQueryInformationProcess(NtCurrentProcess(), ProcessLdtInformation, &info, sizeof(info), &length), 0, "read two");
    equal(info.Length, 16, "there are two");
    equal(length, 24, "their length");
    equal(info.entries[1], 0x0040f210, "the first");
    equal(info.entries[3], 0x0040f211, "the second");
    info.Start = 4;
    expect(NtQueryInformationProcess(NtCurrentProcess(), ProcessLdtInformation, &info, sizeof(info), NULL),
           STATUS_INVALID_LDT_OFFSET, "read from the middle of one");
    info = (LDT_INFO){8, 12, {0}};
    expect(NtQueryInformationProcess(NtCurrentProcess(), ProcessLdtInformation, &info, sizeof(info), NULL), STATUS_INVALID_LDT_SIZE,
           "read one and a half");
    expect(NtQueryInformationProcess(NtCurrentProcess(), ProcessLdtInformation, &info, 15, NULL), STATUS_INFO_LENGTH_MISMATCH,
           "read, length 15");
    info = (LDT_INFO){0x10000, 8, {0xffff, 0x0040f210}};
    expect(NtSetInformationProcess(NtCurrentProcess(), ProcessLdtInformation, &info, sizeof(info)), STATUS_INVALID_LDT_SIZE,
           "write behind the end");
    info = (LDT_INFO){32, 8, {0xffff, 0x0040f214}};
    expect(NtSetInformationProcess(NtCurrentProcess(), ProcessLdtInformation, &info, sizeof(info)), 0, "write one");
    expect(table_entry(0x27, &entry), 0, "it is written");
    equal(entry.High, 0x0040f214, "as given");
    size = 12;
    expect(NtSetInformationProcess(NtCurrentProcess(), ProcessLdtSize, &size, 4), STATUS_INVALID_LDT_SIZE, "a size of one and a half");
    size = 0;
    expect(NtSetInformationProcess(NtCurrentProcess(), ProcessLdtSize, &size, 4), 0, "no LDT any more");
    expect(table_entry(0x0f, &entry), STATUS_NO_LDT, "it is gone");
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#define KEYS 200

static RTL_GENERIC_COMPARE_RESULTS NTAPI compare(PRTL_GENERIC_TABLE table, PVOID first, PVOID second)
{
    ULONG a = *(ULONG *)first, b = *(ULONG *)second;

    (void)table;
    return a == b ? GenericEqual : a < b ? GenericLessThan : GenericGreaterThan;
}

static PVOID NTAPI allocate(PRTL_GENERIC_TABLE table, ULONG size)
{
    (void)table;
    return heap_alloc(size);
}

static VOID NTAPI release(PRTL_GENERIC_TABLE table, PVOID buffer)
{
    (void)table;
    heap_free(buffer);
}

/* The table enumerates exactly the keys that are set, in order. */
static ULONG check_order(PRTL_GENERIC_TABLE table, const UCHAR *present)
{
    ULONG errors = 0, key = 0;
    PVOID restart = NULL;

    for (PULONG at = RtlEnumerateGenericTable(table, TRUE); at; at = RtlEnumerateGenericTable(table, FALSE), key++) {
        while (key < KEYS && !present[key])
            key++;
        errors += *at != key;
    }
    while (key < KEYS && !present[key])
        key++;
    errors += key != KEYS;
    key = 0;
    while (RtlEnumerateGenericTableWithoutSplaying(table, &restart))
        key++;
    return errors + (key != RtlNumberGenericTableElements(table));
}

static void generic_table(void)
{
    RTL_GENERIC_TABLE table;
    UCHAR present[KEYS] = {0};
    ULONG seed = 4711, errors = 0, count = 0;
    BOOLEAN is_new;

    RtlInitializeGenericTable(&table, compare, allocate, release, NULL);
    ok(RtlIsGenericTableEmpty(&table), "a new table is empty");
    for (int round = 0; round < 5000; round++) {
        ULONG key = RtlUniform(&seed) % KEYS;
        PULONG found = RtlLookupElementGenericTable(&table, &key);
        errors += (found != NULL) != present[key] || (found && *found != key);
        if (RtlUniform(&seed) & 1) {
            found = RtlInsertElementGenericTable(&table, &key, sizeof(key), &is_new);
            errors += !found || *found != key || is_new == present[key];
            count += is_new;
            present[key] = 1;
        } else {
            errors += RtlDeleteElementGenericTable(&table, &key) != present[key];
            count -= present[key];
            present[key] = 0;
        }
        errors += RtlNumberGenericTableElements(&table) != count;
        if (round % 500 == 0)
            errors += check_order(&table, present);
    }
    ok(!errors, "a generic table does as an array does (%lu errors)", errors);
    errors = check_order(&table, present);
    for (ULONG i = 0; i < count; i++)
        errors += !RtlGetElementGenericTable(&table, i);
    ok(!errors && !RtlGetElementGenericTable(&table, count), "it is in order and has its elements by index");
}

static void resource(void)
{
    RTL_RESOURCE resource;

    RtlInitializeResource(&resource);
    ok(RtlAcquireResourceShared(&resource, FALSE) && RtlAcquireResourceShared(&resource, FALSE), "two readers");
    ok(!RtlAcquireResourceExclusive(&resource, FALSE), "no writer beside them");
    RtlReleaseResource(&resource);
    RtlConvertSharedToExclusive(&resource);
    ok(resource.NumberOfActive == -1 && RtlAcquireResourceExclusive(&resource, FALSE), "the writer enters twice");
    RtlReleaseResource(&resource);
    RtlConvertExclusiveToShared(&resource);
    equal("a reader again", (ULONG)resource.NumberOfActive, 1);
    RtlReleaseResource(&resource);
    equal("free", (ULONG)resource.NumberOfActive, 0);
    RtlDeleteResource(&resource);
}

void test_tables(void)
{
    generic_table();
    resource();
}

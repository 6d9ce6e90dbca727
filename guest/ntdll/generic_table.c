/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Generic tables: ordered sets of elements that the table copies, in a splay tree, with a list in order of insertion. The
 * caller compares, allocates and frees.
 */
#include "ntdll.h"

typedef struct ENTRY {
    RTL_SPLAY_LINKS tree;
    LIST_ENTRY order;
    ULONGLONG element;
} ENTRY;

static ENTRY *entry_of(PRTL_SPLAY_LINKS links)
{
    return CONTAINING_RECORD(links, ENTRY, tree);
}

VOID NTAPI RtlInitializeGenericTable(PRTL_GENERIC_TABLE Table, PRTL_GENERIC_COMPARE_ROUTINE Compare,
                                     PRTL_GENERIC_ALLOCATE_ROUTINE Allocate, PRTL_GENERIC_FREE_ROUTINE Free,
                                     PVOID Context)
{
    memset(Table, 0, sizeof(*Table));
    list_init(&Table->InsertOrderList);
    Table->OrderedPointer = &Table->InsertOrderList;
    Table->CompareRoutine = Compare;
    Table->AllocateRoutine = Allocate;
    Table->FreeRoutine = Free;
    Table->TableContext = Context;
}

/* The node with that key, or the last one on the way to it; *order tells on which side of it the key belongs. */
static PRTL_SPLAY_LINKS find(PRTL_GENERIC_TABLE table, PVOID key, RTL_GENERIC_COMPARE_RESULTS *order)
{
    PRTL_SPLAY_LINKS at = table->TableRoot, next = at;

    *order = GenericEqual;
    while (next) {
        at = next;
        *order = table->CompareRoutine(table, key, &entry_of(at)->element);
        if (*order == GenericEqual)
            break;
        next = *order == GenericLessThan ? at->LeftChild : at->RightChild;
    }
    return at;
}

PVOID NTAPI RtlInsertElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer, ULONG Size, PBOOLEAN New)
{
    RTL_GENERIC_COMPARE_RESULTS order;
    PRTL_SPLAY_LINKS at = find(Table, Buffer, &order);
    BOOLEAN is_new = !at || order != GenericEqual;
    ENTRY *entry = at ? entry_of(at) : NULL;

    if (is_new) {
        entry = Table->AllocateRoutine(Table, FIELD_OFFSET(ENTRY, element) + Size);
        if (!entry) {
            if (New)
                *New = FALSE;
            return NULL;
        }
        memset(&entry->tree, 0, sizeof(entry->tree));
        entry->tree.Parent = at ? at : &entry->tree;
        if (at && order == GenericLessThan)
            at->LeftChild = &entry->tree;
        else if (at)
            at->RightChild = &entry->tree;
        list_insert_tail(&Table->InsertOrderList, &entry->order);
        memcpy(&entry->element, Buffer, Size);
        Table->NumberGenericTableElements++;
    }
    Table->TableRoot = RtlSplay(&entry->tree);
    if (New)
        *New = is_new;
    return &entry->element;
}

BOOLEAN NTAPI RtlDeleteElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer)
{
    RTL_GENERIC_COMPARE_RESULTS order;
    PRTL_SPLAY_LINKS at = find(Table, Buffer, &order);

    if (!at || order != GenericEqual)
        return FALSE;
    Table->TableRoot = RtlDelete(at);
    list_remove(&entry_of(at)->order);
    Table->NumberGenericTableElements--;
    Table->WhichOrderedElement = 0;
    Table->OrderedPointer = &Table->InsertOrderList;
    Table->FreeRoutine(Table, entry_of(at));
    return TRUE;
}

PVOID NTAPI RtlLookupElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer)
{
    RTL_GENERIC_COMPARE_RESULTS order;
    PRTL_SPLAY_LINKS at = find(Table, Buffer, &order);

    if (!at)
        return NULL;
    Table->TableRoot = RtlSplay(at);
    return order == GenericEqual ? &entry_of(at)->element : NULL;
}

ULONG NTAPI RtlNumberGenericTableElements(PRTL_GENERIC_TABLE Table)
{
    return Table->NumberGenericTableElements;
}

BOOLEAN NTAPI RtlIsGenericTableEmpty(PRTL_GENERIC_TABLE Table)
{
    return !Table->TableRoot;
}

PVOID NTAPI RtlEnumerateGenericTableWithoutSplaying(PRTL_GENERIC_TABLE Table, PVOID *RestartKey)
{
    PRTL_SPLAY_LINKS at = *RestartKey;

    if (at) {
        at = RtlRealSuccessor(at);
    } else {
        at = Table->TableRoot;
        while (at && at->LeftChild)
            at = at->LeftChild;
    }
    if (at)
        *RestartKey = at;
    return at ? &entry_of(at)->element : NULL;
}

PVOID NTAPI RtlEnumerateGenericTable(PRTL_GENERIC_TABLE Table, BOOLEAN Restart)
{
    PRTL_SPLAY_LINKS at = Table->TableRoot;

    if (at && Restart) {
        while (at->LeftChild)
            at = at->LeftChild;
    } else if (at) {
        at = RtlRealSuccessor(at); /* the last one given is the root */
    }
    if (!at)
        return NULL;
    Table->TableRoot = RtlSplay(at);
    return &entry_of(at)->element;
}

/* By the order of insertion; the place of the last look is remembered. */
PVOID NTAPI RtlGetElementGenericTable(PRTL_GENERIC_TABLE Table, ULONG Index)
{
    ULONG at = Table->WhichOrderedElement, wanted = Index + 1;
    PLIST_ENTRY links = Table->OrderedPointer;

    if (wanted < 1 || wanted > Table->NumberGenericTableElements)
        return NULL;
    for (; at < wanted; at++)
        links = links->Flink;
    for (; at > wanted; at--)
        links = links->Blink;
    Table->OrderedPointer = links;
    Table->WhichOrderedElement = wanted;
    return &CONTAINING_RECORD(links, ENTRY, order)->element;
}

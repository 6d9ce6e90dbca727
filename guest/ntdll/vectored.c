/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Vectored handlers (XP and later): process-wide lists that are asked before the frames and, for the continue list,
 * after an exception was handled. A handler may remove itself or others while it runs, so entries are counted.
 */
#include "ntdll.h"

typedef struct VECTORED_ENTRY {
    LIST_ENTRY links;
    ULONG references;
    BOOLEAN continue_list;
    PVECTORED_EXCEPTION_HANDLER handler;
} VECTORED_ENTRY;

static LIST_ENTRY exception_handlers = {&exception_handlers, &exception_handlers};
static LIST_ENTRY continue_handlers = {&continue_handlers, &continue_handlers};
static RTL_CRITICAL_SECTION vectored_lock = {.LockCount = -1};

static void release(VECTORED_ENTRY *entry)
{
    if (--entry->references)
        return;
    list_remove(&entry->links);
    heap_free(entry);
}

BOOLEAN rtl_call_vectored(PEXCEPTION_RECORD record, PCONTEXT context, BOOLEAN continue_list)
{
    PLIST_ENTRY head = continue_list ? &continue_handlers : &exception_handlers, next;
    EXCEPTION_POINTERS pointers = {.ExceptionRecord = record, .ContextRecord = context};
    LONG answer = EXCEPTION_CONTINUE_SEARCH;

    if (head->Flink == head)
        return FALSE;
    RtlEnterCriticalSection(&vectored_lock);
    for (PLIST_ENTRY at = head->Flink; at != head && answer != EXCEPTION_CONTINUE_EXECUTION; at = next) {
        VECTORED_ENTRY *entry = CONTAINING_RECORD(at, VECTORED_ENTRY, links);
        entry->references++;
        RtlLeaveCriticalSection(&vectored_lock);
        answer = entry->handler(&pointers);
        RtlEnterCriticalSection(&vectored_lock);
        next = entry->links.Flink;
        release(entry);
    }
    RtlLeaveCriticalSection(&vectored_lock);
    return answer == EXCEPTION_CONTINUE_EXECUTION;
}

static PVOID add(PLIST_ENTRY head, ULONG first, PVECTORED_EXCEPTION_HANDLER handler)
{
    VECTORED_ENTRY *entry = heap_alloc(sizeof(*entry));

    if (!entry)
        return NULL;
    entry->references = 1;
    entry->handler = handler;
    entry->continue_list = head == &continue_handlers;
    RtlEnterCriticalSection(&vectored_lock);
    if (first)
        list_insert_head(head, &entry->links);
    else
        list_insert_tail(head, &entry->links);
    RtlLeaveCriticalSection(&vectored_lock);
    return entry;
}

static ULONG remove_from(PLIST_ENTRY head, PVOID handle)
{
    ULONG found = 0;

    RtlEnterCriticalSection(&vectored_lock);
    for (PLIST_ENTRY at = head->Flink; at != head; at = at->Flink) {
        if (CONTAINING_RECORD(at, VECTORED_ENTRY, links) == handle) {
            release(handle);
            found = 1;
            break;
        }
    }
    RtlLeaveCriticalSection(&vectored_lock);
    return found;
}

PVOID NTAPI RtlAddVectoredExceptionHandler(ULONG First, PVECTORED_EXCEPTION_HANDLER Handler)
{
    return add(&exception_handlers, First, Handler);
}

ULONG NTAPI RtlRemoveVectoredExceptionHandler(PVOID Handle)
{
    return remove_from(&exception_handlers, Handle);
}

PVOID NTAPI RtlAddVectoredContinueHandler(ULONG First, PVECTORED_EXCEPTION_HANDLER Handler)
{
    return add(&continue_handlers, First, Handler);
}

ULONG NTAPI RtlRemoveVectoredContinueHandler(PVOID Handle)
{
    return remove_from(&continue_handlers, Handle);
}

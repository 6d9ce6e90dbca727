/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the source files of ntdll share with each other and export to nobody.
 */
#ifndef NTDLL_H
#define NTDLL_H

#include <nt.h>
#include <stdarg.h>

#include "crt.h"

/* Version this DLL is built for: 0x400, 0x500, 0x501, 0x502. */
#ifndef NTDLL_VERSION
#error "NTDLL_VERSION is given by the Makefile"
#endif

#define PAGE_SIZE 0x1000u
#define PAGE_ROUND(size) (((size) + PAGE_SIZE - 1) & ~(SIZE_T)(PAGE_SIZE - 1))
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_USTRING 0xfffcu

typedef EXCEPTION_DISPOSITION(__cdecl *SEH_HANDLER)(PEXCEPTION_RECORD, PVOID Frame, PCONTEXT, PVOID Dispatcher);

/* ---- lists ---- */
static inline void list_init(PLIST_ENTRY head)
{
    head->Flink = head->Blink = head;
}

static inline void list_insert_tail(PLIST_ENTRY head, PLIST_ENTRY entry)
{
    entry->Flink = head;
    entry->Blink = head->Blink;
    head->Blink->Flink = entry;
    head->Blink = entry;
}

static inline void list_insert_head(PLIST_ENTRY head, PLIST_ENTRY entry)
{
    list_insert_tail(head->Flink, entry);
}

static inline void list_remove(PLIST_ENTRY entry)
{
    entry->Blink->Flink = entry->Flink;
    entry->Flink->Blink = entry->Blink;
}

/* ---- exceptions (exception.c, vectored.c, seh.S, ki.S) ---- */
BOOLEAN NTAPI RtlDispatchException(PEXCEPTION_RECORD record, PCONTEXT context);
EXCEPTION_DISPOSITION NTAPI RtlpExecuteHandler(PEXCEPTION_RECORD record, PVOID frame, PCONTEXT context,
                                               PVOID dispatcher, SEH_HANDLER handler, PVOID guard);
EXCEPTION_DISPOSITION __cdecl RtlpNestedGuard(PEXCEPTION_RECORD, PVOID, PCONTEXT, PVOID);
EXCEPTION_DISPOSITION __cdecl RtlpUnwindGuard(PEXCEPTION_RECORD, PVOID, PCONTEXT, PVOID);
LONG NTAPI RtlpCallInFrame(PVOID routine, PVOID frame);
VOID NTAPI RtlpJumpToHandler(PVOID handler, PVOID frame) __attribute__((noreturn));
BOOLEAN rtl_call_vectored(PEXCEPTION_RECORD record, PCONTEXT context, BOOLEAN continue_list);
NTSTATUS NTAPI RtlpDebugService(ULONG service, const VOID *argument1, const VOID *argument2);

/* ---- loader (ldr_*.c) ---- */
extern RTL_CRITICAL_SECTION ldr_lock;
extern PLDR_DATA_TABLE_ENTRY ldr_ntdll_entry;
extern BOOLEAN ldr_shutting_down;

/* Why a start or a load failed: for the one line that tells the user. */
typedef struct LDR_FAILURE {
    WCHAR module[64];
    WCHAR importer[64];
    CHAR symbol[96];
} LDR_FAILURE;
extern LDR_FAILURE ldr_failure;

typedef BOOL(WINAPI *DLL_MAIN)(PVOID base, ULONG reason, PVOID reserved);

#define LDR_PINNED 0xffff

PLDR_DATA_TABLE_ENTRY ldr_add_entry(PVOID base, PCUNICODE_STRING full_name);
void ldr_remove_entry(PLDR_DATA_TABLE_ENTRY entry);
PLDR_DATA_TABLE_ENTRY ldr_find_by_base(PVOID base);
PLDR_DATA_TABLE_ENTRY ldr_find_by_address(PVOID address);
PLDR_DATA_TABLE_ENTRY ldr_find_by_name(PCUNICODE_STRING name);
NTSTATUS ldr_map_dll(PCWSTR search_path, PCUNICODE_STRING name, PLDR_DATA_TABLE_ENTRY *entry);
NTSTATUS ldr_load(PCWSTR search_path, PCUNICODE_STRING name, PLDR_DATA_TABLE_ENTRY *entry);
NTSTATUS ldr_relocate(PVOID base);
NTSTATUS ldr_resolve_imports(PLDR_DATA_TABLE_ENTRY entry, PCWSTR search_path);
NTSTATUS ldr_find_export(PLDR_DATA_TABLE_ENTRY entry, const char *name, ULONG ordinal, PVOID *address);
NTSTATUS ldr_attach_new(PVOID reserved);
void ldr_reference(PLDR_DATA_TABLE_ENTRY entry);
void ldr_dereference(PLDR_DATA_TABLE_ENTRY entry);
/* Lets go of the DLLs that `entry` imports, up to the descriptor `stop` (NULL: all). */
void ldr_release_imports(PLDR_DATA_TABLE_ENTRY entry, PIMAGE_IMPORT_DESCRIPTOR stop);
void ldr_unload_unused(void);
BOOL ldr_call_entry(PLDR_DATA_TABLE_ENTRY entry, ULONG reason, PVOID reserved);
NTSTATUS ldr_tls_add_module(PLDR_DATA_TABLE_ENTRY entry);
NTSTATUS ldr_tls_thread_init(void);
void ldr_tls_thread_free(void);
void ldr_tls_callbacks(PLDR_DATA_TABLE_ENTRY entry, ULONG reason);
void ldr_note_module(PCUNICODE_STRING name, PLDR_DATA_TABLE_ENTRY importer);
void ldr_note_symbol(const char *name, ULONG ordinal);

/* ---- locks (critsect.c) ---- */
NTSTATUS critsect_make_event(PRTL_CRITICAL_SECTION section);

/* ---- heap, environment, paths ---- */
extern PVOID heap_process; /* what PEB.ProcessHeap points to */
void heap_process_init(void);
void heap_process_shared(void); /* a second thread comes */
PVOID heap_alloc(SIZE_T size);
void heap_free(PVOID block);
SIZE_T env_size(PCWSTR environment);
NTSTATUS NTAPI RtlpCreateUserStack(HANDLE process, SIZE_T reserve, SIZE_T commit, ULONG zero_bits,
                                   PINITIAL_TEB initial);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The loader's entry, called by an APC on every thread before its start routine. The first thread of a process sets up
 * heap, locks and module lists, loads what the executable imports and calls the DLLs; a thread that comes while this is
 * going on waits. An executable that cannot be started ends its process with the status and one line that says why.
 */
#include "ntdll.h"

enum { NOT_STARTED, IN_PROGRESS, DONE };

RTL_CRITICAL_SECTION ldr_lock = {.LockCount = -1};
PLDR_DATA_TABLE_ENTRY ldr_ntdll_entry;

static volatile LONG process_state;
static PEB_LDR_DATA ldr_data;
static RTL_CRITICAL_SECTION peb_lock = {.LockCount = -1};
static RTL_BITMAP tls_bitmap, tls_expansion_bitmap;

static const struct {
    NTSTATUS status;
    const char *name;
} status_names[] = {
    {STATUS_DLL_NOT_FOUND, "STATUS_DLL_NOT_FOUND"},
    {STATUS_ENTRYPOINT_NOT_FOUND, "STATUS_ENTRYPOINT_NOT_FOUND"},
    {STATUS_ORDINAL_NOT_FOUND, "STATUS_ORDINAL_NOT_FOUND"},
    {STATUS_DLL_INIT_FAILED, "STATUS_DLL_INIT_FAILED"},
    {STATUS_INVALID_IMAGE_FORMAT, "STATUS_INVALID_IMAGE_FORMAT"},
    {STATUS_INVALID_IMAGE_NOT_MZ, "STATUS_INVALID_IMAGE_NOT_MZ"},
    {STATUS_IMAGE_MACHINE_TYPE_MISMATCH, "STATUS_IMAGE_MACHINE_TYPE_MISMATCH"},
    {STATUS_CONFLICTING_ADDRESSES, "STATUS_CONFLICTING_ADDRESSES"},
    {STATUS_NO_MEMORY, "STATUS_NO_MEMORY"},
};

static const char *status_name(NTSTATUS status)
{
    for (unsigned i = 0; i < COUNT_OF(status_names); i++)
        if (status_names[i].status == status)
            return status_names[i].name;
    return "it could not be loaded";
}

static void fail_start(PCUNICODE_STRING image, NTSTATUS status)
{
    if (status == STATUS_DLL_NOT_FOUND)
        DbgPrint("ntdll: cannot start %wZ: %ls, wanted by %ls, not found (%s)\n", image, ldr_failure.module,
                 ldr_failure.importer, status_name(status));
    else if (ldr_failure.symbol[0])
        DbgPrint("ntdll: cannot start %wZ: %ls, wanted by %ls, lacks %s (%s)\n", image, ldr_failure.module,
                 ldr_failure.importer, ldr_failure.symbol, status_name(status));
    else if (ldr_failure.module[0])
        DbgPrint("ntdll: cannot start %wZ: %ls: %s (0x%08lx)\n", image, ldr_failure.module, status_name(status),
                 status);
    else
        DbgPrint("ntdll: cannot start %wZ: %s (0x%08lx)\n", image, status_name(status), status);
    NtTerminateProcess(NtCurrentProcess(), status);
}

static void init_locks(PPEB peb)
{
    RtlInitializeCriticalSection(&peb_lock);
    RtlInitializeCriticalSection(&ldr_lock);
    peb->FastPebLock = &peb_lock;
    peb->LoaderLock = &ldr_lock;
    peb->FastPebLockRoutine = (PVOID)RtlEnterCriticalSection;
    peb->FastPebUnlockRoutine = (PVOID)RtlLeaveCriticalSection;
    RtlInitializeBitMap(&tls_bitmap, peb->TlsBitmapBits, 64);
    RtlInitializeBitMap(&tls_expansion_bitmap, peb->TlsExpansionBitmapBits, 1024);
    peb->TlsBitmap = &tls_bitmap;
    peb->TlsExpansionBitmap = &tls_expansion_bitmap;
}

static void init_module_lists(PPEB peb)
{
    ldr_data.Length = sizeof(ldr_data);
    list_init(&ldr_data.InLoadOrderModuleList);
    list_init(&ldr_data.InMemoryOrderModuleList);
    list_init(&ldr_data.InInitializationOrderModuleList);
    ldr_data.Initialized = TRUE;
    peb->Ldr = &ldr_data;
}

/* ImagePathName without the object manager's prefix: a DOS path, as module names are. */
static UNICODE_STRING image_name(PPEB peb)
{
    static const UNICODE_STRING prefix = {8, 10, L"\\??\\"};
    UNICODE_STRING name = {0};

    if (peb->ProcessParameters)
        name = peb->ProcessParameters->ImagePathName;
    if (name.Buffer && RtlPrefixUnicodeString(&prefix, &name, FALSE)) {
        name.Buffer += 4;
        name.Length -= prefix.Length;
        name.MaximumLength -= prefix.Length;
    }
    return name;
}

static NTSTATUS load_process(PPEB peb, PVOID ntdll_base, PCUNICODE_STRING name)
{
    WCHAR system_path[300];
    UNICODE_STRING ntdll_name;
    PLDR_DATA_TABLE_ENTRY image;
    PLIST_ENTRY head = &ldr_data.InLoadOrderModuleList;
    NTSTATUS status;

    _snwprintf(system_path, COUNT_OF(system_path), L"%ls\\System32\\ntdll.dll", SharedUserData->NtSystemRoot);
    RtlInitUnicodeString(&ntdll_name, system_path);
    image = ldr_add_entry(peb->ImageBaseAddress, name);
    ldr_ntdll_entry = ldr_add_entry(ntdll_base, &ntdll_name);
    if (!image || !ldr_ntdll_entry)
        return STATUS_NO_MEMORY;
    image->LoadCount = ldr_ntdll_entry->LoadCount = LDR_PINNED;
    image->Flags |= LDRP_ENTRY_PROCESSED;
    ldr_ntdll_entry->Flags |= LDRP_IMAGE_DLL | LDRP_ENTRY_PROCESSED;
    list_insert_tail(&ldr_data.InInitializationOrderModuleList, &ldr_ntdll_entry->InInitializationOrderLinks);
    status = ldr_relocate(peb->ImageBaseAddress);
    if (NT_SUCCESS(status))
        status = ldr_resolve_imports(image, NULL);
    if (!NT_SUCCESS(status))
        return status;
    for (PLIST_ENTRY at = head->Flink; at != head && NT_SUCCESS(status); at = at->Flink) {
        PLDR_DATA_TABLE_ENTRY entry = CONTAINING_RECORD(at, LDR_DATA_TABLE_ENTRY, InLoadOrderLinks);
        entry->LoadCount = LDR_PINNED;
        status = ldr_tls_add_module(entry);
    }
    if (NT_SUCCESS(status))
        status = ldr_tls_thread_init();
    return status;
}

static void init_process(PVOID ntdll_base)
{
    PPEB peb = NtCurrentPeb();
    UNICODE_STRING name;
    NTSTATUS status;

    init_locks(peb);
    if (peb->ProcessParameters)
        RtlNormalizeProcessParams(peb->ProcessParameters);
    heap_process_init();
    peb->ProcessHeap = heap_process;
    name = image_name(peb);
    if (!peb->ProcessHeap)
        fail_start(&name, STATUS_NO_MEMORY);
    init_module_lists(peb);
    RtlEnterCriticalSection(&ldr_lock);
    status = load_process(peb, ntdll_base, &name);
    if (!NT_SUCCESS(status))
        fail_start(&name, status);
    if (peb->BeingDebugged)
        DbgBreakPoint();
    status = ldr_attach_new((PVOID)1);
    RtlLeaveCriticalSection(&ldr_lock);
    if (!NT_SUCCESS(status))
        fail_start(&name, status);
    if (peb->PostProcessInitRoutine)
        peb->PostProcessInitRoutine();
}

/* Calls every DLL that wants to know about threads; the executable has only its TLS callbacks. */
static void call_for_thread(ULONG reason)
{
    PLIST_ENTRY head = &ldr_data.InInitializationOrderModuleList;
    PLDR_DATA_TABLE_ENTRY image = ldr_find_by_base(NtCurrentPeb()->ImageBaseAddress);
    BOOLEAN forward = reason == DLL_THREAD_ATTACH;

    for (PLIST_ENTRY at = forward ? head->Flink : head->Blink; at != head; at = forward ? at->Flink : at->Blink) {
        PLDR_DATA_TABLE_ENTRY entry = CONTAINING_RECORD(at, LDR_DATA_TABLE_ENTRY, InInitializationOrderLinks);
        if (entry->Flags & LDRP_PROCESS_ATTACH_CALLED && !(entry->Flags & LDRP_DONT_CALL_FOR_THREADS))
            ldr_call_entry(entry, reason, NULL);
    }
    if (image)
        ldr_tls_callbacks(image, reason);
}

/*
 * From the second thread on the process's locks may have waiters. Their events are made now, while memory and handles
 * are likely to be had, and not at some chance moment.
 */
static void expect_contention(void)
{
    static BOOLEAN done;

    if (!done) {
        done = TRUE;
        critsect_make_event(&ldr_lock);
        heap_process_shared();
    }
}

static void init_thread(void)
{
    NTSTATUS status;

    RtlEnterCriticalSection(&ldr_lock);
    expect_contention();
    status = ldr_tls_thread_init();
    if (NT_SUCCESS(status) && !ldr_shutting_down)
        call_for_thread(DLL_THREAD_ATTACH);
    RtlLeaveCriticalSection(&ldr_lock);
    if (!NT_SUCCESS(status))
        NtTerminateThread(NtCurrentThread(), status);
}

VOID NTAPI LdrInitializeThunk(PVOID NormalContext, PVOID NtdllBase, PVOID SystemArgument2)
{
    static const LARGE_INTEGER a_while = {.QuadPart = -300000};

    (void)NormalContext;
    (void)SystemArgument2;
    if (InterlockedCompareExchange(&process_state, IN_PROGRESS, NOT_STARTED) == NOT_STARTED) {
        init_process(NtdllBase);
        InterlockedExchange(&process_state, DONE);
        return;
    }
    while (process_state != DONE)
        NtDelayExecution(FALSE, &a_while);
    init_thread();
}

VOID NTAPI LdrShutdownThread(VOID)
{
    PTEB teb = NtCurrentTeb();

    RtlEnterCriticalSection(&ldr_lock);
    if (!ldr_shutting_down)
        call_for_thread(DLL_THREAD_DETACH);
    ldr_tls_thread_free();
    RtlLeaveCriticalSection(&ldr_lock);
    if (teb->TlsExpansionSlots) {
        heap_free(teb->TlsExpansionSlots);
        teb->TlsExpansionSlots = NULL;
    }
}

VOID NTAPI LdrShutdownProcess(VOID)
{
    PLIST_ENTRY head = &ldr_data.InInitializationOrderModuleList;

    if (ldr_shutting_down)
        return;
    RtlEnterCriticalSection(&ldr_lock);
    ldr_shutting_down = TRUE;
    for (PLIST_ENTRY at = head->Blink; at != head; at = at->Blink) {
        PLDR_DATA_TABLE_ENTRY entry = CONTAINING_RECORD(at, LDR_DATA_TABLE_ENTRY, InInitializationOrderLinks);
        if (entry->Flags & LDRP_PROCESS_ATTACH_CALLED)
            ldr_call_entry(entry, DLL_PROCESS_DETACH, (PVOID)1);
    }
    RtlLeaveCriticalSection(&ldr_lock);
}

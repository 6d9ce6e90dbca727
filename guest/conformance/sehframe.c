/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "seh.h"

struct seen seen;
ULONG_PTR seh_resume_at, seh_fault_at;

static int handler(EXCEPTION_RECORD *record, PVOID frame, CONTEXT *context, PVOID dispatcher)
{
    (void)frame, (void)dispatcher;
    if (record->ExceptionFlags & 6) /* unwinding: nothing of ours */
        return 1;
    if (seen.count++ == 0) {
        seen.code = record->ExceptionCode;
        seen.flags = record->ExceptionFlags;
        seen.address = (ULONG_PTR)record->ExceptionAddress;
        seen.parameters = record->NumberParameters;
        for (ULONG i = 0; i < 4; i++)
            seen.information[i] = i < record->NumberParameters ? record->ExceptionInformation[i] : 0;
        seen.context = *context;
    }
    context->Eip = seh_resume_at;
    return 0;
}

void seh_install(struct seh_frame *frame)
{
    frame->previous = (struct seh_frame *)__readfsdword(0);
    frame->handler = handler;
    __writefsdword(0, (ULONG_PTR)frame);
}

void seh_remove(struct seh_frame *frame)
{
    __writefsdword(0, (ULONG_PTR)frame->previous);
}

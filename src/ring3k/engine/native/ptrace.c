// SPDX-License-Identifier: LGPL-2.1-or-later
#include "native.h"
int ptrace_attach(ThreadObject *thread) { (void)thread; PyErr_SetString(EngineError, "not yet"); return -1; }
int ptrace_go(ThreadObject *thread) { (void)thread; return -1; }
int ptrace_interrupt(ThreadObject *thread) { (void)thread; return -1; }
int ptrace_end(ThreadObject *thread) { (void)thread; return 0; }
int ptrace_get_fpu(ThreadObject *thread) { (void)thread; return -1; }
void ptrace_collect(EngineObject *engine) { (void)engine; }

// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the host offers.
#include "native.h"

#include <linux/seccomp.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif
#define HWCAP2_FSGSBASE_BIT 2

PyObject *probe_host(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(none))
{
    uint64_t entry = 0;
    uint32_t action = SECCOMP_RET_TRAP;
    long ldt = syscall(SYS_modify_ldt, 0, &entry, sizeof entry);
    long seccomp = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
    int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    if (pidfd >= 0)
        close(pidfd);
    return Py_BuildValue("{s:O,s:O,s:O,s:O,s:k}", "modify_ldt", (int)ldt >= 0 ? Py_True : Py_False, "seccomp",
                         seccomp == 0 ? Py_True : Py_False, "fsgsbase",
                         getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE_BIT ? Py_True : Py_False, "pidfd",
                         pidfd >= 0 ? Py_True : Py_False, "signal_frame", getauxval(AT_MINSIGSTKSZ));
}

"""What NtQuerySystemInformation tells, class by class.

The machine shown is a plain PC: physical memory is the commit limit, processors
are the host's (at most 32, a mask's width).  Counters the kernel does not keep
are zero.  NT answers fixed classes only at their exact size and lists at any
size that suffices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ring3k.abi.strings import UNICODE_STRING
from ring3k.abi.structs import sysinfo as si
from ring3k.abi.structs.ex import SYSTEM_HANDLE_TABLE_ENTRY_INFO, SYSTEM_TIMEOFDAY_INFORMATION
from ring3k.abi.structs.ke import KTHREAD_STATE, KWAIT_REASON
from ring3k.abi.structs.ps import CLIENT_ID
from ring3k.abi.version import Version
from ring3k.ke.thread import KThread
from ring3k.mm.commit import CommitAccount
from ring3k.ps.kuser import SharedUserData
from ring3k.ps.table import ClientIdTable

PAGE = 4096
TIME_INCREMENT = 156_250
CLASS = si.SYSTEM_INFORMATION_CLASS


class Class(NamedTuple):
    """How a class is answered.  ``sizes``: the lengths accepted; empty for lists of any length."""

    make: Callable[[KThread, int], bytes]  # (caller, address of the buffer)
    sizes: tuple[int, ...] = ()


def _processors(t: KThread) -> int:
    return t.kernel.part(Version).processors


def _basic(t: KThread, address: int) -> bytes:
    count = _processors(t)
    pages = t.kernel.part(CommitAccount).limit // PAGE
    return si.SYSTEM_BASIC_INFORMATION(
        TimerResolution=TIME_INCREMENT,
        PageSize=PAGE,
        NumberOfPhysicalPages=pages,
        LowestPhysicalPageNumber=1,
        HighestPhysicalPageNumber=pages,
        AllocationGranularity=0x10000,
        MinimumUserModeAddress=0x10000,
        MaximumUserModeAddress=0x7FFEFFFF,
        ActiveProcessorsAffinityMask=(1 << count) - 1,
        NumberOfProcessors=count,
    ).pack()


def _processor(t: KThread, address: int) -> bytes:
    return si.SYSTEM_PROCESSOR_INFORMATION(
        ProcessorArchitecture=0, ProcessorLevel=6, ProcessorRevision=0x0801, ProcessorFeatureBits=0x3FFF
    ).pack()


def _performance(t: KThread, address: int) -> bytes:
    commit = t.kernel.part(CommitAccount)
    return si.SYSTEM_PERFORMANCE_INFORMATION(
        AvailablePages=(commit.limit - commit.used) // PAGE,
        CommittedPages=commit.used // PAGE,
        CommitLimit=commit.limit // PAGE,
        PeakCommitment=commit.peak // PAGE,
    ).pack()


def _time_of_day(t: KThread, address: int) -> bytes:
    now = t.kernel.part(SharedUserData).system_time
    return SYSTEM_TIMEOFDAY_INFORMATION(
        BootTime=t.kernel.clock.system_time() - t.kernel.clock.interrupt_time(),
        CurrentTime=now,
        TimeZoneBias=t.kernel.part(SharedUserData).bias,
    ).pack()


def _processor_performance(t: KThread, address: int) -> bytes:
    count = _processors(t)
    elapsed = t.kernel.clock.interrupt_time()
    user = kernel = 0
    for process in t.kernel.part(ClientIdTable).running.values():
        mine = process.times()
        user, kernel = user + mine[0], kernel + mine[1]
    one = si.SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION(
        IdleTime=max(0, elapsed - (user + kernel) // count),
        KernelTime=max(0, elapsed - user // count),  # idle time counts as kernel time, as in NT
        UserTime=user // count,
    ).pack()
    return one * count


def _processes(t: KThread, address: int) -> bytes:
    """The idle process first, then every process with its threads."""
    entries = [_process_entry(None, address)]
    place = address + len(entries[0])
    for process in t.kernel.part(ClientIdTable).running.values():
        entries.append(_process_entry(process, place))
        place += len(entries[-1])
    for index, entry in enumerate(entries[:-1]):
        entries[index] = len(entry).to_bytes(4, "little") + entry[4:]
    return b"".join(entries)


def _process_entry(process: Any, address: int) -> bytes:
    """One SYSTEM_PROCESS_INFORMATION, its threads and its name; None is the idle process."""
    size, thread_size = si.SYSTEM_PROCESS_INFORMATION.size(), si.SYSTEM_THREAD_INFORMATION.size()
    if process is None:
        return si.SYSTEM_PROCESS_INFORMATION(ImageName=UNICODE_STRING()).pack()
    threads = process.threads
    name: bytes = process.file_name.encode("utf-16-le", "surrogatepass")
    user, kernel = process.times()
    head = si.SYSTEM_PROCESS_INFORMATION(
        NumberOfThreads=len(threads),
        CreateTime=process.create_time,
        UserTime=user,
        KernelTime=kernel,
        ImageName=UNICODE_STRING(
            Length=len(name), MaximumLength=len(name) + 2, Buffer=address + size + thread_size * len(threads)
        ),
        BasePriority=process.base_priority,
        UniqueProcessId=process.pid,
        InheritedFromUniqueProcessId=process.parent_pid,
        HandleCount=process.handles.count,
        SessionId=process.session,
    )
    out = head.pack() + b"".join(_thread_entry(one) for one in threads) + name + b"\0\0"
    return out + bytes(-len(out) % 8)


def _thread_entry(thread: Any) -> bytes:
    user, kernel = thread.times()
    waiting = thread.wait_group is not None
    return si.SYSTEM_THREAD_INFORMATION(
        KernelTime=kernel,
        UserTime=user,
        CreateTime=thread.create_time,
        StartAddress=thread.start_address,
        ClientId=CLIENT_ID(UniqueProcess=thread.process.pid, UniqueThread=thread.tid),
        Priority=thread.priority,
        BasePriority=thread.priority,
        ThreadState=KTHREAD_STATE.Waiting if waiting or thread.parked else KTHREAD_STATE.Running,
        WaitReason=KWAIT_REASON.UserRequest if waiting else KWAIT_REASON.Executive,
    ).pack()


def _handles(t: KThread, address: int) -> bytes:
    entries = []
    for process in t.kernel.part(ClientIdTable).running.values():
        for handle, entry in process.handles.items():
            entries.append(
                SYSTEM_HANDLE_TABLE_ENTRY_INFO(
                    UniqueProcessId=process.pid,
                    ObjectTypeIndex=entry.object.type.index,
                    HandleAttributes=entry.protect | entry.inherit << 1,
                    HandleValue=handle,
                    Object=entry.object.address,
                    GrantedAccess=entry.granted,
                ).pack()
            )
    return len(entries).to_bytes(4, "little") + b"".join(entries)


def _page_files(t: KThread, address: int) -> bytes:
    commit = t.kernel.part(CommitAccount)
    size = si.SYSTEM_PAGEFILE_INFORMATION.size()
    name = "\\??\\C:\\pagefile.sys".encode("utf-16-le")
    head = si.SYSTEM_PAGEFILE_INFORMATION(
        TotalSize=commit.limit // PAGE,
        TotalInUse=commit.used // PAGE,
        PeakUsage=commit.peak // PAGE,
        PageFileName=UNICODE_STRING(Length=len(name), MaximumLength=len(name) + 2, Buffer=address + size),
    )
    return head.pack() + name + b"\0\0"


def _time_adjustment(t: KThread, address: int) -> bytes:
    return si.SYSTEM_QUERY_TIME_ADJUST_INFORMATION(
        TimeAdjustment=TIME_INCREMENT, TimeIncrement=TIME_INCREMENT, Enable=1
    ).pack()


def _debugger(t: KThread, address: int) -> bytes:
    return si.SYSTEM_KERNEL_DEBUGGER_INFORMATION(KernelDebuggerEnabled=0, KernelDebuggerNotPresent=1).pack()


def _interrupts(t: KThread, address: int) -> bytes:
    return si.SYSTEM_INTERRUPT_INFORMATION(TimeIncrement=TIME_INCREMENT).pack() * _processors(t)


def _zeroes(size: int) -> Callable[[KThread, int], bytes]:
    """Counters that nothing here counts."""
    return lambda t, address: bytes(size)


def _fixed(structure: Any, make: Callable[[KThread, int], bytes], *others: int) -> Class:
    return Class(make, (structure.size(), *others))


def classes(version: Version) -> dict[int, Class]:
    """The classes of a version."""
    time_of_day = SYSTEM_TIMEOFDAY_INFORMATION.size()
    return {
        CLASS.SystemBasicInformation: _fixed(si.SYSTEM_BASIC_INFORMATION, _basic),
        CLASS.SystemProcessorInformation: _fixed(si.SYSTEM_PROCESSOR_INFORMATION, _processor),
        CLASS.SystemPerformanceInformation: _fixed(si.SYSTEM_PERFORMANCE_INFORMATION, _performance),
        # Any length up to the structure's is served: 2000 has 0x20 bytes of it.
        CLASS.SystemTimeOfDayInformation: Class(_time_of_day, tuple(range(time_of_day + 1))),
        CLASS.SystemProcessInformation: Class(_processes),
        CLASS.SystemProcessorPerformanceInformation: Class(_processor_performance),
        CLASS.SystemFlagsInformation: _fixed(si.SYSTEM_FLAGS_INFORMATION, _zeroes(4)),
        CLASS.SystemHandleInformation: Class(_handles),
        CLASS.SystemPageFileInformation: Class(_page_files),
        CLASS.SystemFileCacheInformation: _fixed(
            si.SYSTEM_FILECACHE_INFORMATION, _zeroes(si.SYSTEM_FILECACHE_INFORMATION.size())
        ),
        CLASS.SystemInterruptInformation: Class(_interrupts),
        CLASS.SystemTimeAdjustmentInformation: _fixed(
            si.SYSTEM_QUERY_TIME_ADJUST_INFORMATION, _time_adjustment
        ),
        CLASS.SystemExceptionInformation: _fixed(si.SYSTEM_EXCEPTION_INFORMATION, _zeroes(16)),
        CLASS.SystemKernelDebuggerInformation: Class(_debugger, (2,)),
        CLASS.SystemContextSwitchInformation: _fixed(
            si.SYSTEM_CONTEXT_SWITCH_INFORMATION, _zeroes(si.SYSTEM_CONTEXT_SWITCH_INFORMATION.size())
        ),
    }

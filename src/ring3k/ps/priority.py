"""Priorities: what a thread's number is made of.

A thread's base priority is its process's, moved by its own increment within
[-2, 2], or saturated to the edge of its class at +-15.  Priorities 1 to 15 are
dynamic, 16 to 31 real time.  They are kept and reported; which host thread runs
is the host's decision.
"""

from __future__ import annotations

from ring3k.abi.structs.psinfo import (
    HIGH_PRIORITY,
    LOW_REALTIME_PRIORITY,
    THREAD_BASE_PRIORITY_IDLE,
    THREAD_BASE_PRIORITY_LOWRT,
    THREAD_BASE_PRIORITY_MAX,
    THREAD_BASE_PRIORITY_MIN,
)
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ps.process import Process
    from ring3k.ps.thread import Thread

# PROCESS_PRIORITY_CLASS_*: unknown, idle, normal, high, real time, below normal, above normal
CLASS_PRIORITY = (8, 4, 8, 13, 24, 6, 10)


def valid_increment(value: int) -> bool:
    """Whether ThreadBasePriority accepts it."""
    return THREAD_BASE_PRIORITY_MIN <= value <= THREAD_BASE_PRIORITY_MAX or value in (
        THREAD_BASE_PRIORITY_LOWRT,
        THREAD_BASE_PRIORITY_IDLE,
    )


def base_priority(process: int, increment: int) -> int:
    """A thread's base priority from its process's and its increment."""
    low, high = (16, HIGH_PRIORITY) if process >= LOW_REALTIME_PRIORITY else (1, 15)
    if increment >= THREAD_BASE_PRIORITY_LOWRT:
        return high
    if increment <= THREAD_BASE_PRIORITY_IDLE:
        return low
    return max(low, min(process + increment, high))


def rebase(process: Process, priority: int) -> None:
    """Give a process another base priority; its threads move along."""
    process.base_priority = priority
    for thread in process.threads:
        thread.priority = base_priority(priority, thread.base_increment)


def set_increment(thread: Thread, increment: int) -> None:
    """ThreadBasePriority."""
    thread.base_increment = increment
    thread.priority = base_priority(thread.process.base_priority, increment)

"""Opening a machine's registry, with a kernel or without."""

from __future__ import annotations

import time
from collections.abc import Callable

from ring3k.abi.version import Version
from ring3k.cm.hardware import describe_hardware
from ring3k.cm.registry import Registry
from ring3k.cm.store import MemoryStore, StoreError
from ring3k.sched.clock import UNIX_EPOCH

RegistryError = StoreError


def host_time() -> int:
    """System time as the host has it."""
    return time.time_ns() // 100 + UNIX_EPOCH


def open_registry(
    path: str | None, version: Version, now: Callable[[], int] = host_time, hardware: bool = True
) -> Registry:
    """The registry in a file, or a new one in memory; a new one is filled.  RegistryError."""
    if path is None:
        store = MemoryStore()
    else:
        from ring3k.cm.sqlite_store import Store

        store = Store(path)
    old = version.level <= 50
    registry = Registry(store, now, 1 << 20 if old else None, sees_equal=not old)
    try:
        if registry.child(registry.root, "MACHINE") is None:
            from ring3k.cm.defaults import fill  # once in the life of a machine

            fill(registry, version)
        if store.alone:
            if store.hives():
                from ring3k.cm.hive import recover

                recover(registry)
            store.started()
        if hardware:
            describe_hardware(registry, version)
        if version.level >= 100 and hardware:
            from ring3k.cm.release import describe_release

            describe_release(registry, version)
    except BaseException:
        registry.close()
        raise
    return registry

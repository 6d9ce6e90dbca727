"""Opening a machine's registry, with a kernel or without."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable

from ring3k.abi.version import Version
from ring3k.cm.defaults import describe_hardware, fill
from ring3k.cm.hive import recover
from ring3k.cm.registry import Registry
from ring3k.cm.store import MemoryStore, StoreError

RegistryError = StoreError
UNIX_EPOCH = 116_444_736_000_000_000  # 1970-01-01 in system time


def _lock(path: str | None) -> tuple[int, bool]:
    """Held as long as the registry is open; and whether nobody else has it, which makes this a start."""
    if path is None:
        return -1, False
    try:
        lock = os.open(f"{path}-lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"{path}: cannot be locked: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        fcntl.flock(lock, fcntl.LOCK_SH)
        return lock, False
    return lock, True


def host_time() -> int:
    """System time as the host has it."""
    return time.time_ns() // 100 + UNIX_EPOCH


def open_registry(
    path: str | None, version: Version, now: Callable[[], int] = host_time, hardware: bool = True
) -> Registry:
    """The registry in a file, or a new one in memory; a new one is filled.  RegistryError."""
    lock, alone = _lock(path)
    if path is None:
        store = MemoryStore()
    else:
        from ring3k.cm.sqlite_store import Store

        try:
            store = Store(path)
        except StoreError:
            os.close(lock)
            raise
    registry = Registry(store, now, 1 << 20 if version.name in ("nt40", "nt50") else None)
    registry.lock = lock
    try:
        if registry.child(registry.root, "MACHINE") is None:
            fill(registry, version)
        if alone:
            recover(registry)
            fcntl.flock(lock, fcntl.LOCK_SH)
        if hardware:
            describe_hardware(registry, version)
    except BaseException:
        registry.close()
        raise
    return registry

"""Opening a machine's registry, with a kernel or without."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from ring3k.abi.version import Version
from ring3k.cm.hardware import describe_hardware
from ring3k.cm.registry import Registry
from ring3k.cm.store import MemoryStore, StoreError
from ring3k.sched.clock import UNIX_EPOCH

RegistryError = StoreError


class NoRoomError(RegistryError):
    """A registry is opened by writing a little, and there is no room on its disk."""


LEAST_ROOM = 1 << 16  # bytes that SQLite wants to begin with


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

        try:
            store = Store(path)
        except StoreError:
            if _is_full(os.path.dirname(path)):
                raise NoRoomError(f"{path}: it cannot be opened: its disk is full") from None
            raise
    registry = _registry(store, version, now)
    try:
        if registry.child(registry.root, "MACHINE") is None:
            from ring3k.cm.defaults import fill  # once in the life of a machine

            fill(registry, version)
        _start(registry)
        if hardware:
            _describe(registry, version)
    except BaseException:
        registry.close()
        raise
    return registry


def _is_full(folder: str) -> bool:
    try:
        host = os.statvfs(folder or ".")
    except OSError:
        return False
    return host.f_bavail * host.f_frsize < LEAST_ROOM


def open_ahead(path: str, version: Version, now: Callable[[], int]) -> Registry:
    """The registry in a file that has been used before, to be looked at until ``begin``.  RegistryError."""
    from ring3k.cm.sqlite_store import Store

    registry = _registry(Store(path, begin=False), version, now)
    try:
        if registry.child(registry.root, "MACHINE") is None:
            raise StoreError(f"{path}: empty")
        _describe(registry, version)
    except BaseException:
        registry.close()
        raise
    return registry


def begin(registry: Registry) -> None:
    """Use one that was opened ahead; closed with a RegistryError if that cannot be."""
    from ring3k.cm.sqlite_store import Store

    store = registry.store
    try:
        if isinstance(store, Store) and store.begin():
            registry.doubt()
        _start(registry)
    except BaseException:
        registry.close()
        raise


def _registry(store: MemoryStore, version: Version, now: Callable[[], int]) -> Registry:
    old = version.level <= 50
    return Registry(store, now, 1 << 20 if old else None, sees_equal=not old)


def _start(registry: Registry) -> None:
    """Do what is to be done when the machine starts, if this is a start."""
    if registry.store.alone:
        if registry.store.hives():
            from ring3k.cm.hive import recover

            recover(registry)
        registry.store.started()


def _describe(registry: Registry, version: Version) -> None:
    describe_hardware(registry, version)
    if version.level >= 100:
        from ring3k.cm.release import describe_release

        describe_release(registry, version)

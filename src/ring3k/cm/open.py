"""Opening a machine's registry, with a kernel or without."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from ring3k.abi.version import Version
from ring3k.cm.hardware import describe_hardware
from ring3k.cm.registry import Registry
from ring3k.cm.store import MemoryStore, StoreError
from ring3k.cm.view import View
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
            store = Store.open(path)
        except StoreError:
            if _is_full(os.path.dirname(path)):
                raise NoRoomError(f"{path}: it cannot be opened: its disk is full") from None
            raise
    registry = registry_in(store, version, now)
    try:
        if registry.child(registry.root, "MACHINE") is None:
            from ring3k.cm.defaults import fill  # once in the life of a machine

            fill(registry, version)
        start(registry)
        if hardware:
            describe(registry, version)
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


def registry_in(
    store: MemoryStore, version: Version, now: Callable[[], int], view: View | None = None
) -> Registry:
    """What a system of this version does with it."""
    old = version.level <= 50
    return Registry(store, now, 1 << 20 if old else None, not old, view)


def start(registry: Registry) -> None:
    """Do what is to be done when the machine starts, if this is a start."""
    if registry.store.alone:
        if registry.store.hives():
            from ring3k.cm.hive import recover

            recover(registry)
        registry.store.started()


def describe(view: View, version: Version) -> None:
    """Tell what the machine is, and for which release of Windows."""
    describe_hardware(view, version)
    if version.level >= 100:
        from ring3k.cm.release import describe_release

        describe_release(view, version)

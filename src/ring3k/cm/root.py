"""``\\REGISTRY`` in the namespace, and the registry behind it, which is opened when it is first needed.

Most programs never look, and SQLite takes its time to load.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress

from ring3k.abi.status import STATUS_DISK_FULL, STATUS_REGISTRY_CORRUPT, NtError
from ring3k.abi.version import Version
from ring3k.hooks.events import Note
from ring3k.ob.object import Object
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.cm.ahead import Ahead
    from ring3k.cm.hive import Hives
    from ring3k.cm.notify import Watching
    from ring3k.cm.registry import Registry
    from ring3k.ke.kernel import Kernel


class ConfigurationManager:
    """The registry of a machine: kept in the file ``path``, or in memory only."""

    def __init__(self, kernel: Kernel, path: str | None = None) -> None:
        self._kernel = kernel
        self._registry: Registry | None = None
        self._ahead: Ahead | None = None  # opened before it is needed
        self._closed: Registry | None = None
        self._watching: Watching | None = None
        self._hives: Hives | None = None
        self.path = path

    @property
    def registry(self) -> Registry:
        """Opened, and filled if it is new; STATUS_REGISTRY_CORRUPT, STATUS_DISK_FULL."""
        if self._registry is None:
            from ring3k.cm.open import NoRoomError, RegistryError, open_registry

            kernel = self._kernel
            ahead, self._ahead = self._ahead, None
            if ahead is not None:
                from ring3k.cm.ahead import begin

                try:
                    self._registry = begin(ahead, kernel.part(Version))
                    return self._registry
                except RegistryError:
                    pass  # as if it had not been opened
            try:
                self._registry = open_registry(self.path, kernel.part(Version), kernel.clock.system_time)
            except RegistryError as error:
                kernel.bus.emit(Note(0, 0, str(error)))
                full = isinstance(error, NoRoomError)
                raise NtError(STATUS_DISK_FULL if full else STATUS_REGISTRY_CORRUPT) from None
        return self._registry

    @property
    def hives(self) -> Hives:
        """The hives that are loaded from files."""
        if self._hives is None:
            from ring3k.cm.hive import Hives

            self._hives = Hives(self.registry)
        return self._hives

    @property
    def watching(self) -> Watching:
        """Who waits for changes."""
        if self._watching is None:
            from ring3k.cm.notify import Watching

            self._watching = Watching(self.registry, self._kernel.scheduler)
        return self._watching

    @property
    def keys_known(self) -> tuple[str, ...]:
        """The paths of the keys that programs have looked at, also after the end."""
        found = self._registry or self._closed
        return found.known() if found is not None else ()

    def get_ready(self, keys: Iterable[str]) -> None:
        """Open it and look at these keys, while there is time.  Nothing is changed."""
        from ring3k.cm.ahead import open_ahead
        from ring3k.cm.open import RegistryError

        if self.path is None or not os.path.exists(self.path):
            return
        kernel = self._kernel
        try:
            self._ahead = view = open_ahead(self.path, kernel.part(Version), kernel.clock.system_time)
        except (RegistryError, NtError):  # whoever needs it will be told
            return
        for path in keys:
            with suppress(NtError):
                node = view.find(view.root, path)
                if node is not None:
                    view.values(node)

    def close(self) -> None:
        """May be called twice."""
        if self._ahead is not None:
            self._ahead.close()
            self._ahead = None
        if self._hives is not None:
            self._hives.close()
            self._hives = None
        found, self._registry = self._registry, None
        if found is not None:
            found.close()
            self._closed = found


class RegistryRoot(Object):
    """What is called \\REGISTRY; opening it gives a key object."""

    type_name = "Key"

    def parse(self, t: Any, rest: str, attributes: int, context: Any) -> Any:
        """Open or create a key."""
        from ring3k.cm.key import walk

        registry = self.kernel.part(ConfigurationManager).registry
        return walk(self.kernel, registry, registry.root, t, rest, attributes, context)

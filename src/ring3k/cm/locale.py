"""Where the system's and the user's locale are kept from run to run: two values in the registry."""

from __future__ import annotations

import os

from ring3k.abi.status import NtError
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.cm.root import ConfigurationManager

# (key, value, digits) for the system and for the user
PLACES = (
    ("MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Nls\\Language", "Default", 4),
    ("USER\\.DEFAULT\\Control Panel\\International", "Locale", 8),
)


class KeptLocale:
    """``ex.locale`` asks it for what a machine has, and tells it what is set."""

    def __init__(self, configuration: ConfigurationManager) -> None:
        self._configuration = configuration

    def read(self, user: bool) -> int | None:
        """None where nothing was ever kept: a new registry is not opened for that."""
        path = self._configuration.path
        if path is None or not os.path.exists(path):
            return None
        key, name, digits = PLACES[user]
        try:
            registry = self._configuration.registry
            node = registry.find(registry.root, key)
            if node is None:
                return None
            text = registry.value(node, name).data[: digits * 2].decode("utf-16-le", "replace")
            return int(text, 16)
        except (NtError, ValueError):
            return None

    def write(self, user: bool, locale: int) -> None:
        """NtError of the registry."""
        from ring3k.abi.structs.cm import REG_SZ  # with a room's structures: late

        key, name, digits = PLACES[user]
        registry = self._configuration.registry
        node = registry.find(registry.root, key) or registry.ensure(registry.root, key)
        registry.set_value(node, name, REG_SZ, f"{locale:0{digits}X}\0".encode("utf-16-le"))

"""The system's and the user's locale, and the language of menus.

A locale is an LCID: its low word is a language with its region, the rest a sort
order that cannot be made a default.  Only locales that Windows came with can be
set.  The language of menus is another thing than the locale; one that is set holds
from the next logon on, when NtSetDefaultUILanguage is called with 0.
"""

from __future__ import annotations

from ring3k.abi.status import STATUS_INVALID_PARAMETER, STATUS_OBJECT_NAME_NOT_FOUND, NtError
from ring3k.typed import Protocol

ENGLISH_US = 0x409
# Sublanguages (the high byte / 4) of each primary language that Windows 2000 and XP have locale data of.
_REGIONS: dict[int, tuple[int, ...]] = {
    **dict.fromkeys((0x02, 0x03, 0x05, 0x06, 0x08, 0x0B, 0x0D, 0x0E, 0x0F, 0x11, 0x12, 0x15), (1,)),
    **dict.fromkeys((0x18, 0x19, 0x1B, 0x1C, 0x1E, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25), (1,)),
    **dict.fromkeys((0x26, 0x27, 0x29, 0x2A, 0x2B, 0x2D, 0x2F, 0x36, 0x37, 0x38, 0x39, 0x3F), (1,)),
    **dict.fromkeys((0x40, 0x41, 0x44, 0x46, 0x47, 0x49, 0x4A, 0x4B, 0x4E, 0x4F, 0x50, 0x56), (1,)),
    **dict.fromkeys((0x57, 0x5A, 0x65), (1,)),
    0x01: tuple(range(1, 17)),  # Arabic
    0x04: (1, 2, 3, 4, 5),  # Chinese
    0x07: (1, 2, 3, 4, 5),  # German
    0x09: (*range(1, 14),),  # English
    0x0A: tuple(range(1, 21)),  # Spanish
    0x0C: (1, 2, 3, 4, 5, 6),  # French
    0x10: (1, 2),
    0x13: (1, 2),
    0x14: (1, 2),
    0x16: (1, 2),
    0x1A: (1, 2, 3),
    0x1D: (1, 2),
    0x2C: (1, 2),
    0x3E: (1, 2),
    0x43: (1, 2),
}


def check_locale(lcid: int) -> None:
    """STATUS_INVALID_PARAMETER, STATUS_OBJECT_NAME_NOT_FOUND."""
    if lcid & 0xFFFF0000:
        raise NtError(STATUS_INVALID_PARAMETER)
    if lcid >> 10 not in _REGIONS.get(lcid & 0x3FF, ()):
        raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)


class Store(Protocol):
    """Where locales are kept from run to run: the registry, of a room above."""

    def read(self, user: bool) -> int | None: ...
    def write(self, user: bool, locale: int) -> None: ...


class Locale:
    """The defaults of one system; what a store has is read when it is first asked for."""

    def __init__(self) -> None:
        self._ids: list[int | None] = [None, None]  # system, user
        self.installed = ENGLISH_US
        self.language = ENGLISH_US
        self._next_language = ENGLISH_US
        self.store: Store | None = None

    def get(self, user: bool) -> int:
        found = self._ids[user]
        if found is None:
            kept = self.store.read(user) if self.store is not None else None
            found = self._ids[user] = kept or ENGLISH_US
        return found

    def set(self, user: bool, lcid: int) -> None:
        """Make a locale the default, at once and for good."""
        check_locale(lcid)
        if self.store is not None:
            self.store.write(user, lcid)
        self._ids[user] = lcid

    def set_language(self, language: int) -> None:
        """The language of menus from the next logon on; 0 is that logon.  Only what is installed."""
        if not language:
            self.language = self._next_language
            return
        if language != self.installed:
            raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
        self._next_language = language

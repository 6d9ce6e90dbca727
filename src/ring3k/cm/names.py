"""Names of keys and values: how they compare, and what they may be."""

from __future__ import annotations

from ring3k.abi.status import STATUS_INVALID_PARAMETER, NtError
from ring3k.abi.upcase import upcase

MAX_KEY_NAME = 255  # characters
MAX_VALUE_NAME = 16383
SYMBOLIC_LINK_VALUE = "SYMBOLICLINKVALUE"  # folded


fold = upcase  # the name as it is compared and sorted; it is kept in files (``cm.sqlite_format``)


def string_data(text: str) -> bytes:
    """The data of a REG_SZ."""
    return (text + "\0").encode("utf-16-le")


def split(path: str) -> list[str]:
    """The components of a path; empty ones do not count.  STATUS_INVALID_PARAMETER: one is too long."""
    parts = [part for part in path.split("\\") if part]
    for part in parts:
        if len(part) > MAX_KEY_NAME:
            raise NtError(STATUS_INVALID_PARAMETER)
    return parts

"""Firmware tables that programs may read: SMBIOS, as short as it can be.

What a program finds is this virtual computer's, not the host's.
"""

from __future__ import annotations

from struct import pack

RSMB = int.from_bytes(b"RSMB", "big")
ENUMERATE, GET = range(2)
_UUID = bytes(range(16))


def _structure(kind: int, handle: int, body: bytes, *strings: str) -> bytes:
    """One SMBIOS structure with its strings."""
    text = b"".join(one.encode("ascii") + b"\0" for one in strings) or b"\0"
    return pack("<BBH", kind, 4 + len(body), handle) + body + text + b"\0"


def smbios() -> bytes:
    """RawSMBIOSData."""
    bios = pack("<BBHBBQ", 1, 2, 0xE800, 3, 0, 0x08)
    system = pack("<4B", 1, 2, 3, 0) + _UUID + b"\x06"
    data = (
        _structure(0, 0, bios, "ring3k", "1.0", "01/01/2026")
        + _structure(1, 1, system, "ring3k", "Virtual computer", "1.0")
        + _structure(127, 2, b"")
    )
    return pack("<4BI", 0, 2, 4, 0, len(data)) + data


def table(provider: int, action: int, number: int) -> bytes | None:
    """A table, or the list of a provider's tables; None: there is no such."""
    if provider != RSMB:
        return None
    if action == ENUMERATE:
        return bytes(4)
    return smbios() if action == GET and number == 0 else None

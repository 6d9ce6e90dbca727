"""The volumes of a system, and their names: what the mount manager tells of."""

from __future__ import annotations

from struct import Struct

from ring3k.typed import NamedTuple

_GUID = Struct("<IHH8s")


class Mounted(NamedTuple):
    """A volume."""

    letter: str
    device: str  # its name in the namespace
    identity: bytes

    @property
    def lasting_name(self) -> str:
        """``\\??\\Volume{...}``."""
        one, two, three, rest = _GUID.unpack(self.identity[:16].ljust(16, b"\0"))
        tail = f"{rest[:2].hex()}-{rest[2:].hex()}"
        return f"\\??\\Volume{{{one:08x}-{two:04x}-{three:04x}-{tail}}}"

    @property
    def names(self) -> tuple[str, str]:
        return f"\\DosDevices\\{self.letter}:", self.lasting_name


class MountTable:
    """The volumes of a system."""

    def __init__(self) -> None:
        self.volumes: list[Mounted] = []

    def find(self, text: str) -> Mounted | None:
        """By device, letter or lasting name."""
        wanted = text.upper().replace("\\DOSDEVICES\\", "\\??\\", 1).replace("\\\\?\\", "\\??\\", 1)
        wanted = wanted.removesuffix("\\")
        for one in self.volumes:
            if wanted in (one.device.upper(), f"\\??\\{one.letter}:", one.lasting_name.upper()):
                return one
        return None

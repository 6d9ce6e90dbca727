"""The NT version that a system presents itself as."""

from __future__ import annotations

from typing import NamedTuple


class Version(NamedTuple):
    """Numbers that programs read out of PEB, shared user data and information classes."""

    name: str  # nt40 nt50 nt51 nt52 nt100
    major: int
    minor: int
    build: int
    service_pack: int  # major in the high byte, as PEB.OSCSDVersion has it
    system_root: str
    processors: int = 1

    @property
    def level(self) -> int:
        """For comparisons: 40, 50, 51, 52, 100."""
        return LEVELS[self.name]

    @property
    def service_pack_name(self) -> str:
        return f"Service Pack {self.service_pack >> 8}" if self.service_pack else ""


VERSIONS = (
    Version("nt40", 4, 0, 1381, 0x600, "C:\\WINNT"),
    Version("nt50", 5, 0, 2195, 0x400, "C:\\WINNT"),
    Version("nt51", 5, 1, 2600, 0x300, "C:\\WINDOWS"),
    Version("nt52", 5, 2, 3790, 0x200, "C:\\WINDOWS"),
    Version("nt100", 10, 0, 19043, 0, "C:\\windows"),
)
LEVELS = {one.name: one.major * 10 + one.minor for one in VERSIONS}
LATEST = "nt100"


def version_of(name: str, processors: int = 1) -> Version:
    """The version of an ABI name; KeyError for a name nobody has heard of.

    Of the host's processors at most 32 are shown: an affinity mask has no more bits.
    """
    return {one.name: one for one in VERSIONS}[name]._replace(processors=min(processors, 32))

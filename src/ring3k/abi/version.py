"""The NT version that a system presents itself as."""

from __future__ import annotations

from ring3k.typed import NamedTuple


class Version(NamedTuple):
    """Numbers that programs read out of PEB, shared user data and information classes."""

    name: str  # nt40 nt50 nt51 nt52 nt100
    major: int
    minor: int
    build: int
    service_pack: int  # major in the high byte, as PEB.OSCSDVersion has it
    system_root: str
    processors: int = 1
    product: str = ""  # for people; where it is not told by the numbers
    server: bool = False

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
    Version("nt100", 10, 0, 19043, 0, "C:\\windows", product="Windows 10 Pro"),
)
LEVELS = {one.name: one.major * 10 + one.minor for one in VERSIONS}
LATEST = "nt100"


class Release(NamedTuple):
    """A Windows that a system of nt100 can say it is."""

    product: str
    major: int
    minor: int
    build: int
    service_pack: int = 0
    server: bool = False


RELEASES = {
    "nt40": Release("Microsoft Windows NT", 4, 0, 1381, 0x600),
    "win2k": Release("Microsoft Windows 2000", 5, 0, 2195, 0x400),
    "winxp": Release("Microsoft Windows XP", 5, 1, 2600, 0x300),
    "win2k3": Release("Microsoft Windows Server 2003", 5, 2, 3790, 0x200, True),
    "vista": Release("Windows Vista (TM) Business", 6, 0, 6002, 0x200),
    "win2k8": Release("Windows Server (R) 2008 Standard", 6, 0, 6002, 0x200, True),
    "win7": Release("Windows 7 Professional", 6, 1, 7601, 0x100),
    "win2k8r2": Release("Windows Server 2008 R2 Standard", 6, 1, 7601, 0x100, True),
    "win8": Release("Windows 8 Pro", 6, 2, 9200),
    "win81": Release("Windows 8.1 Pro", 6, 3, 9600),
    "win10": Release("Windows 10 Pro", 10, 0, 19043),
    "win11": Release("Windows 11 Pro", 10, 0, 22000),
}


def released_as(version: Version, release: str) -> Version:
    """The same system with the numbers of a release; KeyError."""
    one = RELEASES[release]
    return version._replace(
        major=one.major,
        minor=one.minor,
        build=one.build,
        service_pack=one.service_pack,
        product=one.product,
        server=one.server,
    )


def version_of(name: str, processors: int = 1) -> Version:
    """The version of an ABI name; KeyError for a name nobody has heard of.

    Of the host's processors at most 32 are shown: an affinity mask has no more bits.
    """
    return {one.name: one for one in VERSIONS}[name]._replace(processors=min(processors, 32))

"""Which userland a name stands for."""

from __future__ import annotations

import os
from collections.abc import Mapping

from ring3k.abi.version import RELEASES, released_as, version_of
from ring3k.engine.protocol import EngineError
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.userland.base import Userland

NO_WINE = (
    "Wine's 32-bit DLLs, which Win32 programs run on, are not on this computer: 'ring3k setup' fetches them, "
    "or say where they are: 'ring3k setup --from DIR'"
)
DLLS, RELEASE = "dlls", "windows-version"  # settings of a machine


def make_userland(
    name: str,
    abi: str | None = None,
    ntdll: str | None = None,
    release: str | None = None,
    settings: Mapping[str, str] | None = None,
) -> Userland:
    """A userland by name: ``builtin``, of a version of Windows (nt51 unless said), ``wine``, or a folder.

    A folder, or a drive C:, has the DLLs of some Windows, of ReactOS or of Wine.  ``settings``: the
    machine's, which count where nothing else is said.  ValueError for a name nobody has heard of;
    EngineError when it is not on this host.
    """
    processors = len(os.sched_getaffinity(0))
    settings = settings or {}
    if release is not None and release not in RELEASES:
        raise ValueError(f"no release {release!r}: there are {', '.join(RELEASES)}")
    if name == "builtin":
        return _builtin(abi, ntdll, processors)
    if name == "wine":
        from ring3k.userland import wine

        found = wine.find(settings.get(DLLS))
        if found is None:
            kept = settings.get(DLLS)
            raise EngineError(
                f"{kept}: Wine's DLLs are no longer there ('ring3k setup')" if kept else NO_WINE
            )
        userland: Userland = wine.Wine(version_of("nt100", processors), *found)
    else:
        if os.sep not in name and not os.path.exists(name):
            raise ValueError(f"no userland {name!r}: there are builtin, wine, and folders with DLLs")
        from ring3k.userland.given import open_userland

        userland = open_userland(name, processors)
    release = release or settings.get(RELEASE)
    if release in RELEASES and userland.version.level >= 100:
        userland.version = released_as(userland.version, release)
    return userland


def _builtin(abi: str | None, ntdll: str | None, processors: int) -> Userland:
    from ring3k.userland.builtin import Builtin

    try:
        version = version_of(abi or "nt51", processors)
        if version.level > 52:
            raise KeyError(abi)
    except KeyError:
        raise ValueError(f"no ABI {abi!r}: there are nt40, nt50, nt51 and nt52") from None
    return Builtin(version, ntdll)

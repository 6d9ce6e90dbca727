"""The ntdll that every process gets, and the places where the kernel enters it.

NT finds these places once, at boot, by name in ntdll's export table
(PsLocateSystemDll); so does whoever composes a system.  Kept as offsets from the
image's base: an ntdll that had to move has them elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping

from ring3k.mm.section import Section
from ring3k.ps.contract import ProcessContract

ENTRY_POINTS = (
    "LdrInitializeThunk",
    "KiUserApcDispatcher",
    "KiUserExceptionDispatcher",
    "KiUserCallbackDispatcher",
    "KiRaiseUserExceptionDispatcher",
    "KiFastSystemCallRet",
    "RtlUserThreadStart",
)


class SystemDll:
    """ntdll's image section, mapped into each new process."""

    def __init__(
        self, section: Section, places: Mapping[str, int], contract: ProcessContract | None = None
    ) -> None:
        section.reference()
        self.section = section
        self.contract = contract or ProcessContract()
        self.places = places  # name -> offset from the image's base

    def close(self) -> None:
        self.contract.close()
        self.section.dereference()

"""National language support: the tables of locales, code pages, casing, sorting and normalisation.

Each is a file that processes map.  Which files there are is the userland's
matter; their names are Windows' own.
"""

from __future__ import annotations

from collections.abc import Callable

from ring3k.abi.status import STATUS_INVALID_PARAMETER_1, STATUS_OBJECT_NAME_NOT_FOUND, NtError
from ring3k.abi.structs.mm import PAGE_READONLY, SEC_COMMIT
from ring3k.mm.section import Section
from ring3k.mm.segment import data_segment
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel
    from ring3k.mm.address_space import AddressSpace
    from ring3k.mm.backing import FileBacking

LOCALE = "locale.nls"
SORT_KEYS, CASE_MAP, CODE_PAGE, NORMALIZATION = 9, 10, 11, 12  # NLS_SECTION_*
_NORMALIZATION = {
    1: "normnfc.nls",
    2: "normnfd.nls",
    5: "normnfkc.nls",
    6: "normnfkd.nls",
    13: "normidna.nls",
}


def file_name(kind: int, id_: int) -> str:
    """The file of a table; STATUS_INVALID_PARAMETER_1, STATUS_OBJECT_NAME_NOT_FOUND."""
    if kind == CODE_PAGE:
        return f"c_{id_:03}.nls"
    if kind == NORMALIZATION:
        if id_ not in _NORMALIZATION:
            raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
        return _NORMALIZATION[id_]
    if kind in (SORT_KEYS, CASE_MAP):
        if id_:
            raise NtError(STATUS_INVALID_PARAMETER_1)
        return "sortdefault.nls" if kind == SORT_KEYS else "l_intl.nls"
    raise NtError(STATUS_INVALID_PARAMETER_1)


class LanguageTables:
    """The tables of one system; each stays mapped somewhere once it was asked for."""

    def __init__(self, kernel: Kernel, open_: Callable[[str], FileBacking | None]) -> None:
        self._kernel = kernel
        self._open = open_
        self._sections: dict[str, Section] = {}

    def map(self, vm: AddressSpace, name: str) -> tuple[int, int]:
        """(address, size) of a table, shown to a process; STATUS_OBJECT_NAME_NOT_FOUND."""
        section = self._sections.get(name)
        if section is None:
            section = self._sections[name] = self._section(name)
        _, base, _, _ = vm.map_view(section, protect=PAGE_READONLY)
        return base, section.size

    def _section(self, name: str) -> Section:
        backing = self._open(name)
        if backing is None:
            raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
        segment = data_segment(self._kernel, backing)
        section = Section(self._kernel, segment, segment.size, PAGE_READONLY, SEC_COMMIT)
        section.reference()
        return section

    def close(self) -> None:
        while self._sections:
            self._sections.popitem()[1].dereference()

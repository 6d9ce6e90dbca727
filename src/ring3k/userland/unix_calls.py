"""Functions of the host that some of Wine's DLLs call: one table for each DLL that we stand in for.

A DLL asks for its handle (NtQueryVirtualMemory with a class of its own), and then
calls by handle and index with a pointer to a structure of parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine

from ring3k.abi.status import STATUS_DLL_NOT_FOUND, STATUS_INVALID_PARAMETER, NtError
from ring3k.compiled import load
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread

UNIX_CALL = "__wine_unix_call"
# (thread, address of the parameters) -> status, or what has to wait for one
Function = Callable[["KThread", int], int | Coroutine[Any, Any, int]]
REPAIRS = "repairs"  # no DLL's name: what ``wine_edits`` puts into DLLs calls these
# DLL -> the module that has its functions, as ``FUNCTIONS``; ntdll's are the first
MODULES = {
    "ntdll.dll": "ring3k.userland.wine_ntdll",
    "win32u.dll": "ring3k.userland.wine_win32u",
    "opengl32.dll": "ring3k.userland.wine_opengl32",
    "bcrypt.dll": "ring3k.userland.wine_bcrypt",
    "crypt32.dll": "ring3k.userland.wine_crypt32",
    "ws2_32.dll": "ring3k.userland.wine_ws2_32",
    "dnsapi.dll": "ring3k.userland.wine_dnsapi",
    REPAIRS: "ring3k.userland.wine_repairs",
}


class UnixCalls:
    """The tables of one system.  A handle is the table's place, from 1; ntdll also calls with 0."""

    def __init__(self, gate: int) -> None:
        self.gate = gate
        self._names = list(MODULES)
        self._tables: dict[int, tuple[Function, ...]] = {}

    def handle(self, module: str) -> int:
        """STATUS_DLL_NOT_FOUND for a DLL that has nothing of the host's."""
        try:
            return self._names.index(module.lower()) + 1
        except ValueError:
            raise NtError(STATUS_DLL_NOT_FOUND) from None

    def find(self, handle: int, index: int) -> Function:
        """STATUS_INVALID_PARAMETER."""
        place = handle or 1
        if not 0 < place <= len(self._names):
            raise NtError(STATUS_INVALID_PARAMETER)
        table = self._tables.get(place)
        if table is None:
            table = self._tables[place] = load(MODULES[self._names[place - 1]]).FUNCTIONS
        if index >= len(table):
            raise NtError(STATUS_INVALID_PARAMETER)
        return table[index]

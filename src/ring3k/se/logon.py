"""Logon sessions, as the reference monitor knows them: a LUID, and how many tokens carry it.

The local security authority makes and ends them (``lpc.command_port``); it cannot
end one that a token still belongs to, and hears when the last token of one is gone.
"""

from __future__ import annotations

from collections.abc import Callable

from ring3k.abi.status import (
    STATUS_BAD_LOGON_SESSION_STATE,
    STATUS_LOGON_SESSION_EXISTS,
    STATUS_NO_SUCH_LOGON_SESSION,
    NtError,
)


class LogonTable:
    """The sessions of one system."""

    def __init__(self, lasting: frozenset[int]) -> None:
        """``lasting``: those that are there from the start and never end."""
        self._lasting = lasting
        self._tokens = dict.fromkeys(lasting, 0)
        self.on_unused: Callable[[int], None] | None = None  # the last token of a session is gone

    def __contains__(self, luid: int) -> bool:
        return luid in self._tokens

    def create(self, luid: int) -> None:
        """STATUS_LOGON_SESSION_EXISTS."""
        if luid in self._tokens:
            raise NtError(STATUS_LOGON_SESSION_EXISTS)
        self._tokens[luid] = 0

    def delete(self, luid: int) -> None:
        """STATUS_NO_SUCH_LOGON_SESSION, STATUS_BAD_LOGON_SESSION_STATE."""
        if luid not in self._tokens:
            raise NtError(STATUS_NO_SUCH_LOGON_SESSION)
        if luid in self._lasting or self._tokens[luid]:
            raise NtError(STATUS_BAD_LOGON_SESSION_STATE)
        del self._tokens[luid]

    def reference(self, luid: int) -> None:
        """One token more."""
        self._tokens[luid] = self._tokens.get(luid, 0) + 1

    def release(self, luid: int) -> None:
        """One token less."""
        left = self._tokens[luid] = self._tokens[luid] - 1
        if not left and self.on_unused is not None and luid not in self._lasting:
            self.on_unused(luid)

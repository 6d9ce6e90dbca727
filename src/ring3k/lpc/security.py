"""In whose name a client speaks, and whether a server is who it should be.

What a client allows its servers is settled when it connects: the level and, with
static tracking, the very token that counts from then on.  With dynamic tracking
it is whoever the client's thread acts for when the server asks.
"""

from __future__ import annotations

from ring3k.abi.status import STATUS_INVALID_PARAMETER, STATUS_SERVER_SID_MISMATCH, NtError
from ring3k.se.impersonation import DELEGATION, client_token, set_client
from ring3k.se.privilege import effective_token
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.abi.structs.se import SECURITY_QUALITY_OF_SERVICE
    from ring3k.ke.thread import KThread
    from ring3k.lpc.port import Port
    from ring3k.se.sid import Sid
    from ring3k.se.token import Token


class ClientSecurity:
    """What one client port allows."""

    __slots__ = ("effective_only", "level", "token")

    def __init__(self, t: KThread, qos: SECURITY_QUALITY_OF_SERVICE) -> None:
        """STATUS_INVALID_PARAMETER, STATUS_BAD_IMPERSONATION_LEVEL; dynamic tracking is judged later."""
        self.level: int = qos.ImpersonationLevel
        self.effective_only = bool(qos.EffectiveOnly)
        self.token: Token | None = None  # None: dynamic tracking
        if not qos.ContextTrackingMode:
            self.token = self._token(t)
            self.token.reference()

    def _token(self, client: KThread) -> Token:
        if self.level > DELEGATION:
            raise NtError(STATUS_INVALID_PARAMETER)
        return client_token(effective_token(client), client, self.level, self.effective_only)

    def impersonate(self, server: KThread, client: KThread) -> None:
        """Let a thread of the server act for the client."""
        token = self.token or self._token(client)
        token.reference()
        try:
            set_client(server, token, self.level, self.effective_only, True)
        finally:
            token.dereference()

    def release(self) -> None:
        """The port is gone."""
        if self.token is not None:
            self.token.dereference()
            self.token = None


def check_server(port: Port, required: Sid) -> None:
    """Whether the process that made a port runs as this user; STATUS_SERVER_SID_MISMATCH."""
    server = port.server
    if server is None or server.token is None or server.token.user != required:
        raise NtError(STATUS_SERVER_SID_MISMATCH)

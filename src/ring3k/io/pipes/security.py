"""In whose name a pipe's client speaks.

What a client allows its server is settled when it connects (the quality of
service of its object attributes): with static tracking its token of that moment
counts, and the server may use it at once; with dynamic tracking, which is what
counts if nothing was said, it is whoever wrote what the server read last.

With dynamic tracking it is the token itself that is remembered, so changes made to
it before the server asks are seen; NT keeps a copy.
"""

from __future__ import annotations

from ring3k.abi.status import STATUS_BAD_IMPERSONATION_LEVEL, STATUS_CANNOT_IMPERSONATE, NtError
from ring3k.abi.structs.se import SECURITY_IMPERSONATION_LEVEL
from ring3k.se.capture import Quality
from ring3k.se.impersonation import client_token, set_client
from ring3k.se.privilege import effective_token
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread
    from ring3k.se.token import Token

DEFAULT = Quality(SECURITY_IMPERSONATION_LEVEL.SecurityImpersonation, True, True)


class PipeClient:
    """What one client allows."""

    __slots__ = ("quality", "tokens")

    def __init__(self, t: KThread, quality: Quality | None) -> None:
        """STATUS_BAD_IMPERSONATION_LEVEL: nobody passes on more than he has."""
        self.quality = quality or DEFAULT
        self.tokens: dict[Token, None] = {}  # a reference to each
        if not self.quality.dynamic:
            level, effective_only = self.quality.level, self.quality.effective_only
            self._keep(client_token(effective_token(t), t, level, effective_only))

    def _keep(self, token: Token) -> Token:
        if token not in self.tokens:
            token.reference()
            self.tokens[token] = None
        return token

    def writer(self, t: KThread) -> Token | None:
        """Who writes, if that matters: to go with the data."""
        if not self.quality.dynamic:
            return None
        if t.client is not None and self.quality.level > t.client.level:
            raise NtError(STATUS_BAD_IMPERSONATION_LEVEL)
        return self._keep(effective_token(t))

    def impersonate(self, server: KThread, writer: Token | None) -> None:
        """Let a thread of the server act for the client.  ``writer``: of what was read last."""
        quality = self.quality
        token = writer if quality.dynamic else next(iter(self.tokens))
        if token is None:
            raise NtError(STATUS_CANNOT_IMPERSONATE)
        if quality.dynamic:
            token = client_token(token, _Nobody, quality.level, quality.effective_only)  # type: ignore[arg-type]
        token.reference()
        try:
            set_client(server, token, quality.level, quality.effective_only, True)
        finally:
            token.dereference()

    def release(self) -> None:
        """The connection is over."""
        while self.tokens:
            self.tokens.popitem()[0].dereference()


class _Nobody:
    """A holder who acts for nobody else: the level was judged when he wrote."""

    client = None

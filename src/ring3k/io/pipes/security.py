"""Who may use a pipe, and in whose name a client speaks.

A pipe has one security descriptor, whichever of its ends and instances is asked.
What a client allows its server is settled when it connects (the quality of
service of its object attributes): with static tracking its token of that moment
counts, and the server may use it at once; with dynamic tracking, which is what
counts if nothing was said, it is whoever wrote what the server read last.

With dynamic tracking it is the token itself that is remembered, so changes made to
it before the server asks are seen; NT keeps a copy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ring3k.abi.access import FILE_CREATE_PIPE_INSTANCE
from ring3k.abi.status import STATUS_BAD_IMPERSONATION_LEVEL, STATUS_CANNOT_IMPERSONATE, NtError
from ring3k.abi.structs.se import SECURITY_IMPERSONATION_LEVEL
from ring3k.io.file import FileObject
from ring3k.ob.security import SecurityMonitor
from ring3k.se.capture import Quality
from ring3k.se.impersonation import client_token, set_client
from ring3k.se.monitor import ReferenceMonitor
from ring3k.se.privilege import effective_token

if TYPE_CHECKING:
    from ring3k.io.device import Opening
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread
    from ring3k.se.token import Token

DEFAULT = Quality(SECURITY_IMPERSONATION_LEVEL.SecurityImpersonation, True, True)


def new_descriptor(t: KThread | None, kernel: Kernel, how: Opening) -> Any:
    """The descriptor of a new pipe, kept; None where nobody checks."""
    monitor = kernel.part(SecurityMonitor)
    if t is None or not isinstance(monitor, ReferenceMonitor):
        return None
    return monitor.keep(monitor.new_descriptor(t, FileObject, None, how.descriptor))


def check(t: KThread | None, kernel: Kernel, descriptor: Any, how: Opening, *, instance: bool = False) -> int:
    """The rights that an opener gets; who makes an instance must be allowed that, too."""
    monitor = kernel.part(SecurityMonitor)
    if t is None or not isinstance(monitor, ReferenceMonitor):
        return how.granted
    extra = FILE_CREATE_PIPE_INSTANCE if instance else 0
    return monitor.check_descriptor(t, descriptor, FileObject, how.desired | extra)


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

"""What the request of a socket keeps while it waits."""

from __future__ import annotations

from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ring3k.io.afd.endpoint import Endpoint
    from ring3k.io.request import Request


class Waiting:
    """The request's owner: the endpoint asks it to go on when the host has news."""

    done = 0  # IO_STATUS_BLOCK.Information

    def __init__(self, request: Request, forget: Callable[[Request], None]) -> None:
        self.request = request
        self.forget = forget

    def end(self, request: Request) -> None:
        self.forget(request)

    def attempt(self, endpoint: Endpoint) -> int | None:
        raise NotImplementedError

"""WSAAsyncSelect: events of a socket, told by messages to a window.

An event is one message, in an order that makes sense of those which come at once (a
connection before its data, the data before its end).  The message's parameters are the
socket's handle and the event, with Winsock's error in the upper half.  The call begins
anew: what holds at the moment is told, even if it was told before.  A socket that
was accepted goes on as the listening one was told to, under its own handle.

Messages for a window that has gone, or whose thread reads none, are lost, as with PostMessage.
"""

from __future__ import annotations

from ring3k.abi import status as st
from ring3k.abi.structs.afd import AFD_MESSAGE_SELECT, POLL
from ring3k.io.afd.errors import wsa_of
from ring3k.io.posting import Posting
from ring3k.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ring3k.io.afd.endpoint import Endpoint
    from ring3k.io.request import Request

FD_READ, FD_WRITE, FD_OOB, FD_ACCEPT, FD_CONNECT, FD_CLOSE = 1, 2, 4, 8, 16, 32
WSAECONNABORTED = 10053
_ORDER = (  # and as what each is told
    (POLL.CONNECT, FD_CONNECT),
    (POLL.CONNECT_ERR, FD_CONNECT),
    (POLL.ACCEPT, FD_ACCEPT),
    (POLL.OOB, FD_OOB),
    (POLL.READ, FD_READ),
    (POLL.WRITE, FD_WRITE),
    (POLL.RESET, FD_CLOSE),
    (POLL.HUP, FD_CLOSE),
)


class Messages(NamedTuple):
    """What is told to whom."""

    posting: Posting
    window: int
    message: int
    handle: int  # of the socket, as the program knows it

    def of(self, handle: int) -> Messages:
        """The same for another socket."""
        return self._replace(handle=handle)

    def tell(self, endpoint: Endpoint) -> None:
        """Post what happened and has not been told."""
        found = endpoint.selected.untaken
        endpoint.selected.pending = 0
        post = self.posting.post
        if not found or post is None:
            return
        for bit, event in _ORDER:
            if found & bit:
                error = WSAECONNABORTED if bit == POLL.RESET else wsa_of(endpoint.errors.get(bit, 0))
                post(self.window, self.message, self.handle, error << 16 | event)


def message_select(endpoint: Endpoint, request: Request) -> int:
    """NET.MESSAGE_SELECT.  The socket does not block from here on."""
    if len(request.input) < AFD_MESSAGE_SELECT.size:
        return st.STATUS_BUFFER_TOO_SMALL
    handle, window, message, mask = AFD_MESSAGE_SELECT.unpack_from(request.input)
    messages = None
    if window:
        posting = endpoint.kernel.late_part(Posting)
        if posting.exists is None or not posting.exists(window):
            return st.STATUS_INVALID_PARAMETER
        endpoint.selected.forget()
        messages = Messages(posting, window, message, handle)
    endpoint.selected.choose(None, mask, messages)
    endpoint.nonblocking = True
    endpoint.look()
    return 0

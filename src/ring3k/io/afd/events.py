"""WSAEventSelect and WSAEnumNetworkEvents: events of a socket, told by an event object."""

from __future__ import annotations

from struct import pack

from ring3k.abi import status as st
from ring3k.abi.access import EVENT_MODIFY_STATE
from ring3k.abi.status import NtError
from ring3k.abi.structs import afd
from ring3k.ex.event import Event
from ring3k.io.afd.errors import status_of
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.io.afd.endpoint import Endpoint
    from ring3k.io.request import Request


def event_select(endpoint: Endpoint, request: Request) -> int:
    """IOCTL_AFD_EVENT_SELECT.  The socket does not block from here on."""
    if len(request.input) < afd.AFD_EVENT_SELECT.size:
        return st.STATUS_INVALID_PARAMETER
    handle, mask = afd.AFD_EVENT_SELECT.unpack_from(request.input)
    event: Event | None = None
    if handle or mask:
        try:
            event = request.t.handles.get(handle, Event, EVENT_MODIFY_STATE)
        except NtError:
            return st.STATUS_INVALID_PARAMETER
    endpoint.selected.choose(event, mask)
    endpoint.nonblocking = True
    if event is not None and endpoint.selected.pending & mask:
        event.set()
    endpoint.look()
    return 0


def get_events(endpoint: Endpoint, request: Request) -> int:
    """IOCTL_AFD_GET_EVENTS: takes what happened; the *input pointer* is an event to be reset."""
    size = 4 + 4 * afd.EVENT_BITS
    if request.length < size:
        return st.STATUS_INVALID_PARAMETER
    event: Event | None = None
    if request.input_address:
        event = request.t.handles.get(request.input_address, Event, EVENT_MODIFY_STATE)
    errors = [status_of(endpoint.errors.get(1 << bit)) for bit in range(afd.EVENT_BITS)]
    selected = endpoint.selected
    request.buffer.write(pack(f"<I{afd.EVENT_BITS}I", selected.untaken, *errors))
    selected.pending &= ~selected.mask
    if event is not None:
        event.reset()
    endpoint.arm()
    return 0

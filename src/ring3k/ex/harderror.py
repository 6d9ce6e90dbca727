"""Hard errors: what a program has the person at the screen told, and the answer.

The subsystem's port, once registered, gets each error as an LPC message and its
reply is the answer; a process with an exception port of its own is heard there
instead.  A process that switched errors off gets "return to caller" at once.
NT oddities kept: parameters that are strings travel as addresses in the sender;
the registered process cannot tell itself.  What nobody can be told of stops NT
with a blue screen; here it is told on the debug stream and the caller goes on.
"""

from __future__ import annotations

from ring3k.abi.status import status_name
from ring3k.abi.structs.ex import HARDERROR_MSG, HARDERROR_RESPONSE
from ring3k.abi.structs.lpc import LPC_TYPE, PORT_MESSAGE
from ring3k.ps.kuser import SharedUserData
from ring3k.typed import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread

OVERRIDE_ERRORMODE = 0x10000000  # in the status: tell it although errors are off
MAXIMUM_PARAMETERS = 5


class HardError(NamedTuple):
    """One error; ``shown`` is its parameters as text, for whoever reads the debug stream."""

    status: int
    parameters: tuple[int, ...]
    strings: int  # mask: which parameters are addresses of a UNICODE_STRING
    options: int
    shown: list[str]


class HardErrorPort:
    """Where errors go by default, and who registered that."""

    def __init__(self) -> None:
        self.port: Any = None
        self.process: Any = None


def _port_for(t: KThread, status: int) -> Any:
    """Who is to be told; None when nobody."""
    process = t.process
    if not process.hard_error_mode & 1 and not status & OVERRIDE_ERRORMODE:
        return None
    return getattr(process, "exception_port", None) or t.kernel.late_part(HardErrorPort).port


def is_error(status: int) -> bool:
    return status >> 30 == 3


async def raise_hard_error(t: KThread, error: HardError) -> int:
    """The answer, one of HARDERROR_RESPONSE."""
    port = _port_for(t, error.status)
    registered = t.kernel.late_part(HardErrorPort)
    if port is None or (t.process is registered.process and is_error(error.status)):
        name = status_name(error.status & ~OVERRIDE_ERRORMODE)
        told = f"{name}: {', '.join(error.shown)}" if error.shown else name
        t.kernel.debug_print(t, f"hard error {told}\n")
        return HARDERROR_RESPONSE.ResponseReturnToCaller
    reply = await port.kernel_request(t, _message(t, error))
    if len(reply) < HARDERROR_MSG.size():
        return HARDERROR_RESPONSE.ResponseReturnToCaller
    response = HARDERROR_MSG.unpack(reply).Response
    known = response <= HARDERROR_RESPONSE.ResponseContinue
    return response if known else HARDERROR_RESPONSE.ResponseReturnToCaller


def _message(t: KThread, error: HardError) -> bytes:
    size, head = HARDERROR_MSG.size(), PORT_MESSAGE.size()
    return HARDERROR_MSG(
        Header=PORT_MESSAGE(DataLength=size - head, TotalLength=size, Type=LPC_TYPE.LPC_ERROR_EVENT),
        Status=error.status & ~OVERRIDE_ERRORMODE,
        ErrorTime=t.kernel.part(SharedUserData).system_time,
        ValidResponseOptions=error.options,
        NumberOfParameters=len(error.parameters),
        UnicodeStringParameterMask=error.strings,
        Parameters=[*error.parameters, *[0] * (MAXIMUM_PARAMETERS - len(error.parameters))],
    ).pack()


def register(t: KThread, port: Any) -> None:
    """Make a port the default, for good."""
    found = t.kernel.late_part(HardErrorPort)
    port.reference()
    t.process.reference()
    found.port, found.process = port, t.process

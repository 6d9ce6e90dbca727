"""Death notices: LPC_CLIENT_DIED, sent when a thread ends to the ports that it has registered."""

from __future__ import annotations

from ring3k.abi.structs.lpc import LPC_TYPE
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.lpc.port import Port

NOTICE_COST = 128  # of pool


def register(t: Any, port: Port) -> None:
    """Send one message more when the thread ends; the port stays until then."""
    t.kernel.pool.charge(NOTICE_COST)
    port.reference()

    def tell() -> None:
        t.kernel.pool.release(NOTICE_COST)
        born = int(t.create_time).to_bytes(8, "little")
        port.send_event(LPC_TYPE.LPC_CLIENT_DIED, (t.process.pid, t.tid), born)
        port.dereference()

    t.at_end.append(tell)

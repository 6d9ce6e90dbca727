"""Waits of LPC: for a reply, and for the next message.

A thread that waits for a reply is found by the id of its message, which is
unique in the system while it waits; that is NT's LpcReplyMessageId seen from
the other side.  The reply must name the thread as well (its client id), and
come through a port that belongs to the conversation.

A thread that waits for a message is a ``WaitGroup`` to the kernel: suspended, it
is given nothing, and looks again when it is resumed.
"""

from __future__ import annotations

from ring3k.abi.status import (
    STATUS_INVALID_CID,
    STATUS_REPLY_MESSAGE_MISMATCH,
    STATUS_TIMEOUT,
    NtError,
)
from ring3k.ke.dispatcher import WaitGroup
from ring3k.lpc.kind import COMMUNICATION
from ring3k.ps.table import ClientIdTable
from ring3k.ps.thread import Thread
from ring3k.typed import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel
    from ring3k.lpc.message import DataInfo, Message
    from ring3k.lpc.port import Port
    from ring3k.sched.scheduler import Suspension

_MASK = 0xFFFFFFFF


class Waiter:
    """A thread that waits for the reply to a message."""

    __slots__ = (
        "chain",
        "connect",
        "data_info",
        "id",
        "impersonation",
        "port",
        "suspension",
        "table",
        "thread",
    )

    def __init__(self, table: WaiterTable, thread: Any, id_: int, port: Port, answering: Port) -> None:
        self.table = table
        self.thread = thread
        self.id = id_
        self.port = port  # through which it sent
        self.connect: Any = None  # it waits for a connection
        self.data_info: DataInfo = ()
        self.impersonation = True
        self.suspension: Suspension[bytes | None] = table.kernel.scheduler.suspension()
        self.chain: dict[Waiter, None] = answering.chain
        self.chain[self] = None
        table.waiting[id_] = self

    def answer(self, image: bytes) -> None:
        """End the wait with a reply."""
        self.forget()
        self.suspension.complete(image)

    def lose(self) -> None:
        """End the wait without one."""
        self.forget()
        self.suspension.complete(None)

    def take_over(self) -> None:
        """No reply finds it any more; it goes on waiting (a connection that is being made)."""
        self.table.waiting.pop(self.id, None)

    def forget(self) -> None:
        """It does not wait, or no longer for this.  May be called twice."""
        waiting = self.table.waiting
        if waiting.get(self.id) is self:
            del waiting[self.id]
        self.chain.pop(self, None)

    async def wait(self) -> bytes | None:
        """The image of the reply; None when it is lost."""
        try:
            return await self.suspension
        finally:
            self.forget()

    def belongs(self, port: Port) -> bool:
        """Whether an answer may come through this port."""
        own = self.port
        return (
            port is own
            or port is own.connection
            or port is own.connected
            or (port.kind == COMMUNICATION and port.connection is own)
        )


class WaiterTable:
    """Who waits for which message, and the numbers of messages."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.waiting: dict[int, Waiter] = {}
        self._message = 0
        self._callback = 0

    @classmethod
    def for_kernel(cls, kernel: Kernel) -> Self:
        return cls(kernel)

    def next_message(self) -> int:
        """A new message id; ids of those who wait are skipped when the numbers come round."""
        while True:
            self._message = self._message + 1 & _MASK or 1
            if self._message not in self.waiting:
                return self._message

    def next_callback(self) -> int:
        self._callback = self._callback + 1 & _MASK or 1
        return self._callback

    def find(self, process_id: int, thread_id: int, message_id: int) -> Waiter:
        """Who waits for a reply; STATUS_INVALID_CID, STATUS_REPLY_MESSAGE_MISMATCH."""
        waiter = self.waiting.get(message_id)
        if waiter is not None:
            thread = waiter.thread
            if thread.tid == thread_id & ~3 and thread.process.pid == process_id & ~3:
                return waiter
        thread = self.kernel.part(ClientIdTable).find(thread_id)
        if not isinstance(thread, Thread) or thread.process.pid != process_id & ~3:
            raise NtError(STATUS_INVALID_CID)
        raise NtError(STATUS_REPLY_MESSAGE_MISMATCH)

    def find_request(self, process_id: int, thread_id: int, message_id: int, port: Port) -> Waiter:
        """Who waits for the reply to a request that came through ``port``."""
        waiter = self.find(process_id, thread_id, message_id)
        if waiter.connect is not None or not waiter.belongs(port):
            raise NtError(STATUS_REPLY_MESSAGE_MISMATCH)
        return waiter


class Receiver(WaitGroup):
    """A thread that waits for the next message of a port."""

    __slots__ = ("message", "port")
    __hash__ = object.__hash__

    def __init__(self, thread: Any, port: Port, deadline: int | None) -> None:
        """Wait from now on; whoever makes it awaits it, and calls ``abandon`` in any case."""
        super().__init__(thread, (), False, False)
        self.port = port
        self.message: Message | None = None
        port.reference()
        port.receivers[self] = None
        self.begin(deadline)

    @property
    def suspended(self) -> bool:
        return bool(self.thread.suspend_count)

    def give(self, message: Message) -> bool:
        """Hand over a message; False while the thread is suspended."""
        if self.thread.suspend_count:
            return False
        self.message = message
        self.end(0)
        return True

    def again(self) -> None:
        """The thread was resumed: look again, at the end of the queue."""
        if self.ended:
            return
        port = self.port
        port.receivers.pop(self, None)
        if port.queue:
            self.give(port.take())
        elif self.timed_out:
            self.end(STATUS_TIMEOUT)
        else:
            port.receivers[self] = None

    def taken(self) -> Message | None:
        """The message, once the wait has ended; None when time has run out."""
        message, self.message = self.message, None
        return message

    def abandon(self) -> None:
        port = self.port
        port.receivers.pop(self, None)
        super().abandon()
        if self.message is not None:  # given, but the thread has ended
            message, self.message = self.message, None
            port.put_back(message)
        port.dereference()

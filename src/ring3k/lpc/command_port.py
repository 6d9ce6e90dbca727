"""\\SeRmCommandPort: how the local security authority (lsass) commands the reference monitor.

When somebody sets \\SeLsaInitEvent, a thread of the kernel takes one connection to its
port and then connects itself to \\SeLsaCommandPort, with a section for long audit
messages; only one authority is served at a time.  Every command is a number and what
belongs to it; the reply is the same message with a status.  A second thread tells the
authority when the last token of a logon session is gone.

NT's monitor ends for good with its authority, as the whole system does.  This one
waits for the next.  Where NT leaves no trace: a command that is not known is
STATUS_INVALID_PARAMETER; the status is put into both words where authorities look
for it, that of Windows into the first and that of ReactOS into the second.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from ring3k.abi.status import STATUS_INVALID_PARAMETER, NtError
from ring3k.abi.structs.lpc import LPC_TYPE
from ring3k.abi.structs.mm import PAGE_READWRITE, SEC_COMMIT
from ring3k.lpc.kernel_thread import KernelThread, SystemProcess
from ring3k.lpc.kind import CONNECTION
from ring3k.lpc.late import NAME
from ring3k.lpc.message import as_reply, simple
from ring3k.lpc.port import Port
from ring3k.mm.section import Section
from ring3k.mm.segment import pagefile_segment
from ring3k.ob.namespace import Namespace
from ring3k.se.audit import NO_POLICY
from ring3k.se.monitor import ReferenceMonitor
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel
    from ring3k.lpc.message import Message
    from ring3k.sched.scheduler import Suspension

AUTHORITY = "\\SeLsaCommandPort"
INIT_EVENT = "\\SeLsaInitEvent"
THREAD_ID, TELLER_ID = 0x10, 0xC  # the first ids of guests come after them
AUDIT_SECTION = 0x10000
LONGEST = 256
CONTEXT = 1

MOST_NEWS = 4096  # that wait to be told; more are lost

AUDIT_SET, CREATE_LOGON_SESSION, DELETE_LOGON_SESSION = 1, 2, 3
LOGON_SESSION_DELETED = 3  # what the monitor tells the authority


class CommandPort:
    """The reference monitor's end of the conversation; a part of the system."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.monitor = kernel.part(ReferenceMonitor)
        self.logons = self.monitor.logons
        self.logons.on_unused = self._session_unused
        process = SystemProcess(kernel, self.monitor.system)
        self.thread = KernelThread(kernel, process, THREAD_ID)
        self.teller = KernelThread(kernel, process, TELLER_ID)
        self._news: deque[int] = deque()
        self._told: Suspension[None] | None = None  # where the teller waits for news
        self.port = Port(kernel, CONNECTION, LONGEST)
        self.port.server = self.thread.process
        self.authority: Port | None = None  # our end of the connection to it
        self.section: Section | None = None  # for long audit messages, while there is one
        self.monitor.secure_as(self.monitor.system, self.port)
        kernel.part(Namespace).insert(NAME, self.port)
        self.thread.run(self._serve())
        self.teller.run(self._tell())

    def close(self) -> None:
        """The machine ends."""
        self.thread.stop()
        self.teller.stop()

    async def _serve(self) -> None:
        event = self.kernel.part(Namespace).resolve(INIT_EVENT)
        while True:
            await self.thread.wait((event,))
            server = await self._accept()
            if server is None:
                continue
            try:
                self.authority = await self._connect()
                if self.authority is not None:
                    await self._answer()
            finally:
                self._disconnect()
                server.dereference()

    def _disconnect(self) -> None:
        """Give up our own connection."""
        if self.authority is not None:
            self.authority.closer = self.thread.process.pid, self.thread.tid
            self.authority.dereference()
            self.authority = None
        if self.section is not None:
            self.section.dereference()
            self.section = None

    # -- what the authority hears -------------------------------------------------------
    def _session_unused(self, luid: int) -> None:
        if self.authority is not None and len(self._news) < MOST_NEWS:
            self._news.append(luid)
            if self._told is not None:
                self._told.complete(None)

    async def _tell(self) -> None:
        while True:
            while self._news and self.authority is not None:
                data = LOGON_SESSION_DELETED.to_bytes(4, "little") + self._news.popleft().to_bytes(
                    8, "little"
                )
                message = simple(LPC_TYPE.LPC_REQUEST, (0, 0), 0, data)
                with suppress(NtError):  # it is gone, or does not want to know
                    await self.authority.kernel_request(self.teller, message)
            self._news.clear()
            self._told = self.kernel.scheduler.suspension()
            await self._told
            self._told = None

    # -- what it commands ---------------------------------------------------------------
    async def _next(self) -> Message:
        port = self.port
        while True:
            message = port.take() if port.queue else await port.receive(self.thread)
            if message is not None:
                return message

    async def _accept(self) -> Port | None:
        """Take one connection, all the way."""
        from ring3k.lpc.connect import accept, complete, find_client  # nobody needs it before

        message = await self._next()
        if message.type != LPC_TYPE.LPC_CONNECTION_REQUEST:
            return None
        try:
            waiter = find_client(self.thread, message.header)
            waiter.take_over()
            server, _ = accept(self.thread, waiter, CONTEXT, None)
        except NtError:
            return None
        server.client_waiter = waiter
        complete(server)
        return server

    async def _connect(self) -> Port | None:
        """Our own connection to the authority; None where that does not want it."""
        from ring3k.lpc.connect import Connect, Offer, client_port, connect

        try:
            found = self.kernel.part(Namespace).resolve(AUTHORITY)
        except NtError:
            return None
        if not isinstance(found, Port) or found.kind != CONNECTION:
            return None
        port: Port | None = None
        try:
            segment = pagefile_segment(self.kernel, AUDIT_SECTION, False)
            self.section = Section(self.kernel, segment, AUDIT_SECTION, PAGE_READWRITE, SEC_COMMIT)
            self.section.reference()
            port = client_port(found, self.thread)
            request = Connect(port, b"")
            request.bring(Offer(self.section, 0, AUDIT_SECTION))
            if await connect(self.thread, port, request) == 0:
                return port
        except NtError:
            pass
        if port is not None:
            port.dereference()
        return None

    async def _answer(self) -> None:
        """Serve until the authority is gone; whoever else connects is refused."""
        from ring3k.lpc.connect import find_client

        while True:
            message = await self._next()
            if message.type == LPC_TYPE.LPC_CONNECTION_REQUEST:
                with suppress(NtError):
                    find_client(self.thread, message.header).answer(b"")
            elif message.type == LPC_TYPE.LPC_PORT_CLOSED and message.context == CONTEXT:
                return
            elif message.type == LPC_TYPE.LPC_REQUEST:
                self._command(message)

    def _command(self, message: Message) -> None:
        """Do what a request says, and reply."""
        header, data = message.header, message.data
        number = int.from_bytes(data[:4], "little")
        action = self._commands().get(number)
        try:
            if action is None:
                raise NtError(STATUS_INVALID_PARAMETER)
            action(data[4:])
            status = 0
        except NtError as error:
            status = error.status
        words = status.to_bytes(4, "little") * 2
        answer = (words + data[8:])[: max(header[0], 0)]
        try:
            waiter = self.port.table.find_request(header[4], header[5], header[6], self.port)
        except NtError:  # it has ended meanwhile
            return
        waiter.answer(as_reply(header, answer))

    def _commands(self) -> dict[int, Callable[[bytes], None]]:
        return {
            AUDIT_SET: self._set_audit,
            CREATE_LOGON_SESSION: self._create_logon,
            DELETE_LOGON_SESSION: self._delete_logon,
        }

    def _set_audit(self, data: bytes) -> None:
        """Whether to audit at all, and what of each category."""
        if len(data) < 4 + 4 * len(NO_POLICY):
            raise NtError(STATUS_INVALID_PARAMETER)
        flags = struct.unpack_from(f"<{len(NO_POLICY)}I", data, 4)
        self.monitor.audit.set_policy(flags if data[0] else NO_POLICY)

    def _create_logon(self, data: bytes) -> None:
        """STATUS_LOGON_SESSION_EXISTS."""
        self.logons.create(_luid(data))

    def _delete_logon(self, data: bytes) -> None:
        """STATUS_NO_SUCH_LOGON_SESSION, STATUS_BAD_LOGON_SESSION_STATE."""
        self.logons.delete(_luid(data))


def _luid(data: bytes) -> int:
    if len(data) < 8:
        raise NtError(STATUS_INVALID_PARAMETER)
    return int.from_bytes(data[:8], "little")

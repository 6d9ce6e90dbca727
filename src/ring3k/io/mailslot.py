"""Mailslots: messages from many writers to the one who made the slot.

A read takes one whole message, or none if the buffer is too small; it waits as
long as the slot's time-out says, which the owner may change.  Writers never wait.

NT oddities kept: a buffer that is too small fails although a message is there; the
owner's end can only be read and the writers' only written, whatever their rights;
when the owner is gone, the name is free while writers still hold their ends.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from ring3k.abi.status import (
    STATUS_BUFFER_OVERFLOW,
    STATUS_BUFFER_TOO_SMALL,
    STATUS_FILE_CLOSED,
    STATUS_FILE_FORCED_CLOSED,
    STATUS_INSUFFICIENT_RESOURCES,
    STATUS_INVALID_INFO_CLASS,
    STATUS_INVALID_PARAMETER,
    STATUS_IO_TIMEOUT,
    STATUS_OBJECT_NAME_COLLISION,
    STATUS_OBJECT_NAME_NOT_FOUND,
    GuestFault,
    NtError,
)
from ring3k.abi.structs import fileinfo as fi
from ring3k.abi.structs import io as st
from ring3k.abi.upcase import upcase
from ring3k.io.access import check, new_descriptor
from ring3k.io.flat import FlatDevice, FlatFile, FlatFolder, Named
from ring3k.io.share import ShareAccess
from ring3k.ke.pool import NAME_COST
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.io.device import Opening
    from ring3k.io.file import FileObject
    from ring3k.io.request import Request
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread
    from ring3k.sched.scheduler import Alarm

CLASS = fi.FILE_INFORMATION_CLASS
NO_MESSAGE = 0xFFFFFFFF  # NextMessageSize
FOREVER = -1  # a read time-out
MESSAGE_COST = 128  # of pool, beside the data


class MailslotParameters:
    """What NtCreateMailslotFile is told beside what any open is."""

    __slots__ = ("maximum", "quota", "timeout")

    def __init__(self, quota: int, maximum: int, timeout: int) -> None:
        self.quota = quota
        self.maximum = maximum  # of a message; 0: no limit
        self.timeout = timeout  # negative: relative


class MailslotDevice(FlatDevice):
    """\\Device\\Mailslot: names of slots."""

    device_type = st.FILE_DEVICE_MAILSLOT
    extra_kind = MailslotParameters
    file_system = "MSFS"
    label = "Mailslot"

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self.slots: dict[str, Mailslot] = {}

    def open_folder(self, path: str, how: Opening) -> FlatFolder:
        return MailslotFolder(self, how, path)

    def names(self) -> Iterator[Named]:
        return (Named(slot.path[1:], 0, 0) for slot in self.slots.values())

    def open_name(self, t: KThread | None, name: str, how: Opening) -> FileObject:
        slot = self.slots.get(upcase(name))
        if isinstance(how.extra, MailslotParameters):
            if slot is not None:
                raise NtError(STATUS_OBJECT_NAME_COLLISION)
            return Mailslot(self, name, how, how.extra, new_descriptor(t, self.kernel, how))
        if slot is None:
            raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
        how.granted = check(t, self.kernel, self.full_name() + name, slot.security, how)
        return MailslotWriter(slot, how)


class MailslotFile(FlatFile):
    """What all files of the device have in common."""

    def query_information(self, kind: int, length: int) -> bytes:
        if kind == CLASS.FileNameInformation:
            name = self.path.encode("utf-16-le", "surrogatepass")
            return len(name).to_bytes(4, "little") + name
        if kind == CLASS.FileBasicInformation:
            return fi.FILE_BASIC_INFORMATION(FileAttributes=st.FILE_ATTRIBUTE_NORMAL).pack()
        if kind == CLASS.FileStandardInformation:
            return fi.FILE_STANDARD_INFORMATION(NumberOfLinks=1).pack()
        if kind == CLASS.FileInternalInformation:
            return self.address.to_bytes(8, "little")
        if kind == CLASS.FileEaInformation:
            return bytes(4)
        if kind in (CLASS.FileMailslotQueryInformation, CLASS.FilePipeInformation):
            raise NtError(STATUS_INVALID_PARAMETER)
        raise NtError(STATUS_INVALID_INFO_CLASS)

    def set_information(self, t: KThread, kind: int, data: bytes) -> int:
        return STATUS_INVALID_PARAMETER


class MailslotFolder(FlatFolder, MailslotFile):
    """The device opened by itself, or the folder of its slots."""


class Mailslot(MailslotFile):
    """The slot, which is its owner's end."""

    device: MailslotDevice

    def __init__(
        self, device: MailslotDevice, name: str, how: Opening, made: MailslotParameters, descriptor: Any
    ) -> None:
        device.kernel.pool.charge(len(name) * NAME_COST)
        try:
            super().__init__(device, how)
        except NtError:
            device.kernel.pool.release(len(name) * NAME_COST)
            raise
        self.information = st.CREATE_RESULT.FILE_CREATED
        self.quota, self.maximum, self.timeout = made.quota, made.maximum, made.timeout
        self.messages: deque[bytes] = deque()
        self.bytes = 0
        self.closed_by_owner = False
        self.sharing = ShareAccess()
        self.sharing.add(how)
        self._readers: dict[Request, Alarm | None] = {}
        self._name = name
        device.slots[upcase(name)] = self
        if descriptor is not None:
            try:
                self.set_security(descriptor)
            except NtError:
                self.reference()
                self.dereference()
                raise

    @property
    def path(self) -> str:
        return self._name

    def cleanup(self) -> None:
        """The owner goes: the name is free, messages are lost, nobody waits any more."""
        self.closed_by_owner = True
        del self.device.slots[upcase(self._name)]
        pool = self.kernel.pool
        pool.release(len(self._name) * NAME_COST)
        while self.messages:
            self._take()
        for request in tuple(self._readers):
            request.cancel(STATUS_FILE_CLOSED)

    # -- reading -------------------------------------------------------------------------
    def read(self, request: Request) -> int:
        if self.messages:
            return self._give(request)
        timeout = self.timeout
        if not timeout:
            return STATUS_IO_TIMEOUT
        status = request.pend(self._forget)
        alarm = None
        if timeout != FOREVER:
            kernel = self.kernel
            now = kernel.clock.interrupt_time()
            due = timeout - kernel.clock.system_time() + now if timeout > 0 else now - timeout
            alarm = kernel.scheduler.alarm(due, lambda: request.cancel(STATUS_IO_TIMEOUT))
        self._readers[request] = alarm
        return status

    def _forget(self, request: Request) -> None:
        alarm = self._readers.pop(request)
        if alarm is not None:
            alarm.cancel()

    def _give(self, request: Request) -> int:
        """The first message; it stays if there is no room for it."""
        message = self.messages[0]
        if len(message) > request.length:
            return STATUS_BUFFER_TOO_SMALL
        if message:
            request.buffer.write(message)
        request.information = len(message)
        self._take()
        return 0

    def _take(self) -> None:
        message = self.messages.popleft()
        self.bytes -= len(message)
        self.kernel.pool.release(len(message) + MESSAGE_COST)

    def put(self, request: Request) -> int:
        """A writer's message: to the first reader that has room for it, or into the slot."""
        length = request.length
        if self.maximum and length > self.maximum:
            return STATUS_INVALID_PARAMETER
        if self.quota and self.bytes + length > self.quota:
            return STATUS_INSUFFICIENT_RESOURCES
        pool = self.kernel.pool
        pool.charge(length + MESSAGE_COST)
        try:
            message = request.buffer.read(length) if length else b""
        except GuestFault:
            pool.release(length + MESSAGE_COST)
            raise
        self.messages.append(message)
        self.bytes += length
        request.information = length
        while self.messages and self._readers:
            reader = next(iter(self._readers))
            self._forget(reader)
            try:
                status = self._give(reader)
            except GuestFault as fault:  # it took its buffer away
                status = fault.status
            reader.complete(status, reader.information)
        return 0

    # -- information -----------------------------------------------------------------------
    def query_information(self, kind: int, length: int) -> bytes:
        if kind == CLASS.FileMailslotQueryInformation:
            return fi.FILE_MAILSLOT_QUERY_INFORMATION(
                MaximumMessageSize=self.maximum,
                MailslotQuota=self.quota,
                NextMessageSize=len(self.messages[0]) if self.messages else NO_MESSAGE,
                MessagesAvailable=len(self.messages),
                ReadTimeout=self.timeout,
            ).pack()
        return super().query_information(kind, length)

    def set_information(self, t: KThread, kind: int, data: bytes) -> int:
        if kind == CLASS.FileMailslotSetInformation:
            if len(data) == 8:  # Wine's DLLs pass the time itself, not where it is
                timeout = int.from_bytes(data, "little")
            else:
                given = fi.FILE_MAILSLOT_SET_INFORMATION.unpack(data[:4])
                timeout = t.memory.read_u64(given.ReadTimeout)
            self.timeout = timeout - (1 << 64) if timeout >> 63 else timeout
            return 0
        return super().set_information(t, kind, data)

    def fs_control(self, request: Request) -> int:
        """FSCTL_MAILSLOT_PEEK: the data go to the output, the figures to where the input is."""
        if request.code != st.FSCTL_MAILSLOT_PEEK:
            return STATUS_INVALID_PARAMETER
        message = self.messages[0] if self.messages else b""
        if request.input_address:
            figures = (self.bytes, len(self.messages), len(message))
            raw = b"".join(word.to_bytes(4, "little") for word in figures)
            request.t.memory.write(request.input_address, raw[: len(request.input)])
        data = message[: request.length]
        if data:
            request.buffer.write(data)
        request.information = len(data)
        return STATUS_BUFFER_OVERFLOW if len(data) < len(message) else 0


class MailslotWriter(MailslotFile):
    """The end of somebody who writes to a slot."""

    def __init__(self, slot: Mailslot, how: Opening) -> None:
        slot.sharing.add(how)
        try:
            super().__init__(slot.device, how)
        except NtError:
            slot.sharing.remove(how)
            raise
        self.slot = slot
        slot.reference()

    def query_security(self) -> Any:
        """The slot's."""
        return self.slot.query_security()

    def set_security(self, descriptor: Any) -> None:
        self.slot.set_security(descriptor)

    @property
    def path(self) -> str:
        return self.slot.path

    def cleanup(self) -> None:
        self.slot.sharing.remove(self.how)

    def close(self) -> None:
        self.slot.dereference()

    def read(self, request: Request) -> int:
        return STATUS_INVALID_PARAMETER

    def write(self, request: Request) -> int:
        if self.slot.closed_by_owner:
            return STATUS_FILE_FORCED_CLOSED
        return self.slot.put(request)

"""\\Device\\NamedPipe: names of pipes, and the one folder they are in.

The folder takes FSCTL_PIPE_WAIT, too.  Names differ by more than case.
"""

from __future__ import annotations

from collections.abc import Iterator

from ring3k.abi.access import FILE_CREATE_PIPE_INSTANCE, FILE_READ_DATA, FILE_WRITE_DATA
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_INSTANCE_NOT_AVAILABLE,
    STATUS_INVALID_PARAMETER,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_PIPE_NOT_AVAILABLE,
    NtError,
)
from ring3k.abi.structs import fileinfo as fi
from ring3k.abi.structs import io as st
from ring3k.abi.upcase import upcase
from ring3k.io.access import check, new_descriptor
from ring3k.io.device import NotYet, Opening
from ring3k.io.file import FileObject
from ring3k.io.flat import FlatDevice, Named
from ring3k.io.pipes.file import PipeEnd
from ring3k.io.pipes.folder import PipeFolder
from ring3k.io.pipes.pipe import DUPLEX, INBOUND, OUTBOUND, UNLIMITED, Instance, NamedPipe, PipeParameters
from ring3k.io.pipes.security import PipeClient
from ring3k.io.pipes.waiters import Waiters
from ring3k.ke.pool import NAME_COST, OBJECT_COST
from ring3k.ob.security import SecurityMonitor
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ex.event import Event
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread

CLASS = fi.FILE_INFORMATION_CLASS
DISPOSITION = st.CREATE_DISPOSITION
CONFIGURATIONS = {
    st.FILE_SHARE_READ | st.FILE_SHARE_WRITE: DUPLEX,
    st.FILE_SHARE_READ: OUTBOUND,
    st.FILE_SHARE_WRITE: INBOUND,
}


class PipeDevice(FlatDevice):
    """The device."""

    device_type = st.FILE_DEVICE_NAMED_PIPE
    extra_kind = PipeParameters
    file_system = "NPFS"
    label = "NamedPipe"
    has_full_size = True

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self.pipes: dict[str, NamedPipe] = {}
        self.waiters = Waiters()
        self.events: dict[Event, list[PipeEnd]] = {}  # assigned to ends

    def open_folder(self, path: str, how: Opening) -> PipeFolder:
        return PipeFolder(self, how, path)

    def open_name(self, t: KThread | None, name: str, how: Opening) -> FileObject:
        if isinstance(how.extra, PipeParameters):
            return self._create(t, name, how, how.extra)
        return self._connect(t, name, how)

    def names(self) -> Iterator[Named]:
        """Their size is how many instances there are, of how many."""
        for pipe in self.pipes.values():
            most = -1 if pipe.maximum == UNLIMITED else pipe.maximum
            yield Named(pipe.name[1:], pipe.instances, most)

    # -- the server ------------------------------------------------------------------------
    def _create(self, t: KThread | None, name: str, how: Opening, made: PipeParameters) -> FileObject:
        """A further instance, or the first."""
        pipe = self.pipes.get(upcase(name))
        if pipe is not None:
            extra = FILE_CREATE_PIPE_INSTANCE & ~how.granted
            whole = self.full_name() + name
            how.granted = check(t, self.kernel, whole, pipe.security, how, FILE_CREATE_PIPE_INSTANCE) & ~extra
            self._check_further(pipe, how, made)
            return self._instance(t, pipe, how, made, st.CREATE_RESULT.FILE_OPENED)
        if how.disposition == DISPOSITION.FILE_OPEN:
            raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
        configuration = CONFIGURATIONS.get(how.share)
        if (
            made.default_timeout is None
            or made.default_timeout >= 0
            or not made.maximum
            or configuration is None
            or (made.read_mode and not made.by_message)
        ):
            raise NtError(STATUS_INVALID_PARAMETER)
        if how.descriptor is None and t is not None:
            how.descriptor = t.process.contract.pipe_descriptor(t, name)
        security = new_descriptor(t, self.kernel, how)
        pipe = NamedPipe(self, name, configuration, made)
        cost = OBJECT_COST + len(name) * NAME_COST
        self.kernel.pool.charge(cost)
        try:
            if security is not None:
                pipe.set_security(security)
        except NtError:
            self.kernel.pool.release(cost)
            raise
        self.pipes[upcase(name)] = pipe
        try:
            return self._instance(t, pipe, how, made, st.CREATE_RESULT.FILE_CREATED)
        except NtError:
            if upcase(pipe.name) in self.pipes and not pipe.instances:
                self.forget(pipe)
            raise

    def _check_further(self, pipe: NamedPipe, how: Opening, made: PipeParameters) -> None:
        if pipe.instances >= pipe.maximum:
            raise NtError(STATUS_INSTANCE_NOT_AVAILABLE)
        if how.disposition == DISPOSITION.FILE_CREATE or CONFIGURATIONS.get(how.share) != pipe.configuration:
            raise NtError(STATUS_ACCESS_DENIED)
        if made.read_mode and not pipe.by_message:
            raise NtError(STATUS_INVALID_PARAMETER)

    def _instance(
        self, t: KThread | None, pipe: NamedPipe, how: Opening, made: PipeParameters, result: int
    ) -> FileObject:
        instance = Instance(pipe, made)
        try:
            end = PipeEnd(instance, how, True, made.read_mode, made.completion_mode)
        except NtError:
            pipe.instances -= 1
            raise
        instance.server = end
        instance.pids[1] = t.process.pid if t is not None else 0
        end.information = result
        instance.start_listening()
        return end

    def forget(self, pipe: NamedPipe) -> None:
        """The last instance is gone."""
        del self.pipes[upcase(pipe.name)]
        if pipe.security is not None:
            self.kernel.part(SecurityMonitor).drop(pipe.security)
            pipe.security = None
        self.kernel.pool.release(OBJECT_COST + len(pipe.name) * NAME_COST)
        self.waiters.tell(pipe.name, STATUS_OBJECT_NAME_NOT_FOUND)

    # -- the client ------------------------------------------------------------------------
    def _connect(self, t: KThread | None, name: str, how: Opening) -> FileObject:
        """The client's end of an instance that listens."""
        pipe = self.pipes.get(upcase(name))
        if pipe is None:
            ready = t.process.contract.pipe_server(name) if t is not None else None
            raise NotYet(ready) if ready is not None else NtError(STATUS_OBJECT_NAME_NOT_FOUND)
        how.granted = granted = check(t, self.kernel, self.full_name() + name, pipe.security, how)
        configuration = pipe.configuration
        if (granted & FILE_READ_DATA and configuration == INBOUND) or (
            granted & FILE_WRITE_DATA and configuration == OUTBOUND
        ):
            raise NtError(STATUS_ACCESS_DENIED)
        instance = pipe.first_listening()
        if instance is None:
            raise NtError(STATUS_PIPE_NOT_AVAILABLE)
        context = PipeClient(t, how.quality) if t is not None and t.process.token is not None else None
        try:
            end = PipeEnd(instance, how, False)
        except NtError:
            if context is not None:
                context.release()
            raise
        instance.context = context
        instance.session, instance.process = 0, t.process.address if t is not None else 0
        instance.pids[0] = t.process.pid if t is not None else 0
        instance.connect(end)
        return end

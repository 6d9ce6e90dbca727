"""File objects: one opening of a file, a pipe's end, a device.

The I/O manager (``io.syscalls*``) checks handles and arguments, then calls a
method of the file object, which a driver overrides; what it does not override
is STATUS_INVALID_DEVICE_REQUEST.  Operations that may take time get a
``Request`` (``io.request``) and return a status, or STATUS_PENDING after
``request.pend``.

A file opened for synchronous use (FILE_SYNCHRONOUS_IO_*) does one operation at
a time, has a position, and its callers wait; any other may have many under way.
The object itself is signalled when an operation has ended, and from the start.

``cleanup`` comes with the last handle, ``close`` with the last reference.
"""

from __future__ import annotations

from ring3k.abi.status import (
    STATUS_INVALID_DEVICE_REQUEST,
    STATUS_INVALID_INFO_CLASS,
    STATUS_OBJECT_TYPE_MISMATCH,
    NtError,
)
from ring3k.abi.structs.io import (
    FILE_DELETE_ON_CLOSE,
    FILE_NO_INTERMEDIATE_BUFFERING,
    FILE_SEQUENTIAL_ONLY,
    FILE_SYNCHRONOUS_IO_ALERT,
    FILE_SYNCHRONOUS_IO_NONALERT,
    FILE_WRITE_THROUGH,
)
from ring3k.io.device import Device, Opening
from ring3k.ke.dispatcher import Dispatcher
from ring3k.ob.object import Object
from ring3k.typed import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections import deque

    from ring3k.abi.types import InBuffer, OutBuffer
    from ring3k.engine.protocol import PlainFile
    from ring3k.io.request import Request, Turn
    from ring3k.ke.thread import KThread

SYNCHRONOUS = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT
MODE_OPTIONS = (
    SYNCHRONOUS
    | FILE_WRITE_THROUGH
    | FILE_SEQUENTIAL_ONLY
    | FILE_NO_INTERMEDIATE_BUFFERING
    | FILE_DELETE_ON_CLOSE
)
FILE_OPENED = 1
IO_PRIORITY_NORMAL = 2


# What most files never change stands in the class: an object of fewer attributes is made in less time.
class FileObject(Object, Dispatcher):
    """The base of what drivers open."""

    type_name = "File"
    case_blind = True
    quick: ClassVar[bool] = False  # whether quick_read and quick_write are there
    immediate: ClassVar[bool] = False  # whether read_now and write_now are there
    immediate_control: ClassVar[bool] = False  # whether control_now is there
    seekable: ClassVar[bool] = False  # whether operations have an offset; pipes and mailslots have none
    position: int = 0
    plain: PlainFile | None = None  # of a quick file: for the engine
    fd = -1  # of a quick file: the host's descriptor
    information: int = FILE_OPENED  # what the opener's status block says
    port: Any = None  # completion port: post(key, context, status, information)
    key: int = 0
    skips: int = 0  # FILE_SKIP_*: what an operation that ends at once does not do
    priority: int = IO_PRIORITY_NORMAL  # FILE_IO_PRIORITY_HINT_INFORMATION
    state: bool = True
    busy: Request | None = None  # of a synchronous file: what is under way
    turns: deque[Turn] | None = None  # who waits for that
    cleaned: bool = False
    requests: dict[Request, None] | None = None  # that are pending, in order

    def __init__(self, device: Device, how: Opening) -> None:
        super().__init__(device.kernel)
        self.device = device
        self.how = how
        self.granted = how.granted  # what the opener got; a handle may have less
        self.synchronous = bool(how.options & SYNCHRONOUS)
        self.alertable = bool(how.options & FILE_SYNCHRONOUS_IO_ALERT)
        device.reference()

    @property
    def device_type(self) -> int:
        """FILE_DEVICE_* as FileFsDeviceInformation tells it."""
        return self.device.device_type

    # -- as an object ------------------------------------------------------------------
    def can_take(self, thread: KThread) -> bool:
        return self.state

    def parse(self, t: KThread | None, rest: str, attributes: int, context: Any) -> Any:
        """A path relative to this file."""
        if not isinstance(context, Opening):
            raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
        if context.extra is not None:
            self.device.check_extra(context)
        return self.device.open_relative(t, self, rest, attributes, context)

    def on_close(self, process: Any) -> None:
        if self.handle_count == 0 and not self.cleaned:
            self.cleaned = True
            self.cleanup()

    def on_delete(self) -> None:
        if not self.cleaned:
            self.cleaned = True
            self.cleanup()
        self.close()
        if self.port is not None:
            self.port.dereference()
            self.port = None
        self.device.dereference()

    def full_name(self) -> str:
        return self.device.full_name() + self.path

    @property
    def path(self) -> str:
        """What follows the device's name: empty for the device itself."""
        return ""

    @property
    def mode(self) -> int:
        """FILE_MODE_INFORMATION: the options that are a file object's for good."""
        return self.how.options & MODE_OPTIONS

    # -- what a driver does --------------------------------------------------------------
    def cleanup(self) -> None:
        """The last handle is gone: complete or cancel what is under way on this file."""

    def close(self) -> None:
        """The last reference is gone."""

    def read(self, request: Request) -> int:
        """Read ``request.length`` bytes into ``request.buffer`` (an OutBuffer)."""
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

    def write(self, request: Request) -> int:
        """Write ``request.length`` bytes of ``request.buffer`` (an InBuffer)."""
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

    def read_now(self, t: KThread, buffer: OutBuffer, length: int) -> tuple[int, int] | None:
        """A read without event, APC or packet: status and length, if it ends at once and well."""
        return None

    def write_now(self, t: KThread, buffer: InBuffer, length: int) -> tuple[int, int] | None:
        """A write, likewise."""
        return None

    def control_now(
        self, t: KThread, code: int, given: InBuffer | None, size: int, buffer: OutBuffer | None, length: int
    ) -> tuple[int, int] | None:
        """A control of a device, likewise: ``size`` bytes were given, there is room for ``length``."""
        return None

    def quick_read(self, t: KThread, offset: int, address: int, length: int, key: int) -> int:
        """``read`` without a request, where nothing can be pending: how many bytes came (NT's fast I/O)."""
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

    def quick_write(self, t: KThread, offset: int, address: int, length: int, key: int) -> int:
        """``write``, likewise.  An ``offset`` of FILE_WRITE_TO_END_OF_FILE is resolved by the caller."""
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

    def is_plain(self, kind: int) -> bool:
        """Whether quick operations of this kind (READ, WRITE) need no judgement until ``plain.judge()``."""
        return False

    def flush(self, request: Request) -> int:
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

    def fs_control(self, request: Request) -> int:
        """NtFsControlFile: ``request.code``, ``.input``, ``.buffer`` and ``.length`` (the output's)."""
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

    def device_control(self, request: Request) -> int:
        """NtDeviceIoControlFile, likewise."""
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

    def query_directory(self, request: Request) -> int:
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

    def notify_directory(self, request: Request) -> int:
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

    def lock(self, request: Request) -> int:
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

    def unlock(self, offset: int, length: int, key: int, process: Any) -> int:
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

    def query_information(self, kind: int, length: int) -> bytes:
        """A FILE_INFORMATION_CLASS, whole: the caller cuts what does not fit."""
        raise NtError(STATUS_INVALID_INFO_CLASS)

    def set_information(self, t: KThread, kind: int, data: bytes) -> int:
        """``data``: what the guest gave, at least the class's fixed size."""
        raise NtError(STATUS_INVALID_INFO_CLASS)

    def query_volume(self, kind: int, length: int) -> bytes:
        """An FS_INFORMATION_CLASS other than FileFsDeviceInformation, whole."""
        raise NtError(STATUS_INVALID_INFO_CLASS)

    def set_volume(self, kind: int, data: bytes) -> int:
        raise NtError(STATUS_INVALID_INFO_CLASS)

    def query_eas(
        self, room: int, single: bool, names: bytes | None, index: int | None, restart: bool
    ) -> tuple[bytes, int]:
        """FILE_FULL_EA_INFORMATION for a buffer of so many bytes, and the status.

        ``names``: FILE_GET_EA_INFORMATION of the guest; ``index``: where to begin, from 1.
        """
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

    def set_eas(self, data: bytes) -> int:
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

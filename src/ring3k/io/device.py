"""Devices: where a path leaves the object namespace and becomes a driver's.

A device stands in the namespace and parses what follows its name.  A driver is a
subclass of ``Device`` with ``open``, and one of ``FileObject`` (``io.file``) for
what it opens.  Only opens carry an ``Opening`` as the context of their walk;
whoever else walks into a device finds no object there.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine

from ring3k.abi.access import (
    DELETE,
    FILE_APPEND_DATA,
    FILE_EXECUTE,
    FILE_READ_DATA,
    FILE_WRITE_DATA,
    MAXIMUM_ALLOWED,
)
from ring3k.abi.status import (
    STATUS_INVALID_DEVICE_REQUEST,
    STATUS_OBJECT_NAME_INVALID,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_OBJECT_TYPE_MISMATCH,
    NtError,
)
from ring3k.abi.structs.io import (
    CREATE_DISPOSITION,
    FILE_DEVICE_UNKNOWN,
    FILE_SHARE_DELETE,
    FILE_SHARE_READ,
    FILE_SHARE_WRITE,
)
from ring3k.abi.version import Version
from ring3k.ob.object import Object
from ring3k.typed import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from ring3k.io.file import FileObject
    from ring3k.ke.thread import KThread

SHARE_ALL = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE


class Opening:
    """How a file is to be opened: what NtCreateFile and its like were asked."""

    __slots__ = (
        "allocation", "attributes", "descriptor", "desired", "disposition", "ea", "extra", "folder_only",
        "followed", "granted", "options", "quality", "share",
    )  # fmt: skip

    def __init__(
        self,
        granted: int,
        share: int = SHARE_ALL,
        disposition: int = CREATE_DISPOSITION.FILE_OPEN,
        options: int = 0,
        *,
        attributes: int = 0,
        allocation: int = 0,
        ea: bytes = b"",
        extra: Any = None,
    ) -> None:
        self.desired = granted  # as it was asked for
        self.granted = granted  # as it is understood
        self.followed = 0  # reparse points on its way
        self.folder_only = False  # because the last of them is a folder's
        self.descriptor: Any = None  # of a new file, if the opener gives one
        self.quality: Any = None  # se.capture.Quality: what the opener lets a server do in its name
        self.share = share
        self.disposition = disposition
        self.options = options
        self.attributes = attributes  # of a new file
        self.allocation = allocation  # of a new file, bytes
        self.ea = ea  # FILE_FULL_EA_INFORMATION list of a new file, as the guest wrote it
        self.extra = extra  # a new pipe's or mailslot's parameters

    @property
    def maximum(self) -> bool:
        """Whether it takes what it can get."""
        return bool(self.desired & MAXIMUM_ALLOWED)

    @property
    def wants(self) -> tuple[bool, bool, bool]:
        """Whether it reads, writes, deletes."""
        granted = self.granted
        return (
            bool(granted & (FILE_READ_DATA | FILE_EXECUTE)),
            bool(granted & (FILE_WRITE_DATA | FILE_APPEND_DATA)),
            bool(granted & DELETE),
        )


class NotYet(NtError):
    """There is no such file, but there may be one once ``ready`` has been awaited: openers that can wait
    try again then, once."""

    __slots__ = ("ready",)

    def __init__(self, ready: Callable[[KThread], Coroutine[Any, Any, None]]) -> None:
        super().__init__(STATUS_OBJECT_NAME_NOT_FOUND)
        self.ready = ready


WINE_LEVEL = 100  # of the versions whose DLLs are Wine's
# A reserved word of the TEB, and what stands there while Wine's CreateFile or CreateNamedPipe, which drop
# FILE_FLAG_OPEN_REPARSE_POINT and FILE_FLAG_FIRST_PIPE_INSTANCE, were given it (``userland.wine_edits``).
OPENS_POINT, IS_OPEN, IS_FIRST = 0xAC, 0x52454150, 0x46495253


class LookOpening(Opening):
    """The context of a walk to a file that is only looked at; it may end in a ``Seen``."""


class Seen(Protocol):
    """What such a walk may end in, instead of a file object."""

    def query_information(self, kind: int, length: int) -> bytes: ...


class Device(Object):
    """A named device: the base of every driver's."""

    type_name = "Device"
    device_type: ClassVar[int] = FILE_DEVICE_UNKNOWN
    characteristics: int = 0  # as in FILE_FS_DEVICE_INFORMATION
    extra_kind: ClassVar[type | None] = None  # what it makes: the class of Opening.extra

    def parse(self, t: KThread | None, rest: str, attributes: int, context: Any) -> Any:
        """Open what follows the device's name (empty, or with its backslash)."""
        if not isinstance(context, Opening):
            raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
        if context.extra is not None:
            self.check_extra(context)
        return self.open(t, rest, attributes, context)

    def check_extra(self, how: Opening) -> None:
        """Pipes and mailslots are made by their own devices only: STATUS_INVALID_DEVICE_REQUEST.

        Windows' kernel32 makes STATUS_OBJECT_NAME_INVALID of it, Wine's expects that from the kernel.
        """
        if how.extra is not None and type(how.extra) is not self.extra_kind:
            wine = self.kernel.part(Version).level >= WINE_LEVEL
            raise NtError(STATUS_OBJECT_NAME_INVALID if wine else STATUS_INVALID_DEVICE_REQUEST)

    def open(self, t: KThread | None, rest: str, attributes: int, how: Opening) -> FileObject:
        """Open or create a file.  ``attributes``: OBJ_* bits of the caller.  NtError says why not."""
        raise NotImplementedError

    def open_relative(
        self, t: KThread | None, root: FileObject, rest: str, attributes: int, how: Opening
    ) -> FileObject:
        """The same for a path that begins at an open file (no backslash in front; perhaps empty)."""
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

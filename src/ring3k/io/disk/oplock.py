"""Opportunistic locks: word to who keeps a file to himself that another wants it.

An oplock is a request that stays pending until it is broken.  It is granted as NTFS
grants it: on files, to openings for asynchronous use, an exclusive one only to who is
alone.  Here an opener does not wait until the holder has acknowledged the break.
"""

from __future__ import annotations

from ring3k.abi.status import STATUS_INVALID_OPLOCK_PROTOCOL, STATUS_OPLOCK_NOT_GRANTED, NtError
from ring3k.abi.structs.fsctl import FILE_OPLOCK_BROKEN_TO_LEVEL_2, FILE_OPLOCK_BROKEN_TO_NONE, FSCTL
from ring3k.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ring3k.io.device import Opening
    from ring3k.io.disk.file import DiskFile
    from ring3k.io.disk.node import Node
    from ring3k.io.request import Request

REQUESTS = (
    FSCTL.FSCTL_REQUEST_OPLOCK_LEVEL_1,
    FSCTL.FSCTL_REQUEST_OPLOCK_LEVEL_2,
    FSCTL.FSCTL_REQUEST_BATCH_OPLOCK,
    FSCTL.FSCTL_REQUEST_FILTER_OPLOCK,
)
ACKNOWLEDGEMENTS = (
    FSCTL.FSCTL_OPLOCK_BREAK_ACKNOWLEDGE,
    FSCTL.FSCTL_OPBATCH_ACK_CLOSE_PENDING,
    FSCTL.FSCTL_OPLOCK_BREAK_ACK_NO_2,
    FSCTL.FSCTL_OPLOCK_BREAK_NOTIFY,
)


class Oplock(NamedTuple):
    request: Request
    shared: bool


def request_oplock(file: DiskFile, request: Request) -> int:
    """STATUS_PENDING until broken; STATUS_OPLOCK_NOT_GRANTED."""
    node = file.node
    shared = request.code == FSCTL.FSCTL_REQUEST_OPLOCK_LEVEL_2
    alone = len(node.files) == 1 or shared
    if file.is_directory or file.synchronous or not alone or node.oplock is not None:
        raise NtError(STATUS_OPLOCK_NOT_GRANTED)
    if shared and node.locks:
        raise NtError(STATUS_OPLOCK_NOT_GRANTED)
    status = request.pend(lambda _: _forget(node))
    node.oplock = Oplock(request, shared)
    return status


def _forget(node: Node) -> None:
    node.oplock = None


def acknowledge(file: DiskFile, request: Request) -> int:
    """No break waits for an answer here."""
    raise NtError(STATUS_INVALID_OPLOCK_PROTOCOL)


def break_oplock(node: Node, how: Opening | None) -> None:
    """Another opens the file (None: its holder closes it)."""
    held = node.oplock
    if held is None or (how is not None and (held.shared or not any(how.wants))):
        return
    node.oplock = None
    level = FILE_OPLOCK_BROKEN_TO_LEVEL_2
    if how is None or how.wants[1]:
        level = FILE_OPLOCK_BROKEN_TO_NONE
    held.request.complete(0, level)

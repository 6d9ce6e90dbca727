"""Change notification: NtNotifyChangeKey and NtNotifyChangeMultipleKeys."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from ring3k.abi.access import EVENT_MODIFY_STATE, KEY_NOTIFY
from ring3k.abi.call import syscall
from ring3k.abi.enums import KeyNotifyFilter
from ring3k.abi.status import (
    STATUS_INVALID_PARAMETER,
    STATUS_NOTIFY_ENUM_DIR,
    STATUS_PENDING,
    GuestFault,
    NtError,
)
from ring3k.abi.strings import OBJECT_ATTRIBUTES, ObjectAttributes, ObjectAttributesArg
from ring3k.abi.structs.cm import (
    REG_NOTIFY_CHANGE_ATTRIBUTES,
    REG_NOTIFY_CHANGE_LAST_SET,
    REG_NOTIFY_CHANGE_NAME,
    REG_NOTIFY_CHANGE_SECURITY,
    REG_NOTIFY_THREAD_AGNOSTIC,
)
from ring3k.abi.structs.io import IO_STATUS_BLOCK
from ring3k.abi.types import Boolean, Handle, Opt, Out, OutBuffer, Pointer, Sized, Ulong, pointer
from ring3k.abi.version import Version
from ring3k.cm.key import Key, KeyOpening, open_key
from ring3k.cm.notify import Request, Watch, Watching
from ring3k.cm.root import ConfigurationManager
from ring3k.ex.event import Event
from ring3k.ke.pool import APC_COST
from ring3k.ke.thread import KThread as Thread
from ring3k.ke.thread import UserApc
from ring3k.se.monitor import ReferenceMonitor
from ring3k.typed import Annotated, Any

_FILTERS = (
    REG_NOTIFY_CHANGE_NAME
    | REG_NOTIFY_CHANGE_ATTRIBUTES
    | REG_NOTIFY_CHANGE_LAST_SET
    | REG_NOTIFY_CHANGE_SECURITY
)
_ATTRIBUTES = ObjectAttributesArg.__metadata__[0]  # type: ignore[attr-defined]
SlaveObjects = Annotated[int, pointer(OBJECT_ATTRIBUTES)]


class Post:
    """What the caller of one asynchronous call gets when it is over."""

    def __init__(
        self, t: Thread, event: Event | None, routine: int, context: int, block: Out[IO_STATUS_BLOCK]
    ) -> None:
        t.kernel.pool.charge(APC_COST)
        self.t = t
        self.event = event
        self.routine = routine
        self.context = context
        self.block = block
        if event is not None:
            event.reference()

    def __call__(self, status: int) -> None:
        t = self.t
        with suppress(GuestFault):
            self.block.set(IO_STATUS_BLOCK(Status=status, Information=0))
        if self.event is not None:
            self.event.set()
            self.event.dereference()
        t.kernel.pool.release(APC_COST)
        if self.routine and not t.ended:
            with suppress(NtError):
                t.queue_apc(UserApc(self.routine, self.context, self.block.address, 0))


def _watch(watching: Watching, key: Key, what: int, tree: bool) -> Watch:
    if key.watch is None:
        key.watch = Watch(watching, key.node, what, tree)
    return key.watch


def _slave(t: Thread, master: Key, attributes: ObjectAttributes) -> Key:
    """The second key, which lies in another hive."""
    key = open_key(t, attributes, KeyOpening())
    t.kernel.part(ReferenceMonitor).check(t, key, KEY_NOTIFY)
    if key.node.hive() is master.node.hive():
        key.reference()
        key.dereference()
        raise NtError(STATUS_INVALID_PARAMETER)
    return key


def _begin(
    t: Thread, keys: list[Key], what: int, tree: bool, done: Callable[[int], object]
) -> tuple[Request, bool]:
    """A request on these keys; and whether a change that nobody has seen ends it at once."""
    watching = t.kernel.part(ConfigurationManager).watching
    request = Request(done)
    missed = False
    agnostic = what & REG_NOTIFY_THREAD_AGNOSTIC
    what &= _FILTERS
    for key in keys:
        watch = _watch(watching, key, what, tree)
        missed, watch.missed = missed or watch.missed, False
        watch.add(request)
    if not agnostic:
        watching.belongs(request, t)
    return request, missed


def _check(t: Thread, count: int, completion_filter: int) -> None:
    if t.kernel.part(Version).level >= 60:
        completion_filter &= ~REG_NOTIFY_THREAD_AGNOSTIC
    if count > 1 or completion_filter & ~_FILTERS or not completion_filter:
        raise NtError(STATUS_INVALID_PARAMETER)


def _notify(
    t: Thread,
    master_key_handle: int,
    slave: ObjectAttributes | None,
    event: int,
    apc: tuple[int, int],
    block: Out[IO_STATUS_BLOCK],
    how: tuple[int, bool],
    asynchronous: bool,
) -> Any:
    """Both calls.  A synchronous one gives a coroutine."""
    if apc[0]:  # it needs its thread
        how = how[0] & _FILTERS, how[1]
    master: Key = t.handles.get(master_key_handle, Key, KEY_NOTIFY)
    master.registry.fresh(master.node)
    signal: Event | None = t.handles.get(event, Event, EVENT_MODIFY_STATE) if event else None
    keys = [master]
    if slave is not None:
        keys.append(_slave(t, master, slave))
    for key in keys:
        key.reference()
    if not asynchronous:
        return _wait(t, keys, how, block)
    try:
        if signal is not None:
            signal.reset()
        post = Post(t, signal, *apc, block)
    except NtError:
        _release(keys)
        raise

    def done(status: int) -> None:
        post(status)
        _release(keys)

    request, missed = _begin(t, keys, *how, done)
    if missed:
        request.finish(STATUS_NOTIFY_ENUM_DIR)
    return STATUS_PENDING


def _release(keys: list[Key]) -> None:
    for key in keys:
        key.dereference()


async def _wait(t: Thread, keys: list[Key], how: tuple[int, bool], block: Out[IO_STATUS_BLOCK]) -> int:
    """A synchronous call: until there is a change, or the key is closed."""
    suspension = t.kernel.scheduler.suspension()
    request, missed = _begin(t, keys, *how, suspension.complete)
    try:
        status: int = STATUS_NOTIFY_ENUM_DIR if missed else await suspension
    finally:
        request.withdraw()
        _release(keys)
    block.set(IO_STATUS_BLOCK(Status=status, Information=0))
    return status


def _check_one(t: Thread, completion_filter: int) -> None:
    _check(t, 0, completion_filter)


@syscall(first=_check_one)
def NtNotifyChangeKey(
    t: Thread,
    key_handle: Handle,
    event: Handle,
    apc_routine: Pointer,
    apc_context: Pointer,
    io_status_block: Out[IO_STATUS_BLOCK],
    completion_filter: KeyNotifyFilter,
    watch_tree: Boolean,
    buffer: Opt[Annotated[OutBuffer, Sized("buffer_size")]],
    buffer_size: Ulong,
    asynchronous: Boolean,
) -> Any:
    """Wait for a change of a key, or be told about it; what is watched for stays as the first call said.

    A change since the last call ends this one at once.  The buffer is for nothing.
    """
    return _notify(
        t,
        key_handle,
        None,
        event,
        (apc_routine, apc_context),
        io_status_block,
        (completion_filter, watch_tree),
        asynchronous,
    )


@syscall(first=_check)
def NtNotifyChangeMultipleKeys(
    t: Thread,
    master_key_handle: Handle,
    count: Ulong,
    slave_objects: SlaveObjects,
    event: Handle,
    apc_routine: Pointer,
    apc_context: Pointer,
    io_status_block: Out[IO_STATUS_BLOCK],
    completion_filter: KeyNotifyFilter,
    watch_tree: Boolean,
    buffer: Opt[Annotated[OutBuffer, Sized("buffer_size")]],
    buffer_size: Ulong,
    asynchronous: Boolean,
) -> Any:
    """Tell about changes of one or two keys, the second of which is in another hive."""
    return _notify(
        t,
        master_key_handle,
        _ATTRIBUTES.load(t.memory, slave_objects) if count else None,
        event,
        (apc_routine, apc_context),
        io_status_block,
        (completion_filter, watch_tree),
        asynchronous,
    )

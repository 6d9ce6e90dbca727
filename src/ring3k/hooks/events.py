"""What happens in a system besides system calls, as typed events.

The kernel says what happened, whoever subscribed hears it.  Numbers are NT's:
``process`` and ``thread`` are process and thread ids, addresses are the guest's.
An event that nobody hears must cost next to nothing, so callers write

    if bus.hears(ProcessExited):
        bus.emit(ProcessExited(pid, status))

A listener that fails is reported and does not disturb the kernel.
"""

from __future__ import annotations

from collections.abc import Callable

from ring3k.hooks.report import Reporter, name_of, to_stderr
from ring3k.typed import TYPE_CHECKING, Any, ClassVar, dataclass_transform

if TYPE_CHECKING:
    from ring3k.hooks.crash.report import CrashReport


@dataclass_transform()
class _Record:
    """Fields are what subclasses annotate, as in a dataclass; but events are a dozen classes that are
    needed before the first guest instruction, and making dataclasses takes time."""

    kind: ClassVar[str] = "event"
    fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, kind: str = "event") -> None:
        own = vars(cls).get("__annotations__", {})
        cls.fields = (*cls.fields, *own)
        cls.kind = kind

    def __init__(self, *values: Any, **named: Any) -> None:
        own = vars(self)
        own.update(zip(self.fields, values, strict=False), **named)
        if len(own) != len(values) + len(named) or not all(hasattr(self, name) for name in self.fields):
            raise TypeError(f"{type(self).__name__} takes {', '.join(self.fields)}")

    def values(self) -> dict[str, Any]:
        """All fields by name."""
        return {name: getattr(self, name) for name in self.fields}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.values().items())})"


class Event(_Record):
    """Something that happened to a process (0: to none)."""

    process: int


class ThreadEvent(Event):
    """Something that happened to a thread (0: it is not known which)."""

    thread: int


class ProcessCreated(Event, kind="process_created"):
    name: str  # of its image
    parent: int = 0


class ProcessExited(Event, kind="process_exited"):
    status: int


class ThreadCreated(ThreadEvent, kind="thread_created"):
    start: int = 0


class ThreadExited(ThreadEvent, kind="thread_exited"):
    status: int


class ImageMapped(Event, kind="image_mapped"):
    name: str
    base: int
    size: int


class ImageUnmapped(Event, kind="image_unmapped"):
    name: str
    base: int


class ExceptionRaised(ThreadEvent, kind="exception"):
    """By the processor or by NtRaiseException; the second chance ends the process."""

    code: int
    address: int
    first_chance: bool = True
    parameters: tuple[int, ...] = ()
    caller: str | None = None  # module+0xoffset of the address


class ProcessCrashed(ThreadEvent, kind="crash"):
    """A process ends by an exception that nobody handled; its memory is still there."""

    code: int
    address: int
    report: CrashReport


class DebugPrint(ThreadEvent, kind="debug_print"):
    text: str


class Note(ThreadEvent, kind="note"):
    """What the kernel wants known: an unknown system call number, a fault of its own."""

    text: str


class AuditRecord(ThreadEvent, kind="audit"):
    """What the audit policy has written into the security log; the number is that of Windows' event log."""

    number: int
    operation: str
    granted: bool
    user: str  # SID of whom the caller acts for
    subsystem: str
    type: str = ""
    name: str = ""
    handle: int = 0
    access: str = ""  # rights by name
    privileges: tuple[str, ...] = ()


class Unimplemented(ThreadEvent, kind="unimplemented"):
    """A call that nobody has written yet was made."""

    name: str
    caller: str | None = None


Listener = Callable[[Any], None]


class Subscription:
    """One listener on one bus."""

    __slots__ = ("_bus", "kinds", "listener")

    def __init__(self, bus: Bus, listener: Listener, kinds: tuple[type[Event], ...]) -> None:
        self._bus = bus
        self.listener = listener
        self.kinds = kinds

    def remove(self) -> None:
        """Hear nothing more.  May be called twice."""
        self._bus._remove(self)


class Bus:
    """Hands events to listeners, in the order in which they subscribed."""

    __slots__ = ("_heard", "_subscriptions", "report")

    def __init__(self, report: Reporter = to_stderr) -> None:
        self.report = report
        self._subscriptions: tuple[Subscription, ...] = ()
        self._heard: dict[type[Event], bool] = {}

    def subscribe(self, listener: Listener, *kinds: type[Event]) -> Subscription:
        """Hear all events, or those of some kinds."""
        subscription = Subscription(self, listener, kinds)
        self._subscriptions += (subscription,)
        self._heard.clear()
        return subscription

    def hears(self, kind: type[Event]) -> bool:
        """Whether somebody listens to events of this kind."""
        heard = self._heard.get(kind)
        if heard is None:
            heard = any(not one.kinds or issubclass(kind, one.kinds) for one in self._subscriptions)
            self._heard[kind] = heard
        return heard

    def emit(self, event: Event) -> None:
        for one in self._subscriptions:
            if not one.kinds or isinstance(event, one.kinds):
                try:
                    one.listener(event)
                except Exception as error:
                    self.report(f"listener {name_of(one.listener)} failed on {event.kind}: {error!r}")

    def _remove(self, subscription: Subscription) -> None:
        self._subscriptions = tuple(s for s in self._subscriptions if s is not subscription)
        self._heard.clear()

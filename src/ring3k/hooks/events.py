"""What happens in a system besides system calls, as typed events.

The kernel says what happened, whoever subscribed hears it.  Numbers are NT's:
``process`` and ``thread`` are process and thread ids, addresses are the guest's.
Emitting without listeners must cost one attribute read, so callers write

    if bus.active:
        bus.emit(ProcessExited(pid, status))

A listener that fails is reported and does not disturb the kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ring3k.hooks.report import Reporter, name_of, to_stderr


@dataclass(slots=True)
class Event:
    """Something that happened to a process (0: to none)."""

    kind: ClassVar[str] = "event"
    process: int


@dataclass(slots=True)
class ThreadEvent(Event):
    """Something that happened to a thread (0: it is not known which)."""

    thread: int


@dataclass(slots=True)
class ProcessCreated(Event):
    kind = "process_created"
    name: str  # of its image
    parent: int = 0


@dataclass(slots=True)
class ProcessExited(Event):
    kind = "process_exited"
    status: int


@dataclass(slots=True)
class ThreadCreated(ThreadEvent):
    kind = "thread_created"
    start: int = 0


@dataclass(slots=True)
class ThreadExited(ThreadEvent):
    kind = "thread_exited"
    status: int


@dataclass(slots=True)
class ImageMapped(Event):
    kind = "image_mapped"
    name: str
    base: int
    size: int


@dataclass(slots=True)
class ImageUnmapped(Event):
    kind = "image_unmapped"
    name: str
    base: int


@dataclass(slots=True)
class ExceptionRaised(ThreadEvent):
    """By the processor or by NtRaiseException; the second chance ends the process."""

    kind = "exception"
    code: int
    address: int
    first_chance: bool = True
    parameters: tuple[int, ...] = ()
    caller: str | None = None  # module+0xoffset of the address


@dataclass(slots=True)
class DebugPrint(ThreadEvent):
    kind = "debug_print"
    text: str


@dataclass(slots=True)
class Note(ThreadEvent):
    """What the kernel wants known: an unknown system call number, a fault of its own."""

    kind = "note"
    text: str


@dataclass(slots=True)
class Unimplemented(ThreadEvent):
    """A call that nobody has written yet was made."""

    kind = "unimplemented"
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


@dataclass(slots=True)
class Bus:
    """Hands events to listeners, in the order in which they subscribed."""

    report: Reporter = to_stderr
    active: bool = False  # somebody listens
    _subscriptions: tuple[Subscription, ...] = field(default=())

    def subscribe(self, listener: Listener, *kinds: type[Event]) -> Subscription:
        """Hear all events, or those of some kinds."""
        subscription = Subscription(self, listener, kinds)
        self._subscriptions += (subscription,)
        self.active = True
        return subscription

    def emit(self, event: Event) -> None:
        for one in self._subscriptions:
            if not one.kinds or isinstance(event, one.kinds):
                try:
                    one.listener(event)
                except Exception as error:
                    self.report(f"listener {name_of(one.listener)} failed on {event.kind}: {error!r}")

    def _remove(self, subscription: Subscription) -> None:
        self._subscriptions = tuple(s for s in self._subscriptions if s is not subscription)
        self.active = bool(self._subscriptions)

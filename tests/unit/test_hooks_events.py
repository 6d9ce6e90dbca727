"""The event bus: who hears what, and that a bad listener harms nobody."""

from __future__ import annotations

from ring3k.hooks.events import Bus, DebugPrint, Event, Note, ProcessCreated, ProcessExited, ThreadEvent


def test_hears_what_somebody_listens_to() -> None:
    bus = Bus()
    assert not bus.hears(Note)
    everything = bus.subscribe(lambda event: None)
    assert bus.hears(Note)
    everything.remove()
    everything.remove()
    assert not bus.hears(Note)
    bus.subscribe(lambda event: None, ThreadEvent)
    assert bus.hears(DebugPrint)
    assert not bus.hears(ProcessExited)


def test_events_arrive_in_order_at_those_who_asked_for_their_kind() -> None:
    bus = Bus()
    everything: list[Event] = []
    exits: list[Event] = []
    of_threads: list[Event] = []
    bus.subscribe(everything.append)
    bus.subscribe(exits.append, ProcessExited)
    bus.subscribe(of_threads.append, ThreadEvent)
    born, spoke, died = ProcessCreated(4, "hello.exe"), DebugPrint(4, 8, "hi"), ProcessExited(4, 0)
    for event in (born, spoke, died):
        bus.emit(event)
    assert everything == [born, spoke, died]
    assert exits == [died]
    assert of_threads == [spoke]


def test_a_failing_listener_is_named_and_the_others_hear() -> None:
    reports: list[str] = []
    heard: list[Event] = []
    bus = Bus(reports.append)

    def broken(event: Event) -> None:
        raise RuntimeError("deaf")

    bus.subscribe(broken)
    bus.subscribe(heard.append)
    bus.emit(Note(0, 0, "x"))
    assert len(heard) == 1
    assert "broken" in reports[0]
    assert "deaf" in reports[0]


def test_a_listener_may_leave_while_it_listens() -> None:
    bus = Bus()
    heard: list[Event] = []

    def once(event: Event) -> None:
        heard.append(event)
        subscription.remove()

    subscription = bus.subscribe(once)
    bus.emit(Note(0, 0, "x"))
    bus.emit(Note(0, 0, "y"))
    assert len(heard) == 1

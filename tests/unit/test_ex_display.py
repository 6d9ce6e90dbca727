"""A guest that never stops talking does not fill the kernel."""

from __future__ import annotations

from ring3k.ex.display import Screen


def test_text_is_kept_in_order() -> None:
    screen = Screen()
    for word in ("one\n", "two\n"):
        screen.add(word)
    assert (screen.text, screen.lost) == ("one\ntwo\n", 0)


def test_no_more_than_its_room_is_kept() -> None:
    screen = Screen(room=1000)
    for _ in range(100):
        screen.add("0123456789")
    assert len(screen.text) + 64 * (len(screen.text) // 10) <= 1000
    assert len(screen.text) + screen.lost == 1000


def test_empty_text_costs_room_too() -> None:
    screen = Screen(room=1000)
    for _ in range(10_000):
        screen.add("")
    assert len(screen._parts) <= 1000 // 64

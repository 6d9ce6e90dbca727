"""Screens and what a terminal shows of them."""

from __future__ import annotations

import random

import pytest

from ring3k.io.condrv import protocol as p
from tests.unit.condrv import Setup

VT = p.DEFAULT_OUTPUT_MODE | p.ENABLE_VIRTUAL_TERMINAL_PROCESSING


def test_text_is_passed_on_as_it_is() -> None:
    it = Setup(above=2)
    it.write("Hello\r\n")
    it.write("world")
    it.console.flush()
    assert it.terminal.writes == [b"Hello\r\nworld"]
    assert it.rows == ["shell", "shell", "Hello", "world"]
    assert it.cursor == (5, 3)


def test_output_is_collected_until_a_moment_has_passed() -> None:
    it = Setup()
    for one in "characters":
        it.write(one)
    assert not it.terminal.writes
    it.clock.advance(100_000)
    it.kernel.scheduler.run_alarms()
    assert it.terminal.writes == [b"characters"]


def test_a_long_listing_scrolls_and_costs_few_writes() -> None:
    it = Setup()
    lines = [f"line {number}" for number in range(20_000)]
    for line in lines:
        it.write(line + "\r\n")
    it.console.flush()
    assert len(it.terminal.writes) < 20
    assert it.terminal.everything[-100:] == lines[-100:]
    assert it.cursor == (0, 5)


def test_scroll_back_has_what_was_there_before() -> None:
    it = Setup(lines=4, above=3)
    it.write("".join(f"{n}\n" for n in range(6)))
    it.console.flush()
    assert it.terminal.everything == ["shell", "shell", "shell", "0", "1", "2", "3", "4", "5"]


def test_a_long_line_wraps_in_the_terminal() -> None:
    it = Setup(columns=10, lines=3)
    it.write("abcdefghijklmnopqrstuvwxy")
    it.console.flush()
    assert it.terminal.writes == [b"abcdefghijklmnopqrstuvwxy"]
    assert it.rows == ["abcdefghij", "klmnopqrst", "uvwxy"]
    it.write("z\r\n" + "1234567890" * 3)
    it.agree()
    assert it.screen.rows[0] == "1234567890"


def test_after_a_full_row_the_cursor_is_in_the_next() -> None:
    it = Setup(columns=10)
    it.write("0123456789")
    assert (it.screen.x, it.screen.y) == (0, 1)
    assert it.cursor == (0, 1)
    it.write("\r\nx")
    assert it.rows == ["0123456789", "", "x"]


def test_with_escape_sequences_the_cursor_stays_behind_a_full_row() -> None:
    it = Setup(columns=10)
    it.screen.mode = VT
    it.write("0123456789")
    it.write("\r\nx")
    assert it.rows == ["0123456789", "x"]


def test_control_characters() -> None:
    it = Setup()
    it.write("ab\tc\rA\n\bx\x01\a")
    assert it.rows == ["Ab      c", "x☺"]
    it.screen.mode = 0
    it.write("\r\n")
    assert it.rows == ["Ab      c", "x☺♪◙"]


def test_without_wrapping_a_row_is_written_over() -> None:
    it = Setup(columns=10)
    it.screen.mode = p.ENABLE_PROCESSED_OUTPUT
    it.write("0123456789ab")
    assert it.rows == ["ab23456789"]


def test_attributes_become_colours() -> None:
    it = Setup()
    it.screen.attribute = 0x1C
    it.write("red")
    it.screen.attribute = 0x07
    it.write("plain")
    it.console.flush()
    red, plain = it.terminal.screen.buffer[0][0], it.terminal.screen.buffer[0][3]
    assert (red.fg, red.bg) == ("brightred", "blue")
    assert (plain.fg, plain.bg) == ("default", "default")


def test_the_cursor_moves_relative_to_where_the_console_began() -> None:
    it = Setup(above=2)
    it.write("one\ntwo\n")
    it.screen.move_to(1, 0)
    it.write("X")
    assert it.rows == ["shell", "shell", "oXe", "two"]
    it.screen.move_to(0, 2)
    it.write("three")
    assert it.rows == ["shell", "shell", "oXe", "two", "three"]
    it.screen.move_to(2, 5)
    it.write("end")
    assert it.rows == ["oXe", "two", "three", "", "", "  end"]
    it.screen.move_to(19, 1)
    it.write("!")
    it.agree()


def test_clearing_the_screen() -> None:
    it = Setup(above=2)
    it.write("one\ntwo\n")
    cells = it.screen.width * it.screen.height
    assert it.screen.fill(0, 0, cells, " ", None) == cells
    it.screen.fill(0, 0, cells, None, 7)
    it.screen.move_to(0, 0)
    it.write("C:\\>")
    assert it.rows == ["C:\\>"]
    it.screen.fill(0, 0, cells, None, 0x4F)
    it.console.flush()
    assert it.terminal.screen.buffer[5][19].bg == "red"
    it.agree()


def test_rectangles() -> None:
    it = Setup(columns=10, lines=4)
    for y in range(4):
        it.screen.set_text(0, y, "abcdefghij")
        it.screen.set_styles(2, y, [0x0A] * 3)
    it.agree()
    assert it.screen.scroll((0, 1, 9, 3), (0, 0), (0, 0, 99, 99), ".", 0x0C)
    assert it.rows == ["abcdefghij", "abcdefghij", "abcdefghij", "." * 10]
    assert it.screen.style_list(3) == [0x0C] * 10
    assert it.screen.style_list(0) == [7, 7, 0x0A, 0x0A, 0x0A, 7, 7, 7, 7, 7]
    assert it.screen.scroll((0, 0, 2, 0), (8, 0), (0, 0, 9, 9), "-", 7)
    assert it.screen.rows[0] == "---defghab"
    it.agree()
    assert not it.screen.scroll((0, 0, 10, 0), (0, 0), (0, 0, 9, 9), "-", 7)


def test_only_what_changes_is_drawn() -> None:
    it = Setup()
    it.write("\n" * 5)
    it.screen.set_text(0, 2, "a status line")
    it.console.flush()
    it.terminal.writes.clear()
    it.screen.set_text(0, 2, "a Status line")
    it.console.flush()
    assert len(b"".join(it.terminal.writes)) < 20
    assert it.rows[2] == "a Status line"


def test_wide_characters_take_two_cells() -> None:
    it = Setup(columns=10)
    it.write("a漢字b")
    assert it.screen.rows[0] == "a漢漢字字b    "
    assert it.screen.style_list(0)[1:3] == [0x107, 0x207]
    assert it.screen.x == 6
    it.console.flush()
    assert it.terminal.writes == ["a漢字b".encode()]
    it.screen.move_to(5, 0)
    it.write("X")
    assert it.terminal.screen.cursor.x == 6 or it.cursor == (6, 0)


def test_pairs_of_utf16_come_together() -> None:
    it = Setup()
    it.write("\ud83d")
    it.write("\ude00!")
    it.console.flush()
    assert "😀!".encode() in b"".join(it.terminal.writes)


def test_a_buffer_that_is_larger_than_the_window() -> None:
    it = Setup(columns=10, lines=4)
    assert it.screen.resize(10, 50)
    assert not it.screen.resize(5, 50)
    it.write("".join(f"{n}\n" for n in range(10)))
    assert it.screen.top == 7
    assert it.rows == ["7", "8", "9"]
    assert it.terminal.everything[-10:] == [str(n) for n in range(10)]
    it.screen.move_to(0, 2)
    assert it.rows == ["2", "3", "4", "5"]
    assert it.screen.set_window(0, 6, 9, 9)
    assert it.rows == ["6", "7", "8", "9"]
    assert not it.screen.set_window(0, 48, 9, 51)


def test_a_window_that_is_smaller_than_the_terminal() -> None:
    it = Setup(columns=10, lines=6)
    assert it.screen.set_window(0, 0, 4, 2)
    assert it.screen.resize(5, 3)
    it.write("abcdefg\n1\n2\n3")
    assert it.rows == ["1", "2", "3"]


@pytest.mark.parametrize("lines", [3, 9])
def test_another_size_of_the_terminal(lines: int) -> None:
    it = Setup(columns=20, lines=5)
    it.write("".join(f"{n}\n" for n in range(4)) + "prompt>")
    it.console.flush()
    it.terminal.resize(30, lines)
    assert (it.screen.width, it.screen.height) == (30, lines)
    it.write("x")
    it.write("\nnext")
    it.console.flush()
    assert "prompt>x" in it.terminal.rows
    assert it.terminal.rows[-1] == "next"


def test_whatever_is_done_the_terminal_shows_the_screen() -> None:
    """Random operations, with pyte as the judge."""
    for seed in range(60):
        pick = random.Random(seed)
        it = Setup(columns=pick.choice((8, 13)), lines=pick.choice((3, 5)), above=pick.randrange(4))
        screen = it.screen
        if pick.random() < 0.3:
            screen.mode = VT
        if pick.random() < 0.2:
            screen.resize(screen.width + pick.randrange(3), screen.height + 4)
        screens = (screen, it.console.new_screen())
        for one in screens:
            it.console.screens[one] += 1
        for _ in range(40):
            what = pick.randrange(10)
            screen = pick.choice(screens)
            x, y = pick.randrange(screen.width), pick.randrange(screen.height)
            if what < 4:
                screen.write("".join(pick.choice("ab  c\n\r\n\t\bxyz") for _ in range(pick.randrange(25))))
            elif what == 4:
                screen.move_to(x, y)
            elif what == 5:
                screen.set_text(x, y, "#" * pick.randrange(9))
            elif what == 6:
                screen.fill(x, y, pick.randrange(30), pick.choice(" .%"), pick.choice((None, 7, 0x1F)))
            elif what == 9:
                it.console.activate(screen)
            elif what == 7:
                screen.attribute = pick.choice((7, 0x0A, 0x70))
            else:
                left, top = pick.randrange(screen.width), pick.randrange(screen.height)
                screen.scroll(
                    (min(x, left), min(y, top), max(x, left), max(y, top)), (x, y), (0, 0, 99, 99), "=", 7
                )
            if screen is it.screen and pick.random() < 0.4:
                it.agree()
        it.agree()

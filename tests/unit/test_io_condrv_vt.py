"""Escape sequences, against pyte, which gets them as they are."""

from __future__ import annotations

import random

import pyte
import pytest

from ring3k.io.condrv import protocol as p
from tests.unit.condrv import Setup

VT = p.DEFAULT_OUTPUT_MODE | p.ENABLE_VIRTUAL_TERMINAL_PROCESSING


def oracle(text: str) -> list[str]:
    screen = pyte.Screen(20, 6)
    screen.set_mode(pyte.modes.LNM)
    pyte.Stream(screen).feed(text)
    return [row.rstrip() for row in screen.display]


def ours(text: str, parts: int = 1) -> Setup:
    it = Setup()
    it.screen.mode = VT
    size = max(len(text) // parts, 1)
    for at in range(0, len(text), size):
        it.write(text[at : at + size])
    return it


FILLED = "".join(f"row {n} abcdefghij\n" for n in range(5)) + "row 5"


@pytest.mark.parametrize(
    "text",
    [
        "\x1b[3;5Hx\x1b[Ay\x1b[2Bz\x1b[3D-\x1b[10C+",
        FILLED + "\x1b[2;3H\x1b[K",
        FILLED + "\x1b[2;3H\x1b[1K",
        FILLED + "\x1b[2;3H\x1b[2K!",
        FILLED + "\x1b[3;3H\x1b[J",
        FILLED + "\x1b[3;3H\x1b[1J",
        FILLED + "\x1b[2J\x1b[Htop",
        FILLED + "\x1b[2;3H\x1b[2L",
        FILLED + "\x1b[2;3H\x1b[2M",
        FILLED + "\x1b[2;3H\x1b[3@",
        FILLED + "\x1b[2;3H\x1b[3P",
        FILLED + "\x1b[2;3H\x1b[3X",
        FILLED + "\x1b[2;4r\x1b[4;1H\nnew",
        FILLED + "\x1b[2;4r\x1b[2;1H\x1bMnew",
        FILLED + "\x1b7\x1b[HX\x1b8Y",
        FILLED + "\x1b[5GX\x1b[2dY\x1b[EZ\x1b[FW",
        "\x1b]0;title\x07text\x1b]2;other\x1b\\more",
        "a\x1b(Bb",
        "\x1b[31mred\x1b[0m plain",
    ],
)
def test_as_another_terminal_does_it(text: str) -> None:
    for parts in (1, 7):
        it = ours(text, parts)
        assert [row.rstrip() for row in it.screen.rows] == oracle(text)
        it.agree()


def test_random_sequences() -> None:
    pieces = ["ab", "word ", "\r\n", "\x1b[A", "\x1b[B", "\x1b[2C", "\x1b[D", "\x1b[H", "\x1b[3;9H",
              "\x1b[K", "\x1b[J", "\x1b[L", "\x1b[2P", "\x1b[@", "\x1b[32m", "\x1b[m", "\x1b[2J"]  # fmt: skip
    for seed in range(100):
        pick = random.Random(seed)
        text = "".join(pick.choice(pieces) for _ in range(40))
        it = ours(text, pick.randrange(1, 9))
        assert [row.rstrip() for row in it.screen.rows] == oracle(text), seed
        it.agree()


def test_colours() -> None:
    it = ours("\x1b[1;31ma\x1b[0;38;5;208mb\x1b[48;2;1;2;3mc\x1b[0;7md\x1b[92;44me\x1b[39;49m")
    it.console.flush()
    cells = it.terminal.screen.buffer[0]
    assert (cells[0].fg, cells[0].bold) == ("red", True)
    assert cells[1].fg == "ff8700"
    assert (cells[2].fg, cells[2].bg) == ("ff8700", "010203")
    assert cells[3].reverse
    assert (cells[4].fg, cells[4].bg) == ("brightgreen", "blue")
    attributes = [it.console.palette.attribute(one) for one in it.screen.style_list(0)[:5]]
    assert attributes == [0x0C, 0x0C, 0x0C, 0x4007, 0x401A]


def test_without_the_mode_they_are_characters() -> None:
    it = Setup()
    it.write("\x1b[31mx")
    assert it.rows == ["←[31mx"]


def test_questions_are_answered_as_input() -> None:
    it = ours("ab\x1b[6n")
    it.console.input.mode = 0
    assert it.read(p.READ_FILE, 20).buffer.data == b"\x1b[1;3R"


def test_title_and_cursor() -> None:
    it = ours("\x1b]0;hello\x07\x1b[?25l")
    it.console.flush()
    assert it.console.title == "hello"
    assert it.terminal.screen.cursor.hidden
    it.write("\x1b[?25h")
    it.console.flush()
    assert not it.terminal.screen.cursor.hidden


def test_another_screen_for_a_while() -> None:
    it = ours(FILLED + "\x1b[?1049h\x1b[Heditor")
    assert it.rows == ["editor"]
    it.terminal.writes.clear()
    it.write("\x1b[?1049l")
    assert it.rows[0] == "row 0 abcdefghij"
    assert b"abc" not in b"".join(it.terminal.writes)  # the terminal had kept it
    it.write("\x1b[?1049h\x1b[Heditor")
    it.console.flush()
    it.terminal.resize(15, 5)
    it.write("\x1b[?1049l")
    assert it.rows[0] == "row 0 abcdefghi"
    it.agree()


def test_rubbish_does_no_harm() -> None:
    for seed in range(200):
        pick = random.Random(seed)
        text = "".join(pick.choice("\x1b\x1b[]?;0123456789HJKmPX\\\x07 abhlr(ST") for _ in range(200))
        ours(text, 5).agree()

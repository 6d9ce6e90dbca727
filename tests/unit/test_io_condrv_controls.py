"""The controls of screens."""

from __future__ import annotations

import random
from struct import pack, unpack
from typing import Any

import pytest

from ring3k.abi.status import (
    STATUS_INSUFFICIENT_RESOURCES,
    STATUS_INVALID_PARAMETER,
    STATUS_NO_MEMORY,
    NtError,
)
from ring3k.io.condrv import controls
from ring3k.io.condrv import protocol as p
from ring3k.io.condrv.console import CELL_COST
from tests.unit.condrv import Setup
from tests.unit.io_request import Request


def info(it: Setup) -> tuple[int, ...]:
    status, data = it.tell(p.GET_OUTPUT_INFO, length=p.OUTPUT_INFO.size)
    assert status == 0
    return p.OUTPUT_INFO.unpack(data)


def set_info(it: Setup, mask: int, **values: int) -> int:
    names = (
        "cursor_size", "visible", "x", "y", "width", "height", "attribute", "popup", "left", "top", "right",
        "bottom", "most_columns", "most_lines", "font_width", "font_height", "weight", "pitch",
    )  # fmt: skip
    numbers = [values.get(name, 0) for name in names]
    return it.tell(p.SET_OUTPUT_INFO, p.OUTPUT_INFO_PARAMS.pack(mask, *numbers, *[0] * 16))[0]


def test_what_a_screen_is() -> None:
    it = Setup(columns=20, lines=6)
    it.write("abc\n")
    found = info(it)
    assert found[:14] == (25, 1, 0, 1, 20, 6, 7, 0xF5, 0, 0, 19, 5, 20, 6)
    assert it.tell(p.GET_OUTPUT_INFO, length=50)[0] == STATUS_INVALID_PARAMETER
    assert p.OUTPUT_INFO.size == 100


def test_modes() -> None:
    it = Setup()
    assert it.tell(p.GET_MODE, length=4) == (0, (3).to_bytes(4, "little"))
    assert it.tell(p.SET_MODE, (7).to_bytes(4, "little")) == (0, b"")
    assert it.tell(p.GET_MODE, length=4) == (0, (7).to_bytes(4, "little"))
    assert it.tell(p.SET_MODE, b"ab")[0] == STATUS_INVALID_PARAMETER
    assert it.ask(p.GET_MODE, length=4) == (0, (0x1F7).to_bytes(4, "little"))


def test_cursor_attribute_and_size() -> None:
    it = Setup(columns=20, lines=6)
    assert set_info(it, p.SET_CURSOR_POSITION, x=5, y=3) == 0
    assert info(it)[2:4] == (5, 3)
    assert set_info(it, p.SET_CURSOR_POSITION, x=20, y=3) == STATUS_INVALID_PARAMETER
    assert set_info(it, p.SET_CURSOR_GEOMETRY, cursor_size=0) == STATUS_INVALID_PARAMETER
    assert set_info(it, p.SET_CURSOR_GEOMETRY, cursor_size=50) == 0
    assert info(it)[:2] == (50, 0)
    assert set_info(it, p.SET_ATTRIBUTE, attribute=0x1E) == 0
    assert info(it)[6] == 0x1E
    assert set_info(it, p.SET_SIZE, width=20, height=100) == 0
    assert info(it)[4:6] == (20, 100)
    assert set_info(it, p.SET_SIZE, width=20, height=5) == STATUS_INVALID_PARAMETER
    assert set_info(it, p.SET_SIZE, width=30000, height=30000) == STATUS_NO_MEMORY
    assert set_info(it, p.SET_SIZE, width=-1, height=30) == STATUS_INVALID_PARAMETER
    assert set_info(it, p.SET_WINDOW, top=10, right=19, bottom=15) == 0
    assert info(it)[8:12] == (0, 10, 19, 15)
    assert set_info(it, p.SET_WINDOW, top=10, right=19, bottom=200) == STATUS_INVALID_PARAMETER


def params(x: int, y: int, mode: int, width: int = 0) -> bytes:
    return p.OUTPUT_PARAMS.pack(x, y, mode, width)


def test_cells_in_a_row() -> None:
    it = Setup(columns=10, lines=3)
    text = "0123456789ab".encode("utf-16-le")
    assert it.tell(p.WRITE_OUTPUT, params(5, 0, p.MODE_TEXT) + text, 4) == (0, (12).to_bytes(4, "little"))
    assert it.rows == ["     01234", "56789ab"]
    assert it.tell(p.WRITE_OUTPUT, params(8, 0, p.MODE_ATTR) + pack("<3H", 9, 10, 11), 4)[0] == 0
    assert unpack("<4H", it.tell(p.READ_OUTPUT, params(7, 0, p.MODE_ATTR), 8)[1]) == (7, 9, 10, 11)
    assert it.tell(p.READ_OUTPUT, params(8, 0, p.MODE_TEXT), 8)[1].decode("utf-16-le") == "3456"
    assert it.tell(p.READ_OUTPUT, params(8, 2, p.MODE_TEXT), 100)[1].decode("utf-16-le") == "  "
    assert it.tell(p.READ_OUTPUT, params(8, 3, p.MODE_TEXT), 100) == (0, b"")
    assert it.tell(p.WRITE_OUTPUT, params(9, 2, p.MODE_TEXT) + text, 4) == (0, (1).to_bytes(4, "little"))
    assert it.tell(p.WRITE_OUTPUT, params(0, 0, 9) + text, 4)[0] == STATUS_INVALID_PARAMETER
    assert it.tell(p.WRITE_OUTPUT, b"short", 4)[0] == STATUS_INVALID_PARAMETER


def test_a_rectangle_of_cells() -> None:
    it = Setup(columns=10, lines=4)
    cells = b"".join(pack("<HH", ord(one), 0x1F) for one in "abcdef")
    status, data = it.tell(p.WRITE_OUTPUT, params(8, 1, p.MODE_TEXTATTR, 3) + cells, 8)
    assert (status, unpack("<4h", data)) == (0, (8, 1, 9, 2))
    assert it.rows == ["", "        ab", "        de"]
    it.agree()
    status, data = it.tell(p.READ_OUTPUT, params(7, 1, p.MODE_TEXTATTR, 3), 8 + 3 * 3 * 4)
    assert (status, unpack("<4h", data[:8])) == (0, (7, 1, 9, 3))
    assert unpack("<6H", data[8:20]) == (32, 7, ord("a"), 0x1F, ord("b"), 0x1F)
    assert it.tell(p.READ_OUTPUT, params(7, 1, p.MODE_TEXTATTR, 0), 80)[0] == STATUS_INVALID_PARAMETER
    assert it.tell(p.WRITE_OUTPUT, params(0, 0, p.MODE_TEXTATTR, 0) + cells, 8)[0] == STATUS_INVALID_PARAMETER


def test_filling() -> None:
    it = Setup(columns=10, lines=3)
    fill = p.FILL_PARAMS.pack(8, 0, p.MODE_TEXT, 4, 1, ord("#"), 0)
    assert it.tell(p.FILL_OUTPUT, fill, 4) == (0, (4).to_bytes(4, "little"))
    assert it.rows == ["        ##", "##"]
    everything = p.FILL_PARAMS.pack(0, 0, p.MODE_TEXT, -1, 1, ord(" "), 0)
    assert it.tell(p.FILL_OUTPUT, everything, 4) == (0, (30).to_bytes(4, "little"))
    assert it.rows == []
    below = p.FILL_PARAMS.pack(0, 3, p.MODE_TEXT, 4, 1, ord("#"), 0)
    assert it.tell(p.FILL_OUTPUT, below, 4) == (0, bytes(4))
    assert it.tell(p.FILL_OUTPUT, b"", 4)[0] == STATUS_INVALID_PARAMETER


def test_scrolling() -> None:
    it = Setup(columns=10, lines=3)
    it.write("one\ntwo")
    moved = p.SCROLL_PARAMS.pack(0, 0, 9, 1, 2, 1, 0, 0, 32767, 32767, ord("."), 7)
    assert it.tell(p.SCROLL, moved) == (0, b"")
    assert [row.rstrip() for row in it.screen.rows] == ["..........", "..one", "  two"]
    assert it.tell(p.SCROLL, p.SCROLL_PARAMS.pack(0, 0, 10, 1, 2, 1, 0, 0, 99, 99, 0, 0))[0] == (
        STATUS_INVALID_PARAMETER
    )


def test_bytes_are_in_the_output_code_page() -> None:
    it = Setup()
    it.tell(p.WRITE_FILE, b"\x81\xe1\r\n")
    it.ask(p.SET_INPUT_INFO, pack("<4I", p.SET_OUTPUT_CODE_PAGE, 0, 65001, 0))
    for one in "ü€😀".encode():
        it.tell(p.WRITE_FILE, bytes((one,)))
    it.console.flush()
    assert b"".join(it.terminal.writes).decode() == "üß\r\nü€😀"


def test_several_screens() -> None:
    it = Setup()
    it.write("first")
    other = it.console.new_screen()
    it.console.screens[other] += 1
    other.write("second")
    assert it.rows == ["first"]
    first = it.screen
    it.console.screens[first] += 1
    it.console.activate(other)
    assert it.rows == ["second"]
    first.write("!")
    it.console.activate(first)
    assert it.rows == ["first!"]
    it.console.activate(other)
    it.console.release(other)  # the last handle
    assert list(it.console.screens) == [first]
    assert it.rows == ["first!"]


def test_screens_are_paid_for() -> None:
    it = Setup(columns=20, lines=6)
    pool = it.kernel.pool
    before = pool.used
    assert set_info(it, p.SET_SIZE, width=1000, height=1000) == 0
    assert pool.used - before == (1000 * 1000 - 120) * CELL_COST
    pool.limit = pool.used + 1000
    with pytest.raises(NtError) as caught:
        set_info(it, p.SET_SIZE, width=2000, height=1000)
    assert caught.value.status == STATUS_INSUFFICIENT_RESOURCES
    assert set_info(it, p.SET_SIZE, width=20, height=6) == 0
    assert pool.used == before
    other = it.console.new_screen()
    it.console.screens[other] += 1
    it.console.release(other)
    assert pool.used == before
    it.console.close()
    assert pool.used == 0


@pytest.mark.parametrize("seed", range(40))
def test_whatever_a_guest_says(seed: int) -> None:
    """Statuses and nothing else, and the terminal still shows the screen."""
    pick = random.Random(seed)
    it = Setup(columns=12, lines=4)
    codes = [*controls.INPUT_CONTROLS, *controls.OUTPUT_CONTROLS] * 20
    pick.shuffle(codes)
    sizes = (0, 1, 2, 4, 8, 12, 16, 20, 24, 28, 36, 40, 104, 200)
    for code in codes:
        values = [pick.choice((0, 1, 2, 3, 5, 11, 12, 32, 65, 0x7FFF, 0xFFFF)) for _ in range(100)]
        given = pack("<100H", *values)[: pick.choice(sizes)]
        length = pick.choice((0, 0, *sizes, 1000))
        request: Any = Request(length, code, given)
        try:
            if code in controls.OUTPUT_CONTROLS and pick.random() < 0.7:
                status = controls.OUTPUT_CONTROLS[code](it.console, it.screen, request)
            elif code in controls.INPUT_CONTROLS:
                status = controls.INPUT_CONTROLS[code](it.console, request)
            else:
                continue
        except NtError as error:
            status = error.status
        assert 0 <= status <= 0xFFFFFFFF
        if pick.random() < 0.3:
            it.write(
                "".join(
                    pick.choice("ab漢字\u0301\ud83d\ude00\x1b[3;4H\x1b[L\x1b[?1049hl\r\n\t\b")
                    for _ in range(20)
                )
            )
        assert len(request.buffer.data) <= length
        it.console.flush()
        assert {len(row) for row in it.screen.rows} == {it.screen.width}
        assert len(it.screen.rows) == len(it.screen.styles) == it.screen.height

"""Keys, lines and reads."""

from __future__ import annotations

from typing import Any

import pytest

from ring3k.abi.status import STATUS_BUFFER_TOO_SMALL, STATUS_CANCELLED, STATUS_INVALID_PARAMETER
from ring3k.io.condrv import protocol as p
from ring3k.io.condrv.keys import KeyDecoder
from tests.unit.condrv import Setup

RAW = p.ENABLE_PROCESSED_INPUT


def downs(data: bytes) -> list[tuple[int, int, int]]:
    """Virtual key, character and state of the keys that went down, modifiers apart."""
    decoder = KeyDecoder()
    found = []
    for record in decoder.feed(data) + decoder.flush():
        kind, down, repeat, key, scan, character, state = p.KEY_RECORD.unpack(record)
        assert (kind, repeat) == (p.KEY_EVENT, 1)
        if down and key not in (p.VK_SHIFT, p.VK_CONTROL, p.VK_MENU):
            assert scan or not key
            found.append((key, character, state))
    return found


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a", (0x41, 0x61, 0)),
        (b"A", (0x41, 0x41, p.SHIFT_PRESSED)),
        (b"?", (0xBF, 0x3F, p.SHIFT_PRESSED)),
        (b"\r", (p.VK_RETURN, 13, 0)),
        (b"\x7f", (p.VK_BACK, 8, 0)),
        (b"\t", (p.VK_TAB, 9, 0)),
        (b"\x01", (0x41, 1, p.LEFT_CTRL_PRESSED)),
        (b"\x1a", (0x5A, 26, p.LEFT_CTRL_PRESSED)),
        (b"\x1c", (p.VK_CANCEL, 0, p.LEFT_CTRL_PRESSED)),
        (b"\x1b", (p.VK_ESCAPE, 27, 0)),
        (b"\x1bx", (0x58, 0x78, p.LEFT_ALT_PRESSED)),
        (b"\x1b[A", (p.VK_UP, 0, p.ENHANCED_KEY)),
        (b"\x1bOD", (p.VK_LEFT, 0, p.ENHANCED_KEY)),
        (b"\x1b[1;5C", (p.VK_RIGHT, 0, p.LEFT_CTRL_PRESSED | p.ENHANCED_KEY)),
        (b"\x1b[3~", (p.VK_DELETE, 0, p.ENHANCED_KEY)),
        (b"\x1b[15;2~", (0x74, 0, p.SHIFT_PRESSED)),
        (b"\x1bOP", (0x70, 0, 0)),
        (b"\x1b[Z", (p.VK_TAB, 9, p.SHIFT_PRESSED)),
        ("é".encode(), (0, 0xE9, 0)),
    ],
)
def test_what_a_key_is(data: bytes, expected: tuple[int, int, int]) -> None:
    assert downs(data) == [expected]


def test_sequences_may_come_in_parts() -> None:
    decoder = KeyDecoder()
    assert decoder.feed(b"\x1b") == []
    assert decoder.pending
    assert decoder.feed(b"[") == []
    assert p.KEY_RECORD.unpack(decoder.feed(b"A")[0])[3] == p.VK_UP
    assert decoder.feed("é".encode()[:1]) == []
    assert p.KEY_RECORD.unpack(decoder.feed("é".encode()[1:])[0])[5] == 0xE9
    assert downs("😀".encode()) == [(0, 0xD83D, 0), (0, 0xDE00, 0)]


def test_nothing_about_the_terminal_changes_until_somebody_wants_input() -> None:
    it = Setup()
    it.write("hello")
    it.tell(p.GET_MODE, length=4)
    assert it.ask(p.GET_INPUT_INFO, length=12)[0] == 0
    assert not it.terminal.listening
    other = Setup()
    other.terminal.typed_ahead = True
    assert other.ask(p.GET_INPUT_INFO, length=12)[0] == 0
    assert other.terminal.listening
    it.read(p.READ_CONSOLE, 100)
    assert it.terminal.listening


def test_a_line() -> None:
    it = Setup()
    it.write("name? ")
    request = it.read(p.READ_CONSOLE, 100)
    it.terminal.type(b"Ann\r")
    assert request.status == 0
    assert request.buffer.data.decode("utf-16-le") == "Ann\r\n"
    assert it.rows == ["name? Ann"]
    assert it.cursor == (0, 1)


def line(it: Setup, keys: bytes) -> str:
    request = it.read(p.READ_CONSOLE, 1000)
    it.terminal.type(keys + b"\r")
    it.agree()
    assert request.status == 0
    text: str = request.buffer.data.decode("utf-16-le", "surrogatepass")
    assert text.endswith("\r\n")
    return text[:-2]


LEFT, RIGHT, UP, DOWN = b"\x1b[D", b"\x1b[C", b"\x1b[A", b"\x1b[B"
HOME, END, DELETE, INSERT = b"\x1b[H", b"\x1b[F", b"\x1b[3~", b"\x1b[2~"


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (b"abc" + LEFT + LEFT + b"X", "aXbc"),
        (b"abc" + HOME + DELETE, "bc"),
        (b"abc" + HOME + END + b"d", "abcd"),
        (b"abcd\x7f\x7f", "ab"),
        (b"abc" + HOME + INSERT + b"XY", "XYc"),
        (b"abc\x1b[1;5D" + b"x", "xabc"),
        (b"two words\x1b[1;5Dx", "two xwords"),
        (b"abc" + LEFT + b"\x1b[1;5F", "ab"),
        (b"abc" + LEFT + b"\x1b[1;5H", "c"),
        (b"a\x02b", "a\x02b"),
        ("grün".encode() + LEFT + LEFT + b"-", "gr-ün"),
        (b"1234567890" * 5 + HOME + b"X" + END + b"\x7f\x7f", "X" + ("1234567890" * 5)[:-2]),
    ],
)
def test_editing(keys: bytes, expected: str) -> None:
    it = Setup()
    it.write("\n" * 3 + "C:\\>")
    assert line(it, keys) == expected
    shown = "".join(it.screen.rows)
    assert ("C:\\>" + expected.replace("\x02", "^B")) in shown


def test_escape_clears_the_line() -> None:
    it = Setup()
    request = it.read(p.READ_CONSOLE, 100)
    it.terminal.type(b"rubbish\x1b")
    it.clock.advance(1_000_000)
    it.kernel.scheduler.run_alarms()
    it.terminal.type(b"ok\r")
    assert request.buffer.data.decode("utf-16-le") == "ok\r\n"
    assert it.rows == ["ok"]


def test_history() -> None:
    it = Setup()
    for one in (b"first", b"second", b"second"):
        line(it, one)
    assert it.console.input.history.lines == ["first", "second"]
    assert line(it, UP + UP) == "first"
    assert line(it, b"own" + UP + DOWN + b"!") == "own!"
    assert line(it, b"fi\x1b[19~") == "first"  # F8
    assert line(it, b"s\x1b[19~" + END + b"+") == "second+"


def test_a_line_longer_than_the_screen() -> None:
    it = Setup(columns=10, lines=3)
    text = "".join(chr(97 + n % 26) for n in range(100))
    assert line(it, text.encode() + LEFT * 3 + b"X") == text[:-3] + "X" + text[-3:]


def test_what_does_not_fit_is_for_the_next_read() -> None:
    it = Setup()
    it.terminal.type(b"hello\r")
    first = it.read(p.READ_CONSOLE, 6)
    second = it.read(p.READ_FILE, 100)
    assert first.buffer.data.decode("utf-16-le") == "hel"
    assert second.buffer.data == b"lo\r\n"


def test_reads_are_served_in_order_and_may_be_cancelled() -> None:
    it = Setup()
    first, second, third = (it.read(p.READ_FILE, 100) for _ in range(3))
    it.terminal.type(b"on")
    first.cancel()
    assert first.status == STATUS_CANCELLED
    it.terminal.type(b"e\rtwo\r")
    assert (second.buffer.data, third.buffer.data) == (b"e\r\n", b"two\r\n")


def test_bytes_are_in_the_input_code_page() -> None:
    it = Setup()
    it.terminal.type("é\r".encode())
    assert it.read(p.READ_FILE, 100).buffer.data == b"\x82\r\n"
    status, _ = it.ask(
        p.SET_INPUT_INFO, (2 | 1).to_bytes(4, "little") + (65001).to_bytes(4, "little") * 2 + bytes(4)
    )
    assert status == 0
    it.terminal.type("é\r".encode())
    assert it.read(p.READ_FILE, 100).buffer.data == "é\r\n".encode()
    assert it.ask(p.GET_INPUT_INFO, length=12)[1][:8] == (65001).to_bytes(4, "little") * 2
    assert it.ask(p.SET_INPUT_INFO, (1).to_bytes(4, "little") + (4711).to_bytes(4, "little") * 3)[0] == (
        STATUS_INVALID_PARAMETER
    )


def test_control_z_ends_a_file() -> None:
    it = Setup()
    it.terminal.type(b"\x1a\r")
    request = it.read(p.READ_FILE, 100)
    assert (request.status, request.buffer.data) == (0, b"")
    it.terminal.type(b"\x1a\r")
    assert it.read(p.READ_CONSOLE, 100).buffer.data.decode("utf-16-le") == "\x1a\r\n"


def test_without_lines_characters_come_at_once() -> None:
    it = Setup()
    it.console.input.mode = RAW
    request = it.read(p.READ_CONSOLE, 20)
    it.terminal.type(b"x")
    assert request.buffer.data.decode("utf-16-le") == "x"
    assert it.rows == []


def test_without_echo_nothing_is_shown() -> None:
    it = Setup()
    it.console.input.mode = p.ENABLE_PROCESSED_INPUT | p.ENABLE_LINE_INPUT
    it.write("password:")
    assert line(it, b"secret") == "secret"
    assert it.rows == ["password:"]


def test_records() -> None:
    it = Setup()
    request = it.read(p.READ_INPUT, 100)
    it.terminal.type(b"a")
    assert len(request.buffer.data) == 40
    it.terminal.type(b"bc")
    assert it.ask(p.GET_INPUT_COUNT, length=4)[1] == (4).to_bytes(4, "little")
    assert it.ask(p.GET_INPUT_INFO, length=12)[1][8:] == (4).to_bytes(4, "little")
    peeked = it.ask(p.PEEK, length=40)[1]
    assert it.read(p.READ_INPUT, 40).buffer.data == peeked
    assert it.ask(p.FLUSH) == (0, b"")
    assert it.ask(p.PEEK, length=40) == (0, b"")
    assert it.ask(p.WRITE_INPUT, peeked)[0] == 0
    assert it.ask(p.PEEK, length=400)[1] == peeked
    assert it.ask(p.WRITE_INPUT, peeked[1:])[0] == STATUS_INVALID_PARAMETER


def test_a_wait_ends_when_there_is_input() -> None:
    it = Setup()
    heard: list[int] = []
    it.console.on_records = lambda: heard.append(1)
    it.console.listen()
    it.terminal.type(b"a")
    it.terminal.type(b"b")
    assert heard == [1]


class Process:
    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.ended = False

    def terminate(self, status: int) -> None:
        self.ended = True


def test_control_c_is_an_event() -> None:
    it = Setup()
    one: Any = Process(8)
    it.console.processes[one] = 8
    it.console.listen()
    it.terminal.type(b"\x03")
    assert it.events == [(one, p.CTRL_C_EVENT)]
    assert not it.console.input.records or it.ask(p.GET_INPUT_COUNT, length=4)[1] != bytes(4)
    it.terminal.type(b"\x1c")
    assert it.events[-1] == (one, p.CTRL_BREAK_EVENT)
    it.console.input.mode = p.ENABLE_LINE_INPUT
    it.terminal.type(b"\x03\r")
    assert len(it.events) == 2
    assert it.read(p.READ_CONSOLE, 100).buffer.data.decode("utf-16-le") == "\x03\r\n"


def test_who_insists_ends_programs() -> None:
    it = Setup()
    one: Any = Process(8)
    it.console.processes[one] = 8
    it.console.listen()
    it.terminal.type(b"\x1c\x1c")
    it.clock.advance(30_000_000)
    it.terminal.type(b"\x1c\x1c")
    assert not one.ended
    it.terminal.type(b"\x1c")
    assert one.ended
    assert len(it.events) == 4


def test_control_c_gives_a_line_up() -> None:
    it = Setup()
    it.write("C:\\>")
    request = it.read(p.READ_CONSOLE, 100)
    it.terminal.type(b"del *.*\x03")
    assert request.status is None  # first whoever handles the event
    it.clock.advance(1_000_000)
    it.kernel.scheduler.run_alarms()
    assert request.buffer.data.decode("utf-16-le") == "\r\n"
    assert it.rows == ["C:\\>del *.*^C"]
    assert line(it, b"ok") == "ok"


def test_control_events_go_to_groups() -> None:
    it = Setup()
    processes: list[Any] = [Process(8), Process(12), Process(16)]
    for one, group in zip(processes, (8, 8, 16), strict=True):
        it.console.processes[one] = group
    assert it.ask(p.CTRL_EVENT, p.CTRL_EVENT_PARAMS.pack(p.CTRL_BREAK_EVENT, 16))[0] == 0
    assert [process.pid for process, _ in it.events] == [16]
    assert it.ask(p.CTRL_EVENT, p.CTRL_EVENT_PARAMS.pack(7, 16))[0] == STATUS_INVALID_PARAMETER
    status, data = it.ask(p.GET_PROCESS_LIST, length=12)
    assert (status, data) == (0, b"".join(n.to_bytes(4, "little") for n in (16, 12, 8)))
    assert it.ask(p.GET_PROCESS_LIST, length=8) == (STATUS_BUFFER_TOO_SMALL, (3).to_bytes(4, "little"))


def test_a_character_that_wakes() -> None:
    it = Setup()
    it.write("> ech")
    given = (1 << 9).to_bytes(4, "little") + "ech".encode("utf-16-le")
    request = it.read(p.READ_CONSOLE_CONTROL, 4 + 200, given)
    it.terminal.type(b"o" + LEFT + b"\t")
    assert request.buffer.data[4:].decode("utf-16-le") == "ech\to"
    assert it.rows == ["> echo"]


def test_the_size_of_the_terminal_is_an_event() -> None:
    it = Setup()
    it.console.input.mode |= p.ENABLE_WINDOW_INPUT
    it.terminal.resize(30, 9)
    record = it.read(p.READ_INPUT, 20).buffer.data
    assert p.SIZE_RECORD.unpack(record) == (p.WINDOW_BUFFER_SIZE_EVENT, 30, 9)


def test_a_line_is_shown_again_in_another_size() -> None:
    it = Setup()
    it.write("> ")
    request = it.read(p.READ_CONSOLE, 100)
    it.terminal.type(b"text")
    it.terminal.resize(30, 9)
    it.terminal.type(b"!\r")
    assert request.buffer.data.decode("utf-16-le") == "text!\r\n"


def test_others_write_while_a_line_is_typed() -> None:
    it = Setup()
    it.write("> ")
    request = it.read(p.READ_CONSOLE, 100)
    it.terminal.type(b"te")
    it.write("\r\nnews\r\n")
    it.terminal.type(b"xt\r")
    assert request.buffer.data.decode("utf-16-le") == "text\r\n"
    assert it.rows == ["> te", "news", "text"]


def test_the_terminal_goes_away() -> None:
    it = Setup()
    one: Any = Process(8)
    it.console.processes[one] = 8
    request = it.read(p.READ_FILE, 100)
    it.terminal.type(b"")
    assert (request.status, request.buffer.data) == (0, b"")
    assert it.events == [(one, p.CTRL_CLOSE_EVENT)]
    assert it.read(p.READ_INPUT, 100).status == 0


def test_titles() -> None:
    it = Setup()
    assert it.ask(p.SET_TITLE, "one".encode("utf-16-le"))[0] == 0
    it.ask(p.SET_TITLE, "other\x07".encode("utf-16-le"))
    it.console.flush()
    assert it.terminal.screen.title == "other"
    assert it.ask(p.GET_TITLE, length=8 + 6) == (0, (6).to_bytes(4, "little") + "oth".encode("utf-16-le"))
    assert it.ask(p.GET_TITLE, bytes(4), 30)[1] == (3).to_bytes(4, "little") + "one".encode("utf-16-le")
    assert it.ask(p.GET_TITLE, length=7)[0] == STATUS_INVALID_PARAMETER


def test_closing_gives_the_terminal_back() -> None:
    it = Setup()
    it.screen.attribute = 0x0A
    it.write("green")
    it.console.close()
    it.console.close()
    assert it.terminal.closed
    assert b"".join(it.terminal.writes).endswith(b"\x1b[0m")

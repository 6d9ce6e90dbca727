"""The control codes of \\Device\\ConDrv: of a console's input, and of a screen.

Each is a function of the console (and screen) and the request.  Lengths that are wrong
are STATUS_INVALID_PARAMETER, controls of the other kind STATUS_INVALID_HANDLE.
"""

from __future__ import annotations

from collections.abc import Callable

from ring3k.abi.status import (
    STATUS_BUFFER_TOO_SMALL,
    STATUS_INVALID_PARAMETER,
    STATUS_NO_MEMORY,
    STATUS_NOT_SUPPORTED,
)
from ring3k.io.condrv import protocol as p
from ring3k.io.condrv.codepage import CodePage, codec_name, from_utf16, to_utf16
from ring3k.io.condrv.screen import MOST_CELLS, Screen
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.io.condrv.console import Console
    from ring3k.io.request import Request

InputControl = Callable[["Console", "Request"], int]
OutputControl = Callable[["Console", Screen, "Request"], int]
MOST_TITLE = 0x10000  # bytes
_CELL_SIZES = {p.MODE_TEXT: 2, p.MODE_ATTR: 2, p.MODE_TEXTATTR: 4}


def _give(request: Request, data: bytes) -> int:
    if data:
        request.buffer.write(data)
    request.information = len(data)
    return 0


def _words(data: bytes) -> memoryview:
    return memoryview(data).cast("H")


# -- input ---------------------------------------------------------------------------------------
def get_mode(console: Console, request: Request) -> int:
    if request.input or request.length != 4:
        return STATUS_INVALID_PARAMETER
    return _give(request, console.input.mode.to_bytes(4, "little"))


def set_mode(console: Console, request: Request) -> int:
    if len(request.input) != 4 or request.length:
        return STATUS_INVALID_PARAMETER
    console.input.mode = int.from_bytes(request.input, "little")
    console.listen()
    return 0


def is_unix(console: Console, request: Request) -> int:
    return STATUS_NOT_SUPPORTED


def read(console: Console, request: Request) -> int:
    """READ_INPUT, READ_CONSOLE, READ_FILE."""
    text = request.code == p.READ_CONSOLE
    if (request.input and request.code != p.READ_FILE) or (text and request.length & 1):
        return STATUS_INVALID_PARAMETER
    if request.code == p.READ_INPUT and request.length < p.RECORD_SIZE:
        return 0
    console.waits()
    return console.input.read(request)


def read_control(console: Console, request: Request) -> int:
    given = len(request.input)
    if given < 4 or given & 1 or request.length < 4 or request.length & 1:
        return STATUS_INVALID_PARAMETER
    console.waits()
    return console.input.read(request)


def write_input(console: Console, request: Request) -> int:
    data = request.input
    if len(data) % p.RECORD_SIZE or request.length:
        return STATUS_INVALID_PARAMETER
    console.input.put([data[at : at + p.RECORD_SIZE] for at in range(0, len(data), p.RECORD_SIZE)])
    return 0


def peek(console: Console, request: Request) -> int:
    if request.input:
        return STATUS_INVALID_PARAMETER
    console.waits()
    records = console.input.records
    count = min(request.length // p.RECORD_SIZE, len(records))
    return _give(request, b"".join(records[number] for number in range(count)))


def get_input_info(console: Console, request: Request) -> int:
    """Code pages; with room for it, the number of records (Wine 8.0; later versions ask otherwise).

    Most who ask want the code pages, so it is not taken for interest in input.
    """
    if request.input or request.length not in (8, 12):
        return STATUS_INVALID_PARAMETER
    if request.length == 12:
        console.notice()
    numbers = (console.input.code_page.number, console.output_code_page.number, len(console.input.records))
    return _give(request, b"".join(one.to_bytes(4, "little") for one in numbers)[: request.length])


def get_input_count(console: Console, request: Request) -> int:
    if request.input or request.length != 4:
        return STATUS_INVALID_PARAMETER
    console.waits()
    return _give(request, len(console.input.records).to_bytes(4, "little"))


def set_input_info(console: Console, request: Request) -> int:
    if len(request.input) not in (12, 16) or request.length:
        return STATUS_INVALID_PARAMETER
    mask, to_read, to_write = memoryview(request.input).cast("I")[:3].tolist()
    if mask & p.SET_INPUT_CODE_PAGE:
        if codec_name(to_read) is None:
            return STATUS_INVALID_PARAMETER
        console.input.code_page = CodePage(to_read)
    if mask & p.SET_OUTPUT_CODE_PAGE:
        if codec_name(to_write) is None:
            return STATUS_INVALID_PARAMETER
        console.output_code_page = CodePage(to_write)
    return 0


def get_title(console: Console, request: Request) -> int:
    """A length in characters, then as much of the title as fits."""
    if len(request.input) not in (0, 4) or request.length < 8:
        return STATUS_INVALID_PARAMETER
    original = len(request.input) == 4 and not any(request.input)
    text = to_utf16((console.original_title or "") if original else console.title)
    part = text[: (request.length - 8) & ~1]
    request.buffer.write((len(text) // 2).to_bytes(4, "little") + part)
    request.information = 8 + len(part)
    return 0


def set_title(console: Console, request: Request) -> int:
    if len(request.input) & 1 or request.length:
        return STATUS_INVALID_PARAMETER
    console.set_title(from_utf16(request.input[:MOST_TITLE]))
    return 0


def control_event(console: Console, request: Request) -> int:
    """To a process group; 0 is the caller's own."""
    if len(request.input) != p.CTRL_EVENT_PARAMS.size:
        return STATUS_INVALID_PARAMETER
    event, group = p.CTRL_EVENT_PARAMS.unpack(request.input)
    if event not in (p.CTRL_C_EVENT, p.CTRL_BREAK_EVENT):
        return STATUS_INVALID_PARAMETER
    console.control(event, group or console.processes.get(request.t.process, 0))
    return 0


def beep(console: Console, request: Request) -> int:
    if request.input or request.length:
        return STATUS_INVALID_PARAMETER
    console.beep()
    return 0


def flush(console: Console, request: Request) -> int:
    if request.input or request.length:
        return STATUS_INVALID_PARAMETER
    console.input.flush()
    return 0


def get_window(console: Console, request: Request) -> int:
    """There is none."""
    if request.input or request.length != 4:
        return STATUS_INVALID_PARAMETER
    return _give(request, bytes(4))


def get_process_list(console: Console, request: Request) -> int:
    """The ids; where they do not fit, how many there are."""
    if request.length < 4:
        return STATUS_INVALID_PARAMETER
    numbers = [process.pid for process in reversed(console.processes)]
    if len(numbers) * 4 > request.length:
        request.buffer.write(len(numbers).to_bytes(4, "little"))
        return STATUS_BUFFER_TOO_SMALL
    return _give(request, b"".join(one.to_bytes(4, "little") for one in numbers))


INPUT_CONTROLS: dict[int, InputControl] = {
    p.GET_MODE: get_mode,
    p.SET_MODE: set_mode,
    p.IS_UNIX: is_unix,
    p.READ_CONSOLE: read,
    p.READ_FILE: read,
    p.READ_INPUT: read,
    p.READ_CONSOLE_CONTROL: read_control,
    p.WRITE_INPUT: write_input,
    p.PEEK: peek,
    p.GET_INPUT_INFO: get_input_info,
    p.SET_INPUT_INFO: set_input_info,
    p.GET_INPUT_COUNT: get_input_count,
    p.GET_TITLE: get_title,
    p.SET_TITLE: set_title,
    p.CTRL_EVENT: control_event,
    p.BEEP: beep,
    p.FLUSH: flush,
    p.GET_WINDOW: get_window,
    p.GET_PROCESS_LIST: get_process_list,
}


# -- output --------------------------------------------------------------------------------------
def get_output_mode(console: Console, screen: Screen, request: Request) -> int:
    if request.input or request.length != 4:
        return STATUS_INVALID_PARAMETER
    return _give(request, screen.mode.to_bytes(4, "little"))


def set_output_mode(console: Console, screen: Screen, request: Request) -> int:
    if len(request.input) != 4 or request.length:
        return STATUS_INVALID_PARAMETER
    screen.mode = int.from_bytes(request.input, "little")
    return 0


def is_unix_output(console: Console, screen: Screen, request: Request) -> int:
    return STATUS_NOT_SUPPORTED


def write_console(console: Console, screen: Screen, request: Request) -> int:
    if len(request.input) & 1 or request.length:
        return STATUS_INVALID_PARAMETER
    screen.write(from_utf16(request.input))
    return 0


def write_file(console: Console, screen: Screen, request: Request) -> int:
    screen.write(console.output_code_page.decode(request.input))
    request.information = len(request.input)
    return 0


def activate(console: Console, screen: Screen, request: Request) -> int:
    console.activate(screen)
    return 0


def get_output_info(console: Console, screen: Screen, request: Request) -> int:
    if request.input or request.length < p.OUTPUT_INFO.size:
        return STATUS_INVALID_PARAMETER
    return _give(
        request,
        p.OUTPUT_INFO.pack(
            screen.cursor_size, screen.cursor_visible,
            min(screen.x, screen.width - 1), screen.y,
            screen.width, screen.height,
            _short(console.palette.attribute(screen.attribute)), _short(screen.popup_attribute),
            screen.left, screen.top, screen.left + screen.columns - 1, screen.top + screen.lines - 1,
            screen.most_columns, screen.most_lines,
            *screen.font, *screen.colours,
        ),
    )  # fmt: skip


def _short(number: int) -> int:
    """An unsigned 16-bit number as a signed one."""
    number &= 0xFFFF
    return number - 0x10000 if number & 0x8000 else number


def set_output_info(console: Console, screen: Screen, request: Request) -> int:
    """What the mask says, in this order; what was done before the first mistake stays."""
    if len(request.input) < p.OUTPUT_INFO_PARAMS.size or request.length:
        return STATUS_INVALID_PARAMETER
    mask, *info = p.OUTPUT_INFO_PARAMS.unpack_from(request.input)
    (cursor_size, visible, x, y, width, height, attribute, popup, left, top, right, bottom,
     most_columns, most_lines) = info[:14]  # fmt: skip
    if mask & p.SET_CURSOR_GEOMETRY:
        if not 1 <= cursor_size <= 100:
            return STATUS_INVALID_PARAMETER
        screen.cursor_size, screen.cursor_visible = cursor_size, bool(visible)
        screen.view.touched()
    if mask & p.SET_CURSOR_POSITION:
        if not (0 <= x < screen.width and 0 <= y < screen.height):
            return STATUS_INVALID_PARAMETER
        screen.move_to(x, y)
    if mask & p.SET_SIZE and (width, height) != (screen.width, screen.height):
        if width > 0 and height > 0 and width * height > MOST_CELLS:
            return STATUS_NO_MEMORY
        if not console.resize(screen, width, height):
            return STATUS_INVALID_PARAMETER
        if screen is console.active and console.input.mode & p.ENABLE_WINDOW_INPUT:
            console.input.put([p.SIZE_RECORD.pack(p.WINDOW_BUFFER_SIZE_EVENT, width, height)])
    if mask & p.SET_ATTRIBUTE:
        screen.attribute = attribute & 0xFFFF
    if mask & p.SET_POPUP_ATTRIBUTE:
        screen.popup_attribute = popup & 0xFFFF
    if mask & p.SET_WINDOW and not screen.set_window(left, top, right, bottom):
        return STATUS_INVALID_PARAMETER
    if mask & p.SET_MAXIMUM_SIZE:
        screen.most_columns, screen.most_lines = most_columns, most_lines
    if mask & p.SET_FONT:
        screen.font = (info[14], info[15] or 12, info[16], info[17])
    return 0


def write_output(console: Console, screen: Screen, request: Request) -> int:
    """Cells from a place on: row after row, or (with a width) a rectangle."""
    if request.length not in (4, 8) or len(request.input) < p.OUTPUT_PARAMS.size:
        return STATUS_INVALID_PARAMETER
    x, y, mode, width = p.OUTPUT_PARAMS.unpack_from(request.input)
    size = _CELL_SIZES.get(mode)
    if size is None or (request.length == 8 and not width):
        return STATUS_INVALID_PARAMETER
    data = request.input[p.OUTPUT_PARAMS.size :]
    count = len(data) // size
    words = _words(data[: count * size]).tolist()
    if x >= screen.width:
        return 0
    done = _write_rows(screen, x, y, mode, width, words, count)
    screen.view.touched()
    if request.length == 8:
        right, bottom = min(x + width, screen.width) - 1, min(y + count // width, screen.height) - 1
        return _give(request, p.SMALL_RECT.pack(x, _short(y), right, _short(bottom)))
    return _give(request, done.to_bytes(4, "little"))


def _write_rows(screen: Screen, x: int, y: int, mode: int, width: int, words: list[int], count: int) -> int:
    """How many of the cells lie before the end of the screen."""
    at = 0
    while at < count and y < screen.height:
        part = min(width or screen.width - x, count - at)
        if mode == p.MODE_TEXTATTR:
            both = words[at * 2 : (at + part) * 2]
            screen.set_text(x, y, "".join(map(chr, both[::2])))
            screen.set_styles(x, y, both[1::2])
        elif mode == p.MODE_TEXT:
            screen.set_text(x, y, "".join(map(chr, words[at : at + part])))
        else:
            screen.set_styles(x, y, words[at : at + part])
        at += part
        y += 1
        if not width:
            x = 0
    return at


def read_output(console: Console, screen: Screen, request: Request) -> int:
    """Cells from a place on; both characters and attributes, as a rectangle behind its coordinates."""
    if len(request.input) != p.OUTPUT_PARAMS.size:
        return STATUS_INVALID_PARAMETER
    x, y, mode, width = p.OUTPUT_PARAMS.unpack(request.input)
    outside = x >= screen.width or y >= screen.height
    if mode == p.MODE_TEXTATTR:
        if not width or request.length < p.SMALL_RECT.size or outside:
            return STATUS_INVALID_PARAMETER
        rows = min((request.length - p.SMALL_RECT.size) // (width * 4), screen.height - y)
        width = min(width, screen.width - x)
        cells = b"".join(_row(console, screen, x, y + n, width) for n in range(rows))
        return _give(request, p.SMALL_RECT.pack(x, y, x + width - 1, y + rows - 1) + cells)
    if mode not in (p.MODE_TEXT, p.MODE_ATTR):
        return STATUS_INVALID_PARAMETER
    out = bytearray()
    wanted = request.length & ~1
    while not outside and len(out) < wanted and y < screen.height:
        if mode == p.MODE_TEXT:
            out += to_utf16(screen.rows[y][x:])
        else:
            attribute = console.palette.attribute
            for style in screen.style_list(y)[x:]:
                out += attribute(style).to_bytes(2, "little")
        x, y = 0, y + 1
    return _give(request, bytes(out[:wanted]))


def _row(console: Console, screen: Screen, x: int, y: int, width: int) -> bytes:
    attribute = console.palette.attribute
    return b"".join(
        (ord(one) | attribute(style) << 16).to_bytes(4, "little")
        for one, style in zip(screen.rows[y][x : x + width], screen.style_list(y)[x : x + width], strict=True)
    )


def fill_output(console: Console, screen: Screen, request: Request) -> int:
    """One cell so many times; how many there were."""
    if len(request.input) != p.FILL_PARAMS.size or request.length != 4:
        return STATUS_INVALID_PARAMETER
    x, y, mode, count, _, character, attribute = p.FILL_PARAMS.unpack(request.input)
    if mode not in _CELL_SIZES:
        return STATUS_INVALID_PARAMETER
    done = 0
    if x >= 0 and 0 <= y < screen.height:
        text = None if mode == p.MODE_ATTR else chr(character)
        style = None if mode == p.MODE_TEXT else attribute
        room = screen.width * screen.height
        done = screen.fill(x, y, min(count & 0xFFFFFFFF, room), text, style)
    return _give(request, done.to_bytes(4, "little"))


def scroll(console: Console, screen: Screen, request: Request) -> int:
    if len(request.input) != p.SCROLL_PARAMS.size or request.length:
        return STATUS_INVALID_PARAMETER
    numbers = p.SCROLL_PARAMS.unpack(request.input)
    x, y = numbers[4:6]
    if not (0 <= x < screen.width and 0 <= y < screen.height):
        return STATUS_INVALID_PARAMETER
    if not screen.scroll(numbers[:4], (x, y), numbers[6:10], chr(numbers[10]), numbers[11]):
        return STATUS_INVALID_PARAMETER
    return 0


OUTPUT_CONTROLS: dict[int, OutputControl] = {
    p.GET_MODE: get_output_mode,
    p.SET_MODE: set_output_mode,
    p.IS_UNIX: is_unix_output,
    p.WRITE_CONSOLE: write_console,
    p.WRITE_FILE: write_file,
    p.ACTIVATE: activate,
    p.GET_OUTPUT_INFO: get_output_info,
    p.SET_OUTPUT_INFO: set_output_info,
    p.WRITE_OUTPUT: write_output,
    p.READ_OUTPUT: read_output,
    p.FILL_OUTPUT: fill_output,
    p.SCROLL: scroll,
}

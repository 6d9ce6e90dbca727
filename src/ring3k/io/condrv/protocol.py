"""What is said to \\Device\\ConDrv: control codes, structures, modes, key codes.

Control codes and layouts are those of Wine's DLLs (8.0 and later); modes, events and
key codes are documented parts of the Windows API.
"""

from __future__ import annotations

from struct import Struct

from ring3k.abi.structs.io import FILE_DEVICE_CONSOLE


def _code(function: int, access: int) -> int:
    """``access``: 1 the handle must be able to read, 2 to write."""
    return FILE_DEVICE_CONSOLE << 16 | access << 14 | function << 2


_ANY, _READ, _WRITE = 0, 1, 2

GET_MODE = _code(0, _READ)
SET_MODE = _code(1, _WRITE)
IS_UNIX = _code(2, _ANY)
READ_CONSOLE = _code(10, _READ)
READ_FILE = _code(11, _READ)
READ_INPUT = _code(12, _READ)
WRITE_INPUT = _code(13, _WRITE)
PEEK = _code(14, _READ)
GET_INPUT_INFO = _code(15, _READ)
SET_INPUT_INFO = _code(16, _WRITE)
GET_TITLE = _code(17, _READ)
SET_TITLE = _code(18, _WRITE)
CTRL_EVENT = _code(19, _ANY)
BEEP = _code(20, _ANY)
FLUSH = _code(21, _ANY)
GET_WINDOW = _code(22, _ANY)
GET_PROCESS_LIST = _code(23, _ANY)
READ_CONSOLE_CONTROL = _code(24, _READ)
GET_INPUT_COUNT = _code(25, _READ)
WRITE_CONSOLE = _code(30, _WRITE)
WRITE_FILE = _code(31, _WRITE)
READ_OUTPUT = _code(32, _READ)
WRITE_OUTPUT = _code(33, _WRITE)
GET_OUTPUT_INFO = _code(34, _READ)
SET_OUTPUT_INFO = _code(35, _WRITE)
ACTIVATE = _code(36, _WRITE)
FILL_OUTPUT = _code(37, _WRITE)
SCROLL = _code(38, _WRITE)
BIND_PID = _code(51, _ANY)
SETUP_INPUT = _code(60, _ANY)

# Input modes
ENABLE_PROCESSED_INPUT = 0x1
ENABLE_LINE_INPUT = 0x2
ENABLE_ECHO_INPUT = 0x4
ENABLE_WINDOW_INPUT = 0x8
ENABLE_MOUSE_INPUT = 0x10
ENABLE_INSERT_MODE = 0x20
ENABLE_QUICK_EDIT_MODE = 0x40
ENABLE_EXTENDED_FLAGS = 0x80
ENABLE_AUTO_POSITION = 0x100
ENABLE_VIRTUAL_TERMINAL_INPUT = 0x200
DEFAULT_INPUT_MODE = 0x1F7
# Output modes
ENABLE_PROCESSED_OUTPUT = 0x1
ENABLE_WRAP_AT_EOL_OUTPUT = 0x2
ENABLE_VIRTUAL_TERMINAL_PROCESSING = 0x4
DISABLE_NEWLINE_AUTO_RETURN = 0x8
DEFAULT_OUTPUT_MODE = 0x3

# Control events
CTRL_C_EVENT = 0
CTRL_BREAK_EVENT = 1
CTRL_CLOSE_EVENT = 2
ATTACH_PARENT_PROCESS = 0xFFFFFFFF

# Input records
KEY_EVENT = 1
MOUSE_EVENT = 2
WINDOW_BUFFER_SIZE_EVENT = 4
RECORD_SIZE = 20
KEY_RECORD = Struct("<HxxIHHHHI")  # type, down, repeat, virtual key, scan code, character, state
SIZE_RECORD = Struct("<HxxHH12x")  # type, columns, rows
RIGHT_ALT_PRESSED = 0x1
LEFT_ALT_PRESSED = 0x2
RIGHT_CTRL_PRESSED = 0x4
LEFT_CTRL_PRESSED = 0x8
SHIFT_PRESSED = 0x10
NUMLOCK_ON = 0x20
SCROLLLOCK_ON = 0x40
CAPSLOCK_ON = 0x80
ENHANCED_KEY = 0x100
CTRL_PRESSED = LEFT_CTRL_PRESSED | RIGHT_CTRL_PRESSED
ALT_PRESSED = LEFT_ALT_PRESSED | RIGHT_ALT_PRESSED

VK_CANCEL, VK_BACK, VK_TAB, VK_RETURN = 0x03, 0x08, 0x09, 0x0D
VK_SHIFT, VK_CONTROL, VK_MENU, VK_ESCAPE, VK_SPACE = 0x10, 0x11, 0x12, 0x1B, 0x20
VK_PRIOR, VK_NEXT, VK_END, VK_HOME = 0x21, 0x22, 0x23, 0x24
VK_LEFT, VK_UP, VK_RIGHT, VK_DOWN = 0x25, 0x26, 0x27, 0x28
VK_INSERT, VK_DELETE = 0x2D, 0x2E
VK_F1 = 0x70

# Screens
MODE_TEXT, MODE_ATTR, MODE_TEXTATTR = range(3)  # what a rectangle of cells is given as
DEFAULT_ATTRIBUTE = 0x07
DEFAULT_POPUP = 0xF5
COMMON_LVB_LEADING_BYTE = 0x100
COMMON_LVB_TRAILING_BYTE = 0x200
COMMON_LVB_REVERSE_VIDEO = 0x4000
COMMON_LVB_UNDERSCORE = 0x8000
OUTPUT_PARAMS = Struct("<IIII")  # x, y, mode, width
FILL_PARAMS = Struct("<iiiiiHH")  # x, y, mode, count, wrap, character, attribute
SCROLL_PARAMS = Struct("<hhhhhhhhhhHH")  # source, origin, clip, character, attribute
SMALL_RECT = Struct("<hhhh")  # left, top, right, bottom
OUTPUT_INFO = Struct("<18h16I")
OUTPUT_INFO_PARAMS = Struct("<I18h16I")
SET_CURSOR_GEOMETRY = 0x1
SET_CURSOR_POSITION = 0x2
SET_SIZE = 0x4
SET_ATTRIBUTE = 0x8
SET_WINDOW = 0x10
SET_MAXIMUM_SIZE = 0x20
SET_POPUP_ATTRIBUTE = 0x40
SET_FONT = 0x80
SET_INPUT_CODE_PAGE = 0x1
SET_OUTPUT_CODE_PAGE = 0x2
CTRL_EVENT_PARAMS = Struct("<iI")  # event, process group

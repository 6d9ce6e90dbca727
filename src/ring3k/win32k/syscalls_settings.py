"""The screen, the desktop's parameters, and the keyboard."""

from __future__ import annotations

from struct import pack, unpack

from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.types import Handle, Long, Pointer, Ulong
from ring3k.ke.thread import KThread as Thread
from ring3k.win32k.error import (
    ERROR_ACCESS_DENIED,
    ERROR_INSUFFICIENT_BUFFER,
    ERROR_INVALID_PARAMETER,
    ERROR_INVALID_SPI_VALUE,
    UserError,
    refuse,
)
from ring3k.win32k.user.session import session_of, thread_of
from ring3k.win32k.user.settings import (
    BY_GET,
    BY_SET,
    DOTS_PER_INCH,
    MONITOR,
    SCREEN,
    icon_metrics,
    log_font,
    non_client_metrics,
)
from ring3k.win32k.user.text import counted, wide_text, write_wide

SPI_GETMOUSE, SPI_ICONHORIZONTALSPACING, SPI_ICONVERTICALSPACING, SPI_GETICONTITLELOGFONT = (
    0x03,
    0x0D,
    0x18,
    0x1F,
)
SPI_GETNONCLIENTMETRICS, SPI_GETMINIMIZEDMETRICS, SPI_GETICONMETRICS, SPI_GETWORKAREA = 0x29, 0x2B, 0x2D, 0x30
SPI_GETHIGHCONTRAST, SPI_GETANIMATION, SPI_GETDEFAULTINPUTLANG, SPI_GETDESKWALLPAPER = 0x42, 0x48, 0x59, 0x73
SIZES = {0x32: 24, 0x34: 28, 0x36: 28, 0x3A: 8, 0x3C: 28}  # FILTERKEYS, TOGGLEKEYS ... : all off
ENGLISH_US = 0x04090409
AWARENESS = (0x6010, 0x6011, 0x12, 0x22, 0x40006010)


@syscall(PARTIAL, "every process sees the same screen")
def NtUserGetSystemDpiForProcess(t: Thread, process: Handle) -> int:
    """Dots per inch."""
    return DOTS_PER_INCH


@syscall(PARTIAL, "of the caller's process", refuses=refuse)
def NtUserGetProcessDpiAwarenessContext(t: Thread, process: Handle) -> int:
    """Whether a process copes with screens of other than 96 dots an inch."""
    return session_of(t).process_of(t.process).awareness or AWARENESS[0]


@syscall(refuses=refuse)
def NtUserSetProcessDpiAwarenessContext(t: Thread, awareness: Ulong, unknown: Ulong) -> int:
    """Say whether the process copes with screens of other than 96 dots an inch; once only."""
    if awareness not in AWARENESS:
        raise UserError(ERROR_INVALID_PARAMETER)
    process = session_of(t).process_of(t.process)
    if process.awareness:
        raise UserError(ERROR_ACCESS_DENIED)
    process.awareness = awareness
    return 1


@syscall(refuses=refuse)
def NtUserGetDpiForMonitor(t: Thread, monitor: Handle, kind: Ulong, x: Pointer, y: Pointer) -> int:
    """Dots per inch of a screen."""
    if kind > 2 or monitor != MONITOR:
        raise UserError(ERROR_INVALID_PARAMETER)
    t.memory.write_u32(x, DOTS_PER_INCH)
    t.memory.write_u32(y, DOTS_PER_INCH)
    return 1


def _sized(t: Thread, address: int, sizes: tuple[int, ...]) -> int:
    size = t.memory.read_u32(address)
    if size not in sizes:
        raise UserError(ERROR_INVALID_PARAMETER)
    return size


def _get(t: Thread, action: int, value: int, pointer: int, dots: int) -> bytes | None:
    """What an action tells that is no plain number; None for an action that is not known."""
    if action == SPI_GETMOUSE:
        return pack("<3I", 6, 10, 1)
    if action in (SPI_ICONHORIZONTALSPACING, SPI_ICONVERTICALSPACING):
        return pack("<I", 75)
    if action == SPI_GETICONTITLELOGFONT:
        return log_font(dots)
    if action == SPI_GETNONCLIENTMETRICS:
        return non_client_metrics(_sized(t, pointer, (500, 504)), dots)
    if action == SPI_GETICONMETRICS:
        return icon_metrics(_sized(t, pointer, (108,)), dots)
    if action == SPI_GETMINIMIZEDMETRICS:
        return pack("<5i", _sized(t, pointer, (20,)), 154, 0, 0, 8)
    if action == SPI_GETANIMATION:
        return pack("<2I", _sized(t, pointer, (8,)), 0)
    if action == SPI_GETHIGHCONTRAST:
        return pack("<3I", _sized(t, pointer, (12,)), 0x7E, 0)
    if action == SPI_GETWORKAREA:
        return pack("<4i", 0, 0, *SCREEN)
    if action == SPI_GETDEFAULTINPUTLANG:
        return pack("<I", ENGLISH_US)
    if action == SPI_GETDESKWALLPAPER:
        return b"\0\0" if value else b""
    if action in SIZES:
        size = _sized(t, pointer, (SIZES[action],))
        return size.to_bytes(4, "little") + bytes(size - 4)
    return None


def _parameters(t: Thread, action: int, value: int, pointer: int, dots: int) -> int:
    known = session_of(t).parameters
    found = BY_GET.get(action)
    if found is not None:
        if not pointer:
            return 0
        t.memory.write_u32(pointer, known.get(action, found.default))
        return 1
    found = BY_SET.get(action)
    if found is not None:
        known[found.get] = value if found.in_word else pointer
        return 1
    if action in (SPI_ICONHORIZONTALSPACING, SPI_ICONVERTICALSPACING) and not pointer:
        return 1
    if not pointer:
        return 0
    data = _get(t, action, value, pointer, dots)
    if data is None:
        raise UserError(ERROR_INVALID_SPI_VALUE)
    t.memory.write(pointer, data)
    return 1


@syscall(PARTIAL, "structures are told and not taken; nothing is kept in the registry", refuses=refuse)
def NtUserSystemParametersInfo(
    t: Thread, action: Ulong, value: Ulong, pointer: Pointer, win_ini: Ulong
) -> int:
    """Get or set a parameter of the desktop."""
    return _parameters(t, action, value, pointer, DOTS_PER_INCH)


@syscall(PARTIAL, "metrics only", refuses=refuse)
def NtUserSystemParametersInfoForDpi(
    t: Thread, action: Ulong, value: Ulong, pointer: Pointer, win_ini: Ulong, dpi: Ulong
) -> int:
    """Get a parameter of the desktop for a number of dots an inch."""
    if (
        action not in (SPI_GETICONTITLELOGFONT, SPI_GETNONCLIENTMETRICS, SPI_GETICONMETRICS)
        or not 0 < dpi < 10000
    ):
        raise UserError(ERROR_INVALID_PARAMETER)
    return _parameters(t, action, value, pointer, dpi)


@syscall(PARTIAL, "colours cannot be changed", refuses=refuse)
def NtUserSetSysColors(t: Thread, count: Long, indices: Pointer, colors: Pointer) -> int:
    """Change colours of the desktop."""
    raise UserError(ERROR_ACCESS_DENIED)


def monitor_info(t: Thread, monitor: int, address: int) -> int:
    """GetMonitorInfo."""
    size = t.memory.read_u32(address)
    if monitor != MONITOR or size not in (40, 104):
        raise UserError(ERROR_INVALID_PARAMETER)
    data = pack("<8iI", 0, 0, *SCREEN, 0, 0, *SCREEN, 1)
    if size == 104:
        data += wide_text("\\\\.\\DISPLAY1").ljust(64, b"\0")
    t.memory.write(address + 4, data)
    return 1


# -- the keyboard --------------------------------------------------------------------------------
@syscall(PARTIAL, "there is one layout", refuses=refuse)
def NtUserGetKeyboardLayout(t: Thread, thread_id: Ulong) -> int:
    """The keyboard layout of a thread."""
    return ENGLISH_US


@syscall(PARTIAL, "there is one layout", refuses=refuse)
def NtUserGetKeyboardLayoutList(t: Thread, count: Long, layouts: Pointer) -> int:
    """The keyboard layouts there are: how many."""
    if layouts and count > 0:
        t.memory.write_u32(layouts, ENGLISH_US)
    return 1


@syscall(PARTIAL, "there is one layout", refuses=refuse)
def NtUserGetKeyboardLayoutName(t: Thread, name: Pointer) -> int:
    """The name of the keyboard layout."""
    write_wide(t, name, "00000409", 9)
    return 1


@syscall(PARTIAL, "there is one layout", refuses=refuse)
def NtUserActivateKeyboardLayout(t: Thread, layout: Ulong, flags: Ulong) -> int:
    """Use another keyboard layout: which one was used."""
    return ENGLISH_US


@syscall(PARTIAL, "there are no keys", refuses=refuse)
def NtUserGetKeyState(t: Thread, key: Long) -> int:
    """Whether a key is down, as of the last message: it is not."""
    return 0


@syscall(PARTIAL, "there are no keys", refuses=refuse)
def NtUserGetAsyncKeyState(t: Thread, key: Long) -> int:
    """Whether a key is down: it is not."""
    return 0


@syscall(PARTIAL, "there are no keys", refuses=refuse)
def NtUserGetKeyboardState(t: Thread, state: Pointer) -> int:
    """Which keys are down: none."""
    t.memory.write(state, bytes(256))
    return 1


@syscall(refuses=refuse)
def NtUserGetDoubleClickTime(t: Thread) -> int:
    """How soon the second click of two comes, in milliseconds."""
    return 500


@syscall(refuses=refuse)
def NtUserGetCaretBlinkTime(t: Thread) -> int:
    """How long a caret is seen, in milliseconds."""
    return thread_of(t).caret_blink


# -- clipboard formats ------------------------------------------------------------------------------
@syscall(refuses=refuse)
def NtUserGetClipboardFormatName(t: Thread, format_: Ulong, name: Pointer, count: Long) -> int:
    """The name of a registered clipboard format: how many characters."""
    if not 0xC000 <= format_ <= 0xFFFF or count <= 0:
        raise UserError(ERROR_INVALID_PARAMETER)
    return write_wide(t, name, session_of(t).atoms.query(format_).name, count)


@syscall(PARTIAL, "there is one screen", refuses=refuse)
def NtUserEnumDisplaySettings(
    t: Thread, device: Pointer, mode: Ulong, device_mode: Pointer, flags: Ulong
) -> int:
    """Describe a mode of the screen: the one there is."""
    name = counted(t, device) if device else ""
    if (name and name.upper() != "\\\\.\\DISPLAY1") or mode not in (0, 0xFFFFFFFF, 0xFFFFFFFE):
        raise UserError(ERROR_INVALID_PARAMETER)
    (size,) = unpack("<H", t.memory.read(device_mode + 68, 2))
    if size < 188:
        raise UserError(ERROR_INSUFFICIENT_BUFFER)
    t.memory.write_u32(device_mode + 72, 0x5C0000)  # which fields: depth, width, height, frequency
    t.memory.write(device_mode + 168, pack("<5I", 32, *SCREEN, 0, 60))
    return 1

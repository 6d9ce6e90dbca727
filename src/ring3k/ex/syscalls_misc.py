"""The executive's small calls: display, hard errors, locale, shutdown."""

from __future__ import annotations

from typing import Annotated

from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.enums import HardErrorOption, HardErrorResponse, ShutdownAction
from ring3k.abi.status import (
    STATUS_INVALID_PARAMETER,
    STATUS_INVALID_PARAMETER_1,
    STATUS_INVALID_PARAMETER_2,
    STATUS_INVALID_PARAMETER_4,
    NtError,
    status_name,
)
from ring3k.abi.strings import UNICODE_STRING, UnicodeString
from ring3k.abi.structs.ex import HARDERROR_RESPONSE_OPTION
from ring3k.abi.types import Boolean, In, NtStatus, Out, Pointer, Scalar, Ulong
from ring3k.ex.display import Display
from ring3k.ke.thread import KThread as Thread

Lcid = Annotated[int, Scalar("LCID", 4)]
Langid = Annotated[int, Scalar("LANGID", 2)]
MAXIMUM_HARDERROR_PARAMETERS = 5
ENGLISH_US = 0x409


@syscall()
def NtDisplayString(t: Thread, display_string: In[UnicodeString]) -> int:
    """Show text on the boot screen: here, the standard output of the run."""
    t.kernel.part(Display).write(t.process, display_string)
    return 0


def _parameters(t: Thread, count: int, strings: int, address: int) -> list[str]:
    """The hard error's parameters as text; a bad pointer is STATUS_ACCESS_VIOLATION as in NT."""
    shown = []
    for i in range(count):
        value = t.memory.read_u32(address + i * 4)
        if strings >> i & 1:
            header = UNICODE_STRING.load(t.memory, value)
            text = t.memory.read(header.Buffer, min(header.Length, 512) & ~1) if header.Length else b""
            shown.append(text.decode("utf-16-le", "replace"))
        else:
            shown.append(f"{value:#x}")
    return shown


def _check_count(number_of_parameters: int) -> None:
    if number_of_parameters > MAXIMUM_HARDERROR_PARAMETERS:
        raise NtError(STATUS_INVALID_PARAMETER_2)


@syscall(
    PARTIAL,
    "nobody is there to answer: told on the debug stream, and never a choice of the user's",
    first=_check_count,
)
def NtRaiseHardError(
    t: Thread,
    error_status: NtStatus,
    number_of_parameters: Ulong,
    unicode_string_parameter_mask: Ulong,
    parameters: Pointer,
    valid_response_options: HardErrorOption,
    response: Out[HardErrorResponse],
) -> int:
    """Report an error to the person at the screen.

    Without a subsystem's error port NT returns ResponseNotHandled; so do we.
    """
    if valid_response_options > HARDERROR_RESPONSE_OPTION.OptionCancelTryContinue or (
        parameters == 0 and number_of_parameters
    ):
        raise NtError(STATUS_INVALID_PARAMETER_4)
    shown = _parameters(t, number_of_parameters, unicode_string_parameter_mask, parameters)
    told = f"{status_name(error_status)}: {', '.join(shown)}" if shown else status_name(error_status)
    t.kernel.debug_print(t, f"hard error {told}\n")
    response.set(1)  # ResponseNotHandled
    return 0


# -- locale -------------------------------------------------------------------------------
@syscall()
def NtQueryDefaultLocale(t: Thread, user_profile: Boolean, default_locale_id: Out[Lcid]) -> int:
    """The system's or the user's locale."""
    default_locale_id.set(t.kernel.part(Locale).ids[user_profile])
    return 0


@syscall(PARTIAL, "kept for this run; not yet in the registry")
def NtSetDefaultLocale(t: Thread, user_profile: Boolean, default_locale_id: Lcid) -> int:
    """Set the system's or the user's locale."""
    if default_locale_id & 0xFFFF0000:
        raise NtError(STATUS_INVALID_PARAMETER)
    t.kernel.part(Locale).ids[user_profile] = default_locale_id
    return 0


@syscall()
def NtQueryDefaultUILanguage(t: Thread, default_ui_language_id: Out[Langid]) -> int:
    """The language of menus and messages."""
    default_ui_language_id.set(t.kernel.part(Locale).ids[True] & 0xFFFF)
    return 0


@syscall()
def NtQueryInstallUILanguage(t: Thread, install_ui_language_id: Out[Langid]) -> int:
    """The language the system was installed in."""
    install_ui_language_id.set(ENGLISH_US)
    return 0


class Locale:
    """Locale identifiers: [system, user]."""

    def __init__(self) -> None:
        self.ids = [ENGLISH_US, ENGLISH_US]


# -- debug filters (XP) -------------------------------------------------------------------
class DebugFilter:
    """Which DbgPrintEx messages are wanted: a mask of levels for each component."""

    COMPONENTS = 0x60  # as many as XP knows, and -1 for those of old drivers
    ANY = 0xFFFFFFFF

    def __init__(self) -> None:
        self.masks: dict[int, int] = {}

    def mask(self, component: int) -> int:
        if component >= self.COMPONENTS and component != self.ANY:
            raise NtError(STATUS_INVALID_PARAMETER_1)
        return self.masks.get(component, 1)


def _level_bit(level: int) -> int:
    return 1 << level if level < 32 else level


@syscall()
def NtQueryDebugFilterState(t: Thread, component_id: Ulong, level: Ulong) -> int:
    """1 when such messages are wanted, 0 when not (a number, not a status)."""
    return int(bool(t.kernel.part(DebugFilter).mask(component_id) & _level_bit(level)))


@syscall()
def NtSetDebugFilterState(t: Thread, component_id: Ulong, level: Ulong, state: Boolean) -> int:
    """Want such messages, or not."""
    filters = t.kernel.part(DebugFilter)
    mask = filters.mask(component_id)
    filters.masks[component_id] = mask | _level_bit(level) if state else mask & ~_level_bit(level)
    return 0


@syscall()
def NtFlushWriteBuffer(t: Thread) -> int:
    """Drain the processor's write buffer: x86 has nothing to drain."""
    return 0


@syscall()
def NtShutdownSystem(t: Thread, action: ShutdownAction) -> int:
    """End every process of this system."""
    if action > 2:
        raise NtError(STATUS_INVALID_PARAMETER)
    t.kernel.shut_down()
    return 0

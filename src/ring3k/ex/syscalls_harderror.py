"""Hard errors, the screen, and the end of the system."""

from __future__ import annotations

from ring3k.abi.call import syscall
from ring3k.abi.enums import HardErrorOption, HardErrorResponse, ShutdownAction
from ring3k.abi.status import (
    STATUS_INVALID_PARAMETER,
    STATUS_INVALID_PARAMETER_2,
    STATUS_INVALID_PARAMETER_4,
    STATUS_OBJECT_TYPE_MISMATCH,
    STATUS_UNSUCCESSFUL,
    NtError,
)
from ring3k.abi.strings import UNICODE_STRING, UnicodeString
from ring3k.abi.structs.ex import HARDERROR_RESPONSE_OPTION
from ring3k.abi.types import POINTER, Handle, In, InBuffer, NtStatus, Opt, Out, Sized, Ulong
from ring3k.abi.version import Version
from ring3k.ex.display import Display
from ring3k.ex.harderror import MAXIMUM_PARAMETERS, HardError, HardErrorPort, raise_hard_error, register
from ring3k.ke.thread import KThread as Thread
from ring3k.ob.object import Object
from ring3k.se.privilege import SE_SHUTDOWN_PRIVILEGE, SE_TCB_PRIVILEGE, require_privilege
from ring3k.typed import Annotated

OPTIONS = {"nt40": 6, "nt50": 6}  # the last one known; every later version: OptionCancelTryContinue


@syscall()
def NtDisplayString(t: Thread, display_string: In[UnicodeString]) -> int:
    """Show text on the boot screen: here, the standard output of the run."""
    t.kernel.part(Display).write(t.process, display_string)
    return 0


def _parameters(t: Thread, given: InBuffer | None, strings: int) -> tuple[tuple[int, ...], list[str]]:
    """The hard error's parameters, and as text; every string is probed, as in NT."""
    if given is None:
        return (), []
    data = given.read()
    words = tuple(int.from_bytes(data[i : i + 4], "little") for i in range(0, len(data), 4))
    shown = []
    for i, value in enumerate(words):
        if not strings >> i & 1:
            shown.append(f"{value:#x}")
            continue
        header = UNICODE_STRING.load(t.memory, value)
        text = t.memory.read(header.Buffer, header.MaximumLength) if header.MaximumLength else b""
        shown.append(text[: min(header.Length, 512) & ~1].decode("utf-16-le", "replace"))
    return words, shown


def _judge(t: Thread, number_of_parameters: int, valid_response_options: int) -> None:
    if number_of_parameters > MAXIMUM_PARAMETERS:
        raise NtError(STATUS_INVALID_PARAMETER_2)
    last = OPTIONS.get(t.kernel.part(Version).name, HARDERROR_RESPONSE_OPTION.OptionCancelTryContinue)
    if valid_response_options > last:
        raise NtError(STATUS_INVALID_PARAMETER_4)


@syscall(first=_judge)
async def NtRaiseHardError(
    t: Thread,
    error_status: NtStatus,
    number_of_parameters: Ulong,
    unicode_string_parameter_mask: Ulong,
    parameters: Opt[Annotated[InBuffer, Sized("number_of_parameters", unit=POINTER)]],
    valid_response_options: HardErrorOption,
    response: Out[HardErrorResponse],
) -> int:
    """Report an error to the person at the screen, through the subsystem that registered for it.

    OptionShutdownSystem, for who may shut down, ends the system as NT's blue screen does.
    """
    if parameters is not None and not number_of_parameters:
        raise NtError(STATUS_INVALID_PARAMETER_2)
    words, shown = _parameters(t, parameters, unicode_string_parameter_mask)
    error = HardError(error_status, words, unicode_string_parameter_mask, valid_response_options, shown)
    if valid_response_options == HARDERROR_RESPONSE_OPTION.OptionShutdownSystem:
        require_privilege(t, SE_SHUTDOWN_PRIVILEGE)
        t.kernel.shut_down()
        return 0
    response.set(await raise_hard_error(t, error))
    return 0


@syscall()
def NtSetDefaultHardErrorPort(t: Thread, port_handle: Handle) -> int:
    """Name the port that receives hard errors: once, by a subsystem."""
    require_privilege(t, SE_TCB_PRIVILEGE)
    if t.kernel.late_part(HardErrorPort).port is not None:
        raise NtError(STATUS_UNSUCCESSFUL)
    port = t.handles.get(port_handle, Object, 0)
    if not hasattr(port, "kernel_request"):  # ports belong to a room above
        raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
    register(t, port)
    return 0


@syscall()
def NtShutdownSystem(t: Thread, action: ShutdownAction) -> int:
    """End every process of this system."""
    if action > 2:
        raise NtError(STATUS_INVALID_PARAMETER)
    require_privilege(t, SE_SHUTDOWN_PRIVILEGE)
    t.kernel.shut_down()
    return 0

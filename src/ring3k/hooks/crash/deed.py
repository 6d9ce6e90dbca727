"""What an exception says: its name, and in words what was done."""

from __future__ import annotations

from ring3k.abi.memory import Memory
from ring3k.abi.status import (
    STATUS_ACCESS_VIOLATION,
    STATUS_IN_PAGE_ERROR,
    STATUS_STACK_BUFFER_OVERRUN,
    STATUS_STACK_OVERFLOW,
    status_name,
)
from ring3k.abi.structs.ke import EXCEPTION_EXECUTE_FAULT, EXCEPTION_READ_FAULT, EXCEPTION_WRITE_FAULT
from ring3k.hooks.crash.surroundings import Surroundings, read_text
from ring3k.hooks.crash.thrown import CXX_EXCEPTION

WINE_STUB = 0x80000100
_NAMES = {
    CXX_EXCEPTION: "C++ exception",
    0x20474343: "C++ exception (GCC)",
    0x0EEDFADE: "Delphi exception",
    0xE0434352: ".NET exception",
    0xE0434F4D: ".NET exception",
    WINE_STUB: "unimplemented function",
    0x80000101: "assertion failed",
}
_ACCESS = {
    EXCEPTION_READ_FAULT: "read from",
    EXCEPTION_WRITE_FAULT: "write to",
    EXCEPTION_EXECUTE_FAULT: "execution of",
}
_OF_A_PROGRAM = 0x20000000  # this bit of a code says that it is not Windows' own
_NO_ADDRESS = (0, 0xFFFFFFFF)
_FAST_FAIL = {
    0: "stack cookie, old style",
    1: "virtual function table check",
    2: "stack cookie",
    3: "corrupt list entry",
    4: "incorrect stack",
    5: "invalid argument",
    6: "stack cookie initialisation",
    7: "the program gave up (abort)",
    8: "array bounds",
    9: "unsafe registry access",
    10: "indirect call guard",
    18: "invalid set of context",
    19: "invalid reference count",
    21: "invalid jump buffer",
    22: "read-only data modified",
}


def name_of_exception(code: int) -> str:
    return _NAMES.get(code) or status_name(code)


def deed(code: int, parameters: tuple[int, ...], eip: int, memory: Memory, surroundings: Surroundings) -> str:
    """What the thread did, as far as the parameters tell; "" where they tell nothing."""
    if code in (STATUS_ACCESS_VIOLATION, STATUS_IN_PAGE_ERROR) and len(parameters) >= 2:
        if parameters[1] == eip and not surroundings.is_code(eip):  # older processors call it reading
            parameters = (EXCEPTION_EXECUTE_FAULT, *parameters[1:])
        return _access(code, parameters, surroundings)
    if code == STATUS_STACK_OVERFLOW:
        return "the stack is full"
    if code == STATUS_STACK_BUFFER_OVERRUN and parameters:
        reason = _FAST_FAIL.get(parameters[0])
        return f"fast fail {parameters[0]}" + (f": {reason}" if reason else "")
    if code == WINE_STUB and len(parameters) >= 2:
        return _stub(parameters, memory)
    if code & _OF_A_PROGRAM and code not in _NAMES and parameters:
        return "with " + ", ".join(f"{one:#x}" for one in parameters)
    return ""


def _access(code: int, parameters: tuple[int, ...], surroundings: Surroundings) -> str:
    kind, address = parameters[:2]
    if (kind, address) == _NO_ADDRESS:
        return "an access of which the processor does not tell the address (general protection)"
    text = f"{_ACCESS.get(kind, 'access to')} {address:#010x}: {surroundings.what_is(address)}"
    if code == STATUS_IN_PAGE_ERROR and len(parameters) >= 3:
        text += f", {status_name(parameters[2])}"
    return text


def _stub(parameters: tuple[int, ...], memory: Memory) -> str:
    """How Wine's DLLs say that they lack a function: module, and name or ordinal."""
    module = read_text(memory, parameters[0]) or "?"
    name = parameters[1]
    function = (read_text(memory, name) or "?") if name >> 16 else f"#{name}"
    return f"called {function} of {module}, which is not implemented there"

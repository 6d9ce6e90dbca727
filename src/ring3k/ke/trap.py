"""Processor faults, and what NT makes of them.

``answer`` is the kernel's reply to every trap that is neither a system call nor
an interrupt of ours.  Like a system call handler it returns a status (an
interrupt service that answers in eax), None (registers are set: go on) or a
coroutine.

Decided here, where Windows leaves no trace to follow:

* ``int 2c`` is STATUS_NO_EVENT_PAIR in NT 4.0 to XP, a failed assertion since;
  ``int 29`` is no gate before Windows 8 and so an access violation.
* SYSENTER works as on XP where ntdll has KiFastSystemCallRet, also when the
  processor refuses it in compatibility mode.
* A host call made by ``int 80`` is an access violation as on NT, by SYSCALL an
  illegal instruction; code that left the 32-bit world has lost its place, so
  its process ends.
"""

from __future__ import annotations

from ring3k.abi.status import (
    STATUS_ACCESS_VIOLATION,
    STATUS_ARRAY_BOUNDS_EXCEEDED,
    STATUS_ASSERTION_FAILURE,
    STATUS_BREAKPOINT,
    STATUS_DATATYPE_MISALIGNMENT,
    STATUS_END_OF_FILE,
    STATUS_FLOAT_DIVIDE_BY_ZERO,
    STATUS_FLOAT_INEXACT_RESULT,
    STATUS_FLOAT_INVALID_OPERATION,
    STATUS_FLOAT_MULTIPLE_FAULTS,
    STATUS_FLOAT_MULTIPLE_TRAPS,
    STATUS_FLOAT_OVERFLOW,
    STATUS_FLOAT_STACK_CHECK,
    STATUS_FLOAT_UNDERFLOW,
    STATUS_ILLEGAL_INSTRUCTION,
    STATUS_IN_PAGE_ERROR,
    STATUS_INTEGER_DIVIDE_BY_ZERO,
    STATUS_INTEGER_OVERFLOW,
    STATUS_INVALID_LOCK_SEQUENCE,
    STATUS_NO_EVENT_PAIR,
    STATUS_PRIVILEGED_INSTRUCTION,
    STATUS_SINGLE_STEP,
    STATUS_STACK_BUFFER_OVERRUN,
    NtError,
)
from ring3k.abi.structs.ke import (
    DR6_SINGLE_STEP,
    DR7_ENABLED,
    EFLAGS_RF,
    EFLAGS_TF,
    EXCEPTION_EXECUTE_FAULT,
    EXCEPTION_NONCONTINUABLE,
    EXCEPTION_READ_FAULT,
    EXCEPTION_WRITE_FAULT,
)
from ring3k.abi.version import Version
from ring3k.engine.protocol import ERROR_NO_PAGE, Trap
from ring3k.ke import decode
from ring3k.ke.callback import callback_return
from ring3k.ke.debugservice import debug_service
from ring3k.ke.exception import Exception_, dispatch
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread

_TICK = 156_250  # 100 ns units of a clock interrupt
_MULTIPLIER = 0x0FA00000  # milliseconds of a tick, 8.24 fixed point
_MASK = 0xFFFFFFFF
_NO_ADDRESS = (EXCEPTION_READ_FAULT, _MASK)

# Bits of the x87 status word, in NT's order of importance
_FLOAT = (
    (0x01, STATUS_FLOAT_INVALID_OPERATION),
    (0x04, STATUS_FLOAT_DIVIDE_BY_ZERO),
    (0x02, STATUS_FLOAT_INVALID_OPERATION),  # denormal
    (0x08, STATUS_FLOAT_OVERFLOW),
    (0x10, STATUS_FLOAT_UNDERFLOW),
    (0x20, STATUS_FLOAT_INEXACT_RESULT),
)
_STACK_FAULT = 0x40
_BEFORE_COMPUTING = 0x07  # invalid, denormal, divide by zero


def answer(t: KThread) -> Any:
    """Reply to a fault, a host call, or a trap outside 32-bit code."""
    trap = t.guest.trap
    if trap == Trap.FAULT:
        return _fault(t)
    if trap == Trap.HOST_CALL:
        return _host_call(t)
    return dispatch(t, Exception_(STATUS_ACCESS_VIOLATION, t.guest.eip, _NO_ADDRESS), first_chance=False)


def _raise(t: KThread, code: int, parameters: tuple[int, ...] = ()) -> Any:
    return dispatch(t, Exception_(code, t.guest.eip, parameters))


def _fault(t: KThread) -> Any:
    g = t.guest
    vector = g.vector
    if vector == 14:
        return _page_fault(t)
    if vector == 13:
        return _general_protection(t)
    if vector == 3:
        return dispatch(t, Exception_(STATUS_BREAKPOINT, (g.eip - 1) & _MASK, (0, g.ecx, g.edx)))
    if vector == 1:
        return _debug_trap(t)
    if vector == 0:
        zero = decode.divides_by_zero(g, t.memory, decode.instruction_at(t.memory, g.eip))
        return _raise(t, STATUS_INTEGER_DIVIDE_BY_ZERO if zero else STATUS_INTEGER_OVERFLOW)
    if vector == 4:
        return dispatch(t, Exception_(STATUS_INTEGER_OVERFLOW, (g.eip - 1) & _MASK))
    if vector == 5:
        return _raise(t, STATUS_ARRAY_BOUNDS_EXCEEDED)
    if vector == 6:
        return _invalid_opcode(t)
    if vector == 16:
        return _x87(t)
    if vector == 17:
        return _raise(t, STATUS_DATATYPE_MISALIGNMENT)
    if vector == 19:
        return _simd(t)
    return _raise(t, STATUS_ACCESS_VIOLATION, _NO_ADDRESS)


def _debug_trap(t: KThread) -> Any:
    """A single step, or a debug register's hit: DR6 tells which.  RF is the debugger's to set again."""
    g = t.guest
    g.eflags &= ~(EFLAGS_TF | EFLAGS_RF)
    registers = t.debug_registers
    if registers[5] & DR7_ENABLED:
        reason = 1 << (g.error - 1) if 1 <= g.error <= 4 else DR6_SINGLE_STEP
        t.debug_registers = (*registers[:4], reason, registers[5])
    return _raise(t, STATUS_SINGLE_STEP)


def _page_fault(t: KThread) -> Any:
    g = t.guest
    error = g.error
    if error & 16:
        access = EXCEPTION_EXECUTE_FAULT
    else:
        access = EXCEPTION_WRITE_FAULT if error & 2 else EXCEPTION_READ_FAULT
    if error & ERROR_NO_PAGE:
        return _raise(t, STATUS_IN_PAGE_ERROR, (access, g.address, STATUS_END_OF_FILE))
    resolved = t.kernel.answer_page_fault(t, g.address, access)
    if resolved is None:
        return None
    status, parameters = resolved
    return _raise(t, status, parameters)


def _general_protection(t: KThread) -> Any:
    g = t.guest
    error = g.error
    if error & 2:  # through the interrupt table: int n
        number = error >> 3
        if number == 0x29 and t.kernel.part(Version).level >= 62:
            return _fast_fail(t)
        if 0x2A <= number <= 0x2D:
            return _service(t, number)
    code = decode.instruction_at(t.memory, g.eip)
    if error == 0:
        if decode.is_privileged(code):
            return _raise(t, STATUS_PRIVILEGED_INSTRUCTION)
        if decode.is_sysenter(code):
            return _sysenter(t)
        if len(code) == decode.MAXIMUM_LENGTH == decode.prefix_length(code):
            return _raise(t, STATUS_ILLEGAL_INSTRUCTION)
    return _raise(t, STATUS_ACCESS_VIOLATION, _NO_ADDRESS)


def _fast_fail(t: KThread) -> Any:
    """The program cannot trust itself any more: no handler is asked."""
    g = t.guest
    failure = Exception_(STATUS_STACK_BUFFER_OVERRUN, g.eip, (g.ecx,), EXCEPTION_NONCONTINUABLE)
    return dispatch(t, failure, first_chance=False)


def _service(t: KThread, number: int) -> Any:
    """The kernel's own gates besides int 2e."""
    g = t.guest
    g.eip = (g.eip + 2) & _MASK
    if number == 0x2A:
        product = t.kernel.clock.interrupt_time() // _TICK * _MULTIPLIER
        g.edx = product >> 32 & _MASK  # left over from the multiplication
        return product >> 24 & _MASK
    if number == 0x2B:
        return callback_return(t, g.ecx, g.edx, g.eax)
    if number == 0x2C:
        if t.kernel.part(Version).level < 60:
            return STATUS_NO_EVENT_PAIR
        g.eip = (g.eip - 2) & _MASK
        return _raise(t, STATUS_ASSERTION_FAILURE)
    return debug_service(t)


def _invalid_opcode(t: KThread) -> Any:
    code = decode.instruction_at(t.memory, t.guest.eip)
    if decode.is_sysenter(code):
        return _sysenter(t)
    if decode.has_lock(code):
        return _raise(t, STATUS_INVALID_LOCK_SEQUENCE)
    return _raise(t, STATUS_ILLEGAL_INSTRUCTION)


def _sysenter(t: KThread) -> Any:
    """XP's entry: edx is the stack, the arguments stand behind two return addresses."""
    g = t.guest
    back = t.process.user_address("KiFastSystemCallRet")
    if not back:
        return _raise(t, STATUS_ILLEGAL_INSTRUCTION)
    g.esp = g.edx
    g.arg_base = (g.edx + 8) & _MASK
    g.eip = back
    try:
        return t.kernel.system_call(t)
    except NtError as error:
        return error.status


def _host_call(t: KThread) -> Any:
    g = t.guest
    start = (g.eip - 2) & _MASK
    code = decode.instruction_at(t.memory, start)[:2]
    if code == b"\xcd\x80":
        g.eip = start
        return _raise(t, STATUS_ACCESS_VIOLATION, _NO_ADDRESS)
    if code == b"\x0f\x34":
        return _sysenter(t)
    if code == b"\x0f\x05":
        g.eip = start
        return _raise(t, STATUS_ILLEGAL_INSTRUCTION)
    return dispatch(t, Exception_(STATUS_ILLEGAL_INSTRUCTION, g.eip), first_chance=False)


def _x87(t: KThread) -> Any:
    """A pending x87 error: the address is that of the instruction that made it, not that found it."""
    image = t.guest.get_fpu()
    control, status = int.from_bytes(image[0:2], "little"), int.from_bytes(image[2:4], "little")
    address = int.from_bytes(image[8:12], "little")
    errors = status & ~control & 0x3F
    code = next((code for bit, code in _FLOAT if errors & bit), STATUS_FLOAT_INVALID_OPERATION)
    parameters: tuple[int, ...] = (0,)
    if errors & 1 and status & _STACK_FAULT:
        code = STATUS_FLOAT_STACK_CHECK
        parameters = (0, int.from_bytes(image[16:20], "little"))
    return dispatch(t, Exception_(code, address, parameters))


def _simd(t: KThread) -> Any:
    mxcsr = int.from_bytes(t.guest.get_fpu()[24:28], "little")
    errors = mxcsr & ~(mxcsr >> 7) & 0x3F
    code = STATUS_FLOAT_MULTIPLE_FAULTS if errors & _BEFORE_COMPUTING else STATUS_FLOAT_MULTIPLE_TRAPS
    return _raise(t, code, (0, mxcsr))


def no_memory_manager(t: KThread, address: int, access: int) -> tuple[int, tuple[int, ...]]:
    """The answer to page faults until mm gives its own."""
    return STATUS_ACCESS_VIOLATION, (access, address)

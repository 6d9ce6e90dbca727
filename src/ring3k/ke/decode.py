"""What a faulting instruction is: as much decoding as NT's own trap handlers do.

NT looks at the bytes behind a fault in four cases: a general protection fault
may be a privileged instruction, an invalid opcode may come from a misplaced
LOCK, a divide error may be an overflow (the divisor is not zero), and SYSENTER
may be a system call on a processor that refuses it.
"""

from __future__ import annotations

from ring3k.abi.status import NtError
from ring3k.engine.protocol import PAGE
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.abi.memory import Memory
    from ring3k.engine.protocol import GuestThread

MAXIMUM_LENGTH = 15
_PREFIXES = frozenset(b"\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3")
# hlt; cli sti; in out; ins outs
_PRIVILEGED = frozenset(b"\xf4\xfa\xfb\xe4\xe5\xe6\xe7\xec\xed\xee\xef\x6c\x6d\x6e\x6f")
# behind 0f: clts invd wbinvd; mov cr, mov dr; wrmsr rdmsr rdpmc sysexit
_PRIVILEGED_0F = frozenset(b"\x06\x08\x09\x20\x21\x22\x23\x30\x32\x33\x35")
_REGISTERS = ("eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi")


def instruction_at(memory: Memory, address: int) -> bytes:
    """Up to 15 bytes of code; fewer where memory ends, none where there is none."""
    try:
        return memory.read(address, MAXIMUM_LENGTH)
    except NtError:
        pass
    rest = PAGE - (address & PAGE - 1)
    try:
        return memory.read(address, rest) if rest < MAXIMUM_LENGTH else b""
    except NtError:
        return b""


def prefix_length(code: bytes) -> int:
    """How many prefixes the instruction has."""
    for index, byte in enumerate(code):
        if byte not in _PREFIXES:
            return index
    return len(code)


def is_privileged(code: bytes) -> bool:
    """Whether user mode may not execute this instruction at all."""
    code = code[prefix_length(code) :]
    if not code:
        return False
    if code[0] != 0x0F:
        return code[0] in _PRIVILEGED
    if len(code) < 3 or code[1] > 1:
        return len(code) > 1 and code[1] in _PRIVILEGED_0F
    group = code[2] >> 3 & 7
    return group in ((2, 3) if code[1] == 0 else (2, 3, 6, 7))  # lldt ltr; lgdt lidt lmsw invlpg


def has_lock(code: bytes) -> bool:
    return 0xF0 in code[: prefix_length(code)]


def is_sysenter(code: bytes) -> bool:
    return code[:2] == b"\x0f\x34"


def divides_by_zero(guest: GuestThread, memory: Memory, code: bytes) -> bool:
    """Whether the divisor of the DIV, IDIV or AAM at eip is zero; True also when it cannot be told."""
    prefixes = prefix_length(code)
    wide = 2 if 0x66 in code[:prefixes] else 4
    address16 = 0x67 in code[:prefixes]
    code = code[prefixes:]
    if len(code) < 2 or code[0] not in (0xF6, 0xF7):
        return True
    size = 1 if code[0] == 0xF6 else wide
    mode, low = code[1] >> 6, code[1] & 7
    if mode == 3:
        value: int = getattr(guest, _REGISTERS[low & 3 if size == 1 else low])
        if size == 1:
            value >>= (low & 4) * 2  # ah ch dh bh
        return value & (1 << 8 * size) - 1 == 0
    if address16:
        return True
    try:
        return not any(memory.read(_effective(guest, code, mode, low), size))
    except (NtError, IndexError):
        return True


def _effective(guest: GuestThread, code: bytes, mode: int, low: int) -> int:
    """The address of a memory operand, 32-bit addressing, flat segments."""
    at, address = 2, 0
    if low == 4:
        scale, index, base = code[2] >> 6, code[2] >> 3 & 7, code[2] & 7
        at = 3
        if index != 4:
            address = getattr(guest, _REGISTERS[index]) << scale
        low = base
    if mode == 0 and low == 5:
        mode = 2
    else:
        address += getattr(guest, _REGISTERS[low])
    if mode:
        width = 1 if mode == 1 else 4
        if len(code) < at + width:
            raise IndexError
        address += int.from_bytes(code[at : at + width], "little", signed=True)
    return address & 0xFFFFFFFF

"""The instruction that a thread was at, and its neighbours."""

from __future__ import annotations

from ring3k.abi.memory import Memory
from ring3k.hooks.crash.surroundings import read_most
from ring3k.hooks.crash.symbols import Symbols
from ring3k.typed import NamedTuple

_BEFORE, _AFTER = 4, 4  # instructions shown
_FARTHEST = 40  # bytes before, from where decoding is tried
_BEHIND = 80


class Instruction(NamedTuple):
    address: int
    code: bytes
    text: str  # "" where no disassembler is installed or nothing can be made of it

    def as_dict(self) -> dict[str, object]:
        return {"address": self.address, "bytes": self.code.hex(), "text": self.text}


def instructions(memory: Memory, symbols: Symbols, eip: int) -> list[Instruction]:
    """Those around eip; none where there is nothing to read."""
    behind = read_most(memory, eip, _BEHIND)
    if not behind:
        return []
    before = read_most(memory, max(eip - _FARTHEST, 0), min(_FARTHEST, eip))
    if len(before) < min(_FARTHEST, eip):  # the page before is not there
        before = read_most(memory, eip & ~0xFFF, min(_FARTHEST, eip & 0xFFF))
    try:
        import capstone
    except ImportError:
        return [Instruction(eip, behind[:16], "")]
    disassembler = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_32)

    def decode(code: bytes, address: int, most: int = 0) -> list[Instruction]:
        return [
            Instruction(at, code[at - address : at - address + size], f"{name} {operands}".rstrip())
            for at, size, name, operands in disassembler.disasm_lite(code, address, most)
        ]

    place = symbols.place(eip)
    known = place.distance if place.symbol is not None and place.distance <= len(before) else None
    starts = [known] if known else range(len(before), 0, -1)
    shown: list[Instruction] = []
    for start in starts:  # the sooner it begins the surer it meets the instructions' true borders
        lines = decode(before[-start:], eip - start)
        if lines and sum(len(one.code) for one in lines) == start:
            shown = lines[-_BEFORE:]
            break
    here = decode(behind, eip, _AFTER + 1)
    return shown + (here or [Instruction(eip, behind[:8], "")])

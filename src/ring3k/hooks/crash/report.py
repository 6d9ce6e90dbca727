"""Crash reports: what a process looked like when it ended by an exception that nobody handled.

    report = CrashReport.make(...)
    print(report.text)

Everything is looked at, never touched: memory is a ``Glance``.  A guest that has
wrecked its stack, headers or tables gets a shorter report.
"""

from __future__ import annotations

from ring3k.abi.status import NtError
from ring3k.hooks.crash.code import Instruction, instructions
from ring3k.hooks.crash.deed import deed, name_of_exception
from ring3k.hooks.crash.stack import Frame, Stack, backtrace
from ring3k.hooks.crash.symbols import Place, Symbols
from ring3k.hooks.crash.thrown import CXX_EXCEPTION, thrown_types, what
from ring3k.hooks.glance import Glance
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.abi.memory import Memory
    from ring3k.abi.structs.ke import CONTEXT
    from ring3k.hooks.crash.surroundings import Surroundings

MOST_WORDS = 32  # of the stack, shown
_STACK_BASE = 0x4  # in the TEB
_REGISTERS = ("eax", "ebx", "ecx", "edx", "esi", "edi", "eip", "esp", "ebp", "eflags")
_FLAGS = (
    (0x1, "CF"),
    (0x4, "PF"),
    (0x10, "AF"),
    (0x40, "ZF"),
    (0x80, "SF"),
    (0x100, "TF"),
    (0x400, "DF"),
    (0x800, "OF"),
)
_FLOAT = range(0xC000008D, 0xC0000094)
_FLOAT_MULTIPLE = (0xC00002B4, 0xC00002B5)


class CrashReport:
    """One crash; addresses are the guest's, numbers NT's."""

    process: int
    thread: int
    program: str  # file name of the image
    code: int
    name: str  # of the exception
    deed: str  # what the thread did, in words; "" where that is not known
    place: Place  # of the exception
    parameters: tuple[int, ...]
    types: list[str]  # by which a C++ exception could have been caught
    what: str | None  # the text of a std::exception
    registers: dict[str, int]
    floating: dict[str, int]  # control and status, where the exception was about that
    code_around: list[Instruction]
    backtrace: list[Frame]
    stack_start: int
    stack: tuple[int, ...]  # words from there up

    @classmethod
    def make(
        cls,
        who: tuple[int, int, str],
        exception: tuple[int, int, tuple[int, ...]],
        registers: CONTEXT,
        memory: Memory,
        surroundings: Surroundings,
        teb: int,
    ) -> CrashReport:
        """``who``: process, thread, program; ``exception``: code, address, parameters."""
        self = cls()
        self.process, self.thread, self.program = who
        self.code, address, self.parameters = exception
        look = Glance(memory)
        symbols = Symbols(look, surroundings)
        self.name = name_of_exception(self.code)
        self.deed = deed(self.code, self.parameters, registers.Eip, look, surroundings)
        self.place = symbols.place(address)
        is_cxx = self.code == CXX_EXCEPTION
        self.types = thrown_types(look, self.parameters) if is_cxx else []
        self.what = what(look, self.parameters, self.types)
        self.registers = {name: getattr(registers, _field(name)) for name in _REGISTERS}
        self.floating = _floating(self.code, registers)
        eip, esp = self.registers["eip"], self.registers["esp"]
        self.code_around = instructions(look, symbols, eip)
        try:
            end = look.read_u32(teb + _STACK_BASE)
        except NtError:
            end = 0
        stack = Stack(look, surroundings, symbols, esp, end)
        self.backtrace = backtrace(stack, symbols, eip, self.registers["ebp"])
        self.stack_start, self.stack = stack.start, stack.words[:MOST_WORDS]
        return self

    @property
    def headline(self) -> str:
        """The whole in one line."""
        happened = self.deed
        if self.types:
            happened = self.types[0] + (f": {self.what}" if self.what else "")
        return (
            f"{self.program} (process {self.process}, thread {self.thread}) crashed: {self.title} "
            f"at {self.place}" + (f", {happened}" if happened else "")
        )

    @property
    def title(self) -> str:
        """The exception by name, if it has one, and number."""
        number = f"{self.code:#010x}"
        return f"exception {number}" if self.name == number else f"{self.name} ({number})"

    @property
    def text(self) -> str:
        """For a person at a terminal; ends with a line end."""
        from ring3k.hooks.crash.text import text

        return text(self)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "program": self.program,
            "code": self.code,
            "name": self.name,
            "deed": self.deed,
            "place": self.place.as_dict(),
            "parameters": list(self.parameters),
            "types": self.types,
            "what": self.what,
            "registers": self.registers,
            "floating": self.floating,
            "instructions": [one.as_dict() for one in self.code_around],
            "backtrace": [one.as_dict() for one in self.backtrace],
            "stack": {"address": self.stack_start, "words": list(self.stack)},
        }

    @property
    def flags(self) -> str:
        """The processor's flags that are set, by name."""
        return " ".join(name for bit, name in _FLAGS if self.registers["eflags"] & bit)

    def __repr__(self) -> str:
        return f"<CrashReport {self.headline}>"


def _field(name: str) -> str:
    """Of the CONTEXT."""
    return "EFlags" if name == "eflags" else name.capitalize()


def _floating(code: int, registers: CONTEXT) -> dict[str, int]:
    if code not in _FLOAT and code not in _FLOAT_MULTIPLE:
        return {}
    save = registers.FloatSave
    mxcsr = int.from_bytes(registers.ExtendedRegisters[24:28], "little")
    return {"control": save.ControlWord & 0xFFFF, "status": save.StatusWord & 0xFFFF, "mxcsr": mxcsr}

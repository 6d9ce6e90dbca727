"""What a new process and its threads find: NT's contract with ntdll, as far as processes go.

A userland that differs overrides what it wants otherwise (``ke.contract``).
"""

from __future__ import annotations

from ring3k.abi.structs.ke import (
    CONTEXT,
    CONTEXT_FULL,
    EFLAGS_IF,
    KGDT_R3_CODE,
    KGDT_R3_DATA,
    KGDT_R3_TEB,
)
from ring3k.abi.structs.mm import MEM_COMMIT, MEM_RESERVE, PAGE_READWRITE
from ring3k.engine.protocol import PAGE
from ring3k.ke.contract import Contract
from ring3k.ps.peb import PEB_ADDRESS, Parameters, environment_block, parameter_block
from ring3k.ps.teb import OS2_VERSION
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ps.process import Process

FRESH = MEM_RESERVE | MEM_COMMIT


class ProcessContract(Contract):
    """NT's."""

    PEB_ADDRESS = PEB_ADDRESS
    PEB_SIZE = PAGE
    TEB_SIZE = PAGE
    LEAST_STACK = 0  # bytes of stack committed at least
    NO_CONSOLE = 0  # the ConsoleHandle of a program whose children shall not make a console, either
    TELLS_INCREMENT = False  # a thread's priority, where asked for, is how far it is from its process's
    KEEPS_TEB = False  # and stack, of threads that others ended: they are still in lists
    FIBER_DATA = OS2_VERSION  # of a thread that is no fiber

    def close(self) -> None:
        """The system ends."""

    def prepare(self, process: Process) -> None:
        """The process has its images and its PEB, and no thread yet."""

    def thread_context(self, process: Process, start: int, parameter: int, stack: int) -> CONTEXT:
        """What RtlInitializeContext makes: one argument on the stack above a return address nobody uses."""
        top = stack - 8
        process.memory.poke(top + 4, parameter.to_bytes(4, "little"))
        return CONTEXT(
            ContextFlags=CONTEXT_FULL,
            SegGs=0,
            SegFs=KGDT_R3_TEB,
            SegEs=KGDT_R3_DATA,
            SegDs=KGDT_R3_DATA,
            SegSs=KGDT_R3_DATA,
            SegCs=KGDT_R3_CODE,
            Ebx=1,
            Ecx=2,
            Edx=3,
            Esi=4,
            Edi=5,
            Eip=start,
            Esp=top,
            EFlags=EFLAGS_IF,
        )

    def write_parameters(self, process: Process, parameters: Parameters) -> None:
        """Environment and process parameters, each an allocation of its own, the lowest two."""
        vm, memory = process.vm, process.memory
        block = environment_block(parameters.environment)
        environment, _ = vm.allocate(0, len(block), FRESH, PAGE_READWRITE)
        memory.poke(environment, block)
        block = parameter_block(parameters, environment)
        place, _ = vm.allocate(0, len(block), FRESH, PAGE_READWRITE)
        memory.poke(place, block)
        process.set_parameters(place)

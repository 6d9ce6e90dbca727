"""Scripted guests: what a program may do, and the thread that does it.

A guest program is a Python generator.  It yields what a processor would do next
(``Call``, ``Fault``, ``Load``, ``StoreTo``, ``Spin``) and receives eax or the
value loaded; when it returns, it does a ``ret``.

Every program that has begun owns a slot of code addresses: its instruction is
at ``slot``, and the thread goes on with the program when it is resumed behind
that instruction.  Resumed *at* it, the instruction is done again, as on the
processor.  Resumed at an address where nothing stands, the fetch faults.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from struct import pack, unpack

from ring3k.abi.status import GuestFault
from ring3k.engine.protocol import ERROR_NO_PAGE, EngineError, Trap
from ring3k.typed import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from ring3k.engine.fake import FakeSpace

SLOT = 16
_TF = 0x100
_FPU = pack("<HHBxHIHxxIHxxII", 0x37F, 0, 0, 0, 0, 0, 0, 0, 0x1F80, 0xFFFF).ljust(512, b"\0")


@dataclass(frozen=True, slots=True)
class Call:
    """A system call.  The argument words are pushed, unless ``base`` says where they are."""

    number: int
    args: tuple[int, ...] = ()
    base: int | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """An instruction that traps.  ``code``: its bytes; ``after``: eip reported, from its start."""

    vector: int = 0
    error: int = 0
    address: int = 0
    code: bytes = b""
    after: int = 0
    trap: int = Trap.FAULT


@dataclass(frozen=True, slots=True)
class Load:
    """Read memory as an instruction does: page rights apply, a fault can be resumed."""

    address: int
    size: int = 4


@dataclass(frozen=True, slots=True)
class StoreTo:
    """Write memory as an instruction does."""

    address: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Spin:
    """Compute for this much time (100 ns units), None for ever."""

    units: int | None = None


INT3 = Fault(3, code=b"\xcc", after=1)
Request: TypeAlias = Call | Fault | Load | StoreTo | Spin
Program: TypeAlias = "Callable[[FakeThread], Generator[Request, Any, int | None]]"


class _Frame:
    """A program under way."""

    __slots__ = ("body", "popped", "request", "slot", "spin_end")

    def __init__(self, body: Generator[Request, Any, int | None], slot: int) -> None:
        self.body = body
        self.slot = slot
        self.request: Request | None = None
        self.popped = 0  # bytes of arguments to take off the stack behind a call
        self.spin_end: int | None = None


class FakeThread:
    """A guest thread; see ``protocol.GuestThread``."""

    seated = False

    def __init__(self, space: FakeSpace, tid: int, teb: int) -> None:
        self.owner: Any = None
        self._space = space
        self._tid = tid
        self.teb = teb
        self.answer: Any = None
        self.trap: int = Trap.NONE
        self.vector = self.error = self.address = self.arg_base = 0
        self.eax = self.ebx = self.ecx = self.edx = 0
        self.esi = self.edi = self.ebp = self.esp = self.eip = 0
        self.eflags = 0x202
        self.exited = False
        self.interrupted = False
        self.steps = 0
        self.debug = (0, 0, 0, 0, 0)
        self._fpu = _FPU
        self._frames: dict[int, _Frame] = {}  # by slot
        self._spinning: _Frame | None = None
        self._begin: Trap | None = Trap.STARTED

    @property
    def space(self) -> FakeSpace:
        return self._space

    @property
    def tid(self) -> int:
        return 0 if self.exited else self._tid

    def args(self, count: int) -> tuple[int, ...]:
        return unpack(f"<{count}I", self._space.read(self.arg_base, count * 4))

    def finish(self, status: int) -> None:
        self.eax = status
        self.resume()

    def rest(self) -> None:
        """Nothing here spins while it waits."""

    def show_waits(self) -> None:
        """Nothing here answers waits but the kernel."""

    def resume(self) -> None:
        if self.exited:
            return
        if self.trap == Trap.NONE:
            raise EngineError("resume of a running thread")
        self.trap = Trap.NONE
        self._space.engine.queue.append(self)

    def get_fpu(self) -> bytes:
        return self._fpu

    def set_fpu(self, image: bytes) -> None:
        if len(image) != 512:
            raise ValueError("an FXSAVE image has 512 bytes")
        self._fpu = bytes(image)

    def set_debug(self, dr0: int, dr1: int, dr2: int, dr3: int, dr7: int, /) -> bool:
        self.debug = (dr0, dr1, dr2, dr3, dr7)
        return True

    def interrupt(self) -> None:
        if self.trap == Trap.NONE:
            self.interrupted = True
            if self._spinning is not None:
                self._space.engine.stop_spinning(self)

    def exit(self) -> None:
        if self.exited:
            return
        self.exited = True
        self.trap = Trap.DEAD
        self._space.engine.forget(self)
        self._space.threads.remove(self)
        self._space.steps_gone += self.steps
        for frame in self._frames.values():
            frame.body.close()
        self._frames.clear()

    def cpu_time(self) -> tuple[int, int]:
        return self.steps * 1000, 0

    # -- the processor ---------------------------------------------------------
    def execute(self) -> bool:
        """Go on until the thread traps (True) or spins (False)."""
        if self._begin is not None:
            self.trap, self._begin = self._begin, None
            return True
        if self.interrupted and not self._space.engine.late_interrupts:
            return self._report(Trap.INTERRUPT)
        stepping = bool(self.eflags & _TF)
        while True:
            frame = self._frames.get(self.eip & ~(SLOT - 1))
            going_on = True
            if frame is None:
                program = self._space.code.get(self.eip)
                if program is None:
                    return self._report(Trap.FAULT, 14, 0x14, self.eip)
                frame = _Frame(program(self), self._space.allot())
                going_on = self._advance(frame, None)
            elif self.eip != frame.slot:
                self.esp += frame.popped
                going_on = self._advance(frame, self.eax)
                if stepping:
                    return self._report(Trap.FAULT, 1)
            while going_on:
                self.steps += 1
                done, value = self._perform(frame)
                if done is not None:
                    return done
                going_on = self._advance(frame, value)

    def _advance(self, frame: _Frame, value: Any) -> bool:
        """Let the program say what it does next; False when it returned."""
        frame.popped = 0
        frame.spin_end = None
        try:
            frame.request = frame.body.send(None if frame.request is None else value)
        except StopIteration as stop:
            self._frames.pop(frame.slot, None)
            self.eax = self.eax if stop.value is None else stop.value
            try:
                self.eip = self._space.read_u32(self.esp)
            except GuestFault:
                self.eip = 0
            self.esp += 4
            return False
        self._frames[frame.slot] = frame
        self.eip = frame.slot
        return True

    def _perform(self, frame: _Frame) -> tuple[bool | None, Any]:
        """Do one request: (trapped?, None), or (None, value) when it is done already."""
        request = frame.request
        if isinstance(request, Call):
            return self._call(frame, request)
        if isinstance(request, Fault):
            if request.code:
                self._space.poke_code(frame.slot, request.code)
            self.eip = frame.slot + request.after
            return self._report(request.trap, request.vector, request.error, request.address), None
        if isinstance(request, Load | StoreTo):
            write = isinstance(request, StoreTo)
            size = len(request.data) if isinstance(request, StoreTo) else request.size
            for address in {request.address, request.address + size - 1}:
                if not self._space.accessible(address, write):
                    present = self._space.prot_of(address) is not None
                    return self._report(Trap.FAULT, 14, 4 | write << 1 | present, address), None
                if self._space.gone(address):
                    return self._report(Trap.FAULT, 14, ERROR_NO_PAGE | 4 | write << 1, address), None
            if isinstance(request, StoreTo):
                self._space.write(request.address, request.data)
                return None, None
            return None, int.from_bytes(self._space.read(request.address, size), "little")
        if not isinstance(request, Spin):
            raise TypeError(f"a program yielded {request!r}")
        if frame.spin_end is None and request.units is not None:
            frame.spin_end = self._space.engine.clock.interrupt_time() + request.units
        return self._spin(frame), None

    def _call(self, frame: _Frame, request: Call) -> tuple[bool | None, Any]:
        if request.base is not None:
            self.arg_base = request.base
        elif self.esp:  # the return address is in front of the arguments, as both kinds of stub leave it
            words = [frame.slot + 2, *[word & 0xFFFFFFFF for word in request.args]]
            frame.popped = 4 * len(words)
            self.esp -= frame.popped
            try:
                self._space.write(self.esp, pack(f"<{len(words)}I", *words))
            except GuestFault as fault:
                self.esp += frame.popped
                return self._report(Trap.FAULT, 14, 6, fault.address), None
            self.arg_base = self.esp + 4
        self.eax = request.number
        self.edx = self.arg_base
        self.eip = frame.slot + 2
        answer = self._space.short_cut(request.number, self.arg_base)
        if answer is not None:
            self.esp += frame.popped
            self.eax = answer
            return None, answer
        return self._report(Trap.SYSCALL), None

    def _spin(self, frame: _Frame) -> bool | None:
        engine = self._space.engine
        if self.interrupted:
            return self._report(Trap.INTERRUPT)
        if frame.spin_end is not None and frame.spin_end <= engine.clock.interrupt_time():
            return None
        self._spinning = frame
        engine.spinning.append(self)
        return False

    def spin_end(self) -> int | None:
        return self._spinning.spin_end if self._spinning is not None else None

    def stop_spin(self) -> None:
        self._spinning = None

    def _report(self, trap: int, vector: int = 0, error: int = 0, address: int = 0) -> bool:
        self.trap, self.vector, self.error, self.address = trap, vector, error, address
        self.interrupted = False
        return True

    def kill_host(self) -> None:
        """The host thread vanishes under the kernel: reported as DEAD."""
        running = self.trap == Trap.NONE
        self._begin = Trap.DEAD
        if running:
            self._space.engine.forget(self)
            self._space.engine.queue.append(self)

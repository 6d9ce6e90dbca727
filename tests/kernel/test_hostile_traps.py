"""Any fault with any registers and code: an exception or the end of that process, never our crash."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ring3k.engine.fake_guest import Call, Fault
from ring3k.engine.protocol import Trap
from ring3k.ke import exception
from ring3k.ke.callback import callback_return
from ring3k.ke.thread import ThreadExit
from tests.kernel.conftest import EXIT_CALL, TestSystem

word = st.one_of(
    st.integers(0, 0xFFFFFFFF),
    st.sampled_from(
        [0, 1, 2, 3, 0x40000, 0x40FFE, 0x40FFF, 0x41000, 0x7FFEFFFF, 0x7FFF0000, 0xFFFFFFFC, 0xFFFFFFFF]
    ),
)
REGISTERS = ("eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "esp")
CALLS = (0x20, 0xB5, 0x14)


def make_system() -> TestSystem:
    system = TestSystem()

    def end(t: Any) -> int:
        raise ThreadExit

    def nt_continue(t: Any) -> Any:
        return exception.continue_(t, t.guest.args(1)[0], True)

    def nt_raise(t: Any) -> Any:
        record, context, first_chance = t.guest.args(3)
        return exception.raise_exception(t, record, context, bool(first_chance))

    system.call(EXIT_CALL, end)
    system.call(CALLS[0], nt_continue)
    system.call(CALLS[1], nt_raise)
    system.call(CALLS[2], lambda t: callback_return(t, *t.guest.args(3)))
    return system


def ends(g: Any) -> Generator[Any, Any, int | None]:
    """A dispatcher that does not wait for what comes next."""
    g.esp = 0
    yield Call(EXIT_CALL)
    return None


@given(
    st.lists(word, min_size=8, max_size=8),
    st.integers(0, 0xFFFFFFFF),
    st.sampled_from([0, 1, 3, 4, 5, 6, 10, 11, 12, 13, 13, 13, 14, 16, 17, 18, 19, 255]),
    st.one_of(st.integers(0, 0xFFFFFFFF), st.sampled_from([0, 0x14A, 0x152, 0x15A, 0x162, 0x16A])),
    word,
    st.one_of(
        st.binary(max_size=15),
        st.sampled_from(
            [b"\xf7", b"\x0f\x34", b"\xf7\x34", b"\xf7\xb4\x24", b"\xcd\x2d\xcc", b"\xf0", b"\x66" * 15]
        ),
    ),
    st.sampled_from([Trap.FAULT, Trap.FAULT, Trap.FAULT, Trap.HOST_CALL, Trap.ALIEN]),
    st.binary(min_size=512, max_size=512),
    st.booleans(),
)
def test_no_fault_crashes_the_kernel(
    registers: list[int],
    eflags: int,
    vector: int,
    error: int,
    address: int,
    code: bytes,
    trap: int,
    fpu: bytes,
    dispatcher: bool,
) -> None:
    system = make_system()

    def program(g: Any) -> Generator[Any, Any, int | None]:
        for name, value in zip(REGISTERS, registers, strict=True):
            setattr(g, name, value)
        g.eflags = eflags & ~0x100
        g.set_fpu(fpu)
        yield Fault(vector, error, address, code, after=2, trap=trap)
        yield from ends(g)
        return None

    t = system.thread(program)
    process = t.process
    system.pages(process, 0x40000)
    if dispatcher:
        for name in ("KiUserExceptionDispatcher", "KiFastSystemCallRet"):
            process.exports[name] = process.memory.place(ends)
    system.run()
    assert system.crashes == []
    assert t.ended
    system.engine.close()


@given(st.sampled_from(CALLS), st.lists(word, min_size=3, max_size=3), st.binary(max_size=0x400))
def test_no_argument_crashes_the_kernel(number: int, words: list[int], data: bytes) -> None:
    system = make_system()
    process = system.process()

    def program(g: Any) -> Generator[Any, Any, int | None]:
        g.space.write(0x40000, data)
        yield Call(number, tuple(words))
        yield from ends(g)
        return None

    system.pages(process, 0x40000)
    process.exports["KiUserExceptionDispatcher"] = process.memory.place(ends)
    t = system.thread(program, process)
    system.run()
    assert system.crashes == []
    assert t.ended
    system.engine.close()

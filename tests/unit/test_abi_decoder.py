"""The decoder compiled from a signature: order, captured once, checked, typed."""

from __future__ import annotations

import marshal
from typing import Annotated, Any

import pytest

from ring3k.abi import decoder
from ring3k.abi.call import (
    DECLARED,
    PARTIAL,
    Answer,
    CallSet,
    Declaration,
    declared,
    decoder_of,
    decoder_of_form,
    syscall,
)
from ring3k.abi.status import (
    STATUS_ACCESS_VIOLATION,
    STATUS_DATATYPE_MISALIGNMENT,
    STATUS_INVALID_PARAMETER,
    STATUS_OBJECT_NAME_INVALID,
    GuestFault,
    NtError,
)
from ring3k.abi.strings import ObjectAttributes, ObjectAttributesArg, UnicodeString
from ring3k.abi.struct import Structure
from ring3k.abi.types import (
    POINTER,
    Boolean,
    Handle,
    In,
    InBuffer,
    InOut,
    LargeInteger,
    Long,
    Opt,
    Out,
    OutBuffer,
    Pointer,
    Sized,
    Timeout,
    Ulong,
    Ushort,
    pointer,
)
from ring3k.calls import all_calls
from tests.unit.hook_guest import STRINGS, Memory, Thread


class POINT(Structure):
    X: Long
    Y: Long


Target = Annotated[int, pointer(POINT)]


def declaration_of(handler: Any) -> Declaration:
    found: Declaration = handler.__nt_call__
    return found


def call(handler: Any, *words: int, thread: Thread | None = None) -> Any:
    t = thread or Thread()
    declaration = declaration_of(handler)
    return declaration.decoder()(t.calls_with(*words))


class Spy(Memory):
    """Says in which order it was touched."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[tuple[str, int, int]] = []

    def read(self, address: int, length: int) -> bytes:
        if address >= STRINGS and address < STRINGS + 0x1000:
            self.log.append(("read", address - STRINGS, length))
        return super().read(address, length)

    def probe_write(self, address: int, length: int) -> None:
        self.log.append(("probe", address - STRINGS, length))
        super().probe_write(address, length)


def spied() -> tuple[Thread, Spy]:
    memory = Spy()
    return Thread(memory=memory), memory


# -- by value ------------------------------------------------------------------------
@syscall()
def NtValues(
    t: Thread, handle: Handle, flag: Boolean, small: Ushort, signed: Long, wide: LargeInteger, last: Target
) -> Any:
    """Values."""
    return handle, flag, small, signed, wide, last


def test_values_have_their_width_and_sign() -> None:
    words = (0xFFFFFFFF, 0xABCDEF00, 0x12345678, 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFF, 0x7FFE0000)
    assert call(NtValues, *words) == (0xFFFFFFFF, False, 0x5678, -2, -1, 0x7FFE0000)
    assert call(NtValues, 0, 0x101, 0, 1, 2, 1, 0) == (0, True, 0, 1, 1 << 32 | 2, 0)


def test_a_wide_value_takes_two_words() -> None:
    parameters = declaration_of(NtValues).parameters
    assert [p.index for p in parameters] == [0, 1, 2, 3, 4, 6]
    assert declaration_of(NtValues).words == 7


# -- order and single capture --------------------------------------------------------
@syscall()
def NtMany(
    t: Thread,
    result: Out[Handle],
    point: In[POINT],
    both: InOut[Ulong],
    name: In[UnicodeString],
) -> Any:
    """Pointers of all kinds."""
    return result, point, both, name


def test_parameters_are_captured_from_left_to_right() -> None:
    t, memory = spied()
    memory.write(STRINGS + 0x10, POINT(X=-1, Y=2).pack())
    memory.write_u32(STRINGS + 0x20, 7)
    memory.write(STRINGS + 0x30, b"\4\0\4\0" + (STRINGS + 0x40).to_bytes(4, "little"))
    memory.write(STRINGS + 0x40, "hi".encode("utf-16-le"))
    result, point, both, name = call(
        NtMany, STRINGS, STRINGS + 0x10, STRINGS + 0x20, STRINGS + 0x30, thread=t
    )
    assert memory.log == [
        ("probe", 0, 4),
        ("read", 0x10, 8),
        ("probe", 0x20, 4),
        ("read", 0x20, 4),
        ("read", 0x30, 8),
        ("read", 0x40, 4),
    ]
    assert (point, both.value, name) == (POINT(X=-1, Y=2), 7, "hi")
    memory.write(STRINGS, b"\xff" * 0x50)  # the guest changes its mind too late
    assert (point.X, both.value, name) == (-1, 7, "hi")
    result.set(0x18)
    both.set(8)
    assert (memory.read_u32(STRINGS), memory.read_u32(STRINGS + 0x20)) == (0x18, 8)


@pytest.mark.parametrize("bad", range(4))
def test_the_first_bad_pointer_ends_the_call(bad: int) -> None:
    t = Thread()
    words = [STRINGS, STRINGS + 0x10, STRINGS + 0x20, STRINGS + 0x30]
    words[bad] = 0xDEAD0000
    with pytest.raises(GuestFault) as caught:
        call(NtMany, *words, thread=t)
    assert (caught.value.status, caught.value.address) == (STATUS_ACCESS_VIOLATION, 0xDEAD0000)
    assert caught.value.write == (bad in (0, 2))


def test_what_is_judged_first_comes_before_every_pointer() -> None:
    seen: list[tuple[Any, int, int]] = []

    def judge(t: Any, wide: int, small: int) -> None:
        seen.append((t, wide, small))
        if small > 1:
            raise NtError(STATUS_INVALID_PARAMETER)

    @syscall(first=judge)
    def NtJudged(t: Thread, result: Out[Handle], small: Ushort, both: InOut[Ulong], wide: Long) -> int:
        """Numbers before pointers."""
        return small + wide

    t, memory = spied()
    memory.write_u32(STRINGS + 0x20, 7)
    assert call(NtJudged, STRINGS, 0x10001, STRINGS + 0x20, 0xFFFFFFFF, thread=t) == 0
    assert seen == [(t, -1, 1)]
    memory.log.clear()
    with pytest.raises(NtError) as refused:
        call(NtJudged, STRINGS, 2, 0, 0, thread=t)
    assert refused.value.status == STATUS_INVALID_PARAMETER
    assert memory.log == []
    with pytest.raises(GuestFault):
        call(NtJudged, STRINGS, 1, 0, 0, thread=t)


def test_only_values_can_be_judged_first() -> None:
    for judge in (lambda result: None, lambda nobody: None):

        @syscall(first=judge)
        def NtMisjudged(t: Thread, result: Out[Handle]) -> int:
            """A pointer, and a parameter that is not there."""
            return 0

        with pytest.raises(TypeError, match="NtMisjudged: no value"):
            declaration_of(NtMisjudged).decoder()


def test_null_is_a_bad_pointer_unless_optional() -> None:
    with pytest.raises(GuestFault):
        call(NtMany, 0, STRINGS, STRINGS, STRINGS)


@syscall()
def NtOptional(
    t: Thread,
    result: Opt[Out[Handle]],
    timeout: Opt[In[Timeout]],
    both: Opt[InOut[Ulong]],
    attributes: Opt[In[ObjectAttributesArg]],
    buffer: Opt[Annotated[OutBuffer, Sized("both", indirect=True)]],
) -> Any:
    """All may be NULL."""
    return result, timeout, both, attributes, buffer


def test_optional_pointers() -> None:
    assert call(NtOptional, 0, 0, 0, 0, 0) == (None, None, None, None, None)
    t = Thread()
    t.memory.write_u64(STRINGS, (1 << 64) - 10_000)
    assert call(NtOptional, 0, STRINGS, 0, 0, 0, thread=t)[1] == -10_000
    buffer = call(NtOptional, 0, 0, 0, 0, STRINGS)[4]
    assert (buffer.address, buffer.size) == (STRINGS, 0)  # no length given: nothing may be written
    with pytest.raises(GuestFault):
        call(NtOptional, 1, 0, 0, 0, 0)


# -- buffers -------------------------------------------------------------------------
@syscall()
def NtBuffers(
    t: Thread,
    given: Annotated[InBuffer, Sized("count", unit=POINTER, align=4)],
    count: Ushort,
    filled: Annotated[OutBuffer, Sized("length", align=4, indirect=True)],
    length: InOut[Ulong],
) -> Any:
    """One buffer sized by value, one by pointer."""
    return given, filled, length


def test_sizes_and_units() -> None:
    t, memory = spied()
    memory.write_u32(STRINGS + 0x80, 0x20)
    given, filled, length = call(NtBuffers, STRINGS, 0x10003, STRINGS + 0x40, STRINGS + 0x80, thread=t)
    assert (given.size, filled.size, length.value) == (12, 0x20, 0x20)
    assert memory.log == [("probe", 0x80, 4), ("read", 0x80, 4), ("probe", 0x40, 0x20)]  # length: once
    filled.write(b"abc", 1)
    assert memory.read(STRINGS + 0x41, 3) == b"abc"
    assert given.read(4, 8) == memory.read(STRINGS + 8, 4)


def test_alignment_is_checked_before_access() -> None:
    with pytest.raises(NtError) as caught:
        call(NtBuffers, STRINGS + 1, 1, STRINGS, STRINGS + 0x80)
    assert caught.value.status == STATUS_DATATYPE_MISALIGNMENT
    t = Thread()
    t.memory.write_u32(STRINGS + 0x80, 4)
    with pytest.raises(NtError) as caught:
        call(NtBuffers, STRINGS, 1, 0xDEAD0002, STRINGS + 0x80, thread=t)
    assert caught.value.status == STATUS_DATATYPE_MISALIGNMENT


def test_empty_buffers_are_not_probed() -> None:
    t, memory = spied()
    given, filled, _ = call(NtBuffers, 0xDEAD0001, 0, 0xDEAD0003, STRINGS, thread=t)
    assert (given.size, filled.size) == (0, 0)
    assert ("probe", 0xDEAD0003 - STRINGS, 0) not in memory.log


def test_huge_sizes_fault_and_nothing_else() -> None:
    t = Thread()
    t.memory.write_u32(STRINGS + 0x80, 0xFFFFFFFF)
    with pytest.raises(GuestFault):
        call(NtBuffers, STRINGS, 0, STRINGS, STRINGS + 0x80, thread=t)


# -- strings and object attributes ---------------------------------------------------
@syscall()
def NtNamed(t: Thread, attributes: In[ObjectAttributesArg]) -> Any:
    """A name."""
    return attributes


def attributes(t: Thread, *, length: int = 24, flags: int = 0x40, name: bytes = b"", size: int = -1) -> int:
    size = len(name) if size < 0 else size
    header = [length, 0x10, STRINGS + 0x40, flags, 0, 0]
    t.memory.write(STRINGS, b"".join(w.to_bytes(4, "little") for w in header))
    t.memory.write(STRINGS + 0x40, size.to_bytes(2, "little") * 2 + (STRINGS + 0x50).to_bytes(4, "little"))
    t.memory.write(STRINGS + 0x50, name)
    return STRINGS


def test_object_attributes() -> None:
    t = Thread()
    place = attributes(t, name="\\x".encode("utf-16-le"))
    assert call(NtNamed, place, thread=t) == ObjectAttributes(0x10, "\\x", 0x40, 0, 0)


def test_lone_surrogates_survive() -> None:
    t = Thread()
    assert call(NtNamed, attributes(t, name=b"\x00\xd8a\0"), thread=t).name == "\ud800a"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"length": 23}, STATUS_INVALID_PARAMETER),
        ({"flags": 1}, STATUS_INVALID_PARAMETER),
        ({"name": b"abc"}, STATUS_OBJECT_NAME_INVALID),
        ({"size": 0xFFFE}, STATUS_ACCESS_VIOLATION),
    ],
)
def test_hostile_attributes(change: dict[str, Any], status: int) -> None:
    t = Thread()
    with pytest.raises(NtError) as caught:
        call(NtNamed, attributes(t, **change), thread=t)
    assert caught.value.status == status


# -- declarations --------------------------------------------------------------------
def test_support_and_place() -> None:
    @declared
    def NtNobody(t: Thread, handle: Handle) -> None:
        """Nobody wrote it."""

    @syscall(PARTIAL, "no cancel")
    async def NtHalf(t: Thread) -> int:
        """Half."""
        return 0

    nobody = declaration_of(NtNobody)
    half = declaration_of(NtHalf)
    assert (nobody.support, nobody.doc, nobody.words, nobody.blocks) == (
        DECLARED,
        "Nobody wrote it.",
        1,
        False,
    )
    assert (half.support, half.note, half.blocks) == (PARTIAL, "no cancel", True)
    assert half.place[0] == __file__


def test_mistakes_are_found_when_a_declaration_is_read() -> None:
    @syscall()
    def NtUnsized(t: Thread, buffer: OutBuffer) -> None:
        """No size."""

    @syscall()
    def NtMisnamed(t: Thread, buffer: Annotated[OutBuffer, Sized("lenght")], length: Ulong) -> None:
        """No such parameter."""

    @syscall()
    def NtUntyped(t: Thread, handle: int) -> None:
        """A Python int is no NT type."""

    for handler, says in ((NtUnsized, "Sized"), (NtMisnamed, "lenght"), (NtUntyped, "handle")):
        with pytest.raises(TypeError, match=says):
            declaration_of(handler).parameters  # noqa: B018


def test_a_call_declared_twice_is_refused() -> None:
    import types

    one, two = types.ModuleType("one"), types.ModuleType("two")
    for module in (one, two):

        @syscall()
        def NtTwice(t: Thread) -> None:
            """Twice."""

        NtTwice.__module__ = module.__name__
        module.NtTwice = NtTwice  # type: ignore[attr-defined]
    assert "NtTwice" in CallSet([one])
    with pytest.raises(TypeError, match="NtTwice is declared twice"):
        CallSet([one, two])


def test_words_replaced_by_a_hook_are_used() -> None:
    @syscall()
    def NtSum(t: Thread, one: Ulong, two: Pointer) -> int:
        """Add."""
        return one + two

    declaration = declaration_of(NtSum)
    assert declaration.decoder()(Thread().calls_with(1, 2)) == 3
    assert declaration.decoder()(Thread().calls_with(1, 2), (10, 20)) == 30


# -- calls that do not return statuses ---------------------------------------------------
def _refuse(t: Thread, error: NtError) -> int:
    return error.status & 0xFF


@syscall(refuses=_refuse)
def NtUserPlain(t: Thread, number: Ulong, target: Out[Ulong]) -> int:
    if number == 1:
        raise NtError(STATUS_INVALID_PARAMETER)
    return number


@syscall(refuses=_refuse)
async def NtUserWaiting(t: Thread, number: Ulong) -> int:
    return NtUserPlain(t, number, None)  # type: ignore[arg-type]  # unused


@syscall(refuses=_refuse)
def NtUserEither(t: Thread, number: Ulong) -> Answer:
    return NtUserWaiting(t, number) if number < 5 else number


def run(coroutine: Any) -> Any:
    with pytest.raises(StopIteration) as stop:
        coroutine.send(None)
    return stop.value.value


def test_failures_are_answered_with_values() -> None:
    assert call(NtUserPlain, 7, STRINGS) == 7
    assert call(NtUserPlain, 1, STRINGS) == STATUS_INVALID_PARAMETER & 0xFF
    assert call(NtUserPlain, 7, 0) == STATUS_ACCESS_VIOLATION & 0xFF
    assert run(call(NtUserWaiting, 7)) == 7
    assert run(call(NtUserWaiting, 1)) == STATUS_INVALID_PARAMETER & 0xFF
    assert run(call(NtUserEither, 1)) == STATUS_INVALID_PARAMETER & 0xFF
    assert call(NtUserEither, 9) == 9


def test_decoders_that_were_kept_are_like_those_that_are_made() -> None:
    for declaration in all_calls().values():
        form = marshal.loads(marshal.dumps(decoder.form_of(declaration)))
        made, kept = (
            decoder_of(declaration, *decoder.compiled(declaration)),
            decoder_of_form(declaration, form),
        )
        names = [name for name in kept.__code__.co_names if name in made.__globals__]
        assert kept.__code__ == made.__code__
        assert [kept.__globals__[name] for name in names] == [made.__globals__[name] for name in names]
        assert (kept.words, kept.native) == (made.words, made.native)  # type: ignore[attr-defined]

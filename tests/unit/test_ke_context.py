"""CONTEXT and the images of the floating-point unit."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.abi.status import STATUS_DATATYPE_MISALIGNMENT, GuestFault, NtError
from ring3k.abi.structs.ke import (
    CONTEXT,
    CONTEXT_ALL,
    CONTEXT_CONTROL,
    CONTEXT_EXTENDED_REGISTERS,
    CONTEXT_FLOATING_POINT,
    CONTEXT_FULL,
    CONTEXT_INTEGER,
    FLOATING_SAVE_AREA,
)
from ring3k.engine.fake import FakeEngine
from ring3k.ke import context as c
from ring3k.ke.floating import abridged_tag, safe_fxsave, tag_word, to_fnsave, with_fnsave

REGISTERS = ("eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "esp", "eip", "eflags")


class Owner:
    """As much of a KThread as contexts need."""

    def __init__(self) -> None:
        self.space = FakeEngine().create_space()
        self.guest = self.space.create_thread(0)
        self.guest.owner = self
        self.debug_registers = (0, 0, 0, 0, 0, 0)
        self.float_seen = None
        for number, name in enumerate(REGISTERS):
            setattr(self.guest, name, 0x1000 * (number + 1))
        self.guest.eflags = 0x10246

    def registers(self) -> dict[str, int]:
        return {name: getattr(self.guest, name) for name in REGISTERS}


def extended(ten: int) -> bytes:
    """An 80-bit register."""
    return ten.to_bytes(10, "little")


@pytest.fixture
def t() -> Any:
    return Owner()


def test_the_fast_layout_is_the_declared_one(t: Any) -> None:
    """One struct packs the whole; the declaration names the fields."""
    context = c.capture(t, CONTEXT_ALL)
    assert len(c.pack(t, CONTEXT_ALL)) == CONTEXT.size() == 0x2CC
    g = t.guest
    assert (context.Eax, context.Ebx, context.Ecx, context.Edx) == (g.eax, g.ebx, g.ecx, g.edx)
    assert (context.Esi, context.Edi, context.Ebp, context.Esp, context.Eip) == (
        g.esi,
        g.edi,
        g.ebp,
        g.esp,
        g.eip,
    )
    assert (context.SegCs, context.SegDs, context.SegEs, context.SegSs) == (0x1B, 0x23, 0x23, 0x23)
    assert (context.SegFs, context.SegGs, context.EFlags) == (0x3B, 0, 0x10246)
    assert context.ContextFlags == CONTEXT_ALL
    assert context.FloatSave.ControlWord == 0x37F
    assert context.FloatSave.TagWord == 0xFFFF
    assert context.ExtendedRegisters[:2] == b"\x7f\x03"


def test_only_what_is_chosen_is_shown_and_changed(t: Any) -> None:
    context = c.capture(t, CONTEXT_INTEGER)
    assert (context.Eax, context.Eip, context.SegCs) == (t.guest.eax, 0, 0)
    before = t.registers()
    context.Eax, context.Eip = 7, 8
    c.apply(t, context)
    assert t.registers() == {**before, "eax": 7}
    c.apply(t, context, CONTEXT_CONTROL)
    assert (t.guest.eip, t.guest.esp) == (8, 0)


def test_groups_count_only_with_the_processor_bit(t: Any) -> None:
    assert c.capture(t, 0x3F) == CONTEXT(ContextFlags=0x3F)
    before = t.registers()
    c.apply(t, CONTEXT(ContextFlags=0x3F))
    assert t.registers() == before


def test_flags_are_reduced_to_what_user_mode_may_set(t: Any) -> None:
    c.apply(t, CONTEXT(ContextFlags=CONTEXT_CONTROL, EFlags=0xFFFFFFFF))
    assert t.guest.eflags == 0x254FD7 | 2  # no IOPL, VM, VIF, VIP
    c.apply(t, CONTEXT(ContextFlags=CONTEXT_CONTROL, EFlags=0))
    assert t.guest.eflags == 0x202


def test_reading_touches_no_more_than_a_short_context_has(t: Any) -> None:
    t.space.map_private(0x10000, 0x1000, 3)
    at = 0x11000 - 0xCC
    t.space.write_u32(at, CONTEXT_FULL)
    assert c.capture_context(t.space, at).ContextFlags == CONTEXT_FULL
    t.space.write_u32(at, CONTEXT_FULL | CONTEXT_EXTENDED_REGISTERS)
    with pytest.raises(GuestFault):
        c.capture_context(t.space, at)
    with pytest.raises(NtError) as info:
        c.capture_context(t.space, at + 2)
    assert info.value.status == STATUS_DATATYPE_MISALIGNMENT


def test_hostile_mxcsr_is_masked(t: Any) -> None:
    image = bytearray(t.guest.get_fpu())
    image[24:28] = b"\xff\xff\xff\xff"
    image[464:512] = b"\xee" * 48
    c.apply(t, CONTEXT(ContextFlags=CONTEXT_EXTENDED_REGISTERS, ExtendedRegisters=bytes(image)))
    assert t.guest.get_fpu()[24:28] == b"\xff\xff\0\0"
    assert t.guest.get_fpu()[288:] == bytes(224)


def test_float_save_goes_over_extended_registers(t: Any) -> None:
    context = c.capture(t, CONTEXT_ALL)
    xmm = bytearray(context.ExtendedRegisters)
    xmm[160:164] = b"xmm0"
    context.ExtendedRegisters = bytes(xmm)
    context.FloatSave.ControlWord = 0x27F
    c.apply(t, context)
    assert t.guest.get_fpu()[:2] == b"\x7f\x02"
    assert t.guest.get_fpu()[160:164] == b"xmm0"
    xmm[0:2] = b"\x11\x11"  # FloatSave unchanged since it was shown, but not what is loaded now
    context.ExtendedRegisters = bytes(xmm)
    c.apply(t, context)
    assert t.guest.get_fpu()[:2] == b"\x7f\x02"


def test_float_save_alone_keeps_the_xmm_registers(t: Any) -> None:
    image = bytearray(t.guest.get_fpu())
    image[24:28] = b"\x80\x9f\0\0"
    image[160:176] = b"0123456789abcdef"
    t.guest.set_fpu(bytes(image))
    save = FLOATING_SAVE_AREA(ControlWord=0xFFFF027F, StatusWord=0, TagWord=0xFFFF)
    c.apply(t, CONTEXT(ContextFlags=CONTEXT_FLOATING_POINT, FloatSave=save))
    image[0:2] = b"\x7f\x02"
    assert t.guest.get_fpu()[:288] == bytes(image[:288])


def test_debug_registers_are_kept_and_shown_while_enabled(t: Any) -> None:
    flags = 0x10010
    c.apply(t, CONTEXT(ContextFlags=flags, Dr0=0x401000, Dr1=0x80000000, Dr6=0xFFFFFFFF, Dr7=0x1))
    shown = c.capture(t, flags)
    assert (shown.Dr0, shown.Dr1, shown.Dr6, shown.Dr7) == (0x401000, 0, 0xE00F, 1)
    c.apply(t, CONTEXT(ContextFlags=flags, Dr0=0x401000, Dr7=0))
    assert c.capture(t, flags).Dr0 == 0


def test_tags_say_what_is_in_a_register() -> None:
    one = extended(0x3FFF_8000_0000_0000_0000)
    contents = (
        (one, 0),
        (extended(0), 1),
        (extended(1 << 79), 1),  # minus zero
        (extended(0x7FFF_8000_0000_0000_0000), 2),  # infinity
        (extended(0x0000_0000_0000_0000_0001), 2),  # denormal
        (extended(0x3FFF_0000_0000_0000_0001), 2),  # unnormal
    )
    for ten, tag in contents:
        for top in range(8):  # the top of the stack is physical register ``top``
            assert tag_word(1 << top, top, ten + bytes(70)) >> 2 * top & 3 == tag
    assert tag_word(0, 0, bytes(80)) == 0xFFFF


@given(
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFF),
    st.integers(0, 0x7FF),
    st.integers(0, 0xFFFFFFFF),
    st.lists(st.binary(min_size=10, max_size=10), min_size=8, max_size=8),
)
def test_fxsave_survives_the_way_through_fnsave(
    control: int, status: int, abridged: int, opcode: int, pointer: int, registers: list[bytes]
) -> None:
    image = bytearray(512)
    image[0:8] = b"".join(x.to_bytes(2, "little") for x in (control, status, abridged, opcode))
    image[8:12] = pointer.to_bytes(4, "little")
    image[12:14] = b"\x23\0"
    image[20:22] = b"\x2b\0"
    image[24:32] = b"\x80\x1f\0\0\xff\xff\0\0"
    for index, ten in enumerate(registers):
        image[32 + 16 * index : 42 + 16 * index] = ten
    image[160:288] = bytes(range(128))
    save = to_fnsave(bytes(image))
    assert save[4] & 0xFFFF == 0x1B
    assert with_fnsave(bytes(512), save)[:24] == bytes(image[:24])
    assert with_fnsave(bytes(image), save) == bytes(image)
    assert safe_fxsave(bytes(image)) == bytes(image)


@given(st.integers(0, 0xFFFF), st.integers(0, 7))
def test_abridged_tag_tells_the_empty_registers(tag: int, top: int) -> None:
    abridged = abridged_tag(tag)
    full = tag_word(abridged, top, bytes(80))
    for index in range(8):
        assert (full >> 2 * index & 3 == 3) == (tag >> 2 * index & 3 == 3)


@given(st.binary(min_size=0x2CC, max_size=0x2CC))
def test_any_bytes_can_be_loaded(data: bytes) -> None:
    t: Any = Owner()
    c.unpack(t, data)
    assert t.guest.eflags & ~0x254FD7 == 0 or t.guest.eflags == 0x10246
    assert t.guest.get_fpu()[26:28] == b"\0\0"

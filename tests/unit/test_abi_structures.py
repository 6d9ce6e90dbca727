"""Layouts against facts gathered elsewhere, values in and out, and pointers twice as wide."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.abi import structs
from ring3k.abi.strings import OBJECT_ATTRIBUTES, UNICODE_STRING
from ring3k.abi.struct import Array, Structure
from ring3k.abi.structs.ke import CONTEXT, LIST_ENTRY
from ring3k.abi.structs.ob import OBJECT_BASIC_INFORMATION
from ring3k.abi.structs.ps import PEB, PEB_NT40, PEB_NT50, TEB, TEB_NT50, TEB_NT52, peb_of, teb_of
from ring3k.abi.structs.psinfo import PROCESS_BASIC_INFORMATION
from ring3k.abi.structs.se import SECURITY_QUALITY_OF_SERVICE
from ring3k.abi.types import Long, Uchar, Ulong

FACTS = Path(__file__).parent / "data/layouts.txt"


def is_structure(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Structure) and value is not Structure


def structures() -> dict[str, type[Structure]]:
    found: dict[str, type[Structure]] = {
        "OBJECT_ATTRIBUTES": OBJECT_ATTRIBUTES,
        "UNICODE_STRING": UNICODE_STRING,
    }
    for module in pkgutil.iter_modules(structs.__path__):
        members = vars(import_module(f"ring3k.abi.structs.{module.name}"))
        found |= {name: value for name, value in members.items() if is_structure(value)}
    return found


ALL = structures()


@pytest.mark.parametrize("line", FACTS.read_text().splitlines()[1:], ids=lambda line: line.split()[0])
def test_layout(line: str) -> None:
    name, size, *fields = line.split()
    layout = ALL[name].layout(4)
    assert layout.size == int(size, 16)
    ours = {f.name: f"{f.offset:x}+{f.size:x}" for f in layout.fields}
    assert {f: ours.get(f) for f in (x.partition("=")[0] for x in fields)} == dict(
        x.split("=") for x in fields
    )


def test_every_structure_survives_a_round_trip() -> None:
    for name, cls in ALL.items():
        for width in (4, 8):
            size = cls.size(width)
            data = bytes(i & 0x7F for i in range(size))
            packed = cls.unpack(data, width).pack(width)
            assert cls.unpack(packed, width) == cls.unpack(data, width), name
            if width == 4:
                assert cls().pack() == bytes(size), name


# Offsets in 64-bit Windows, where these structures are documented as well.
WIDE = {
    (UNICODE_STRING, "Buffer"): 8,
    (OBJECT_ATTRIBUTES, "ObjectName"): 0x10,
    (OBJECT_ATTRIBUTES, "SecurityQualityOfService"): 0x28,
    (TEB, "ClientId"): 0x40,
    (TEB, "ProcessEnvironmentBlock"): 0x60,
    (TEB, "LastErrorValue"): 0x68,
    (PEB, "ImageBaseAddress"): 0x10,
    (PEB, "Ldr"): 0x18,
    (PEB, "ProcessParameters"): 0x20,
    (PEB, "NumberOfProcessors"): 0xB8,
    (PEB, "SessionId"): 0x2C0,
    (PROCESS_BASIC_INFORMATION, "PebBaseAddress"): 8,
    (PROCESS_BASIC_INFORMATION, "UniqueProcessId"): 0x20,
}


def test_pointers_of_eight_bytes() -> None:
    for (cls, field), offset in WIDE.items():
        assert cls.offset(field, 8) == offset, (cls.__name__, field)
    assert OBJECT_ATTRIBUTES.size(8) == 0x30
    assert PROCESS_BASIC_INFORMATION.size(8) == 0x30
    assert SECURITY_QUALITY_OF_SERVICE.size(8) == SECURITY_QUALITY_OF_SERVICE.size(4) == 12
    assert OBJECT_BASIC_INFORMATION.size(8) == 0x38  # no pointer inside


def test_versions_choose_their_layout() -> None:
    assert (teb_of("nt50"), teb_of("nt51"), teb_of("nt52")) == (TEB_NT50, TEB, TEB_NT52)
    assert (peb_of("nt40"), peb_of("nt50"), peb_of("nt51")) == (PEB_NT40, PEB_NT50, PEB)
    assert PEB.offset("AppCompatInfo") != PEB_NT50.offset("AppCompatInfo")


def test_signs_and_ranges() -> None:
    class Mixed(Structure):
        Small: Uchar
        Signed: Long
        Row: Annotated[list[int], Array(Ulong, 2)]

    assert [f.offset for f in Mixed.layout().fields] == [0, 4, 8]
    value = Mixed.unpack(bytes.fromhex("ff000000 feffffff 01000000 02000000"))
    assert (value.Small, value.Signed, value.Row) == (255, -2, [1, 2])
    assert Mixed(Small=0x1FF, Signed=0xFFFFFFFF).pack()[:8] == bytes.fromhex("ff000000 ffffffff")
    with pytest.raises(TypeError, match="no field Smal"):
        Mixed(Smal=1)
    with pytest.raises(KeyError, match="no field X"):
        Mixed.offset("X")


@given(st.binary(min_size=8, max_size=8))
def test_fast_and_slow_packing_agree(data: bytes) -> None:
    """LIST_ENTRY takes the fast path; inside another structure it takes the slow one."""

    class Holder(Structure):
        Inner: LIST_ENTRY

    assert Holder.unpack(data).Inner == LIST_ENTRY.unpack(data)
    assert Holder(Inner=LIST_ENTRY.unpack(data)).pack() == data == LIST_ENTRY.unpack(data).pack()


def test_context_is_cut_where_nt4_cut_it() -> None:
    from ring3k.abi.structs.ke import CONTEXT_SHORT_SIZE

    assert CONTEXT.offset("ExtendedRegisters") == CONTEXT_SHORT_SIZE

"""The instructions that are put into Wine's DLLs: where they lead, and when nothing is put there."""

from __future__ import annotations

from typing import Any

import capstone
import pytest

from ring3k.abi.pe import EXPORT, PeFile
from ring3k.userland import wine_errors, wine_mutex
from ring3k.userland.link_code import folder_detour, link_function
from ring3k.userland.memory_code import free_detour, write_detour
from ring3k.userland.wine import find
from ring3k.userland.wine_edits import (
    DUMP,
    OPTIONS,
    REACH,
    WITH_MUTEXES,
    _change,
    calls_of,
    control_detour,
    flag_detour,
    option_detour,
    symbols_detour,
)

HERE, ORIGINAL, HOST_CALL, LISTS, LOADS, PATH_OF = 0x14800, 0x2000, 0x14700, 0x3000, 0x4000, 0x20000


def places(code: bytes) -> tuple[set[int], list[int]]:
    """Where its instructions begin, and where its direct calls and jumps lead."""
    begins, leads, end = set(), [], HERE
    for one in capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_32).disasm(code, HERE):
        begins.add(one.address)
        end = one.address + one.size
        if (one.mnemonic == "call" or one.mnemonic.startswith("j")) and one.op_str.startswith("0x"):
            leads.append(int(one.op_str, 16))
    assert end == HERE + len(code), "all of it is code"
    return begins, leads


@pytest.mark.parametrize(
    ("code", "outside"),
    [
        (option_detour(HOST_CALL, HERE, 7, 1, ORIGINAL), [HOST_CALL, ORIGINAL]),
        (control_detour(HOST_CALL, HERE, 7, 2, ORIGINAL), [HOST_CALL, ORIGINAL]),
        (folder_detour(HERE, ORIGINAL, LISTS), [LISTS, ORIGINAL]),
        (link_function(HERE, 7, LISTS, LOADS, HOST_CALL, ORIGINAL), [LISTS, LOADS, HOST_CALL, ORIGINAL]),
        (flag_detour(HERE, ORIGINAL, 8, 2, 0x80000, 0x46495253), [ORIGINAL, ORIGINAL]),
        (symbols_detour(HERE, ORIGINAL, LISTS, LOADS, PATH_OF), [ORIGINAL, ORIGINAL, LOADS, LISTS]),
        (free_detour(HERE, ORIGINAL, 4), [ORIGINAL]),
        (write_detour(HERE, ORIGINAL, LISTS), [ORIGINAL, LISTS, ORIGINAL, LISTS]),
    ],
)
def test_all_ways_lead_to_functions_or_instructions(code: bytes, outside: list[int]) -> None:
    begins, leads = places(code)
    inside = [place for place in leads if HERE <= place < HERE + len(code)]
    assert set(inside) <= begins
    assert [place for place in leads if place not in inside] == outside


class Image:
    """What a segment is to an edit."""

    def __init__(self) -> None:
        self.patched: list[tuple[int, bytes]] = []

    def patch(self, offset: int, data: bytes) -> None:
        self.patched.append((offset, data))


def wine_dll(name: str) -> bytes:
    found = find()
    if found is None:
        pytest.skip("Wine's DLLs are not installed")
    with open(f"{found[0]}/{name}", "rb") as file:
        return file.read()


def changed(exported: tuple[str, ...], imported: str, size: int) -> list[tuple[int, bytes]]:
    image = PeFile(wine_dll("ws2_32.dll"))
    segment: Any = Image()
    _change(segment, image, exported, imported, lambda start, at: (bytes(size), {"setsockopt": start}))
    patched: list[tuple[int, bytes]] = segment.patched
    return patched


def test_an_export_leads_to_the_code_behind_the_dlls() -> None:
    (start, code), (_, place) = changed(OPTIONS, "", 16)
    assert (code, int.from_bytes(place, "little")) == (bytes(16), start)


@pytest.mark.parametrize(
    ("exported", "imported", "size"),
    [((*OPTIONS, "nothing"), "", 16), (OPTIONS, "NothingA", 16), (OPTIONS, "", 4096)],
)
def test_a_dll_that_is_another_stays_as_it_is(exported: tuple[str, ...], imported: str, size: int) -> None:
    assert changed(exported, imported, size) == []


def test_a_call_is_found_by_where_it_leads() -> None:
    call, other = b"\xe8\x1b\0\0\0", b"\xe8\x1c\0\0\0"
    assert calls_of(call + other, 32) == [1]
    assert calls_of(b"\x90" * 5 + b"\xe8\x16\0\0\0" + b"\xe8\x11\0", 32) == [6]  # the last has no room


def test_what_a_function_calls_is_changed_as_well() -> None:
    image = PeFile(wine_dll("dbghelp.dll"))
    segment: Any = Image()
    begin = image.exports((DUMP,))[DUMP]
    _change(
        segment,
        image,
        ("SymInitializeW", DUMP),
        "",
        lambda start, _: (bytes(8), {"SymInitializeW": start}),
        DUMP,
    )
    (start, _), _, (at, distance) = segment.patched
    assert begin < at < begin + REACH
    assert image.read(at - 1, 1) == b"\xe8"
    assert at + 4 + int.from_bytes(distance, "little", signed=True) == start


def test_a_mutex_is_laid_out_as_microsofts_is() -> None:
    """Each changed byte is the distance in an instruction that is about a mutex."""
    image = PeFile(wine_dll(WITH_MUTEXES))
    segment: Any = Image()
    wine_mutex.change(segment, image)
    ((start, code),) = segment.patched
    assert start == image.exports(["_Mtx_init_in_situ"])["_Mtx_init_in_situ"]
    before = image.read(start, len(code))
    disassembler = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_32)
    pairs = zip(disassembler.disasm(before, start), disassembler.disasm(code, start), strict=True)
    changed = [(old.op_str, new.op_str) for old, new in pairs if old.bytes != new.bytes]
    assert len(changed) == wine_mutex.PLACES
    for old, new in changed:
        assert new in (old.replace("0x28", "0x2c"), old.replace("0x24", "0x28"), old.replace("0x2c", "0x30"))
    assert not any("esp" in old for old, _ in changed if not old.endswith("0x2c"))


@pytest.mark.parametrize("more", [b"\x83\x6a\x28\x01", b""])
def test_other_functions_of_mutexes_stay_as_they_are(more: bytes) -> None:
    code = b"\x83\x6a\x28\x01" * (wine_mutex.PLACES - 1) + b"\x39\x46\x24\x83\x6c\x24\x28\x01"
    assert wine_mutex.as_microsofts(code) is None
    assert wine_mutex.as_microsofts(code + 2 * b"\x83\x6a\x28\x01") is None
    assert (wine_mutex.as_microsofts(code + more) is not None) == bool(more)


def msvcp140() -> bytes:
    return wine_dll("msvcp140.dll")


def test_functions_that_throw_are_anothers() -> None:
    before = msvcp140()
    segment: Any = Image()
    wine_errors.change(segment, PeFile(before))
    patched = bytearray(before)
    before_image = PeFile(before)
    for offset, data in segment.patched:
        span = before_image.span(offset)
        raw = offset if span is None else offset + span[2]
        patched[raw : raw + len(data)] = data
    image = PeFile(bytes(patched))
    start, length = image.directory(EXPORT)
    assert length == before_image.directory(EXPORT)[1] + len(segment.patched[0][1])
    places = image.exports(wine_errors.THROWING)
    for name, ours in wine_errors.THROWING.items():
        assert start <= places[name] < start + length
        offset, text = segment.patched[0]
        assert text[places[name] - offset :].partition(b"\0")[0] == f"msvcp140_errors.{ours}".encode()
    assert image.exports(["_Mtx_lock"]) == before_image.exports(["_Mtx_lock"])


def test_functions_that_are_there_stay() -> None:
    data = bytearray(msvcp140())
    image = PeFile(bytes(data))
    place = image.exports(["?_Throw_C_error@std@@YAXH@Z"])["?_Throw_C_error@std@@YAXH@Z"]
    span = image.span(place)
    assert span is not None
    data[place + span[2]] = 0x55
    segment: Any = Image()
    wine_errors.change(segment, PeFile(bytes(data)))
    assert segment.patched == []

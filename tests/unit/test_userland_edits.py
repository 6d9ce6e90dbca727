"""The instructions that are put into Wine's DLLs: where they lead, and when nothing is put there."""

from __future__ import annotations

from typing import Any

import capstone
import pytest

from ring3k.userland.image import PeFile
from ring3k.userland.wine import find
from ring3k.userland.wine_edits import OPTIONS, _change, flag_detour, option_detour, symbols_detour

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
        (flag_detour(HERE, ORIGINAL, 8, 2, 0x80000, 0x46495253), [ORIGINAL, ORIGINAL]),
        (symbols_detour(HERE, ORIGINAL, LISTS, LOADS, PATH_OF), [ORIGINAL, ORIGINAL, LOADS, LISTS]),
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


def changed(exported: tuple[str, ...], imported: str, size: int) -> list[tuple[int, bytes]]:
    found = find()
    if found is None:
        pytest.skip("Wine's DLLs are not installed")
    with open(f"{found[0]}/ws2_32.dll", "rb") as file:
        image = PeFile(file.read())
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

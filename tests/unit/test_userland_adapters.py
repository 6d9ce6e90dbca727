"""What Wine's DLLs ask in ways of their own becomes what NT understands; all else stays as it is."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from ring3k.abi.structs.io import CREATE_DISPOSITION
from ring3k.hooks.calls import _adapted
from ring3k.userland.wine_adapters import ADAPTERS, DEFAULT_TIMEOUT
from tests.unit.hook_guest import STRINGS, Thread

NOWHERE = 0xDEAD0000


def adapted(
    name: str, words: list[int], texts: dict[int, bytes] | None = None, teb: int = STRINGS
) -> tuple[list[int], Thread]:
    t: Any = Thread()
    t.teb = teb
    t.memory.blocks[STRINGS] = bytearray(0x2000)
    for place, data in (texts or {}).items():
        t.memory.write(place, data)
    ADAPTERS[name](t, words)
    return words, t


def mask(text: str) -> dict[int, bytes]:
    """A UNICODE_STRING at STRINGS."""
    data = text.encode("utf-16-le")
    head = struct.pack("<HHI", len(data), len(data), STRINGS + 0x100)
    return {STRINGS: head, STRINGS + 0x100: data}


@pytest.mark.parametrize(
    ("name", "place"), [("NtLockFile", 4), ("NtUnlockFile", 1), ("NtFlushVirtualMemory", 3)]
)
def test_a_missing_status_block_is_replaced_and_a_given_one_stays(name: str, place: int) -> None:
    words, _ = adapted(name, [0] * 10)
    assert words[place] == STRINGS + 0x1F00
    words, _ = adapted(name, [7] * 10)
    assert words == [7] * 10


@pytest.mark.parametrize(
    ("text", "kept"), [("*.*", False), ("*", True), ("*.c", True), ("*.*x", True), ("", True)]
)
def test_everything_is_asked_for_without_a_mask(text: str, kept: bool) -> None:
    words, _ = adapted("NtQueryDirectoryFile", [0] * 9 + [STRINGS, 0], mask(text))
    assert words[9] == (STRINGS if kept else 0)


@pytest.mark.parametrize("address", [0, NOWHERE])
def test_bad_masks_are_left_to_the_kernel(address: int) -> None:
    words, _ = adapted("NtQueryDirectoryFile", [0] * 9 + [address, 0])
    assert words[9] == address


def test_pipes_are_opened_and_have_a_time_out() -> None:
    words, t = adapted(
        "NtCreateNamedPipeFile", [0] * 5 + [CREATE_DISPOSITION.FILE_OVERWRITE_IF] + [0] * 7 + [STRINGS]
    )
    assert words[5] == CREATE_DISPOSITION.FILE_OPEN_IF
    assert int.from_bytes(t.memory.read(words[13], 8), "little", signed=True) == DEFAULT_TIMEOUT
    given = {STRINGS: (-5).to_bytes(8, "little", signed=True)}
    words, _ = adapted(
        "NtCreateNamedPipeFile", [0] * 5 + [CREATE_DISPOSITION.FILE_CREATE] + [0] * 7 + [STRINGS], given
    )
    assert (words[5], words[13]) == (CREATE_DISPOSITION.FILE_CREATE, STRINGS)
    words, _ = adapted("NtCreateNamedPipeFile", [0] * 13 + [NOWHERE])
    assert words[13] == NOWHERE
    words, _ = adapted("NtCreateNamedPipeFile", [0] * 13 + [STRINGS], teb=NOWHERE)  # whose TEB is gone
    assert words[13] in (STRINGS, NOWHERE + 0x1F00)


def test_a_decoder_gets_the_changed_words() -> None:
    seen: list[tuple[int, ...]] = []

    def answer(t: object, w: tuple[int, ...]) -> int:
        seen.append(w)
        return 0

    def change(t: object, words: list[int]) -> None:
        words[1] = 9

    decode = _adapted(answer, change, 3)
    t = Thread().calls_with(1, 2, 3)
    assert decode(t) == 0
    assert decode(t, (4, 5, 6)) == 0
    assert seen == [(1, 9, 3), (4, 9, 6)]

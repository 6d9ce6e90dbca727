"""Image headers: what a good file becomes, and what each lie is answered with."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from ring3k.abi import status as s
from ring3k.abi.status import NtError
from ring3k.abi.structs.mm import PAGE_EXECUTE_READ, PAGE_READONLY, PAGE_READWRITE, PAGE_WRITECOPY
from ring3k.mm.image import MAX_HEADERS, Image, parse
from tests.unit.mm_image_file import CODE, DATA, PeImage, PeSection


def read(data: bytes) -> Image:
    return parse(data[:MAX_HEADERS], len(data))


def test_a_good_file() -> None:
    image = read(PeImage().build())
    assert (image.base, image.size, image.entry) == (0x400000, 0x7000, 0x1000)
    assert [(p.start, p.end, p.protect, p.shared) for p in image.parts] == [
        (0, 0x1000, PAGE_READONLY, False),
        (0x1000, 0x3000, PAGE_EXECUTE_READ, False),
        (0x3000, 0x4000, PAGE_WRITECOPY, False),
        (0x4000, 0x5000, PAGE_READWRITE, True),
        (0x5000, 0x7000, PAGE_WRITECOPY, False),
    ]
    information = image.information()
    assert information.TransferAddress == 0x401000
    assert (information.MaximumStackSize, information.CommittedStackSize) == (0x100000, 0x2000)
    assert (information.SubSystemType, information.SubSystemMajorVersion) == (3, 4)
    assert information.ImageContainsCode


def test_wide_alignment_leaves_gaps_without_access() -> None:
    sections = [PeSection(b".text", 0x4000, 0x100, b"x" * 0x100, CODE)]
    image = read(PeImage(alignment=0x4000, sections=sections).build())
    assert [(p.start, p.end, p.protect) for p in image.parts] == [
        (0, 0x1000, PAGE_READONLY),
        (0x1000, 0x4000, 1),
        (0x4000, 0x5000, PAGE_EXECUTE_READ),
        (0x5000, 0x8000, 1),
    ]


def test_small_alignment_is_mapped_flat() -> None:
    sections = [PeSection(b".text", 0x400, 0x200, b"x" * 0x200, CODE)]
    file = PeImage(alignment=0x200, file_alignment=0x200, sections=sections, size=0x600).build()
    (part,) = read(file).parts
    assert (part.start, part.end, part.file_offset, part.file_size) == (0, 0x1000, 0, 0x600)


BAD = s.STATUS_INVALID_IMAGE_FORMAT


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"lfanew": 0x82}, s.STATUS_INVALID_IMAGE_PROTECT),
        ({"magic": 0x20B}, BAD),
        ({"characteristics": 0}, BAD),
        ({"optional_size": 90}, BAD),
        ({"size": 0}, BAD),
        ({"size": 0x78000000}, BAD),
        ({"size": 0x6000}, BAD),
        ({"alignment": 0x3000}, BAD),
        ({"alignment": 0}, BAD),
        ({"file_alignment": 0x300}, BAD),
        ({"file_alignment": 0x2000}, BAD),
        ({"base": 0x401000}, BAD),
        ({"count": 97}, BAD),
        ({"count": 65535}, BAD),
    ],
)
def test_lying_headers(change: dict[str, Any], status: int) -> None:
    with pytest.raises(NtError) as caught:
        read(replace(PeImage(), **change).build())
    assert caught.value.status == status


@pytest.mark.parametrize(
    "section",
    [
        PeSection(b"overlap", 0, 0x1000, b"x", CODE),
        PeSection(b"gap", 0x2000, 0x1000, b"x", CODE),
        PeSection(b"unaligned", 0x1010, 0x1000, b"x", CODE),
        PeSection(b"empty", 0x1000, 0, b"", CODE),
        PeSection(b"huge", 0x1000, 0xFFFFF000, b"x", CODE),
        PeSection(b"beyond", 0x1000, 0x1000, b"x", CODE, raw=0x10000),
        PeSection(b"wraps", 0x1000, 0x1000, b"x", CODE, raw=0xFFFFFF00, raw_size=0x200),
        PeSection(b"long", 0x1000, 0x1000, b"x", CODE, raw_size=0x7FFFFFFF),
    ],
)
def test_lying_sections(section: PeSection) -> None:
    with pytest.raises(NtError) as caught:
        read(PeImage(sections=[section], size=0x3000).build())
    assert caught.value.status == BAD


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", s.STATUS_INVALID_IMAGE_NOT_MZ),
        (b"#!/bin/sh\n".ljust(100), s.STATUS_INVALID_IMAGE_NOT_MZ),
        (b"MZ", s.STATUS_INVALID_IMAGE_NOT_MZ),
        (b"MZ".ljust(512, b"\0"), s.STATUS_INVALID_IMAGE_PROTECT),
        (b"MZ".ljust(60, b"\0") + b"\xf0\xff\xff\xff".ljust(400, b"\0"), s.STATUS_INVALID_IMAGE_PROTECT),
        (b"MZ".ljust(60, b"\0") + b"\x40\0\0\0NE".ljust(400, b"\0"), s.STATUS_INVALID_IMAGE_WIN_16),
        (b"MZ".ljust(60, b"\0") + b"\x40\0\0\0LE".ljust(400, b"\0"), s.STATUS_INVALID_IMAGE_LE_FORMAT),
        (b"MZ".ljust(60, b"\0") + b"\x40\0\0\0PE\0\0", BAD),
    ],
)
def test_other_files(data: bytes, status: int) -> None:
    with pytest.raises(NtError) as caught:
        read(data)
    assert s.status_name(caught.value.status) == s.status_name(status)


def test_every_truncation_is_refused() -> None:
    whole = PeImage().build()
    for length in range(len(whole) - 1):
        with pytest.raises(NtError):
            read(whole[:length])


def test_noise_in_headers_never_crashes_nor_leaves_the_file() -> None:
    rng = random.Random(1)
    whole = PeImage(sections=[*PeImage().sections[:1], PeSection(b".x", 0x3000, 5, b"y", DATA)]).build()
    good = 0
    for _ in range(4000):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(0x80, 0x1D0)] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)])
        try:
            image = read(bytes(data))
        except NtError:
            continue
        good += 1
        place = 0
        for part in image.parts:
            assert part.start == place < part.end
            assert part.file_size <= part.end - part.start
            assert part.file_offset + part.file_size <= len(data)
            place = part.end
        assert place == image.size
    assert good > 100

"""What a symbolic link's data says, and where it leads."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.abi.status import STATUS_IO_REPARSE_DATA_INVALID, NtError
from ring3k.io.disk.symlink import link_target, on_volume, symbolic_link
from ring3k.userland.wine_links import _data


class Above:
    path = "\\a\\b"


class Link:
    """An entry in the folder ``\\a\\b``."""

    parent = Above()


@given(st.binary(max_size=40))
def test_any_data_is_a_link_or_invalid(data: bytes) -> None:
    status, text = 0, ""
    try:
        text, _ = link_target(data)
    except NtError as error:
        status = error.status
    assert text or status == STATUS_IO_REPARSE_DATA_INVALID


@given(st.lists(st.sampled_from(["x", "y", "..", ".", ""]), max_size=8), st.booleans())
def test_no_relative_link_leads_out_of_its_volume(names: list[str], rooted: bool) -> None:
    """As by walking; the oracle counts how deep it is."""
    depth = 0 if rooted else 2
    lowest = depth
    for name in names:
        depth += {"..": -1, ".": 0, "": 0}.get(name, 1)
        lowest = min(lowest, depth)
    text = "\\" * rooted + "\\".join(names)
    if text.startswith("\\") and not rooted:
        return
    link = cast("Any", Link())
    if lowest < 0:
        with pytest.raises(NtError, match="STATUS_IO_REPARSE_DATA_INVALID"):
            on_volume(text, link)
        return
    found = on_volume(text, link)
    assert len([one for one in found.split("\\") if one]) == depth
    assert ".." not in found


@pytest.mark.parametrize(
    ("name", "target", "relative"),
    [
        ("file", "file", True),
        ("..\\a/b", "..\\a/b", True),
        ("\\a", "\\a", True),
        ("C:\\a\\..\\b\\.\\c. ", "\\??\\C:\\b\\c", False),
        ("c:/a/", "\\??\\c:\\a\\", False),
        ("C:file", "\\??\\C:\\in\\file", False),
        ("C:\\..", "\\??\\C:\\", False),
        ("\\\\server\\share\\x", "\\??\\UNC\\server\\share\\x", False),
        ("\\\\?\\C:\\a.", "\\??\\C:\\a.", False),
    ],
)
def test_what_a_program_gives_becomes_a_name_of_nts(name: str, target: str, relative: bool) -> None:
    data = _data(name, "C:\\in\\")
    assert data is not None
    assert link_target(data) == (target, relative)
    assert data == symbolic_link(target, name, relative)


def test_another_drives_own_folder_is_not_asked_for() -> None:
    assert _data("E:file", "C:\\in") is None


def test_a_name_that_no_link_holds() -> None:
    assert symbolic_link("n" * 0x3FFF, "n" * 0x4000, False)
    with pytest.raises(NtError) as caught:
        symbolic_link("n" * 0x4000, "n" * 0x4000, False)
    assert caught.value.status == STATUS_IO_REPARSE_DATA_INVALID

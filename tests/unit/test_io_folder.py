"""8.3 names that somebody chose: they outlive the kernel, and mean what is there."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ring3k.io.disk.folder import CHOSEN, OPEN, Folder


def opened(path: Path) -> Folder:
    return Folder(os.open(path, OPEN), (0, 0))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    for name in ("a long name.text", "another long name", "short"):
        (tmp_path / name).touch()
    try:
        os.setxattr(tmp_path, CHOSEN, b"")
    except OSError:
        pytest.skip("the host keeps no extended attributes here")
    return tmp_path


def test_a_chosen_name_is_kept(path: Path) -> None:
    folder = opened(path)
    made_up = folder.short("a long name.text")
    assert "~" in made_up
    folder.set_short("a long name.text", "ALONG.TXT")
    assert folder.find(made_up) == []
    folder.close()
    again = opened(path)
    assert again.find("along.txt") == ["a long name.text"]
    assert again.short("a long name.text") == "ALONG.TXT"
    assert "~" in again.short("another long name")
    again.set_short("a long name.text", "OTHER")
    assert again.find("along.txt") == []
    again.close()


def test_it_goes_with_its_file(path: Path) -> None:
    folder = opened(path)
    folder.set_short("another long name", "BRIEF")
    os.unlink(path / "another long name")
    folder.left("another long name")
    assert folder.find("brief") == []
    folder.close()
    assert CHOSEN not in os.listxattr(path)


def test_without_its_file_it_means_nothing(path: Path) -> None:
    folder = opened(path)
    folder.set_short("another long name", "BRIEF")
    folder.close()
    os.unlink(path / "another long name")
    again = opened(path)
    assert again.find("brief") == []
    again.close()


@pytest.mark.parametrize(
    "noted", [b"\xff\xfe", b"BRIEF", b"a name that is long\0short", b"\0\0\0", b"B" * 999]
)
def test_nonsense_means_nothing(path: Path, noted: bytes) -> None:
    os.setxattr(path, CHOSEN, noted)
    folder = opened(path)
    assert folder.find("brief") == []
    assert folder.find("SHORT") == ["short"]
    assert folder.short("short") == ""
    folder.close()


NAMES = st.sampled_from(
    ["a", "A", "b", "B", "ab", "Ab", "\xe9", "\xc9", "z~1", "long name.text", "\u0433", "_"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), NAMES), max_size=30))
def test_names_stay_in_order(steps: list[tuple[bool, str]]) -> None:
    """What is entered and what has left, against a look at the whole folder."""
    with TemporaryDirectory() as path:
        folder = opened(Path(path))
        folder.names()
        for make, name in steps:
            place = os.path.join(path, name)
            if make and not os.path.exists(place):
                Path(place).touch()
                folder.entered(name)
            elif not make and os.path.exists(place):
                os.unlink(place)
                folder.left(name)
            fresh = opened(Path(path))
            assert folder.names() == fresh.names()
            fresh.close()
        folder.close()

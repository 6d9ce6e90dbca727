"""Listings that the engine makes are those that the kernel would make, entry by entry."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ring3k import System
from ring3k.abi.access import FILE_LIST_DIRECTORY
from ring3k.abi.status import STATUS_BUFFER_OVERFLOW
from ring3k.abi.structs.fileinfo import FILE_INFORMATION_CLASS as CLASS
from ring3k.abi.structs.io import FILE_DIRECTORY_FILE
from ring3k.engine.fake import FakeEngine
from ring3k.engine.hostfile import look_at, records
from ring3k.io.device import Opening
from ring3k.io.disk.attributes import NAME
from ring3k.io.disk.device import DiskDevice
from ring3k.io.disk.directory import LAYOUTS, DiskFolder
from ring3k.io.disk.ea import set_eas
from ring3k.io.disk.names import Pattern, to_host
from ring3k.io.disk.volume import Volume
from ring3k.sched.clock import VirtualClock

ONE_EA = b"\0\0\0\0\0\1\3\0A\0abc"


class File(NamedTuple):
    kind: str
    size: int
    mode: int
    attributes: str | None
    time: int


FILES = st.builds(
    File,
    st.sampled_from(["file", "file", "folder", "link", "inner link", "folder link", "pipe", "ea"]),
    st.integers(0, 9000),
    st.sampled_from([0o644, 0o444, 0o400]),
    st.none()
    | st.sampled_from(
        ["0x2", "0x1", "0x20", "0x220", "0x0 116444736000000001", "nonsense", "0xffffffff", "0x"]
    ),
    st.integers(-(10**11), 10**18),
)
LINKS = {"inner link": "../there/file", "folder link": "../there"}
NAMES = st.text(
    st.sampled_from("ab.Bé€~ \ud800\U00010000") | st.characters(codec=None), min_size=1, max_size=16
)
CALLS = st.lists(
    st.tuples(st.integers(12, 900), st.sampled_from([False, False, True])), min_size=1, max_size=8
)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with System(FakeEngine(VirtualClock()), machine=tmp_path_factory.mktemp("machine")) as made:
        yield made


def make(path: Path, files: dict[str, File]) -> None:
    """What can be made of them."""
    for name, file in files.items():
        at = os.path.join(os.fsencode(path), os.fsencode(to_host(name)))
        with suppress(OSError, ValueError):
            if file.kind == "folder":
                os.mkdir(at)
            elif file.kind == "link":
                os.symlink("/etc/passwd", at)
                continue
            elif file.kind in LINKS:
                os.symlink(LINKS[file.kind], at)
                continue
            elif file.kind == "pipe":
                os.mkfifo(at)
            else:
                with open(at, "wb") as made:
                    made.truncate(file.size)
            if file.attributes is not None:
                os.setxattr(at, NAME, file.attributes.encode())
            if file.kind == "ea":
                fd = os.open(at, os.O_RDONLY)
                set_eas(fd, look_at(fd, None), ONE_EA)
                os.close(fd)
            os.utime(at, ns=(file.time, file.time + 1))
            os.chmod(at, file.mode | (stat.S_IXUSR if file.kind == "folder" else 0))


def listing(
    folder: DiskFolder, kind: int, calls: list[tuple[int, bool]], pattern: str
) -> list[tuple[bytes, int]]:
    """What the calls give, the last one again and again until all is told."""
    folder._begin(Pattern(pattern))
    answers = [folder._fill(LAYOUTS[kind], room, single) for room, single in calls]
    while answers[-1][0] and len(answers) < 200:
        answers.append(folder._fill(LAYOUTS[kind], 700, False))
    return answers


def nothing(self: DiskFolder, *rest: Any) -> None:
    """The engine's part, left out."""


@settings(max_examples=150)
@given(
    st.dictionaries(NAMES, FILES, min_size=4, max_size=12),
    st.sampled_from(sorted(LAYOUTS)),
    CALLS,
    st.sampled_from(["*", "*", "*", "*", "a*", "*b", "<.B", "?????", "a", "*~*"]),
)
def test_the_engine_lists_as_the_kernel_does(
    system: System,
    tmp_path_factory: pytest.TempPathFactory,
    files: dict[str, File],
    kind: int,
    calls: list[tuple[int, bool]],
    pattern: str,
) -> None:
    path = tmp_path_factory.mktemp("list")
    (path / "here").mkdir()
    (path / "there").mkdir()
    (path / "there/file").write_bytes(b"of a link")
    make(path / "here", files)
    device = DiskDevice(system.kernel, Volume(str(path)))
    how = Opening(FILE_LIST_DIRECTORY, options=FILE_DIRECTORY_FILE)
    folder: Any = device.open(None, "\\here", 0, how)
    quick = listing(folder, kind, calls, pattern)
    told = dict(device.volume.paths)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DiskFolder, "_add_many", nothing)
        assert listing(folder, kind, calls, pattern) == quick
    assert dict(device.volume.paths) == told
    folder.reference()
    folder.dereference()


def test_what_has_gone_is_passed_over(system: System, tmp_path: Path) -> None:
    for name in ("a", "b", "c", "d"):
        (tmp_path / name).touch()
    device = DiskDevice(system.kernel, Volume(str(tmp_path)))
    folder: Any = device.open(None, "\\", 0, Opening(FILE_LIST_DIRECTORY, options=FILE_DIRECTORY_FILE))
    folder._begin(Pattern("*"))
    for name in ("a", "c", "d"):
        (tmp_path / name).unlink()
    (tmp_path / "d").symlink_to("/")
    data, status = folder._fill(LAYOUTS[CLASS.FileNamesInformation], 100, False)
    assert (data, status) == (b"\0\0\0\0\0\0\0\0\2\0\0\0b\0", 0)
    assert folder._fill(LAYOUTS[CLASS.FileNamesInformation], 100, False) == (b"", 0)


def test_a_record_that_does_not_fit_is_cut(system: System, tmp_path: Path) -> None:
    (tmp_path / "a long name").touch()
    device = DiskDevice(system.kernel, Volume(str(tmp_path)))
    folder: Any = device.open(None, "\\", 0, Opening(FILE_LIST_DIRECTORY, options=FILE_DIRECTORY_FILE))
    folder._begin(Pattern("*"))
    data, status = folder._fill(LAYOUTS[CLASS.FileBothDirectoryInformation], 96, False)
    assert (data[94:], status) == (b"a\0", STATUS_BUFFER_OVERFLOW)


@pytest.mark.parametrize(
    "layout",
    [
        (12, 9, 0, 0, 0),
        (64, 8, 64, 0, 0),
        (64, 60, -4, 0, 0),
        (9999, 60, 0, 0, 0),
        (64, 60, 0, 40, 0),
        (64, 0, 0, 0, 0),
    ],
)
def test_records_are_sound(tmp_path: Path, layout: tuple[int, int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="no such records"):
        records(-1, ["a"], 0, 1, 100, layout, (0, 0), {})


def test_names_that_are_none_are_left_to_the_kernel() -> None:
    fd = os.open("/", os.O_RDONLY)
    layout = LAYOUTS[CLASS.FileNamesInformation]
    names: list[Any] = [5, "a\0b", "é\0"]
    for place in range(3):
        assert records(fd, names, place, 9, 100, layout, (0, 0), {}) == (b"", 0, place, {})
    assert records(fd, names, 3, 9, 100, layout, (0, 0), {}) == (b"", 0, 3, {})
    os.close(fd)

"""Symbolic links of the host: followed where they stay on the drive, and nowhere else."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import ring3k
from ring3k.abi import status as s
from ring3k.abi.access import DELETE, FILE_LIST_DIRECTORY, FILE_READ_ATTRIBUTES, SYNCHRONIZE
from ring3k.abi.structs.fileinfo import FILE_INFORMATION_CLASS as CLASS
from ring3k.abi.structs.fsctl import FSCTL
from ring3k.abi.structs.io import CREATE_DISPOSITION as D
from ring3k.abi.structs.io import FILE_DIRECTORY_FILE, FILE_OPEN_REPARSE_POINT
from ring3k.io.disk import change
from ring3k.io.disk.directory import LAYOUTS, DiskFolder
from ring3k.io.disk.link import FolderLink, LinkFile
from ring3k.io.disk.names import Pattern
from tests.security.test_disk_escapes import READ, SECRET, WRITE, Disk, device_of

NOT_THERE = (s.STATUS_OBJECT_NAME_NOT_FOUND, s.STATUS_OBJECT_PATH_NOT_FOUND)
MEANS_LINK = DELETE | SYNCHRONIZE


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    return tmp_path / "pc/c"


@pytest.fixture
def disk(tmp_path: Path, drive: Path) -> Iterator[Disk]:
    (tmp_path / "secret.txt").write_bytes(SECRET)
    with ring3k.System(machine=tmp_path / "pc") as system:
        (drive / "real/below").mkdir(parents=True)
        (drive / "real/file.txt").write_text("yours")
        (drive / "real/below/deep.txt").write_text("deep")
        yield device_of(system)


def content(disk: Disk, path: str) -> bytes:
    file = disk.open(path)
    try:
        return file.read_at(0, 100)
    finally:
        file.dereference()


def entries(disk: Disk, path: str) -> dict[str, int]:
    """What a listing shows: names and attributes."""
    folder: Any = disk.open(path, FILE_LIST_DIRECTORY, D.FILE_OPEN, FILE_DIRECTORY_FILE)
    folder._begin(Pattern("*"))
    found = {}
    while True:
        data, status = folder._fill(LAYOUTS[CLASS.FileBothDirectoryInformation], 1000, True)
        if not data:
            break
        assert not status
        found[data[94:].decode("utf-16-le")] = int.from_bytes(data[56:60], "little")
    folder.dereference()
    return found


@pytest.mark.parametrize(
    ("link", "leads"),
    [
        ("link", "real/file.txt"),
        ("link", "./real/../real/file.txt"),
        ("link", "{drive}/real/file.txt"),
        ("real/below/link", "../file.txt"),
        ("real/link", "../../c/real/file.txt"),
    ],
)
def test_a_link_to_a_file_passes_for_it(disk: Disk, drive: Path, link: str, leads: str) -> None:
    (drive / link).symlink_to(leads.format(drive=drive))
    path = "\\" + link.replace("/", "\\")
    assert content(disk, path) == content(disk, path.upper()) == b"yours"
    file = disk.open(path, READ | WRITE)
    assert (file.path, file.size) == ("\\real\\file.txt", 5)
    file.write_at(0, b"YOURS")
    file.dereference()
    assert (drive / "real/file.txt").read_text() == "YOURS"
    folder, _, name = path.rpartition("\\")
    assert entries(disk, folder or "\\")[name] == 0x20
    assert disk.status(path, WRITE, D.FILE_CREATE) == s.STATUS_OBJECT_NAME_COLLISION
    assert disk.status(path, WRITE, D.FILE_OVERWRITE_IF) == 0
    assert (drive / link).is_symlink()
    assert (drive / "real/file.txt").read_text() == ""


def test_a_link_to_a_folder_passes_for_a_junction(disk: Disk, drive: Path) -> None:
    (drive / "link").symlink_to("real")
    (drive / "again").symlink_to(drive / "link")
    assert content(disk, "\\again\\BELOW\\deep.txt") == b"deep"
    assert disk.status("\\link\\new.txt", WRITE, D.FILE_CREATE) == 0
    assert (drive / "real/new.txt").is_file()
    folder = disk.open("\\again", FILE_LIST_DIRECTORY, D.FILE_OPEN, FILE_DIRECTORY_FILE)
    assert type(folder) is DiskFolder
    assert folder.path == "\\real"
    folder.dereference()
    shown = entries(disk, "\\")
    assert shown["link"] == shown["again"] == 0x410
    assert shown["real"] == 0x10
    assert disk.status("\\link\\", READ, D.FILE_CREATE) == s.STATUS_OBJECT_NAME_COLLISION
    assert disk.status("\\link\\file.txt\\x") == s.STATUS_OBJECT_PATH_NOT_FOUND


@pytest.mark.parametrize(
    "leads",
    [
        "{out}/secret.txt",
        "{out}",
        "/",
        "/etc/passwd",
        "/proc/self/fd/3",
        "/dev/null",
        "nothing",
        "link",
        "..",
        ".",
        "outside",
        "outside/secret.txt",
        "../../secret.txt",
        "real/../../../secret.txt",
        "",
    ],
)
def test_other_links_are_not_there(disk: Disk, drive: Path, tmp_path: Path, leads: str) -> None:
    (drive / "outside").symlink_to(tmp_path)
    if not leads:
        leads = "x/" * 2000
    (drive / "link").symlink_to(leads.format(out=tmp_path))
    assert not {"link", "outside"} & set(entries(disk, "\\"))
    for access in (READ, WRITE, MEANS_LINK):
        for options in (0, FILE_OPEN_REPARSE_POINT):
            for path in ("\\link", "\\link\\secret.txt", "\\outside\\secret.txt"):
                assert disk.status(path, access, D.FILE_OPEN, options) in NOT_THERE
    status = disk.status("\\link", WRITE, D.FILE_OVERWRITE_IF)
    assert status in (s.STATUS_OBJECT_NAME_COLLISION, s.STATUS_ACCESS_DENIED)
    assert (drive / "link").is_symlink()
    assert (tmp_path / "secret.txt").read_bytes() == SECRET


def test_links_in_a_ring_end(disk: Disk, drive: Path) -> None:
    (drive / "one").mkdir()
    (drive / "two").mkdir()
    (drive / "one/link").symlink_to("../two")
    (drive / "two/link").symlink_to("../one")
    assert disk.status("\\one" + "\\link" * 10) == 0
    assert disk.status("\\one" + "\\link" * 40) == s.STATUS_REPARSE_POINT_NOT_RESOLVED
    (drive / "a").symlink_to("b")
    (drive / "b").symlink_to("a")
    assert disk.status("\\a") in NOT_THERE


@pytest.mark.parametrize(("leads", "kind"), [("real/file.txt", LinkFile), ("real", FolderLink)])
def test_who_deletes_or_renames_means_the_link(disk: Disk, drive: Path, leads: str, kind: type) -> None:
    (drive / "link").symlink_to(leads)
    for options in (0, FILE_OPEN_REPARSE_POINT):
        file = disk.open("\\link", MEANS_LINK, D.FILE_OPEN, options)
        assert type(file) is kind
        file.dereference()
    file = disk.open("\\link", MEANS_LINK | FILE_READ_ATTRIBUTES, D.FILE_OPEN, FILE_OPEN_REPARSE_POINT)
    assert type(file) is kind
    with pytest.raises(s.NtError):
        change.change(None, file, CLASS.FileEndOfFileInformation, bytes(8))  # type: ignore[arg-type]
    name = "other".encode("utf-16-le")
    target = bytes(8) + len(name).to_bytes(4, "little") + name
    assert file.set_information(None, CLASS.FileRenameInformation, target) == 0  # type: ignore[arg-type]
    assert os.readlink(drive / "other") == leads
    assert file.set_information(None, CLASS.FileDispositionInformation, b"\1") == 0  # type: ignore[arg-type]
    assert disk.status("\\other", MEANS_LINK) == s.STATUS_DELETE_PENDING
    file.dereference()
    assert not (drive / "other").is_symlink()
    assert (drive / "real/file.txt").read_text() == "yours"
    assert disk.status("\\real\\file.txt", MEANS_LINK) == 0
    assert not disk.device.volume.nodes


def test_a_link_to_a_folder_says_where_it_leads(disk: Disk, drive: Path) -> None:
    (drive / "link").symlink_to("real/below")
    file = disk.open("\\link", FILE_READ_ATTRIBUTES, D.FILE_OPEN, FILE_OPEN_REPARSE_POINT)
    answer = bytearray()
    request: Any = SimpleNamespace(
        code=FSCTL.FSCTL_GET_REPARSE_POINT, length=200, buffer=SimpleNamespace(write=answer.extend)
    )
    assert file.fs_control(request) == 0
    assert file.query_information(CLASS.FileAttributeTagInformation, 8) == b"\x10\4\0\0\3\0\0\xa0"
    size = request.information
    assert (size, answer[:8]) == (len(answer), b"\3\0\0\xa0" + (size - 8).to_bytes(2, "little") + b"\0\0")
    at, length, shown_at, shown = (int.from_bytes(answer[i : i + 2], "little") for i in (8, 10, 12, 14))
    assert answer[16 + at : 16 + at + length].decode("utf-16-le") == "\\??\\C:\\real\\below"
    assert answer[16 + shown_at : 16 + shown_at + shown].decode("utf-16-le") == "C:\\real\\below"
    request.code = FSCTL.FSCTL_DELETE_REPARSE_POINT
    with pytest.raises(s.NtError):
        file.fs_control(request)
    file.dereference()


def test_a_folder_with_a_link_is_not_empty(disk: Disk, drive: Path) -> None:
    folder = disk.open("\\new", 0x1F01FF, D.FILE_CREATE, FILE_DIRECTORY_FILE)
    (drive / "new/link").symlink_to("../real")
    with pytest.raises(s.NtError) as caught:
        change.change(None, folder, CLASS.FileDispositionInformation, b"\1")  # type: ignore[arg-type]
    assert caught.value.status == s.STATUS_DIRECTORY_NOT_EMPTY
    folder.dereference()


def test_a_link_on_a_read_only_drive_makes_nothing_writable(disk: Disk, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    (kept / "below").mkdir(parents=True)
    (kept / "below/file").write_text("same")
    (kept / "link").symlink_to("below/file")
    (kept / "folder").symlink_to("below")
    disk.system.mount("D", kept, read_only=True)
    there = device_of(disk.system, "D")
    assert there.status("\\link", READ) == there.status("\\folder\\file", READ) == 0
    protected = s.STATUS_MEDIA_WRITE_PROTECTED
    for path in ("\\link", "\\folder\\file"):
        assert there.status(path, WRITE) == protected
        assert there.status(path, READ, D.FILE_SUPERSEDE) == protected
    for path in ("\\link", "\\folder"):
        file = there.open(path, MEANS_LINK)
        for kind, data in ((13, b"\1"), (10, bytes(8) + b"\2\0\0\0x\0")):
            with pytest.raises(s.NtError) as caught:
                file.set_information(None, kind, data)  # type: ignore[arg-type]
            assert caught.value.status == protected
        file.dereference()


def test_who_changes_a_link_leads_nobody_out(disk: Disk, drive: Path, tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_bytes(SECRET)
    stop = threading.Event()

    def swap() -> None:
        at = str(drive / "spare")
        while not stop.is_set():
            for leads in ("real", str(tmp_path), "real/below/../../real", "../.."):
                os.symlink(leads, at)
                os.rename(at, drive / "link")

    thread = threading.Thread(target=swap)
    thread.start()
    found = set()
    try:
        for _ in range(1500):
            for path in ("\\link\\file.txt", "\\real\\below\\..\\link\\file.txt"):
                try:
                    assert content(disk, path) == b"yours"
                    found.add(0)
                except s.NtError as error:
                    found.add(error.status)
    finally:
        stop.set()
        thread.join()
    assert found <= {0, *NOT_THERE, s.STATUS_OBJECT_NAME_INVALID, s.STATUS_ACCESS_DENIED}
    assert 0 in found

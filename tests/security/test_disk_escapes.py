"""What a guest opens lies in the folders it was given, whatever it is called and whoever moves things."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ring3k
from ring3k.abi import status as s
from ring3k.abi.strings import OBJ_CASE_INSENSITIVE
from ring3k.abi.structs.io import CREATE_DISPOSITION as D
from ring3k.abi.structs.io import FILE_DELETE_ON_CLOSE, FILE_DIRECTORY_FILE
from ring3k.io.device import Opening
from ring3k.io.disk import change, create
from ring3k.io.disk.device import DiskDevice
from ring3k.io.disk.file import DiskFile
from ring3k.io.late import LateDevice
from ring3k.ob.namespace import Namespace

READ, WRITE, DELETE = 0x120089, 0x120116, 0x10000
SECRET = b"not for guests"


class Disk:
    """Drive C: of a system, used as the kernel uses it."""

    device: DiskDevice
    system: ring3k.System

    def open(
        self, path: str, access: int = READ, disposition: int = D.FILE_OPEN, options: int = 0
    ) -> DiskFile:
        how = Opening(access, 7, disposition, options)
        found = self.device.open(None, path, OBJ_CASE_INSENSITIVE, how)
        assert isinstance(found, DiskFile)
        found.reference()
        return found

    def status(self, *arguments: Any) -> int:
        """What opening this comes to; it is closed again."""
        try:
            self.open(*arguments).dereference()
        except s.NtError as error:
            return error.status
        return 0


def device_of(system: ring3k.System, letter: str = "C") -> Disk:
    """The device itself: a walk to it would open the volume."""
    disk = Disk()
    folder = system.kernel.part(Namespace).resolve("\\Device")
    found = folder.find(system._machine.drives[letter].device.rpartition("\\")[2], True)
    made = found.load() if isinstance(found, LateDevice) else found
    assert isinstance(made, DiskDevice)
    disk.device = made
    disk.system = system
    return disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    (tmp_path / "secret.txt").write_bytes(SECRET)
    with ring3k.System(machine=tmp_path / "pc") as system:
        drive = tmp_path / "pc/c"
        (drive / "link.txt").symlink_to(tmp_path / "secret.txt")
        (drive / "folder").symlink_to(tmp_path)
        (drive / "nowhere").symlink_to(tmp_path / "made")
        (drive / "real").mkdir()
        (drive / "real/secret.txt").write_text("yours")
        os.mkfifo(drive / "pipe")
        yield device_of(system)


@pytest.mark.parametrize(
    "path",
    [
        "\\..\\..\\secret.txt",
        "\\real\\..\\..\\..\\secret.txt",
        "\\real/../../../secret.txt",
        "\\real\\.\\secret.txt",
        "\\\\secret.txt",
        "\\\\?\\C:\\x",
        "\\/etc/passwd",
        "\\real\\\0secret.txt",
        "\\real\\..\udc2fsecret.txt",
        "\\\uff0e\uff0e\\secret.txt",
        "\\\u2024\u2024\\secret.txt",
        "\\..\uff3csecret.txt",
        "\\real\uff0fsecret.txt",
        "\\link.txt",
        "\\LINK.TXT",
        "\\folder\\secret.txt",
        "\\FOLDER\\secret.txt",
        "\\nowhere",
        "\\pipe",
        "\\proc\\self\\environ",
        "\\real\\secret.txt\\..\\..\\..\\..\\secret.txt",
        "\\" + "..\\" * 50 + "etc\\passwd",
        "\\C:\\x",
        "\\real:..\\x",
    ],
)
@pytest.mark.parametrize("access", [READ, WRITE, DELETE])
def test_no_path_leads_out(disk: Disk, path: str, access: int) -> None:
    assert disk.status(path, access) in (
        s.STATUS_OBJECT_NAME_INVALID,
        s.STATUS_OBJECT_NAME_NOT_FOUND,
        s.STATUS_OBJECT_PATH_NOT_FOUND,
    )


@pytest.mark.parametrize("name", ["link.txt", "nowhere", "pipe", "LINK.txt"])
@pytest.mark.parametrize(
    "disposition", [D.FILE_CREATE, D.FILE_OPEN_IF, D.FILE_OVERWRITE_IF, D.FILE_SUPERSEDE]
)
def test_nothing_is_made_through_a_link(disk: Disk, tmp_path: Path, name: str, disposition: int) -> None:
    """A name that only the host sees is taken, and what it leads to stays as it is."""
    status = disk.status("\\" + name, WRITE, disposition)
    if name != "LINK.txt":
        assert status in (s.STATUS_OBJECT_NAME_COLLISION, s.STATUS_ACCESS_DENIED)
    assert (tmp_path / "secret.txt").read_bytes() == SECRET
    assert not (tmp_path / "made").exists()


def test_links_are_not_deleted_either(disk: Disk, tmp_path: Path) -> None:
    folder = disk.open("\\new", 0x1F01FF, D.FILE_CREATE, FILE_DIRECTORY_FILE)
    (tmp_path / "pc/c/new/hidden").symlink_to(tmp_path)
    with pytest.raises(s.NtError) as caught:
        change.change(None, folder, 13, b"\1")  # type: ignore[arg-type]
    assert caught.value.status == s.STATUS_DIRECTORY_NOT_EMPTY
    folder.dereference()
    assert (tmp_path / "pc/c/new/hidden").is_symlink()


@pytest.mark.parametrize("name", ["CON", "NUL", "COM1", "LPT1.txt", "aux", "PRN", "CLOCK$"])
def test_names_of_dos_devices_are_names_of_files(disk: Disk, tmp_path: Path, name: str) -> None:
    """What they mean to DOS programs is ntdll's business."""
    assert disk.status("\\real\\" + name, WRITE, D.FILE_CREATE) == 0
    assert (tmp_path / "pc/c/real" / name).is_file()


def test_who_swaps_a_folder_for_a_link_leads_nobody_out(disk: Disk, tmp_path: Path) -> None:
    drive = tmp_path / "pc/c"
    (drive / "spare").symlink_to(tmp_path)
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            os.rename(drive / "real", drive / "away")
            os.rename(drive / "spare", drive / "real")
            os.rename(drive / "real", drive / "spare")
            os.rename(drive / "away", drive / "real")

    thread = threading.Thread(target=swap)
    thread.start()
    found = set()
    try:
        for _ in range(4000):
            try:
                file = disk.open("\\real\\secret.txt")
            except s.NtError as error:
                found.add(error.status)
                continue
            found.add(0)
            assert file.read_at(0, 100) == b"yours"
            file.dereference()
    finally:
        stop.set()
        thread.join()
    assert found <= {
        0,
        s.STATUS_OBJECT_PATH_NOT_FOUND,
        s.STATUS_OBJECT_NAME_NOT_FOUND,
        s.STATUS_ACCESS_DENIED,
    }


def snapshot(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    found = {}
    for path in sorted(folder.rglob("*")):
        info = path.lstat()
        data = path.read_bytes() if path.is_file() else b""
        found[str(path)] = (info.st_mode, info.st_mtime_ns, data)
    return found


def test_a_read_only_drive_is_left_alone(disk: Disk, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    (kept / "below").mkdir(parents=True)
    (kept / "below/file").write_text("same")
    before = snapshot(kept)
    disk.system.mount("D", kept, read_only=True)
    drive = device_of(disk.system, "D")
    protected = s.STATUS_MEDIA_WRITE_PROTECTED
    assert drive.status("\\below\\file", READ) == 0
    assert drive.status("\\below\\file", WRITE) == protected
    assert drive.status("\\below\\new", WRITE, D.FILE_CREATE) == protected
    assert drive.status("\\below\\new", READ, D.FILE_CREATE, FILE_DIRECTORY_FILE) == protected
    assert drive.status("\\below\\file", READ, D.FILE_OVERWRITE) == protected
    assert drive.status("\\below\\file", READ, D.FILE_SUPERSEDE) == protected
    assert drive.status("\\below\\file", DELETE, D.FILE_OPEN, FILE_DELETE_ON_CLOSE) == protected
    assert drive.status("\\below\\file:stream", READ, D.FILE_CREATE) == protected
    file = drive.open("\\below\\file", 0x1F0180 & ~0x6)
    name = "x".encode("utf-16-le")
    for kind, data in (
        (4, bytes(32) + b"\2\0\0\0" + bytes(4)),
        (10, bytes(8) + len(name).to_bytes(4, "little") + name + bytes(2)),
        (11, bytes(8) + len(name).to_bytes(4, "little") + name + bytes(2)),
        (13, b"\1"),
        (19, (100).to_bytes(8, "little")),
        (20, bytes(8)),
    ):
        with pytest.raises(s.NtError) as caught:
            change.change(None, file, kind, data)  # type: ignore[arg-type]
        assert caught.value.status == protected, kind
    with pytest.raises(s.NtError):
        file.set_eas(b"\0\0\0\0\0\1\1\0A\0B")
    file.dereference()
    assert snapshot(kept) == before


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOSPC, s.STATUS_DISK_FULL),
        (errno.EDQUOT, s.STATUS_DISK_FULL),
        (errno.EACCES, s.STATUS_ACCESS_DENIED),
        (errno.EPERM, s.STATUS_ACCESS_DENIED),
        (errno.EROFS, s.STATUS_MEDIA_WRITE_PROTECTED),
        (errno.EMFILE, s.STATUS_TOO_MANY_OPENED_FILES),
        (errno.ENFILE, s.STATUS_TOO_MANY_OPENED_FILES),
        (errno.ENOMEM, s.STATUS_INSUFFICIENT_RESOURCES),
        (errno.EIO, s.STATUS_IO_DEVICE_ERROR),
        (errno.ENAMETOOLONG, s.STATUS_OBJECT_NAME_INVALID),
        (errno.ELOOP, s.STATUS_ACCESS_DENIED),
        (errno.EXDEV, s.STATUS_NOT_SAME_DEVICE),
        (errno.ESTALE, s.STATUS_UNEXPECTED_IO_ERROR),
    ],
)
def test_what_the_host_refuses_is_a_status(
    disk: Disk, monkeypatch: pytest.MonkeyPatch, number: int, expected: int
) -> None:
    """And nothing is left open, or half made."""
    real_open, real_truncate = os.open, os.ftruncate
    descriptors = len(os.listdir("/proc/self/fd"))
    pool = disk.system.kernel.pool.used

    def refuse(*arguments: Any, **more: Any) -> Any:
        raise OSError(number, os.strerror(number))

    file = disk.open("\\real\\secret.txt", READ | WRITE)
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        assert disk.status("\\real\\new", WRITE, D.FILE_CREATE) == expected
        for name in ("ftruncate", "pwrite", "fsync", "pread"):
            patch.setattr(os, name, refuse)
        for action in (
            lambda: file.truncate(5),
            lambda: file.write_at(0, b"x"),
            file.flush_data,
            lambda: file.read_at(0, 1),
        ):
            with pytest.raises(s.NtError) as caught:
                action()
            assert caught.value.status == expected
    file.dereference()
    with monkeypatch.context() as patch:
        patch.setattr(create, "write_attributes", refuse)
        with pytest.raises(OSError, match=os.strerror(number)):
            disk.device.open(
                None, "\\real\\half", OBJ_CASE_INSENSITIVE, Opening(WRITE, 7, D.FILE_CREATE, attributes=2)
            )
    assert (real_open, real_truncate) == (os.open, os.ftruncate)
    assert disk.status("\\real\\half") == s.STATUS_OBJECT_NAME_NOT_FOUND
    assert disk.status("\\real\\new") == s.STATUS_OBJECT_NAME_NOT_FOUND
    assert len(os.listdir("/proc/self/fd")) <= descriptors + 2  # folders that have been looked into
    assert disk.system.kernel.pool.used == pool
    assert not disk.device.volume.nodes

"""Drive letters: host folders as volumes, each a device with a letter that leads to it."""

from __future__ import annotations

import os

from ring3k.io.disk.volume import Volume
from ring3k.io.late import LateDevice
from ring3k.io.mounts import Mounted, MountTable
from ring3k.ke.kernel import Kernel
from ring3k.ob.namespace import Namespace, SymbolicLink
from ring3k.typed import NamedTuple

SYSTEM_DRIVE = "C"
DRIVER = "ring3k.io.disk.device.DiskDevice"


class Drive(NamedTuple):
    letter: str
    device: str  # its name in the namespace
    volume: Volume


class Drives:
    """The drives of one system, in order of their letters' coming."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._drives: dict[str, Drive] = {}
        self._shown = 0  # host folders shown because a program lies there
        self._mounted = MountTable()
        kernel.add_part(self._mounted)

    def __getitem__(self, letter: str) -> Drive:
        return self._drives[letter.upper()]

    @property
    def system(self) -> Drive:
        """Drive C:."""
        return self._drives[SYSTEM_DRIVE]

    def add(self, letter: str, volume: Volume) -> Drive:
        """A new drive.  ValueError for what is no letter, or one that is taken."""
        letter = letter.removesuffix(":").upper()
        if len(letter) != 1 or not "A" <= letter <= "Z":
            raise ValueError(f"{letter!r} is no drive letter: there are A to Z")
        if letter in self._drives:
            raise ValueError(f"drive {letter}: is there already")
        drive = Drive(letter, f"\\Device\\HarddiskVolume{len(self._drives) + 1}", volume)
        self._drives[letter] = drive
        space = self._kernel.part(Namespace)
        space.insert(drive.device, LateDevice(self._kernel, DRIVER, volume))
        space.insert(f"\\??\\{letter}:", SymbolicLink(self._kernel, drive.device))
        mounted = Mounted(letter, drive.device, volume.object_id)
        self._mounted.volumes.append(mounted)
        space.insert(mounted.lasting_name, SymbolicLink(self._kernel, drive.device))
        return drive

    def open_to_all(self, folder: str) -> tuple[Drive, str]:
        """Where a folder is to be seen that programs work in: a drive of its own, if it was on none."""
        found = self.find(folder)
        if found is None:
            free = [letter for letter in "DEFGHIJKLMNOPQRSTUVWXYZBA" if letter not in self._drives]
            if not free:
                raise ValueError("every drive letter is taken")
            return self.add(free[0], Volume(folder)), ""
        return found[0], found[1].removesuffix("\\")

    def close(self) -> None:
        """Give back what volumes keep open."""
        for drive in self._drives.values():
            drive.volume.close()

    def find(self, host: str) -> tuple[Drive, str] | None:
        """The drive and the path on it where a host file or folder is to be seen, if anywhere."""
        for drive in self._drives.values():
            path = drive.volume.nt_path(host)
            if path is not None:
                return drive, path
        return None

    def show(self, folder: str) -> tuple[Drive, str]:
        """The same for a folder, no backslash at the end; it is shown on C:, read-only, if it was not."""
        found = self.find(folder)
        if found is None:
            self._shown += 1
            path = f"\\app{self._shown if self._shown > 1 else ''}"
            self.system.volume.mount(path, os.path.realpath(folder))
            return self.system, path
        return found[0], found[1].removesuffix("\\")

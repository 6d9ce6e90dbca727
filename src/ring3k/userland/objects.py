"""The objects that exist before the first process: directories, links, devices.

The session manager of a real system makes some of them from the registry; a
program started by itself finds them all the same.
"""

from __future__ import annotations

import os

from ring3k.abi.access import FILE_EXECUTE, FILE_GENERIC_READ, FILE_GENERIC_WRITE
from ring3k.abi.status import STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_TYPE_MISMATCH, NtError
from ring3k.abi.strings import OBJ_CASE_INSENSITIVE, ObjectAttributes
from ring3k.abi.structs.io import CREATE_DISPOSITION as _DISPOSITION
from ring3k.abi.structs.io import (
    FILE_NON_DIRECTORY_FILE,
    FILE_SHARE_DELETE,
    FILE_SHARE_READ,
    FILE_SYNCHRONOUS_IO_NONALERT,
)
from ring3k.abi.version import Version
from ring3k.cm.files import HiveFiles
from ring3k.cm.root import RegistryRoot
from ring3k.ex.event import Event
from ring3k.ex.nls import LanguageTables
from ring3k.ex.timer import KeyedEvent
from ring3k.io.device import Opening
from ring3k.io.disk.backing import FileData
from ring3k.io.driver import BUILT_IN, Driver, DriverTable
from ring3k.io.file import FileObject
from ring3k.io.late import LateDevice
from ring3k.io.null import NullDevice
from ring3k.ke.kernel import Kernel
from ring3k.ke.thread import KThread
from ring3k.ob.namespace import Directory, Namespace, SymbolicLink
from ring3k.ob.open import find
from ring3k.ps.image_files import ImageFiles

DIRECTORIES = (
    "\\??",
    "\\ArcName",
    "\\BaseNamedObjects",
    "\\Callback",
    "\\Device",
    "\\Driver",
    "\\FileSystem",
    "\\KernelObjects",
    "\\KnownDlls",
    "\\NLS",
    "\\ObjectTypes",
    "\\RPC Control",
    "\\Security",
    "\\Sessions",
    "\\Windows",
)
# Since Windows Vista programs find the names of their session by its number: services in session 0, whose
# names are the global ones, users in session 1.
SESSION = (
    "\\Sessions\\0",
    "\\Sessions\\0\\Windows",
    "\\Sessions\\1",
    "\\Sessions\\1\\BaseNamedObjects",
    "\\Sessions\\1\\Windows",
    "\\Sessions\\BNOLINKS",
)
SESSION_LINKS = {
    "\\BaseNamedObjects\\Global": "\\BaseNamedObjects",
    "\\BaseNamedObjects\\Local": "\\BaseNamedObjects",
    "\\BaseNamedObjects\\Session": "\\Sessions\\BNOLINKS",
    "\\Sessions\\0\\BaseNamedObjects": "\\BaseNamedObjects",
    "\\Sessions\\1\\BaseNamedObjects\\Global": "\\BaseNamedObjects",
    "\\Sessions\\1\\BaseNamedObjects\\Local": "\\Sessions\\1\\BaseNamedObjects",
    "\\Sessions\\1\\BaseNamedObjects\\Session": "\\Sessions\\BNOLINKS",
    "\\Sessions\\BNOLINKS\\0": "\\BaseNamedObjects",
    "\\Sessions\\BNOLINKS\\1": "\\Sessions\\1\\BaseNamedObjects",
}
LATE_DEVICES = {
    "\\Device\\Afd": "ring3k.io.afd.device.AfdDevice",
    "\\Device\\ConDrv": "ring3k.io.condrv.device.device",
    "\\Device\\KsecDD": "ring3k.io.ksec.SecurityDevice",
    "\\Device\\Mailslot": "ring3k.io.mailslot.MailslotDevice",
    "\\Device\\MountPointManager": "ring3k.io.mountmgr.MountManager",
    "\\Device\\NamedPipe": "ring3k.io.pipes.device.PipeDevice",
}
NSI = "\\Device\\Nsi"  # from Windows Vista on
SYSTEM_VOLUME = "\\Device\\HarddiskVolume1"


def image_files(kernel: Kernel) -> ImageFiles:
    """How the process manager opens the files of images."""

    def open_(t: KThread | None, path: str) -> FileObject:
        how = Opening(FILE_GENERIC_READ, options=FILE_SYNCHRONOUS_IO_NONALERT)
        if t is not None:
            access, options = FILE_GENERIC_READ | FILE_EXECUTE, how.options | FILE_NON_DIRECTORY_FILE
            how = Opening(access, FILE_SHARE_READ | FILE_SHARE_DELETE, options=options)
        found = kernel.part(Namespace).walk(t, path, None, OBJ_CASE_INSENSITIVE, how).object
        if not isinstance(found, FileObject):
            raise NtError(STATUS_OBJECT_TYPE_MISMATCH if found is not None else STATUS_OBJECT_NAME_NOT_FOUND)
        return found

    return ImageFiles(open_)


def hive_files(kernel: Kernel) -> HiveFiles:
    """How the registry opens the files of hives."""

    def open_(t: KThread, name: ObjectAttributes, write: bool, new: bool) -> FileObject:
        how = Opening(
            FILE_GENERIC_READ | FILE_GENERIC_WRITE if write else FILE_GENERIC_READ,
            share=0 if write else FILE_SHARE_READ,
            disposition=_DISPOSITION.FILE_CREATE
            if new
            else _DISPOSITION.FILE_OPEN_IF
            if write
            else _DISPOSITION.FILE_OPEN,
            options=FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE,
        )
        found = find(t, name, how).object
        if not isinstance(found, FileObject):
            raise NtError(STATUS_OBJECT_TYPE_MISMATCH if found is not None else STATUS_OBJECT_NAME_NOT_FOUND)
        return found

    return HiveFiles(open_)


def language_tables(kernel: Kernel, folder: str | None) -> LanguageTables:
    """The locale tables that lie in a host folder; none without one."""

    def open_(name: str) -> FileData | None:
        if folder is None:
            return None
        try:
            return FileData(os.open(os.path.join(folder, name), os.O_RDONLY | os.O_CLOEXEC), name)
        except OSError:
            return None

    return LanguageTables(kernel, open_)


def driver_table(kernel: Kernel) -> DriverTable:
    """How NtLoadDriver looks a service up."""

    def image_path(t: KThread, name: str) -> str | None:
        from ring3k.cm.key import Key, KeyOpening

        found = kernel.part(Namespace).walk(t, name, None, OBJ_CASE_INSENSITIVE, KeyOpening()).object
        if not isinstance(found, Key):
            raise NtError(STATUS_OBJECT_TYPE_MISMATCH if found is not None else STATUS_OBJECT_NAME_NOT_FOUND)
        found.reference()
        try:
            data: bytes = found.registry.value(found.node, "ImagePath").data
            return data.decode("utf-16-le", "surrogatepass").rstrip("\0")
        except NtError:
            return None  # NT looks for a file of the service's name then
        finally:
            found.dereference()

    return DriverTable(image_path)


def create_objects(kernel: Kernel, version: Version) -> Namespace:
    """Fill the namespace; drives come later (``userland.drives``)."""
    space = Namespace(kernel)
    space.unasked = OBJ_CASE_INSENSITIVE if version.level > 50 else 0
    space.unasked_of_others = OBJ_CASE_INSENSITIVE if version.level > 52 else 0
    kernel.add_part(space)
    sessions = version.level > 52
    for path in (*DIRECTORIES, *SESSION) if sessions else DIRECTORIES:
        space.insert(path, Directory(kernel))
    space.insert("\\Device\\Null", NullDevice(kernel))
    for path, driver in LATE_DEVICES.items():
        space.insert(path, LateDevice(kernel, driver))
    if version.level >= 60:
        space.insert(NSI, LateDevice(kernel, "ring3k.io.nsi.NsiDevice"))
    for path in BUILT_IN:
        space.insert(path, Driver(kernel))
    space.insert("\\REGISTRY", RegistryRoot(kernel))
    root = SYSTEM_VOLUME + version.system_root.partition(":")[2]
    links = {
        "\\DosDevices": "\\??",
        "\\??\\CON": "\\Device\\Console",
        "\\??\\CONIN$": "\\Device\\Console\\Input",
        "\\??\\CONOUT$": "\\Device\\Console\\Output",
        "\\??\\MountPointManager": "\\Device\\MountPointManager",
        "\\??\\NUL": "\\Device\\Null",
        "\\??\\PIPE": "\\Device\\NamedPipe",
        "\\??\\MAILSLOT": "\\Device\\Mailslot",
        "\\SystemRoot": root,
        "\\KnownDlls\\KnownDllPath": version.system_root + "\\System32",
    }
    if version.level >= 60:
        links["\\??\\Nsi"] = NSI
    if version.level >= 100:
        links["\\??\\CON"] = "\\Device\\ConDrv\\Console"
        links["\\??\\CONIN$"] = "\\Device\\ConDrv\\CurrentIn"
        links["\\??\\CONOUT$"] = "\\Device\\ConDrv\\CurrentOut"
    if version.level > 50:
        links["\\??\\Global"] = links["\\GLOBAL??"] = "\\??"
        links["\\??\\GLOBALROOT"] = ""
    if sessions:
        links |= SESSION_LINKS
    for path, target in links.items():
        space.insert(path, SymbolicLink(kernel, target))
    events = ["\\Security\\LSA_AUTHENTICATION_INITIALIZED", "\\SeLsaInitEvent"]
    if version.level > 50:
        events += ["\\KernelObjects\\LowMemoryCondition", "\\KernelObjects\\HighMemoryCondition"]
        space.insert("\\KernelObjects\\CritSecOutOfMemoryEvent", KeyedEvent(kernel))
    for path in events:
        space.insert(path, Event(kernel, False, path.endswith("HighMemoryCondition")))
    return space

"""What is known of a file on a disk, and of its volume: the information classes as bytes."""

from __future__ import annotations

import stat

from ring3k.abi.status import STATUS_INVALID_INFO_CLASS, STATUS_OBJECT_NAME_NOT_FOUND, NtError
from ring3k.abi.structs import fileinfo as fi
from ring3k.abi.structs import io as st
from ring3k.engine.hostfile import ATTRIBUTES, BLOCKS, LINKS, MODE, SIZE, Look
from ring3k.io.disk.attributes import HAS_EA, dos_attributes, times
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ring3k.io.disk.device import DiskDevice
    from ring3k.io.disk.file import DiskFile

CLUSTER = 4096
SECTORS, SECTOR = 8, 512
CLASS = fi.FILE_INFORMATION_CLASS
FS = st.FS_INFORMATION_CLASS
ATTRIBUTE_BITS = (
    st.FILE_CASE_PRESERVED_NAMES
    | st.FILE_CASE_SENSITIVE_SEARCH
    | st.FILE_UNICODE_ON_DISK
    | st.FILE_PERSISTENT_ACLS
    | st.FILE_SUPPORTS_REPARSE_POINTS
    | st.FILE_SUPPORTS_SPARSE_FILES
    | st.FILE_SUPPORTS_OBJECT_IDS
    | st.FILE_NAMED_STREAMS
)


def allocation(info: Look) -> int:
    """Bytes of the disk that a file takes; at least what it holds, unless it is sparse."""
    taken = info[BLOCKS] * 512
    if info[ATTRIBUTES] >= 0 and info[ATTRIBUTES] & st.FILE_ATTRIBUTE_SPARSE_FILE:
        return taken
    return max((info[SIZE] + CLUSTER - 1) // CLUSTER * CLUSTER, taken)


class SeenFile:
    """A file that was found, and not opened: ``io.device.Seen``."""

    __slots__ = ("info",)

    def __init__(self, info: Look) -> None:
        self.info = info

    def query_information(self, kind: int, length: int) -> bytes:
        """Basic or network-open information."""
        if kind == CLASS.FileBasicInformation:
            return basic(self.info)
        return network_open(self.info, sizes_of(self.info))


def basic(info: Look | None) -> bytes:
    created, accessed, written, changed = times(info)
    return fi.FILE_BASIC_INFORMATION(
        CreationTime=created,
        LastAccessTime=accessed,
        LastWriteTime=written,
        ChangeTime=changed,
        FileAttributes=dos_attributes(info),
    ).pack()


def sizes(file: DiskFile, info: Look | None) -> tuple[int, int]:
    """Allocation and end."""
    return ((file.size + 7) & ~7, file.size) if file.stream else sizes_of(info)


def sizes_of(info: Look | None) -> tuple[int, int]:
    """The same of what is no stream."""
    if info is None or stat.S_ISDIR(info[MODE]):
        return 0, 0
    return allocation(info), info[SIZE]


def _standard(file: DiskFile, info: Look | None) -> bytes:
    allocated, end = sizes(file, info)
    pending = file.doomed
    links = 1 if info is None or file.is_directory else info[LINKS]
    return fi.FILE_STANDARD_INFORMATION(
        AllocationSize=allocated,
        EndOfFile=end,
        NumberOfLinks=max(links - file.node.going, 0),
        DeletePending=pending,
        Directory=file.is_directory,
    ).pack()


def _name(file: DiskFile, info: Look | None) -> bytes:
    raw = file.path.encode("utf-16-le", "surrogatepass")
    return len(raw).to_bytes(4, "little") + raw


def network_open(info: Look | None, taken: tuple[int, int]) -> bytes:
    created, accessed, written, changed = times(info)
    allocated, end = taken
    return fi.FILE_NETWORK_OPEN_INFORMATION(
        CreationTime=created,
        LastAccessTime=accessed,
        LastWriteTime=written,
        ChangeTime=changed,
        AllocationSize=allocated,
        EndOfFile=end,
        FileAttributes=dos_attributes(info),
    ).pack()


def _internal(file: DiskFile, info: Look | None) -> bytes:
    return file.file_id.to_bytes(8, "little")


def _ea(file: DiskFile, info: Look | None) -> bytes:
    size = 0
    if info is not None and info[ATTRIBUTES] > 0 and info[ATTRIBUTES] & HAS_EA:
        from ring3k.io.disk.ea import size_of

        size = size_of(file.fd)
    return size.to_bytes(4, "little")


def _all(file: DiskFile, info: Look | None) -> bytes:
    return (
        basic(info)
        + _standard(file, info)
        + _internal(file, info)
        + _ea(file, info)
        + fi.FILE_ACCESS_INFORMATION(AccessFlags=file.granted).pack()
        + fi.FILE_POSITION_INFORMATION(CurrentByteOffset=file.position).pack()
        + fi.FILE_MODE_INFORMATION(Mode=file.mode).pack()
        + fi.FILE_ALIGNMENT_INFORMATION(AlignmentRequirement=0).pack()
        + _name(file, info)
    )


def _alternate_name(file: DiskFile, info: Look | None) -> bytes:
    folder = file.parent.folder if file.parent is not None else None
    short = folder.short(file.name) if folder is not None else ""
    if not short:
        from ring3k.io.disk.names import is_short

        if not is_short(file.name):
            raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
        short = file.name.upper()
    raw = short.encode("utf-16-le")
    return len(raw).to_bytes(4, "little") + raw


def _streams(file: DiskFile, info: Look | None) -> bytes:
    from ring3k.io.disk.streams import list_streams

    found: list[tuple[str, int, int]] = []
    if info is not None:
        if not file.is_directory:
            found.append(("::$DATA", info[SIZE], allocation(info)))
        found += [(f":{name}:$DATA", size, (size + 7) & ~7) for name, size in list_streams(file.fd, info)]
    out = bytearray()
    last = 0
    for name, size, allocated in found:
        raw = name.encode("utf-16-le", "surrogatepass")
        if out:
            out += bytes(-len(out) % 8)
            out[last : last + 4] = (len(out) - last).to_bytes(4, "little")
        last = len(out)
        out += bytes(4) + len(raw).to_bytes(4, "little") + size.to_bytes(8, "little")
        out += allocated.to_bytes(8, "little") + raw
    return bytes(out)


def _compression(file: DiskFile, info: Look | None) -> bytes:
    allocated, end = sizes(file, info)
    sparse = info is not None and info[ATTRIBUTES] > 0 and info[ATTRIBUTES] & st.FILE_ATTRIBUTE_SPARSE_FILE
    return fi.FILE_COMPRESSION_INFORMATION(CompressedFileSize=min(allocated, end) if sparse else end).pack()


def _attribute_tag(file: DiskFile, info: Look | None) -> bytes:
    attributes, tag = dos_attributes(info), 0
    if attributes & st.FILE_ATTRIBUTE_REPARSE_POINT:
        tag = file.reparse_tag
    return attributes.to_bytes(4, "little") + tag.to_bytes(4, "little")


def _standard_link(file: DiskFile, info: Look | None) -> bytes:
    links = 1 if info is None or file.is_directory else info[LINKS]
    pending = file.doomed
    return fi.FILE_STANDARD_LINK_INFORMATION(
        NumberOfAccessibleLinks=max(links - file.node.going, 0),
        TotalNumberOfLinks=links,
        DeletePending=pending,
        Directory=file.is_directory,
    ).pack()


def _volume_name(file: DiskFile, info: Look | None) -> bytes:
    raw = file.device.full_name().encode("utf-16-le", "surrogatepass")
    return len(raw).to_bytes(4, "little") + raw


def _id(file: DiskFile, info: Look | None) -> bytes:
    serial: int = file.device.volume.serial
    return fi.FILE_ID_INFORMATION(VolumeSerialNumber=serial, FileId=[file.file_id, 0]).pack()


def _stat(file: DiskFile, info: Look | None) -> bytes:
    created, accessed, written, changed = times(info)
    allocated, end = sizes(file, info)
    return fi.FILE_STAT_INFORMATION(
        FileId=file.file_id,
        CreationTime=created,
        LastAccessTime=accessed,
        LastWriteTime=written,
        ChangeTime=changed,
        AllocationSize=allocated,
        EndOfFile=end,
        FileAttributes=dos_attributes(info),
        NumberOfLinks=1 if info is None or file.is_directory else info[LINKS],
        EffectiveAccess=file.granted,
    ).pack()


_FILE: dict[int, Callable[[DiskFile, Look | None], bytes]] = {
    CLASS.FileBasicInformation: lambda file, info: basic(info),
    CLASS.FileStandardInformation: _standard,
    CLASS.FileInternalInformation: _internal,
    CLASS.FileEaInformation: _ea,
    CLASS.FileNameInformation: _name,
    CLASS.FileAllInformation: _all,
    CLASS.FileAlternateNameInformation: _alternate_name,
    CLASS.FileStreamInformation: _streams,
    CLASS.FileCompressionInformation: _compression,
    CLASS.FileNetworkOpenInformation: lambda file, info: network_open(info, sizes(file, info)),
    CLASS.FileAttributeTagInformation: _attribute_tag,
    CLASS.FileNormalizedNameInformation: _name,
    CLASS.FileStandardLinkInformation: _standard_link,
    CLASS.FileVolumeNameInformation: _volume_name,
    CLASS.FileIdInformation: _id,
    CLASS.FileStatInformation: _stat,
    CLASS.FileCaseSensitiveInformation: lambda file, info: bytes(4),
}


def file_information(file: DiskFile, kind: int) -> bytes:
    """A class of file information, whole; STATUS_INVALID_INFO_CLASS."""
    make = _FILE.get(kind)
    if make is None:
        raise NtError(STATUS_INVALID_INFO_CLASS)
    return make(file, file.info)


# -- volumes --------------------------------------------------------------------------------
def volume_information(device: DiskDevice, what: int) -> bytes:
    """A class of volume information, whole; STATUS_INVALID_INFO_CLASS."""
    volume = device.volume
    if what == FS.FileFsVolumeInformation:
        label = volume.label.encode("utf-16-le", "surrogatepass")
        head = volume.created.to_bytes(8, "little") + volume.serial.to_bytes(4, "little")
        return head + len(label).to_bytes(4, "little") + b"\1\0" + label
    if what == FS.FileFsAttributeInformation:
        name = "NTFS".encode("utf-16-le")
        return b"".join(v.to_bytes(4, "little") for v in (ATTRIBUTE_BITS, 255, len(name))) + name
    if what == FS.FileFsObjectIdInformation:
        return volume.object_id + bytes(48)
    if what == FS.FileFsControlInformation:
        return st.FILE_FS_CONTROL_INFORMATION(
            DefaultQuotaThreshold=-1, DefaultQuotaLimit=-1, FileSystemControlFlags=0
        ).pack()
    if what == FS.FileFsSectorSizeInformation:
        return st.FILE_FS_SECTOR_SIZE_INFORMATION(
            LogicalBytesPerSector=SECTOR,
            PhysicalBytesPerSectorForAtomicity=SECTOR,
            PhysicalBytesPerSectorForPerformance=SECTOR,
            FileSystemEffectivePhysicalBytesPerSectorForAtomicity=SECTOR,
            Flags=st.SSINFO_FLAGS_ALIGNED_DEVICE | st.SSINFO_FLAGS_PARTITION_ALIGNED_ON_DEVICE,
        ).pack()
    if what == FS.FileFsSizeInformation:
        total, free = volume.space()
        return st.FILE_FS_SIZE_INFORMATION(
            TotalAllocationUnits=total,
            AvailableAllocationUnits=free,
            SectorsPerAllocationUnit=SECTORS,
            BytesPerSector=SECTOR,
        ).pack()
    if what == FS.FileFsFullSizeInformation:
        total, free = volume.space()
        return st.FILE_FS_FULL_SIZE_INFORMATION(
            TotalAllocationUnits=total,
            CallerAvailableAllocationUnits=free,
            ActualAvailableAllocationUnits=free,
            SectorsPerAllocationUnit=SECTORS,
            BytesPerSector=SECTOR,
        ).pack()
    raise NtError(STATUS_INVALID_INFO_CLASS)

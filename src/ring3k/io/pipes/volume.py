"""The pipes' file system, as a volume."""

from __future__ import annotations

from ring3k.abi.status import STATUS_INVALID_INFO_CLASS, NtError
from ring3k.abi.structs import io as st

FS = st.FS_INFORMATION_CLASS
NAME = "NPFS"
LABEL = "NamedPipe"


def query_volume(kind: int) -> bytes:
    """An FS_INFORMATION_CLASS."""
    if kind == FS.FileFsVolumeInformation:
        label = LABEL.encode("utf-16-le")
        return bytes(12) + len(label).to_bytes(4, "little") + bytes(2) + label
    if kind == FS.FileFsAttributeInformation:
        name = NAME.encode("utf-16-le")
        head = (st.FILE_CASE_PRESERVED_NAMES, 0xFFFFFFFF, len(name))
        return b"".join(word.to_bytes(4, "little") for word in head) + name
    if kind == FS.FileFsSizeInformation:
        return st.FILE_FS_SIZE_INFORMATION(SectorsPerAllocationUnit=1, BytesPerSector=1).pack()
    if kind == FS.FileFsFullSizeInformation:
        return st.FILE_FS_FULL_SIZE_INFORMATION(SectorsPerAllocationUnit=1, BytesPerSector=1).pack()
    raise NtError(STATUS_INVALID_INFO_CLASS)

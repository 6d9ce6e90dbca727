"""The host's errors as NT's.

What a host refuses is told as a file system of NT's would: no room, no right, a
disk that is read-only.
"""

from __future__ import annotations

import errno

from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_DIRECTORY_NOT_EMPTY,
    STATUS_DISK_FULL,
    STATUS_FILE_IS_A_DIRECTORY,
    STATUS_INSUFFICIENT_RESOURCES,
    STATUS_INVALID_PARAMETER,
    STATUS_IO_DEVICE_ERROR,
    STATUS_MEDIA_WRITE_PROTECTED,
    STATUS_NOT_SAME_DEVICE,
    STATUS_NOT_SUPPORTED,
    STATUS_OBJECT_NAME_COLLISION,
    STATUS_OBJECT_NAME_INVALID,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_OBJECT_PATH_NOT_FOUND,
    STATUS_SHARING_VIOLATION,
    STATUS_TOO_MANY_LINKS,
    STATUS_TOO_MANY_OPENED_FILES,
    STATUS_UNEXPECTED_IO_ERROR,
    NtError,
)

STATUSES = {
    errno.EACCES: STATUS_ACCESS_DENIED,
    errno.EPERM: STATUS_ACCESS_DENIED,
    errno.ELOOP: STATUS_ACCESS_DENIED,  # a link where there was a file
    errno.ENXIO: STATUS_ACCESS_DENIED,  # a pipe or a device
    errno.ENOENT: STATUS_OBJECT_NAME_NOT_FOUND,
    errno.ENOTDIR: STATUS_OBJECT_PATH_NOT_FOUND,
    errno.EEXIST: STATUS_OBJECT_NAME_COLLISION,
    errno.EISDIR: STATUS_FILE_IS_A_DIRECTORY,
    errno.ENOTEMPTY: STATUS_DIRECTORY_NOT_EMPTY,
    errno.EXDEV: STATUS_NOT_SAME_DEVICE,
    errno.ENAMETOOLONG: STATUS_OBJECT_NAME_INVALID,
    errno.EILSEQ: STATUS_OBJECT_NAME_INVALID,
    errno.EINVAL: STATUS_INVALID_PARAMETER,
    errno.EMLINK: STATUS_TOO_MANY_LINKS,
    errno.ETXTBSY: STATUS_SHARING_VIOLATION,
    errno.EBUSY: STATUS_SHARING_VIOLATION,
    errno.EROFS: STATUS_MEDIA_WRITE_PROTECTED,
    errno.ENOSPC: STATUS_DISK_FULL,
    errno.EDQUOT: STATUS_DISK_FULL,
    errno.EFBIG: STATUS_DISK_FULL,
    errno.E2BIG: STATUS_DISK_FULL,  # of attributes
    errno.ENOTSUP: STATUS_NOT_SUPPORTED,
    errno.EMFILE: STATUS_TOO_MANY_OPENED_FILES,
    errno.ENFILE: STATUS_TOO_MANY_OPENED_FILES,
    errno.ENOMEM: STATUS_INSUFFICIENT_RESOURCES,
    errno.EIO: STATUS_IO_DEVICE_ERROR,
}


def nt_error(error: OSError) -> NtError:
    """What to raise instead."""
    return NtError(STATUSES.get(error.errno or 0, STATUS_UNEXPECTED_IO_ERROR))


class HostErrors:
    """``with host_errors:`` what the host refuses inside is raised as NtError."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise nt_error(error) from None


host_errors = HostErrors()

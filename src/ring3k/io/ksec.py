"""\\Device\\KsecDD: random numbers, and memory made unreadable for others.

A read or the random-number controls fill the caller's buffer; XP's
SystemFunction036 is nothing else.  The memory controls (SystemFunction040 and
041) change memory so that the same process, any process, or the same logon can
change it back.
"""

from __future__ import annotations

import os

from ring3k.abi.status import (
    STATUS_BUFFER_TOO_SMALL,
    STATUS_INSUFFICIENT_RESOURCES,
    STATUS_INVALID_DEVICE_REQUEST,
    STATUS_INVALID_PARAMETER,
    STATUS_OBJECT_NAME_INVALID,
    NtError,
)
from ring3k.abi.structs import fileinfo as fi
from ring3k.abi.structs.io import FILE_DEVICE_KSEC
from ring3k.io.device import Device, Opening
from ring3k.io.file import FileObject
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.io.request import Request
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread

IOCTL_KSEC_RNG = 0x390004
IOCTL_KSEC_RNG_REKEY = 0x390008
IOCTL_KSEC_ENCRYPT_MEMORY = 0x39000E  # for the same process; the control behind each takes it back
IOCTL_KSEC_ENCRYPT_MEMORY_CROSS_PROC = 0x390016
IOCTL_KSEC_ENCRYPT_MEMORY_SAME_LOGON = 0x39001E
_SCOPES = {
    IOCTL_KSEC_ENCRYPT_MEMORY: "process",
    IOCTL_KSEC_ENCRYPT_MEMORY + 4: "process",
    IOCTL_KSEC_ENCRYPT_MEMORY_CROSS_PROC: "system",
    IOCTL_KSEC_ENCRYPT_MEMORY_CROSS_PROC + 4: "system",
    IOCTL_KSEC_ENCRYPT_MEMORY_SAME_LOGON: "logon",
    IOCTL_KSEC_ENCRYPT_MEMORY_SAME_LOGON + 4: "logon",
}
BLOCK = 8  # bytes: what memory is encrypted in
PIECE = 1 << 16  # random bytes made at a time
MOST = 1 << 24  # in one call


class SecurityDevice(Device):
    """The device; it has no names below it."""

    device_type = FILE_DEVICE_KSEC

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self._key = b""

    def open(self, t: KThread | None, rest: str, attributes: int, how: Opening) -> FileObject:
        if rest.strip("\\"):
            raise NtError(STATUS_OBJECT_NAME_INVALID)
        return SecurityFile(self, how)

    def stream(self, t: KThread, scope: str, length: int) -> bytes:
        """What memory is mixed with: the same for everybody in the scope."""
        from hashlib import shake_256

        self._key = self._key or os.urandom(32)
        owner = b""
        if scope == "process":
            owner = t.process.pid.to_bytes(4, "little")
        elif scope == "logon":
            owner = t.process.token.authentication_id.to_bytes(8, "little")
        return shake_256(self._key + scope.encode() + owner).digest(length)


class SecurityFile(FileObject):
    """One opening of it."""

    device: SecurityDevice

    def read(self, request: Request) -> int:
        return self._fill(request)

    def write(self, request: Request) -> int:
        """Noise from outside, which the host's source needs none of."""
        request.information = request.length
        return 0

    def _fill(self, request: Request) -> int:
        if request.length > MOST:
            return STATUS_INSUFFICIENT_RESOURCES
        for at in range(0, request.length, PIECE):
            request.buffer.write(os.urandom(min(PIECE, request.length - at)), at)
        request.information = request.length
        return 0

    def device_control(self, request: Request) -> int:
        code = request.code
        if code in (IOCTL_KSEC_RNG, IOCTL_KSEC_RNG_REKEY):
            return self._fill(request)
        scope = _SCOPES.get(code)
        if scope is None:
            return STATUS_INVALID_DEVICE_REQUEST
        data = request.input
        if not data or len(data) % BLOCK:
            return STATUS_INVALID_PARAMETER
        if request.length < len(data):
            return STATUS_BUFFER_TOO_SMALL
        mixed = int.from_bytes(data, "little") ^ int.from_bytes(
            self.device.stream(request.t, scope, len(data)), "little"
        )
        request.buffer.write(mixed.to_bytes(len(data), "little"))
        request.information = len(data)
        return 0

    def query_information(self, kind: int, length: int) -> bytes:
        if kind == fi.FILE_INFORMATION_CLASS.FileStandardInformation:
            return fi.FILE_STANDARD_INFORMATION(NumberOfLinks=1).pack()
        return super().query_information(kind, length)

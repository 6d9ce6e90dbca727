"""Errors of the host's sockets: as statuses, and as the numbers that SO_ERROR gives."""

from __future__ import annotations

import errno

from ring3k.abi import status as st

SO_ERROR_BASE = 10000  # WSA numbers
STATUS_WSA = 0xC0010000  # a status that carries such a number, or any of Win32's

_STATUS = {
    errno.EBADF: st.STATUS_INVALID_HANDLE,
    errno.EBUSY: st.STATUS_DEVICE_NOT_READY,
    errno.EPERM: st.STATUS_ACCESS_DENIED,
    errno.EACCES: st.STATUS_ACCESS_DENIED,
    errno.EFAULT: st.STATUS_ACCESS_VIOLATION,
    errno.ENFILE: st.STATUS_TOO_MANY_OPENED_FILES,
    errno.EMFILE: st.STATUS_TOO_MANY_OPENED_FILES,
    errno.EINPROGRESS: st.STATUS_DEVICE_NOT_READY,
    errno.EAGAIN: st.STATUS_DEVICE_NOT_READY,
    errno.EINTR: st.STATUS_DEVICE_NOT_READY,
    errno.ENOTSOCK: st.STATUS_OBJECT_TYPE_MISMATCH,
    errno.EMSGSIZE: st.STATUS_INVALID_BUFFER_SIZE,
    errno.EPROTONOSUPPORT: st.STATUS_NOT_SUPPORTED,
    errno.ESOCKTNOSUPPORT: st.STATUS_NOT_SUPPORTED,
    errno.EPFNOSUPPORT: st.STATUS_NOT_SUPPORTED,
    errno.EAFNOSUPPORT: st.STATUS_NOT_SUPPORTED,
    errno.EPROTOTYPE: st.STATUS_NOT_SUPPORTED,
    errno.EOPNOTSUPP: st.STATUS_NOT_SUPPORTED,
    errno.EADDRINUSE: st.STATUS_SHARING_VIOLATION,
    errno.ENODEV: st.STATUS_INVALID_ADDRESS_COMPONENT,
    errno.EADDRNOTAVAIL: st.STATUS_INVALID_ADDRESS_COMPONENT,
    errno.ECONNREFUSED: st.STATUS_CONNECTION_REFUSED,
    errno.ESHUTDOWN: st.STATUS_PIPE_DISCONNECTED,
    errno.ENOTCONN: st.STATUS_INVALID_CONNECTION,
    errno.EDESTADDRREQ: st.STATUS_INVALID_CONNECTION,
    errno.ETIMEDOUT: st.STATUS_IO_TIMEOUT,
    errno.ENETUNREACH: st.STATUS_NETWORK_UNREACHABLE,
    errno.EHOSTUNREACH: st.STATUS_HOST_UNREACHABLE,
    errno.ENETDOWN: st.STATUS_NETWORK_BUSY,
    errno.EPIPE: st.STATUS_CONNECTION_RESET,
    errno.ECONNRESET: st.STATUS_CONNECTION_RESET,
    errno.ECONNABORTED: st.STATUS_CONNECTION_ABORTED,
    errno.EISCONN: st.STATUS_CONNECTION_ACTIVE,
    errno.ENOBUFS: st.STATUS_INSUFFICIENT_RESOURCES,
    errno.ENOMEM: st.STATUS_INSUFFICIENT_RESOURCES,
}
_WSA = {
    errno.EINTR: 4,
    errno.EPERM: 13,
    errno.EACCES: 13,
    errno.EFAULT: 14,
    errno.EINVAL: 22,
    errno.EMFILE: 24,
    errno.ENFILE: 24,
    errno.EAGAIN: 35,
    errno.EALREADY: 37,
    errno.EDESTADDRREQ: 39,
    errno.EMSGSIZE: 40,
    errno.EPROTOTYPE: 41,
    errno.ENOPROTOOPT: 42,
    errno.EPROTONOSUPPORT: 43,
    errno.ESOCKTNOSUPPORT: 44,
    errno.EOPNOTSUPP: 45,
    errno.EPFNOSUPPORT: 46,
    errno.EAFNOSUPPORT: 47,
    errno.EADDRINUSE: 48,
    errno.EADDRNOTAVAIL: 49,
    errno.ENETDOWN: 50,
    errno.ENETUNREACH: 51,
    errno.ENETRESET: 52,
    errno.ECONNABORTED: 53,
    errno.EPIPE: 54,
    errno.ECONNRESET: 54,
    errno.ENOBUFS: 55,
    errno.ENOMEM: 55,
    errno.EISCONN: 56,
    errno.ENOTCONN: 57,
    errno.ESHUTDOWN: 58,
    errno.ETIMEDOUT: 60,
    errno.ECONNREFUSED: 61,
    errno.EHOSTDOWN: 64,
    errno.EHOSTUNREACH: 65,
}
WSAEACCES = 13
WSAESOCKTNOSUPPORT = 44
WSAEPROTONOSUPPORT = 43
WSAEAFNOSUPPORT = 47
WSAEMFILE = 24
WSAENETDOWN = 50


def status_of(number: int | None) -> int:
    """The status for a host's error; 0 for none."""
    return _STATUS.get(number, st.STATUS_INVALID_PARAMETER) if number else 0


def wsa_of(number: int) -> int:
    """What SO_ERROR says of a host's error; 0 for none."""
    return SO_ERROR_BASE + _WSA.get(number, WSAENETDOWN) if number else 0


def wsa_status(number: int) -> int:
    """The status that the socket library turns into WSA error 10000 + ``number``."""
    return STATUS_WSA | SO_ERROR_BASE + number

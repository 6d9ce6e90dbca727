"""Input and output: control codes and structures of \\Device\\Afd, sockets.

The codes of the device type "beep" are Windows' own (documented by those who poll
with them); those of the type "network" are what the socket library of Wine 8.0 uses
in the place of Windows' others.  Pointers in their parameters are 64 bits wide
whatever the guest, those of Windows' are the guest's.
"""

from __future__ import annotations

from struct import Struct

METHOD_NEITHER = 3


def _afd(function: int, method: int = METHOD_NEITHER) -> int:
    return 0x10000 | function << 2 | method


IOCTL_AFD_BIND = _afd(0x800)
IOCTL_AFD_LISTEN = _afd(0x802)
IOCTL_AFD_RECV = _afd(0x805)
IOCTL_AFD_POLL = _afd(0x809, 0)
IOCTL_AFD_GETSOCKNAME = _afd(0x80B)
IOCTL_AFD_EVENT_SELECT = _afd(0x821)
IOCTL_AFD_GET_EVENTS = _afd(0x822)


class NET:
    """The codes of the type "network"."""

    CREATE = 0x120320
    ACCEPT = 0x120324
    ACCEPT_INTO = 0x120328
    CONNECT = 0x12032C
    SHUTDOWN = 0x120330
    RECVMSG = 0x120334
    SENDMSG = 0x120338
    TRANSMIT = 0x12033C
    ADDRESS_LIST_CHANGE = 0x120340
    FIONBIO = 0x120344
    COMPLETE_ASYNC = 0x120348
    FIONREAD = 0x12034C
    SIOCATMARK = 0x120350
    GET_INTERFACE_LIST = 0x120354
    KEEPALIVE_VALS = 0x120358
    MESSAGE_SELECT = 0x12035C
    GETPEERNAME = 0x120360
    DEFER = 0x120364
    GET_INFO = 0x120368
    GET_SO_ACCEPTCONN = 0x12036C
    GET_SO_BROADCAST = 0x120370
    SET_SO_BROADCAST = 0x120374
    GET_SO_ERROR = 0x120378
    GET_SO_KEEPALIVE = 0x12037C
    SET_SO_KEEPALIVE = 0x120380
    GET_SO_LINGER = 0x120384
    SET_SO_LINGER = 0x120388
    GET_SO_OOBINLINE = 0x12038C
    SET_SO_OOBINLINE = 0x120390
    SET_SO_RCVBUF = 0x120394
    GET_SO_RCVBUF = 0x120398
    SET_SO_RCVTIMEO = 0x12039C
    GET_SO_RCVTIMEO = 0x1203A0
    GET_SO_REUSEADDR = 0x1203A4
    SET_SO_REUSEADDR = 0x1203A8
    SET_SO_SNDBUF = 0x1203AC
    GET_SO_SNDBUF = 0x1203B0
    GET_SO_SNDTIMEO = 0x1203B4
    SET_SO_SNDTIMEO = 0x1203B8
    SET_IP_ADD_MEMBERSHIP = 0x1203BC
    SET_IP_ADD_SOURCE_MEMBERSHIP = 0x1203C0
    SET_IP_BLOCK_SOURCE = 0x1203C4
    GET_IP_DONTFRAGMENT = 0x1203C8
    SET_IP_DONTFRAGMENT = 0x1203CC
    SET_IP_DROP_MEMBERSHIP = 0x1203D0
    SET_IP_DROP_SOURCE_MEMBERSHIP = 0x1203D4
    GET_IP_HDRINCL = 0x1203D8
    SET_IP_HDRINCL = 0x1203DC
    GET_IP_MULTICAST_IF = 0x1203E0
    SET_IP_MULTICAST_IF = 0x1203E4
    GET_IP_MULTICAST_LOOP = 0x1203E8
    SET_IP_MULTICAST_LOOP = 0x1203EC
    GET_IP_MULTICAST_TTL = 0x1203F0
    SET_IP_MULTICAST_TTL = 0x1203F4
    GET_IP_OPTIONS = 0x1203F8
    SET_IP_OPTIONS = 0x1203FC
    GET_IP_PKTINFO = 0x120400
    SET_IP_PKTINFO = 0x120404
    GET_IP_TOS = 0x120408
    SET_IP_TOS = 0x12040C
    GET_IP_TTL = 0x120410
    SET_IP_TTL = 0x120414
    SET_IP_UNBLOCK_SOURCE = 0x120418
    GET_IP_UNICAST_IF = 0x12041C
    SET_IP_UNICAST_IF = 0x120420
    SET_IPV6_ADD_MEMBERSHIP = 0x120424
    GET_IPV6_DONTFRAG = 0x120428
    SET_IPV6_DONTFRAG = 0x12042C
    SET_IPV6_DROP_MEMBERSHIP = 0x120430
    GET_IPV6_MULTICAST_HOPS = 0x120434
    SET_IPV6_MULTICAST_HOPS = 0x120438
    GET_IPV6_MULTICAST_IF = 0x12043C
    SET_IPV6_MULTICAST_IF = 0x120440
    GET_IPV6_MULTICAST_LOOP = 0x120444
    SET_IPV6_MULTICAST_LOOP = 0x120448
    GET_IPV6_UNICAST_HOPS = 0x12044C
    SET_IPV6_UNICAST_HOPS = 0x120450
    GET_IPV6_UNICAST_IF = 0x120454
    SET_IPV6_UNICAST_IF = 0x120458
    GET_IPV6_V6ONLY = 0x12045C
    SET_IPV6_V6ONLY = 0x120460
    GET_TCP_NODELAY = 0x120470
    SET_TCP_NODELAY = 0x120474
    GET_IPV6_RECVHOPLIMIT = 0x120478
    SET_IPV6_RECVHOPLIMIT = 0x12047C
    GET_IPV6_RECVPKTINFO = 0x120480
    SET_IPV6_RECVPKTINFO = 0x120484
    GET_IPV6_RECVTCLASS = 0x120488
    SET_IPV6_RECVTCLASS = 0x12048C
    GET_SO_CONNECT_TIME = 0x120490
    GET_IP_RECVTTL = 0x120494
    SET_IP_RECVTTL = 0x120498
    GET_IP_RECVTOS = 0x12049C
    SET_IP_RECVTOS = 0x1204A0
    GET_SO_EXCLUSIVEADDRUSE = 0x1204A4
    SET_SO_EXCLUSIVEADDRUSE = 0x1204A8
    GET_TCP_KEEPALIVE = 0x1204AC
    SET_TCP_KEEPALIVE = 0x1204B0
    GET_TCP_KEEPCNT = 0x1204B4
    SET_TCP_KEEPCNT = 0x1204B8
    GET_TCP_KEEPINTVL = 0x1204BC
    SET_TCP_KEEPINTVL = 0x1204C0


class POLL:
    """What a socket is polled for, and what its events are."""

    READ = 0x1
    OOB = 0x2
    WRITE = 0x4
    HUP = 0x8  # the other side will send no more
    RESET = 0x10
    CLOSE = 0x20  # this side was closed
    CONNECT = 0x40
    ACCEPT = 0x80
    CONNECT_ERR = 0x100


EVENT_BITS = 13  # room in AFD_GET_EVENTS
FAMILY_UNSPEC, FAMILY_INET, FAMILY_INET6 = 0, 2, 23
STREAM, DATAGRAM, RAW = 1, 2, 3  # socket types
SHUT_RECEIVE, SHUT_SEND, SHUT_BOTH = range(3)

MSG_OOB, MSG_PEEK, MSG_WAITALL, MSG_CTRUNC, MSG_PARTIAL = 0x1, 0x2, 0x8, 0x200, 0x8000  # WSARecv's, WSASend's
AFD_MSG_NOT_OOB, AFD_MSG_OOB, AFD_MSG_PEEK, AFD_MSG_WAITALL = 0x20, 0x40, 0x80, 0x4000  # IOCTL_AFD_RECV's
AFD_RECV_FORCE_ASYNC = 0x2

AFD_CREATE = Struct("<iiiI")  # family, type, protocol, flags
AFD_LISTEN = Struct("<iii")  # unused, backlog, unused
AFD_RECV = Struct("<IIII")  # WSABUFs, count, flags of the call, AFD_MSG_*
AFD_RECVMSG = Struct(
    "<QQQQiIQ"
)  # control WSABUF*, address*, int *its length, int *flags, asynchronous, count, WSABUFs
AFD_SENDMSG = Struct("<QIIiIQ")  # address*, its length, flags, asynchronous, count, WSABUFs
AFD_TRANSMIT = Struct(
    "<qQQIIIIII"
)  # offset, head*, tail*, head and tail length, file, its length, piece, flags
AFD_ACCEPT_INTO = Struct("<III")  # accepting socket, room for data, room for the local address
AFD_CONNECT = Struct("<ii")  # length of the address, synchronous; address and data follow
AFD_POLL = Struct("<qIB3x")  # time-out, count, exclusive; so many of these follow:
AFD_POLL_SOCKET = Struct("<III")  # socket, POLL bits, status
AFD_EVENT_SELECT = Struct("<II")  # event, POLL bits
AFD_MESSAGE_SELECT = Struct("<IIII")  # socket as it is told, window, message, POLL bits
AFD_KEEPALIVE = Struct("<III")  # on, milliseconds until the first probe, and between two
AFD_ADDRESS_4 = Struct("<H2s4s8x")  # sockaddr_in: family, port, address; port and address in network order
AFD_ADDRESS_6 = Struct("<H2sI16sI")  # sockaddr_in6: family, port, flow, address, scope
WSABUF = Struct("<II")  # length, address
INT = Struct("<i")
ULONG = Struct("<I")

"""What is put behind the code of Wine's DLLs where Wine 8 lacks what a program of today needs.

The files stay as they are; an image in memory gets a few instructions in the room
behind its code, and its export table leads to them.  They let the kernel answer
(``wine_repairs``), and go on with Wine's own function when it has nothing to say.

``ws2_32``: {set,get}sockopt know nothing of TCP but TCP_NODELAY.  Since Windows 10
there are times and a count of keep-alives, without which libuv (Node.js's ``fetch``)
makes no connection.
"""

from __future__ import annotations

import os
from struct import pack
from typing import TYPE_CHECKING

from ring3k.engine.protocol import PAGE
from ring3k.userland.image import PeFile
from ring3k.userland.unix_calls import REPAIRS, UnixCalls

if TYPE_CHECKING:
    from ring3k.mm.backing import FileBacking
    from ring3k.mm.segment import Segment

SOCKETS = "\\ws2_32.dll"
IPPROTO_TCP, TCP_NODELAY = 6, 1
NOT_OURS = 0xFFFFFFFF  # the kernel's answer that makes a detour go on with Wine's function
OPTIONS = ("setsockopt", "getsockopt")  # in the order of ``wine_repairs.FUNCTIONS``
OPTION_ARGUMENTS = 5


class WineEdits:
    """The changes to the images of one system's DLLs."""

    def __init__(self, folder: str, calls: UnixCalls, host_call: bytes) -> None:
        self._path = folder + SOCKETS.replace("\\", os.sep)
        self._handle = calls.handle(REPAIRS)
        self._host_call = host_call

    def __call__(self, segment: Segment, backing: FileBacking) -> None:
        """A segment that nobody has mapped yet."""
        if backing.name.lower().endswith(SOCKETS) and self._is_wine(backing.host):
            with open(self._path, "rb") as file:
                self._edit(segment, PeFile(file.read()))

    def _is_wine(self, host: int) -> bool:
        try:
            return host >= 0 and os.path.samestat(os.fstat(host), os.stat(self._path))
        except OSError:
            return False

    def _edit(self, segment: Segment, image: PeFile) -> None:
        """All of it, or nothing where a DLL is not as expected."""
        places, entries = image.exports(OPTIONS), [image.entry(name) for name in OPTIONS]
        start = -(-image.code_end // 16) * 16
        code, starts = self._host_call, []
        for index, name in enumerate(OPTIONS):
            if name not in places:
                return
            starts.append(start + len(code))
            code += detour(start, starts[-1], self._handle, index, places[name])
        if start + len(code) > -(-image.code_end // PAGE) * PAGE:
            return
        segment.patch(start, code)
        for entry, place in zip(entries, starts, strict=True):
            segment.patch(entry, pack("<I", place))


def detour(host_call: int, here: int, handle: int, index: int, original: int) -> bytes:
    """Ask the kernel about an option of TCP's that Wine does not know; all else is the original's."""
    question = (
        b"\x8d\x44\x24\x04\x50"  # lea eax, [esp+4]; push eax: the arguments
        + bytes((0x6A, index, 0x6A, 0, 0x6A, handle))  # push index; push 0; push handle
        + b"\xe8????"  # call host_call, which takes the four away
        + b"\x83\xf8\xff\x74\x14"  # cmp eax, NOT_OURS; je original
        + b"\x85\xc0\x74\x0d"  # test eax, eax; jz done
        + b"\x64\x8b\x15\x18\0\0\0\x89\x42\x34"  # mov edx, fs:[TEB]; mov [edx+LastErrorValue], eax
        + b"\x83\xc8\xff"  # or eax, SOCKET_ERROR
        + b"\xc2"  # done: ret
        + pack("<H", 4 * OPTION_ARGUMENTS)
    )
    conditions = (
        b"\x83\x7c\x24\x08"  # cmp dword [esp+8], IPPROTO_TCP; jne original
        + bytes((IPPROTO_TCP, 0x75, 7 + len(question)))
        + b"\x83\x7c\x24\x0c"  # cmp dword [esp+12], TCP_NODELAY; je original
        + bytes((TCP_NODELAY, 0x74, len(question)))
    )
    call = here + len(conditions) + question.index(b"????")
    question = question.replace(b"????", pack("<i", host_call - call - 4))
    code = conditions + question
    return code + b"\xe9" + pack("<i", original - here - len(code) - 5)  # original: jmp

"""What throws the exceptions of Microsoft's C++ library for threads, mutexes and futures.

In Wine 8's ``msvcp140`` these functions only say that they are not there.  Its export
table leads to a DLL of our own instead (``guest/dlls/msvcp140_errors.c``): a place of
the table that lies within the table itself is the name of another DLL's function.  The
names are put behind the table, whose length is changed to hold them.
"""

from __future__ import annotations

from struct import pack

from ring3k.abi.pe import EXPORT
from ring3k.engine.protocol import PAGE
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.abi.pe import PeFile
    from ring3k.mm.segment import Segment

OURS = "msvcp140_errors"
THROWING = {  # Wine's name: ours
    "?_Throw_C_error@std@@YAXH@Z": "throw_c_error",
    "?_Throw_Cpp_error@std@@YAXH@Z": "throw_cpp_error",
    "?_Throw_future_error@std@@YAXABVerror_code@1@@Z": "throw_future_error",
}
STUB = b"\x90" * 9 + b"\x83\xec\x0c\xc7\x44\x24\x04"  # how a function begins that only says so


def change(segment: Segment, image: PeFile) -> None:
    """All of them, or none where the DLL has functions of its own or no room."""
    places = image.exports(THROWING)
    if len(places) < len(THROWING) or any(image.read(at, len(STUB)) != STUB for at in places.values()):
        return
    start, length = image.directory(EXPORT)
    end = start + length
    names = [f"{OURS}.{ours}\0".encode() for ours in THROWING.values()]
    text = b"".join(names)
    if end + len(text) > -(-end // PAGE) * PAGE:
        return
    segment.patch(end, text)
    segment.patch(image.directory_at(EXPORT) + 4, pack("<I", length + len(text)))
    for entry, name in zip(image.entries(places[one] for one in THROWING), names, strict=True):
        segment.patch(entry, pack("<I", end))
        end += len(name)

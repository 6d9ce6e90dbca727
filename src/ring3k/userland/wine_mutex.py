"""Where Wine 8's ``msvcp140`` keeps a mutex' owner: four bytes in front of where Microsoft's does.

Nobody saw that as long as the DLL initialised each ``std::mutex``.  Since Visual Studio 2022
17.10 its constructor is ``constexpr``: programs come with mutexes that the compiler has filled
in, and look into them.  Unlocked by Wine's functions, such a one stays locked, and the next lock
throws.  The functions get the other distances: they are one piece of code, and it is changed
where all of the places are found, and no other ones.
"""

from __future__ import annotations

import re

from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.abi.pe import PeFile
    from ring3k.mm.segment import Segment

FIRST, LAST, LENGTH_OF_LAST = "_Mtx_init_in_situ", "_Cnd_do_broadcast_at_thread_exit", 0x120
OWNER, COUNT, SIZE = 0x24, 0x28, 0x2C  # Wine's; Microsoft's are four more
PLACES = 28  # in the code of Wine 8.0
# The second byte of an instruction with [register + byte], but esp:
_AT = rb"[\x40-\x43\x45-\x4b\x4d-\x53\x55-\x5b\x5d-\x63\x65-\x6b\x6d-\x73\x75-\x7b\x7d-\x7f]"
_PLACES = re.compile(
    rb"(?:"
    rb"\xc7" + _AT + rb"(?=\x24\xff{4})"  # mov [mutex+OWNER], -1
    rb"|\xc7" + _AT + rb"(?=\x28\0{4})"  # mov [mutex+COUNT], 0
    rb"|\x83" + _AT + rb"(?=\x28\x01)"  # add or sub [mutex+COUNT], 1
    rb"|\x89" + _AT + rb"(?=\x24)"  # mov [mutex+OWNER], register
    rb"|\x8b"
    + _AT
    + rb"(?=\x24\x39"
    + _AT
    + rb"\x24)"  # mov register, [mutex+OWNER]; cmp [TEB+24h], register
    rb"|\xc7\x04\x24(?=\x2c\0\0\0\xe8)"  # mov [esp], SIZE; call new
    rb")",
    re.DOTALL,
)


def as_microsofts(code: bytes) -> bytes | None:
    """The functions with the other distances; None if these are not the functions of Wine 8.0."""
    found = [match.end() for match in _PLACES.finditer(code)]
    if len(found) != PLACES:
        return None
    changed = bytearray(code)
    for place in found:
        changed[place] += 4
    return bytes(changed)


def change(segment: Segment, image: PeFile) -> None:
    places = image.exports((FIRST, LAST))
    if len(places) == 2 and places[FIRST] < places[LAST]:
        start = places[FIRST]
        code = as_microsofts(image.read(start, places[LAST] + LENGTH_OF_LAST - start))
        if code is not None:
            segment.patch(start, code)

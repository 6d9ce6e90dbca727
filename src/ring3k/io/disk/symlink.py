"""Symbolic links of NT's own: reparse points that say a name, of a file or of a folder.

NTFS has them since Vista; the I/O system follows them.  An absolute one (``\\??\\C:\\folder``) is
walked to from the root of the namespace, like a mount point; one marked as relative from the folder that
it lies in, or from the root of its volume when it begins with a backslash.  ``..`` is taken away
with the name before it, without a look at what that is.  A link that is a folder leads to folders only;
on the way to something else both kinds will do.  Who makes one is asked for no privilege, as on a
Windows for developers.

Links of the host's, which no guest can make, are another thing (``io.disk.link``).
"""

from __future__ import annotations

from struct import Struct

from ring3k.abi.status import STATUS_IO_REPARSE_DATA_INVALID, NtError
from ring3k.io.disk.names import SEPARATOR
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.io.disk.entry import Entry

SYMLINK = 0xA000000C
SINCE = 60  # of the version, Vista
RELATIVE = 1
NAMES = Struct("<4HI")  # offset and length of the target, and of what is shown for it; flags


def link_target(data: bytes) -> tuple[str, bool]:
    """What a link says, and whether that is relative; STATUS_IO_REPARSE_DATA_INVALID."""
    if len(data) < NAMES.size:
        raise NtError(STATUS_IO_REPARSE_DATA_INVALID)
    at, length, shown_at, shown_length, flags = NAMES.unpack_from(data)
    room = len(data) - NAMES.size
    if at % 2 or length % 2 or shown_at % 2 or shown_length % 2 or flags & ~RELATIVE:
        raise NtError(STATUS_IO_REPARSE_DATA_INVALID)
    if not length or at + length > room or shown_at + shown_length > room:
        raise NtError(STATUS_IO_REPARSE_DATA_INVALID)
    text = data[NAMES.size + at : NAMES.size + at + length].decode("utf-16-le", "surrogatepass")
    return text, bool(flags)


def on_volume(text: str, link: Entry) -> str:
    """The path on its volume that a relative link leads to; STATUS_IO_REPARSE_DATA_INVALID."""
    above = link.parent.path if link.parent is not None and not text.startswith(SEPARATOR) else ""
    names: list[str] = []
    for name in (above + SEPARATOR + text).split(SEPARATOR):
        if name == "..":
            if not names:
                raise NtError(STATUS_IO_REPARSE_DATA_INVALID)
            names.pop()
        elif name not in ("", "."):
            names.append(name)
    found = SEPARATOR + SEPARATOR.join(names)
    return found + SEPARATOR if names and text.endswith(SEPARATOR) else found


def symbolic_link(target: str, name: str, relative: bool) -> bytes:
    """What follows the head of a REPARSE_DATA_BUFFER: ``target`` is NT's, ``name`` what is shown for it.

    STATUS_IO_REPARSE_DATA_INVALID: they are too long for it.
    """
    shown, real = (text.encode("utf-16-le", "surrogatepass") for text in (name, target))
    if len(shown) + len(real) > 0xFFFF:
        raise NtError(STATUS_IO_REPARSE_DATA_INVALID)
    names = NAMES.pack(len(shown), len(real), 0, len(shown), RELATIVE if relative else 0)
    return names + shown + real

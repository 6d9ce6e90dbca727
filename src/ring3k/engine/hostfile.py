"""What the host's files can do beyond Python's ``os``.

``look`` is a status of a file by descriptor, or by folder and name (links are not
followed): mode, device, inode, links, size, blocks of 512 bytes, times of last
access, change of data, change of anything, and birth (0: unknown) in
100 ns since 1601, and DOS attributes as other programs write them down (-1: nobody has).
None when nothing is called so.  ``look_at`` is the same of a descriptor, which is always something;
``key_of`` tells device and inode only.

``open_same`` opens a name in a folder if it is the regular file with that device and inode, and returns
-1 if it is anything else.  ``rename`` never replaces; ``hole`` gives blocks back and leaves zeros;
``reserve`` takes blocks without a change of size.  ``watch`` and ``watch_folder`` are inotify.
``written``: when the data of a descriptor was changed last.
``unconnect``: a datagram's socket has no partner any more.

``records`` makes records of a folder's entries, as NT lists them: of a list of names, from a place on, as
many as are wanted and fit.  A layout says how long a record without its name is, and where in it are the
length of the name (8: there is nothing before it), that of the extended attributes, the 8.3 name and the
file id (0: nowhere).  It stops before what the caller has to do himself: a link, an entry with one of certain
DOS attributes where the length of extended attributes is due, one without an 8.3 name in the dictionary, one
that does not fit.
"""

from __future__ import annotations

from collections.abc import Callable

from ring3k.engine import _native

Look = tuple[int, int, int, int, int, int, int, int, int, int, int]

look = _native.look
look_at: Callable[[int, None], Look] = _native.look  # type: ignore[assignment]
hole, open_same, rename, reserve = _native.hole, _native.open_same, _native.rename, _native.reserve
key_of = _native.key_of
watch, watch_folder, written = _native.watch, _native.watch_folder, _native.written
unconnect = _native.unconnect
records = _native.records

MODE, DEVICE, INODE, LINKS, SIZE, BLOCKS, ACCESSED, WRITTEN, CHANGED, BORN, ATTRIBUTES = range(11)

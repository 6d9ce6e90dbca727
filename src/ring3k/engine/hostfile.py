"""What the host's files can do beyond Python's ``os``.

``look`` is a status of a file by descriptor, or by folder and name (links are not
followed): mode, device, inode, links, size, blocks of 512 bytes, times of last
access, change of data, change of anything, and birth (0: unknown) in
nanoseconds, and DOS attributes as other programs write them down (-1: nobody has).

``rename`` never replaces; ``hole`` gives blocks back and leaves zeros; ``reserve`` takes
blocks without a change of size.  ``watch`` and ``watch_folder`` are inotify.
"""

from __future__ import annotations

from ring3k.engine import _native

hole, look, rename, reserve = _native.hole, _native.look, _native.rename, _native.reserve
watch, watch_folder = _native.watch, _native.watch_folder

Look = tuple[int, int, int, int, int, int, int, int, int, int, int]
MODE, DEVICE, INODE, LINKS, SIZE, BLOCKS, ACCESSED, WRITTEN, CHANGED, BORN, ATTRIBUTES = range(11)
